// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processors that somebody else booted: DETACHED --attach--> ATTACHED --detach--> DETACHED.
 *
 * They have no firmware for us, but a resource table in memory. It is copied, and the copy is
 * handled like that of firmware; then our version of it goes where theirs was. What was there
 * before is kept if we can detach, and put back then. Everything else is as in remoteproc_life.c,
 * under rproc->lock: an attached processor can also be stopped, and is booted with firmware from
 * then on.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fw_table.h"
#include "remoteproc_private.h"

/* Without a table, they have nothing to share with us. */
static int rproc_take_table(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct resource_table *table = NULL;
	size_t size = 0;

	if (rproc->ops->get_loaded_rsc_table)
		table = rproc->ops->get_loaded_rsc_table(rproc, &size);
	if (IS_ERR_OR_NULL(table))
		return PTR_ERR_OR_ZERO(table);
	if (size > RPROC_TABLE_MAX) {
		dev_err(&rproc->dev, "resource table of 0x%zx bytes\n", size);
		return -EINVAL;
	}

	rproc->cached_table = kmemdup(table, size, GFP_KERNEL);
	if (!rproc->cached_table)
		return -ENOMEM;
	if (rproc->ops->detach) {
		rproc->clean_table = kmemdup(rproc->cached_table, size, GFP_KERNEL);
		if (!rproc->clean_table)
			return -ENOMEM;
	}
	rproc->table_ptr = rproc->cached_table;
	rproc->table_sz = size;
	impl->their_table = table;
	return 0;
}

static int rproc_connect(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (impl->their_table) {
		memcpy(impl->their_table, rproc->cached_table, rproc->table_sz);
		rproc->table_ptr = impl->their_table;
	}
	ret = rproc_bring_up(rproc, rproc->ops->attach, rproc->ops->detach);
	if (ret) {
		rproc->table_ptr = rproc->cached_table;
		return ret;
	}
	rproc_set_state(rproc, RPROC_ATTACHED);
	dev_info(&rproc->dev, "%s is attached\n", rproc->name);
	return 0;
}

/**
 * rproc_disconnect() - let go of an attached processor, keeping its resources
 * @rproc:   the processor
 * @crashed: nothing is to be expected of it any more
 *
 * Return: 0, then it is DETACHED; or a negative errno, then it is CRASHED.
 */
int rproc_disconnect(struct rproc *rproc, bool crashed)
{
	struct rproc_impl *impl = to_impl(rproc);
	int ret;

	lockdep_assert_held(&rproc->lock);

	rproc_stop_subdevs(rproc, crashed);
	rproc->table_ptr = rproc->cached_table;
	if (impl->their_table && rproc->clean_table)
		memcpy(impl->their_table, rproc->clean_table, rproc->table_sz);

	/* One that is halted was let go of already. */
	ret = rproc->ops->detach && !impl->halted ? rproc->ops->detach(rproc) : 0;
	if (ret) {
		dev_err(&rproc->dev, "cannot be detached: %d\n", ret);
		rproc_set_state(rproc, RPROC_CRASHED);
		return ret;
	}
	impl->halted = false;
	rproc_unprepare_subdevs(rproc);
	rproc_set_state(rproc, RPROC_DETACHED);
	dev_info(&rproc->dev, "%s is detached\n", rproc->name);
	return 0;
}

/**
 * rproc_attach() - attach to a running processor
 * @rproc: the processor, DETACHED or let go of in a recovery; without resources
 *
 * Return: 0, then it is ATTACHED; or a negative errno, then it is what it was.
 */
int rproc_attach(struct rproc *rproc)
{
	int ret;

	ret = rproc_prepare(rproc);
	if (ret)
		return ret;
	ret = rproc_take_table(rproc);
	if (!ret)
		ret = rproc_handle_resources(rproc);
	if (!ret)
		ret = rproc_connect(rproc);
	if (ret)
		rproc_unprepare(rproc);
	return ret;
}

static int rproc_detach_locked(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (READ_ONCE(to_impl(rproc)->deleting))
		return -ENODEV;
	if (rproc->state != RPROC_ATTACHED || !rproc->ops->detach)
		return -EINVAL;
	if (atomic_read(&rproc->power) > 1) {
		atomic_dec(&rproc->power);
		return 0;
	}
	ret = rproc_disconnect(rproc, false);
	if (!ret)
		rproc_unload(rproc);
	return ret;
}

/**
 * rproc_detach() - need the processor no more, and let it run
 * @rproc: the processor
 *
 * Undoes one rproc_boot() of a processor that was attached to, as rproc_shutdown() does, but the
 * last leaves it running.
 *
 * Return: 0; -EINVAL for NULL, a processor that is not attached, or a driver that cannot detach;
 * -ENODEV when it was deleted; -EINTR; or the negative errno of the driver.
 */
int rproc_detach(struct rproc *rproc)
{
	int ret;

	if (!rproc)
		return -EINVAL;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (!ret) {
		ret = rproc_detach_locked(rproc);
		mutex_unlock(&rproc->lock);
	}
	return ret;
}
EXPORT_SYMBOL(rproc_detach);

/**
 * rproc_detach_user() - detach on behalf of user space
 * @rproc: the processor
 *
 * Return: as rproc_detach().
 */
int rproc_detach_user(struct rproc *rproc)
{
	int ret;

	ret = mutex_lock_interruptible(&rproc->lock);
	if (!ret) {
		ret = rproc_detach_locked(rproc);
		if (!ret)
			to_impl(rproc)->user_booted = false;
		mutex_unlock(&rproc->lock);
	}
	return ret;
}

/* Auto-boot of a processor that runs already; not in the driver's probe, where nobody waits. */
void rproc_attach_work(struct work_struct *work)
{
	struct rproc_impl *impl = container_of(work, struct rproc_impl, attach_work);
	int ret;

	ret = rproc_boot_user(&impl->rproc);
	if (ret)
		dev_err(&impl->rproc.dev, "cannot be attached to: %d\n", ret);
}
