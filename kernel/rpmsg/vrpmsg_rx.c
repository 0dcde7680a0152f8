// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages from the remote. Objects, locks and trust: vrpmsg_main.c.
 */
#include <linux/device.h>
#include <linux/sched.h>
#include <linux/wait_bit.h>

#include "vrpmsg.h"

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

static void vrpmsg_deliver(struct vrpmsg *vrp, struct vrpmsg_hdr *hdr, unsigned int used)
{
	const bool le = vrp->little_endian;
	struct rpmsg_endpoint *ept;
	unsigned int len;
	u32 src, dst;
	int ret = 0;

	if (used < sizeof(*hdr) || used > vrp->rx_size) {
		vrpmsg_count(vrp, RX_MALFORMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev,
				     "message dropped: %u bytes used of a buffer of %u\n", used,
				     vrp->rx_size);
		return;
	}

	len = __rpmsg16_to_cpu(le, READ_ONCE(hdr->len));
	src = __rpmsg32_to_cpu(le, READ_ONCE(hdr->src));
	dst = __rpmsg32_to_cpu(le, READ_ONCE(hdr->dst));

	if (len > used - sizeof(*hdr)) {
		vrpmsg_count(vrp, RX_MALFORMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev,
				     "message from %#x to %#x dropped: payload of %u bytes in %u\n",
				     src, dst, len, used);
		return;
	}

	ept = vrpmsg_get_ept(vrp, dst);
	if (!ept) {
		vrpmsg_count(vrp, RX_UNCLAIMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev,
				     "message from %#x to %#x dropped: nobody there\n", src, dst);
		return;
	}

	vrpmsg_count(vrp, RX_MESSAGES, 1);
	vrpmsg_count(vrp, RX_BYTES, len);
	mutex_lock(&ept->cb_lock);
	if (ept->cb)
		ret = ept->cb(ept->rpdev, hdr->payload, len, ept->priv, src);
	mutex_unlock(&ept->cb_lock);
	vrpmsg_put_ept(ept);

	if (ret)
		vrpmsg_count(vrp, RX_REFUSED, 1);
}

/* Return: how many buffers the ring has got back. */
static unsigned int vrpmsg_rx_offer_kept(struct vrpmsg *vrp)
{
	unsigned int given = 0;
	struct vrpmsg_buf *buf;

	while ((buf = vrpmsg_pop(&vrp->rx_kept))) {
		if (vrpmsg_rx_give_back(vrp, buf)) {
			vrpmsg_push(&vrp->rx_kept, buf);
			break;
		}
		given++;
	}
	return given;
}

static void vrpmsg_rx_drain(struct vrpmsg *vrp)
{
	unsigned int used, given = vrpmsg_rx_offer_kept(vrp);
	struct vrpmsg_buf *buf;

	do {
		virtqueue_disable_cb(vrp->rvq);
		while (!READ_ONCE(vrp->dying) && (buf = virtqueue_get_buf(vrp->rvq, &used))) {
			vrpmsg_deliver(vrp, buf->hdr, used);
			if (vrpmsg_rx_give_back(vrp, buf))
				vrpmsg_push(&vrp->rx_kept, buf);
			else
				given++;
			cond_resched();
		}
	} while (!virtqueue_enable_cb(vrp->rvq) && !READ_ONCE(vrp->dying) &&
		 !virtqueue_is_broken(vrp->rvq));

	if (given && virtqueue_kick_prepare(vrp->rvq)) {
		vrpmsg_count(vrp, RX_KICKS, 1);
		virtqueue_notify(vrp->rvq);
	}
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
	int seen = 1;

	/* Pairs with smp_store_release() in vrpmsg_probe(). */
	if (!smp_load_acquire(&vrp->up))
		return;
	if (atomic_inc_return(&vrp->rx_events) > 1)
		return;

	do {
		vrpmsg_count(vrp, RX_INTERRUPTS, seen);
		vrpmsg_rx_drain(vrp);
		seen = atomic_sub_return(seen, &vrp->rx_events);
	} while (seen);

	/* For vrpmsg_rx_stop(), after which there may be no vrp: only the address is used. */
	wake_up_var(&vrp->rx_events);
}

/**
 * vrpmsg_rx_stop() - end receiving for good, in a remote that is dying
 * @vrp: the remote
 *
 * Takes the part of who works for all others, and never gives it back.
 */
void vrpmsg_rx_stop(struct vrpmsg *vrp)
{
	wait_var_event(&vrp->rx_events, !atomic_cmpxchg(&vrp->rx_events, 0, 1));
}
