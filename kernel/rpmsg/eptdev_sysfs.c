// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in /sys/class/rpmsg/rpmsgN/. Objects, locks and unplug: eptdev_main.c.
 */
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "eptdev.h"

static ssize_t eptdev_show_addr(char *buf, u32 addr)
{
	if (addr == RPMSG_ADDR_ANY)
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%u\n", addr);
}

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_eptdev(dev)->info.name);
}
static DEVICE_ATTR_RO(name);

/* The address that the endpoint has, or that it is to have when there is none yet. */
static ssize_t src_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct eptdev *eptdev = to_eptdev(dev);
	u32 addr;

	down_read(&eptdev->lock);
	addr = eptdev->ept ? eptdev->ept->addr : eptdev->info.src;
	up_read(&eptdev->lock);
	return eptdev_show_addr(buf, addr);
}
static DEVICE_ATTR_RO(src);

static ssize_t dst_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return eptdev_show_addr(buf, to_eptdev(dev)->info.dst);
}
static DEVICE_ATTR_RO(dst);

/* The longest message. A transport that tells it of endpoints only: zero before the first open. */
static ssize_t mtu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n", READ_ONCE(to_eptdev(dev)->mtu));
}
static DEVICE_ATTR_RO(mtu);

/* Messages that no reader has. */
static ssize_t rx_queued_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct eptdev *eptdev = to_eptdev(dev);
	u32 queued;

	down_read(&eptdev->lock);
	queued = eptdev_depth(eptdev);
	up_read(&eptdev->lock);
	return sysfs_emit(buf, "%u\n", queued);
}
static DEVICE_ATTR_RO(rx_queued);

static ssize_t rx_limit_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n", READ_ONCE(to_eptdev(dev)->rx_limit));
}

static ssize_t rx_limit_bytes_store(struct device *dev, struct device_attribute *attr,
				    const char *buf, size_t count)
{
	struct eptdev *eptdev = to_eptdev(dev);
	unsigned long limit;
	int ret = kstrtoul(buf, 0, &limit);

	if (ret)
		return ret;

	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_limit = limit;
	spin_unlock_irq(&eptdev->rx_lock);
	eptdev_resume(eptdev);
	return count;
}
static DEVICE_ATTR_RW(rx_limit_bytes);

static const char *const eptdev_full_words[] = { "drop", "hold" };

static ssize_t rx_full_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", eptdev_full_words[READ_ONCE(to_eptdev(dev)->rx_hold)]);
}

static ssize_t rx_full_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	struct eptdev *eptdev = to_eptdev(dev);
	int hold = sysfs_match_string(eptdev_full_words, buf);

	if (hold < 0)
		return hold;

	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_hold = hold;
	spin_unlock_irq(&eptdev->rx_lock);
	eptdev_resume(eptdev);
	return count;
}
static DEVICE_ATTR_RW(rx_full);

static struct attribute *eptdev_attrs[] = {
	&dev_attr_dst.attr,
	&dev_attr_name.attr,
	&dev_attr_src.attr,
	&dev_attr_mtu.attr,
	&dev_attr_rx_queued.attr,
	&dev_attr_rx_limit_bytes.attr,
	&dev_attr_rx_full.attr,
	NULL
};

static const struct attribute_group eptdev_group = {
	.attrs = eptdev_attrs,
};

static ssize_t eptdev_show_stat(struct device *dev, struct device_attribute *attr, char *buf)
{
	const enum eptdev_stat stat =
		(uintptr_t)container_of(attr, struct dev_ext_attribute, attr)->var;

	return sysfs_emit(buf, "%lu\n",
			  (unsigned long)atomic_long_read(&to_eptdev(dev)->stats[stat]));
}

#define EPTDEV_STAT(_name, _stat)							\
	(&((struct dev_ext_attribute[]) { {						\
		.attr = __ATTR(_name, 0444, eptdev_show_stat, NULL),			\
		.var = (void *)(uintptr_t)(_stat),					\
	} })[0].attr.attr)

static struct attribute *eptdev_stat_attrs[] = {
	EPTDEV_STAT(rx_messages, RX_MESSAGES),
	EPTDEV_STAT(rx_bytes, RX_BYTES),
	EPTDEV_STAT(rx_dropped_full, RX_DROPPED_FULL),
	EPTDEV_STAT(rx_dropped_nomem, RX_DROPPED_NOMEM),
	EPTDEV_STAT(rx_held, RX_HELD),
	EPTDEV_STAT(tx_messages, TX_MESSAGES),
	EPTDEV_STAT(tx_bytes, TX_BYTES),
	EPTDEV_STAT(tx_full, TX_FULL),
	NULL
};

static const struct attribute_group eptdev_stat_group = {
	.name	= "statistics",
	.attrs	= eptdev_stat_attrs,
};

const struct attribute_group *eptdev_groups[] = {
	&eptdev_group,
	&eptdev_stat_group,
	NULL
};
