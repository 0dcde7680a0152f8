// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_ns: the name service. A remote says here which services it offers, and which no longer.
 *
 * Objects
 *	A transport registers a device for this driver with rpmsg_ns_register_device(). The core
 *	gives it an endpoint at address 53. Each valid message makes or removes a channel, which
 *	belongs to the transport.
 *
 * Context and locks
 *	Runs in the transport's receive path, which may sleep: adding a channel probes its driver.
 *	No state, no locks. When the device is removed, the core destroys the endpoint, which waits
 *	for a message that is being handled.
 *
 * Trust
 *	A message is copied out of shared memory once; only the copy is looked at. Its length must
 *	be exact. The name is cut at the last byte if it has no end, and must be printable.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg/ns.h>
#include <linux/string.h>

#include "rpmsg_internal.h"
#include "rpmsg_name.h"

/**
 * rpmsg_ns_register_device() - add the device that the name service binds to
 * @rpdev: prepared by the transport: parent, release, ops
 *
 * Return: 0 or -errno. @rpdev belongs to the device core either way.
 */
int rpmsg_ns_register_device(struct rpmsg_device *rpdev)
{
	rpdev->dst = RPMSG_NS_ADDR;
	rpdev->src = RPMSG_NS_ADDR;
	return rpmsg_register_device_override(rpdev, KBUILD_MODNAME);
}
EXPORT_SYMBOL(rpmsg_ns_register_device);

static int rpmsg_ns_message(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct device *transport = rpdev->dev.parent;
	struct rpmsg_channel_info info = { .src = RPMSG_ADDR_ANY };
	struct rpmsg_ns_msg msg;

	if (len != sizeof(msg)) {
		dev_err_ratelimited(transport, "name service: message of %d bytes, not %zu\n",
				    len, sizeof(msg));
		return -EINVAL;
	}
	memcpy(&msg, data, sizeof(msg));
	barrier_data(&msg);

	strscpy_pad(info.name, msg.name, sizeof(info.name));
	info.dst = rpmsg32_to_cpu(rpdev, msg.addr);
	if (!rpmsg_name_ok(info.name)) {
		dev_err_ratelimited(transport, "name service: unusable name %*pE at address %#x\n",
				    (int)strlen(info.name), info.name, info.dst);
		return -EINVAL;
	}

	if (rpmsg32_to_cpu(rpdev, msg.flags) & RPMSG_NS_DESTROY) {
		dev_info_ratelimited(transport, "service %s at address %#x ends\n", info.name,
				     info.dst);
		if (rpmsg_release_channel(rpdev, &info))
			dev_warn_ratelimited(transport, "there was no channel to it\n");
	} else {
		dev_info_ratelimited(transport, "service %s offered at address %#x\n", info.name,
				     info.dst);
		if (!rpmsg_create_channel(rpdev, &info))
			dev_warn_ratelimited(transport, "no new channel to it\n");
	}
	return 0;
}

/* The endpoint is all, and the core makes and destroys it. */
static int rpmsg_ns_probe(struct rpmsg_device *rpdev)
{
	return 0;
}

static struct rpmsg_driver rpmsg_ns_driver = {
	.drv.name	= KBUILD_MODNAME,
	.callback	= rpmsg_ns_message,
	.probe		= rpmsg_ns_probe,
};

static int __init rpmsg_ns_init(void)
{
	return register_rpmsg_driver(&rpmsg_ns_driver);
}
postcore_initcall(rpmsg_ns_init);

static void __exit rpmsg_ns_exit(void)
{
	unregister_rpmsg_driver(&rpmsg_ns_driver);
}
module_exit(rpmsg_ns_exit);

MODULE_DESCRIPTION("rpmsg name service");
MODULE_ALIAS("rpmsg:" KBUILD_MODNAME);
MODULE_LICENSE("GPL");
