// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Crashes: reported from any context and at any moment of a processor's life, and what recovery
 * makes of them.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "test.h"

#define RELOAD		"sanity boot_addr load find_table start"
#define RECOVERY	"stop coredump " RELOAD
#define REATTACH	"detach unprepare prepare get_table attach"
#define SUBDEV_DOWN	"b.crash a.crash stop b.unprepare a.unprepare coredump "
#define SUBDEV_UP	"sanity boot_addr load find_table a.prepare b.prepare start a.start b.start"
#define SUBDEV_RECOVERY	SUBDEV_DOWN SUBDEV_UP

static bool has_crashed(struct test *t, unsigned int count)
{
	return READ_ONCE(t->rproc->crash_cnt) == count;
}

/* Recovered once in all, and running again. */
static bool has_recovered(struct test *t)
{
	return wait_until(has_crashed(t, 1) && READ_ONCE(t->rproc->state) == RPROC_RUNNING);
}

/* Nothing is under way any more that a report could have queued. */
static void settle(struct test *t)
{
	flush_work(&t->rproc->crash_handler);
}

static int boot(struct test *t)
{
	int ret = remote_add(t, &remote_ops);

	if (!ret)
		ret = rproc_boot(t->rproc);
	remote_forget(t);
	return ret;
}

static int attach(struct test *t, bool recovers)
{
	int ret = remote_alloc(t, &remote_ops, FW_BYTES);

	if (ret)
		return ret;
	t->rproc->state = RPROC_DETACHED;
	if (recovers)
		rproc_set_feature(t->rproc, RPROC_FEAT_ATTACH_ON_RECOVERY);
	ret = remote_add(t, NULL);
	if (!ret)
		ret = rproc_boot(t->rproc);
	remote_forget(t);
	return ret;
}

/*
 * It went down and came up so many times. Mainline does not check the firmware again, nor does it
 * ask where it starts.
 */
static void expect_recoveries(struct test *t, int count)
{
	static const char * const words[] = {
		"stop ", "coredump ", "sanity ", "boot_addr ", "load ", "find_table ", "start",
	};
	const char *at = t->log;
	int i = 0, n;

	for (n = 0; n < count; n++) {
		if (n && *at == ' ')
			at++;
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			if (!strncmp(at, words[i], strlen(words[i])))
				at += strlen(words[i]);
			else if (i != 2 && i != 3)
				break;
		}
	}
	if (*at || i != ARRAY_SIZE(words))
		test_fail(t, __FILE__, __LINE__, "called were \"%s\", no %d recoveries", t->log,
			  count);
	remote_forget(t);
}

/* A crash that stays: CRASHED, not recovered. */
static bool crash(struct test *t)
{
	t->rproc->recovery_disabled = true;
	rproc_report_crash(t->rproc, RPROC_WATCHDOG);
	settle(t);
	t->rproc->recovery_disabled = false;
	return EXPECT_STATE(t, RPROC_CRASHED);
}

struct reporter {
	struct test *t;
	struct irq_work irq;
	struct timer_list timer;
	bool in_hard_irq;
	bool in_soft_irq;
};

static void report_from_irq(struct irq_work *irq)
{
	struct reporter *r = container_of(irq, struct reporter, irq);

	r->in_hard_irq = in_hardirq();
	rproc_report_crash(r->t->rproc, RPROC_MMUFAULT);
}

static void report_from_timer(struct timer_list *timer)
{
	struct reporter *r = container_of(timer, struct reporter, timer);

	r->in_soft_irq = in_serving_softirq();
	rproc_report_crash(r->t->rproc, RPROC_WATCHDOG);
}

static void report_in_hard_irq(struct test *t)
{
	struct reporter r = { .t = t };

	ASSERT_EQ(t, 0, boot(t));
	r.irq = IRQ_WORK_INIT_HARD(report_from_irq);
	irq_work_queue(&r.irq);
	irq_work_sync(&r.irq);
	EXPECT(t, r.in_hard_irq);
	EXPECT(t, has_recovered(t));
	settle(t);
	expect_recoveries(t, 1);
}

static void report_in_soft_irq(struct test *t)
{
	struct reporter r = { .t = t };

	ASSERT_EQ(t, 0, boot(t));
	timer_setup_on_stack(&r.timer, report_from_timer, 0);
	mod_timer(&r.timer, jiffies + 1);
	EXPECT(t, has_recovered(t));
	del_timer_sync(&r.timer);
	destroy_timer_on_stack(&r.timer);
	EXPECT(t, r.in_soft_irq);
	settle(t);
	expect_recoveries(t, 1);
}

