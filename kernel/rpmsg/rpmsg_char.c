// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: /dev/rpmsgN, an endpoint as a file. A write is a message, a read is a message.
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
 *	eptdev_delete_lock	one removal of any node at a time; the second waits for the first. A
 *			device leaves its parent's list before it leaves sysfs, so who removes the
 *			parent must wait here for nodes that it does not find there any more.
 *	lock		read: a call that uses the endpoint; write: the endpoint comes or goes. Held
 *			in no wait for the remote: a writer takes it anew for each attempt. (On a
 *			transport that has no poll operation the write has to wait inside.)
 *	ept->cb_lock	the transport's: held while eptdev_receive() runs; priv changes under it
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
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/wait.h>

#include "rpmsg_char.h"
#include "rpmsg_internal.h"
#include "virtio_rpmsg_bus.h"

#define CREATE_TRACE_POINTS
#include "rpmsg_char_trace.h"

#define EPTDEV_MINORS		(MINORMASK + 1)
#define EPTDEV_SEND_TIMEOUT	(15 * NSEC_PER_SEC)
#define EPTDEV_RX_LIMIT		(1024 * 1024)
#define EPTDEV_UNKNOWN_MTU	65535	/* the most that a 16-bit length can say */

/**
 * struct message - a received message
 * @node: in the queue
 * @len:  bytes of @data
 * @data: the payload
 */
struct message {
	struct list_head	node;
	unsigned int		len;
	u8			data[];
};

/* What is counted for as long as the node exists, in its folder statistics/ in sysfs. */
enum eptdev_stat {
	RX_MESSAGES,		/* queued */
	RX_BYTES,
	RX_DROPPED_FULL,	/* beyond rx_limit_bytes */
	RX_DROPPED_NOMEM,
	RX_HELD,		/* how often the transport was told to keep a message */
	TX_MESSAGES,		/* accepted by the transport */
	TX_BYTES,
	TX_FULL,		/* writes that found no room */
	EPTDEV_STATS
};

/**
 * struct eptdev - a node
 * @dev:          /sys/class/rpmsg/rpmsgN
 * @cdev:         /dev/rpmsgN
 * @info:         what it was made with
 * @deleted:      the node is gone; under eptdev_delete_lock
 * @lock:         guards @rpdev, @ept, @users
 * @rpdev:        device of the remote; NULL when node or remote are gone
 * @ept:          the endpoint while the node is open; NULL when it is gone
 * @channel_ept:  the channel's endpoint to use, or NULL to make one at open
 * @flags:        RPMSG_ENDPOINT_* it was made with
 * @users:        open files
 * @addr:         of @ept, kept for who traces
 * @mtu:          of @ept, in bytes; 0 when there was none yet
 * @resume:       asks the transport for what it keeps for @ept; NULL when it cannot keep any
 * @writeq:       who waits for room
 * @tx_queue:     where the transport tells of room; NULL when it does not
 * @tx_entry:     ours in @tx_queue
 * @tx_table:     brings @tx_entry there
 * @rx_lock:      guards the members below
 * @rx:           the queue
 * @rx_count:     messages in it
 * @rx_bytes:     memory in it
 * @rx_limit:     the most of that
 * @rx_hold:      keep what does not fit, do not drop it
 * @rx_last:      the remote goes: everything fits
 * @rx_held:      the transport keeps messages for us
 * @flow_paused:  the remote asked us to pause
 * @flow_changed: it did so, or took it back, since we last asked
 * @readq:        who waits for messages
 * @stats:        counters, see enum eptdev_stat
 */
struct eptdev {
	struct device			dev;
	struct cdev			cdev;
	struct rpmsg_channel_info	info;

	bool				deleted;

	struct rw_semaphore		lock;
	struct rpmsg_device		*rpdev;
	struct rpmsg_endpoint		*ept;
	struct rpmsg_endpoint		*channel_ept;
	unsigned int			flags;
	unsigned int			users;
	u32				addr;
	size_t				mtu;
	vrpmsg_resume_fn		resume;

