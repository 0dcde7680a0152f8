// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/remoteprocN: the words it takes and no others, what it says when something is out of order,
 * and what becomes of the processor when the file is closed, by whatever means.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <linux/remoteproc_cdev.h>
#include <linux/urproc.h>

#include "elf_image.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "wait.h"

FIXTURE(cdev)
{
	struct processor processor;
	char node[FILE_PATH_MAX];
	char path[FILE_PATH_MAX];
	char text[64];
	int fd;
};

static int node_open(FIXTURE_DATA(cdev) *self, int flags)
{
	int fd = open(self->node, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Returns 0, or -errno; -EIO when only a part was written. */
static int order_bytes(int fd, const void *bytes, size_t size)
{
	ssize_t done = write(fd, bytes, size);

	if (done < 0)
		return -errno;
	return done == (ssize_t)size ? 0 : -EIO;
}

static int order(int fd, const char *word)
{
	return order_bytes(fd, word, strlen(word));
}

static int set_wish(int fd, int32_t wish)
{
	return ioctl(fd, RPROC_SET_SHUTDOWN_ON_RELEASE, &wish) ? -errno : 0;
}

/* Returns what the file says, or -errno. */
static int get_wish(int fd)
{
	int32_t wish = 0x55aa;

	return ioctl(fd, RPROC_GET_SHUTDOWN_ON_RELEASE, &wish) ? -errno : wish;
}

static int crash(struct processor *p)
{
	if (processor_set(p, "recovery", "disabled") || ioctl(p->fd, URPROC_IOC_CRASH, 0))
		return -EIO;
	return wait_until(processor_state_is(p, "crashed"), PATIENCE_MS) ? 0 : -ETIMEDOUT;
}

FIXTURE_SETUP(cdev)
{
	self->fd = -1;
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	file_path(self->node, "/dev/remoteproc%u", self->processor.index);
	self->fd = node_open(self, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(cdev)
{
	if (self->fd >= 0)
		close(self->fd);
	processor_close(&self->processor);
	EXPECT_FALSE(file_exists(self->node));
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(cdev, node)
{
	struct processor *p = &self->processor;
	struct stat st;

	ASSERT_EQ(0, stat(self->node, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(p->index, minor(st.st_rdev));

	file_path(self->path, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	ASSERT_LT(0, processor_get(p, "dev", self->text, sizeof(self->text)));
	EXPECT_STREQ(self->path, self->text);
}

/* As a program writes them, as echo(1) does, and with the string's own end. */
TEST_F(cdev, words)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(0, order(self->fd, "start"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(ELF_ENTRY, p->boot_addr);
	EXPECT_EQ(0, order(self->fd, "stop"));
	EXPECT_TRUE(processor_state_is(p, "offline"));

	EXPECT_EQ(0, order(self->fd, "start\n"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, order(self->fd, "stop\n"));
	EXPECT_TRUE(processor_state_is(p, "offline"));

	EXPECT_EQ(0, order_bytes(self->fd, "start", sizeof("start")));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, order_bytes(self->fd, "stop", sizeof("stop")));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(3, p->starts);
	EXPECT_EQ(3, p->stops);
}

TEST_F(cdev, no_words)
{
	static const char * const words[] = {
		"s", "st", "star", "starts", "start stop", "start\n\n", "start\nstop", " start",
		"START", "\n", "stops", "detac", "detached", "attach", "boot", "enabled",
		"start           ", "detachdetachdetach",
	};
	struct processor *p = &self->processor;
	void *volatile nowhere = (void *)8;
	char *large;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT_EQ(-EINVAL, order(self->fd, words[i])) {
			TH_LOG("word %zu", i);
		}
	}
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, "", 0));
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, "", 1));
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, "start\0stop", 10));
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, "start\0", 7));

	large = calloc(1, 1 << 20);
	ASSERT_NE(NULL, large);
	memcpy(large, "start", 5);
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, large, 1 << 20));
	free(large);

	EXPECT_EQ(-EFAULT, order_bytes(self->fd, nowhere, 5));
	EXPECT_EQ(-EINVAL, order_bytes(self->fd, nowhere, 4096));

	EXPECT_EQ(0, p->starts);
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

