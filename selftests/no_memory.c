// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that is not there: the allocations of a call fail, the first in the first round, the
 * second in the second, until a round passes without. A call that fails so leaves nothing behind,
 * says so by its errno, and works the next time. Copies from and to user space fail likewise. Of
 * calls with hundreds of allocations, most of them the driver core's, not each has its round; with
 * NO_MEMORY_STEP=1 it has.
 *
 * For kernels with fault injection (FAULT_INJECTION, FAILSLAB), that is the debug kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "rings.h"
#include "tracefs.h"
#include "wait.h"

#define HOST		0x400
#define REMOTE		0x900
#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"
#define ROUNDS_MAX	2000
#define STEP		7	/* of slow calls */

FIXTURE(no_memory)
{
	struct processor processor;
	struct remote remote;
	int ctrl;
	int fd;
	int fail_fd;
	char node[NODE_MAX];
	char data[RPMSG_PAYLOAD_MAX];
	unsigned int nth;	/* which allocation fails */
	unsigned int step;	/* from one to the next */
	unsigned int rounds;
	bool failed;		/* it did */
};

/* The n-th allocation of this thread from now on fails; this very call may, too. */
static void fail_nth(FIXTURE_DATA(no_memory) *self, unsigned int n)
{
	char text[16];
	const int size = snprintf(text, sizeof(text), "%u", n);

	while (pwrite(self->fail_fd, text, size, 0) < 0 && errno == EFAULT)
		;
}

/* For the head of a loop, whose first statement is the call. */
static bool next_failure(FIXTURE_DATA(no_memory) *self)
{
	if (self->rounds == ROUNDS_MAX || (self->rounds && !self->failed))
		return false;
	self->nth += self->rounds++ ? self->step : 1;
	fail_nth(self, self->nth);
	return true;
}

/* The call is over. Returns whether its errno, if it has one, is the failure's doing. */
static bool may_fail(FIXTURE_DATA(no_memory) *self, int ret)
{
	char text[16] = "";
	const ssize_t size = pread(self->fail_fd, text, sizeof(text) - 1, 0);

	fail_nth(self, 0);
	self->failed = size > 0 && text[0] == '0';
	return ret >= 0 || self->failed;
}

/* Also whether it is one of the errors. */
#define may_fail_with(self, ret, ...) may_fail_with_one(self, ret, (const int[]){ __VA_ARGS__, 0 })

static bool may_fail_with_one(FIXTURE_DATA(no_memory) *self, int ret, const int *errors)
{
	bool well = may_fail(self, ret);

	if (ret >= 0 || !well)
		return well;
	for (; *errors; errors++)
		if (ret == *errors)
			return true;
	return false;
}

/* After the loop: the last call met no failure. Returns how many were before, or -1. */
static int failures(FIXTURE_DATA(no_memory) *self)
{
	printf("# %u failures, up to number %u\n", self->rounds - 1, self->nth);
	return self->failed ? -1 : (int)self->rounds - 1;
}

static void be_quick(FIXTURE_DATA(no_memory) *self)
{
	const char *wanted = getenv("NO_MEMORY_STEP");

	self->step = wanted ? atoi(wanted) : STEP;
}

static void injection_is_silent(const char *which)
{
	char path[FILE_PATH_MAX];

	file_write(file_path(path, DEBUGFS "%s/verbose", which), "0");
}

FIXTURE_SETUP(no_memory)
{
	self->step = 1;
	/* Those that may sleep, too. */
	ASSERT_EQ(0, file_write(DEBUGFS "failslab/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, file_write(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N"));
	injection_is_silent("failslab");
	injection_is_silent("fail_page_alloc");
	injection_is_silent("fail_usercopy");
	self->fail_fd = open(FAIL_NTH, O_RDWR);
	ASSERT_LE(0, self->fail_fd);
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "no_memory", HOST, REMOTE,
				 O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, endpoint_node(&self->processor, "no_memory", self->node));
}

