// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: rings, sending. Objects, locks and unplug: eptring.c.
 */
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "eptring_parts.h"
#include "rpmsg_char_trace.h"

/* How many buffers are not the application's. Exact for who has both locks. */
static u32 eptring_num_busy(const struct eptring *ring)
{
	return READ_ONCE(ring->tx_num_taken) - READ_ONCE(ring->done_tail);
}

/* Buffers are the application's again. */
static void eptring_give(struct eptring *ring, const u32 *slots, unsigned int num, int status)
{
	struct rpmsg_ring_done *done;
	unsigned long flags;
	unsigned int i;
	u32 tail;

	spin_lock_irqsave(&ring->done_lock, flags);
	tail = ring->done_tail;
	for (i = 0; i < num; i++) {
		done = &ring->done[tail++ & (ring->tx_slots - 1)];
		WRITE_ONCE(done->slot, slots[i]);
		WRITE_ONCE(done->status, status);
		clear_bit(slots[i], ring->tx_busy);
	}
	WRITE_ONCE(ring->done_tail, tail);
	/* B: the entries are there, and the remote has read the buffers */
	smp_store_release(&ring->control->done_tail, tail);
	spin_unlock_irqrestore(&ring->done_lock, flags);

	waiter_wake_if(&ring->sender, ring->tx_slots - eptring_num_busy(ring));
}

/* The transport's callback, in its lock: the remote is done with buffers. */
static void eptring_done(void *priv, const u32 *slots, unsigned int num)
{
	eptring_give(priv, slots, num, 0);
}

/* Return: whether the buffer was the application's. */
static bool eptring_take(struct eptring *ring, u32 slot)
{
	lockdep_assert_held(&ring->tx_mutex);

	if (slot >= ring->tx_slots || test_and_set_bit(slot, ring->tx_busy))
		return false;

	WRITE_ONCE(ring->tx_num_taken, ring->tx_num_taken + 1);
	return true;
}

/* Takes entries of the submit ring, each read once, up to @tail or until no more can be kept. */
static void eptring_take_submitted(struct eptring *ring, u32 tail)
{
	const struct rpmsg_ring_submit *entry;
	struct vrpmsg_slot msg;

	while (ring->submit_head != tail && ring->num_taken < EPTRING_BATCH) {
		entry = &ring->submit[ring->submit_head++ & (ring->tx_slots - 1)];
		msg.slot = READ_ONCE(entry->slot);
		msg.len = READ_ONCE(entry->len);

		if (!eptring_take(ring, msg.slot))
			WRITE_ONCE(ring->control->bad_submit, ++ring->bad_submit);
		else if (msg.len > ring->tx_mtu)
			eptring_give(ring, &msg.slot, 1, -EMSGSIZE);
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

/* When it began to send what is on the ring, for who times that. */
static u64 eptring_begin(struct eptring *ring)
{
	if (!trace_rpmsg_passed_enabled())
		ring->begin_ns = 0;
	else if (!ring->begin_ns)
		ring->begin_ns = vrpmsg_now();
	return ring->begin_ns;
}

/* Return: 0, also if there was no room for all; or an error. */
static int eptring_publish(struct eptring *ring, u32 *sent)
{
	/* A: the entries, and what the application wrote into the buffers, are there */
	const u32 tail = smp_load_acquire(&ring->control->submit_tail);
	const u64 begin_ns = eptring_begin(ring);
	bool kick = false;
	int ret;

	lockdep_assert_held(&ring->tx_mutex);

	if (tail - ring->submit_head > ring->tx_slots) {
		ring->submit_head = tail;
		WRITE_ONCE(ring->control->submit_head, tail - ring->num_taken);
		return -EINVAL;
	}

	trace_rpmsg_send(ring->node, ring->num_taken + tail - ring->submit_head);
	do {
		eptring_take_submitted(ring, tail);
		/* Also with none: it takes back what the remote is done with */
		ret = ring->ops->slots_send(ring->slots, ring->taken, ring->num_taken,
					    begin_ns, &kick);
		if (ret <= 0)
			break;
		*sent += ret;
		eptring_count(ring, ret);
		ring->num_taken -= ret;
		memmove(ring->taken, ring->taken + ret, ring->num_taken * sizeof(ring->taken[0]));
	} while (!ring->num_taken);
	trace_rpmsg_sent(ring->node, ring->num_taken + tail - ring->submit_head);
	if (!ring->num_taken)
		ring->begin_ns = 0;
	WRITE_ONCE(ring->control->submit_head, ring->submit_head - ring->num_taken);

	if (kick)
		ring->ops->slots_kick(ring->slots);
	return min(ret, 0);
}

/* Return: whether the command is finished; else it will be woken. */
bool eptring_send_step(struct eptring *ring, u32 count, u32 *sent, int *ret)
{
	bool finished;
	int again = 0;

	/* The remote needs them for its answers. */
	eptring_offer_released(ring);
	eptring_notice(ring);
	mutex_lock(&ring->tx_mutex);
	do {
		*ret = ring->tx_over ? -EPIPE : eptring_publish(ring, sent);
		finished = *ret || (!ring->num_taken &&
				    ring->tx_slots - eptring_num_busy(ring) >= count);
		if (!finished)
			again = ring->ops->slots_ask(ring->slots, ring->num_taken);
	} while (!finished && again > 0);
	mutex_unlock(&ring->tx_mutex);

	if (!finished && again < 0)
		*ret = again;
	return *ret || finished;
}

/* Who does not wait for room any more does not keep others from it. */
void eptring_give_up(struct eptring *ring)
{
	mutex_lock(&ring->tx_mutex);
	if (ring->slots)
		ring->ops->slots_give_up(ring->slots);
	mutex_unlock(&ring->tx_mutex);
}

int eptring_alloc_tx(struct eptring *ring, struct rpmsg_endpoint *ept, u32 dst)
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

/* What is under way comes back; the transport's memory is neither mapped nor written any more. */
void eptring_stop_tx(struct eptring *ring)
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
		eptring_give(ring, &slot, 1, -EPIPE);
	mutex_unlock(&ring->tx_mutex);
}
