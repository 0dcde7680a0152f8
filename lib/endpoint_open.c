// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How an endpoint is opened, and opened again when its remote was restarted.
 *
 * Generations
 *	An endpoint that was opened by service outlives its remote. CONNECTED is left when a call
 *	meets the end of the remote: that call tells the caller, and the endpoint is DEAD. The next
 *	call that needs the remote makes it WAITING, and looks for the service on the processor of
 *	the same name; the first to find it connects, and begins a new generation. The channel that
 *	it led to is never taken: while that is still there it is on its way out, and mainline's
 *	control device can be made to use what it already freed.
 *
 * The descriptor
 *	Its number never changes: dup3() puts another file behind it. A thread that is inside a
 *	system call on the old one is not disturbed, and its next call meets the new one. While
 *	WAITING it is an epoll of a timer: pollers wake now and then and call us, and whoever reads
 *	or writes it by mistake gets EINVAL, which is then told as -EPIPE. The wait ends with the
 *	timer expired, for good: who began to poll the epoll when that was replaced wakes as well.
 *
 * Lock
 *	endpoint->lock is held for changes of state only, never in a wait. Two threads may look for
 *	the service at the same time; the second to connect throws its connection away, even if
 *	that of the first has ended by then: its own is to the same life of the remote, or to one
 *	before, and would be a generation that was over when it began.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "internal.h"

/* How long to believe that -EINVAL passes. */
#define SETTLE_NS		(1000 * 1000000LL)

/* How often a poller of an endpoint that waits for its service looks for it. */
#define WAIT_TICK_NS		(100 * 1000000LL)
/* Between attempts while a remote is half gone or half there. */
#define RETRY_NS		(5 * 1000000LL)

static void target_clear(struct target *target)
{
	free(target->service);
	free(target->processor);
	free(target->sysname);
	*target = (struct target){ 0 };
}

/* Take down where @channel leads, which is what to find again. */
static int target_init(struct target *target, struct rpmsg_context *ctx,
		       const struct rpmsg_channel *channel)
{
	struct rpmsg_processor *processor;
	int ret;

	*target = (struct target){ .service = strdup(channel->service) };
	if (!target->service)
		return -ENOMEM;
	if (!channel->place.processor)
		return 0;

	ret = rpmsg_processor_find(ctx, channel->place.processor, &processor);
	if (ret) {
		target_clear(target);
		return ret == -ENOENT ? -ENODEV : ret;
	}
	target->processor = strdup(processor->name);
	target->sysname = strdup(processor->sysname);
	rpmsg_processor_free(processor);
	if (!target->processor || !target->sysname) {
		target_clear(target);
		return -ENOMEM;
	}
	return 0;
}

/* The processor of the old number if it has the old name, or the only one of that name. */
static int target_find_processor(const struct target *target, struct rpmsg_context *ctx,
				 struct rpmsg_processor **processor_out)
{
	struct rpmsg_processor *processor;
	int ret;

	ret = rpmsg_processor_find(ctx, target->sysname, &processor);
	if (!ret && !strcmp(processor->name, target->processor)) {
		*processor_out = processor;
		return 0;
	}
	if (!ret)
		rpmsg_processor_free(processor);
	ret = rpmsg_processor_find(ctx, target->processor, processor_out);
	return ret == -ENOTUNIQ ? -ENOENT : ret;
}

struct target_want {
	const struct target *target;
	ino_t old;			/* the channel that it led to */
	struct rpmsg_channel *channel;
};

static int target_scan(struct rpmsg_context *ctx, void *data)
{
	struct target_want *want = data;
	const struct target *target = want->target;
	struct rpmsg_processor *processor = NULL;
	int ret;

	if (target->sysname) {
		ret = target_find_processor(target, ctx, &processor);
		if (ret)
			return ret;
	}
	ret = rpmsg_channel_find(ctx, processor, target->service, &want->channel);
	rpmsg_processor_free(processor);
	if (!ret && want->channel->id == want->old) {
		rpmsg_channel_free(want->channel);
		ret = -ENOENT;
	}
	return ret;
}

/* ---- opening ------------------------------------------------------------------------------- */

/*
 * After a failure: whether the remote was on its way out, or in, so that it may be tried again. The
 * kernel has -EINVAL for it as well as for what never works, so that is believed after a while
 * only.
 */
