// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit buffers that an application writes by itself. Objects, locks and unplug of the rest:
 * vrpmsg_main.c. What it is for: docs/data-plane.md.
 *
 * Objects
 *	struct vrpmsg_slots is a row of buffers of one endpoint, in memory as of vrpmsg_area.c, so
 *	that only the kernel can write headers. The row belongs to its user until
 *	vrpmsg_slots_destroy(); then it stays for as long as the remote has one of the buffers, and
 *	is freed by @slots_work; or when the device goes, by vrpmsg_slots_remove().
 *
 * Full
 *	Rows share the ring with all other senders. The last entries of the ring are never used by
 *	rows, so that a plain message is not kept waiting by them. Who had no room is counted in
 *	@tx_rivals, and for as long as there are such, nobody else's row may have more than its part
 *	of the ring under way.
 *
 * Locks
 *	tx_lock, as for all that is sent. The user's done() is called inside.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"
#include "vrpmsg_trace.h"

/**
 * struct vrpmsg_slots - buffers of one endpoint
 * @vrp:       the remote
 * @node:      in its @slots
 * @done:      tells the user that buffers came back; NULL when there is no user any more
 * @priv:      for @done
 * @from:      who sends
 * @dst:       remote address
 * @rival:     counted in @tx_rivals
 * @in_flight: how many are the remote's
 * @area:      their memory
 * @buf:       each of them
 */
struct vrpmsg_slots {
	struct vrpmsg		*vrp;
	struct list_head	node;
	vrpmsg_slots_done_fn	done;
	void			*priv;
	struct vrpmsg_from	from;
	u32			dst;
	bool			rival;
	unsigned int		in_flight;
	struct vrpmsg_area	area;
	struct vrpmsg_buf	buf[];
};

static void slots_free(struct vrpmsg_slots *slots)
{
	vrpmsg_area_free(&slots->area);
	kvfree(slots);
}

/**
 * vrpmsg_slots_create() - make buffers for an endpoint
 * @ept:  the endpoint, which is destroyed only after the buffers
 * @dst:  remote address that messages go to
 * @num:  how many
 * @done: called inside of a spinlock, with interrupts off, when buffers came back
 * @priv: for @done
 *
 * Return: the buffers, all zero; -EOPNOTSUPP as of vrpmsg_area.c; -ENOMEM.
 */
static struct vrpmsg_slots *vrpmsg_slots_create(struct rpmsg_endpoint *ept, u32 dst,
						unsigned int num, vrpmsg_slots_done_fn done,
						void *priv)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);
	struct vrpmsg_slots *slots;
	unsigned int i;
	int ret;

	slots = kvzalloc(struct_size(slots, buf, num), GFP_KERNEL_ACCOUNT);
	if (!slots)
		return ERR_PTR(-ENOMEM);

	slots->vrp = vrp;
	slots->done = done;
	slots->priv = priv;
	slots->from.src = ept->addr;
	slots->from.vept = to_vrpmsg_ept(ept);
	slots->dst = dst;
	ret = vrpmsg_area_alloc(&slots->area, vrp, num, vrpmsg_max_payload(vrp));
	for (i = 0; i < num && !ret; i++) {
		slots->buf[i].owner = slots;
		ret = vrpmsg_area_init_buf(&slots->area, i, &slots->buf[i], vrp->tx_size);
	}
	if (ret) {
		slots_free(slots);
		return ERR_PTR(ret);
	}

	spin_lock_irq(&vrp->tx_lock);
	for (i = 0; i < num; i++)
		slots->buf[i].number = vrp->next_number++;
	list_add(&slots->node, &vrp->slots);
	spin_unlock_irq(&vrp->tx_lock);
	return slots;
}

static unsigned long vrpmsg_slots_pfn(const struct vrpmsg_slots *slots, unsigned long page)
{
	return vrpmsg_area_pfn(&slots->area, page);
}

static pgprot_t vrpmsg_slots_prot(const struct vrpmsg_slots *slots, pgprot_t prot)
{
	return vrpmsg_area_prot(&slots->area, prot);
}

/* Return: how many more entries of the ring these may use. */
static unsigned int slots_room(const struct vrpmsg_slots *slots)
{
	const struct vrpmsg *vrp = slots->vrp;
	const unsigned int entries = virtqueue_get_vring_size(vrp->svq);
	const unsigned int spare = clamp(entries / 8, 1U, VRPMSG_TX_SPARE) + vrp->tx_taken;
	const unsigned int rivals = vrp->tx_rivals - slots->rival;
	const unsigned int part = max(entries / (1 + rivals), 1U);
	unsigned int room = vrp->svq->num_free;

	room -= min(room, spare);
	if (rivals)
		room = min(room, part - min(part, slots->in_flight));
	return room;
}

