// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of rpmsg-ctl that are about a processor itself, against the crash firmware run by
 * the urproc tool: its life, its firmware, its log, what is left of it when it crashes.
 */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "file.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "program.h"
#include "wait.h"

#define STARTED		"crash: started, waiting for a driver\n"
#define DUMP		"/tmp/rpmsg-ctl-dump.core"

/* rpmsg-ctl with these arguments; its exit status. */
#define ctl(...)	program_run(&self->ctl, 2 * PATIENCE_MS, "rpmsg-ctl", __VA_ARGS__)

/* rpmsg-ctl that goes on beside the test. */
#define ctl_beside(...)	program_start(&self->beside, "rpmsg-ctl", __VA_ARGS__, NULL)

/* True when it printed that. */
#define said(words)	contains(self->ctl.text, words)

/* True when it printed that, and nothing else. */
#define said_just(words) (strcmp(self->ctl.text, words) == 0)

static bool contains(const char *text, const char *words)
{
	return strstr(text, words);
}

FIXTURE(rpmsg_ctl_processor)
{
	struct program urproc;
	struct program ctl;
	struct program beside;
	struct processor processor;	/* not ours: for its attributes */
	char firmware[FILE_PATH_MAX];
	char text[64];
};

FIXTURE_SETUP(rpmsg_ctl_processor)
{
	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	file_path(self->firmware, "%s/examples/firmware/crash.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", "--stay", "--name", "dsp",
				   self->firmware, NULL));
	ASSERT_TRUE(program_says(&self->urproc, "running", PATIENCE_MS));
	ASSERT_EQ(1, sscanf(strstr(self->urproc.text, "remoteproc"), "remoteproc%u",
			    &self->processor.index));
}

FIXTURE_TEARDOWN(rpmsg_ctl_processor)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		program_show(&self->ctl);
		program_show(&self->beside);
	}
	program_kill(&self->beside);
	program_kill(&self->ctl);
	program_kill(&self->urproc);
	unlink(DUMP);
}

static unsigned int times(const char *text, const char *words)
{
	unsigned int count = 0;

	while ((text = strstr(text, words))) {
		text += strlen(words);
		count++;
	}
	return count;
}

static bool says_times(struct program *program, const char *words, unsigned int count)
{
	program_says(program, words, 0);
	return times(program->text, words) >= count;
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, boot_and_stop, 120)
{
	EXPECT_EQ(0, ctl("boot", "dsp"));
	EXPECT_TRUE(said("running already"));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_TRUE(said(": stopped\n"));
	EXPECT_TRUE(processor_state_is(&self->processor, "offline"));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_TRUE(said("not running"));
	EXPECT_EQ(0, ctl("boot", "dsp"));
	EXPECT_TRUE(said("-crash.elf\n"));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, firmware, 120)
{
	EXPECT_EQ(0, ctl("firmware", "dsp"));
	EXPECT_TRUE(said("-crash.elf\n"));
	EXPECT_EQ(1, ctl("firmware", "dsp", "other.elf"));
	EXPECT_TRUE(said("not offline"));

	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(0, ctl("firmware", "dsp", "no-such-firmware.elf"));
	EXPECT_TRUE(said_just(""));
	EXPECT_EQ(0, ctl("firmware", "dsp"));
	EXPECT_TRUE(said_just("no-such-firmware.elf\n"));
	EXPECT_EQ(1, ctl("boot", "dsp"));
	EXPECT_TRUE(said("no firmware file 'no-such-firmware.elf'"));
	EXPECT_EQ(1, ctl("firmware", "dsp", ""));
	EXPECT_TRUE(said("'' is no name of a firmware file"));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, nothing_to_attach, 120)
{
	EXPECT_EQ(1, ctl("attach", "dsp"));
	EXPECT_TRUE(said("its state is running, not detached"));
	EXPECT_EQ(1, ctl("detach", "dsp"));
	EXPECT_TRUE(said("its state is running, not attached"));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(1, ctl("attach", "dsp"));
	EXPECT_TRUE(said("its state is offline, not detached"));
	EXPECT_TRUE(processor_state_is(&self->processor, "offline"));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, log, 120)
{
	EXPECT_TRUE(wait_until(ctl("log", "dsp") == 0 && said(STARTED), PATIENCE_MS));
	EXPECT_EQ(0, ctl("log", "--buffer", "0", "dsp"));
	EXPECT_TRUE(said(STARTED));
	EXPECT_EQ(1, ctl("log", "--buffer", "7", "dsp"));
	EXPECT_TRUE(said("no trace buffer 7, its state is running"));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(1, ctl("log", "dsp"));
	EXPECT_TRUE(said("no trace buffer, its state is offline"));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, log_follows, 120)
{
	ASSERT_EQ(0, ctl_beside("log", "--follow", "dsp"));
	EXPECT_TRUE(program_says(&self->beside, STARTED, PATIENCE_MS));

	/* What is added */
	EXPECT_FALSE(program_says(&self->beside, "about to crash", 0));
	EXPECT_EQ(0, ctl("recovery", "dsp", "disabled"));
	EXPECT_EQ(0, ctl("send", "rpmsg-crash", "crash"));
	EXPECT_TRUE(program_says(&self->beside, "crash: about to crash\n", PATIENCE_MS));
	EXPECT_EQ(1, times(self->beside.text, STARTED));

	/* A start that begins with the same text */
	EXPECT_TRUE(wait_until(processor_state_is(&self->processor, "crashed"), PATIENCE_MS));
	EXPECT_EQ(0, ctl("recovery", "dsp", "recover"));
	EXPECT_TRUE(wait_until(says_times(&self->beside, STARTED, 2), PATIENCE_MS));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(0, ctl("boot", "dsp"));
	EXPECT_TRUE(wait_until(says_times(&self->beside, STARTED, 3), PATIENCE_MS));

	EXPECT_EQ(-ETIMEDOUT, program_wait(&self->beside, QUIET_MS));
	EXPECT_EQ(3, times(self->beside.text, STARTED));
	EXPECT_EQ(1, times(self->beside.text, "about to crash"));
	EXPECT_EQ(0, program_end(&self->beside, SIGINT, PATIENCE_MS));
}

