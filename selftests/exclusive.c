// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exclusive mode of an endpoint's rings: one application has the device for itself, and receives
 * where the remote writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "rings.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800
#define SLOTS	RING_NUM

#define MS	1000000ull

FIXTURE(exclusive)
{
	struct processor processor;
	struct remote remote;
	struct rings rings;
	char attribute[FILE_PATH_MAX];
	char node[NODE_MAX];
	int ctrl;
	int fd;
};

static bool attribute_is(const char *path, const char *value)
{
	char text[8];

	return file_read_line(path, text, sizeof(text)) > 0 && !strcmp(text, value);
}

/* The endpoint and its rings, exclusive. Returns a file descriptor or -errno. */
static int open_exclusive(const char *node, struct rings *rings, uint32_t slots)
{
	return rings_open(rings, node, true, SLOTS / 2, slots);
}

FIXTURE_SETUP(exclusive)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, device_exclusive_path(&self->processor, self->attribute));
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "exclusive", HOST, REMOTE,
				     self->node));
	ASSERT_EQ(0, file_write(self->attribute, "1"));
	self->fd = open_exclusive(self->node, &self->rings, SLOTS);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(exclusive)
{
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

/* @number is the next message, and its buffer the application's. Returns the buffer or -1. */
static int take_number(struct rings *rings, uint32_t number)
{
	const struct rpmsg_ring_ready *ready = rings_next_ready(rings);

	if (!ready || ready->len != sizeof(number) || ready->src != REMOTE ||
	    memcmp(rings_rx_slot(rings, ready->slot), &number, sizeof(number)))
		return -1;
	return ready->slot;
}

static int send_number(struct remote *remote, uint32_t number)
{
	return remote_send(remote, REMOTE, HOST, &number, sizeof(number));
}

/* Until all buffers that the remote has are the application's. Returns the next number, or 0. */
static uint32_t replace_all(struct remote *remote, struct rings *rings, int fd)
{
	uint32_t number;
	int slot;

	for (number = 0; number < 2 * RING_NUM; number++) {
		if (send_number(remote, number) || rings_receive(fd, 1, PATIENCE_MS * MS) != 1)
			return 0;
		slot = take_number(rings, number);
		if (slot < 0)
			return 0;
		rings_release(rings, slot);
	}
	return rings_receive(fd, 0, 0) ? 0 : number;
}

/* How many buffers the remote could take now. */
static unsigned int remote_room(struct remote *remote)
{
	struct ring *ring = &remote->to_host;

	return (uint16_t)(__atomic_load_n(&ring->vring.avail->idx, __ATOMIC_ACQUIRE) - ring->taken);
}

TEST_F(exclusive, numbers)
{
	const struct rpmsg_ring_setup *setup = &self->rings.setup;

	EXPECT_EQ(SLOTS / 2, setup->tx_slots);
	EXPECT_EQ(SLOTS, setup->rx_slots);
	EXPECT_EQ(RPMSG_PAYLOAD_MAX, setup->rx_mtu);
	EXPECT_EQ(4096, setup->rx_stride);
}

TEST_F(exclusive, attribute)
{
	char other[NODE_MAX];
	int fd;

	EXPECT_TRUE(attribute_is(self->attribute, "1"));
	EXPECT_EQ(-EINVAL, file_write(self->attribute, "perhaps"));
	EXPECT_EQ(-EBUSY, file_write(self->attribute, "0"));
	EXPECT_EQ(0, file_write(self->attribute, "1"));

	/* It is the only one. */
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
				     other));
	EXPECT_EQ(-EBUSY, node_open(other, O_RDWR));
	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = node_open(other, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));

	/* With ordinary rings it is not in the way. */
	ASSERT_EQ(0, rings_setup(&self->rings, self->fd, 2, 2));
	EXPECT_EQ(0, file_write(self->attribute, "0"));
	EXPECT_TRUE(attribute_is(self->attribute, "0"));
	fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, file_write(self->attribute, "1"));
	EXPECT_TRUE(attribute_is(self->attribute, "0"));
	EXPECT_EQ(-EPERM, rings_setup_mode(&self->rings, fd, true, 2, 2));
	close(fd);
	EXPECT_EQ(0, file_write(self->attribute, "1"));
}

