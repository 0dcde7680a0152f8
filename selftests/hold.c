// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A node whose rx_full is "hold": what does not fit in its queue stays in the remote's buffers, and
 * the remote has to wait. Nothing is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	700
#define OTHER	701
#define REMOTE	800

FIXTURE(hold)
{
	struct processor processor;
	struct remote remote;
	struct sleeper sleeper;
	int ctrl;
	int fd;			/* to HOST, does not block */
	int other;		/* to OTHER, likewise */
	char node[NODE_MAX];
	uint8_t data[512];
};

/* Attributes of the node. */
static int set(FIXTURE_DATA(hold) *self, const char *name, const char *text)
{
	char path[FILE_PATH_MAX];

	file_path(path, "/sys/class/rpmsg/%s/%s", self->node + strlen("/dev/"), name);
	return file_write(path, text);
}

static long counter(FIXTURE_DATA(hold) *self, const char *name)
{
	return node_counter(self->node, name);
}

static long refused(FIXTURE_DATA(hold) *self)
{
	return device_counter(&self->processor, "rx_refused");
}

FIXTURE_SETUP(hold)
{
	self->fd = -1;
	self->other = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "hold", HOST, REMOTE,
				     self->node));
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	self->other = endpoint_open(&self->processor, self->ctrl, "other", OTHER, REMOTE,
				    O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->other);
	/* Room for one message; an empty queue takes any */
	ASSERT_EQ(0, set(self, "rx_limit_bytes", "1"));
	ASSERT_EQ(0, set(self, "rx_full", "hold"));
}

FIXTURE_TEARDOWN(hold)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
	close(self->other);
}

static int send_number(struct remote *remote, uint32_t dst, uint32_t number)
{
	return remote_send(remote, REMOTE, dst, &number, sizeof(number));
}

/* The next number in the file, or -errno. */
static int64_t read_number(int fd)
{
	uint32_t number;
	int ret = node_read(fd, &number, sizeof(number));

	if (ret == sizeof(number))
		return number;
	return ret < 0 ? ret : -EIO;
}

/* All buffers are with the remote again: it can send so many to somebody. */
static bool has_all_buffers(FIXTURE_DATA(hold) *self)
{
	int i, ret = 0;

	for (i = 0; i < RING_NUM && !ret; i++)
		wait_until((ret = send_number(&self->remote, OTHER, i)) != -EAGAIN, PATIENCE_MS);
	/* Who gives buffers back may be the one who delivers */
	for (i = 0; i < RING_NUM && !ret; i++)
		ret = node_poll(self->other, POLLIN, PATIENCE_MS) != POLLIN ||
		      read_number(self->other) != i;
	return !ret;
}

