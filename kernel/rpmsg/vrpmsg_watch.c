// SPDX-License-Identifier: GPL-2.0-only
/*
 * When was a message consumed? Objects, locks and unplug: vrpmsg_main.c.
 *
 * Nobody knows unless the remote interrupts for the buffer, which it is not asked to as long as
 * nobody waits for one. Who traces rpmsg_consumed wants to know. Such an interrupt costs as much as
 * half a message, so there is one for each of those that come one by one, and of a stream for as
 * many as are not felt. A buffer that comes back without is told as found later than it was.
 * Messages that are timed (vrpmsg_timing.c) are so few that all of these are watched.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>

#include "vrpmsg.h"
#include "vrpmsg_trace.h"

#define WATCH_BURST		256U	/* buffers */
#define WATCH_PER_SECOND	1000U

static bool vrpmsg_watch_has_left(struct vrpmsg *vrp)
{
	const unsigned long now = jiffies;
	const unsigned int passed = min_t(unsigned long, now - vrp->watch_jiffies, HZ);

	vrp->watch_left = min(vrp->watch_left + passed * WATCH_PER_SECOND / HZ, WATCH_BURST);
	vrp->watch_jiffies = now;
	return vrp->watch_left;
}

/**
 * vrpmsg_watch() - be interrupted for each buffer, if that may be
 * @vrp: the remote
 */
void vrpmsg_watch(struct vrpmsg *vrp)
{
	lockdep_assert_held(&vrp->tx_lock);

	/* Who has asked is to be woken for the buffers of before, and not from in here. */
	if (vrp->watched || vrp->tx_asked)
		return;
	if (!vrp->num_timed && !vrpmsg_watch_has_left(vrp))
		return;

	virtqueue_enable_cb(vrp->svq);
	vrpmsg_tx_reclaim(vrp);
	WRITE_ONCE(vrp->watched, true);
}

/* Take back what the remote is done with. Return: whether it is to interrupt for the next, too. */
static bool vrpmsg_watch_go_on(struct vrpmsg *vrp, bool *wake)
{
	*wake = vrpmsg_tx_reclaim(vrp);
	if (!vrp->num_timed && !(trace_rpmsg_consumed_enabled() && vrpmsg_watch_has_left(vrp)))
		WRITE_ONCE(vrp->watched, false);
	return vrp->watched;
}

/**
 * vrpmsg_watch_collect() - tell what was queued and consumed, before what the remote says next
 * @vrp: the remote
 *
 * A remote that polls can answer before its sender tells that there is something: it still has the
 * lock.
 */
void vrpmsg_watch_collect(struct vrpmsg *vrp)
{
	unsigned long flags;
	bool wake = false;

	spin_lock_irqsave(&vrp->tx_lock, flags);
	if (vrp->watched && !vrpmsg_watch_go_on(vrp, &wake) && !vrp->tx_asked)
		virtqueue_disable_cb(vrp->svq);
	spin_unlock_irqrestore(&vrp->tx_lock, flags);

	if (wake)
		vrpmsg_tx_wake(vrp);
}

/**
 * vrpmsg_watch_interrupted() - the remote is done with buffers
 * @vrp: the remote; all are woken in any case
 *
 * Return: whether it is to interrupt for the next, too.
 */
bool vrpmsg_watch_interrupted(struct vrpmsg *vrp)
{
	bool wake;

	lockdep_assert_held(&vrp->tx_lock);

	return vrp->watched && vrpmsg_watch_go_on(vrp, &wake);
}
