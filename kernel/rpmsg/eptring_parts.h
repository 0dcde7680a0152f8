/* SPDX-License-Identifier: GPL-2.0-only */
/* eptring_parts.h: what the parts of the rings share. Objects, locks and unplug: eptring.c. */
#ifndef EPTRING_PARTS_H
#define EPTRING_PARTS_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rpmsg_ring.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "eptring.h"
#include "virtio_rpmsg_bus.h"

#define EPTRING_BATCH	32	/* entries of the submit ring that are taken at once */

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
 * @end:       when its time is over
 * @timer:     goes off then, and when it is to look whether it is abandoned
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
	ktime_t			end;
	struct hrtimer		timer;
	wait_queue_head_t	wait;
};

/**
 * struct eptring - rings
 * @node:         what traces name it by
 * @control:      what the application sees
 * @submit:       the submit ring, in there
 * @done:         the done ring, likewise
 * @ready:        the ready ring, likewise
 * @release:      the release ring, likewise
 * @is_exclusive: in exclusive mode
 * @gone:         there is no endpoint any more
 * @user:         who made them
 * @charged:      pages that count as locked by @user
 * @mapping:      all mappings of the transport's buffers
 * @map_mutex:    guards @tx_mapped, and @exclusive, which @rx_mutex guards, too
 * @tx_mapped:    transmit buffers may be mapped
 * @nothing:      a page in place of those that are gone
 * @tx_mutex:     guards @ops, @slots, and from @submit_head to @tx_num_taken
 * @ops:          the transport's
 * @slots:        its buffers; NULL when it is gone
 * @tx_over:      nothing is sent any more
 * @begin_ns:     when it began to send what is on the ring, for who times that; or 0
 * @tx_messages:  counts what was sent
 * @tx_bytes:     counts payload in that
 * @tx_mtu:       bytes of payload
 * @tx_slots:     how many buffers, a power of two
 * @tx_stride:    bytes of each, as mapped
 * @submit_head:  the next entry to take
 * @taken:        entries that were taken, and had no room yet
 * @num_taken:    how many
 * @bad_submit:   entries that were dropped
 * @tx_num_taken: buffers that were the application's, in all
 * @tx_busy:      buffers that are not the application's: set under @tx_mutex, cleared under
 *		  @done_lock
 * @done_lock:    guards @done_tail
 * @done_tail:    the next entry to write; so many buffers were given back, in all
 * @rx_mutex:     guards all members below
 * @rx_slots:     how many buffers, a power of two
 * @rx_mtu:       bytes of payload
 * @rx_stride:    bytes of each, as mapped
 * @rx_memory:    all of them; in exclusive mode not before the end
 * @rx_free:      numbers of those that are the kernel's
 * @rx_num_free:  how many
 * @rx_out:       those that are the application's
 * @rx_num_out:   how many
 * @exclusive:    in exclusive mode the transport's buffers; NULL when it is gone
 * @rx_behind:    the queue has messages
 * @ready_tail:   the next entry to write
 * @told_tail:    the next entry that the application may not know of
 * @timed:        those entries beyond that are timed, as struct vrpmsg_timed
 * @release_head: the next entry to take
 * @bad_release:  entries that were dropped
 * @sender:       who waits to send
 * @receiver:     who waits for messages
 */
struct eptring {
	const struct device		*node;
	struct rpmsg_ring_control	*control;
	struct rpmsg_ring_submit	*submit;
	struct rpmsg_ring_done		*done;
	struct rpmsg_ring_ready		*ready;
	u32				*release;
	bool				is_exclusive;
	bool				gone;
	struct user_struct		*user;
	unsigned long			charged;

	struct address_space		mapping;
	struct mutex			map_mutex;	/* @tx_mapped, @exclusive */
	bool				tx_mapped;
	struct page			*nothing;

	struct mutex			tx_mutex;	/* from @ops to @tx_num_taken */
	const struct vrpmsg_ops		*ops;
	struct vrpmsg_slots		*slots;
	bool				tx_over;
	u64				begin_ns;
	atomic_long_t			*tx_messages;
	atomic_long_t			*tx_bytes;
	u32				tx_mtu;
	u32				tx_slots;
	u32				tx_stride;
	u32				submit_head;
	struct vrpmsg_slot		taken[EPTRING_BATCH];
	u32				num_taken;
	u32				bad_submit;
	u32				tx_num_taken;
	unsigned long			*tx_busy;

	spinlock_t			done_lock;	/* @done_tail */
	u32				done_tail;

	struct mutex			rx_mutex;	/* from @rx_slots to @bad_release */
	u32				rx_slots;
	u32				rx_mtu;
	u32				rx_stride;
	void				*rx_memory;
	u32				*rx_free;
	u32				rx_num_free;
	unsigned long			*rx_out;
	u32				rx_num_out;
	struct vrpmsg_exclusive		*exclusive;
	bool				rx_behind;
	u32				ready_tail;
	u32				told_tail;
	struct list_head		timed;
	u32				release_head;
	u32				bad_release;

	struct waiter			sender;
	struct waiter			receiver;
};

static inline size_t eptring_rx_bytes(const struct eptring *ring)
{
	return PAGE_ALIGN((size_t)ring->rx_slots * ring->rx_stride);
}

/* eptring_wait.c */
void waiter_init(struct waiter *waiter, struct eptring *ring,
		 bool (*step)(struct eptring *, u32, u32 *, int *));
int waiter_begin(struct waiter *waiter, struct io_uring_cmd *cmd,
		 const struct rpmsg_ring_wait_args *args, u32 sent);
void waiter_wake(struct waiter *waiter);
void waiter_wake_if(struct waiter *waiter, u32 have);
void waiter_cancel(struct waiter *waiter, struct io_uring_cmd *cmd, unsigned int issue_flags);
void waiter_flush(struct waiter *waiter, fl_owner_t owner);
int waiter_run(struct waiter *waiter, const struct rpmsg_ring_wait_args *args);

/* eptring_tx.c */
int eptring_alloc_tx(struct eptring *ring, struct rpmsg_endpoint *ept, u32 dst);
void eptring_stop_tx(struct eptring *ring);
bool eptring_send_step(struct eptring *ring, u32 count, u32 *sent, int *ret);
void eptring_give_up(struct eptring *ring);

/* eptring_rx.c */
int eptring_alloc_rx(struct eptring *ring);
int eptring_alloc_exclusive(struct eptring *ring, struct rpmsg_endpoint *ept);
void eptring_stop_exclusive(struct eptring *ring);
void eptring_offer_released(struct eptring *ring);
bool eptring_receive_step(struct eptring *ring, u32 count, u32 *unread, int *ret);

#endif /* EPTRING_PARTS_H */
