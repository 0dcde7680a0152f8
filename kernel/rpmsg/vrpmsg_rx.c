// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from the remote. Objects, locks and trust: vrpmsg_main.c.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/wait_bit.h>

#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"
#include "vrpmsg_trace.h"

/* What an endpoint may get in a row; each message counts as this much at least. */
#define RUN_BYTES	32768U
#define RUN_MESSAGE	512U

/**
 * struct vrpmsg_run - messages in a row for one endpoint
 * @ept:  of the last message, with a reference; or NULL
 * @left: bytes that may still come; 0: its messages have not begun
 */
struct vrpmsg_run {
	struct rpmsg_endpoint	*ept;
	unsigned int		left;
};

/* Return: 0, or -errno when the ring did not take the buffer. */
static int vrpmsg_rx_give_back(struct vrpmsg *vrp, struct vrpmsg_buf *buf)
{
	return virtqueue_add_inbuf(vrp->rvq, &buf->sg, 1, buf, GFP_KERNEL);
}

/**
 * vrpmsg_rx_fill() - hand all receive buffers to the ring, before the device is ready
 * @vrp: the remote
 *
 * Return: 0 or -errno.
 */
int vrpmsg_rx_fill(struct vrpmsg *vrp)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < vrp->num_rx && !ret; i++)
		ret = vrpmsg_rx_give_back(vrp, &vrp->bufs[i]);
	return ret;
}

static void vrpmsg_unclaimed(struct vrpmsg *vrp, u32 src, u32 dst, unsigned int len)
{
	vrpmsg_count(vrp, RX_UNCLAIMED, 1);
	dev_warn_ratelimited(&vrp->vdev->dev,
			     "message from %#x to %#x dropped: nobody there\n", src, dst);
	trace_rpmsg_dropped(vrp->vdev, RPMSG_DROP_UNCLAIMED, src, dst, len);
}

/* Only who knows of it is called for more than one at once. */
static void vrpmsg_run_begin(struct vrpmsg_run *run)
{
	if (run->left)
		return;
	vrpmsg_begin_messages(run->ept);
	run->left = to_vrpmsg_ept(run->ept)->user ? RUN_BYTES : 1;
}

static void vrpmsg_run_end(struct vrpmsg_run *run)
{
	if (!run->left)
		return;
	run->left = 0;
	vrpmsg_end_messages(run->ept);
}

static void vrpmsg_run_set(struct vrpmsg_run *run, struct rpmsg_endpoint *ept)
{
	vrpmsg_run_end(run);
	if (run->ept)
		vrpmsg_put_ept(run->ept);
	run->ept = ept;
}

/* Who destroys an endpoint takes its callback away, and it is looked up anew. */
static bool vrpmsg_run_is_for(const struct vrpmsg_run *run, u32 addr)
{
	return run->ept && run->ept->addr == addr && READ_ONCE(run->ept->cb);
}

/*
 * Return: whether the endpoint holds the buffer, or its user has taken it. It holds what comes
 * behind what it holds.
 */
static bool vrpmsg_call(struct vrpmsg *vrp, struct vrpmsg_run *run, struct vrpmsg_buf *buf,
			unsigned int len, u32 src)
{
	struct rpmsg_endpoint *ept = run->ept;
	struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);
	bool hold, there;
	int ret = 0;

	lockdep_assert_held(&ept->cb_lock);

	hold = !list_empty(&vept->held);
	/* It may have been destroyed since it was looked up. */
	there = hold || ept->cb;
	if (!there) {
		vrpmsg_unclaimed(vrp, src, ept->addr, len);
		return false;
	}
	vrpmsg_count(vrp, RX_MESSAGES, 1);
	vrpmsg_count(vrp, RX_BYTES, len);
	trace_rpmsg_received(vrp->vdev, src, ept->addr, len);
	if (vrpmsg_is_answered(vept))
		vrpmsg_time_answer(vrp, vept);
	if (!hold) {
		ret = ept->cb(ept->rpdev, buf->hdr->payload, len, ept->priv, src);
		hold = ret == VRPMSG_HOLD && vept->can_hold;
	}
	if (vept->delivering)
		vrpmsg_time_delivered(vept, hold ? buf : NULL);
	if (hold) {
		buf->src = src;
		buf->len = len;
		list_add_tail(&buf->held, &vept->held);
		return true;
	}
	if (ret == VRPMSG_TAKEN && buf->exclusive) {
		vrpmsg_exclusive_put(buf->exclusive);
		return true;
	}
	if (ret) {
		vrpmsg_count(vrp, RX_REFUSED, 1);
		trace_rpmsg_dropped(vrp->vdev, RPMSG_DROP_REFUSED, src, ept->addr, len);
	}
	return false;
}

