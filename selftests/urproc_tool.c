// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The urproc tool with our firmware, from outside: it boots, echoes, crashes with a clear message,
 * is killed. Whoever talks to it is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "sleeper.h"
#include "wait.h"

FIXTURE(urproc_tool)
{
	struct program urproc;
	struct processor processor;	/* for finding things; not ours */
	struct sleeper sleeper;
	struct kmsg log;
	int ctrl;
	int fd;
	uint8_t data[512];
	char path[FILE_PATH_MAX];
};

FIXTURE_SETUP(urproc_tool)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	self->ctrl = self->fd = -1;
	ASSERT_EQ(0, kmsg_open(&self->log));
}

FIXTURE_TEARDOWN(urproc_tool)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		kmsg_show(&self->log);
	}
	program_kill(&self->urproc);
	close(self->fd);
	close(self->ctrl);
	kmsg_close(&self->log);
}

/* Runs the firmware and waits until it does. */
static bool run(FIXTURE_DATA(urproc_tool) *self, const char *firmware, const char *option)
{
	const char *number;

	file_path(self->path, "%s/examples/firmware/%s", getenv("RPMSG_BUILD"), firmware);
	if (program_start(&self->urproc, "urproc", "run", "--name", "tool", self->path, option,
			  NULL))
		return false;
	if (!program_says(&self->urproc, "running", PATIENCE_MS))
		return false;
	number = strstr(self->urproc.text, "remoteproc");
	if (!number)
		return false;
	self->processor.index = strtoul(number + strlen("remoteproc"), NULL, 10);
	return processor_state_is(&self->processor, "running");
}

/* Opens an endpoint to the service that the firmware announced. */
static bool open_service(FIXTURE_DATA(urproc_tool) *self, const char *service)
{
	char device[128] = "", path[FILE_PATH_MAX], dst[32];

	if (!wait_until(channel_find(&self->processor, service) == 1, PATIENCE_MS))
		return false;
	processor_find(&self->processor, "bus/rpmsg/devices", "", service, device, sizeof(device));
	file_path(path, "/sys/bus/rpmsg/devices/%s/dst", device);
	if (file_read_line(path, dst, sizeof(dst)) <= 0)
		return false;
	self->ctrl = ctrl_open(&self->processor);
	self->fd = endpoint_open(&self->processor, self->ctrl, "to-the-tool", RPMSG_ADDR_ANY,
				 strtoul(dst, NULL, 0), O_RDWR);
	return self->fd >= 0;
}

TEST_F_TIMEOUT(urproc_tool, echo, 60)
{
	char text[4096];
	int i;

	ASSERT_TRUE(run(self, "echo.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-echo"));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(sizeof(i), node_write(self->fd, &i, sizeof(i)));
		ASSERT_EQ(POLLIN, node_poll(self->fd, POLLIN, PATIENCE_MS));
		ASSERT_EQ(sizeof(i), node_read(self->fd, self->data, sizeof(self->data)));
		ASSERT_EQ(0, memcmp(self->data, &i, sizeof(i)));
	}
	EXPECT_LT(0, file_read(processor_debug_path(&self->processor, "trace0", self->path), text,
			       sizeof(text)));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_FALSE(file_exists(file_path(self->path, "/sys/class/remoteproc/remoteproc%u",
					   self->processor.index)));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, "remoteproc"));
}

