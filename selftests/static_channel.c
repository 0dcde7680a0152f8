// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Static channels: a remote that announces nothing lists them in its config space
 * (VIRTIO_RPMSG_F_STATIC).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "program.h"
#include "wait.h"

#define F_NS		(1u << 0)
#define F_STATIC	(1u << 17)
#define MAX_STATIC	64

/* As docs/rpmsg-wire.md has it. */
struct entry {
	uint32_t	src;
	uint32_t	dst;
	char		name[RPMSG_NAME_SIZE];
};

struct config {
	uint8_t		others[64];
	uint32_t	count;
	struct entry	entries[MAX_STATIC + 8];
};

FIXTURE(static_channel)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct kmsg log;
	struct config config;
	int ctrl;
	int fd;
	uint8_t data[512];
};

FIXTURE_SETUP(static_channel)
{
	self->ctrl = -1;
	self->fd = -1;
	memset(self->config.others, 0xff, sizeof(self->config.others));
	ASSERT_EQ(0, kmsg_open(&self->log));
}

FIXTURE_TEARDOWN(static_channel)
{
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	ctrl_down(&self->processor, self->ctrl);
	close(self->fd);
}

static void list(struct config *config, uint32_t src, uint32_t dst, const char *name)
{
	struct entry *entry = &config->entries[config->count++];

	entry->src = src;
	entry->dst = dst;
	memcpy(entry->name, name, strnlen(name, sizeof(entry->name)));
}

/* Starts, with so many of the entries inside of the config space. Returns 0 or -errno. */
static int start(FIXTURE_DATA(static_channel) *self, uint32_t features, unsigned int entries)
{
	self->ctrl = ctrl_up_device(&self->processor, &self->remote, features, &self->config,
				    offsetof(struct config, entries[entries]));
	return self->ctrl < 0 ? self->ctrl : 0;
}

/* All channels but the control device's. The last one is there when this is called. */
static int channels(const struct processor *p)
{
	return processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0) -
	       channel_find(p, "rpmsg_ctrl") - channel_find(p, "rpmsg_ns");
}

static const char *attr(const struct processor *p, const char *service, const char *name)
{
	static char text[128];
	char device[128], path[FILE_PATH_MAX];

	if (processor_find(p, "bus/rpmsg/devices", "", service, device, sizeof(device)) != 1)
		return "no such channel";
	file_path(path, "/sys/bus/rpmsg/devices/%s/%s", device, name);
	return file_read_line(path, text, sizeof(text)) < 0 ? "no such attribute" : text;
}

TEST_F(static_channel, listed)
{
	struct processor *p = &self->processor;

	list(&self->config, RPMSG_ADDR_ANY, 77, "first");
	list(&self->config, 500, 0x80000000, "second");
	list(&self->config, RPMSG_ADDR_ANY, 78, "a-name-of-thirty-one-characters");
	ASSERT_EQ(0, start(self, F_STATIC, 3));
	ASSERT_TRUE(wait_until(channels(p) == 3, PATIENCE_MS));

	EXPECT_STREQ("0x4d", attr(p, "first", "dst"));
	EXPECT_STREQ("0xffffffff", attr(p, "first", "src"));
	EXPECT_STREQ("false", attr(p, "first", "announce"));
	EXPECT_STREQ("0x80000000", attr(p, "second", "dst"));
	EXPECT_STREQ("0x1f4", attr(p, "second", "src"));
	EXPECT_STREQ("false", attr(p, "second", "announce"));
	EXPECT_STREQ("0x4e", attr(p, "a-name-of-thirty-one-characters", "dst"));
}

