// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state of a processor, and who hears that it changed: readers of the attribute that poll it,
 * and listeners to uevents. And what each order does in each state.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "uevent.h"
#include "wait.h"

FIXTURE(state)
{
	struct processor processor;
	struct uevent uevent;
	char path[FILE_PATH_MAX];
	char text[FILE_PATH_MAX];
	int fd;
};

FIXTURE_SETUP(state)
{
	ASSERT_EQ(0, uevent_open(&self->uevent));
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	file_path(self->path, "/sys/class/remoteproc/remoteproc%u/state", self->processor.index);
	self->fd = open(self->path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(state)
{
	processor_close(&self->processor);
	close(self->fd);
	uevent_close(&self->uevent);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* Reads the open attribute anew, which makes poll() wait for the next change. */
static const char *reread(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int poll_once(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLPRI };

	return poll(&pfd, 1, timeout_ms) > 0 ? pfd.revents : 0;
}

static bool crash(struct processor *p)
{
	return !processor_set(p, "recovery", "disabled") && !ioctl(p->fd, URPROC_IOC_CRASH, 0) &&
	       wait_until(processor_state_is(p, "crashed"), PATIENCE_MS);
}

TEST_F(state, poll)
{
	struct processor *p = &self->processor;

	EXPECT_STREQ("offline", reread(self->fd, self->text, sizeof(self->text)));
	EXPECT_EQ(0, poll_once(self->fd, QUIET_MS));

	ASSERT_EQ(0, processor_start(p));
	EXPECT_EQ(POLLPRI | POLLERR, poll_once(self->fd, PATIENCE_MS));
	EXPECT_STREQ("running", reread(self->fd, self->text, sizeof(self->text)));
	EXPECT_EQ(0, poll_once(self->fd, QUIET_MS));

	/* What changes nothing is no change */
	EXPECT_EQ(0, processor_start(p));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(0, poll_once(self->fd, QUIET_MS));

	ASSERT_TRUE(crash(p));
	EXPECT_EQ(POLLPRI | POLLERR, poll_once(self->fd, PATIENCE_MS));
	EXPECT_STREQ("crashed", reread(self->fd, self->text, sizeof(self->text)));

	EXPECT_EQ(0, processor_stop(p));
	EXPECT_EQ(POLLPRI | POLLERR, poll_once(self->fd, PATIENCE_MS));
	EXPECT_STREQ("offline", reread(self->fd, self->text, sizeof(self->text)));
}

struct watcher {
	int fd;
	char seen[32];		/* under lock */
	pthread_mutex_t lock;
	atomic_bool quit;
	pthread_t thread;
};

static void *watcher_run(void *data)
{
	struct watcher *watcher = data;
	char text[32];

	while (!watcher->quit) {
		reread(watcher->fd, text, sizeof(text));
		pthread_mutex_lock(&watcher->lock);
		strcpy(watcher->seen, text);
		pthread_mutex_unlock(&watcher->lock);
		poll_once(watcher->fd, -1);
	}
	return NULL;
}

static bool watcher_saw(struct watcher *watcher, const char *state)
{
	bool saw;

	pthread_mutex_lock(&watcher->lock);
	saw = !strcmp(watcher->seen, state);
	pthread_mutex_unlock(&watcher->lock);
	return saw;
}

/* Who does nothing but poll and read is never left behind with an old state. */
TEST_F_TIMEOUT(state, poll_misses_nothing, 240)
{
	struct watcher watcher = { .fd = self->fd, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct processor *p = &self->processor;
	int i;

	ASSERT_EQ(0, pthread_create(&watcher.thread, NULL, watcher_run, &watcher));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, processor_start(p));
		EXPECT_TRUE(wait_until(watcher_saw(&watcher, "running"), PATIENCE_MS));
		ASSERT_EQ(0, processor_stop(p));
		EXPECT_TRUE(wait_until(watcher_saw(&watcher, "offline"), PATIENCE_MS));
	}
	watcher.quit = true;
	EXPECT_EQ(0, processor_start(p));
	pthread_join(watcher.thread, NULL);
}

/* Whoever waits when the processor goes is woken; the attribute is no more. */
TEST_F(state, poll_until_it_goes)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	reread(self->fd, self->text, sizeof(self->text));
	processor_close(p);
	EXPECT_NE(0, poll_once(self->fd, PATIENCE_MS) & POLLPRI);
	EXPECT_EQ(-1, pread(self->fd, self->text, sizeof(self->text), 0));
	EXPECT_EQ(ENODEV, errno);
}

#define EXPECT_EVENT(action, state)							\
do {											\
	EXPECT_EQ(0, uevent_next(&self->uevent, self->processor.index, PATIENCE_MS));	\
	EXPECT_STREQ(action, uevent_get(&self->uevent, "ACTION"));			\
	EXPECT_STREQ(state, uevent_get(&self->uevent, "STATE"));			\
	EXPECT_STREQ(PROCESSOR_NAME, uevent_get(&self->uevent, "NAME"));		\
} while (0)

#define EXPECT_NO_EVENT()								\
	EXPECT_EQ(-ETIMEDOUT, uevent_next(&self->uevent, self->processor.index, QUIET_MS))

TEST_F(state, uevents)
{
	struct processor *p = &self->processor;

	EXPECT_EVENT("add", "offline");
	file_path(self->text, "remoteproc%u", p->index);
	EXPECT_STREQ(self->text, uevent_get(&self->uevent, "DEVNAME"));
	file_path(self->text, "%u", p->index);
	EXPECT_STREQ(self->text, uevent_get(&self->uevent, "MINOR"));
	EXPECT_NO_EVENT();

	ASSERT_EQ(0, processor_start(p));
	EXPECT_EVENT("change", "running");
	EXPECT_EQ(0, processor_start(p));
	EXPECT_NO_EVENT();
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_EVENT("change", "offline");

	ASSERT_EQ(0, processor_start(p));
	EXPECT_EVENT("change", "running");
	processor_close(p);
	/* A processor that goes while it runs may be taken for crashed first */
	do {
		ASSERT_EQ(0, uevent_next(&self->uevent, p->index, PATIENCE_MS));
	} while (strcmp(uevent_get(&self->uevent, "ACTION"), "remove"));
	EXPECT_STREQ("offline", uevent_get(&self->uevent, "STATE"));
	EXPECT_STREQ(PROCESSOR_NAME, uevent_get(&self->uevent, "NAME"));
}

/* All states that a crash goes through are told, though they are over in a moment. */
TEST_F(state, uevents_of_a_crash)
{
	struct processor *p = &self->processor;

	EXPECT_EVENT("add", "offline");
	ASSERT_EQ(0, processor_start(p));
	EXPECT_EVENT("change", "running");
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	EXPECT_EVENT("change", "crashed");
	EXPECT_EVENT("change", "offline");
	EXPECT_EVENT("change", "running");
	EXPECT_NO_EVENT();

	ASSERT_TRUE(crash(p));
	EXPECT_EVENT("change", "crashed");
	EXPECT_NO_EVENT();
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_EVENT("change", "offline");
}

TEST_F(state, uevents_of_failures)
{
	struct processor *p = &self->processor;

	EXPECT_EVENT("add", "offline");
	p->start_result = -EIO;
	EXPECT_EQ(-EIO, processor_start(p));
	EXPECT_NO_EVENT();
	p->start_result = 0;
	ASSERT_EQ(0, processor_start(p));
	EXPECT_EVENT("change", "running");
	p->stop_result = -EBUSY;
	EXPECT_EQ(-EBUSY, processor_stop(p));
	EXPECT_EVENT("change", "crashed");
	p->stop_result = 0;
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_EVENT("change", "offline");
	EXPECT_NO_EVENT();
}

/* One that a listener asks for has the state of that moment. */
TEST_F(state, uevent_on_demand)
{
	struct processor *p = &self->processor;

	EXPECT_EVENT("add", "offline");
	ASSERT_EQ(0, processor_start(p));
	EXPECT_EVENT("change", "running");
	ASSERT_EQ(0, processor_set(p, "uevent", "add"));
	EXPECT_EVENT("add", "running");
}

/* Orders and settings in each state that a processor can be in for long. */

#define SETTINGS_MAX	12

FIXTURE(each)
{
	struct processor processor;
	char text[256];
};

FIXTURE_VARIANT(each)
{
	const char *state;
	bool (*enter)(struct processor *p);
	struct {
		const char *attr;
		const char *text;
		int result;
	} settings[SETTINGS_MAX];	/* the last one ends the state */
};

static bool enter_offline(struct processor *p)
{
	return true;
}

static bool enter_running(struct processor *p)
{
	return !processor_start(p);
}

static bool enter_crashed(struct processor *p)
{
	return !processor_start(p) && crash(p);
}

FIXTURE_VARIANT_ADD(each, offline)
{
	.state = "offline",
	.enter = enter_offline,
	.settings = {
		{ "state", "stop", -EINVAL },
		{ "state", "detach", -EINVAL },
		{ "recovery", "recover", 0 },
		{ "recovery", "disabled", 0 },
		{ "recovery", "enabled", 0 },
		{ "coredump", "enabled", 0 },
		{ "coredump", "disabled", 0 },
		{ "firmware", "", -EINVAL },
		{ "firmware", "another.elf", 0 },
		{ "firmware", PROCESSOR_FIRMWARE, 0 },
		{ "state", "start", 0 },
	},
};

FIXTURE_VARIANT_ADD(each, running)
{
	.state = "running",
	.enter = enter_running,
	.settings = {
		{ "state", "start", 0 },
		{ "state", "detach", -EINVAL },
		{ "recovery", "recover", 0 },
		{ "recovery", "disabled", 0 },
		{ "recovery", "enabled", 0 },
		{ "coredump", "enabled", 0 },
		{ "coredump", "disabled", 0 },
		{ "firmware", "\n", -EINVAL },
		{ "firmware", PROCESSOR_FIRMWARE, -EBUSY },
		{ "state", "stop", 0 },
	},
};

FIXTURE_VARIANT_ADD(each, crashed)
{
	.state = "crashed",
	.enter = enter_crashed,
	.settings = {
		{ "state", "start", -EBUSY },
		{ "state", "detach", -EINVAL },
		{ "recovery", "disabled", 0 },
		{ "recovery", "", -EINVAL },
		{ "coredump", "enabled", -EBUSY },
		{ "coredump", "disabled", -EBUSY },
		{ "coredump", "default", -EINVAL },
		{ "firmware", "", -EINVAL },
		{ "firmware", PROCESSOR_FIRMWARE, -EBUSY },
		{ "state", "stop", 0 },
	},
};

FIXTURE_VARIANT_ADD(each, crashed_and_recovery_enabled)
{
	.state = "crashed",
	.enter = enter_crashed,
	.settings = {
		{ "recovery", "recovered", -EINVAL },
		{ "recovery", "enabled", 0 },
	},
};

FIXTURE_SETUP(each)
{
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_TRUE(variant->enter(&self->processor));
	ASSERT_TRUE(processor_state_is(&self->processor, variant->state));
}

FIXTURE_TEARDOWN(each)
{
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* One write of no bytes is none: the kernel's own sysfs code sees to that. */
static int setting_result(const char *text, int result)
{
	return *text ? result : 0;
}

TEST_F(each, setting)
{
	struct processor *p = &self->processor;
	int i;

	for (i = 0; i < SETTINGS_MAX && variant->settings[i].attr; i++) {
		const char *text = variant->settings[i].text;

		EXPECT_TRUE(processor_state_is(p, variant->state));
		EXPECT_EQ(setting_result(text, variant->settings[i].result),
			  processor_set(p, variant->settings[i].attr, text)) {
			TH_LOG("\"%s\" to %s", text, variant->settings[i].attr);
		}
	}
	EXPECT_FALSE(processor_state_is(p, variant->state));
}

TEST_F(each, name_is_only_read)
{
	struct processor *p = &self->processor;

	EXPECT_LT(0, processor_get(p, "name", self->text, sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_NAME, self->text);
	EXPECT_EQ(-EACCES, processor_set(p, "name", "another"));
	EXPECT_LT(0, processor_get(p, "firmware", self->text, sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_FIRMWARE, self->text);
}

TEST_F(state, permissions)
{
	static const struct { const char *attr; mode_t mode; } attrs[] = {
		{ "name", 0444 }, { "state", 0644 }, { "firmware", 0644 }, { "recovery", 0644 },
		{ "coredump", 0644 },
	};
	static const struct { const char *file; mode_t mode; } files[] = {
		{ "name", 0400 }, { "recovery", 0600 }, { "crash", 0200 },
		{ "resource_table", 0400 }, { "carveout_memories", 0400 }, { "trace0", 0400 },
	};
	struct processor *p = &self->processor;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		ASSERT_EQ(0, stat(file_path(self->path, "/sys/class/remoteproc/remoteproc%u/%s",
					    p->index, attrs[i].attr), &st));
		EXPECT_EQ(attrs[i].mode, st.st_mode & 07777) {
			TH_LOG("%s", attrs[i].attr);
		}
	}
	ASSERT_EQ(0, processor_start(p));
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ASSERT_EQ(0, stat(processor_debug_path(p, files[i].file, self->path), &st));
		EXPECT_EQ(files[i].mode, st.st_mode & 07777) {
			TH_LOG("%s", files[i].file);
		}
	}
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
