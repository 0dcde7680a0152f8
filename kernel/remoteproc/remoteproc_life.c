// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life cycle: boot, shutdown, and the power count between them.
 *
 *   OFFLINE --boot--> RUNNING --crash--> CRASHED --recovery--> RUNNING
 *      ^                 |                  |
 *      +----shutdown-----+------------------+
 *
 * Everything here runs under rproc->lock. rproc->power counts who needs the processor: the first
 * boots it, the last stops it. It is above 0 exactly while the state is RUNNING, ATTACHED or
 * CRASHED, so a shutdown too many is refused, not counted. User space (sysfs, and auto-boot on its
 * behalf) holds at most one reference, however often it says "start".
 *
 * Booting goes up these steps, and a failure goes down again from where it happened:
 *   prepare, parse_fw, resources, memory | load, prepare subdevices, start, start subdevices
 * Recovery repeats the right-hand half only (remoteproc_crash.c): resources outlive a crash, unless
 * the processor restarts by itself. One that did not get up again is CRASHED and halted: stopping
 * it is freeing its resources.
 *
 * The resource table that the firmware brought is kept in cached_table, which the remote never
 * sees. After loading, it is copied over the firmware's own, and table_ptr points there until the
 * processor stops.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "remoteproc_private.h"
#include "remoteproc_trace.h"

const char *rproc_state_name(unsigned int state)
{
	/* In the order of enum rproc_state. */
	static const char * const names[] = {
		"offline", "suspended", "running", "crashed", "attached", "detached",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "invalid";
}

void rproc_set_state(struct rproc *rproc, enum rproc_state state)
{
	lockdep_assert_held(&rproc->lock);

	if (rproc->state != state)
		trace_rproc_state(rproc, rproc->state, state);
	WRITE_ONCE(rproc->state, state);
	sysfs_notify(&rproc->dev.kobj, NULL, "state");
	kobject_uevent(&rproc->dev.kobj, KOBJ_CHANGE);
}

void rproc_unprepare_subdevs(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct rproc_subdev *subdev;

	if (!impl->subdevs_prepared)
		return;
	impl->subdevs_prepared = false;
	list_for_each_entry_reverse(subdev, &rproc->subdevs, node)
		if (subdev->unprepare)
			subdev->unprepare(subdev);
}

static int rproc_prepare_subdevs(struct rproc *rproc)
{
	struct rproc_subdev *subdev;
	int ret;

	list_for_each_entry(subdev, &rproc->subdevs, node) {
		ret = subdev->prepare ? subdev->prepare(subdev) : 0;
		if (ret)
			goto err_unprepare;
	}
	to_impl(rproc)->subdevs_prepared = true;
	return 0;

err_unprepare:
	list_for_each_entry_continue_reverse(subdev, &rproc->subdevs, node)
		if (subdev->unprepare)
			subdev->unprepare(subdev);
	dev_err(&rproc->dev, "a subdevice cannot be prepared: %d\n", ret);
	return ret;
}

void rproc_stop_subdevs(struct rproc *rproc, bool crashed)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct rproc_subdev *subdev;

	if (!impl->subdevs_started)
		return;
	impl->subdevs_started = false;
	list_for_each_entry_reverse(subdev, &rproc->subdevs, node)
		if (subdev->stop)
			subdev->stop(subdev, crashed);
}

static int rproc_start_subdevs(struct rproc *rproc)
{
	struct rproc_subdev *subdev;
	int ret;

	list_for_each_entry(subdev, &rproc->subdevs, node) {
		ret = subdev->start ? subdev->start(subdev) : 0;
		if (ret)
			goto err_stop;
	}
	to_impl(rproc)->subdevs_started = true;
	return 0;

err_stop:
	/* The processor may be waiting for what it was promised: treat it as crashed. */
	list_for_each_entry_continue_reverse(subdev, &rproc->subdevs, node)
		if (subdev->stop)
			subdev->stop(subdev, true);
	dev_err(&rproc->dev, "a subdevice cannot be started: %d\n", ret);
	return ret;
}

/* Hand our version of the resource table to the processor, and keep working on that one. */
static void rproc_publish_table(struct rproc *rproc, const struct firmware *fw)
{
	struct resource_table *loaded = NULL;

	if (rproc->ops->find_loaded_rsc_table)
		loaded = rproc->ops->find_loaded_rsc_table(rproc, fw);
	if (!loaded || !rproc->cached_table)
		return;
	memcpy(loaded, rproc->cached_table, rproc->table_sz);
	rproc->table_ptr = loaded;
}

/**
 * rproc_bring_up() - run the processor, and its subdevices around that
 * @rproc: the processor, its table in place
 * @up:    ops->start, or ops->attach
 * @down:  what undoes it, or NULL
 *
 * Return: 0 or a negative errno.
 */
