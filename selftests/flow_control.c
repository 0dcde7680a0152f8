// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow control (VIRTIO_RPMSG_F_FC): what an application asks of the remote, and the other way
 * round. Also on kernels whose bus has no flow control, 6.1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "wait.h"

#define F_NS		(1u << 0)
#define F_FC		(1u << 16)
#define FLOW_ADDR	64
#define READY		1u

#define HOST		700
#define REMOTE		800

#ifndef RPMSG_GET_OUTGOING_FLOWCONTROL
#define RPMSG_GET_OUTGOING_FLOWCONTROL	_IOR(0xb5, 0x5, int)
#define RPMSG_SET_INCOMING_FLOWCONTROL	_IOR(0xb5, 0x6, int)
#endif

/* As docs/rpmsg-wire.md has it. */
struct flow_message {
	uint32_t	src;
	uint32_t	dst;
	uint32_t	flags;
};

FIXTURE(flow_control)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	int ctrl;
	int fd;
	uint8_t data[512];
};

static bool negotiated(const struct remote *remote)
{
	const struct table_vdev *vdev = (const void *)(remote->processor->mem + TABLE_OFFSET +
				*(const uint32_t *)(remote->processor->mem + TABLE_OFFSET +
						    sizeof(struct table_head) + sizeof(uint32_t)));

	return vdev->gfeatures & F_FC;
}

FIXTURE_SETUP(flow_control)
{
	self->fd = -1;
	self->ctrl = ctrl_up_device(&self->processor, &self->remote, F_NS | F_FC, NULL, 0);
	ASSERT_LE(0, self->ctrl);
	ASSERT_TRUE(negotiated(&self->remote));
	self->fd = endpoint_open(&self->processor, self->ctrl, "flow", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(flow_control)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static int set_flow(int fd, unsigned long pause)
{
	return ioctl(fd, RPMSG_SET_INCOMING_FLOWCONTROL, pause) ? -errno : 0;
}

/* Whether the remote asked us to pause, or -errno. */
static int get_flow(int fd)
{
	int paused = -1;

	return ioctl(fd, RPMSG_GET_OUTGOING_FLOWCONTROL, &paused) ? -errno : paused;
}

static int remote_flow(struct remote *remote, uint32_t src, uint32_t dst, uint32_t flags)
{
	const struct flow_message flow = { .src = src, .dst = dst, .flags = flags };

	return remote_send(remote, src, FLOW_ADDR, &flow, sizeof(flow));
}

TEST_F(flow_control, tells_the_remote)
{
	struct flow_message flow;
	int pause;

	for (pause = 1; pause >= 0; pause--) {
		ASSERT_EQ(0, set_flow(self->fd, pause));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		EXPECT_EQ(FLOW_ADDR, self->message.header.dst);
		EXPECT_EQ(HOST, self->message.header.src);
		ASSERT_EQ(sizeof(flow), self->message.header.len);
		memcpy(&flow, self->message.data, sizeof(flow));
		EXPECT_EQ(HOST, flow.src);
		EXPECT_EQ(REMOTE, flow.dst);
		EXPECT_EQ(pause ? 0 : READY, flow.flags);
	}
	EXPECT_EQ(-EINVAL, set_flow(self->fd, 2));
	EXPECT_FALSE(remote_has_message(&self->remote));
}

/* The ioctl does not wait for room, and holds nobody up. */
TEST_F(flow_control, ring_full)
{
	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	EXPECT_EQ(-EAGAIN, set_flow(self->fd, 1));
	remote_drain(&self->remote);
	EXPECT_EQ(0, set_flow(self->fd, 1));
}

TEST_F(flow_control, to_nobody)
{
	int fd;

	fd = endpoint_open(&self->processor, self->ctrl, "aimless", 900, RPMSG_ADDR_ANY, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, set_flow(fd, 1));
	close(fd);
}

TEST_F(flow_control, remote_tells_us)
{
	EXPECT_EQ(0, get_flow(self->fd));
	EXPECT_EQ(0, node_poll(self->fd, POLLPRI, 0));

	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST, 0));
	EXPECT_EQ(POLLPRI, node_poll(self->fd, POLLPRI | POLLIN, PATIENCE_MS));
	EXPECT_EQ(1, get_flow(self->fd));
	EXPECT_EQ(0, node_poll(self->fd, POLLPRI, 0));
	EXPECT_EQ(1, get_flow(self->fd));
	/* It is advice */
	EXPECT_EQ(1, node_write(self->fd, "x", 1));

	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST, READY | 0xfffffff0));
	EXPECT_EQ(POLLPRI, node_poll(self->fd, POLLPRI | POLLIN, PATIENCE_MS));
	EXPECT_EQ(0, get_flow(self->fd));
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_GET_OUTGOING_FLOWCONTROL, 8));
	EXPECT_EQ(EFAULT, errno);
}

