// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a processor: allocation, registration, the count of its users, references, and what
 * a handle answers when it should not have been used.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/elf.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/panic_notifier.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "test.h"

#define BOOT		"sanity prepare boot_addr parse load find_table start"
#define SHUTDOWN	"stop unprepare"

static void alloc_fills_in(struct test *t)
{
	struct rproc_ops ops = remote_ops;
	char dev_name_want[32];
	char name[] = "fresh";
	struct rproc *rproc;
	u64 *priv;

	rproc = rproc_alloc(&t->pdev->dev, name, &ops, NULL, 3 * sizeof(*priv));
	t->rproc = rproc;
	ASSERT(t, rproc);
	priv = rproc->priv;

	/* Both were copied. */
	name[0] = 'x';
	ops.start = NULL;
	EXPECT(t, !strcmp(rproc->name, "fresh"));
	EXPECT(t, !strcmp(rproc->firmware, "rproc-fresh-fw"));
	EXPECT(t, rproc->ops->start == remote_ops.start);

	EXPECT(t, rproc->auto_boot);
	EXPECT(t, !rproc->has_iommu);
	EXPECT(t, !rproc->recovery_disabled);
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_EQ(t, RPROC_COREDUMP_DISABLED, rproc->dump_conf);
	EXPECT_EQ(t, ELFCLASSNONE, rproc->elf_class);
	EXPECT_EQ(t, 0, atomic_read(&rproc->power));
	EXPECT(t, !priv[0] && !priv[1] && !priv[2]);
	EXPECT(t, rproc->dev.parent == &t->pdev->dev);
	EXPECT(t, rproc->dev.class && !strcmp(rproc->dev.class->name, "remoteproc"));
	snprintf(dev_name_want, sizeof(dev_name_want), "remoteproc%d", rproc->index);
	EXPECT(t, !strcmp(dev_name(&rproc->dev), dev_name_want));
	EXPECT(t, list_empty(&rproc->carveouts) && list_empty(&rproc->subdevs));
}

static void alloc_refuses(struct test *t)
{
	struct device *dev = &t->pdev->dev;

	EXPECT(t, !rproc_alloc(NULL, "x", &remote_ops, NULL, 0));
	EXPECT(t, !rproc_alloc(dev, NULL, &remote_ops, NULL, 0));
	EXPECT(t, !rproc_alloc(dev, "x", NULL, NULL, 0));
}

static void free_gives_the_index_back(struct test *t)
{
	int index;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, NULL));
	index = t->rproc->index;
	rproc_free(t->rproc);
	t->rproc = NULL;
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, NULL));
	EXPECT_EQ(t, index, t->rproc->index);
}

static void add_refuses(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));

	t->rproc->ops->start = NULL;
	EXPECT_EQ(t, -EINVAL, rproc_add(t->rproc));
	t->rproc->ops->start = remote_ops.start;

	t->rproc->state = RPROC_DETACHED;
	t->rproc->ops->attach = NULL;
	EXPECT_EQ(t, -EINVAL, rproc_add(t->rproc));
	t->rproc->ops->attach = remote_ops.attach;

	t->rproc->state = RPROC_RUNNING;
	EXPECT_EQ(t, -EINVAL, rproc_add(t->rproc));
	t->rproc->state = RPROC_CRASHED;
	EXPECT_EQ(t, -EINVAL, rproc_add(t->rproc));

	t->rproc->state = RPROC_OFFLINE;
	EXPECT_EQ(t, 0, remote_add(t, NULL));
	EXPECT_LOG(t, "");
}

static void add_once(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EBUSY, rproc_add(t->rproc));
	EXPECT_EQ(t, 0, rproc_del(t->rproc));
	t->registered = false;
	EXPECT_EQ(t, -EBUSY, rproc_add(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_add(NULL));
}

static void null_handles(struct test *t)
{
	EXPECT_EQ(t, -EINVAL, rproc_boot(NULL));
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(NULL));
	EXPECT_EQ(t, -EINVAL, rproc_detach(NULL));
	EXPECT_EQ(t, -EINVAL, rproc_set_firmware(NULL, "x"));
	EXPECT_EQ(t, -EINVAL, rproc_del(NULL));
	rproc_report_crash(NULL, RPROC_WATCHDOG);
}

