// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace kicks against remotes whose every step is known: are its counts and times the truth?
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "program.h"
#include "remote.h"
#include "sleeper.h"
#include "tracer.h"
#include "wait.h"

#define HOST	700
#define REMOTE	800

#define RX	0
#define TX	1

#define DELAY_US	50000
#define DELAY_SLOT	32768		/* the slot that DELAY_US falls in */

#define tx(key)		tracer_number(self->tracer.vrings[TX], key)
#define rx(key)		tracer_number(self->tracer.vrings[RX], key)

/* Counts in a histogram's slots from @from on. */
static int64_t histogram(struct json_object *object, const char *key, int64_t from)
{
	struct json_object *slots, *slot;
	int64_t total = 0;
	size_t i;

	if (!json_object_object_get_ex(object, key, &slots))
		return -1;
	for (i = 0; i < json_object_array_length(slots); i++) {
		slot = json_object_array_get_idx(slots, i);
		if (json_object_get_int64(json_object_array_get_idx(slot, 0)) >= from)
			total += json_object_get_int64(json_object_array_get_idx(slot, 1));
	}
	return total;
}

/* What must hold whatever happened: nothing is lost, and every kick is accounted for. */
#define expect_sound()									\
do {											\
	EXPECT_EQ(tx("kicks"), tx("woken") + tx("awake") + tx("joined") + tx("foreign") + \
			       tx("closed") + tx("open"));				\
	EXPECT_EQ(tx("woken"), histogram(self->tracer.vrings[TX], "wakeup_us", 0));	\
	EXPECT_EQ(tx("woken"), histogram(self->tracer.vrings[TX], "running_us", 0) +	\
			       tx("stayed"));						\
} while (0)

/* A remote that the test plays step by step. */
FIXTURE(kicks)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	struct sleeper sleeper;
	struct tracer tracer;
	int ctrl;
	int fd;
	char data[16];
};

FIXTURE_SETUP(kicks)
{
	self->ctrl = self->fd = -1;
	if (tracer_cannot())
		SKIP(return, "this kernel cannot be traced: no BTF or no function tracer");
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	self->ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, self->ctrl);
	self->fd = endpoint_open(&self->processor, self->ctrl, "trace", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(tracer_start_kicks(&self->tracer, self->processor.index));
}

FIXTURE_TEARDOWN(kicks)
{
	if (_metadata->exit_code)
		program_show(&self->tracer.program);
	program_kill(&self->tracer.program);
	processor_close(&self->processor);
	close(self->fd);
	close(self->ctrl);
	firmware_remove(PROCESSOR_FIRMWARE);
}

#define host_writes()	node_write(self->fd, "ask", 3)
#define remote_gets()	remote_receive(&self->remote, &self->message, PATIENCE_MS)
#define remote_answers()	remote_send(&self->remote, REMOTE, HOST, "answer", 6)
#define host_reads()	node_read(self->fd, self->data, sizeof(self->data))
#define reader_sleeps()	sleeper_start(&self->sleeper, SLEEPER_READ, self->fd, 16)

TEST_F_TIMEOUT(kicks, time_to_the_wakeup, 120)
{
	int result;

	ASSERT_EQ(3, host_writes());
	ASSERT_TRUE(reader_sleeps());
	ASSERT_EQ(0, remote_gets());
	usleep(DELAY_US);
	ASSERT_EQ(0, remote_answers());
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	EXPECT_EQ(6, result);

	ASSERT_TRUE(tracer_end(&self->tracer));
	ASSERT_NE(NULL, self->tracer.vrings[TX]);
	expect_sound();
	EXPECT_EQ(1, tx("kicks"));
	EXPECT_EQ(1, tx("woken"));
	EXPECT_EQ(1, histogram(self->tracer.vrings[TX], "wakeup_us", DELAY_SLOT));
	/* The delay is the remote's, not the reader's */
	EXPECT_EQ(0, histogram(self->tracer.vrings[TX], "running_us", DELAY_SLOT));
}

TEST_F_TIMEOUT(kicks, poll_is_a_reader_too, 120)
{
	int result;

	ASSERT_TRUE(sleeper_start(&self->sleeper, SLEEPER_POLL, self->fd, POLLIN));
	ASSERT_EQ(3, host_writes());
	ASSERT_EQ(0, remote_gets());
	ASSERT_EQ(0, remote_answers());
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));
	ASSERT_EQ(6, host_reads());

	ASSERT_TRUE(tracer_end(&self->tracer));
	ASSERT_NE(NULL, self->tracer.vrings[TX]);
	expect_sound();
	EXPECT_EQ(1, tx("kicks"));
	EXPECT_EQ(1, tx("woken"));
}

