// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl from end to end, against the echo firmware run by the urproc tool: what it prints,
 * what a script can rely on, how it fails.
 */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <unistd.h>

#include "file.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

/* rpmsg-ctl with these arguments; its exit status. */
#define ctl(...)	program_run(&self->ctl, 2 * PATIENCE_MS, "rpmsg-ctl", __VA_ARGS__)

/* True when it printed that. */
#define said(words)	contains(self->ctl.text, words)

static bool contains(const char *text, const char *words)
{
	return strstr(text, words);
}

/* Copies the first word of the text. */
static void first_word(const char *text, char *word, size_t size)
{
	snprintf(word, size, "%.*s", (int)strcspn(text, " \t\n"), text);
}

FIXTURE(rpmsg_ctl)
{
	struct program urproc;
	struct program ctl;
	struct program beside;
	char firmware[FILE_PATH_MAX];
	char name[32];		/* remoteprocN */
	char node[32];
};

FIXTURE_SETUP(rpmsg_ctl)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	file_path(self->firmware, "%s/examples/firmware/echo.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", "--name", "dsp",
				   self->firmware, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));
	first_word(strstr(self->urproc.text, "remoteproc"), self->name, sizeof(self->name));
}

FIXTURE_TEARDOWN(rpmsg_ctl)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		program_show(&self->ctl);
	}
	program_kill(&self->beside);
	program_kill(&self->ctl);
	program_kill(&self->urproc);
}

/* Makes an endpoint to the echo service, and takes its node from what is printed. */
static bool create(FIXTURE_DATA(rpmsg_ctl) *self)
{
	if (ctl("create", "--service", "rpmsg-echo"))
		return false;
	first_word(self->ctl.text, self->node, sizeof(self->node));
	return !strncmp(self->node, "/dev/rpmsg", 10) && file_exists(self->node);
}

TEST_F_TIMEOUT(rpmsg_ctl, list, 120)
{
	ASSERT_TRUE(create(self));
	EXPECT_EQ(0, ctl("list"));
	EXPECT_TRUE(said(self->name));
	EXPECT_TRUE(said("dsp"));
	EXPECT_TRUE(said("running"));
	EXPECT_TRUE(said("rpmsg-echo"));
	EXPECT_TRUE(said("rpmsg-raw"));
	EXPECT_TRUE(said(self->node));
}

static struct json_object *member(struct json_object *array, const char *key, const char *value)
{
	struct json_object *object, *field;
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++) {
		object = json_object_array_get_idx(array, i);
		if (json_object_object_get_ex(object, key, &field) &&
		    json_object_get_string(field) && !strcmp(json_object_get_string(field), value))
			return object;
	}
	return NULL;
}

TEST_F_TIMEOUT(rpmsg_ctl, list_json, 120)
{
	struct json_object *root, *array, *object, *field;

	ASSERT_TRUE(create(self));
	ASSERT_EQ(0, ctl("list", "--json"));
	root = json_tokener_parse(self->ctl.text);
	ASSERT_NE(NULL, root);

	ASSERT_TRUE(json_object_object_get_ex(root, "processors", &array));
	object = member(array, "processor", self->name);
	ASSERT_NE(NULL, object);
	ASSERT_TRUE(json_object_object_get_ex(object, "name", &field));
	EXPECT_STREQ("dsp", json_object_get_string(field));
	ASSERT_TRUE(json_object_object_get_ex(object, "state", &field));
	EXPECT_STREQ("running", json_object_get_string(field));

	ASSERT_TRUE(json_object_object_get_ex(root, "channels", &array));
	object = member(array, "service", "rpmsg-echo");
	ASSERT_NE(NULL, object);
	ASSERT_TRUE(json_object_object_get_ex(object, "dst", &field));
	EXPECT_EQ(json_type_int, json_object_get_type(field));

	ASSERT_TRUE(json_object_object_get_ex(root, "nodes", &array));
	object = member(array, "path", self->node);
	ASSERT_NE(NULL, object);
	ASSERT_TRUE(json_object_object_get_ex(object, "name", &field));
	EXPECT_STREQ("rpmsg-echo", json_object_get_string(field));
	json_object_put(root);
}

