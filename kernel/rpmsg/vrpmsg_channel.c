// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: the devices of one remote on the rpmsg bus, and telling the remote of ours.
 *
 * Objects
 *	struct vrpmsg_channel has two references: one of the device, whose release drops it, and one
 *	of the list, which holds its name from before it is added to the bus until after it is
 *	removed. So of two that would be the same, the second fails before sysfs sees it, and
 *	removal knows what it has to wait for.
 *
 * Locks
 *	channel_lock, taken for the list and the states only: adding and removing a device runs a
 *	driver's probe and remove, which may add and remove other channels.
 */
#include <linux/rpmsg/ns.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>

#include "vrpmsg.h"

static const struct rpmsg_device_ops vrpmsg_device_ops;

static void vrpmsg_free_channel(struct kref *ref)
{
	struct vrpmsg_channel *channel = container_of(ref, struct vrpmsg_channel, refs);

	compat_rpmsg_free_override(&channel->rpdev);
	kfree(channel);
}

static void vrpmsg_put_channel(struct vrpmsg_channel *channel)
{
	kref_put(&channel->refs, vrpmsg_free_channel);
}

static void vrpmsg_release_device(struct device *dev)
{
	vrpmsg_put_channel(container_of(dev, struct vrpmsg_channel, rpdev.dev));
}

static struct vrpmsg_channel *vrpmsg_alloc_channel(struct vrpmsg *vrp,
						   const struct rpmsg_channel_info *info)
{
	struct vrpmsg_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	struct rpmsg_device *rpdev;

	if (!channel)
		return NULL;

	kref_init(&channel->refs);
	channel->vrp = vrp;
	channel->src = info->src;
	channel->dst = info->dst;

	rpdev = &channel->rpdev;
	strscpy(rpdev->id.name, info->name, sizeof(rpdev->id.name));
	rpdev->src = info->src;
	rpdev->dst = info->dst;
	rpdev->ops = &vrpmsg_device_ops;
	rpdev->little_endian = vrp->little_endian;
	/* A service of ours has an address that was chosen; the remote has to be told. */
	rpdev->announce = info->src != RPMSG_ADDR_ANY;
	rpdev->dev.parent = &vrp->vdev->dev;
	rpdev->dev.release = vrpmsg_release_device;
	return channel;
}

static bool fits(u32 wanted, u32 addr)
{
	return wanted == RPMSG_ADDR_ANY || wanted == addr;
}

static struct vrpmsg_channel *vrpmsg_find_channel(struct vrpmsg *vrp,
						  const struct rpmsg_channel_info *info)
{
	struct vrpmsg_channel *channel;

	lockdep_assert_held(&vrp->channel_lock);

	list_for_each_entry(channel, &vrp->channels, node) {
		const struct rpmsg_device *rpdev = &channel->rpdev;

		if (strncmp(rpdev->id.name, info->name, sizeof(rpdev->id.name)))
			continue;
		if (fits(info->src, READ_ONCE(rpdev->src)) &&
		    fits(info->dst, READ_ONCE(rpdev->dst)))
			return channel;
		/* A driver may have changed the addresses, but the device keeps its name. */
		if (info->src == channel->src && info->dst == channel->dst)
			return channel;
	}
	return NULL;
}

/* Take the name. Return: 0; -EEXIST, -ENOSPC; -EPIPE when the remote is going. */
static int vrpmsg_list_channel(struct vrpmsg_channel *channel,
			       const struct rpmsg_channel_info *info)
{
	struct vrpmsg *vrp = channel->vrp;
	int ret = 0;

	spin_lock(&vrp->channel_lock);
	if (vrp->dying) {
		ret = -EPIPE;
	} else if (vrpmsg_find_channel(vrp, info)) {
		ret = -EEXIST;
	} else if (vrp->num_channels >= VRPMSG_MAX_CHANNELS) {
		ret = -ENOSPC;
	} else {
		vrp->num_channels++;
		kref_get(&channel->refs);
		list_add_tail(&channel->node, &vrp->channels);
	}
	spin_unlock(&vrp->channel_lock);
	return ret;
}

static void vrpmsg_unlist_channel(struct vrpmsg_channel *channel)
{
	struct vrpmsg *vrp = channel->vrp;

	spin_lock(&vrp->channel_lock);
	list_del(&channel->node);
	vrp->num_channels--;
	/* Inside of the lock: when the list is empty, who takes it next may free vrp. */
	wake_up_all(&vrp->channel_wait);
	spin_unlock(&vrp->channel_lock);
	vrpmsg_put_channel(channel);
}

