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
#include "tool.h"
#include "wait.h"

FIXTURE(urproc_tool)
{
	struct tool tool;
	struct sleeper sleeper;
	struct kmsg log;
	int fd;
	uint8_t data[512];
	char path[FILE_PATH_MAX];
};

FIXTURE_SETUP(urproc_tool)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	self->fd = -1;
	ASSERT_EQ(0, kmsg_open(&self->log));
}

FIXTURE_TEARDOWN(urproc_tool)
{
	if (_metadata->exit_code) {
		program_show(&self->tool.urproc);
		kmsg_show(&self->log);
	}
	program_kill(&self->tool.urproc);
	close(self->fd);
	kmsg_close(&self->log);
}

/* Runs the firmware and waits until it does. */
static bool run(FIXTURE_DATA(urproc_tool) *self, const char *firmware, const char *option)
{
	return tool_run(&self->tool, "tool", firmware, option);
}

/* Opens an endpoint to the service that the firmware announced. */
static bool open_service(FIXTURE_DATA(urproc_tool) *self, const char *service)
{
	return wait_until((self->fd = tool_open_service(&self->tool, service, "to-the-tool",
							O_RDWR)) >= 0, PATIENCE_MS);
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
	EXPECT_LT(0, file_read(processor_debug_path(&self->tool.processor, "trace0", self->path),
			       text, sizeof(text)));
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGTERM, PATIENCE_MS));
	EXPECT_TRUE(tool_is_gone(&self->tool));
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
	EXPECT_EQ(1, program_wait(&self->tool.urproc, PATIENCE_MS));
	EXPECT_NE(NULL, strstr(self->tool.urproc.text, "SIGSEGV"));
	EXPECT_LE(1, kmsg_count(&self->log, KMSG_ERR, "crash"));
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
}

/* With --stay the same processor is booted again, by remoteproc's recovery. */
TEST_F_TIMEOUT(urproc_tool, fault_and_recovery, 60)
{
	ASSERT_TRUE(run(self, "crash.elf", "--stay"));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	program_forget(&self->tool.urproc);
	ASSERT_EQ(5, node_write(self->fd, "crash", 5));

	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	close(self->fd);
	/* The service of before is there for a while, and its state is. */
	ASSERT_TRUE(program_says(&self->tool.urproc, "running", PATIENCE_MS));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_EQ(5, node_write(self->fd, "hello", 5));
	EXPECT_EQ(5, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGTERM, PATIENCE_MS));
}

/* Firmware that ends is a crash as well: there is nothing to return to. */
TEST_F_TIMEOUT(urproc_tool, firmware_exits, 60)
{
	ASSERT_TRUE(run(self, "crash.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-crash"));
	ASSERT_EQ(4, node_write(self->fd, "exit", 4));
	EXPECT_EQ(-EPIPE, node_read(self->fd, self->data, sizeof(self->data)));
	EXPECT_EQ(1, program_wait(&self->tool.urproc, PATIENCE_MS));
	EXPECT_NE(NULL, strstr(self->tool.urproc.text, "3"));
}

/* All at once, as by the kernel when memory runs out. */
TEST_F_TIMEOUT(urproc_tool, killed_while_a_reader_sleeps, 60)
{
	int result = 0;

	ASSERT_TRUE(run(self, "echo.elf", NULL));
	ASSERT_TRUE(open_service(self, "rpmsg-echo"));
	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 512));
	EXPECT_EQ(128 + SIGKILL, program_end(&self->tool.urproc, SIGKILL, PATIENCE_MS));
	EXPECT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(-EPIPE, result);
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
}

/* The link through which the kernel finds a firmware, for process number pid. */
static char *link_path(char path[FILE_PATH_MAX], pid_t pid)
{
	return file_path(path, FIRMWARE_FOLDER "/urproc-%d-echo.elf", pid);
}

static bool is_link(const char *path)
{
	char text[FILE_PATH_MAX];

	return readlink(path, text, sizeof(text)) > 0;
}

/* Who is killed leaves its link behind, until the next one comes; who lives, keeps it. */
TEST_F_TIMEOUT(urproc_tool, killed_and_its_link, 60)
{
	char killed[FILE_PATH_MAX], alive[FILE_PATH_MAX], file[FILE_PATH_MAX];

	ASSERT_TRUE(run(self, "echo.elf", NULL));
	link_path(killed, self->tool.urproc.pid);
	EXPECT_TRUE(is_link(killed));
	EXPECT_EQ(128 + SIGKILL, program_end(&self->tool.urproc, SIGKILL, PATIENCE_MS));
	EXPECT_TRUE(wait_until(tool_is_gone(&self->tool), PATIENCE_MS));
	EXPECT_TRUE(is_link(killed));

	/* One of a process that is there; and a file is no link of ours, whatever its name. */
	ASSERT_EQ(0, symlink("/dev/null", link_path(alive, getpid())));
	ASSERT_EQ(0, file_make(link_path(file, INT32_MAX), "", 0));

	ASSERT_TRUE(run(self, "echo.elf", NULL));
	link_path(self->path, self->tool.urproc.pid);
	EXPECT_TRUE(is_link(self->path));
	EXPECT_FALSE(is_link(killed));
	EXPECT_TRUE(is_link(alive));
	EXPECT_TRUE(file_exists(file));
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGTERM, PATIENCE_MS));
	EXPECT_FALSE(is_link(self->path));
	unlink(alive);
	unlink(file);
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
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGINT, PATIENCE_MS));
	EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
}

TEST_F_TIMEOUT(urproc_tool, bad_firmware, 60)
{
	struct elf_image image;
	struct table table;

	EXPECT_EQ(1, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "/nowhere.elf"));
	EXPECT_NE(NULL, strstr(self->tool.urproc.text, "/nowhere.elf"));
	EXPECT_EQ(1, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "/etc/passwd"));

	/* One that the kernel refuses, and one whose code is int3 */
	table_init(&table);
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	ASSERT_EQ(0, file_make("/run/selftest.elf", image.data, image.size));
	EXPECT_EQ(1, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run",
				 "/run/selftest.elf"));
	EXPECT_NE(NULL, strstr(self->tool.urproc.text, "SIGTRAP"));

	image.phdr64[0].p_paddr = 0x1000;
	ASSERT_EQ(0, file_make("/run/selftest.elf", image.data, image.size));
	EXPECT_EQ(1, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run",
				 "/run/selftest.elf"));
	EXPECT_NE(NULL, strstr(self->tool.urproc.text, "cannot boot"));
	unlink("/run/selftest.elf");
}

TEST_F(urproc_tool, bad_command_lines)
{
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "walk"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "--nothing"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "--name"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "--name", "a b",
				 "x"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "--mem", "1:2",
				 "x"));
	EXPECT_EQ(2, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "x", "y"));
	EXPECT_EQ(0, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "--help"));
	EXPECT_EQ(0, program_run(&self->tool.urproc, PATIENCE_MS, "urproc", "run", "--help"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
