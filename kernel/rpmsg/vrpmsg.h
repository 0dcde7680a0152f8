/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vrpmsg.h: the parts of virtio_rpmsg_bus. Objects, locks and unplug are described in
 * vrpmsg_main.c.
 */
#ifndef VRPMSG_H
#define VRPMSG_H

#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rpmsg.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "rpmsg_internal.h"

#define VIRTIO_RPMSG_F_NS	0	/* the remote has a name service */
#define VIRTIO_RPMSG_F_BUFSZ	1	/* its config space says how large buffers are */
/* Ours, far from where others count up to. */
#define VIRTIO_RPMSG_F_FC	16	/* it has flow control */
#define VIRTIO_RPMSG_F_STATIC	17	/* its config space lists channels */

#define VRPMSG_FLOW_ADDR	64	/* of flow control, on both sides */
#define VRPMSG_BUF_SIZE		512	/* header and payload, unless the remote says otherwise */
#define VRPMSG_MAX_BUFS		256U	/* in each direction */
#define VRPMSG_MAX_CHANNELS	1024	/* a remote that announces more is out of its mind */
#define VRPMSG_FIRST_DYNAMIC	1024	/* lower local addresses are given on request only */
#define VRPMSG_TX_SPARE		16U	/* entries of the ring that are for plain messages alone */
#define VRPMSG_ASKED_MAX	1024U	/* messages of an endpoint whose answer is waited for */
#define VRPMSG_SEND_TIMEOUT	(15 * HZ)

/**
 * struct vrpmsg_hdr - what each message starts with in shared memory
 * @src:      address of the sender
 * @dst:      address of the receiver
 * @reserved: zero, ignored
 * @len:      bytes of payload
 * @flags:    zero, ignored
 * @payload:  @len bytes
 */
struct vrpmsg_hdr {
	__rpmsg32	src, dst;
	__rpmsg32	reserved;
	__rpmsg16	len, flags;
	u8		payload[];
} __packed;

/**
 * struct vrpmsg_buf - a message buffer, known to its virtqueue by the address of this
 * @sg:       the memory as a virtqueue wants it; the length is the owner's to set
 * @hdr:      the memory
 * @owner:    of a transmit buffer that an application writes; NULL for all others
 * @exclusive: of a receive buffer that an application reads; NULL for all others
 * @number:   no other buffer of the remote's has it; for who traces
 * @timed:    how its message is timed; or NULL
 * @held:     in the list of an endpoint that holds its message
 * @returned: in @rx_returned, after that
 * @src:      sender of a message that is held
 * @len:      bytes of its payload
 */
struct vrpmsg_buf {
	struct scatterlist	sg;
	struct vrpmsg_hdr	*hdr;
	struct vrpmsg_slots	*owner;
	struct vrpmsg_exclusive	*exclusive;
	u32			number;
	struct vrpmsg_timed	*timed;

	struct list_head	held;
	struct llist_node	returned;
	u32			src;
	unsigned int		len;
};

/**
 * struct vrpmsg_area - memory of buffers whose payload applications may map
 * @vrp:    the remote
 * @stride: bytes from one buffer to the next
 * @size:   bytes of @memory
 * @memory: all of them
 * @dma:    its address for the remote
 */
struct vrpmsg_area {
	struct vrpmsg	*vrp;
	size_t		stride;
	size_t		size;
	void		*memory;
	dma_addr_t	dma;
};

/**
 * struct vrpmsg_stack - buffers that are on the host's side for now
 * @num: how many
 * @buf: which; room for all of their direction
 */
struct vrpmsg_stack {
	unsigned int		num;
	struct vrpmsg_buf	*buf[VRPMSG_MAX_BUFS];
};

/**
 * struct vrpmsg_returned - buffers of one row that the remote has done with, in a row
 * @slots: the row
 * @num:   how many
 * @slot:  which
 */
struct vrpmsg_returned {
	struct vrpmsg_slots	*slots;
	unsigned int		num;
	u32			slot[32];
};

