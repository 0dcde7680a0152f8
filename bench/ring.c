// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Methods "ring": librpmsg's rings, a system call for each batch at most; "poll": the same, with
 * receivers that look for messages before they sleep; and "exclusive": rings that receive without
 * copies, on a device that is exclusive.
 */
#include <errno.h>
#include <string.h>

#include "bench.h"

int ring_start(struct peer *peer)
{
	return rpmsg_ring_open(peer->endpoint, BUFFERS, BUFFERS, &peer->ring);
}

void ring_stop(struct peer *peer)
{
	rpmsg_ring_close(peer->ring);
}

int exclusive_start(struct peer *peer)
{
	return rpmsg_ring_open_exclusive(peer->endpoint, BUFFERS, BUFFERS, &peer->ring);
}

static int poll_start(struct peer *peer)
{
	const int ret = ring_start(peer);

	return ret ? ret : rpmsg_ring_set_busy_poll(peer->ring, BUSY_POLL_NS);
}

/**
 * ring_fill() - write messages into buffers, and submit them
 * @peer:  whose ring; the kernel is asked to take them only when there is no other buffer
 * @count: how many
 */
int ring_fill(struct peer *peer, uint32_t count)
{
	struct rpmsg_buffer buffers[BATCH_MAX];
	unsigned int n, i;
	int ret;

	while (count) {
		ret = rpmsg_ring_reserve_batch(peer->ring, buffers, count, &n);
		if (ret == -EAGAIN)
			ret = rpmsg_ring_flush(peer->ring, count, LIMIT_NS);
		if (ret)
			return ret;
		for (i = 0; i < n; i++) {
			memset(buffers[i].data, (int)i, peer->size);
			buffers[i].len = peer->size;
		}
		ret = rpmsg_ring_submit_batch(peer->ring, buffers, n);
		if (ret)
			return ret;
		count -= n;
	}
	return 0;
}

/**
 * ring_take() - read messages that are there, and release them
 * @peer:  whose ring
 * @count: how many
 */
int ring_take(struct peer *peer, uint32_t count)
{
	struct rpmsg_buffer buffers[BATCH_MAX];
	unsigned int n, i;
	int ret;

	while (count) {
		ret = rpmsg_ring_peek_batch(peer->ring, buffers, count, &n);
		if (ret)
			return ret;
		for (i = 0; i < n; i++) {
			if (buffers[i].len != peer->size)
				return -EBADMSG;
			peer->seen = *(unsigned char *)buffers[i].data;
		}
		ret = rpmsg_ring_release_batch(peer->ring, buffers, n);
		if (ret)
			return ret;
		count -= n;
	}
	return 0;
}

static int ring_send(struct peer *peer, uint32_t count)
{
	const int ret = ring_fill(peer, count);

	return ret ? ret : rpmsg_ring_flush(peer->ring, 0, LIMIT_NS);
}

static int ring_recv(struct peer *peer, uint32_t count)
{
	const int ret = rpmsg_ring_wait(peer->ring, count, LIMIT_NS);

	return ret ? ret : ring_take(peer, count);
}

int ring_tell(struct peer *peer, const void *data, size_t size)
{
	return rpmsg_ring_send(peer->ring, data, size, LIMIT_NS);
}

int ring_hear(struct peer *peer, void *data, size_t size)
{
	size_t len;
	const int ret = rpmsg_ring_recv(peer->ring, data, size, LIMIT_NS, &len);

	return !ret && len != size ? -EBADMSG : ret;
}

const struct method method_ring = {
	.name = "ring",
	.start = ring_start,
	.stop = ring_stop,
	.send = ring_send,
	.recv = ring_recv,
	.tell = ring_tell,
	.hear = ring_hear,
};

const struct method method_exclusive = {
	.name = "exclusive",
	.start = exclusive_start,
	.stop = ring_stop,
	.send = ring_send,
	.recv = ring_recv,
	.tell = ring_tell,
	.hear = ring_hear,
};

const struct method method_poll = {
	.name = "poll",
	.start = poll_start,
	.stop = ring_stop,
	.send = ring_send,
	.recv = ring_recv,
	.tell = ring_tell,
	.hear = ring_hear,
};
