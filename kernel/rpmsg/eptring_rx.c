// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: rings, receiving. Objects, locks and unplug: eptring.c.
 */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "eptring_parts.h"
#include "rpmsg_char_trace.h"

/**
 * eptring_lock() - begin to fill the ready ring
 * @ring: the rings
 */
void eptring_lock(struct eptring *ring)
{
	mutex_lock(&ring->rx_mutex);
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
 * eptring_untold() - how many messages the application does not know of, as far as is known
 * @ring: the rings
 */
u32 eptring_untold(const struct eptring *ring)
{
	return READ_ONCE(ring->ready_tail) - READ_ONCE(ring->told_tail);
}

/**
 * eptring_time() - the last message on the ready ring is timed
 * @ring:  the rings, locked
 * @timed: how; it is the ring's from here on
 */
void eptring_time(struct eptring *ring, struct vrpmsg_timed *timed)
{
	lockdep_assert_held(&ring->rx_mutex);

	timed->number = ring->ready_tail - 1;
	list_add_tail(&timed->node, &ring->timed);
}

static void eptring_passed(struct eptring *ring, struct vrpmsg_timed *timed)
{
	trace_rpmsg_passed(ring->node, timed);
	list_del(&timed->node);
	vrpmsg_timed_put(timed);
}

static void eptring_tell_timed(struct eptring *ring, bool late)
{
	const u64 now = late ? 0 : vrpmsg_now();
	struct vrpmsg_timed *timed, *next;

	list_for_each_entry_safe(timed, next, &ring->timed, node) {
		if ((s32)((u32)timed->number - ring->told_tail) >= 0)
			break;
		timed->at[VRPMSG_AT_READ] = now;
		eptring_passed(ring, timed);
	}
}

/**
 * eptring_forget() - nobody will take what is left, and nobody puts anything there
 * @ring: the rings
 *
 * Return: how many messages the application does not know of.
 */
u32 eptring_forget(struct eptring *ring)
{
	struct vrpmsg_timed *timed, *next;

	list_for_each_entry_safe(timed, next, &ring->timed, node)
		eptring_passed(ring, timed);
	return eptring_untold(ring);
}

/* The application knows of all before @tail. @late: it does since who knows when. */
static void eptring_tell(struct eptring *ring, u32 tail, bool late)
{
	const u32 count = tail - ring->told_tail;

	lockdep_assert_held(&ring->rx_mutex);

	if (!count || count > eptring_untold(ring))
		return;
	WRITE_ONCE(ring->told_tail, tail);
	trace_rpmsg_told(ring->node, count, late);
	if (!list_empty(&ring->timed))
		eptring_tell_timed(ring, late);
}

/* What it has taken without a RECEIVE shows in its index. */
static void eptring_tell_taken(struct eptring *ring, bool late)
{
	eptring_tell(ring, READ_ONCE(ring->control->ready_head), late);
}

/**
 * eptring_notice() - tell who traces of what the application has taken
 * @ring: the rings, by a task of the application
 */
void eptring_notice(struct eptring *ring)
{
	if (!trace_rpmsg_told_enabled() && !trace_rpmsg_passed_enabled())
		return;

	mutex_lock(&ring->rx_mutex);
	eptring_tell_taken(ring, false);
	mutex_unlock(&ring->rx_mutex);
}

/**
 * eptring_unlock() - end that, and wake who waits for what is there now
 * @ring: the rings
 */
void eptring_unlock(struct eptring *ring)
{
	/* Of an application that makes no calls nothing would be heard otherwise. */
	if (eptring_untold(ring) > ring->rx_slots / 2)
		eptring_tell_taken(ring, true);
	mutex_unlock(&ring->rx_mutex);
	waiter_wake_if(&ring->receiver, eptring_unread(ring));
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

/* Return: whether there was any. */
static bool eptring_take_released(struct eptring *ring)
{
	/* D: the application has read the buffers */
	const u32 tail = smp_load_acquire(&ring->control->release_tail);
	const u32 num_free = ring->rx_num_free;
	u32 slot;

	lockdep_assert_held(&ring->rx_mutex);

	if (tail - ring->release_head > ring->rx_slots) {
		ring->release_head = tail;
		ring->bad_release++;
	}
	while (ring->release_head != tail) {
		slot = READ_ONCE(ring->release[ring->release_head++ & (ring->rx_slots - 1)]);
		if (slot < ring->rx_slots && __test_and_clear_bit(slot, ring->rx_out)) {
			ring->rx_free[ring->rx_num_free++] = slot;
			ring->rx_num_out--;
		} else {
			ring->bad_release++;
		}
	}
	WRITE_ONCE(ring->control->bad_release, ring->bad_release);
	return ring->rx_num_free != num_free;
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

static void *eptring_rx_slot(struct eptring *ring, u32 slot)
{
	if (ring->exclusive)
		return ring->ops->exclusive->payload(ring->exclusive, slot);
	return ring->rx_memory + (size_t)slot * ring->rx_stride;
}

/* The application has a message in a buffer that was not its before. */
static void eptring_show(struct eptring *ring, u32 slot, u32 len, u32 src)
{
	struct rpmsg_ring_ready *entry = &ring->ready[ring->ready_tail & (ring->rx_slots - 1)];

	__set_bit(slot, ring->rx_out);
	ring->rx_num_out++;
	WRITE_ONCE(entry->slot, slot);
	WRITE_ONCE(entry->len, len);
	WRITE_ONCE(entry->src, src);
	WRITE_ONCE(ring->ready_tail, ring->ready_tail + 1);
	/* C: the entry and the buffer are there */
	smp_store_release(&ring->control->ready_tail, ring->ready_tail);
}

/**
 * eptring_put() - copy a message into a buffer
 * @ring: the rings, locked
 * @data: payload
 * @len:  its bytes
 * @src:  who sent it
 *
 * Return: false when there is no buffer for it.
 */
bool eptring_put(struct eptring *ring, const void *data, u32 len, u32 src)
{
	u32 slot;

	if (!eptring_has_room(ring) || len > ring->rx_stride)
		return false;

	slot = ring->rx_free[--ring->rx_num_free];
	memcpy(eptring_rx_slot(ring, slot), data, len);
	eptring_show(ring, slot, len, src);
	return true;
}

/**
 * eptring_receive_message() - a message has come
 * @ring: the rings, locked, and the queue is empty
 * @data: payload
 * @len:  its bytes
 * @src:  who sent it
 *
 * Return: 0; %VRPMSG_TAKEN when it was in one of our buffers; -EAGAIN when there is none for it.
 */
int eptring_receive_message(struct eptring *ring, const void *data, u32 len, u32 src)
{
	int slot;

	lockdep_assert_held(&ring->rx_mutex);

	slot = ring->exclusive ? ring->ops->exclusive->find(ring->exclusive, data) : -1;
	if (slot >= 0) {
		eptring_show(ring, slot, len, src);
		return VRPMSG_TAKEN;
	}
	return eptring_put(ring, data, len, src) ? 0 : -EAGAIN;
}

/**
 * eptring_set_behind() - has the queue messages that are to come first?
 * @ring:   the rings, locked
 * @behind: whether it has
 */
void eptring_set_behind(struct eptring *ring, bool behind)
{
	lockdep_assert_held(&ring->rx_mutex);

	ring->rx_behind = behind;
}

/* The transport takes buffers for the remote. */
static unsigned int eptring_hand_over(void *priv, u32 *slots, unsigned int num,
				      unsigned int reserve)
{
	struct eptring *ring = priv;
	unsigned int i = 0;

	mutex_lock(&ring->rx_mutex);
	eptring_take_released(ring);
	while (ring->exclusive && i < num && ring->rx_num_free > reserve && !ring->rx_behind)
		slots[i++] = ring->rx_free[--ring->rx_num_free];
	mutex_unlock(&ring->rx_mutex);
	return i;
}

static void eptring_take_back(void *priv, u32 slot)
{
	struct eptring *ring = priv;

	mutex_lock(&ring->rx_mutex);
	if (ring->exclusive)
		ring->rx_free[ring->rx_num_free++] = slot;
	mutex_unlock(&ring->rx_mutex);
}

static const struct vrpmsg_exclusive_user eptring_user = {
	.refill	= eptring_hand_over,
	.untake	= eptring_take_back,
};

/**
 * eptring_refill() - let the transport see that there are buffers
 * @ring: the rings; messages may come in here
 */
void eptring_refill(struct eptring *ring)
{
	struct vrpmsg *vrp = NULL;

	mutex_lock(&ring->rx_mutex);
	if (ring->exclusive)
		vrp = ring->ops->exclusive->refill_begin(ring->exclusive);
	mutex_unlock(&ring->rx_mutex);
	if (vrp)
		ring->ops->exclusive->refill(vrp);
}

/* In exclusive mode: what the application has released is for the remote. */
void eptring_offer_released(struct eptring *ring)
{
	bool any;

	if (!ring->is_exclusive)
		return;

	mutex_lock(&ring->rx_mutex);
	any = eptring_take_released(ring);
	mutex_unlock(&ring->rx_mutex);
	if (any)
		eptring_refill(ring);
}

bool eptring_receive_step(struct eptring *ring, u32 count, u32 *unread, int *ret)
{
	bool enough, full, behind;

	/* Asked first, so that nothing which came before the end is missed */
	const bool last = eptring_gone(ring);

	eptring_offer_released(ring);
	mutex_lock(&ring->rx_mutex);
	eptring_take_released(ring);
	eptring_tell_taken(ring, false);
	full = ring->rx_num_out == ring->rx_slots;
	behind = ring->rx_behind;
	*unread = eptring_unread(ring);
	enough = *unread >= count && (*unread || !last);
	if (enough || last || full)
		eptring_tell(ring, ring->ready_tail, false);
	mutex_unlock(&ring->rx_mutex);

	if (enough)
		return true;
	/* The queue has nothing any more for which there was no room: that is the end. */
	if (last && !behind)
		*ret = -EPIPE;
	else if ((last || full) && !*unread)
		*ret = -ENOBUFS;
	return last || full;
}

int eptring_alloc_rx(struct eptring *ring)
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

/* After all else: from here on the transport may ask for buffers. */
int eptring_alloc_exclusive(struct eptring *ring, struct rpmsg_endpoint *ept)
{
	struct vrpmsg_exclusive *exclusive;

	exclusive = ring->ops->exclusive->create(ept, ring->rx_slots, &eptring_user, ring);
	if (IS_ERR(exclusive))
		return PTR_ERR(exclusive);

	mutex_lock(&ring->rx_mutex);
	ring->exclusive = exclusive;
	mutex_unlock(&ring->rx_mutex);
	return 0;
}

/* What was received moves to memory that stays, of which the transport has none. */
static void eptring_leave_exclusive(struct eptring *ring, struct vrpmsg_exclusive *exclusive)
{
	u32 slot;

	lockdep_assert_held(&ring->rx_mutex);

	for_each_set_bit(slot, ring->rx_out, ring->rx_slots)
		memcpy(ring->rx_memory + (size_t)slot * ring->rx_stride,
		       ring->ops->exclusive->payload(exclusive, slot), ring->rx_mtu);
	ring->rx_num_free = 0;
	for_each_clear_bit(slot, ring->rx_out, ring->rx_slots)
		ring->rx_free[ring->rx_num_free++] = slot;

	mutex_lock(&ring->map_mutex);
	ring->exclusive = NULL;
	mutex_unlock(&ring->map_mutex);
	/* Before the next message: it is put where the application is to look from now on. */
	unmap_mapping_range(&ring->mapping, RPMSG_RING_OFF_RX,
			    (loff_t)ring->rx_slots * ring->rx_stride, 1);
}

void eptring_stop_exclusive(struct eptring *ring)
{
	struct vrpmsg_exclusive *exclusive;

	mutex_lock(&ring->rx_mutex);
	exclusive = ring->exclusive;
	if (exclusive)
		eptring_leave_exclusive(ring, exclusive);
	mutex_unlock(&ring->rx_mutex);
	if (exclusive)
		ring->ops->exclusive->destroy(exclusive);
}