static bool is_in_motion(int error, const struct rpmsg_channel *channel, struct deadline *settle)
{
	if (error == -EINVAL) {
		if (!settle->at_ns)
			deadline_init(settle, SETTLE_NS);
		return deadline_left_ns(settle);
	}
	settle->at_ns = 0;
	return error == -ENODEV || error == -ENETRESET || error == -EPIPE || error == -ENXIO ||
	       access(channel->syspath, F_OK);
}

/* Wait for the channel that @scan finds and connect to it. @target_out may be NULL. */
static int connect_service(struct rpmsg_context *ctx, const struct deadline *deadline,
			   int (*scan)(struct rpmsg_context *ctx, void *data),
			   struct target_want *want, struct target *target_out,
			   struct connection *connection)
{
	struct deadline settle = { 0 };
	bool again;
	int ret;

	do {
		ret = device_wait(ctx, "rpmsg", deadline, scan, want);
		if (ret)
			return ret;
		ret = target_out ? target_init(target_out, ctx, want->channel) : 0;
		if (!ret) {
			ret = connection_to_channel(ctx, want->channel, deadline, connection);
			if (ret && target_out)
				target_clear(target_out);
		}
		connection->channel = want->channel->id;
		again = ret && is_in_motion(ret, want->channel, &settle);
		rpmsg_channel_free(want->channel);
		if (again)
			ret = deadline_sleep(deadline, RETRY_NS);
	} while (again && !ret);

	/* The rest of a limit may have been nothing. */
	return ret == -EAGAIN ? deadline->error : ret;
}

int endpoint_new(const struct connection *connection, struct rpmsg_endpoint **endpoint_out)
{
	struct rpmsg_endpoint *endpoint;

	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return -ENOMEM;
	endpoint->fd = connection->fd;
	endpoint->mode = connection->mode;
	endpoint->mtu = connection->mtu;
	endpoint->generation = 1;
	endpoint->connection = *connection;
	endpoint->timer_fd = -1;
	pthread_mutex_init(&endpoint->lock, NULL);
	*endpoint_out = endpoint;
	return 0;
}

int rpmsg_endpoint_open(struct rpmsg_context *ctx, const char *path,
			struct rpmsg_endpoint **endpoint_out)
{
	struct connection connection;
	int ret;

	if (!ctx || !path || !endpoint_out)
		return -EINVAL;
	ret = connection_to_node(ctx, path, &connection);
	if (ret)
		return ret;
	ret = endpoint_new(&connection, endpoint_out);
	if (ret)
		connection_close(&connection);
	return ret;
}

struct channel_want {
	struct target_want found;
	const struct rpmsg_processor *processor;
	const char *service;
};

static int channel_scan(struct rpmsg_context *ctx, void *data)
{
	struct channel_want *want = data;

	return rpmsg_channel_find(ctx, want->processor, want->service, &want->found.channel);
}

int rpmsg_endpoint_open_service(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
				const char *service, int64_t timeout_ns,
				struct rpmsg_endpoint **endpoint_out)
{
	struct channel_want want = { .processor = processor, .service = service };
	struct connection connection;
	struct deadline deadline;
	struct target target;
	int ret;

	if (!ctx || !service || !endpoint_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	ret = connect_service(ctx, &deadline, channel_scan, &want.found, &target, &connection);
	if (ret)
		return ret;
	ret = endpoint_new(&connection, endpoint_out);
	if (ret) {
		connection_close(&connection);
		target_clear(&target);
		return ret;
	}
	(*endpoint_out)->target = target;
	return 0;
}

void rpmsg_endpoint_close(struct rpmsg_endpoint *endpoint)
{
	if (!endpoint)
		return;
	endpoint->connection.fd = endpoint->fd;
	connection_close(&endpoint->connection);
	if (endpoint->timer_fd >= 0)
		close(endpoint->timer_fd);
	target_clear(&endpoint->target);
	pthread_mutex_destroy(&endpoint->lock);
	free(endpoint->kept);
	free(endpoint);
}

const char *rpmsg_endpoint_get_path(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->connection.path;
}

const char *rpmsg_endpoint_get_sysname(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->connection.sysname;
}

uint32_t rpmsg_endpoint_get_generation(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->generation;
}

/* ---- generations --------------------------------------------------------------------------- */

/* A call of that generation met the end of the remote, and is about to tell. */
int endpoint_died(struct rpmsg_endpoint *endpoint, unsigned int generation)
{
	pthread_mutex_lock(&endpoint->lock);
	if (endpoint->target.service && generation == endpoint->generation &&
	    endpoint->state == ENDPOINT_CONNECTED)
		endpoint->state = ENDPOINT_DEAD;
	pthread_mutex_unlock(&endpoint->lock);
	return -EPIPE;
}

/* A descriptor to poll while there is no remote. */
static int wait_fd(struct rpmsg_endpoint *endpoint)
{
	const struct itimerspec tick = {
		.it_interval.tv_nsec = WAIT_TICK_NS, .it_value.tv_nsec = WAIT_TICK_NS,
	};
	struct epoll_event event = { .events = EPOLLIN };
	int fd;

	if (endpoint->timer_fd < 0)
		endpoint->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (endpoint->timer_fd < 0 || timerfd_settime(endpoint->timer_fd, 0, &tick, NULL))
		return -errno;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, endpoint->timer_fd, &event)) {
		close(fd);
		fd = -1;
	}
	return fd < 0 ? -errno : fd;
}

