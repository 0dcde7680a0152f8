// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/rpmsg_ctrlN: creating and removing endpoints and channels, rightly and wrongly.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "wait.h"

FIXTURE(rpmsg_ctrl)
{
	struct processor processor;
	struct remote remote;
	int ctrl;
	char node[NODE_MAX];
};

FIXTURE_SETUP(rpmsg_ctrl)
{
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
}

FIXTURE_TEARDOWN(rpmsg_ctrl)
{
	ctrl_down(&self->processor, self->ctrl);
}

static int do_ioctl(int fd, unsigned long request, unsigned long arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

TEST_F(rpmsg_ctrl, bad_pointers)
{
	static const unsigned long requests[] = {
		RPMSG_CREATE_EPT_IOCTL, RPMSG_CREATE_DEV_IOCTL, RPMSG_RELEASE_DEV_IOCTL,
	};
	unsigned int i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		EXPECT_EQ(-EFAULT, do_ioctl(self->ctrl, requests[i], 0));
		EXPECT_EQ(-EFAULT, do_ioctl(self->ctrl, requests[i], -4096UL));
		EXPECT_EQ(-EFAULT, do_ioctl(self->ctrl, requests[i], 1));
	}
}

TEST_F(rpmsg_ctrl, unknown_numbers)
{
	struct rpmsg_endpoint_info info = { .name = "unknown" };
	const unsigned long arg = (unsigned long)&info;

	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, _IO(0xb5, 0), arg));
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, _IO(0xb5, 1), arg));
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, _IO(0xb5, 7), arg));
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, RPMSG_DESTROY_EPT_IOCTL, arg));
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, _IOW(0xb5, 1, uint32_t), arg));
	EXPECT_EQ(0, endpoint_node(&self->processor, "unknown", self->node));
}

/* A number that nobody knows says nothing about its argument. */
TEST_F(rpmsg_ctrl, unknown_number_and_pointer)
{
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, _IO(0xb5, 99), 1));
	EXPECT_EQ(-EINVAL, do_ioctl(self->ctrl, RPMSG_DESTROY_EPT_IOCTL, 0));
}

TEST_F(rpmsg_ctrl, no_other_calls)
{
	char data[16];

	EXPECT_GT(0, node_read(self->ctrl, data, sizeof(data)));
	EXPECT_GT(0, node_write(self->ctrl, data, sizeof(data)));
}

TEST_F(rpmsg_ctrl, create_and_destroy)
{
	char path[FILE_PATH_MAX], text[64];
	const char *device;
	int fd;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "ours", 700, 800, self->node));
	ASSERT_TRUE(file_exists(self->node));

	device = self->node + strlen("/dev/");
	EXPECT_LT(0, file_read_line(file_path(path, "/sys/class/rpmsg/%s/name", device), text,
				    sizeof(text)));
	EXPECT_STREQ("ours", text);
	EXPECT_LT(0, file_read_line(file_path(path, "/sys/class/rpmsg/%s/src", device), text,
				    sizeof(text)));
	EXPECT_STREQ("700", text);
	EXPECT_LT(0, file_read_line(file_path(path, "/sys/class/rpmsg/%s/dst", device), text,
				    sizeof(text)));
	EXPECT_STREQ("800", text);

	fd = node_open(self->node, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, do_ioctl(fd, RPMSG_DESTROY_EPT_IOCTL, 0));
	EXPECT_FALSE(file_exists(self->node));
	EXPECT_EQ(0, endpoint_node(&self->processor, "ours", text));
	close(fd);
}

/* 32 bytes and no zero: a name of 31, and nothing of what lies behind it. */
TEST_F(rpmsg_ctrl, name_without_end)
{
	char name[32];

	memset(name, 'e', sizeof(name));
	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, name, 0xaaaaaaaa, 0xbbbbbbbb));
	name[31] = '\0';
	EXPECT_EQ(1, endpoint_node(&self->processor, name, self->node));

	memset(name, 'd', sizeof(name));
	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, name, 0x0a0a0a0a, 0x0b0b0b0b));
	name[31] = '\0';
	EXPECT_EQ(1, channel_find(&self->processor, name));
	memset(name, 'd', sizeof(name));
	EXPECT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, name, 0x0a0a0a0a, 0x0b0b0b0b));
	name[31] = '\0';
	EXPECT_EQ(0, channel_find(&self->processor, name));
}