	wait_queue_head_t		writeq;
	wait_queue_head_t		*tx_queue;
	wait_queue_entry_t		tx_entry;
	poll_table			tx_table;

	spinlock_t			rx_lock;	/* from @rx to @flow_changed, for writing */
	struct list_head		rx;
	unsigned int			rx_count;
	size_t				rx_bytes;
	size_t				rx_limit;
	bool				rx_hold;
	bool				rx_last;
	bool				rx_held;
	bool				flow_paused;
	bool				flow_changed;
	wait_queue_head_t		readq;

	atomic_long_t			stats[EPTDEV_STATS];
};

/**
 * struct eptfile - an open file
 * @eptdev:          the node
 * @flags:           RPMSG_OPTION_*
 * @send_timeout_ns: how long a write may wait
 */
struct eptfile {
	struct eptdev	*eptdev;
	u32		flags;
	u64		send_timeout_ns;
};

static dev_t eptdev_region;
static DEFINE_IDA(eptdev_ids);
static DEFINE_MUTEX(eptdev_delete_lock);

static struct eptdev *to_eptdev(struct device *dev)
{
	return container_of(dev, struct eptdev, dev);
}

static void eptdev_count(struct eptdev *eptdev, enum eptdev_stat stat, long more)
{
	atomic_long_add(more, &eptdev->stats[stat]);
}

/* Receiving */

/* What a message costs: also an empty one. */
static size_t message_size(const struct message *msg)
{
	return sizeof(*msg) + msg->len;
}

/* Return: 0 when the queue has taken it; -ENOBUFS or VRPMSG_HOLD. An empty queue takes anything. */
static int eptdev_enqueue(struct eptdev *eptdev, struct message *msg, u32 src)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&eptdev->rx_lock, flags);
	if (eptdev->rx_last || list_empty(&eptdev->rx) ||
	    eptdev->rx_bytes + message_size(msg) <= eptdev->rx_limit) {
		eptdev->rx_count++;
		eptdev->rx_bytes += message_size(msg);
		list_add_tail(&msg->node, &eptdev->rx);
		/* Under the lock: before anybody reads it. */
		trace_rpmsg_delivered(&eptdev->dev, src, READ_ONCE(eptdev->addr), msg->len,
				      eptdev->rx_count);
	} else if (eptdev->rx_hold && READ_ONCE(eptdev->resume)) {
		eptdev->rx_held = true;
		ret = VRPMSG_HOLD;
	} else {
		ret = -ENOBUFS;
	}
	spin_unlock_irqrestore(&eptdev->rx_lock, flags);
	return ret;
}

/* The transport's callback. @data may be shared with the remote: it is read once. */
static int eptdev_receive(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct eptdev *eptdev = priv;
	struct message *msg;
	int ret;

	if (!eptdev)
		return 0;

	msg = kmalloc(struct_size(msg, data, len), GFP_ATOMIC | __GFP_NOWARN);
	if (!msg) {
		eptdev_count(eptdev, RX_DROPPED_NOMEM, 1);
		trace_rpmsg_refused(&eptdev->dev, -ENOMEM);
		return -ENOMEM;
	}

	msg->len = len;
	memcpy(msg->data, data, len);
	ret = eptdev_enqueue(eptdev, msg, src);
	if (ret) {
		eptdev_count(eptdev, ret == VRPMSG_HOLD ? RX_HELD : RX_DROPPED_FULL, 1);
		if (ret != VRPMSG_HOLD)
			trace_rpmsg_refused(&eptdev->dev, ret);
		kfree(msg);
		return ret;
	}

	eptdev_count(eptdev, RX_MESSAGES, 1);
	eptdev_count(eptdev, RX_BYTES, len);
	if (trace_rpmsg_woken_enabled() && wq_has_sleeper(&eptdev->readq))
		trace_rpmsg_woken(&eptdev->dev, READ_ONCE(eptdev->rx_count));
	wake_up_interruptible_poll(&eptdev->readq, EPOLLIN | EPOLLRDNORM);
	return 0;
}