static void report_with_interrupts_off(struct test *t)
{
	unsigned long flags;

	ASSERT_EQ(t, 0, boot(t));
	spin_lock_irqsave(&t->lock, flags);
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	spin_unlock_irqrestore(&t->lock, flags);
	EXPECT(t, has_recovered(t));
	settle(t);
	expect_recoveries(t, 1);
}

/* However often it is said, while nobody came to handle it. */
static void reports_are_one_crash(struct test *t)
{
	int i;

	ASSERT_EQ(t, 0, boot(t));
	mutex_lock(&t->rproc->lock);
	for (i = 0; i < 100; i++)
		rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	mutex_unlock(&t->rproc->lock);
	EXPECT(t, has_recovered(t));
	settle(t);
	EXPECT(t, has_crashed(t, 1));
	expect_recoveries(t, 1);
}

static void report_while_offline(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_LOG(t, "");
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	settle(t);
	EXPECT(t, has_crashed(t, 0));
}

struct call {
	struct work_struct work;
	struct test *t;
	int (*call)(struct rproc *rproc);
	int ret;
};

static void call_work(struct work_struct *work)
{
	struct call *call = container_of(work, struct call, work);

	call->ret = call->call(call->t->rproc);
}

/* Makes the call elsewhere, and returns when it waits inside the operation. */
static bool call_until(struct test *t, struct call *call, int (*fn)(struct rproc *),
		       const char *op)
{
	call->t = t;
	call->call = fn;
	t->block = op;
	INIT_WORK_ONSTACK(&call->work, call_work);
	queue_work(system_unbound_wq, &call->work);
	return wait_for_completion_timeout(&t->entered, msecs_to_jiffies(PATIENCE_MS));
}

static void let_go(struct test *t)
{
	t->block = NULL;
	complete(&t->go);
}

static int call_finish(struct test *t, struct call *call)
{
	let_go(t);
	flush_work(&call->work);
	destroy_work_on_stack(&call->work);
	return call->ret;
}

static void crash_while_starting(struct test *t)
{
	struct call call;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT(t, call_until(t, &call, rproc_boot, "start"));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	remote_forget(t);
	EXPECT_EQ(t, 0, call_finish(t, &call));
	EXPECT(t, has_recovered(t));
	settle(t);
	expect_recoveries(t, 1);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

/* It did not start, so there is nothing that crashed; nor is there later. */
static void crash_while_a_start_fails(struct test *t)
{
	struct call call;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	t->fail = "start";
	t->error = -EIO;
	EXPECT(t, call_until(t, &call, rproc_boot, "start"));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT_EQ(t, -EIO, call_finish(t, &call));
	settle(t);
	EXPECT_STATE(t, RPROC_OFFLINE);
	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	settle(t);
	EXPECT(t, has_crashed(t, 0));
	EXPECT_STATE(t, RPROC_RUNNING);
}

static void crash_while_stopping(struct test *t)
{
	struct call call;

	ASSERT_EQ(t, 0, boot(t));
	EXPECT(t, call_until(t, &call, rproc_shutdown, "stop"));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT_EQ(t, 0, call_finish(t, &call));
	settle(t);
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_LOG(t, "stop unprepare");

	/* Nor does the report fall on the next life. */
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	settle(t);
	EXPECT(t, has_crashed(t, 0));
	EXPECT_STATE(t, RPROC_RUNNING);
}

/* The crash of one life is handled when the next has begun already. */
static void report_of_an_earlier_life(struct test *t)
{
	struct call call;

	ASSERT_EQ(t, 0, boot(t));
	EXPECT(t, call_until(t, &call, rproc_shutdown, "unprepare"));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT_EQ(t, 0, call_finish(t, &call));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	settle(t);
	EXPECT(t, has_crashed(t, 0));
	EXPECT_STATE(t, RPROC_RUNNING);
}

static int write_recovery(struct test *t, const char *word)
{
	char path[64];
	struct file *file;
	loff_t pos = 0;
	ssize_t ret;

	snprintf(path, sizeof(path), "/sys/class/remoteproc/%s/recovery", dev_name(&t->rproc->dev));
	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, word, strlen(word), &pos);
	filp_close(file, NULL);
	return min_t(ssize_t, ret, 0);
}

static void crash_while_crashed(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	ASSERT(t, crash(t));
	EXPECT_LOG(t, "");
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT(t, has_crashed(t, 1));
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_LOG(t, "");
	EXPECT_EQ(t, 0, write_recovery(t, "recover"));
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_LOG(t, RECOVERY);
}

