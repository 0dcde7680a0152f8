/* SPDX-License-Identifier: GPL-2.0-only */
/* eptring.h: the rings of an open endpoint. Objects, locks and unplug: eptring.c. */
#ifndef EPTRING_H
#define EPTRING_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/wait.h>

struct eptring;
struct io_uring_cmd;
struct rpmsg_ring_setup;
struct rpmsg_ring_wait_args;
struct vrpmsg_ops;
struct vrpmsg_timed;

struct eptring *eptring_create(const struct device *node, struct rpmsg_endpoint *ept,
			       const struct vrpmsg_ops *ops, u32 dst,
			       struct rpmsg_ring_setup *setup, atomic_long_t *tx_messages,
			       atomic_long_t *tx_bytes);
void eptring_attach(struct eptring *ring, struct file *file);
void eptring_stop(struct eptring *ring);
void eptring_end(struct eptring *ring);
void eptring_free(struct eptring *ring);

void eptring_lock(struct eptring *ring);
void eptring_unlock(struct eptring *ring);
bool eptring_has_room(struct eptring *ring);
bool eptring_put(struct eptring *ring, const void *data, u32 len, u32 src);
int eptring_receive_message(struct eptring *ring, const void *data, u32 len, u32 src);
void eptring_set_behind(struct eptring *ring, bool behind);
void eptring_refill(struct eptring *ring);
u32 eptring_unread(const struct eptring *ring);
u32 eptring_untold(const struct eptring *ring);
void eptring_notice(struct eptring *ring);
void eptring_time(struct eptring *ring, struct vrpmsg_timed *timed);
u32 eptring_forget(struct eptring *ring);
bool eptring_gone(const struct eptring *ring);
void eptring_room(struct eptring *ring);

int eptring_send(struct eptring *ring, const struct rpmsg_ring_wait_args *args);
int eptring_receive(struct eptring *ring, const struct rpmsg_ring_wait_args *args);
int eptring_uring_cmd(struct eptring *ring, struct io_uring_cmd *cmd, unsigned int issue_flags);
void eptring_flush(struct eptring *ring, fl_owner_t owner);
int eptring_mmap(struct eptring *ring, struct vm_area_struct *vma);

#endif /* EPTRING_H */
