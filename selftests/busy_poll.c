// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Busy polling: who waits for a message looks for it by itself. Most cases have a remote that sends
 * and does not interrupt, so only who looks can find it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "rings.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800
#define SLOTS	4

#define MS	1000000ull

FIXTURE(busy_poll)
{
	struct processor processor;
	struct remote remote;
	struct rings rings;
	char data[64];
	int ctrl;
	int plain;			/* HOST */
	int ringed;			/* HOST + 1, with rings */
};

FIXTURE_SETUP(busy_poll)
{
	self->plain = -1;
	self->ringed = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->plain = endpoint_open(&self->processor, self->ctrl, "plain", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->plain);
	self->ringed = endpoint_open(&self->processor, self->ctrl, "ringed", HOST + 1, REMOTE,
				     O_RDWR);
	ASSERT_LE(0, self->ringed);
	ASSERT_EQ(0, rings_setup(&self->rings, self->ringed, SLOTS, SLOTS));
	ASSERT_EQ(0, rings_map(&self->rings, self->ringed));
}

FIXTURE_TEARDOWN(busy_poll)
{
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->plain);
	close(self->ringed);
}

static int set_busy_poll(int fd, uint64_t ns)
{
	struct rpmsg_endpoint_options options = { .size = sizeof(options) };

	if (ioctl(fd, RPMSG_IOC_GET_OPTIONS, &options))
		return -errno;
	options.busy_poll_ns = ns;
	return ioctl(fd, RPMSG_IOC_SET_OPTIONS, &options) ? -errno : 0;
}

static int64_t busy_poll_of(int fd)
{
	struct rpmsg_endpoint_options options = { .size = sizeof(options) };

	return ioctl(fd, RPMSG_IOC_GET_OPTIONS, &options) ? -errno : (int64_t)options.busy_poll_ns;
}

TEST_F(busy_poll, option)
{
	EXPECT_EQ(0, busy_poll_of(self->plain));
	EXPECT_EQ(-EINVAL, set_busy_poll(self->plain, RPMSG_BUSY_POLL_MAX_NS + 1));
	EXPECT_EQ(0, busy_poll_of(self->plain));
	EXPECT_EQ(0, set_busy_poll(self->plain, RPMSG_BUSY_POLL_MAX_NS));
	EXPECT_EQ(RPMSG_BUSY_POLL_MAX_NS, busy_poll_of(self->plain));
	EXPECT_EQ(0, busy_poll_of(self->ringed));
}

TEST_F(busy_poll, receive)
{
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 1, "hello", 5));
	EXPECT_EQ(-ETIMEDOUT, rings_receive(self->ringed, 1, QUIET_MS * MS));
	ASSERT_EQ(0, set_busy_poll(self->ringed, 10 * MS));
	EXPECT_EQ(1, rings_receive(self->ringed, 1, RPMSG_TIMEOUT_NONE));
	ASSERT_EQ(0, set_busy_poll(self->ringed, 0));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 1, "again", 5));
	EXPECT_EQ(1, rings_receive(self->ringed, 2, QUIET_MS * MS));
}

TEST_F(busy_poll, read)
{
	ASSERT_EQ(0, set_busy_poll(self->plain, 10 * MS));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "hello", 5));
	/* Who does not wait does not look. */
	node_set_nonblock(self->plain, true);
	EXPECT_EQ(-EAGAIN, node_read(self->plain, self->data, sizeof(self->data)));
	node_set_nonblock(self->plain, false);
	EXPECT_EQ(5, node_read(self->plain, self->data, sizeof(self->data)));
	EXPECT_EQ(0, memcmp("hello", self->data, 5));
}

/* A limit of the call's own, below that of busy polling. */
TEST_F(busy_poll, timeout)
{
	ASSERT_EQ(0, set_busy_poll(self->ringed, RPMSG_BUSY_POLL_MAX_NS));
	EXPECT_EQ(-ETIMEDOUT, rings_receive(self->ringed, 1, 1));
	EXPECT_EQ(-ETIMEDOUT, rings_receive(self->ringed, 1, 1 * MS));
	EXPECT_EQ(0, rings_receive(self->ringed, 1, 0));
}

/* Who polls does the work for all, and the interrupt comes back after that. */
TEST_F(busy_poll, others)
{
	ASSERT_EQ(0, set_busy_poll(self->ringed, 10 * MS));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "plain", 5));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 1, "ringed", 6));
	EXPECT_EQ(1, rings_receive(self->ringed, 1, RPMSG_TIMEOUT_NONE));
	node_set_nonblock(self->plain, true);
	EXPECT_EQ(5, node_read(self->plain, self->data, sizeof(self->data)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "interrupt", 9));
	EXPECT_EQ(9, node_read(self->plain, self->data, sizeof(self->data)));
}