static void boots_are_counted(struct test *t)
{
	int i;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
	EXPECT_EQ(t, REMOTE_BOOT, t->rproc->bootaddr);
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 3, atomic_read(&t->rproc->power));

	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "");
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, SHUTDOWN);
	EXPECT_STATE(t, RPROC_OFFLINE);

	/* One too many, or many: an error, and nothing changes. */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, 0, atomic_read(&t->rproc->power));
	EXPECT_LOG(t, "");

	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, SHUTDOWN);
}

static void out_of_order(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, BOOT " " SHUTDOWN);
}

static void attach_and_detach(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));

	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "prepare get_table attach");
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_detach(t->rproc));
	EXPECT_LOG(t, "");
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_EQ(t, 0, rproc_detach(t->rproc));
	EXPECT_LOG(t, "detach unprepare");
	EXPECT_STATE(t, RPROC_DETACHED);
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));

	/* An attached one can also be stopped, and is booted with firmware from then on. */
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "prepare get_table attach");
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, SHUTDOWN);
	EXPECT_STATE(t, RPROC_OFFLINE);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
	EXPECT_STATE(t, RPROC_RUNNING);
}

static void detach_needs_the_driver(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->ops->detach = NULL;
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));
	EXPECT_STATE(t, RPROC_ATTACHED);
}

static void set_firmware(struct test *t)
{
	char name[] = FW_MISSING "\nnot this";

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EINVAL, rproc_set_firmware(t->rproc, ""));
	EXPECT_EQ(t, -EINVAL, rproc_set_firmware(t->rproc, "\nx"));
	EXPECT_EQ(t, -EINVAL, rproc_set_firmware(t->rproc, NULL));

	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, name));
	memset(name, 'x', sizeof(name) - 1);
	EXPECT(t, !strcmp(t->rproc->firmware, FW_MISSING));
	EXPECT_EQ(t, -ENOENT, rproc_boot(t->rproc));
	EXPECT_LOG(t, "");
	EXPECT_STATE(t, RPROC_OFFLINE);

	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, FW_BYTES));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, -EBUSY, rproc_set_firmware(t->rproc, FW_MISSING));
	EXPECT(t, !strcmp(t->rproc->firmware, FW_BYTES));
}

static void get_by_child(struct test *t)
{
	struct platform_device *child, *grandchild;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	child = platform_device_register_resndata(&t->rproc->dev, "rproc-test-child",
						  PLATFORM_DEVID_AUTO, NULL, 0, NULL, 0);
	ASSERT(t, !IS_ERR(child));
	grandchild = platform_device_register_resndata(&child->dev, "rproc-test-child",
						       PLATFORM_DEVID_AUTO, NULL, 0, NULL, 0);
	if (EXPECT(t, !IS_ERR(grandchild))) {
		EXPECT(t, rproc_get_by_child(&child->dev) == t->rproc);
		EXPECT(t, rproc_get_by_child(&grandchild->dev) == t->rproc);
		EXPECT(t, !rproc_get_by_child(&t->rproc->dev));
		EXPECT(t, !rproc_get_by_child(&t->pdev->dev));
		platform_device_unregister(grandchild);
	}
	platform_device_unregister(child);
}

/* Without a device tree there is nothing to find; with one, see tree.c. */
static void get_by_no_phandle(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT(t, !rproc_get_by_phandle(0));
	EXPECT(t, !rproc_get_by_phandle(0xfffffff0));
}

/* A reference keeps the handle, whatever happens to the processor. */
static void handle_after_shutdown(struct test *t)
{
	struct rproc *rproc;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	rproc = t->rproc;
	get_device(&rproc->dev);
	ASSERT_EQ(t, 0, rproc_boot(rproc));
	ASSERT_EQ(t, 0, rproc_shutdown(rproc));
	remote_forget(t);

	rproc_report_crash(rproc, RPROC_FATAL_ERROR);
	msleep(50);
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(rproc));
	EXPECT_LOG(t, "");
	EXPECT_EQ(t, 0, rproc_boot(rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(rproc));
	put_device(&rproc->dev);
}

