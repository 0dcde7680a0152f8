// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What can be done with one processor, beyond boot and stop, in a sysfs of our own: which order is
 * given in which state, what its answers mean, what it leaves behind when it crashes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../internal.h"
#include "fake.h"
#include "tap.h"

#define MS	1000000LL

static struct rpmsg_context *ctx;
static struct rpmsg_processor *processor;

static void set_up(const char *state)
{
	rpmsg_processor_free(processor);
	processor = NULL;
	fake_reset();
	fake_processor(0, "dsp\n", state);
	fake_attr(FAKE_PROCESSOR(0), "recovery", "enabled\n");
	fake_attr(FAKE_PROCESSOR(0), "coredump", "disabled\n");
	EQUAL(rpmsg_processor_find(ctx, "dsp", &processor), 0);
}

static bool file_is(const char *path, const char *want)
{
	char text[64] = "";
	FILE *file = fopen(path, "re");
	bool ok;

	if (!file)
		return false;
	ok = fgets(text, sizeof(text), file) && !strncmp(text, want, strlen(want));
	fclose(file);
	return ok;
}

static bool attr_is(const char *attr, const char *want)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", FAKE_PROCESSOR(0), attr);
	return file_is(path, want);
}

static void test_null(void)
{
	enum rpmsg_coredump_mode mode;
	struct rpmsg_coredump *coredump;
	uint64_t size;
	bool enabled;
	size_t len;
	char c;

	set_up("running\n");
	EQUAL(rpmsg_processor_attach(NULL), -EINVAL);
	EQUAL(rpmsg_processor_detach(NULL), -EINVAL);
	EQUAL(rpmsg_processor_wait_state(NULL, RPMSG_PROCESSOR_RUNNING, 0), -EINVAL);
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_RUNNING, -1), -EINVAL);
	EQUAL(rpmsg_processor_crash(NULL, RPMSG_CRASH_WATCHDOG), -EINVAL);
	EQUAL(rpmsg_processor_get_recovery(NULL, &enabled), -EINVAL);
	EQUAL(rpmsg_processor_get_recovery(processor, NULL), -EINVAL);
	EQUAL(rpmsg_processor_set_recovery(NULL, true), -EINVAL);
	EQUAL(rpmsg_processor_recover(NULL), -EINVAL);
	EQUAL(rpmsg_processor_read_trace(NULL, 0, &c, 1, &len), -EINVAL);
	EQUAL(rpmsg_processor_read_trace(processor, 0, NULL, 1, &len), -EINVAL);
	EQUAL(rpmsg_processor_read_trace(processor, 0, &c, 1, NULL), -EINVAL);
	EQUAL(rpmsg_processor_get_coredump_mode(NULL, &mode), -EINVAL);
	EQUAL(rpmsg_processor_get_coredump_mode(processor, NULL), -EINVAL);
	EQUAL(rpmsg_processor_set_coredump_mode(NULL, RPMSG_COREDUMP_ENABLED), -EINVAL);
	EQUAL(rpmsg_coredump_wait(NULL, processor, 0, &coredump), -EINVAL);
	EQUAL(rpmsg_coredump_wait(ctx, NULL, 0, &coredump), -EINVAL);
	EQUAL(rpmsg_coredump_wait(ctx, processor, 0, NULL), -EINVAL);
	EQUAL(rpmsg_coredump_wait(ctx, processor, -1, &coredump), -EINVAL);
	EQUAL(rpmsg_coredump_save(NULL, 1, &size), -EINVAL);
	EQUAL(rpmsg_coredump_release(NULL), -EINVAL);
	rpmsg_coredump_free(NULL);
}

static void test_attach(void)
{
	set_up("detached\n");
	EQUAL(rpmsg_processor_boot(processor), -EBUSY);	/* would attach */
	EQUAL(rpmsg_processor_detach(processor), -EALREADY);
	CHECK(attr_is("state", "detached"));
	EQUAL(rpmsg_processor_attach(processor), 0);
	CHECK(attr_is("state", "start"));

	fake_attr(FAKE_PROCESSOR(0), "state", "attached\n");
	EQUAL(rpmsg_processor_attach(processor), -EALREADY);
	CHECK(attr_is("state", "attached"));
	EQUAL(rpmsg_processor_detach(processor), 0);
	CHECK(attr_is("state", "detach"));

	fake_attr(FAKE_PROCESSOR(0), "state", "offline\n");
	EQUAL(rpmsg_processor_attach(processor), -EBUSY);
	EQUAL(rpmsg_processor_get_state(processor), RPMSG_PROCESSOR_OFFLINE);
	EQUAL(rpmsg_processor_detach(processor), -EBUSY);
	fake_attr(FAKE_PROCESSOR(0), "state", "running\n");
	EQUAL(rpmsg_processor_attach(processor), -EBUSY);
	EQUAL(rpmsg_processor_detach(processor), -EBUSY);
	CHECK(attr_is("state", "running"));

	fake_remove("/sys/class/remoteproc", "remoteproc0");
	EQUAL(rpmsg_processor_attach(processor), -ENODEV);
	EQUAL(rpmsg_processor_detach(processor), -ENODEV);
}

