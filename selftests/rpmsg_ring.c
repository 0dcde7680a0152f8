// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rings of an endpoint, <linux/rpmsg_ring.h>, by their bare interface: what is mapped, who owns
 * a buffer when, what a command waits for, and what an application can do wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "rings.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800
#define SLOTS	(RING_NUM / 2)

#define MS	1000000ull

FIXTURE(rpmsg_ring)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct rings rings;
	char node[NODE_MAX];
	int ctrl;
	int fd;
};

static void submit_text(struct rings *rings, uint32_t slot, const char *text)
{
	memcpy(rings_tx_slot(rings, slot), text, strlen(text));
	rings_submit(rings, slot, strlen(text));
}

FIXTURE_SETUP(rpmsg_ring)
{
	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "rings", HOST, REMOTE,
				     self->node));
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, rings_setup(&self->rings, self->fd, SLOTS, SLOTS));
	ASSERT_EQ(0, rings_map(&self->rings, self->fd));
}

FIXTURE_TEARDOWN(rpmsg_ring)
{
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

TEST_F(rpmsg_ring, numbers)
{
	const struct rpmsg_ring_setup *setup = &self->rings.setup;
	struct rings other;
	char node[NODE_MAX];
	int fd;

	EXPECT_EQ(SLOTS, setup->tx_slots);
	EXPECT_EQ(SLOTS, setup->rx_slots);
	EXPECT_EQ(RPMSG_PAYLOAD_MAX, setup->tx_mtu);
	EXPECT_EQ(RPMSG_PAYLOAD_MAX, setup->rx_mtu);
	EXPECT_EQ(4096, setup->tx_stride);
	EXPECT_EQ(512, setup->rx_stride);
	EXPECT_EQ(-EBUSY, rings_setup(&other, self->fd, SLOTS, SLOTS));

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
				     node));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, rings_send(fd, 0, 0));
	EXPECT_EQ(-EINVAL, rings_receive(fd, 0, 0));
	EXPECT_EQ(-EINVAL, rings_setup(&other, fd, 0, SLOTS));
	EXPECT_EQ(-EINVAL, rings_setup(&other, fd, SLOTS, 0));
	EXPECT_EQ(-EINVAL, rings_setup(&other, fd, RPMSG_RING_MAX_SLOTS + 1, SLOTS));
	EXPECT_EQ(-EINVAL, rings_setup(&other, fd, SLOTS, RPMSG_RING_MAX_SLOTS + 1));
	EXPECT_EQ(NULL, rings_map_part(fd, RPMSG_RING_OFF_TX, 4096, PROT_READ));
	EXPECT_EQ(ENODEV, errno);

	/* Not a power of two; more than the vring has entries */
	EXPECT_EQ(0, rings_setup(&other, fd, 4096, 5));
	EXPECT_EQ(RING_NUM, other.setup.tx_slots);
	EXPECT_EQ(8, other.setup.rx_slots);
	close(fd);
}

/* In a child, with no rights: how setup goes with @limit bytes of memory to lock. */
static int setup_as_nobody(int fd, rlim_t limit)
{
	struct rlimit locked = { .rlim_cur = limit, .rlim_max = limit };
	struct rings rings;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_MEMLOCK, &locked) || setuid(65534))
			_exit(255);
		_exit(-rings_setup(&rings, fd, SLOTS, SLOTS));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

/* Rings are memory that is locked, and each user may have so much of it. */
TEST_F(rpmsg_ring, locked_memory)
{
	/* A page of rings, one of receive buffers, and two for each transmit buffer */
	const rlim_t size = (2 + 2 * SLOTS) * 4096;
	int i, fd, other;

	rings_unmap(&self->rings);
	close(self->fd);
	for (i = 0; i < 3; i++) {
		self->fd = node_open(self->node, O_RDWR);
		ASSERT_LE(0, self->fd);
		EXPECT_EQ(-ENOMEM, setup_as_nobody(self->fd, size - 1));
		EXPECT_EQ(0, setup_as_nobody(self->fd, size));
		close(self->fd);
	}

	/* What another file of the same user has counts, too. */
	self->fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
				     self->node));
	other = node_open(self->node, O_RDWR);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, setup_as_nobody(self->fd, size));
	EXPECT_EQ(-ENOMEM, setup_as_nobody(other, size));
	EXPECT_EQ(0, setup_as_nobody(other, 2 * size));
	close(other);
	fd = self->fd;
	self->fd = -1;
	close(fd);
}

