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
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg_endpoint.h>
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

/* Return: the file of an endpoint without a node, NULL for one with a node, or an error. */
static struct file *rpmsg_ctrl_make(struct device *dev, struct rpmsg_endpoint_create *arg)
{
	struct file *file;
	int fd;

	arg->index = dev->id;
	arg->fd = -1;
	if (!(arg->flags & RPMSG_ENDPOINT_NO_NODE))
		return NULL;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return ERR_PTR(fd);

	file = rpmsg_chrdev_endpoint_open(dev, &arg->src);
	if (IS_ERR(file))
		put_unused_fd(fd);
	else
		arg->fd = fd;
	return file;
}

/* A file must not be seen by other threads before the call is certain to succeed. */
static int rpmsg_ctrl_create_endpoint(struct ctrl *ctrl, struct rpmsg_endpoint_create *arg,
				      struct rpmsg_endpoint_create __user *uarg)
{
	struct rpmsg_channel_info info = { .src = arg->src, .dst = arg->dst };
	struct device *dev;
	struct file *file;
	int ret = 0;

	strscpy_pad(info.name, arg->name, sizeof(info.name));
	dev = rpmsg_chrdev_endpoint_create(ctrl->rpdev, &ctrl->dev, &info, arg->flags);
	if (IS_ERR(dev))
		return PTR_ERR(dev);

	file = rpmsg_ctrl_make(dev, arg);
	if (IS_ERR(file))
		ret = PTR_ERR(file);
	else if (copy_to_user(uarg, arg, sizeof(*arg)))
		ret = -EFAULT;

	if (ret) {
		rpmsg_chrdev_eptdev_destroy(dev, NULL);
		if (!IS_ERR_OR_NULL(file)) {
			put_unused_fd(arg->fd);
			fput(file);
		}
	} else if (file) {
		fd_install(arg->fd, file);
	}
	put_device(dev);
	return ret;
}

static long rpmsg_ctrl_ioctl_create(struct ctrl *ctrl, struct rpmsg_endpoint_create __user *uarg)
{
	const u32 flags = RPMSG_ENDPOINT_NO_NODE | RPMSG_ENDPOINT_SHARED;
	struct rpmsg_endpoint_create arg;
	long ret;

	ret = rpmsg_fetch(&arg, sizeof(arg), uarg);
	if (ret)
		return ret;
	if (arg.flags & ~flags || arg.flags == flags ||
	    strnlen(arg.name, sizeof(arg.name)) == sizeof(arg.name))
		return -EINVAL;

	ret = -ENETRESET;
	down_read(&ctrl->lock);
	if (ctrl->rpdev)
		ret = rpmsg_ctrl_create_endpoint(ctrl, &arg, uarg);
	up_read(&ctrl->lock);
	return ret;
}

static long rpmsg_ctrl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ctrl *ctrl = file->private_data;
	struct rpmsg_channel_info info;
	struct rpmsg_endpoint_info from_user;
	long ret = -ENETRESET;

	if (cmd == RPMSG_IOC_CREATE_ENDPOINT)
		return rpmsg_ctrl_ioctl_create(ctrl, (void __user *)arg);
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

	rpmsg_chrdev_destroy_all(&ctrl->dev);
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
