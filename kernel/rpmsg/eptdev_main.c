// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: /dev/rpmsgN, an endpoint as a file. A write is a message, a read is a message.
 *
 * eptdev_main.c	nodes, files, and what both do but for messages
 * eptdev_rx.c		the queue of received messages, and reading them
 * eptdev_tx.c		writing, and waiting for room
 * eptdev_busy.c	looking for a message before sleeping
 * eptdev_ring.c	a file that has rings
 * eptring.c		rings
 * eptdev_sysfs.c	files in sysfs
 *
 * Objects
 *	struct eptdev is a node. rpmsg_ctrl makes one for RPMSG_CREATE_EPT_IOCTL, whose endpoint
 *	exists while the node is open; and the driver here makes one for each channel "rpmsg-raw"
 *	or "rpmsg_chrdev", which works on the channel's own endpoint. It is freed with its device's
 *	last reference; an open file holds one through the cdev, so it outlives the endpoint.
 *	An endpoint without a node is a node that nobody can find: its device has no number, it is
 *	made with its one file, and removed with that.
 *	struct eptfile is an open file, with the options of it. Files of a shared node have one
 *	endpoint among them, which ends with the last.
 *	struct message is a received message in the queue of the node. Those that nobody read are
 *	freed when the last file is closed.
 *
 * Locks, outer to inner
 *	eptdev_nodes_lock	one node comes or goes at a time. Whoever finds one can remove it,
 *			also before it is all there, and then has to wait; the second removal
 *			of a node waits for the first. A device leaves its parent's list before
 *			it leaves sysfs, so who removes the parent must wait here for nodes that
 *			it does not find there any more.
 *	lock		read: a call that uses the endpoint; write: the endpoint comes or goes. Held
 *			in no wait for the remote: a writer takes it anew for each attempt. (On a
 *			transport that has no poll operation the write has to wait inside.)
 *	ept->cb_lock	the transport's: held while eptdev_receive() runs; priv changes under it
 *	the rings' rx_mutex	the order of messages between queue and rings
 *	rx_lock		a spinlock, the queue. The transport may call us with interrupts off.
 *
 * Waiting for room
 *	Files are polled on @writeq alone: a poller's entry stays in a queue for as long as the file
 *	is open, and the transport's queue dies with the remote. So the node itself watches the
 *	transport's queue from open() until the endpoint goes, and passes wake-ups on. Who finds
 *	no room asks the transport by rpmsg_poll(), which makes it wake that queue once.
 *
 * Full and out of memory
 *	The queue is bounded in bytes; a message that does not fit, or finds no memory, is dropped
 *	and counted, each in a counter of its own, and the transport is told. Where the transport
 *	can (virtio_rpmsg_bus.h) and the node's rx_full says "hold", one that does not fit stays in
 *	the transport's buffer instead, with all behind it, and is asked for when half of the queue
 *	is read. What is held when the remote goes is queued, whatever the bound. A read that faults
 *	leaves the message; so does one into too small a buffer, -EMSGSIZE, unless the file asked
 *	for truncation. A write waits for at most as long as its file says, then -ETIMEDOUT.
 *
 * Unplug
 *	The endpoint is taken away under @lock, then all sleepers are woken. Reads return what is
 *	queued, then -EPIPE; writes -EPIPE; poll EPOLLERR | EPOLLHUP | EPOLLRDHUP; open -ENETRESET.
 */
#include <linux/anon_inodes.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/rpmsg_ring.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "../compat/io_uring.h"
#include "eptdev.h"
#include "eptring.h"
#include "rpmsg_char.h"
#include "rpmsg_internal.h"
#include "virtio_rpmsg_bus.h"

#define CREATE_TRACE_POINTS
#include "rpmsg_char_trace.h"

#define EPTDEV_MINORS		(MINORMASK + 1)
#define EPTDEV_SEND_TIMEOUT	(15 * NSEC_PER_SEC)
#define EPTDEV_RX_LIMIT		(1024 * 1024)
#define EPTDEV_UNKNOWN_MTU	65535	/* the most that a 16-bit length can say */

static dev_t eptdev_region;
static DEFINE_IDA(eptdev_ids);
static DEFINE_MUTEX(eptdev_nodes_lock);

/* The endpoint's life */

/*
 * The module need not be there, for a remote with another transport. If it is, it cannot go before
 * its devices.
 */