static int eptdev_receive_flow(struct rpmsg_device *rpdev, void *priv, bool pause)
{
	struct eptdev *eptdev = priv;
	unsigned long flags;

	if (!eptdev)
		return 0;

	spin_lock_irqsave(&eptdev->rx_lock, flags);
	eptdev->flow_paused = pause;
	eptdev->flow_changed = true;
	spin_unlock_irqrestore(&eptdev->rx_lock, flags);

	wake_up_interruptible_poll(&eptdev->readq, EPOLLPRI);
	return 0;
}

/* The first message; ERR_PTR(-EAGAIN) if there is none, ERR_PTR(-EMSGSIZE) if it is too long. */
static struct message *eptdev_dequeue(struct eptdev *eptdev, size_t room)
{
	struct message *msg;

	spin_lock_irq(&eptdev->rx_lock);
	msg = list_first_entry_or_null(&eptdev->rx, struct message, node);
	if (!msg) {
		msg = ERR_PTR(-EAGAIN);
	} else if (msg->len > room) {
		msg = ERR_PTR(-EMSGSIZE);
	} else {
		eptdev->rx_count--;
		eptdev->rx_bytes -= message_size(msg);
		list_del(&msg->node);
	}
	spin_unlock_irq(&eptdev->rx_lock);
	return msg;
}

static void eptdev_requeue(struct eptdev *eptdev, struct message *msg)
{
	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_count++;
	eptdev->rx_bytes += message_size(msg);
	list_add(&msg->node, &eptdev->rx);
	spin_unlock_irq(&eptdev->rx_lock);

	wake_up_interruptible_poll(&eptdev->readq, EPOLLIN | EPOLLRDNORM);
}

/*
 * There is room again, or a new rule. Who says HOLD does so inside of the transport's lock, and
 * rx_held was set before that: none that is kept is missed.
 */
static void eptdev_resume(struct eptdev *eptdev)
{
	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_held = false;
	spin_unlock_irq(&eptdev->rx_lock);

	down_read(&eptdev->lock);
	if (eptdev->ept && eptdev->resume)
		eptdev->resume(eptdev->ept);
	up_read(&eptdev->lock);
}

/* After a read. Not for each: the remote shall get buffers back by the dozen. */
static void eptdev_resume_in_time(struct eptdev *eptdev)
{
	if (READ_ONCE(eptdev->rx_held) &&
	    READ_ONCE(eptdev->rx_bytes) <= READ_ONCE(eptdev->rx_limit) / 2)
		eptdev_resume(eptdev);
}

/* The remote goes: what is kept for us is in buffers that go, too. */
static void eptdev_take_last(struct eptdev *eptdev)
{
	lockdep_assert_held_write(&eptdev->lock);

	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_last = true;
	spin_unlock_irq(&eptdev->rx_lock);

	if (eptdev->ept && eptdev->resume)
		eptdev->resume(eptdev->ept);
}

/* Return: how many messages there were. */
static unsigned int eptdev_purge(struct eptdev *eptdev)
{
	struct message *msg, *next;
	unsigned int count;
	LIST_HEAD(all);

	spin_lock_irq(&eptdev->rx_lock);
	list_splice_init(&eptdev->rx, &all);
	count = eptdev->rx_count;
	eptdev->rx_count = 0;
	eptdev->rx_bytes = 0;
	eptdev->rx_held = false;
	eptdev->flow_changed = false;
	spin_unlock_irq(&eptdev->rx_lock);

	list_for_each_entry_safe(msg, next, &all, node)
		kfree(msg);
	return count;
}

static bool eptdev_has_message(const struct eptdev *eptdev)
{
	return READ_ONCE(eptdev->rx_bytes);
}

static bool eptdev_gone(const struct eptdev *eptdev)
{
	return !READ_ONCE(eptdev->ept);
}

static bool eptdev_no_wait(const struct kiocb *iocb)
{
	return (iocb->ki_flags & IOCB_NOWAIT) || (iocb->ki_filp->f_flags & O_NONBLOCK);
}

