/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's log from one moment on, through /dev/kmsg.
 */
#ifndef SELFTESTS_KMSG_H
#define SELFTESTS_KMSG_H

#include <stddef.h>

/* Levels as in syslog(3): 3 is an error, 4 a warning, 6 information. */
#define KMSG_ERR	3
#define KMSG_WARNING	4
#define KMSG_INFO	6
#define KMSG_DEBUG	7

struct kmsg {
	int	fd;
	size_t	used;
	char	lines[1 << 16];	/* each one its level in one digit, the text, a newline */
};

/* Starts to listen: what is logged from now on is seen. Returns 0 or -errno. */
int kmsg_open(struct kmsg *log);
void kmsg_close(struct kmsg *log);

/* Counts the lines since kmsg_open() that contain the text and are of that level or graver. */
int kmsg_count(struct kmsg *log, int level, const char *text);

/*
 * Counts the failures that were reported about the device: one line tells one. Mainline takes
 * several, so there it is 1 when there are any. What the firmware loader adds is not counted.
 */
int kmsg_failures(struct kmsg *log, const char *device);

/* Prints what was heard, for somebody who reads about a failed test. */
void kmsg_show(struct kmsg *log);

#endif /* SELFTESTS_KMSG_H */
