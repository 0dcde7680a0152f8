// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: the rings of an open endpoint, <linux/rpmsg_ring.h>. The protocol, with its barriers,
 * and who owns a buffer when: docs/data-plane.md.
 *
 * Objects
 *	struct eptring belongs to the open file that it was made for, and is freed with it. Mappings
 *	hold the file, commands of io_uring hold the file, so all of them are gone before. It has
 *	the control memory and the receive buffers, which are ordinary memory; the transmit buffers
 *	are the transport's, and are given back when the endpoint goes. All of it counts as memory
 *	that the user who made the rings has locked, until they are freed.
 *	struct waiter is a command that waits, one to send, one to receive. It is an ioctl, which
 *	sleeps in there, or a command of io_uring, which is finished by a work of its task. Who
 *	wakes it does not finish it, but makes it look again.
 *
 * Locks, outer to inner
 *	tx_mutex	one at a time takes entries from the submit ring; and the transport's
 *			buffers are there. A kick is inside.
 *	rx_mutex	one at a time fills the ready ring, in the order of arrival
 *	the transport's	spinlock, in which eptring_done() is called
 *	done_lock	a spinlock: the done ring, and which transmit buffers are whose
 *	waiter.lock	a spinlock, what the waiter is
 *	map_mutex	inside of mmap_lock: what transmit buffers are mapped to
 *
 * Trust
 *	Control memory belongs to the application, in all of its bytes and at any time. The kernel
 *	reads of it the tails, one head, and entries, each once; it writes the rest and reads
 *	nothing back. Which buffer is whose is in bitmaps of the kernel. The worst that an
 *	application gets by lying are messages that are lost or mixed up, its own.
 *
 * Full
 *	A sender without room waits, or is told how many were sent. A message without a free receive
 *	buffer is left to rpmsg_char's queue, with the rules that hold there.
 *
 * Unplug
 *	eptring_stop() comes from rpmsg_char under its lock, before the endpoint goes: sending ends;
 *	transmit buffers vanish from all mappings and a page of nothing takes their place, so that
 *	nobody falls; those under way come back as -EPIPE; waiters wake. What was received stays
 *	readable.
 */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rpmsg_endpoint.h>
#include <linux/rpmsg_ring.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "../compat/io_uring.h"
#include "../compat/mm.h"
#include "eptring.h"
#include "virtio_rpmsg_bus.h"

#define BATCH	32	/* entries of the submit ring that are taken at once */

/**
 * struct waiter - a command that waits
 * @ring:      whose
 * @step:      does what can be done now
 * @lock:      guards the members below
 * @busy:      there is one
 * @cmd:       it is io_uring's
 * @owner:     whose, as flush() names processes
 * @scheduled: a work of its task is under way
 * @again:     it has been woken since that work began to look
 * @canceled:  it shall end
 * @expired:   its time is over
 * @count:     what it waits for
 * @sent:      what it has sent
 * @timer:     its time
 * @wait:      where an ioctl sleeps
 */
struct waiter {
	struct eptring		*ring;
	bool			(*step)(struct eptring *ring, u32 count, u32 *sent, int *ret);
	spinlock_t		lock;	/* all below */
	bool			busy;
	struct io_uring_cmd	*cmd;
	fl_owner_t		owner;
	bool			scheduled;
	bool			again;
	bool			canceled;
	bool			expired;
	u32			count;
	u32			sent;
	struct hrtimer		timer;
	wait_queue_head_t	wait;
};

