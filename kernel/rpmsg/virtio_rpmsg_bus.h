/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_rpmsg_bus.h: what virtio_rpmsg_bus does for rpmsg_char, past the core. Not an installed
 * header.
 *
 * rpmsg_char runs on any transport, so it must not need this module: it asks by symbol_get().
 */
#ifndef VIRTIO_RPMSG_BUS_H
#define VIRTIO_RPMSG_BUS_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "../compat/rpmsg.h"

struct vrpmsg;
struct vrpmsg_exclusive;
struct vrpmsg_slots;

/**
 * define VRPMSG_HOLD - what a callback answers to have its message kept
 *
 * The message stays in its buffer, which the remote does not get back; all later ones for this
 * endpoint stay behind it. resume() of struct vrpmsg_ops delivers them again. Only after a first
 * call of that this is a special value.
 */
#define VRPMSG_HOLD	0x484c44

/**
 * define VRPMSG_TAKEN - what a callback answers when the buffer of its message is its user's
 *
 * For messages in buffers of struct vrpmsg_exclusive_ops.
 */
#define VRPMSG_TAKEN	0x544b4e

/**
 * enum vrpmsg_point - what a message and its answer pass, in this order
 * @VRPMSG_AT_WRITE:     its sender begins
 * @VRPMSG_AT_QUEUED:    it is put into the ring
 * @VRPMSG_AT_KICK:      the remote is told, or looks by itself
 * @VRPMSG_AT_CONSUMED:  the remote is done with it
 * @VRPMSG_AT_INTERRUPT: the remote says that there is an answer
 * @VRPMSG_AT_DELIVERED: its endpoint's user has that
 * @VRPMSG_AT_READ:      and so has the application
 * @VRPMSG_POINTS:       how many there are
 */
enum vrpmsg_point {
	VRPMSG_AT_WRITE,
	VRPMSG_AT_QUEUED,
	VRPMSG_AT_KICK,
	VRPMSG_AT_CONSUMED,
	VRPMSG_AT_INTERRUPT,
	VRPMSG_AT_DELIVERED,
	VRPMSG_AT_READ,
	VRPMSG_POINTS
};

/**
 * struct vrpmsg_timed - a message that is timed, until its answer was read (vrpmsg_timing.c)
 * @refs:   one of the buffer that it is in, one of who waits for the answer, or has it
 * @node:   in the list of those whose answer is waited for; then its owner's
 * @kick:   in the list of those that the remote was not told of
 * @number: among all that its endpoint sent; then its owner's
 * @writer: the process that sent it; 0 when nobody asked for this message
 * @thread: and its thread
 * @len:    bytes of payload of what was received
 * @at:     when, by vrpmsg_now(); 0 is not known, or not reached
 */
struct vrpmsg_timed {
	refcount_t		refs;
	struct list_head	node;
	struct list_head	kick;
	unsigned long		number;
	pid_t			writer;
	pid_t			thread;
	u32			len;
	u64			at[VRPMSG_POINTS];
};

static inline void vrpmsg_timed_put(struct vrpmsg_timed *timed)
{
	if (refcount_dec_and_test(&timed->refs))
		kfree(timed);
}

/* The clock of who traces. */
static inline u64 vrpmsg_now(void)
{
	return ktime_get_mono_fast_ns();
}

/**
 * struct vrpmsg_ept_user - what the user of an endpoint wants to know beside its messages
 * @flow:  called for flow control instead of the endpoint's own callback
 * @begin: its callback is going to be called, for one message or more in a row
 * @end:   that was the last in the row; any further call comes after another @begin
 * @timed: a message is timed from here on; called anywhere
 * @given_up: nobody waits for the answer to a message that was timed, or wants it; called anywhere
 *
 * All called with the endpoint's @priv; but for the last two inside of its cb_lock, which is held
 * from @begin to @end.
 */
struct vrpmsg_ept_user {
	rpmsg_flowcontrol_cb_t flow;
	void (*begin)(void *priv);
	void (*end)(void *priv);
	void (*timed)(void *priv);
	void (*given_up)(void *priv, const struct vrpmsg_timed *timed);
};

/**
 * struct vrpmsg_limits - what fits into the rings of a device
 * @tx_mtu:     bytes of payload to the remote
 * @rx_mtu:     bytes of payload from there
 * @tx_entries: messages that can be under way to the remote
 */
struct vrpmsg_limits {
	u32	tx_mtu;
	u32	rx_mtu;
	u32	tx_entries;
};

/**
 * struct vrpmsg_slot - a message in one of the buffers that an application writes by itself
 * @slot: number of the buffer
 * @len:  bytes of payload
 */
struct vrpmsg_slot {
	u32	slot;
	u32	len;
};

typedef void (*vrpmsg_slots_done_fn)(void *priv, const u32 *slots, unsigned int num);