/**
 * enum vrpmsg_stat - what is counted, by one writer at a time
 * @RX_MESSAGES:   messages handed to an endpoint
 * @RX_BYTES:      payload in them
 * @RX_MALFORMED:  messages dropped because a length was wrong
 * @RX_UNCLAIMED:  messages dropped because nobody is at that address
 * @RX_REFUSED:    messages among @RX_MESSAGES that the endpoint did not take
 * @RX_INTERRUPTS: interrupts of the receive ring; probe's look at it is one, too
 * @RX_KICKS:      kicks of the receive ring, which tell that there are buffers again
 * @TX_MESSAGES:   messages handed to the ring
 * @TX_BYTES:      payload in them
 * @TX_FULL:       how often a sender found no buffer
 * @TX_INTERRUPTS: interrupts of the send ring
 * @TX_KICKS:      kicks of the send ring
 * @VRPMSG_STATS:  how many counters there are
 *
 * Those of receiving belong to whoever drains the ring, those of sending to tx_lock.
 */
enum vrpmsg_stat {
	RX_MESSAGES,
	RX_BYTES,
	RX_MALFORMED,
	RX_UNCLAIMED,
	RX_REFUSED,
	RX_INTERRUPTS,
	RX_KICKS,
	TX_MESSAGES,
	TX_BYTES,
	TX_FULL,
	TX_INTERRUPTS,
	TX_KICKS,
	VRPMSG_STATS
};

/**
 * struct vrpmsg - one virtio device, that is one remote
 * @vdev:          the device
 * @little_endian: of headers on the wire
 * @by_dma_address: the rings take buffers by their DMA address, whatever pages these have
 * @up:            callbacks of the rings may use all of this
 * @dying:         set once, under @channel_lock, when removal starts
 * @align:         of each buffer, as the remote wants it; or 0
 * @rx_size:       bytes of a buffer of @rvq
 * @tx_size:       bytes of a buffer of @svq
 * @rx_stride:     from the start of a buffer of @rvq to the next, a power of two
 * @tx_stride:     the same of @svq
 * @num_rx:        buffers of @rvq
 * @num_tx:        buffers of @svq
 * @bufs:          all of them, those of @rvq first
 * @memory:        theirs, shared with the remote
 * @memory_dma:    its address for the remote
 * @memory_size:   its size in bytes
 * @rvq:           from the remote
 * @rx_events:     callbacks of @rvq that nobody has worked off yet; not zero: someone is at it
 * @rx_kept:       buffers of @bufs that @rvq did not take back yet
 * @rx_returned:   buffers that an endpoint held, for whoever drains @rvq next
 * @rx_unheld:     messages that an endpoint held, and did not take in the end: in rx_refused
 * @rx_work:       gives them to @rvq, and drains it for who polled
 * @rx_inherited:  @rx_work has one of @rx_events, from who polled
 * @rx_pollers:    between vrpmsg_poll_begin() and the end of vrpmsg_poll()
 * @rx_works:      how many of @rx_events are of @rx_work
 * @timed_interrupts: for how many more it is looked when they come
 * @interrupt_ns:  when the last one came; 0 is not known
 * @tx_lock:       guards all from @svq to @slots and its part of @stats
 * @svq:           to the remote
 * @tx_free:       buffers that @svq does not hold
 * @tx_taken:      buffers of @tx_free's kind that are neither there nor in @svq: being written
 * @tx_rivals:     how many of @slots had no room
 * @tx_asked:      the remote has been asked to interrupt
 * @watched:       it interrupts for each buffer, and no buffer of before is left
 * @watch_left:    for how many more
 * @watch_jiffies: when that was more
 * @num_timed:     buffers of @svq whose messages are timed
 * @unkicked:      those that the remote was not told of, as struct vrpmsg_timed
 * @next_number:   of the next buffer that is made
 * @slots:         rows of buffers that applications write
 * @slots_work:    frees those that nobody needs any more
 * @tx_wait:       where senders and pollers wait for a buffer
 * @exclusive:     the administrator has given the device to one application alone
 * @num_users:     endpoints, but for the name service's
 * @exclusive_lock: guards @exclusive_rx
 * @exclusive_rx:  that application's receive buffers
 * @exclusives:    all of that kind that are not freed yet; guarded by @tx_lock
 * @epts:          endpoints by local address; readers use RCU and the endpoint's refcount. Its
 *		   lock guards @exclusive and @num_users
 * @next_addr:     where to look for the next address to give; guarded by the lock of @epts
 * @channel_lock:  guards @channels, @num_channels and the state of channels
 * @channels:      devices on the bus, in the order of creation
 * @num_channels:  how many
 * @channel_wait:  woken when a channel has changed its state
 * @stats:         counters, see enum vrpmsg_stat
 */