/* Return: whether the buffer is not to be given back yet. */
static bool vrpmsg_deliver(struct vrpmsg *vrp, struct vrpmsg_buf *buf, unsigned int used,
			   struct vrpmsg_run *run)
{
	struct vrpmsg_hdr *hdr = buf->hdr;
	const bool le = vrp->little_endian;
	unsigned int len;
	u32 src, dst;
	bool kept;

	if (used < sizeof(*hdr) || used > vrp->rx_size) {
		vrpmsg_count(vrp, RX_MALFORMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev,
				     "message dropped: %u bytes used of a buffer of %u\n", used,
				     vrp->rx_size);
		trace_rpmsg_dropped(vrp->vdev, RPMSG_DROP_MALFORMED, 0, 0, used);
		return false;
	}

	len = __rpmsg16_to_cpu(le, READ_ONCE(hdr->len));
	src = __rpmsg32_to_cpu(le, READ_ONCE(hdr->src));
	dst = __rpmsg32_to_cpu(le, READ_ONCE(hdr->dst));

	if (len > used - sizeof(*hdr)) {
		vrpmsg_count(vrp, RX_MALFORMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev,
				     "message from %#x to %#x dropped: payload of %u bytes in %u\n",
				     src, dst, len, used);
		trace_rpmsg_dropped(vrp->vdev, RPMSG_DROP_MALFORMED, src, dst, len);
		return false;
	}

	if (dst == VRPMSG_FLOW_ADDR && vrpmsg_has_flow(vrp)) {
		vrpmsg_run_end(run);
		vrpmsg_flow_receive(vrp, hdr->payload, len);
		return false;
	}

	if (!vrpmsg_run_is_for(run, dst))
		vrpmsg_run_set(run, vrpmsg_get_ept(vrp, dst));
	if (!run->ept) {
		vrpmsg_unclaimed(vrp, src, dst, len);
		return false;
	}

	vrpmsg_run_begin(run);
	kept = vrpmsg_call(vrp, run, buf, len, src);
	if (run->left <= max(len, RUN_MESSAGE))
		vrpmsg_run_end(run);
	else
		run->left -= max(len, RUN_MESSAGE);
	return kept;
}

/* Buffers that an endpoint held come back. */
static void vrpmsg_rx_take_returned(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf, *next;

	llist_for_each_entry_safe(buf, next, llist_del_all(&vrp->rx_returned), returned) {
		if (buf->exclusive)
			vrpmsg_exclusive_return(buf);
		else
			vrpmsg_push(&vrp->rx_kept, buf);
	}
}

/* Return: how many buffers the ring has got back, or instead of those that are kept. */
static unsigned int vrpmsg_rx_offer_kept(struct vrpmsg *vrp)
{
	unsigned int given = 0;
	struct vrpmsg_buf *buf;

	if (READ_ONCE(vrp->exclusive_rx))
		return vrpmsg_exclusive_refill(vrp);

	while (vrp->rvq->num_free && (buf = vrpmsg_pop(&vrp->rx_kept))) {
		if (vrpmsg_rx_give_back(vrp, buf)) {
			vrpmsg_push(&vrp->rx_kept, buf);
			break;
		}
		given++;
	}
	return given;
}

/* A buffer has done its duty. Return: how many buffers the ring has got back. */
static unsigned int vrpmsg_rx_recycle(struct vrpmsg *vrp, struct vrpmsg_buf *buf,
				      struct vrpmsg_run *run)
{
	if (buf->exclusive) {
		/* Its user has locks inside of a run. */
		vrpmsg_run_end(run);
		vrpmsg_exclusive_return(buf);
		return 0;
	}
	if (!READ_ONCE(vrp->exclusive_rx) && !vrpmsg_rx_give_back(vrp, buf))
		return 1;
	vrpmsg_push(&vrp->rx_kept, buf);
	return 0;
}

/*
 * Deliver at most so many messages.
 * Return: how many there were. *given goes up with each buffer that the ring has got back.
 */
static unsigned int vrpmsg_rx_take(struct vrpmsg *vrp, unsigned int most, unsigned int *given)
{
	struct vrpmsg_run run = { };
	struct vrpmsg_buf *buf;
	unsigned int i, used;

	for (i = 0; i < most && !READ_ONCE(vrp->dying); i++) {
		buf = virtqueue_get_buf(vrp->rvq, &used);
		if (!buf)
			break;
		/* What the remote answers was queued and taken before: told in this order. */
		if (trace_rpmsg_queued_enabled() || READ_ONCE(vrp->watched))
			vrpmsg_watch_collect(vrp);
		if (!vrpmsg_deliver(vrp, buf, used, &run))
			*given += vrpmsg_rx_recycle(vrp, buf, &run);
		if (!run.left)
			cond_resched();
	}
	vrpmsg_run_set(&run, NULL);
	/* What others than the device's own buffers have left */
	if (i)
		*given += vrpmsg_rx_offer_kept(vrp);
	return i;
}

