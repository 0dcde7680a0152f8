// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: the rings of an open endpoint, <linux/rpmsg_ring.h>. The protocol, with its barriers,
 * and who owns a buffer when: docs/data-plane.md.
 *
 * eptring.c		making and ending them, and their commands
 * eptring_wait.c	commands that wait
 * eptring_tx.c		sending
 * eptring_rx.c		receiving
 * eptring_map.c	mappings
 *
 * Objects
 *	struct eptring belongs to the open file that it was made for, and is freed with it. Mappings
 *	hold the file, commands of io_uring hold the file, so all of them are gone before. It has
 *	the control memory and the receive buffers, which are ordinary memory; the transmit buffers
 *	are the transport's, and are given back when the endpoint goes. In exclusive mode receive
 *	buffers are the transport's, too, and the ordinary ones take their place in the end. All of
 *	it counts as memory that the user who made the rings has locked, until they are freed.
 *	struct waiter is a command that waits, one to send, one to receive. It is an ioctl, which
 *	sleeps in there, or a command of io_uring, which is finished by a work of its task. Who
 *	wakes it does not finish it, but makes it look again.
 *
 * Locks, outer to inner
 *	tx_mutex	one at a time takes entries from the submit ring; and the transport's
 *			buffers are there. A kick is inside.
 *	rx_mutex	one at a time fills the ready ring, in the order of arrival. The transport
 *			has a mutex of its own outside, in which it asks for receive buffers.
 *	the transport's	spinlock, in which eptring_done() is called
 *	done_lock	a spinlock: the done ring
 *	waiter.lock	a spinlock, what the waiter is
 *	map_mutex	inside of mmap_lock: what the transport's buffers are mapped to
 *
 * Trust
 *	Control memory belongs to the application, in all of its bytes and at any time. The kernel
 *	reads of it the tails, one head, and entries, each once; it writes the rest and reads
 *	nothing back. Which buffer is whose is in bitmaps of the kernel. The worst that an
 *	application gets by lying are messages that are lost or mixed up, its own.
 *
 * Full
 *	A sender without room waits, or is told how many were sent. A message without a free receive
 *	buffer is left to rpmsg_char's queue, with the rules that hold there. In exclusive mode the
 *	transport takes our free buffers for the remote, and the remote waits when there is none;
 *	but not while the queue has messages, which need them first.
 *
 * Unplug
 *	eptring_stop() comes from rpmsg_char under its lock, before the endpoint goes: sending ends;
 *	transmit buffers vanish from all mappings and a page of nothing takes their place, so that
 *	nobody falls; those under way come back as -EPIPE; waiters wake. What was received stays
 *	readable: what is still in the transport's buffers is copied. eptring_end() comes when the
 *	endpoint is gone: nothing appears after who looks was told so.
 */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../compat/io_uring.h"
#include "eptring_parts.h"

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

/* Nobody can have it swapped out: it is under the limit of locked memory, as io_uring's rings. */
static int eptring_charge(struct eptring *ring, u32 control_size)
{
	/* Each of the transport's buffers comes with the page that has its header. */
	size_t bytes = control_size + eptring_rx_bytes(ring) +
		       (size_t)ring->tx_slots * (PAGE_SIZE + ring->tx_stride);
	unsigned long locked;

	if (ring->is_exclusive)
		bytes += (size_t)ring->rx_slots * (PAGE_SIZE + ring->rx_stride);

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

/**
 * eptring_create() - %RPMSG_IOC_RING_SETUP
 * @node:  of the endpoint
 * @ept:   the endpoint, on which eptring_stop() is called before it is destroyed
 * @ops:   what its transport can do, or NULL
 * @dst:   where messages go to
 * @setup: what is wanted; filled in with what there is
 * @tx_messages: counts what is sent
 * @tx_bytes: counts payload in that
 *
 * Return: the rings; an error as said there.
 */
struct eptring *eptring_create(const struct device *node, struct rpmsg_endpoint *ept,
			       const struct vrpmsg_ops *ops, u32 dst,
			       struct rpmsg_ring_setup *setup, atomic_long_t *tx_messages,
			       atomic_long_t *tx_bytes)
{
	struct vrpmsg_limits limits;
	struct eptring *ring;
	int ret;

	if (setup->flags & ~RPMSG_RING_SETUP_EXCLUSIVE ||
	    !setup->tx_slots || setup->tx_slots > RPMSG_RING_MAX_SLOTS ||
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

	INIT_LIST_HEAD(&ring->timed);
	ring->node = node;
	ring->tx_messages = tx_messages;
	ring->tx_bytes = tx_bytes;
	ring->ops = ops;
	ops->limits(ept->rpdev, &limits);
	ring->tx_mtu = limits.tx_mtu;
	ring->tx_slots = roundup_pow_of_two(min(setup->tx_slots, limits.tx_entries));
	ring->tx_stride = PAGE_ALIGN(limits.tx_mtu);
	ring->rx_slots = roundup_pow_of_two(setup->rx_slots);
	ring->rx_mtu = limits.rx_mtu;
	ring->is_exclusive = setup->flags & RPMSG_RING_SETUP_EXCLUSIVE;
	ring->rx_stride = ring->is_exclusive ? PAGE_ALIGN(limits.rx_mtu) :
					       ALIGN(limits.rx_mtu, SMP_CACHE_BYTES);

	eptring_plan_control(ring, setup);
	ret = eptring_charge(ring, setup->control_size);
	if (!ret)
		ret = eptring_alloc_control(ring, setup);
	if (!ret)
		ret = eptring_alloc_rx(ring);
	if (!ret)
		ret = eptring_alloc_tx(ring, ept, dst);
	if (!ret && ring->is_exclusive) {
		ret = eptring_alloc_exclusive(ring, ept);
		if (ret)
			eptring_stop(ring);
	}
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
 *
 * Messages may still come, until it has gone.
 */
void eptring_stop(struct eptring *ring)
{
	eptring_stop_tx(ring);
	eptring_stop_exclusive(ring);
}

/**
 * eptring_end() - the endpoint has gone
 * @ring: the rings, stopped, and no message comes any more; again does nothing
 */
void eptring_end(struct eptring *ring)
{
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
	eptring_forget(ring);
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
