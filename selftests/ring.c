// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A remote that breaks the rules of the rings: lengths, indices, addresses, interrupts. A bad
 * message costs itself and is counted; a ring whose indices lie is given up, and everybody told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

FIXTURE(ring)
{
	struct processor processor;
	struct remote remote;
	struct sleeper sleeper;
	int ctrl;
	int fd;
	uint8_t data[4096];
};

FIXTURE_SETUP(ring)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "ring", HOST, REMOTE,
				 O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ring)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static bool still_works(FIXTURE_DATA(ring) *self)
{
	struct rpmsg_message message;

	if (node_write(self->fd, "ping", 4) != 4 ||
	    remote_receive(&self->remote, &message, PATIENCE_MS) ||
	    remote_send(&self->remote, REMOTE, HOST, "pong!", 5))
		return false;
	return node_poll(self->fd, POLLIN, PATIENCE_MS) == POLLIN &&
	       node_read(self->fd, self->data, sizeof(self->data)) == 5;
}

/* As often as there are buffers and more: if one were lost each time, the remote would run dry. */
TEST_F_TIMEOUT(ring, bad_lengths, 120)
{
	static const struct {
		uint16_t	len;
		uint32_t	used;
	} bad[] = {
		{ 2000, 8 }, { 2000, 16 }, { 2000, 512 }, { 497, 512 }, { 1, 16 }, { 100, 115 },
		{ 0, 0 }, { 0, 15 }, { 4, 8 }, { 0xffff, 512 }, { 0xfff0, 512 },
		{ 16, 513 }, { 16, 0x7fffffff }, { 16, 0xffffffff }, { 0xffff, 0xffffffff },
	};
	const long before = device_counter(&self->processor, "rx_malformed");
	const int count = sizeof(bad) / sizeof(bad[0]);
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < count; i++) {
			struct rpmsg_message message = {
				.header = { .src = REMOTE, .dst = HOST, .len = bad[i].len },
			};

			ASSERT_EQ(0, remote_send_bytes(&self->remote, &message, sizeof(message),
						       bad[i].used));
			EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, sizeof(self->data))) {
				TH_LOG("header %u used %u", bad[i].len, bad[i].used);
			}
		}
		EXPECT_TRUE(still_works(self));
	}
	EXPECT_EQ(before + 3 * count, device_counter(&self->processor, "rx_malformed"));
}

TEST_F(ring, unknown_addresses)
{
	static const uint32_t addresses[] = {
		0, 1, 1023, 1024, HOST - 1, HOST + 1, 0x7fffffff, 0x80000000, 0xfffffffe,
		RPMSG_ADDR_ANY,
	};
	const int count = sizeof(addresses) / sizeof(addresses[0]);
	const long before = device_counter(&self->processor, "rx_unclaimed");
	int i, round;

	for (round = 0; round < 4; round++)
		for (i = 0; i < count; i++)
			ASSERT_EQ(0, remote_send(&self->remote, REMOTE, addresses[i], "lost", 4));
	EXPECT_EQ(before + 4 * count, device_counter(&self->processor, "rx_unclaimed"));
	EXPECT_TRUE(still_works(self));
}

/* Sender's address, reserved field and flags are nobody's business. */
TEST_F(ring, strange_headers)
{
	struct rpmsg_message message = {
		.header = {
			.src = RPMSG_ADDR_ANY, .dst = HOST, .reserved = 0xdeadbeef,
			.len = 5, .flags = 0xffff,
		},
		.data = "hello",
	};

	ASSERT_EQ(0, remote_send_bytes(&self->remote, &message, 16 + 5, 16 + 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_TRUE(still_works(self));
}

/* More bytes used than the header says: the rest is padding. */
TEST_F(ring, padded_message)
{
	struct rpmsg_message message = {
		.header = { .src = REMOTE, .dst = HOST, .len = 5 },
		.data = "hello, this is no part of it",
	};

	ASSERT_EQ(0, remote_send_bytes(&self->remote, &message, sizeof(message), sizeof(message)));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_TRUE(still_works(self));
}

TEST_F(ring, interrupts_for_nothing)
{
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.to_host));
		ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.from_host));
	}
	EXPECT_TRUE(still_works(self));
}