static void slots_set_rival(struct vrpmsg_slots *slots, bool rival)
{
	lockdep_assert_held(&slots->vrp->tx_lock);

	slots->vrp->tx_rivals += rival - slots->rival;
	slots->rival = rival;
}

/* The caller has checked that the buffer is not under way, and the length. */
static int slot_add(struct vrpmsg_slots *slots, const struct vrpmsg_slot *msg)
{
	struct vrpmsg *vrp = slots->vrp;
	struct vrpmsg_buf *buf = &slots->buf[msg->slot];
	int ret;

	vrpmsg_write_hdr(vrp, buf, slots->from.src, slots->dst, msg->len);
	ret = vrpmsg_tx_add(vrp, buf, &slots->from);
	if (!ret && trace_rpmsg_queued_enabled())
		trace_rpmsg_queued(vrp->vdev, buf->number, slots->from.src, slots->dst, msg->len,
				   vrpmsg_tx_depth(vrp));
	return ret;
}

/**
 * vrpmsg_slots_send() - send messages, in order, as many as there is room for
 * @slots: the buffers
 * @msg:   which of them, none under way, and with how much payload, no more than the mtu
 * @num:   how many
 * @write_ns: when it began to send them, by vrpmsg_now(), for who times them; or 0
 * @kick:  set when the remote wants to be kicked; then vrpmsg_slots_kick() is due
 *
 * Return: how many were sent; -EPIPE when the remote is gone; -EIO when the ring refuses.
 */
static int vrpmsg_slots_send(struct vrpmsg_slots *slots, const struct vrpmsg_slot *msg,
			     unsigned int num, u64 write_ns, bool *kick)
{
	struct vrpmsg *vrp = slots->vrp;
	unsigned long bytes = 0;
	unsigned int i, room;
	int ret = 0;
	bool wake;

	spin_lock_irq(&vrp->tx_lock);
	if (vrpmsg_gone(vrp)) {
		spin_unlock_irq(&vrp->tx_lock);
		return -EPIPE;
	}

	wake = vrpmsg_tx_reclaim(vrp);
	room = min(num, slots_room(slots));
	slots->from.write_ns = write_ns;
	for (i = 0; i < room; i++) {
		ret = slot_add(slots, &msg[i]);
		if (ret)
			break;
		bytes += msg[i].len;
	}
	if (i) {
		slots->in_flight += i;
		slots_set_rival(slots, false);
		vrpmsg_count(vrp, TX_MESSAGES, i);
		vrpmsg_count(vrp, TX_BYTES, bytes);
	}
	if (i < num)
		vrpmsg_count(vrp, TX_FULL, 1);
	if (i && vrpmsg_tx_kick_prepare(vrp))
		*kick = true;
	spin_unlock_irq(&vrp->tx_lock);

	if (wake)
		vrpmsg_tx_wake(vrp);
	return !i && ret ? -EIO : i;
}

/**
 * vrpmsg_slots_kick() - kick the remote
 * @slots: the buffers
 */
static void vrpmsg_slots_kick(struct vrpmsg_slots *slots)
{
	virtqueue_notify(slots->vrp->svq);
}

/**
 * vrpmsg_slots_ask() - ask to hear of it when a buffer comes back
 * @slots: the buffers
 * @room:  it is for room in the ring, of which there was none
 *
 * Return: 0 when the user will hear of it, by done() for a buffer of these, or by the queue that
 * rpmsg_poll() shows for any; 1 when it should look again now; -EPIPE when the remote is gone. Who
 * asked for room counts as one who wants some until it has sent or given up.
 */
static int vrpmsg_slots_ask(struct vrpmsg_slots *slots, bool room)
{
	struct vrpmsg *vrp = slots->vrp;
	bool wake;
	int ret;

	spin_lock_irq(&vrp->tx_lock);
	wake = vrpmsg_tx_reclaim(vrp);
	if (room)
		slots_set_rival(slots, true);
	if (vrpmsg_gone(vrp))
		ret = -EPIPE;
	else
		ret = (room && slots_room(slots)) || !vrpmsg_tx_ask(vrp);
	spin_unlock_irq(&vrp->tx_lock);

	if (wake)
		vrpmsg_tx_wake(vrp);
	return ret;
}

/**
 * vrpmsg_slots_give_up() - do not wait for room any more
 * @slots: the buffers
 */
static void vrpmsg_slots_give_up(struct vrpmsg_slots *slots)
{
	spin_lock_irq(&slots->vrp->tx_lock);
	slots_set_rival(slots, false);
	spin_unlock_irq(&slots->vrp->tx_lock);
}

/**
 * vrpmsg_slots_destroy() - the user goes
 * @slots: the buffers
 *
 * On return done() is not called any more. Nobody has the memory mapped any more.
 */