struct vrpmsg {
	struct virtio_device	*vdev;
	bool			little_endian;
	bool			by_dma_address;
	bool			up;
	bool			dying;

	unsigned int		align;
	unsigned int		rx_size;
	unsigned int		tx_size;
	unsigned int		rx_stride;
	unsigned int		tx_stride;
	unsigned int		num_rx;
	unsigned int		num_tx;
	struct vrpmsg_buf	*bufs;
	void			*memory;
	dma_addr_t		memory_dma;
	size_t			memory_size;

	struct virtqueue	*rvq;
	atomic_t		rx_events;
	struct vrpmsg_stack	rx_kept;
	struct llist_head	rx_returned;
	atomic_long_t		rx_unheld;
	struct work_struct	rx_work;
	atomic_t		rx_works;
	unsigned int		timed_interrupts;
	u64			interrupt_ns;
	bool			rx_inherited;
	atomic_t		rx_pollers;

	spinlock_t		tx_lock;	/* from @svq to @slots, TX_* in @stats */
	struct virtqueue	*svq;
	struct vrpmsg_stack	tx_free;
	unsigned int		tx_taken;
	unsigned int		tx_rivals;
	u32			next_number;
	bool			tx_asked;
	bool			watched;
	unsigned int		watch_left;
	unsigned long		watch_jiffies;
	unsigned int		num_timed;
	struct list_head	unkicked;
	struct list_head	slots;
	struct work_struct	slots_work;
	wait_queue_head_t	tx_wait;

	bool			exclusive;
	unsigned int		num_users;
	struct mutex		exclusive_lock;	/* @exclusive_rx */
	struct vrpmsg_exclusive	*exclusive_rx;
	struct list_head	exclusives;

	struct xarray		epts;
	u32			next_addr;

	spinlock_t		channel_lock;	/* @channels, @num_channels, their states */
	struct list_head	channels;
	unsigned int		num_channels;
	wait_queue_head_t	channel_wait;

	unsigned long		stats[VRPMSG_STATS];
};

/**
 * enum vrpmsg_channel_state - life of a channel
 * @CHANNEL_NEW:   its name is taken, it is being added to the bus
 * @CHANNEL_LIVE:  it is on the bus
 * @CHANNEL_GOING: it is being removed from the bus
 */
enum vrpmsg_channel_state {
	CHANNEL_NEW,
	CHANNEL_LIVE,
	CHANNEL_GOING,
};

/**
 * struct vrpmsg_channel - a device on the bus
 * @rpdev:    the device
 * @vrp:      the remote
 * @refs:     one of the device, one of the list
 * @node:     in @vrp->channels
 * @state:    guarded by @vrp->channel_lock
 * @internal: for rpmsg_ctrl or rpmsg_ns; neither remote nor users can remove it
 * @src:      local address as asked for, which is part of the name
 * @dst:      remote address, likewise
 */
struct vrpmsg_channel {
	struct rpmsg_device		rpdev;
	struct vrpmsg			*vrp;
	struct kref			refs;
	struct list_head		node;
	enum vrpmsg_channel_state	state;
	bool				internal;
	u32				src;
	u32				dst;
};

/**
 * struct vrpmsg_ration - which messages are timed (vrpmsg_timing.c)
 * @jiffies: when it was last looked at the clock
 * @seen:    messages since then
 * @each:    that many came for each that may be timed, before
 * @skip:    so many are not
 * @left:    so many may
 */
struct vrpmsg_ration {
	unsigned long	jiffies;
	unsigned int	seen;
	unsigned int	each;
	unsigned int	skip;
	unsigned int	left;
};

