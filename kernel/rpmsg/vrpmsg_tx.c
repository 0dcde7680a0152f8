// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the remote. Objects, locks and unplug: vrpmsg_main.c.
 *
 * The remote interrupts for a sent buffer only when somebody wants one: who finds none asks for one
 * interrupt, which wakes everybody and is not repeated until somebody asks again. For those who
 * trace rpmsg_consumed there are more (vrpmsg_watch.c).
 */
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "vrpmsg.h"
#include "vrpmsg_trace.h"

/**
 * vrpmsg_gone() - will nothing be sent any more?
 * @vrp: the remote
 */
bool vrpmsg_gone(const struct vrpmsg *vrp)
{
	return READ_ONCE(vrp->dying) || virtqueue_is_broken(vrp->svq);
}

/* Return: whether the remote was done with a buffer. */
static bool vrpmsg_tx_reclaim_one(struct vrpmsg *vrp, struct vrpmsg_returned *returned)
{
	struct vrpmsg_buf *buf;
	unsigned int unused;

	buf = virtqueue_get_buf(vrp->svq, &unused);
	if (!buf)
		return false;
	trace_rpmsg_consumed(vrp->vdev, buf->number, vrp->watched);
	if (vrp->watched && vrp->watch_left)
		vrp->watch_left--;
	if (buf->timed)
		vrpmsg_time_consumed(vrp, buf);
	if (buf->owner)
		vrpmsg_slots_collect(returned, buf);
	else
		vrpmsg_push(&vrp->tx_free, buf);
	return true;
}

/*
 * The interrupt that is under way for a buffer finds nothing if that has been taken, and wakes
 * nobody. So who takes for others does what the interrupt would have done.
 *
 * Return: whether vrpmsg_tx_wake() is due, outside of the lock.
 */
static bool vrpmsg_tx_must_wake(struct vrpmsg *vrp)
{
	const bool asked = vrp->tx_asked;

	vrp->tx_asked = false;
	return asked;
}

/**
 * vrpmsg_tx_reclaim() - take all buffers that the remote is done with
 * @vrp: the remote
 *
 * Return: whether vrpmsg_tx_wake() is due, outside of the lock.
 */
bool vrpmsg_tx_reclaim(struct vrpmsg *vrp)
{
	struct vrpmsg_returned returned;
	bool any = false;

	lockdep_assert_held(&vrp->tx_lock);

	returned.num = 0;
	while (vrpmsg_tx_reclaim_one(vrp, &returned))
		any = true;
	vrpmsg_slots_return(&returned);
	return any && vrpmsg_tx_must_wake(vrp);
}

/**
 * vrpmsg_tx_ask() - ask for an interrupt when the remote is done with a buffer
 * @vrp: the remote
 *
 * Return: false when it is done with one already, and so was not asked.
 */
bool vrpmsg_tx_ask(struct vrpmsg *vrp)
{
	lockdep_assert_held(&vrp->tx_lock);

	if (virtqueue_enable_cb(vrp->svq)) {
		vrp->tx_asked = true;
		return true;
	}
	if (!vrp->tx_asked && !vrp->watched)
		virtqueue_disable_cb(vrp->svq);
	return false;
}

/**
 * vrpmsg_tx_wake() - wake who waits for a buffer
 * @vrp: the remote
 */
void vrpmsg_tx_wake(struct vrpmsg *vrp)
{
	wake_up_poll(&vrp->tx_wait, EPOLLOUT | EPOLLWRNORM);
}

/* A buffer, with the promise of an entry of the ring. */
static struct vrpmsg_buf *vrpmsg_tx_get(struct vrpmsg *vrp, bool *wake)
{
	struct vrpmsg_returned returned;
	bool any = false, room;

	lockdep_assert_held(&vrp->tx_lock);

	returned.num = 0;
	while (!(room = vrp->tx_free.num && vrp->svq->num_free > vrp->tx_taken) &&
	       vrpmsg_tx_reclaim_one(vrp, &returned))
		any = true;
	vrpmsg_slots_return(&returned);
	if (any)
		*wake |= vrpmsg_tx_must_wake(vrp);
	if (!room)
		return NULL;
	vrp->tx_taken++;
	return vrpmsg_pop(&vrp->tx_free);
}

/* Return: a buffer; an error when none will come; NULL, and tx_wait is woken when one may. */
static struct vrpmsg_buf *vrpmsg_tx_get_or_ask(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	do {
		if (vrpmsg_gone(vrp)) {
			buf = ERR_PTR(-EPIPE);
			break;
		}
		buf = vrpmsg_tx_get(vrp, &wake);
	} while (!buf && !vrpmsg_tx_ask(vrp));
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	if (wake)
		vrpmsg_tx_wake(vrp);
	return buf;
}