/* They would be names of files in sysfs, and lines in the log. */
TEST_F(rpmsg_ctrl, names_of_no_channel)
{
	static const char *const names[] = { "", "two\nlines", "bell\a", "\xc3\xa4" };
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, names[i],
					      700 + i, 800));
		EXPECT_EQ(0, channel_find(&self->processor, names[i]));
	}
}

/* Names are a label: the same twice is two endpoints. Addresses clash when the second is opened. */
TEST_F(rpmsg_ctrl, endpoint_twice)
{
	char first[NODE_MAX], second[NODE_MAX];
	int fd;

	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "twice", 700, 800, first));
	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, "twice", 700, 800));
	EXPECT_EQ(2, endpoint_node(&self->processor, "twice", second));
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "clash", 700, 801, second));

	fd = node_open(first, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, node_open(second, O_RDWR));
	close(fd);
	fd = node_open(second, O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(rpmsg_ctrl, address_of_the_name_service)
{
	ASSERT_EQ(0, endpoint_create(&self->processor, self->ctrl, "thief", RPMSG_NS_ADDR, 800,
				     self->node));
	EXPECT_EQ(-EINVAL, node_open(self->node, O_RDWR));
}

/* Addresses are 32 bits, all of them but the one that says "any". */
TEST_F(rpmsg_ctrl, largest_address)
{
	struct rpmsg_message message;
	char data[16];
	int fd;

	fd = endpoint_open(&self->processor, self->ctrl, "last", RPMSG_ADDR_ANY - 1, 0x80000000,
			   O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, node_write(fd, "x", 1));
	ASSERT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	EXPECT_EQ(RPMSG_ADDR_ANY - 1, message.header.src);
	EXPECT_EQ(0x80000000, message.header.dst);
	ASSERT_EQ(0, remote_send(&self->remote, 0, RPMSG_ADDR_ANY - 1, "yes", 3));
	EXPECT_EQ(3, node_read(fd, data, sizeof(data)));
	close(fd);
}

TEST_F(rpmsg_ctrl, channel_twice)
{
	ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "one-only", 700, 800));
	EXPECT_EQ(-ENXIO, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "one-only", 700, 800));
	EXPECT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "one-only", 700, 800));
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "one-only", 700, 800));
	EXPECT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "one-only", 700, 800));
}

TEST_F(rpmsg_ctrl, release_of_nothing)
{
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "nothing", 1, 2));
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "", RPMSG_ADDR_ANY,
				      RPMSG_ADDR_ANY));
}

/* The driver's own channels are not the user's to release: the file that asks hangs on one. */
TEST_F(rpmsg_ctrl, release_of_the_drivers_own)
{
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg_ctrl", 0, 0));
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg_ctrl",
				      RPMSG_ADDR_ANY, RPMSG_ADDR_ANY));
	EXPECT_EQ(-EINVAL, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg_ns",
				      RPMSG_NS_ADDR, RPMSG_NS_ADDR));
	EXPECT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(0, processor_find(&self->processor, "class/rpmsg", "", NULL, NULL, 0));
}

TEST_F_TIMEOUT(rpmsg_ctrl, many_endpoints, 240)
{
	char name[32];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "crowd-%d", i);
		ASSERT_EQ(0, ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, name, RPMSG_ADDR_ANY,
					i));
	}
	EXPECT_EQ(1, endpoint_node(&self->processor, "crowd-99", self->node));

	/* Nobody destroys them: they go with the processor */
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(0, processor_find(&self->processor, "class/rpmsg", "", NULL, NULL, 0));
	EXPECT_FALSE(file_exists(self->node));
}

TEST_F(rpmsg_ctrl, opened_many_times)
{
	int fds[32];
	int i;

	for (i = 0; i < 32; i++) {
		fds[i] = ctrl_open(&self->processor);
		EXPECT_LE(0, fds[i]);
	}
	EXPECT_EQ(0, endpoint_create(&self->processor, fds[31], "by-the-last", 700, 800,
				     self->node));
	for (i = 0; i < 32; i++)
		close(fds[i]);
}

