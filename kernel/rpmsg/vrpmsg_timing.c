// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long does a message take? Objects, locks and unplug of the rest: vrpmsg_main.c.
 *
 * While somebody traces what rpmsg_char tells of timed messages, those are timed that come one by
 * one, and of a stream as many as are not felt, chosen at random. Each is followed from its sender
 * to the reader of its answer. The next message to an endpoint is taken for the answer to its
 * oldest that has none: an endpoint counts both for that, at all times.
 *
 * A struct vrpmsg_timed belongs to the buffer that the message is in, until the remote is done with
 * it; and to the endpoint, until the answer comes, then to who has the answer. An endpoint that
 * goes gives up those without.
 *
 * Locks
 *	tx_lock guards what is counted of senders and @unkicked, cb_lock what is counted of answers;
 *	timed_lock, inside of both, guards the list of an endpoint.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"

#define TIMED_IN_A_ROW		256U	/* messages of an endpoint */
#define TIMED_PER_SECOND	1000U

/* Of those that are timed, whose answer is waited for. */
#define TIMED_MAX		256U

/* For so many interrupts more it is looked when they come. */
#define TIMED_INTERRUPTS	1000U

/**
 * vrpmsg_ration_look() - is this one to be timed? With a look at the clock
 * @vrp:    the remote
 * @ration: of its kind of messages
 */
bool vrpmsg_ration_look(struct vrpmsg *vrp, struct vrpmsg_ration *ration)
{
	const unsigned long passed = jiffies - ration->jiffies;
	unsigned int more;

	WRITE_ONCE(vrp->timed_interrupts, TIMED_INTERRUPTS);
	if (passed) {
		more = max_t(unsigned int, min_t(unsigned long, passed, HZ) * TIMED_PER_SECOND / HZ,
			     1);
		ration->jiffies += passed;
		ration->each = ration->seen / more;
		ration->seen = 0;
		ration->left = min(ration->left + more, 2 * TIMED_IN_A_ROW);
		if (ration->left >= TIMED_IN_A_ROW)
			ration->skip = 0;
	}
	ration->seen++;
	if (!ration->left)
		return false;
	if (ration->skip) {
		ration->skip--;
		return false;
	}
	ration->left--;
	/* Not always the first of a batch. */
	if (ration->left < TIMED_IN_A_ROW)
		ration->skip = get_random_u32() % (2 * ration->each + 1);
	return true;
}

static struct vrpmsg_timed *timed_alloc(struct vrpmsg_ept *vept, unsigned int refs)
{
	struct vrpmsg_timed *timed = kzalloc(sizeof(*timed), GFP_ATOMIC | __GFP_NOWARN);

	if (!timed)
		return NULL;
	refcount_set(&timed->refs, refs);
	INIT_LIST_HEAD(&timed->node);
	INIT_LIST_HEAD(&timed->kick);
	vept->user->timed(vept->ept.priv);
	return timed;
}

static void timed_give_up(struct vrpmsg_ept *vept, struct vrpmsg_timed *timed)
{
	if (vept->ept.priv)
		vept->user->given_up(vept->ept.priv, timed);
	vrpmsg_timed_put(timed);
}

/* Who looks for an answer to a timed message need not take the lock for all others. */
static void timed_changed(struct vrpmsg_ept *vept)
{
	struct vrpmsg_timed *first;

	lockdep_assert_held(&vept->timed_lock);

	first = list_first_entry_or_null(&vept->timed, struct vrpmsg_timed, node);
	WRITE_ONCE(vept->first_timed, first ? first->number : 0);
}

static struct vrpmsg_timed *timed_add(struct vrpmsg_ept *vept, struct vrpmsg_timed *timed)
{
	struct vrpmsg_timed *oldest = NULL;

	spin_lock(&vept->timed_lock);
	list_add_tail(&timed->node, &vept->timed);
	if (++vept->num_timed > TIMED_MAX) {
		oldest = list_first_entry(&vept->timed, struct vrpmsg_timed, node);
		list_del_init(&oldest->node);
		vept->num_timed--;
	}
	timed_changed(vept);
	spin_unlock(&vept->timed_lock);
	return oldest;
}

