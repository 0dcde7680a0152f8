// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * librpmsg on real nodes: against the echo firmware, and against the one that takes no message,
 * both run by the urproc tool.
 */
#include <errno.h>
#include <librpmsg.h>
#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "file.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

#define MS		1000000LL
#define PATIENCE_NS	(PATIENCE_MS * MS)
#define MTU		496

static int firmware_start(struct program *urproc, const char *firmware)
{
	char path[FILE_PATH_MAX];
	int ret;

	file_path(path, "%s/examples/firmware/%s", getenv("RPMSG_BUILD"), firmware);
	ret = program_start(urproc, "urproc", "run", "--name", "dsp", path, NULL);
	if (!ret && !program_says(urproc, "running", PATIENCE_MS))
		ret = -ETIMEDOUT;
	return ret;
}

FIXTURE(librpmsg)
{
	struct program urproc;
	struct rpmsg_context *ctx;
	struct rpmsg_endpoint *endpoint;
	char data[MTU];
};

FIXTURE_SETUP(librpmsg)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	ASSERT_EQ(0, rpmsg_context_new(&self->ctx));
}

FIXTURE_TEARDOWN(librpmsg)
{
	if (_metadata->exit_code)
		program_show(&self->urproc);
	rpmsg_endpoint_close(self->endpoint);
	rpmsg_context_free(self->ctx);
	program_kill(&self->urproc);
}

#define open_echo(endpoint)							\
	rpmsg_endpoint_open_service(self->ctx, NULL, "rpmsg-echo", PATIENCE_NS, endpoint)

static size_t count_nodes(struct rpmsg_context *ctx)
{
	struct rpmsg_node **list;
	size_t count;

	if (rpmsg_node_list(ctx, NULL, &list, &count))
		return 99;
	rpmsg_node_list_free(list, count);
	return count;
}

TEST_F_TIMEOUT(librpmsg, two_to_one_service, 120)
{
	struct rpmsg_endpoint *other;
	size_t len, mtu, nodes;

	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	ASSERT_EQ(0, open_echo(&self->endpoint));
	nodes = count_nodes(self->ctx);
	ASSERT_EQ(0, open_echo(&other));
	EXPECT_STRNE(rpmsg_endpoint_get_sysname(self->endpoint), rpmsg_endpoint_get_sysname(other));
	EXPECT_EQ(nodes + 1, count_nodes(self->ctx));
	EXPECT_EQ(RPMSG_ENDPOINT_PLAIN, rpmsg_endpoint_get_mode(other));
	EXPECT_EQ(0, rpmsg_endpoint_get_mtu(other, &mtu));
	EXPECT_EQ(MTU, mtu);

	/* Each gets its own answers, the empty message among them. */
	EXPECT_EQ(0, rpmsg_endpoint_send(self->endpoint, "one", 3, PATIENCE_NS));
	EXPECT_EQ(0, rpmsg_endpoint_send(other, NULL, 0, PATIENCE_NS));
	EXPECT_EQ(0, rpmsg_endpoint_send(other, "two!", 4, PATIENCE_NS));
	EXPECT_EQ(0, rpmsg_endpoint_recv(other, self->data, MTU, PATIENCE_NS, &len));
	EXPECT_EQ(0, len);
	EXPECT_EQ(0, rpmsg_endpoint_recv(other, self->data, MTU, PATIENCE_NS, &len));
	EXPECT_EQ(4, len);
	EXPECT_EQ(0, rpmsg_endpoint_recv(self->endpoint, self->data, MTU, PATIENCE_NS, &len));
	EXPECT_EQ(3, len);
	EXPECT_EQ(0, memcmp(self->data, "one", 3));
	EXPECT_EQ(-EAGAIN, rpmsg_endpoint_recv(other, self->data, MTU, 0, &len));

	rpmsg_endpoint_close(other);
	EXPECT_EQ(nodes, count_nodes(self->ctx));
}

TEST_F_TIMEOUT(librpmsg, too_long, 120)
{
	char text[100];
	size_t len = 0;

	memset(text, 'x', sizeof(text));
	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	ASSERT_EQ(0, open_echo(&self->endpoint));
	EXPECT_EQ(-EMSGSIZE, rpmsg_endpoint_send(self->endpoint, self->data, MTU + 1, MS));
	EXPECT_EQ(0, rpmsg_endpoint_send(self->endpoint, text, sizeof(text), PATIENCE_NS));
	EXPECT_EQ(-EMSGSIZE,
		  rpmsg_endpoint_recv(self->endpoint, self->data, 10, PATIENCE_NS, &len));
	EXPECT_EQ(sizeof(text), len);
	EXPECT_EQ(0, rpmsg_endpoint_recv(self->endpoint, self->data, MTU, 0, &len));
	EXPECT_EQ(sizeof(text), len);
	EXPECT_EQ(0, memcmp(self->data, text, sizeof(text)));
}

