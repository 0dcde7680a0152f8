// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that has rings and commands under way ends, becomes another program, or makes a child:
 * nobody hangs, and the next one finds all as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
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

enum commands { BY_CALL, BY_URING, BY_POLL_THREAD };

FIXTURE(rpmsg_ring_exit)
{
	struct processor processor;
	struct remote remote;
	char node[NODE_MAX];
	int ctrl;
	pid_t child;
	int alive;			/* end of a pipe whose other end closes with the child */
};

FIXTURE_VARIANT(rpmsg_ring_exit)
{
	enum commands commands;
	bool exclusive;
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, calls)
{
	.commands = BY_CALL,
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, uring)
{
	.commands = BY_URING,
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, poll_thread)
{
	.commands = BY_POLL_THREAD,
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, exclusive_calls)
{
	.commands = BY_CALL,
	.exclusive = true,
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, exclusive_uring)
{
	.commands = BY_URING,
	.exclusive = true,
};

FIXTURE_VARIANT_ADD(rpmsg_ring_exit, exclusive_poll_thread)
{
	.commands = BY_POLL_THREAD,
	.exclusive = true,
};

FIXTURE_SETUP(rpmsg_ring_exit)
{
	self->alive = -1;
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "rings", HOST, REMOTE,
				     self->node));
	if (variant->exclusive)
		ASSERT_EQ(0, device_set_exclusive(&self->processor, true));
}

FIXTURE_TEARDOWN(rpmsg_ring_exit)
{
	if (self->child > 0)
		kill(self->child, SIGKILL);
	close(self->alive);
	ctrl_down(&self->processor, self->ctrl);
}

static void *send_by_call(void *fd)
{
	rings_send(*(int *)fd, 1, RPMSG_TIMEOUT_NONE);
	return NULL;
}

static void *receive_by_call(void *fd)
{
	rings_receive(*(int *)fd, 1, RPMSG_TIMEOUT_NONE);
	return NULL;
}

static void prepare(struct io_uring *uring, int fd, unsigned int request)
{
	const struct rpmsg_ring_wait_args args = { .count = 1, .timeout_ns = RPMSG_TIMEOUT_NONE };
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = request;
	memcpy(sqe->cmd, &args, sizeof(args));
}

static int uring_init(struct io_uring *uring, enum commands commands)
{
	struct io_uring_params params = { .sq_thread_idle = 10 };

	if (commands == BY_POLL_THREAD)
		params.flags = IORING_SETUP_SQPOLL;
	return io_uring_queue_init_params(8, uring, &params);
}

/* Both commands, and neither can finish: the remote does nothing. */
static bool start_commands(int *fd, enum commands commands, struct rings *rings,
			   struct io_uring *uring)
{
	pthread_t thread;
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		rings_submit(rings, i, 1);
	if (commands == BY_CALL)
		return !pthread_create(&thread, NULL, send_by_call, fd) &&
		       !pthread_create(&thread, NULL, receive_by_call, fd) &&
		       !wait_until(false, QUIET_MS);
	if (uring_init(uring, commands))
		return false;
	prepare(uring, *fd, RPMSG_IOC_RING_SEND);
	prepare(uring, *fd, RPMSG_IOC_RING_RECEIVE);
	return io_uring_submit(uring) == 2 &&
	       wait_until(!io_uring_sq_ready(uring), PATIENCE_MS) && !io_uring_cq_ready(uring);
}

enum end { EXITS, WAITS, EXECS, EXECS_WITH_FILE };

static void child(const char *node, bool exclusive, enum commands commands, enum end end,
		  int ready)
{
	struct rings rings;
	struct io_uring uring;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Another program does not inherit it. */
	fd = rings_open(&rings, node, exclusive, SLOTS, SLOTS);
	if (fd < 0 || !start_commands(&fd, commands, &rings, &uring) || write(ready, "", 1) != 1)
		_exit(1);
	if (end == EXITS)
		_exit(0);
	if (end == EXECS_WITH_FILE)
		fcntl(fd, F_SETFD, 0);
	if (end == EXECS || end == EXECS_WITH_FILE)
		execl("/bin/sleep", "sleep", "1000", NULL);
	for (;;)
		pause();
}