TEST_F(rpmsg_ring, setup_arguments)
{
	struct {
		struct rpmsg_ring_setup setup;
		uint32_t more;
	} arg;
	char node[NODE_MAX];
	int fd;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
				     node));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);

	memset(&arg, 0, sizeof(arg));
	arg.setup.tx_slots = 4;
	arg.setup.rx_slots = 4;
	arg.setup.size = sizeof(arg.setup) - 1;
	EXPECT_EQ(-1, ioctl(fd, RPMSG_IOC_RING_SETUP, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.setup.size = sizeof(arg);
	arg.more = 1;
	EXPECT_EQ(-1, ioctl(fd, RPMSG_IOC_RING_SETUP, &arg));
	EXPECT_EQ(E2BIG, errno);
	arg.more = 0;
	arg.setup.flags = RPMSG_RING_SETUP_EXCLUSIVE << 1;
	EXPECT_EQ(-1, ioctl(fd, RPMSG_IOC_RING_SETUP, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.setup.flags = 0;
	arg.setup.reserved = 1;
	EXPECT_EQ(-1, ioctl(fd, RPMSG_IOC_RING_SETUP, &arg));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(fd, RPMSG_IOC_RING_SETUP, 8));
	EXPECT_EQ(EFAULT, errno);
	arg.setup.reserved = 0;
	EXPECT_EQ(0, ioctl(fd, RPMSG_IOC_RING_SETUP, &arg));
	close(fd);
}

TEST_F(rpmsg_ring, not_for_shared_nodes)
{
	struct rpmsg_endpoint_create create = {
		.size = sizeof(create), .flags = RPMSG_ENDPOINT_SHARED, .name = "shared",
		.src = HOST + 1, .dst = REMOTE,
	};
	struct rings other;
	char node[NODE_MAX];
	int fd;

	ASSERT_EQ(0, ioctl(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &create));
	snprintf(node, sizeof(node), "/dev/rpmsg%u", create.index);
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, rings_setup(&other, fd, SLOTS, SLOTS));
	close(fd);
}

TEST_F(rpmsg_ring, without_a_node)
{
	struct rpmsg_endpoint_create create = {
		.size = sizeof(create), .flags = RPMSG_ENDPOINT_NO_NODE, .name = "anonymous",
		.src = HOST + 1, .dst = REMOTE,
	};
	struct rings other = {};

	ASSERT_EQ(0, ioctl(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &create));
	ASSERT_EQ(0, rings_setup(&other, create.fd, SLOTS, SLOTS));
	ASSERT_EQ(0, rings_map(&other, create.fd));
	submit_text(&other, 0, "hello");
	EXPECT_EQ(1, rings_send(create.fd, 0, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(HOST + 1, self->message.header.src);
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(0, rings_tx_slot(&other, 0)[0]);
	rings_unmap(&other);
	close(create.fd);
}

/* Next to rings, the file's calls do what they did, but for reading. */
TEST_F(rpmsg_ring, read_and_write)
{
	EXPECT_EQ(-EBUSY, node_read(self->fd, self->message.data, 496));
	EXPECT_EQ(5, node_write(self->fd, "plain", 5));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(0, memcmp(self->message.data, "plain", 5));
}

TEST_F(rpmsg_ring, map)
{
	const size_t tx = rings_tx_size(&self->rings), rx = rings_rx_size(&self->rings);
	void *at;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, self->fd,
				   RPMSG_RING_OFF_TX));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd,
				   RPMSG_RING_OFF_RX));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_RX, rx, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, 4096, 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_TX + 4096, 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_TX, tx + 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_RX, rx + 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NULL, rings_map_part(self->fd, RPMSG_RING_OFF_CONTROL,
				       self->rings.setup.control_size + 4096, PROT_READ));
	EXPECT_EQ(EINVAL, errno);

	EXPECT_EQ(-1, mprotect((void *)self->rings.rx, rx, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	at = mremap(self->rings.tx, tx, tx + 4096, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, at);

	/* All of it is there, and zero */
	EXPECT_EQ(0, self->rings.tx[0]);
	EXPECT_EQ(0, memcmp(self->rings.tx, self->rings.tx + 1, tx - 1));
	EXPECT_EQ(0, self->rings.rx[0]);
	EXPECT_EQ(0, memcmp(self->rings.rx, self->rings.rx + 1, rx - 1));
	memset(self->rings.tx, 0xff, tx);
}

TEST_F(rpmsg_ring, not_inherited)
{
	volatile uint8_t *at[] = { (void *)self->rings.control, self->rings.tx,
				   (void *)self->rings.rx };
	int i, status;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		pid = fork();
		if (!pid) {
			signal(SIGSEGV, SIG_DFL);
			_exit(at[i][0] ? 1 : 2);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

TEST_F(rpmsg_ring, send)
{
	const struct rpmsg_ring_done *done;

	submit_text(&self->rings, 3, "hello, remote");
	EXPECT_EQ(1, rings_send(self->fd, 0, 0));
	EXPECT_EQ(NULL, rings_next_done(&self->rings));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(HOST, self->message.header.src);
	EXPECT_EQ(REMOTE, self->message.header.dst);
	EXPECT_EQ(13, self->message.header.len);
	EXPECT_EQ(0, self->message.header.flags);
	EXPECT_EQ(0, memcmp(self->message.data, "hello, remote", 13));

	/* Seen when somebody looks, and the next command does, also with nothing to send */
	EXPECT_EQ(0, rings_send(self->fd, 0, 0));
	done = rings_next_done(&self->rings);
	ASSERT_NE(NULL, done);
	EXPECT_EQ(3, done->slot);
	EXPECT_EQ(0, done->status);
	EXPECT_EQ(NULL, rings_next_done(&self->rings));
}

TEST_F(rpmsg_ring, send_all_with_one_kick)
{
	const long kicks = device_counter(&self->processor, "tx_kicks");
	const long sent = device_counter(&self->processor, "tx_messages");
	uint32_t i, len;

	for (i = 0; i < SLOTS; i++) {
		len = i * RPMSG_PAYLOAD_MAX / (SLOTS - 1);
		memset(rings_tx_slot(&self->rings, i), i + 1, len);
		rings_submit(&self->rings, i, len);
	}
	EXPECT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	EXPECT_EQ(kicks + 1, device_counter(&self->processor, "tx_kicks"));
	EXPECT_EQ(sent + SLOTS, device_counter(&self->processor, "tx_messages"));

	for (i = 0; i < SLOTS; i++) {
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		len = i * RPMSG_PAYLOAD_MAX / (SLOTS - 1);
		EXPECT_EQ(len, self->message.header.len);
		EXPECT_TRUE(!len || (self->message.data[0] == i + 1 &&
				     self->message.data[len - 1] == i + 1));
	}
}

/* A remote that looks for messages by itself says that it need not be told. */
TEST_F(rpmsg_ring, no_kick_while_the_remote_polls)
{
	const long kicks = device_counter(&self->processor, "tx_kicks");
	uint16_t *flags = &self->remote.from_host.vring.used->flags;
	/* None so far, and the driver's for its own buffers may come at any time. */
	atomic_uint *seen = &self->processor.kicks[self->remote.from_host.notifyid];

	__atomic_store_n(flags, VRING_USED_F_NO_NOTIFY, __ATOMIC_SEQ_CST);
	submit_text(&self->rings, 0, "hello");
	EXPECT_EQ(1, rings_send(self->fd, 0, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(5, self->message.header.len);
	EXPECT_EQ(kicks, device_counter(&self->processor, "tx_kicks"));
	EXPECT_FALSE(wait_until(*seen, QUIET_MS));

	__atomic_store_n(flags, 0, __ATOMIC_SEQ_CST);
	submit_text(&self->rings, 1, "again");
	EXPECT_EQ(1, rings_send(self->fd, 0, 0));
	EXPECT_EQ(kicks + 1, device_counter(&self->processor, "tx_kicks"));
	EXPECT_TRUE(wait_until(*seen == 1, PATIENCE_MS));
}

/* The remote reads what the application has written, from where it has written it. */
TEST_F(rpmsg_ring, no_copy)
{
	struct ring *ring = &self->remote.from_host;
	struct rpmsg_message *message;
	size_t size;
	int index;

	submit_text(&self->rings, 5, "before");
	ASSERT_EQ(1, rings_send(self->fd, 0, 0));
	index = ring_take(ring);
	ASSERT_LE(0, index);
	message = ring_buffer(&self->remote, ring, index, &size);
	ASSERT_NE(NULL, message);
	EXPECT_EQ(sizeof(message->header) + 6, size);
	EXPECT_EQ(0, memcmp(message->data, "before", 6));
	memcpy(rings_tx_slot(&self->rings, 5), "after!", 6);
	EXPECT_EQ(0, memcmp(message->data, "after!", 6));
	ring_give(ring, index, 0);
}

/* Whatever is written into all of the memory that can be written, headers are the kernel's. */
TEST_F(rpmsg_ring, header_is_not_the_applications)
{
	uint32_t i;

	memset(self->rings.tx, 0xff, rings_tx_size(&self->rings));
	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, RPMSG_PAYLOAD_MAX);
	EXPECT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	memset(self->rings.tx, 0xff, rings_tx_size(&self->rings));
	for (i = 0; i < SLOTS; i++) {
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		EXPECT_EQ(HOST, self->message.header.src);
		EXPECT_EQ(REMOTE, self->message.header.dst);
		EXPECT_EQ(RPMSG_PAYLOAD_MAX, self->message.header.len);
		EXPECT_EQ(0, self->message.header.reserved);
	}
}

TEST_F(rpmsg_ring, bad_slots)
{
	const struct rpmsg_ring_done *done;

	rings_submit(&self->rings, SLOTS, 1);
	rings_submit(&self->rings, 0xffffffff, 1);
	rings_submit(&self->rings, 1, RPMSG_PAYLOAD_MAX + 1);
	rings_submit(&self->rings, 2, 0xffffffff);
	submit_text(&self->rings, 4, "good");
	submit_text(&self->rings, 4, "twice");
	EXPECT_EQ(1, rings_send(self->fd, 0, 0));
	EXPECT_EQ(3, self->rings.control->bad_submit);

	done = rings_next_done(&self->rings);
	ASSERT_NE(NULL, done);
	EXPECT_EQ(1, done->slot);
	EXPECT_EQ(-EMSGSIZE, done->status);
	done = rings_next_done(&self->rings);
	ASSERT_NE(NULL, done);
	EXPECT_EQ(2, done->slot);
	EXPECT_EQ(-EMSGSIZE, done->status);
	EXPECT_EQ(NULL, rings_next_done(&self->rings));

	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(4, self->message.header.len);
	EXPECT_FALSE(remote_has_message(&self->remote));
}

TEST_F(rpmsg_ring, bad_indices)
{
	self->rings.control->submit_tail += SLOTS + 1;
	EXPECT_EQ(-EINVAL, rings_send(self->fd, 0, 0));
	EXPECT_FALSE(remote_has_message(&self->remote));
	submit_text(&self->rings, 0, "on");
	EXPECT_EQ(1, rings_send(self->fd, 0, 0));

	self->rings.control->release_tail += 0x80000000;
	self->rings.control->ready_head += 0x12345678;
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_LE(0, rings_receive(self->fd, 0, 0));
	EXPECT_EQ(5, self->rings.ready[0].len);

	/* The kernel reads nothing back of what is its own */
	self->rings.control->ready_tail = 77;
	self->rings.control->done_tail = 77;
	self->rings.control->ready_head = 1;
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello!", 6));
	EXPECT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
	EXPECT_EQ(2, self->rings.control->ready_tail);
	EXPECT_EQ(6, self->rings.ready[1].len);
}

TEST_F(rpmsg_ring, bad_arguments)
{
	struct {
		struct rpmsg_ring_wait wait;
		uint32_t more;
	} arg;

	EXPECT_EQ(-EINVAL, rings_send(self->fd, SLOTS + 1, 0));
	EXPECT_EQ(-EINVAL, rings_receive(self->fd, SLOTS + 1, 0));
	memset(&arg, 0, sizeof(arg));
	arg.wait.size = sizeof(arg.wait) - 1;
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_IOC_RING_SEND, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.wait.size = sizeof(arg);
	arg.more = 1;
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_IOC_RING_SEND, &arg));
	EXPECT_EQ(E2BIG, errno);
	arg.wait.size = sizeof(arg.wait);
	arg.wait.reserved = 1;
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_IOC_RING_RECEIVE, &arg));
	EXPECT_EQ(EINVAL, errno);
	arg.wait.reserved = 0;
	arg.wait.args.flags = 1;
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_IOC_RING_RECEIVE, &arg));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, RPMSG_IOC_RING_RECEIVE, 8));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(rpmsg_ring, send_waits_for_buffers)
{
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, 1);
	EXPECT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, rings_send(self->fd, 1, 50 * MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(0, rings_send(self->fd, 1, PATIENCE_MS * MS));
	EXPECT_EQ(-ETIMEDOUT, rings_send(self->fd, 2, 50 * MS));
}