static ssize_t eptdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	const struct eptfile *file = iocb->ki_filp->private_data;
	const bool truncate = READ_ONCE(file->flags) & RPMSG_OPTION_TRUNCATE;
	const size_t room = truncate ? SIZE_MAX : iov_iter_count(to);
	struct eptdev *eptdev = file->eptdev;
	struct message *msg;
	ssize_t ret;
	bool last;

	for (;;) {
		/* Asked first, so that nothing which came before the end is missed. */
		last = eptdev_gone(eptdev);
		msg = eptdev_dequeue(eptdev, room);
		if (msg != ERR_PTR(-EAGAIN))
			break;
		if (last)
			return -EPIPE;
		if (eptdev_no_wait(iocb))
			return -EAGAIN;
		ret = wait_event_interruptible(eptdev->readq,
					       eptdev_has_message(eptdev) || eptdev_gone(eptdev));
		if (ret)
			return ret;
	}
	if (IS_ERR(msg))
		return PTR_ERR(msg);

	ret = min_t(size_t, msg->len, iov_iter_count(to));
	if (copy_to_iter(msg->data, ret, to) != ret) {
		eptdev_requeue(eptdev, msg);
		return -EFAULT;
	}
	kfree(msg);
	trace_rpmsg_read(&eptdev->dev, ret);
	eptdev_resume_in_time(eptdev);
	return ret;
}

/* Sending */

/* Return: 0 or an error; -ENOMEM alone means that there is no room now. */
static int eptdev_try_send(struct eptdev *eptdev, void *data, size_t len, bool nowait)
{
	u32 dst = eptdev->info.dst;
	int ret = -EPIPE;

	down_read(&eptdev->lock);
	if (eptdev->ept) {
		if (nowait || eptdev->tx_queue)
			ret = rpmsg_trysendto(eptdev->ept, data, len, dst);
		else
			ret = rpmsg_sendto(eptdev->ept, data, len, dst);
	}
	up_read(&eptdev->lock);
	return ret;
}

/* Zero means that there is no room, and that @writeq will be woken when there is. */
static __poll_t eptdev_room(struct eptdev *eptdev)
{
	__poll_t ret = EPOLLERR | EPOLLHUP | EPOLLRDHUP;

	down_read(&eptdev->lock);
	if (eptdev->ept)
		ret = eptdev->tx_queue ? rpmsg_poll(eptdev->ept, NULL, NULL) :
					 EPOLLOUT | EPOLLWRNORM;
	up_read(&eptdev->lock);
	return ret;
}

/* Rounded up, and by one: the first tick may come at once. */
static long eptdev_timeout(u64 timeout_ns)
{
	u64 ticks;

	if (timeout_ns == RPMSG_TIMEOUT_NONE)
		return MAX_SCHEDULE_TIMEOUT;
	if (!timeout_ns)
		return 0;
	ticks = div_u64(timeout_ns - 1, TICK_NSEC) + 2;
	return min_t(u64, ticks, MAX_SCHEDULE_TIMEOUT);
}

/* Without waiting, but not without asking to be told of room. */
static int eptdev_send_or_ask(struct eptdev *eptdev, void *data, size_t len)
{
	int ret = -ENOMEM;

	/* Again when somebody else was faster. A transport that tells nothing cannot be asked. */
	while (ret == -ENOMEM && READ_ONCE(eptdev->tx_queue) && eptdev_room(eptdev))
		ret = eptdev_try_send(eptdev, data, len, true);
	return ret == -ENOMEM ? -EAGAIN : ret;
}

/* @timeout in ticks */
static int eptdev_send_when_room(struct eptdev *eptdev, void *data, size_t len, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret = -ENOMEM;
	bool room;

	add_wait_queue(&eptdev->writeq, &wait);
	for (;;) {
		room = eptdev_room(eptdev);
		if (room)
			ret = eptdev_try_send(eptdev, data, len, false);
		if (ret != -ENOMEM)
			break;
		if (signal_pending(current))
			ret = -ERESTARTSYS;
		else if (!timeout)
			ret = -ETIMEDOUT;
		if (ret != -ENOMEM)
			break;
		/* There was room, and there is none: nobody was asked to wake us. */
		if (room)
			timeout -= !wait_woken(&wait, TASK_INTERRUPTIBLE, 1);
		else
			timeout = wait_woken(&wait, TASK_INTERRUPTIBLE, timeout);
	}
	remove_wait_queue(&eptdev->writeq, &wait);
	return ret;
}

