// SPDX-License-Identifier: MIT
/*
 * The trace buffer: plain text with a zero behind it, read by the host at any moment and without a
 * lock. The terminating zero is therefore written before the text in front of it.
 */
#include "mem.h"
#include "trace.h"

#define LINE_MAX_BYTES	128

/* Digits of @value, last one first, into the end of @digits; returns the first one. */
static const char *digits_of(char *digits, size_t size, uint32_t value, unsigned int base)
{
	char *p = digits + size;

	*--p = '\0';
	do {
		*--p = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	return p;
}

static size_t format_args(char *buf, size_t size, const char *fmt, va_list args)
{
	char digits[16];
	const char *s;
	size_t n = 0;
	int value;

	for (; *fmt; fmt++) {
		char one[2] = { *fmt, '\0' };
		bool minus = false;

		s = one;
		if (*fmt == '%') {
			switch (*++fmt) {
			case 's':
				s = va_arg(args, const char *);
				break;
			case 'u':
				s = digits_of(digits, sizeof(digits), va_arg(args, uint32_t), 10);
				break;
			case 'x':
				s = digits_of(digits, sizeof(digits), va_arg(args, uint32_t), 16);
				break;
			case 'd':
				value = va_arg(args, int);
				minus = value < 0;
				s = digits_of(digits, sizeof(digits),
					      minus ? -(uint32_t)value : (uint32_t)value, 10);
				break;
			case '\0':
				goto out;
			default:
				break;
			}
		}
		if (minus && n + 1 < size)
			buf[n++] = '-';
		while (*s && n + 1 < size)
			buf[n++] = *s++;
	}
out:
	buf[n] = '\0';
	return n;
}

size_t fw_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = format_args(buf, size, fmt, args);
	va_end(args);
	return n;
}

/* Drop the older half, up to the end of a line if there is one. */
static void make_room(struct fw_hw *hw)
{
	size_t cut = hw->trace_len / 2;

	while (cut < hw->trace_len && hw->trace[cut++] != '\n')
		;
	memmove(hw->trace, hw->trace + cut, hw->trace_len - cut);
	memset(hw->trace + hw->trace_len - cut, 0, cut);
	hw->trace_len -= cut;
}

void fw_trace(struct fw_hw *hw, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	size_t n;

	if (!hw->trace)
		return;

	va_start(args, fmt);
	n = format_args(line, sizeof(line), fmt, args);
	va_end(args);

	if (n >= hw->trace_size)
		return;
	while (hw->trace_len + n >= hw->trace_size)
		make_room(hw);
	hw->trace[hw->trace_len + n] = '\0';
	fw_wmb();
	memcpy(hw->trace + hw->trace_len, line, n);
	hw->trace_len += n;
}
