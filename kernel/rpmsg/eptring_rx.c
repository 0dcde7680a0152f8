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

bool eptring_receive_step(struct eptring *ring, u32 count, u32 *unread, int *ret)
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
