// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rings of librpmsg on endpoints that have them in the kernel, and on nodes that have not, because
 * several files share them, or because they are mainline's: the same program, the same results.
 */
#include <errno.h>
#include <fcntl.h>
#include <librpmsg.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "wait.h"

#define HOST		700
#define REMOTE		800
#define BUFFERS		(RING_NUM / 2)

#define MS		1000000LL
#define PATIENCE_NS	(PATIENCE_MS * MS)

FIXTURE(librpmsg_ring)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	int ctrl;
	struct rpmsg_context *ctx;
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;
};

FIXTURE_VARIANT(librpmsg_ring)
{
	enum rpmsg_ring_mode mode;
	uint32_t flags;			/* of RPMSG_IOC_CREATE_ENDPOINT */
};

FIXTURE_VARIANT_ADD(librpmsg_ring, shared)
{
	.mode = RPMSG_RING_SHARED,
};

FIXTURE_VARIANT_ADD(librpmsg_ring, copy)
{
	.mode = RPMSG_RING_COPY,
	.flags = RPMSG_ENDPOINT_SHARED,
};

FIXTURE_VARIANT_ADD(librpmsg_ring, exclusive)
{
	.mode = RPMSG_RING_EXCLUSIVE,
};

/* Mainline knows one kind of node, and a call that does not tell which it made. */
static int create_node(FIXTURE_DATA(librpmsg_ring) *self, uint32_t flags, char node[NODE_MAX])
{
	struct rpmsg_endpoint_create create = {
		.size = sizeof(create), .flags = flags, .name = "rings", .src = HOST,
		.dst = REMOTE,
	};

	if (getenv("RPMSG_REFERENCE"))
		return endpoint_create(&self->processor, self->ctrl, create.name, HOST, REMOTE,
				       node);
	if (ioctl(self->ctrl, RPMSG_IOC_CREATE_ENDPOINT, &create))
		return -errno;
	snprintf(node, NODE_MAX, "/dev/rpmsg%u", create.index);
	return 0;
}

FIXTURE_SETUP(librpmsg_ring)
{
	char node[NODE_MAX];

	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, create_node(self, variant->flags, node));
	ASSERT_EQ(0, rpmsg_context_new(&self->ctx));
	ASSERT_EQ(0, rpmsg_endpoint_open(self->ctx, node, &self->endpoint));
	if (variant->mode != RPMSG_RING_EXCLUSIVE) {
		EXPECT_EQ(variant->mode == RPMSG_RING_COPY ? -EOPNOTSUPP : -EPERM,
			  rpmsg_ring_open_exclusive(self->endpoint, BUFFERS, BUFFERS, &self->ring));
		ASSERT_EQ(0, rpmsg_ring_open(self->endpoint, BUFFERS, BUFFERS, &self->ring));
		return;
	}
	ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
	ASSERT_EQ(0, rpmsg_ring_open_exclusive(self->endpoint, BUFFERS, BUFFERS, &self->ring));
}

FIXTURE_TEARDOWN(librpmsg_ring)
{
	rpmsg_ring_close(self->ring);
	rpmsg_endpoint_close(self->endpoint);
	rpmsg_context_free(self->ctx);
	ctrl_down(&self->processor, self->ctrl);
}

TEST_F(librpmsg_ring, open)
{
	struct rpmsg_ring *other;

	EXPECT_EQ(variant->mode, rpmsg_ring_get_mode(self->ring));
	EXPECT_EQ(-EBUSY, rpmsg_ring_open(self->endpoint, 1, 1, &other));
	/* A file has one for as long as it lives */
	rpmsg_ring_close(self->ring);
	self->ring = NULL;
	EXPECT_EQ(-EBUSY, rpmsg_ring_open(self->endpoint, 1, 1, &other));
}

/* Each message has its number in all of its bytes; the remote answers with the same. */
static bool send_all(struct rpmsg_ring *ring, unsigned char first)
{
	struct rpmsg_buffer buffer;
	unsigned int i;

	for (i = 0; i < BUFFERS; i++) {
		if (rpmsg_ring_reserve(ring, &buffer) || buffer.len != RPMSG_PAYLOAD_MAX)
			return false;
		buffer.len = RPMSG_PAYLOAD_MAX - i;
		memset(buffer.data, first + i, buffer.len);
		if (rpmsg_ring_submit(ring, &buffer))
			return false;
	}
	return !rpmsg_ring_flush(ring, 0, PATIENCE_NS);
}