/* The file outlives its device: every call fails, none falls. */
TEST_F(rpmsg_ctrl, used_after_stop)
{
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-ENETRESET, ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, "late", 700, 800));
	EXPECT_EQ(-ENETRESET, ctrl_ioctl(self->ctrl, RPMSG_CREATE_DEV_IOCTL, "late", 700, 800));
	EXPECT_EQ(-ENETRESET, ctrl_ioctl(self->ctrl, RPMSG_RELEASE_DEV_IOCTL, "late", 700, 800));

	/* A new life has a device of its own, and the old file is no way to it */
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	EXPECT_EQ(-ENETRESET, ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, "late", 700, 800));
	close(self->ctrl);
	self->ctrl = ctrl_open(&self->processor);
	EXPECT_LE(0, self->ctrl);
	EXPECT_EQ(0, endpoint_create(&self->processor, self->ctrl, "anew", 700, 800, self->node));
}

struct creator {
	FIXTURE_DATA(rpmsg_ctrl) *self;
	pthread_t thread;
	const char *failed;	/* the step */
};

/*
 * The node of an endpoint while others come and go: when the entry at which readdir() stands is
 * removed, kernfs may go on one entry too far, so one walk proves nothing.
 */
static bool node_appears(const struct processor *processor, const char *name, char node[NODE_MAX])
{
	int i;

	for (i = 0; i < 10; i++) {
		if (endpoint_node(processor, name, node) == 1)
			return true;
	}
	return false;
}

static void *create_and_destroy(void *data)
{
	struct creator *creator = data;
	FIXTURE_DATA(rpmsg_ctrl) *self = creator->self;
	static atomic_int threads;
	const int me = threads++;
	char name[32], node[NODE_MAX];
	int i, fd;

	for (i = 0; i < 25 && !creator->failed; i++) {
		snprintf(name, sizeof(name), "race-%d-%d", me, i);
		if (ctrl_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, name, RPMSG_ADDR_ANY, 800)) {
			creator->failed = "create";
			break;
		}
		if (!node_appears(&self->processor, name, node)) {
			creator->failed = "find";
			break;
		}
		fd = node_open(node, O_RDWR);
		if (fd < 0)
			creator->failed = "open";
		else if (do_ioctl(fd, RPMSG_DESTROY_EPT_IOCTL, 0))
			creator->failed = "destroy";
		close(fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(rpmsg_ctrl, many_threads, 240)
{
	struct creator creators[4] = {};
	int i;

	for (i = 0; i < 4; i++) {
		creators[i].self = self;
		ASSERT_EQ(0, pthread_create(&creators[i].thread, NULL, create_and_destroy,
					    &creators[i]));
	}
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, pthread_join(creators[i].thread, NULL));
		EXPECT_EQ(NULL, creators[i].failed) {
			TH_LOG("thread %d failed to %s", i, creators[i].failed);
		}
	}
}

struct hunter {
	pthread_t	thread;
	atomic_bool	quit;
	unsigned int	removed;
};

/* Removes nodes as soon as they can be found, by names that they may have. */
static void *hunt(void *data)
{
	struct hunter *hunter = data;
	char node[NODE_MAX];
	unsigned int i;
	int fd;

	for (i = 0; !hunter->quit; i++) {
		snprintf(node, sizeof(node), "/dev/rpmsg%u", i % 4);
		fd = node_open(node, O_RDWR);
		if (fd < 0)
			continue;
		hunter->removed += !do_ioctl(fd, RPMSG_DESTROY_EPT_IOCTL, 0);
		close(fd);
	}
	return NULL;
}

/* Also by somebody who cannot know yet that it is there. */
TEST_F_TIMEOUT(rpmsg_ctrl, removed_while_made, 120)
{
	struct rpmsg_endpoint_info info = { .name = "hunted", .src = RPMSG_ADDR_ANY, .dst = 800 };
	struct hunter hunter = { 0 };
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&hunter.thread, NULL, hunt, &hunter));
	for (i = 0; i < 300; i++) {
		EXPECT_EQ(0, do_ioctl(self->ctrl, RPMSG_CREATE_EPT_IOCTL, (unsigned long)&info));
		EXPECT_TRUE(wait_until(!endpoint_node(&self->processor, "hunted", self->node),
				       PATIENCE_MS));
	}
	hunter.quit = true;
	pthread_join(hunter.thread, NULL);
	EXPECT_EQ(300, hunter.removed);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