TEST_F(hold, words)
{
	char path[FILE_PATH_MAX], text[32];

	file_path(path, "/sys/class/rpmsg/%s/rx_full", self->node + strlen("/dev/"));
	ASSERT_EQ(4, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ("hold", text);
	EXPECT_EQ(-EINVAL, file_write(path, "wait"));
	EXPECT_EQ(-EINVAL, file_write(path, "hol"));
	EXPECT_EQ(0, file_write(path, "drop\n"));
	ASSERT_EQ(4, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ("drop", text);
}

/* The remote runs out of buffers, nobody else loses anything, and reading makes it go on. */
TEST_F(hold, pushes_back)
{
	int i;

	for (i = 0; i < RING_NUM / 2; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	/* The first is in the queue and its buffer is back, the others are held */
	ASSERT_EQ(0, send_number(&self->remote, OTHER, 99));
	EXPECT_EQ(99, read_number(self->other));
	for (; i < RING_NUM + 1; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	EXPECT_EQ(-EAGAIN, send_number(&self->remote, HOST, i));
	EXPECT_EQ(-EAGAIN, send_number(&self->remote, OTHER, i));

	EXPECT_LT(0, counter(self, "rx_held"));
	for (i = 0; i < RING_NUM + 1; i++)
		ASSERT_EQ(i, read_number(self->fd));
	EXPECT_EQ(-EAGAIN, read_number(self->fd));
	EXPECT_TRUE(has_all_buffers(self));
	EXPECT_EQ(RING_NUM + 1, counter(self, "rx_messages"));
	EXPECT_EQ(0, counter(self, "rx_dropped_full"));
	EXPECT_EQ(0, refused(self));
}

struct flood {
	struct remote	*remote;
	uint32_t	count;
	atomic_int	error;
};

static void *flood(void *data)
{
	struct flood *f = data;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < f->count && !ret; i++)
		wait_until((ret = send_number(f->remote, HOST, i)) != -EAGAIN, PATIENCE_MS);
	f->error = ret;
	return NULL;
}

/* A stream that is faster than its reader arrives whole, and in order. */
TEST_F_TIMEOUT(hold, stream, 120)
{
	struct flood f = { .remote = &self->remote, .count = 3000 };
	pthread_t thread;
	uint32_t i;

	ASSERT_EQ(0, set(self, "rx_limit_bytes", "500"));
	node_set_nonblock(self->fd, false);
	ASSERT_EQ(0, pthread_create(&thread, NULL, flood, &f));
	for (i = 0; i < f.count; i++) {
		ASSERT_EQ(POLLIN, node_poll(self->fd, POLLIN, PATIENCE_MS));
		ASSERT_EQ(i, read_number(self->fd));
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(0, f.error);
	EXPECT_EQ(0, counter(self, "rx_dropped_full"));
	EXPECT_TRUE(has_all_buffers(self));
}

TEST_F(hold, more_room)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	ASSERT_EQ(0, set(self, "rx_limit_bytes", "100000"));
	EXPECT_TRUE(has_all_buffers(self));
	for (i = 0; i < RING_NUM; i++)
		EXPECT_EQ(i, read_number(self->fd));
}

/* Told to drop, it drops what is held, and says so. */
TEST_F(hold, drop_after_all)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	ASSERT_EQ(0, set(self, "rx_full", "drop"));
	EXPECT_TRUE(has_all_buffers(self));
	EXPECT_EQ(0, read_number(self->fd));
	EXPECT_EQ(-EAGAIN, read_number(self->fd));
	EXPECT_EQ(1, counter(self, "rx_messages"));
	EXPECT_EQ(RING_NUM - 1, counter(self, "rx_dropped_full"));
	EXPECT_EQ(RING_NUM - 1, refused(self));
}

/* The last reader goes, and with it what nobody will read. */
TEST_F(hold, closed)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < RING_NUM; i++)
			ASSERT_EQ(0, send_number(&self->remote, HOST, i));
		close(self->fd);
		EXPECT_EQ((round + 1) * (RING_NUM - 1), refused(self));
		EXPECT_TRUE(has_all_buffers(self));
		self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(-EAGAIN, read_number(self->fd));
	}
}

/* Removed, but still open: all that came can be read. */
TEST_F(hold, destroyed)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	ASSERT_EQ(0, ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_TRUE(has_all_buffers(self));
	for (i = 0; i < RING_NUM; i++)
		EXPECT_EQ(i, read_number(self->fd));
	EXPECT_EQ(-EPIPE, read_number(self->fd));
	EXPECT_EQ(0, refused(self));
}

TEST_F(hold, stopped)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, send_number(&self->remote, HOST, i));
	ASSERT_EQ(0, processor_stop(&self->processor));
	for (i = 0; i < RING_NUM; i++)
		EXPECT_EQ(i, read_number(self->fd));
	EXPECT_EQ(-EPIPE, read_number(self->fd));
}

/* Goes on with a node of a channel, which has the channel's endpoint. Returns 0 or -errno. */
static int use_channel(FIXTURE_DATA(hold) *self)
{
	int ret, i;

	close(self->fd);
	ret = ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", 500, REMOTE);
	if (ret)
		return ret;
	remote_drain(&self->remote);
	if (endpoint_node(&self->processor, "rpmsg-raw", self->node) != 1 ||
	    set(self, "rx_limit_bytes", "1") || set(self, "rx_full", "hold"))
		return -ENODEV;
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	if (self->fd < 0)
		return self->fd;
	for (i = 0; i < RING_NUM && !ret; i++)
		ret = send_number(&self->remote, 500, i);
	return ret;
}

TEST_F(hold, channel_closed)
{
	int i;

	ASSERT_EQ(0, use_channel(self));
	close(self->fd);
	EXPECT_TRUE(has_all_buffers(self));
	/* And with nobody there, nothing is held either */
	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, send_number(&self->remote, 500, i));
	EXPECT_TRUE(has_all_buffers(self));
	self->fd = -1;
}

TEST_F(hold, channel_removed)
{
	int i;

	ASSERT_EQ(0, use_channel(self));
	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 500, REMOTE));
	for (i = 0; i < RING_NUM; i++)
		EXPECT_EQ(i, read_number(self->fd));
	EXPECT_EQ(-EPIPE, read_number(self->fd));
	EXPECT_TRUE(has_all_buffers(self));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
