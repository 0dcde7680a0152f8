// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tracepoints of rpmsg and remoteproc: each message's way is told event by event, in order,
 * with the right numbers; and the lines for bpftrace in docs/tracing.md work.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "program.h"
#include "rings.h"
#include "sleeper.h"
#include "tool.h"
#include "tracefs.h"
#include "wait.h"

#define HOST	0x400
#define REMOTE	0x900

/* All our events, but for those of messages that are timed: timing.c. */
static bool trace_on(void)
{
	return !tracefs_enable("rpmsg", true) && !tracefs_enable("remoteproc", true) &&
	       !tracefs_enable("rpmsg/rpmsg_timed", false) &&
	       !tracefs_enable("rpmsg/rpmsg_passed", false);
}

FIXTURE(tracing)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct sleeper sleeper;
	struct rings rings;
	int ctrl;
	int fd;
	unsigned int node;
	unsigned int device;
	char text[8192];
	char expected[8192];
	char data[64];
};

FIXTURE_SETUP(tracing)
{
	char node[NODE_MAX], device[32];

	self->ctrl = self->fd = -1;
	if (tracefs_cannot())
		SKIP(return, "no tracefs, or no tracepoints: not our modules");
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "traced", HOST, REMOTE, node));
	self->fd = node_open(node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, sscanf(node, "/dev/rpmsg%u", &self->node));
	ASSERT_EQ(1, processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, device,
				    sizeof(device)));
	ASSERT_EQ(1, sscanf(device, "virtio%u", &self->device));
	ASSERT_EQ(0, tracefs_open());
	ASSERT_TRUE(trace_on());
	ASSERT_EQ(0, tracefs_clear());
}

FIXTURE_TEARDOWN(tracing)
{
	tracefs_close();
	rings_unmap(&self->rings);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

#define expect_trace(...)								\
do {											\
	snprintf(self->expected, sizeof(self->expected), __VA_ARGS__);			\
	EXPECT_STREQ(self->expected, self->text);					\
} while (0)

/* The slot that the first message in there was in. */
static unsigned int slot_in(const char *text)
{
	const char *slot = strstr(text, " slot ");

	return slot ? strtoul(slot + strlen(" slot "), NULL, 10) : ~0U;
}

TEST_F(tracing, message_to_the_remote)
{
	const unsigned int node = self->node, device = self->device;
	unsigned int slot;

	ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	slot = slot_in(self->text);
	expect_trace("rpmsg_write: rpmsg%u len 3\n"
		     "rpmsg_queued: virtio%u slot %u src 0x400 dst 0x900 len 3 depth 1\n"
		     "rpmsg_kick: virtio%u vring 1 sent\n"
		     "rpmsg_written: rpmsg%u result 0\n",
		     node, device, slot, device, node);

	/* The remote interrupts for the buffer, because somebody traces that. */
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_interrupt: virtio%u vring 1\n"
		     "rpmsg_consumed: virtio%u slot %u\n",
		     device, device, slot);
}

TEST_F(tracing, message_from_the_remote)
{
	const unsigned int node = self->node, device = self->device;

	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "more", 4));
	ASSERT_EQ(6, node_read(self->fd, self->data, sizeof(self->data)));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_interrupt: virtio%u vring 0\n"
		     "rpmsg_received: virtio%u src 0x900 dst 0x400 len 6\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 6 depth 1\n"
		     "rpmsg_kick: virtio%u vring 0 sent\n"
		     "rpmsg_interrupt: virtio%u vring 0\n"
		     "rpmsg_received: virtio%u src 0x900 dst 0x400 len 4\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 4 depth 2\n"
		     "rpmsg_kick: virtio%u vring 0 sent\n"
		     "rpmsg_read: rpmsg%u count 6\n"
		     "rpmsg_closed: rpmsg%u count 1\n",
		     device, device, node, device, device, device, node, device, node, node);
	self->fd = -1;
}

TEST_F(tracing, reader_that_sleeps)
{
	const unsigned int node = self->node, device = self->device;
	int result;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 16));
	/* The kick may come before or after the reader runs. */
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_kick", false));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(6, result);
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_interrupt: virtio%u vring 0\n"
		     "rpmsg_received: virtio%u src 0x900 dst 0x400 len 6\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 6 depth 1\n"
		     "rpmsg_woken: rpmsg%u count 1\n"
		     "rpmsg_read: rpmsg%u count 6\n",
		     device, device, node, node, node);
}