/* Fills the vring by rings that are larger than it, and leaves the others their room. */
TEST_F(rpmsg_ring, room)
{
	struct rings large = {};
	char node[NODE_MAX];
	uint32_t i;
	int fd, sent;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "large", HOST + 1, REMOTE,
				     node));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rings_setup(&large, fd, 4096, 4));
	ASSERT_EQ(0, rings_map(&large, fd));

	for (i = 0; i < RING_NUM; i++)
		rings_submit(&large, i, 1);
	sent = rings_send(fd, 0, 0);
	EXPECT_LT(0, sent);
	EXPECT_GT(RING_NUM, sent);
	EXPECT_EQ(0, rings_send(fd, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, rings_send(fd, 0, 50 * MS));

	/* A plain message of another endpoint goes between */
	node_set_nonblock(self->fd, true);
	EXPECT_EQ(5, node_write(self->fd, "plain", 5));
	for (i = 0; (int)i < sent; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(HOST, self->message.header.src);

	/* The rest had been taken before, and goes now */
	EXPECT_EQ(RING_NUM - sent, rings_send(fd, 0, PATIENCE_MS * MS));
	remote_drain(&self->remote);
	rings_unmap(&large);
	close(fd);
}

TEST_F(rpmsg_ring, receive)
{
	const struct rpmsg_ring_ready *ready;

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one", 3));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE + 7, HOST, "", 0));
	EXPECT_EQ(2, rings_receive(self->fd, 2, PATIENCE_MS * MS));
	ready = rings_next_ready(&self->rings);
	ASSERT_NE(NULL, ready);
	EXPECT_EQ(3, ready->len);
	EXPECT_EQ(REMOTE, ready->src);
	EXPECT_EQ(0, memcmp(rings_rx_slot(&self->rings, ready->slot), "one", 3));
	ready = rings_next_ready(&self->rings);
	ASSERT_NE(NULL, ready);
	EXPECT_EQ(0, ready->len);
	EXPECT_EQ(REMOTE + 7, ready->src);
	EXPECT_EQ(NULL, rings_next_ready(&self->rings));

	EXPECT_EQ(0, rings_receive(self->fd, 0, 0));
	EXPECT_EQ(0, rings_receive(self->fd, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, rings_receive(self->fd, 1, 50 * MS));
}

/* Found in one go, for rings, for a node without, and for nobody: all arrive, in order. */
TEST_F(rpmsg_ring, many_for_several)
{
	static const uint32_t to[] = { 0, 0, 1, 2, 0, 1, 1, 0, 0, 0, 2, 1, 0 };
	const unsigned int num = sizeof(to) / sizeof(to[0]);
	const struct rpmsg_ring_ready *ready;
	uint32_t i, number;
	int other;

	other = endpoint_open(&self->processor, self->ctrl, "other", HOST + 1, REMOTE, O_RDWR);
	ASSERT_LE(0, other);
	for (i = 0; i < num; i++)
		ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST + to[i], &i, sizeof(i)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, &i, sizeof(i)));

	EXPECT_EQ(8, rings_receive(self->fd, 8, PATIENCE_MS * MS));
	for (i = 0; i <= num; i++) {
		if (i < num && to[i])
			continue;
		ready = rings_next_ready(&self->rings);
		ASSERT_NE(NULL, ready);
		memcpy(&number, rings_rx_slot(&self->rings, ready->slot), sizeof(number));
		EXPECT_EQ(i, number);
	}
	for (i = 0; i < num; i++) {
		if (to[i] != 1)
			continue;
		ASSERT_EQ(sizeof(number), node_read(other, &number, sizeof(number)));
		EXPECT_EQ(i, number);
	}
	EXPECT_EQ(2, device_counter(&self->processor, "rx_unclaimed"));
	close(other);
}

