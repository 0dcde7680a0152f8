/* SPDX-License-Identifier: MIT */
/*
 * batch: the ring of an endpoint, many messages at a time: each call takes an array of buffers, and
 * one system call sends them all. Sends numbered messages to a service that echoes them, and checks
 * each that comes back.
 */
#include <errno.h>
#include <inttypes.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH		64
#define SECOND_NS	INT64_C(1000000000)

/* As many messages as there are buffers for, from number *@next on. */
static int send_batch(struct rpmsg_ring *ring, uint32_t *next, uint32_t count)
{
	struct rpmsg_buffer buffers[BATCH];
	unsigned int i, num = count - *next < BATCH ? count - *next : BATCH;
	int ret = num ? rpmsg_ring_reserve_batch(ring, buffers, num, &num) : -EAGAIN;

	if (ret == -EAGAIN)
		return 0;
	if (ret)
		return ret;
	for (i = 0; i < num; i++) {
		memcpy(buffers[i].data, next, sizeof(*next));
		buffers[i].len = sizeof(*next);
		++*next;
	}
	ret = rpmsg_ring_submit_batch(ring, buffers, num);
	return ret ? ret : rpmsg_ring_flush(ring, 0, SECOND_NS);
}

/* What has come, at least one message, checked where it is. */
static int check_batch(struct rpmsg_ring *ring, uint32_t *received)
{
	struct rpmsg_buffer buffers[BATCH];
	unsigned int i, num;
	uint32_t number;
	int ret;

	ret = rpmsg_ring_wait(ring, 1, 5 * SECOND_NS);
	if (!ret)
		ret = rpmsg_ring_peek_batch(ring, buffers, BATCH, &num);
	if (ret)
		return ret;
	for (i = 0; i < num; i++) {
		memcpy(&number, buffers[i].data, sizeof(number));
		if (buffers[i].len != sizeof(number) || number != (*received)++)
			return -EBADMSG;
	}
	return rpmsg_ring_release_batch(ring, buffers, num);
}

static int run(struct rpmsg_ring *ring, uint32_t count)
{
	uint32_t sent = 0, received = 0;
	int ret = 0;

	while (!ret && received < count) {
		ret = send_batch(ring, &sent, count);
		if (!ret)
			ret = check_batch(ring, &received);
	}
	if (!ret)
		printf("%" PRIu32 " messages in batches of up to %d: all came back, in order\n",
		       received, BATCH);
	return ret;
}

static int open_and_run(struct rpmsg_context *ctx, const char *service, uint32_t count)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;
	int ret;

	ret = rpmsg_endpoint_open_service(ctx, NULL, service, SECOND_NS, &endpoint);
	if (ret)
		return ret;
	ret = rpmsg_ring_open(endpoint, BATCH, BATCH, &ring);
	if (!ret) {
		ret = run(ring, count);
		rpmsg_ring_close(ring);
	}
	rpmsg_endpoint_close(endpoint);
	return ret;
}

int main(int argc, char **argv)
{
	const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	const char *service = argc > 2 ? argv[2] : "rpmsg-echo";
	struct rpmsg_context *ctx;
	int ret;

	ret = rpmsg_context_new(&ctx);
	if (!ret) {
		ret = open_and_run(ctx, service, count);
		rpmsg_context_free(ctx);
	}
	if (ret)
		fprintf(stderr, "batch: %s: %s\n", service, strerror(-ret));
	return ret ? 1 : 0;
}
