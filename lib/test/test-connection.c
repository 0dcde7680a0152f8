// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Endpoints that outlive their remote: in a sysfs of our own, with sockets for endpoints. The
 * remote dies when the other end is closed; what a kernel takes away then, the test does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../internal.h"
#include "fake.h"
#include "tap.h"

#define MS		1000000LL
#define CHANNEL(dst)	"virtio0.echo.0xffffffff." dst

static struct rpmsg_context *ctx;
static struct rpmsg_endpoint *endpoint;
static char data[64];
static size_t len;

/* Once, when a call is about to look, or to wait. */
static fake_fn before_poll;
static fake_fn before_ppoll;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	fake_once(&before_poll);
	return __real_poll(fds, count, timeout_ms);
}

int __real_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit,
		 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit,
		 const sigset_t *mask);

int __wrap_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit,
		 const sigset_t *mask)
{
	fake_once(&before_ppoll);
	return __real_ppoll(fds, count, limit, mask);
}

static void channel_goes(void)
{
	fake_remove("/sys/bus/rpmsg/devices", CHANNEL("0x400"));
}

static void channel_comes(void)
{
	fake_channel(0, "echo", "0xffffffff", "0x400");
}

static void begin(void)
{
	fake_reset();
	fake_create = FAKE_CREATE_FILE;
	fake_processor(0, "dsp\n", "running\n");
	fake_control(0, 0);
	channel_comes();
	EQUAL(rpmsg_endpoint_open_service(ctx, NULL, "echo", 0, &endpoint), 0);
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 1);
}

static void end(void)
{
	rpmsg_endpoint_close(endpoint);
	close(fake_peer);
}

static int say(const char *text)
{
	return rpmsg_endpoint_send(endpoint, text, strlen(text), 0);
}

static void remote_dies(void)
{
	close(fake_peer);
	EQUAL(say("lost"), -EPIPE);
	channel_goes();
}

static bool peer_hears(const char *text)
{
	ssize_t n = recv(fake_peer, data, sizeof(data), MSG_DONTWAIT);

	return n == (ssize_t)strlen(text) && !memcmp(data, text, n);
}

static void test_without_file(void)
{
	struct rpmsg_node **list;
	size_t count;

	begin();
	CHECK(!rpmsg_endpoint_get_path(endpoint));
	CHECK(!strcmp(rpmsg_endpoint_get_sysname(endpoint), "rpmsg0"));
	EQUAL(say("one"), 0);
	CHECK(peer_hears("one"));
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 0, &len), -EAGAIN);

	EQUAL(rpmsg_node_list(ctx, NULL, &list, &count), 0);
	EQUAL(count, 1);
	CHECK(!rpmsg_node_get_path(list[0]));
	CHECK(!strcmp(rpmsg_node_get_sysname(list[0]), "rpmsg0"));
	EQUAL(rpmsg_node_destroy(list[0]), -EINVAL);
	rpmsg_node_list_free(list, count);
	end();
	EQUAL(fake_destroys, 0);
}

static void test_again(void)
{
	const int fd = rpmsg_endpoint_get_fd(NULL);
	int number;

	EQUAL(fd, -EINVAL);
	begin();
	number = rpmsg_endpoint_get_fd(endpoint);
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), 0);
	close(fake_peer);
	EQUAL(say("lost"), -EPIPE);
	/* Once; and a channel that is on its way out is not taken. */
	EQUAL(say("early"), -EAGAIN);
	EQUAL(rpmsg_endpoint_send(endpoint, "early", 5, MS), -ETIMEDOUT);
	channel_goes();
	EQUAL(say("early"), -EAGAIN);
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 1);

	channel_comes();
	EQUAL(say("two"), 0);
	CHECK(peer_hears("two"));
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 2);
	EQUAL(rpmsg_endpoint_get_fd(endpoint), number);
	EQUAL(send(fake_peer, "three", 5, 0), 5);
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 0, &len), 0);
	EQUAL(len, 5);
	end();
}

static void test_other_processor(void)
{
	begin();
	close(fake_peer);
	EQUAL(say("lost"), -EPIPE);
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	unlink("/sys/bus/virtio/devices/virtio0");
	unlink("/sys/bus/rpmsg/devices/" CHANNEL("0x400"));
	unlink("/sys/bus/rpmsg/devices/virtio0.rpmsg_ctrl.0x0.0x0");
	unlink("/sys/class/rpmsg/rpmsg_ctrl0");
	unlink("/sys/class/rpmsg/rpmsg0");
	EQUAL(say("nobody"), -EAGAIN);

	/* The same service elsewhere is another's. */
	fake_processor(1, "other\n", "running\n");
	fake_control(1, 1);
	fake_channel(1, "echo", "0xffffffff", "0x400");
	EQUAL(say("wrong"), -EAGAIN);
	/* The same name under another number is ours. */
	fake_processor(2, "dsp\n", "running\n");
	fake_control(2, 2);
	fake_channel(2, "echo", "0xffffffff", "0x400");
	EQUAL(say("right"), 0);
	CHECK(peer_hears("right"));
	end();
}

