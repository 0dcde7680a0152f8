// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace latency: a time that is spent in one stage is shown in that one and in no other, and
 * every message is accounted for, also over a crash. TRACE_MESSAGES says how many there are then;
 * 2000 when it is not set.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "layout.h"
#include "program.h"
#include "tool.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

#define IN_FLIGHT_MAX	64
#define DELAY_NS	100000000LL
#define WINDOW		8

struct tracer {
	struct program program;
	char processor[32];
	struct json_object *endpoints[16];	/* with messages, in order of appearance */
	unsigned int count;
	struct json_object *slow;		/* the slowest message */
	struct json_object *end;
};

static bool tracer_start(struct tracer *tracer, unsigned int index)
{
	snprintf(tracer->processor, sizeof(tracer->processor), "remoteproc%u", index);
	return !program_start(&tracer->program, "rpmsg-trace", "latency", "--json", "-n", "1",
			      "-p", tracer->processor, NULL) &&
	       program_says(&tracer->program, "tracing", 3 * PATIENCE_MS);
}

static void tracer_take(struct tracer *tracer, struct json_object *object)
{
	struct json_object *type;
	const char *text;

	if (!json_object_object_get_ex(object, "type", &type))
		return;
	text = json_object_get_string(type);
	if (!strcmp(text, "end"))
		tracer->end = object;
	else if (!strcmp(text, "slow"))
		tracer->slow = object;
	else if (!strcmp(text, "endpoint") && tracer->count < 16)
		tracer->endpoints[tracer->count++] = object;
}

