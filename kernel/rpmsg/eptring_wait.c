// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: rings, commands that wait. Objects, locks and unplug: eptring.c.
 */
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "../compat/io_uring.h"
#include "eptring_parts.h"

static void waiter_work(struct io_uring_cmd *cmd, unsigned int issue_flags);

static void waiter_schedule(struct waiter *waiter)
{
	lockdep_assert_held(&waiter->lock);

	waiter->again = true;
	if (waiter->scheduled)
		return;
	waiter->scheduled = true;
	io_uring_cmd_complete_in_task(waiter->cmd, waiter_work);
}

/* Look again. From any context, also in the transport's lock. */
void waiter_wake(struct waiter *waiter)
{
	unsigned long flags;

	spin_lock_irqsave(&waiter->lock, flags);
	if (waiter->cmd)
		waiter_schedule(waiter);
	spin_unlock_irqrestore(&waiter->lock, flags);
	wake_up(&waiter->wait);
}

void waiter_wake_if(struct waiter *waiter, u32 have)
{
	/* Pairs with the one in waiter_begin(): we see the waiter, or it sees what we did. */
	smp_mb();
	if (READ_ONCE(waiter->busy) && have >= READ_ONCE(waiter->count))
		waiter_wake(waiter);
}

/* The time until the timer goes off next. */
static u64 waiter_next_ns(const struct waiter *waiter, ktime_t now)
{
	const u64 left = ktime_to_ns(ktime_sub(waiter->end, now));

	return waiter->cmd ? min_t(u64, left, COMPAT_URING_LOOK_NS) : left;
}

static enum hrtimer_restart waiter_timeout(struct hrtimer *timer)
{
	struct waiter *waiter = container_of(timer, struct waiter, timer);
	const ktime_t now = hrtimer_cb_get_time(timer);
	unsigned long flags;

	if (ktime_compare(now, waiter->end) >= 0) {
		WRITE_ONCE(waiter->expired, true);
		waiter_wake(waiter);
		return HRTIMER_NORESTART;
	}

	spin_lock_irqsave(&waiter->lock, flags);
	if (waiter->cmd && compat_uring_cmd_is_abandoned(waiter->cmd)) {
		waiter->canceled = true;
		waiter_schedule(waiter);
	}
	hrtimer_forward(timer, now, waiter_next_ns(waiter, now));
	spin_unlock_irqrestore(&waiter->lock, flags);
	return HRTIMER_RESTART;
}

void waiter_init(struct waiter *waiter, struct eptring *ring,
		 bool (*step)(struct eptring *, u32, u32 *, int *))
{
	waiter->ring = ring;
	waiter->step = step;
	spin_lock_init(&waiter->lock);
	init_waitqueue_head(&waiter->wait);
	hrtimer_init(&waiter->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	waiter->timer.function = waiter_timeout;
}

/* From now on it is woken; who begins looks once more. */
int waiter_begin(struct waiter *waiter, struct io_uring_cmd *cmd,
		 const struct rpmsg_ring_wait_args *args, u32 sent)
{
	u64 next_ns;
	ktime_t now;

	spin_lock_irq(&waiter->lock);
	if (waiter->busy) {
		spin_unlock_irq(&waiter->lock);
		return -EBUSY;
	}
	waiter->cmd = cmd;
	waiter->owner = current->files;
	waiter->scheduled = false;
	waiter->again = false;
	waiter->canceled = false;
	waiter->expired = false;
	waiter->sent = sent;
	WRITE_ONCE(waiter->count, args->count);
	WRITE_ONCE(waiter->busy, true);
	now = ktime_get();
	waiter->end = ktime_add_safe(now, min_t(u64, args->timeout_ns, KTIME_MAX));
	next_ns = waiter_next_ns(waiter, now);
	if (waiter->end != KTIME_MAX || next_ns == COMPAT_URING_LOOK_NS)
		hrtimer_start(&waiter->timer, next_ns, HRTIMER_MODE_REL);
	spin_unlock_irq(&waiter->lock);

	smp_mb();	/* see waiter_wake_if() */
	return 0;
}

/* May sleep. */
static void waiter_end(struct waiter *waiter)
{
	hrtimer_cancel(&waiter->timer);
	if (waiter == &waiter->ring->sender)
		eptring_give_up(waiter->ring);

	spin_lock_irq(&waiter->lock);
	waiter->cmd = NULL;
	WRITE_ONCE(waiter->busy, false);
	spin_unlock_irq(&waiter->lock);
}

static int waiter_result(const struct waiter *waiter, int ret)
{
	if (waiter->sent)
		return waiter->sent;
	if (ret)
		return ret;
	if (READ_ONCE(waiter->canceled))
		return -ECANCELED;
	return READ_ONCE(waiter->expired) ? -ETIMEDOUT : 0;
}

/* In the task that the command is of, or in any when that one is dead. */
static void waiter_work(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct waiter *waiter = *(struct waiter **)cmd->pdu;
	bool finished, more;
	int ret;

	do {
		WRITE_ONCE(waiter->again, false);
		/* Before looking: what comes after is in @again */
		smp_mb();
		ret = 0;
		finished = waiter->step(waiter->ring, waiter->count, &waiter->sent, &ret);

		spin_lock_irq(&waiter->lock);
		if (waiter->expired || waiter->canceled)
			finished = true;
		more = !finished && waiter->again;
		if (!finished && !more)
			waiter->scheduled = false;
		spin_unlock_irq(&waiter->lock);
	} while (more);

	if (!finished)
		return;
	ret = waiter_result(waiter, ret);
	waiter_end(waiter);
	io_uring_cmd_done(cmd, ret, 0, issue_flags);
}

/* io_uring wants it to end, in a context where it can be completed. */
void waiter_cancel(struct waiter *waiter, struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	bool ours;

	spin_lock_irq(&waiter->lock);
	ours = waiter->cmd == cmd && !waiter->scheduled;
	if (ours)
		waiter->cmd = NULL;
	else if (waiter->cmd == cmd)
		waiter->canceled = true;
	spin_unlock_irq(&waiter->lock);
	if (!ours)
		return;

	waiter_end(waiter);
	io_uring_cmd_done(cmd, waiter->sent ?: -ECANCELED, 0, issue_flags);
}

void waiter_flush(struct waiter *waiter, fl_owner_t owner)
{
	unsigned long flags;

	spin_lock_irqsave(&waiter->lock, flags);
	if (waiter->cmd && waiter->owner == owner) {
		waiter->canceled = true;
		waiter_schedule(waiter);
	}
	spin_unlock_irqrestore(&waiter->lock, flags);
}

/* What an ioctl does when it was not finished at once. */
static int waiter_sleep(struct waiter *waiter, const struct rpmsg_ring_wait_args *args, u32 sent)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret = waiter_begin(waiter, NULL, args, sent);

	if (ret)
		return sent ?: ret;

	add_wait_queue(&waiter->wait, &wait);
	while (!waiter->step(waiter->ring, waiter->count, &waiter->sent, &ret)) {
		if (signal_pending(current))
			ret = -EINTR;
		if (ret || READ_ONCE(waiter->expired))
			break;
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&waiter->wait, &wait);

	waiter_end(waiter);
	return waiter_result(waiter, ret);
}

int waiter_run(struct waiter *waiter, const struct rpmsg_ring_wait_args *args)
{
	u32 sent = 0;
	int ret = 0;

	if (waiter->step(waiter->ring, args->count, &sent, &ret) || !args->timeout_ns)
		return sent ?: ret;
	return waiter_sleep(waiter, args, sent);
}
