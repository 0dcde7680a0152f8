// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_core: the bus "rpmsg" and the class "rpmsg".
 *
 * A device on the bus is a channel to a service of a remote processor; a driver on the bus is a
 * client of that service. Transports (virtio_rpmsg_bus is ours) make the devices and do the work
 * behind rpmsg_device_ops and rpmsg_endpoint_ops; this file routes calls to them and binds
 * devices to drivers.
 *
 * Objects
 *	A transport allocates struct rpmsg_device, gives it a parent, ops and a release function,
 *	and hands it to rpmsg_register_device(). From that call on it belongs to the device core,
 *	also when the call fails: the release function frees it.
 *	The endpoint of a driver with a callback is made before the driver's probe and destroyed
 *	after its remove; rpdev->ept is it. Every other endpoint belongs to who created it.
 *
 * Locks
 *	None of its own. probe and remove run under the device's lock. A send may race with
 *	anything but the destruction of its own endpoint, which its owner has to exclude.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/of_device.h>
#include <linux/pm_domain.h>
#include <linux/rpmsg.h>
#include <linux/string.h>

#include "../compat/rpmsg_bus.h"
#include "rpmsg_internal.h"

/* Channels */

/**
 * rpmsg_create_channel() - add another channel to the remote that a device talks to
 * @rpdev: any device of that remote
 * @info:  service name, local address or %RPMSG_ADDR_ANY, remote address
 *
 * A local address other than %RPMSG_ADDR_ANY means that the service is here and is announced.
 *
 * Return: the new device, valid while its remote is; NULL on any failure.
 */
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev,
					  struct rpmsg_channel_info *info)
{
	if (WARN_ON(!rpdev) || !rpdev->ops || !rpdev->ops->create_channel)
		return NULL;

	return rpdev->ops->create_channel(rpdev, info);
}
EXPORT_SYMBOL(rpmsg_create_channel);

/**
 * rpmsg_release_channel() - remove a channel of the remote that a device talks to
 * @rpdev: any device of that remote
 * @info:  which: the name, and the addresses unless %RPMSG_ADDR_ANY
 *
 * Return: 0, -EINVAL when no channel matches, -ENXIO when the transport cannot.
 */
int rpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info)
{
	if (WARN_ON(!rpdev))
		return -EINVAL;
	if (!rpdev->ops || !rpdev->ops->release_channel)
		return -ENXIO;

	return rpdev->ops->release_channel(rpdev, info);
}
EXPORT_SYMBOL(rpmsg_release_channel);

static int rpmsg_match_channel(struct device *dev, void *data)
{
	const struct rpmsg_device *rpdev = to_rpmsg_device(dev);
	const struct rpmsg_channel_info *info = data;

	return (info->src == RPMSG_ADDR_ANY || info->src == rpdev->src) &&
	       (info->dst == RPMSG_ADDR_ANY || info->dst == rpdev->dst) &&
	       !strncmp(info->name, rpdev->id.name, sizeof(rpdev->id.name));
}

/**
 * rpmsg_find_device() - look for a channel
 * @parent: the transport's device
 * @info:   name and addresses, %RPMSG_ADDR_ANY fits any
 *
 * Return: a device with a reference that the caller drops by put_device(), or NULL.
 */
struct device *rpmsg_find_device(struct device *parent, struct rpmsg_channel_info *info)
{
	return device_find_child(parent, info, rpmsg_match_channel);
}
EXPORT_SYMBOL(rpmsg_find_device);

/* Endpoints */

/**
 * rpmsg_create_ept() - bind a callback to a local address
 * @rpdev:    a device of the remote to talk to
 * @callback: called for each message that arrives, in the transport's context
 * @priv:     handed to @callback
 * @info:     @info.src is the address, %RPMSG_ADDR_ANY to be given one
 *
 * Return: the endpoint, to be destroyed by rpmsg_destroy_ept(); NULL on any failure.
 */
struct rpmsg_endpoint *rpmsg_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t callback,
					void *priv, struct rpmsg_channel_info info)
{
	if (WARN_ON(!rpdev))
		return NULL;

	return rpdev->ops->create_ept(rpdev, callback, priv, info);
}
EXPORT_SYMBOL(rpmsg_create_ept);

/**
 * rpmsg_destroy_ept() - unbind and free an endpoint
 * @ept: the endpoint, or NULL. The caller has ended all sending through it
 *
 * Waits for a callback that is running, so a callback cannot destroy its own endpoint.
 */
void rpmsg_destroy_ept(struct rpmsg_endpoint *ept)
{
	if (!ept || !ept->ops)
		return;

	ept->ops->destroy_ept(ept);
}
EXPORT_SYMBOL(rpmsg_destroy_ept);