TEST_F_TIMEOUT(rpmsg_ctl, create_and_destroy, 120)
{
	ASSERT_TRUE(create(self));
	EXPECT_EQ(0, ctl("destroy", self->node));
	EXPECT_FALSE(file_exists(self->node));
	EXPECT_EQ(1, ctl("destroy", self->node));

	EXPECT_EQ(0, ctl("create", "--name", "by-hand", "--dst", "1024", "--src", "77"));
	EXPECT_EQ(0, ctl("destroy", "by-hand"));
	EXPECT_EQ(1, ctl("create", "--service", "no-such-service", "--timeout", "100ms"));
	EXPECT_TRUE(said("no-such-service"));
}

TEST_F_TIMEOUT(rpmsg_ctl, send_and_reply, 120)
{
	ASSERT_TRUE(create(self));
	EXPECT_EQ(0, ctl("send", "--reply", "1", self->node, "hello there"));
	EXPECT_TRUE(said("hello there"));
	EXPECT_EQ(0, ctl("send", "--reply", "1", "rpmsg-echo", "by service"));
	EXPECT_TRUE(said("by service"));
	EXPECT_EQ(0, ctl("send", "--hex", "--reply", "1", self->node, "00ff1b"));
	EXPECT_TRUE(said("00") && said("ff"));
	EXPECT_EQ(1, ctl("send", "/dev/rpmsg9999", "lost"));
}

TEST_F_TIMEOUT(rpmsg_ctl, message_too_long, 120)
{
	char text[600];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ASSERT_TRUE(create(self));
	EXPECT_EQ(1, ctl("send", self->node, text));
	EXPECT_TRUE(said("too long"));
	text[496] = '\0';
	EXPECT_EQ(0, ctl("send", "--reply", "1", self->node, text));
	EXPECT_TRUE(said(text));
}

TEST_F_TIMEOUT(rpmsg_ctl, recv_ends, 120)
{
	ASSERT_TRUE(create(self));
	EXPECT_EQ(1, ctl("recv", "--timeout", "100ms", self->node));

	/* The processor goes while it waits for a second answer */
	ASSERT_EQ(0, program_start(&self->ctl, "rpmsg-ctl", "send", "--timeout", "60",
				   "--reply", "2", self->node, "hello", NULL));
	EXPECT_TRUE(program_says(&self->ctl, "hello", PATIENCE_MS));
	EXPECT_EQ(-ETIMEDOUT, program_wait(&self->ctl, QUIET_MS));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_EQ(1, program_wait(&self->ctl, PATIENCE_MS));
	EXPECT_TRUE(said("gone"));
}

TEST_F_TIMEOUT(rpmsg_ctl, ping, 120)
{
	ASSERT_TRUE(create(self));
	EXPECT_EQ(0, ctl("ping", "--count", "20", "--interval", "1ms", self->node));
	EXPECT_TRUE(said("20 sent, 20 received"));
	EXPECT_TRUE(said("rtt min/p50/p99/max = "));
	EXPECT_EQ(0, ctl("ping", "--count", "5", "--interval", "1ms", "--size", "496", "--quiet",
			 "rpmsg-echo"));
	EXPECT_TRUE(said("5 sent, 5 received"));
	EXPECT_EQ(1, ctl("ping", "--count", "1", "--size", "497", self->node));
}

static int64_t counter_of(struct json_object *root, const char *device_key, const char *device,
			  const char *counter)
{
	struct json_object *array, *object, *counters, *field;

	if (!json_object_object_get_ex(root, "statistics", &array))
		return -1;
	object = member(array, device_key, device);
	if (!object || !json_object_object_get_ex(object, "counters", &counters) ||
	    !json_object_object_get_ex(counters, counter, &field))
		return -1;
	return json_object_get_int64(field);
}

TEST_F_TIMEOUT(rpmsg_ctl, stats, 120)
{
	struct json_object *root;

	ASSERT_TRUE(create(self));
	ASSERT_EQ(0, ctl("ping", "--count", "20", "--interval", "1ms", "--size", "100",
			 self->node));
	ASSERT_EQ(0, ctl("stats", "--json", "dsp"));
	root = json_tokener_parse(self->ctl.text);
	ASSERT_NE(NULL, root);
	EXPECT_EQ(20, counter_of(root, "name", "rpmsg-echo", "tx_messages"));
	EXPECT_EQ(2000, counter_of(root, "name", "rpmsg-echo", "rx_bytes"));
	EXPECT_EQ(0, counter_of(root, "name", "rpmsg-echo", "rx_dropped_full"));
	EXPECT_EQ(0, counter_of(root, "device", self->node + strlen("/dev/"), "tx_full"));
	/* What the device carries is that and the announcements. */
	EXPECT_LE(20, counter_of(root, "processor", self->name, "rx_messages"));
	json_object_put(root);

	EXPECT_EQ(0, ctl("stats"));
	EXPECT_TRUE(said("virtio"));
	EXPECT_TRUE(said("rpmsg-echo"));
	EXPECT_TRUE(said("tx_bytes"));
}

