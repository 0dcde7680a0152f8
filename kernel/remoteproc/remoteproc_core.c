// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remote processors as objects: allocation, registration, lookup, references, and the module
 * itself.
 *
 * struct rproc is embedded in rproc_impl, which lives as long as somebody holds a reference to
 * rproc->dev. Registration (rproc_add) is a separate thing: rproc_del() ends it for good, stops the
 * processor whatever its power count, and from then on every call on a handle that somebody still
 * has is -ENODEV and touches neither the driver nor the hardware.
 *
 * The list of registered processors is read under RCU (lookup by phandle, panic) and written under
 * rproc_list_mutex. Every processor pins this module, because its release function is here.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/elf.h>
#include <linux/idr.h>
#include <linux/of.h>
#include <linux/panic_notifier.h>
#include <linux/property.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "remoteproc_private.h"

#define CREATE_TRACE_POINTS
#include "remoteproc_trace.h"

static DEFINE_MUTEX(rproc_list_mutex);
static LIST_HEAD(rproc_list);
static DEFINE_IDA(rproc_ids);

static void rproc_type_release(struct device *dev)
{
	struct rproc *rproc = container_of(dev, struct rproc, dev);
	struct rproc_impl *impl = to_impl(rproc);

	rproc_coredump_cleanup(rproc);
	idr_destroy(&rproc->notifyids);
	if (rproc->index >= 0)
		ida_free(&rproc_ids, rproc->index);
	kfree(rproc->cached_table);
	kfree(impl->fw_table);
	kfree(impl->raw);
	kfree_const(rproc->firmware);
	kfree_const(rproc->name);
	kfree(rproc->ops);
	mutex_destroy(&rproc->lock);
	cleanup_srcu_struct(&impl->vq_srcu);
	kfree(impl);
	module_put(THIS_MODULE);
}

const struct device_type rproc_type = {
	.name = "remoteproc",
	.release = rproc_type_release,
};

/**
 * rproc_alloc() - allocate a remote processor
 * @dev:      the device that it is, which allocates the memory it shares with us
 * @name:     its name
 * @ops:      what its driver does; copied
 * @firmware: name of the firmware, or NULL for "rproc-<name>-fw"
 * @len:      bytes of private data, zeroed, at the result's @priv
 *
 * The processor is not registered, rproc_add() does that. Free it with rproc_free().
 *
 * Return: the processor, or NULL.
 */
struct rproc *rproc_alloc(struct device *dev, const char *name, const struct rproc_ops *ops,
			  const char *firmware, int len)
{
	struct rproc_impl *impl;
	struct rproc *rproc;

	if (!dev || !name || !ops || len < 0)
		return NULL;

	impl = kzalloc(sizeof(*impl) + len, GFP_KERNEL);
	if (!impl)
		return NULL;
	if (init_srcu_struct(&impl->vq_srcu)) {
		kfree(impl);
		return NULL;
	}
	__module_get(THIS_MODULE);
	spin_lock_init(&impl->lock);

	rproc = &impl->rproc;
	rproc->priv = impl + 1;
	rproc->index = -1;
	rproc->auto_boot = true;
	rproc->elf_class = ELFCLASSNONE;
	rproc->elf_machine = EM_NONE;
	rproc->state = RPROC_OFFLINE;
	rproc->dump_conf = RPROC_COREDUMP_DISABLED;
	mutex_init(&rproc->lock);
	idr_init(&rproc->notifyids);
	INIT_LIST_HEAD(&rproc->node);
	INIT_LIST_HEAD(&rproc->traces);
	INIT_LIST_HEAD(&rproc->carveouts);
	INIT_LIST_HEAD(&rproc->mappings);
	INIT_LIST_HEAD(&rproc->rvdevs);
	INIT_LIST_HEAD(&rproc->subdevs);
	INIT_LIST_HEAD(&rproc->dump_segments);
	INIT_WORK(&rproc->crash_handler, rproc_crash_work);
	INIT_WORK(&impl->attach_work, rproc_attach_work);

	device_initialize(&rproc->dev);
	dev_set_drvdata(&rproc->dev, rproc);
	rproc->dev.class = &rproc_class;
	rproc->dev.type = &rproc_type;
	rproc->dev.parent = dev;

	/* From here on the reference count frees it. */
	rproc->name = kstrdup_const(name, GFP_KERNEL);
	if (firmware)
		rproc->firmware = kstrdup_const(firmware, GFP_KERNEL);
	else
		rproc->firmware = kasprintf(GFP_KERNEL, "rproc-%s-fw", name);
	rproc->ops = kmemdup(ops, sizeof(*ops), GFP_KERNEL);
	if (!rproc->name || !rproc->firmware || !rproc->ops)
		goto err;
	rproc_set_default_ops(rproc->ops);

	rproc->index = ida_alloc_max(&rproc_ids, RPROC_MAX - 1, GFP_KERNEL);
	if (rproc->index < 0 || dev_set_name(&rproc->dev, "remoteproc%d", rproc->index))
		goto err;
	return rproc;

err:
	put_device(&rproc->dev);
	return NULL;
}
EXPORT_SYMBOL(rproc_alloc);

