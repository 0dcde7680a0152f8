// SPDX-License-Identifier: GPL-2.0-only
/*
 * Busy polling: who waits for a message looks into the ring for a while before sleeping. Objects,
 * locks and unplug: eptdev_main.c.
 *
 * Often the next message comes sooner than an interrupt, a wake-up and a switch of tasks are over.
 * Looking for it costs a CPU, so a file says for how long at most (busy_poll_ns, off by default),
 * and the time that is really spent follows what happens: it doubles when a message came after it
 * but within the limit, and it is halved, down to nothing, when none came within the limit. It ends
 * at once when somebody else wants the CPU, and for a signal.
 *
 * Only a call that may sleep does it: read(), readv() and RPMSG_IOC_RING_RECEIVE. No lock is held,
 * because messages for all endpoints of the remote are delivered by who polls.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rpmsg_endpoint.h>

#include "eptdev.h"
#include "eptring.h"
#include "virtio_rpmsg_bus.h"

#define BUSY_POLL_MIN	(8 * NSEC_PER_USEC)	/* less is nothing */

/**
 * eptfile_busy_poll_set() - for how long at most
 * @file:  the file
 * @limit: nanoseconds, 0 for not at all
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP when the transport cannot be polled.
 */
int eptfile_busy_poll_set(struct eptfile *file, u64 limit)
{
	if (limit > RPMSG_BUSY_POLL_MAX_NS)
		return -EINVAL;
	if (limit && !READ_ONCE(file->eptdev->ops) && !eptdev_gone(file->eptdev))
		return -EOPNOTSUPP;

	WRITE_ONCE(file->busy_poll_ns, limit);
	WRITE_ONCE(file->busy_window_ns, limit);
	return 0;
}

/* Two at once may lose a step of it. */
static void eptfile_busy_poll_adapt(struct eptfile *file, u64 limit, u64 window, u64 waited)
{
	if (waited <= window)
		return;
	if (waited <= limit)
		window = clamp_t(u64, 2 * window, BUSY_POLL_MIN, limit);
	else
		window = window / 2 < BUSY_POLL_MIN ? 0 : window / 2;
	WRITE_ONCE(file->busy_window_ns, window);
}

/**
 * eptfile_busy_poll_begin() - look for messages, if the file wants that
 * @file:    the file, whose user is about to sleep
 * @wait:    how long it was, for eptfile_busy_poll_end()
 * @most_ns: no longer than that
 * @stop:    there is nothing to wait for any more
 * @priv:    for @stop
 */
void eptfile_busy_poll_begin(struct eptfile *file, struct busy_wait *wait, u64 most_ns,
			     bool (*stop)(const void *priv), const void *priv)
{
	struct eptdev *eptdev = file->eptdev;
	const struct vrpmsg_ops *ops;
	struct vrpmsg *vrp = NULL;

	wait->limit_ns = READ_ONCE(file->busy_poll_ns);
	if (!wait->limit_ns)
		return;
	wait->window_ns = READ_ONCE(file->busy_window_ns);
	wait->start_ns = ktime_get_ns();
	if (!wait->window_ns)
		return;

	down_read(&eptdev->lock);
	ops = eptdev->ops;
	if (eptdev->ept && ops)
		vrp = ops->poll_begin(eptdev->ept);
	up_read(&eptdev->lock);
	if (vrp)
		ops->poll(vrp, wait->start_ns + min(wait->window_ns, most_ns), stop, priv);
}

/**
 * eptfile_busy_poll_end() - learn from how long it took
 * @file: the file, whose user has waited
 * @wait: eptfile_busy_poll_begin()'s
 */
void eptfile_busy_poll_end(struct eptfile *file, const struct busy_wait *wait)
{
	if (wait->limit_ns)
		eptfile_busy_poll_adapt(file, wait->limit_ns, wait->window_ns,
					ktime_get_ns() - wait->start_ns);
}