TEST_F(cdev, out_of_order)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(-EINVAL, order(self->fd, "stop"));
	EXPECT_EQ(-EINVAL, order(self->fd, "detach"));
	EXPECT_EQ(0, order(self->fd, "start"));
	EXPECT_EQ(-EINVAL, order(self->fd, "detach"));
	EXPECT_TRUE(processor_state_is(p, "running"));

	ASSERT_EQ(0, crash(p));
	EXPECT_EQ(-EBUSY, order(self->fd, "start"));
	EXPECT_EQ(-EINVAL, order(self->fd, "detach"));
	EXPECT_TRUE(processor_state_is(p, "crashed"));
	EXPECT_EQ(0, order(self->fd, "stop"));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(-EINVAL, order(self->fd, "stop"));
}

/* User space is one user, by whichever file. */
TEST_F(cdev, start_twice)
{
	struct processor *p = &self->processor;
	int other = node_open(self, O_WRONLY);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, order(self->fd, "start"));
	EXPECT_EQ(0, order(self->fd, "start"));
	EXPECT_EQ(0, order(other, "start"));
	EXPECT_EQ(0, processor_start(p));
	EXPECT_EQ(1, p->starts);

	EXPECT_EQ(0, order(other, "stop"));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(-EINVAL, order(self->fd, "stop"));
	EXPECT_EQ(1, p->stops);
	close(other);
}

TEST_F(cdev, refused)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_set(p, "firmware", "no-such-firmware.elf"));
	EXPECT_EQ(-ENOENT, order(self->fd, "start"));
	ASSERT_EQ(0, processor_set(p, "firmware", PROCESSOR_FIRMWARE));
	p->start_result = -EIO;
	EXPECT_EQ(-EIO, order(self->fd, "start"));
	EXPECT_TRUE(processor_state_is(p, "offline"));

	p->start_result = 0;
	EXPECT_EQ(0, order(self->fd, "start"));
	p->stop_result = -EBUSY;
	EXPECT_EQ(-EBUSY, order(self->fd, "stop"));
	EXPECT_TRUE(processor_state_is(p, "crashed"));
	p->stop_result = 0;
	EXPECT_EQ(0, order(self->fd, "stop"));
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

TEST_F(cdev, only_written)
{
	struct processor *p = &self->processor;
	int fd = node_open(self, O_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, self->text, sizeof(self->text)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-EBADF, order(fd, "start"));
	EXPECT_EQ(-1, pwrite(self->fd, "start", 5, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(0, p->starts);
	close(fd);
}

TEST_F(cdev, wish)
{
	int other = node_open(self, O_RDWR);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, get_wish(self->fd));
	EXPECT_EQ(0, set_wish(self->fd, 1));
	EXPECT_EQ(1, get_wish(self->fd));
	EXPECT_EQ(0, set_wish(self->fd, 0));
	EXPECT_EQ(0, get_wish(self->fd));
	EXPECT_EQ(0, set_wish(self->fd, INT32_MIN));
	EXPECT_EQ(1, get_wish(self->fd));

	/* It is the file's own */
	EXPECT_EQ(0, get_wish(other));
	EXPECT_EQ(0, set_wish(other, 0));
	EXPECT_EQ(1, get_wish(self->fd));
	close(other);
}

TEST_F(cdev, wish_out_of_order)
{
	EXPECT_EQ(-1, ioctl(self->fd, RPROC_SET_SHUTDOWN_ON_RELEASE, 8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, RPROC_GET_SHUTDOWN_ON_RELEASE, 8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, get_wish(self->fd));

	/* The number's size and direction are part of it */
	EXPECT_EQ(-1, ioctl(self->fd, _IO(RPROC_MAGIC, 1), 8));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IOW(RPROC_MAGIC, 1, int64_t), 8));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IOR(RPROC_MAGIC, 3, int32_t), 8));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, URPROC_IOC_CRASH, 0));
	EXPECT_EQ(ENOTTY, errno);
}