/**
 * struct vrpmsg_ept - an endpoint
 * @ept:      what its user sees
 * @can_hold: its user may answer %VRPMSG_HOLD; guarded by @ept.cb_lock
 * @held:     messages that it did so to, and later ones, as struct vrpmsg_buf; likewise
 * @user:     what its user wants to know beside messages, or NULL; likewise
 * @asked:    messages that it sent; guarded by tx_lock
 * @questions: which of them are timed; likewise
 * @answered: how many of them were answered, or will never be; guarded by @ept.cb_lock
 * @news:     which of the others that came are timed; likewise
 * @unasked:  the message that is delivered now is one of these; likewise
 * @delivering: how it is timed; or NULL; likewise
 * @timed_lock: guards @timed, @num_timed and @first_timed
 * @timed:    those of @asked that are timed, and not @answered, as struct vrpmsg_timed
 * @num_timed: how many they are
 * @first_timed: number of the first; 0: there is none
 * @rcu:      frees it after the last lookup that may have found it
 */
struct vrpmsg_ept {
	struct rpmsg_endpoint	ept;
	bool			can_hold;
	struct list_head	held;
	const struct vrpmsg_ept_user *user;
	unsigned long		asked;
	struct vrpmsg_ration	questions;
	unsigned long		answered;
	struct vrpmsg_ration	news;
	bool			unasked;
	struct vrpmsg_timed	*delivering;
	spinlock_t		timed_lock;	/* @timed, @num_timed, @first_timed */
	struct list_head	timed;
	unsigned int		num_timed;
	unsigned long		first_timed;
	struct rcu_head		rcu;
};

/**
 * struct vrpmsg_from - who sends a message
 * @src:      local address
 * @vept:     the endpoint of that address, which is to have the answer; or NULL
 * @write_ns: when it began to, for who times it; or 0
 */
struct vrpmsg_from {
	u32			src;
	struct vrpmsg_ept	*vept;
	u64			write_ns;
};

static inline struct vrpmsg *vrpmsg_of_device(struct rpmsg_device *rpdev)
{
	return container_of(rpdev, struct vrpmsg_channel, rpdev)->vrp;
}

static inline struct vrpmsg *vrpmsg_of_ept(struct rpmsg_endpoint *ept)
{
	return vrpmsg_of_device(ept->rpdev);
}

static inline struct vrpmsg_ept *to_vrpmsg_ept(struct rpmsg_endpoint *ept)
{
	return container_of(ept, struct vrpmsg_ept, ept);
}

static inline unsigned int vrpmsg_max_payload(const struct vrpmsg *vrp)
{
	return vrp->tx_size - sizeof(struct vrpmsg_hdr);
}

static inline bool vrpmsg_has_flow(const struct vrpmsg *vrp)
{
	return virtio_has_feature(vrp->vdev, VIRTIO_RPMSG_F_FC);
}

/* Readers like whole words. */
static inline void vrpmsg_count(struct vrpmsg *vrp, enum vrpmsg_stat stat, unsigned long more)
{
	WRITE_ONCE(vrp->stats[stat], vrp->stats[stat] + more);
}

static inline void vrpmsg_push(struct vrpmsg_stack *stack, struct vrpmsg_buf *buf)
{
	stack->buf[stack->num++] = buf;
}

static inline struct vrpmsg_buf *vrpmsg_pop(struct vrpmsg_stack *stack)
{
	return stack->num ? stack->buf[--stack->num] : NULL;
}

/**
 * vrpmsg_is_answered() - a message has come for an endpoint
 * @vept: the endpoint, in its cb_lock
 *
 * Return: whether it answers one that is timed, or passes one over; vrpmsg_time_answer() is due.
 */
static inline bool vrpmsg_is_answered(struct vrpmsg_ept *vept)
{
	const unsigned long asked = READ_ONCE(vept->asked);

	vept->unasked = vept->answered == asked;
	if (vept->unasked)
		return false;
	vept->answered++;
	if (asked - vept->answered >= VRPMSG_ASKED_MAX)
		vept->answered = asked - VRPMSG_ASKED_MAX + 1;
	/* Zero is none. */
	return READ_ONCE(vept->first_timed) - 1 < vept->answered;
}

