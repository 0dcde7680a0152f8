// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections of librpmsg's endpoints: that they need no node, and that an endpoint which was
 * opened by service survives the end of its remote. Against the echo firmware, run by the urproc
 * tool.
 */
#include <errno.h>
#include <librpmsg.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "file.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

#define MS		1000000LL
#define PATIENCE_NS	(PATIENCE_MS * MS)
#define SERVICE		"rpmsg-echo"
#define MTU		496

static int firmware_start(struct program *urproc, const char *name)
{
	char path[FILE_PATH_MAX];
	int ret;

	file_path(path, "%s/examples/firmware/echo.elf", getenv("RPMSG_BUILD"));
	ret = program_start(urproc, "urproc", "run", "--name", name, path, NULL);
	if (!ret && !program_says(urproc, "running", PATIENCE_MS))
		ret = -ETIMEDOUT;
	return ret;
}

FIXTURE(connection)
{
	struct program urproc;
	struct program other;
	struct rpmsg_context *ctx;
	struct rpmsg_processor *dsp;
	struct rpmsg_endpoint *endpoint;
	char data[MTU];
	size_t len;
};

FIXTURE_SETUP(connection)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	ASSERT_EQ(0, rpmsg_context_new(&self->ctx));
	ASSERT_EQ(0, firmware_start(&self->urproc, "dsp"));
	ASSERT_EQ(0, rpmsg_processor_find(self->ctx, "dsp", &self->dsp));
	ASSERT_EQ(0, rpmsg_endpoint_open_service(self->ctx, self->dsp, SERVICE, PATIENCE_NS,
						 &self->endpoint));
}

FIXTURE_TEARDOWN(connection)
{
	if (_metadata->exit_code)
		program_show(&self->urproc);
	rpmsg_endpoint_close(self->endpoint);
	rpmsg_processor_free(self->dsp);
	rpmsg_context_free(self->ctx);
	program_kill(&self->other);
	program_kill(&self->urproc);
}

#define send_(text)								\
	rpmsg_endpoint_send(self->endpoint, text, strlen(text), PATIENCE_NS)
#define recv_(timeout_ns)							\
	rpmsg_endpoint_recv(self->endpoint, self->data, MTU, timeout_ns, &self->len)
#define got(text)	(self->len == strlen(text) && !memcmp(self->data, text, self->len))

static bool echoes(FIXTURE_DATA(connection) *self, const char *text)
{
	return !send_(text) && !recv_(PATIENCE_NS) && got(text);
}

/* Endpoints in the kernel, those of nodes that the kernel made by itself left out. */
static size_t count_endpoints(struct rpmsg_context *ctx, bool *have_file)
{
	struct rpmsg_node **list;
	size_t all, count = 0, i;

	*have_file = false;
	if (rpmsg_node_list(ctx, NULL, &list, &all))
		return 99;
	for (i = 0; i < all; i++) {
		if (strcmp(rpmsg_node_get_name(list[i]), SERVICE))
			continue;
		count++;
		if (rpmsg_node_get_path(list[i]))
			*have_file = true;
	}
	rpmsg_node_list_free(list, all);
	return count;
}

static bool is_stock(FIXTURE_DATA(connection) *self)
{
	return rpmsg_endpoint_get_mode(self->endpoint) == RPMSG_ENDPOINT_STOCK;
}