static const struct vrpmsg_ops *eptdev_find_ops(const struct rpmsg_device *rpdev)
{
	typeof(vrpmsg_get_ops) *get = symbol_get(vrpmsg_get_ops);
	const struct vrpmsg_ops *ops;

	if (!get)
		return NULL;

	ops = get(rpdev);
	symbol_put(vrpmsg_get_ops);
	return ops;
}

static void eptdev_timed(void *priv)
{
	const struct eptdev *eptdev = priv;

	trace_rpmsg_timed(&eptdev->dev);
}

static void eptdev_given_up(void *priv, const struct vrpmsg_timed *timed)
{
	const struct eptdev *eptdev = priv;

	trace_rpmsg_passed(&eptdev->dev, timed);
}

static const struct vrpmsg_ept_user eptdev_user = {
	.flow		= eptdev_receive_flow,
	.begin		= eptdev_begin_messages,
	.end		= eptdev_end_messages,
	.timed		= eptdev_timed,
	.given_up	= eptdev_given_up,
};

static void eptdev_set_mtu(struct eptdev *eptdev, struct rpmsg_endpoint *ept)
{
	const ssize_t mtu = rpmsg_get_mtu(ept);

	WRITE_ONCE(eptdev->mtu, mtu > 0 ? mtu : EPTDEV_UNKNOWN_MTU);
}

static int eptdev_start(struct eptdev *eptdev)
{
	const struct vrpmsg_ops *ops = eptdev_find_ops(eptdev->rpdev);
	struct rpmsg_endpoint *ept = eptdev->channel_ept;

	lockdep_assert_held_write(&eptdev->lock);

	if (!ept)
		ept = rpmsg_create_ept(eptdev->rpdev, eptdev_receive, eptdev, eptdev->info);
	if (!ept)
		return ops && ops->exclusive->is_exclusive(eptdev->rpdev) ? -EBUSY : -EINVAL;

	eptdev_set_mtu(eptdev, ept);
	WRITE_ONCE(eptdev->ops, ops);
	if (ops) {
		/* From the first time on it may keep messages */
		ops->resume(ept);
		ops->set_user(ept, &eptdev_user);
	} else {
		compat_rpmsg_set_flow_cb(ept, eptdev_receive_flow);
	}
	WRITE_ONCE(eptdev->addr, ept->addr);
	trace_rpmsg_open(&eptdev->dev, eptdev->info.name, ept->addr, eptdev->info.dst);

	init_poll_funcptr(&eptdev->tx_table, eptdev_tx_watch);
	rpmsg_poll(ept, NULL, &eptdev->tx_table);
	WRITE_ONCE(eptdev->ept, ept);
	return 0;
}

/* On return no callback uses the node that was there before. */
static void eptdev_set_receiver(struct rpmsg_endpoint *ept, struct eptdev *eptdev)
{
	mutex_lock(&ept->cb_lock);
	ept->priv = eptdev;
	mutex_unlock(&ept->cb_lock);
}

/* Under the lock to the end: who comes next may free the transport. */
static void eptdev_end(struct eptdev *eptdev)
{
	struct rpmsg_endpoint *ept = eptdev->ept;
	const struct vrpmsg_ops *ops = eptdev->ops;

	lockdep_assert_held_write(&eptdev->lock);

	if (!ept)
		return;

	/* Nobody will ask for what is kept: a channel's endpoint stays, and must not keep it. */
	WRITE_ONCE(eptdev->ops, NULL);
	if (ops)
		ops->resume(ept);
	if (eptdev->ring)
		eptring_stop(eptdev->ring);
	if (eptdev->tx_queue)
		remove_wait_queue(eptdev->tx_queue, &eptdev->tx_entry);
	eptdev->tx_queue = NULL;
	if (ops)
		ops->end_timed(ept);
	if (ept != eptdev->channel_ept)
		rpmsg_destroy_ept(ept);
	else if (!eptdev->rpdev)
		eptdev_set_receiver(ept, NULL);

	/* Not before: who sees that it is gone, and finds no message, takes that for the end. */
	WRITE_ONCE(eptdev->ept, NULL);
	if (eptdev->ring)
		eptring_end(eptdev->ring);
}