/* More than there is room for, released out of order: all arrive, in order. */
TEST_F(rpmsg_ring, receive_more_than_fits)
{
	const struct rpmsg_ring_ready *ready;
	uint32_t i, j, slots[SLOTS], number;

	for (i = 0; i < 5 * SLOTS; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, &i, sizeof(i)));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));
		for (j = 0; j < SLOTS; j++) {
			ready = rings_next_ready(&self->rings);
			ASSERT_NE(NULL, ready);
			memcpy(&number, rings_rx_slot(&self->rings, ready->slot),
			       sizeof(number));
			EXPECT_EQ(i * SLOTS + j, number);
			slots[j] = ready->slot;
		}
		EXPECT_EQ(NULL, rings_next_ready(&self->rings));
		EXPECT_EQ(-ENOBUFS, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		for (j = SLOTS; j; j--)
			rings_release(&self->rings, slots[j - 1]);
	}
	EXPECT_EQ(0, rings_receive(self->fd, 0, 0));
	EXPECT_EQ(0, self->rings.control->bad_release);
}

/* What had no room when the remote went comes when there is some. The end comes after that. */
TEST_F(rpmsg_ring, the_rest_after_the_end)
{
	const struct rpmsg_ring_ready *ready;
	uint32_t i, number;

	for (i = 0; i < 2 * SLOTS; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, &i, sizeof(i)));
	ASSERT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));
	for (i = 0; i < SLOTS; i++)
		ASSERT_NE(NULL, rings_next_ready(&self->rings));
	ASSERT_EQ(0, processor_stop(&self->processor));
	for (i = 0; i < SLOTS; i++) {
		EXPECT_EQ(-ENOBUFS, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		rings_release(&self->rings, i);
		ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
		ready = rings_next_ready(&self->rings);
		ASSERT_NE(NULL, ready);
		memcpy(&number, rings_rx_slot(&self->rings, ready->slot), sizeof(number));
		EXPECT_EQ(SLOTS + i, number);
	}
	EXPECT_EQ(-EPIPE, rings_receive(self->fd, 1, PATIENCE_MS * MS));
}

