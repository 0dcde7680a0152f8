// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nobody sees a byte of another endpoint's messages, however he receives. One endpoint's messages
 * are full of a secret, in all buffers of the device; another one, without rights to it, looks for
 * the secret in everything that it can read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "rings.h"
#include "wait.h"

#define HOST	700		/* whose messages are secret; who looks for them has the next */
#define REMOTE	800
#define SLOTS	(RING_NUM / 2)
#define ROUNDS	(3 * RING_NUM)

#define MS	1000000ull

static const char SECRET[] = { 'S', 'e', 'c', 'r', 'e', 't', '\x7f' };

enum mode { PLAIN, SHARED, EXCLUSIVE };

struct party {
	struct rings rings;
	enum mode mode;
	int fd;
};

FIXTURE(secrecy)
{
	struct processor processor;
	struct remote remote;
	struct party owner;
	struct party reader;
	char owner_node[NODE_MAX];
	char reader_node[NODE_MAX];
	int ctrl;
};

FIXTURE_VARIANT(secrecy)
{
	enum mode mode;
};

FIXTURE_VARIANT_ADD(secrecy, plain) { .mode = PLAIN };
FIXTURE_VARIANT_ADD(secrecy, shared) { .mode = SHARED };
FIXTURE_VARIANT_ADD(secrecy, exclusive) { .mode = EXCLUSIVE };

FIXTURE_SETUP(secrecy)
{
	self->owner.fd = -1;
	self->reader.fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "owner", HOST, REMOTE,
				     self->owner_node));
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "reader", HOST + 1, REMOTE,
				     self->reader_node));
}

static void party_end(struct party *party)
{
	rings_unmap(&party->rings);
	close(party->fd);
	party->fd = -1;
}

FIXTURE_TEARDOWN(secrecy)
{
	party_end(&self->owner);
	party_end(&self->reader);
	ctrl_down(&self->processor, self->ctrl);
}

static int party_begin(struct party *party, const char *node, enum mode mode)
{
	int ret;

	party->mode = mode;
	party->fd = node_open(node, O_RDWR);
	if (party->fd < 0)
		return party->fd;
	if (mode == PLAIN)
		return 0;
	ret = rings_setup_mode(&party->rings, party->fd, mode == EXCLUSIVE, SLOTS, SLOTS);
	return ret ? ret : rings_map(&party->rings, party->fd);
}

static bool has_secret(const void *bytes, size_t size)
{
	return memmem(bytes, size, SECRET, sizeof(SECRET));
}

/* In whatever it has mapped. */
static bool sees_secret(const struct party *party)
{
	const struct rings *rings = &party->rings;

	return party->mode != PLAIN &&
	       (has_secret(rings->control, rings->setup.control_size) ||
		has_secret(rings->tx, rings_tx_size(rings)) ||
		has_secret(rings->rx, rings_rx_size(rings)));
}

/* A message to the remote, and its answer to this endpoint; all of it is the same bytes. */
static bool exchange(FIXTURE_DATA(secrecy) *self, struct party *party, uint32_t addr,
		     const void *bytes, size_t size)
{
	const struct rpmsg_ring_ready *ready;
	struct rpmsg_message message;
	uint8_t data[RPMSG_PAYLOAD_MAX] = {};
	uint32_t tail;

	if (party->mode == PLAIN) {
		if (node_write(party->fd, bytes, size) != (int)size)
			return false;
	} else {
		tail = party->rings.control->submit_tail;
		memcpy(rings_tx_slot(&party->rings, tail % SLOTS), bytes, size);
		rings_submit(&party->rings, tail % SLOTS, size);
		if (rings_send(party->fd, 0, 0) != 1)
			return false;
	}
	if (remote_receive(&self->remote, &message, PATIENCE_MS) || message.header.len != size ||
	    memcmp(message.data, bytes, size) ||
	    remote_send(&self->remote, REMOTE, addr, bytes, size))
		return false;
	if (party->mode == PLAIN)
		return node_read(party->fd, data, sizeof(data)) == (int)size &&
		       !memcmp(data, bytes, size) &&
		       (addr == HOST || !has_secret(data, sizeof(data)));
	if (rings_send(party->fd, 0, 0) || rings_receive(party->fd, 1, PATIENCE_MS * MS) != 1)
		return false;
	ready = rings_next_ready(&party->rings);
	if (ready->len != size || memcmp(rings_rx_slot(&party->rings, ready->slot), bytes, size))
		return false;
	rings_release(&party->rings, ready->slot);
	return true;
}