/**
 * rproc_free() - give back what rproc_alloc() returned
 * @rproc: the processor; not registered, or not any more
 */
void rproc_free(struct rproc *rproc)
{
	put_device(&rproc->dev);
}
EXPORT_SYMBOL(rproc_free);

static void rproc_auto_boot(const struct firmware *fw, void *context)
{
	struct rproc *rproc = context;

	/* It only proved that the firmware is there; booting reads it when the lock is held. */
	if (fw)
		rproc_boot_user(rproc);
	else
		dev_err(&rproc->dev, "not booted, its firmware was not found\n");
	release_firmware(fw);
}

static int rproc_validate(struct rproc *rproc)
{
	switch (rproc->state) {
	case RPROC_OFFLINE:
		return rproc->ops->start ? 0 : -EINVAL;
	case RPROC_DETACHED:
		return rproc->ops->attach && !rproc->cached_table ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static struct module *rproc_owner(struct rproc *rproc)
{
	struct device *dev = rproc->dev.parent;

	/* The processors of a cluster are children of the device that has the driver. */
	if (!dev->driver)
		dev = dev->parent;
	return dev && dev->driver ? dev->driver->owner : NULL;
}

/**
 * rproc_add() - register a remote processor
 * @rproc: from rproc_alloc()
 *
 * Makes it visible in sysfs and debugfs. With @rproc->auto_boot, it boots as soon as its firmware
 * is found, or is attached to when it runs already, in the background.
 *
 * Return: 0; -EINVAL when the driver lacks what the state needs; -EBUSY when it is or was
 * registered; or a negative errno.
 */
int rproc_add(struct rproc *rproc)
{
	struct rproc_impl *impl;
	int ret;

	if (!rproc)
		return -EINVAL;
	impl = to_impl(rproc);
	if (impl->registered || impl->deleting)
		return -EBUSY;
	ret = rproc_validate(rproc);
	if (ret)
		return ret;

	impl->owner = rproc_owner(rproc);
	/* Before user space can boot it, and trace buffers need the place. */
	rproc_create_debug_dir(rproc);
	ret = rproc_add_device(rproc);
	if (ret) {
		rproc_delete_debug_dir(rproc);
		return ret;
	}
	impl->registered = true;
	dev_info(&rproc->dev, "%s is available\n", rproc->name);

	if (rproc->auto_boot && rproc->state == RPROC_DETACHED) {
		schedule_work(&impl->attach_work);
	} else if (rproc->auto_boot) {
		ret = request_firmware_nowait(THIS_MODULE, FW_ACTION_UEVENT, rproc->firmware,
					      &rproc->dev, GFP_KERNEL, rproc, rproc_auto_boot);
		if (ret)
			goto err_del;
	}

	mutex_lock(&rproc_list_mutex);
	list_add_tail_rcu(&rproc->node, &rproc_list);
	mutex_unlock(&rproc_list_mutex);
	return 0;

err_del:
	/* User space may have booted it in the meantime. */
	rproc_del(rproc);
	return ret;
}
EXPORT_SYMBOL(rproc_add);

/**
 * rproc_del() - unregister a remote processor
 * @rproc: from rproc_alloc()
 *
 * Stops it if it runs, however many users it has, and frees its resources; a driver that cannot
 * stop it gets a line in the log, and the resources are freed all the same. The handle stays valid
 * until rproc_free(); calls on it are -ENODEV. Must not be called from an operation of @rproc.
 *
 * Return: 0, or -EINVAL when it is not registered.
 */
int rproc_del(struct rproc *rproc)
{
	struct rproc_impl *impl;
	bool crashed;

	if (!rproc)
		return -EINVAL;
	impl = to_impl(rproc);
	if (!impl->registered)
		return -EINVAL;
	impl->registered = false;

	crashed = rproc_end_crash_reports(rproc);
	cancel_work_sync(&impl->attach_work);

	mutex_lock(&rproc->lock);
	rproc_force_off(rproc, crashed);
	mutex_unlock(&rproc->lock);

	mutex_lock(&rproc_list_mutex);
	if (!list_empty(&rproc->node))
		list_del_rcu(&rproc->node);
	mutex_unlock(&rproc_list_mutex);
	synchronize_rcu();

	rproc_del_device(rproc);
	rproc_delete_debug_dir(rproc);
	return 0;
}
EXPORT_SYMBOL(rproc_del);

static void devm_rproc_free(struct device *dev, void *res)
{
	struct rproc **rproc = res;

	rproc_free(*rproc);
}

/**
 * devm_rproc_alloc() - rproc_alloc() that is undone when the driver of @dev goes
 * @dev:      the device, see rproc_alloc()
 * @name:     see rproc_alloc()
 * @ops:      see rproc_alloc()
 * @firmware: see rproc_alloc()
 * @len:      see rproc_alloc()
 *
 * Return: the processor, or NULL.
 */
struct rproc *devm_rproc_alloc(struct device *dev, const char *name, const struct rproc_ops *ops,
			       const char *firmware, int len)
{
	struct rproc **res;

	res = devres_alloc(devm_rproc_free, sizeof(*res), GFP_KERNEL);
	if (!res)
		return NULL;
	*res = rproc_alloc(dev, name, ops, firmware, len);
	if (!*res) {
		devres_free(res);
		return NULL;
	}
	devres_add(dev, res);
	return *res;
}
EXPORT_SYMBOL(devm_rproc_alloc);

static void devm_rproc_del(void *rproc)
{
	rproc_del(rproc);
}

/**
 * devm_rproc_add() - rproc_add() that is undone when the driver of @dev goes
 * @dev:   the device
 * @rproc: the processor
 *
 * Return: as rproc_add().
 */
int devm_rproc_add(struct device *dev, struct rproc *rproc)
{
	int ret;

	ret = rproc_add(rproc);
	if (ret)
		return ret;
	return devm_add_action_or_reset(dev, devm_rproc_del, rproc);
}
EXPORT_SYMBOL(devm_rproc_add);

/**
 * rproc_get_by_phandle() - find a registered processor by its device tree node
 * @phandle: of the node of its parent device
 *
 * Pins the processor and its driver's module; rproc_put() gives both back.
 *
 * Return: the processor, or NULL.
 */
struct rproc *rproc_get_by_phandle(phandle phandle)
{
	struct device_node *np = of_find_node_by_phandle(phandle);
	struct rproc *found = NULL, *rproc;

	if (!np)
		return NULL;
	rcu_read_lock();
	list_for_each_entry_rcu(rproc, &rproc_list, node) {
		if (!device_match_of_node(rproc->dev.parent, np))
			continue;
		if (try_module_get(to_impl(rproc)->owner)) {
			get_device(&rproc->dev);
			found = rproc;
		}
		break;
	}
	rcu_read_unlock();
	of_node_put(np);
	return found;
}
EXPORT_SYMBOL(rproc_get_by_phandle);

/**
 * rproc_put() - give back what rproc_get_by_phandle() returned
 * @rproc: the processor
 */
void rproc_put(struct rproc *rproc)
{
	struct module *owner = to_impl(rproc)->owner;

	put_device(&rproc->dev);
	module_put(owner);
}
EXPORT_SYMBOL(rproc_put);

/**
 * rproc_get_by_child() - the processor that a device belongs to
 * @dev: a device below a processor, for example a virtio device of it
 *
 * Return: the processor, with no reference taken, or NULL.
 */
struct rproc *rproc_get_by_child(struct device *dev)
{
	for (dev = dev->parent; dev; dev = dev->parent)
		if (dev->type == &rproc_type)
			return container_of(dev, struct rproc, dev);
	return NULL;
}
EXPORT_SYMBOL(rproc_get_by_child);

/**
 * rproc_of_parse_firmware() - read a firmware's name from the device tree
 * @dev:     the device
 * @index:   which string of its "firmware-name"
 * @fw_name: out: the name, which belongs to the device tree
 *
 * Return: 0, or a negative errno.
 */
int rproc_of_parse_firmware(struct device *dev, int index, const char **fw_name)
{
	int ret;

	ret = of_property_read_string_index(dev->of_node, "firmware-name", index, fw_name);
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL(rproc_of_parse_firmware);

/* Processors that want a moment to flush their state get it, all at once. */
static int rproc_panic(struct notifier_block *nb, unsigned long event, void *data)
{
	unsigned long longest = 0;
	struct rproc *rproc;

	rcu_read_lock();
	list_for_each_entry_rcu(rproc, &rproc_list, node) {
		if (rproc->state != RPROC_RUNNING && rproc->state != RPROC_ATTACHED)
			continue;
		if (rproc->ops->panic)
			longest = max(longest, rproc->ops->panic(rproc));
	}
	rcu_read_unlock();

	mdelay(longest);
	return NOTIFY_DONE;
}

static struct notifier_block rproc_panic_nb = {
	.notifier_call = rproc_panic,
};

static int __init rproc_init(void)
{
	int ret;

	ret = rproc_init_crash();
	if (ret)
		return ret;
	ret = rproc_init_cdev();
	if (ret)
		goto err_crash;
	ret = rproc_init_sysfs();
	if (ret)
		goto err_cdev;
	rproc_init_debugfs();
	atomic_notifier_chain_register(&panic_notifier_list, &rproc_panic_nb);
	return 0;

err_cdev:
	rproc_exit_cdev();
err_crash:
	rproc_exit_crash();
	return ret;
}
module_init(rproc_init);

static void __exit rproc_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &rproc_panic_nb);
	rproc_exit_debugfs();
	rproc_exit_sysfs();
	rproc_exit_cdev();
	rproc_exit_crash();
	ida_destroy(&rproc_ids);
}
module_exit(rproc_exit);

MODULE_DESCRIPTION("Remote processor framework");
MODULE_LICENSE("GPL");
