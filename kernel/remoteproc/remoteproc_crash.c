// SPDX-License-Identifier: GPL-2.0-only
/*
 * Crashes and recovery.
 *
 * A report may come from any context, so it only queues rproc->crash_handler, on a work queue of
 * our own. Reports of one processor are one work item; what is not pending any more was handled or
 * came too late:
 *  crash while starting: the worker waits for rproc->lock and finds the processor RUNNING
 *  crash while stopping: the worker finds it OFFLINE; or started anew, but a report names its start
 *  crash while CRASHED: nothing to do but to recover it, which is under way or disabled
 *  crash while being deleted: rproc_end_crash_reports() refuses new ones and waits for the worker;
 *  rproc_del() then stops the processor as a crashed one, and dumps its memory
 *
 * A crash ends the processor's subdevices at once: who talks to it gets an error, not silence. What
 * is left of a crashed processor, until it is stopped or recovered, is its memory: trace buffers,
 * tables.
 *
 * Recovery goes down and up again:
 *  down: the processor is stopped, and its memory dumped if asked to; or, one that restarts by
 *	itself (RPROC_FEAT_ATTACH_ON_RECOVERY), it is let go of, and its memory is its own again
 *  up:	the firmware is read again and started; or the processor is attached to, with what its
 *	resource table wants now
 * Between the two it is CRASHED and "halted" (rproc_impl.halted). It stays so while somebody reads
 * its memory (remoteproc_coredump.c), and when it does not come up, because the firmware is gone,
 * say: users keep their references, memory and tables stay. "start", "recover" and "enabled" try to
 * get it up again, shutdowns end it. A processor that does not go down is CRASHED as before, and
 * the same may be tried.
 *
 * While a report is pending or handled, system suspend is held off (pm_stay_awake); not while a
 * dump is waiting for its reader.
 */
#include <linux/device.h>
#include <linux/string.h>

#include "remoteproc_private.h"
#include "remoteproc_trace.h"

static struct workqueue_struct *rproc_recovery_wq;

int __init rproc_init_crash(void)
{
	rproc_recovery_wq = alloc_workqueue("rproc_recovery_wq", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return rproc_recovery_wq ? 0 : -ENOMEM;
}

void rproc_exit_crash(void)
{
	destroy_workqueue(rproc_recovery_wq);
}

static const char *rproc_crash_name(enum rproc_crash_type type)
{
	switch (type) {
	case RPROC_MMUFAULT:
		return "mmufault";
	case RPROC_WATCHDOG:
		return "watchdog";
	case RPROC_FATAL_ERROR:
		return "fatal error";
	default:
		return "unknown";
	}
}

static void rproc_queue_crash_work(struct rproc *rproc)
{
	lockdep_assert_held(&to_impl(rproc)->lock);
	pm_stay_awake(rproc->dev.parent);
	queue_work(rproc_recovery_wq, &rproc->crash_handler);
}

/**
 * rproc_report_crash() - the processor crashed
 * @rproc: the processor
 * @type:  how, for the log
 *
 * For drivers, from any context. Recovery, unless disabled, follows later.
 */
void rproc_report_crash(struct rproc *rproc, enum rproc_crash_type type)
{
	struct rproc_impl *impl;
	unsigned long flags;
	bool taken = false;

	if (!rproc) {
		pr_err("remoteproc: crash of no processor reported\n");
		return;
	}
	impl = to_impl(rproc);

	spin_lock_irqsave(&impl->lock, flags);
	if (!impl->deleting) {
		impl->crash_boot = impl->boot_count;
		/* Before the worker is told, and tells of the state. */
		trace_rproc_crash(rproc, type);
		rproc_queue_crash_work(rproc);
		taken = true;
	}
	spin_unlock_irqrestore(&impl->lock, flags);

	if (taken)
		dev_err(&rproc->dev, "%s crashed: %s\n", rproc->name, rproc_crash_name(type));
}
EXPORT_SYMBOL(rproc_report_crash);

/**
 * rproc_resume_recovery() - what a halted processor was held for is over
 * @rproc: the processor
 *
 * Context: any; rproc->lock may be held, and the recovery goes on later.
 */
void rproc_resume_recovery(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	unsigned long flags;

	spin_lock_irqsave(&impl->lock, flags);
	if (!impl->deleting)
		rproc_queue_crash_work(rproc);
	spin_unlock_irqrestore(&impl->lock, flags);
}

/**
 * rproc_end_crash_reports() - begin to delete a processor
 * @rproc: the processor; rproc->lock is not held
 *
 * Return: whether a crash of the present start was reported and not handled.
 */
bool rproc_end_crash_reports(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);

	spin_lock_irq(&impl->lock);
	WRITE_ONCE(impl->deleting, true);
	spin_unlock_irq(&impl->lock);

	if (!cancel_work_sync(&rproc->crash_handler))
		return false;
	pm_relax(rproc->dev.parent);
	return impl->crash_boot == impl->boot_count;
}

/*
 * Make the processor CRASHED, recovered or not: its subdevices go, so that nobody waits for it. Its
 * memory stays. Returns whether it crashed, and there is something to recover.
 */