TEST_F_TIMEOUT(rpmsg_ctl, stats_watch, 120)
{
	struct program *watch = &self->beside;

	ASSERT_TRUE(create(self));
	ASSERT_EQ(0, program_start(watch, "rpmsg-ctl", "stats", "--watch", "--interval", "50ms",
				   NULL));
	ASSERT_TRUE(program_says(watch, "tx_messages", PATIENCE_MS));
	EXPECT_FALSE(contains(watch->text, "+"));
	ASSERT_EQ(0, ctl("send", "--reply", "1", self->node, "hello"));
	EXPECT_TRUE(program_says(watch, " tx_messages +1", PATIENCE_MS));
	EXPECT_TRUE(program_says(watch, " rx_bytes +5", PATIENCE_MS));
	EXPECT_EQ(0, program_end(watch, SIGINT, PATIENCE_MS));
}

TEST_F_TIMEOUT(rpmsg_ctl, monitor, 120)
{
	struct program *monitor = &self->beside;

	ASSERT_EQ(0, program_start(monitor, "rpmsg-ctl", "monitor", "--json", NULL));
	EXPECT_TRUE(program_says(monitor, "\"change\":\"present\",\"what\":\"processor\"",
				 PATIENCE_MS));
	EXPECT_TRUE(program_says(monitor, "\"what\":\"channel\"", PATIENCE_MS));
	/* The node of rpmsg-raw. */
	EXPECT_TRUE(program_says(monitor, "\"change\":\"present\",\"what\":\"endpoint\"",
				 PATIENCE_MS));
	EXPECT_FALSE(contains(monitor->text, "added"));

	ASSERT_TRUE(create(self));
	EXPECT_TRUE(program_says(monitor, "\"change\":\"added\",\"what\":\"endpoint\"",
				 PATIENCE_MS));
	EXPECT_TRUE(program_says(monitor, self->node, PATIENCE_MS));
	ASSERT_EQ(0, ctl("destroy", self->node));
	EXPECT_TRUE(program_says(monitor, "\"change\":\"removed\",\"what\":\"endpoint\"",
				 PATIENCE_MS));

	ASSERT_EQ(0, ctl("stop", "dsp"));
	EXPECT_TRUE(program_says(monitor, "\"change\":\"removed\",\"what\":\"channel\"",
				 PATIENCE_MS));
	EXPECT_TRUE(program_says(monitor, "\"state\":\"offline\"", PATIENCE_MS));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_TRUE(program_says(monitor, "\"change\":\"removed\",\"what\":\"processor\"",
				 PATIENCE_MS));
	EXPECT_EQ(0, program_end(monitor, SIGINT, PATIENCE_MS));
}

TEST_F_TIMEOUT(rpmsg_ctl, stop_and_boot, 120)
{
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_TRUE(said("stopped"));
	EXPECT_EQ(0, ctl("list"));
	EXPECT_TRUE(said("offline"));
	EXPECT_FALSE(said("rpmsg-echo"));

	EXPECT_EQ(1, ctl("boot", "--firmware", "no-such-firmware.elf", "dsp"));
	EXPECT_TRUE(said("no-such-firmware.elf"));
	EXPECT_EQ(1, ctl("boot", "no-such-processor"));
}

TEST_F_TIMEOUT(rpmsg_ctl, wrong_usage, 120)
{
	EXPECT_EQ(2, ctl("nonsense"));
	EXPECT_EQ(2, ctl("list", "too", "much"));
	EXPECT_EQ(2, ctl("create"));
	EXPECT_EQ(2, ctl("send"));
	EXPECT_EQ(2, ctl("recv", "--count", "many", "x"));
	EXPECT_EQ(2, ctl("ping", "--size", "0", "x"));
	EXPECT_EQ(2, ctl("boot"));
	EXPECT_EQ(2, ctl("stop", "--what"));
	EXPECT_EQ(0, ctl("--help"));
	EXPECT_EQ(0, ctl("--version"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
