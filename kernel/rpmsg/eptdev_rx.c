// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of received messages, and reading them. Objects, locks and unplug: eptdev_main.c.
 */
#include <linux/minmax.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "eptdev.h"
#include "eptring.h"
#include "rpmsg_char_trace.h"
#include "virtio_rpmsg_bus.h"

/* What a message costs: also an empty one. */
static size_t message_size(const struct message *msg)
{
	return sizeof(*msg) + msg->len;
}

/* Messages that no reader has. */
u32 eptdev_depth(const struct eptdev *eptdev)
{
	const struct eptring *ring = READ_ONCE(eptdev->ring);

	return READ_ONCE(eptdev->rx_count) + (ring ? eptring_untold(ring) : 0);
}

/**
 * eptdev_take_timed() - is the message that is delivered timed?
 * @eptdev: the node
 * @len:    bytes of payload
 *
 * Return: how, and the caller has to put it; or NULL.
 */
struct vrpmsg_timed *eptdev_take_timed(struct eptdev *eptdev, u32 len)
{
	const struct vrpmsg_ops *ops = READ_ONCE(eptdev->ops);
	struct rpmsg_endpoint *ept = READ_ONCE(eptdev->ept);

	return ops && ept ? ops->take_timed(ept, len) : NULL;
}

/* Return: 0 when the queue has taken it; -ENOBUFS or VRPMSG_HOLD. An empty queue takes anything. */
static int eptdev_enqueue(struct eptdev *eptdev, struct message *msg)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&eptdev->rx_lock, flags);
	if (eptdev->rx_last || list_empty(&eptdev->rx) ||
	    eptdev->rx_bytes + message_size(msg) <= eptdev->rx_limit) {
		eptdev->rx_count++;
		eptdev->rx_bytes += message_size(msg);
		list_add_tail(&msg->node, &eptdev->rx);
		if (trace_rpmsg_passed_enabled())
			msg->timed = eptdev_take_timed(eptdev, msg->len);
		/* Under the lock: before anybody reads it. */
		if (trace_rpmsg_delivered_enabled())
			trace_rpmsg_delivered(&eptdev->dev, msg->src, READ_ONCE(eptdev->addr),
					      msg->len, eptdev_depth(eptdev));
	} else if (eptdev->rx_hold && READ_ONCE(eptdev->ops)) {
		eptdev->rx_held = true;
		ret = VRPMSG_HOLD;
	} else {
		ret = -ENOBUFS;
	}
	spin_unlock_irqrestore(&eptdev->rx_lock, flags);
	return ret;
}

/* Return: 0; an error when the message was dropped; VRPMSG_HOLD. */
int eptdev_queue(struct eptdev *eptdev, const void *data, int len, u32 src)
{
	struct message *msg;
	int ret;

	msg = kmalloc(struct_size(msg, data, len), GFP_ATOMIC | __GFP_NOWARN);
	if (!msg) {
		eptdev_count(eptdev, RX_DROPPED_NOMEM, 1);
		trace_rpmsg_refused(&eptdev->dev, -ENOMEM);
		return -ENOMEM;
	}

	msg->timed = NULL;
	msg->src = src;
	msg->len = len;
	memcpy(msg->data, data, len);
	ret = eptdev_enqueue(eptdev, msg);
	if (ret) {
		eptdev_count(eptdev, ret == VRPMSG_HOLD ? RX_HELD : RX_DROPPED_FULL, 1);
		if (ret != VRPMSG_HOLD)
			trace_rpmsg_refused(&eptdev->dev, ret);
		kfree(msg);
	}
	return ret;
}

static void eptdev_wake_readers(struct eptdev *eptdev)
{
	if (wq_has_sleeper(&eptdev->readq)) {
		trace_rpmsg_woken(&eptdev->dev, READ_ONCE(eptdev->rx_count));
		wake_up_interruptible_poll(&eptdev->readq, EPOLLIN | EPOLLRDNORM);
	}
}

/* From here on until eptdev_end_messages() the node's ring stays locked, if it has one. */
void eptdev_begin_messages(void *priv)
{
	struct eptdev *eptdev = priv;

	if (eptdev && eptdev->ring)
		eptdev_begin_ring(eptdev, eptdev->ring);
}