static bool answer_all(struct remote *remote, struct rpmsg_message *message, unsigned char first)
{
	unsigned int i;

	for (i = 0; i < BUFFERS; i++)
		if (remote_receive(remote, message, PATIENCE_MS) ||
		    message->header.len != RPMSG_PAYLOAD_MAX - i || message->data[0] != first + i ||
		    message->data[message->header.len - 1] != first + i ||
		    remote_send(remote, REMOTE, message->header.src, message->data,
				message->header.len))
			return false;
	return true;
}

/* Releases every second one later, so that they go back out of order. */
static bool receive_all(struct rpmsg_ring *ring, unsigned char first)
{
	struct rpmsg_buffer buffers[BUFFERS];
	const unsigned char *data;
	unsigned int i;

	if (rpmsg_ring_wait(ring, BUFFERS, PATIENCE_NS))
		return false;
	for (i = 0; i < BUFFERS; i++) {
		if (rpmsg_ring_peek(ring, &buffers[i]) ||
		    buffers[i].len != RPMSG_PAYLOAD_MAX - i)
			return false;
		data = buffers[i].data;
		if (data[0] != first + i || data[buffers[i].len - 1] != first + i)
			return false;
	}
	if (rpmsg_ring_peek(ring, &buffers[0]) != -EAGAIN ||
	    rpmsg_ring_wait(ring, 1, 0) != -ENOBUFS)
		return false;
	for (i = 0; i < 2 * BUFFERS; i += 2)
		if (rpmsg_ring_release(ring, &buffers[i < BUFFERS ? i : i - BUFFERS + 1]))
			return false;
	return true;
}

TEST_F_TIMEOUT(librpmsg_ring, there_and_back, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		ASSERT_TRUE(send_all(self->ring, round));
		ASSERT_TRUE(answer_all(&self->remote, &self->message, round));
		ASSERT_TRUE(receive_all(self->ring, round));
	}
	EXPECT_EQ(0, rpmsg_ring_flush(self->ring, BUFFERS, PATIENCE_NS));
	EXPECT_EQ(0, rpmsg_ring_get_undelivered(self->ring));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_wait(self->ring, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, rpmsg_ring_wait(self->ring, 1, QUIET_MS * MS));
}

TEST_F(librpmsg_ring, batches)
{
	struct rpmsg_buffer out[BUFFERS + 1], in[BUFFERS + 1];
	unsigned int i, count;

	EXPECT_EQ(-EINVAL, rpmsg_ring_reserve_batch(self->ring, out, 0, &count));
	EXPECT_EQ(-EINVAL, rpmsg_ring_peek_batch(self->ring, in, 0, &count));
	EXPECT_EQ(0, rpmsg_ring_submit_batch(self->ring, NULL, 0));
	EXPECT_EQ(0, rpmsg_ring_release_batch(self->ring, NULL, 0));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_peek_batch(self->ring, in, BUFFERS, &count));
	EXPECT_EQ(0, count);

	ASSERT_EQ(0, rpmsg_ring_reserve_batch(self->ring, out, BUFFERS + 1, &count));
	ASSERT_EQ(BUFFERS, count);
	EXPECT_EQ(-EAGAIN, rpmsg_ring_reserve_batch(self->ring, out, 1, &count));
	EXPECT_EQ(0, count);
	for (i = 0; i < BUFFERS; i++) {
		memset(out[i].data, 'a' + i, 5);
		out[i].len = 5;
	}

	/* One that is bad, the last or one that is there twice: none goes. */
	out[BUFFERS - 1].len = RPMSG_PAYLOAD_MAX + 1;
	EXPECT_EQ(-EMSGSIZE, rpmsg_ring_submit_batch(self->ring, out, BUFFERS));
	out[BUFFERS - 1].len = 5;
	out[BUFFERS] = out[0];
	EXPECT_EQ(-EINVAL, rpmsg_ring_submit_batch(self->ring, out, BUFFERS + 1));
	EXPECT_EQ(0, rpmsg_ring_flush(self->ring, 0, PATIENCE_NS));
	EXPECT_FALSE(remote_has_message(&self->remote));
	EXPECT_EQ(-EINVAL, rpmsg_ring_flush(self->ring, 1, 0));

	EXPECT_EQ(0, rpmsg_ring_submit_batch(self->ring, out, BUFFERS));
	EXPECT_EQ(-EINVAL, rpmsg_ring_submit_batch(self->ring, out, 1));
	EXPECT_EQ(0, rpmsg_ring_flush(self->ring, 0, PATIENCE_NS));
	for (i = 0; i < BUFFERS; i++) {
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		EXPECT_EQ('a' + i, self->message.data[4]);
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, self->message.data, 5));
	}

	ASSERT_EQ(0, rpmsg_ring_wait(self->ring, BUFFERS, PATIENCE_NS));
	ASSERT_EQ(0, rpmsg_ring_peek_batch(self->ring, in, 3, &count));
	ASSERT_EQ(3, count);
	ASSERT_EQ(0, rpmsg_ring_peek_batch(self->ring, in + 3, BUFFERS, &count));
	ASSERT_EQ(BUFFERS - 3, count);
	for (i = 0; i < BUFFERS; i++)
		EXPECT_EQ('a' + i, *(char *)in[i].data);
	in[BUFFERS] = in[0];
	EXPECT_EQ(-EINVAL, rpmsg_ring_release_batch(self->ring, in, BUFFERS + 1));
	EXPECT_EQ(-ENOBUFS, rpmsg_ring_wait(self->ring, 1, 0));
	EXPECT_EQ(0, rpmsg_ring_release_batch(self->ring, in, BUFFERS));
	EXPECT_EQ(-EINVAL, rpmsg_ring_release_batch(self->ring, in, 1));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_wait(self->ring, 1, 0));
}

