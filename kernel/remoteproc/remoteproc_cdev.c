// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/remoteprocN: the orders of the attribute `state` on a file, and an end with the file's.
 *
 * A file that asked for it (RPROC_SET_SHUTDOWN_ON_RELEASE) shuts the processor down with its last
 * close, or lets go of it when it was attached to. So the processor does not outlive the process
 * that looks after it, however that ends. The wish is the file's, not the processor's: other files
 * come and go, a shell's redirection for example, without ending what one of them guards.
 *
 * Objects: struct rproc_file is an open file. The cdev is part of struct rproc and holds a
 * reference to its device; an open file holds the cdev. So the processor's memory stays, also
 * after rproc_del(), until the last file is closed; orders are -ENODEV then, by the life cycle's
 * own check. The module is held by open files as well.
 *
 * Locks: none here but the life cycle's. Calls of one file may be made at once, their wish is one
 * word.
 *
 * Signals and exit: an order waits as a write to `state` does. What happens at the last close may
 * not be given up: nobody could try again. The closing task may have signals pending, or be killed
 * while it waits, so the shutdown runs in a worker, which has none, and close waits for it.
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/remoteproc_cdev.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "remoteproc_private.h"

static dev_t rproc_devt;

/**
 * struct rproc_file - an open /dev/remoteprocN
 * @rproc:		 the processor
 * @shutdown_on_release: what the ioctls say
 */
struct rproc_file {
	struct rproc *rproc;
	bool shutdown_on_release;
};

struct rproc_release {
	struct work_struct work;
	struct rproc *rproc;
};

static int rproc_cdev_open(struct inode *inode, struct file *file)
{
	struct rproc *rproc = container_of(inode->i_cdev, struct rproc, cdev);
	struct rproc_file *rf;

	/* Another file may keep the device number alive for longer than the processor. */
	if (READ_ONCE(to_impl(rproc)->deleting))
		return -ENODEV;
	rf = kzalloc(sizeof(*rf), GFP_KERNEL_ACCOUNT);
	if (!rf)
		return -ENOMEM;
	rf->rproc = rproc;
	file->private_data = rf;
	return stream_open(inode, file);
}

static void rproc_release_work(struct work_struct *work)
{
	struct rproc *rproc = container_of(work, struct rproc_release, work)->rproc;
	int ret = rproc_detach_user(rproc);

	/* Not attached. One that does not run either is none to shut down. */
	if (ret == -EINVAL)
		ret = rproc_shutdown_user(rproc);
	if (ret && ret != -EINVAL && ret != -ENODEV)
		dev_err(&rproc->dev, "not shut down with the file that was closed: %d\n", ret);
}

static int rproc_cdev_release(struct inode *inode, struct file *file)
{
	struct rproc_file *rf = file->private_data;
	struct rproc_release release = { .rproc = rf->rproc };

	if (rf->shutdown_on_release) {
		INIT_WORK_ONSTACK(&release.work, rproc_release_work);
		queue_work(system_unbound_wq, &release.work);
		flush_work(&release.work);
		destroy_work_on_stack(&release.work);
	}
	kfree(rf);
	return 0;
}

static ssize_t rproc_cdev_write(struct file *file, const char __user *from, size_t count,
				loff_t *pos)
{
	struct rproc_file *rf = file->private_data;

	return rproc_write_word(rf->rproc, from, count, rproc_state_command);
}

static long rproc_cdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct rproc_file *rf = file->private_data;
	s32 __user *to = (s32 __user *)arg;
	s32 value;

	if (cmd != RPROC_SET_SHUTDOWN_ON_RELEASE && cmd != RPROC_GET_SHUTDOWN_ON_RELEASE)
		return -ENOTTY;
	if (READ_ONCE(to_impl(rf->rproc)->deleting))
		return -ENODEV;

	if (cmd == RPROC_GET_SHUTDOWN_ON_RELEASE)
		return put_user((s32)READ_ONCE(rf->shutdown_on_release), to);
	if (get_user(value, to))
		return -EFAULT;
	WRITE_ONCE(rf->shutdown_on_release, value);
	return 0;
}

static const struct file_operations rproc_cdev_fops = {
	.owner = THIS_MODULE,
	.open = rproc_cdev_open,
	.release = rproc_cdev_release,
	.write = rproc_cdev_write,
	.unlocked_ioctl = rproc_cdev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * rproc_add_device() - register the device of a processor, and its node
 * @rproc: the processor, with its index
 *
 * Return: 0 or a negative errno.
 */
int rproc_add_device(struct rproc *rproc)
{
	rproc->dev.devt = MKDEV(MAJOR(rproc_devt), rproc->index);
	cdev_init(&rproc->cdev, &rproc_cdev_fops);
	rproc->cdev.owner = THIS_MODULE;
	return cdev_device_add(&rproc->cdev, &rproc->dev);
}

/**
 * rproc_del_device() - undo rproc_add_device(); open files stay
 * @rproc: the processor
 */
void rproc_del_device(struct rproc *rproc)
{
	cdev_device_del(&rproc->cdev, &rproc->dev);
}

int __init rproc_init_cdev(void)
{
	return alloc_chrdev_region(&rproc_devt, 0, RPROC_MAX, "remoteproc");
}

void rproc_exit_cdev(void)
{
	unregister_chrdev_region(rproc_devt, RPROC_MAX);
}