/* Without messages it looks for less and less time; one that comes soon has it look again. */
TEST_F(busy_poll, adapts)
{
	const uint64_t limit = MS;
	int i;

	ASSERT_EQ(0, set_busy_poll(self->ringed, limit));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(-ETIMEDOUT, rings_receive(self->ringed, 1, 10 * limit));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 1, "hello", 5));
	EXPECT_EQ(-ETIMEDOUT, rings_receive(self->ringed, 1, QUIET_MS * MS));
	ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.to_host));
	EXPECT_EQ(1, rings_receive(self->ringed, 1, PATIENCE_MS * MS));
}

struct looker {
	int		fd;
	atomic_bool	end;
	atomic_int	result;
	pthread_t	thread;
};

static void *look(void *data)
{
	struct looker *looker = data;
	int ret;

	do {
		set_busy_poll(looker->fd, RPMSG_BUSY_POLL_MAX_NS);
		ret = rings_receive(looker->fd, SLOTS, 2 * RPMSG_BUSY_POLL_MAX_NS);
	} while (ret == -ETIMEDOUT && !looker->end);
	looker->result = ret;
	return NULL;
}

/* Who looks lets others have its CPU, and the interrupt back: nobody there sees that it was off. */
static bool sees_looker(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

TEST_F(busy_poll, no_interrupts)
{
	struct looker looker = { .fd = self->ringed };

	if (!sees_looker())
		SKIP(return, "only one CPU");
	EXPECT_TRUE(ring_wants_interrupt(&self->remote.to_host));
	ASSERT_EQ(0, pthread_create(&looker.thread, NULL, look, &looker));
	EXPECT_TRUE(wait_until(!ring_wants_interrupt(&self->remote.to_host), PATIENCE_MS));
	looker.end = true;
	pthread_join(looker.thread, NULL);
	EXPECT_EQ(-ETIMEDOUT, looker.result);
	EXPECT_TRUE(wait_until(ring_wants_interrupt(&self->remote.to_host), PATIENCE_MS));
}

/* Two look at once: one of them works, the other waits for it. */
TEST_F(busy_poll, two)
{
	struct looker looker = { .fd = self->ringed };
	int i;

	ASSERT_EQ(0, pthread_create(&looker.thread, NULL, look, &looker));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, set_busy_poll(self->plain, 10 * MS));
		ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "hello", 5));
		EXPECT_EQ(5, node_read(self->plain, self->data, sizeof(self->data)));
	}
	looker.end = true;
	pthread_join(looker.thread, NULL);
	EXPECT_EQ(-ETIMEDOUT, looker.result);
}

TEST_F_TIMEOUT(busy_poll, stop, 120)
{
	struct looker looker = { .fd = self->ringed };

	if (!sees_looker())
		SKIP(return, "only one CPU");
	ASSERT_EQ(0, pthread_create(&looker.thread, NULL, look, &looker));
	EXPECT_TRUE(wait_until(!ring_wants_interrupt(&self->remote.to_host), PATIENCE_MS));
	EXPECT_EQ(0, processor_set(&self->processor, "state", "stop"));
	EXPECT_TRUE(wait_until(looker.result == -EPIPE, PATIENCE_MS));
	looker.end = true;
	pthread_join(looker.thread, NULL);
}

static void on_alarm(int number)
{
}

TEST_F(busy_poll, signal)
{
	const struct itimerval soon = { .it_value.tv_usec = 20000 };
	const struct sigaction action = { .sa_handler = on_alarm };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, set_busy_poll(self->plain, RPMSG_BUSY_POLL_MAX_NS));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
	EXPECT_EQ(-EINTR, node_read(self->plain, self->data, sizeof(self->data)));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &soon, NULL));
	EXPECT_EQ(-EINTR, rings_receive(self->ringed, 1, RPMSG_TIMEOUT_NONE));
}

/* Bad messages and messages to nobody meet who polls, too. */
TEST_F(busy_poll, bad_messages)
{
	ASSERT_EQ(0, set_busy_poll(self->ringed, 10 * MS));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 99, "nobody", 6));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + 1, "hello", 5));
	EXPECT_EQ(1, rings_receive(self->ringed, 1, RPMSG_TIMEOUT_NONE));
	EXPECT_EQ(1, device_counter(&self->processor, "rx_unclaimed"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
