// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The modules come and go: not while somebody uses them, in every order that their dependencies
 * allow, many times over.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "module.h"
#include "remote.h"
#include "sleeper.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

FIXTURE(modules)
{
	struct processor processor;
	struct remote remote;
	struct sleeper sleeper;
	char node[NODE_MAX];
	char devices[4096];
};

FIXTURE_SETUP(modules)
{
	if (!getenv("RPMSG_MODULES"))
		SKIP(return, "RPMSG_MODULES names no folder of modules");
	ASSERT_EQ(0, module_load_all());
	ASSERT_EQ(0, processor_install_firmware());
}

/* The tests after this one want them all. */
FIXTURE_TEARDOWN(modules)
{
	processor_close(&self->processor);
	EXPECT_EQ(0, module_load_all());
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(modules, not_with_the_device_open)
{
	int fd = open("/dev/urproc", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EAGAIN, module_unload("urproc"));
	close(fd);
	EXPECT_EQ(0, module_unload("urproc"));
}

TEST_F(modules, not_with_a_processor)
{
	ASSERT_EQ(0, processor_open(&self->processor));
	EXPECT_EQ(-EAGAIN, module_unload("urproc"));
	EXPECT_EQ(-EAGAIN, module_unload("remoteproc"));
	ASSERT_EQ(0, processor_start(&self->processor));
	EXPECT_EQ(-EAGAIN, module_unload("urproc"));
	EXPECT_EQ(-EAGAIN, module_unload("remoteproc"));
	EXPECT_EQ(0, processor_stop(&self->processor));
	processor_close(&self->processor);
	EXPECT_EQ(0, module_unload("urproc"));
	EXPECT_EQ(0, module_unload("remoteproc"));
}

TEST_F(modules, not_with_dependents)
{
	EXPECT_EQ(-EAGAIN, module_unload("rpmsg_core"));
	EXPECT_EQ(-EAGAIN, module_unload("rpmsg_char"));
	EXPECT_EQ(-EAGAIN, module_unload("rpmsg_ns"));
	EXPECT_EQ(-EAGAIN, module_unload("remoteproc"));
	EXPECT_EQ(-ENOENT, module_unload("rpmsg_nothing"));
}

TEST_F(modules, not_with_a_node_open)
{
	struct processor *p = &self->processor;
	int ctrl, fd;

	ASSERT_EQ(0, processor_open(p));
	ASSERT_EQ(0, remote_start(&self->remote, p));
	ctrl = ctrl_open(p);
	ASSERT_LE(0, ctrl);
	EXPECT_EQ(-EAGAIN, module_unload("rpmsg_ctrl"));

	fd = endpoint_open(p, ctrl, "held", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, fd);
	close(ctrl);
	EXPECT_EQ(0, module_unload("rpmsg_ctrl"));
	EXPECT_EQ(-EAGAIN, module_unload("rpmsg_char"));
	close(fd);
	EXPECT_EQ(0, module_unload("rpmsg_char"));
}

/* The processor may go, and its driver: the file that stays holds the framework alone. */
TEST_F(modules, not_with_a_processor_node_open)
{
	struct processor *p = &self->processor;
	char path[FILE_PATH_MAX];
	int fd;

	ASSERT_EQ(0, processor_open(p));
	fd = open(file_path(path, "/dev/remoteproc%u", p->index), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	processor_close(p);
	EXPECT_EQ(0, module_unload("urproc"));
	EXPECT_EQ(-EAGAIN, module_unload("remoteproc"));
	EXPECT_EQ(-1, write(fd, "start", 5));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
	EXPECT_EQ(0, module_unload("remoteproc"));

	/* Its device numbers went with it */
	ASSERT_LT(0, file_read("/proc/devices", self->devices, sizeof(self->devices)));
	EXPECT_EQ(NULL, strstr(self->devices, "remoteproc"));
	ASSERT_EQ(0, module_load_all());
	ASSERT_LT(0, file_read("/proc/devices", self->devices, sizeof(self->devices)));
	EXPECT_NE(NULL, strstr(self->devices, " remoteproc\n"));
}

/*
 * The transport may go under a running processor: its endpoints end, and a new load finds it
 * again.
 */
TEST_F(modules, transport_under_a_running_processor)
{
	struct processor *p = &self->processor;
	struct rpmsg_message message;
	int ctrl, fd, result = 0;

	ASSERT_EQ(0, processor_open(p));
	ASSERT_EQ(0, remote_start(&self->remote, p));
	ctrl = ctrl_open(p);
	ASSERT_LE(0, ctrl);
	fd = endpoint_open(p, ctrl, "orphan", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, fd, 512));

	/* Held by nobody but devices, which its removal removes */
	ASSERT_EQ(0, module_unload("virtio_rpmsg_bus"));
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EPIPE, result);
	EXPECT_EQ(0, processor_find(p, "class/rpmsg", "", NULL, NULL, 0));
	EXPECT_TRUE(processor_state_is(p, "running"));
	close(fd);
	close(ctrl);

	ASSERT_EQ(0, module_load("rpmsg/virtio_rpmsg_bus", ""));
	ASSERT_EQ(0, remote_find_rings(&self->remote));
	ctrl = ctrl_open(p);
	ASSERT_LE(0, ctrl);
	fd = endpoint_open(p, ctrl, "adopted", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, node_write(fd, "x", 1));
	EXPECT_EQ(0, remote_receive(&self->remote, &message, PATIENCE_MS));
	close(fd);
	close(ctrl);
	EXPECT_EQ(0, processor_stop(p));
}

