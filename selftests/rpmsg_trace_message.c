// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace latency, top, record: every message is accounted for, also over a crash.
 * TRACE_MESSAGES says how many there are then; 2000 when it is not set.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "program.h"
#include "tool.h"
#include "tracer.h"
#include "wait.h"

#define WINDOW		8

/* Real firmware, that crashes half way. */
FIXTURE(crash)
{
	struct tool tool;
	struct tracer tracer;
	int64_t sent;
	int64_t read;
};

FIXTURE_SETUP(crash)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	if (tracer_cannot())
		SKIP(return, "this kernel cannot be traced: no BTF or no function tracer");
	ASSERT_TRUE(tool_run(&self->tool, "latency", "crash.elf", "--stay"));
}

FIXTURE_TEARDOWN(crash)
{
	if (_metadata->exit_code) {
		program_show(&self->tool.urproc);
		program_show(&self->tracer.program);
	}
	program_kill(&self->tracer.program);
	program_kill(&self->tool.urproc);
}

static int open_service(const struct tool *tool)
{
	int fd = -1;

	wait_until((fd = tool_open_service(tool, "rpmsg-crash", "crashing", O_RDWR)) >= 0,
		   PATIENCE_MS);
	return fd;
}

/* Windows of messages and their echoes until there were so many, or the remote is gone. */
static void exchange(FIXTURE_DATA(crash) *self, int fd, int64_t messages)
{
	char data[64];
	int i;

	for (; messages > 0; messages -= WINDOW) {
		for (i = 0; i < WINDOW; i++, self->sent++)
			if (node_write(fd, "message", 7) != 7)
				return;
		for (i = 0; i < WINDOW; i++, self->read++)
			if (node_read(fd, data, sizeof(data)) != 7)
				return;
	}
}

/* A counter of the only node of that name. */
static int64_t of_node(const struct tool *tool, const char *name)
{
	char node[64], path[FILE_PATH_MAX], text[32];

	if (processor_find(&tool->processor, "class/rpmsg", "rpmsg", "crashing", node,
			   sizeof(node)) != 1)
		return -1;
	file_path(path, "/sys/class/rpmsg/%s/statistics/%s", node, name);
	return file_read_line(path, text, sizeof(text)) < 0 ? -1 : strtoll(text, NULL, 10);
}

/* All are followed to their end, or a sample; and all are counted. */
static void expect_accounted(struct __test_metadata *_metadata, FIXTURE_DATA(crash) *self, bool all)
{
	const char *text = getenv("TRACE_MESSAGES");
	const int64_t messages = text ? atoll(text) : 2000;
	struct tracer *tracer = &self->tracer;
	unsigned int i;
	int fd;

	ASSERT_TRUE(tracer_start(tracer, self->tool.processor.index, all));
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, messages / 2);
	ASSERT_LE(messages / 2, self->read);
	if (tracer_has_tracepoints()) {
		EXPECT_EQ(self->sent, of_node(&self->tool, "tx_messages"));
		EXPECT_EQ(self->read, of_node(&self->tool, "rx_messages"));
	}
	program_forget(&self->tool.urproc);
	ASSERT_EQ(5, node_write(fd, "crash", 5));
	self->sent++;
	exchange(self, fd, messages);
	ASSERT_GT(messages, self->read);
	ASSERT_EQ(0, close(fd));

	/* The next life, not what is left of this. Its node has counters while it is there. */
	ASSERT_TRUE(program_says(&self->tool.urproc, "running", PATIENCE_MS));
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, messages / 2);
	ASSERT_TRUE(tracer_end(tracer));
	ASSERT_EQ(2, tracer->count);
	if (tracer_has_tracepoints()) {
		EXPECT_EQ(of_node(&self->tool, "tx_messages"),
			  tracer_number(tracer->endpoints[1], "sent"));
		EXPECT_EQ(of_node(&self->tool, "rx_messages"),
			  tracer_number(tracer->endpoints[1], "received"));
	}
	close(fd);

	EXPECT_EQ(0, tracer_number(tracer->end, "lost"));
	EXPECT_EQ(self->sent, tracer_sum(tracer, "sent"));
	EXPECT_EQ(self->read, tracer_sum(tracer, "read"));
	EXPECT_EQ(0, tracer_sum(tracer, "unasked"));
	EXPECT_EQ(0, tracer_sum(tracer, "earlier"));
	for (i = 0; i < tracer->count; i++) {
		struct json_object *endpoint = tracer->endpoints[i];
		const int64_t received = tracer_number(endpoint, "received");
		const int64_t read = tracer_number(endpoint, "read");
		const int64_t total = tracer_stage(endpoint, "total", "count");

		EXPECT_EQ(received, read + tracer_number(endpoint, "unread") +
			  tracer_number(endpoint, "queued"));
		EXPECT_EQ(total, tracer_stage(endpoint, "deliver", "count"));
		EXPECT_EQ(0, tracer_number(endpoint, "under_way"));
		EXPECT_EQ(tracer_number(endpoint, "timed"),
			  total + tracer_number(endpoint, "given_up"));
		if (all || !tracer_has_tracepoints()) {
			EXPECT_EQ(tracer_number(endpoint, "sent"),
				  tracer_number(endpoint, "timed"));
			EXPECT_EQ(read, total);
		} else {
			EXPECT_LE(256, total);
		}
	}
	TH_LOG("%lld sent, %lld read, %lld given up", (long long)self->sent, (long long)self->read,
	       (long long)tracer_sum(tracer, "given_up"));
}