TEST_F(librpmsg_ring, one_by_one)
{
	char data[RPMSG_PAYLOAD_MAX];
	size_t len;

	EXPECT_EQ(-EMSGSIZE, rpmsg_ring_send(self->ring, data, sizeof(data) + 1, 0));
	EXPECT_EQ(0, rpmsg_ring_send(self->ring, "hello", 5, PATIENCE_NS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(5, self->message.header.len);
	EXPECT_EQ(-EAGAIN, rpmsg_ring_recv(self->ring, data, sizeof(data), 0, &len));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	EXPECT_EQ(-EMSGSIZE, rpmsg_ring_recv(self->ring, data, 5, PATIENCE_NS, &len));
	EXPECT_EQ(6, len);
	EXPECT_EQ(0, rpmsg_ring_recv(self->ring, data, 6, 0, &len));
	EXPECT_EQ(0, memcmp(data, "answer", 6));
}

/* The remote does not interrupt. */
TEST_F(librpmsg_ring, busy_poll)
{
	char data[8];
	size_t len;

	EXPECT_EQ(-EINVAL, rpmsg_ring_set_busy_poll(self->ring, -1));
	if (variant->mode == RPMSG_RING_COPY) {
		EXPECT_EQ(-EOPNOTSUPP, rpmsg_ring_set_busy_poll(self->ring, 1));
		return;
	}
	EXPECT_EQ(-EINVAL, rpmsg_ring_set_busy_poll(self->ring, 1000 * MS));
	ASSERT_EQ(0, rpmsg_ring_set_busy_poll(self->ring, 10 * MS));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(0, rpmsg_ring_recv(self->ring, data, sizeof(data), PATIENCE_NS, &len));
	EXPECT_EQ(5, len);
	ASSERT_EQ(0, rpmsg_ring_set_busy_poll(self->ring, 0));
	ASSERT_EQ(0, remote_put(&self->remote, REMOTE, HOST, "again", 5));
	EXPECT_EQ(-ETIMEDOUT,
		  rpmsg_ring_recv(self->ring, data, sizeof(data), QUIET_MS * MS, &len));
}

/* A vring full of others' messages; what waits for room stays in order. */
TEST_F(librpmsg_ring, full)
{
	unsigned int i;
	int fd;

	fd = endpoint_open(&self->processor, self->ctrl, "other", HOST + 1, REMOTE,
			   O_RDWR | O_NONBLOCK);
	if (variant->mode == RPMSG_RING_EXCLUSIVE) {
		/* There are no others. */
		EXPECT_EQ(-EBUSY, fd);
		return;
	}
	ASSERT_LE(0, fd);
	ASSERT_LT(0, node_fill(fd));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_send(self->ring, "0", 1, 0));
	EXPECT_EQ(-ETIMEDOUT, rpmsg_ring_send(self->ring, "1", 1, QUIET_MS * MS));
	for (i = 2; i < BUFFERS; i++)
		EXPECT_EQ(-EAGAIN, rpmsg_ring_send(self->ring, &(char){ '0' + i }, 1, 0));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_send(self->ring, "x", 1, 0));
	remote_drain(&self->remote);
	EXPECT_EQ(0, rpmsg_ring_flush(self->ring, 0, PATIENCE_NS));
	for (i = 0; i < BUFFERS; i++) {
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		EXPECT_EQ(HOST, self->message.header.src);
		EXPECT_EQ('0' + i, self->message.data[0]);
	}
	close(fd);
}

