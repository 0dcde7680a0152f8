// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the remote. Objects, locks and unplug: vrpmsg_main.c.
 *
 * The remote interrupts for a sent buffer only when somebody wants one: who finds none asks for one
 * interrupt, which wakes everybody and is not repeated until somebody asks again. Whoever traces
 * rpmsg_consumed wants one for each buffer, or would be told when the next sender needs the buffer.
 */
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "vrpmsg.h"
#include "vrpmsg_trace.h"

/* A buffer that the remote is done with. */
static struct vrpmsg_buf *vrpmsg_tx_get_used(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;
	unsigned int unused;

	lockdep_assert_held(&vrp->tx_lock);

	buf = virtqueue_get_buf(vrp->svq, &unused);
	if (buf)
		trace_rpmsg_consumed(vrp->vdev, vrpmsg_slot(vrp, buf));
	return buf;
}

/* A buffer from the stack or else one that the remote is done with. */
static struct vrpmsg_buf *vrpmsg_tx_get(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf = vrpmsg_pop(&vrp->tx_free);

	return buf ?: vrpmsg_tx_get_used(vrp);
}

/* All of them, and an interrupt for the next. */
static void vrpmsg_tx_get_all(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;

	virtqueue_enable_cb(vrp->svq);
	while ((buf = vrpmsg_tx_get_used(vrp)))
		vrpmsg_push(&vrp->tx_free, buf);
}

/**
 * vrpmsg_tx_collect() - take back what the remote is done with, for who traces that
 * @vrp: the remote
 */
void vrpmsg_tx_collect(struct vrpmsg *vrp)
{
	unsigned long flags;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	vrpmsg_tx_get_all(vrp);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	/* The interrupt for these will find none, and wake nobody. */
	wake_up_poll(&vrp->tx_wait, EPOLLOUT | EPOLLWRNORM);
}

static bool vrpmsg_gone(const struct vrpmsg *vrp)
{
	return READ_ONCE(vrp->dying) || virtqueue_is_broken(vrp->svq);
}

/* Return: a buffer; an error when none will come; NULL, and tx_wait is woken when one may. */
static struct vrpmsg_buf *vrpmsg_tx_get_or_ask(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;
	unsigned long flags;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	do {
		if (vrpmsg_gone(vrp)) {
			buf = ERR_PTR(-EPIPE);
			break;
		}
		buf = vrpmsg_tx_get(vrp);
	} while (!buf && !virtqueue_enable_cb(vrp->svq));
	spin_unlock_irqrestore(&vrp->tx_lock, flags);
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

	spin_lock_irqsave(&vrp->tx_lock, flags);
	buf = vrpmsg_tx_get(vrp);
	if (!buf)
		vrpmsg_count(vrp, TX_FULL, 1);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);
	return buf;
}

static void vrpmsg_tx_write(const struct vrpmsg *vrp, struct vrpmsg_buf *buf, u32 src, u32 dst,
			    const void *data, unsigned int len)
{
	const bool le = vrp->little_endian;
	struct vrpmsg_hdr *hdr = buf->hdr;

	hdr->src = __cpu_to_rpmsg32(le, src);
	hdr->dst = __cpu_to_rpmsg32(le, dst);
	hdr->reserved = 0;
	hdr->len = __cpu_to_rpmsg16(le, len);
	hdr->flags = 0;
	memcpy(hdr->payload, data, len);
	buf->sg.length = sizeof(*hdr) + len;
}

/* -ENOMEM is for "no buffer" alone: whoever sees it may wait for one. */
static int vrpmsg_tx_submit(struct vrpmsg *vrp, struct vrpmsg_buf *buf, u32 src, u32 dst)
{
	const unsigned int len = buf->sg.length - sizeof(*buf->hdr);
	bool kick = false;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	ret = virtqueue_add_outbuf(vrp->svq, &buf->sg, 1, buf, GFP_ATOMIC);
	if (ret) {
		vrpmsg_push(&vrp->tx_free, buf);
	} else {
		trace_rpmsg_queued(vrp->vdev, vrpmsg_slot(vrp, buf), src, dst, len,
				   vrp->num_tx - vrp->tx_free.num);
		if (trace_rpmsg_consumed_enabled())
			virtqueue_enable_cb(vrp->svq);
		kick = virtqueue_kick_prepare(vrp->svq);
		trace_rpmsg_kick(vrp->vdev, vrp->svq->index, kick);
		vrpmsg_count(vrp, TX_KICKS, kick);
		vrpmsg_count(vrp, TX_MESSAGES, 1);
		vrpmsg_count(vrp, TX_BYTES, len);
	}
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	if (ret) {
		wake_up_poll(&vrp->tx_wait, EPOLLOUT | EPOLLWRNORM);
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
 * @src:  local address
 * @dst:  remote address
 * @data: payload
 * @len:  its length in bytes
 * @wait: sleep for a buffer
 *
 * Return: 0; -EINVAL, -EMSGSIZE; -EPIPE when the remote is gone; without a buffer -ENOMEM at once
 * or -ETIMEDOUT after 15 seconds; -ERESTARTSYS for a signal; -EIO when the ring refuses.
 */
int vrpmsg_send(struct vrpmsg *vrp, u32 src, u32 dst, const void *data, int len, bool wait)
{
	struct vrpmsg_buf *buf;
	int ret = vrpmsg_tx_check(vrp, src, dst, len);

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

	vrpmsg_tx_write(vrp, buf, src, dst, data, len);
	return vrpmsg_tx_submit(vrp, buf, src, dst);
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
	struct vrpmsg_buf *buf;
	int ret = vrpmsg_tx_check(vrp, src, dst, len);

	if (ret)
		return ret;

	buf = vrpmsg_tx_take(vrp);
	if (!buf)
		return -ENOMEM;

	vrpmsg_tx_write(vrp, buf, src, dst, data, len);
	return vrpmsg_tx_submit(vrp, buf, src, dst);
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
	else if (vrp->tx_free.num)
		ret = room;
	else if ((poll_requested_events(wait) & room) && !virtqueue_enable_cb(vrp->svq))
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
	if (trace_rpmsg_consumed_enabled())
		vrpmsg_tx_get_all(vrp);
	else
		virtqueue_disable_cb(svq);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	wake_up_poll(&vrp->tx_wait, EPOLLOUT | EPOLLWRNORM);
}