/**
 * rpmsg_send() - send to the destination of the endpoint's channel
 * @ept:  the endpoint
 * @data: payload
 * @len:  its length in bytes
 *
 * Sleeps until there is a buffer: process context only. How long, and the error when there is
 * none in time, is the transport's; virtio_rpmsg_bus waits 15 seconds and says -ETIMEDOUT.
 *
 * Return: 0; -EMSGSIZE, -ERESTARTSYS for a signal, -EPIPE when the remote is gone, or another
 * error of the transport; -ENXIO when it lacks the call; -EINVAL without an endpoint.
 */
int rpmsg_send(struct rpmsg_endpoint *ept, void *data, int len)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->send ? ept->ops->send(ept, data, len) : -ENXIO;
}
EXPORT_SYMBOL(rpmsg_send);

/**
 * rpmsg_sendto() - send to a given destination
 * @ept:  the endpoint
 * @data: payload
 * @len:  its length in bytes
 * @dst:  remote address
 *
 * Return: as rpmsg_send().
 */
int rpmsg_sendto(struct rpmsg_endpoint *ept, void *data, int len, u32 dst)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->sendto ? ept->ops->sendto(ept, data, len, dst) : -ENXIO;
}
EXPORT_SYMBOL(rpmsg_sendto);

/**
 * rpmsg_send_offchannel() - send in the name of any local address
 * @ept:  an endpoint of the same remote
 * @src:  local address that the message shall come from
 * @dst:  remote address
 * @data: payload
 * @len:  its length in bytes
 *
 * Return: as rpmsg_send().
 */
int rpmsg_send_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data, int len)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->send_offchannel ? ept->ops->send_offchannel(ept, src, dst, data, len) :
					    -ENXIO;
}
EXPORT_SYMBOL(rpmsg_send_offchannel);

/**
 * rpmsg_trysend() - rpmsg_send() that does not wait for a buffer
 * @ept:  the endpoint
 * @data: payload
 * @len:  its length in bytes
 *
 * Return: as rpmsg_send(), and -ENOMEM when no buffer is free.
 */
int rpmsg_trysend(struct rpmsg_endpoint *ept, void *data, int len)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->trysend ? ept->ops->trysend(ept, data, len) : -ENXIO;
}
EXPORT_SYMBOL(rpmsg_trysend);

/**
 * rpmsg_trysendto() - rpmsg_sendto() that does not wait for a buffer
 * @ept:  the endpoint
 * @data: payload
 * @len:  its length in bytes
 * @dst:  remote address
 *
 * Return: as rpmsg_trysend().
 */
int rpmsg_trysendto(struct rpmsg_endpoint *ept, void *data, int len, u32 dst)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->trysendto ? ept->ops->trysendto(ept, data, len, dst) : -ENXIO;
}
EXPORT_SYMBOL(rpmsg_trysendto);

/**
 * rpmsg_trysend_offchannel() - rpmsg_send_offchannel() that does not wait for a buffer
 * @ept:  an endpoint of the same remote
 * @src:  local address that the message shall come from
 * @dst:  remote address
 * @data: payload
 * @len:  its length in bytes
 *
 * Return: as rpmsg_trysend().
 */
int rpmsg_trysend_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data, int len)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->trysend_offchannel ?
	       ept->ops->trysend_offchannel(ept, src, dst, data, len) : -ENXIO;
}
EXPORT_SYMBOL(rpmsg_trysend_offchannel);

/**
 * rpmsg_poll() - can a message be sent now?
 * @ept:  the endpoint
 * @file: the file that is polled, or NULL
 * @wait: where to leave the transport's wait queue; its user takes it off again before the
 *        endpoint is destroyed. NULL only asks
 *
 * Return: EPOLLOUT | EPOLLWRNORM, EPOLLERR, or 0, also when the transport cannot tell.
 */
__poll_t rpmsg_poll(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait)
{
	if (WARN_ON(!ept))
		return 0;

	return ept->ops->poll ? ept->ops->poll(ept, file, wait) : 0;
}
EXPORT_SYMBOL(rpmsg_poll);

/**
 * rpmsg_get_mtu() - the largest payload that one message can carry
 * @ept: the endpoint
 *
 * Return: bytes, or -ENOTSUPP when the transport does not say.
 */
ssize_t rpmsg_get_mtu(struct rpmsg_endpoint *ept)
{
	if (WARN_ON(!ept))
		return -EINVAL;

	return ept->ops->get_mtu ? ept->ops->get_mtu(ept) : -ENOTSUPP;
}
EXPORT_SYMBOL(rpmsg_get_mtu);