int rproc_bring_up(struct rproc *rproc, int (*up)(struct rproc *), int (*down)(struct rproc *))
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret;

	lockdep_assert_held(&rproc->lock);

	ret = rproc_prepare_subdevs(rproc);
	if (ret)
		return ret;

	/* From here on it may crash; see rproc_report_crash(). */
	spin_lock_irq(&impl->lock);
	impl->boot_count++;
	spin_unlock_irq(&impl->lock);

	ret = up ? up(rproc) : -EINVAL;
	if (ret) {
		dev_err(&rproc->dev, "does not start: %d\n", ret);
		goto err_unprepare;
	}
	ret = rproc_start_subdevs(rproc);
	if (ret)
		goto err_down;
	return 0;

err_down:
	if (down && down(rproc))
		dev_err(&rproc->dev, "does not stop after a failed start\n");
err_unprepare:
	rproc_unprepare_subdevs(rproc);
	return ret;
}

/**
 * rproc_start() - load the firmware and run it
 * @rproc: the processor, its resources in place, OFFLINE
 * @fw:    the firmware
 *
 * Return: 0, then it is RUNNING; or a negative errno, then it is still OFFLINE.
 */
int rproc_start(struct rproc *rproc, const struct firmware *fw)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	ret = rproc_load_segments(rproc, fw);
	if (ret)
		return ret;
	rproc_publish_table(rproc, fw);
	rproc_dump_like(rproc, fw);
	ret = rproc_bring_up(rproc, rproc->ops->start, rproc->ops->stop);
	if (ret) {
		rproc->table_ptr = rproc->cached_table;
		return ret;
	}
	rproc_set_state(rproc, RPROC_RUNNING);
	dev_info(&rproc->dev, "%s is running %s\n", rproc->name, rproc->firmware);
	return 0;
}

/**
 * rproc_stop() - stop the processor, keeping its resources
 * @rproc:   the processor, powered
 * @crashed: nothing is to be expected of it any more
 *
 * Return: 0, then it is OFFLINE; or a negative errno, then it is CRASHED: its subdevices are gone,
 * and stopping may be tried again.
 */
int rproc_stop(struct rproc *rproc, bool crashed)
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret;

	lockdep_assert_held(&rproc->lock);

	rproc_stop_subdevs(rproc, crashed);
	rproc->table_ptr = rproc->cached_table;

	/* One that is halted stopped already, unless it was to restart by itself. */
	if (impl->halted && !rproc_has_feature(rproc, RPROC_FEAT_ATTACH_ON_RECOVERY))
		ret = 0;
	else
		ret = rproc->ops->stop ? rproc->ops->stop(rproc) : -EINVAL;
	if (ret) {
		dev_err(&rproc->dev, "does not stop: %d\n", ret);
		rproc_set_state(rproc, RPROC_CRASHED);
		return ret;
	}

	impl->halted = false;
	rproc_unprepare_subdevs(rproc);
	rproc_set_state(rproc, RPROC_OFFLINE);
	dev_info(&rproc->dev, "%s is stopped\n", rproc->name);
	return 0;
}

static void rproc_free_tables(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);

	rproc->table_ptr = NULL;
	rproc->table_sz = 0;
	impl->their_table = NULL;
	kfree(impl->fw_table);
	impl->fw_table = NULL;
	kfree(rproc->clean_table);
	rproc->clean_table = NULL;
	kfree(rproc->cached_table);
	rproc->cached_table = NULL;
}

/**
 * rproc_prepare() - what comes first, whichever way the processor runs
 * @rproc: the processor
 *
 * Return: 0, to be undone by rproc_unprepare(); or a negative errno.
 */
int rproc_prepare(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	ret = rproc_iommu_attach(rproc);
	if (ret)
		return ret;
	ret = rproc->ops->prepare ? rproc->ops->prepare(rproc) : 0;
	if (ret) {
		dev_err(&rproc->dev, "cannot be prepared: %d\n", ret);
		rproc_iommu_detach(rproc);
	}
	to_impl(rproc)->prepared = !ret;
	return ret;
}

/**
 * rproc_unprepare() - free the resources of a processor that we do not run
 * @rproc: the processor
 *
 * One that was let go of in a recovery, and could not be attached to again, has none.
 */
void rproc_unprepare(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);

	lockdep_assert_held(&rproc->lock);

	if (!impl->prepared)
		return;
	impl->prepared = false;
	rproc_release_dump(rproc);
	rproc_resource_cleanup(rproc);
	if (rproc->ops->unprepare && rproc->ops->unprepare(rproc))
		dev_warn(&rproc->dev, "cannot be unprepared\n");
	rproc_iommu_detach(rproc);
	rproc_free_tables(rproc);
	rproc_drop_format(rproc);
}

