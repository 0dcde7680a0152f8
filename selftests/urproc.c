// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract of /dev/urproc, <linux/urproc.h>: what each call accepts, what it answers to what
 * it does not, and what becomes of the processor when its process dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "remote.h"
#include "wait.h"

/* An open file that is no processor yet, and the argument that would make it one. */
FIXTURE(create)
{
	int fd;
	struct {
		struct urproc_create arg;
		uint8_t tail[64];
	} create;
};

FIXTURE_SETUP(create)
{
	self->create.arg = (struct urproc_create){
		.size		= sizeof(struct urproc_create),
		.mem_addr	= MEM_ADDR,
		.mem_size	= MEM_SIZE,
		.name		= PROCESSOR_NAME,
		.firmware	= PROCESSOR_FIRMWARE,
	};
	self->fd = open("/dev/urproc", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(create)
{
	close(self->fd);
}

static int do_create(FIXTURE_DATA(create) *self)
{
	return ioctl(self->fd, URPROC_IOC_CREATE, &self->create) ? -errno : 0;
}

static int do_ioctl(int fd, unsigned long request, unsigned long arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

TEST_F(create, size_of_the_structure)
{
	struct urproc_create *arg = &self->create.arg;

	arg->size = 0;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->size = sizeof(*arg) - 8;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->size = sizeof(*arg) - 1;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->size = UINT32_MAX;
	EXPECT_EQ(-E2BIG, do_create(self));

	arg->size = sizeof(self->create);
	self->create.tail[sizeof(self->create.tail) - 1] = 1;
	EXPECT_EQ(-E2BIG, do_create(self));
	self->create.tail[sizeof(self->create.tail) - 1] = 0;
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, bad_pointer)
{
	void *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t *last;

	ASSERT_NE(MAP_FAILED, edge);
	EXPECT_EQ(-EFAULT, do_ioctl(self->fd, URPROC_IOC_CREATE, 0));
	EXPECT_EQ(-EFAULT, do_ioctl(self->fd, URPROC_IOC_CREATE, -4096UL));

	/* A size that can be read and a rest that cannot */
	ASSERT_EQ(0, munmap((char *)edge + 4096, 4096));
	last = (uint32_t *)((char *)edge + 4096 - sizeof(*last));
	*last = sizeof(struct urproc_create);
	EXPECT_EQ(-EFAULT, do_ioctl(self->fd, URPROC_IOC_CREATE, (unsigned long)last));
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, reserved_and_flags)
{
	self->create.arg.reserved = 1;
	EXPECT_EQ(-EINVAL, do_create(self));
	self->create.arg.reserved = 0;
	self->create.arg.flags = URPROC_CREATE_ATTACH_ON_RECOVERY << 1;
	EXPECT_EQ(-EINVAL, do_create(self));
	self->create.arg.flags = 1u << 31;
	EXPECT_EQ(-EINVAL, do_create(self));
	self->create.arg.flags = 0;
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, memory)
{
	struct urproc_create *arg = &self->create.arg;

	arg->mem_addr = 0;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_addr = MEM_ADDR + 1;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_addr = (1ull << 32) - MEM_SIZE / 2;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_addr = 1ull << 32;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_addr = -(uint64_t)4096;
	EXPECT_EQ(-EINVAL, do_create(self));

	arg->mem_addr = MEM_ADDR;
	arg->mem_size = 0;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_size = 4095;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_size = URPROC_MEM_MAX + 4096;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->mem_size = -(uint64_t)4096;
	EXPECT_EQ(-EINVAL, do_create(self));

	/* The last page below 4 GiB */
	arg->mem_addr = (1ull << 32) - 4096;
	arg->mem_size = 4096;
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, detached)
{
	struct urproc_create *arg = &self->create.arg;

	/* A table is where a processor that runs already says what it has */
	arg->table_size = 16;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_size = 0;
	arg->table_addr = MEM_ADDR;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_addr = 0;
	arg->flags = URPROC_CREATE_ATTACH_ON_RECOVERY;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->flags = URPROC_CREATE_DETACHED | URPROC_CREATE_AUTO_BOOT;
	EXPECT_EQ(-EINVAL, do_create(self));

	arg->flags = URPROC_CREATE_DETACHED;
	arg->table_addr = MEM_ADDR;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_size = MEM_SIZE + 4;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_size = URPROC_TABLE_MAX + 4;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_size = 16;
	arg->table_addr = MEM_ADDR + 2;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_addr = MEM_ADDR - 4;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_addr = MEM_ADDR + MEM_SIZE - 12;
	EXPECT_EQ(-EINVAL, do_create(self));
	arg->table_addr = -(uint64_t)8;
	EXPECT_EQ(-EINVAL, do_create(self));

	/* As high as it can be; the rest of it is in attach.c */
	arg->table_addr = MEM_ADDR + MEM_SIZE - 16;
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, names)
{
	struct urproc_create *arg = &self->create.arg;

	memset(arg->name, 0, sizeof(arg->name));
	EXPECT_EQ(-EINVAL, do_create(self));
	memset(arg->name, 'n', sizeof(arg->name));
	EXPECT_EQ(-EINVAL, do_create(self));
	strcpy(arg->name, "a/b");
	EXPECT_EQ(-EINVAL, do_create(self));
	strcpy(arg->name, "a b");
	EXPECT_EQ(-EINVAL, do_create(self));
	strcpy(arg->name, "a\n");
	EXPECT_EQ(-EINVAL, do_create(self));

	strcpy(arg->name, "n");
	memset(arg->firmware, 'f', sizeof(arg->firmware));
	EXPECT_EQ(-EINVAL, do_create(self));

	/* As long as a name may be; no format of anybody's */
	memset(arg->name, '%', sizeof(arg->name) - 1);
	arg->name[sizeof(arg->name) - 1] = '\0';
	memset(arg->firmware, 0, sizeof(arg->firmware));
	EXPECT_EQ(0, do_create(self));
}

TEST_F(create, default_firmware)
{
	struct processor processor = { 0 };
	char text[64];

	memset(self->create.arg.firmware, 0, sizeof(self->create.arg.firmware));
	ASSERT_EQ(0, do_create(self));
	processor.index = self->create.arg.index;
	EXPECT_LT(0, processor_get(&processor, "firmware", text, sizeof(text)));
	EXPECT_STREQ("rproc-" PROCESSOR_NAME "-fw", text);
}

TEST_F(create, twice)
{
	ASSERT_EQ(0, do_create(self));
	self->create.arg.index = 0;
	EXPECT_EQ(-EBUSY, do_create(self));
}

TEST_F(create, before_it_everything_is_enxio)
{
	struct urproc_complete complete = { .size = sizeof(complete) };
	struct urproc_event event;
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(-ENXIO, do_ioctl(self->fd, URPROC_IOC_COMPLETE, (unsigned long)&complete));
	EXPECT_EQ(-ENXIO, do_ioctl(self->fd, URPROC_IOC_NOTIFY, 0));
	EXPECT_EQ(-ENXIO, do_ioctl(self->fd, URPROC_IOC_CRASH, 0));
	EXPECT_EQ(-ENXIO, do_ioctl(self->fd, URPROC_IOC_SET_KICK_FD, -1));
	EXPECT_EQ(-ENXIO, node_read(self->fd, &event, sizeof(event)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(1, poll(&poll_fd, 1, 0));
	EXPECT_EQ(POLLERR, poll_fd.revents);
}

TEST_F(create, many)
{
	int fds[8];
	int i;

	/* Each gets memory of its own at the same address */
	for (i = 0; i < 8; i++) {
		fds[i] = self->fd;
		self->create.arg.index = 0;
		EXPECT_EQ(0, do_create(self));
		self->fd = open("/dev/urproc", O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, self->fd);
	}
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

/* Nobody answers here: the file is closed while the kernel waits for the start. */
TEST_F(create, auto_boot)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };
	struct urproc_event event;

	ASSERT_EQ(0, processor_install_firmware());
	self->create.arg.flags = URPROC_CREATE_AUTO_BOOT;
	ASSERT_EQ(0, do_create(self));
	EXPECT_EQ(1, poll(&poll_fd, 1, PATIENCE_MS));
	EXPECT_EQ(sizeof(event), node_read(self->fd, &event, sizeof(event)));
	EXPECT_EQ(URPROC_EVENT_START, event.type);
	EXPECT_EQ(ELF_ENTRY, event.addr);
	EXPECT_NE(0, event.seq);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* A processor that is served. */
FIXTURE(urproc)
{
	struct processor processor;
	struct remote remote;
};

FIXTURE_SETUP(urproc)
{
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
}

FIXTURE_TEARDOWN(urproc)
{
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(urproc, unknown_numbers)
{
	const int fd = self->processor.fd;

	EXPECT_EQ(-ENOTTY, do_ioctl(fd, _IO(URPROC_IOC_MAGIC, 6), 0));
	EXPECT_EQ(-ENOTTY, do_ioctl(fd, _IO(URPROC_IOC_MAGIC, 255), 0));
	EXPECT_EQ(-ENOTTY, do_ioctl(fd, _IO(0xb5, 1), 0));
	EXPECT_EQ(-ENOTTY, do_ioctl(fd, _IOW(URPROC_IOC_MAGIC, 1, struct urproc_complete), 0));
}

TEST_F(urproc, complete)
{
	const int fd = self->processor.fd;
	struct {
		struct urproc_complete arg;
		uint8_t tail[16];
	} complete = { .arg = { .size = sizeof(complete.arg) } };
	const unsigned long arg = (unsigned long)&complete;

	EXPECT_EQ(-EFAULT, do_ioctl(fd, URPROC_IOC_COMPLETE, 0));
	complete.arg.size = sizeof(complete.arg) - 1;
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));
	complete.arg.size = sizeof(complete);
	complete.tail[0] = 1;
	EXPECT_EQ(-E2BIG, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));
	complete.tail[0] = 0;
	EXPECT_EQ(-ENOENT, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));

	complete.arg.size = sizeof(complete.arg);
	complete.arg.result = 1;
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));
	complete.arg.result = INT32_MIN;
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));

	/* What was answered is answered */
	ASSERT_EQ(0, processor_start(&self->processor));
	complete.arg.result = 0;
	complete.arg.seq = self->processor.last_seq;
	EXPECT_EQ(-ENOENT, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));
	complete.arg.seq++;
	EXPECT_EQ(-ENOENT, do_ioctl(fd, URPROC_IOC_COMPLETE, arg));
}