/* A child opens one more endpoint, and dies as programs should not. */
static bool child_dies_with_endpoint(FIXTURE_DATA(connection) *self)
{
	struct rpmsg_endpoint *endpoint;
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (rpmsg_endpoint_open_service(self->ctx, self->dsp, SERVICE, PATIENCE_NS,
						&endpoint))
			_exit(1);
		raise(SIGKILL);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

TEST_F_TIMEOUT(connection, no_node, 120)
{
	struct rpmsg_channel **channels;
	struct rpmsg_node *node;
	bool have_file;
	size_t count, i, services = 0;

	if (is_stock(self))
		SKIP(return, "mainline has no endpoints without a node");
	EXPECT_EQ(NULL, rpmsg_endpoint_get_path(self->endpoint));
	EXPECT_EQ(1, count_endpoints(self->ctx, &have_file));
	EXPECT_FALSE(have_file);
	EXPECT_TRUE(echoes(self, "hello"));

	/* It is found by its own name, and cannot be taken away. */
	EXPECT_EQ(-ENOENT, rpmsg_node_find(self->ctx, NULL, SERVICE, &node));
	ASSERT_EQ(0, rpmsg_node_find(self->ctx, NULL, rpmsg_endpoint_get_sysname(self->endpoint),
				     &node));
	EXPECT_EQ(-EINVAL, rpmsg_node_destroy(node));
	rpmsg_node_free(node);

	/* And it is no channel. */
	ASSERT_EQ(0, rpmsg_channel_list(self->ctx, NULL, &channels, &count));
	for (i = 0; i < count; i++)
		services += !strcmp(rpmsg_channel_get_service(channels[i]), SERVICE);
	EXPECT_EQ(1, services);
	rpmsg_channel_list_free(channels, count);

	ASSERT_TRUE(child_dies_with_endpoint(self));
	EXPECT_TRUE(wait_until(count_endpoints(self->ctx, &have_file) == 1, PATIENCE_MS));
	rpmsg_endpoint_close(self->endpoint);
	self->endpoint = NULL;
	EXPECT_EQ(0, count_endpoints(self->ctx, &have_file));
}

TEST_F_TIMEOUT(connection, restart, 120)
{
	int fd = rpmsg_endpoint_get_fd(self->endpoint);

	ASSERT_TRUE(echoes(self, "before"));
	EXPECT_EQ(1, rpmsg_endpoint_get_generation(self->endpoint));
	EXPECT_EQ(0, rpmsg_endpoint_reconnect(self->endpoint, 0));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));

	/* Told once; from there on the service is waited for. */
	EXPECT_EQ(-EPIPE, recv_(PATIENCE_NS));
	EXPECT_EQ(-EAGAIN, recv_(0));
	EXPECT_EQ(-ETIMEDOUT, rpmsg_endpoint_send(self->endpoint, "x", 1, MS));
	EXPECT_EQ(-ETIMEDOUT, rpmsg_endpoint_reconnect(self->endpoint, MS));
	EXPECT_EQ(1, rpmsg_endpoint_get_generation(self->endpoint));

	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	EXPECT_TRUE(echoes(self, "after"));
	EXPECT_EQ(2, rpmsg_endpoint_get_generation(self->endpoint));
	EXPECT_EQ(fd, rpmsg_endpoint_get_fd(self->endpoint));

	/* A sender is told as a receiver is. */
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	EXPECT_EQ(-EPIPE, send_("x"));
	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	EXPECT_TRUE(echoes(self, "again"));
	EXPECT_EQ(3, rpmsg_endpoint_get_generation(self->endpoint));
}

TEST_F_TIMEOUT(connection, many_restarts, 240)
{
	unsigned int i;

	for (i = 1; i <= 8; i++) {
		ASSERT_TRUE(echoes(self, "hello"));
		ASSERT_EQ(i, rpmsg_endpoint_get_generation(self->endpoint));
		ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
		ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
		ASSERT_EQ(-EPIPE, i % 2 ? recv_(PATIENCE_NS) : send_("lost"));
	}
}

TEST_F_TIMEOUT(connection, crash, 120)
{
	ASSERT_TRUE(echoes(self, "before"));
	ASSERT_EQ(0, rpmsg_processor_crash(self->dsp, RPMSG_CRASH_FATAL_ERROR));
	EXPECT_EQ(-EPIPE, recv_(PATIENCE_NS));
	EXPECT_TRUE(echoes(self, "after"));
	EXPECT_EQ(2, rpmsg_endpoint_get_generation(self->endpoint));
}