static unsigned int vrpmsg_rx_give_back_held(struct vrpmsg *vrp)
{
	vrpmsg_rx_take_returned(vrp);
	return vrpmsg_rx_offer_kept(vrp);
}

static void vrpmsg_rx_kick(struct vrpmsg *vrp)
{
	const bool kick = virtqueue_kick_prepare(vrp->rvq);

	trace_rpmsg_kick(vrp->vdev, vrp->rvq->index, kick);
	if (kick) {
		vrpmsg_count(vrp, RX_KICKS, 1);
		virtqueue_notify(vrp->rvq);
	}
}

static bool vrpmsg_rx_is_over(const struct vrpmsg *vrp)
{
	return READ_ONCE(vrp->dying) || virtqueue_is_broken(vrp->rvq);
}

static void vrpmsg_rx_drain(struct vrpmsg *vrp)
{
	unsigned int given = vrpmsg_rx_give_back_held(vrp);

	do {
		virtqueue_disable_cb(vrp->rvq);
		vrpmsg_rx_take(vrp, UINT_MAX, &given);
	} while (!virtqueue_enable_cb(vrp->rvq) && !vrpmsg_rx_is_over(vrp));
	if (given)
		vrpmsg_rx_kick(vrp);
}

/* By who raised rx_events from zero, by one event. @interrupt: it is one. */
static void vrpmsg_rx_work_off(struct vrpmsg *vrp, bool interrupt)
{
	int seen = 1, others = interrupt ? 0 : 1;

	do {
		others += atomic_xchg(&vrp->rx_works, 0);
		vrpmsg_count(vrp, RX_INTERRUPTS, seen - others);
		others = 0;
		vrpmsg_rx_drain(vrp);
		seen = atomic_sub_return(seen, &vrp->rx_events);
	} while (seen);

	/* For vrpmsg_rx_stop(), after which there may be no vrp: only the address is used. */
	wake_up_var(&vrp->rx_events);
}

static void vrpmsg_rx_event(struct vrpmsg *vrp)
{
	if (atomic_inc_return(&vrp->rx_events) == 1)
		vrpmsg_rx_work_off(vrp, true);
}

/*
 * Give the ring what it can have. Messages in it are not looked for: for these there is an
 * interrupt, as nobody leaves the part of who works for all others without having asked for one.
 */
static void vrpmsg_rx_offer(struct vrpmsg *vrp)
{
	/* First, or what we cause might be counted as an interrupt. */
	atomic_inc(&vrp->rx_works);
	if (atomic_inc_return(&vrp->rx_events) > 1)
		return;

	if (vrpmsg_rx_give_back_held(vrp))
		vrpmsg_rx_kick(vrp);
	atomic_dec(&vrp->rx_works);
	if (atomic_cmpxchg(&vrp->rx_events, 1, 0) == 1)
		wake_up_var(&vrp->rx_events);
	else
		vrpmsg_rx_work_off(vrp, false);
}

/**
 * vrpmsg_rx_done() - the remote has sent something
 * @rvq: the ring
 *
 * May sleep, may be called by several threads at once, and from inside of a kick of ours.
 */
void vrpmsg_rx_done(struct virtqueue *rvq)
{
	struct vrpmsg *vrp = rvq->vdev->priv;

	/* Pairs with smp_store_release() in vrpmsg_probe(). */
	if (!smp_load_acquire(&vrp->up))
		return;
	trace_rpmsg_interrupt(vrp->vdev, rvq->index);
	vrpmsg_time_interrupt(vrp);
	vrpmsg_rx_event(vrp);
}

/**
 * vrpmsg_rx_work() - give buffers back that are in @rx_returned, go on for who polled
 * @work: of a remote
 */
void vrpmsg_rx_work(struct work_struct *work)
{
	struct vrpmsg *vrp = container_of(work, struct vrpmsg, rx_work);

	if (xchg(&vrp->rx_inherited, false))
		vrpmsg_rx_work_off(vrp, false);
	vrpmsg_rx_offer(vrp);
}

/**
 * vrpmsg_rx_return() - give back buffers that an endpoint has held
 * @vrp:  the remote
 * @held: list of them, by @held; nobody else knows them
 *
 * Callers have locks that a callback may want, so the ring is left to a work.
 */