/* On return its commands are under way. */
static bool child_start(FIXTURE_DATA(rpmsg_ring_exit) *self,
			const FIXTURE_VARIANT(rpmsg_ring_exit) *variant, enum end end)
{
	int ready[2];
	char c;

	if (pipe2(ready, O_CLOEXEC))
		return false;
	close(self->alive);
	self->alive = ready[0];
	self->child = fork();
	if (!self->child)
		child(self->node, variant->exclusive, variant->commands, end, ready[1]);
	close(ready[1]);
	return self->child > 0 && read(self->alive, &c, 1) == 1;
}

/* Its files are closed, those that another program does not inherit. */
static bool child_is_over(const FIXTURE_DATA(rpmsg_ring_exit) *self)
{
	return wait_until(node_poll(self->alive, POLLIN, 0) & POLLHUP, PATIENCE_MS);
}

static bool child_is_dead(FIXTURE_DATA(rpmsg_ring_exit) *self)
{
	int status;
	bool dead = wait_until(waitpid(self->child, &status, WNOHANG) == self->child, PATIENCE_MS);

	if (dead)
		self->child = 0;
	return dead;
}

/* All that was sent arrives, and the next one starts with nothing. */
static bool others_go_on(FIXTURE_DATA(rpmsg_ring_exit) *self, bool exclusive)
{
	struct rpmsg_message message;
	struct rings rings;
	uint32_t i;
	bool ok;
	int fd;

	wait_until((fd = rings_open(&rings, self->node, exclusive, SLOTS, SLOTS)) >= 0,
		   PATIENCE_MS);
	if (fd < 0)
		return false;
	for (i = 0; i < SLOTS; i++)
		if (remote_receive(&self->remote, &message, PATIENCE_MS) || message.header.len != 1)
			return false;
	memcpy(rings_tx_slot(&rings, 0), "hello", 5);
	rings_submit(&rings, 0, 5);
	ok = rings_send(fd, 0, 0) == 1 &&
	     !remote_receive(&self->remote, &message, PATIENCE_MS) && message.header.len == 5 &&
	     !remote_send(&self->remote, REMOTE, HOST, "answer", 6) &&
	     rings_receive(fd, 1, PATIENCE_MS * MS) == 1 && rings.ready[0].len == 6 &&
	     !rings.control->bad_submit && !rings.control->bad_release;
	rings_unmap(&rings);
	close(fd);
	return ok;
}

TEST_F_TIMEOUT(rpmsg_ring_exit, exits, 120)
{
	ASSERT_TRUE(child_start(self, variant, EXITS));
	EXPECT_TRUE(child_is_dead(self));
	EXPECT_TRUE(others_go_on(self, variant->exclusive));
}

TEST_F_TIMEOUT(rpmsg_ring_exit, killed, 120)
{
	ASSERT_TRUE(child_start(self, variant, WAITS));
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));
	kill(self->child, SIGKILL);
	EXPECT_TRUE(child_is_dead(self));
	EXPECT_TRUE(others_go_on(self, variant->exclusive));
}

/* What was mapped is gone with the program, and so is the file. */
TEST_F_TIMEOUT(rpmsg_ring_exit, execs, 120)
{
	ASSERT_TRUE(child_start(self, variant, EXECS));
	EXPECT_TRUE(child_is_over(self));
	EXPECT_TRUE(others_go_on(self, variant->exclusive));
	EXPECT_EQ(0, kill(self->child, 0));
	kill(self->child, SIGKILL);
	EXPECT_TRUE(child_is_dead(self));
}

/* The next program has the file, and the commands are no more. */
TEST_F_TIMEOUT(rpmsg_ring_exit, execs_and_keeps_the_file, 120)
{
	ASSERT_TRUE(child_start(self, variant, EXECS_WITH_FILE));
	EXPECT_TRUE(child_is_over(self));
	EXPECT_EQ(-EBUSY, node_open(self->node, O_RDWR));
	kill(self->child, SIGKILL);
	EXPECT_TRUE(child_is_dead(self));
	EXPECT_TRUE(others_go_on(self, variant->exclusive));
}