static bool exchange_secret(FIXTURE_DATA(secrecy) *self)
{
	uint8_t secrets[RPMSG_PAYLOAD_MAX];
	size_t i;

	for (i = 0; i < sizeof(secrets); i++)
		secrets[i] = SECRET[i % sizeof(SECRET)];
	return exchange(self, &self->owner, HOST, secrets, sizeof(secrets));
}

/* Both at work, through the same buffers. */
TEST_F_TIMEOUT(secrecy, at_the_same_time, 120)
{
	int i;

	ASSERT_EQ(0, party_begin(&self->owner, self->owner_node, SHARED));
	if (variant->mode == EXCLUSIVE) {
		EXPECT_FALSE(!device_set_exclusive(&self->processor, true) &&
			     !party_begin(&self->reader, self->reader_node, EXCLUSIVE));
		return;
	}
	ASSERT_EQ(0, party_begin(&self->reader, self->reader_node, variant->mode));
	for (i = 0; i < ROUNDS; i++) {
		/* Three a round, so that each buffer has both in turn */
		ASSERT_TRUE(exchange_secret(self));
		ASSERT_TRUE(exchange_secret(self));
		ASSERT_TRUE(exchange(self, &self->reader, HOST + 1, "mine", 4));
		EXPECT_FALSE(sees_secret(&self->reader));
	}
	/* There is something to be found. */
	EXPECT_TRUE(sees_secret(&self->owner));
}

/* In memory that was another one's before. */
TEST_F_TIMEOUT(secrecy, one_after_the_other, 120)
{
	int i, round;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, party_begin(&self->owner, self->owner_node, SHARED));
		for (i = 0; i < ROUNDS; i++)
			ASSERT_TRUE(exchange_secret(self));
		/* One is on its way to an owner that is no more. */
		rings_submit(&self->owner.rings, 0, RPMSG_PAYLOAD_MAX);
		ASSERT_EQ(1, rings_send(self->owner.fd, 0, 0));
		party_end(&self->owner);

		if (variant->mode == EXCLUSIVE)
			ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
		ASSERT_EQ(0, party_begin(&self->reader, self->reader_node, variant->mode));
		EXPECT_FALSE(sees_secret(&self->reader));
		remote_drain(&self->remote);
		for (i = 0; i < ROUNDS; i++) {
			ASSERT_TRUE(exchange(self, &self->reader, HOST + 1, "mine", 4));
			EXPECT_FALSE(sees_secret(&self->reader));
		}
		party_end(&self->reader);
		if (variant->mode == EXCLUSIVE)
			ASSERT_EQ(0, device_set_exclusive(&self->processor, false));
	}
}

/* What was mapped stays mapped when the endpoint is destroyed, and others go on. */
TEST_F_TIMEOUT(secrecy, after_the_end, 120)
{
	int i;

	if (variant->mode == EXCLUSIVE)
		ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
	ASSERT_EQ(0, party_begin(&self->reader, self->reader_node, variant->mode));
	for (i = 0; i < ROUNDS; i++)
		ASSERT_TRUE(exchange(self, &self->reader, HOST + 1, "mine", 4));
	ASSERT_EQ(0, ioctl(self->reader.fd, RPMSG_DESTROY_EPT_IOCTL));
	if (variant->mode == EXCLUSIVE)
		ASSERT_TRUE(wait_until(!device_set_exclusive(&self->processor, false),
				       PATIENCE_MS));

	ASSERT_EQ(0, party_begin(&self->owner, self->owner_node, SHARED));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_TRUE(exchange_secret(self));
		EXPECT_FALSE(sees_secret(&self->reader));
	}
	EXPECT_TRUE(sees_secret(&self->owner));
	if (variant->mode == PLAIN)
		EXPECT_EQ(-EPIPE, node_read(self->reader.fd, self->reader_node, NODE_MAX));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
