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
 *  rproc_del() then stops the processor as a crashed one
 *
 * A crash ends the processor's subdevices at once: who talks to it gets an error, not silence. What
 * is left of a crashed processor, until it is stopped or recovered, is its memory: trace buffers,
 * tables.
 *
 * Recovery stops the processor, dumps its memory if asked to, reads the firmware again and starts
 * it; or attaches anew to one that restarts by itself (RPROC_FEAT_ATTACH_ON_RECOVERY). Where it
 * fails once the processor is stopped, everything is undone: OFFLINE, without users, as after the
 * last shutdown. Users find out at their own shutdown, which is -EINVAL then.
 *
 * While a report is pending or handled, system suspend is held off (pm_stay_awake).
 */
#include <linux/device.h>
#include <linux/string.h>

#include "remoteproc_private.h"

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
		pm_stay_awake(rproc->dev.parent);
		queue_work(rproc_recovery_wq, &rproc->crash_handler);
		taken = true;
	}
	spin_unlock_irqrestore(&impl->lock, flags);

	if (taken)
		dev_err(&rproc->dev, "%s crashed: %s\n", rproc->name, rproc_crash_name(type));
}
EXPORT_SYMBOL(rproc_report_crash);

/**
 * rproc_end_crash_reports() - begin to delete a processor
 * @rproc: the processor; rproc->lock is not held
 *
 * Return: whether a crash of the present start was reported and not handled.
 */
bool rproc_end_crash_reports(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	bool pending;

	spin_lock_irq(&impl->lock);
	WRITE_ONCE(impl->deleting, true);
	spin_unlock_irq(&impl->lock);

	pending = cancel_work_sync(&rproc->crash_handler);
	pm_relax(rproc->dev.parent);
	return pending && impl->crash_boot == impl->boot_count;
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

static int rproc_recover_locked(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (READ_ONCE(to_impl(rproc)->deleting))
		return -ENODEV;
	if (rproc->state != RPROC_CRASHED)
		return 0;

	dev_err(&rproc->dev, "recovering %s\n", rproc->name);
	if (rproc_has_feature(rproc, RPROC_FEAT_ATTACH_ON_RECOVERY)) {
		ret = rproc_disconnect(rproc, true);
		if (ret)
			return ret;
		ret = rproc_connect(rproc);
	} else {
		ret = rproc_stop(rproc, true);
		if (ret)
			return ret;
		if (rproc->ops->coredump)
			rproc->ops->coredump(rproc);
		ret = rproc_reload(rproc);
	}
	if (ret) {
		dev_err(&rproc->dev, "recovery failed, %s is %s: %d\n", rproc->name,
			rproc_state_name(rproc->state), ret);
		rproc_unload(rproc);
	}
	return ret;
}

/**
 * rproc_recovery_command() - what user space may say about recovery
 * @rproc:   the processor
 * @command: "enabled", and if it is crashed now, recover it; "disabled"; "recover", if it is
 *	crashed
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
		ret = rproc_recover_locked(rproc);
	mutex_unlock(&rproc->lock);
	return ret;
}

void rproc_crash_work(struct work_struct *work)
{
	struct rproc *rproc = container_of(work, struct rproc, crash_handler);
	struct rproc_impl *impl = to_impl(rproc);

	mutex_lock(&rproc->lock);
	if (rproc_take_crash(rproc) && !rproc->recovery_disabled)
		rproc_recover_locked(rproc);
	mutex_unlock(&rproc->lock);

	/* A report that came meanwhile keeps the system awake for its own work. */
	spin_lock_irq(&impl->lock);
	if (!work_pending(work))
		pm_relax(rproc->dev.parent);
	spin_unlock_irq(&impl->lock);
}