/* vrpmsg_config.c */
int vrpmsg_read_sizes(struct vrpmsg *vrp);
int vrpmsg_add_statics(struct vrpmsg *vrp);

/* vrpmsg_rx.c */
int vrpmsg_rx_fill(struct vrpmsg *vrp);
void vrpmsg_rx_work(struct work_struct *work);
void vrpmsg_rx_return(struct vrpmsg *vrp, struct list_head *held);
void vrpmsg_rx_done(struct virtqueue *rvq);
struct vrpmsg *vrpmsg_poll_begin(struct rpmsg_endpoint *ept);
void vrpmsg_poll(struct vrpmsg *vrp, u64 end_ns, bool (*stop)(const void *priv), const void *priv);
void vrpmsg_refill(struct vrpmsg *vrp);
void vrpmsg_rx_stop(struct vrpmsg *vrp);

/* vrpmsg_tx.c */
bool vrpmsg_gone(const struct vrpmsg *vrp);
bool vrpmsg_tx_reclaim(struct vrpmsg *vrp);
bool vrpmsg_tx_ask(struct vrpmsg *vrp);
void vrpmsg_tx_wake(struct vrpmsg *vrp);
void vrpmsg_write_hdr(const struct vrpmsg *vrp, struct vrpmsg_buf *buf, u32 src, u32 dst,
		      unsigned int len);
void vrpmsg_tx_done(struct virtqueue *svq);
unsigned int vrpmsg_tx_depth(const struct vrpmsg *vrp);
bool vrpmsg_tx_kick_prepare(struct vrpmsg *vrp);
int vrpmsg_send(struct vrpmsg *vrp, const struct vrpmsg_from *from, u32 dst, const void *data,
		int len, bool wait);
int vrpmsg_send_last(struct vrpmsg *vrp, u32 src, u32 dst, const void *data, int len);
__poll_t vrpmsg_tx_poll(struct vrpmsg *vrp, struct file *file, poll_table *wait);

/* vrpmsg_watch.c */
void vrpmsg_watch(struct vrpmsg *vrp);
void vrpmsg_watch_collect(struct vrpmsg *vrp);
bool vrpmsg_watch_interrupted(struct vrpmsg *vrp);

/* vrpmsg_timing.c */
bool vrpmsg_ration_look(struct vrpmsg *vrp, struct vrpmsg_ration *ration);
struct vrpmsg_timed *vrpmsg_time_question(struct vrpmsg *vrp, const struct vrpmsg_from *from);
void vrpmsg_time_queued(struct vrpmsg *vrp, struct vrpmsg_buf *buf, struct vrpmsg_timed *timed);
void vrpmsg_time_kick(struct vrpmsg *vrp);
void vrpmsg_time_consumed(struct vrpmsg *vrp, struct vrpmsg_buf *buf);
void vrpmsg_time_interrupt(struct vrpmsg *vrp);
void vrpmsg_time_answer(struct vrpmsg *vrp, struct vrpmsg_ept *vept);
struct vrpmsg_timed *vrpmsg_take_timed(struct rpmsg_endpoint *ept, u32 len);
void vrpmsg_time_delivered(struct vrpmsg_ept *vept, struct vrpmsg_buf *buf);
void vrpmsg_time_again(struct vrpmsg_ept *vept, struct vrpmsg_buf *buf);
void vrpmsg_time_end(struct vrpmsg_ept *vept, struct list_head *held);
void vrpmsg_end_timed(struct rpmsg_endpoint *ept);

/* Is this message to be timed? */
static inline bool vrpmsg_ration_has(struct vrpmsg *vrp, struct vrpmsg_ration *ration)
{
	if (!ration->skip || jiffies - ration->jiffies)
		return vrpmsg_ration_look(vrp, ration);
	ration->seen++;
	ration->skip--;
	return false;
}