/* Another file for the node. Return: it, or an error. */
static struct eptfile *eptdev_get_file(struct eptdev *eptdev)
{
	struct eptfile *file;
	int ret = 0;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	file->eptdev = eptdev;
	file->send_timeout_ns = EPTDEV_SEND_TIMEOUT;

	down_write(&eptdev->lock);
	if (!eptdev->rpdev)
		ret = -ENETRESET;
	else if (eptdev->users && !(eptdev->flags & RPMSG_ENDPOINT_SHARED))
		ret = -EBUSY;
	else if (!eptdev->users)
		ret = eptdev_start(eptdev);
	if (!ret)
		eptdev->users++;
	up_write(&eptdev->lock);

	if (ret) {
		kfree(file);
		return ERR_PTR(ret);
	}
	return file;
}

static void eptdev_put_file(struct eptfile *file)
{
	struct eptdev *eptdev = file->eptdev;
	struct eptring *ring = NULL;
	u32 unread;

	down_write(&eptdev->lock);
	if (!--eptdev->users) {
		ring = eptdev->ring;
		if (ring)
			eptring_notice(ring);
		eptdev_end(eptdev);
		/* A channel's endpoint goes on */
		eptdev_set_ring(eptdev, eptdev->rpdev ? eptdev->channel_ept : NULL, NULL);
		unread = eptdev_purge(eptdev);
		if (ring)
			unread += eptring_forget(ring);
		trace_rpmsg_closed(&eptdev->dev, unread);
	}
	up_write(&eptdev->lock);
	if (ring)
		eptring_free(ring);
	kfree(file);
}

static int eptdev_open(struct inode *inode, struct file *file)
{
	struct eptfile *eptfile;

	eptfile = eptdev_get_file(container_of(inode->i_cdev, struct eptdev, cdev));
	if (IS_ERR(eptfile))
		return PTR_ERR(eptfile);

	file->private_data = eptfile;
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static int eptdev_release(struct inode *inode, struct file *file)
{
	struct eptdev *eptdev = eptdev_of_file(file);

	eptdev_put_file(file->private_data);
	if (eptdev->flags & RPMSG_ENDPOINT_NO_NODE) {
		rpmsg_chrdev_eptdev_destroy(&eptdev->dev, NULL);
		put_device(&eptdev->dev);
	}
	return 0;
}

/**
 * rpmsg_chrdev_eptdev_destroy() - remove a node; also while it is open, also twice
 * @dev:    its device, which the caller has a reference to
 * @unused: to be called by device_for_each_child()
 *
 * Return: 0.
 */
int rpmsg_chrdev_eptdev_destroy(struct device *dev, void *unused)
{
	struct eptdev *eptdev = to_eptdev(dev);
	bool first;

	down_write(&eptdev->lock);
	eptdev->rpdev = NULL;
	eptdev_take_last(eptdev);
	eptdev_end(eptdev);
	up_write(&eptdev->lock);
	wake_up_all(&eptdev->readq);
	wake_up_all(&eptdev->writeq);

	mutex_lock(&eptdev_nodes_lock);
	first = eptdev->added;
	if (first)
		cdev_device_del(&eptdev->cdev, dev);
	eptdev->added = false;
	mutex_unlock(&eptdev_nodes_lock);

	if (first)
		put_device(dev);
	return 0;
}
EXPORT_SYMBOL(rpmsg_chrdev_eptdev_destroy);

/**
 * rpmsg_chrdev_destroy_all() - remove all nodes of a parent that goes
 * @parent: of the nodes' devices; nobody makes more of them
 *
 * On return they are gone, also those that somebody else removes at this moment.
 */
void rpmsg_chrdev_destroy_all(struct device *parent)
{
	device_for_each_child(parent, NULL, rpmsg_chrdev_eptdev_destroy);
	mutex_lock(&eptdev_nodes_lock);
	mutex_unlock(&eptdev_nodes_lock);
}
EXPORT_SYMBOL_GPL(rpmsg_chrdev_destroy_all);

static int eptdev_get_flow(struct eptdev *eptdev, int __user *arg)
{
	int paused;

	spin_lock_irq(&eptdev->rx_lock);
	paused = eptdev->flow_paused;
	eptdev->flow_changed = false;
	spin_unlock_irq(&eptdev->rx_lock);

	return put_user(paused, arg);
}

static int eptdev_set_flow(struct eptdev *eptdev, unsigned long pause)
{
	const u32 dst = eptdev->info.dst;
	int ret;

	if (pause > 1)
		return -EINVAL;

	down_read(&eptdev->lock);
	if (!eptdev->ept)
		ret = -EPIPE;
	else if (eptdev->ops)
		ret = eptdev->ops->set_flow_control(eptdev->ept, pause, dst);
	else
		ret = rpmsg_set_flow_control(eptdev->ept, pause, dst);
	up_read(&eptdev->lock);
	/* No room to say so. */
	return ret == -ENOMEM ? -EAGAIN : ret;
}

static int eptfile_get_options(const struct eptfile *file,
			       struct rpmsg_endpoint_options __user *uarg)
{
	struct rpmsg_endpoint_options options;
	int ret;

	ret = rpmsg_fetch(&options, sizeof(options), uarg);
	if (ret)
		return ret;

	options.flags = READ_ONCE(file->flags);
	options.send_timeout_ns = READ_ONCE(file->send_timeout_ns);
	options.busy_poll_ns = READ_ONCE(file->busy_poll_ns);
	return copy_to_user(uarg, &options, sizeof(options)) ? -EFAULT : 0;
}

static int eptfile_set_options(struct eptfile *file,
			       const struct rpmsg_endpoint_options __user *uarg)
{
	struct rpmsg_endpoint_options options;
	int ret;

	ret = rpmsg_fetch(&options, sizeof(options), uarg);
	if (ret)
		return ret;
	if (options.flags & ~RPMSG_OPTION_TRUNCATE)
		return -EINVAL;
	ret = eptfile_busy_poll_set(file, options.busy_poll_ns);
	if (ret)
		return ret;

	WRITE_ONCE(file->flags, options.flags);
	WRITE_ONCE(file->send_timeout_ns, options.send_timeout_ns);
	return 0;
}

static __poll_t eptdev_poll(struct file *file, poll_table *wait)
{
	struct eptdev *eptdev = eptdev_of_file(file);
	__poll_t ret = 0;

	poll_wait(file, &eptdev->readq, wait);
	poll_wait(file, &eptdev->writeq, wait);
	/* Pairs with wq_has_sleeper(): either it finds us, or we find what it is about. */
	smp_mb();

	if (eptdev_gone(eptdev))
		ret |= EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	else if (poll_requested_events(wait) & (EPOLLOUT | EPOLLWRNORM))
		ret |= eptdev_room(eptdev);
	if (READ_ONCE(eptdev->ring) ? eptdev_look_into_ring(eptdev) : eptdev_has_message(eptdev))
		ret |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(eptdev->flow_changed))
		ret |= EPOLLPRI;
	return ret;
}

