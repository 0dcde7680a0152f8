// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings where the kernel has none: on an endpoint whose descriptor is one end of a socket that
 * keeps message boundaries. Rings of the kernel are tested with one, by selftests/librpmsg_ring.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../internal.h"
#include "tap.h"

#define MS	1000000LL
#define MTU	496
#define BUFFERS	4

int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

/* What RPMSG_IOC_RING_SETUP answers. */
static int setup_errno = ENOTTY;
static unsigned int setups;

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (request != RPMSG_IOC_RING_SETUP)
		return __real_ioctl(fd, request, arg);
	setups++;
	errno = setup_errno;
	return -1;
}

static void die(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

static struct rpmsg_endpoint *open_pair(int *peer, enum rpmsg_endpoint_mode mode, size_t mtu)
{
	struct connection connection = { .mode = mode, .mtu = mtu };
	struct rpmsg_endpoint *endpoint;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		die("no socket pair");
	connection.fd = fds[0];
	connection.path = strdup("/dev/rpmsg0");
	connection.sysname = strdup("rpmsg0");
	if (!connection.path || !connection.sysname || endpoint_new(&connection, &endpoint))
		die("no memory");
	*peer = fds[1];
	return endpoint;
}

static struct rpmsg_ring *open_ring(struct rpmsg_endpoint *endpoint)
{
	struct rpmsg_ring *ring;

	if (rpmsg_ring_open(endpoint, BUFFERS, BUFFERS, &ring))
		die("no ring");
	return ring;
}

static void done(struct rpmsg_ring *ring, struct rpmsg_endpoint *endpoint, int peer)
{
	rpmsg_ring_close(ring);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void submit(struct rpmsg_ring *ring, const char *text)
{
	struct rpmsg_buffer buffer;

	EQUAL(rpmsg_ring_reserve(ring, &buffer), 0);
	memcpy(buffer.data, text, strlen(text));
	buffer.len = strlen(text);
	EQUAL(rpmsg_ring_submit(ring, &buffer), 0);
}

static bool peer_gets(int peer, const char *text)
{
	char buf[MTU];
	const ssize_t n = recv(peer, buf, sizeof(buf), 0);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)n);
}

static void test_open(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring = NULL, *other;
	char buf[4];
	size_t len;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	EQUAL(rpmsg_ring_open(NULL, 1, 1, &ring), -EINVAL);
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, NULL), -EINVAL);
	EQUAL(rpmsg_ring_open(endpoint, 0, 1, &ring), -EINVAL);
	EQUAL(rpmsg_ring_open(endpoint, 1, 0, &ring), -EINVAL);
	EQUAL(rpmsg_ring_open(endpoint, 4097, 1, &ring), -EINVAL);
	EQUAL(rpmsg_ring_open(endpoint, 1, 4097, &ring), -EINVAL);

	/* Errors of a kernel that has rings are told; nothing is left behind. */
	setup_errno = EBUSY;
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, &ring), -EBUSY);
	setup_errno = ENOMEM;
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, &ring), -ENOMEM);
	CHECK(!ring);
	setup_errno = EOPNOTSUPP;
	EQUAL(rpmsg_ring_open(endpoint, 3, 5, &ring), 0);
	EQUAL(rpmsg_ring_get_mode(ring), RPMSG_RING_COPY);
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, &other), -EBUSY);
	setup_errno = ENOTTY;
	done(ring, endpoint, peer);

	/* A stock node is not asked. */
	endpoint = open_pair(&peer, RPMSG_ENDPOINT_STOCK, 0);
	setups = 0;
	EQUAL(send(peer, "long", 4, 0), 4);
	EQUAL(rpmsg_endpoint_recv(endpoint, NULL, 0, 0, &len), -EMSGSIZE);
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, &ring), -EBUSY);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 4, 0, &len), 0);
	ring = open_ring(endpoint);
	EQUAL(setups, 0);
	done(ring, endpoint, peer);
	rpmsg_ring_close(NULL);
}