static bool opens(pid_t pid, const char *name)
{
	struct __ptrace_syscall_info info;
	char path[FILE_PATH_MAX] = "";
	struct iovec from, to = { path, sizeof(path) - 1 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_openat)
		return false;
	from = (struct iovec){ (void *)(uintptr_t)info.entry.args[1], sizeof(path) - 1 };
	return process_vm_readv(pid, &to, 1, &from, 1, 0) > 0 && strstr(path, name);
}

/* Until PTRACE_DETACH the program gets no further than to the door of the next such file. */
static bool hold_at_open(const struct program *program, const char *name)
{
	const pid_t pid = program->pid;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		return false;
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (opens(pid, name))
			return true;
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL))
			return false;
	}
	return false;
}

/* It hears that the processor was stopped after it has seen what that wrote when it ran again. */
TEST_F_TIMEOUT(rpmsg_ctl_processor, log_follows_late_news, 120)
{
	ASSERT_EQ(0, ctl_beside("log", "--follow", "dsp"));
	EXPECT_TRUE(program_says(&self->beside, STARTED, PATIENCE_MS));
	EXPECT_EQ(0, ctl("recovery", "dsp", "disabled"));
	EXPECT_EQ(0, ctl("send", "rpmsg-crash", "crash"));
	EXPECT_TRUE(program_says(&self->beside, "crash: about to crash\n", PATIENCE_MS));
	EXPECT_TRUE(wait_until(processor_state_is(&self->processor, "crashed"), PATIENCE_MS));

	ASSERT_TRUE(hold_at_open(&self->beside, "/trace0"));
	EXPECT_EQ(0, ctl("recovery", "dsp", "recover"));
	EXPECT_TRUE(wait_until(ctl("log", "dsp") == 0 && said(STARTED), PATIENCE_MS));
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, self->beside.pid, NULL, NULL));

	EXPECT_TRUE(wait_until(says_times(&self->beside, STARTED, 2), PATIENCE_MS));
	EXPECT_EQ(-ETIMEDOUT, program_wait(&self->beside, 2 * QUIET_MS));
	EXPECT_EQ(2, times(self->beside.text, STARTED));
	EXPECT_EQ(1, times(self->beside.text, "about to crash"));
	EXPECT_EQ(0, program_end(&self->beside, SIGINT, PATIENCE_MS));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, log_follows_to_the_end, 120)
{
	EXPECT_EQ(0, ctl("stop", "dsp"));
	ASSERT_EQ(0, ctl_beside("log", "-f", "dsp"));
	EXPECT_EQ(-ETIMEDOUT, program_wait(&self->beside, QUIET_MS));
	EXPECT_EQ(0, ctl("boot", "dsp"));
	EXPECT_TRUE(program_says(&self->beside, STARTED, PATIENCE_MS));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_EQ(1, program_wait(&self->beside, PATIENCE_MS));
	EXPECT_TRUE(strstr(self->beside.text, "is gone"));
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, recovery, 120)
{
	EXPECT_EQ(0, ctl("recovery", "dsp"));
	EXPECT_TRUE(said_just("enabled\n"));
	EXPECT_EQ(0, ctl("recovery", "dsp", "recover"));
	EXPECT_TRUE(said("not crashed"));
	EXPECT_EQ(0, ctl("recovery", "dsp", "disabled"));
	EXPECT_EQ(0, ctl("recovery", "dsp"));
	EXPECT_TRUE(said_just("disabled\n"));
	EXPECT_EQ(2, ctl("recovery", "dsp", "maybe"));
	EXPECT_TRUE(said("'maybe' is none of"));

	EXPECT_EQ(0, ctl("crash", "--type", "watchdog", "dsp"));
	EXPECT_TRUE(wait_until(processor_state_is(&self->processor, "crashed"), PATIENCE_MS));
	EXPECT_EQ(1, ctl("boot", "dsp"));
	EXPECT_TRUE(said("has crashed"));
	EXPECT_EQ(1, ctl("crash", "dsp"));
	EXPECT_TRUE(said("its state is crashed"));
	EXPECT_EQ(0, ctl("recovery", "dsp", "recover"));
	EXPECT_TRUE(said("recovered"));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));

	EXPECT_EQ(0, ctl("crash", "dsp"));
	EXPECT_TRUE(wait_until(processor_state_is(&self->processor, "crashed"), PATIENCE_MS));
	EXPECT_EQ(0, ctl("recovery", "dsp", "enabled"));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(1, ctl("crash", "dsp"));
	EXPECT_TRUE(said("its state is offline"));
}