TEST_F(rpmsg_ring, bad_releases)
{
	const struct rpmsg_ring_ready *ready;
	uint32_t i;

	rings_release(&self->rings, 0);
	rings_release(&self->rings, SLOTS);
	rings_release(&self->rings, 0xffffffff);
	EXPECT_EQ(0, rings_receive(self->fd, 0, 0));
	EXPECT_EQ(3, self->rings.control->bad_release);
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, &i, sizeof(i)));
	EXPECT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));

	ready = rings_next_ready(&self->rings);
	ASSERT_NE(NULL, ready);
	rings_release(&self->rings, ready->slot);
	rings_release(&self->rings, ready->slot);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "more", 4));
	EXPECT_EQ(SLOTS, rings_receive(self->fd, SLOTS, PATIENCE_MS * MS));
	EXPECT_EQ(4, self->rings.control->bad_release);
}

/* What came before there were rings comes first. */
TEST_F(rpmsg_ring, queue_goes_first)
{
	struct rings late = {};
	char node[NODE_MAX];
	int fd;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "late", HOST + 1, REMOTE, node));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, "early", 5));
	ASSERT_EQ(POLLIN, node_poll(fd, POLLIN, PATIENCE_MS));
	ASSERT_EQ(0, rings_setup(&late, fd, 4, 4));
	ASSERT_EQ(0, rings_map(&late, fd));
	EXPECT_EQ(POLLIN, node_poll(fd, POLLIN, 0));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, "later!", 6));
	EXPECT_EQ(2, rings_receive(fd, 2, PATIENCE_MS * MS));
	EXPECT_EQ(5, late.ready[0].len);
	EXPECT_EQ(6, late.ready[1].len);
	rings_unmap(&late);
	close(fd);
}

