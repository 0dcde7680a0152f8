// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Uevents, see uevent.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "uevent.h"
#include "wait.h"

/* The multicast group of the kernel; udev's daemon has another one. */
#define GROUP_KERNEL	1

int uevent_open(struct uevent *uevent)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };

	uevent->size = 0;
	uevent->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (uevent->fd < 0)
		return -errno;
	if (bind(uevent->fd, (const struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		close(uevent->fd);
		return err;
	}
	return 0;
}

void uevent_close(struct uevent *uevent)
{
	close(uevent->fd);
	uevent->fd = -1;
}

static bool is_about(const struct uevent *uevent, unsigned int index)
{
	const char *path = uevent_get(uevent, "DEVPATH");
	char name[32];

	snprintf(name, sizeof(name), "/remoteproc%u", index);
	path = strrchr(path, '/');
	return path && !strcmp(path, name) &&
	       !strcmp(uevent_get(uevent, "SUBSYSTEM"), "remoteproc");
}

int uevent_next(struct uevent *uevent, unsigned int index, int timeout_ms)
{
	struct pollfd pfd = { .fd = uevent->fd, .events = POLLIN };
	const int64_t end = now_ms() + timeout_ms;
	int64_t left = timeout_ms;
	ssize_t got;

	do {
		if (poll(&pfd, 1, left > 0 ? left : 0) <= 0)
			return -ETIMEDOUT;
		got = recv(uevent->fd, uevent->text, sizeof(uevent->text) - 1, 0);
		if (got < 0)
			return -errno;
		uevent->text[got] = '\0';
		uevent->size = got;
		if (is_about(uevent, index))
			return 0;
		left = end - now_ms();
	} while (left >= 0);
	return -ETIMEDOUT;
}

const char *uevent_get(const struct uevent *uevent, const char *key)
{
	const char *p = uevent->text, *end = uevent->text + uevent->size;
	size_t len = strlen(key);

	for (; p < end; p += strlen(p) + 1)
		if (!strncmp(p, key, len) && p[len] == '=')
			return p + len + 1;
	return "";
}