/* Not what has the same service, and not by number: the processor of the same name. */
TEST_F_TIMEOUT(connection, other_number, 120)
{
	struct rpmsg_processor *dsp;

	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	ASSERT_EQ(0, firmware_start(&self->other, "other"));
	EXPECT_EQ(-EPIPE, recv_(PATIENCE_NS));
	EXPECT_EQ(-ETIMEDOUT, recv_(QUIET_MS * MS));

	ASSERT_EQ(0, firmware_start(&self->urproc, "dsp"));
	ASSERT_EQ(0, rpmsg_processor_find(self->ctx, "dsp", &dsp));
	EXPECT_STRNE(rpmsg_processor_get_sysname(self->dsp), rpmsg_processor_get_sysname(dsp));
	EXPECT_TRUE(echoes(self, "after"));
	EXPECT_EQ(0, program_end(&self->other, SIGTERM, PATIENCE_MS));
	EXPECT_TRUE(echoes(self, "still"));
	rpmsg_processor_free(dsp);
}

/* What a caller with an event loop sees, who never waits in the library. */
TEST_F_TIMEOUT(connection, poll, 120)
{
	struct pollfd pfd = { .fd = rpmsg_endpoint_get_fd(self->endpoint), .events = POLLIN };
	unsigned int told = 0, wakes;
	int64_t start_ms;
	int ret = 0;

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_TRUE(pfd.revents & POLLERR);
	EXPECT_EQ(-EPIPE, recv_(0));
	start_ms = now_ms();
	EXPECT_EQ(-EAGAIN, recv_(0));

	/* It does not spin. */
	for (wakes = 0; wakes < 3; wakes++) {
		ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
		EXPECT_EQ(POLLIN, pfd.revents);
		EXPECT_EQ(-EAGAIN, recv_(0));
	}
	EXPECT_LE(200, now_ms() - start_ms);

	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	while (rpmsg_endpoint_get_generation(self->endpoint) == 1) {
		ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
		ret = recv_(0);
		told += ret == -EPIPE;
	}
	EXPECT_EQ(-EAGAIN, ret);
	EXPECT_EQ(0, told);
	EXPECT_EQ(0, send_("hello"));
	EXPECT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	EXPECT_EQ(0, recv_(0));
	EXPECT_TRUE(got("hello"));
}

/* What arrived was accepted: whoever is told while sending can still read it. */
TEST_F_TIMEOUT(connection, unread, 120)
{
	struct pollfd pfd = { .fd = rpmsg_endpoint_get_fd(self->endpoint), .events = POLLIN };

	if (is_stock(self))
		SKIP(return, "mainline drops what is queued");
	ASSERT_EQ(0, send_("one"));
	ASSERT_EQ(1, poll(&pfd, 1, PATIENCE_MS));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	EXPECT_EQ(-EPIPE, send_("two"));
	EXPECT_EQ(0, recv_(0));
	EXPECT_TRUE(got("one"));
	EXPECT_EQ(-EAGAIN, recv_(0));
}

struct side {
	pthread_t thread;
	struct rpmsg_endpoint *endpoint;
	_Atomic unsigned int told;	/* -EPIPE */
	_Atomic unsigned int messages;	/* in the last generation */
	struct side *receiver;
	struct side *other;
	unsigned int last;
	int64_t end_ms;
	_Atomic int wrong;
};

#define ENOUGH	10

/* Take messages, or send some, until a few arrived in the last generation. */
static void *run_side(struct side *side, bool sends)
{
	char data[MTU] = "hello";
	size_t len;
	int ret;

	while (side->receiver->messages < ENOUGH && !side->wrong && !side->other->wrong &&
	       now_ms() < side->end_ms) {
		ret = sends ? rpmsg_endpoint_send(side->endpoint, "hello", 5, PATIENCE_NS) :
			      rpmsg_endpoint_recv(side->endpoint, data, MTU, PATIENCE_NS, &len);
		if (!ret && (sends || (len == 5 && !memcmp(data, "hello", 5))))
			side->messages += rpmsg_endpoint_get_generation(side->endpoint) ==
					  side->last;
		else if (ret == -EPIPE)
			side->told++;
		else
			side->wrong = ret ? ret : -EBADMSG;
		if (sends)
			usleep(1000);
	}
	return NULL;
}

static void *run_sender(void *data)
{
	return run_side(data, true);
}