/* A child has a descriptor of the file; what it does with that is its own affair. */
TEST_F_TIMEOUT(rpmsg_ring_exit, forks, 120)
{
	struct io_uring uring;
	struct io_uring_cqe *cqe;
	struct rings rings;
	int fd, status;
	pid_t pid;

	if (variant->commands == BY_CALL)
		return;		/* has nothing that a child could end */
	fd = rings_open(&rings, self->node, variant->exclusive, SLOTS, SLOTS);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, uring_init(&uring, variant->commands));
	prepare(&uring, fd, RPMSG_IOC_RING_RECEIVE);
	ASSERT_EQ(1, io_uring_submit(&uring));
	ASSERT_TRUE(wait_until(!io_uring_sq_ready(&uring), PATIENCE_MS));
	pid = fork();
	if (!pid)
		_exit(close(fd) ? 1 : 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_FALSE(wait_until(io_uring_cq_ready(&uring), QUIET_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	ASSERT_TRUE(wait_until(!io_uring_peek_cqe(&uring, &cqe), PATIENCE_MS));
	EXPECT_EQ(1, cqe->res);
	io_uring_queue_exit(&uring);
	rings_unmap(&rings);
	close(fd);
}

/* The program goes on, without its io_uring, and waits otherwise. */
TEST_F_TIMEOUT(rpmsg_ring_exit, closes_the_uring, 120)
{
	struct io_uring uring;
	struct rings rings;
	int fd;

	if (variant->commands == BY_CALL)
		return;
	fd = rings_open(&rings, self->node, variant->exclusive, SLOTS, SLOTS);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, uring_init(&uring, variant->commands));
	prepare(&uring, fd, RPMSG_IOC_RING_RECEIVE);
	ASSERT_EQ(1, io_uring_submit(&uring));
	ASSERT_TRUE(wait_until(!io_uring_sq_ready(&uring), PATIENCE_MS));
	EXPECT_EQ(-EBUSY, rings_receive(fd, 1, MS));
	io_uring_queue_exit(&uring);
	EXPECT_TRUE(wait_until(rings_receive(fd, 1, MS) == -ETIMEDOUT, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	EXPECT_EQ(1, rings_receive(fd, 1, PATIENCE_MS * MS));
	rings_unmap(&rings);
	close(fd);
}

struct submitter {
	struct io_uring	uring;
	int		fd;
	int		submitted;
};

static void *submit_and_end(void *data)
{
	struct submitter *submitter = data;

	prepare(&submitter->uring, submitter->fd, RPMSG_IOC_RING_RECEIVE);
	submitter->submitted = io_uring_submit(&submitter->uring);
	return NULL;
}

/* On return the thread is gone, and its command is under way. */
static bool submit_by_thread(struct submitter *submitter)
{
	pthread_t thread;

	return !pthread_create(&thread, NULL, submit_and_end, submitter) &&
	       !pthread_join(thread, NULL) && submitter->submitted == 1 &&
	       wait_until(!io_uring_sq_ready(&submitter->uring), PATIENCE_MS) &&
	       !wait_until(io_uring_cq_ready(&submitter->uring), QUIET_MS);
}

/* The program goes on, and so does the command of one of its threads that does not. */
TEST_F_TIMEOUT(rpmsg_ring_exit, thread_ends, 120)
{
	struct submitter submitter = {};
	struct io_uring_cqe *cqe;
	struct rings rings;

	if (variant->commands == BY_CALL)
		return;
	submitter.fd = rings_open(&rings, self->node, variant->exclusive, SLOTS, SLOTS);
	ASSERT_LE(0, submitter.fd);
	ASSERT_EQ(0, uring_init(&submitter.uring, variant->commands));
	ASSERT_TRUE(submit_by_thread(&submitter));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "hello", 5));
	ASSERT_TRUE(wait_until(!io_uring_peek_cqe(&submitter.uring, &cqe), PATIENCE_MS));
	EXPECT_EQ(1, cqe->res);
	io_uring_cqe_seen(&submitter.uring, cqe);
	ASSERT_NE(NULL, rings_next_ready(&rings));

	ASSERT_TRUE(submit_by_thread(&submitter));
	EXPECT_EQ(-EBUSY, rings_receive(submitter.fd, 1, MS));
	io_uring_queue_exit(&submitter.uring);
	EXPECT_TRUE(wait_until(rings_receive(submitter.fd, 1, MS) == -ETIMEDOUT, PATIENCE_MS));
	rings_unmap(&rings);
	close(submitter.fd);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
