// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Channels: what the remote announces becomes a device, what the host announces reaches the
 * remote, and everything goes when the processor stops.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "wait.h"

FIXTURE(channel)
{
	struct processor processor;
	struct remote remote;
	int ctrl;
};

FIXTURE_SETUP(channel)
{
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
}

FIXTURE_TEARDOWN(channel)
{
	ctrl_down(&self->processor, self->ctrl);
}

/* Reads an attribute of the channel of that service, or gives "". */
static const char *channel_attr(const struct processor *processor, const char *service,
				const char *attr)
{
	static char text[128];
	char device[128], path[FILE_PATH_MAX];

	if (processor_find(processor, "bus/rpmsg/devices", "", service, device,
			   sizeof(device)) != 1)
		return "no such channel";
	file_path(path, "/sys/bus/rpmsg/devices/%s/%s", device, attr);
	if (file_read_line(path, text, sizeof(text)) < 0)
		return "no such attribute";
	return text;
}

TEST_F(channel, announced_by_remote)
{
	struct processor *p = &self->processor;
	char device[128] = "";

	EXPECT_EQ(0, channel_find(p, "service"));
	ASSERT_EQ(0, remote_announce(&self->remote, "service", 77, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(channel_find(p, "service") == 1, PATIENCE_MS));

	processor_find(p, "bus/rpmsg/devices", "", "service", device, sizeof(device));
	EXPECT_NE(NULL, strstr(device, ".service.-1.77"));
	EXPECT_STREQ("0x4d", channel_attr(p, "service", "dst"));
	EXPECT_STREQ("0xffffffff", channel_attr(p, "service", "src"));
	EXPECT_STREQ("false", channel_attr(p, "service", "announce"));
	EXPECT_STREQ("rpmsg:service", channel_attr(p, "service", "modalias"));

	ASSERT_EQ(0, remote_announce(&self->remote, "service", 77, RPMSG_NS_DESTROY));
	EXPECT_TRUE(wait_until(channel_find(p, "service") == 0, PATIENCE_MS));
}

/* One service at two addresses is two channels; one address withdrawn leaves the other. */
TEST_F(channel, two_of_a_service)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, remote_announce(&self->remote, "twin", 77, RPMSG_NS_CREATE));
	ASSERT_EQ(0, remote_announce(&self->remote, "twin", 78, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(channel_find(p, "twin") == 2, PATIENCE_MS));
	ASSERT_EQ(0, remote_announce(&self->remote, "twin", 77, RPMSG_NS_DESTROY));
	ASSERT_TRUE(wait_until(channel_find(p, "twin") == 1, PATIENCE_MS));
	EXPECT_STREQ("0x4e", channel_attr(p, "twin", "dst"));
}

TEST_F(channel, created_by_host)
{
	struct processor *p = &self->processor;
	struct rpmsg_message message;

	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "made-here", 500, 600));
	EXPECT_EQ(1, channel_find(p, "made-here"));
	EXPECT_STREQ("0x1f4", channel_attr(p, "made-here", "src"));
	EXPECT_STREQ("0x258", channel_attr(p, "made-here", "dst"));
	EXPECT_STREQ("true", channel_attr(p, "made-here", "announce"));

	/* Nobody drives it, so there is nothing to talk to and nothing is announced */
	EXPECT_EQ(-ETIMEDOUT, remote_receive(&self->remote, &message, QUIET_MS));

	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "made-here", 500, 600));
	EXPECT_EQ(0, channel_find(p, "made-here"));
}

/* rpmsg_char drives "rpmsg-raw": its endpoint is announced, and withdrawn again. */
TEST_F(channel, announced_by_host)
{
	struct rpmsg_message message;
	const struct rpmsg_ns_message *ns = (const void *)message.data;

	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", 500,
				RPMSG_ADDR_ANY));
	ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	EXPECT_EQ(500, message.header.src);
	EXPECT_EQ(RPMSG_NS_ADDR, message.header.dst);
	EXPECT_EQ(sizeof(*ns), message.header.len);
	EXPECT_STREQ("rpmsg-raw", ns->name);
	EXPECT_EQ(500, ns->addr);
	EXPECT_EQ(RPMSG_NS_CREATE, ns->flags);

	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 500,
				RPMSG_ADDR_ANY));
	ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	EXPECT_EQ(RPMSG_NS_ADDR, message.header.dst);
	EXPECT_STREQ("rpmsg-raw", ns->name);
	EXPECT_EQ(500, ns->addr);
	EXPECT_EQ(RPMSG_NS_DESTROY, ns->flags);
}