/* Called with the lock held. The old connection ends here, with what nobody read of it. */
static int endpoint_disconnect(struct rpmsg_endpoint *endpoint)
{
	int fd = wait_fd(endpoint);
	int ret = 0;

	if (fd < 0)
		return fd;
	if (dup3(fd, endpoint->fd, O_CLOEXEC) < 0)
		ret = -errno;
	else
		endpoint->state = ENDPOINT_WAITING;
	close(fd);
	endpoint->connection.owns_node = false;
	return ret;
}

/* Take @connection over, unless another thread has ended the wait for it since @generation. */
static int endpoint_connect(struct rpmsg_endpoint *endpoint, unsigned int generation,
			    struct connection *connection)
{
	const struct itimerspec now = { .it_value.tv_nsec = 1 };
	int ret = 0;

	pthread_mutex_lock(&endpoint->lock);
	if (endpoint->state == ENDPOINT_WAITING && endpoint->generation == generation) {
		if (dup3(connection->fd, endpoint->fd, O_CLOEXEC) < 0) {
			ret = -errno;
		} else {
			connection_clear(&endpoint->connection);
			endpoint->connection = *connection;
			endpoint->mode = connection->mode;
			endpoint->mtu = connection->mtu;
			endpoint->generation++;
			timerfd_settime(endpoint->timer_fd, 0, &now, NULL);
			endpoint->state = ENDPOINT_CONNECTED;
			close(connection->fd);
			connection = NULL;
		}
	}
	pthread_mutex_unlock(&endpoint->lock);
	if (connection)
		connection_close(connection);
	return ret;
}

/* One wait for the service: 0 when it has ended, by us or by another thread. */
static int endpoint_wait_for_service(struct rpmsg_endpoint *endpoint,
				     const struct deadline *deadline)
{
	struct target_want want = { .target = &endpoint->target };
	struct connection connection;
	struct rpmsg_context *ctx;
	unsigned int generation;
	bool connected;
	uint64_t ticks;
	int ret = 0;

	pthread_mutex_lock(&endpoint->lock);
	connected = endpoint->state == ENDPOINT_CONNECTED;	/* by another thread */
	generation = endpoint->generation;
	want.old = endpoint->connection.channel;
	if (endpoint->state == ENDPOINT_DEAD)
		ret = endpoint_disconnect(endpoint);
	else if (endpoint->state == ENDPOINT_WAITING &&
		 read(endpoint->timer_fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		ret = -errno;
	pthread_mutex_unlock(&endpoint->lock);
	if (ret || connected)
		return ret;

	ret = rpmsg_context_new(&ctx);
	if (ret)
		return ret;
	ret = connect_service(ctx, deadline, target_scan, &want, NULL, &connection);
	if (!ret)
		ret = endpoint_connect(endpoint, generation, &connection);
	rpmsg_context_free(ctx);
	return ret;
}

/* For a call that needs the remote: 0 when it is there, or there again. */
int endpoint_ready(struct rpmsg_endpoint *endpoint, const struct deadline *deadline)
{
	int ret = 0;

	while (!ret && endpoint->state != ENDPOINT_CONNECTED)
		ret = endpoint_wait_for_service(endpoint, deadline);
	return ret;
}

int rpmsg_endpoint_reconnect(struct rpmsg_endpoint *endpoint, int64_t timeout_ns)
{
	struct deadline deadline;
	int ret;

	if (!endpoint)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	if (!endpoint->target.service)
		return -EOPNOTSUPP;
	if (endpoint->state == ENDPOINT_CONNECTED && connection_is_over(endpoint->fd))
		endpoint_died(endpoint, endpoint->generation);
	return endpoint_ready(endpoint, &deadline);
}