static long eptdev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct eptdev *eptdev = eptdev_of_file(file);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case RPMSG_DESTROY_EPT_IOCTL:
		/* A channel's node goes with its channel. */
		if (eptdev->channel_ept)
			return -EINVAL;
		return rpmsg_chrdev_eptdev_destroy(&eptdev->dev, NULL);
	case RPMSG_GET_OUTGOING_FLOWCONTROL:
		return eptdev_get_flow(eptdev, uarg);
	case RPMSG_SET_INCOMING_FLOWCONTROL:
		return eptdev_set_flow(eptdev, arg);
	case RPMSG_IOC_RING_SETUP:
		return eptdev_setup_ring(eptdev, file, uarg);
	case RPMSG_IOC_RING_SEND:
	case RPMSG_IOC_RING_RECEIVE:
		return eptdev_wait_for_ring(file->private_data, cmd, uarg);
	case RPMSG_IOC_GET_OPTIONS:
		return eptfile_get_options(file->private_data, uarg);
	case RPMSG_IOC_SET_OPTIONS:
		return eptfile_set_options(file->private_data, uarg);
	default:
		return -EINVAL;
	}
}

static const struct file_operations eptdev_fops = {
	.owner		= THIS_MODULE,
	.open		= eptdev_open,
	.release	= eptdev_release,
	.read_iter	= eptdev_read,
	.write_iter	= eptdev_write,
	.poll		= eptdev_poll,
	.mmap		= eptdev_mmap,
	.uring_cmd	= eptdev_uring_cmd,
	.flush		= eptdev_flush,
	.unlocked_ioctl	= eptdev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* Making nodes */

static void eptdev_free(struct device *dev)
{
	struct eptdev *eptdev = to_eptdev(dev);

	eptdev_purge(eptdev);
	ida_free(&eptdev_ids, dev->id);
	kfree(eptdev);
}

static struct eptdev *eptdev_alloc(struct rpmsg_device *rpdev, struct device *parent,
				   const struct rpmsg_channel_info *info, unsigned int flags)
{
	const struct vrpmsg_ops *ops = eptdev_find_ops(rpdev);
	struct vrpmsg_limits limits = {};
	struct eptdev *eptdev;
	int id, ret;

	eptdev = kzalloc(sizeof(*eptdev), GFP_KERNEL);
	if (!eptdev)
		return ERR_PTR(-ENOMEM);

	id = ida_alloc_max(&eptdev_ids, EPTDEV_MINORS - 1, GFP_KERNEL);
	if (id < 0) {
		kfree(eptdev);
		return ERR_PTR(id);
	}

	eptdev->info = *info;
	eptdev->addr = info->src;
	eptdev->flags = flags;
	eptdev->rpdev = rpdev;
	if (ops)
		ops->limits(rpdev, &limits);
	eptdev->mtu = limits.tx_mtu;
	eptdev->rx_limit = EPTDEV_RX_LIMIT;
	init_rwsem(&eptdev->lock);
	spin_lock_init(&eptdev->rx_lock);
	INIT_LIST_HEAD(&eptdev->rx);
	init_waitqueue_head(&eptdev->readq);
	init_waitqueue_head(&eptdev->writeq);

	eptdev->dev.parent = parent;
	eptdev->dev.class = COMPAT_RPMSG_CLASS;
	eptdev->dev.groups = eptdev_groups;
	eptdev->dev.id = id;
	if (!(flags & RPMSG_ENDPOINT_NO_NODE))
		eptdev->dev.devt = MKDEV(MAJOR(eptdev_region), id);
	eptdev->dev.release = eptdev_free;
	device_initialize(&eptdev->dev);
	cdev_init(&eptdev->cdev, &eptdev_fops);
	eptdev->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&eptdev->dev, "rpmsg%d", id);
	if (ret) {
		put_device(&eptdev->dev);
		return ERR_PTR(ret);
	}
	return eptdev;
}