static int eptdev_send(struct eptdev *eptdev, void *data, size_t len, bool nowait, u64 timeout_ns)
{
	int ret = eptdev_try_send(eptdev, data, len, nowait);

	if (likely(ret != -ENOMEM))
		return ret;
	eptdev_count(eptdev, TX_FULL, 1);
	if (!nowait)
		return eptdev_send_when_room(eptdev, data, len, eptdev_timeout(timeout_ns));
	/* Edge-triggered pollers do not ask again by themselves, so a refusal asks for them. */
	if (wq_has_sleeper(&eptdev->writeq))
		return eptdev_send_or_ask(eptdev, data, len);
	return -EAGAIN;
}

static ssize_t eptdev_write(struct kiocb *iocb, struct iov_iter *from)
{
	const struct eptfile *file = iocb->ki_filp->private_data;
	struct eptdev *eptdev = file->eptdev;
	size_t len = iov_iter_count(from);
	void *data;
	int ret;

	if (eptdev_gone(eptdev))
		return -EPIPE;
	if (len > eptdev->mtu)
		return -EMSGSIZE;

	trace_rpmsg_write(&eptdev->dev, len);

	data = kmalloc(len, GFP_KERNEL);
	if (!data)
		ret = -ENOMEM;
	else if (copy_from_iter_full(data, len, from))
		ret = eptdev_send(eptdev, data, len, eptdev_no_wait(iocb),
				  READ_ONCE(file->send_timeout_ns));
	else
		ret = -EFAULT;

	kfree(data);
	trace_rpmsg_written(&eptdev->dev, ret);
	if (ret)
		return ret;
	eptdev_count(eptdev, TX_MESSAGES, 1);
	eptdev_count(eptdev, TX_BYTES, len);
	return len;
}

static struct eptdev *eptdev_of_file(const struct file *file)
{
	const struct eptfile *eptfile = file->private_data;

	return eptfile->eptdev;
}

static __poll_t eptdev_poll(struct file *file, poll_table *wait)
{
	struct eptdev *eptdev = eptdev_of_file(file);
	__poll_t ret = 0;

	poll_wait(file, &eptdev->readq, wait);
	poll_wait(file, &eptdev->writeq, wait);

	if (eptdev_gone(eptdev))
		ret |= EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	else if (poll_requested_events(wait) & (EPOLLOUT | EPOLLWRNORM))
		ret |= eptdev_room(eptdev);
	if (eptdev_has_message(eptdev))
		ret |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(eptdev->flow_changed))
		ret |= EPOLLPRI;
	return ret;
}

/* Watching the transport's queue */

static int eptdev_tx_woken(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct eptdev *eptdev = container_of(entry, struct eptdev, tx_entry);

	wake_up_poll(&eptdev->writeq, EPOLLOUT | EPOLLWRNORM);
	return 0;
}

static void eptdev_tx_watch(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct eptdev *eptdev = container_of(table, struct eptdev, tx_table);

	if (eptdev->tx_queue)
		return;

	eptdev->tx_queue = queue;
	init_waitqueue_func_entry(&eptdev->tx_entry, eptdev_tx_woken);
	add_wait_queue(queue, &eptdev->tx_entry);
}

/* The endpoint's life */

/*
 * The module need not be there, for a remote with another transport. If it is, it cannot go before
 * its endpoints.
 */
static vrpmsg_resume_fn eptdev_find_resume(struct rpmsg_endpoint *ept)
{
	vrpmsg_resume_fn resume = symbol_get(vrpmsg_resume);
	int ret;

	if (!resume)
		return NULL;

	ret = resume(ept);
	symbol_put(vrpmsg_resume);
	return ret ? NULL : resume;
}