/**
 * rproc_unload() - free the resources of a processor that we do not run, and its users' references
 * @rproc: the processor, OFFLINE or DETACHED
 */
void rproc_unload(struct rproc *rproc)
{
	rproc_unprepare(rproc);
	to_impl(rproc)->user_booted = false;
	atomic_set(&rproc->power, 0);
}

u64 rproc_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	return rproc->ops->get_boot_addr ? rproc->ops->get_boot_addr(rproc, fw) : 0;
}

static int rproc_load(struct rproc *rproc, const struct firmware *fw)
{
	int ret;

	ret = rproc->ops->sanity_check ? rproc->ops->sanity_check(rproc, fw) : 0;
	if (!ret)
		ret = rproc_prepare(rproc);
	if (ret)
		return ret;

	rproc->bootaddr = rproc_boot_addr(rproc, fw);
	ret = rproc->ops->parse_fw ? rproc->ops->parse_fw(rproc, fw) : 0;
	if (!ret)
		ret = rproc_handle_resources(rproc);
	if (!ret)
		ret = rproc_start(rproc, fw);
	if (ret)
		rproc_unprepare(rproc);
	return ret;
}

/* For a boot and for each recovery; release_firmware() gives it back. */
int rproc_read_firmware(struct rproc *rproc, const struct firmware **fw)
{
	int ret = request_firmware(fw, rproc->firmware, &rproc->dev);

	if (ret)
		dev_err(&rproc->dev, "firmware %s cannot be read: %d\n", rproc->firmware, ret);
	else
		rproc_choose_format(rproc, *fw);
	return ret;
}

static int rproc_boot_firmware(struct rproc *rproc)
{
	const struct firmware *fw;
	int ret;

	ret = rproc_read_firmware(rproc, &fw);
	if (ret)
		return ret;
	ret = rproc_load(rproc, fw);
	release_firmware(fw);
	if (ret)
		rproc_drop_format(rproc);
	return ret;
}

static int rproc_boot_locked(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (READ_ONCE(to_impl(rproc)->deleting))
		return -ENODEV;
	if (rproc_is_powered(rproc)) {
		atomic_inc(&rproc->power);
		return 0;
	}

	switch (rproc->state) {
	case RPROC_OFFLINE:
		ret = rproc_boot_firmware(rproc);
		break;
	case RPROC_DETACHED:
		ret = rproc_attach(rproc);
		break;
	default:
		ret = -EINVAL;
		break;
	}
	if (!ret)
		atomic_set(&rproc->power, 1);
	return ret;
}

/**
 * rproc_boot() - need the processor
 * @rproc: the processor
 *
 * Boots it for the first who needs it, and counts the others. Each successful call is undone by one
 * rproc_shutdown().
 *
 * Return: 0; -EINVAL for NULL or firmware that is refused; -ENODEV when the processor was deleted;
 * -EINTR; or another negative errno of reading the firmware or of the driver.
 */
int rproc_boot(struct rproc *rproc)
{
	int ret;

	if (!rproc)
		return -EINVAL;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (!ret) {
		ret = rproc_boot_locked(rproc);
		mutex_unlock(&rproc->lock);
	}
	return ret;
}
EXPORT_SYMBOL(rproc_boot);

/**
 * rproc_boot_user() - boot on behalf of user space, once
 * @rproc: the processor
 *
 * A processor that crashed and did not get up again, for its firmware was gone, say, is tried
 * again; one that crashed and whose recovery is disabled is to be inspected, and stopped first.
 *
 * Return: as rproc_boot(), and -EBUSY for a processor that crashed and was not recovered.
 */
int rproc_boot_user(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret;

	if (mutex_lock_interruptible(&rproc->lock))
		return -EINTR;

	ret = 0;
	if (READ_ONCE(impl->deleting))
		ret = -ENODEV;
	else if (rproc->state == RPROC_CRASHED)
		ret = impl->halted ? rproc_recover(rproc, false) : -EBUSY;
	if (!ret && !impl->user_booted) {
		ret = rproc_boot_locked(rproc);
		impl->user_booted = !ret;
	}
	mutex_unlock(&rproc->lock);
	return ret;
}

static int rproc_shutdown_locked(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (READ_ONCE(to_impl(rproc)->deleting))
		return -ENODEV;
	if (!rproc_is_powered(rproc))
		return -EINVAL;
	if (atomic_read(&rproc->power) > 1) {
		atomic_dec(&rproc->power);
		return 0;
	}

	if (rproc->ops->stop)
		ret = rproc_stop(rproc, rproc->state == RPROC_CRASHED);
	else if (rproc->state == RPROC_CRASHED && rproc->ops->detach)
		ret = rproc_disconnect(rproc, true);
	else
		ret = -EINVAL;
	if (!ret)
		rproc_unload(rproc);
	return ret;
}

