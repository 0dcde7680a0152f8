// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that are timed: rpmsg_passed tells when each point of the way was reached, once for each
 * that rpmsg_timed has told of; and of a stream only so many are.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "rings.h"
#include "tracefs.h"
#include "wait.h"

#define HOST	0x400
#define REMOTE	0x900

enum { WRITE, QUEUED, KICK, CONSUMED, INTERRUPT, DELIVERED, READ, POINTS };

/* What rpmsg_passed tells. */
struct passed {
	unsigned int node;
	int writer;
	int thread;
	unsigned int len;
	uint64_t at[POINTS];
};

FIXTURE(timing)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct rings rings;
	int ctrl;
	int fd;
	unsigned int node;
	char text[1 << 20];
	char *next;
	struct passed passed;
	unsigned int timed;
	unsigned int told;
};

FIXTURE_SETUP(timing)
{
	char node[NODE_MAX];

	self->ctrl = self->fd = -1;
	if (tracefs_cannot())
		SKIP(return, "no tracefs, or no tracepoints: not our modules");
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "timed", HOST, REMOTE, node));
	self->fd = node_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, sscanf(node, "/dev/rpmsg%u", &self->node));
	ASSERT_EQ(0, tracefs_open());
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_timed", true));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_passed", true));
}

FIXTURE_TEARDOWN(timing)
{
	tracefs_close();
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

/* What was traced since the last call is looked at by next_passed(). Zero, or -errno. */
static int take(FIXTURE_DATA(timing) *self)
{
	self->next = self->text;
	return tracefs_take(self->text, sizeof(self->text));
}

static bool next_passed(FIXTURE_DATA(timing) *self)
{
	struct passed *p = &self->passed;
	char *line = self->next;
	int n;

	while (*line && strncmp(line, "rpmsg_passed: ", 14)) {
		self->timed += !strncmp(line, "rpmsg_timed: ", 13);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	self->next = line + strcspn(line, "\n");
	self->next += *self->next == '\n';
	n = sscanf(line, "rpmsg_passed: rpmsg%u writer %d thread %d len %u write %" SCNu64
		   " queued %" SCNu64 " kick %" SCNu64 " consumed %" SCNu64 " interrupt %" SCNu64
		   " delivered %" SCNu64 " read %" SCNu64, &p->node, &p->writer, &p->thread,
		   &p->len, &p->at[WRITE], &p->at[QUEUED], &p->at[KICK], &p->at[CONSUMED],
		   &p->at[INTERRUPT], &p->at[DELIVERED], &p->at[READ]);
	self->told += n == 11;
	return n == 11;
}

/* These points were reached, one after the other, and no others. */
static bool passed_points(const struct passed *passed, unsigned int points)
{
	uint64_t last = 0;
	int i;

	for (i = 0; i < POINTS; i++) {
		if (!(points & 1U << i) != !passed->at[i])
			return false;
		if (passed->at[i] && passed->at[i] < last)
			return false;
		if (passed->at[i])
			last = passed->at[i];
	}
	return true;
}

#define ASKED	(1U << WRITE | 1U << QUEUED | 1U << KICK | 1U << CONSUMED)
#define CAME	(1U << INTERRUPT | 1U << DELIVERED | 1U << READ)

#define expect_passed(len_, points)							\
do {											\
	EXPECT_TRUE(next_passed(self));							\
	EXPECT_EQ(self->node, self->passed.node);					\
	EXPECT_EQ(len_, self->passed.len);						\
	EXPECT_EQ((points) & ASKED ? getpid() : 0, self->passed.writer);		\
	EXPECT_EQ((points) & ASKED ? gettid() : 0, self->passed.thread);		\
	EXPECT_TRUE(passed_points(&self->passed, points)) {				\
		TH_LOG("said: %.300s", self->text);					\
	}										\
} while (0)

/* Each point in the order that it is reached in, by what the test waits for in between. */
TEST_F(timing, question_and_answer)
{
	const struct timespec pause = { .tv_nsec = 3000000 };
	char data[64];

	ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	nanosleep(&pause, NULL);
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	nanosleep(&pause, NULL);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	nanosleep(&pause, NULL);
	ASSERT_EQ(6, node_read(self->fd, data, sizeof(data)));
	ASSERT_EQ(0, take(self));
	expect_passed(6, ASKED | CAME);
	EXPECT_EQ(1, self->timed);
	EXPECT_FALSE(next_passed(self));
	EXPECT_LE(pause.tv_nsec, self->passed.at[CONSUMED] - self->passed.at[KICK]);
	EXPECT_LE(pause.tv_nsec, self->passed.at[INTERRUPT] - self->passed.at[CONSUMED]);
	EXPECT_LE(pause.tv_nsec, self->passed.at[READ] - self->passed.at[DELIVERED]);
}

TEST_F(timing, many_under_way)
{
	uint64_t written[8];
	char data[64];
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(6, node_read(self->fd, data, sizeof(data)));
	ASSERT_EQ(0, take(self));
	for (i = 0; i < 8; i++) {
		expect_passed(6, ASKED | CAME);
		written[i] = self->passed.at[WRITE];
		if (i)
			EXPECT_LT(written[i - 1], written[i]);
	}
	EXPECT_EQ(8, self->timed);
	EXPECT_FALSE(next_passed(self));
}

/* What nobody asked for. When the first came nobody had looked. */
TEST_F(timing, news)
{
	char data[64];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "news", 4));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(4, node_read(self->fd, data, sizeof(data)));
	ASSERT_EQ(0, take(self));
	expect_passed(4, CAME & ~(1U << INTERRUPT));
	for (i = 0; i < 2; i++)
		expect_passed(4, CAME);
	EXPECT_EQ(3, self->timed);
	EXPECT_FALSE(next_passed(self));
}

