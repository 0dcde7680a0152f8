// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/rpmsgN through io_uring's READ and WRITE: they complete inline when they can, are waited for
 * without a thread when they cannot, and end when the remote does.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <liburing.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

FIXTURE(uring)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct io_uring ring;
	int ctrl;
	int fd;			/* blocks */
	uint8_t data[512];
};

FIXTURE_SETUP(uring)
{
	int ret;

	self->fd = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "uring", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);

	ret = io_uring_queue_init(64, &self->ring, 0);
	if (ret == -ENOSYS)
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(uring)
{
	io_uring_queue_exit(&self->ring);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static void submit_read(FIXTURE_DATA(uring) *self, uint64_t id)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);

	io_uring_prep_read(sqe, self->fd, self->data, sizeof(self->data), 0);
	sqe->user_data = id;
	io_uring_submit(&self->ring);
}

static void submit_write(FIXTURE_DATA(uring) *self, uint64_t id)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);

	io_uring_prep_write(sqe, self->fd, "message", 7, 0);
	sqe->user_data = id;
	io_uring_submit(&self->ring);
}

/* The result of the next completion; 1000 when there is none, 1001 when it is another one's. */
static int next_result(FIXTURE_DATA(uring) *self, uint64_t id, int timeout_ms)
{
	struct __kernel_timespec t = {
		.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000ll,
	};
	struct io_uring_cqe *cqe;
	int ret;

	if (timeout_ms ? io_uring_wait_cqe_timeout(&self->ring, &cqe, &t) :
			 io_uring_peek_cqe(&self->ring, &cqe))
		return 1000;
	ret = cqe->user_data == id ? cqe->res : 1001;
	io_uring_cqe_seen(&self->ring, cqe);
	return ret;
}

TEST_F(uring, write_is_inline)
{
	submit_write(self, 1);
	EXPECT_EQ(7, next_result(self, 1, 0));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(7, self->message.header.len);
	EXPECT_EQ(0, memcmp(self->message.data, "message", 7));
}

TEST_F(uring, read_is_inline)
{
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	submit_read(self, 1);
	EXPECT_EQ(5, next_result(self, 1, 0));
	EXPECT_EQ(0, memcmp(self->data, "hello", 5));
}