TEST_F(channel, driven_by_rpmsg_char)
{
	struct processor *p = &self->processor;
	struct rpmsg_message message;
	char node[NODE_MAX], data[16];
	int fd;

	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", 88, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(endpoint_node(p, "rpmsg-raw", node) == 1, PATIENCE_MS));
	ASSERT_TRUE(wait_until(file_exists(node), PATIENCE_MS));
	fd = node_open(node, O_RDWR);
	ASSERT_LE(0, fd);

	ASSERT_EQ(5, node_write(fd, "hello", 5));
	ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	EXPECT_EQ(88, message.header.dst);
	EXPECT_LE(1024, message.header.src);
	EXPECT_EQ(5, message.header.len);
	EXPECT_EQ(0, memcmp(message.data, "hello", 5));

	ASSERT_EQ(0, remote_send(&self->remote, 88, message.header.src, "world!", 6));
	EXPECT_EQ(6, node_read(fd, data, sizeof(data)));
	EXPECT_EQ(0, memcmp(data, "world!", 6));

	/* The channel goes while the node is open */
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", 88, RPMSG_NS_DESTROY));
	ASSERT_TRUE(wait_until(endpoint_node(p, "rpmsg-raw", node) == 0, PATIENCE_MS));
	EXPECT_EQ(-EPIPE, node_write(fd, "hello", 5));
	EXPECT_EQ(-EPIPE, node_read(fd, data, sizeof(data)));
	close(fd);
}

TEST_F(channel, stop_removes_all)
{
	struct processor *p = &self->processor;
	int i;

	for (i = 0; i < 3; i++) {
		if (i) {
			ASSERT_EQ(0, remote_start(&self->remote, p));
		}
		ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", 88, RPMSG_NS_CREATE));
		ASSERT_EQ(0, remote_announce(&self->remote, "another", 89, RPMSG_NS_CREATE));
		ASSERT_TRUE(wait_until(channel_find(p, "another") == 1, PATIENCE_MS));
		ASSERT_EQ(0, processor_stop(p));
		EXPECT_EQ(0, processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0));
		EXPECT_EQ(0, processor_find(p, "class/rpmsg", "", NULL, NULL, 0));
		EXPECT_EQ(0, processor_find(p, "bus/virtio/devices", "", NULL, NULL, 0));
	}
}

/* Which driver a channel gets may be said by hand. */
TEST_F(channel, driver_override)
{
	struct processor *p = &self->processor;
	char device[128] = "", path[FILE_PATH_MAX], text[64], node[NODE_MAX];

	ASSERT_EQ(0, remote_announce(&self->remote, "odd-service", 90, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(channel_find(p, "odd-service") == 1, PATIENCE_MS));
	EXPECT_EQ(0, endpoint_node(p, "odd-service", node));

	processor_find(p, "bus/rpmsg/devices", "", "odd-service", device, sizeof(device));
	file_path(path, "/sys/bus/rpmsg/devices/%s/driver_override", device);
	ASSERT_EQ(0, file_write(path, "rpmsg_chrdev"));
	EXPECT_LT(0, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ("rpmsg_chrdev", text);
	ASSERT_EQ(0, file_write("/sys/bus/rpmsg/drivers/rpmsg_chrdev/bind", device));
	EXPECT_EQ(1, endpoint_node(p, "odd-service", node));
	ASSERT_EQ(0, file_write("/sys/bus/rpmsg/drivers/rpmsg_chrdev/unbind", device));
	EXPECT_EQ(0, endpoint_node(p, "odd-service", node));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
