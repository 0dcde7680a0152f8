// SPDX-License-Identifier: GPL-2.0-or-later
/* Method "calls": write() and read(), one for each message. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

/* The kernel's own waiting, which is what programs without the library have. */
static int calls_start(struct peer *peer)
{
	peer->fd = rpmsg_endpoint_get_fd(peer->endpoint);
	return fcntl(peer->fd, F_SETFL, fcntl(peer->fd, F_GETFL) & ~O_NONBLOCK) ? -errno : 0;
}

static void calls_stop(struct peer *peer)
{
	(void)peer;
}

static int calls_tell(struct peer *peer, const void *data, size_t size)
{
	const ssize_t n = write(peer->fd, data, size);

	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EIO;
}

static int calls_hear(struct peer *peer, void *data, size_t size)
{
	const ssize_t n = read(peer->fd, data, size);

	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EBADMSG;
}

static int calls_send(struct peer *peer, uint32_t count)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		memset(peer->data, (int)i, peer->size);
		ret = calls_tell(peer, peer->data, peer->size);
	}
	return ret;
}

static int calls_recv(struct peer *peer, uint32_t count)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		ret = calls_hear(peer, peer->data, peer->size);
		peer->seen = peer->data[0];
	}
	return ret;
}

const struct method method_calls = {
	.name = "calls",
	.start = calls_start,
	.stop = calls_stop,
	.send = calls_send,
	.recv = calls_recv,
	.tell = calls_tell,
	.hear = calls_hear,
};