FIXTURE_TEARDOWN(no_memory)
{
	fail_nth(self, 0);
	close(self->fail_fd);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

TEST_F(no_memory, write)
{
	struct rpmsg_message message;
	int ret;

	while (next_failure(self)) {
		ret = node_write(self->fd, "twelve bytes", 12);
		ASSERT_TRUE(may_fail_with(self, ret, -ENOMEM, -EFAULT));
		if (ret >= 0) {
			ASSERT_EQ(12, ret);
			ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
			ASSERT_EQ(12, message.header.len);
		}
		/* What failed was not sent. */
		ASSERT_FALSE(remote_has_message(&self->remote));
	}
	EXPECT_LT(0, failures(self));
}

/* A message that finds no memory is counted, and costs itself. */
TEST_F(no_memory, receive)
{
	long dropped = 0;
	int ret, got;

	while (next_failure(self)) {
		ret = remote_send(&self->remote, REMOTE, HOST, "message", 7);
		ASSERT_TRUE(may_fail(self, ret));
		got = node_read(self->fd, self->data, sizeof(self->data));
		if (got != 7) {
			ASSERT_EQ(-EAGAIN, got);
			dropped++;
		}
		ASSERT_EQ(dropped, node_counter(self->node, "rx_dropped_nomem"));
		ASSERT_EQ(dropped, device_counter(&self->processor, "rx_refused"));
	}
	EXPECT_LT(0, failures(self));
	EXPECT_LT(0, dropped);
	EXPECT_EQ(0, node_counter(self->node, "rx_dropped_full"));
}

static int time_messages(void)
{
	int ret = tracefs_open();

	if (!ret)
		ret = tracefs_enable("rpmsg/rpmsg_timed", true);
	return ret ?: tracefs_enable("rpmsg/rpmsg_passed", true);
}

/* A message that was to be timed, and finds no memory for that, goes its way all the same. */
TEST_F(no_memory, timed_write)
{
	struct rpmsg_message message;
	int ret, untimed = 0;

	if (tracefs_cannot())
		SKIP(return, "no tracefs, or no tracepoints: not our modules");
	ASSERT_EQ(0, time_messages());
	while (next_failure(self)) {
		ret = node_write(self->fd, "twelve bytes", 12);
		ASSERT_TRUE(may_fail_with(self, ret, -ENOMEM, -EFAULT));
		if (ret < 0)
			continue;
		untimed += self->failed;
		ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	}
	tracefs_close();
	EXPECT_LT(0, untimed);
}

TEST_F(no_memory, timed_news)
{
	int ret, got, untimed = 0;

	if (tracefs_cannot())
		SKIP(return, "no tracefs, or no tracepoints: not our modules");
	ASSERT_EQ(0, time_messages());
	while (next_failure(self)) {
		ret = remote_send(&self->remote, REMOTE, HOST, "message", 7);
		ASSERT_TRUE(may_fail(self, ret));
		got = node_read(self->fd, self->data, sizeof(self->data));
		ASSERT_TRUE(got == 7 || got == -EAGAIN);
		untimed += got == 7 && self->failed;
	}
	tracefs_close();
	EXPECT_LT(0, untimed);
}

/* A copy that fails leaves the message. */
TEST_F(no_memory, read)
{
	int ret = 0;

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "message", 7));
	while (next_failure(self)) {
		ret = node_read(self->fd, self->data, sizeof(self->data));
		ASSERT_TRUE(may_fail_with(self, ret, -EFAULT));
		if (ret > 0)
			break;
	}
	EXPECT_LT(0, failures(self));
	EXPECT_EQ(7, ret);
	EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data)));
}

static int rings_up(struct rings *rings, int fd, bool exclusive)
{
	memset(rings, 0, sizeof(*rings));
	return rings_setup_mode(rings, fd, exclusive, 4, 4);
}

/* Returns how many failures there were, or -1. */
static int rings_that_fail(FIXTURE_DATA(no_memory) *self, bool exclusive)
{
	struct rpmsg_message message;
	struct rings rings;
	bool made;
	int ret;

	while (next_failure(self)) {
		ret = rings_up(&rings, self->fd, exclusive);
		made = !ret;
		if (made)
			ret = rings_map(&rings, self->fd);
		if (!may_fail_with(self, ret, -ENOMEM, -EFAULT))
			return -1;
		rings_unmap(&rings);
		/* What has none may try again. */
		if (!made)
			continue;
		close(self->fd);
		self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
		if (self->fd < 0)
			return -1;
	}
	ret = failures(self);

	if (rings_up(&rings, self->fd, exclusive) || rings_map(&rings, self->fd))
		return -1;
	rings_submit(&rings, 0, 5);
	if (rings_send(self->fd, 0, 0) != 1 ||
	    remote_receive(&self->remote, &message, PATIENCE_MS) || message.header.len != 5 ||
	    remote_send(&self->remote, REMOTE, HOST, "message", 7) ||
	    rings_receive(self->fd, 1, RPMSG_TIMEOUT_NONE) != 1 || rings.ready[0].len != 7)
		ret = -1;
	rings_unmap(&rings);
	return ret;
}

TEST_F_TIMEOUT(no_memory, rings, 600)
{
	EXPECT_LT(5, rings_that_fail(self, false));
}

TEST_F_TIMEOUT(no_memory, exclusive_rings, 600)
{
	ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
	EXPECT_LT(5, rings_that_fail(self, true));
}

