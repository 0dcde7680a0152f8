// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counters of nodes and of rpmsg devices: each is exact.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "rings.h"
#include "wait.h"

#define HOST	0x400
#define REMOTE	0x900
#define SIZE	100

FIXTURE(statistics)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	int ctrl;
	int fd;
	char node[NODE_MAX];
	uint8_t data[SIZE];
};

FIXTURE_SETUP(statistics)
{
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "statistics", HOST, REMOTE,
				     self->node));
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(statistics)
{
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static long of_node(FIXTURE_DATA(statistics) *self, const char *name)
{
	return node_counter(self->node, name);
}

static long of_device(FIXTURE_DATA(statistics) *self, const char *name)
{
	return device_counter(&self->processor, name);
}

TEST_F(statistics, all_zero_at_first)
{
	EXPECT_EQ(0, of_node(self, "rx_messages"));
	EXPECT_EQ(0, of_node(self, "rx_bytes"));
	EXPECT_EQ(0, of_node(self, "rx_dropped_full"));
	EXPECT_EQ(0, of_node(self, "rx_dropped_nomem"));
	EXPECT_EQ(0, of_node(self, "rx_held"));
	EXPECT_EQ(0, of_node(self, "tx_messages"));
	EXPECT_EQ(0, of_node(self, "tx_bytes"));
	EXPECT_EQ(0, of_node(self, "tx_full"));

	EXPECT_EQ(0, of_device(self, "rx_messages"));
	EXPECT_EQ(0, of_device(self, "rx_bytes"));
	EXPECT_EQ(0, of_device(self, "rx_malformed"));
	EXPECT_EQ(0, of_device(self, "rx_unclaimed"));
	EXPECT_EQ(0, of_device(self, "rx_refused"));
	EXPECT_EQ(0, of_device(self, "tx_messages"));
	EXPECT_EQ(0, of_device(self, "tx_bytes"));
	EXPECT_EQ(0, of_device(self, "tx_full"));
	EXPECT_EQ(0, of_device(self, "tx_interrupts"));
	EXPECT_EQ(0, of_device(self, "tx_kicks"));
}

TEST_F(statistics, sent)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(10 + i, node_write(self->fd, self->data, 10 + i));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	}
	EXPECT_EQ(-EMSGSIZE, node_write(self->fd, self->data, 4096));

	EXPECT_EQ(5, of_node(self, "tx_messages"));
	EXPECT_EQ(60, of_node(self, "tx_bytes"));
	EXPECT_EQ(0, of_node(self, "tx_full"));
	EXPECT_EQ(5, of_device(self, "tx_messages"));
	EXPECT_EQ(60, of_device(self, "tx_bytes"));
	/* This remote wants to be kicked for each message, and interrupts for each. */
	EXPECT_EQ(5, of_device(self, "tx_kicks"));
	EXPECT_EQ(5, of_device(self, "tx_interrupts"));
}

TEST_F(statistics, ring_full)
{
	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	EXPECT_EQ(-EAGAIN, node_write(self->fd, "x", 1));
	EXPECT_EQ(2, of_node(self, "tx_full"));
	EXPECT_EQ(RING_NUM, of_node(self, "tx_messages"));
	EXPECT_LE(2, of_device(self, "tx_full"));

	EXPECT_EQ(0, node_poll(self->fd, POLLOUT, 0));
	remote_drain(&self->remote);
	EXPECT_EQ(POLLOUT, node_poll(self->fd, POLLOUT, PATIENCE_MS));
	EXPECT_EQ(1, of_device(self, "tx_interrupts"));
}

TEST_F(statistics, received)
{
	const long interrupts = of_device(self, "rx_interrupts");
	const long kicks = of_device(self, "rx_kicks");
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->data, 10 + i));

	EXPECT_EQ(5, of_node(self, "rx_messages"));
	EXPECT_EQ(60, of_node(self, "rx_bytes"));
	EXPECT_EQ(5, of_device(self, "rx_messages"));
	EXPECT_EQ(60, of_device(self, "rx_bytes"));
	EXPECT_EQ(interrupts + 5, of_device(self, "rx_interrupts"));
	EXPECT_EQ(kicks + 5, of_device(self, "rx_kicks"));
}

/* An empty queue takes any message; with the limit at one byte that is all it takes. */
TEST_F(statistics, dropped)
{
	char path[FILE_PATH_MAX];
	int i;

	file_path(path, "/sys/class/rpmsg/%s/rx_limit_bytes", self->node + strlen("/dev/"));
	ASSERT_EQ(0, file_write(path, "1"));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->data, SIZE));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, self->data, SIZE));

	EXPECT_EQ(1, of_node(self, "rx_messages"));
	EXPECT_EQ(4, of_node(self, "rx_dropped_full"));
	EXPECT_EQ(0, of_node(self, "rx_dropped_nomem"));
	EXPECT_EQ(5, of_device(self, "rx_messages"));
	EXPECT_EQ(4, of_device(self, "rx_refused"));
	EXPECT_EQ(1, of_device(self, "rx_unclaimed"));
	EXPECT_EQ(SIZE, node_read(self->fd, self->data, SIZE));
	EXPECT_EQ(-EAGAIN, node_read(self->fd, self->data, SIZE));
}

static int queued(FIXTURE_DATA(statistics) *self)
{
	char path[FILE_PATH_MAX], text[16];

	file_path(path, "/sys/class/rpmsg/%s/rx_queued", self->node + strlen("/dev/"));
	return file_read_line(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

/* Messages that nobody has read: in the queue, on a ring, and in both. */
TEST_F(statistics, queued)
{
	struct rings rings = { };
	int i;

	EXPECT_EQ(0, queued(self));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->data, SIZE));
	EXPECT_EQ(3, queued(self));
	EXPECT_EQ(SIZE, node_read(self->fd, self->data, SIZE));
	EXPECT_EQ(2, queued(self));

	ASSERT_EQ(0, rings_setup(&rings, self->fd, 4, 4));
	ASSERT_EQ(0, rings_map(&rings, self->fd));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->data, SIZE));
	EXPECT_EQ(6, queued(self));
	EXPECT_EQ(4, rings_receive(self->fd, 1, 0));
	EXPECT_EQ(2, queued(self));
	rings_unmap(&rings);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, queued(self));
}

/* They belong to the node, not to the file. */
TEST_F(statistics, kept_when_closed)
{
	ASSERT_EQ(1, node_write(self->fd, "x", 1));
	close(self->fd);
	EXPECT_EQ(1, of_node(self, "tx_messages"));
	self->fd = node_open(self->node, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, node_write(self->fd, "x", 1));
	EXPECT_EQ(2, of_node(self, "tx_messages"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
