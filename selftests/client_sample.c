// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own sample client, built unmodified against our modules, has its hundred messages
 * answered by our firmware.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "file.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "module.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

#define CLIENT		"rpmsg_client_sample"

FIXTURE(client_sample)
{
	struct program urproc;
	struct kmsg log;
	char firmware[FILE_PATH_MAX];
};

FIXTURE_SETUP(client_sample)
{
	char file[FILE_PATH_MAX];

	if (!getenv("RPMSG_MODULES") || !getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_MODULES or RPMSG_BUILD not set");
	if (!file_exists(file_path(file, "%s/" CLIENT ".ko", getenv("RPMSG_MODULES"))))
		SKIP(return, CLIENT ".ko was not built");
	file_path(self->firmware, "%s/examples/firmware/client-sample.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, kmsg_open(&self->log));
}

FIXTURE_TEARDOWN(client_sample)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		kmsg_show(&self->log);
	}
	program_kill(&self->urproc);
	if (module_is_loaded(CLIENT))
		module_unload(CLIENT);
	kmsg_close(&self->log);
}

static bool is_done(struct kmsg *log, int messages)
{
	return kmsg_count(log, KMSG_INFO, "goodbye!") == 1 &&
	       kmsg_count(log, KMSG_INFO, "incoming msg") == messages;
}

/* The driver first, then the service. */
TEST_F_TIMEOUT(client_sample, hundred_messages, 120)
{
	ASSERT_EQ(0, module_load(CLIENT, ""));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", self->firmware, NULL));
	EXPECT_TRUE(wait_until(is_done(&self->log, 100), 60000));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_INFO, "new channel:"));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, ""));

	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_INFO, "sample client driver is removed"));
	EXPECT_EQ(0, module_unload(CLIENT));
}

/* The service first; then the driver goes while the channel stays, and comes again. */
TEST_F_TIMEOUT(client_sample, driver_comes_and_goes, 120)
{
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", self->firmware, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));

	ASSERT_EQ(0, module_load(CLIENT, "count=10"));
	EXPECT_TRUE(wait_until(is_done(&self->log, 10), 60000));
	ASSERT_EQ(0, module_unload(CLIENT));
	kmsg_close(&self->log);
	ASSERT_EQ(0, kmsg_open(&self->log));
	ASSERT_EQ(0, module_load(CLIENT, "count=20"));
	EXPECT_TRUE(wait_until(is_done(&self->log, 20), 60000));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, ""));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
