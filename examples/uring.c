/* SPDX-License-Identifier: MIT */
/*
 * uring: the ring of an endpoint, with its doorbells in an io_uring of the application's own: one
 * operation sends whatever is submitted, one waits for answers. With "poll" as its last argument a
 * thread of the kernel takes the operations, and the program makes no system call for them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <liburing.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH		64
#define SECOND_NS	INT64_C(1000000000)

enum { FLUSHED = 1, WAITED };	/* which operation a completion is of */

static uint32_t submit_batch(struct rpmsg_ring *ring, uint32_t next, uint32_t count)
{
	struct rpmsg_buffer buffer;
	uint32_t i;

	for (i = 0; i < BATCH && next < count && !rpmsg_ring_reserve(ring, &buffer); i++) {
		memcpy(buffer.data, &next, sizeof(next));
		buffer.len = sizeof(next);
		rpmsg_ring_submit(ring, &buffer);
		next++;
	}
	return next;
}

/* Looks at what has come. */
static int check(struct rpmsg_ring *ring, uint32_t *received)
{
	struct rpmsg_buffer buffer;
	uint32_t number;
	int ret = 0;

	while (!ret && !rpmsg_ring_peek(ring, &buffer)) {
		memcpy(&number, buffer.data, sizeof(number));
		if (buffer.len != sizeof(number) || number != (*received)++)
			ret = -EBADMSG;
		rpmsg_ring_release(ring, &buffer);
	}
	return ret;
}

/* Sends what is submitted, and waits until @answers have come. */
static int ring_the_bells(struct rpmsg_ring *ring, struct io_uring *uring, uint32_t answers)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);
	struct io_uring_cqe *cqe;
	int i, err, ret;

	ret = rpmsg_ring_prep_flush(ring, sqe, 0, SECOND_NS);
	io_uring_sqe_set_data64(sqe, FLUSHED);
	if (!ret) {
		sqe = io_uring_get_sqe(uring);
		ret = rpmsg_ring_prep_wait(ring, sqe, answers, 5 * SECOND_NS);
		io_uring_sqe_set_data64(sqe, WAITED);
	}
	if (ret)
		return ret;
	err = io_uring_submit(uring);
	for (i = 0; i < 2 && err >= 0; i++) {
		err = io_uring_wait_cqe(uring, &cqe);
		if (err)
			break;
		if (cqe->res < 0)
			ret = cqe->res;
		else if (io_uring_cqe_get_data64(cqe) == WAITED && (uint32_t)cqe->res < answers)
			ret = -ETIMEDOUT;
		io_uring_cqe_seen(uring, cqe);
	}
	return err < 0 ? err : ret;
}

static int run(struct rpmsg_ring *ring, struct io_uring *uring, uint32_t count)
{
	uint32_t sent = 0, received = 0;
	int ret = 0;

	while (!ret && received < count) {
		sent = submit_batch(ring, sent, count);
		ret = ring_the_bells(ring, uring, sent - received);
		if (!ret)
			ret = check(ring, &received);
	}
	if (!ret)
		printf("%" PRIu32 " messages through a ring and an io_uring\n", received);
	return ret;
}

static int open_and_run(struct rpmsg_context *ctx, struct io_uring *uring, uint32_t count)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;
	int ret;

	ret = rpmsg_endpoint_open_service(ctx, NULL, "rpmsg-echo", SECOND_NS, &endpoint);
	if (ret)
		return ret;
	ret = rpmsg_ring_open(endpoint, BATCH, BATCH, &ring);
	if (!ret) {
		ret = run(ring, uring, count);
		rpmsg_ring_close(ring);
	}
	rpmsg_endpoint_close(endpoint);
	return ret;
}

int main(int argc, char **argv)
{
	const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	const unsigned int flags = argc > 2 && !strcmp(argv[2], "poll") ? IORING_SETUP_SQPOLL : 0;
	struct rpmsg_context *ctx;
	struct io_uring uring;
	int ret;

	ret = io_uring_queue_init(8, &uring, flags);
	if (!ret) {
		ret = rpmsg_context_new(&ctx);
		if (!ret) {
			ret = open_and_run(ctx, &uring, count);
			rpmsg_context_free(ctx);
		}
		io_uring_queue_exit(&uring);
	}
	if (ret)
		fprintf(stderr, "uring: %s\n", strerror(-ret));
	return ret ? 1 : 0;
}