TEST_F(rpmsg_ring, poll)
{
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(POLLIN, node_poll(self->fd, POLLIN, PATIENCE_MS));
	ASSERT_NE(NULL, rings_next_ready(&self->rings));
	EXPECT_EQ(0, node_poll(self->fd, POLLIN, 0));
}

TEST_F(rpmsg_ring, commands_wait)
{
	struct commander receiver, sender;
	uint32_t i;

	ASSERT_TRUE(commander_start(&receiver, self->fd, RPMSG_IOC_RING_RECEIVE, 2));
	EXPECT_EQ(-EBUSY, rings_receive(self->fd, 1, 50 * MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one", 3));
	EXPECT_FALSE(wait_until(receiver.result != COMMANDER_RUNNING, QUIET_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "two", 3));
	EXPECT_EQ(2, commander_result(&receiver));

	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, 1);
	EXPECT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	ASSERT_TRUE(commander_start(&sender, self->fd, RPMSG_IOC_RING_SEND, 1));
	EXPECT_EQ(-EBUSY, rings_send(self->fd, 1, 50 * MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(0, commander_result(&sender));
}

/* The remote goes: everybody is told, nobody falls, and what was received stays. */
TEST_F(rpmsg_ring, stop)
{
	struct commander receiver, sender;
	const struct rpmsg_ring_done *done;
	uint32_t i;

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "last", 4));
	ASSERT_EQ(1, rings_receive(self->fd, 1, PATIENCE_MS * MS));
	memset(self->rings.tx, 0x5c, rings_tx_size(&self->rings));
	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, 1);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	ASSERT_TRUE(commander_start(&receiver, self->fd, RPMSG_IOC_RING_RECEIVE, SLOTS));
	ASSERT_TRUE(commander_start(&sender, self->fd, RPMSG_IOC_RING_SEND, 1));
	ASSERT_EQ(0, processor_stop(&self->processor));

	EXPECT_EQ(1, commander_result(&receiver));
	EXPECT_EQ(-EPIPE, commander_result(&sender));
	EXPECT_TRUE(wait_until(__atomic_load_n(&self->rings.control->gone, __ATOMIC_ACQUIRE),
			       PATIENCE_MS));
	for (i = 0; i < SLOTS; i++) {
		done = rings_next_done(&self->rings);
		ASSERT_NE(NULL, done);
		EXPECT_EQ(-EPIPE, done->status);
	}
	EXPECT_EQ(NULL, rings_next_done(&self->rings));

	EXPECT_EQ(0, memcmp(self->rings.rx, "last", 4));
	ASSERT_NE(NULL, rings_next_ready(&self->rings));
	EXPECT_EQ(-EPIPE, rings_receive(self->fd, 1, 0));
	EXPECT_EQ(-EPIPE, rings_send(self->fd, 0, 0));
	EXPECT_EQ(POLLERR | POLLHUP | POLLRDHUP,
		  node_poll(self->fd, POLLIN | POLLOUT | POLLRDHUP, 0));

	/* In place of the remote's memory there is some that is nobody's */
	EXPECT_EQ(0, self->rings.tx[0]);
	memset(self->rings.tx, 0x5c, rings_tx_size(&self->rings));
}

struct numbers {
	struct rings rings;
	int fd;
	int result;
	_Atomic bool destroyed;
};

/* Messages with a number each, one after the other, for as long as they go. */
static void *send_numbers(void *data)
{
	struct numbers *numbers = data;
	const struct rpmsg_ring_done *done = NULL;
	uint32_t number, slot;
	int ret = 0;

	for (number = 0; ret >= 0; number++) {
		while (number >= SLOTS && ret >= 0 && !(done = rings_next_done(&numbers->rings)))
			ret = rings_send(numbers->fd, 1, RPMSG_TIMEOUT_NONE);
		if (ret < 0)
			break;
		slot = done ? done->slot : number;
		memcpy(rings_tx_slot(&numbers->rings, slot), &number, sizeof(number));
		rings_submit(&numbers->rings, slot, sizeof(number));
		ret = rings_send(numbers->fd, 0, 0);
	}
	numbers->result = ret;
	return NULL;
}

static void *destroy_numbers(void *data)
{
	struct numbers *numbers = data;

	ioctl(numbers->fd, RPMSG_DESTROY_EPT_IOCTL);
	numbers->destroyed = true;
	return NULL;
}

/* What is sent is what was written, to the last: buffers go only when no more is sent. */
TEST_F(rpmsg_ring, destroy_while_sending)
{
	struct numbers numbers;
	pthread_t sender, destroyer;
	char node[NODE_MAX];
	uint32_t next, round;

	for (round = 0; round < 12; round++) {
		memset(&numbers, 0, sizeof(numbers));
		ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "numbers",
					     HOST + 1 + round, REMOTE, node));
		numbers.fd = node_open(node, O_RDWR);
		ASSERT_LE(0, numbers.fd);
		ASSERT_EQ(0, rings_setup(&numbers.rings, numbers.fd, SLOTS, SLOTS));
		ASSERT_EQ(0, rings_map(&numbers.rings, numbers.fd));
		ASSERT_EQ(0, pthread_create(&sender, NULL, send_numbers, &numbers));

		for (next = 0; !numbers.destroyed || remote_has_message(&self->remote); next++) {
			if (next == 2 * SLOTS)
				ASSERT_EQ(0, pthread_create(&destroyer, NULL, destroy_numbers,
							    &numbers));
			ASSERT_TRUE(wait_until(numbers.destroyed ||
					       remote_has_message(&self->remote), PATIENCE_MS));
			if (!remote_has_message(&self->remote))
				break;
			ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
			ASSERT_EQ(0, memcmp(self->message.data, &next, sizeof(next)));
		}
		pthread_join(sender, NULL);
		pthread_join(destroyer, NULL);
		EXPECT_EQ(-EPIPE, numbers.result);
		rings_unmap(&numbers.rings);
		close(numbers.fd);
	}
}

