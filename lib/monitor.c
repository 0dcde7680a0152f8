// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The monitor: what becomes of processors, and on request of channels and nodes (presence.c).
 *
 * It keeps what it told so far, and compares. Two sources say what may have changed:
 *
 *   uevents  of the kernel, each with the state at its time where our remoteproc is; so every state
 *            is told, in order. Mainline sends them when a processor comes and goes, and no more.
 *   a scan   of sysfs, at the start and whenever the timer says so: often for processors whose
 *            uevents do not tell, seldom for the others, because uevents may be filtered
 *            (containers) or overrun.
 *
 * A scan can run ahead of uevents that are under way. For processors whose uevents tell, it is
 * therefore believed only when the next one, a tick later, finds the same.
 *
 * Nothing is queued here: a step finds the first difference, takes it over, and the next step looks
 * again, until there is none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "internal.h"

/* Between scans where the kernel does not tell, and where it does. */
#define LOOK_NS		(100 * 1000000LL)
#define CHECK_NS	(500 * 1000000LL)

/* A processor that was told of. */
struct known {
	struct rpmsg_processor *processor;
	enum rpmsg_processor_state scanned;	/* by the last scan, another state than told */
	uint64_t scanned_tick;			/* when; 0: it did not differ */
};

struct rpmsg_monitor {
	struct rpmsg_context *ctx;
	struct udev_monitor *uevents;		/* NULL: not to be had */
	struct udev_monitor *devices;		/* of channels and nodes; the same */
	struct presence presence;
	struct array known;
	char *sysname;				/* NULL: all */
	int epoll_fd;
	int timer_fd;
	uint64_t tick;				/* of the timer */
	bool scanning;				/* there may be more differences */
	bool settled;				/* the first scan is over */
	bool has_devices;			/* channels and nodes are watched */
};

int64_t rpmsg_monitor_get_interval_ns(const struct rpmsg_monitor *monitor)
{
	size_t i;

	if (!monitor->uevents)
		return LOOK_NS;
	for (i = 0; i < monitor->known.count; i++) {
		const struct known *known = monitor->known.items[i];

		if (!known->processor->tells_state)
			return LOOK_NS;
	}
	return 0;
}

static void timer_set(struct rpmsg_monitor *monitor, int64_t first_ns)
{
	int64_t interval_ns = rpmsg_monitor_get_interval_ns(monitor);
	struct itimerspec spec = { 0 };

	if (!interval_ns)
		interval_ns = CHECK_NS;
	spec.it_interval.tv_nsec = interval_ns;
	spec.it_value.tv_nsec = first_ns ? first_ns : interval_ns;
	timerfd_settime(monitor->timer_fd, 0, &spec, NULL);
}