/* Connects before a thread that was first to find the channel, and sees the end of it. */
static void other_thread(void)
{
	const int late_peer = fake_peer;

	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), 0);
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 2);
	close(late_peer);
	remote_dies();
	EQUAL(say("early"), -EAGAIN);
}

/* A connection to a life of the remote that is over is no generation. */
static void test_late(void)
{
	begin();
	remote_dies();
	channel_comes();
	fake_meanwhile = other_thread;
	EQUAL(say("late"), -EAGAIN);
	CHECK(!fake_meanwhile);
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 2);

	channel_comes();
	EQUAL(say("three"), 0);
	CHECK(peer_hears("three"));
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 3);
	end();
}

/* A descriptor to wait on while there is nothing, and calls that mistake it for the old one. */
static void test_waiting(void)
{
	struct pollfd pfd;

	begin();
	pfd = (struct pollfd){ .fd = rpmsg_endpoint_get_fd(endpoint), .events = POLLIN };
	close(fake_peer);
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), -EAGAIN);	/* notices by itself */
	EQUAL(poll(&pfd, 1, 10000), 1);
	EQUAL(pfd.revents, POLLIN);
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 0, &len), -EAGAIN);
	EQUAL(poll(&pfd, 1, 10000), 1);
	EQUAL(write(pfd.fd, "x", 1), -1);
	EQUAL(errno, EINVAL);
	channel_goes();
	end();
}

/* Whoever polls what was there while there was no remote wakes when that is replaced. */
static void test_late_poller(void)
{
	struct pollfd pfd = { .events = POLLIN };

	begin();
	close(fake_peer);
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), -EAGAIN);
	pfd.fd = fcntl(rpmsg_endpoint_get_fd(endpoint), F_DUPFD_CLOEXEC, 0);
	channel_goes();
	channel_comes();
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), 0);
	EQUAL(poll(&pfd, 1, 10000), 1);
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 0, &len), -EAGAIN);
	close(pfd.fd);
	end();
}

static void remote_ends(void)
{
	close(fake_peer);
	channel_goes();
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), -EAGAIN);
}

/* So does a sender that found no room, and then waits for room where there is no remote. */
static void test_late_sender(void)
{
	struct deadline half;

	begin();
	endpoint->mode = RPMSG_ENDPOINT_PLAIN;	/* a socket is taken for a stock node */
	while (!say("full"))
		;
	before_ppoll = remote_ends;
	deadline_init(&half, 5000 * MS);
	EQUAL(rpmsg_endpoint_send(endpoint, "late", 4, 10000 * MS), -EPIPE);
	CHECK(deadline_left_ns(&half) > 0);
	CHECK(!before_ppoll);
	end();
}

static void sender_goes_on(void)
{
	struct pollfd pfd = { .fd = rpmsg_endpoint_get_fd(endpoint), .events = POLLIN };

	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), -EAGAIN);
	EQUAL(poll(&pfd, 1, 10000), 1);
}

/* An end is told once, also to who looks for what is left while another thread goes on. */
static void test_told(void)
{
	begin();
	EQUAL(send(fake_peer, "left", 4, 0), 4);
	remote_dies();
	before_poll = sender_goes_on;
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 0, &len), -EAGAIN);
	CHECK(!before_poll);
	end();
}

static void sender_told_next(void)
{
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 2);
	EQUAL(endpoint_died(endpoint, 2), -EPIPE);
	EQUAL(rpmsg_endpoint_reconnect(endpoint, 0), -EAGAIN);
}

/* But the end of a generation that began in the call is. */
static void test_told_next(void)
{
	begin();
	EQUAL(endpoint_died(endpoint, 1), -EPIPE);
	channel_goes();
	channel_comes();
	before_ppoll = sender_told_next;
	EQUAL(rpmsg_endpoint_recv(endpoint, data, sizeof(data), 1000 * MS, &len), -EPIPE);
	CHECK(!before_ppoll);
	end();
}

/* What cannot be made is told, and may be tried again. */
static void test_refused(void)
{
	begin();
	remote_dies();
	fake_channel(0, "echo", "0xffffffff", "0x401");
	fake_create = FAKE_CREATE_FAIL;
	EQUAL(say("refused"), -ENOSPC);
	fake_create = FAKE_CREATE_FILE;
	EQUAL(say("taken"), 0);
	EQUAL(rpmsg_endpoint_get_generation(endpoint), 2);
	end();
}

static void test_arguments(void)
{
	EQUAL(rpmsg_endpoint_reconnect(NULL, 0), -EINVAL);
	begin();
	EQUAL(rpmsg_endpoint_reconnect(endpoint, -1), -EINVAL);
	end();
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);	/* of sockets; rpmsg's nodes raise none */
	if (!fake_enter()) {
		puts("1..0 # SKIP needs a mount namespace");
		return 0;
	}
	if (rpmsg_context_new(&ctx)) {
		puts("Bail out! no context");
		return 1;
	}
	test_arguments();
	test_without_file();
	test_again();
	test_other_processor();
	test_late();
	test_waiting();
	test_late_poller();
	test_late_sender();
	test_told();
	test_told_next();
	test_refused();
	rpmsg_context_free(ctx);
	return tap_done();
}
