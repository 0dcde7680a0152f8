// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a processor as user space sees it: attributes in sysfs, files in debugfs, what the
 * calls return when something is out of order.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "wait.h"

FIXTURE(remoteproc)
{
	struct processor processor;
	char path[FILE_PATH_MAX];
	char text[4096];
};

FIXTURE_SETUP(remoteproc)
{
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
}

FIXTURE_TEARDOWN(remoteproc)
{
	processor_close(&self->processor);
	EXPECT_FALSE(file_exists(file_path(self->path, "/sys/class/remoteproc/remoteproc%u",
					   self->processor.index)));
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(remoteproc, attributes_before_start)
{
	struct processor *p = &self->processor;

	EXPECT_LT(0, processor_get(p, "name", self->text, sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_NAME, self->text);
	EXPECT_LT(0, processor_get(p, "state", self->text, sizeof(self->text)));
	EXPECT_STREQ("offline", self->text);
	EXPECT_LT(0, processor_get(p, "firmware", self->text, sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_FIRMWARE, self->text);
	EXPECT_LT(0, processor_get(p, "recovery", self->text, sizeof(self->text)));
	EXPECT_STREQ("enabled", self->text);
	EXPECT_LT(0, processor_get(p, "coredump", self->text, sizeof(self->text)));
	EXPECT_STREQ("disabled", self->text);
}

TEST_F(remoteproc, start_and_stop)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(1, p->starts);
	EXPECT_EQ(ELF_ENTRY, p->boot_addr);

	ASSERT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(1, p->stops);
}

/* The kernel's own listeners get the same text that the attribute has. */
TEST_F(remoteproc, uevent_tells_the_state)
{
	struct processor *p = &self->processor;

	ASSERT_LT(0, processor_get(p, "uevent", self->text, sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "STATE=offline"));
	ASSERT_EQ(0, processor_start(p));
	ASSERT_LT(0, processor_get(p, "uevent", self->text, sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "STATE=running"));
}

TEST_F(remoteproc, segments_are_loaded)
{
	struct processor *p = &self->processor;
	struct table *table = processor_table(p);

	/* What is beyond a segment's bytes in the file is zeroed, whatever was there */
	memset(p->mem, 0x5a, IMAGE_SIZE);
	ASSERT_EQ(0, processor_start(p));

	EXPECT_EQ(0xcc, p->mem[CODE_OFFSET]);
	EXPECT_EQ(0xcc, p->mem[CODE_OFFSET + ELF_CODE_SIZE - 1]);
	EXPECT_EQ(0, p->mem[CODE_OFFSET + ELF_CODE_SIZE]);
	EXPECT_EQ(0, p->mem[CODE_OFFSET + CODE_SIZE - 1]);
	EXPECT_EQ(0, p->mem[TRACE_OFFSET]);

	/* The kernel says where it put the rings, and by which numbers they are called */
	EXPECT_EQ(1, table->head.version);
	EXPECT_NE(TABLE_ANY, table->vdev.vring[0].da);
	EXPECT_LE(MEM_ADDR + IMAGE_SIZE, table->vdev.vring[0].da);
	EXPECT_GT(MEM_ADDR + MEM_SIZE, table->vdev.vring[0].da);
	EXPECT_LE(MEM_ADDR + IMAGE_SIZE, table->vdev.vring[1].da);
	EXPECT_GT(MEM_ADDR + MEM_SIZE, table->vdev.vring[1].da);
	EXPECT_NE(table->vdev.vring[0].da, table->vdev.vring[1].da);
	EXPECT_NE(table->vdev.vring[0].notifyid, table->vdev.vring[1].notifyid);
}

TEST_F(remoteproc, elf32_starts)
{
	struct processor *p = &self->processor;
	struct elf_image image;
	struct table table;

	table_init(&table);
	elf_image_init(&image, ELFCLASS32, &table, sizeof(table));
	ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, image.data, image.size));

	ASSERT_EQ(0, processor_start(p));
	EXPECT_EQ(ELF_ENTRY, p->boot_addr);
	EXPECT_EQ(0xcc, p->mem[CODE_OFFSET]);
	EXPECT_EQ(0, processor_stop(p));
}

