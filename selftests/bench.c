// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs of ./run bench work: each way of sending, in each mode, for a few messages; and
 * with buffers of 64 KiB. How long it takes is not looked at.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "kselftest_harness.h"
#include "program.h"

#define LIMIT_MS	60000

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
FIXTURE_VARIANT_ADD(bench, poll) { .method = "poll" };
FIXTURE_VARIANT_ADD(bench, uring) { .method = "uring" };
FIXTURE_VARIANT_ADD(bench, sqpoll) { .method = "sqpoll" };

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

#define RUN(self, method, mode, size, batch)						\
	program_run(&(self)->bench, LIMIT_MS, (self)->path, "--method", (method),	\
		    "--mode", (mode), "--size", (size), "--batch", (batch), "--count", "128")

TEST_F_TIMEOUT(bench, all_modes, 180)
{
	static const char *const modes[] = { "ping", "echo", "copy", "to", "from" };
	size_t i;

	ASSERT_EQ(0, start(self, "bench.elf", "0x20000000:4M"));
	ASSERT_TRUE(program_says(&self->urproc, "running", LIMIT_MS));
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		ASSERT_EQ(0, RUN(self, variant->method, modes[i], "496", "8")) {
			TH_LOG("%s", modes[i]);
		}
	}
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, LIMIT_MS));
}

TEST_F_TIMEOUT(bench, large_buffers, 180)
{
	ASSERT_EQ(0, start(self, "bench-large.elf", "0x20000000:32M"));
	ASSERT_TRUE(program_says(&self->urproc, "running", LIMIT_MS));
	ASSERT_EQ(0, RUN(self, variant->method, "copy", "0", "8"));
	/* The size is what the firmware offers. */
	EXPECT_NE(NULL, strstr(self->bench.text, "65520\t"));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, LIMIT_MS));
}

TEST_HARNESS_MAIN
