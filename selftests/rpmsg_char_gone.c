// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/rpmsgN when one side goes away: the endpoint is destroyed, the processor stops, crashes, is
 * killed. Whoever sleeps wakes with an exact errno, open files say the same ever after, nothing
 * hangs or is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

/* How soon somebody has to wake: before any timeout of the kernel's own runs out. */
#define PROMPT_MS	8000

FIXTURE(gone)
{
	struct processor processor;
	struct remote remote;
	struct sleeper sleeper;
	int ctrl;
	int fd;
	char node[NODE_MAX];
	uint8_t data[1024];
};

/* The ways to go. */
FIXTURE_VARIANT(gone)
{
	int (*go)(FIXTURE_DATA(gone) *self);
};

FIXTURE_SETUP(gone)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "gone", HOST, REMOTE,
				     self->node));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(gone)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static int go_destroy(FIXTURE_DATA(gone) *self)
{
	return ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL) ? -errno : 0;
}

static int go_stop(FIXTURE_DATA(gone) *self)
{
	return processor_stop(&self->processor);
}

static int go_crash(FIXTURE_DATA(gone) *self)
{
	struct processor *p = &self->processor;

	if (ioctl(p->fd, URPROC_IOC_CRASH, 0))
		return -errno;
	return wait_until(p->starts == 2 && processor_state_is(p, "running"), PATIENCE_MS) ?
		0 : -ETIMEDOUT;
}

static int go_close(FIXTURE_DATA(gone) *self)
{
	processor_close(&self->processor);
	return 0;
}

FIXTURE_VARIANT_ADD(gone, destroyed) { .go = go_destroy };
FIXTURE_VARIANT_ADD(gone, stopped) { .go = go_stop };
FIXTURE_VARIANT_ADD(gone, crashed) { .go = go_crash };
FIXTURE_VARIANT_ADD(gone, closed) { .go = go_close };

static bool node_is_gone(FIXTURE_DATA(gone) *self)
{
	return !file_exists(self->node) || node_open(self->node, O_RDWR) < 0;
}

TEST_F(gone, idle)
{
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(wait_until(node_is_gone(self), PATIENCE_MS));
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_TRUE(node_poll(self->fd, POLLIN | POLLOUT, PATIENCE_MS) & POLLERR);
}

TEST_F(gone, all_events)
{
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(wait_until(node_is_gone(self), PATIENCE_MS));
	EXPECT_EQ(POLLERR | POLLHUP | POLLRDHUP,
		  node_poll(self->fd, POLLIN | POLLOUT | POLLRDHUP, PATIENCE_MS));
}

TEST_F(gone, with_messages_queued)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "queued", 6));
	ASSERT_EQ(0, variant->go(self));
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
	EXPECT_TRUE(node_poll(self->fd, 0, PATIENCE_MS) & POLLERR);

	/* What came is not lost */
	for (i = 0; i < RING_NUM; i++)
		EXPECT_EQ(6, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
}

/* The same, and nobody reads them any more. */
TEST_F(gone, with_messages_never_read)
{
	int i;

	for (i = 0; i < RING_NUM; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "queued", 6));
	ASSERT_EQ(0, variant->go(self));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
}

TEST_F(gone, while_a_reader_sleeps)
{
	int result = 0;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	ASSERT_EQ(0, variant->go(self));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PROMPT_MS, &result));
	EXPECT_EQ(-EPIPE, result);
}

TEST_F(gone, while_a_writer_sleeps)
{
	int result = 0;

	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	ASSERT_EQ(0, variant->go(self));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PROMPT_MS, &result));
	EXPECT_EQ(-EPIPE, result);
}

TEST_F(gone, while_polled)
{
	int events = 0;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLIN));
	ASSERT_EQ(0, variant->go(self));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PROMPT_MS, &events));
	EXPECT_TRUE(events & POLLERR);
}

TEST_F(gone, while_polled_for_room)
{
	int events = 0;

	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLOUT));
	ASSERT_EQ(0, variant->go(self));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PROMPT_MS, &events));
	EXPECT_TRUE(events & POLLERR);
}

/* Once more on what is gone already, and the same by an older and a newer file. */
TEST_F(gone, then_destroyed)
{
	int ret;

	ASSERT_EQ(0, variant->go(self));
	ret = ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL) ? -errno : 0;
	EXPECT_TRUE(ret == 0 || ret == -ENODEV || ret == -EPIPE) {
		TH_LOG("destroy returned %d", ret);
	}
	ret = ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL) ? -errno : 0;
	EXPECT_TRUE(ret == 0 || ret == -ENODEV || ret == -EPIPE) {
		TH_LOG("destroy returned %d", ret);
	}
}

/* A new life has new endpoints at the same addresses; the old file hears nothing of them. */
TEST_F(gone, then_used_anew)
{
	struct processor *p = &self->processor;
	struct rpmsg_message message;
	int fd;

	ASSERT_EQ(0, variant->go(self));
	if (variant->go == go_close)
		ASSERT_EQ(0, processor_open(p));
	if (variant->go == go_crash) {
		ASSERT_EQ(0, remote_find_rings(&self->remote));
	} else if (variant->go != go_destroy) {
		ASSERT_EQ(0, remote_start(&self->remote, p));
	}

	if (variant->go != go_destroy) {
		close(self->ctrl);
		ASSERT_TRUE(wait_until((self->ctrl = ctrl_open(p)) >= 0, PATIENCE_MS));
	}
	fd = endpoint_open(p, self->ctrl, "anew", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, node_write(fd, "x", 1));
	ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	EXPECT_EQ(6, node_read(fd, self->data, sizeof(self->data)));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	close(fd);
}

/* What a channel's driver made is the driver's to remove. */
FIXTURE(default_endpoint)
{
	struct processor processor;
	struct remote remote;
	char node[NODE_MAX];
	int fd;
};

FIXTURE_SETUP(default_endpoint)
{
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(endpoint_node(&self->processor, "rpmsg-raw", self->node) == 1,
			       PATIENCE_MS));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(default_endpoint)
{
	processor_close(&self->processor);
	close(self->fd);
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(default_endpoint, destroy_is_refused)
{
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, node_write(self->fd, "x", 1));
}

/* Withdrawn by the remote while somebody sleeps in it, many times over. */
TEST_F_TIMEOUT(default_endpoint, withdrawn_while_a_reader_sleeps, 120)
{
	struct sleeper sleeper;
	int result, i;

	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(sleeper_start(&sleeper, SLEEPER_READ, self->fd, 512));
		ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE,
					     RPMSG_NS_DESTROY));
		ASSERT_TRUE(sleeper_join(&sleeper, PROMPT_MS, &result));
		EXPECT_EQ(-EPIPE, result);

		ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE,
					     RPMSG_NS_CREATE));
		ASSERT_TRUE(wait_until(endpoint_node(&self->processor, "rpmsg-raw",
						     self->node) == 1, PATIENCE_MS));
		close(self->fd);
		ASSERT_TRUE(wait_until((self->fd = node_open(self->node, O_RDWR)) >= 0,
				       PATIENCE_MS));
	}
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
