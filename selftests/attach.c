// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processors that run before Linux knows of them: it attaches, detaches, attaches again, and they
 * go on running. The test is the processor: it prepares its memory itself, as its firmware would.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/urproc.h>
#include <linux/virtio_config.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "remote.h"
#include "wait.h"

FIXTURE(attach)
{
	struct processor processor;
	struct remote remote;
	struct table table;
	int ctrl;
	int fd;
	char text[64];
};

FIXTURE_VARIANT(attach)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(attach, plain)
{
	.flags = URPROC_CREATE_DETACHED,
};

FIXTURE_VARIANT_ADD(attach, recovers_by_itself)
{
	.flags = URPROC_CREATE_DETACHED | URPROC_CREATE_ATTACH_ON_RECOVERY,
};

/* What its firmware does before anybody attaches, and after a crash. */
static void boot_itself(FIXTURE_DATA(attach) *self)
{
	table_init(&self->table);
	*processor_table(&self->processor) = self->table;
}

FIXTURE_SETUP(attach)
{
	self->ctrl = self->fd = -1;
	self->remote.processor = &self->processor;
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open_flags(&self->processor, variant->flags));
	boot_itself(self);
}

FIXTURE_TEARDOWN(attach)
{
	processor_close(&self->processor);
	close(self->fd);
	close(self->ctrl);
	firmware_remove(PROCESSOR_FIRMWARE);
}

static int attach(FIXTURE_DATA(attach) *self)
{
	int ret = processor_start(&self->processor);

	return ret ? ret : remote_find_rings(&self->remote);
}

/* A message each way, over what Linux wrote into the table. */
static int talk(FIXTURE_DATA(attach) *self)
{
	struct rpmsg_message message;
	int ret;

	close(self->fd);
	close(self->ctrl);
	self->ctrl = ctrl_open(&self->processor);
	if (self->ctrl < 0)
		return self->ctrl;
	self->fd = endpoint_open(&self->processor, self->ctrl, "attached", 2000, 3000, O_RDWR);
	if (self->fd < 0)
		return self->fd;
	ret = node_write(self->fd, "ping", 4);
	if (ret != 4)
		return ret < 0 ? ret : -EIO;
	ret = remote_receive(&self->remote, &message, PATIENCE_MS);
	if (ret)
		return ret;
	if (message.header.len != 4 || memcmp(message.data, "ping", 4))
		return -EBADMSG;
	ret = remote_send(&self->remote, 3000, 2000, "pong", 4);
	if (ret)
		return ret;
	ret = node_read(self->fd, self->text, sizeof(self->text));
	return ret == 4 && !memcmp(self->text, "pong", 4) ? 0 : -EBADMSG;
}

TEST_F(attach, and_detach_and_attach_again)
{
	struct processor *p = &self->processor;
	struct table *table = processor_table(p);
	int i;

	EXPECT_TRUE(processor_state_is(p, "detached"));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(-EINVAL, processor_stop(p));
	EXPECT_EQ(-EBUSY, processor_set(p, "firmware", "other.elf"));
	EXPECT_EQ(-1, ioctl(p->fd, URPROC_IOC_NOTIFY, 0));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(-1, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	EXPECT_EQ(ENOTCONN, errno);

	/* Its own memory is nobody else's */
	memset(p->mem + CODE_OFFSET, 0x5a, CODE_SIZE);
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, attach(self));
		EXPECT_TRUE(processor_state_is(p, "attached"));
		EXPECT_EQ(i, p->attaches);
		EXPECT_LT(0, processor_get(p, "firmware", self->text, sizeof(self->text)));
		EXPECT_STREQ("unknown", self->text);
		EXPECT_LE(MEM_ADDR + IMAGE_SIZE, table->vdev.vring[0].da);
		EXPECT_GT(MEM_ADDR + MEM_SIZE, table->vdev.vring[0].da);
		EXPECT_EQ(0, talk(self));
		/* It is attached to already. */
		EXPECT_EQ(0, processor_start(p));
		EXPECT_EQ(i, p->attaches);

		ASSERT_EQ(0, processor_set(p, "state", "detach"));
		EXPECT_TRUE(processor_state_is(p, "detached"));
		EXPECT_EQ(i, p->detaches);
		EXPECT_EQ(-EPIPE, node_write(self->fd, "x", 1));
		EXPECT_EQ(0, memcmp(table, &self->table, sizeof(*table)));
		EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	}
	EXPECT_EQ(0x5a, p->mem[CODE_OFFSET]);
	EXPECT_EQ(0, p->starts);
	EXPECT_EQ(0, p->stops);
}

/* Whoever stops it makes it one that Linux boots. */
TEST_F(attach, and_stop)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, attach(self));
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(1, p->stops);
	EXPECT_EQ(0, p->detaches);

	EXPECT_EQ(0, processor_set(p, "firmware", PROCESSOR_FIRMWARE));
	ASSERT_EQ(0, remote_start(&self->remote, p));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(1, p->starts);
	EXPECT_EQ(1, p->attaches);
	EXPECT_EQ(0xcc, p->mem[CODE_OFFSET]);
	EXPECT_EQ(0, talk(self));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(0, processor_stop(p));
}