static void test_send(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_buffer buffer, buffers[BUFFERS];
	struct rpmsg_ring *ring;
	int peer, i;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	for (i = 0; i < BUFFERS; i++) {
		EQUAL(rpmsg_ring_reserve(ring, &buffers[i]), 0);
		EQUAL(buffers[i].len, MTU);
		memset(buffers[i].data, 'a' + i, MTU);
	}
	EQUAL(rpmsg_ring_reserve(ring, &buffer), -EAGAIN);
	EQUAL(rpmsg_ring_flush(ring, 1, 0), -EINVAL);	/* all are reserved: none can come */
	EQUAL(rpmsg_ring_cancel(ring, &buffers[0]), 0);
	EQUAL(rpmsg_ring_cancel(ring, &buffers[0]), -EINVAL);
	EQUAL(rpmsg_ring_submit(ring, &buffers[0]), -EINVAL);
	EQUAL(rpmsg_ring_reserve(ring, &buffers[0]), 0);

	buffers[3].len = MTU + 1;
	EQUAL(rpmsg_ring_submit(ring, &buffers[3]), -EMSGSIZE);
	buffers[3].len = 0;
	for (i = BUFFERS - 1; i >= 0; i--)
		EQUAL(rpmsg_ring_submit(ring, &buffers[i]), 0);
	EQUAL(rpmsg_ring_submit(ring, &buffers[2]), -EINVAL);
	buffer = buffers[2];
	buffer.slot = BUFFERS;
	EQUAL(rpmsg_ring_submit(ring, &buffer), -EINVAL);
	EQUAL(rpmsg_ring_cancel(ring, &buffer), -EINVAL);
	EQUAL(recv(peer, &i, sizeof(i), 0), -1);	/* not before the flush */

	EQUAL(rpmsg_ring_flush(ring, BUFFERS, 0), 0);
	for (i = BUFFERS - 1; i >= 0; i--) {
		char buf[MTU];

		EQUAL(recv(peer, buf, sizeof(buf), 0), i == 3 ? 0 : MTU);
		CHECK(i == 3 || buf[MTU - 1] == 'a' + i);
	}
	EQUAL(rpmsg_ring_flush(ring, 0, 0), 0);
	EQUAL(rpmsg_ring_flush(ring, BUFFERS + 1, 0), -EINVAL);
	EQUAL(rpmsg_ring_flush(ring, 0, -1), -EINVAL);

	EQUAL(rpmsg_ring_send(ring, "one", 3, MS), 0);
	CHECK(peer_gets(peer, "one"));
	EQUAL(rpmsg_ring_send(ring, NULL, 0, 0), 0);
	EQUAL(rpmsg_ring_send(ring, NULL, 1, 0), -EINVAL);
	EQUAL(rpmsg_ring_send(ring, &i, MTU + 1, 0), -EMSGSIZE);
	done(ring, endpoint, peer);
}

/* What does not go stays, in order. */
static void test_full(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_buffer buffer;
	struct rpmsg_ring *ring;
	char buf[MTU];
	int peer, ret;
	size_t n;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	memset(buf, 0, sizeof(buf));
	do {
		ret = rpmsg_endpoint_send(endpoint, buf, sizeof(buf), 0);
	} while (!ret);
	EQUAL(ret, -EAGAIN);

	submit(ring, "one");
	submit(ring, "two");
	EQUAL(rpmsg_ring_flush(ring, 0, 0), -EAGAIN);
	EQUAL(rpmsg_ring_flush(ring, 0, 5 * MS), -ETIMEDOUT);
	EQUAL(rpmsg_ring_send(ring, "three", 5, 0), -EAGAIN);
	EQUAL(rpmsg_ring_send(ring, "four", 4, 5 * MS), -ETIMEDOUT);
	EQUAL(rpmsg_ring_reserve(ring, &buffer), -EAGAIN);
	EQUAL(rpmsg_ring_send(ring, "five", 4, 0), -EAGAIN);
	EQUAL(rpmsg_ring_get_undelivered(ring), 0);
	while (recv(peer, buf, sizeof(buf), 0) == MTU)
		;
	EQUAL(rpmsg_ring_flush(ring, BUFFERS, 1000 * MS), 0);
	CHECK(peer_gets(peer, "one") && peer_gets(peer, "two") && peer_gets(peer, "three") &&
	      peer_gets(peer, "four"));
	for (n = 0; n < BUFFERS; n++)
		EQUAL(rpmsg_ring_reserve(ring, &buffer), 0);
	done(ring, endpoint, peer);
}