static void handle_after_del(struct test *t)
{
	struct rproc *rproc;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	rproc = t->rproc;
	get_device(&rproc->dev);
	remote_delete(t);

	EXPECT_EQ(t, -ENODEV, rproc_boot(rproc));
	EXPECT_EQ(t, -ENODEV, rproc_shutdown(rproc));
	EXPECT_EQ(t, -ENODEV, rproc_detach(rproc));
	EXPECT_EQ(t, -ENODEV, rproc_set_firmware(rproc, FW_ELF));
	EXPECT_EQ(t, -EINVAL, rproc_del(rproc));
	EXPECT_EQ(t, -EBUSY, rproc_add(rproc));
	rproc_report_crash(rproc, RPROC_FATAL_ERROR);
	msleep(50);
	EXPECT_EQ(t, RPROC_OFFLINE, rproc->state);
	EXPECT_LOG(t, "");
	put_device(&rproc->dev);
}

/* Its driver goes, so it stops, whoever still needs it; and their handles answer. */
static void del_of_a_running_one(struct test *t)
{
	struct rproc *rproc;
	int i;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	rproc = t->rproc;
	get_device(&rproc->dev);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(t, 0, rproc_boot(rproc));
	remote_forget(t);
	remote_delete(t);
	EXPECT_LOG(t, SHUTDOWN);
	EXPECT_EQ(t, RPROC_OFFLINE, rproc->state);
	EXPECT_EQ(t, -ENODEV, rproc_shutdown(rproc));
	EXPECT_EQ(t, -ENODEV, rproc_boot(rproc));
	EXPECT_LOG(t, "");
	put_device(&rproc->dev);
}

static void del_of_an_attached_one(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	remote_delete(t);
	EXPECT_LOG(t, SHUTDOWN);
}

static int probe_devm(struct test *t)
{
	struct device *dev = &t->pdev->dev;

	t->rproc = devm_rproc_alloc(dev, "rproc-test", &remote_ops, FW_BYTES, sizeof(t));
	if (!t->rproc)
		return -ENOMEM;
	*(struct test **)t->rproc->priv = t;
	t->rproc->auto_boot = false;
	return devm_rproc_add(dev, t->rproc);
}

static int probe_devm_and_fail(struct test *t)
{
	int ret = probe_devm(t);

	EXPECT_EQ(t, 0, ret);
	return -EIO;
}

static void devm_goes_with_the_driver(struct test *t)
{
	struct rproc *rproc;

	remote_delete_device(t);
	t->probe = probe_devm;
	ASSERT_EQ(t, 0, remote_new_device(t));
	ASSERT(t, t->rproc);
	rproc = t->rproc;
	get_device(&rproc->dev);
	EXPECT_EQ(t, 0, rproc_boot(rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(rproc));
	remote_forget(t);

	t->rproc = NULL;
	device_release_driver(&t->pdev->dev);
	EXPECT(t, !device_is_registered(&rproc->dev));
	EXPECT_EQ(t, 1, kref_read(&rproc->dev.kobj.kref));
	put_device(&rproc->dev);

	/* Nothing is left of a probe that fails, and the next one finds the place free. */
	t->probe = probe_devm_and_fail;
	EXPECT_EQ(t, 0, device_attach(&t->pdev->dev));
	t->rproc = NULL;
	EXPECT(t, !t->pdev->dev.driver);
	EXPECT_LOG(t, "");
}

/* Only ours is left once the firmware was looked for. */
static bool auto_boot_is_over(struct rproc *rproc, unsigned int refs)
{
	return kref_read(&rproc->dev.kobj.kref) == refs;
}

static void auto_boot(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->auto_boot = true;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT(t, wait_until(READ_ONCE(t->rproc->state) == RPROC_RUNNING));
	EXPECT_LOG(t, BOOT);
	remote_delete(t);
	EXPECT_LOG(t, SHUTDOWN);
}

static void auto_attach(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_MISSING));
	t->rproc->auto_boot = true;
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT(t, wait_until(READ_ONCE(t->rproc->state) == RPROC_ATTACHED));
	EXPECT_LOG(t, "prepare get_table attach");
}