/* A second start finds it running; however often it was said, one stop ends it. */
TEST_F(remoteproc, start_twice)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	EXPECT_EQ(0, processor_start(p));
	EXPECT_EQ(1, p->starts);

	EXPECT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(1, p->stops);
	EXPECT_EQ(-EINVAL, processor_stop(p));
}

TEST_F(remoteproc, orders_out_of_order)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(-EINVAL, processor_stop(p));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "resume"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "sta"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "starts"));
	EXPECT_EQ(0, p->starts);

	/* As echo(1) writes it */
	ASSERT_EQ(0, processor_set(p, "state", "start\n"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "resume"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_EQ(-EINVAL, processor_stop(p));
}

TEST_F(remoteproc, firmware_name)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(-EINVAL, processor_set(p, "firmware", "\n"));
	EXPECT_EQ(0, processor_set(p, "firmware", "no-such-firmware.elf\n"));
	EXPECT_LT(0, processor_get(p, "firmware", self->text, sizeof(self->text)));
	EXPECT_STREQ("no-such-firmware.elf", self->text);
	EXPECT_EQ(-ENOENT, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));

	EXPECT_EQ(0, processor_set(p, "firmware", PROCESSOR_FIRMWARE));
	ASSERT_EQ(0, processor_start(p));
	EXPECT_EQ(-EBUSY, processor_set(p, "firmware", "other.elf"));
	EXPECT_LT(0, processor_get(p, "firmware", self->text, sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_FIRMWARE, self->text);
}

TEST_F(remoteproc, choices_of_attributes)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(0, processor_set(p, "recovery", "disabled"));
	EXPECT_LT(0, processor_get(p, "recovery", self->text, sizeof(self->text)));
	EXPECT_STREQ("disabled", self->text);
	EXPECT_EQ(-EINVAL, processor_set(p, "recovery", "perhaps"));
	EXPECT_EQ(0, processor_set(p, "recovery", "enabled\n"));

	EXPECT_EQ(0, processor_set(p, "coredump", "enabled"));
	EXPECT_LT(0, processor_get(p, "coredump", self->text, sizeof(self->text)));
	EXPECT_STREQ("enabled", self->text);
	EXPECT_EQ(0, processor_set(p, "coredump", "inline"));
	EXPECT_EQ(-EINVAL, processor_set(p, "coredump", "perhaps"));
	EXPECT_EQ(0, processor_set(p, "coredump", "disabled\n"));
}

TEST_F(remoteproc, refused_start)
{
	struct processor *p = &self->processor;

	p->start_result = -EIO;
	EXPECT_EQ(-EIO, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(-EINVAL, processor_stop(p));

	p->start_result = 0;
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
}

TEST_F(remoteproc, refused_stop)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	p->stop_result = -EBUSY;
	EXPECT_EQ(-EBUSY, processor_stop(p));

	/* And out of use all the same: the file is closed with a processor that will not stop */
}

TEST_F(remoteproc, unanswered_start_times_out)
{
	struct processor *p = &self->processor;
	struct urproc_complete late = { .size = sizeof(late) };
	int64_t begin = now_ms();

	p->silent = true;
	EXPECT_EQ(-ETIMEDOUT, processor_start(p));
	EXPECT_LE(4900, now_ms() - begin);
	EXPECT_TRUE(processor_state_is(p, "offline"));

	/* Nobody waits for that answer any more */
	late.seq = p->last_seq;
	EXPECT_EQ(-1, ioctl(p->fd, URPROC_IOC_COMPLETE, &late));
	EXPECT_EQ(ENOENT, errno);

	p->silent = false;
	EXPECT_EQ(0, processor_start(p));
}