TEST_F(uring, read_waits)
{
	submit_read(self, 1);
	EXPECT_EQ(1000, next_result(self, 1, QUIET_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(5, next_result(self, 1, PATIENCE_MS));
	EXPECT_EQ(0, memcmp(self->data, "hello", 5));
}

TEST_F(uring, write_waits_for_room)
{
	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	submit_write(self, 99);
	EXPECT_EQ(1000, next_result(self, 99, QUIET_MS));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(7, next_result(self, 99, PATIENCE_MS));
}

/* Threads of this process that io_uring made to wait in. */
static int workers(void)
{
	char text[64];
	glob_t tasks;
	size_t i;
	int count = 0;

	if (glob("/proc/self/task/*/comm", 0, NULL, &tasks))
		return -1;
	for (i = 0; i < tasks.gl_pathc; i++)
		count += file_read_line(tasks.gl_pathv[i], text, sizeof(text)) > 0 &&
			 !strncmp(text, "iou-wrk", 7);
	globfree(&tasks);
	return count;
}

/* Whether the file blocks or not, and whatever has to be waited for. */
TEST_F(uring, no_worker)
{
	int i;

	for (i = 0; i < 2; i++) {
		node_set_nonblock(self->fd, i);
		submit_write(self, 1);
		EXPECT_EQ(7, next_result(self, 1, 0));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
		submit_read(self, 2);
		EXPECT_EQ(5, next_result(self, 2, 0));

		submit_read(self, 3);
		EXPECT_EQ(1000, next_result(self, 3, QUIET_MS));
		EXPECT_EQ(0, workers());
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
		EXPECT_EQ(5, next_result(self, 3, PATIENCE_MS));

		ASSERT_EQ(RING_NUM, node_fill(self->fd));
		submit_write(self, 4);
		EXPECT_EQ(1000, next_result(self, 4, QUIET_MS));
		EXPECT_EQ(0, workers());
		remote_drain(&self->remote);
		EXPECT_EQ(7, next_result(self, 4, PATIENCE_MS));
		EXPECT_EQ(0, workers());
		remote_drain(&self->remote);
	}
}

TEST_F(uring, errors)
{
	struct io_uring_sqe *sqe;

	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_write(sqe, self->fd, self->data, 497, 0);
	sqe->user_data = 1;
	io_uring_submit(&self->ring);
	EXPECT_EQ(-EMSGSIZE, next_result(self, 1, PATIENCE_MS));

	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_write(sqe, self->fd, (void *)8, 8, 0);
	sqe->user_data = 2;
	io_uring_submit(&self->ring);
	EXPECT_EQ(-EFAULT, next_result(self, 2, PATIENCE_MS));

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_read(sqe, self->fd, self->data, 1, 0);
	sqe->user_data = 3;
	io_uring_submit(&self->ring);
	EXPECT_EQ(-EMSGSIZE, next_result(self, 3, PATIENCE_MS));
	submit_read(self, 4);
	EXPECT_EQ(5, next_result(self, 4, PATIENCE_MS));
}

TEST_F(uring, read_is_cancelled)
{
	struct io_uring_sqe *sqe;
	int i, ret, results[2] = { 1000, 1000 };
	struct __kernel_timespec t = { .tv_sec = PATIENCE_MS / 1000 };
	struct io_uring_cqe *cqe;

	submit_read(self, 0);
	EXPECT_EQ(1000, next_result(self, 0, QUIET_MS));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_cancel64(sqe, 0, 0);
	sqe->user_data = 1;
	io_uring_submit(&self->ring);

	for (i = 0; i < 2; i++) {
		ret = io_uring_wait_cqe_timeout(&self->ring, &cqe, &t);
		ASSERT_EQ(0, ret);
		results[cqe->user_data & 1] = cqe->res;
		io_uring_cqe_seen(&self->ring, cqe);
	}
	EXPECT_EQ(-ECANCELED, results[0]);
	EXPECT_EQ(0, results[1]);

	/* The next message is for the next reader */
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
}

TEST_F(uring, read_ends_when_the_processor_stops)
{
	submit_read(self, 1);
	EXPECT_EQ(1000, next_result(self, 1, QUIET_MS));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-EPIPE, next_result(self, 1, PATIENCE_MS));
}

TEST_F(uring, write_ends_when_the_processor_stops)
{
	ASSERT_EQ(RING_NUM, node_fill(self->fd));
	submit_write(self, 99);
	EXPECT_EQ(1000, next_result(self, 99, QUIET_MS));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-EPIPE, next_result(self, 99, PATIENCE_MS));
}

TEST_F(uring, read_ends_when_the_endpoint_goes)
{
	submit_read(self, 1);
	EXPECT_EQ(1000, next_result(self, 1, QUIET_MS));
	ASSERT_EQ(0, ioctl(self->fd, RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_EQ(-EPIPE, next_result(self, 1, PATIENCE_MS));
}

/* Closed with a read under way: the ring's exit ends it, and the processor can go. */
TEST_F(uring, exit_with_a_read_pending)
{
	submit_read(self, 1);
	close(self->fd);
	self->fd = -1;
	io_uring_queue_exit(&self->ring);
	EXPECT_EQ(0, processor_stop(&self->processor));
	ASSERT_EQ(0, io_uring_queue_init(4, &self->ring, 0));
}

/* All that is to be sent in one go, answered by a remote that echoes. */
TEST_F_TIMEOUT(uring, stream, 120)
{
	const unsigned int total = 500;
	unsigned int sent = 0, done = 0, answered = 0;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int ret;

	submit_read(self, 1);
	while (answered < total) {
		while (sent < total && sent - answered < RING_NUM) {
			sqe = io_uring_get_sqe(&self->ring);
			ASSERT_NE(NULL, sqe);
			io_uring_prep_write(sqe, self->fd, "message", 7, 0);
			sqe->user_data = 2;
			sent++;
		}
		io_uring_submit(&self->ring);

		while (remote_has_message(&self->remote)) {
			ASSERT_EQ(0, remote_receive(&self->remote, &self->message, 0));
			ret = -EAGAIN;
			wait_until((ret = remote_send(&self->remote, REMOTE, HOST,
						      self->message.data,
						      self->message.header.len)) != -EAGAIN,
				   PATIENCE_MS);
			ASSERT_EQ(0, ret);
		}
		while (!io_uring_peek_cqe(&self->ring, &cqe)) {
			ASSERT_EQ(7, cqe->res);
			if (cqe->user_data == 1) {
				answered++;
				io_uring_cqe_seen(&self->ring, cqe);
				if (answered < total)
					submit_read(self, 1);
			} else {
				done++;
				io_uring_cqe_seen(&self->ring, cqe);
			}
		}
	}
	EXPECT_EQ(total, done);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
