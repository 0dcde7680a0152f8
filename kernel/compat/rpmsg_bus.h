/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels for rpmsg_core alone: how a class, a bus and driver_override are
 * made, and the call that only newer ones have. Included once, by rpmsg_core.c.
 */
#ifndef COMPAT_RPMSG_BUS_H
#define COMPAT_RPMSG_BUS_H

#include <linux/module.h>

#include "../rpmsg/rpmsg_internal.h"
#include "device.h"

#ifdef HAVE_CONST_CLASS
const struct class rpmsg_class = {
	.name	= "rpmsg",
};
EXPORT_SYMBOL(rpmsg_class);
#else
static struct class rpmsg_class_object = {
	.name	= "rpmsg",
	.owner	= THIS_MODULE,
};

struct class *rpmsg_class = &rpmsg_class_object;
EXPORT_SYMBOL(rpmsg_class);
#endif

#ifdef HAVE_CONST_BUS_TYPE
#define COMPAT_BUS_TYPE		const struct bus_type
#else
#define COMPAT_BUS_TYPE		struct bus_type	/* not const yet */
#endif

#ifdef HAVE_CONST_BUS_MATCH
#define COMPAT_MATCH_CONST	const
#else
#define COMPAT_MATCH_CONST
#endif

#ifdef HAVE_RPMSG_FLOW_CONTROL
static inline rpmsg_flowcontrol_cb_t compat_rpmsg_driver_flow_cb(const struct rpmsg_driver *rpdrv)
{
	return rpdrv->flowcontrol;
}

/**
 * rpmsg_set_flow_control() - ask the remote to pause sending to an endpoint, or to go on
 * @ept:   the endpoint
 * @pause: pause or go on
 * @dst:   remote address
 *
 * Return: 0, -EOPNOTSUPP when the transport has no flow control, or its error.
 */
int rpmsg_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->set_flow_control ? ept->ops->set_flow_control(ept, pause, dst) :
					    -EOPNOTSUPP;
}
EXPORT_SYMBOL_GPL(rpmsg_set_flow_control);

#else
static inline rpmsg_flowcontrol_cb_t compat_rpmsg_driver_flow_cb(const struct rpmsg_driver *rpdrv)
{
	return NULL;
}
#endif

/*
 * driver_override: the bus core's since 6.12.107, with its sysfs file; before that a string in
 * struct rpmsg_device whose file is ours.
 */
#ifdef HAVE_BUS_DRIVER_OVERRIDE

#define COMPAT_BUS_OVERRIDE	.driver_override = true,
#define COMPAT_OVERRIDE_ATTR	NULL

static inline int compat_rpmsg_set_override(struct rpmsg_device *rpdev, const char *name)
{
	return device_set_driver_override(&rpdev->dev, name);
}

/* Return: 1 or 0 when an override decides, negative when there is none. */
static inline int compat_rpmsg_match_override(struct rpmsg_device *rpdev,
					      const struct device_driver *driver)
{
	return device_match_driver_override(&rpdev->dev, driver);
}

#else

#define COMPAT_BUS_OVERRIDE
#define COMPAT_OVERRIDE_ATTR	(&dev_attr_driver_override.attr)

static inline int compat_rpmsg_set_override(struct rpmsg_device *rpdev, const char *name)
{
	return driver_set_override(&rpdev->dev, &rpdev->driver_override, name, strlen(name));
}

static inline int compat_rpmsg_match_override(struct rpmsg_device *rpdev,
					      const struct device_driver *driver)
{
	if (!rpdev->driver_override)
		return -ENOENT;
	return !strcmp(rpdev->driver_override, driver->name);
}

static ssize_t driver_override_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	ssize_t len;

	/* The device's lock keeps the string, as it does in driver_set_override(). */
	device_lock(dev);
	len = sysfs_emit(buf, "%s\n", to_rpmsg_device(dev)->driver_override);
	device_unlock(dev);
	return len;
}

static ssize_t driver_override_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	int ret = driver_set_override(dev, &to_rpmsg_device(dev)->driver_override, buf, count);

	return ret ?: count;
}
static DEVICE_ATTR_RW(driver_override);

#endif /* HAVE_BUS_DRIVER_OVERRIDE */

#endif /* COMPAT_RPMSG_BUS_H */