/* The firmware writes where nothing is while somebody reads from it. */
TEST_F_TIMEOUT(urproc_tool, segmentation_fault, 60)
{
	int result = 0;

	ASSERT_TRUE(run(self, "crash.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));

	EXPECT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EPIPE, result);
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
	EXPECT_EQ(1, program_wait(&self->urproc, PATIENCE_MS));
	EXPECT_NE(NULL, strstr(self->urproc.text, "SIGSEGV"));
	EXPECT_LE(1, kmsg_count(&self->log, KMSG_ERR, "crash"));
	EXPECT_TRUE(wait_until(!file_exists(file_path(self->path,
						      "/sys/class/remoteproc/remoteproc%u",
						      self->processor.index)), PATIENCE_MS));
}

/* With --stay the same processor is booted again, by remoteproc's recovery. */
TEST_F_TIMEOUT(urproc_tool, fault_and_recovery, 60)
{
	file_path(self->path, "%s/examples/firmware/crash.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", "--stay", "--name", "tool",
				   self->path, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));
	self->processor.index = strtoul(strstr(self->urproc.text, "remoteproc") +
					strlen("remoteproc"), NULL, 10);
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));

	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	close(self->fd);
	close(self->ctrl);
	ASSERT_TRUE(wait_until(processor_state_is(&self->processor, "running"), PATIENCE_MS));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_EQ(5, node_write(self->fd, "hello", 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
}

/* Firmware that ends is a crash as well: there is nothing to return to. */
TEST_F_TIMEOUT(urproc_tool, firmware_exits, 60)
{
	ASSERT_TRUE(run(self, "crash.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_EQ(4, node_write(self->fd, "exit", 4));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(1, program_wait(&self->urproc, PATIENCE_MS));
	EXPECT_NE(NULL, strstr(self->urproc.text, "3"));
}

/* All at once, as by the kernel when memory runs out. */
TEST_F_TIMEOUT(urproc_tool, killed_while_a_reader_sleeps, 60)
{
	int result = 0;

	ASSERT_TRUE(run(self, "echo.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-echo"));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	EXPECT_EQ(128 + SIGKILL, program_end(&self->urproc, SIGKILL, PATIENCE_MS));
	EXPECT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EPIPE, result);
	EXPECT_TRUE(wait_until(!file_exists(file_path(self->path,
						      "/sys/class/remoteproc/remoteproc%u",
						      self->processor.index)), PATIENCE_MS));
}

/* Everybody writes, nobody is answered: a full ring is an error after a while, not the end. */
TEST_F_TIMEOUT(urproc_tool, silent_firmware, 60)
{
	int count = 0;

	ASSERT_TRUE(run(self, "silent.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-silent"));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	while (count < 10000 && node_write(self->fd, "x", 1) == 1)
		count++;
	EXPECT_LT(0, count);
	EXPECT_GT(10000, count);
	EXPECT_EQ(-EAGAIN, node_write(self->fd, "x", 1));
	EXPECT_EQ(0, node_poll(self->fd, POLLOUT, QUIET_MS));
	EXPECT_EQ(0, program_end(&self->urproc, SIGINT, PATIENCE_MS));
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
}

TEST_F_TIMEOUT(urproc_tool, bad_firmware, 60)
{
	struct elf_image image;
	struct table table;

	EXPECT_EQ(1, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "/nowhere.elf"));
	EXPECT_NE(NULL, strstr(self->urproc.text, "/nowhere.elf"));
	EXPECT_EQ(1, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "/etc/passwd"));

	/* One that the kernel refuses, and one whose code is int3 */
	table_init(&table);
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	ASSERT_EQ(0, file_make("/run/selftest.elf", image.data, image.size));
	EXPECT_EQ(1, program_run(&self->urproc, PATIENCE_MS, "urproc", "run",
				 "/run/selftest.elf"));
	EXPECT_NE(NULL, strstr(self->urproc.text, "SIGTRAP"));

	image.phdr64[0].p_paddr = 0x1000;
	ASSERT_EQ(0, file_make("/run/selftest.elf", image.data, image.size));
	EXPECT_EQ(1, program_run(&self->urproc, PATIENCE_MS, "urproc", "run",
				 "/run/selftest.elf"));
	EXPECT_NE(NULL, strstr(self->urproc.text, "cannot boot"));
	unlink("/run/selftest.elf");
}

TEST_F(urproc_tool, bad_command_lines)
{
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "walk"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "--nothing"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "--name"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "--name", "a b",
				 "x"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "--mem", "1:2", "x"));
	EXPECT_EQ(2, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "x", "y"));
	EXPECT_EQ(0, program_run(&self->urproc, PATIENCE_MS, "urproc", "--help"));
	EXPECT_EQ(0, program_run(&self->urproc, PATIENCE_MS, "urproc", "run", "--help"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
