// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace latency: a time that is spent in one stage is shown in that one and in no other, and
 * what is no answer or has none is told apart. The test is writer, remote and reader.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "layout.h"
#include "rings.h"
#include "tracer.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

#define IN_FLIGHT_MAX	64
#define DELAY_NS	100000000LL
#define CLOCKS_NS	10000

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A remote that the test plays. Of the room for messages rings leave some for others. */
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

/* A sample, where the kernel takes that; or all messages. */
FIXTURE_VARIANT(latency)
{
	bool all;
};

FIXTURE_VARIANT_ADD(latency, sample) { .all = false };
FIXTURE_VARIANT_ADD(latency, all) { .all = true };

FIXTURE_SETUP(latency)
{
	static const struct layout_vdev rpmsg = {
		.id = VIRTIO_ID_RPMSG, .features = 1, .vrings = 2, .num = 2 * IN_FLIGHT_MAX,
	};
	uint32_t offset;

	self->ctrl = self->fd = -1;
	if (tracer_cannot())
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
	ASSERT_TRUE(tracer_start(&self->tracer, self->processor.index, variant->all));
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

/* When a call began and when it had returned, by this process's clock. */
struct span {
	int64_t from;
	int64_t to;
};

/* The calls that take a message to the remote and its answer back. */
struct passage {
	struct span write, receive, send, read;
};

/* So many messages that are taken and answered, with a delay that falls into the stage. */
struct delayed {
	const char *stage;
	bool by_rings;
	int in_flight;
	char endpoint[32];
	int64_t delay_from;
	struct passage passages[IN_FLIGHT_MAX];
};

/* How long a stage may have been, for all that is known outside of the kernel. */
struct bounds {
	int64_t least;
	int64_t most;
};

static void delay_if(struct delayed *delayed, const char *stage)
{
	const struct timespec t = { .tv_nsec = DELAY_NS };

	if (strcmp(delayed->stage, stage))
		return;
	delayed->delay_from = now_ns();
	nanosleep(&t, NULL);
}

/* All messages are written, or submitted and sent, which is one call. */
static bool write_all(int fd, struct rings *rings, struct delayed *delayed)
{
	struct passage *passages = delayed->passages;
	const int n = delayed->in_flight;
	bool ok = true;
	int i;

	if (!delayed->by_rings) {
		for (i = 0; ok && i < n; i++) {
			passages[i].write.from = now_ns();
			ok = node_write(fd, "ask", 3) == 3;
			passages[i].write.to = now_ns();
		}
		return ok;
	}
	for (i = 0; i < n; i++)
		rings_submit(rings, i, 3);
	passages[0].write.from = now_ns();
	ok = rings_send(fd, 0, 0) == n;
	passages[0].write.to = now_ns();
	for (i = 1; i < n; i++)
		passages[i].write = passages[0].write;
	return ok;
}

static bool read_all(FIXTURE_DATA(latency) *self, int fd, struct delayed *delayed)
{
	struct passage *passages = delayed->passages;
	const int n = delayed->in_flight;
	bool ok = true;
	int i;

	if (!delayed->by_rings) {
		for (i = 0; ok && i < n; i++) {
			passages[i].read.from = now_ns();
			ok = node_read(fd, self->data, sizeof(self->data)) == 6;
			passages[i].read.to = now_ns();
		}
		return ok;
	}
	passages[0].read.from = now_ns();
	ok = rings_receive(fd, n, 0) == n;
	passages[0].read.to = now_ns();
	for (i = 1; i < n; i++)
		passages[i].read = passages[0].read;
	return ok;
}

static bool exchange_delayed(FIXTURE_DATA(latency) *self, struct delayed *delayed)
{
	struct passage *passages = delayed->passages;
	const int n = delayed->in_flight;
	struct rings rings = { };
	bool ok = true;
	int fd, i;

	fd = endpoint_open(&self->processor, self->ctrl, delayed->endpoint, HOST, REMOTE, O_RDWR);
	if (fd < 0)
		return false;
	if (delayed->by_rings)
		ok = !rings_setup(&rings, fd, IN_FLIGHT_MAX, IN_FLIGHT_MAX) &&
		     !rings_map(&rings, fd);
	ok = ok && write_all(fd, &rings, delayed);
	delay_if(delayed, "consume");
	for (i = 0; ok && i < n; i++) {
		passages[i].receive.from = now_ns();
		ok = !remote_receive(&self->remote, &self->message, PATIENCE_MS);
		passages[i].receive.to = now_ns();
	}
	delay_if(delayed, "answer");
	for (i = 0; ok && i < n; i++) {
		passages[i].send.from = now_ns();
		ok = !remote_send(&self->remote, REMOTE, HOST, "answer", 6);
		passages[i].send.to = now_ns();
	}
	delay_if(delayed, "wait");
	ok = ok && read_all(self, fd, delayed);
	rings_unmap(&rings);
	close(fd);
	return ok;
}

static bool is_seen(const char *name, bool consumed)
{
	if (!strcmp(name, "remote"))
		return !consumed;
	return consumed || (strcmp(name, "consume") && strcmp(name, "answer"));
}

/* From a point within one call to a point within a later one. */
static struct bounds between(struct span first, struct span second)
{
	const int64_t least = second.from - first.to;

	return (struct bounds){ least > 0 ? least : 0, second.to - first.from };
}

/*
 * The same clock around each call bounds each stage from both sides, on a machine of any speed: on
 * one that is not busy, to within microseconds.
 */
static struct bounds stage_bounds(const struct delayed *delayed, const struct passage *passage,
				  const char *stage)
{
	/* The reader sleeps, and is then given a CPU; or it had one before the answer was there. */
	const bool slept = !strcmp(delayed->stage, "wait");
	const int64_t awake = slept ? delayed->delay_from + DELAY_NS : passage->send.from;

	if (!strcmp(stage, "write") || !strcmp(stage, "kick"))
		return between(passage->write, passage->write);
	if (!strcmp(stage, "consume"))
		return between(passage->write, passage->receive);
	if (!strcmp(stage, "answer"))
		return between(passage->receive, passage->send);
	if (!strcmp(stage, "remote"))
		return between(passage->write, passage->send);
	if (!strcmp(stage, "deliver"))
		return between(passage->send, passage->send);
	if (!strcmp(stage, "wait"))
		return between(passage->send, (struct span){ awake, passage->read.to });
	if (!strcmp(stage, "read"))
		return (struct bounds){ 0, passage->read.to - awake };
	return between(passage->write, passage->read);
}

static int by_size(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static bool within(const struct delayed *delayed, struct json_object *endpoint, const char *name,
		   const char *key, int64_t least, int64_t most)
{
	const int64_t shown = tracer_stage(endpoint, name, key);

	if (shown >= least && shown <= most)
		return true;
	printf("# %s: %s of %s is %lld, and was %lld to %lld\n", delayed->endpoint, key, name,
	       (long long)shown, (long long)least, (long long)most);
	return false;
}

/* All that is shown of a stage is true of each message. */
static bool stage_is_true(struct json_object *endpoint, const struct delayed *delayed,
			  const char *name)
{
	const int n = delayed->in_flight;
	int64_t least[IN_FLIGHT_MAX], most[IN_FLIGHT_MAX], least_sum = 0, most_sum = 0;
	struct bounds bounds;
	int i;

	for (i = 0; i < n; i++) {
		bounds = stage_bounds(delayed, &delayed->passages[i], name);
		/* Clocks are read in two ways. */
		least[i] = bounds.least - CLOCKS_NS;
		most[i] = bounds.most + CLOCKS_NS;
		least_sum += least[i];
		most_sum += most[i];
	}
	qsort(least, n, sizeof(least[0]), by_size);
	qsort(most, n, sizeof(most[0]), by_size);
	/* Percentiles are told to within a sixteenth. */
	return within(delayed, endpoint, name, "sum_ns", least_sum, most_sum) &&
	       within(delayed, endpoint, name, "max_ns", least[n - 1], most[n - 1]) &&
	       within(delayed, endpoint, name, "p50_ns", least[n / 2] / 16 * 15,
		      most[n / 2] / 16 * 17) &&
	       within(delayed, endpoint, name, "p99_ns", least[n * 99 / 100] / 16 * 15,
		      most[n * 99 / 100] / 16 * 17);
}

static void expect_right_stage(struct __test_metadata *_metadata, FIXTURE_DATA(latency) *self,
			       bool by_rings)
{
	static const char *const delays[] = { "consume", "answer", "wait" };
	static const int in_flight[] = { 1, 8, IN_FLIGHT_MAX };
	static const char *const stages[] = {
		"write", "kick", "consume", "answer", "remote", "deliver", "wait", "read", "total",
	};
	const bool consumed = tracer_has_tracepoints();
	static struct delayed delayed[9];
	struct json_object *endpoint;
	struct delayed *one;
	int64_t max, most = 0;
	const char *in;
	int i, k;

	for (i = 0; i < 9; i++) {
		one = &delayed[i];
		one->stage = delays[i / 3];
		one->by_rings = by_rings;
		one->in_flight = in_flight[i % 3];
		snprintf(one->endpoint, sizeof(one->endpoint), "%s-%d", one->stage, one->in_flight);
		ASSERT_TRUE(exchange_delayed(self, one));
	}
	ASSERT_TRUE(tracer_end(&self->tracer));
	EXPECT_EQ(0, tracer_number(self->tracer.end, "lost"));
	ASSERT_EQ(9, self->tracer.count);
	for (i = 0; i < 9; i++) {
		one = &delayed[i];
		endpoint = tracer_endpoint(&self->tracer, one->endpoint);
		ASSERT_NE(NULL, endpoint);
		EXPECT_EQ(one->in_flight, tracer_number(endpoint, "sent"));
		EXPECT_EQ(one->in_flight, tracer_number(endpoint, "received"));
		EXPECT_EQ(one->in_flight, tracer_number(endpoint, "read"));
		max = tracer_stage(endpoint, "total", "max_ns");
		most = max > most ? max : most;

		for (k = 0; k < (int)(sizeof(stages) / sizeof(stages[0])); k++) {
			if (!is_seen(stages[k], consumed)) {
				EXPECT_EQ(0, tracer_stage(endpoint, stages[k], "count"));
				continue;
			}
			EXPECT_EQ(one->in_flight, tracer_stage(endpoint, stages[k], "count")) {
				TH_LOG("%s: stage %s", one->endpoint, stages[k]);
			}
			EXPECT_TRUE(stage_is_true(endpoint, one, stages[k]));
		}
		in = !consumed && strcmp(one->stage, "wait") ? "remote" : one->stage;
		EXPECT_LE(one->in_flight * DELAY_NS, tracer_stage(endpoint, in, "sum_ns"));
		TH_LOG("%s: %s shows %lld us on average", one->endpoint, in,
		       (long long)tracer_stage(endpoint, in, "sum_ns") / one->in_flight / 1000);
	}
	ASSERT_NE(NULL, self->tracer.slow);
	EXPECT_EQ(most, tracer_number(self->tracer.slow, "total_ns"));
}

/* A delay is shown in the stage that it falls into, in full, and in no other. */
TEST_F_TIMEOUT(latency, right_stage, 240)
{
	expect_right_stage(_metadata, self, false);
}

TEST_F_TIMEOUT(latency, right_stage_of_rings, 240)
{
	expect_right_stage(_metadata, self, true);
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
	EXPECT_EQ(0, tracer_number(self->tracer.end, "lost"));
	ASSERT_EQ(1, self->tracer.count);
	endpoint = self->tracer.endpoints[0];
	EXPECT_EQ(5, tracer_number(endpoint, "sent"));
	EXPECT_EQ(2, tracer_number(endpoint, "given_up"));
	EXPECT_EQ(0, tracer_number(endpoint, "under_way"));
	EXPECT_EQ(4, tracer_number(endpoint, "received"));
	EXPECT_EQ(1, tracer_number(endpoint, "unasked"));
	EXPECT_EQ(2, tracer_number(endpoint, "read"));
	EXPECT_EQ(2, tracer_number(endpoint, "unread"));
	EXPECT_EQ(0, tracer_number(endpoint, "queued"));
	EXPECT_EQ(1, tracer_stage(endpoint, "total", "count"));
	EXPECT_EQ(2, tracer_stage(endpoint, "read", "count"));
}

/* A queue that gets longer than what an endpoint has room for, and that nobody reads to its end. */
TEST_F_TIMEOUT(latency, long_queue, 120)
{
	const int sent = 2500, read = 2200;
	struct json_object *endpoint;
	int64_t timed;
	int i;

	self->fd = endpoint_open(&self->processor, self->ctrl, "long", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < sent; i++)
		ASSERT_EQ(0, remote_send(&self->remote, REMOTE, HOST, "news", 4));
	for (i = 0; i < read; i++)
		ASSERT_EQ(4, node_read(self->fd, self->data, sizeof(self->data)));
	ASSERT_EQ(0, close(self->fd));
	self->fd = -1;

	ASSERT_TRUE(tracer_end(&self->tracer));
	EXPECT_EQ(0, tracer_number(self->tracer.end, "lost"));
	ASSERT_EQ(1, self->tracer.count);
	endpoint = self->tracer.endpoints[0];
	EXPECT_EQ(sent, tracer_number(endpoint, "received"));
	EXPECT_EQ(read, tracer_number(endpoint, "read"));
	EXPECT_EQ(sent - read, tracer_number(endpoint, "unread"));
	timed = tracer_number(endpoint, "timed");
	EXPECT_EQ(timed, tracer_number(endpoint, "unasked"));
	if (variant->all || !tracer_has_tracepoints()) {
		EXPECT_EQ(sent, timed);
		EXPECT_EQ(read, tracer_stage(endpoint, "deliver", "count"));
		EXPECT_EQ(read, tracer_stage(endpoint, "read", "count"));
	} else {
		EXPECT_LE(256, timed);
		/* But for the first, of which nobody has looked when it came. */
		EXPECT_EQ(timed - 1, tracer_stage(endpoint, "deliver", "count"));
		EXPECT_GE(timed, tracer_stage(endpoint, "read", "count"));
	}
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
