// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through an endpoint whose descriptor is one end of a socket that keeps message
 * boundaries, and answers of a device that such a socket does not give: those are scripted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../internal.h"
#include "tap.h"

#define MS		1000000LL
#define MTU		496

/* What the next calls answer: 0 the real one, negative an errno; and the revents of ppoll(). */
static int script_errno[4];
static size_t script_next;
static short script_revents;
static unsigned int polls;

ssize_t __real_readv(int fd, const struct iovec *iov, int iovcnt);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int iovcnt);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts, const sigset_t *mask);

static int script_pop(void)
{
	if (script_next == sizeof(script_errno) / sizeof(script_errno[0]))
		return 0;
	return script_errno[script_next++];
}

static void script(int first, int second)
{
	memset(script_errno, 0, sizeof(script_errno));
	script_errno[0] = first;
	script_errno[1] = second;
	script_next = 0;
	script_revents = 0;
	polls = 0;
}

ssize_t __wrap_readv(int fd, const struct iovec *iov, int iovcnt)
{
	int err = script_pop();

	if (!err)
		return __real_readv(fd, iov, iovcnt);
	errno = -err;
	return -1;
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	int err = script_pop();

	if (!err)
		return __real_write(fd, buf, len);
	errno = -err;
	return -1;
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *ts, const sigset_t *mask)
{
	polls++;
	if (!script_revents)
		return __real_ppoll(fds, n, ts, mask);
	fds[0].revents = script_revents;
	return 1;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static struct rpmsg_endpoint *open_pair(int *peer, enum rpmsg_endpoint_mode mode, size_t mtu)
{
	struct connection connection = { .mode = mode, .mtu = mtu };
	struct rpmsg_endpoint *endpoint;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds)) {
		puts("Bail out! no socket pair");
		exit(1);
	}
	connection.fd = fds[0];
	connection.path = strdup("/dev/rpmsg0");
	connection.sysname = strdup("rpmsg0");
	if (!connection.path || !connection.sysname || endpoint_new(&connection, &endpoint)) {
		puts("Bail out! no memory");
		exit(1);
	}
	*peer = fds[1];
	script(0, 0);
	return endpoint;
}

static void test_getters(void)
{
	struct rpmsg_endpoint *endpoint;
	size_t mtu = 0;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	CHECK(rpmsg_endpoint_get_fd(endpoint) >= 0);
	EQUAL(rpmsg_endpoint_get_fd(NULL), -EINVAL);
	CHECK(!strcmp(rpmsg_endpoint_get_path(endpoint), "/dev/rpmsg0"));
	EQUAL(rpmsg_endpoint_get_mode(endpoint), RPMSG_ENDPOINT_PLAIN);
	EQUAL(rpmsg_endpoint_get_mtu(endpoint, &mtu), 0);
	EQUAL(mtu, MTU);
	EQUAL(rpmsg_endpoint_get_mtu(endpoint, NULL), -EINVAL);
	rpmsg_endpoint_close(endpoint);
	close(peer);

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_STOCK, 0);
	EQUAL(rpmsg_endpoint_get_mtu(endpoint, &mtu), -EOPNOTSUPP);
	rpmsg_endpoint_close(endpoint);
	close(peer);
	rpmsg_endpoint_close(NULL);
}

static void test_arguments(void)
{
	struct rpmsg_endpoint *endpoint;
	char buf[MTU + 1] = { 0 };
	size_t len = 77;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	EQUAL(rpmsg_endpoint_send(NULL, buf, 1, 0), -EINVAL);
	EQUAL(rpmsg_endpoint_send(endpoint, NULL, 1, 0), -EINVAL);
	EQUAL(rpmsg_endpoint_send(endpoint, buf, 1, -1), -EINVAL);
	EQUAL(rpmsg_endpoint_send(endpoint, buf, 1, INT64_MIN), -EINVAL);
	EQUAL(rpmsg_endpoint_recv(NULL, buf, 1, 0, &len), -EINVAL);
	EQUAL(rpmsg_endpoint_recv(endpoint, NULL, 1, 0, &len), -EINVAL);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 1, 0, NULL), -EINVAL);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 1, -1, &len), -EINVAL);
	EQUAL(len, 77);
	EQUAL(rpmsg_endpoint_send(endpoint, buf, MTU + 1, 0), -EMSGSIZE);
	EQUAL(rpmsg_endpoint_send(endpoint, buf, SIZE_MAX, 0), -EMSGSIZE);
	EQUAL(recv(peer, buf, sizeof(buf), 0), -1);	/* nothing got out */
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void test_messages(void)
{
	struct rpmsg_endpoint *endpoint;
	char buf[MTU];
	size_t len;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	EQUAL(rpmsg_endpoint_send(endpoint, "hello", 5, 0), 0);
	EQUAL(recv(peer, buf, sizeof(buf), 0), 5);
	CHECK(!memcmp(buf, "hello", 5));

	EQUAL(send(peer, "one", 3, 0), 3);
	EQUAL(send(peer, "", 0, 0), 0);
	EQUAL(send(peer, "three", 5, 0), 5);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 0, &len), 0);
	CHECK(len == 3 && !memcmp(buf, "one", 3));
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 0, &len), 0);
	EQUAL(len, 0);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), INT64_MAX, &len), 0);
	CHECK(len == 5 && !memcmp(buf, "three", 5));
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

