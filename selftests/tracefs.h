/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's trace events, in a buffer of the test's own.
 */
#ifndef SELFTESTS_TRACEFS_H
#define SELFTESTS_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>

/* There is no tracefs, or no tracepoints: these are not our modules. */
bool tracefs_cannot(void);

/* The buffer, empty, with a clock that all CPUs share. Returns 0 or -errno. */
int tracefs_open(void);

/* No event is on any more, and the buffer is gone. */
void tracefs_close(void);

/* "rpmsg" with all its events, or one, as "rpmsg/rpmsg_queued". Returns 0 or -errno. */
int tracefs_enable(const char *events, bool on);

/* What was traced so far is forgotten. Returns 0 or -errno. */
int tracefs_clear(void);

/*
 * What was traced since it was forgotten: "event: text", a line each. Forgets it. Returns 0;
 * -EOVERFLOW when that is more than size bytes; -errno.
 */
int tracefs_take(char *text, size_t size);

#endif /* SELFTESTS_TRACEFS_H */