/* Files in /sys/bus/rpmsg/devices/<device>/ */

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_rpmsg_device(dev)->id.name);
}
static DEVICE_ATTR_RO(name);

static ssize_t src_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%x\n", to_rpmsg_device(dev)->src);
}
static DEVICE_ATTR_RO(src);

static ssize_t dst_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%x\n", to_rpmsg_device(dev)->dst);
}
static DEVICE_ATTR_RO(dst);

static ssize_t announce_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_rpmsg_device(dev)->announce ? "true" : "false");
}
static DEVICE_ATTR_RO(announce);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	ssize_t len = of_device_modalias(dev, buf, PAGE_SIZE);

	if (len != -ENODEV)
		return len;
	return sysfs_emit(buf, RPMSG_DEVICE_MODALIAS_FMT "\n", to_rpmsg_device(dev)->id.name);
}
static DEVICE_ATTR_RO(modalias);

static struct attribute *rpmsg_device_attrs[] = {
	&dev_attr_announce.attr,
	&dev_attr_src.attr,
	&dev_attr_dst.attr,
	&dev_attr_name.attr,
	&dev_attr_modalias.attr,
	COMPAT_OVERRIDE_ATTR,
	NULL
};
ATTRIBUTE_GROUPS(rpmsg_device);

/* The bus */

/* An override decides alone; then the driver's table of service names; then the device tree. */
static int rpmsg_bus_match(struct device *dev, COMPAT_MATCH_CONST struct device_driver *driver)
{
	const struct rpmsg_driver *rpdrv = to_rpmsg_driver(driver);
	struct rpmsg_device *rpdev = to_rpmsg_device(dev);
	const struct rpmsg_device_id *id;
	int ret = compat_rpmsg_match_override(rpdev, driver);

	if (ret >= 0)
		return ret;

	for (id = rpdrv->id_table; id && id->name[0]; id++) {
		if (strncmp(id->name, rpdev->id.name, sizeof(id->name)))
			continue;
		rpdev->id.driver_data = id->driver_data;
		return 1;
	}

	return of_driver_match_device(dev, driver);
}

static int rpmsg_bus_uevent(COMPAT_UEVENT_CONST struct device *dev, struct kobj_uevent_env *env)
{
	COMPAT_UEVENT_CONST struct rpmsg_device *rpdev = to_rpmsg_device(dev);
	int ret = of_device_uevent_modalias(dev, env);

	if (ret != -ENODEV)
		return ret;
	return add_uevent_var(env, "MODALIAS=" RPMSG_DEVICE_MODALIAS_FMT, rpdev->id.name);
}

static struct rpmsg_endpoint *rpmsg_create_driver_ept(struct rpmsg_device *rpdev,
						      const struct rpmsg_driver *rpdrv)
{
	struct rpmsg_channel_info info = { .src = rpdev->src, .dst = RPMSG_ADDR_ANY };
	struct rpmsg_endpoint *ept;

	strscpy(info.name, rpdev->id.name, sizeof(info.name));
	ept = rpmsg_create_ept(rpdev, rpdrv->callback, NULL, info);
	if (!ept)
		return NULL;

	compat_rpmsg_set_flow_cb(ept, compat_rpmsg_driver_flow_cb(rpdrv));
	rpdev->src = ept->addr;
	return ept;
}

static void rpmsg_destroy_driver_ept(struct rpmsg_device *rpdev)
{
	/* A callback that is running may still send by it. */
	rpmsg_destroy_ept(rpdev->ept);
	rpdev->ept = NULL;
}

static int rpmsg_bus_probe(struct device *dev)
{
	const struct rpmsg_driver *rpdrv = to_rpmsg_driver(dev->driver);
	struct rpmsg_device *rpdev = to_rpmsg_device(dev);
	int ret;

	ret = dev_pm_domain_attach(dev, true);
	if (ret)
		return ret;

	if (rpdrv->callback) {
		rpdev->ept = rpmsg_create_driver_ept(rpdev, rpdrv);
		if (!rpdev->ept) {
			dev_err(dev, "no endpoint at address %d\n", rpdev->src);
			ret = -ENOMEM;
			goto detach;
		}
	}

	ret = rpdrv->probe(rpdev);
	if (ret)
		goto destroy_ept;

	if (rpdrv->callback && rpdev->ops->announce_create) {
		ret = rpdev->ops->announce_create(rpdev);
		if (ret)
			goto remove;
	}
	return 0;

remove:
	if (rpdrv->remove)
		rpdrv->remove(rpdev);
destroy_ept:
	if (rpdrv->callback)
		rpmsg_destroy_driver_ept(rpdev);
detach:
	dev_pm_domain_detach(dev, true);
	return ret;
}