void eptdev_end_messages(void *priv)
{
	struct eptdev *eptdev = priv;

	if (eptdev && eptdev->ring) {
		eptring_unlock(eptdev->ring);
		eptdev_wake_readers(eptdev);
	}
}

/* The transport's callback. @data may be shared with the remote: it is read once. */
int eptdev_receive(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct eptdev *eptdev = priv;
	int ret;

	if (!eptdev)
		return 0;

	if (eptdev->ring)
		ret = eptdev_receive_to_ring(eptdev, eptdev->ring, data, len, src);
	else
		ret = eptdev_queue(eptdev, data, len, src);
	if (ret && ret != VRPMSG_TAKEN)
		return ret;

	eptdev_count(eptdev, RX_MESSAGES, 1);
	eptdev_count(eptdev, RX_BYTES, len);
	if (!eptdev->ring)
		eptdev_wake_readers(eptdev);
	return ret;
}

int eptdev_receive_flow(struct rpmsg_device *rpdev, void *priv, bool pause)
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
struct message *eptdev_dequeue(struct eptdev *eptdev, size_t room)
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
void eptdev_resume(struct eptdev *eptdev)
{
	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_held = false;
	spin_unlock_irq(&eptdev->rx_lock);

	down_read(&eptdev->lock);
	if (eptdev->ept && eptdev->ops)
		eptdev->ops->resume(eptdev->ept);
	up_read(&eptdev->lock);
}

/* After a read. Not for each: the remote shall get buffers back by the dozen. */
void eptdev_resume_in_time(struct eptdev *eptdev)
{
	if (READ_ONCE(eptdev->rx_held) &&
	    READ_ONCE(eptdev->rx_bytes) <= READ_ONCE(eptdev->rx_limit) / 2)
		eptdev_resume(eptdev);
}

/* The remote goes: what is kept for us is in buffers that go, too. */
void eptdev_take_last(struct eptdev *eptdev)
{
	lockdep_assert_held_write(&eptdev->lock);

	spin_lock_irq(&eptdev->rx_lock);
	eptdev->rx_last = true;
	spin_unlock_irq(&eptdev->rx_lock);

	if (eptdev->ept && eptdev->ops)
		eptdev->ops->resume(eptdev->ept);
}

static void eptdev_passed(struct eptdev *eptdev, struct vrpmsg_timed *timed)
{
	trace_rpmsg_passed(&eptdev->dev, timed);
	vrpmsg_timed_put(timed);
}

/* Return: how many messages there were. */
unsigned int eptdev_purge(struct eptdev *eptdev)
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

	list_for_each_entry_safe(msg, next, &all, node) {
		if (msg->timed)
			eptdev_passed(eptdev, msg->timed);
		kfree(msg);
	}
	return count;
}

static bool eptdev_has_news(const void *priv)
{
	const struct eptdev *eptdev = priv;

	return eptdev_has_message(eptdev) || eptdev_gone(eptdev) || signal_pending(current);
}

static int eptdev_wait_for_message(struct eptfile *file)
{
	struct eptdev *eptdev = file->eptdev;
	struct busy_wait wait;
	int ret;

	eptfile_busy_poll_begin(file, &wait, U64_MAX, eptdev_has_news, eptdev);
	ret = wait_event_interruptible(eptdev->readq,
				       eptdev_has_message(eptdev) || eptdev_gone(eptdev));
	eptfile_busy_poll_end(file, &wait);
	return ret;
}

ssize_t eptdev_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct eptfile *file = iocb->ki_filp->private_data;
	const bool truncate = READ_ONCE(file->flags) & RPMSG_OPTION_TRUNCATE;
	const size_t room = truncate ? SIZE_MAX : iov_iter_count(to);
	struct eptdev *eptdev = file->eptdev;
	struct message *msg;
	ssize_t ret;
	bool last;

	if (READ_ONCE(eptdev->ring))
		return -EBUSY;

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
		ret = eptdev_wait_for_message(file);
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
	if (msg->timed) {
		msg->timed->at[VRPMSG_AT_READ] = vrpmsg_now();
		eptdev_passed(eptdev, msg->timed);
	}
	kfree(msg);
	trace_rpmsg_read(&eptdev->dev, ret);
	eptdev_resume_in_time(eptdev);
	return ret;
}