static struct vrpmsg_buf *vrpmsg_tx_wait(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;
	long left;

	might_sleep();
	left = wait_event_interruptible_timeout(vrp->tx_wait, (buf = vrpmsg_tx_get_or_ask(vrp)),
						VRPMSG_SEND_TIMEOUT);
	if (left < 0)
		return ERR_PTR(left);
	return left ? buf : ERR_PTR(-ETIMEDOUT);
}

static struct vrpmsg_buf *vrpmsg_tx_take(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	buf = vrpmsg_tx_get(vrp, &wake);
	if (!buf)
		vrpmsg_count(vrp, TX_FULL, 1);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	if (wake)
		vrpmsg_tx_wake(vrp);
	return buf;
}

/**
 * vrpmsg_write_hdr() - make a buffer a message
 * @vrp: the remote
 * @buf: the buffer
 * @src: local address
 * @dst: remote address
 * @len: bytes of payload
 */
void vrpmsg_write_hdr(const struct vrpmsg *vrp, struct vrpmsg_buf *buf, u32 src, u32 dst,
		      unsigned int len)
{
	const bool le = vrp->little_endian;
	struct vrpmsg_hdr *hdr = buf->hdr;

	hdr->src = __cpu_to_rpmsg32(le, src);
	hdr->dst = __cpu_to_rpmsg32(le, dst);
	hdr->reserved = 0;
	hdr->len = __cpu_to_rpmsg16(le, len);
	hdr->flags = 0;
	buf->sg.length = sizeof(*hdr) + len;
}

static void vrpmsg_tx_write(const struct vrpmsg *vrp, struct vrpmsg_buf *buf, u32 src, u32 dst,
			    const void *data, unsigned int len)
{
	vrpmsg_write_hdr(vrp, buf, src, dst, len);
	memcpy(buf->hdr->payload, data, len);
}

/**
 * vrpmsg_tx_depth() - entries of the ring that are the remote's, or were not collected yet
 * @vrp: the remote
 */
unsigned int vrpmsg_tx_depth(const struct vrpmsg *vrp)
{
	return virtqueue_get_vring_size(vrp->svq) - vrp->svq->num_free;
}

/**
 * vrpmsg_tx_kick_prepare() - show the remote what was added
 * @vrp: the remote
 *
 * Return: whether it wants a kick, which is due outside of the lock.
 */
bool vrpmsg_tx_kick_prepare(struct vrpmsg *vrp)
{
	bool kick;

	lockdep_assert_held(&vrp->tx_lock);

	if (trace_rpmsg_consumed_enabled() || vrp->num_timed)
		vrpmsg_watch(vrp);
	kick = virtqueue_kick_prepare(vrp->svq);
	if (!list_empty(&vrp->unkicked))
		vrpmsg_time_kick(vrp);
	trace_rpmsg_kick(vrp->vdev, vrp->svq->index, kick);
	vrpmsg_count(vrp, TX_KICKS, kick);
	return kick;
}

/* -ENOMEM is for "no buffer" alone: whoever sees it may wait for one. */
static int vrpmsg_tx_submit(struct vrpmsg *vrp, struct vrpmsg_buf *buf,
			    const struct vrpmsg_from *from, u32 dst)
{
	const unsigned int len = buf->sg.length - sizeof(*buf->hdr);
	bool kick = false;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	vrp->tx_taken--;
	ret = vrpmsg_tx_add(vrp, buf, from);
	if (ret) {
		vrpmsg_push(&vrp->tx_free, buf);
	} else {
		trace_rpmsg_queued(vrp->vdev, buf->number, from->src, dst, len,
				   vrpmsg_tx_depth(vrp));
		kick = vrpmsg_tx_kick_prepare(vrp);
		vrpmsg_count(vrp, TX_MESSAGES, 1);
		vrpmsg_count(vrp, TX_BYTES, len);
	}
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	if (ret) {
		vrpmsg_tx_wake(vrp);
		if (vrpmsg_gone(vrp))
			return -EPIPE;
		dev_err_ratelimited(&vrp->vdev->dev, "message not sent: %d\n", ret);
		return -EIO;
	}

	/* Outside of the lock: a transport may sleep in there, or interrupt us from there. */
	if (kick)
		virtqueue_notify(vrp->svq);
	return 0;
}