static int eptdev_add(struct eptdev *eptdev)
{
	int ret;

	mutex_lock(&eptdev_nodes_lock);
	ret = cdev_device_add(&eptdev->cdev, &eptdev->dev);
	eptdev->added = !ret;
	mutex_unlock(&eptdev_nodes_lock);
	return ret;
}

/**
 * rpmsg_chrdev_endpoint_create() - make a node for an endpoint, or what an endpoint needs that has
 *				    none
 * @rpdev:  device of the remote
 * @parent: of the node's device; it removes the node by rpmsg_chrdev_eptdev_destroy() before
 *          @rpdev goes
 * @info:   name and addresses of the endpoint, which is made when the node is opened
 * @flags:  RPMSG_ENDPOINT_*
 *
 * Return: its device, with a reference for the caller, N of rpmsgN in its id; or an error.
 */
struct device *rpmsg_chrdev_endpoint_create(struct rpmsg_device *rpdev, struct device *parent,
					    const struct rpmsg_channel_info *info,
					    unsigned int flags)
{
	struct eptdev *eptdev = eptdev_alloc(rpdev, parent, info, flags);
	int ret;

	if (IS_ERR(eptdev))
		return ERR_CAST(eptdev);

	get_device(&eptdev->dev);
	ret = eptdev_add(eptdev);
	if (ret) {
		put_device(&eptdev->dev);
		put_device(&eptdev->dev);
		return ERR_PTR(ret);
	}
	return &eptdev->dev;
}
EXPORT_SYMBOL_GPL(rpmsg_chrdev_endpoint_create);

/**
 * rpmsg_chrdev_endpoint_open() - make the endpoint that has no node, and its file
 * @dev:  from rpmsg_chrdev_endpoint_create() with %RPMSG_ENDPOINT_NO_NODE
 * @addr: where to put the endpoint's address
 *
 * The last close of the file removes all of it.
 *
 * Return: the file, or an error; then the caller has to remove the device.
 */
struct file *rpmsg_chrdev_endpoint_open(struct device *dev, u32 *addr)
{
	struct eptdev *eptdev = to_eptdev(dev);
	struct eptfile *eptfile = eptdev_get_file(eptdev);
	struct file *file;