/* Of what is going down, still: it is the same crash. */
static void crash_while_recovering(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	t->block = "load";
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_for_completion_timeout(&t->entered, msecs_to_jiffies(PATIENCE_MS)));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	let_go(t);
	settle(t);
	settle(t);
	EXPECT(t, has_crashed(t, 1));
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_LOG(t, RECOVERY);
}

/* Of what comes up: it is another one. */
static void crash_while_restarting(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	t->block = "start";
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_for_completion_timeout(&t->entered, msecs_to_jiffies(PATIENCE_MS)));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	let_go(t);
	EXPECT(t, wait_until(has_crashed(t, 2) && READ_ONCE(t->rproc->state) == RPROC_RUNNING));
	settle(t);
	expect_recoveries(t, 2);
}

static void crash_while_deleting(struct test *t)
{
	struct call call;

	ASSERT_EQ(t, 0, boot(t));
	t->registered = false;
	EXPECT(t, call_until(t, &call, rproc_del, "stop"));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT_EQ(t, 0, call_finish(t, &call));
	EXPECT_LOG(t, "stop unprepare");
	EXPECT(t, has_crashed(t, 0));
}

/* Reported, but deletion comes first: no recovery, and the dump is made all the same. */
static void crash_before_deleting(struct test *t)
{
	struct call call = { .t = t, .call = rproc_del };

	ASSERT_EQ(t, 0, boot(t));
	t->registered = false;
	mutex_lock(&t->rproc->lock);
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	INIT_WORK_ONSTACK(&call.work, call_work);
	queue_work(system_unbound_wq, &call.work);
	msleep(50);
	mutex_unlock(&t->rproc->lock);
	flush_work(&call.work);
	destroy_work_on_stack(&call.work);
	EXPECT_EQ(t, 0, call.ret);
	EXPECT_LOG(t, "stop coredump unprepare");
}

static void deleted_while_crashed(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	ASSERT(t, crash(t));
	remote_delete(t);
	EXPECT_LOG(t, "stop coredump unprepare");
}

static void without_recovery(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	ASSERT(t, crash(t));
	EXPECT_LOG(t, "");
	EXPECT_EQ(t, 2, atomic_read(&t->rproc->power));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop unprepare");
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
}

/* Who needs it goes on needing it, and the shutdown of each is counted. */
static void recovery_fails(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	t->fail = "start";
	t->error = -EIO;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_EQ(t, 2, atomic_read(&t->rproc->power));
	EXPECT_LOG(t, RECOVERY);

	/* Once more: it is down already. */
	EXPECT_EQ(t, -EIO, write_recovery(t, "recover"));
	EXPECT_LOG(t, RELOAD);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_STATE(t, RPROC_CRASHED);
	t->fail = NULL;
	EXPECT_EQ(t, 0, write_recovery(t, "recover"));
	EXPECT_LOG(t, RELOAD);
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop unprepare");
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));
}

static void recovery_fails_and_is_stopped(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	t->fail = "load";
	t->error = -EIO;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	remote_forget(t);

	/* Down already: the driver is not asked twice. */
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "unprepare");
	EXPECT_STATE(t, RPROC_OFFLINE);
	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_RUNNING);
}

static void recovery_fails_and_is_deleted(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	t->fail = "load";
	t->error = -EIO;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	remote_forget(t);
	remote_delete(t);
	EXPECT_LOG(t, "unprepare");
}

static void recovery_cannot_stop(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t));
	t->fail = "stop";
	t->error = -EBUSY;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_LOG(t, "stop");
	EXPECT_EQ(t, -EBUSY, write_recovery(t, "recover"));
	EXPECT_EQ(t, -EBUSY, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop stop");
	t->fail = NULL;
	EXPECT_EQ(t, 0, write_recovery(t, "enabled"));
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_LOG(t, RECOVERY);
}

static void subdevices_of_a_crash(struct test *t)
{
	struct remote_subdev a, b;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	remote_add_subdev(t, &a, 'a');
	remote_add_subdev(t, &b, 'b');
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, has_recovered(t));
	settle(t);
	EXPECT_LOG(t, SUBDEV_RECOVERY);

	/* They end with the crash, whether it is recovered or not. */
	ASSERT(t, crash(t));
	EXPECT_LOG(t, "b.crash a.crash");
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop b.unprepare a.unprepare unprepare");
}