/**
 * struct vrpmsg_exclusive_user - whose receive buffers are in the ring
 * @refill: hands over at most @num buffers, those that are left beyond @reserve; returns how many
 * @untake: a buffer of these comes back without a message
 */
struct vrpmsg_exclusive_user {
	unsigned int (*refill)(void *priv, u32 *slots, unsigned int num, unsigned int reserve);
	void (*untake)(void *priv, u32 slot);
};

/**
 * struct vrpmsg_exclusive_ops - receive buffers that an application reads where they are
 * @is_exclusive: may there be one endpoint only?
 * @create:       see vrpmsg_exclusive_create()
 * @destroy:      see vrpmsg_exclusive_destroy()
 * @find:         which buffer a payload is in; -1: none of these
 * @payload:      of a buffer
 * @pfn:          the page frame number of a page, counted through the payload of all buffers
 * @prot:         how to map them
 * @refill_begin: the user has more for the ring; returns the remote, for @refill, which must follow
 * @refill:       see vrpmsg_refill()
 */
struct vrpmsg_exclusive_ops {
	bool (*is_exclusive)(struct rpmsg_device *rpdev);
	struct vrpmsg_exclusive *(*create)(struct rpmsg_endpoint *ept, unsigned int num,
					   const struct vrpmsg_exclusive_user *user, void *priv);
	void (*destroy)(struct vrpmsg_exclusive *exclusive);
	int (*find)(const struct vrpmsg_exclusive *exclusive, const void *payload);
	void *(*payload)(const struct vrpmsg_exclusive *exclusive, unsigned int slot);
	unsigned long (*pfn)(const struct vrpmsg_exclusive *exclusive, unsigned long page);
	pgprot_t (*prot)(const struct vrpmsg_exclusive *exclusive, pgprot_t prot);
	struct vrpmsg *(*refill_begin)(struct vrpmsg_exclusive *exclusive);
	void (*refill)(struct vrpmsg *vrp);
};

/**
 * struct vrpmsg_ops - the way past the core, for a device of ours and its endpoints
 * @resume:           see vrpmsg_resume()
 * @set_user:         see vrpmsg_set_user()
 * @set_flow_control: see vrpmsg_ept_set_flow_control()
 * @trysend:          see vrpmsg_trysend_timed()
 * @take_timed:       see vrpmsg_take_timed()
 * @end_timed:        see vrpmsg_end_timed()
 * @poll_begin:       see vrpmsg_poll_begin()
 * @poll:             see vrpmsg_poll()
 * @limits:           fills in what fits
 * @slots_create:     see vrpmsg_slots_create(), and so on
 * @slots_destroy:    likewise
 * @slots_send:       likewise
 * @slots_kick:       likewise
 * @slots_ask:        likewise
 * @slots_give_up:    likewise
 * @slots_pfn:        likewise
 * @slots_prot:       likewise
 * @exclusive:        receive buffers that an application reads where they are
 */
struct vrpmsg_ops {
	void (*resume)(struct rpmsg_endpoint *ept);
	void (*set_user)(struct rpmsg_endpoint *ept, const struct vrpmsg_ept_user *user);
	int (*set_flow_control)(struct rpmsg_endpoint *ept, bool pause, u32 dst);
	int (*trysend)(struct rpmsg_endpoint *ept, void *data, int len, u32 dst, u64 write_ns);
	struct vrpmsg_timed *(*take_timed)(struct rpmsg_endpoint *ept, u32 len);
	void (*end_timed)(struct rpmsg_endpoint *ept);
	struct vrpmsg *(*poll_begin)(struct rpmsg_endpoint *ept);
	void (*poll)(struct vrpmsg *vrp, u64 end_ns, bool (*stop)(const void *priv),
		     const void *priv);
	void (*limits)(struct rpmsg_device *rpdev, struct vrpmsg_limits *limits);
	struct vrpmsg_slots *(*slots_create)(struct rpmsg_endpoint *ept, u32 dst, unsigned int num,
					     vrpmsg_slots_done_fn done, void *priv);
	void (*slots_destroy)(struct vrpmsg_slots *slots);
	int (*slots_send)(struct vrpmsg_slots *slots, const struct vrpmsg_slot *msg,
			  unsigned int num, u64 write_ns, bool *kick);
	void (*slots_kick)(struct vrpmsg_slots *slots);
	int (*slots_ask)(struct vrpmsg_slots *slots, bool room);
	void (*slots_give_up)(struct vrpmsg_slots *slots);
	unsigned long (*slots_pfn)(const struct vrpmsg_slots *slots, unsigned long page);
	pgprot_t (*slots_prot)(const struct vrpmsg_slots *slots, pgprot_t prot);
	const struct vrpmsg_exclusive_ops *exclusive;
};

const struct vrpmsg_ops *vrpmsg_get_ops(const struct rpmsg_device *rpdev);

#endif /* VIRTIO_RPMSG_BUS_H */