#ifdef __x86_64__
/* A system call of a 32-bit program: ioctl() of a file, its argument below 4 GiB. */
static long ioctl_32(int fd, unsigned int request, void *arg)
{
	long ret = 54;

	__asm__ volatile("int $0x80"
			 : "+a" (ret)
			 : "b" ((long)fd), "c" ((long)request), "d" (arg)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static bool kernel_has_32_bit_calls(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(ioctl_32(-1, 0, NULL) == -EBADF ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

TEST_F(cdev, wish_of_a_32_bit_program)
{
	int32_t *value;

	if (!kernel_has_32_bit_calls())
		SKIP(return, "the kernel runs no 32-bit programs");
	value = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		     -1, 0);
	ASSERT_NE(MAP_FAILED, value);

	*value = 1;
	EXPECT_EQ(0, ioctl_32(self->fd, RPROC_SET_SHUTDOWN_ON_RELEASE, value));
	EXPECT_EQ(1, get_wish(self->fd));
	*value = 7;
	EXPECT_EQ(0, ioctl_32(self->fd, RPROC_GET_SHUTDOWN_ON_RELEASE, value));
	EXPECT_EQ(1, *value);
	EXPECT_EQ(-ENOTTY, ioctl_32(self->fd, _IO(RPROC_MAGIC, 9), value));
	munmap(value, 4096);
}
#endif

TEST_F(cdev, close_without_a_wish)
{
	struct processor *p = &self->processor;
	int other = node_open(self, O_RDWR);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, order(self->fd, "start"));
	EXPECT_EQ(0, set_wish(other, 1));
	EXPECT_EQ(0, set_wish(other, 0));
	EXPECT_EQ(0, close(other));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, p->stops);
}

TEST_F(cdev, close_shuts_down)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, order(self->fd, "start"));
	ASSERT_EQ(0, set_wish(self->fd, 1));
	EXPECT_EQ(0, close(self->fd));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(1, p->stops);

	/* It was a wish of that file, and an order: nobody needs the processor now */
	self->fd = node_open(self, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, get_wish(self->fd));
	EXPECT_EQ(-EINVAL, order(self->fd, "stop"));
}

/* A file is closed with its last descriptor, and other files have nothing to do with that. */
TEST_F(cdev, close_for_the_last_time)
{
	struct processor *p = &self->processor;
	int copy = dup(self->fd), other = node_open(self, O_RDWR);

	ASSERT_LE(0, copy);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, set_wish(self->fd, 1));
	ASSERT_EQ(0, order(other, "start"));
	EXPECT_EQ(0, close(other));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, close(copy));
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

TEST_F(cdev, close_while_offline)
{
	struct processor *p = &self->processor;
	struct kmsg log;

	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, set_wish(self->fd, 1));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(0, p->stops);
	EXPECT_EQ(0, kmsg_count(&log, KMSG_WARNING, "remoteproc"));
	kmsg_close(&log);
}

TEST_F(cdev, close_while_crashed)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, set_wish(self->fd, 1));
	ASSERT_EQ(0, order(self->fd, "start"));
	ASSERT_EQ(0, crash(p));
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(0, processor_start(p));
}