TEST_F_TIMEOUT(crash, nothing_is_unaccounted, 3600)
{
	expect_accounted(_metadata, self, true);
}

TEST_F_TIMEOUT(crash, sample_is_accounted, 3600)
{
	expect_accounted(_metadata, self, false);
}

/* The intervals of top add up to what was sent and received. */
TEST_F_TIMEOUT(crash, top_misses_nothing, 240)
{
	struct program *top = &self->tracer.program;
	int64_t sent = 0, received = 0, bytes = 0, lost = 0;
	struct json_object *object;
	char *line, *rest;
	int fd;

	ASSERT_EQ(0, program_start(top, "rpmsg-trace", "top", "--json", "-i", "50ms", "-e",
				   "crashing", NULL));
	ASSERT_TRUE(program_says(top, "tracing", 3 * PATIENCE_MS));
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, 200);
	close(fd);
	ASSERT_EQ(0, program_end(top, SIGINT, 3 * PATIENCE_MS));
	for (line = strtok_r(top->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		object = *line == '{' ? json_tokener_parse(line) : NULL;
		if (!object)
			continue;
		if (tracer_number(object, "lost") >= 0) {
			lost += tracer_number(object, "lost");
			continue;
		}
		sent += tracer_number(object, "sent");
		received += tracer_number(object, "received");
		bytes += tracer_number(object, "bytes");
		EXPECT_LE(0, tracer_number(object, "queued"));
		EXPECT_EQ(0, tracer_number(object, "refused"));
	}
	EXPECT_EQ(200, sent);
	EXPECT_EQ(200, received);
	EXPECT_EQ(2 * 200 * 7, bytes);
	EXPECT_EQ(0, lost);
}

/* How many events of the timeline are of this phase, and if not NULL, this name. */
static unsigned int events(struct json_object *timeline, const char *phase, const char *name)
{
	struct json_object *all, *one, *field;
	unsigned int count = 0;
	size_t i;

	if (!json_object_object_get_ex(timeline, "traceEvents", &all))
		return 0;
	for (i = 0; i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		if (!json_object_object_get_ex(one, "ph", &field) ||
		    strcmp(json_object_get_string(field), phase))
			continue;
		if (!name || (json_object_object_get_ex(one, "name", &field) &&
			      !strcmp(json_object_get_string(field), name)))
			count++;
	}
	return count;
}

#define RECORDING	"/tmp/selftest.recording"
#define TIMELINE	"/tmp/selftest.json"

TEST_F_TIMEOUT(crash, recorded_and_exported, 240)
{
	struct program *record = &self->tracer.program;
	struct json_object *timeline;
	int fd;

	ASSERT_EQ(0, program_start(record, "rpmsg-trace", "record", "-o", RECORDING, "-e",
				   "crashing", NULL));
	ASSERT_TRUE(program_says(record, "tracing", 3 * PATIENCE_MS));
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, 80);
	close(fd);
	ASSERT_EQ(0, program_end(record, SIGINT, 3 * PATIENCE_MS));
	EXPECT_NE(NULL, strstr(record->text, "80 messages recorded, 0 events lost"));

	ASSERT_EQ(0, program_run(record, PATIENCE_MS, "sh", "-c",
				 "rpmsg-trace export " RECORDING " >" TIMELINE));
	timeline = json_object_from_file(TIMELINE);
	ASSERT_NE(NULL, timeline);
	EXPECT_EQ(80, events(timeline, "b", "crashing"));
	EXPECT_EQ(80, events(timeline, "e", "crashing"));
	EXPECT_EQ(80, events(timeline, "b", "wait"));
	EXPECT_EQ(events(timeline, "b", NULL), events(timeline, "e", NULL));
	EXPECT_EQ(80, events(timeline, "X", "write"));
	EXPECT_EQ(80, events(timeline, "X", "read"));
	EXPECT_EQ(80, events(timeline, "s", NULL));
	EXPECT_EQ(80, events(timeline, "f", NULL));
	json_object_put(timeline);

	ASSERT_EQ(0, program_run(record, PATIENCE_MS, "sh", "-c",
				 "rpmsg-trace export --svg " RECORDING " >" TIMELINE));
	ASSERT_EQ(0, program_run(record, PATIENCE_MS, "grep", "-c", "<title>wait ", TIMELINE));
	EXPECT_STREQ("40\n", record->text);
	unlink(RECORDING);
	unlink(TIMELINE);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
