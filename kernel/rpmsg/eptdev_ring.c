// SPDX-License-Identifier: GPL-2.0-only
/*
 * A node whose file has rings (eptring.c). The queue has what does not fit into them.
 * Objects, locks and unplug: eptdev_main.c.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/rpmsg_ring.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat/io_uring.h"
#include "eptdev.h"
#include "eptring.h"
#include "rpmsg_char.h"
#include "rpmsg_char_trace.h"

/* What had no room in the ring before goes there now. */
static void eptdev_fill_ring(struct eptdev *eptdev, struct eptring *ring)
{
	struct message *msg;

	while (eptdev_has_message(eptdev) && eptring_has_room(ring)) {
		msg = eptdev_dequeue(eptdev, SIZE_MAX);
		if (IS_ERR(msg))
			return;
		eptring_put(ring, msg->data, msg->len, msg->src);
		if (msg->timed)
			eptring_time(ring, msg->timed);
		kfree(msg);
	}
	eptring_set_behind(ring, eptdev_has_message(eptdev));
}

/* Messages come. eptring_unlock() is due after the last. */
void eptdev_begin_ring(struct eptdev *eptdev, struct eptring *ring)
{
	eptring_lock(ring);
	eptdev_fill_ring(eptdev, ring);
}

int eptdev_receive_to_ring(struct eptdev *eptdev, struct eptring *ring, const void *data,
			   int len, u32 src)
{
	struct vrpmsg_timed *timed;
	int ret = -EAGAIN;

	if (!eptdev_has_message(eptdev))
		ret = eptring_receive_message(ring, data, len, src);
	if (ret == -EAGAIN) {
		ret = eptdev_queue(eptdev, data, len, src);
		eptring_set_behind(ring, eptdev_has_message(eptdev));
		return ret;
	}
	if (trace_rpmsg_delivered_enabled())
		trace_rpmsg_delivered(&eptdev->dev, src, READ_ONCE(eptdev->addr), len,
				      eptring_untold(ring));
	if (trace_rpmsg_passed_enabled()) {
		timed = eptdev_take_timed(eptdev, len);
		if (timed)
			eptring_time(ring, timed);
	}
	return ret;
}

/* Return: whether the application has messages, some of which the queue had until now. */
bool eptdev_look_into_ring(struct eptdev *eptdev)
{
	struct eptring *ring = READ_ONCE(eptdev->ring);

	if (eptdev_has_message(eptdev)) {
		eptdev_begin_ring(eptdev, ring);
		eptring_unlock(ring);
		eptdev_resume_in_time(eptdev);
	}
	return eptring_unread(ring);
}

/* On return no callback uses what was there before. */
void eptdev_set_ring(struct eptdev *eptdev, struct rpmsg_endpoint *ept, struct eptring *ring)
{
	lockdep_assert_held_write(&eptdev->lock);

	if (ept)
		mutex_lock(&ept->cb_lock);
	/* What it points to is there */
	smp_store_release(&eptdev->ring, ring);
	if (ept)
		mutex_unlock(&ept->cb_lock);
}

int eptdev_setup_ring(struct eptdev *eptdev, struct file *file,
		      struct rpmsg_ring_setup __user *uarg)
{
	struct rpmsg_ring_setup setup;
	struct eptring *ring;
	int ret;

	ret = rpmsg_fetch(&setup, sizeof(setup), uarg);
	if (ret)
		return ret;
	if (setup.reserved)
		return -EINVAL;
	if (eptdev->flags & RPMSG_ENDPOINT_SHARED)
		return -EOPNOTSUPP;

	down_write(&eptdev->lock);
	if (!eptdev->ept)
		ring = ERR_PTR(-EPIPE);
	else if (eptdev->ring)
		ring = ERR_PTR(-EBUSY);
	else
		ring = eptring_create(&eptdev->dev, eptdev->ept, eptdev->ops, eptdev->info.dst,
				      &setup, &eptdev->stats[TX_MESSAGES],
				      &eptdev->stats[TX_BYTES]);
	if (!IS_ERR(ring) && copy_to_user(uarg, &setup, sizeof(setup))) {
		eptring_stop(ring);
		eptring_free(ring);
		ring = ERR_PTR(-EFAULT);
	}
	if (!IS_ERR(ring)) {
		eptring_attach(ring, file);
		eptdev_set_ring(eptdev, eptdev->ept, ring);
	}
	up_write(&eptdev->lock);

	if (IS_ERR(ring))
		return PTR_ERR(ring);
	eptdev_look_into_ring(eptdev);
	eptring_refill(ring);
	return 0;
}

/* What a RECEIVE waits for. */
struct receive {
	const struct eptring	*ring;
	u32			count;
};

static bool eptdev_ring_has_news(const void *priv)
{
	const struct receive *receive = priv;

	return eptring_unread(receive->ring) >= receive->count || eptring_gone(receive->ring) ||
	       signal_pending(current);
}

static int eptdev_receive_from_ring(struct eptfile *file, struct eptring *ring,
				    struct rpmsg_ring_wait_args *args)
{
	const struct receive receive = { .ring = ring, .count = args->count };
	struct busy_wait wait;
	u64 passed;
	int ret;

	eptdev_look_into_ring(file->eptdev);
	if (!args->timeout_ns || eptring_unread(ring) >= args->count)
		return eptring_receive(ring, args);

	eptfile_busy_poll_begin(file, &wait, args->timeout_ns, eptdev_ring_has_news, &receive);
	if (wait.limit_ns && args->timeout_ns != RPMSG_TIMEOUT_NONE) {
		/* Not down to zero: that would be no wait at all. */
		passed = ktime_get_ns() - wait.start_ns;
		args->timeout_ns -= min(passed, args->timeout_ns - 1);
	}
	ret = eptring_receive(ring, args);
	eptfile_busy_poll_end(file, &wait);
	return ret;
}

int eptdev_wait_for_ring(struct eptfile *file, unsigned int cmd,
			 const struct rpmsg_ring_wait __user *uarg)
{
	struct eptring *ring = READ_ONCE(file->eptdev->ring);
	struct rpmsg_ring_wait wait;
	int ret;

	ret = rpmsg_fetch(&wait, sizeof(wait), uarg);
	if (ret)
		return ret;
	if (wait.reserved || !ring)
		return -EINVAL;
	if (cmd == RPMSG_IOC_RING_SEND)
		return eptring_send(ring, &wait.args);
	return eptdev_receive_from_ring(file, ring, &wait.args);
}

int eptdev_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct eptdev *eptdev = eptdev_of_file(cmd->file);
	struct eptring *ring = READ_ONCE(eptdev->ring);

	if (!ring)
		return -EINVAL;
	if (cmd->cmd_op == RPMSG_IOC_RING_RECEIVE)
		eptdev_look_into_ring(eptdev);
	return eptring_uring_cmd(ring, cmd, issue_flags);
}

int eptdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct eptring *ring = READ_ONCE(eptdev_of_file(file)->ring);

	return ring ? eptring_mmap(ring, vma) : -ENODEV;
}

/* At every close of a descriptor of the file, by whom ever. */
int eptdev_flush(struct file *file, fl_owner_t owner)
{
	struct eptring *ring = READ_ONCE(eptdev_of_file(file)->ring);

	if (ring)
		eptring_flush(ring, owner);
	return 0;
}