/* The remote returns a buffer that it never had: who waits is told, and so is who comes after. */
TEST_F(rpmsg_ring, broken)
{
	struct commander sender;

	rings_submit(&self->rings, 0, 1);
	ASSERT_EQ(1, rings_send(self->fd, 0, 0));
	ASSERT_TRUE(commander_start(&sender, self->fd, RPMSG_IOC_RING_SEND, SLOTS));
	ring_give(&self->remote.from_host, 0xffff, 0);
	ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.from_host));
	EXPECT_EQ(-EPIPE, commander_result(&sender));
	rings_submit(&self->rings, 1, 1);
	EXPECT_EQ(-EPIPE, rings_send(self->fd, 0, 0));
}

/* The same memory for the next life of the processor; an old mapping does not show it. */
TEST_F(rpmsg_ring, restart)
{
	struct rings anew = {};
	char node[NODE_MAX];
	int fd;

	memset(self->rings.tx, 0x5c, rings_tx_size(&self->rings));
	ASSERT_EQ(0, processor_stop(&self->processor));
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	close(self->ctrl);
	self->ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "anew", HOST, REMOTE, node));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, rings_setup(&anew, fd, SLOTS, SLOTS));
	ASSERT_EQ(0, rings_map(&anew, fd));
	EXPECT_EQ(0, anew.tx[0]);
	EXPECT_EQ(0, memcmp(anew.tx, anew.tx + 1, rings_tx_size(&anew) - 1));
	memset(self->rings.tx, 0xa5, rings_tx_size(&self->rings));
	submit_text(&anew, 0, "hello");
	EXPECT_EQ(1, rings_send(fd, 0, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(0, memcmp(self->message.data, "hello", 5));
	EXPECT_EQ(0, anew.tx[5]);
	rings_unmap(&anew);
	close(fd);
}

/* Closed with messages under way: they arrive, and the node can be opened again. */
TEST_F(rpmsg_ring, close_with_messages_under_way)
{
	uint32_t i, round;

	for (round = 0; round < 10; round++) {
		memset(self->rings.tx, round + 1, rings_tx_size(&self->rings));
		for (i = 0; i < SLOTS; i++)
			rings_submit(&self->rings, i, RPMSG_PAYLOAD_MAX);
		EXPECT_EQ(SLOTS, rings_send(self->fd, 0, 0));
		rings_unmap(&self->rings);
		close(self->fd);
		self->fd = node_open(self->node, O_RDWR);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, rings_setup(&self->rings, self->fd, SLOTS, SLOTS));
		ASSERT_EQ(0, rings_map(&self->rings, self->fd));
		for (i = 0; i < SLOTS; i++) {
			ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
			EXPECT_EQ(round + 1, self->message.data[0]);
			EXPECT_EQ(round + 1, self->message.data[RPMSG_PAYLOAD_MAX - 1]);
		}
	}
}

/* A mapping keeps the file. */
TEST_F(rpmsg_ring, mapping_after_close)
{
	close(self->fd);
	self->fd = -1;
	self->rings.tx[0] = 1;
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));
	rings_unmap(&self->rings);
	self->fd = node_open(self->node, O_RDWR);
	EXPECT_LE(0, self->fd);
}

/* io_uring */

static void uring_submit(struct io_uring *uring, int fd, unsigned int request, uint32_t count,
			 uint64_t timeout_ns, uint64_t id)
{
	struct rpmsg_ring_wait_args args = { .count = count, .timeout_ns = timeout_ns };
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = request;
	memcpy(sqe->cmd, &args, sizeof(args));
	sqe->user_data = id;
	io_uring_submit(uring);
}

/* The result of the next completion; 1000 when there is none, 1001 when it is another one's. */
static int uring_result(struct io_uring *uring, uint64_t id, int timeout_ms)
{
	struct __kernel_timespec t = {
		.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000ll,
	};
	struct io_uring_cqe *cqe;
	int ret;

	if (io_uring_wait_cqe_timeout(uring, &cqe, &t))
		return 1000;
	ret = cqe->user_data == id ? cqe->res : 1001;
	io_uring_cqe_seen(uring, cqe);
	return ret;
}

#define URING_SEND	RPMSG_IOC_RING_SEND
#define URING_RECEIVE	RPMSG_IOC_RING_RECEIVE