static void auto_boot_without_firmware(struct test *t)
{
	unsigned int refs;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_MISSING));
	refs = kref_read(&t->rproc->dev.kobj.kref);
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	refs = kref_read(&t->rproc->dev.kobj.kref);
	remote_delete(t);

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_MISSING));
	t->rproc->auto_boot = true;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT(t, wait_until(auto_boot_is_over(t->rproc, refs)));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_LOG(t, "");

	/* It is as good as one that does not boot by itself. */
	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, FW_BYTES));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
}

/* The firmware is being read, about to be, or was: the processor never outlives its driver. */
static void del_while_firmware_is_read(struct test *t)
{
	struct rproc *rproc;
	int i, started = 0;

	for (i = 0; i < 24; i++) {
		ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_LARGE));
		rproc = t->rproc;
		get_device(&rproc->dev);
		rproc->auto_boot = true;
		ASSERT_EQ(t, 0, remote_add(t, NULL));
		usleep_range(500 * i, 500 * i + 100);
		remote_delete(t);
		if (!strcmp(t->log, BOOT " " SHUTDOWN))
			started++;
		else
			EXPECT(t, !*t->log);

		EXPECT(t, wait_until(auto_boot_is_over(rproc, 1)));
		EXPECT_EQ(t, RPROC_OFFLINE, rproc->state);
		remote_forget(t);
		put_device(&rproc->dev);
	}
	/* In time for some of them at least. */
	EXPECT(t, started < 24);
}

struct job {
	struct work_struct work;
	struct test *t;
	atomic_t done;
};

static void del_job(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	EXPECT_EQ(job->t, 0, rproc_del(job->t->rproc));
	atomic_set(&job->done, 1);
}

/* Deletion waits for a start that is under way, then stops what started. */
static void del_while_starting(struct test *t)
{
	struct job job = { .t = t };

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->auto_boot = true;
	t->block = "start";
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT(t, wait_for_completion_timeout(&t->entered, msecs_to_jiffies(PATIENCE_MS)));

	t->registered = false;
	INIT_WORK_ONSTACK(&job.work, del_job);
	schedule_work(&job.work);
	msleep(100);
	EXPECT_EQ(t, 0, atomic_read(&job.done));
	EXPECT_LOG(t, BOOT);
	complete(&t->go);
	flush_work(&job.work);
	destroy_work_on_stack(&job.work);
	EXPECT_EQ(t, 1, atomic_read(&job.done));
	EXPECT_LOG(t, SHUTDOWN);
}

struct caller {
	struct rproc *rproc;
	int (*call)(struct rproc *rproc);
	struct completion ready;
	struct completion over;
	int ret;
};

static int caller_thread(void *data)
{
	struct caller *caller = data;

	allow_signal(SIGTERM);
	complete(&caller->ready);
	caller->ret = caller->call(caller->rproc);
	complete_all(&caller->over);
	return 0;
}

static int call_set_firmware(struct rproc *rproc)
{
	return rproc_set_firmware(rproc, FW_ELF);
}

/* What a call returns that is interrupted while another has the processor's lock. */
static int interrupted(struct test *t, int (*call)(struct rproc *))
{
	struct caller caller = { .rproc = t->rproc, .call = call };
	struct task_struct *task;

	init_completion(&caller.ready);
	init_completion(&caller.over);
	mutex_lock(&t->rproc->lock);
	task = kthread_run(caller_thread, &caller, "rproc_test");
	if (EXPECT(t, !IS_ERR(task))) {
		wait_for_completion(&caller.ready);
		EXPECT(t, !wait_for_completion_timeout(&caller.over, msecs_to_jiffies(50)));
		send_sig(SIGTERM, task, 1);
		EXPECT(t, wait_for_completion_timeout(&caller.over,
						      msecs_to_jiffies(PATIENCE_MS)));
	}
	mutex_unlock(&t->rproc->lock);
	if (!IS_ERR(task))
		wait_for_completion(&caller.over);
	return caller.ret;
}