/* A channel that comes has no driver then, and its device does no harm. */
TEST_F(exclusive, name_service)
{
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", 44, 0));
	EXPECT_TRUE(wait_until(channel_find(&self->processor, "rpmsg-raw") == 1, PATIENCE_MS));
	EXPECT_EQ(0, send_number(&self->remote, 7));
	EXPECT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
	EXPECT_LE(0, take_number(&self->rings, 7));
	EXPECT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	/* In one of the application's buffers */
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", 44, 1));
	EXPECT_TRUE(wait_until(channel_find(&self->processor, "rpmsg-raw") == 0, PATIENCE_MS));
	EXPECT_TRUE(wait_until(remote_room(&self->remote) == SLOTS - 1, PATIENCE_MS));
}

/* The first messages are in buffers of the device's own: none is lost, none comes too early. */
TEST_F(exclusive, in_order)
{
	uint32_t i, j, number = 0;
	int slots[SLOTS];

	for (i = 0; i < 6; i++) {
		for (j = 0; j < SLOTS; j++)
			ASSERT_EQ(0, send_number(&self->remote, number + j));
		EXPECT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));
		for (j = 0; j < SLOTS; j++) {
			slots[j] = take_number(&self->rings, number++);
			ASSERT_LE(0, slots[j]);
		}
		EXPECT_EQ(-ENOBUFS, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		EXPECT_EQ(0, remote_room(&self->remote));
		EXPECT_EQ(-EAGAIN, send_number(&self->remote, number));
		for (j = SLOTS; j; j--)
			rings_release(&self->rings, slots[j - 1]);
		EXPECT_EQ(0, rings_receive(self->fd, 0, 0));
		EXPECT_EQ(SLOTS, remote_room(&self->remote));
	}
	EXPECT_EQ(0, self->rings.control->bad_release);
}

/* What is released early goes round while an older one is kept. */
TEST_F(exclusive, out_of_order)
{
	uint32_t number;
	int i, kept, slot;

	number = replace_all(&self->remote, &self->rings, self->fd);
	ASSERT_NE(0, number);
	ASSERT_EQ(0, send_number(&self->remote, number));
	ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
	kept = take_number(&self->rings, number);
	ASSERT_LE(0, kept);
	for (i = 1; i < 5 * SLOTS; i++) {
		ASSERT_EQ(0, send_number(&self->remote, number + i));
		ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		slot = take_number(&self->rings, number + i);
		ASSERT_LE(0, slot);
		EXPECT_NE(kept, slot);
		rings_release(&self->rings, slot);
	}
	EXPECT_EQ(0, memcmp(rings_rx_slot(&self->rings, kept), &number, sizeof(number)));
}

/* Fewer buffers than the ring has entries, and an application that is behind. */
TEST_F(exclusive, few_buffers)
{
	uint32_t i, number = 0;
	int slot;

	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = open_exclusive(self->node, &self->rings, 4);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, send_number(&self->remote, i));
	/* What had no room is in the queue, and the ring has none of the device's own any more. */
	EXPECT_EQ(-EAGAIN, send_number(&self->remote, i));
	for (; number < 10 * SLOTS; number++) {
		ASSERT_LE(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		slot = take_number(&self->rings, number);
		ASSERT_LE(0, slot);
		rings_release(&self->rings, slot);
		rings_receive(self->fd, 0, 0);
		while (i < 10 * SLOTS && !send_number(&self->remote, i))
			i++;
		EXPECT_GE(4, remote_room(&self->remote));
	}
}

/* The application reads what the remote has written, from where it has written it. */
TEST_F(exclusive, no_copy)
{
	struct ring *ring = &self->remote.to_host;
	struct rpmsg_message *message;
	const uint8_t *seen;
	size_t size;
	int index, slot;

	ASSERT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	index = ring_take(ring);
	ASSERT_LE(0, index);
	message = ring_buffer(&self->remote, ring, index, &size);
	ASSERT_NE(NULL, message);
	EXPECT_EQ(sizeof(*message), size);
	message->header = (struct rpmsg_header) { .src = REMOTE, .dst = HOST, .len = 4 };
	memcpy(message->data, "\1\0\0\0", 4);
	ring_give(ring, index, sizeof(message->header) + 4);
	ASSERT_EQ(0, remote_notify(&self->remote, ring));
	ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
	slot = take_number(&self->rings, 1);
	ASSERT_LE(0, slot);
	seen = rings_rx_slot(&self->rings, slot);
	memcpy(message->data, "more", 4);
	EXPECT_EQ(0, memcmp(seen, "more", 4));
}

