// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The monitor, in a sysfs of our own and with uevents of our own: those that come and those that do
 * not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../internal.h"
#include "fake.h"
#include "tap.h"

#define MS		1000000LL
#define LONG_NS		(10000 * MS)
#define UEVENTS_MAX	16

/* Linked in place of libudev's own. */
int __wrap_udev_monitor_get_fd(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_monitor *__real_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name);

static struct {
	const char *action;
	unsigned int processor;
	const char *state;	/* NULL: the kernel does not tell; "lost": the queue overran */
} uevents[UEVENTS_MAX];

static unsigned int uevents_sent, uevents_taken;
static int uevents_fd;		/* a semaphore */
static bool no_netlink;
static struct udev *udev;
static struct rpmsg_monitor *monitor;

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *from, const char *name)
{
	return no_netlink ? NULL : __real_udev_monitor_new_from_netlink(from, name);
}

int __wrap_udev_monitor_get_fd(struct udev_monitor *unused)
{
	return uevents_fd;
}

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *unused)
{
	/* libudev writes into what it takes for the environment. */
	char path[PATH_MAX], action[32], state[32] = "NOTHING=";
	char subsystem[] = "SUBSYSTEM=remoteproc", seqnum[] = "SEQNUM=1";
	char believe[] = "SYSTEMD_DEVICE_VERIFY_SYSFS=0";
	char *message[7] = { action, path, state, subsystem, seqnum, believe, NULL };
	char **before = environ;
	unsigned int i = uevents_taken++;
	struct udev_device *dev;
	eventfd_t count;

	eventfd_read(uevents_fd, &count);
	if (uevents[i].state && !strcmp(uevents[i].state, "lost")) {
		errno = ENOBUFS;
		return NULL;
	}
	snprintf(action, sizeof(action), "ACTION=%s", uevents[i].action);
	snprintf(path, sizeof(path), "DEVPATH=/devices/platform/soc/remoteproc/remoteproc%u",
		 uevents[i].processor);
	if (uevents[i].state)
		snprintf(state, sizeof(state), "STATE=%s", uevents[i].state);
	environ = message;
	dev = udev_device_new_from_environment(udev);
	environ = before;
	if (!dev)
		printf("Bail out! no device from the environment: %s\n", strerror(errno));
	return dev;
}

static void uevent(const char *action, unsigned int processor, const char *state)
{
	uevents[uevents_sent].action = action;
	uevents[uevents_sent].processor = processor;
	uevents[uevents_sent++].state = state;
	eventfd_write(uevents_fd, 1);
}

/* A processor of a kernel whose uevents tell the state. */
static void telling_processor(unsigned int index, const char *state)
{
	char folder[PATH_MAX];

	fake_processor(index, "dsp\n", state);
	snprintf(folder, sizeof(folder), "/sys/class/remoteproc/remoteproc%u", index);
	fake_attr(folder, "uevent", "STATE=offline\n");
}

static void set_state(unsigned int index, const char *state)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "/sys/class/remoteproc/remoteproc%u", index);
	fake_attr(folder, "state", state);
}

/* Whether the next news is that; whatever it is, it is taken. */
static bool news_is(int64_t timeout_ns, enum rpmsg_change change, unsigned int index,
		    enum rpmsg_processor_state state)
{
	struct rpmsg_processor *processor;
	enum rpmsg_change got;
	bool ok;
	int ret;

	ret = rpmsg_monitor_next(monitor, timeout_ns, &got, &processor);
	if (ret) {
		printf("# no news: %d\n", ret);
		return false;
	}
	ok = got == change && rpmsg_processor_get_index(processor) == index &&
	     rpmsg_processor_get_state(processor) == state;
	if (!ok)
		printf("# change %d of %s, %s\n", (int)got,
		       rpmsg_processor_get_sysname(processor),
		       rpmsg_processor_state_to_string(rpmsg_processor_get_state(processor)));
	rpmsg_processor_free(processor);
	return ok;
}

static int no_news(int64_t timeout_ns)
{
	struct rpmsg_processor *processor;
	enum rpmsg_change change;
	int ret;

	ret = rpmsg_monitor_next(monitor, timeout_ns, &change, &processor);
	if (!ret) {
		printf("# change %d of %s\n", (int)change, rpmsg_processor_get_sysname(processor));
		rpmsg_processor_free(processor);
	}
	return ret;
}

static void begin(const struct rpmsg_processor *processor)
{
	EQUAL(rpmsg_monitor_new(processor, &monitor), 0);
}

static void end(void)
{
	rpmsg_monitor_free(monitor);
	EQUAL(uevents_taken, uevents_sent);
	uevents_taken = 0;
	uevents_sent = 0;
	fake_reset();
}

