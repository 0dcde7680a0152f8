// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_ctrl: /dev/rpmsg_ctrlN, one for each remote. Its ioctls make endpoint nodes
 * (/dev/rpmsgN, by rpmsg_char) and channels, and remove channels.
 *
 * Objects
 *	struct ctrl is made by probe and freed with its device's last reference. An open file holds
 *	one (through the cdev), so it outlives the remote; @rpdev is NULL from then on. Endpoint
 *	nodes are children of the device; what is left of them goes when the remote goes.
 *
 * Locks
 *	lock	read: a call that uses @rpdev; write: remove takes @rpdev away. Calls of several
 *		processes run side by side, one that waits for a driver's probe stops no other.
 *		Outermost: the transport's and rpmsg_char's locks come inside.
 *
 * Unplug
 *	Remove waits for calls under way; the transport has made sure by then that nothing in them
 *	sleeps for the remote. Later calls say -ENETRESET.
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "rpmsg_char.h"
#include "rpmsg_internal.h"
#include "rpmsg_name.h"

#define CTRL_MINORS	(MINORMASK + 1)

/**
 * struct ctrl - a control node
 * @dev:   /sys/class/rpmsg/rpmsg_ctrlN
 * @cdev:  /dev/rpmsg_ctrlN
 * @lock:  guards @rpdev
 * @rpdev: the remote's device for us; NULL when it is gone
 */
struct ctrl {
	struct device dev;
	struct cdev cdev;
	struct rw_semaphore lock;
	struct rpmsg_device *rpdev;
};

static dev_t rpmsg_ctrl_region;
static DEFINE_IDA(rpmsg_ctrl_ids);

static int rpmsg_ctrl_open(struct inode *inode, struct file *file)
{
	file->private_data = container_of(inode->i_cdev, struct ctrl, cdev);
	return 0;
}

static long rpmsg_ctrl_call(struct ctrl *ctrl, unsigned int cmd, struct rpmsg_channel_info *info)
{
	switch (cmd) {
	case RPMSG_CREATE_EPT_IOCTL:
		return rpmsg_chrdev_eptdev_create(ctrl->rpdev, &ctrl->dev, *info);
	case RPMSG_CREATE_DEV_IOCTL:
		if (!rpmsg_name_ok(info->name))
			return -EINVAL;
		return rpmsg_create_channel(ctrl->rpdev, info) ? 0 : -ENXIO;
	case RPMSG_RELEASE_DEV_IOCTL:
		return rpmsg_release_channel(ctrl->rpdev, info);
	default:
		return -EINVAL;
	}
}

static long rpmsg_ctrl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ctrl *ctrl = file->private_data;
	struct rpmsg_channel_info info;
	struct rpmsg_endpoint_info from_user;
	long ret = -ENETRESET;

	if (cmd != RPMSG_CREATE_EPT_IOCTL && cmd != RPMSG_CREATE_DEV_IOCTL &&
	    cmd != RPMSG_RELEASE_DEV_IOCTL)
		return -EINVAL;

	if (copy_from_user(&from_user, (void __user *)arg, sizeof(from_user)))
		return -EFAULT;

	/* A name without an end is cut. */
	strscpy_pad(info.name, from_user.name, sizeof(info.name));
	info.src = from_user.src;
	info.dst = from_user.dst;

	down_read(&ctrl->lock);
	if (ctrl->rpdev)
		ret = rpmsg_ctrl_call(ctrl, cmd, &info);
	up_read(&ctrl->lock);
	return ret;
}

static const struct file_operations rpmsg_ctrl_fops = {
	.owner		= THIS_MODULE,
	.open		= rpmsg_ctrl_open,
	.unlocked_ioctl	= rpmsg_ctrl_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static void rpmsg_ctrl_free(struct device *dev)
{
	ida_free(&rpmsg_ctrl_ids, MINOR(dev->devt));
	kfree(container_of(dev, struct ctrl, dev));
}

static int rpmsg_ctrl_probe(struct rpmsg_device *rpdev)
{
	struct ctrl *ctrl;
	int id, ret;

	ctrl = kzalloc(sizeof(*ctrl), GFP_KERNEL);
	if (!ctrl)
		return -ENOMEM;

	id = ida_alloc_max(&rpmsg_ctrl_ids, CTRL_MINORS - 1, GFP_KERNEL);
	if (id < 0) {
		kfree(ctrl);
		return id;
	}

	init_rwsem(&ctrl->lock);
	ctrl->rpdev = rpdev;

	ctrl->dev.parent = &rpdev->dev;
	ctrl->dev.class = COMPAT_RPMSG_CLASS;
	ctrl->dev.devt = MKDEV(MAJOR(rpmsg_ctrl_region), id);
	ctrl->dev.release = rpmsg_ctrl_free;
	device_initialize(&ctrl->dev);
	cdev_init(&ctrl->cdev, &rpmsg_ctrl_fops);
	ctrl->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&ctrl->dev, "rpmsg_ctrl%d", id);
	if (!ret)
		ret = cdev_device_add(&ctrl->cdev, &ctrl->dev);
	if (ret) {
		put_device(&ctrl->dev);
		return ret;
	}

	dev_set_drvdata(&rpdev->dev, ctrl);
	return 0;
}

static void rpmsg_ctrl_remove(struct rpmsg_device *rpdev)
{
	struct ctrl *ctrl = dev_get_drvdata(&rpdev->dev);

	down_write(&ctrl->lock);
	ctrl->rpdev = NULL;
	up_write(&ctrl->lock);

	device_for_each_child(&ctrl->dev, NULL, rpmsg_chrdev_eptdev_destroy);
	cdev_device_del(&ctrl->cdev, &ctrl->dev);
	put_device(&ctrl->dev);
}

static struct rpmsg_driver rpmsg_ctrl_driver = {
	.drv.name	= KBUILD_MODNAME,
	.probe		= rpmsg_ctrl_probe,
	.remove		= rpmsg_ctrl_remove,
};

static int __init rpmsg_ctrl_init(void)
{
	int ret = alloc_chrdev_region(&rpmsg_ctrl_region, 0, CTRL_MINORS, KBUILD_MODNAME);

	if (ret)
		return ret;

	ret = register_rpmsg_driver(&rpmsg_ctrl_driver);
	if (ret)
		unregister_chrdev_region(rpmsg_ctrl_region, CTRL_MINORS);
	return ret;
}
postcore_initcall(rpmsg_ctrl_init);

static void __exit rpmsg_ctrl_exit(void)
{
	unregister_rpmsg_driver(&rpmsg_ctrl_driver);
	unregister_chrdev_region(rpmsg_ctrl_region, CTRL_MINORS);
	ida_destroy(&rpmsg_ctrl_ids);
}
module_exit(rpmsg_ctrl_exit);

MODULE_DESCRIPTION("Control nodes of rpmsg: make endpoints and channels");
MODULE_ALIAS("rpmsg:" KBUILD_MODNAME);
MODULE_LICENSE("GPL");