/* Never answered, consumed or not; and one whose answer nobody reads. */
TEST_F(timing, given_up)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, take(self));
	expect_passed(0, ASKED);
	expect_passed(0, ASKED & ~(1U << CONSUMED));
	expect_passed(6, ASKED | 1U << INTERRUPT | 1U << DELIVERED);
	EXPECT_EQ(3, self->timed);
	EXPECT_FALSE(next_passed(self));
}

/* The endpoint of a channel stays when its node is closed: what comes then answers nothing. */
TEST_F(timing, channel)
{
	char node[NODE_MAX], data[64];
	uint32_t addr;

	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(endpoint_node(&self->processor, "rpmsg-raw", node) == 1,
			       PATIENCE_MS));
	ASSERT_EQ(1, sscanf(node, "/dev/rpmsg%u", &self->node));
	self->fd = node_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	addr = self->message.header.src;
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, take(self));
	expect_passed(0, ASKED);

	self->fd = node_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, addr, "late", 4));
	ASSERT_EQ(4, node_read(self->fd, data, sizeof(data)));
	ASSERT_EQ(0, take(self));
	expect_passed(4, CAME);
	EXPECT_FALSE(next_passed(self));
}

/* An answer that the node's queue does not take, and one that is held until it does. */
TEST_F(timing, refused_and_held)
{
	char path[FILE_PATH_MAX], data[64];
	int i, hold;

	for (hold = 0; hold < 2; hold++) {
		file_path(path, "/sys/class/rpmsg/rpmsg%u/rx_limit_bytes", self->node);
		ASSERT_EQ(0, file_write(path, "1"));
		file_path(path, "/sys/class/rpmsg/rpmsg%u/rx_full", self->node);
		ASSERT_EQ(0, file_write(path, hold ? "hold" : "drop"));
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(3, node_write(self->fd, "ask", 3));
			ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
			ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
		}
		for (i = 0; i < 1 + hold; i++)
			ASSERT_EQ(6, node_read(self->fd, data, sizeof(data)));
		ASSERT_EQ(0, take(self));
		if (!hold)
			expect_passed(0, ASKED | 1U << INTERRUPT);
		for (i = 0; i < 1 + hold; i++)
			expect_passed(6, ASKED | CAME);
		EXPECT_EQ(2 * (1 + hold), self->timed);
		EXPECT_FALSE(next_passed(self));
	}
}