TEST_F_TIMEOUT(kicks, where_the_others_end_up, 120)
{
	int result, i;

	/* Three messages, one answer */
	ASSERT_TRUE(reader_sleeps());
	for (i = 0; i < 3; i++)
		ASSERT_EQ(3, host_writes());
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, remote_gets());
	ASSERT_EQ(0, remote_answers());
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));

	/* A message that nobody asked for */
	ASSERT_TRUE(reader_sleeps());
	ASSERT_EQ(0, remote_answers());
	ASSERT_TRUE(sleeper_join(&self->sleeper, PATIENCE_MS, &result));

	/* An answer before anybody waits for it */
	ASSERT_EQ(3, host_writes());
	ASSERT_EQ(0, remote_gets());
	ASSERT_EQ(0, remote_answers());
	ASSERT_EQ(6, host_reads());

	/* No answer, and the endpoint is gone */
	ASSERT_EQ(3, host_writes());
	ASSERT_EQ(0, close(self->fd));
	self->fd = endpoint_open(&self->processor, self->ctrl, "again", HOST, REMOTE, O_RDWR);
	ASSERT_LE(0, self->fd);

	/* No answer yet */
	ASSERT_EQ(3, host_writes());

	ASSERT_TRUE(tracer_end(&self->tracer));
	ASSERT_NE(NULL, self->tracer.vrings[TX]);
	ASSERT_NE(NULL, self->tracer.vrings[RX]);
	expect_sound();
	EXPECT_EQ(6, tx("kicks"));
	EXPECT_EQ(1, tx("woken"));
	EXPECT_EQ(2, tx("joined"));
	EXPECT_EQ(1, rx("unasked"));
	EXPECT_EQ(1, tx("awake"));
	EXPECT_EQ(1, tx("closed"));
	EXPECT_EQ(1, tx("open"));
	EXPECT_EQ(0, tx("foreign"));
}

/* Real firmware, and a tool that asks it. */
FIXTURE(pings)
{
	struct program urproc;
	struct program ping;
	struct tracer tracer;
};

FIXTURE_SETUP(pings)
{
	char firmware[FILE_PATH_MAX];
	unsigned int index;

	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	if (tracer_cannot())
		SKIP(return, "this kernel cannot be traced: no BTF or no function tracer");
	file_path(firmware, "%s/examples/firmware/echo.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", firmware, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));
	ASSERT_EQ(1, sscanf(strstr(self->urproc.text, "remoteproc"), "remoteproc%u", &index));
	/* The first one also waits until the service is there */
	ASSERT_EQ(0, program_run(&self->ping, PATIENCE_MS, "rpmsg-ctl", "send", "--reply", "1",
				 "rpmsg-echo", "there?"));
	ASSERT_TRUE(tracer_start_kicks(&self->tracer, index));
}

FIXTURE_TEARDOWN(pings)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		program_show(&self->ping);
		program_show(&self->tracer.program);
	}
	program_kill(&self->tracer.program);
	program_kill(&self->ping);
	program_kill(&self->urproc);
}

TEST_F_TIMEOUT(pings, one_kick_each, 120)
{
	ASSERT_EQ(0, program_run(&self->ping, 2 * PATIENCE_MS, "rpmsg-ctl", "ping", "-q", "-c",
				 "500", "-i", "1ms", "rpmsg-echo"));
	ASSERT_TRUE(tracer_end(&self->tracer));
	ASSERT_NE(NULL, self->tracer.vrings[TX]);
	expect_sound();
	/* What the tracer lost, on a slow kernel under load, it has told */
	EXPECT_GE(500, tx("kicks") + tx("suppressed"));
	EXPECT_LE(500, tx("kicks") + tx("suppressed") + tracer_number(self->tracer.end, "lost"));
	/* Now and then an answer is there before its kick: the remote was just looking. */
	EXPECT_GT(tx("kicks") / 10, tx("joined") + tx("open"));
	EXPECT_EQ(0, tx("foreign") + tx("closed"));
	EXPECT_LT(0, tx("woken"));
}

/* Wrong arguments, and things that are not there. */
TEST(arguments)
{
	struct program program = { 0 };

	EXPECT_EQ(0, program_run(&program, PATIENCE_MS, "rpmsg-trace", "--help"));
	EXPECT_EQ(0, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "--help"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace", "nonsense"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "-d", "soon"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "-d", "0"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "surplus"));
	EXPECT_EQ(2, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "--wrong"));
	if (tracer_cannot())
		return;
	EXPECT_EQ(1, program_run(&program, PATIENCE_MS, "rpmsg-trace", "kicks", "-p", "nobody"));
	EXPECT_NE(NULL, strstr(program.text, "nobody"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
