// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The endpoint ends while its rings are in one state or another: by being destroyed, or because the
 * processor crashes, and comes back. The rings say exactly what became of each buffer, and the next
 * ones work.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>
#include <linux/urproc.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "rings.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800
#define SLOTS	(RING_NUM / 2)

#define MS	1000000ull

FIXTURE(rpmsg_ring_gone)
{
	struct processor processor;
	struct remote remote;
	struct rings rings;
	char node[NODE_MAX];
	int ctrl;
	int fd;
};

FIXTURE_VARIANT(rpmsg_ring_gone)
{
	int (*go)(FIXTURE_DATA(rpmsg_ring_gone) *self);
	bool exclusive;
};

static int go_destroy(FIXTURE_DATA(rpmsg_ring_gone) *self)
{
	return ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL) ? -errno : 0;
}

/* And comes back. */
static int go_crash(FIXTURE_DATA(rpmsg_ring_gone) *self)
{
	struct processor *p = &self->processor;
	int ret;

	if (ioctl(p->fd, URPROC_IOC_CRASH, 0))
		return -errno;
	if (!wait_until(p->starts == 2 && processor_state_is(p, "running"), PATIENCE_MS))
		return -ETIMEDOUT;
	ret = remote_find_rings(&self->remote);
	if (ret)
		return ret;
	close(self->ctrl);
	wait_until((self->ctrl = ctrl_open(p)) != -ENODEV, PATIENCE_MS);
	return self->ctrl < 0 ? self->ctrl : 0;
}

FIXTURE_VARIANT_ADD(rpmsg_ring_gone, destroyed) { .go = go_destroy };
FIXTURE_VARIANT_ADD(rpmsg_ring_gone, crashed) { .go = go_crash };
FIXTURE_VARIANT_ADD(rpmsg_ring_gone, exclusive_destroyed) { .go = go_destroy, .exclusive = true };
FIXTURE_VARIANT_ADD(rpmsg_ring_gone, exclusive_crashed) { .go = go_crash, .exclusive = true };

/* A node, open, with rings. Returns a file descriptor or -errno. */
static int open_rings(FIXTURE_DATA(rpmsg_ring_gone) *self, bool exclusive, const char *name,
		      struct rings *rings)
{
	int ret;

	ret = endpoint_create(&self->processor, self->ctrl, name, HOST, REMOTE, self->node);
	if (!ret && exclusive)
		ret = device_set_exclusive(&self->processor, true);
	if (ret)
		return ret;
	return rings_open(rings, self->node, exclusive, SLOTS, SLOTS);
}

