// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs of ./run bench work: each way of sending, in each mode, for a few messages; and
 * with buffers of 64 KiB. How long it takes is not looked at.
 */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "file.h"
#include "kselftest_harness.h"
#include "program.h"
#include "wait.h"

#define LIMIT_MS	60000

static const char *const modes[] = { "ping", "echo", "copy", "to", "from" };

FIXTURE(bench)
{
	struct program urproc, bench;
	char path[FILE_PATH_MAX];
};

FIXTURE_VARIANT(bench)
{
	const char *method;
};

FIXTURE_VARIANT_ADD(bench, calls) { .method = "calls" };
FIXTURE_VARIANT_ADD(bench, ring) { .method = "ring" };
FIXTURE_VARIANT_ADD(bench, exclusive) { .method = "exclusive" };
FIXTURE_VARIANT_ADD(bench, poll) { .method = "poll" };
FIXTURE_VARIANT_ADD(bench, uring) { .method = "uring" };
FIXTURE_VARIANT_ADD(bench, sqpoll) { .method = "sqpoll" };
FIXTURE_VARIANT_ADD(bench, exclusive_uring) { .method = "exclusive-uring" };
FIXTURE_VARIANT_ADD(bench, exclusive_sqpoll) { .method = "exclusive-sqpoll" };

FIXTURE_SETUP(bench)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	if (!file_exists(file_path(self->path, "%s/bench/bench", getenv("RPMSG_BUILD"))))
		SKIP(return, "bench was not built");
}

FIXTURE_TEARDOWN(bench)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		program_show(&self->bench);
	}
	program_kill(&self->bench);
	program_kill(&self->urproc);
}

static int start(FIXTURE_DATA(bench) *self, const char *firmware, const char *memory)
{
	char file[FILE_PATH_MAX];

	return program_start(&self->urproc, "urproc", "run", "--name", "bench0", "--mem", memory,
			     file_path(file, "%s/examples/firmware/%s", getenv("RPMSG_BUILD"),
				       firmware), NULL);
}

/* The attribute of the only device, when it is there. */
static bool set_exclusive(void)
{
	glob_t found;
	int ret;

	ret = glob("/sys/bus/virtio/drivers/virtio_rpmsg_bus/virtio*/exclusive", 0, NULL, &found);
	if (ret)
		return false;
	ret = file_write(found.gl_pathv[0], "1");
	globfree(&found);
	return !ret;
}

/* Until the processor runs, and has one application alone if that is what is measured. */
static bool is_ready(FIXTURE_DATA(bench) *self, const char *method)
{
	return program_says(&self->urproc, "running", LIMIT_MS) &&
	       (strncmp(method, "exclusive", 9) || wait_until(set_exclusive(), LIMIT_MS));
}

static bool kernel_is(const char *start)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, start, strlen(start));
}

#define RUN(self, method, mode, size, batch)						\
	program_run(&(self)->bench, LIMIT_MS, (self)->path, "--method", (method),	\
		    "--mode", (mode), "--size", (size), "--batch", (batch), "--count", "128")

TEST_F_TIMEOUT(bench, all_modes, 180)
{
	size_t i;

	ASSERT_EQ(0, start(self, "bench.elf", "0x20000000:8M"));
	ASSERT_TRUE(is_ready(self, variant->method));
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ASSERT_EQ(0, RUN(self, variant->method, modes[i], "496", "8")) {
			TH_LOG("%s", modes[i]);
		}
	}
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, LIMIT_MS));
}

TEST_F_TIMEOUT(bench, large_buffers, 180)
{
	int ret;

	ASSERT_EQ(0, start(self, "bench-large.elf", "0x20000000:64M"));
	ASSERT_TRUE(is_ready(self, variant->method));
	ret = RUN(self, variant->method, "copy", "0", "8");
	/* There a ring takes pages, which are neighbours by luck. */
	if (ret && kernel_is("6.1.") && strstr(self->bench.text, strerror(EOPNOTSUPP)))
		SKIP(return, "the buffers are not in one piece");
	ASSERT_EQ(0, ret);
	/* The size is what the firmware offers. */
	EXPECT_NE(NULL, strstr(self->bench.text, "65520\t"));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, LIMIT_MS));
}

/* Two processes alone. */
TEST(floor_alone)
{
	static const char *const methods[] = { "floor", "floor-poll" };
	char path[FILE_PATH_MAX];
	struct program bench = { 0 };
	size_t i, j;

	if (!getenv("RPMSG_BUILD") ||
	    !file_exists(file_path(path, "%s/bench/bench", getenv("RPMSG_BUILD"))))
		SKIP(return, "bench was not built");
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		for (j = 0; j < sizeof(modes) / sizeof(modes[0]); j++)
			EXPECT_EQ(0, program_run(&bench, LIMIT_MS, path, "--method", methods[i],
						 "--mode", modes[j], "--size", "496", "--batch",
						 "8", "--count", "128")) {
				TH_LOG("%s %s", methods[i], modes[j]);
			}
}

TEST_HARNESS_MAIN
