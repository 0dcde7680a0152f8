/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times on the command line, the same in every tool.
 */
#ifndef TOOLS_DURATION_H
#define TOOLS_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* "1.5", "20ms": seconds, or with a unit; not negative, not infinite, to the nearest nanosecond. */
bool parse_duration(const char *text, int64_t *ns_out);

#endif /* TOOLS_DURATION_H */