static void vrpmsg_slots_destroy(struct vrpmsg_slots *slots)
{
	struct vrpmsg *vrp = slots->vrp;
	bool last;

	spin_lock_irq(&vrp->tx_lock);
	slots_set_rival(slots, false);
	slots->done = NULL;
	last = !slots->in_flight;
	if (last)
		list_del(&slots->node);
	spin_unlock_irq(&vrp->tx_lock);

	if (last)
		slots_free(slots);
}

static void vrpmsg_limits(struct rpmsg_device *rpdev, struct vrpmsg_limits *limits)
{
	const struct vrpmsg *vrp = vrpmsg_of_device(rpdev);

	limits->tx_mtu = vrpmsg_max_payload(vrp);
	limits->rx_mtu = vrp->rx_size - sizeof(struct vrpmsg_hdr);
	limits->tx_entries = virtqueue_get_vring_size(vrp->svq);
}

static const struct vrpmsg_ops vrpmsg_ops = {
	.resume			= vrpmsg_resume,
	.set_user		= vrpmsg_set_user,
	.set_flow_control	= vrpmsg_ept_set_flow_control,
	.trysend		= vrpmsg_trysend_timed,
	.take_timed		= vrpmsg_take_timed,
	.end_timed		= vrpmsg_end_timed,
	.poll_begin		= vrpmsg_poll_begin,
	.poll			= vrpmsg_poll,
	.limits			= vrpmsg_limits,
	.slots_create		= vrpmsg_slots_create,
	.slots_destroy		= vrpmsg_slots_destroy,
	.slots_send		= vrpmsg_slots_send,
	.slots_kick		= vrpmsg_slots_kick,
	.slots_ask		= vrpmsg_slots_ask,
	.slots_give_up		= vrpmsg_slots_give_up,
	.slots_pfn		= vrpmsg_slots_pfn,
	.slots_prot		= vrpmsg_slots_prot,
	.exclusive		= &vrpmsg_exclusive_ops,
};

/**
 * vrpmsg_get_ops() - the way past the core
 * @rpdev: a device
 *
 * Return: what can be done on it and its endpoints for as long as they exist; NULL when it is
 * another transport's.
 */
const struct vrpmsg_ops *vrpmsg_get_ops(const struct rpmsg_device *rpdev)
{
	return vrpmsg_is_ours(rpdev) ? &vrpmsg_ops : NULL;
}
EXPORT_SYMBOL_GPL(vrpmsg_get_ops);

/**
 * vrpmsg_slots_return() - the remote is done with buffers of a row
 * @returned: which, or none; empty then
 */
void vrpmsg_slots_return(struct vrpmsg_returned *returned)
{
	struct vrpmsg_slots *slots = returned->slots;

	if (!returned->num)
		return;

	lockdep_assert_held(&slots->vrp->tx_lock);

	slots->in_flight -= returned->num;
	if (slots->done)
		slots->done(slots->priv, returned->slot, returned->num);
	else if (!slots->in_flight)
		schedule_work(&slots->vrp->slots_work);
	returned->num = 0;
}

/**
 * vrpmsg_slots_collect() - the remote is done with a buffer of a row
 * @returned: others; vrpmsg_slots_return() is due in the end, under the same lock
 * @buf:      the buffer
 */
void vrpmsg_slots_collect(struct vrpmsg_returned *returned, const struct vrpmsg_buf *buf)
{
	struct vrpmsg_slots *slots = buf->owner;

	if (returned->num == ARRAY_SIZE(returned->slot) ||
	    (returned->num && returned->slots != slots))
		vrpmsg_slots_return(returned);
	returned->slots = slots;
	returned->slot[returned->num++] = buf - slots->buf;
}

/**
 * vrpmsg_slots_work() - free rows that have neither a user nor a buffer under way
 * @work: of a remote
 */
void vrpmsg_slots_work(struct work_struct *work)
{
	struct vrpmsg *vrp = container_of(work, struct vrpmsg, slots_work);
	struct vrpmsg_slots *slots, *next;
	LIST_HEAD(idle);

	spin_lock_irq(&vrp->tx_lock);
	list_for_each_entry_safe(slots, next, &vrp->slots, node)
		if (!slots->done && !slots->in_flight)
			list_move(&slots->node, &idle);
	spin_unlock_irq(&vrp->tx_lock);

	list_for_each_entry_safe(slots, next, &idle, node)
		slots_free(slots);
}

/**
 * vrpmsg_slots_remove() - free all rows of a device whose rings are deleted
 * @vrp: the remote, without endpoints
 */
void vrpmsg_slots_remove(struct vrpmsg *vrp)
{
	struct vrpmsg_slots *slots, *next;

	cancel_work_sync(&vrp->slots_work);
	list_for_each_entry_safe(slots, next, &vrp->slots, node)
		slots_free(slots);
	INIT_LIST_HEAD(&vrp->slots);
}