/* Found in one go, with messages for the same endpoint before it and behind. */
TEST_F(flow_control, among_messages)
{
	const struct flow_message flow = { .src = REMOTE, .dst = HOST };

	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "before", 6));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, FLOW_ADDR, &flow, sizeof(flow)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "behind!", 7));
	EXPECT_EQ(6, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(7, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(1, get_flow(self->fd));
}

/* A poller that sleeps is woken; other endpoints are not told. */
TEST_F(flow_control, one_endpoint)
{
	int other;

	other = endpoint_open(&self->processor, self->ctrl, "other", HOST + 1, REMOTE, O_RDWR);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST + 1, 0));
	EXPECT_EQ(POLLPRI, node_poll(other, POLLPRI, PATIENCE_MS));
	EXPECT_EQ(0, node_poll(self->fd, POLLPRI, 0));
	EXPECT_EQ(0, get_flow(self->fd));
	close(other);
}

TEST_F(flow_control, bad_messages)
{
	static const size_t lengths[] = { 0, 4, 8, 11, 13, RPMSG_PAYLOAD_MAX };
	const int count = sizeof(lengths) / sizeof(lengths[0]);
	const long malformed = device_counter(&self->processor, "rx_malformed");
	const long unclaimed = device_counter(&self->processor, "rx_unclaimed");
	uint32_t words[RPMSG_PAYLOAD_MAX / 4] = { REMOTE, HOST };
	int i, round;

	for (round = 0; round < 6; round++)
		for (i = 0; i < count; i++)
			ASSERT_EQ(0, remote_send(&self->remote, REMOTE, FLOW_ADDR, words,
						 lengths[i]));
	EXPECT_EQ(malformed + 6 * count, device_counter(&self->processor, "rx_malformed"));
	for (round = 0; round < 2 * RING_NUM; round++)
		ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST + 1, 0));
	EXPECT_EQ(unclaimed + 2 * RING_NUM, device_counter(&self->processor, "rx_unclaimed"));
	EXPECT_EQ(0, node_poll(self->fd, POLLPRI, 0));

	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST, 0));
	EXPECT_EQ(POLLPRI, node_poll(self->fd, POLLPRI, PATIENCE_MS));
}

/* The service's address is nobody else's. */
TEST_F(flow_control, address_is_taken)
{
	EXPECT_EQ(-EINVAL, endpoint_open(&self->processor, self->ctrl, "thief", FLOW_ADDR, REMOTE,
					 O_RDWR));
}

TEST_F(flow_control, node_is_gone)
{
	ASSERT_EQ(0, ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_EQ(-EPIPE, set_flow(self->fd, 1));
	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST, 0));
	EXPECT_EQ(0, get_flow(self->fd));
}

FIXTURE(without)
{
	struct processor processor;
	struct remote remote;
	int ctrl;
	int fd;
	uint8_t data[16];
};

FIXTURE_SETUP(without)
{
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "flow", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(without)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

TEST_F(without, not_negotiated)
{
	int fd;

	EXPECT_EQ(-EOPNOTSUPP, set_flow(self->fd, 1));
	EXPECT_FALSE(remote_has_message(&self->remote));

	fd = endpoint_open(&self->processor, self->ctrl, "64", FLOW_ADDR, REMOTE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, remote_flow(&self->remote, REMOTE, HOST, 0));
	EXPECT_EQ(12, node_read(fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, get_flow(self->fd));
	close(fd);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