/* The result of adding it to the bus is known; the device's reference is gone if it failed. */
static int vrpmsg_settle_channel(struct vrpmsg_channel *channel, int result)
{
	struct vrpmsg *vrp = channel->vrp;

	if (result) {
		vrpmsg_unlist_channel(channel);
		return result;
	}

	spin_lock(&vrp->channel_lock);
	channel->state = CHANNEL_LIVE;
	wake_up_all(&vrp->channel_wait);
	spin_unlock(&vrp->channel_lock);
	return 0;
}

static struct rpmsg_device *vrpmsg_create_channel(struct rpmsg_device *rpdev,
						  struct rpmsg_channel_info *info)
{
	struct vrpmsg *vrp = vrpmsg_of_device(rpdev);
	struct vrpmsg_channel *channel = vrpmsg_alloc_channel(vrp, info);
	int ret;

	if (!channel)
		return NULL;

	ret = vrpmsg_list_channel(channel, info);
	if (ret) {
		dev_warn_ratelimited(&vrp->vdev->dev, "no channel %s from %d to %d: %s\n",
				     info->name, info->src, info->dst,
				     ret == -EEXIST ? "there is one" :
				     ret == -ENOSPC ? "too many" : "the remote is going");
		vrpmsg_put_channel(channel);
		return NULL;
	}

	ret = vrpmsg_settle_channel(channel, rpmsg_register_device(&channel->rpdev));
	return ret ? NULL : &channel->rpdev;
}

static void vrpmsg_remove_channel(struct vrpmsg_channel *channel)
{
	device_unregister(&channel->rpdev.dev);
	vrpmsg_unlist_channel(channel);
}

static int vrpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info)
{
	struct vrpmsg *vrp = vrpmsg_of_device(rpdev);
	struct vrpmsg_channel *channel;

	spin_lock(&vrp->channel_lock);
	channel = vrpmsg_find_channel(vrp, info);
	if (channel && (channel->internal || channel->state != CHANNEL_LIVE))
		channel = NULL;
	if (channel)
		channel->state = CHANNEL_GOING;
	spin_unlock(&vrp->channel_lock);

	if (!channel)
		return -EINVAL;

	vrpmsg_remove_channel(channel);
	return 0;
}

static int vrpmsg_add_internal(struct vrpmsg *vrp, const struct rpmsg_channel_info *info,
			       int (*register_device)(struct rpmsg_device *rpdev))
{
	struct vrpmsg_channel *channel = vrpmsg_alloc_channel(vrp, info);
	int ret;

	if (!channel)
		return -ENOMEM;

	channel->internal = true;
	channel->rpdev.announce = false;
	ret = vrpmsg_list_channel(channel, info);
	if (ret) {
		vrpmsg_put_channel(channel);
		return ret;
	}
	return vrpmsg_settle_channel(channel, register_device(&channel->rpdev));
}

/**
 * vrpmsg_add_ctrl() - add the device for rpmsg_ctrl
 * @vrp: the remote
 *
 * Return: 0 or -errno.
 */
int vrpmsg_add_ctrl(struct vrpmsg *vrp)
{
	const struct rpmsg_channel_info info = { .name = "rpmsg_ctrl" };

	return vrpmsg_add_internal(vrp, &info, rpmsg_ctrldev_register_device);
}

/**
 * vrpmsg_add_ns() - add the device for rpmsg_ns
 * @vrp: the remote
 *
 * Return: 0 or -errno.
 */
int vrpmsg_add_ns(struct vrpmsg *vrp)
{
	const struct rpmsg_channel_info info = {
		.name	= "rpmsg_ns",
		.src	= RPMSG_NS_ADDR,
		.dst	= RPMSG_NS_ADDR,
	};

	return vrpmsg_add_internal(vrp, &info, rpmsg_ns_register_device);
}

/**
 * vrpmsg_add_static() - add a channel that the remote always has
 * @vrp:  the remote
 * @info: name and addresses
 *
 * One that cannot be added costs itself; the log says so.
 */