/**
 * vrpmsg_time_question() - time a message that is about to be put into the ring
 * @vrp:  the remote
 * @from: who sends it, and wants to know
 *
 * Before the remote can see it: the answer must find it.
 *
 * Return: how it is timed, for vrpmsg_time_queued(); NULL without memory.
 */
struct vrpmsg_timed *vrpmsg_time_question(struct vrpmsg *vrp, const struct vrpmsg_from *from)
{
	struct vrpmsg_timed *timed, *oldest;
	struct vrpmsg_ept *vept = from->vept;

	lockdep_assert_held(&vrp->tx_lock);

	timed = timed_alloc(vept, 2);
	if (!timed)
		return NULL;

	timed->number = vept->asked;
	timed->writer = current->tgid;
	timed->thread = current->pid;
	timed->at[VRPMSG_AT_WRITE] = from->write_ns;
	timed->at[VRPMSG_AT_QUEUED] = vrpmsg_now();
	oldest = timed_add(vept, timed);
	if (oldest)
		timed_give_up(vept, oldest);
	return timed;
}

/**
 * vrpmsg_time_queued() - it is in the ring
 * @vrp:   the remote
 * @buf:   what it is in; NULL when the ring has refused it
 * @timed: vrpmsg_time_question()'s
 */
void vrpmsg_time_queued(struct vrpmsg *vrp, struct vrpmsg_buf *buf, struct vrpmsg_timed *timed)
{
	lockdep_assert_held(&vrp->tx_lock);

	if (!buf) {
		vrpmsg_timed_put(timed);
		return;
	}
	buf->timed = timed;
	list_add_tail(&timed->kick, &vrp->unkicked);
	vrp->num_timed++;
}

/**
 * vrpmsg_time_kick() - the remote knows of all that is in the ring
 * @vrp: the remote
 */
void vrpmsg_time_kick(struct vrpmsg *vrp)
{
	const u64 now = vrpmsg_now();
	struct vrpmsg_timed *timed, *next;

	lockdep_assert_held(&vrp->tx_lock);

	list_for_each_entry_safe(timed, next, &vrp->unkicked, kick) {
		timed->at[VRPMSG_AT_KICK] = now;
		list_del_init(&timed->kick);
	}
}

/**
 * vrpmsg_time_consumed() - the remote is done with it
 * @vrp: the remote
 * @buf: what it was in
 */
void vrpmsg_time_consumed(struct vrpmsg *vrp, struct vrpmsg_buf *buf)
{
	lockdep_assert_held(&vrp->tx_lock);

	if (vrp->watched)
		WRITE_ONCE(buf->timed->at[VRPMSG_AT_CONSUMED], vrpmsg_now());
	vrpmsg_timed_put(buf->timed);
	buf->timed = NULL;
	vrp->num_timed--;
}

/**
 * vrpmsg_time_interrupt() - the remote has sent something
 * @vrp: the remote
 */
void vrpmsg_time_interrupt(struct vrpmsg *vrp)
{
	const unsigned int left = READ_ONCE(vrp->timed_interrupts);

	if (!left)
		return;
	WRITE_ONCE(vrp->timed_interrupts, left - 1);
	WRITE_ONCE(vrp->interrupt_ns, left > 1 ? vrpmsg_now() : 0);
}

/* What comes while others are delivered has no interrupt of its own. */
static u64 interrupt_after(struct vrpmsg *vrp, const struct vrpmsg_timed *timed)
{
	const u64 interrupt = READ_ONCE(vrp->interrupt_ns);

	if (!interrupt)
		return 0;
	return max3(interrupt, timed->at[VRPMSG_AT_KICK],
		    READ_ONCE(timed->at[VRPMSG_AT_CONSUMED]));
}

/**
 * vrpmsg_time_answer() - a message comes that answers one that is timed
 * @vrp:  the remote
 * @vept: the endpoint; or those before that will have no answer any more
 */