FIXTURE_SETUP(rpmsg_ring_gone)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->fd = open_rings(self, variant->exclusive, "rings", &self->rings);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(rpmsg_ring_gone)
{
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* The end has come: done ring, ready ring and commands have so much to tell, and no more. */
static bool told(struct rings *rings, int fd, uint32_t returned, uint32_t lost, uint32_t received)
{
	const struct rpmsg_ring_ready *ready;
	const struct rpmsg_ring_done *done;

	if (!wait_until(__atomic_load_n(&rings->control->gone, __ATOMIC_ACQUIRE), PATIENCE_MS))
		return false;
	while ((done = rings_next_done(rings))) {
		returned -= !done->status;
		lost -= done->status == -EPIPE;
	}
	while (rings_receive(fd, 1, RPMSG_TIMEOUT_NONE) > 0) {
		ready = rings_next_ready(rings);
		if (!ready || ready->len != 5 ||
		    memcmp(rings_rx_slot(rings, ready->slot), "hello", 5))
			return false;
		rings_release(rings, ready->slot);
		received--;
	}
	return !returned && !lost && !received &&
	       rings_send(fd, 0, RPMSG_TIMEOUT_NONE) == -EPIPE &&
	       rings_receive(fd, 1, RPMSG_TIMEOUT_NONE) == -EPIPE &&
	       is_zero(rings->tx, rings_tx_size(rings)) &&
	       memset(rings->tx, 0x5c, rings_tx_size(rings));
}

static bool send_hello(FIXTURE_DATA(rpmsg_ring_gone) *self)
{
	return !remote_send(&self->remote, REMOTE, HOST, "hello", 5);
}

/* New rings while there are the old ones. */
static bool next_rings_work(FIXTURE_DATA(rpmsg_ring_gone) *self, bool exclusive)
{
	struct rpmsg_message message;
	struct rings rings = {};
	uint32_t i;
	bool ok;
	int fd;

	remote_drain(&self->remote);
	/* What is left of an exclusive one goes away with its file. */
	if (exclusive) {
		rings_unmap(&self->rings);
		close(self->fd);
		self->fd = -1;
	}
	fd = open_rings(self, exclusive, "anew", &rings);
	if (fd < 0)
		return false;
	ok = is_zero(rings.tx, rings_tx_size(&rings)) && is_zero(rings.rx, rings_rx_size(&rings));
	for (i = 0; i < 2 * RING_NUM && ok; i++) {
		rings_submit(&rings, i % SLOTS, i);
		ok = rings_send(fd, 0, 0) == 1 &&
		     !remote_receive(&self->remote, &message, PATIENCE_MS) &&
		     message.header.len == i && message.header.src == HOST &&
		     send_hello(self) && rings_receive(fd, 1, PATIENCE_MS * MS) == 1;
		if (ok)
			rings_release(&rings, rings_next_ready(&rings)->slot);
		rings_send(fd, 0, 0);
	}
	ok = ok && !rings.control->bad_submit && !rings.control->bad_release;
	rings_unmap(&rings);
	close(fd);
	return ok;
}

static uint32_t submit_all(struct rings *rings)
{
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		rings_submit(rings, i, 5);
	return SLOTS;
}

TEST_F_TIMEOUT(rpmsg_ring_gone, idle, 120)
{
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(told(&self->rings, self->fd, 0, 0, 0));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* Nobody has looked at them: nothing is said of them. */
TEST_F_TIMEOUT(rpmsg_ring_gone, submitted, 120)
{
	submit_all(&self->rings);
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(told(&self->rings, self->fd, 0, 0, 0));
	EXPECT_EQ(0, self->rings.control->submit_head);
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* Some of them returned, and nobody has looked; one in the remote's hands. */
TEST_F_TIMEOUT(rpmsg_ring_gone, under_way, 120)
{
	struct rpmsg_message message;
	uint32_t returned = 0;

	submit_all(&self->rings);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	for (; returned < 3; returned++)
		ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	ASSERT_EQ(0, rings_send(self->fd, 0, 0));
	ASSERT_LE(0, ring_take(&self->remote.from_host));
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(told(&self->rings, self->fd, returned, SLOTS - returned, 0));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* One waits for buffers, one for more messages than there are; what it is told does not go away. */
TEST_F_TIMEOUT(rpmsg_ring_gone, commands_wait, 120)
{
	struct commander sender, receiver;

	submit_all(&self->rings);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	ASSERT_TRUE(send_hello(self));
	ASSERT_TRUE(commander_start(&sender, self->fd, RPMSG_IOC_RING_SEND, 1));
	ASSERT_TRUE(commander_start(&receiver, self->fd, RPMSG_IOC_RING_RECEIVE, 2));
	ASSERT_EQ(0, variant->go(self));
	EXPECT_EQ(-EPIPE, commander_result(&sender));
	EXPECT_EQ(1, commander_result(&receiver));
	EXPECT_TRUE(told(&self->rings, self->fd, 0, SLOTS, 1));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* The command looks for messages itself. */
TEST_F_TIMEOUT(rpmsg_ring_gone, busy_polls, 120)
{
	struct rpmsg_endpoint_options options = { .size = sizeof(options) };
	struct commander receiver;

	ASSERT_EQ(0, ioctl(self->fd, RPMSG_IOC_GET_OPTIONS, &options));
	options.busy_poll_ns = RPMSG_BUSY_POLL_MAX_NS;
	ASSERT_EQ(0, ioctl(self->fd, RPMSG_IOC_SET_OPTIONS, &options));
	commander_start(&receiver, self->fd, RPMSG_IOC_RING_RECEIVE, 1);
	ASSERT_EQ(0, variant->go(self));
	EXPECT_EQ(-EPIPE, commander_result(&receiver));
	EXPECT_TRUE(told(&self->rings, self->fd, 0, 0, 0));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* All receive buffers are full, some with the application, and what came after is in the queue. */
TEST_F_TIMEOUT(rpmsg_ring_gone, received, 120)
{
	const uint32_t unread = 3, queued = 5;
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		ASSERT_TRUE(send_hello(self));
	ASSERT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));
	for (i = unread; i < SLOTS; i++)
		ASSERT_NE(NULL, rings_next_ready(&self->rings));
	for (i = 0; i < queued; i++)
		ASSERT_TRUE(send_hello(self));
	ASSERT_EQ(0, variant->go(self));
	EXPECT_TRUE(told(&self->rings, self->fd, 0, 0, unread + queued));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* The file is closed, and its messages under way; nobody is left to be told. */
TEST_F_TIMEOUT(rpmsg_ring_gone, closed, 120)
{
	submit_all(&self->rings);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	ASSERT_TRUE(send_hello(self));
	if (variant->go == go_destroy) {
		ASSERT_EQ(0, variant->go(self));
		rings_unmap(&self->rings);
		close(self->fd);
	} else {
		rings_unmap(&self->rings);
		close(self->fd);
		ASSERT_EQ(0, variant->go(self));
	}
	self->fd = -1;
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

/* Closed, and still mapped. */
TEST_F_TIMEOUT(rpmsg_ring_gone, only_mapped, 120)
{
	submit_all(&self->rings);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	if (variant->go == go_destroy) {
		ASSERT_EQ(0, variant->go(self));
		close(self->fd);
	} else {
		close(self->fd);
		ASSERT_EQ(0, variant->go(self));
	}
	self->fd = -1;
	EXPECT_TRUE(wait_until(__atomic_load_n(&self->rings.control->gone, __ATOMIC_ACQUIRE),
			       PATIENCE_MS));
	EXPECT_TRUE(is_zero(self->rings.tx, rings_tx_size(&self->rings)));
	EXPECT_TRUE(next_rings_work(self, variant->exclusive));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