TEST_F(urproc, notify)
{
	const int fd = self->processor.fd;

	EXPECT_EQ(-ENOTCONN, do_ioctl(fd, URPROC_IOC_NOTIFY, 0));
	ASSERT_EQ(0, processor_start(&self->processor));
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_NOTIFY, URPROC_VQ_MAX));
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_NOTIFY, -1));
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_NOTIFY, 1ul << 32));
	EXPECT_EQ(0, do_ioctl(fd, URPROC_IOC_NOTIFY, 0));
	EXPECT_EQ(0, do_ioctl(fd, URPROC_IOC_NOTIFY, URPROC_VQ_MAX - 1));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(-ENOTCONN, do_ioctl(fd, URPROC_IOC_NOTIFY, 0));
}

TEST_F(urproc, crash)
{
	const int fd = self->processor.fd;

	EXPECT_EQ(-ENOTCONN, do_ioctl(fd, URPROC_IOC_CRASH, 0));
	ASSERT_EQ(0, processor_start(&self->processor));
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_CRASH, 1));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));
}

/* Nothing runs any more, and it says so: neither a report nor the end of its file is a crash. */
TEST_F(urproc, quit)
{
	struct processor *p = &self->processor;
	struct kmsg log;

	ASSERT_EQ(0, kmsg_open(&log));
	EXPECT_EQ(0, do_ioctl(p->fd, URPROC_IOC_QUIT, 0));
	ASSERT_EQ(0, processor_start(p));
	EXPECT_EQ(0, do_ioctl(p->fd, URPROC_IOC_QUIT, 0));
	EXPECT_EQ(-ENOTCONN, do_ioctl(p->fd, URPROC_IOC_NOTIFY, 0));
	EXPECT_EQ(-ENOTCONN, do_ioctl(p->fd, URPROC_IOC_CRASH, 0));
	EXPECT_TRUE(processor_state_is(p, "running"));

	/* It may be stopped and started again. */
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_EQ(0, processor_start(p));
	EXPECT_EQ(0, do_ioctl(p->fd, URPROC_IOC_NOTIFY, 0));
	EXPECT_EQ(0, do_ioctl(p->fd, URPROC_IOC_QUIT, 0));
	processor_close(p);
	EXPECT_EQ(0, kmsg_count(&log, KMSG_ERR, "crash"));
	kmsg_close(&log);
}