/*
 * What the kernel wrote in descriptors it remembers; what the remote writes there is nothing. But
 * for the flag "next": the kernel's own virtio_ring follows that for as long as it is set, up to
 * 6.12 at least, and nothing outside of it can help.
 */
static void overwrite_descriptors(struct vring *vring)
{
	unsigned int i;

	for (i = 0; i < vring->num; i++)
		vring->desc[i] = (struct vring_desc){
			.addr	= UINT64_MAX - 4095,
			.len	= UINT32_MAX,
			.flags	= (uint16_t)~VRING_DESC_F_NEXT,
			.next	= UINT16_MAX,
		};
}

TEST_F(ring, descriptors_overwritten)
{
	struct vring *vring = &self->remote.to_host.vring;
	struct vring_desc saved[RING_NUM];
	int i;

	/* While messages are on their way, so that buffers are given back and taken again */
	for (i = 0; i < 2 * RING_NUM; i++) {
		memcpy(saved, vring->desc, sizeof(saved));
		overwrite_descriptors(vring);
		remote_notify(&self->remote, &self->remote.to_host);
		memcpy(vring->desc, saved, sizeof(saved));
		ASSERT_TRUE(still_works(self));
	}

	overwrite_descriptors(vring);
	overwrite_descriptors(&self->remote.from_host.vring);
	ring_give(&self->remote.to_host, 0, 20);
	remote_notify(&self->remote, &self->remote.to_host);
	while (node_write(self->fd, "x", 1) == 1)
		;
	EXPECT_EQ(0, processor_stop(&self->processor));
}

FIXTURE(broken_ring)
{
	FIXTURE_DATA(ring) base;
};

/* How indices lie, of which ring. */
FIXTURE_VARIANT(broken_ring)
{
	bool to_host;
	uint32_t id;
	uint16_t ahead;		/* of the index of used buffers */
};

FIXTURE_SETUP(broken_ring)
{
	ring_setup(_metadata, &self->base, NULL);
}

FIXTURE_TEARDOWN(broken_ring)
{
	ring_teardown(_metadata, &self->base, NULL);
}

FIXTURE_VARIANT_ADD(broken_ring, to_host_id_beyond) { true, RING_NUM, 1 };
FIXTURE_VARIANT_ADD(broken_ring, to_host_id_max) { true, UINT32_MAX, 1 };
FIXTURE_VARIANT_ADD(broken_ring, to_host_index_ahead) { true, 0, RING_NUM + 1 };
FIXTURE_VARIANT_ADD(broken_ring, to_host_index_far_ahead) { true, 0, 0x8000 };
FIXTURE_VARIANT_ADD(broken_ring, from_host_id_beyond) { false, RING_NUM, 1 };
FIXTURE_VARIANT_ADD(broken_ring, from_host_id_not_ours) { false, 3, 1 };
FIXTURE_VARIANT_ADD(broken_ring, from_host_index_ahead) { false, 0, RING_NUM + 1 };

/*
 * Whatever the kernel makes of it: it ends, the files close, the processor stops and starts again.
 */
TEST_F(broken_ring, survives)
{
	FIXTURE_DATA(ring) *base = &self->base;
	struct remote *remote = &base->remote;
	struct ring *ring = variant->to_host ? &remote->to_host : &remote->from_host;
	struct vring_used *used = ring->vring.used;
	unsigned int i;

	for (i = 0; i < RING_NUM; i++)
		used->ring[i] = (struct vring_used_elem){ .id = variant->id, .len = 20 };
	__atomic_store_n(&used->idx, used->idx + variant->ahead, __ATOMIC_RELEASE);
	remote_notify(remote, ring);

	for (i = 0; i < 2 * RING_NUM; i++)
		node_write(base->fd, "x", 1);
	remote_notify(remote, ring);
	node_read(base->fd, base->data, sizeof(base->data));
	node_poll(base->fd, POLLIN | POLLOUT, 0);

	ASSERT_EQ(0, processor_stop(&base->processor));
	close(base->fd);
	close(base->ctrl);
	ASSERT_EQ(0, remote_start(remote, &base->processor));
	base->ctrl = ctrl_open(&base->processor);
	ASSERT_LE(0, base->ctrl);
	base->fd = endpoint_open(&base->processor, base->ctrl, "again", HOST, REMOTE,
				 O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, base->fd);
	EXPECT_TRUE(still_works(base));
}

