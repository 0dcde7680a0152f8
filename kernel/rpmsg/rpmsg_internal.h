/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpmsg_internal.h: between the rpmsg core and its transports.
 *
 * Kernel packages do not install this header. Names, prototypes and the order of members are
 * those of the kernel that is built for: a transport built with ours runs on the distribution's
 * rpmsg_core, and one that the distribution built runs on ours.
 */
#ifndef RPMSG_INTERNAL_H
#define RPMSG_INTERNAL_H

#include <linux/poll.h>
#include <linux/rpmsg.h>

#include "../compat/rpmsg.h"

#define to_rpmsg_device(d) container_of(d, struct rpmsg_device, dev)
#define to_rpmsg_driver(d) container_of(d, struct rpmsg_driver, drv)

/**
 * struct rpmsg_device_ops - what a transport does for a device of the bus
 * @create_channel:   make another device beside this one; optional. NULL on any failure
 * @release_channel:  remove the device that matches; optional. -EINVAL when none does
 * @create_ept:       bind a callback to a local address; required. NULL on any failure
 * @announce_create:  tell the remote that the service is there; optional
 * @announce_destroy: tell the remote that it goes away; optional
 */
struct rpmsg_device_ops {
	struct rpmsg_device *(*create_channel)(struct rpmsg_device *rpdev,
					       struct rpmsg_channel_info *info);
	int (*release_channel)(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info);
	struct rpmsg_endpoint *(*create_ept)(struct rpmsg_device *rpdev, rpmsg_rx_cb_t callback,
					     void *priv, struct rpmsg_channel_info info);
	int (*announce_create)(struct rpmsg_device *rpdev);
	int (*announce_destroy)(struct rpmsg_device *rpdev);
};

/**
 * struct rpmsg_endpoint_ops - what a transport does for an endpoint
 * @destroy_ept:         the callback has ended for the last time when it returns; required
 * @send:                to the channel's destination; may sleep for a buffer; required
 * @sendto:              to @dst
 * @send_offchannel:     to @dst in the name of @src
 * @trysend:             as @send, -ENOMEM at once when there is no buffer; required
 * @trysendto:           as @sendto, likewise
 * @trysend_offchannel:  as @send_offchannel, likewise
 * @poll:                EPOLLOUT when a buffer is free
 * @set_flow_control:    ask the remote to pause or to go on; kernels without it have no member
 * @get_mtu:             largest payload of one message, in bytes
 */
struct rpmsg_endpoint_ops {
	void (*destroy_ept)(struct rpmsg_endpoint *ept);
	int (*send)(struct rpmsg_endpoint *ept, void *payload, int len);
	int (*sendto)(struct rpmsg_endpoint *ept, void *payload, int len, u32 dst);
	int (*send_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *payload,
			       int len);
	int (*trysend)(struct rpmsg_endpoint *ept, void *payload, int len);
	int (*trysendto)(struct rpmsg_endpoint *ept, void *payload, int len, u32 dst);
	int (*trysend_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *payload,
				  int len);
	__poll_t (*poll)(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait);
	compat_rpmsg_flow_op set_flow_control;
	ssize_t (*get_mtu)(struct rpmsg_endpoint *ept);
};

struct device *rpmsg_find_device(struct device *parent, struct rpmsg_channel_info *info);
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev,
					  struct rpmsg_channel_info *info);
int rpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info);

/**
 * rpmsg_ctrldev_register_device() - add the device that rpmsg_ctrl binds to
 * @rpdev: prepared by the transport: parent, release, ops
 *
 * Return: 0 or -errno; @rpdev belongs to the device core either way.
 */
static inline int rpmsg_ctrldev_register_device(struct rpmsg_device *rpdev)
{
	return rpmsg_register_device_override(rpdev, "rpmsg_ctrl");
}

#endif /* RPMSG_INTERNAL_H */