static bool readable(int timeout_ms)
{
	struct pollfd pfd = { .fd = rpmsg_monitor_get_fd(monitor), .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

static void test_arguments(void)
{
	struct rpmsg_processor *processor;
	enum rpmsg_change change;

	EQUAL(rpmsg_monitor_new(NULL, NULL), -EINVAL);
	rpmsg_monitor_free(NULL);
	EQUAL(rpmsg_monitor_next(NULL, 0, &change, &processor), -EINVAL);
	begin(NULL);
	EQUAL(rpmsg_monitor_next(monitor, 0, NULL, &processor), -EINVAL);
	EQUAL(rpmsg_monitor_next(monitor, 0, &change, NULL), -EINVAL);
	EQUAL(rpmsg_monitor_next(monitor, -1, &change, &processor), -EINVAL);
	EQUAL(no_news(0), -EAGAIN);
	EQUAL(no_news(20 * MS), -ETIMEDOUT);
	end();
}

/* Those that are there come first, and the descriptor says that there is something to take. */
static void test_present(void)
{
	telling_processor(0, "running\n");
	telling_processor(3, "offline\n");
	begin(NULL);
	CHECK(readable(1000));
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 0, RPMSG_PROCESSOR_RUNNING));
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 3, RPMSG_PROCESSOR_OFFLINE));
	EQUAL(no_news(0), -EAGAIN);
	CHECK(!readable(0));
	EQUAL(rpmsg_monitor_get_interval_ns(monitor), 0);
	end();
}

/* Each state that uevents tell, in their order, though sysfs has long had the last one. */
static void test_told(void)
{
	telling_processor(0, "running\n");
	begin(NULL);
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 0, RPMSG_PROCESSOR_RUNNING));
	EQUAL(no_news(0), -EAGAIN);

	uevent("change", 0, "crashed");
	uevent("change", 0, "offline");
	uevent("change", 0, "running");
	uevent("change", 0, "running");
	uevent("change", 7, "running");
	CHECK(readable(0));
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_CRASHED));
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_OFFLINE));
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_RUNNING));
	EQUAL(no_news(0), -EAGAIN);

	telling_processor(1, "running\n");
	uevent("add", 1, "offline");
	uevent("change", 1, "running");
	uevent("add", 9, "offline");	/* gone again */
	uevent("remove", 9, "offline");
	CHECK(news_is(0, RPMSG_CHANGE_ADDED, 1, RPMSG_PROCESSOR_OFFLINE));
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 1, RPMSG_PROCESSOR_RUNNING));
	EQUAL(no_news(0), -EAGAIN);

	uevent("remove", 0, "offline");
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	CHECK(news_is(0, RPMSG_CHANGE_REMOVED, 0, RPMSG_PROCESSOR_RUNNING));
	EQUAL(no_news(0), -EAGAIN);
	end();
}

/* sysfs is ahead of a uevent that is on its way: it is not told twice, nor too early. */
static void test_ahead(void)
{
	telling_processor(0, "running\n");
	begin(NULL);
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 0, RPMSG_PROCESSOR_RUNNING));
	EQUAL(no_news(0), -EAGAIN);
	set_state(0, "offline\n");
	EQUAL(no_news(600 * MS), -ETIMEDOUT);	/* one scan saw it */
	uevent("change", 0, "crashed");
	uevent("change", 0, "offline");
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_CRASHED));
	CHECK(news_is(0, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_OFFLINE));
	EQUAL(no_news(1200 * MS), -ETIMEDOUT);

	/* And if the uevent does not come, it is told in the end. */
	set_state(0, "running\n");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_RUNNING));
	set_state(0, "crashed\n");
	uevent("change", 0, "lost");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_CRASHED));
	end();
}

/* A kernel whose uevents do not tell, as mainline's. */
static void test_untold(void)
{
	fake_processor(0, "dsp\n", "offline\n");
	begin(NULL);
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 0, RPMSG_PROCESSOR_OFFLINE));
	CHECK(rpmsg_monitor_get_interval_ns(monitor) > 0);
	EQUAL(no_news(0), -EAGAIN);

	set_state(0, "running\n");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_RUNNING));
	uevent("change", 0, NULL);
	EQUAL(no_news(0), -EAGAIN);
	fake_processor(1, "dsp\n", "offline\n");
	uevent("add", 1, NULL);
	CHECK(news_is(0, RPMSG_CHANGE_ADDED, 1, RPMSG_PROCESSOR_OFFLINE));
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_REMOVED, 0, RPMSG_PROCESSOR_RUNNING));
	end();
}

static void test_no_netlink(void)
{
	no_netlink = true;
	telling_processor(0, "offline\n");
	begin(NULL);
	CHECK(rpmsg_monitor_get_interval_ns(monitor) > 0);
	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 0, RPMSG_PROCESSOR_OFFLINE));
	EQUAL(no_news(0), -EAGAIN);
	set_state(0, "running\n");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_STATE, 0, RPMSG_PROCESSOR_RUNNING));
	telling_processor(1, "offline\n");
	CHECK(news_is(LONG_NS, RPMSG_CHANGE_ADDED, 1, RPMSG_PROCESSOR_OFFLINE));
	end();
	no_netlink = false;
}