/* A file that is closed without a word is a processor that died. */
TEST_F(urproc, closed_without_a_word)
{
	struct processor *p = &self->processor;
	struct kmsg log;

	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, processor_start(p));
	p->dies = true;
	processor_close(p);
	EXPECT_LE(1, kmsg_count(&log, KMSG_ERR, "crash"));
	EXPECT_FALSE(processor_state_is(p, "running"));
	kmsg_close(&log);
}

TEST_F(urproc, kick_fd)
{
	const int fd = self->processor.fd;
	int ctrl, endpoint, kick, null;
	atomic_uint *kicks;
	eventfd_t count;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_LE(0, kick);
	EXPECT_EQ(-EBADF, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, 1000));
	EXPECT_EQ(-EBADF, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, -2));
	EXPECT_EQ(-EINVAL, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, null));
	EXPECT_EQ(0, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, -1));

	ASSERT_EQ(0, remote_start(&self->remote, &self->processor));
	ctrl = ctrl_open(&self->processor);
	ASSERT_LE(0, ctrl);
	endpoint = endpoint_open(&self->processor, ctrl, "kicker", 2000, 3000, O_RDWR);
	ASSERT_LE(0, endpoint);

	/* By events */
	kicks = &self->processor.kicks[self->remote.from_host.notifyid];
	EXPECT_EQ(0, *kicks);
	ASSERT_EQ(1, node_write(endpoint, "x", 1));
	EXPECT_TRUE(wait_until(*kicks == 1, PATIENCE_MS));

	/* By eventfd */
	ASSERT_EQ(0, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, kick));
	ASSERT_EQ(1, node_write(endpoint, "x", 1));
	EXPECT_EQ(POLLIN, node_poll(kick, POLLIN, PATIENCE_MS));
	EXPECT_EQ(0, eventfd_read(kick, &count));
	EXPECT_LE(1, count);
	EXPECT_EQ(1, *kicks);

	/* Our own descriptor may go: the kernel has its reference */
	close(kick);
	ASSERT_EQ(1, node_write(endpoint, "x", 1));
	ASSERT_EQ(0, do_ioctl(fd, URPROC_IOC_SET_KICK_FD, -1));
	ASSERT_EQ(1, node_write(endpoint, "x", 1));
	EXPECT_TRUE(wait_until(*kicks == 2, PATIENCE_MS));
	close(endpoint);
	close(ctrl);
	close(null);
}