TEST_F(rpmsg_ring, uring)
{
	struct io_uring uring;
	uint32_t i;

	ASSERT_EQ(0, io_uring_queue_init(8, &uring, 0));
	submit_text(&self->rings, 0, "hello");
	uring_submit(&uring, self->fd, URING_SEND, 0, 0, 1);
	EXPECT_EQ(1, uring_result(&uring, 1, PATIENCE_MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(5, self->message.header.len);

	uring_submit(&uring, self->fd, URING_RECEIVE, 2, RPMSG_TIMEOUT_NONE, 2);
	EXPECT_EQ(1000, uring_result(&uring, 2, QUIET_MS));
	uring_submit(&uring, self->fd, URING_RECEIVE, 2, RPMSG_TIMEOUT_NONE, 3);
	EXPECT_EQ(-EBUSY, uring_result(&uring, 3, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one", 3));
	EXPECT_EQ(1000, uring_result(&uring, 2, QUIET_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "two", 3));
	EXPECT_EQ(2, uring_result(&uring, 2, PATIENCE_MS));
	uring_submit(&uring, self->fd, URING_RECEIVE, 3, 50 * MS, 4);
	EXPECT_EQ(2, uring_result(&uring, 4, PATIENCE_MS));
	self->rings.control->ready_head += 2;
	uring_submit(&uring, self->fd, URING_RECEIVE, 1, 50 * MS, 5);
	EXPECT_EQ(-ETIMEDOUT, uring_result(&uring, 5, PATIENCE_MS));

	ASSERT_EQ(0, rings_send(self->fd, SLOTS, PATIENCE_MS * MS));
	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, 1);
	uring_submit(&uring, self->fd, URING_SEND, SLOTS, RPMSG_TIMEOUT_NONE, 6);
	EXPECT_EQ(1000, uring_result(&uring, 6, QUIET_MS));
	for (i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(SLOTS, uring_result(&uring, 6, PATIENCE_MS));
	uring_submit(&uring, self->fd, URING_SEND, SLOTS + 1, 0, 7);
	EXPECT_EQ(-EINVAL, uring_result(&uring, 7, PATIENCE_MS));
	uring_submit(&uring, self->fd, RPMSG_IOC_RING_SETUP, 0, 0, 8);
	EXPECT_EQ(-EINVAL, uring_result(&uring, 8, PATIENCE_MS));
	io_uring_queue_exit(&uring);
}

TEST_F(rpmsg_ring, uring_poll_thread)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000 };
	struct io_uring uring;

	ASSERT_EQ(0, io_uring_queue_init_params(8, &uring, &params));
	submit_text(&self->rings, 0, "hello");
	uring_submit(&uring, self->fd, URING_SEND, 0, 0, 1);
	EXPECT_EQ(1, uring_result(&uring, 1, PATIENCE_MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	uring_submit(&uring, self->fd, URING_RECEIVE, 1, RPMSG_TIMEOUT_NONE, 2);
	EXPECT_EQ(1000, uring_result(&uring, 2, QUIET_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "one", 3));
	EXPECT_EQ(1, uring_result(&uring, 2, PATIENCE_MS));
	self->rings.control->ready_head++;
	uring_submit(&uring, self->fd, URING_RECEIVE, 1, RPMSG_TIMEOUT_NONE, 3);
	EXPECT_EQ(1000, uring_result(&uring, 3, QUIET_MS));
	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-ECANCELED, uring_result(&uring, 3, PATIENCE_MS));
	io_uring_queue_exit(&uring);
}

TEST_F(rpmsg_ring, uring_stop)
{
	struct io_uring uring;
	uint32_t i;

	ASSERT_EQ(0, io_uring_queue_init(8, &uring, 0));
	for (i = 0; i < SLOTS; i++)
		rings_submit(&self->rings, i, 1);
	ASSERT_EQ(SLOTS, rings_send(self->fd, 0, 0));
	uring_submit(&uring, self->fd, URING_SEND, 1, RPMSG_TIMEOUT_NONE, 1);
	EXPECT_EQ(1000, uring_result(&uring, 1, QUIET_MS));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-EPIPE, uring_result(&uring, 1, PATIENCE_MS));
	uring_submit(&uring, self->fd, URING_RECEIVE, 1, RPMSG_TIMEOUT_NONE, 2);
	EXPECT_EQ(-EPIPE, uring_result(&uring, 2, PATIENCE_MS));
	io_uring_queue_exit(&uring);
}

TEST_F(rpmsg_ring, uring_close)
{
	struct io_uring uring;

	ASSERT_EQ(0, io_uring_queue_init(8, &uring, 0));
	uring_submit(&uring, self->fd, URING_RECEIVE, 1, RPMSG_TIMEOUT_NONE, 1);
	EXPECT_EQ(1000, uring_result(&uring, 1, QUIET_MS));
	rings_unmap(&self->rings);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-ECANCELED, uring_result(&uring, 1, PATIENCE_MS));
	io_uring_queue_exit(&uring);
	EXPECT_TRUE(wait_until((self->fd = node_open(self->node, O_RDWR)) >= 0, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