struct creator {
	pthread_t thread;
	const char *wrong;
};

/* Makes and removes endpoints, and checks that each is its own. */
static void *create_many(void *data)
{
	struct creator *creator = data;
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_context *ctx;
	char buf[MTU];
	size_t len;
	int i, ret;

	if (rpmsg_context_new(&ctx)) {
		creator->wrong = "no context";
		return NULL;
	}
	for (i = 0; i < 3 && !creator->wrong; i++) {
		/* Creating goes one by one, so the last waits for all the others */
		ret = rpmsg_endpoint_open_service(ctx, NULL, "rpmsg-echo", 8 * PATIENCE_NS,
						  &endpoint);
		if (ret) {
			creator->wrong = strerrorname_np(-ret);
			break;
		}
		if (rpmsg_endpoint_send(endpoint, &data, sizeof(data), PATIENCE_NS) ||
		    rpmsg_endpoint_recv(endpoint, buf, sizeof(buf), PATIENCE_NS, &len) ||
		    len != sizeof(data) || memcmp(buf, &data, sizeof(data)))
			creator->wrong = "wrong answer";
		rpmsg_endpoint_close(endpoint);
	}
	rpmsg_context_free(ctx);
	return NULL;
}

TEST_F_TIMEOUT(librpmsg, many_creators, 240)
{
	struct creator creators[8] = { 0 };
	size_t i;

	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, pthread_create(&creators[i].thread, NULL, create_many,
					    &creators[i]));
	for (i = 0; i < 8; i++) {
		pthread_join(creators[i].thread, NULL);
		if (creators[i].wrong)
			TH_LOG("thread %zu: %s", i, creators[i].wrong);
		EXPECT_EQ(NULL, creators[i].wrong);
	}
	EXPECT_EQ(1, count_nodes(self->ctx));	/* that of rpmsg-raw */
}

struct waiter {
	struct rpmsg_context *ctx;
	struct rpmsg_channel *channel;
	int ret;
};

static void *wait_for_echo(void *data)
{
	struct waiter *waiter = data;

	waiter->ret = rpmsg_channel_wait(waiter->ctx, NULL, "rpmsg-echo", PATIENCE_NS,
					 &waiter->channel);
	return NULL;
}

TEST_F_TIMEOUT(librpmsg, wait_for_service, 120)
{
	struct waiter waiter = { .ctx = self->ctx };
	struct rpmsg_channel *channel;
	pthread_t thread;

	EXPECT_EQ(-EAGAIN, rpmsg_channel_wait(self->ctx, NULL, "rpmsg-echo", 0, &channel));
	EXPECT_EQ(-ETIMEDOUT, rpmsg_channel_wait(self->ctx, NULL, "rpmsg-echo", MS, &channel));
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_echo, &waiter));
	EXPECT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, waiter.ret);
	EXPECT_STREQ("rpmsg-echo", rpmsg_channel_get_service(waiter.channel));
	rpmsg_channel_free(waiter.channel);
}

/* The ring is full for ever: each way to send has its limit. */
TEST_F_TIMEOUT(librpmsg, full, 120)
{
	struct __kernel_timespec limit = { .tv_nsec = QUIET_MS * MS };
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int64_t start_ms;
	int ret, i, res[2] = { 0 };

	ASSERT_EQ(0, firmware_start(&self->urproc, "silent.elf"));
	ASSERT_EQ(0, rpmsg_endpoint_open_service(self->ctx, NULL, "rpmsg-silent", PATIENCE_NS,
						 &self->endpoint));
	do {
		ret = rpmsg_endpoint_send(self->endpoint, "x", 1, 0);
	} while (!ret);
	EXPECT_EQ(-EAGAIN, ret);
	start_ms = now_ms();
	EXPECT_EQ(-ETIMEDOUT, rpmsg_endpoint_send(self->endpoint, "x", 1, QUIET_MS * MS));
	EXPECT_LE(QUIET_MS, now_ms() - start_ms);

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	for (i = 0; i < 2; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		if (i)
			io_uring_prep_link_timeout(sqe, &limit, 0);
		else
			ASSERT_EQ(0, rpmsg_endpoint_prep_send(self->endpoint, sqe, "x", 1));
		io_uring_sqe_set_data64(sqe, i);
		io_uring_sqe_set_flags(sqe, i ? 0 : IOSQE_IO_LINK);
	}
	ASSERT_EQ(2, io_uring_submit(&ring));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		res[io_uring_cqe_get_data64(cqe)] = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	EXPECT_EQ(-ECANCELED, res[0]);
	EXPECT_EQ(-ETIME, res[1]);
	io_uring_queue_exit(&ring);
}

struct receiver {
	struct rpmsg_endpoint *endpoint;
	int ret;
};

