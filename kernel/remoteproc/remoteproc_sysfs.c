// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/remoteproc/remoteprocN: name, state, firmware, recovery, coredump.
 *
 * Uevents carry NAME= and STATE=, in the words of the attributes.
 *
 * Writing calls the life cycle, with its locks and errors. Reading never waits for the life-cycle
 * lock, which is held for as long as a processor takes to start.
 */
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../compat/device.h"
#include "remoteproc_private.h"

static struct rproc *dev_to_rproc(struct device *dev)
{
	return container_of(dev, struct rproc, dev);
}

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", dev_to_rproc(dev)->name);
}
static DEVICE_ATTR_RO(name);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", rproc_state_name(READ_ONCE(dev_to_rproc(dev)->state)));
}

/**
 * rproc_state_command() - an order of user space
 * @rproc: the processor
 * @word:  "start", "stop" or "detach", and nothing else but one new line
 *
 * Return: 0; -EINVAL for another word; or as rproc_boot_user(), rproc_shutdown_user() and
 * rproc_detach_user().
 */
int rproc_state_command(struct rproc *rproc, const char *word)
{
	if (sysfs_streq(word, "start"))
		return rproc_boot_user(rproc);
	if (sysfs_streq(word, "stop"))
		return rproc_shutdown_user(rproc);
	if (sysfs_streq(word, "detach"))
		return rproc_detach_user(rproc);
	return -EINVAL;
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	int ret = rproc_state_command(dev_to_rproc(dev), buf);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(state);

static ssize_t firmware_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rproc *rproc = dev_to_rproc(dev);
	struct rproc_impl *impl = to_impl(rproc);
	ssize_t ret;

	/* Whoever booted it knows what it runs. */
	if (READ_ONCE(rproc->state) == RPROC_ATTACHED)
		return sysfs_emit(buf, "unknown\n");

	spin_lock_irq(&impl->lock);
	ret = sysfs_emit(buf, "%s\n", rproc->firmware);
	spin_unlock_irq(&impl->lock);
	return ret;
}

static ssize_t firmware_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	int ret = rproc_set_firmware(dev_to_rproc(dev), buf);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(firmware);

static ssize_t recovery_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	bool disabled = READ_ONCE(dev_to_rproc(dev)->recovery_disabled);

	return sysfs_emit(buf, "%s\n", disabled ? "disabled" : "enabled");
}

static ssize_t recovery_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	int ret = rproc_recovery_command(dev_to_rproc(dev), buf);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(recovery);

static ssize_t coredump_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", rproc_coredump_mode(dev_to_rproc(dev)));
}

static ssize_t coredump_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	int ret = rproc_coredump_command(dev_to_rproc(dev), buf);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(coredump);

static struct attribute *rproc_attrs[] = {
	&dev_attr_name.attr,
	&dev_attr_state.attr,
	&dev_attr_firmware.attr,
	&dev_attr_recovery.attr,
	&dev_attr_coredump.attr,
	NULL,
};

static umode_t rproc_attr_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return dev_to_rproc(kobj_to_dev(kobj))->sysfs_read_only ? attr->mode & 0444 : attr->mode;
}

static const struct attribute_group rproc_group = {
	.attrs = rproc_attrs,
	.is_visible = rproc_attr_is_visible,
};
__ATTRIBUTE_GROUPS(rproc);

/* Uevents queue up: whoever hears them late still learns of every state, in order. */
static int rproc_uevent(COMPAT_UEVENT_CONST struct device *dev, struct kobj_uevent_env *env)
{
	const struct rproc *rproc = container_of(dev, const struct rproc, dev);

	int ret = add_uevent_var(env, "NAME=%s", rproc->name);

	if (ret)
		return ret;
	return add_uevent_var(env, "STATE=%s", rproc_state_name(READ_ONCE(rproc->state)));
}

struct class rproc_class = {
	.name = "remoteproc",
	.dev_groups = rproc_groups,
	.dev_uevent = rproc_uevent,
};

int __init rproc_init_sysfs(void)
{
	return class_register(&rproc_class);
}

void rproc_exit_sysfs(void)
{
	class_unregister(&rproc_class);
}