/* By a ring: a call for many messages, and none for some. */
TEST_F(tracing, rings)
{
	const unsigned int node = self->node, device = self->device;
	const struct rpmsg_ring_ready *ready;
	unsigned int slots[2];
	int i;

	ASSERT_EQ(0, rings_setup(&self->rings, self->fd, 4, 4));
	ASSERT_EQ(0, rings_map(&self->rings, self->fd));
	rings_submit(&self->rings, 0, 3);
	rings_submit(&self->rings, 1, 5);
	ASSERT_EQ(2, rings_send(self->fd, 0, 0));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	slots[0] = slot_in(self->text);
	slots[1] = slot_in(strstr(self->text, "len 3"));
	expect_trace("rpmsg_send: rpmsg%u count 2\n"
		     "rpmsg_queued: virtio%u slot %u src 0x400 dst 0x900 len 3 depth 1\n"
		     "rpmsg_queued: virtio%u slot %u src 0x400 dst 0x900 len 5 depth 2\n"
		     "rpmsg_kick: virtio%u vring 1 sent\n"
		     "rpmsg_sent: rpmsg%u count 0\n",
		     node, device, slots[0], device, slots[1], device, node);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));

	/* Two that it is told of by RECEIVE, and one that it finds by itself. */
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_kick", false));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_received", false));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_interrupt", false));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(2, rings_receive(self->fd, 1, 0));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "more", 4));
	for (i = 0; i < 3; i++) {
		ready = rings_next_ready(&self->rings);
		ASSERT_NE(NULL, ready);
		rings_release(&self->rings, ready->slot);
	}
	EXPECT_EQ(0, rings_send(self->fd, 0, 0));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 6 depth 1\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 6 depth 2\n"
		     "rpmsg_told: rpmsg%u count 2\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 4 depth 1\n"
		     "rpmsg_told: rpmsg%u count 1\n"
		     "rpmsg_send: rpmsg%u count 0\n"
		     "rpmsg_sent: rpmsg%u count 0\n",
		     node, node, node, node, node, node, node);

	/* It takes two without a call, which shows when a third comes; that one is never read. */
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "x", 1));
	for (i = 0; i < 2; i++)
		ASSERT_NE(NULL, rings_next_ready(&self->rings));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "x", 1));
	rings_unmap(&self->rings);
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 1 depth 1\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 1 depth 2\n"
		     "rpmsg_delivered: rpmsg%u src 0x900 dst 0x400 len 1 depth 3\n"
		     "rpmsg_told: rpmsg%u count 2 late\n"
		     "rpmsg_closed: rpmsg%u count 1\n",
		     node, node, node, node, node);
}

/* The next message is consumed, by a remote that interrupts if it is asked to. */
static bool consume(struct remote *remote)
{
	struct ring *ring = &remote->from_host;
	int index;

	if (!wait_until(remote_has_message(remote), PATIENCE_MS))
		return false;
	index = ring_take(ring);
	if (index < 0)
		return false;
	ring_give(ring, index, 0);
	return !ring_wants_interrupt(ring) || !remote_notify(remote, ring);
}

/* Who wants to know when a buffer is consumed does not have an interrupt for each of a stream. */
TEST_F_TIMEOUT(tracing, stream, 120)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
	const int count = 4000;
	bool unknown = false;
	long interrupts;
	int64_t ms;
	int i;

	ASSERT_EQ(0, tracefs_enable("rpmsg", false));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_consumed", true));
	interrupts = device_counter(&self->processor, "tx_interrupts");
	ms = now_ms();
	for (i = 0; i < count; i++) {
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
		ASSERT_TRUE(consume(&self->remote));
	}
	ms = now_ms() - ms;
	interrupts = device_counter(&self->processor, "tx_interrupts") - interrupts;
	TH_LOG("%ld interrupts for %d messages in %lld ms", interrupts, count, (long long)ms);
	EXPECT_LE(256, interrupts);
	/* And what a tick is worth. */
	EXPECT_GE(256 + ms + 10, interrupts);

	/* One that nobody knew of is told as such, before one that comes alone. */
	for (i = 0; i < count && !unknown; i++) {
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
		unknown = !ring_wants_interrupt(&self->remote.from_host);
		ASSERT_TRUE(consume(&self->remote));
	}
	/* It is told when the driver has the buffer back, which is at the next write. */
	ASSERT_EQ(0, tracefs_clear());
	nanosleep(&pause, NULL);
	ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	ASSERT_TRUE(consume(&self->remote));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	ASSERT_NE(NULL, strrchr(self->text, ':'));
	EXPECT_EQ(NULL, strstr(strrchr(self->text, ':'), " earlier\n"));
	/* Who takes a millisecond for each knows of all. */
	EXPECT_TRUE(unknown || ms > count / 2);
	if (unknown)
		EXPECT_NE(NULL, strstr(self->text, " earlier\n"));
}