TEST_F_TIMEOUT(remoteproc, restart_many_times, 120)
{
	struct processor *p = &self->processor;
	unsigned int i;

	for (i = 1; i <= 20; i++) {
		ASSERT_EQ(0, processor_start(p));
		ASSERT_EQ(0, processor_stop(p));
	}
	EXPECT_EQ(20, p->starts);
	EXPECT_EQ(20, p->stops);
}

TEST_F(remoteproc, trace_in_debugfs)
{
	static const char words[] = "a line of the firmware\n";
	struct processor *p = &self->processor;

	processor_debug_path(p, "trace0", self->path);
	EXPECT_FALSE(file_exists(self->path));
	ASSERT_EQ(0, processor_start(p));

	EXPECT_EQ(0, file_read(self->path, self->text, sizeof(self->text)));
	memcpy(p->mem + TRACE_OFFSET, words, sizeof(words));
	EXPECT_EQ(strlen(words), file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_STREQ(words, self->text);

	/* Not terminated: it ends where the buffer ends */
	memset(p->mem + TRACE_OFFSET, 'x', 2 * TRACE_SIZE);
	EXPECT_EQ(sizeof(self->text) - 1, file_read(self->path, self->text, sizeof(self->text)));

	ASSERT_EQ(0, processor_stop(p));
	EXPECT_FALSE(file_exists(self->path));
}

TEST_F(remoteproc, trace_ends_with_its_buffer)
{
	struct processor *p = &self->processor;
	char text[2 * TRACE_SIZE];

	ASSERT_EQ(0, processor_start(p));
	memset(p->mem + TRACE_OFFSET, 'x', 2 * TRACE_SIZE);
	EXPECT_EQ(TRACE_SIZE, file_read(processor_debug_path(p, "trace0", self->path), text,
					sizeof(text)));
}

/* A reader keeps its place: it gets what was added since, and never more than there is. */
TEST_F(remoteproc, trace_is_followed)
{
	struct processor *p = &self->processor;
	char *trace = (char *)p->mem + TRACE_OFFSET;
	void *volatile nowhere = (void *)8;
	char text[64] = "";
	int fd;

	ASSERT_EQ(0, processor_start(p));
	fd = open(processor_debug_path(p, "trace0", self->path), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	strcpy(trace, "one\n");
	EXPECT_EQ(4, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	strcat(trace, "two\n");
	EXPECT_EQ(1, read(fd, text, 1));
	EXPECT_EQ(3, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, memcmp("wo\n", text, 3));
	EXPECT_EQ(0, read(fd, text, sizeof(text)));

	/* The firmware began anew: less text than was read already is none, until there is more */
	memset(trace, 0, TRACE_SIZE);
	strcpy(trace, "again\n");
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	strcat(trace, "more\n");
	EXPECT_EQ(3, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, memcmp("re\n", text, 3));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(11, read(fd, text, sizeof(text)));

	/* Full to its last byte, and not a byte beyond */
	memset(trace, 'x', 2 * TRACE_SIZE);
	EXPECT_EQ(TRACE_SIZE - 2, lseek(fd, TRACE_SIZE - 2, SEEK_SET));
	EXPECT_EQ(2, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, read(fd, text, sizeof(text)));
	EXPECT_EQ(0, pread(fd, text, sizeof(text), TRACE_SIZE));
	EXPECT_EQ(0, pread(fd, text, sizeof(text), INT64_MAX - 4096));
	EXPECT_EQ(-1, pread(fd, nowhere, 1, 0));
	EXPECT_EQ(EFAULT, errno);

	/* The memory goes, the open file does not reach it any more */
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_EQ(-1, pread(fd, text, sizeof(text), 0));
	EXPECT_EQ(EIO, errno);
	close(fd);
}

TEST_F(remoteproc, debugfs_while_offline)
{
	struct processor *p = &self->processor;

	EXPECT_LT(0, file_read_line(processor_debug_path(p, "name", self->path), self->text,
				    sizeof(self->text)));
	EXPECT_STREQ(PROCESSOR_NAME, self->text);
	EXPECT_LT(0, file_read_line(processor_debug_path(p, "resource_table", self->path),
				    self->text, sizeof(self->text)));
	EXPECT_STREQ("no resource table", self->text);
	EXPECT_EQ(0, file_read(processor_debug_path(p, "carveout_memories", self->path), self->text,
			       sizeof(self->text)));
}

TEST_F(remoteproc, recovery_in_debugfs)
{
	static const char * const no_words[] = {
		"e", "enable", "enabledd", "disable", "recovers", " recover", "\n", "start",
		"enabled\nenabled", "disabled        ",
	};
	struct processor *p = &self->processor;
	size_t i;

	processor_debug_path(p, "recovery", self->path);
	EXPECT_LT(0, file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_STREQ("enabled\n", self->text);
	EXPECT_EQ(0, file_write(self->path, "disabled\n"));
	EXPECT_LT(0, file_read(self->path, self->text, sizeof(self->text)));
	EXPECT_STREQ("disabled\n", self->text);
	for (i = 0; i < sizeof(no_words) / sizeof(no_words[0]); i++) {
		EXPECT_EQ(-EINVAL, file_write(self->path, no_words[i])) {
			TH_LOG("word %zu", i);
		}
	}
	EXPECT_EQ(-EINVAL, file_write(self->path, ""));
	EXPECT_LT(0, processor_get(p, "recovery", self->text, sizeof(self->text)));
	EXPECT_STREQ("disabled", self->text);

	ASSERT_EQ(0, processor_start(p));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	ASSERT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));
	EXPECT_EQ(0, file_write(self->path, "recover"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(2, p->starts);
}

/* What recovering it came to is not kept from whoever asked for it. */
TEST_F(remoteproc, recovery_that_fails)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "recovery", "disabled"));
	ASSERT_EQ(0, processor_start(p));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	ASSERT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));
	p->start_result = -EIO;
	EXPECT_EQ(-EIO, processor_set(p, "recovery", "recover"));
	EXPECT_FALSE(processor_state_is(p, "running"));
	p->start_result = 0;
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
}