TEST_F(exclusive, map)
{
	const size_t size = rings_rx_size(&self->rings);

	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_RX, size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_RX, size + 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mprotect((void *)self->rings.rx, size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, size, PROT_READ, MAP_PRIVATE, self->fd,
				   RPMSG_RING_OFF_RX));
	EXPECT_EQ(EINVAL, errno);
}

/* What came before there were rings comes first. */
TEST_F(exclusive, queue_goes_first)
{
	uint32_t i;

	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < 2 * SLOTS; i++)
		ASSERT_EQ(0, send_number(&self->remote, i));
	ASSERT_EQ(0, rings_setup_mode(&self->rings, self->fd, true, 2, SLOTS));
	ASSERT_EQ(0, rings_map(&self->rings, self->fd));
	ASSERT_EQ(0, send_number(&self->remote, i));
	for (i = 0; i <= 2 * SLOTS; i++) {
		ASSERT_LE(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		rings_release(&self->rings, take_number(&self->rings, i));
	}
	EXPECT_EQ(0, self->rings.control->bad_release);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* Nobody sees what was for another one: neither before the messages, nor around them. */
TEST_F(exclusive, nothing_of_others)
{
	uint8_t secret[RPMSG_PAYLOAD_MAX];
	int i, slot;

	memset(secret, 0x5c, sizeof(secret));
	for (i = 0; i < 3 * RING_NUM; i++) {
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, secret, sizeof(secret)));
		ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		rings_release(&self->rings, rings_next_ready(&self->rings)->slot);
	}
	rings_unmap(&self->rings);
	close(self->fd);

	self->fd = open_exclusive(self->node, &self->rings, SLOTS);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(is_zero(self->rings.rx, rings_rx_size(&self->rings)));
	for (i = 0; i < 3 * RING_NUM; i++) {
		ASSERT_EQ(0, send_number(&self->remote, i));
		ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		slot = take_number(&self->rings, i);
		ASSERT_LE(0, slot);
		EXPECT_TRUE(is_zero(rings_rx_slot(&self->rings, slot) + sizeof(i),
				    4096 - sizeof(i)));
		rings_release(&self->rings, slot);
	}
}

/* Afterwards all is as before, for others, too. */
TEST_F(exclusive, back_to_shared)
{
	struct rings rings = {};
	char other[NODE_MAX];
	uint32_t i;
	int fd;

	ASSERT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	rings_unmap(&self->rings);
	close(self->fd);
	ASSERT_EQ(0, file_write(self->attribute, "0"));
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
				     other));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	fd = node_open(other, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rings_setup(&rings, fd, 4, 4));
	ASSERT_EQ(0, rings_map(&rings, fd));
	for (i = 0; i < 3 * RING_NUM; i++) {
		ASSERT_EQ(0, send_number(&self->remote, i));
		ASSERT_EQ(sizeof(i), node_read(self->fd, &i, sizeof(i)));
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, &i, sizeof(i)));
		ASSERT_EQ(1, rings_receive(fd, 1, PATIENCE_MS * MS));
		rings_release(&rings, take_number(&rings, i));
	}
	EXPECT_TRUE(wait_until(remote_room(&self->remote) == RING_NUM, PATIENCE_MS));
	rings_unmap(&rings);
	close(fd);
}

#define LATE	1000000u	/* and above: messages that may come after the next open */

/* Takes messages up to that number; late ones may come before it. */
static bool take_until(struct rings *rings, int fd, uint32_t number)
{
	const struct rpmsg_ring_ready *ready;
	uint32_t seen;

	do {
		if (rings_receive(fd, 1, PATIENCE_MS * MS) < 1)
			return false;
		ready = rings_next_ready(rings);
		if (!ready || ready->len != sizeof(seen))
			return false;
		memcpy(&seen, rings_rx_slot(rings, ready->slot), sizeof(seen));
		rings_release(rings, ready->slot);
	} while (seen >= LATE && seen != number);
	return seen == number;
}