static void *run_receiver(void *data)
{
	return run_side(data, false);
}

TEST_F_TIMEOUT(connection, two_threads, 240)
{
	struct side sender = {
		.endpoint = self->endpoint,
		.last = 6,
		.end_ms = now_ms() + 3 * PATIENCE_MS,
	};
	struct side receiver = sender;
	unsigned int generation;
	bool next = true;

	sender.receiver = &receiver;
	sender.other = &receiver;
	receiver.receiver = &receiver;
	receiver.other = &sender;

	ASSERT_EQ(0, pthread_create(&sender.thread, NULL, run_sender, &sender));
	ASSERT_EQ(0, pthread_create(&receiver.thread, NULL, run_receiver, &receiver));
	for (generation = 1; next && generation < sender.last; generation++) {
		EXPECT_EQ(0, rpmsg_processor_stop(self->dsp));
		EXPECT_EQ(0, rpmsg_processor_boot(self->dsp));
		next = wait_until(rpmsg_endpoint_get_generation(self->endpoint) == generation + 1,
				  2 * PATIENCE_MS);
		EXPECT_TRUE(next);
	}
	pthread_join(sender.thread, NULL);
	pthread_join(receiver.thread, NULL);
	EXPECT_EQ(0, sender.wrong);
	EXPECT_EQ(0, receiver.wrong);
	EXPECT_LE(ENOUGH, receiver.messages);
	EXPECT_EQ(sender.last, rpmsg_endpoint_get_generation(self->endpoint));
	/* Each end was told, to one of them or to both. */
	EXPECT_LE(5, sender.told + receiver.told);
	EXPECT_GE(5, sender.told);
	EXPECT_GE(5, receiver.told);
}

TEST_F_TIMEOUT(connection, uring, 120)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	ASSERT_EQ(0, rpmsg_endpoint_prep_recv(self->endpoint, io_uring_get_sqe(&ring), self->data,
					      MTU));
	ASSERT_EQ(1, io_uring_submit(&ring));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
	EXPECT_EQ(-EPIPE, cqe->res);
	io_uring_cqe_seen(&ring, cqe);

	EXPECT_EQ(-EAGAIN, rpmsg_endpoint_reconnect(self->endpoint, 0));
	EXPECT_EQ(-EPIPE, rpmsg_endpoint_prep_recv(self->endpoint, io_uring_get_sqe(&ring),
						   self->data, MTU));
	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	ASSERT_EQ(0, rpmsg_endpoint_reconnect(self->endpoint, PATIENCE_NS));
	EXPECT_EQ(2, rpmsg_endpoint_get_generation(self->endpoint));
	io_uring_queue_exit(&ring);

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	ASSERT_EQ(0, rpmsg_endpoint_prep_recv(self->endpoint, io_uring_get_sqe(&ring), self->data,
					      MTU));
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(0, send_("hello"));
	ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
	EXPECT_EQ(5, cqe->res);
	io_uring_queue_exit(&ring);
}

/* An endpoint of a device is over when the device is. */
TEST_F_TIMEOUT(connection, by_path, 120)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_node *node;

	ASSERT_EQ(0, rpmsg_node_create(self->ctx, self->dsp, "mine", RPMSG_ADDRESS_ANY, 1024,
				       PATIENCE_NS, &node));
	ASSERT_EQ(0, rpmsg_endpoint_open(self->ctx, rpmsg_node_get_path(node), &endpoint));
	EXPECT_EQ(-EOPNOTSUPP, rpmsg_endpoint_reconnect(endpoint, 0));
	ASSERT_EQ(0, rpmsg_processor_stop(self->dsp));
	ASSERT_EQ(0, rpmsg_processor_boot(self->dsp));
	EXPECT_EQ(-EPIPE, rpmsg_endpoint_send(endpoint, "x", 1, MS));
	EXPECT_EQ(-EPIPE, rpmsg_endpoint_send(endpoint, "x", 1, MS));
	EXPECT_EQ(1, rpmsg_endpoint_get_generation(endpoint));
	rpmsg_endpoint_close(endpoint);
	rpmsg_node_free(node);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
