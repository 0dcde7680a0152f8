/* SPDX-License-Identifier: MIT */
/*
 * ring: many messages at once through a ring. Each is written where the remote reads it; one system
 * call sends a batch, one waits for the answers. Sends numbered messages to a service that echoes
 * them, and checks each that comes back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH		64
#define SECOND_NS	INT64_C(1000000000)

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* Write up to a batch of messages, numbered from *@next on, and send them with one call. */
static int send_batch(struct rpmsg_ring *ring, uint32_t *next, uint32_t count)
{
	struct rpmsg_buffer buffer;
	uint32_t i;

	for (i = 0; i < BATCH && *next < count && !rpmsg_ring_reserve(ring, &buffer); i++) {
		memset(buffer.data, (int)*next, buffer.len);
		memcpy(buffer.data, next, sizeof(*next));
		rpmsg_ring_submit(ring, &buffer);
		++*next;
	}
	/* With no buffer at all, wait for one. */
	return rpmsg_ring_flush(ring, i ? 0 : 1, SECOND_NS);
}

/* Wait for the answers up to @sent, and look at each where it is. */
static int check_batch(struct rpmsg_ring *ring, uint32_t *received, uint32_t sent)
{
	struct rpmsg_buffer buffer;
	uint32_t number;
	int ret = rpmsg_ring_wait(ring, sent - *received, 5 * SECOND_NS);

	while (!ret && *received < sent) {
		ret = rpmsg_ring_peek(ring, &buffer);
		if (ret)
			break;
		memcpy(&number, buffer.data, sizeof(number));
		if (number != (*received)++)
			ret = -EBADMSG;
		rpmsg_ring_release(ring, &buffer);
	}
	return ret;
}

static int run(struct rpmsg_ring *ring, uint32_t count)
{
	const int64_t start_ns = now_ns();
	uint32_t sent = 0, received = 0;
	int ret = 0;

	while (!ret && received < count) {
		ret = send_batch(ring, &sent, count);
		if (!ret)
			ret = check_batch(ring, &received, sent);
	}
	if (!ret)
		printf("%" PRIu32 " messages through a ring, %s: %.0f per second\n", received,
		       rpmsg_ring_get_mode(ring) == RPMSG_RING_COPY ? "copied"
								    : "written in place",
		       received / ((double)(now_ns() - start_ns) / 1e9));
	return ret;
}

static int stream(struct rpmsg_context *ctx, const char *service, uint32_t count)
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
		ret = stream(ctx, service, count);
		rpmsg_context_free(ctx);
	}
	if (ret)
		fprintf(stderr, "ring: %s: %s\n", service, strerror(-ret));
	return ret ? 1 : 0;
}