/* A writer does not sleep for ever on a ring that is given up. */
TEST_F_TIMEOUT(broken_ring, wakes_the_writer, 60)
{
	FIXTURE_DATA(ring) *base = &self->base;
	struct remote *remote = &base->remote;
	struct ring *ring = variant->to_host ? &remote->to_host : &remote->from_host;
	struct vring_used *used = ring->vring.used;
	int result = 0;
	unsigned int i;

	while (node_write(base->fd, "x", 1) == 1)
		;
	fcntl(base->fd, F_SETFL, fcntl(base->fd, F_GETFL) & ~O_NONBLOCK);
	ASSERT_TRUE(sleeper_start(&base->sleeper, SLEEPER_WRITE, base->fd, 5));

	for (i = 0; i < RING_NUM; i++)
		used->ring[i] = (struct vring_used_elem){ .id = variant->id, .len = 20 };
	__atomic_store_n(&used->idx, used->idx + variant->ahead, __ATOMIC_RELEASE);
	remote_notify(remote, ring);

	/* The ring that is in order goes on */
	if (variant->to_host)
		remote_drain(remote);
	ASSERT_TRUE(sleeper_join(&base->sleeper, 25000, &result));
	EXPECT_TRUE(result == 5 || result == -EPIPE || result == -ETIMEDOUT || result == -EIO) {
		TH_LOG("the write returned %d", result);
	}
	EXPECT_EQ(0, processor_stop(&base->processor));
}

struct noise {
	struct remote	*remote;
	atomic_bool	stop;
};

/*
 * A thread that writes rubbish over everything shared but the descriptors' addresses, and
 * interrupts.
 */
static void *make_noise(void *data)
{
	struct noise *noise = data;
	unsigned int seed = 12345, i;

	while (!noise->stop) {
		struct ring *rings[] = { &noise->remote->to_host, &noise->remote->from_host };

		for (i = 0; i < 2; i++) {
			struct vring_used *used = rings[i]->vring.used;

			seed = seed * 1103515245 + 12345;
			used->ring[seed >> 16 & (RING_NUM - 1)] = (struct vring_used_elem){
				.id = seed >> 8 & (2 * RING_NUM - 1), .len = seed >> 20,
			};
			__atomic_store_n(&used->idx, used->idx + (seed >> 28), __ATOMIC_RELEASE);
			remote_notify(noise->remote, rings[i]);
		}
	}
	return NULL;
}

/* Two threads of rubbish while somebody uses the node and the processor stops and starts. */
TEST_F_TIMEOUT(ring, noise, 240)
{
	struct noise noise = { .remote = &self->remote };
	pthread_t threads[2];
	int round, i;

	for (round = 0; round < 5; round++) {
		noise.stop = false;
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, make_noise, &noise));
		for (i = 0; i < 200; i++) {
			node_write(self->fd, "x", 1);
			node_read(self->fd, self->data, sizeof(self->data));
			node_poll(self->fd, POLLIN | POLLOUT, 0);
		}
		EXPECT_EQ(0, processor_stop(&self->processor));
		noise.stop = true;
		for (i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);

		close(self->fd);
		close(self->ctrl);
		ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
		self->ctrl = ctrl_open(&self->processor);
		ASSERT_LE(0, self->ctrl);
		self->fd = endpoint_open(&self->processor, self->ctrl, "ring", HOST, REMOTE,
					 O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, self->fd);
	}
	EXPECT_TRUE(still_works(self));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
