/* SPDX-License-Identifier: GPL-2.0-only */
/* eptdev.h: the parts of rpmsg_char. Objects, locks and unplug are described in eptdev_main.c. */
#ifndef EPTDEV_H
#define EPTDEV_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct eptring;
struct io_uring_cmd;
struct rpmsg_ring_setup;
struct rpmsg_ring_wait;
struct vrpmsg_ops;
struct vrpmsg_timed;

/**
 * struct message - a received message
 * @node:  in the queue
 * @timed: how it is timed; or NULL
 * @src:   who sent it
 * @len:   bytes of @data
 * @data:  the payload
 */
struct message {
	struct list_head	node;
	struct vrpmsg_timed	*timed;
	u32			src;
	unsigned int		len;
	u8			data[];
};

/* What is counted for as long as the node exists, in its folder statistics/ in sysfs. */
enum eptdev_stat {
	RX_MESSAGES,		/* queued */
	RX_BYTES,
	RX_DROPPED_FULL,	/* beyond rx_limit_bytes */
	RX_DROPPED_NOMEM,
	RX_HELD,		/* how often the transport was told to keep a message */
	TX_MESSAGES,		/* accepted by the transport */
	TX_BYTES,
	TX_FULL,		/* writes that found no room */
	EPTDEV_STATS
};

/**
 * struct eptdev - a node
 * @dev:          /sys/class/rpmsg/rpmsgN
 * @cdev:         /dev/rpmsgN
 * @info:         what it was made with
 * @added:        the node is all there; under eptdev_nodes_lock
 * @lock:         guards @rpdev, @ept, @users
 * @rpdev:        device of the remote; NULL when node or remote are gone
 * @ept:          the endpoint while the node is open; NULL when it is gone
 * @channel_ept:  the channel's endpoint to use, or NULL to make one at open
 * @flags:        RPMSG_ENDPOINT_* it was made with
 * @users:        open files
 * @addr:         of @ept, kept for who traces
 * @mtu:          of @ept, in bytes; 0 when there was none yet, and @ops did not tell
 * @ring:         rings of the only file, which take messages before the queue does; NULL without.
 *                Set and cleared under @lock and the endpoint's cb_lock
 * @ops:          what the transport can do past the core; NULL when it is another one
 * @writeq:       who waits for room
 * @tx_queue:     where the transport tells of room; NULL when it does not
 * @tx_entry:     ours in @tx_queue
 * @tx_table:     brings @tx_entry there
 * @rx_lock:      guards the members below
 * @rx:           the queue
 * @rx_count:     messages in it
 * @rx_bytes:     memory in it
 * @rx_limit:     the most of that
 * @rx_hold:      keep what does not fit, do not drop it
 * @rx_last:      the remote goes: everything fits
 * @rx_held:      the transport keeps messages for us
 * @flow_paused:  the remote asked us to pause
 * @flow_changed: it did so, or took it back, since we last asked
 * @readq:        who waits for messages
 * @stats:        counters, see enum eptdev_stat
 */
struct eptdev {
	struct device			dev;
	struct cdev			cdev;
	struct rpmsg_channel_info	info;

	bool				added;

	struct rw_semaphore		lock;
	struct rpmsg_device		*rpdev;
	struct rpmsg_endpoint		*ept;
	struct rpmsg_endpoint		*channel_ept;
	unsigned int			flags;
	unsigned int			users;
	u32				addr;
	size_t				mtu;
	struct eptring			*ring;
	const struct vrpmsg_ops		*ops;

	wait_queue_head_t		writeq;
	wait_queue_head_t		*tx_queue;
	wait_queue_entry_t		tx_entry;
	poll_table			tx_table;

	spinlock_t			rx_lock;	/* from @rx to @flow_changed, for writing */
	struct list_head		rx;
	unsigned int			rx_count;
	size_t				rx_bytes;
	size_t				rx_limit;
	bool				rx_hold;
	bool				rx_last;
	bool				rx_held;
	bool				flow_paused;
	bool				flow_changed;
	wait_queue_head_t		readq;

	atomic_long_t			stats[EPTDEV_STATS];
};