static bool rproc_take_crash(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	bool stale;

	lockdep_assert_held(&rproc->lock);

	if (rproc->state != RPROC_RUNNING && rproc->state != RPROC_ATTACHED)
		return false;
	spin_lock_irq(&impl->lock);
	stale = impl->crash_boot != impl->boot_count;
	spin_unlock_irq(&impl->lock);
	if (stale)
		return false;

	rproc->crash_cnt++;
	rproc_set_state(rproc, RPROC_CRASHED);
	dev_err(&rproc->dev, "handling crash #%u of %s\n", rproc->crash_cnt, rproc->name);
	rproc_stop_subdevs(rproc, true);
	return true;
}

static int rproc_reload(struct rproc *rproc)
{
	const struct firmware *fw;
	int ret;

	ret = rproc_read_firmware(rproc, &fw);
	if (ret)
		return ret;

	/* The file may be another one by now, but the resources are those of the first. */
	ret = rproc->ops->sanity_check ? rproc->ops->sanity_check(rproc, fw) : 0;
	if (!ret)
		ret = rproc_same_fw_table(rproc, fw);
	if (!ret) {
		rproc->bootaddr = rproc_boot_addr(rproc, fw);
		ret = rproc_start(rproc, fw);
	}
	release_firmware(fw);
	return ret;
}

static int rproc_recover_down(struct rproc *rproc)
{
	int ret;

	if (rproc_has_feature(rproc, RPROC_FEAT_ATTACH_ON_RECOVERY)) {
		ret = rproc_disconnect(rproc, true);
	} else {
		ret = rproc_stop(rproc, true);
		if (!ret && rproc->ops->coredump)
			rproc->ops->coredump(rproc);
	}
	to_impl(rproc)->halted = !ret;
	return ret;
}

static int rproc_recover_up(struct rproc *rproc)
{
	if (rproc_has_feature(rproc, RPROC_FEAT_ATTACH_ON_RECOVERY)) {
		/* Its table may be another one. */
		rproc_unprepare(rproc);
		return rproc_attach(rproc);
	}
	rproc_release_dump(rproc);
	return rproc_reload(rproc);
}

/**
 * rproc_recover() - get a crashed processor to run again
 * @rproc: the processor; nothing is done unless it is CRASHED
 * @wait:  leave it halted for who reads its memory, instead of taking the memory back
 *
 * Return: 0, then it is RUNNING or ATTACHED, or still CRASHED because it waits; -ENODEV when it is
 * deleted; or another negative errno, then it is CRASHED.
 */
int rproc_recover(struct rproc *rproc, bool wait)
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret = 0;

	lockdep_assert_held(&rproc->lock);

	if (READ_ONCE(impl->deleting))
		return -ENODEV;
	if (rproc->state != RPROC_CRASHED)
		return 0;

	dev_err(&rproc->dev, "recovering %s\n", rproc->name);
	if (!impl->halted) {
		ret = rproc_recover_down(rproc);
		if (ret) {
			trace_rproc_recovery(rproc, ret);
			return ret;
		}
		/* The dump was made just now: nobody had the time to read it. */
		wait = true;
	}
	if (wait && rproc_dump_is_held(rproc)) {
		rproc_set_state(rproc, RPROC_CRASHED);
		dev_info(&rproc->dev, "%s waits for its core dump to be read\n", rproc->name);
		return 0;
	}
	ret = rproc_recover_up(rproc);
	trace_rproc_recovery(rproc, ret);
	if (ret) {
		rproc_set_state(rproc, RPROC_CRASHED);
		dev_err(&rproc->dev, "recovery failed, %s is halted: %d\n", rproc->name, ret);
		return ret;
	}
	impl->halted = false;
	return 0;
}

/**
 * rproc_recovery_command() - what user space may say about recovery
 * @rproc:   the processor
 * @command: "enabled", and if it is crashed now, recover it; "disabled"; "recover", if it is
 *	crashed. A core dump that holds the processor is not waited for then.
 *
 * Return: 0; -EINVAL for another command; -ENODEV when it is deleted; -EINTR; or the negative errno
 * of what failed in recovering it.
 */
int rproc_recovery_command(struct rproc *rproc, const char *command)
{
	bool enable = sysfs_streq(command, "enabled");
	bool disable = sysfs_streq(command, "disabled");
	int ret;

	if (!enable && !disable && !sysfs_streq(command, "recover"))
		return -EINVAL;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (ret)
		return ret;

	if (enable || disable)
		WRITE_ONCE(rproc->recovery_disabled, disable);
	if (!disable)
		ret = rproc_recover(rproc, false);
	mutex_unlock(&rproc->lock);
	return ret;
}

/* Its recovery had to wait for the reader of a dump, who is done. */
static bool rproc_was_held(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);

	return rproc->state == RPROC_CRASHED && impl->halted && impl->dump &&
	       !rproc_dump_is_held(rproc);
}

void rproc_crash_work(struct work_struct *work)
{
	struct rproc *rproc = container_of(work, struct rproc, crash_handler);
	struct rproc_impl *impl = to_impl(rproc);

	mutex_lock(&rproc->lock);
	if ((rproc_take_crash(rproc) || rproc_was_held(rproc)) && !rproc->recovery_disabled)
		rproc_recover(rproc, true);
	mutex_unlock(&rproc->lock);

	/* A report that came meanwhile keeps the system awake for its own work. */
	spin_lock_irq(&impl->lock);
	if (!work_pending(work))
		pm_relax(rproc->dev.parent);
	spin_unlock_irq(&impl->lock);
}