struct waiter {
	struct rpmsg_ring *ring;
	pthread_t thread;
	atomic_int result;
};

static void *wait_for_message(void *data)
{
	struct waiter *waiter = data;

	waiter->result = rpmsg_ring_wait(waiter->ring, BUFFERS, INT64_MAX);
	return NULL;
}

TEST_F(librpmsg_ring, remote_goes)
{
	struct waiter waiter = { .ring = self->ring, .result = 1 };
	struct rpmsg_buffer buffer;

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "last", 4));
	ASSERT_EQ(0, rpmsg_ring_wait(self->ring, 1, PATIENCE_NS));
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_for_message, &waiter));
	EXPECT_FALSE(wait_until(waiter.result != 1, QUIET_MS));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_TRUE(wait_until(waiter.result == -EPIPE, PATIENCE_MS));
	pthread_join(waiter.thread, NULL);

	EXPECT_EQ(-EPIPE, rpmsg_ring_send(self->ring, "lost", 4, PATIENCE_NS));
	EXPECT_EQ(0, rpmsg_ring_peek(self->ring, &buffer));
	EXPECT_EQ(4, buffer.len);
	EXPECT_EQ(0, memcmp(buffer.data, "last", 4));
	EXPECT_EQ(-EPIPE, rpmsg_ring_wait(self->ring, 1, PATIENCE_NS));
}

static int completion(struct io_uring *uring)
{
	struct __kernel_timespec limit = { .tv_sec = PATIENCE_MS / 1000 };
	struct io_uring_cqe *cqe;
	int ret;

	if (io_uring_wait_cqe_timeout(uring, &cqe, &limit))
		return -ETIME;
	ret = cqe->res;
	io_uring_cqe_seen(uring, cqe);
	return ret;
}

TEST_F(librpmsg_ring, uring)
{
	struct rpmsg_buffer buffer;
	struct io_uring_sqe *sqe;
	struct io_uring uring;

	ASSERT_EQ(0, io_uring_queue_init(4, &uring, 0));
	sqe = io_uring_get_sqe(&uring);
	if (variant->mode == RPMSG_RING_COPY) {
		EXPECT_EQ(-EOPNOTSUPP, rpmsg_ring_prep_flush(self->ring, sqe, 0, 0));
		EXPECT_EQ(-EOPNOTSUPP, rpmsg_ring_prep_wait(self->ring, sqe, 1, 0));
		io_uring_queue_exit(&uring);
		return;
	}

	ASSERT_EQ(0, rpmsg_ring_reserve(self->ring, &buffer));
	memcpy(buffer.data, "hello", 5);
	buffer.len = 5;
	ASSERT_EQ(0, rpmsg_ring_submit(self->ring, &buffer));
	ASSERT_EQ(0, rpmsg_ring_prep_flush(self->ring, sqe, 0, INT64_MAX));
	ASSERT_EQ(1, io_uring_submit(&uring));
	EXPECT_EQ(1, completion(&uring));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));

	ASSERT_EQ(0, rpmsg_ring_prep_wait(self->ring, io_uring_get_sqe(&uring), 1, INT64_MAX));
	ASSERT_EQ(1, io_uring_submit(&uring));
	EXPECT_EQ(-EAGAIN, rpmsg_ring_peek(self->ring, &buffer));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	EXPECT_EQ(1, completion(&uring));
	ASSERT_EQ(0, rpmsg_ring_peek(self->ring, &buffer));
	EXPECT_EQ(6, buffer.len);
	EXPECT_EQ(REMOTE, buffer.src);
	EXPECT_EQ(0, rpmsg_ring_release(self->ring, &buffer));

	ASSERT_EQ(0, rpmsg_ring_prep_wait(self->ring, io_uring_get_sqe(&uring), 1, INT64_MAX));
	ASSERT_EQ(1, io_uring_submit(&uring));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-EPIPE, completion(&uring));
	io_uring_queue_exit(&uring);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