/* That an endpoint was not made is all that the bus says. */
TEST_F(no_memory, open)
{
	int ret;

	close(self->fd);
	while (next_failure(self)) {
		ret = node_open(self->node, O_RDWR | O_NONBLOCK);
		ASSERT_TRUE(may_fail_with(self, ret, -ENOMEM, -EFAULT, -EINVAL, -ENFILE));
		if (ret >= 0)
			close(ret);
	}
	EXPECT_LT(1, failures(self));
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	EXPECT_LE(0, self->fd);
}

/* A node that devtmpfs did not make is no error, and then nobody can take the endpoint away. */
TEST_F_TIMEOUT(no_memory, create, 1200)
{
	char name[RPMSG_NAME_SIZE], node[NODE_MAX];
	int ret, fd;

	be_quick(self);
	while (next_failure(self)) {
		snprintf(name, sizeof(name), "another%u", self->nth);
		ret = ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, name, HOST + self->nth,
				 REMOTE);
		ASSERT_TRUE(may_fail_with(self, ret, -ENOMEM, -EFAULT));
		ASSERT_EQ(ret ? 0 : 1, endpoint_node(&self->processor, name, node));
		fd = ret ? -1 : node_open(node, O_RDWR);
		if (fd >= 0) {
			ASSERT_EQ(0, ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));
			close(fd);
		}
	}
	EXPECT_LT(1, failures(self));
}

static int create_anonymous(int ctrl, struct rpmsg_endpoint_create *create)
{
	*create = (struct rpmsg_endpoint_create){
		.size	= sizeof(*create),
		.flags	= RPMSG_ENDPOINT_NO_NODE,
		.name	= "anonymous",
		.src	= HOST + 1,
		.dst	= REMOTE,
		.fd	= -1,
	};
	return ioctl(ctrl, RPMSG_IOC_CREATE_ENDPOINT, create) ? -errno : 0;
}

TEST_F_TIMEOUT(no_memory, create_without_a_node, 1200)
{
	struct rpmsg_endpoint_create create;
	char node[NODE_MAX];
	int ret;

	be_quick(self);
	while (next_failure(self)) {
		ret = create_anonymous(self->ctrl, &create);
		ASSERT_TRUE(may_fail_with(self, ret, -ENOMEM, -EFAULT, -EINVAL, -ENFILE));
		if (!ret)
			close(create.fd);
		/* Nothing is left of it; its address would be in the way of the next. */
		ASSERT_EQ(0, endpoint_node(&self->processor, "anonymous", node));
	}
	EXPECT_LT(1, failures(self));
}

TEST_F_TIMEOUT(no_memory, channel, 1200)
{
	int ret;

	be_quick(self);
	while (next_failure(self)) {
		ret = ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", HOST + 1, REMOTE);
		ASSERT_TRUE(may_fail_with(self, ret, -ENXIO, -EFAULT, -ENOMEM));
		ASSERT_EQ(ret ? 0 : 1, channel_find(&self->processor, "rpmsg-raw"));
		if (!ret)
			ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw",
						HOST + 1, REMOTE));
		remote_drain(&self->remote);
	}
	EXPECT_LT(1, failures(self));
}

/* What the remote announces comes in the context of whoever hands in the interrupt. */
TEST_F_TIMEOUT(no_memory, announcement, 1200)
{
	int ret;

	while (next_failure(self)) {
		ret = remote_announce(&self->remote, "service", REMOTE + 1, RPMSG_NS_CREATE);
		ASSERT_TRUE(may_fail(self, ret));
		remote_announce(&self->remote, "service", REMOTE + 1, RPMSG_NS_DESTROY);
		ASSERT_EQ(0, channel_find(&self->processor, "service"));
	}
	EXPECT_LT(1, failures(self));
	EXPECT_EQ(0, remote_announce(&self->remote, "service", REMOTE + 1, RPMSG_NS_CREATE));
	EXPECT_EQ(1, channel_find(&self->processor, "service"));
}

/* From the firmware to the driver's probe. A driver that could not probe fails no start. */
TEST_F_TIMEOUT(no_memory, start, 1200)
{
	struct rpmsg_message message;
	int ret;

	be_quick(self);
	ASSERT_EQ(0, processor_stop(&self->processor));
	while (next_failure(self)) {
		ret = processor_start(&self->processor);
		ASSERT_TRUE(may_fail(self, ret));
		if (!ret)
			ASSERT_EQ(0, processor_stop(&self->processor));
		ASSERT_TRUE(processor_state_is(&self->processor, "offline"));
	}
	EXPECT_LT(10, failures(self));

	close(self->fd);
	close(self->ctrl);
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	self->ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "no_memory", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(4, node_write(self->fd, "ping", 4));
	EXPECT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	if (!file_exists(FAIL_NTH) || !file_exists(DEBUGFS "failslab")) {
		printf("TAP version 13\n1..0 # SKIP no fault injection\n");
		return KSFT_SKIP;
	}
	return test_harness_run(argc, argv);
}
