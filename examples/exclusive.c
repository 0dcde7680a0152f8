/* SPDX-License-Identifier: MIT */
/*
 * exclusive: an application that has a virtio device for itself. It reads messages where the remote
 * wrote them, with no copy, and gives their buffers back in whatever order it is done with them.
 * The administrator has to allow it: echo 1 >/sys/bus/virtio/devices/virtioN/exclusive.
 *
 * Sends pairs of messages to a service that echoes them, and gives the second answer back first.
 */
#include <errno.h>
#include <librpmsg.h>
#include <stdio.h>
#include <string.h>

#define PAIRS		1000
#define SECOND_NS	INT64_C(1000000000)

static int send_pair(struct rpmsg_ring *ring)
{
	int ret = rpmsg_ring_send(ring, "first", 5, SECOND_NS);

	return ret ? ret : rpmsg_ring_send(ring, "second", 6, SECOND_NS);
}

static int check_pair(struct rpmsg_ring *ring)
{
	struct rpmsg_buffer first, second;
	int ret;

	ret = rpmsg_ring_wait(ring, 2, 5 * SECOND_NS);
	if (!ret)
		ret = rpmsg_ring_peek(ring, &first);
	if (!ret)
		ret = rpmsg_ring_peek(ring, &second);
	if (ret)
		return ret;
	if (first.len != 5 || memcmp(first.data, "first", 5) || second.len != 6 ||
	    memcmp(second.data, "second", 6))
		return -EBADMSG;
	/* Until here the remote cannot write there. */
	rpmsg_ring_release(ring, &second);
	rpmsg_ring_release(ring, &first);
	return 0;
}

static int run(struct rpmsg_endpoint *endpoint)
{
	struct rpmsg_ring *ring;
	int i, ret;

	ret = rpmsg_ring_open_exclusive(endpoint, 8, 8, &ring);
	if (ret == -EPERM)
		fputs("exclusive: the administrator has not allowed it\n", stderr);
	if (ret)
		return ret;
	for (i = 0; i < PAIRS && !ret; i++) {
		ret = send_pair(ring);
		if (!ret)
			ret = check_pair(ring);
	}
	rpmsg_ring_close(ring);
	if (!ret)
		printf("%d messages sent and received without a copy\n", 2 * PAIRS);
	return ret;
}

int main(int argc, char **argv)
{
	const char *service = argc > 1 ? argv[1] : "rpmsg-echo";
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_context *ctx;
	int ret;

	ret = rpmsg_context_new(&ctx);
	if (!ret) {
		ret = rpmsg_endpoint_open_service(ctx, NULL, service, SECOND_NS, &endpoint);
		if (!ret) {
			ret = run(endpoint);
			rpmsg_endpoint_close(endpoint);
		}
		rpmsg_context_free(ctx);
	}
	if (ret)
		fprintf(stderr, "exclusive: %s: %s\n", service, strerror(-ret));
	return ret ? 1 : 0;
}