static int eptdev_start(struct eptdev *eptdev)
{
	struct rpmsg_endpoint *ept = eptdev->channel_ept;
	ssize_t mtu;

	lockdep_assert_held_write(&eptdev->lock);

	if (!ept)
		ept = rpmsg_create_ept(eptdev->rpdev, eptdev_receive, eptdev, eptdev->info);
	if (!ept)
		return -EINVAL;
	compat_rpmsg_set_flow_cb(ept, eptdev_receive_flow);

	mtu = rpmsg_get_mtu(ept);
	WRITE_ONCE(eptdev->mtu, mtu > 0 ? mtu : EPTDEV_UNKNOWN_MTU);
	WRITE_ONCE(eptdev->resume, eptdev_find_resume(ept));
	WRITE_ONCE(eptdev->addr, ept->addr);
	trace_rpmsg_open(&eptdev->dev, eptdev->info.name, ept->addr, eptdev->info.dst);

	init_poll_funcptr(&eptdev->tx_table, eptdev_tx_watch);
	rpmsg_poll(ept, NULL, &eptdev->tx_table);
	WRITE_ONCE(eptdev->ept, ept);
	return 0;
}

/* Under the lock to the end: who comes next may free the transport. */
static void eptdev_end(struct eptdev *eptdev)
{
	struct rpmsg_endpoint *ept = eptdev->ept;
	vrpmsg_resume_fn resume = eptdev->resume;

	lockdep_assert_held_write(&eptdev->lock);

	if (!ept)
		return;

	/* Nobody will ask for what is kept: a channel's endpoint stays, and must not keep it. */
	WRITE_ONCE(eptdev->resume, NULL);
	if (resume)
		resume(ept);
	WRITE_ONCE(eptdev->ept, NULL);
	if (eptdev->tx_queue)
		remove_wait_queue(eptdev->tx_queue, &eptdev->tx_entry);
	eptdev->tx_queue = NULL;
	if (ept != eptdev->channel_ept)
		rpmsg_destroy_ept(ept);
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

	down_write(&eptdev->lock);
	if (!--eptdev->users) {
		eptdev_end(eptdev);
		trace_rpmsg_closed(&eptdev->dev, eptdev_purge(eptdev));
	}
	up_write(&eptdev->lock);
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

	mutex_lock(&eptdev_delete_lock);
	first = !eptdev->deleted;
	if (first)
		cdev_device_del(&eptdev->cdev, dev);
	eptdev->deleted = true;
	mutex_unlock(&eptdev_delete_lock);

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
	mutex_lock(&eptdev_delete_lock);
	mutex_unlock(&eptdev_delete_lock);
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
	int ret = -EPIPE;

	if (pause > 1)
		return -EINVAL;

	down_read(&eptdev->lock);
	if (eptdev->ept)
		ret = rpmsg_set_flow_control(eptdev->ept, pause, eptdev->info.dst);
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

	WRITE_ONCE(file->flags, options.flags);
	WRITE_ONCE(file->send_timeout_ns, options.send_timeout_ns);
	return 0;
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
	.unlocked_ioctl	= eptdev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* Files in /sys/class/rpmsg/rpmsgN/ */

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

/* The longest message, and zero before the first open. */
static ssize_t mtu_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n", READ_ONCE(to_eptdev(dev)->mtu));
}
static DEVICE_ATTR_RO(mtu);

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

static const struct attribute_group *eptdev_groups[] = {
	&eptdev_group,
	&eptdev_stat_group,
	NULL
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
	ret = cdev_device_add(&eptdev->cdev, &eptdev->dev);
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

/* On return no callback uses the node that was there before. */
static void eptdev_set_receiver(struct rpmsg_endpoint *ept, struct eptdev *eptdev)
{
	mutex_lock(&ept->cb_lock);
	ept->priv = eptdev;
	mutex_unlock(&ept->cb_lock);
}

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
	eptdev_set_receiver(rpdev->ept, eptdev);
	dev_set_drvdata(&rpdev->dev, eptdev);

	ret = cdev_device_add(&eptdev->cdev, &eptdev->dev);
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