/**
 * vrpmsg_tx_add() - put a message into the ring, where there is an entry for it
 * @vrp:  the remote
 * @buf:  the message
 * @from: who sends it
 *
 * Return: 0 or -errno, as virtqueue_add_outbuf().
 */
static inline int vrpmsg_tx_add(struct vrpmsg *vrp, struct vrpmsg_buf *buf,
				const struct vrpmsg_from *from)
{
	struct vrpmsg_timed *timed = NULL;
	int ret;

	lockdep_assert_held(&vrp->tx_lock);

	/* Before the remote can see it: the answer may come before we are back. */
	if (from->vept)
		WRITE_ONCE(from->vept->asked, from->vept->asked + 1);
	if (from->write_ns && vrpmsg_ration_has(vrp, &from->vept->questions))
		timed = vrpmsg_time_question(vrp, from);
	ret = virtqueue_add_outbuf(vrp->svq, &buf->sg, 1, buf, GFP_ATOMIC);
	if (timed)
		vrpmsg_time_queued(vrp, ret ? NULL : buf, timed);
	return ret;
}

/* vrpmsg_slots.c */
void vrpmsg_slots_collect(struct vrpmsg_returned *returned, const struct vrpmsg_buf *buf);
void vrpmsg_slots_return(struct vrpmsg_returned *returned);
void vrpmsg_slots_work(struct work_struct *work);
void vrpmsg_slots_remove(struct vrpmsg *vrp);

/* vrpmsg_exclusive.c */
extern const struct attribute_group vrpmsg_exclusive_group;
extern const struct vrpmsg_exclusive_ops vrpmsg_exclusive_ops;
bool vrpmsg_add_user(struct vrpmsg *vrp);
void vrpmsg_remove_user(struct vrpmsg *vrp);
unsigned int vrpmsg_exclusive_refill(struct vrpmsg *vrp);
void vrpmsg_exclusive_return(struct vrpmsg_buf *buf);
void vrpmsg_exclusive_put(struct vrpmsg_exclusive *exclusive);
void vrpmsg_exclusive_remove(struct vrpmsg *vrp);

/* vrpmsg_area.c */
int vrpmsg_area_alloc(struct vrpmsg_area *area, struct vrpmsg *vrp, unsigned int num,
		      unsigned int payload);
void vrpmsg_area_free(struct vrpmsg_area *area);
int vrpmsg_area_init_buf(const struct vrpmsg_area *area, unsigned int i, struct vrpmsg_buf *buf,
			 unsigned int size);
unsigned long vrpmsg_area_pfn(const struct vrpmsg_area *area, unsigned long page);
pgprot_t vrpmsg_area_prot(const struct vrpmsg_area *area, pgprot_t prot);

/* vrpmsg_ept.c */
void vrpmsg_set_user(struct rpmsg_endpoint *ept, const struct vrpmsg_ept_user *user);
void vrpmsg_begin_messages(struct rpmsg_endpoint *ept);
void vrpmsg_end_messages(struct rpmsg_endpoint *ept);
void vrpmsg_resume(struct rpmsg_endpoint *ept);
int vrpmsg_trysend_timed(struct rpmsg_endpoint *ept, void *data, int len, u32 dst, u64 write_ns);
struct rpmsg_endpoint *vrpmsg_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t callback,
					 void *priv, struct rpmsg_channel_info info);
struct rpmsg_endpoint *vrpmsg_get_ept(struct vrpmsg *vrp, u32 addr);
void vrpmsg_put_ept(struct rpmsg_endpoint *ept);

/* vrpmsg_flow.c */
int vrpmsg_ept_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst);
void vrpmsg_flow_receive(struct vrpmsg *vrp, const void *data, unsigned int len);

/* vrpmsg_channel.c */
bool vrpmsg_is_ours(const struct rpmsg_device *rpdev);
int vrpmsg_add_ctrl(struct vrpmsg *vrp);
int vrpmsg_add_ns(struct vrpmsg *vrp);
void vrpmsg_add_static(struct vrpmsg *vrp, const struct rpmsg_channel_info *info);
void vrpmsg_remove_channels(struct vrpmsg *vrp);

#endif /* VRPMSG_H */