/* Each reason to drop a message, by its name. */
TEST_F(tracing, dropped)
{
	const unsigned int node = self->node, device = self->device;
	struct rpmsg_message bad = { .header = { .src = REMOTE, .dst = HOST, .len = 2000 } };
	char path[FILE_PATH_MAX];

	file_path(path, "/sys/class/rpmsg/rpmsg%u/rx_limit_bytes", node);
	ASSERT_EQ(0, file_write(path, "1"));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "queued", 6));
	ASSERT_EQ(0, tracefs_clear());

	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_kick", false));
	ASSERT_EQ(0, tracefs_enable("rpmsg/rpmsg_interrupt", false));
	ASSERT_EQ(0, remote_send_bytes(&self->remote, &bad, sizeof(bad), 8));
	ASSERT_EQ(0, remote_send_bytes(&self->remote, &bad, sizeof(bad), sizeof(bad)));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST + 1, "lost", 4));
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "too much", 8));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_dropped: virtio%u malformed src 0x0 dst 0x0 len 8\n"
		     "rpmsg_dropped: virtio%u malformed src 0x900 dst 0x400 len 2000\n"
		     "rpmsg_dropped: virtio%u unclaimed src 0x900 dst 0x401 len 4\n"
		     "rpmsg_received: virtio%u src 0x900 dst 0x400 len 8\n"
		     "rpmsg_refused: rpmsg%u result %d\n"
		     "rpmsg_dropped: virtio%u refused src 0x900 dst 0x400 len 8\n",
		     device, device, device, device, node, -ENOBUFS, device);
}

/* A write that fails begins and ends, and queues nothing. */
TEST_F_TIMEOUT(tracing, no_room, 60)
{
	node_set_nonblock(self->fd, true);
	node_fill(self->fd);
	ASSERT_EQ(0, tracefs_clear());
	EXPECT_EQ(-EAGAIN, node_write(self->fd, "x", 1));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rpmsg_write: rpmsg%u len 1\n"
		     "rpmsg_written: rpmsg%u result %d\n", self->node, self->node, -EAGAIN);
}

/* Buffers that were out when tracing began, and a sender that waits for one of them. */
TEST_F_TIMEOUT(tracing, sender_that_waits, 60)
{
	int result = 0;

	ASSERT_EQ(0, tracefs_enable("rpmsg", false));
	node_set_nonblock(self->fd, true);
	node_fill(self->fd);
	node_set_nonblock(self->fd, false);
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_WRITE, self->fd, 5));
	ASSERT_EQ(0, tracefs_enable("rpmsg", true));

	while ((result = ring_take(&self->remote.from_host)) >= 0)
		ring_give(&self->remote.from_host, result, 0);
	ASSERT_EQ(0, remote_notify(&self->remote, &self->remote.from_host));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(5, result);
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "rpmsg_consumed: "));
	EXPECT_NE(NULL, strstr(self->text, "rpmsg_queued: "));
}