/* All states of a crash and of its recovery, though some last for a moment only. */
TEST_F_TIMEOUT(rpmsg_ctl_processor, watch, 120)
{
	const char *at;

	ASSERT_EQ(0, ctl_beside("watch"));
	EXPECT_TRUE(program_says(&self->beside, "running\n", PATIENCE_MS));
	EXPECT_EQ(0, ctl("crash", "dsp"));
	EXPECT_TRUE(wait_until(says_times(&self->beside, "running\n", 2), PATIENCE_MS));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
	EXPECT_TRUE(program_says(&self->beside, "gone\n", PATIENCE_MS));
	EXPECT_EQ(0, program_end(&self->beside, SIGINT, PATIENCE_MS));

	EXPECT_EQ(6, times(self->beside.text, "dsp"));
	at = strstr(self->beside.text, "running\n");
	ASSERT_NE(NULL, at);
	at = strstr(at, "crashed\n");
	ASSERT_NE(NULL, at);
	at = strstr(at, "offline\n");
	ASSERT_NE(NULL, at);
	at = strstr(at, "running\n");
	ASSERT_NE(NULL, at);
	at = strstr(at, "offline\n");
	ASSERT_NE(NULL, at);
	EXPECT_NE(NULL, strstr(at, "gone\n"));
}

/* Whether the first line is an object that says this; moves on to the next. */
static bool json_line(const char **text, const char *change, const char *state)
{
	struct json_object *object = json_tokener_parse(*text), *field;
	bool ok = object &&
		  json_object_object_get_ex(object, "change", &field) &&
		  !strcmp(json_object_get_string(field), change) &&
		  json_object_object_get_ex(object, "state", &field) &&
		  !strcmp(json_object_get_string(field), state) &&
		  json_object_object_get_ex(object, "name", &field) &&
		  !strcmp(json_object_get_string(field), "dsp") &&
		  json_object_object_get_ex(object, "time_ms", &field) &&
		  json_object_get_int64(field) > 0;

	json_object_put(object);
	*text += strcspn(*text, "\n");
	*text += **text == '\n';
	return ok;
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, watch_json, 120)
{
	const char *text = self->beside.text;

	ASSERT_EQ(0, ctl_beside("watch", "--json", "dsp"));
	EXPECT_TRUE(program_says(&self->beside, "}\n", PATIENCE_MS));
	EXPECT_EQ(0, ctl("stop", "dsp"));
	EXPECT_EQ(0, ctl("boot", "dsp"));
	EXPECT_TRUE(wait_until(says_times(&self->beside, "}\n", 3), PATIENCE_MS));
	EXPECT_EQ(0, program_end(&self->beside, SIGTERM, PATIENCE_MS));

	EXPECT_TRUE(json_line(&text, "present", "running"));
	EXPECT_TRUE(json_line(&text, "state", "offline"));
	EXPECT_TRUE(json_line(&text, "state", "running"));
	EXPECT_STREQ("", text);
}