static int epoll_add(struct rpmsg_monitor *monitor, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(monitor->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int monitor_init(struct rpmsg_monitor *monitor, const struct rpmsg_processor *processor)
{
	int ret;

	ret = rpmsg_context_new(&monitor->ctx);
	if (ret)
		return ret;
	if (processor) {
		monitor->sysname = strdup(processor->sysname);
		if (!monitor->sysname)
			return -ENOMEM;
	}

	monitor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	monitor->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (monitor->epoll_fd < 0 || monitor->timer_fd < 0)
		return -errno;
	ret = epoll_add(monitor, monitor->timer_fd);
	if (ret)
		return ret;

	monitor->uevents = device_monitor(monitor->ctx, "remoteproc");
	if (monitor->uevents) {
		ret = epoll_add(monitor, udev_monitor_get_fd(monitor->uevents));
		if (ret)
			return ret;
	}
	timer_set(monitor, 1);	/* the first scan */
	return 0;
}

int rpmsg_monitor_new(const struct rpmsg_processor *processor, struct rpmsg_monitor **monitor_out)
{
	struct rpmsg_monitor *monitor;
	int ret;

	if (!monitor_out)
		return -EINVAL;
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return -ENOMEM;
	monitor->epoll_fd = -1;
	monitor->timer_fd = -1;

	ret = monitor_init(monitor, processor);
	if (ret) {
		rpmsg_monitor_free(monitor);
		return ret;
	}
	*monitor_out = monitor;
	return 0;
}

static void known_free(struct known *known)
{
	rpmsg_processor_free(known->processor);
	free(known);
}

void rpmsg_monitor_free(struct rpmsg_monitor *monitor)
{
	size_t i;

	if (!monitor)
		return;
	for (i = 0; i < monitor->known.count; i++)
		known_free(monitor->known.items[i]);
	free(monitor->known.items);
	presence_clear(&monitor->presence);
	udev_monitor_unref(monitor->devices);
	udev_monitor_unref(monitor->uevents);
	if (monitor->timer_fd >= 0)
		close(monitor->timer_fd);
	if (monitor->epoll_fd >= 0)
		close(monitor->epoll_fd);
	rpmsg_context_free(monitor->ctx);
	free(monitor->sysname);
	free(monitor);
}

int rpmsg_monitor_add_devices(struct rpmsg_monitor *monitor)
{
	int ret;

	if (!monitor)
		return -EINVAL;
	if (monitor->has_devices)
		return 0;
	monitor->devices = device_monitor(monitor->ctx, "rpmsg");
	if (monitor->devices) {
		ret = epoll_add(monitor, udev_monitor_get_fd(monitor->devices));
		if (ret) {
			udev_monitor_unref(monitor->devices);
			monitor->devices = NULL;
			return ret;
		}
	}
	monitor->has_devices = true;
	monitor->presence.looking = true;
	return 0;
}

int rpmsg_monitor_get_fd(const struct rpmsg_monitor *monitor)
{
	return monitor->epoll_fd;
}

static bool is_watched(const struct rpmsg_monitor *monitor, const char *sysname)
{
	return !monitor->sysname || !strcmp(monitor->sysname, sysname);
}

static struct known *known_find(const struct rpmsg_monitor *monitor, const char *sysname)
{
	size_t i;

	for (i = 0; i < monitor->known.count; i++) {
		struct known *known = monitor->known.items[i];

		if (!strcmp(known->processor->sysname, sysname))
			return known;
	}
	return NULL;
}

/* These three take a difference over: 1, or a negative errno and nothing is changed. */

static int tell_new(struct rpmsg_monitor *monitor, const struct rpmsg_processor *processor,
		    enum rpmsg_change change, struct news *news)
{
	struct known *known = calloc(1, sizeof(*known));
	int ret;

	if (!known)
		return -ENOMEM;
	ret = processor_copy(processor, &known->processor);
	if (!ret)
		ret = processor_copy(processor, &news->processor);
	if (ret)
		goto fail;
	ret = array_add(&monitor->known, known);
	if (ret) {
		rpmsg_processor_free(news->processor);
		goto fail;
	}
	timer_set(monitor, 0);
	news->change = change;
	return 1;

fail:
	known_free(known);
	return ret;
}

static int tell_state(struct known *known, enum rpmsg_processor_state state, struct news *news)
{
	enum rpmsg_processor_state before = known->processor->state;
	int ret;

	known->processor->state = state;
	ret = processor_copy(known->processor, &news->processor);
	if (ret) {
		known->processor->state = before;
		return ret;
	}
	known->scanned_tick = 0;
	news->change = RPMSG_CHANGE_STATE;
	return 1;
}

static int tell_removed(struct rpmsg_monitor *monitor, struct known *known, struct news *news)
{
	struct array *array = &monitor->known;
	size_t i = 0;

	while (array->items[i] != known)
		i++;
	array->items[i] = array->items[--array->count];
	news->processor = known->processor;
	news->change = RPMSG_CHANGE_REMOVED;
	free(known);
	timer_set(monitor, 0);
	return 1;
}

/* The steps answer 1 with news, 0 without, or a negative errno. */

static int step_added(struct rpmsg_monitor *monitor, struct udev_device *dev, struct news *news)
{
	struct rpmsg_processor *processor;
	const char *state;
	int ret;

	ret = processor_new(dev, &processor);
	if (ret == -ENODEV || ret == -EINVAL)
		return 0;	/* gone again, or nothing that we know */
	if (ret)
		return ret;
	/* As it was then; what became of it since is in the uevents that follow. */
	state = udev_device_get_property_value(dev, "STATE");
	if (state)
		processor->state = processor_state_from_string(state);
	ret = tell_new(monitor, processor, RPMSG_CHANGE_ADDED, news);
	rpmsg_processor_free(processor);
	return ret;
}

static int step_uevent(struct rpmsg_monitor *monitor, struct udev_device *dev, struct news *news)
{
	const char *sysname = udev_device_get_sysname(dev);
	const char *action = udev_device_get_action(dev);
	const char *text = udev_device_get_property_value(dev, "STATE");
	enum rpmsg_processor_state state;
	struct known *known;

	if (!sysname || !action || !is_watched(monitor, sysname))
		return 0;
	known = known_find(monitor, sysname);
	if (!strcmp(action, "remove"))
		return known ? tell_removed(monitor, known, news) : 0;
	if (!strcmp(action, "add"))
		return known ? 0 : step_added(monitor, dev, news);
	if (!known || !text)
		return 0;
	state = processor_state_from_string(text);
	return state == known->processor->state ? 0 : tell_state(known, state, news);
}

static int step_uevents(struct rpmsg_monitor *monitor, struct news *news)
{
	struct pollfd pfd = { .fd = -1, .events = POLLIN };
	int ret = 0;

	if (monitor->uevents)
		pfd.fd = udev_monitor_get_fd(monitor->uevents);
	while (!ret && poll(&pfd, 1, 0) > 0) {
		struct udev_device *dev = udev_monitor_receive_device(monitor->uevents);

		if (!dev)
			continue;	/* lost some: the next scan will see */
		ret = step_uevent(monitor, dev, news);
		udev_device_unref(dev);
	}
	return ret;
}

static int step_compare(struct rpmsg_monitor *monitor, struct known *known,
			const struct rpmsg_processor *now, struct news *news)
{
	if (now->state == known->processor->state) {
		known->scanned_tick = 0;
		return 0;
	}
	if (known->processor->tells_state && monitor->uevents) {
		if (!known->scanned_tick || known->scanned != now->state) {
			known->scanned = now->state;
			known->scanned_tick = monitor->tick;
		}
		if (known->scanned_tick == monitor->tick)
			return 0;
	}
	return tell_state(known, now->state, news);
}

static int step_list(struct rpmsg_monitor *monitor, struct rpmsg_processor **list, size_t count,
		     struct news *news)
{
	size_t i, k;
	int ret = 0;

	for (i = 0; i < monitor->known.count; i++) {
		struct known *known = monitor->known.items[i];

		for (k = 0; k < count; k++)
			if (!strcmp(list[k]->sysname, known->processor->sysname))
				break;
		if (k == count)
			return tell_removed(monitor, known, news);
	}
	for (k = 0; k < count && !ret; k++) {
		struct known *known = known_find(monitor, list[k]->sysname);

		if (!is_watched(monitor, list[k]->sysname))
			continue;
		if (known)
			ret = step_compare(monitor, known, list[k], news);
		else
			ret = tell_new(monitor, list[k],
				       monitor->settled ? RPMSG_CHANGE_ADDED : RPMSG_CHANGE_PRESENT,
				       news);
	}
	return ret;
}

static int step_scan(struct rpmsg_monitor *monitor, struct news *news)
{
	struct rpmsg_processor **list;
	uint64_t expired;
	size_t count;
	int ret;

	if (read(monitor->timer_fd, &expired, sizeof(expired)) == sizeof(expired)) {
		monitor->tick++;
		monitor->scanning = true;
		monitor->presence.looking = true;
	}
	if (!monitor->scanning)
		return 0;

	ret = rpmsg_processor_list(monitor->ctx, &list, &count);
	if (ret)
		return ret;
	ret = step_list(monitor, list, count, news);
	rpmsg_processor_list_free(list, count);
	if (!ret) {
		monitor->scanning = false;
		monitor->settled = true;
	}
	return ret;
}

/* Channels and nodes, of which a uevent says no more than that it is time to look. */
static int step_devices(struct rpmsg_monitor *monitor, struct news *news)
{
	if (!monitor->has_devices)
		return 0;
	if (monitor->devices && monitor_drain(monitor->devices))
		monitor->presence.looking = true;
	return presence_step(&monitor->presence, monitor->ctx, monitor->sysname, news);
}

static int monitor_next(struct rpmsg_monitor *monitor, int64_t timeout_ns, struct news *news)
{
	struct deadline deadline;
	short revents;
	int ret;

	*news = (struct news){ 0 };
	ret = deadline_init(&deadline, timeout_ns);
	while (!ret) {
		/* What is told before what is seen: it is older. */
		ret = step_uevents(monitor, news);
		if (!ret)
			ret = step_scan(monitor, news);
		if (!ret)
			ret = step_devices(monitor, news);
		if (!ret)
			ret = deadline_poll(&deadline, monitor->epoll_fd, POLLIN, INT64_MAX,
					    &revents);
	}
	return ret < 0 ? ret : 0;
}

int rpmsg_monitor_next_any(struct rpmsg_monitor *monitor, int64_t timeout_ns,
			   enum rpmsg_change *change_out, struct rpmsg_processor **processor_out,
			   struct rpmsg_channel **channel_out, struct rpmsg_node **node_out)
{
	struct news news;
	int ret;

	if (!monitor || !change_out || !processor_out || !channel_out || !node_out)
		return -EINVAL;
	ret = monitor_next(monitor, timeout_ns, &news);
	if (ret)
		return ret;
	*change_out = news.change;
	*processor_out = news.processor;
	*channel_out = news.channel;
	*node_out = news.node;
	return 0;
}

int rpmsg_monitor_next(struct rpmsg_monitor *monitor, int64_t timeout_ns,
		       enum rpmsg_change *change_out, struct rpmsg_processor **processor_out)
{
	struct news news;
	int ret;

	if (!monitor || !change_out || !processor_out || monitor->has_devices)
		return -EINVAL;
	ret = monitor_next(monitor, timeout_ns, &news);
	if (ret)
		return ret;
	*change_out = news.change;
	*processor_out = news.processor;
	return 0;
}
