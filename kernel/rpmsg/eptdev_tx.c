// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing messages, and waiting for room. Objects, locks and unplug: eptdev_main.c.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "eptdev.h"
#include "eptring.h"
#include "rpmsg_char_trace.h"
#include "virtio_rpmsg_bus.h"

/**
 * struct written - a message that is written
 * @data:     the payload
 * @len:      its bytes
 * @begin_ns: when the write began, if somebody wants to know; or 0
 */
struct written {
	void	*data;
	size_t	len;
	u64	begin_ns;
};

/* Return: 0 or an error; -ENOMEM alone means that there is no room now. */
static int eptdev_try_send(struct eptdev *eptdev, const struct written *msg, bool nowait)
{
	u32 dst = eptdev->info.dst;
	int ret = -EPIPE;

	down_read(&eptdev->lock);
	if (eptdev->ept) {
		if (msg->begin_ns && eptdev->ops)
			ret = eptdev->ops->trysend(eptdev->ept, msg->data, msg->len, dst,
						   msg->begin_ns);
		else if (nowait || eptdev->tx_queue)
			ret = rpmsg_trysendto(eptdev->ept, msg->data, msg->len, dst);
		else
			ret = rpmsg_sendto(eptdev->ept, msg->data, msg->len, dst);
	}
	up_read(&eptdev->lock);
	return ret;
}

/* Zero means that there is no room, and that @writeq will be woken when there is. */
__poll_t eptdev_room(struct eptdev *eptdev)
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
static int eptdev_send_or_ask(struct eptdev *eptdev, const struct written *msg)
{
	int ret = -ENOMEM;

	/* Again when somebody else was faster. A transport that tells nothing cannot be asked. */
	while (ret == -ENOMEM && READ_ONCE(eptdev->tx_queue) && eptdev_room(eptdev))
		ret = eptdev_try_send(eptdev, msg, true);
	return ret == -ENOMEM ? -EAGAIN : ret;
}

/* @timeout in ticks */
static int eptdev_send_when_room(struct eptdev *eptdev, const struct written *msg, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret = -ENOMEM;
	bool room;

	add_wait_queue(&eptdev->writeq, &wait);
	for (;;) {
		room = eptdev_room(eptdev);
		if (room)
			ret = eptdev_try_send(eptdev, msg, false);
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

static int eptdev_send(struct eptdev *eptdev, const struct written *msg, bool nowait,
		       u64 timeout_ns)
{
	int ret = eptdev_try_send(eptdev, msg, nowait);

	if (likely(ret != -ENOMEM))
		return ret;
	eptdev_count(eptdev, TX_FULL, 1);
	if (!nowait)
		return eptdev_send_when_room(eptdev, msg, eptdev_timeout(timeout_ns));
	/* Edge-triggered pollers do not ask again by themselves, so a refusal asks for them. */
	if (wq_has_sleeper(&eptdev->writeq))
		return eptdev_send_or_ask(eptdev, msg);
	return -EAGAIN;
}

ssize_t eptdev_write(struct kiocb *iocb, struct iov_iter *from)
{
	const struct eptfile *file = iocb->ki_filp->private_data;
	struct eptdev *eptdev = file->eptdev;
	struct written msg = { .len = iov_iter_count(from) };
	int ret;

	if (eptdev_gone(eptdev))
		return -EPIPE;
	if (msg.len > eptdev->mtu)
		return -EMSGSIZE;

	trace_rpmsg_write(&eptdev->dev, msg.len);
	if (trace_rpmsg_passed_enabled())
		msg.begin_ns = vrpmsg_now();

	msg.data = kmalloc(msg.len, GFP_KERNEL);
	if (!msg.data)
		ret = -ENOMEM;
	else if (copy_from_iter_full(msg.data, msg.len, from))
		ret = eptdev_send(eptdev, &msg, eptdev_no_wait(iocb),
				  READ_ONCE(file->send_timeout_ns));
	else
		ret = -EFAULT;

	kfree(msg.data);
	trace_rpmsg_written(&eptdev->dev, ret);
	if (ret)
		return ret;
	eptdev_count(eptdev, TX_MESSAGES, 1);
	eptdev_count(eptdev, TX_BYTES, msg.len);
	return msg.len;
}

static int eptdev_tx_woken(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct eptdev *eptdev = container_of(entry, struct eptdev, tx_entry);
	struct eptring *ring = READ_ONCE(eptdev->ring);

	wake_up_poll(&eptdev->writeq, EPOLLOUT | EPOLLWRNORM);
	if (ring)
		eptring_room(ring);
	return 0;
}

void eptdev_tx_watch(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct eptdev *eptdev = container_of(table, struct eptdev, tx_table);

	if (eptdev->tx_queue)
		return;

	eptdev->tx_queue = queue;
	init_waitqueue_func_entry(&eptdev->tx_entry, eptdev_tx_woken);
	add_wait_queue(queue, &eptdev->tx_entry);
}