TEST_F_TIMEOUT(rpmsg_ctl_processor, coredump_mode, 120)
{
	EXPECT_EQ(0, ctl("coredump", "dsp"));
	EXPECT_TRUE(said_just("disabled\n"));
	EXPECT_EQ(1, ctl("dump", "dsp", DUMP));
	EXPECT_TRUE(said("coredump mode is disabled"));
	EXPECT_EQ(2, ctl("coredump", "dsp", "always"));
	EXPECT_EQ(0, ctl("coredump", "dsp", "enabled"));
	EXPECT_EQ(0, ctl("coredump", "dsp"));
	EXPECT_TRUE(said_just("enabled\n"));
	EXPECT_EQ(1, ctl("dump", "dsp", DUMP));
	EXPECT_TRUE(said("no coredump of remoteproc"));
	EXPECT_EQ(1, ctl("dump", "--timeout", "100ms", "dsp", DUMP));
	EXPECT_TRUE(said("within 0.1 s"));
	EXPECT_FALSE(file_exists(DUMP));

	EXPECT_EQ(0, ctl("recovery", "dsp", "disabled"));
	EXPECT_EQ(0, ctl("crash", "dsp"));
	EXPECT_TRUE(wait_until(processor_state_is(&self->processor, "crashed"), PATIENCE_MS));
	EXPECT_EQ(1, ctl("coredump", "dsp", "disabled"));
	EXPECT_TRUE(said("is crashed"));
	/* Removed while it is crashed it would be dumped. */
	EXPECT_EQ(0, ctl("stop", "dsp"));
}

/* A real crash, kept, then released: an ELF core file that other tools read. */
TEST_F_TIMEOUT(rpmsg_ctl_processor, dump, 120)
{
	EXPECT_EQ(0, ctl("coredump", "dsp", "enabled"));
	ASSERT_EQ(0, ctl_beside("dump", "--wait", "--keep", "dsp", DUMP));
	EXPECT_EQ(-ETIMEDOUT, program_wait(&self->beside, QUIET_MS));
	EXPECT_EQ(0, ctl("send", "rpmsg-crash", "crash"));
	EXPECT_EQ(0, program_wait(&self->beside, PATIENCE_MS));
	EXPECT_TRUE(strstr(self->beside.text, "bytes in " DUMP));

	EXPECT_EQ(0, program_run(&self->ctl, PATIENCE_MS, "readelf", "--wide", "--headers", DUMP));
	EXPECT_TRUE(said("CORE"));
	EXPECT_TRUE(said("LOAD"));
	EXPECT_FALSE(said("Error") || said("Warning"));
	/* The memory as it was at that moment */
	EXPECT_EQ(0, program_run(&self->ctl, PATIENCE_MS, "grep", "-c", "crash: about to crash",
				 DUMP));

	EXPECT_EQ(1, ctl("dump", "dsp", "/no/such/folder/core"));
	EXPECT_TRUE(said("'/no/such/folder/core': No such file or directory"));
	EXPECT_EQ(0, ctl("dump", "dsp", DUMP));
	EXPECT_EQ(1, ctl("dump", "dsp", DUMP));
	EXPECT_TRUE(said("no coredump of remoteproc"));
	EXPECT_EQ(0, ctl("coredump", "dsp", "disabled"));
}

/* A processor that runs already: the test is it. */
FIXTURE(rpmsg_ctl_attach)
{
	struct processor processor;
	struct program ctl;
};

FIXTURE_SETUP(rpmsg_ctl_attach)
{
	ASSERT_EQ(0, processor_open_flags(&self->processor, URPROC_CREATE_DETACHED));
	table_init(processor_table(&self->processor));
}

FIXTURE_TEARDOWN(rpmsg_ctl_attach)
{
	if (_metadata->exit_code)
		program_show(&self->ctl);
	program_kill(&self->ctl);
	processor_close(&self->processor);
}

TEST_F_TIMEOUT(rpmsg_ctl_attach, attach_and_detach, 120)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(1, ctl("boot", PROCESSOR_NAME));
	EXPECT_TRUE(said("was booted by someone else"));
	EXPECT_TRUE(processor_state_is(p, "detached"));
	EXPECT_EQ(0, ctl("detach", PROCESSOR_NAME));
	EXPECT_TRUE(said("detached already"));

	EXPECT_EQ(0, ctl("attach", PROCESSOR_NAME));
	EXPECT_TRUE(said(": attached\n"));
	EXPECT_TRUE(processor_state_is(p, "attached"));
	EXPECT_EQ(1, p->attaches);
	EXPECT_EQ(0, ctl("attach", PROCESSOR_NAME));
	EXPECT_TRUE(said("attached already"));
	EXPECT_EQ(0, ctl("firmware", PROCESSOR_NAME));
	EXPECT_TRUE(said_just("unknown\n"));

	EXPECT_EQ(0, ctl("detach", PROCESSOR_NAME));
	EXPECT_TRUE(said(": detached\n"));
	EXPECT_TRUE(processor_state_is(p, "detached"));
	EXPECT_EQ(1, p->attaches);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