/* Only one processor, which goes and comes again. */
static void test_one(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_context *ctx;

	telling_processor(0, "offline\n");
	telling_processor(1, "offline\n");
	EQUAL(rpmsg_context_new(&ctx), 0);
	EQUAL(rpmsg_processor_find(ctx, "remoteproc1", &processor), 0);
	rpmsg_context_free(ctx);
	begin(processor);
	rpmsg_processor_free(processor);

	CHECK(news_is(0, RPMSG_CHANGE_PRESENT, 1, RPMSG_PROCESSOR_OFFLINE));
	uevent("change", 0, "running");
	uevent("remove", 1, "offline");
	CHECK(news_is(0, RPMSG_CHANGE_REMOVED, 1, RPMSG_PROCESSOR_OFFLINE));
	uevent("add", 1, "offline");
	CHECK(news_is(0, RPMSG_CHANGE_ADDED, 1, RPMSG_PROCESSOR_OFFLINE));
	uevent("remove", 0, "offline");
	EQUAL(no_news(0), -EAGAIN);
	end();
}

/* Whether the next news is that, of a channel or a node of that name. */
static bool device_news_is(int64_t timeout_ns, enum rpmsg_change change, bool is_node,
			   const char *name)
{
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
	enum rpmsg_change got;
	bool ok;
	int ret;

	ret = rpmsg_monitor_next_any(monitor, timeout_ns, &got, &processor, &channel, &node);
	if (ret) {
		printf("# no news: %d\n", ret);
		return false;
	}
	ok = got == change && !processor && !node == !is_node && !channel == is_node;
	if (ok)
		ok = !strcmp(node ? rpmsg_node_get_sysname(node) :
				    rpmsg_channel_get_service(channel), name);
	rpmsg_processor_free(processor);
	rpmsg_channel_free(channel);
	rpmsg_node_free(node);
	return ok;
}

static int no_device_news(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
	enum rpmsg_change change;

	return rpmsg_monitor_next_any(monitor, 0, &change, &processor, &channel, &node);
}

/* Channels and nodes, found by looking alone. */
static void test_devices(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
	enum rpmsg_change change;

	no_netlink = true;
	fake_processor(0, "dsp\n", "running\n");
	fake_control(0, 0);
	fake_channel(0, "echo", "0xffffffff", "0x400");
	fake_node(0, 1, "one", "1024\n");
	fake_node(0, 2, "two", "1024\n");
	begin(NULL);
	EQUAL(rpmsg_monitor_add_devices(NULL), -EINVAL);
	EQUAL(rpmsg_monitor_add_devices(monitor), 0);
	EQUAL(rpmsg_monitor_add_devices(monitor), 0);
	EQUAL(rpmsg_monitor_next(monitor, 0, &change, &processor), -EINVAL);

	EQUAL(rpmsg_monitor_next_any(monitor, LONG_NS, &change, &processor, &channel, &node), 0);
	CHECK(change == RPMSG_CHANGE_PRESENT && processor && !channel && !node);
	rpmsg_processor_free(processor);
	CHECK(device_news_is(0, RPMSG_CHANGE_PRESENT, false, "echo"));
	CHECK(device_news_is(0, RPMSG_CHANGE_PRESENT, true, "rpmsg1"));
	CHECK(device_news_is(0, RPMSG_CHANGE_PRESENT, true, "rpmsg2"));
	EQUAL(no_device_news(), -EAGAIN);

	/* The same name again, and not the same. */
	fake_remove("/sys/class/rpmsg", "rpmsg1");
	fake_channel(0, "late", "0xffffffff", "0x401");
	fake_node(0, 1, "one", "1024\n");
	CHECK(device_news_is(LONG_NS, RPMSG_CHANGE_REMOVED, true, "rpmsg1"));
	CHECK(device_news_is(LONG_NS, RPMSG_CHANGE_ADDED, false, "late"));
	CHECK(device_news_is(LONG_NS, RPMSG_CHANGE_ADDED, true, "rpmsg1"));

	fake_remove("/sys/bus/rpmsg/devices", "virtio0.echo.0xffffffff.0x400");
	CHECK(device_news_is(LONG_NS, RPMSG_CHANGE_REMOVED, false, "echo"));
	EQUAL(rpmsg_monitor_next_any(monitor, 0, &change, &processor, &channel, NULL), -EINVAL);
	end();
	no_netlink = false;
}

int main(void)
{
	if (!fake_enter()) {
		puts("1..0 # SKIP needs a mount namespace");
		return 0;
	}
	udev = udev_new();
	uevents_fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	if (!udev || uevents_fd < 0) {
		puts("Bail out! no descriptors");
		return 1;
	}
	test_arguments();
	test_present();
	test_told();
	test_ahead();
	test_untold();
	test_no_netlink();
	test_one();
	test_devices();
	close(uevents_fd);
	udev_unref(udev);
	return tap_done();
}