/* Drivers that come later find the channels that are there. */
TEST_F(modules, clients_after_the_transport)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, module_unload("rpmsg_ctrl"));
	ASSERT_EQ(0, module_unload("rpmsg_char"));
	ASSERT_EQ(0, processor_open(p));
	ASSERT_EQ(0, remote_start(&self->remote, p));
	ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(channel_find(p, "rpmsg-raw") == 1, PATIENCE_MS));
	EXPECT_EQ(0, processor_find(p, "class/rpmsg", "", NULL, NULL, 0));

	ASSERT_EQ(0, module_load("rpmsg/rpmsg_char", ""));
	EXPECT_EQ(1, endpoint_node(p, "rpmsg-raw", self->node));
	ASSERT_EQ(0, module_load("rpmsg/rpmsg_ctrl", ""));
	EXPECT_EQ(1, processor_find(p, "class/rpmsg", "rpmsg_ctrl", NULL, NULL, 0));
}

TEST_F_TIMEOUT(modules, all_of_them_many_times, 240)
{
	struct processor *p = &self->processor;
	int round, i;

	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, processor_open(p));
		ASSERT_EQ(0, remote_start(&self->remote, p));
		ASSERT_EQ(0, remote_announce(&self->remote, "rpmsg-raw", REMOTE, RPMSG_NS_CREATE));
		ASSERT_TRUE(wait_until(endpoint_node(p, "rpmsg-raw", self->node) == 1,
				       PATIENCE_MS));
		processor_close(p);

		for (i = MODULE_COUNT - 1; i >= 0; i--) {
			EXPECT_EQ(0, module_unload(module_paths[i])) {
				TH_LOG("round %d: %s", round, module_paths[i]);
			}
		}
		EXPECT_FALSE(file_exists("/dev/urproc"));
		EXPECT_FALSE(file_exists("/sys/class/rpmsg"));
		EXPECT_FALSE(file_exists("/sys/class/remoteproc"));
		EXPECT_FALSE(file_exists("/sys/bus/rpmsg"));
		EXPECT_FALSE(file_exists("/sys/kernel/debug/remoteproc"));
		ASSERT_EQ(0, module_load_all());
	}
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