void vrpmsg_time_answer(struct vrpmsg *vrp, struct vrpmsg_ept *vept)
{
	struct vrpmsg_timed *timed, *next;
	LIST_HEAD(found);
	unsigned long flags;

	lockdep_assert_held(&vept->ept.cb_lock);

	spin_lock_irqsave(&vept->timed_lock, flags);
	list_for_each_entry_safe(timed, next, &vept->timed, node) {
		if (timed->number > vept->answered)
			break;
		list_move_tail(&timed->node, &found);
		vept->num_timed--;
	}
	timed_changed(vept);
	spin_unlock_irqrestore(&vept->timed_lock, flags);

	/* Its sender may have the lock still, and the kick to come. */
	vrpmsg_watch_collect(vrp);
	list_for_each_entry_safe(timed, next, &found, node) {
		list_del_init(&timed->node);
		if (timed->number == vept->answered) {
			timed->at[VRPMSG_AT_INTERRUPT] = interrupt_after(vrp, timed);
			vept->delivering = timed;
		} else {
			timed_give_up(vept, timed);
		}
	}
}

/**
 * vrpmsg_take_timed() - for a callback, by who traces: is its message timed?
 * @ept: the endpoint
 * @len: bytes of payload
 *
 * Return: how, and the caller has to vrpmsg_timed_put() it; NULL if it is not.
 */
struct vrpmsg_timed *vrpmsg_take_timed(struct rpmsg_endpoint *ept, u32 len)
{
	struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);
	struct vrpmsg_timed *timed = vept->delivering;

	lockdep_assert_held(&ept->cb_lock);

	if (!timed && vept->unasked) {
		if (vrpmsg_ration_has(vrp, &vept->news))
			timed = timed_alloc(vept, 1);
		/* Of the first nobody has looked when it came. */
		if (timed)
			timed->at[VRPMSG_AT_INTERRUPT] = READ_ONCE(vrp->interrupt_ns);
	}
	vept->delivering = NULL;
	if (timed) {
		timed->len = len;
		timed->at[VRPMSG_AT_DELIVERED] = vrpmsg_now();
	}
	return timed;
}

/**
 * vrpmsg_time_again() - a message that was held is delivered
 * @vept: the endpoint
 * @buf:  what it is in
 */
void vrpmsg_time_again(struct vrpmsg_ept *vept, struct vrpmsg_buf *buf)
{
	lockdep_assert_held(&vept->ept.cb_lock);

	vept->unasked = false;
	vept->delivering = buf->timed;
	buf->timed = NULL;
}

/**
 * vrpmsg_time_delivered() - the callback is back
 * @vept: the endpoint
 * @buf:  what the message is in, if the endpoint holds it; or NULL
 */
void vrpmsg_time_delivered(struct vrpmsg_ept *vept, struct vrpmsg_buf *buf)
{
	lockdep_assert_held(&vept->ept.cb_lock);

	if (buf)
		buf->timed = vept->delivering;
	else if (vept->delivering)
		timed_give_up(vept, vept->delivering);
	vept->delivering = NULL;
}

/**
 * vrpmsg_time_end() - nobody waits for answers to an endpoint any more
 * @vept: the endpoint
 * @held: buffers with those that it held
 */
void vrpmsg_time_end(struct vrpmsg_ept *vept, struct list_head *held)
{
	struct vrpmsg_timed *timed, *next;
	struct vrpmsg_buf *buf;
	unsigned long flags;
	LIST_HEAD(all);

	lockdep_assert_held(&vept->ept.cb_lock);

	/* What comes now answers none of them. */
	vept->answered = READ_ONCE(vept->asked);
	spin_lock_irqsave(&vept->timed_lock, flags);
	list_splice_init(&vept->timed, &all);
	vept->num_timed = 0;
	timed_changed(vept);
	spin_unlock_irqrestore(&vept->timed_lock, flags);

	list_for_each_entry_safe(timed, next, &all, node) {
		list_del_init(&timed->node);
		timed_give_up(vept, timed);
	}
	list_for_each_entry(buf, held, held) {
		if (buf->timed)
			timed_give_up(vept, buf->timed);
		buf->timed = NULL;
	}
}

/**
 * vrpmsg_end_timed() - the user of an endpoint, which stays, waits for no answer any more
 * @ept: the endpoint
 */
void vrpmsg_end_timed(struct rpmsg_endpoint *ept)
{
	struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);

	mutex_lock(&ept->cb_lock);
	vrpmsg_time_end(vept, &vept->held);
	mutex_unlock(&ept->cb_lock);
}
