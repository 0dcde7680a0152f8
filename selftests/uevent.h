/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells udev, heard at its own socket.
 */
#ifndef SELFTESTS_UEVENT_H
#define SELFTESTS_UEVENT_H

#include <stddef.h>

struct uevent {
	int	fd;
	size_t	size;
	char	text[8192];	/* the last one: action@path, KEY=VALUE..., each one terminated */
};

/* Starts to listen: what is told from now on is heard. Returns 0 or -errno. */
int uevent_open(struct uevent *uevent);
void uevent_close(struct uevent *uevent);

/*
 * Waits for the next one that is about remoteprocN; others are passed over. Returns 0, -ETIMEDOUT
 * or -errno.
 */
int uevent_next(struct uevent *uevent, unsigned int index, int timeout_ms);

/* The value of a key of the last one, or "" without it. */
const char *uevent_get(const struct uevent *uevent, const char *key);

#endif /* SELFTESTS_UEVENT_H */