void vrpmsg_add_static(struct vrpmsg *vrp, const struct rpmsg_channel_info *info)
{
	struct vrpmsg_channel *channel = vrpmsg_alloc_channel(vrp, info);
	int ret = -ENOMEM;

	if (channel) {
		/* The remote knows of it. */
		channel->rpdev.announce = false;
		ret = vrpmsg_list_channel(channel, info);
		if (ret)
			vrpmsg_put_channel(channel);
		else
			ret = vrpmsg_settle_channel(channel,
						    rpmsg_register_device(&channel->rpdev));
	}
	if (ret)
		dev_warn(&vrp->vdev->dev, "no static channel %s from %d to %d: %d\n", info->name,
			 info->src, info->dst, ret);
}

/* The first one that removal can take, if any. */
static struct vrpmsg_channel *vrpmsg_first_live(struct vrpmsg *vrp)
{
	struct vrpmsg_channel *channel;

	lockdep_assert_held(&vrp->channel_lock);

	list_for_each_entry(channel, &vrp->channels, node) {
		if (channel->state == CHANNEL_LIVE)
			return channel;
	}
	return NULL;
}

static bool vrpmsg_live_or_none(struct vrpmsg *vrp)
{
	bool ret;

	spin_lock(&vrp->channel_lock);
	ret = list_empty(&vrp->channels) || vrpmsg_first_live(vrp);
	spin_unlock(&vrp->channel_lock);
	return ret;
}

/**
 * vrpmsg_remove_channels() - remove all devices; none is left on return
 * @vrp: the remote, which is dying, so that nobody adds any
 *
 * Waits for those that others are adding or removing.
 */
void vrpmsg_remove_channels(struct vrpmsg *vrp)
{
	struct vrpmsg_channel *channel;
	bool none;

	do {
		spin_lock(&vrp->channel_lock);
		none = list_empty(&vrp->channels);
		channel = vrpmsg_first_live(vrp);
		if (channel)
			channel->state = CHANNEL_GOING;
		spin_unlock(&vrp->channel_lock);

		if (channel)
			vrpmsg_remove_channel(channel);
		else if (!none)
			wait_event(vrp->channel_wait, vrpmsg_live_or_none(vrp));
	} while (!none);
}

/* Name service, the way out */

static int vrpmsg_announce(struct rpmsg_device *rpdev, u32 flags)
{
	struct vrpmsg *vrp = vrpmsg_of_device(rpdev);
	struct vrpmsg_from from = { };
	struct rpmsg_ns_msg msg;

	if (!rpdev->announce || !rpdev->ept || !virtio_has_feature(vrp->vdev, VIRTIO_RPMSG_F_NS))
		return 0;

	strscpy_pad(msg.name, rpdev->id.name, sizeof(msg.name));
	msg.addr = cpu_to_rpmsg32(rpdev, rpdev->ept->addr);
	msg.flags = cpu_to_rpmsg32(rpdev, flags);

	if (flags == RPMSG_NS_DESTROY)
		return vrpmsg_send_last(vrp, rpdev->ept->addr, RPMSG_NS_ADDR, &msg, sizeof(msg));
	from.src = rpdev->ept->addr;
	return vrpmsg_send(vrp, &from, RPMSG_NS_ADDR, &msg, sizeof(msg), true);
}

static int vrpmsg_announce_create(struct rpmsg_device *rpdev)
{
	int ret = vrpmsg_announce(rpdev, RPMSG_NS_CREATE);

	if (ret)
		dev_err(&rpdev->dev, "service not announced: %d\n", ret);
	return ret;
}

static int vrpmsg_announce_destroy(struct rpmsg_device *rpdev)
{
	int ret = vrpmsg_announce(rpdev, RPMSG_NS_DESTROY);

	/* A remote that is gone does not mind. */
	if (ret && ret != -EPIPE)
		dev_warn(&rpdev->dev, "end of service not announced: %d\n", ret);
	return ret;
}

static const struct rpmsg_device_ops vrpmsg_device_ops = {
	.create_channel		= vrpmsg_create_channel,
	.release_channel	= vrpmsg_release_channel,
	.create_ept		= vrpmsg_create_ept,
	.announce_create	= vrpmsg_announce_create,
	.announce_destroy	= vrpmsg_announce_destroy,
};

/**
 * vrpmsg_is_ours() - is it a device of this transport?
 * @rpdev: the device
 */
bool vrpmsg_is_ours(const struct rpmsg_device *rpdev)
{
	return rpdev->ops == &vrpmsg_device_ops;
}