/* A message that does not fit is kept whole, in its place, until a buffer is large enough. */
static void test_too_long(size_t mtu)
{
	struct rpmsg_endpoint *endpoint;
	char buf[MTU], out[MTU];
	size_t len, i;
	int peer;

	for (i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7);
	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, mtu);
	EQUAL(send(peer, out, sizeof(out), 0), sizeof(out));
	EQUAL(send(peer, "next", 4, 0), 4);

	memset(buf, 0, sizeof(buf));
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 1, 0, &len), -EMSGSIZE);
	EQUAL(len, MTU);
	EQUAL(rpmsg_endpoint_recv(endpoint, NULL, 0, 0, &len), -EMSGSIZE);
	EQUAL(len, MTU);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, MTU - 1, MS, &len), -EMSGSIZE);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, MTU, 0, &len), 0);
	CHECK(len == MTU && !memcmp(buf, out, MTU));
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 3, 0, &len), -EMSGSIZE);
	EQUAL(len, 4);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 4, 0, &len), 0);
	CHECK(len == 4 && !memcmp(buf, "next", 4));
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, 4, 0, &len), -EAGAIN);

	/* Closed with a message kept: no leak. */
	EQUAL(send(peer, "last", 4, 0), 4);
	EQUAL(rpmsg_endpoint_recv(endpoint, NULL, 0, 0, &len), -EMSGSIZE);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void test_recv_deadline(void)
{
	struct rpmsg_endpoint *endpoint;
	int64_t start_ns;
	char buf[MTU];
	size_t len;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 0, &len), -EAGAIN);
	EQUAL(polls, 0);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 1, &len), -ETIMEDOUT);
	start_ns = now_ns();
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 20 * MS, &len), -ETIMEDOUT);
	CHECK(now_ns() - start_ns >= 20 * MS);

	/* Woken for nothing (another reader was faster): the limit does not start again. */
	script(-EAGAIN, 0);
	start_ns = now_ns();
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 20 * MS, &len), -ETIMEDOUT);
	CHECK(now_ns() - start_ns < 2000 * MS);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void fill_up(struct rpmsg_endpoint *endpoint)
{
	char buf[MTU] = { 0 };
	int ret;

	do {
		ret = rpmsg_endpoint_send(endpoint, buf, sizeof(buf), 0);
	} while (!ret);
	EQUAL(ret, -EAGAIN);
}

static void *drain(void *data)
{
	struct timespec pause = { .tv_nsec = 20 * MS };
	char buf[MTU];

	nanosleep(&pause, NULL);
	while (recv(*(int *)data, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

static void test_full(enum rpmsg_endpoint_mode mode)
{
	/* Enough for several tries on a busy machine. */
	const int64_t patience_ns = mode == RPMSG_ENDPOINT_STOCK ? 500 * MS : 20 * MS;
	struct rpmsg_endpoint *endpoint;
	pthread_t thread;
	int64_t start_ns;
	int peer;

	endpoint = open_pair(&peer, mode, MTU);
	fill_up(endpoint);
	EQUAL(polls, 0);
	start_ns = now_ns();
	EQUAL(rpmsg_endpoint_send(endpoint, "x", 1, patience_ns), -ETIMEDOUT);
	CHECK(now_ns() - start_ns >= patience_ns);
	/* A node that tells is asked once; one that does not is tried again and again. */
	CHECK(mode == RPMSG_ENDPOINT_STOCK ? polls > 3 : polls <= 3);

	EQUAL(pthread_create(&thread, NULL, drain, &peer), 0);
	EQUAL(rpmsg_endpoint_send(endpoint, "x", 1, 5000 * MS), 0);
	pthread_join(thread, NULL);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void test_death(void)
{
	struct rpmsg_endpoint *endpoint;
	char buf[MTU];
	size_t len;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	script(-EPIPE, 0);
	EQUAL(rpmsg_endpoint_send(endpoint, "x", 1, MS), -EPIPE);
	script(-EPIPE, 0);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), MS, &len), -EPIPE);

	/* Dies while we wait. */
	script(-EAGAIN, -EPIPE);
	script_revents = POLLERR;
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 1000 * MS, &len), -EPIPE);
	script(-EAGAIN, -EPIPE);
	script_revents = POLLERR | POLLHUP;
	EQUAL(rpmsg_endpoint_send(endpoint, "x", 1, 1000 * MS), -EPIPE);

	/* A device that says "error" and "try again" for ever does not make us spin. */
	script(-EAGAIN, -EAGAIN);
	script_revents = POLLERR;
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), 1000 * MS, &len), -EPIPE);
	EQUAL(polls, 1);

	/* Other errors are passed on as they are. */
	script(-ENOMEM, 0);
	EQUAL(rpmsg_endpoint_send(endpoint, "x", 1, MS), -ENOMEM);
	script(-EFAULT, 0);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), MS, &len), -EFAULT);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void on_alarm(int number)
{
	(void)number;
}

