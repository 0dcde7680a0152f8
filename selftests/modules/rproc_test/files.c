// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What user space finds in sysfs and at /dev/remoteprocN, of processors that only a driver can
 * make: in states of the driver's choice, attached, with attributes that are only read.
 *
 * The cases run in the process that asked for them, so they open the same files that it would.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/remoteproc_cdev.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "test.h"

static struct file *open_attr(struct test *t, const char *attr, int flags)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/class/remoteproc/%s/%s", dev_name(&t->rproc->dev), attr);
	return filp_open(path, flags, 0);
}

/* True when an attribute reads so. */
static bool attr_is(struct test *t, const char *attr, const char *want)
{
	struct file *file = open_attr(t, attr, O_RDONLY);
	char text[64] = "";
	loff_t pos = 0;
	ssize_t got;

	if (IS_ERR(file))
		return false;
	got = kernel_read(file, text, sizeof(text) - 1, &pos);
	filp_close(file, NULL);
	if (got < 0)
		return false;
	text[got] = '\0';
	return !strcmp(strim(text), want);
}

static int write_attr(struct test *t, const char *attr, const char *text)
{
	struct file *file = open_attr(t, attr, O_WRONLY);
	loff_t pos = 0;
	ssize_t done;

	if (IS_ERR(file))
		return PTR_ERR(file);
	done = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return done < 0 ? done : 0;
}

static umode_t attr_mode(struct test *t, const char *attr)
{
	struct file *file = open_attr(t, attr, O_RDONLY);
	umode_t mode;

	if (IS_ERR(file))
		return 0;
	mode = file_inode(file)->i_mode & 07777;
	filp_close(file, NULL);
	return mode;
}

static void state_is_told(struct test *t)
{
	static const struct {
		unsigned int state;
		const char *text;
	} states[] = {
		{ RPROC_OFFLINE, "offline" }, { RPROC_SUSPENDED, "suspended" },
		{ RPROC_RUNNING, "running" }, { RPROC_CRASHED, "crashed" },
		{ RPROC_ATTACHED, "attached" }, { RPROC_DETACHED, "detached" },
		{ RPROC_LAST, "invalid" },
	};
	int i;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		WRITE_ONCE(t->rproc->state, states[i].state);
		EXPECT(t, attr_is(t, "state", states[i].text));
	}
	WRITE_ONCE(t->rproc->state, RPROC_OFFLINE);
}

/* Only its driver knows the way back. */
static void start_while_suspended(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	WRITE_ONCE(t->rproc->state, RPROC_SUSPENDED);
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "start"));
	EXPECT_LOG(t, "");
	WRITE_ONCE(t->rproc->state, RPROC_OFFLINE);
}

static void orders_while_suspended(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	WRITE_ONCE(t->rproc->state, RPROC_SUSPENDED);
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "stop"));
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "detach"));
	EXPECT_EQ(t, -EBUSY, write_attr(t, "firmware", FW_ELF));
	EXPECT_LOG(t, "");
	WRITE_ONCE(t->rproc->state, RPROC_OFFLINE);
}

static void orders_while_attached(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT(t, attr_is(t, "state", "detached"));
	EXPECT(t, attr_is(t, "firmware", FW_BYTES));
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "stop"));
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "detach"));
	EXPECT_EQ(t, -EBUSY, write_attr(t, "firmware", FW_ELF));
	EXPECT_LOG(t, "");

	ASSERT_EQ(t, 0, write_attr(t, "state", "start"));
	EXPECT_LOG(t, "prepare get_table attach");
	EXPECT(t, attr_is(t, "state", "attached"));
	/* Whoever booted it knows. */
	EXPECT(t, attr_is(t, "firmware", "unknown"));
	EXPECT_EQ(t, -EBUSY, write_attr(t, "firmware", FW_ELF));

	EXPECT_EQ(t, 0, write_attr(t, "state", "detach\n"));
	EXPECT_LOG(t, "detach unprepare");
	EXPECT(t, attr_is(t, "state", "detached"));
	EXPECT_EQ(t, -EINVAL, write_attr(t, "state", "detach"));
}

static void attributes_are_only_read(struct test *t)
{
	static const char * const attrs[] = { "name", "state", "firmware", "recovery", "coredump" };
	int i;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->sysfs_read_only = true;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		EXPECT_EQ(t, 0444, attr_mode(t, attrs[i]));
	EXPECT(t, attr_is(t, "state", "offline"));
	EXPECT(t, attr_is(t, "firmware", FW_BYTES));
	/* No mode stops root; there is nothing behind it that could be called. */
	EXPECT(t, write_attr(t, "state", "start") < 0);
	EXPECT_LOG(t, "");
}

/* Opens /dev/remoteprocN and asks for an end with that file. */
static struct file *open_node(struct test *t)
{
	struct file *file;
	unsigned long arg;
	char path[40];

	snprintf(path, sizeof(path), "/dev/%s", dev_name(&t->rproc->dev));
	file = filp_open(path, O_RDWR, 0);
	if (!EXPECT(t, !IS_ERR(file)))
		return NULL;
	arg = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (EXPECT(t, !IS_ERR_VALUE(arg))) {
		EXPECT_EQ(t, 0, put_user(1, (s32 __user *)arg));
		EXPECT_EQ(t, 0, file->f_op->unlocked_ioctl(file, RPROC_SET_SHUTDOWN_ON_RELEASE,
							   arg));
		vm_munmap(arg, PAGE_SIZE);
	}
	return file;
}

struct closing {
	struct work_struct work;
	struct file *file;
};

static void closing_work(struct work_struct *work)
{
	__fput_sync(container_of(work, struct closing, work)->file);
}

/* Closes it now; fput() of a process waits until the process leaves the kernel. */
static void close_node(struct file *file)
{
	struct closing closing = { .file = file };

	INIT_WORK_ONSTACK(&closing.work, closing_work);
	schedule_work(&closing.work);
	flush_work(&closing.work);
	destroy_work_on_stack(&closing.work);
}

static void close_detaches(struct test *t)
{
	struct file *file;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT_EQ(t, 0, write_attr(t, "state", "start"));
	EXPECT_LOG(t, "prepare get_table attach");
	file = open_node(t);
	ASSERT(t, file);
	close_node(file);
	EXPECT_LOG(t, "detach unprepare");
	EXPECT_STATE(t, RPROC_DETACHED);
}

/* It is one user that goes. Who else needs the processor keeps it. */
static void close_counts_as_one(struct test *t)
{
	struct file *file;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	ASSERT_EQ(t, 0, write_attr(t, "state", "start"));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	file = open_node(t);
	ASSERT(t, file);
	close_node(file);
	EXPECT_LOG(t, "");
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
}

const struct test_case file_cases[] = {
	CASE(state_is_told),
	CASE_OURS(start_while_suspended),
	CASE(orders_while_suspended),
	CASE(orders_while_attached),
	CASE(attributes_are_only_read),
	CASE(close_detaches),
	CASE(close_counts_as_one),
	{}
};
