/* SPDX-License-Identifier: MIT */
/*
 * events: the ring of an endpoint in an event loop of the application's own, epoll here, beside
 * another descriptor: a timer says when to send, the endpoint when there is something to read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <librpmsg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define COUNT		10
#define EVERY_NS	20000000
#define SECOND_NS	INT64_C(1000000000)

static int add(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int on_timer(struct rpmsg_ring *ring, int timer)
{
	uint64_t ticks;

	if (read(timer, &ticks, sizeof(ticks)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	/* With a limit of 0 it does not hold up the loop; -EAGAIN: next time. */
	return rpmsg_ring_send(ring, "tick", 4, 0);
}

/* The end of the remote comes as an event, too, and wait() tells it. */
static int on_endpoint(struct rpmsg_ring *ring, unsigned int *answers)
{
	struct rpmsg_buffer buffer;
	int ret = rpmsg_ring_wait(ring, 1, 0);

	while (!ret && !(ret = rpmsg_ring_peek(ring, &buffer))) {
		printf("answer %u: %.*s\n", ++*answers, (int)buffer.len, (char *)buffer.data);
		ret = rpmsg_ring_release(ring, &buffer);
	}
	return ret;
}

static int loop(struct rpmsg_endpoint *endpoint, struct rpmsg_ring *ring, int epoll, int timer)
{
	const int fd = rpmsg_endpoint_get_fd(endpoint);
	unsigned int answers = 0;
	struct epoll_event event;
	int ret = add(epoll, fd);

	if (!ret)
		ret = add(epoll, timer);
	while (!ret && answers < COUNT) {
		ret = epoll_wait(epoll, &event, 1, 5000);
		if (ret <= 0)
			return ret ? -errno : -ETIMEDOUT;
		ret = event.data.fd == fd ? on_endpoint(ring, &answers) : on_timer(ring, timer);
		if (ret == -EAGAIN)
			ret = 0;
	}
	return ret;
}

static int run(struct rpmsg_context *ctx, const char *service)
{
	const struct itimerspec every = {
		.it_value.tv_nsec = EVERY_NS, .it_interval.tv_nsec = EVERY_NS,
	};
	const int epoll = epoll_create1(EPOLL_CLOEXEC);
	const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;
	int ret = timerfd_settime(timer, 0, &every, NULL) ? -errno : 0;

	if (!ret)
		ret = rpmsg_endpoint_open_service(ctx, NULL, service, SECOND_NS, &endpoint);
	if (!ret) {
		ret = rpmsg_ring_open(endpoint, COUNT, COUNT, &ring);
		if (!ret) {
			ret = loop(endpoint, ring, epoll, timer);
			rpmsg_ring_close(ring);
		}
		rpmsg_endpoint_close(endpoint);
	}
	close(timer);
	close(epoll);
	return ret;
}

int main(int argc, char **argv)
{
	const char *service = argc > 1 ? argv[1] : "rpmsg-echo";
	struct rpmsg_context *ctx;
	int ret;

	ret = rpmsg_context_new(&ctx);
	if (!ret) {
		ret = run(ctx, service);
		rpmsg_context_free(ctx);
	}
	if (ret)
		fprintf(stderr, "events: %s: %s\n", service, strerror(-ret));
	return ret ? 1 : 0;
}