/* Ends it as Ctrl-C does, and reads what it says. True when that is complete. */
static bool tracer_end(struct tracer *tracer)
{
	struct json_object *object;
	char *line, *rest;

	if (program_end(&tracer->program, SIGINT, 3 * PATIENCE_MS))
		return false;
	for (line = strtok_r(tracer->program.text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		object = *line == '{' ? json_tokener_parse(line) : NULL;
		if (object)
			tracer_take(tracer, object);
	}
	return tracer->end;
}

static int64_t number(struct json_object *object, const char *key)
{
	struct json_object *field;

	if (!json_object_object_get_ex(object, key, &field))
		return -1;
	return json_object_get_int64(field);
}

/* A number of a stage, by its name. */
static int64_t stage(struct json_object *endpoint, const char *name, const char *key)
{
	struct json_object *all, *one, *field;
	size_t i;

	if (!json_object_object_get_ex(endpoint, "stages", &all))
		return -1;
	for (i = 0; i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		if (json_object_object_get_ex(one, "stage", &field) &&
		    !strcmp(json_object_get_string(field), name))
			return number(one, key);
	}
	return -1;
}

static struct json_object *endpoint_named(const struct tracer *tracer, const char *name)
{
	struct json_object *field;
	unsigned int i;

	for (i = 0; i < tracer->count; i++) {
		if (json_object_object_get_ex(tracer->endpoints[i], "name", &field) &&
		    !strcmp(json_object_get_string(field), name))
			return tracer->endpoints[i];
	}
	return NULL;
}

static int64_t sum(const struct tracer *tracer, const char *key)
{
	int64_t total = 0;
	unsigned int i;

	for (i = 0; i < tracer->count; i++)
		total += number(tracer->endpoints[i], key);
	return total;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static bool cannot_trace(void)
{
	return !file_exists("/sys/kernel/btf/vmlinux") ||
	       !file_exists("/sys/kernel/btf/rpmsg_char") ||
	       !file_exists("/sys/kernel/tracing/available_filter_functions");
}

static bool has_tracepoints(void)
{
	return file_exists("/sys/kernel/tracing/events/rpmsg/rpmsg_consumed");
}

/* A remote that the test plays, with room for many messages. */
FIXTURE(latency)
{
	struct processor processor;
	struct remote remote;
	struct layout layout;
	struct rpmsg_message message;
	struct tracer tracer;
	int ctrl;
	int fd;
	char data[16];
};

FIXTURE_SETUP(latency)
{
	static const struct layout_vdev rpmsg = {
		.id = VIRTIO_ID_RPMSG, .features = 1, .vrings = 2, .num = IN_FLIGHT_MAX,
	};
	uint32_t offset;

	self->ctrl = self->fd = -1;
	if (cannot_trace())
		SKIP(return, "this kernel cannot be traced: no BTF or no function tracer");
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	layout_init(&self->layout, 2);
	offset = layout_add_vdev(&self->layout, &rpmsg);
	ASSERT_EQ(0, layout_start(&self->layout, &self->processor));
	self->remote.processor = &self->processor;
	ASSERT_EQ(0, remote_find_rings_of(&self->remote, layout_vdev(&self->processor, offset)));
	self->ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, self->ctrl);
	ASSERT_TRUE(tracer_start(&self->tracer, self->processor.index));
}

FIXTURE_TEARDOWN(latency)
{
	if (_metadata->exit_code)
		program_show(&self->tracer.program);
	program_kill(&self->tracer.program);
	processor_close(&self->processor);
	close(self->fd);
	close(self->ctrl);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* One that takes and answers so many messages, with a delay that falls into the stage. */
struct delayed {
	const char *stage;
	int in_flight;
	char endpoint[32];
	int64_t all_ns;		/* what the whole took */
};

static void delay_if(bool wanted)
{
	const struct timespec t = { .tv_nsec = DELAY_NS };

	if (wanted)
		nanosleep(&t, NULL);
}

static bool exchange_delayed(FIXTURE_DATA(latency) *self, struct delayed *delayed)
{
	const int64_t start_ns = now_ns();
	bool ok = true;
	int fd, i;

	fd = endpoint_open(&self->processor, self->ctrl, delayed->endpoint, HOST, REMOTE, O_RDWR);
	if (fd < 0)
		return false;
	for (i = 0; ok && i < delayed->in_flight; i++)
		ok = node_write(fd, "ask", 3) == 3;
	delay_if(!strcmp(delayed->stage, "consume"));
	for (i = 0; ok && i < delayed->in_flight; i++)
		ok = !remote_receive(&self->remote, &self->message, PATIENCE_MS);
	delay_if(!strcmp(delayed->stage, "answer"));
	for (i = 0; ok && i < delayed->in_flight; i++)
		ok = !remote_send(&self->remote, REMOTE, HOST, "answer", 6);
	delay_if(!strcmp(delayed->stage, "wait"));
	for (i = 0; ok && i < delayed->in_flight; i++)
		ok = node_read(fd, self->data, sizeof(self->data)) == 6;
	close(fd);
	delayed->all_ns = now_ns() - start_ns;
	return ok;
}

static bool is_seen(const char *name, bool consumed)
{
	if (!strcmp(name, "remote"))
		return !consumed;
	return consumed || (strcmp(name, "consume") && strcmp(name, "answer"));
}

/*
 * Bounds that hold on a machine of any speed: each message spends the delay in its stage at least,
 * and all the rest of its way is within what the whole took more than that.
 */
TEST_F_TIMEOUT(latency, right_stage, 240)
{
	static const char *const delays[] = { "consume", "answer", "wait" };
	static const int in_flight[] = { 1, 8, IN_FLIGHT_MAX };
	static const char *const stages[] = {
		"write", "kick", "consume", "answer", "remote", "deliver", "wait", "read",
	};
	const bool consumed = has_tracepoints();
	struct delayed delayed[9], *one;
	struct json_object *endpoint;
	int64_t max, most = 0;
	const char *in;
	int i, k;

	for (i = 0; i < 9; i++) {
		one = &delayed[i];
		one->stage = delays[i / 3];
		one->in_flight = in_flight[i % 3];
		snprintf(one->endpoint, sizeof(one->endpoint), "%s-%d", one->stage, one->in_flight);
		ASSERT_TRUE(exchange_delayed(self, one));
	}
	ASSERT_TRUE(tracer_end(&self->tracer));
	EXPECT_EQ(0, number(self->tracer.end, "lost"));
	ASSERT_EQ(9, self->tracer.count);
	for (i = 0; i < 9; i++) {
		one = &delayed[i];
		endpoint = endpoint_named(&self->tracer, one->endpoint);
		ASSERT_NE(NULL, endpoint);
		EXPECT_EQ(one->in_flight, number(endpoint, "sent"));
		EXPECT_EQ(one->in_flight, number(endpoint, "received"));
		EXPECT_EQ(one->in_flight, number(endpoint, "read"));
		EXPECT_EQ(one->in_flight, stage(endpoint, "total", "count"));
		max = stage(endpoint, "total", "max_ns");
		most = max > most ? max : most;
		EXPECT_LE(DELAY_NS, max);
		EXPECT_GE(one->all_ns, max);

		in = !consumed && strcmp(one->stage, "wait") ? "remote" : one->stage;
		for (k = 0; k < (int)(sizeof(stages) / sizeof(stages[0])); k++) {
			EXPECT_EQ(is_seen(stages[k], consumed) ? one->in_flight : 0,
				  stage(endpoint, stages[k], "count")) {
				TH_LOG("%s: stage %s", one->endpoint, stages[k]);
			}
			max = stage(endpoint, stages[k], "max_ns");
			if (strcmp(stages[k], in)) {
				EXPECT_GE(one->all_ns - DELAY_NS, max) {
					TH_LOG("%s: stage %s", one->endpoint, stages[k]);
				}
			}
		}
		EXPECT_LE(one->in_flight * DELAY_NS, stage(endpoint, in, "sum_ns"));
		EXPECT_LE(DELAY_NS / 16 * 15, stage(endpoint, in, "p50_ns"));
		EXPECT_GE(one->all_ns, stage(endpoint, in, "max_ns"));
		TH_LOG("%s: %s shows %lld us on average", one->endpoint, in,
		       (long long)stage(endpoint, in, "sum_ns") / one->in_flight / 1000);
	}
	ASSERT_NE(NULL, self->tracer.slow);
	EXPECT_EQ(most, number(self->tracer.slow, "total_ns"));
}

/* What is no answer, what has none, what nobody reads. */
TEST_F_TIMEOUT(latency, the_rest_is_counted, 120)
{
	struct json_object *endpoint;
	int i;

	self->fd = endpoint_open(&self->processor, self->ctrl, "rest", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "news", 4));
	ASSERT_EQ(4, node_read(self->fd, self->data, sizeof(self->data)));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(3, node_write(self->fd, "ask", 3));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "answer", 6));
	ASSERT_EQ(6, node_read(self->fd, self->data, sizeof(self->data)));
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;

	ASSERT_TRUE(tracer_end(&self->tracer));
	EXPECT_EQ(0, number(self->tracer.end, "lost"));
	ASSERT_EQ(1, self->tracer.count);
	endpoint = self->tracer.endpoints[0];
	EXPECT_EQ(5, number(endpoint, "sent"));
	EXPECT_EQ(2, number(endpoint, "given_up"));
	EXPECT_EQ(0, number(endpoint, "under_way"));
	EXPECT_EQ(4, number(endpoint, "received"));
	EXPECT_EQ(1, number(endpoint, "unasked"));
	EXPECT_EQ(2, number(endpoint, "read"));
	EXPECT_EQ(2, number(endpoint, "unread"));
	EXPECT_EQ(0, number(endpoint, "queued"));
	EXPECT_EQ(1, stage(endpoint, "total", "count"));
	EXPECT_EQ(2, stage(endpoint, "read", "count"));
}

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
	if (cannot_trace())
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