static void rpmsg_bus_remove(struct device *dev)
{
	const struct rpmsg_driver *rpdrv = to_rpmsg_driver(dev->driver);
	struct rpmsg_device *rpdev = to_rpmsg_device(dev);
	const struct rpmsg_device_ops *ops = rpdev->ops;

	if (ops->announce_destroy)
		ops->announce_destroy(rpdev);
	if (rpdrv->remove)
		rpdrv->remove(rpdev);
	dev_pm_domain_detach(dev, true);
	rpmsg_destroy_driver_ept(rpdev);
}

static COMPAT_BUS_TYPE rpmsg_bus_type = {
	.name		= "rpmsg",
	.dev_groups	= rpmsg_device_groups,
	.match		= rpmsg_bus_match,
	.uevent		= rpmsg_bus_uevent,
	.probe		= rpmsg_bus_probe,
	.remove		= rpmsg_bus_remove,
	COMPAT_BUS_OVERRIDE
};

/* Devices and drivers */

/**
 * rpmsg_register_device_override() - add a device that one given driver shall bind to
 * @rpdev:  prepared by the transport: parent, release, ops, addresses
 * @driver: name of the driver, which also becomes the device's name; or NULL
 *
 * Return: 0 or -errno. @rpdev belongs to the device core either way.
 */
int rpmsg_register_device_override(struct rpmsg_device *rpdev, const char *driver)
{
	struct device *dev = &rpdev->dev;
	int ret = 0;

	device_initialize(dev);
	dev->bus = &rpmsg_bus_type;

	if (driver) {
		strscpy_pad(rpdev->id.name, driver, sizeof(rpdev->id.name));
		ret = compat_rpmsg_set_override(rpdev, driver);
	}
	if (!ret)
		ret = dev_set_name(dev, "%s.%s.%d.%d", dev_name(dev->parent), rpdev->id.name,
				   rpdev->src, rpdev->dst);
	if (!ret)
		ret = device_add(dev);
	if (ret) {
		dev_err(dev->parent, "cannot add rpmsg device %s: %d\n", rpdev->id.name, ret);
		put_device(dev);
	}
	return ret;
}
EXPORT_SYMBOL(rpmsg_register_device_override);

/**
 * rpmsg_register_device() - add a device to the bus
 * @rpdev: prepared by the transport: name, parent, release, ops, addresses
 *
 * Return: as rpmsg_register_device_override().
 */
int rpmsg_register_device(struct rpmsg_device *rpdev)
{
	return rpmsg_register_device_override(rpdev, NULL);
}
EXPORT_SYMBOL(rpmsg_register_device);

/**
 * rpmsg_unregister_device() - remove a device from the bus
 * @parent: the transport's device
 * @info:   which, as for rpmsg_find_device()
 *
 * Return: 0, or -EINVAL when none matches.
 */
int rpmsg_unregister_device(struct device *parent, struct rpmsg_channel_info *info)
{
	struct device *found = rpmsg_find_device(parent, info);

	if (!found)
		return -EINVAL;

	device_unregister(found);
	put_device(found);
	return 0;
}
EXPORT_SYMBOL(rpmsg_unregister_device);

/**
 * __register_rpmsg_driver() - add a driver to the bus; see register_rpmsg_driver()
 * @rpdrv: the driver
 * @owner: its module
 *
 * Return: 0 or -errno.
 */
int __register_rpmsg_driver(struct rpmsg_driver *rpdrv, struct module *owner)
{
	rpdrv->drv.bus = &rpmsg_bus_type;
	rpdrv->drv.owner = owner;
	return driver_register(&rpdrv->drv);
}
EXPORT_SYMBOL(__register_rpmsg_driver);

/**
 * unregister_rpmsg_driver() - remove a driver from the bus
 * @rpdrv: the driver; unbound from all its devices on return
 */
void unregister_rpmsg_driver(struct rpmsg_driver *rpdrv)
{
	driver_unregister(&rpdrv->drv);
}
EXPORT_SYMBOL(unregister_rpmsg_driver);

static int __init rpmsg_core_init(void)
{
	int ret = class_register(COMPAT_RPMSG_CLASS);

	if (ret)
		return ret;

	ret = bus_register(&rpmsg_bus_type);
	if (ret)
		class_unregister(COMPAT_RPMSG_CLASS);
	return ret;
}
postcore_initcall(rpmsg_core_init);

static void __exit rpmsg_core_exit(void)
{
	bus_unregister(&rpmsg_bus_type);
	class_unregister(COMPAT_RPMSG_CLASS);
}
module_exit(rpmsg_core_exit);

MODULE_DESCRIPTION("The rpmsg bus: channels to the services of remote processors");
MODULE_LICENSE("GPL");
