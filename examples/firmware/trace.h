/* SPDX-License-Identifier: MIT */
/* Text for the people at the host: the trace buffer that remoteproc shows in debugfs. */
#ifndef FW_TRACE_H
#define FW_TRACE_H

#include <stdarg.h>
#include "hw.h"

/**
 * fw_format() - a small snprintf: %s, %u, %d, %x (32 bits) and %%
 * @buf: where to; always terminated
 * @size: bytes there, at least 1
 * @fmt: the format
 *
 * Return: length of the text in @buf, cut to what fits
 */
size_t fw_format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * fw_trace() - append one piece of text to the trace buffer
 * @hw: the machine
 * @fmt: as of fw_format(); ends with a newline
 *
 * When the buffer is full its older half goes, so a reader always finds the newest text, in order.
 */
void fw_trace(struct fw_hw *hw, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* FW_TRACE_H */
