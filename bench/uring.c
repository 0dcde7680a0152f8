// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Methods "uring": rings whose commands go through io_uring, one system call to send a batch and to
 * wait for the answers; and "sqpoll": the same with a thread of the kernel that looks for commands
 * (IORING_SETUP_SQPOLL), and an application that looks for completions: no system call at all, and
 * two CPUs that never rest; "exclusive-uring", "exclusive-sqpoll": those with rings that receive
 * without copies.
 *
 * A flush is complete when the buffers of another batch are there. It is waited for before these
 * are needed, so that nothing else has to ask the kernel for them.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "bench.h"

#define IDLE_MS		2000	/* of the kernel's thread, before it sleeps */
#define ALONE		(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)

/* With a ring that was opened, or not. */
static int uring_open(struct peer *peer, int ret, unsigned int flags)
{
	struct io_uring_params params = { .flags = flags, .sq_thread_idle = IDLE_MS };

	if (!ret)
		ret = io_uring_queue_init_params(8, &peer->uring, &params);
	if (!ret)
		peer->has_uring = true;
	return ret;
}

static int uring_start(struct peer *peer)
{
	return uring_open(peer, ring_start(peer), ALONE);
}

static int exclusive_uring_start(struct peer *peer)
{
	return uring_open(peer, exclusive_start(peer), ALONE);
}

static int sqpoll_start(struct peer *peer)
{
	return uring_open(peer, ring_start(peer), IORING_SETUP_SQPOLL);
}

static int exclusive_sqpoll_start(struct peer *peer)
{
	return uring_open(peer, exclusive_start(peer), IORING_SETUP_SQPOLL);
}

static void uring_stop(struct peer *peer)
{
	if (peer->has_uring)
		io_uring_queue_exit(&peer->uring);
	ring_stop(peer);
}

/* The next completion of @peer->flushes and @waits for messages; data says of which it is. */
static int reap(struct peer *peer, unsigned int *waits)
{
	struct io_uring_cqe *cqe;
	int ret;

	while (io_uring_peek_cqe(&peer->uring, &cqe)) {
		if (peer->uring.flags & IORING_SETUP_SQPOLL)
			continue;
		/* All of them at once. */
		ret = io_uring_submit_and_wait(&peer->uring, peer->flushes + *waits);
		if (ret < 0)
			return ret;
	}
	ret = cqe->res < 0 ? cqe->res : 0;
	if (io_uring_cqe_get_data(cqe))
		--*waits;
	else
		peer->flushes--;
	io_uring_cqe_seen(&peer->uring, cqe);
	return ret;
}

static int reap_flushes(struct peer *peer)
{
	unsigned int waits = 0;
	int ret = 0;

	while (peer->flushes && !ret)
		ret = reap(peer, &waits);
	return ret;
}

static int uring_send(struct peer *peer, uint32_t count)
{
	struct io_uring_sqe *sqe;
	int ret = reap_flushes(peer);

	if (!ret)
		ret = ring_fill(peer, count);
	if (ret)
		return ret;
	sqe = io_uring_get_sqe(&peer->uring);
	if (!sqe)
		return -EBUSY;
	ret = rpmsg_ring_prep_flush(peer->ring, sqe, count < BUFFERS ? count : BUFFERS, LIMIT_NS);
	io_uring_sqe_set_data(sqe, NULL);
	peer->flushes++;
	/* With the wait that follows, or for the next batch. */
	if (!ret && peer->uring.flags & IORING_SETUP_SQPOLL)
		ret = io_uring_submit(&peer->uring);
	return ret < 0 ? ret : 0;
}

static int uring_recv(struct peer *peer, uint32_t count)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&peer->uring);
	unsigned int waits = 1;
	int ret;

	if (!sqe)
		return -EBUSY;
	ret = rpmsg_ring_prep_wait(peer->ring, sqe, count, LIMIT_NS);
	io_uring_sqe_set_data(sqe, peer);
	if (!ret && peer->uring.flags & IORING_SETUP_SQPOLL)
		ret = io_uring_submit(&peer->uring);
	ret = ret < 0 ? ret : 0;
	while (waits && !ret)
		ret = reap(peer, &waits);
	return ret ? ret : ring_take(peer, count);
}

/* What is not measured goes by calls, after what was. */
static int uring_tell(struct peer *peer, const void *data, size_t size)
{
	const int ret = reap_flushes(peer);

	return ret ? ret : ring_tell(peer, data, size);
}

const struct method method_uring = {
	.name = "uring",
	.start = uring_start,
	.stop = uring_stop,
	.send = uring_send,
	.recv = uring_recv,
	.tell = uring_tell,
	.hear = ring_hear,
};

const struct method method_exclusive_uring = {
	.name = "exclusive-uring",
	.start = exclusive_uring_start,
	.stop = uring_stop,
	.send = uring_send,
	.recv = uring_recv,
	.tell = uring_tell,
	.hear = ring_hear,
};

const struct method method_sqpoll = {
	.name = "sqpoll",
	.start = sqpoll_start,
	.stop = uring_stop,
	.send = uring_send,
	.recv = uring_recv,
	.tell = uring_tell,
	.hear = ring_hear,
};

const struct method method_exclusive_sqpoll = {
	.name = "exclusive-sqpoll",
	.start = exclusive_sqpoll_start,
	.stop = uring_stop,
	.send = uring_send,
	.recv = uring_recv,
	.tell = uring_tell,
	.hear = ring_hear,
};