/**
 * struct eptring - rings
 * @control:      what the application sees
 * @submit:       the submit ring, in there
 * @done:         the done ring, likewise
 * @ready:        the ready ring, likewise
 * @release:      the release ring, likewise
 * @gone:         there is no endpoint any more
 * @user:         who made them
 * @charged:      pages that count as locked by @user
 * @mapping:      all mappings of transmit buffers
 * @map_mutex:    guards @tx_mapped
 * @tx_mapped:    transmit buffers may be mapped
 * @nothing:      a page in place of those that are gone
 * @tx_mutex:     guards @ops, @slots, and from @submit_head to @bad_submit
 * @ops:          the transport's
 * @slots:        its buffers; NULL when it is gone
 * @tx_over:      nothing is sent any more
 * @tx_messages:  counts what was sent
 * @tx_bytes:     counts payload in that
 * @tx_mtu:       bytes of payload
 * @tx_slots:     how many buffers, a power of two
 * @tx_stride:    bytes of each, as mapped
 * @submit_head:  the next entry to take
 * @taken:        entries that were taken, and had no room yet
 * @num_taken:    how many
 * @bad_submit:   entries that were dropped
 * @done_lock:    guards @tx_busy, @tx_num_busy and @done_tail
 * @tx_busy:      buffers that are not the application's
 * @tx_num_busy:  how many
 * @done_tail:    the next entry to write
 * @rx_mutex:     guards all members below
 * @rx_slots:     how many buffers, a power of two
 * @rx_stride:    bytes of each
 * @rx_memory:    all of them
 * @rx_free:      numbers of those that are the kernel's
 * @rx_num_free:  how many
 * @rx_out:       those that are the application's
 * @ready_tail:   the next entry to write
 * @release_head: the next entry to take
 * @bad_release:  entries that were dropped
 * @sender:       who waits to send
 * @receiver:     who waits for messages
 */
struct eptring {
	struct rpmsg_ring_control	*control;
	struct rpmsg_ring_submit	*submit;
	struct rpmsg_ring_done		*done;
	struct rpmsg_ring_ready		*ready;
	u32				*release;
	bool				gone;
	struct user_struct		*user;
	unsigned long			charged;

	struct address_space		mapping;
	struct mutex			map_mutex;	/* @tx_mapped */
	bool				tx_mapped;
	struct page			*nothing;

	struct mutex			tx_mutex;	/* from @ops to @bad_submit */
	const struct vrpmsg_ops		*ops;
	struct vrpmsg_slots		*slots;
	bool				tx_over;
	atomic_long_t			*tx_messages;
	atomic_long_t			*tx_bytes;
	u32				tx_mtu;
	u32				tx_slots;
	u32				tx_stride;
	u32				submit_head;
	struct vrpmsg_slot		taken[BATCH];
	u32				num_taken;
	u32				bad_submit;

	spinlock_t			done_lock;	/* from @tx_busy to @done_tail */
	unsigned long			*tx_busy;
	u32				tx_num_busy;
	u32				done_tail;

	struct mutex			rx_mutex;	/* from @rx_slots to @bad_release */
	u32				rx_slots;
	u32				rx_stride;
	void				*rx_memory;
	u32				*rx_free;
	u32				rx_num_free;
	unsigned long			*rx_out;
	u32				ready_tail;
	u32				release_head;
	u32				bad_release;

	struct waiter			sender;
	struct waiter			receiver;
};

/* Waiters */

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
static void waiter_wake(struct waiter *waiter)
{
	unsigned long flags;

	spin_lock_irqsave(&waiter->lock, flags);
	if (waiter->cmd)
		waiter_schedule(waiter);
	spin_unlock_irqrestore(&waiter->lock, flags);
	wake_up(&waiter->wait);
}

static void waiter_wake_if(struct waiter *waiter, u32 have)
{
	/* Pairs with the one in waiter_begin(): we see the waiter, or it sees what we did. */
	smp_mb();
	if (READ_ONCE(waiter->busy) && have >= READ_ONCE(waiter->count))
		waiter_wake(waiter);
}

static enum hrtimer_restart waiter_timeout(struct hrtimer *timer)
{
	struct waiter *waiter = container_of(timer, struct waiter, timer);

	WRITE_ONCE(waiter->expired, true);
	waiter_wake(waiter);
	return HRTIMER_NORESTART;
}