static void test_recovery(void)
{
	bool enabled = false;

	set_up("crashed\n");
	EQUAL(rpmsg_processor_get_recovery(processor, &enabled), 0);
	CHECK(enabled);
	EQUAL(rpmsg_processor_set_recovery(processor, false), 0);
	EQUAL(rpmsg_processor_get_recovery(processor, &enabled), 0);
	CHECK(!enabled);

	/* As mainline: it says "done", and the state tells otherwise. */
	EQUAL(rpmsg_processor_recover(processor), -EIO);
	CHECK(attr_is("recovery", "recover"));
	EQUAL(rpmsg_processor_set_recovery(processor, true), 0);
	CHECK(attr_is("recovery", "enabled"));

	fake_attr(FAKE_PROCESSOR(0), "state", "running\n");
	EQUAL(rpmsg_processor_recover(processor), -EALREADY);
	CHECK(attr_is("recovery", "enabled"));

	fake_attr(FAKE_PROCESSOR(0), "state", "crashed\n");
	unlink(FAKE_PROCESSOR(0) "/recovery");
	EQUAL(rpmsg_processor_get_recovery(processor, &enabled), -EOPNOTSUPP);
	EQUAL(rpmsg_processor_set_recovery(processor, true), -EOPNOTSUPP);
	EQUAL(rpmsg_processor_recover(processor), -EOPNOTSUPP);
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	EQUAL(rpmsg_processor_get_recovery(processor, &enabled), -ENODEV);
	EQUAL(rpmsg_processor_set_recovery(processor, true), -ENODEV);
	EQUAL(rpmsg_processor_recover(processor), -ENODEV);
}

static void test_crash(void)
{
	set_up("offline\n");
	EQUAL(rpmsg_processor_crash(processor, RPMSG_CRASH_WATCHDOG), -EBUSY);
	fake_attr(FAKE_PROCESSOR(0), "state", "running\n");
	EQUAL(rpmsg_processor_crash(processor, RPMSG_CRASH_WATCHDOG), -EOPNOTSUPP);
	fake_debugfs(0);
	EQUAL(rpmsg_processor_crash(processor, RPMSG_CRASH_WATCHDOG), -EOPNOTSUPP);
	fake_attr(FAKE_DEBUGFS(0), "crash", "\n");
	EQUAL(rpmsg_processor_crash(processor, RPMSG_CRASH_FATAL_ERROR), 0);
	CHECK(file_is(FAKE_DEBUGFS(0) "/crash", "2"));
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	EQUAL(rpmsg_processor_crash(processor, RPMSG_CRASH_WATCHDOG), -ENODEV);
}

static void test_traces(void)
{
	char buf[16];
	size_t len = 77;

	set_up("running\n");
	EQUAL(rpmsg_processor_read_trace(processor, 0, buf, sizeof(buf), &len), -EOPNOTSUPP);
	fake_debugfs(0);
	EQUAL(rpmsg_processor_read_trace(processor, 0, buf, sizeof(buf), &len), -ENOENT);
	EQUAL(len, 77);
	fake_attr(FAKE_DEBUGFS(0), "trace0", "");
	fake_attr(FAKE_DEBUGFS(0), "trace10", "0123456789abcdef and more");
	EQUAL(rpmsg_processor_read_trace(processor, 0, buf, sizeof(buf), &len), 0);
	EQUAL(len, 0);
	EQUAL(rpmsg_processor_read_trace(processor, 10, buf, sizeof(buf), &len), 0);
	EQUAL(len, sizeof(buf));
	CHECK(!memcmp(buf, "0123456789abcdef", sizeof(buf)));
	EQUAL(rpmsg_processor_read_trace(processor, UINT_MAX, buf, sizeof(buf), &len), -ENOENT);
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	unlink(FAKE_DEBUGFS(0) "/trace0");
	EQUAL(rpmsg_processor_read_trace(processor, 0, buf, sizeof(buf), &len), -ENODEV);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static void *run_later(void *data)
{
	struct timespec pause = { .tv_nsec = 50 * MS };

	nanosleep(&pause, NULL);
	fake_attr(FAKE_PROCESSOR(0), "state", "running\n");
	return NULL;
}

static void test_wait_state(void)
{
	pthread_t thread;
	int64_t start_ns;

	set_up("offline\n");
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_OFFLINE, 0), 0);
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_RUNNING, 0), -EAGAIN);
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_RUNNING, 30 * MS), -ETIMEDOUT);

	start_ns = now_ns();
	EQUAL(pthread_create(&thread, NULL, run_later, NULL), 0);
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_RUNNING, 10000 * MS), 0);
	CHECK(now_ns() - start_ns >= 50 * MS);
	EQUAL(rpmsg_processor_get_state(processor), RPMSG_PROCESSOR_RUNNING);
	pthread_join(thread, NULL);

	fake_remove("/sys/class/remoteproc", "remoteproc0");
	EQUAL(rpmsg_processor_wait_state(processor, RPMSG_PROCESSOR_OFFLINE, 10000 * MS), -ENODEV);
}