TEST_F(attach, that_is_refused)
{
	struct processor *p = &self->processor;

	p->start_result = -EIO;
	EXPECT_EQ(-EIO, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "detached"));
	p->start_result = 0;
	ASSERT_EQ(0, attach(self));

	p->stop_result = -EBUSY;
	EXPECT_EQ(-EBUSY, processor_set(p, "state", "detach"));
	EXPECT_TRUE(processor_state_is(p, "crashed"));
	p->stop_result = 0;
	EXPECT_EQ(0, processor_set(p, "recovery", "recover"));
	EXPECT_FALSE(processor_state_is(p, "crashed"));
}

TEST_F(attach, with_a_bad_table)
{
	struct processor *p = &self->processor;
	struct table *table = processor_table(p);

	memset(table, 0xff, sizeof(*table));
	EXPECT_EQ(-EINVAL, processor_start(p));
	*table = self->table;
	table->carveout.da = MEM_ADDR + MEM_SIZE;
	EXPECT_EQ(-EINVAL, processor_start(p));
	*table = self->table;
	table->carveout.len = MEM_SIZE + 1;
	EXPECT_EQ(-EINVAL, processor_start(p));
	*table = self->table;
	table->carveout.len = 0;
	EXPECT_GT(0, processor_start(p));
	*table = self->table;
	table->vdev.vring[1].num = 3;
	EXPECT_EQ(-EINVAL, processor_start(p));
	*table = self->table;
	table->head.count = 4;
	table->offset[3] = sizeof(*table) - 2;
	EXPECT_EQ(-EINVAL, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "detached"));
	EXPECT_EQ(0, p->attaches);

	/* And nothing of the memory was lost to them. */
	*table = self->table;
	ASSERT_EQ(0, attach(self));
	EXPECT_EQ(0, talk(self));
}

/*
 * Variant "plain": Linux stops it and boots what it has. The other: Linux detaches, the processor
 * restarts by itself, Linux attaches.
 */
TEST_F(attach, and_crash)
{
	const bool itself = variant->flags & URPROC_CREATE_ATTACH_ON_RECOVERY;
	struct processor *p = &self->processor;
	struct kmsg log;
	unsigned int i;

	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, attach(self));
	ASSERT_EQ(0, talk(self));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
		EXPECT_EQ(-EPIPE, node_read(self->fd, self->text, sizeof(self->text)));
		ASSERT_TRUE(wait_until(processor_state_is(p, itself ? "attached" : "running"),
				       PATIENCE_MS));
		EXPECT_EQ(itself ? 0 : i, p->starts);
		EXPECT_EQ(itself ? 0 : i, p->stops);
		EXPECT_EQ(itself ? 1 + i : 1, p->attaches);
		EXPECT_EQ(itself ? i : 0, p->detaches);
		ASSERT_EQ(0, remote_find_rings(&self->remote));
		ASSERT_EQ(0, talk(self));
	}
	EXPECT_EQ(3, kmsg_count(&log, KMSG_ERR, "handling crash"));
	kmsg_close(&log);
}

TEST_F(attach, and_crash_without_recovery)
{
	const bool itself = variant->flags & URPROC_CREATE_ATTACH_ON_RECOVERY;
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "recovery", "disabled"));
	ASSERT_EQ(0, attach(self));
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	ASSERT_TRUE(wait_until(processor_state_is(p, "crashed"), PATIENCE_MS));
	EXPECT_EQ(-EINVAL, processor_set(p, "state", "detach"));
	EXPECT_EQ(-EBUSY, processor_start(p));
	EXPECT_EQ(0, processor_set(p, "recovery", "recover"));
	EXPECT_TRUE(processor_state_is(p, itself ? "attached" : "running"));
}

/* A child is the processor, and is killed. */
TEST_F(attach, and_kill)
{
	struct processor *p = &self->processor;
	unsigned int *index;
	struct kmsg log;
	int status;
	pid_t pid;

	processor_close(p);
	ASSERT_EQ(0, kmsg_open(&log));
	index = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, index);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (processor_open_flags(p, variant->flags))
			_exit(1);
		boot_itself(self);
		if (attach(self))
			_exit(1);
		__atomic_store_n(index, p->index + 1, __ATOMIC_RELEASE);
		for (;;)
			pause();
	}
	EXPECT_TRUE(wait_until(__atomic_load_n(index, __ATOMIC_ACQUIRE), PATIENCE_MS));
	p->index = *index - 1;
	EXPECT_TRUE(processor_state_is(p, "attached"));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_FALSE(processor_state_is(p, "attached"));
	EXPECT_EQ(0, processor_find(p, "class/rpmsg", "rpmsg", NULL, NULL, 0));
	EXPECT_LE(1, kmsg_count(&log, KMSG_ERR, "crash"));
	munmap(index, 4096);
	kmsg_close(&log);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