static void waiter_init(struct waiter *waiter, struct eptring *ring,
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
static int waiter_begin(struct waiter *waiter, struct io_uring_cmd *cmd,
			const struct rpmsg_ring_wait_args *args, u32 sent)
{
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
	if (args->timeout_ns != RPMSG_TIMEOUT_NONE)
		hrtimer_start(&waiter->timer, min_t(u64, args->timeout_ns, KTIME_MAX),
			      HRTIMER_MODE_REL);
	spin_unlock_irq(&waiter->lock);

	smp_mb();	/* see waiter_wake_if() */
	return 0;
}

static void eptring_give_up(struct eptring *ring);

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
static void waiter_cancel(struct waiter *waiter, struct io_uring_cmd *cmd, unsigned int issue_flags)
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

static void waiter_flush(struct waiter *waiter, fl_owner_t owner)
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

static int waiter_run(struct waiter *waiter, const struct rpmsg_ring_wait_args *args)
{
	u32 sent = 0;
	int ret = 0;

	if (waiter->step(waiter->ring, args->count, &sent, &ret) || !args->timeout_ns)
		return sent ?: ret;
	return waiter_sleep(waiter, args, sent);
}

/* Sending */

/* A buffer is the application's again. */
static void eptring_give(struct eptring *ring, u32 slot, int status)
{
	struct rpmsg_ring_done *done;
	unsigned long flags;
	u32 idle;

	spin_lock_irqsave(&ring->done_lock, flags);
	done = &ring->done[ring->done_tail++ & (ring->tx_slots - 1)];
	WRITE_ONCE(done->slot, slot);
	WRITE_ONCE(done->status, status);
	__clear_bit(slot, ring->tx_busy);
	idle = ring->tx_slots - --ring->tx_num_busy;
	/* B: the entry is there, and the remote has read the buffer */
	smp_store_release(&ring->control->done_tail, ring->done_tail);
	spin_unlock_irqrestore(&ring->done_lock, flags);

	waiter_wake_if(&ring->sender, idle);
}

/* The transport's callback, in its lock: the remote is done with a buffer. */
static void eptring_done(void *priv, unsigned int slot)
{
	eptring_give(priv, slot, 0);
}

/* Return: whether the buffer was the application's. */
static bool eptring_take(struct eptring *ring, u32 slot)
{
	bool taken;

	if (slot >= ring->tx_slots)
		return false;

	spin_lock_irq(&ring->done_lock);
	taken = !__test_and_set_bit(slot, ring->tx_busy);
	ring->tx_num_busy += taken;
	spin_unlock_irq(&ring->done_lock);
	return taken;
}

/* Takes entries of the submit ring, each read once, up to @tail or until no more can be kept. */
static void eptring_take_submitted(struct eptring *ring, u32 tail)
{
	const struct rpmsg_ring_submit *entry;
	struct vrpmsg_slot msg;

	while (ring->submit_head != tail && ring->num_taken < BATCH) {
		entry = &ring->submit[ring->submit_head++ & (ring->tx_slots - 1)];
		msg.slot = READ_ONCE(entry->slot);
		msg.len = READ_ONCE(entry->len);

		if (!eptring_take(ring, msg.slot))
			WRITE_ONCE(ring->control->bad_submit, ++ring->bad_submit);
		else if (msg.len > ring->tx_mtu)
			eptring_give(ring, msg.slot, -EMSGSIZE);
		else
			ring->taken[ring->num_taken++] = msg;
	}
}

static void eptring_count(const struct eptring *ring, u32 sent)
{
	unsigned long bytes = 0;
	u32 i;

	for (i = 0; i < sent; i++)
		bytes += ring->taken[i].len;
	atomic_long_add(sent, ring->tx_messages);
	atomic_long_add(bytes, ring->tx_bytes);
}

/* Return: 0, also if there was no room for all; or an error. */
static int eptring_publish(struct eptring *ring, u32 *sent)
{
	/* A: the entries, and what the application wrote into the buffers, are there */
	const u32 tail = smp_load_acquire(&ring->control->submit_tail);
	bool kick = false;
	int ret;

	lockdep_assert_held(&ring->tx_mutex);

	if (tail - ring->submit_head > ring->tx_slots) {
		ring->submit_head = tail;
		WRITE_ONCE(ring->control->submit_head, tail - ring->num_taken);
		return -EINVAL;
	}

	do {
		eptring_take_submitted(ring, tail);
		/* Also with none: it takes back what the remote is done with */
		ret = ring->ops->slots_send(ring->slots, ring->taken, ring->num_taken, &kick);
		if (ret <= 0)
			break;
		*sent += ret;
		eptring_count(ring, ret);
		ring->num_taken -= ret;
		memmove(ring->taken, ring->taken + ret, ring->num_taken * sizeof(ring->taken[0]));
	} while (!ring->num_taken);
	WRITE_ONCE(ring->control->submit_head, ring->submit_head - ring->num_taken);

	if (kick)
		ring->ops->slots_kick(ring->slots);
	return min(ret, 0);
}

/* Return: whether the command is finished; else it will be woken. */
static bool eptring_send_step(struct eptring *ring, u32 count, u32 *sent, int *ret)
{
	bool finished;
	int again = 0;

	mutex_lock(&ring->tx_mutex);
	do {
		*ret = ring->tx_over ? -EPIPE : eptring_publish(ring, sent);
		finished = *ret || (!ring->num_taken &&
				    ring->tx_slots - READ_ONCE(ring->tx_num_busy) >= count);
		if (!finished)
			again = ring->ops->slots_ask(ring->slots, ring->num_taken);
	} while (!finished && again > 0);
	mutex_unlock(&ring->tx_mutex);

	if (!finished && again < 0)
		*ret = again;
	return *ret || finished;
}

/* Who does not wait for room any more does not keep others from it. */
static void eptring_give_up(struct eptring *ring)
{
	mutex_lock(&ring->tx_mutex);
	if (ring->slots)
		ring->ops->slots_give_up(ring->slots);
	mutex_unlock(&ring->tx_mutex);
}

/* Receiving */

/**
 * eptring_lock() - begin to fill the ready ring
 * @ring: the rings
 */
void eptring_lock(struct eptring *ring)
{
	mutex_lock(&ring->rx_mutex);
}

/**
 * eptring_unlock() - end that
 * @ring: the rings
 */
void eptring_unlock(struct eptring *ring)
{
	mutex_unlock(&ring->rx_mutex);
}

/**
 * eptring_unread() - how many messages wait for the application
 * @ring: the rings
 *
 * Return: what the application's index says, which is its affair; but no more than there can be.
 */
u32 eptring_unread(const struct eptring *ring)
{
	return min(READ_ONCE(ring->ready_tail) - READ_ONCE(ring->control->ready_head),
		   ring->rx_slots);
}

/**
 * eptring_gone() - there is no endpoint any more
 * @ring: the rings
 */
bool eptring_gone(const struct eptring *ring)
{
	/* Who sees it sees the last entries, too */
	return smp_load_acquire(&ring->gone);
}

static void eptring_take_released(struct eptring *ring)
{
	/* D: the application has read the buffers */
	const u32 tail = smp_load_acquire(&ring->control->release_tail);
	u32 slot;

	lockdep_assert_held(&ring->rx_mutex);

	if (tail - ring->release_head > ring->rx_slots) {
		ring->release_head = tail;
		ring->bad_release++;
	}
	while (ring->release_head != tail) {
		slot = READ_ONCE(ring->release[ring->release_head++ & (ring->rx_slots - 1)]);
		if (slot < ring->rx_slots && __test_and_clear_bit(slot, ring->rx_out))
			ring->rx_free[ring->rx_num_free++] = slot;
		else
			ring->bad_release++;
	}
	WRITE_ONCE(ring->control->bad_release, ring->bad_release);
}

/**
 * eptring_has_room() - is there a buffer for a message?
 * @ring: the rings, locked
 */
bool eptring_has_room(struct eptring *ring)
{
	lockdep_assert_held(&ring->rx_mutex);

	if (!ring->rx_num_free)
		eptring_take_released(ring);
	return ring->rx_num_free;
}

/**
 * eptring_put() - put a message into the ready ring
 * @ring: the rings, locked
 * @data: payload
 * @len:  its bytes
 * @src:  who sent it
 *
 * Return: false when there is no buffer for it.
 */
bool eptring_put(struct eptring *ring, const void *data, u32 len, u32 src)
{
	struct rpmsg_ring_ready *entry;
	u32 slot;

	if (!eptring_has_room(ring) || len > ring->rx_stride)
		return false;

	slot = ring->rx_free[--ring->rx_num_free];
	__set_bit(slot, ring->rx_out);
	memcpy(ring->rx_memory + (size_t)slot * ring->rx_stride, data, len);

	entry = &ring->ready[ring->ready_tail & (ring->rx_slots - 1)];
	WRITE_ONCE(entry->slot, slot);
	WRITE_ONCE(entry->len, len);
	WRITE_ONCE(entry->src, src);
	WRITE_ONCE(ring->ready_tail, ring->ready_tail + 1);
	/* C: the entry and the buffer are there */
	smp_store_release(&ring->control->ready_tail, ring->ready_tail);

	waiter_wake_if(&ring->receiver, eptring_unread(ring));
	return true;
}

static bool eptring_receive_step(struct eptring *ring, u32 count, u32 *unread, int *ret)
{
	bool full;

	/* Asked first, so that nothing which came before the end is missed */
	const bool last = eptring_gone(ring);

	mutex_lock(&ring->rx_mutex);
	eptring_take_released(ring);
	full = !ring->rx_num_free;
	*unread = eptring_unread(ring);
	mutex_unlock(&ring->rx_mutex);

	if (*unread >= count && (*unread || !last))
		return true;
	if (last)
		*ret = -EPIPE;
	else if (full && !*unread)
		*ret = -ENOBUFS;
	return last || full;
}

/* Commands */

static int eptring_check(const struct rpmsg_ring_wait_args *args, u32 slots)
{
	return args->flags || args->count > slots ? -EINVAL : 0;
}

/**
 * eptring_send() - %RPMSG_IOC_RING_SEND
 * @ring: the rings
 * @args: what to wait for
 *
 * Return: as said there.
 */
int eptring_send(struct eptring *ring, const struct rpmsg_ring_wait_args *args)
{
	return eptring_check(args, ring->tx_slots) ?: waiter_run(&ring->sender, args);
}

/**
 * eptring_receive() - %RPMSG_IOC_RING_RECEIVE
 * @ring: the rings
 * @args: what to wait for
 *
 * Return: as said there.
 */
int eptring_receive(struct eptring *ring, const struct rpmsg_ring_wait_args *args)
{
	return eptring_check(args, ring->rx_slots) ?: waiter_run(&ring->receiver, args);
}

/**
 * eptring_uring_cmd() - the same by io_uring
 * @ring:        the rings
 * @cmd:         the command
 * @issue_flags: io_uring's
 *
 * Return: the result; -EIOCBQUEUED when it comes later.
 */
int eptring_uring_cmd(struct eptring *ring, struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct rpmsg_ring_wait_args args;
	struct waiter *waiter;
	u32 sent = 0;
	int ret;

	switch (cmd->cmd_op) {
	case RPMSG_IOC_RING_SEND:
		waiter = &ring->sender;
		break;
	case RPMSG_IOC_RING_RECEIVE:
		waiter = &ring->receiver;
		break;
	default:
		return -EINVAL;
	}
	if (issue_flags & COMPAT_URING_F_CANCEL) {
		waiter_cancel(waiter, cmd, issue_flags);
		return 0;
	}

	memcpy(&args, compat_uring_cmd_args(cmd), sizeof(args));
	ret = eptring_check(&args, waiter == &ring->sender ? ring->tx_slots : ring->rx_slots);
	if (ret)
		return ret;
	if (waiter->step(ring, args.count, &sent, &ret) || !args.timeout_ns)
		return sent ?: ret;

	*(struct waiter **)cmd->pdu = waiter;
	compat_uring_cmd_mark_cancelable(cmd, issue_flags);
	ret = waiter_begin(waiter, cmd, &args, sent);
	if (ret)
		io_uring_cmd_done(cmd, sent ?: ret, 0, issue_flags);
	else
		waiter_wake(waiter);
	return -EIOCBQUEUED;
}

/**
 * eptring_flush() - a descriptor is closed
 * @ring:  the rings
 * @owner: by whom
 *
 * The commands that wait would keep the file, and with it the process that is about to end.
 */
void eptring_flush(struct eptring *ring, fl_owner_t owner)
{
	waiter_flush(&ring->sender, owner);
	waiter_flush(&ring->receiver, owner);
}

/**
 * eptring_room() - the transport has room, or may have
 * @ring: the rings
 */
void eptring_room(struct eptring *ring)
{
	if (READ_ONCE(ring->sender.busy))
		waiter_wake(&ring->sender);
}

/* Mappings */

static vm_fault_t eptring_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct eptring *ring = vma->vm_private_data;
	const unsigned long page = vmf->pgoff - (RPMSG_RING_OFF_TX >> PAGE_SHIFT);
	unsigned long pfn;
	vm_fault_t ret;

	if (page >= (size_t)ring->tx_slots * ring->tx_stride >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;

	mutex_lock(&ring->map_mutex);
	pfn = ring->tx_mapped ? ring->ops->slots_pfn(ring->slots, page) :
				page_to_pfn(ring->nothing);
	ret = vmf_insert_pfn(vma, vmf->address, pfn);
	mutex_unlock(&ring->map_mutex);
	return ret;
}

static const struct vm_operations_struct eptring_vm_ops = {
	.fault = eptring_fault,
};

static int eptring_map_tx(struct eptring *ring, struct vm_area_struct *vma)
{
	compat_vm_flags_mod(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, 0);
	mutex_lock(&ring->map_mutex);
	if (ring->tx_mapped)
		vma->vm_page_prot = ring->ops->slots_prot(ring->slots, vma->vm_page_prot);
	mutex_unlock(&ring->map_mutex);
	vma->vm_private_data = ring;
	vma->vm_ops = &eptring_vm_ops;
	return 0;
}

static int eptring_map_rx(struct eptring *ring, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	compat_vm_flags_mod(vma, VM_DONTCOPY, VM_MAYWRITE);
	return remap_vmalloc_range(vma, ring->rx_memory, 0);
}

/**
 * eptring_mmap() - map a part of the rings
 * @ring: the rings
 * @vma:  which, and where to
 *
 * Return: 0; -EINVAL for a private mapping, another offset, or beyond the end; -EACCES.
 */
int eptring_mmap(struct eptring *ring, struct vm_area_struct *vma)
{
	const size_t size = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	switch ((u64)vma->vm_pgoff << PAGE_SHIFT) {
	case RPMSG_RING_OFF_CONTROL:
		compat_vm_flags_mod(vma, VM_DONTCOPY, 0);
		return remap_vmalloc_range(vma, ring->control, 0);
	case RPMSG_RING_OFF_TX:
		if (size > PAGE_ALIGN((size_t)ring->tx_slots * ring->tx_stride))
			return -EINVAL;
		return eptring_map_tx(ring, vma);
	case RPMSG_RING_OFF_RX:
		return eptring_map_rx(ring, vma);
	default:
		return -EINVAL;
	}
}

/* Life */

/* Where each ring is in the control memory. */
static void eptring_plan_control(const struct eptring *ring, struct rpmsg_ring_setup *setup)
{
	setup->submit_offset = sizeof(struct rpmsg_ring_control);
	setup->done_offset = setup->submit_offset + ring->tx_slots * sizeof(*ring->submit);
	setup->ready_offset = setup->done_offset + ring->tx_slots * sizeof(*ring->done);
	setup->release_offset = setup->ready_offset + ring->rx_slots * sizeof(*ring->ready);
	setup->control_size = PAGE_ALIGN(setup->release_offset +
					 ring->rx_slots * sizeof(*ring->release));
}

static size_t eptring_rx_bytes(const struct eptring *ring)
{
	return PAGE_ALIGN((size_t)ring->rx_slots * ring->rx_stride);
}

/* Nobody can have it swapped out: it is under the limit of locked memory, as io_uring's rings. */
static int eptring_charge(struct eptring *ring, u32 control_size)
{
	/* Each transmit buffer comes with the page that has its header. */
	size_t bytes = control_size + eptring_rx_bytes(ring) +
		       (size_t)ring->tx_slots * (PAGE_SIZE + ring->tx_stride);
	unsigned long locked;

	ring->user = get_uid(current_user());
	ring->charged = bytes >> PAGE_SHIFT;
	locked = atomic_long_add_return(ring->charged, &ring->user->locked_vm);
	if (locked <= rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT || capable(CAP_IPC_LOCK))
		return 0;
	return -ENOMEM;
}

static int eptring_alloc_control(struct eptring *ring, const struct rpmsg_ring_setup *setup)
{
	void *control;

	control = vmalloc_user(setup->control_size);
	if (!control)
		return -ENOMEM;

	ring->control = control;
	ring->submit = control + setup->submit_offset;
	ring->done = control + setup->done_offset;
	ring->ready = control + setup->ready_offset;
	ring->release = control + setup->release_offset;
	return 0;
}

static int eptring_alloc_tx(struct eptring *ring, struct rpmsg_endpoint *ept, u32 dst)
{
	struct vrpmsg_slots *slots;

	ring->tx_busy = bitmap_zalloc(ring->tx_slots, GFP_KERNEL_ACCOUNT);
	ring->nothing = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!ring->tx_busy || !ring->nothing)
		return -ENOMEM;

	slots = ring->ops->slots_create(ept, dst, ring->tx_slots, eptring_done, ring);
	if (IS_ERR(slots))
		return PTR_ERR(slots);

	ring->slots = slots;
	ring->tx_mapped = true;
	return 0;
}