/* Closed with buffers in the ring, again and again, and more often than there is memory for. */
TEST_F(exclusive, close_and_open)
{
	uint32_t i, round, late;

	for (round = 0; round < 30; round++) {
		for (i = 0; i < round % SLOTS; i++) {
			ASSERT_EQ(0, send_number(&self->remote, round));
			ASSERT_TRUE(take_until(&self->rings, self->fd, round));
		}
		EXPECT_EQ(0, self->rings.control->bad_release);
		/* Its buffer comes out of the ring when the next owner is there, or no one. */
		late = LATE + round;
		ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, &late, sizeof(late)));
		rings_unmap(&self->rings);
		close(self->fd);
		if (round & 1)
			ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.to_host));
		self->fd = open_exclusive(self->node, &self->rings, SLOTS);
		ASSERT_LE(0, self->fd);
	}
	ASSERT_EQ(0, send_number(&self->remote, round));
	EXPECT_TRUE(take_until(&self->rings, self->fd, round));
}

/* The ring is full of the last owner's buffers, and for each the next one keeps one of its own. */
TEST_F(exclusive, fewer_than_before)
{
	uint32_t number;
	int slot;

	ASSERT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = open_exclusive(self->node, &self->rings, SLOTS / 2);
	ASSERT_LE(0, self->fd);
	for (number = 0; number < 3 * RING_NUM; number++) {
		ASSERT_EQ(0, send_number(&self->remote, number));
		ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		slot = take_number(&self->rings, number);
		ASSERT_LE(0, slot);
		rings_release(&self->rings, slot);
	}
}

/* What was received can be read after the remote is gone, as it was when it went. */
TEST_F(exclusive, stop)
{
	const uint32_t last = replace_all(&self->remote, &self->rings, self->fd);
	int slot;

	ASSERT_NE(0, last);
	ASSERT_EQ(0, send_number(&self->remote, last));
	ASSERT_EQ(0, send_number(&self->remote, last + 1));
	ASSERT_EQ(2, rings_receive(self->fd, 2, PATIENCE_MS * MS));
	slot = take_number(&self->rings, last);
	ASSERT_LE(0, slot);
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_TRUE(wait_until(__atomic_load_n(&self->rings.control->gone, __ATOMIC_ACQUIRE),
			       PATIENCE_MS));
	memset(self->processor.mem, 0xa5, MEM_SIZE);
	EXPECT_EQ(0, memcmp(rings_rx_slot(&self->rings, slot), &last, sizeof(last)));
	EXPECT_EQ(1, rings_receive(self->fd, 1, 0));
	EXPECT_LE(0, take_number(&self->rings, last + 1));
	EXPECT_EQ(-EPIPE, rings_receive(self->fd, 1, 0));
	rings_release(&self->rings, slot);
	EXPECT_EQ(-EPIPE, rings_receive(self->fd, 1, 0));
}

struct sender {
	struct remote	*remote;
	atomic_bool	end;
};

static void *send_numbers(void *data)
{
	struct sender *sender = data;
	uint32_t number = 0;

	while (!sender->end)
		if (!send_number(sender->remote, number))
			number++;
	return NULL;
}

static void *destroy_endpoint(void *data)
{
	ioctl(*(int *)data, RPMSG_DESTROY_EPT_IOCTL);
	return NULL;
}

/* The end does not come between a message and where it is read. */
TEST_F_TIMEOUT(exclusive, destroy_in_a_stream, 120)
{
	struct sender sender = { .remote = &self->remote };
	pthread_t sending, destroying;
	uint32_t number, round;
	int slot, ret;

	for (round = 0; round < 20; round++) {
		sender.end = false;
		ASSERT_EQ(0, pthread_create(&sending, NULL, send_numbers, &sender));
		number = 0;
		while ((ret = rings_receive(self->fd, 1, PATIENCE_MS * MS)) > 0) {
			slot = take_number(&self->rings, number);
			ASSERT_LE(0, slot);
			rings_release(&self->rings, slot);
			if (number++ == 2 * RING_NUM + round)
				ASSERT_EQ(0, pthread_create(&destroying, NULL, destroy_endpoint,
							    &self->fd));
		}
		EXPECT_EQ(-EPIPE, ret);
		pthread_join(destroying, NULL);
		sender.end = true;
		pthread_join(sending, NULL);
		rings_unmap(&self->rings);
		close(self->fd);
		ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "anew", HOST, REMOTE,
					     self->node));
		self->fd = open_exclusive(self->node, &self->rings, SLOTS);
		ASSERT_LE(0, self->fd);
	}
}