TEST_F(static_channel, not_negotiated)
{
	list(&self->config, RPMSG_ADDR_ANY, 77, "first");
	ASSERT_EQ(0, start(self, F_NS, 1));
	ASSERT_EQ(0, remote_announce(&self->remote, "proof", 78, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(channel_find(&self->processor, "proof") == 1, PATIENCE_MS));
	EXPECT_EQ(1, channels(&self->processor));
}

/* A driver binds, and with a local address of its own the remote may speak first. */
TEST_F(static_channel, carries_messages)
{
	char node[NODE_MAX];

	list(&self->config, 500, 600, "rpmsg-raw");
	ASSERT_EQ(0, start(self, F_STATIC, 1));
	ASSERT_TRUE(wait_until(endpoint_node(&self->processor, "rpmsg-raw", node) == 1,
			       PATIENCE_MS));
	wait_until((self->fd = node_open(node, O_RDWR)) >= 0, PATIENCE_MS);
	ASSERT_LE(0, self->fd);

	ASSERT_EQ(0, remote_send(&self->remote, 600, 500, "hello", 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	ASSERT_EQ(3, node_write(self->fd, "you", 3));
	/* And the first that the remote hears: it was not told of a service that it has */
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(500, self->message.header.src);
	EXPECT_EQ(600, self->message.header.dst);
	EXPECT_EQ(3, self->message.header.len);
}

/* The name service beside it: announcing what is listed changes nothing. */
TEST_F(static_channel, with_name_service)
{
	struct processor *p = &self->processor;

	list(&self->config, RPMSG_ADDR_ANY, 77, "both");
	ASSERT_EQ(0, start(self, F_STATIC | F_NS, 1));
	ASSERT_TRUE(wait_until(channels(p) == 1, PATIENCE_MS));
	ASSERT_EQ(0, remote_announce(&self->remote, "both", 77, RPMSG_NS_CREATE));
	ASSERT_EQ(0, remote_announce(&self->remote, "both", 78, RPMSG_NS_CREATE));
	EXPECT_TRUE(wait_until(channels(p) == 2, PATIENCE_MS));
	EXPECT_EQ(2, channel_find(p, "both"));
	ASSERT_EQ(0, remote_announce(&self->remote, "both", 77, RPMSG_NS_DESTROY));
	EXPECT_TRUE(wait_until(channels(p) == 1, PATIENCE_MS));
	EXPECT_STREQ("0x4e", attr(p, "both", "dst"));
}

/* One that cannot be costs itself. */
TEST_F(static_channel, bad_entries)
{
	struct processor *p = &self->processor;
	char full[RPMSG_NAME_SIZE];

	memset(full, 'x', sizeof(full));
	list(&self->config, RPMSG_ADDR_ANY, 70, "");
	list(&self->config, RPMSG_ADDR_ANY, 71, "new\nline");
	list(&self->config, RPMSG_ADDR_ANY, 72, "\xc3\xa4");
	list(&self->config, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, "nowhere");
	list(&self->config, RPMSG_ADDR_ANY, 74, "a/b");
	list(&self->config, RPMSG_ADDR_ANY, 75, "good");
	list(&self->config, RPMSG_ADDR_ANY, 75, "good");
	memcpy(self->config.entries[self->config.count].name, full, sizeof(full));
	list(&self->config, RPMSG_ADDR_ANY, 76, "x");
	memcpy(self->config.entries[self->config.count - 1].name, full, sizeof(full));
	list(&self->config, RPMSG_ADDR_ANY, 77, "last");
	ASSERT_EQ(0, start(self, F_STATIC, self->config.count));

	ASSERT_TRUE(wait_until(channel_find(p, "last") == 1, PATIENCE_MS));
	EXPECT_EQ(1, channel_find(p, "good"));
	full[sizeof(full) - 1] = '\0';
	EXPECT_EQ(1, channel_find(p, full));
	EXPECT_EQ(4, kmsg_count(&self->log, KMSG_WARNING, "static channel refused"));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_WARNING, "no static channel good"));
}

/* Of too many, so many are taken as there may be. */
TEST_F(static_channel, too_many)
{
	char name[RPMSG_NAME_SIZE];
	int i;

	for (i = 0; i < MAX_STATIC + 8; i++) {
		snprintf(name, sizeof(name), "service-%d", i);
		list(&self->config, RPMSG_ADDR_ANY, 100 + i, name);
	}
	self->config.count = UINT32_MAX;
	ASSERT_EQ(0, start(self, F_STATIC, MAX_STATIC + 8));
	EXPECT_TRUE(wait_until(channels(&self->processor) == MAX_STATIC, PATIENCE_MS));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_WARNING, "64 are taken"));
}

/* A count that leads beyond the config space: what is not there is no channel. */
TEST_F(static_channel, beyond_the_end)
{
	list(&self->config, RPMSG_ADDR_ANY, 77, "first");
	list(&self->config, RPMSG_ADDR_ANY, 78, "cut off");
	self->config.count = 20;
	ASSERT_EQ(0, start(self, F_STATIC, 1));
	ASSERT_TRUE(wait_until(kmsg_count(&self->log, KMSG_WARNING,
					  "static channel refused") == 19, PATIENCE_MS));
	EXPECT_EQ(1, channels(&self->processor));
	EXPECT_EQ(1, channel_find(&self->processor, "first"));
}

TEST_F(static_channel, no_config)
{
	self->ctrl = ctrl_up_device(&self->processor, &self->remote, F_STATIC, NULL, 0);
	ASSERT_LE(0, self->ctrl);
	EXPECT_EQ(0, channels(&self->processor));
}

TEST_F(static_channel, after_a_restart)
{
	struct processor *p = &self->processor;

	list(&self->config, RPMSG_ADDR_ANY, 77, "first");
	ASSERT_EQ(0, start(self, F_STATIC, 1));
	ASSERT_TRUE(wait_until(channels(p) == 1, PATIENCE_MS));
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_EQ(0, channels(p));
	ASSERT_EQ(0, processor_start(p));
	EXPECT_TRUE(wait_until(channels(p) == 1, PATIENCE_MS));
}

/* The example firmware: no name service, two channels. */
TEST(static_firmware)
{
	static struct program urproc, ping;
	char firmware[FILE_PATH_MAX];

	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	file_path(firmware, "%s/examples/firmware/static.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&urproc, "urproc", "run", firmware, NULL));
	ASSERT_TRUE(program_says(&urproc, "running", PATIENCE_MS));
	EXPECT_TRUE(wait_until(program_run(&ping, PATIENCE_MS, "rpmsg-ctl", "ping", "--count", "3",
					   "rpmsg-static") == 0, PATIENCE_MS)) {
		program_show(&ping);
	}
	EXPECT_EQ(0, program_end(&urproc, SIGTERM, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