TEST_F(urproc, map)
{
	const int fd = self->processor.fd;
	uint8_t *again;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, MEM_SIZE + 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, MEM_SIZE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, MEM_SIZE - 4096));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	EXPECT_EQ(EINVAL, errno);

	/* A part of it, twice, is the same memory */
	again = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, MEM_SIZE - 4096);
	ASSERT_NE(MAP_FAILED, again);
	self->processor.mem[MEM_SIZE - 4096 + 17] = 42;
	EXPECT_EQ(42, again[17]);
	munmap(again, 4096);
}

/* Growing a mapping does not grow the memory. */
TEST_F_SIGNAL(urproc, map_grown, SIGBUS)
{
	uint8_t *map;

	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->processor.fd, MEM_SIZE - 4096);
	ASSERT_NE(MAP_FAILED, map);
	map = mremap(map, 4096, 8192, MREMAP_MAYMOVE);
	if (map == MAP_FAILED)
		raise(SIGBUS);	/* refused: as good */
	EXPECT_EQ(0, *(volatile uint8_t *)(map + 4096));
}

TEST_F(urproc, read_in_pieces)
{
	struct urproc_event events[2];
	const int fd = self->processor.fd;

	EXPECT_EQ(-EINVAL, node_read(fd, events, 0));
	EXPECT_EQ(-EINVAL, node_read(fd, events, sizeof(events[0]) - 1));
	EXPECT_EQ(-EAGAIN, node_read(fd, events, sizeof(events)));
}

TEST_F(urproc, memory_outlives_the_file)
{
	struct processor *p = &self->processor;
	uint8_t *map;

	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, processor_start(p));

	/* The mapping holds the file: the processor is there until it goes as well */
	processor_close(p);
	EXPECT_TRUE(processor_state_is(p, "running"));
	map[0] = 1;
	munmap(map, 4096);
	EXPECT_TRUE(wait_until(!processor_state_is(p, "running"), PATIENCE_MS));
}

/* A child is the processor, and is killed in the middle of its work. */
TEST_F(urproc, killed_process)
{
	struct processor *p = &self->processor;
	unsigned int *index;
	int status;
	pid_t pid;

	processor_close(p);
	index = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, index);

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (processor_open(p) || remote_start(&self->remote, p))
			_exit(1);
		__atomic_store_n(index, p->index + 1, __ATOMIC_RELEASE);
		for (;;)
			pause();
	}

	EXPECT_TRUE(wait_until(__atomic_load_n(index, __ATOMIC_ACQUIRE), PATIENCE_MS));
	p->index = *index - 1;
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));

	/* Its files are closed before its parent hears of its end */
	EXPECT_FALSE(processor_state_is(p, "running"));
	EXPECT_EQ(0, processor_find(p, "class/rpmsg", "rpmsg", NULL, NULL, 0));
	munmap(index, 4096);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