/* The next life of the processor has an administrator's decision of its own. */
TEST_F(exclusive, restart)
{
	ASSERT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	ASSERT_EQ(0, processor_set(&self->processor, "recovery", "enabled"));
	ASSERT_EQ(0, processor_stop(&self->processor));
	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = -1;
	close(self->ctrl);
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	self->ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, device_exclusive_path(&self->processor, self->attribute));
	EXPECT_TRUE(attribute_is(self->attribute, "0"));
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "anew", HOST, REMOTE,
				     self->node));
	EXPECT_EQ(-EPERM, open_exclusive(self->node, &self->rings, SLOTS));
	EXPECT_EQ(0, file_write(self->attribute, "1"));
	self->fd = open_exclusive(self->node, &self->rings, SLOTS);
	EXPECT_LE(0, self->fd);
	EXPECT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
}

TEST_F(exclusive, poll)
{
	ASSERT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
	ASSERT_EQ(0, send_number(&self->remote, 1));
	EXPECT_EQ(POLLIN, node_poll(self->fd, POLLIN, PATIENCE_MS));
	EXPECT_LE(0, take_number(&self->rings, 1));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
}

static void child_receives(const char *node, int ready)
{
	struct rings rings = {};
	struct io_uring uring;
	struct rpmsg_ring_wait_args args = { .count = 1, .timeout_ns = RPMSG_TIMEOUT_NONE };
	struct io_uring_sqe *sqe;
	int fd;

	fd = open_exclusive(node, &rings, SLOTS);
	if (fd < 0 || io_uring_queue_init(8, &uring, 0))
		_exit(1);
	sqe = io_uring_get_sqe(&uring);
	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = RPMSG_IOC_RING_RECEIVE;
	memcpy(sqe->cmd, &args, sizeof(args));
	io_uring_submit(&uring);
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* A process is killed with a command under way, while messages come. */
TEST_F_TIMEOUT(exclusive, killed, 120)
{
	int i, j, fd, status, ready[2];
	pid_t pid;
	char c;

	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = -1;
	for (i = 0; i < 6; i++) {
		/* The one before is dead, but its file may live a little longer. */
		ASSERT_TRUE(wait_until((fd = node_open(self->node, O_RDWR)) >= 0, PATIENCE_MS));
		close(fd);
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		if (!pid)
			child_receives(self->node, ready[1]);
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &c, 1));
		for (j = 0; j < i; j++)
			ASSERT_EQ(0, send_number(&self->remote, j));
		kill(pid, SIGKILL);
		if (i)
			ASSERT_EQ(0, send_number(&self->remote, j));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		close(ready[0]);
	}
	EXPECT_TRUE(wait_until((self->fd = open_exclusive(self->node, &self->rings, SLOTS)) >= 0,
			       PATIENCE_MS));
	EXPECT_NE(0, replace_all(&self->remote, &self->rings, self->fd));
}

/* Rings in exclusive mode are more memory that is locked. */
TEST_F(exclusive, locked_memory)
{
	/* A page of rings, two for each transmit buffer, three for each receive buffer */
	const rlim_t size = (1 + 2 * SLOTS / 2 + 3 * SLOTS) * 4096;
	const struct rlimit less = { .rlim_cur = size - 1, .rlim_max = size - 1 };
	int status;
	pid_t pid;

	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_MEMLOCK, &less) || setuid(65534))
			_exit(255);
		_exit(-rings_setup_mode(&self->rings, self->fd, true, SLOTS / 2, SLOTS));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ENOMEM, WEXITSTATUS(status));
	EXPECT_EQ(0, rings_setup_mode(&self->rings, self->fd, true, SLOTS / 2, SLOTS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