static int vrpmsg_tx_check(const struct vrpmsg *vrp, u32 src, u32 dst, int len)
{
	if (src == RPMSG_ADDR_ANY || dst == RPMSG_ADDR_ANY)
		return -EINVAL;
	if (len < 0 || len > vrpmsg_max_payload(vrp))
		return -EMSGSIZE;
	return 0;
}

/**
 * vrpmsg_send() - send a message
 * @vrp:  the remote
 * @from: who sends it
 * @dst:  remote address
 * @data: payload
 * @len:  its length in bytes
 * @wait: sleep for a buffer
 *
 * Return: 0; -EINVAL, -EMSGSIZE; -EPIPE when the remote is gone; without a buffer -ENOMEM at once
 * or -ETIMEDOUT after 15 seconds; -ERESTARTSYS for a signal; -EIO when the ring refuses.
 */
int vrpmsg_send(struct vrpmsg *vrp, const struct vrpmsg_from *from, u32 dst, const void *data,
		int len, bool wait)
{
	struct vrpmsg_buf *buf;
	int ret = vrpmsg_tx_check(vrp, from->src, dst, len);

	if (ret)
		return ret;
	if (vrpmsg_gone(vrp))
		return -EPIPE;

	buf = vrpmsg_tx_take(vrp);
	if (!buf) {
		if (!wait)
			return -ENOMEM;
		buf = vrpmsg_tx_wait(vrp);
		if (IS_ERR(buf))
			return PTR_ERR(buf);
	}

	vrpmsg_tx_write(vrp, buf, from->src, dst, data, len);
	return vrpmsg_tx_submit(vrp, buf, from, dst);
}

/**
 * vrpmsg_send_last() - send a message also when removal has started, but never wait
 * @vrp:  the remote
 * @src:  local address
 * @dst:  remote address
 * @data: payload
 * @len:  its length in bytes
 *
 * Return: as vrpmsg_send() without waiting.
 */
int vrpmsg_send_last(struct vrpmsg *vrp, u32 src, u32 dst, const void *data, int len)
{
	const struct vrpmsg_from from = { .src = src };
	struct vrpmsg_buf *buf;
	int ret = vrpmsg_tx_check(vrp, src, dst, len);

	if (ret)
		return ret;

	buf = vrpmsg_tx_take(vrp);
	if (!buf)
		return -ENOMEM;

	vrpmsg_tx_write(vrp, buf, src, dst, data, len);
	return vrpmsg_tx_submit(vrp, buf, &from, dst);
}

/**
 * vrpmsg_tx_poll() - is there room for a message?
 * @vrp:  the remote
 * @file: the file that is polled, or NULL
 * @wait: who waits, or NULL
 *
 * Return: EPOLLOUT | EPOLLWRNORM; EPOLLERR when the remote is gone; 0 when the ring is full, and
 * then, if @wait is for EPOLLOUT or NULL, @tx_wait is woken as soon as a buffer is free.
 */
__poll_t vrpmsg_tx_poll(struct vrpmsg *vrp, struct file *file, poll_table *wait)
{
	const __poll_t room = EPOLLOUT | EPOLLWRNORM;
	unsigned long flags;
	__poll_t ret = 0;

	poll_wait(file, &vrp->tx_wait, wait);

	/*
	 * A used buffer stays in the ring here. If it went to the stack, the interrupt that is
	 * under way for it would find nothing and wake nobody, while senders sleep.
	 */
	spin_lock_irqsave(&vrp->tx_lock, flags);
	if (vrpmsg_gone(vrp))
		ret = EPOLLERR;
	else if (vrp->tx_free.num && vrp->svq->num_free > vrp->tx_taken)
		ret = room;
	else if ((poll_requested_events(wait) & room) && !vrpmsg_tx_ask(vrp))
		ret = room;
	spin_unlock_irqrestore(&vrp->tx_lock, flags);
	return ret;
}

/**
 * vrpmsg_tx_done() - the remote is done with buffers, and someone has asked to hear of it
 * @svq: the ring
 */
void vrpmsg_tx_done(struct virtqueue *svq)
{
	struct vrpmsg *vrp = svq->vdev->priv;
	unsigned long flags;

	/* Pairs with smp_store_release() in vrpmsg_probe(). */
	if (!smp_load_acquire(&vrp->up))
		return;

	/* Waiters look again after this, and ask again if they have to. */
	spin_lock_irqsave(&vrp->tx_lock, flags);
	vrpmsg_count(vrp, TX_INTERRUPTS, 1);
	trace_rpmsg_interrupt(vrp->vdev, svq->index);
	vrp->tx_asked = false;
	if (!vrpmsg_watch_interrupted(vrp))
		virtqueue_disable_cb(svq);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	vrpmsg_tx_wake(vrp);
}