TEST_F(remoteproc, tables_in_debugfs)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	if (!file_exists(processor_debug_path(p, "resource_table", self->path)))
		SKIP(return, "no resource_table in debugfs");

	ASSERT_LT(0, file_read(processor_debug_path(p, "resource_table", self->path), self->text,
			       sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "image"));
	EXPECT_NE(NULL, strstr(self->text, "trace"));
	ASSERT_LT(0, file_read(processor_debug_path(p, "carveout_memories", self->path), self->text,
			       sizeof(self->text)));
	EXPECT_NE(NULL, strstr(self->text, "image"));
	EXPECT_NE(NULL, strstr(self->text, "vdev0vring0"));

	/* The remote's copy of the table is not believed when it is shown */
	memset(processor_table(p), 0xff, sizeof(struct table));
	EXPECT_LE(0, file_read(processor_debug_path(p, "resource_table", self->path), self->text,
			       sizeof(self->text)));
}

TEST_F(remoteproc, crash_recovers)
{
	struct processor *p = &self->processor;
	struct kmsg log;

	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, processor_start(p));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));

	EXPECT_TRUE(wait_until(p->starts == 2, PATIENCE_MS));
	EXPECT_TRUE(wait_until(processor_state_is(p, "running"), PATIENCE_MS));
	EXPECT_EQ(1, p->stops);
	EXPECT_LE(1, kmsg_count(&log, KMSG_ERR, "crash"));
	EXPECT_EQ(0, processor_stop(p));
	kmsg_close(&log);
}

TEST_F(remoteproc, crash_without_recovery)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "recovery", "disabled"));
	ASSERT_EQ(0, processor_start(p));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	ASSERT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));
	EXPECT_EQ(-EBUSY, processor_set(p, "coredump", "enabled"));
	EXPECT_EQ(-EBUSY, processor_set(p, "firmware", "other.elf"));

	EXPECT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
}