static void attached_is_loaded(struct test *t)
{
	ASSERT_EQ(t, 0, attach(t, false));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, has_recovered(t));
	settle(t);
	expect_recoveries(t, 1);
	EXPECT_EQ(t, -EINVAL, rproc_detach(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

static void attached_recovers_by_itself(struct test *t)
{
	ASSERT_EQ(t, 0, attach(t, true));
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_until(has_crashed(t, 1)));
	settle(t);
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_LOG(t, REATTACH);
	EXPECT_EQ(t, 0, rproc_detach(t->rproc));
	EXPECT_STATE(t, RPROC_DETACHED);
}

static void add_trace(struct test *t)
{
	struct fw_rsc_trace *trace = table_add(t, RSC_TRACE, sizeof(*trace));

	trace->da = REMOTE_DA;
	trace->len = 64;
}

/* What restarted by itself may want something else, or what nobody can give. */
static void attached_recovers_with_another_table(struct test *t)
{
	struct resource_table *first = t->mem;

	add_trace(t);
	memcpy(first, t->table, t->table_len);
	t->loaded = first;
	t->loaded_len = t->table_len;
	ASSERT_EQ(t, 0, attach(t, true));
	EXPECT_EQ(t, 1, t->rproc->num_traces);

	add_trace(t);
	t->loaded = (void *)t->table;
	t->loaded_len = t->table_len;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_until(has_crashed(t, 1)));
	settle(t);
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_EQ(t, 2, t->rproc->num_traces);
	EXPECT_LOG(t, REATTACH);

	first->ver = 2;
	t->loaded = first;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_until(has_crashed(t, 2)));
	settle(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_EQ(t, 0, t->rproc->num_traces);
	EXPECT_LOG(t, "detach unprepare prepare get_table unprepare");

	first->ver = 1;
	EXPECT_EQ(t, 0, write_recovery(t, "recover"));
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_EQ(t, 1, t->rproc->num_traces);
	EXPECT_LOG(t, "prepare get_table attach");
}

static void attached_does_not_recover(struct test *t)
{
	ASSERT_EQ(t, 0, attach(t, true));
	t->fail = "attach";
	t->error = -EIO;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_LOG(t, REATTACH " unprepare");
	EXPECT_EQ(t, -EIO, write_recovery(t, "recover"));
	EXPECT_LOG(t, "prepare get_table attach unprepare");
	EXPECT_EQ(t, 1, atomic_read(&t->rproc->power));

	/* It was let go of, but nobody stopped it. */
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop");
	EXPECT_STATE(t, RPROC_OFFLINE);
}

static void attached_cannot_be_detached(struct test *t)
{
	ASSERT_EQ(t, 0, attach(t, true));
	t->fail = "detach";
	t->error = -EIO;
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	settle(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_LOG(t, "detach");
	t->fail = NULL;
	EXPECT_EQ(t, 0, write_recovery(t, "recover"));
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_LOG(t, REATTACH);
}

/* A driver that can only attach: it lets go of what crashed, and of nothing else. */
static void attached_cannot_be_stopped(struct test *t)
{
	ASSERT_EQ(t, 0, attach(t, true));
	t->rproc->ops->stop = NULL;
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));
	EXPECT_STATE(t, RPROC_ATTACHED);
	EXPECT_LOG(t, "");
	ASSERT(t, crash(t));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "detach unprepare");
	EXPECT_STATE(t, RPROC_DETACHED);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	remote_delete(t);
	EXPECT_LOG(t, "detach unprepare");
}

const struct test_case crash_cases[] = {
	CASE(report_in_hard_irq),
	CASE(report_in_soft_irq),
	CASE(report_with_interrupts_off),
	CASE(reports_are_one_crash),
	CASE(report_while_offline),
	CASE(crash_while_starting),
	CASE(crash_while_a_start_fails),
	CASE(crash_while_stopping),
	CASE_OURS(report_of_an_earlier_life),
	CASE_OURS(crash_while_crashed),
	CASE(crash_while_recovering),
	CASE(crash_while_restarting),
	CASE(crash_while_deleting),
	CASE_OURS(crash_before_deleting),
	CASE_OURS(deleted_while_crashed),
	CASE(without_recovery),
	CASE_OURS(recovery_fails),
	CASE_OURS(recovery_fails_and_is_stopped),
	CASE_OURS(recovery_fails_and_is_deleted),
	CASE_OURS(recovery_cannot_stop),
	CASE(subdevices_of_a_crash),
	CASE(attached_is_loaded),
	CASE(attached_recovers_by_itself),
	CASE_OURS(attached_recovers_with_another_table),
	CASE_OURS(attached_does_not_recover),
	CASE_OURS(attached_cannot_be_detached),
	CASE_OURS(attached_cannot_be_stopped),
	{}
};