static void test_signal(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value.tv_usec = 20000, .it_interval.tv_usec = 20000 };
	struct itimerval off = { 0 };
	struct rpmsg_endpoint *endpoint;
	char buf[MTU];
	size_t len;
	int peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	EQUAL(rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), INT64_MAX, &len), -EINTR);
	setitimer(ITIMER_REAL, &off, NULL);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

static void test_prep(void)
{
	struct rpmsg_endpoint *endpoint, *stock;
	struct io_uring_sqe sqe;
	char buf[MTU + 1];
	int peer, stock_peer;

	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);
	stock = open_pair(&stock_peer, RPMSG_ENDPOINT_STOCK, MTU);

	memset(&sqe, 0xff, sizeof(sqe));
	EQUAL(rpmsg_endpoint_prep_send(endpoint, &sqe, buf, 7), 0);
	CHECK(sqe.opcode == IORING_OP_WRITE && sqe.fd == rpmsg_endpoint_get_fd(endpoint));
	CHECK(sqe.addr == (uintptr_t)buf && sqe.len == 7 && sqe.off == UINT64_MAX);
	CHECK(!sqe.flags && !sqe.user_data && !sqe.rw_flags && !sqe.buf_index);
	EQUAL(rpmsg_endpoint_prep_send(endpoint, &sqe, buf, MTU + 1), -EMSGSIZE);
	EQUAL(rpmsg_endpoint_prep_send(endpoint, NULL, buf, 1), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_send(endpoint, &sqe, NULL, 1), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_send(NULL, &sqe, buf, 1), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_send(stock, &sqe, buf, 1), -EOPNOTSUPP);

	memset(&sqe, 0xff, sizeof(sqe));
	EQUAL(rpmsg_endpoint_prep_recv(stock, &sqe, buf, sizeof(buf)), 0);
	CHECK(sqe.opcode == IORING_OP_READ && sqe.fd == rpmsg_endpoint_get_fd(stock));
	CHECK(sqe.addr == (uintptr_t)buf && sqe.len == sizeof(buf) && !sqe.flags);
	EQUAL(rpmsg_endpoint_prep_recv(endpoint, &sqe, NULL, 1), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_recv(endpoint, &sqe, buf, 0), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_recv(endpoint, &sqe, buf, SIZE_MAX), -EINVAL);
	EQUAL(rpmsg_endpoint_prep_recv(endpoint, NULL, buf, 1), -EINVAL);

	rpmsg_endpoint_close(endpoint);
	rpmsg_endpoint_close(stock);
	close(peer);
	close(stock_peer);
}

static void test_uring(void)
{
	struct rpmsg_endpoint *endpoint;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	char buf[MTU];
	int peer;

	if (io_uring_queue_init(4, &ring, 0)) {
		printf("ok %u - # SKIP no io_uring here\n", ++tap_count);
		return;
	}
	endpoint = open_pair(&peer, RPMSG_ENDPOINT_PLAIN, MTU);

	/* The read waits first; its message comes later. */
	EQUAL(rpmsg_endpoint_prep_recv(endpoint, io_uring_get_sqe(&ring), buf, sizeof(buf)), 0);
	EQUAL(io_uring_submit(&ring), 1);
	EQUAL(io_uring_peek_cqe(&ring, &cqe), -EAGAIN);
	EQUAL(send(peer, "ring", 4, 0), 4);
	EQUAL(io_uring_wait_cqe(&ring, &cqe), 0);
	EQUAL(cqe->res, 4);
	CHECK(!memcmp(buf, "ring", 4));
	io_uring_cqe_seen(&ring, cqe);

	EQUAL(rpmsg_endpoint_prep_send(endpoint, io_uring_get_sqe(&ring), "back", 4), 0);
	EQUAL(io_uring_submit_and_wait(&ring, 1), 1);
	EQUAL(io_uring_peek_cqe(&ring, &cqe), 0);
	EQUAL(cqe->res, 4);
	io_uring_cqe_seen(&ring, cqe);
	EQUAL(recv(peer, buf, sizeof(buf), 0), 4);
	CHECK(!memcmp(buf, "back", 4));

	io_uring_queue_exit(&ring);
	rpmsg_endpoint_close(endpoint);
	close(peer);
}

int main(void)
{
	test_getters();
	test_arguments();
	test_messages();
	test_too_long(MTU);
	test_too_long(0);
	test_recv_deadline();
	test_full(RPMSG_ENDPOINT_PLAIN);
	test_full(RPMSG_ENDPOINT_STOCK);
	test_death();
	test_signal();
	test_prep();
	test_uring();
	return tap_done();
}