/**
 * struct eptfile - an open file
 * @eptdev:          the node
 * @flags:           RPMSG_OPTION_*
 * @send_timeout_ns: how long a write may wait
 * @busy_poll_ns:    how long at most it may look for a message before it sleeps
 * @busy_window_ns:  how long it does for now
 */
struct eptfile {
	struct eptdev	*eptdev;
	u32		flags;
	u64		send_timeout_ns;
	u64		busy_poll_ns;
	u64		busy_window_ns;
};

/**
 * struct busy_wait - a wait for a message
 * @limit_ns:  the file's busy_poll_ns
 * @window_ns: its busy_window_ns
 * @start_ns:  when it began
 */
struct busy_wait {
	u64	limit_ns;
	u64	window_ns;
	u64	start_ns;
};

static inline struct eptdev *to_eptdev(struct device *dev)
{
	return container_of(dev, struct eptdev, dev);
}

static inline struct eptdev *eptdev_of_file(const struct file *file)
{
	const struct eptfile *eptfile = file->private_data;

	return eptfile->eptdev;
}

static inline void eptdev_count(struct eptdev *eptdev, enum eptdev_stat stat, long more)
{
	atomic_long_add(more, &eptdev->stats[stat]);
}

static inline bool eptdev_has_message(const struct eptdev *eptdev)
{
	return READ_ONCE(eptdev->rx_bytes);
}

static inline bool eptdev_gone(const struct eptdev *eptdev)
{
	return !READ_ONCE(eptdev->ept);
}

static inline bool eptdev_no_wait(const struct kiocb *iocb)
{
	return (iocb->ki_flags & IOCB_NOWAIT) || (iocb->ki_filp->f_flags & O_NONBLOCK);
}

/* eptdev_rx.c */
int eptdev_receive(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src);
u32 eptdev_depth(const struct eptdev *eptdev);
struct vrpmsg_timed *eptdev_take_timed(struct eptdev *eptdev, u32 len);
void eptdev_begin_messages(void *priv);
void eptdev_end_messages(void *priv);
int eptdev_receive_flow(struct rpmsg_device *rpdev, void *priv, bool pause);
int eptdev_queue(struct eptdev *eptdev, const void *data, int len, u32 src);
struct message *eptdev_dequeue(struct eptdev *eptdev, size_t room);
void eptdev_resume(struct eptdev *eptdev);
void eptdev_resume_in_time(struct eptdev *eptdev);
void eptdev_take_last(struct eptdev *eptdev);
unsigned int eptdev_purge(struct eptdev *eptdev);
ssize_t eptdev_read(struct kiocb *iocb, struct iov_iter *to);

/* eptdev_tx.c */
__poll_t eptdev_room(struct eptdev *eptdev);
ssize_t eptdev_write(struct kiocb *iocb, struct iov_iter *from);
void eptdev_tx_watch(struct file *file, wait_queue_head_t *queue, poll_table *table);

/* eptdev_busy.c */
int eptfile_busy_poll_set(struct eptfile *file, u64 limit);
void eptfile_busy_poll_begin(struct eptfile *file, struct busy_wait *wait, u64 most_ns,
			     bool (*stop)(const void *priv), const void *priv);
void eptfile_busy_poll_end(struct eptfile *file, const struct busy_wait *wait);

/* eptdev_ring.c */
void eptdev_begin_ring(struct eptdev *eptdev, struct eptring *ring);
int eptdev_receive_to_ring(struct eptdev *eptdev, struct eptring *ring, const void *data, int len,
			   u32 src);
bool eptdev_look_into_ring(struct eptdev *eptdev);
void eptdev_set_ring(struct eptdev *eptdev, struct rpmsg_endpoint *ept, struct eptring *ring);
int eptdev_setup_ring(struct eptdev *eptdev, struct file *file,
		      struct rpmsg_ring_setup __user *uarg);
int eptdev_wait_for_ring(struct eptfile *file, unsigned int cmd,
			 const struct rpmsg_ring_wait __user *uarg);
int eptdev_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);
int eptdev_mmap(struct file *file, struct vm_area_struct *vma);
int eptdev_flush(struct file *file, fl_owner_t owner);

/* eptdev_sysfs.c */
extern const struct attribute_group *eptdev_groups[];

#endif /* EPTDEV_H */