static void test_receive(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_buffer buffers[BUFFERS], buffer;
	struct rpmsg_ring *ring;
	char text[2] = "0";
	int peer, i, round;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	EQUAL(rpmsg_ring_peek(ring, &buffer), -EAGAIN);
	EQUAL(rpmsg_ring_wait(ring, 0, 0), 0);
	EQUAL(rpmsg_ring_wait(ring, 1, 0), -EAGAIN);
	EQUAL(rpmsg_ring_wait(ring, 1, 5 * MS), -ETIMEDOUT);
	EQUAL(rpmsg_ring_wait(ring, BUFFERS + 1, 0), -EINVAL);
	EQUAL(rpmsg_ring_wait(ring, 1, -1), -EINVAL);

	for (i = 0; i < 3 * BUFFERS; i++) {
		text[0] = (char)('0' + i);
		EQUAL(send(peer, text, 1, 0), 1);
	}
	for (round = 0; round < 3; round++) {
		EQUAL(rpmsg_ring_wait(ring, 1, 0), 0);
		EQUAL(rpmsg_ring_wait(ring, BUFFERS, 0), 0);
		for (i = 0; i < BUFFERS; i++) {
			EQUAL(rpmsg_ring_peek(ring, &buffers[i]), 0);
			EQUAL(buffers[i].len, 1);
			EQUAL(((char *)buffers[i].data)[0], '0' + round * BUFFERS + i);
		}
		EQUAL(rpmsg_ring_peek(ring, &buffer), -EAGAIN);
		EQUAL(rpmsg_ring_wait(ring, 1, 0), -ENOBUFS);
		EQUAL(rpmsg_ring_release(ring, &buffers[2]), 0);
		EQUAL(rpmsg_ring_release(ring, &buffers[2]), -EINVAL);
		EQUAL(rpmsg_ring_release(ring, &buffers[0]), 0);
		EQUAL(rpmsg_ring_release(ring, &buffers[3]), 0);
		EQUAL(rpmsg_ring_release(ring, &buffers[1]), 0);
	}
	buffer = buffers[0];
	buffer.slot = BUFFERS;
	EQUAL(rpmsg_ring_release(ring, &buffer), -EINVAL);

	/* With some held, "as many as there are buffers for" is enough. */
	EQUAL(send(peer, "x", 1, 0), 1);
	EQUAL(send(peer, "y", 1, 0), 1);
	EQUAL(rpmsg_ring_wait(ring, BUFFERS, 5 * MS), -ETIMEDOUT);
	EQUAL(rpmsg_ring_peek(ring, &buffers[0]), 0);
	EQUAL(rpmsg_ring_peek(ring, &buffers[1]), 0);
	EQUAL(send(peer, "z", 1, 0), 1);
	EQUAL(send(peer, "z", 1, 0), 1);
	EQUAL(rpmsg_ring_wait(ring, BUFFERS, 1000 * MS), 0);
	done(ring, endpoint, peer);
}

static void test_recv(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;
	char buf[MTU];
	size_t len = 7;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	EQUAL(rpmsg_ring_recv(ring, buf, sizeof(buf), 0, &len), -EAGAIN);
	EQUAL(rpmsg_ring_recv(ring, NULL, 1, 0, &len), -EINVAL);
	EQUAL(rpmsg_ring_recv(ring, buf, 1, 0, NULL), -EINVAL);
	EQUAL(len, 7);
	EQUAL(send(peer, "hello", 5, 0), 5);
	EQUAL(send(peer, "", 0, 0), 0);
	EQUAL(rpmsg_ring_recv(ring, buf, 4, MS, &len), -EMSGSIZE);
	EQUAL(len, 5);
	EQUAL(rpmsg_ring_recv(ring, buf, 5, 0, &len), 0);
	CHECK(len == 5 && !memcmp(buf, "hello", 5));
	EQUAL(rpmsg_ring_recv(ring, NULL, 0, 0, &len), 0);
	EQUAL(len, 0);
	done(ring, endpoint, peer);
}