/* By a ring: told by RECEIVE; found by the application; and left on the ring. */
TEST_F(timing, rings)
{
	int i;

	ASSERT_EQ(0, rings_setup(&self->rings, self->fd, 4, 4));
	ASSERT_EQ(0, rings_map(&self->rings, self->fd));
	for (i = 0; i < 3; i++)
		rings_submit(&self->rings, i, 3);
	ASSERT_EQ(3, rings_send(self->fd, 0, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(1, rings_receive(self->fd, 1, 0));
	ASSERT_EQ(0, take(self));
	expect_passed(6, ASKED | CAME);

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "more", 4));
	for (i = 0; i < 2; i++)
		ASSERT_NE(NULL, rings_next_ready(&self->rings));
	EXPECT_EQ(0, rings_send(self->fd, 0, 0));
	ASSERT_EQ(0, take(self));
	expect_passed(4, ASKED | CAME);

	/* It is the last that anybody hears of. */
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "x", 1));
	rings_unmap(&self->rings);
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, take(self));
	expect_passed(1, ASKED | 1U << INTERRUPT | 1U << DELIVERED);
	EXPECT_EQ(3, self->told);
	EXPECT_FALSE(next_passed(self));
}

/* The remote crashes with messages in each state; what is timed is told of all the same. */
TEST_F(timing, crash)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(0, processor_stop(&self->processor));
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, take(self));
	while (next_passed(self))
		;
	EXPECT_EQ(3, self->timed);
	EXPECT_EQ(3, self->told);
}

/* As many as are not felt, and each of them is told of once. */
TEST_F_TIMEOUT(timing, stream, 120)
{
	const int count = 4000;
	int i, answered = 0;
	char data[64];
	int64_t ms;

	ms = now_ms();
	for (i = 0; i < count; i++) {
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
		ASSERT_EQ(6, node_read(self->fd, data, sizeof(data)));
	}
	ms = now_ms() - ms;
	ASSERT_EQ(0, take(self));
	while (next_passed(self))
		answered += passed_points(&self->passed, ASKED | CAME);
	TH_LOG("%u of %d timed in %lld ms", self->timed, count, (long long)ms);
	EXPECT_EQ(self->timed, self->told);
	EXPECT_EQ(self->timed, answered);
	EXPECT_LE(256, self->timed);
	/* And those of the time, and as many again by chance. */
	EXPECT_GE(2 * 256 + ms + 10, self->timed);
}

/* Nobody answers: the oldest are given up for others, and the rest when the node is closed. */
TEST_F_TIMEOUT(timing, nobody_answers, 120)
{
	const int count = 2000;
	int i;

	for (i = 0; i < count; i++) {
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	}
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, take(self));
	while (next_passed(self))
		EXPECT_TRUE(passed_points(&self->passed, ASKED));
	EXPECT_LE(256, self->timed);
	EXPECT_EQ(self->timed, self->told);
}

/* Once nobody wants to know, nothing is timed, and nothing of before is kept. */
TEST_F(timing, off)
{
	char data[64];
	int i;

	ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_passed", false));
	for (i = 0; i < 2; i++) {
		if (i)
			ASSERT_EQ(3, node_write(self->fd, "ask", 3));
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
		ASSERT_EQ(6, node_read(self->fd, data, sizeof(data)));
	}
	ASSERT_EQ(0, take(self));
	EXPECT_FALSE(next_passed(self));
	EXPECT_EQ(1, self->timed);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