void vrpmsg_rx_return(struct vrpmsg *vrp, struct list_head *held)
{
	struct vrpmsg_buf *buf, *next;

	if (list_empty(held))
		return;

	list_for_each_entry_safe(buf, next, held, held)
		llist_add(&buf->returned, &vrp->rx_returned);
	schedule_work(&vrp->rx_work);
}

/**
 * vrpmsg_poll_begin() - ask to look for messages instead of being interrupted
 * @ept: an endpoint that is not destroyed meanwhile
 *
 * Return: its remote, which stays until vrpmsg_poll(), which must be called.
 */
struct vrpmsg *vrpmsg_poll_begin(struct rpmsg_endpoint *ept)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);

	atomic_inc(&vrp->rx_pollers);
	return vrp;
}

static bool vrpmsg_poll_is_over(const struct vrpmsg *vrp, u64 end_ns,
				bool (*stop)(const void *priv), const void *priv)
{
	return stop(priv) || need_resched() || vrpmsg_rx_is_over(vrp) || ktime_get_ns() >= end_ns;
}

/*
 * Give up the part of who works for all others. What came at the very end, and what others have
 * been interrupted for, is left to a work when there is no end of it: we have promised to be back.
 */
static void vrpmsg_poll_give_up(struct vrpmsg *vrp)
{
	unsigned int given = vrpmsg_rx_give_back_held(vrp);
	bool all;

	vrpmsg_rx_take(vrp, vrp->num_rx, &given);
	all = virtqueue_enable_cb(vrp->rvq);
	if (given)
		vrpmsg_rx_kick(vrp);
	if (all && atomic_cmpxchg(&vrp->rx_events, 1, 0) == 1) {
		wake_up_var(&vrp->rx_events);
		return;
	}
	WRITE_ONCE(vrp->rx_inherited, true);
	schedule_work(&vrp->rx_work);
}

static void vrpmsg_poll_end(struct vrpmsg *vrp)
{
	/* There may be no vrp any more when it is woken: only the address is used. */
	if (atomic_dec_and_test(&vrp->rx_pollers))
		wake_up_var(&vrp->rx_pollers);
}

/**
 * vrpmsg_poll() - look for messages
 * @vrp:    vrpmsg_poll_begin()'s; do not use it afterwards
 * @end_ns: ktime_get_ns() when it is enough
 * @stop:   whether it is enough before that; messages are delivered by then
 * @priv:   for @stop
 *
 * The remote need not interrupt meanwhile. Callbacks of all endpoints of the remote may run in
 * here: hold no lock that they want. When somebody else does the work already, just waits for it.
 */
void vrpmsg_poll(struct vrpmsg *vrp, u64 end_ns, bool (*stop)(const void *priv), const void *priv)
{
	unsigned int given;

	if (atomic_cmpxchg(&vrp->rx_events, 0, 1)) {
		while (!vrpmsg_poll_is_over(vrp, end_ns, stop, priv))
			cpu_relax();
	} else {
		virtqueue_disable_cb(vrp->rvq);
		WRITE_ONCE(vrp->interrupt_ns, 0);
		do {
			given = vrpmsg_rx_give_back_held(vrp);
			vrpmsg_rx_take(vrp, vrp->num_rx, &given);
			if (given)
				vrpmsg_rx_kick(vrp);
			cpu_relax();
		} while (!vrpmsg_poll_is_over(vrp, end_ns, stop, priv));
		vrpmsg_poll_give_up(vrp);
	}

	vrpmsg_poll_end(vrp);
}

/**
 * vrpmsg_refill() - give the ring what it can have
 * @vrp: the remote, which stays because of @rx_pollers, which is decremented; do not use it
 *	 afterwards
 *
 * Callbacks of all endpoints of the remote may run in here, as in vrpmsg_poll(). When somebody else
 * does the work already, that one does it once more.
 */
void vrpmsg_refill(struct vrpmsg *vrp)
{
	vrpmsg_rx_offer(vrp);
	vrpmsg_poll_end(vrp);
}

/**
 * vrpmsg_rx_stop() - end receiving for good, in a remote that is dying
 * @vrp: the remote
 *
 * Takes the part of who works for all others, and never gives it back.
 */
void vrpmsg_rx_stop(struct vrpmsg *vrp)
{
	wait_var_event(&vrp->rx_pollers, !atomic_read(&vrp->rx_pollers));
	wait_var_event(&vrp->rx_events, !atomic_cmpxchg(&vrp->rx_events, 0, 1));
	cancel_work_sync(&vrp->rx_work);
}