static int eptring_alloc_rx(struct eptring *ring)
{
	u32 i;

	ring->rx_out = bitmap_zalloc(ring->rx_slots, GFP_KERNEL_ACCOUNT);
	ring->rx_free = kvmalloc_array(ring->rx_slots, sizeof(*ring->rx_free), GFP_KERNEL_ACCOUNT);
	ring->rx_memory = vmalloc_user(eptring_rx_bytes(ring));
	if (!ring->rx_out || !ring->rx_free || !ring->rx_memory)
		return -ENOMEM;

	/* Handed out from the end: low numbers first */
	for (i = ring->rx_slots; i; i--)
		ring->rx_free[ring->rx_num_free++] = i - 1;
	return 0;
}

/**
 * eptring_create() - %RPMSG_IOC_RING_SETUP
 * @ept:   the endpoint, on which eptring_stop() is called before it is destroyed
 * @ops:   what its transport can do, or NULL
 * @dst:   where messages go to
 * @setup: what is wanted; filled in with what there is
 * @tx_messages: counts what is sent
 * @tx_bytes: counts payload in that
 *
 * Return: the rings; an error as said there.
 */
struct eptring *eptring_create(struct rpmsg_endpoint *ept, const struct vrpmsg_ops *ops, u32 dst,
			       struct rpmsg_ring_setup *setup, atomic_long_t *tx_messages,
			       atomic_long_t *tx_bytes)
{
	struct vrpmsg_limits limits;
	struct eptring *ring;
	int ret;

	if (setup->flags || !setup->tx_slots || setup->tx_slots > RPMSG_RING_MAX_SLOTS ||
	    !setup->rx_slots || setup->rx_slots > RPMSG_RING_MAX_SLOTS)
		return ERR_PTR(-EINVAL);
	if (!ops)
		return ERR_PTR(-EOPNOTSUPP);

	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(-ENOMEM);

	mutex_init(&ring->map_mutex);
	mutex_init(&ring->tx_mutex);
	mutex_init(&ring->rx_mutex);
	spin_lock_init(&ring->done_lock);
	waiter_init(&ring->sender, ring, eptring_send_step);
	waiter_init(&ring->receiver, ring, eptring_receive_step);
	address_space_init_once(&ring->mapping);
	ring->mapping.a_ops = &empty_aops;

	ring->tx_messages = tx_messages;
	ring->tx_bytes = tx_bytes;
	ring->ops = ops;
	ops->limits(ept->rpdev, &limits);
	ring->tx_mtu = limits.tx_mtu;
	ring->tx_slots = roundup_pow_of_two(min(setup->tx_slots, limits.tx_entries));
	ring->tx_stride = PAGE_ALIGN(limits.tx_mtu);
	ring->rx_slots = roundup_pow_of_two(setup->rx_slots);
	ring->rx_stride = ALIGN(limits.rx_mtu, SMP_CACHE_BYTES);

	eptring_plan_control(ring, setup);
	ret = eptring_charge(ring, setup->control_size);
	if (!ret)
		ret = eptring_alloc_control(ring, setup);
	if (!ret)
		ret = eptring_alloc_rx(ring);
	if (!ret)
		ret = eptring_alloc_tx(ring, ept, dst);
	if (ret) {
		eptring_free(ring);
		return ERR_PTR(ret);
	}

	setup->tx_slots = ring->tx_slots;
	setup->rx_slots = ring->rx_slots;
	setup->tx_mtu = limits.tx_mtu;
	setup->rx_mtu = limits.rx_mtu;
	setup->tx_stride = ring->tx_stride;
	setup->rx_stride = ring->rx_stride;
	return ring;
}