TEST_F_TIMEOUT(tracing, life_of_a_processor, 60)
{
	const unsigned int index = self->processor.index, starts = self->processor.starts;
	char path[FILE_PATH_MAX];

	ASSERT_EQ(0, tracefs_enable("rpmsg", false));
	ASSERT_EQ(0, file_write(processor_debug_path(&self->processor, "crash", path), "2"));
	ASSERT_TRUE(wait_until(self->processor.starts > starts &&
			       processor_state_is(&self->processor, "running"), PATIENCE_MS));
	/* What stop waits for has told of the recovery's end. */
	ASSERT_EQ(0, processor_stop(&self->processor));
	ASSERT_EQ(0, tracefs_take(self->text, sizeof(self->text)));
	expect_trace("rproc_crash: remoteproc%u fatal error\n"
		     "rproc_state: remoteproc%u running -> crashed\n"
		     "rproc_state: remoteproc%u crashed -> offline\n"
		     "rproc_state: remoteproc%u offline -> running\n"
		     "rproc_recovery: remoteproc%u result 0\n"
		     "rproc_state: remoteproc%u running -> offline\n",
		     index, index, index, index, index, index);
}

/* The lines that the documentation gives for bpftrace, on messages both ways. */
FIXTURE(one_liners)
{
	struct tool tool;
	struct program bpftrace;
};

FIXTURE_SETUP(one_liners)
{
	int ret;

	if (!getenv("RPMSG_BUILD") || !getenv("RPMSG_TOP"))
		SKIP(return, "RPMSG_BUILD or RPMSG_TOP not set");
	if (tracefs_cannot() || !file_exists("/sys/kernel/btf/vmlinux"))
		SKIP(return, "no tracepoints, or no BTF");
	ret = program_run(&self->bpftrace, PATIENCE_MS, "bpftrace", "--version");
	if (ret == 127)
		SKIP(return, "no bpftrace");
	/* As on the debug kernel: it is linked with a compiler. */
	if (ret)
		SKIP(return, "bpftrace does not start here, or not in time");
	ASSERT_TRUE(tool_run(&self->tool, "traced", "echo.elf", NULL));
}

FIXTURE_TEARDOWN(one_liners)
{
	if (_metadata->exit_code)
		program_show(&self->bpftrace);
	program_kill(&self->bpftrace);
	program_kill(&self->tool.urproc);
}

/* What is between the quotes of "    # bpftrace -e '...'"; NULL when this is no such line. */
static char *one_liner(char *line)
{
	static const char start[] = "    # bpftrace -e '";
	char *end = strrchr(line, '\'');

	if (strncmp(line, start, strlen(start)) || end < line + strlen(start))
		return NULL;
	*end = '\0';
	return line + strlen(start);
}

/* The name of the map that a line fills first: what is between "@" and what follows a name. */
static void map_of(const char *text, char map[32])
{
	const char *at = strstr(text, "{ @us");

	/* What is counted; not where a time is kept for that. */
	at = strchr(at ? at : text, '@');
	snprintf(map, 32, "%.*s", at ? 1 + (int)strspn(at + 1, "abcdefghijklmnopqrstuvwxyz") : 0,
		 at ? at : "");
}

/* All at once, for bpftrace takes long to start and to end: their maps have different names. */
TEST_F_TIMEOUT(one_liners, count_what_they_say, 240)
{
	char path[FILE_PATH_MAX], line[512], maps[8][32];
	unsigned int count = 0, filled = 0, i;
	char script[8192] = "", *text;
	FILE *file;

	file = fopen(file_path(path, "%s/docs/tracing.md", getenv("RPMSG_TOP")), "r");
	ASSERT_NE(NULL, file);
	while (count < 8 && fgets(line, sizeof(line), file)) {
		text = one_liner(line);
		if (!text)
			continue;
		map_of(text, maps[count++]);
		ASSERT_GT(sizeof(script), strlen(script) + strlen(text) + 2);
		strcat(strcat(script, text), "\n");
	}
	fclose(file);
	ASSERT_EQ(7, count);

	/* It ends with the command; a signal at the wrong moment is lost on it. */
	EXPECT_EQ(0, program_run(&self->bpftrace, 8 * PATIENCE_MS, "bpftrace", "-e", script, "-c",
				 "rpmsg-ctl ping -q -c 20 -i 1ms rpmsg-echo"));
	EXPECT_NE(NULL, strstr(self->bpftrace.text, "20 received"));
	/* Maps are printed at the end. Only what is lost fills none here. */
	for (i = 0; i < count; i++) {
		if (strstr(self->bpftrace.text, maps[i]))
			filled++;
		else
			TH_LOG("nothing in %s", maps[i]);
	}
	EXPECT_EQ(count - 1, filled);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