/* Nobody is there to be told, so the log is. */
TEST_F(cdev, close_that_cannot_shut_down)
{
	struct processor *p = &self->processor;
	struct kmsg log;

	ASSERT_EQ(0, kmsg_open(&log));
	ASSERT_EQ(0, set_wish(self->fd, 1));
	ASSERT_EQ(0, order(self->fd, "start"));
	p->stop_result = -EBUSY;
	EXPECT_EQ(0, close(self->fd));
	self->fd = -1;
	EXPECT_TRUE(processor_state_is(p, "crashed"));
	EXPECT_EQ(1, kmsg_count(&log, KMSG_ERR, "not shut down with the file that was closed"));
	kmsg_close(&log);

	p->stop_result = 0;
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

static void ignore_signal(int number)
{
}

/* Opens the node, wishes, starts the processor if it is to, and waits to be killed. */
static pid_t guard_start(FIXTURE_DATA(cdev) *self, bool start)
{
	char ready = 1;
	int pipes[2];
	pid_t pid;

	if (pipe(pipes))
		return -1;
	pid = fork();
	if (!pid) {
		int fd = node_open(self, O_RDWR);

		signal(SIGUSR1, ignore_signal);
		if (fd < 0 || set_wish(fd, 1) || (start && order(fd, "start")))
			_exit(1);
		if (write(pipes[1], &ready, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	if (pid > 0 && read(pipes[0], &ready, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(pipes[0]);
	return pid;
}

TEST_F(cdev, killed)
{
	struct processor *p = &self->processor;
	pid_t pid = guard_start(self, true);
	int status = 0;

	ASSERT_LT(0, pid);
	EXPECT_TRUE(processor_state_is(p, "running"));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

static void *write_stop(void *data)
{
	return (void *)(intptr_t)processor_stop(data);
}

/*
 * The life cycle is busy when the file's owner is killed, with another signal pending: no reason
 * to let the processor run.
 */
TEST_F(cdev, killed_while_busy)
{
	struct processor *p = &self->processor;
	pid_t pid = guard_start(self, true);
	pthread_t thread;
	int status = 0;
	void *ret;

	ASSERT_LT(0, pid);
	p->silent = true;
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_stop, p));
	ASSERT_TRUE(wait_until(p->stops == 1, PATIENCE_MS));
	p->silent = false;

	/* Nobody answers that stop: it holds the life cycle for seconds */
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(2, p->stops);
	EXPECT_TRUE(processor_state_is(p, "offline"));

	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(-ETIMEDOUT, (intptr_t)ret);
}

TEST_F(cdev, processor_goes)
{
	struct processor *p = &self->processor;
	int wishing = node_open(self, O_RDWR);

	ASSERT_LE(0, wishing);
	ASSERT_EQ(0, set_wish(wishing, 1));
	ASSERT_EQ(0, order(self->fd, "start"));
	processor_close(p);

	EXPECT_FALSE(file_exists(self->node));
	EXPECT_EQ(-ENODEV, order(self->fd, "start"));
	EXPECT_EQ(-ENODEV, order(self->fd, "stop"));
	EXPECT_EQ(-ENODEV, order(self->fd, "detach"));
	EXPECT_EQ(-EINVAL, order(self->fd, "st"));
	EXPECT_EQ(-ENODEV, set_wish(self->fd, 1));
	EXPECT_EQ(-ENODEV, get_wish(self->fd));
	EXPECT_EQ(-1, ioctl(self->fd, _IO(RPROC_MAGIC, 9), 0));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(0, close(wishing));
}

/* Another node of the same number, made before the processor went, leads nowhere. */
TEST_F(cdev, processor_goes_and_a_node_stays)
{
	struct stat st;

	ASSERT_EQ(0, stat(self->node, &st));
	file_path(self->path, "%s-twin", self->node);
	ASSERT_EQ(0, mknod(self->path, S_IFCHR | 0600, st.st_rdev));
	close(self->fd);
	self->fd = open(self->path, O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, self->fd);
	processor_close(&self->processor);

	EXPECT_EQ(-1, open(self->path, O_RDWR | O_CLOEXEC));
	EXPECT_EQ(ENODEV, errno);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-1, open(self->path, O_RDWR | O_CLOEXEC));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(0, unlink(self->path));
}

/* An index is used again while a file of its former owner is open. */
TEST_F(cdev, processor_goes_and_another_comes)
{
	struct processor *p = &self->processor;
	unsigned int index = p->index;
	int fd;

	processor_close(p);
	ASSERT_EQ(0, processor_open(p));
	EXPECT_NE(index, p->index);
	file_path(self->node, "/dev/remoteproc%u", p->index);
	fd = node_open(self, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENODEV, order(self->fd, "start"));
	EXPECT_EQ(0, order(fd, "start"));
	EXPECT_TRUE(processor_state_is(p, "running"));
	EXPECT_EQ(0, close(fd));
}

struct hammer {
	atomic_uint index;
	atomic_bool quit;
	atomic_uint rounds;
	atomic_int unexpected;
};

/* Opens, wishes, orders, closes, whatever comes of it. */
static void *hammer_run(void *data)
{
	struct hammer *hammer = data;
	char node[FILE_PATH_MAX];
	int fd, ret;

	while (!hammer->quit) {
		fd = open(file_path(node, "/dev/remoteproc%u", hammer->index), O_RDWR | O_CLOEXEC);
		hammer->rounds++;
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV && errno != ENXIO)
				hammer->unexpected = errno;
			wait_a_little();
			continue;
		}
		ret = set_wish(fd, 1);
		if (ret && ret != -ENODEV)
			hammer->unexpected = -ret;
		ret = order(fd, "start");
		if (ret && ret != -ENODEV && ret != -EBUSY)
			hammer->unexpected = -ret;
		close(fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(cdev, processor_goes_at_any_time, 240)
{
	struct processor *p = &self->processor;
	struct hammer hammer = { .index = p->index };
	unsigned int round, begin;
	pthread_t threads[2];

	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, hammer_run, &hammer));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, hammer_run, &hammer));
	for (round = 0; round < 10; round++) {
		begin = hammer.rounds;
		EXPECT_TRUE(wait_until(hammer.rounds > begin + round && p->starts, PATIENCE_MS));
		processor_close(p);
		ASSERT_EQ(0, processor_open(p));
		hammer.index = p->index;
	}
	hammer.quit = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EXPECT_EQ(0, hammer.unexpected);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