static void test_death(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_buffer buffer;
	struct rpmsg_ring *ring;
	int peer, i;

	signal(SIGPIPE, SIG_IGN);
	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	EQUAL(send(peer, "last", 4, 0), 4);
	EQUAL(rpmsg_ring_wait(ring, 1, 0), 0);
	close(peer);
	for (i = 0; i < BUFFERS; i++)
		submit(ring, "lost");
	EQUAL(rpmsg_ring_flush(ring, 0, MS), -EPIPE);
	for (i = 0; i < BUFFERS; i++)
		EQUAL(rpmsg_ring_reserve(ring, &buffer), 0);
	EQUAL(rpmsg_ring_get_undelivered(ring), BUFFERS);
	EQUAL(rpmsg_ring_peek(ring, &buffer), 0);
	CHECK(buffer.len == 4 && !memcmp(buffer.data, "last", 4));

	/* Another generation's descriptor is not touched. */
	endpoint->generation++;
	EQUAL(rpmsg_ring_cancel(ring, &(struct rpmsg_buffer){ .slot = 0 }), 0);
	EQUAL(rpmsg_ring_send(ring, "x", 1, MS), -EPIPE);
	EQUAL(rpmsg_ring_wait(ring, 1, MS), -EPIPE);
	rpmsg_ring_close(ring);
	ring = open_ring(endpoint);
	endpoint->state = ENDPOINT_WAITING;
	EQUAL(rpmsg_ring_wait(ring, 1, MS), -EPIPE);
	EQUAL(rpmsg_ring_send(ring, "x", 1, MS), -EPIPE);
	rpmsg_ring_close(ring);
	EQUAL(rpmsg_ring_open(endpoint, 1, 1, &ring), -EPIPE);
	rpmsg_endpoint_close(endpoint);
}

static void test_prep(void)
{
	struct io_uring_sqe sqe[2];	/* The second half of one of 128 bytes */
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring_wait_args args;
	struct rpmsg_ring *ring;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	ring = open_ring(endpoint);
	EQUAL(rpmsg_ring_prep_flush(ring, sqe, 0, 0), -EOPNOTSUPP);
	EQUAL(rpmsg_ring_prep_wait(ring, sqe, 1, 0), -EOPNOTSUPP);
	EQUAL(rpmsg_ring_prep_flush(ring, NULL, 0, 0), -EINVAL);
	EQUAL(rpmsg_ring_prep_flush(ring, sqe, BUFFERS + 1, 0), -EINVAL);
	EQUAL(rpmsg_ring_prep_wait(ring, sqe, BUFFERS + 1, 0), -EINVAL);
	EQUAL(rpmsg_ring_prep_wait(ring, sqe, 1, -1), -EINVAL);

	ring->mode = RPMSG_RING_SHARED;
	memset(sqe, 0xff, sizeof(sqe));
	EQUAL(rpmsg_ring_prep_wait(ring, sqe, 3, 7), 0);
	CHECK(sqe->opcode == IORING_OP_URING_CMD && sqe->fd == rpmsg_endpoint_get_fd(endpoint));
	CHECK(sqe->cmd_op == RPMSG_IOC_RING_RECEIVE && !sqe->flags && !sqe->user_data);
	memcpy(&args, sqe->cmd, sizeof(args));
	CHECK(args.count == 3 && args.timeout_ns == 7 && !args.flags);
	EQUAL(rpmsg_ring_prep_flush(ring, sqe, 2, INT64_MAX), 0);
	memcpy(&args, sqe->cmd, sizeof(args));
	CHECK(sqe->cmd_op == RPMSG_IOC_RING_SEND && args.count == 2);
	endpoint->generation++;
	EQUAL(rpmsg_ring_prep_flush(ring, sqe, 2, 0), -EPIPE);
	EQUAL(rpmsg_ring_prep_wait(ring, sqe, 2, 0), -EPIPE);
	ring->mode = RPMSG_RING_COPY;
	done(ring, endpoint, peer);
}

int main(void)
{
	test_open();
	test_send();
	test_full();
	test_receive();
	test_recv();
	test_death();
	test_prep();
	return tap_done();
}