	if (IS_ERR(eptfile))
		return ERR_CAST(eptfile);

	file = anon_inode_getfile("[rpmsg]", &eptdev_fops, eptfile, O_RDWR);
	if (IS_ERR(file)) {
		eptdev_put_file(eptfile);
		return file;
	}
	get_device(dev);
	file->f_mode |= FMODE_NOWAIT;

	down_read(&eptdev->lock);
	*addr = eptdev->ept ? eptdev->ept->addr : eptdev->info.src;
	up_read(&eptdev->lock);
	return file;
}
EXPORT_SYMBOL_GPL(rpmsg_chrdev_endpoint_open);

/**
 * rpmsg_chrdev_eptdev_create() - make a node for an endpoint
 * @rpdev:  device of the remote
 * @parent: of the node's device, as for rpmsg_chrdev_endpoint_create()
 * @chinfo: name and addresses of the endpoint
 *
 * Return: 0 or -errno.
 */
int rpmsg_chrdev_eptdev_create(struct rpmsg_device *rpdev, struct device *parent,
			       struct rpmsg_channel_info chinfo)
{
	struct device *dev = rpmsg_chrdev_endpoint_create(rpdev, parent, &chinfo, 0);

	if (IS_ERR(dev))
		return PTR_ERR(dev);

	put_device(dev);
	return 0;
}
EXPORT_SYMBOL(rpmsg_chrdev_eptdev_create);

/* Channels that are nodes by themselves */

static int eptdev_channel_probe(struct rpmsg_device *rpdev)
{
	struct rpmsg_channel_info info = { .src = rpdev->src, .dst = rpdev->dst };
	struct eptdev *eptdev;
	int ret;

	strscpy_pad(info.name, rpdev->id.name, sizeof(info.name));
	eptdev = eptdev_alloc(rpdev, &rpdev->dev, &info, 0);
	if (IS_ERR(eptdev))
		return PTR_ERR(eptdev);

	eptdev->channel_ept = rpdev->ept;
	eptdev_set_mtu(eptdev, rpdev->ept);
	eptdev_set_receiver(rpdev->ept, eptdev);
	dev_set_drvdata(&rpdev->dev, eptdev);

	ret = eptdev_add(eptdev);
	if (ret) {
		eptdev_set_receiver(rpdev->ept, NULL);
		put_device(&eptdev->dev);
	}
	return ret;
}

static void eptdev_channel_remove(struct rpmsg_device *rpdev)
{
	struct eptdev *eptdev = dev_get_drvdata(&rpdev->dev);

	down_write(&eptdev->lock);
	eptdev_take_last(eptdev);
	up_write(&eptdev->lock);
	eptdev_set_receiver(rpdev->ept, NULL);
	rpmsg_chrdev_eptdev_destroy(&eptdev->dev, NULL);
}

static const struct rpmsg_device_id eptdev_channel_ids[] = {
	{ .name = "rpmsg-raw" },
	{ .name = "rpmsg_chrdev" },
	{ }
};
MODULE_DEVICE_TABLE(rpmsg, eptdev_channel_ids);

static struct rpmsg_driver eptdev_channel_driver = {
	.drv.name	= "rpmsg_chrdev",
	.id_table	= eptdev_channel_ids,
	.callback	= eptdev_receive,
	.probe		= eptdev_channel_probe,
	.remove		= eptdev_channel_remove,
};

static int __init eptdev_init(void)
{
	int ret = alloc_chrdev_region(&eptdev_region, 0, EPTDEV_MINORS, KBUILD_MODNAME);

	if (ret)
		return ret;

	ret = register_rpmsg_driver(&eptdev_channel_driver);
	if (ret)
		unregister_chrdev_region(eptdev_region, EPTDEV_MINORS);
	return ret;
}
postcore_initcall(eptdev_init);

static void __exit eptdev_exit(void)
{
	unregister_rpmsg_driver(&eptdev_channel_driver);
	unregister_chrdev_region(eptdev_region, EPTDEV_MINORS);
	ida_destroy(&eptdev_ids);
}
module_exit(eptdev_exit);

MODULE_DESCRIPTION("Endpoints of rpmsg as character devices");
MODULE_LICENSE("GPL");