/**
 * rproc_shutdown() - need the processor no more
 * @rproc: the processor
 *
 * Undoes one rproc_boot(); the last stops the processor. A driver that fails to stop it leaves the
 * state CRASHED and the reference in place, and this may be tried again. A driver that cannot stop
 * what it attached to: nothing happens while it runs; once it crashed, it is let go of.
 *
 * Return: 0; -EINVAL for NULL, a processor that is not running, or one that cannot be stopped;
 * -ENODEV when it was deleted; -EINTR; or the negative errno of the driver.
 */
int rproc_shutdown(struct rproc *rproc)
{
	int ret;

	if (!rproc)
		return -EINVAL;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (!ret) {
		ret = rproc_shutdown_locked(rproc);
		mutex_unlock(&rproc->lock);
	}
	return ret;
}
EXPORT_SYMBOL(rproc_shutdown);

/**
 * rproc_shutdown_user() - shut down on behalf of user space
 * @rproc: the processor
 *
 * Gives back the reference of user space. Without one it takes the reference of somebody else: an
 * administrator's "stop" is meant.
 *
 * Return: as rproc_shutdown().
 */
int rproc_shutdown_user(struct rproc *rproc)
{
	int ret;

	ret = mutex_lock_interruptible(&rproc->lock);
	if (!ret) {
		ret = rproc_shutdown_locked(rproc);
		if (!ret)
			to_impl(rproc)->user_booted = false;
		mutex_unlock(&rproc->lock);
	}
	return ret;
}

/**
 * rproc_force_off() - stop and unload the processor for good
 * @rproc:   the processor, being deleted
 * @crashed: a crash was reported and not handled
 */
void rproc_force_off(struct rproc *rproc, bool crashed)
{
	bool to_dump;
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (!rproc_is_powered(rproc)) {
		/* What the driver registered before a boot that never came. */
		rproc_resource_cleanup(rproc);
		return;
	}

	crashed |= rproc->state == RPROC_CRASHED;
	/* The last occasion: a recovery would have made it. */
	to_dump = crashed && !to_impl(rproc)->halted && rproc->ops->coredump;
	if (!rproc->ops->stop && rproc->ops->detach)
		ret = rproc_disconnect(rproc, crashed);
	else
		ret = rproc_stop(rproc, crashed);
	if (!ret && to_dump)
		rproc->ops->coredump(rproc);
	if (ret) {
		dev_err(&rproc->dev, "removed without being stopped\n");
		rproc_unprepare_subdevs(rproc);
		rproc_set_state(rproc, RPROC_OFFLINE);
	}
	rproc_unload(rproc);
}

/**
 * rproc_set_firmware() - choose the firmware of the next boot
 * @rproc:   the processor
 * @fw_name: name for request_firmware(), up to the first new line
 *
 * Whether there is such a file is found out when booting.
 *
 * Return: 0; -EINVAL for NULL or an empty name; -EBUSY unless the processor is offline; -ENODEV
 * when it was deleted; -EINTR; -ENOMEM.
 */
int rproc_set_firmware(struct rproc *rproc, const char *fw_name)
{
	struct rproc_impl *impl;
	const char *old, *new;
	size_t len;
	int ret;

	if (!rproc || !fw_name)
		return -EINVAL;
	impl = to_impl(rproc);
	len = strcspn(fw_name, "\n");
	if (!len)
		return -EINVAL;

	new = kstrndup(fw_name, len, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (ret)
		goto out_free;

	if (READ_ONCE(impl->deleting)) {
		ret = -ENODEV;
	} else if (rproc->state != RPROC_OFFLINE) {
		ret = -EBUSY;
	} else {
		spin_lock_irq(&impl->lock);
		old = rproc->firmware;
		rproc->firmware = new;
		spin_unlock_irq(&impl->lock);
		new = old;
	}
	mutex_unlock(&rproc->lock);
out_free:
	kfree_const(new);
	return ret;
}
EXPORT_SYMBOL(rproc_set_firmware);

/**
 * rproc_add_subdev() - let a subdevice follow the processor's state
 * @rproc:  the processor
 * @subdev: its callbacks; the caller's, until rproc_remove_subdev()
 *
 * No lock is taken: call it before rproc_add(), or from an operation of the processor.
 */
void rproc_add_subdev(struct rproc *rproc, struct rproc_subdev *subdev)
{
	list_add_tail(&subdev->node, &rproc->subdevs);
}
EXPORT_SYMBOL(rproc_add_subdev);

/**
 * rproc_remove_subdev() - undo rproc_add_subdev()
 * @rproc:  the processor, not running
 * @subdev: the subdevice
 */
void rproc_remove_subdev(struct rproc *rproc, struct rproc_subdev *subdev)
{
	list_del(&subdev->node);
}
EXPORT_SYMBOL(rproc_remove_subdev);