TEST_F_TIMEOUT(crash, nothing_is_unaccounted, 3600)
{
	const char *text = getenv("TRACE_MESSAGES");
	const int64_t messages = text ? atoll(text) : 2000;
	struct tracer *tracer = &self->tracer;
	unsigned int i;
	int fd;

	ASSERT_TRUE(tracer_start(tracer, self->tool.processor.index));
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, messages / 2);
	ASSERT_LE(messages / 2, self->read);
	ASSERT_EQ(5, node_write(fd, "crash", 5));
	self->sent++;
	exchange(self, fd, messages);
	ASSERT_GT(messages, self->read);
	ASSERT_EQ(0, close(fd));

	/* The next life, of which the node has counters while it is there. */
	fd = open_service(&self->tool);
	ASSERT_LE(0, fd);
	exchange(self, fd, messages / 2);
	ASSERT_TRUE(tracer_end(tracer));
	ASSERT_EQ(2, tracer->count);
	if (has_tracepoints()) {
		EXPECT_EQ(of_node(&self->tool, "tx_messages"),
			  number(tracer->endpoints[1], "sent"));
		EXPECT_EQ(of_node(&self->tool, "rx_messages"),
			  number(tracer->endpoints[1], "received"));
	}
	close(fd);

	/* A program on a function does not run while it runs on this CPU already, for another. */
	if (!has_tracepoints() && number(tracer->end, "lost"))
		SKIP(return, "an event was lost, and the tool says so");
	EXPECT_EQ(0, number(tracer->end, "lost"));
	EXPECT_EQ(self->sent, sum(tracer, "sent"));
	EXPECT_EQ(self->read, sum(tracer, "read"));
	EXPECT_EQ(0, sum(tracer, "unasked"));
	EXPECT_EQ(0, sum(tracer, "earlier"));
	for (i = 0; i < tracer->count; i++) {
		struct json_object *endpoint = tracer->endpoints[i];

		EXPECT_EQ(number(endpoint, "sent"), number(endpoint, "received") +
			  number(endpoint, "given_up") + number(endpoint, "under_way"));
		EXPECT_EQ(number(endpoint, "received"), number(endpoint, "read") +
			  number(endpoint, "unread") + number(endpoint, "queued"));
		EXPECT_EQ(number(endpoint, "read"), stage(endpoint, "total", "count"));
		EXPECT_EQ(number(endpoint, "read"), stage(endpoint, "deliver", "count"));
	}
	TH_LOG("%lld sent, %lld read, %lld given up", (long long)self->sent, (long long)self->read,
	       (long long)sum(tracer, "given_up"));
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
		if (number(object, "lost") >= 0) {
			lost += number(object, "lost");
			continue;
		}
		sent += number(object, "sent");
		received += number(object, "received");
		bytes += number(object, "bytes");
		EXPECT_LE(0, number(object, "queued"));
		EXPECT_EQ(0, number(object, "refused"));
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