static void test_coredump_mode(void)
{
	enum rpmsg_coredump_mode mode = RPMSG_COREDUMP_UNKNOWN;

	set_up("running\n");
	EQUAL(rpmsg_processor_get_coredump_mode(processor, &mode), 0);
	EQUAL(mode, RPMSG_COREDUMP_DISABLED);
	EQUAL(rpmsg_processor_set_coredump_mode(processor, RPMSG_COREDUMP_INLINE), 0);
	CHECK(attr_is("coredump", "inline"));
	fake_attr(FAKE_PROCESSOR(0), "coredump", "inline\n");
	EQUAL(rpmsg_processor_get_coredump_mode(processor, &mode), 0);
	EQUAL(mode, RPMSG_COREDUMP_INLINE);
	fake_attr(FAKE_PROCESSOR(0), "coredump", "sometimes\n");
	EQUAL(rpmsg_processor_get_coredump_mode(processor, &mode), 0);
	EQUAL(mode, RPMSG_COREDUMP_UNKNOWN);
	EQUAL(rpmsg_processor_set_coredump_mode(processor, RPMSG_COREDUMP_UNKNOWN), -EINVAL);
	EQUAL(rpmsg_processor_set_coredump_mode(processor, (enum rpmsg_coredump_mode)4), -EINVAL);
	CHECK(attr_is("coredump", "sometimes"));
	unlink(FAKE_PROCESSOR(0) "/coredump");
	EQUAL(rpmsg_processor_get_coredump_mode(processor, &mode), -EOPNOTSUPP);
	EQUAL(rpmsg_processor_set_coredump_mode(processor, RPMSG_COREDUMP_ENABLED), -EOPNOTSUPP);

	CHECK(!strcmp(rpmsg_coredump_mode_to_string(RPMSG_COREDUMP_ENABLED), "enabled"));
	CHECK(!strcmp(rpmsg_coredump_mode_to_string((enum rpmsg_coredump_mode)99), "unknown"));
}

static void *dump_later(void *data)
{
	struct timespec pause = { .tv_nsec = 50 * MS };

	nanosleep(&pause, NULL);
	fake_coredump(8, 0, "later");
	return NULL;
}

static void test_coredump(void)
{
	struct rpmsg_coredump *coredump = NULL;
	uint64_t size = 77;
	pthread_t thread;
	char text[32];
	int fd;

	set_up("running\n");
	fake_processor(1, "other\n", "running\n");
	fake_coredump(6, 1, "not ours");
	EQUAL(rpmsg_coredump_wait(ctx, processor, 0, &coredump), -EAGAIN);
	EQUAL(rpmsg_coredump_wait(ctx, processor, 20 * MS, &coredump), -ETIMEDOUT);

	fake_coredump(7, 0, "the dump");
	EQUAL(rpmsg_coredump_wait(ctx, processor, 0, &coredump), 0);
	CHECK(!strcmp(rpmsg_coredump_get_syspath(coredump), FAKE_COREDUMP(7)));
	fd = open("/dev/dump", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EQUAL(rpmsg_coredump_save(coredump, fd, &size), 0);
	EQUAL(size, 8);
	EQUAL(pread(fd, text, sizeof(text), 0), 8);
	CHECK(!memcmp(text, "the dump", 8));
	EQUAL(rpmsg_coredump_save(coredump, -1, &size), -EBADF);
	close(fd);
	EQUAL(rpmsg_coredump_release(coredump), 0);
	CHECK(file_is(FAKE_COREDUMP(7) "/data", "1"));
	fake_remove("/sys/class/devcoredump", "devcd7");
	EQUAL(rpmsg_coredump_save(coredump, 1, &size), -ENODEV);
	EQUAL(rpmsg_coredump_release(coredump), -ENODEV);
	rpmsg_coredump_free(coredump);

	EQUAL(pthread_create(&thread, NULL, dump_later, NULL), 0);
	EQUAL(rpmsg_coredump_wait(ctx, processor, 10000 * MS, &coredump), 0);
	pthread_join(thread, NULL);
	CHECK(!strcmp(rpmsg_coredump_get_syspath(coredump), FAKE_COREDUMP(8)));
	rpmsg_coredump_free(coredump);

	fake_remove("/sys/class/devcoredump", "devcd8");
	fake_remove("/sys/class/remoteproc", "remoteproc0");
	EQUAL(rpmsg_coredump_wait(ctx, processor, 10000 * MS, &coredump), -ENODEV);
}

int main(void)
{
	if (!fake_enter()) {
		puts("1..0 # SKIP needs a mount namespace");
		return 0;
	}
	if (rpmsg_context_new(&ctx)) {
		puts("Bail out! no context");
		return 1;
	}
	test_null();
	test_attach();
	test_recovery();
	test_crash();
	test_traces();
	test_wait_state();
	test_coredump_mode();
	test_coredump();
	rpmsg_processor_free(processor);
	rpmsg_context_free(ctx);
	return tap_done();
}