/**
 * eptring_attach() - from now on the file can be mapped
 * @ring: the rings
 * @file: what they were made for
 */
void eptring_attach(struct eptring *ring, struct file *file)
{
	ring->mapping.host = file_inode(file);
	file->f_mapping = &ring->mapping;
}

/**
 * eptring_stop() - the endpoint goes
 * @ring: the rings; again does nothing
 */
void eptring_stop(struct eptring *ring)
{
	u32 slot;

	/* First: what the application writes from here on, it may write to nothing. */
	mutex_lock(&ring->tx_mutex);
	ring->tx_over = true;
	mutex_unlock(&ring->tx_mutex);

	/* From here on faults find nothing; then what was found before goes. */
	mutex_lock(&ring->map_mutex);
	ring->tx_mapped = false;
	mutex_unlock(&ring->map_mutex);
	unmap_mapping_range(&ring->mapping, RPMSG_RING_OFF_TX,
			    (loff_t)ring->tx_slots * ring->tx_stride, 1);

	mutex_lock(&ring->tx_mutex);
	if (ring->slots)
		ring->ops->slots_destroy(ring->slots);
	ring->slots = NULL;
	ring->num_taken = 0;
	for_each_set_bit(slot, ring->tx_busy, ring->tx_slots)
		eptring_give(ring, slot, -EPIPE);
	mutex_unlock(&ring->tx_mutex);

	/* After the last done and ready entry */
	smp_store_release(&ring->gone, true);
	/* Likewise, for the application */
	smp_store_release(&ring->control->gone, 1);
	waiter_wake(&ring->sender);
	waiter_wake(&ring->receiver);
}

/**
 * eptring_free() - the file goes
 * @ring: the rings, stopped or half made
 */
void eptring_free(struct eptring *ring)
{
	if (ring->nothing)
		__free_page(ring->nothing);
	bitmap_free(ring->tx_busy);
	bitmap_free(ring->rx_out);
	kvfree(ring->rx_free);
	vfree(ring->rx_memory);
	vfree(ring->control);
	atomic_long_sub(ring->charged, &ring->user->locked_vm);
	free_uid(ring->user);
	kfree(ring);
}