static void *receive(void *data)
{
	struct receiver *receiver = data;
	char buf[MTU];
	size_t len;

	receiver->ret = rpmsg_endpoint_recv(receiver->endpoint, buf, sizeof(buf), PATIENCE_NS,
					    &len);
	return NULL;
}

TEST_F_TIMEOUT(librpmsg, remote_goes, 120)
{
	struct receiver receiver = { 0 };
	struct rpmsg_endpoint *other;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	pthread_t thread;
	size_t len;

	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	ASSERT_EQ(0, open_echo(&self->endpoint));
	ASSERT_EQ(0, open_echo(&other));
	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	ASSERT_EQ(0, rpmsg_endpoint_prep_recv(other, io_uring_get_sqe(&ring), self->data, MTU));
	ASSERT_EQ(1, io_uring_submit(&ring));
	receiver.endpoint = self->endpoint;
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &receiver));
	usleep(QUIET_MS * 1000);

	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	pthread_join(thread, NULL);
	EXPECT_EQ(-EPIPE, receiver.ret);
	ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
	EXPECT_EQ(-EPIPE, cqe->res);
	io_uring_cqe_seen(&ring, cqe);
	EXPECT_EQ(-EPIPE, rpmsg_endpoint_send(other, "x", 1, PATIENCE_NS));
	EXPECT_EQ(-EAGAIN, rpmsg_endpoint_recv(other, self->data, MTU, 0, &len));
	EXPECT_EQ(0, count_nodes(self->ctx));

	io_uring_queue_exit(&ring);
	rpmsg_endpoint_close(other);
}

TEST_F_TIMEOUT(librpmsg, nodes, 120)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_processor *dsp;
	struct rpmsg_node *node;

	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	ASSERT_EQ(0, rpmsg_processor_find(self->ctx, "dsp", &dsp));
	ASSERT_EQ(0, rpmsg_node_create(self->ctx, dsp, "mine", 3000, 1024, PATIENCE_NS, &node));
	EXPECT_STREQ("mine", rpmsg_node_get_name(node));
	EXPECT_EQ(3000, rpmsg_node_get_src(node));
	EXPECT_EQ(1024, rpmsg_node_get_dst(node));
	EXPECT_STREQ(rpmsg_processor_get_sysname(dsp), rpmsg_node_get_processor(node));

	ASSERT_EQ(0, rpmsg_endpoint_open(self->ctx, rpmsg_node_get_path(node), &self->endpoint));
	EXPECT_EQ(-EBUSY, rpmsg_endpoint_open(self->ctx, rpmsg_node_get_path(node), &endpoint));
	EXPECT_EQ(-EBUSY, rpmsg_node_destroy(node));
	rpmsg_endpoint_close(self->endpoint);
	self->endpoint = NULL;
	EXPECT_EQ(0, rpmsg_node_destroy(node));
	EXPECT_EQ(-ENOENT, rpmsg_node_destroy(node));
	rpmsg_node_free(node);

	ASSERT_EQ(0, rpmsg_node_find(self->ctx, dsp, "rpmsg-raw", &node));
	EXPECT_EQ(-EINVAL, rpmsg_node_destroy(node));
	rpmsg_node_free(node);
	rpmsg_processor_free(dsp);
}

TEST_F_TIMEOUT(librpmsg, life_cycle, 120)
{
	struct rpmsg_processor *dsp;

	ASSERT_EQ(0, firmware_start(&self->urproc, "echo.elf"));
	ASSERT_EQ(0, rpmsg_processor_find(self->ctx, "dsp", &dsp));
	EXPECT_EQ(RPMSG_PROCESSOR_RUNNING, rpmsg_processor_get_state(dsp));
	EXPECT_EQ(-EALREADY, rpmsg_processor_boot(dsp));
	EXPECT_EQ(-EBUSY, rpmsg_processor_set_firmware(dsp, "other.elf"));
	EXPECT_EQ(0, rpmsg_processor_stop(dsp));
	EXPECT_EQ(RPMSG_PROCESSOR_OFFLINE, rpmsg_processor_get_state(dsp));
	EXPECT_EQ(-EALREADY, rpmsg_processor_stop(dsp));
	EXPECT_EQ(0, rpmsg_processor_boot(dsp));
	EXPECT_EQ(RPMSG_PROCESSOR_RUNNING, rpmsg_processor_get_state(dsp));
	ASSERT_EQ(0, open_echo(&self->endpoint));
	EXPECT_EQ(0, rpmsg_processor_stop(dsp));
	EXPECT_EQ(0, rpmsg_processor_set_firmware(dsp, "no-such-firmware.elf"));
	EXPECT_EQ(-ENOENT, rpmsg_processor_boot(dsp));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_EQ(-ENODEV, rpmsg_processor_refresh(dsp));
	rpmsg_processor_free(dsp);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