static void interrupted_calls(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EINTR, interrupted(t, rproc_boot));
	EXPECT_EQ(t, -EINTR, interrupted(t, rproc_shutdown));
	EXPECT_EQ(t, -EINTR, interrupted(t, rproc_detach));
	EXPECT_LOG(t, "");
	EXPECT_STATE(t, RPROC_OFFLINE);
}

static void interrupted_set_firmware(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EINTR, interrupted(t, call_set_firmware));
	EXPECT(t, !strcmp(t->rproc->firmware, FW_BYTES));
}

/* The panic notifier of the core alone: others would believe that this is a panic. */
static int call_panic_notifier(void)
{
	struct notifier_block *nb;
	char where[128];
	int ret = -ENOENT;

	rcu_read_lock();
	for (nb = rcu_dereference(panic_notifier_list.head); nb; nb = rcu_dereference(nb->next)) {
		snprintf(where, sizeof(where), "%ps", nb->notifier_call);
		if (strstr(where, "[remoteproc]"))
			ret = nb->notifier_call(nb, 0, NULL);
	}
	rcu_read_unlock();
	return ret;
}

static u64 mdelay_ns(unsigned int ms)
{
	const u64 begin = ktime_get_ns();

	mdelay(ms);
	return ktime_get_ns() - begin;
}

static void panic_of_the_kernel(struct test *t)
{
	u64 begin, least;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	t->panic_ms = 100;
	EXPECT_EQ(t, NOTIFY_DONE, call_panic_notifier());
	EXPECT_EQ(t, 0, atomic_read(&t->panics));

	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	/* It is a busy loop; how long these take, emulated machines know only roughly. */
	least = min(mdelay_ns(100), mdelay_ns(100)) / 4;
	begin = ktime_get_ns();
	EXPECT_EQ(t, NOTIFY_DONE, call_panic_notifier());
	EXPECT(t, ktime_get_ns() - begin >= least);
	EXPECT_EQ(t, 1, atomic_read(&t->panics));

	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, NOTIFY_DONE, call_panic_notifier());
	EXPECT_EQ(t, 1, atomic_read(&t->panics));

	/* Nobody calls into a driver that is gone. */
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_delete(t);
	EXPECT_EQ(t, NOTIFY_DONE, call_panic_notifier());
	EXPECT_EQ(t, 1, atomic_read(&t->panics));
}

static void panic_while_attached(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->state = RPROC_DETACHED;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	call_panic_notifier();
	EXPECT_EQ(t, 0, atomic_read(&t->panics));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	call_panic_notifier();
	EXPECT_EQ(t, 1, atomic_read(&t->panics));
	t->rproc->ops->panic = NULL;
	call_panic_notifier();
	EXPECT_EQ(t, 1, atomic_read(&t->panics));
}

const struct test_case life_cases[] = {
	CASE(alloc_fills_in),
	CASE(alloc_refuses),
	CASE(free_gives_the_index_back),
	CASE(add_refuses),
	CASE_OURS(add_once),
	CASE_OURS(null_handles),
	CASE(boots_are_counted),
	CASE(out_of_order),
	CASE(attach_and_detach),
	CASE(detach_needs_the_driver),
	CASE(set_firmware),
	CASE(get_by_child),
	CASE(get_by_no_phandle),
	CASE(handle_after_shutdown),
	CASE_OURS(handle_after_del),
	CASE_OURS(del_of_a_running_one),
	CASE(del_of_an_attached_one),
	CASE(devm_goes_with_the_driver),
	CASE(auto_boot),
	CASE(auto_attach),
	CASE(auto_boot_without_firmware),
	CASE(del_while_firmware_is_read),
	CASE(del_while_starting),
	CASE(interrupted_calls),
	CASE(interrupted_set_firmware),
	CASE(panic_of_the_kernel),
	CASE(panic_while_attached),
	{}
};