TEST_F(remoteproc, recovery_on_demand)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "recovery", "disabled"));
	ASSERT_EQ(0, processor_start(p));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	ASSERT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));

	EXPECT_EQ(0, processor_set(p, "recovery", "recover"));
	EXPECT_TRUE(wait_until(processor_state_is(p, "running"), PATIENCE_MS));
	EXPECT_EQ(2, p->starts);
}

TEST_F(remoteproc, crash_by_debugfs)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "recovery", "disabled"));
	ASSERT_EQ(0, processor_start(p));
	if (!file_exists(processor_debug_path(p, "crash", self->path)))
		SKIP(return, "no crash in debugfs");
	EXPECT_EQ(-EINVAL, file_write(self->path, "boom"));
	EXPECT_EQ(-EINVAL, file_write(self->path, "-1"));
	EXPECT_EQ(-EINVAL, file_write(self->path, "1 2"));
	EXPECT_EQ(-EINVAL, file_write(self->path, ""));
	EXPECT_EQ(-ERANGE, file_write(self->path, "4294967296"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, file_write(self->path, "1"));
	EXPECT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));
}

/* Every kind is a crash, also one that has no name. */
TEST_F(remoteproc, crashes_by_kind)
{
	static const struct { const char *kind, *name; } kinds[] = {
		{ "0", "mmufault" }, { "1\n", "watchdog" }, { "0x2", "fatal error" },
		{ "3", "unknown" }, { "4294967295", "unknown" },
	};
	struct processor *p = &self->processor;
	struct kmsg log;
	size_t i;

	processor_debug_path(p, "crash", self->path);
	/* What does not run cannot crash */
	EXPECT_EQ(0, file_write(self->path, "0"));
	ASSERT_EQ(0, processor_start(p));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ASSERT_EQ(0, kmsg_open(&log));
		EXPECT_EQ(0, file_write(self->path, kinds[i].kind));
		EXPECT_TRUE(wait_until(p->starts == i + 2, PATIENCE_MS));
		EXPECT_TRUE(wait_until(processor_state_is(p, "running"), PATIENCE_MS));
		EXPECT_EQ(1, kmsg_count(&log, KMSG_ERR, kinds[i].name));
		kmsg_close(&log);
	}
}

/* Runs, crashes, and does not get up again: its firmware is gone. */
static int crash_without_firmware(struct processor *p)
{
	int ret = processor_start(p);

	if (ret)
		return ret;
	firmware_remove(PROCESSOR_FIRMWARE);
	if (ioctl(p->fd, URPROC_IOC_CRASH, 0))
		return -errno;
	return wait_until(p->stops == 1, PATIENCE_MS) ? 0 : -ETIMEDOUT;
}

TEST_F(remoteproc, recovery_without_firmware)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, crash_without_firmware(p));
	EXPECT_EQ(-ENOENT, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "crashed"));
	EXPECT_EQ(-ENOENT, processor_set(p, "recovery", "recover"));
	EXPECT_EQ(-ENOENT, processor_set(p, "recovery", "enabled"));

	/* Tried again once it is back; who needed it still does. */
	ASSERT_EQ(0, processor_install_firmware());
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(2, p->starts);
	EXPECT_EQ(1, p->stops);
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

TEST_F(remoteproc, recovery_without_firmware_is_stopped)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, crash_without_firmware(p));
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(-EINVAL, processor_stop(p));
	EXPECT_EQ(-ENOENT, processor_start(p));
	EXPECT_EQ(1, p->stops);

	ASSERT_EQ(0, processor_install_firmware());
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(2, p->starts);
}

TEST_F(remoteproc, closed_while_running)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_start(p));
	processor_close(p);
	EXPECT_FALSE(file_exists(file_path(self->path, "/sys/class/remoteproc/remoteproc%u",
					   p->index)));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
