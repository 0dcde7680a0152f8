/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Rings of an rpmsg endpoint: messages without copies and without a system call for each.
 *
 * An open endpoint, /dev/rpmsgN or a file descriptor without a node, gets rings by
 * %RPMSG_IOC_RING_SETUP. Then three parts of it can be mapped, each shared and from its start:
 *
 *	offset				protection	what
 *	%RPMSG_RING_OFF_CONTROL		read, write	struct rpmsg_ring_control and the four rings
 *	%RPMSG_RING_OFF_TX		read, write	tx_slots buffers, tx_stride bytes apart
 *	%RPMSG_RING_OFF_RX		read		rx_slots buffers, rx_stride bytes apart
 *
 * A transmit buffer is the memory that the remote reads. To send, the application fills buffers,
 * puts a struct rpmsg_ring_submit for each into the submit ring, moves @submit_tail, and rings with
 * %RPMSG_IOC_RING_SEND. A buffer is the kernel's from @submit_tail on, and the application's again
 * once it is in the done ring. At the beginning all are the application's.
 *
 * Received messages appear in the ready ring. A buffer is the application's from @ready_tail on,
 * and the kernel's again once it is in the release ring, in whatever order.
 *
 * All four rings have a power of two of entries; index i is entry i & (entries - 1). Indices run
 * freely through 32 bits. Who moves an index does it with a store-release after writing the
 * entries, who looks at it does it with a load-acquire before reading them. docs/data-plane.md has
 * the whole protocol.
 *
 * The commands are ioctls, and are IORING_OP_URING_CMD with the ioctl's number as cmd_op and struct
 * rpmsg_ring_wait_args as argument.
 */
#ifndef _UAPI_LINUX_RPMSG_RING_H
#define _UAPI_LINUX_RPMSG_RING_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RPMSG_RING_OFF_CONTROL	0x00000000ULL
#define RPMSG_RING_OFF_TX	0x40000000ULL
#define RPMSG_RING_OFF_RX	0x80000000ULL

/** define RPMSG_RING_MAX_SLOTS - the most buffers that a ring can have */
#define RPMSG_RING_MAX_SLOTS	4096

/**
 * define RPMSG_RING_SETUP_EXCLUSIVE - receive without copies, too
 *
 * Receive buffers are the memory that the remote writes. Whoever sees one of them sees all that is
 * sent there, so the endpoint has to be the only one of its device: the administrator has written 1
 * to the attribute "exclusive" of the virtio device. If the application releases none, the remote
 * has to wait.
 */
#define RPMSG_RING_SETUP_EXCLUSIVE	1

/**
 * struct rpmsg_ring_control - what is at the beginning of the control mapping
 * @submit_tail:  the application's: after the last entry of the submit ring
 * @release_tail: the application's: after the last entry of the release ring
 * @ready_head:   the application's: the first entry of the ready ring that it has not looked at.
 *		  The kernel uses the distance to @ready_tail to see how many are waiting.
 * @reserved0:	  leave alone
 * @done_tail:    the kernel's: after the last entry of the done ring
 * @ready_tail:   the kernel's: after the last entry of the ready ring
 * @gone:	  the kernel's: 1 when the remote is gone for good; nothing more will come
 * @bad_submit:   the kernel's: entries dropped because they named no buffer, or one that was not
 *		  the application's
 * @bad_release:  the kernel's: likewise, of the release ring
 * @submit_head:  the kernel's: after the last entry of the submit ring that it is done with: handed
 *		  to the remote, or dropped
 * @reserved1:	  zero
 */
struct rpmsg_ring_control {
	__u32	submit_tail;
	__u32	release_tail;
	__u32	ready_head;
	__u32	reserved0[13];
	__u32	done_tail;
	__u32	ready_tail;
	__u32	gone;
	__u32	bad_submit;
	__u32	bad_release;
	__u32	submit_head;
	__u32	reserved1[10];
};

/**
 * struct rpmsg_ring_submit - entry of the submit ring
 * @slot: number of the buffer
 * @len:  bytes of payload in it, which starts at its beginning
 */
struct rpmsg_ring_submit {
	__u32	slot;
	__u32	len;
};

/**
 * struct rpmsg_ring_done - entry of the done ring: a buffer is the application's again
 * @slot:   number of the buffer
 * @status: 0 when the remote has taken the message; -EMSGSIZE when @len was beyond tx_mtu and it
 *	    was not sent; -EPIPE when the remote went before it gave the buffer back: whether it has
 *	    read the message, nobody knows
 */
struct rpmsg_ring_done {
	__u32	slot;
	__s32	status;
};

/**
 * struct rpmsg_ring_ready - entry of the ready ring: a message
 * @slot:     number of the buffer
 * @len:      bytes of payload in it
 * @src:      address of the sender
 * @reserved: zero
 */
struct rpmsg_ring_ready {
	__u32	slot;
	__u32	len;
	__u32	src;
	__u32	reserved;
};

/**
 * struct rpmsg_ring_setup - argument of %RPMSG_IOC_RING_SETUP
 * @size:	    in: sizeof(struct rpmsg_ring_setup)
 * @flags:	    in: 0 or %RPMSG_RING_SETUP_EXCLUSIVE
 * @tx_slots:	    in: buffers to send from, 1 to %RPMSG_RING_MAX_SLOTS; out: a power of two, as
 *		    many or more, but no more than the vring has entries; also the number of
 *		    entries of the submit ring and of the done ring
 * @rx_slots:	    in: buffers to receive into, likewise; out: a power of two, as many or more;
 *		    also of the ready ring and of the release ring, whose entries are __u32
 * @tx_mtu:	    out: bytes of payload that a message to the remote can have
 * @rx_mtu:	    out: likewise, from the remote
 * @tx_stride:	    out: bytes from one buffer to the next in the TX mapping, which has @tx_slots
 * @rx_stride:	    out: bytes from one buffer to the next in the RX mapping, which has @rx_slots
 * @control_size:   out: bytes of the control mapping
 * @submit_offset:  out: where in the control mapping the submit ring starts
 * @done_offset:    out: likewise, the done ring
 * @ready_offset:   out: likewise, the ready ring
 * @release_offset: out: likewise, the release ring
 * @reserved:	    0
 *
 * Since version 1.0.
 */
struct rpmsg_ring_setup {
	__u32	size;
	__u32	flags;
	__u32	tx_slots;
	__u32	rx_slots;
	__u32	tx_mtu;
	__u32	rx_mtu;
	__u32	tx_stride;
	__u32	rx_stride;
	__u32	control_size;
	__u32	submit_offset;
	__u32	done_offset;
	__u32	ready_offset;
	__u32	release_offset;
	__u32	reserved;
};

/**
 * struct rpmsg_ring_wait_args - what a command waits for; argument of IORING_OP_URING_CMD
 * @timeout_ns: for how long, in nanoseconds; 0: not at all; %RPMSG_TIMEOUT_NONE: as it takes
 * @count:	sending: until at least so many transmit buffers are the application's; receiving:
 *		until at least so many messages wait in the ready ring
 * @flags:	0
 */
struct rpmsg_ring_wait_args {
	__u64	timeout_ns;
	__u32	count;
	__u32	flags;
};

/**
 * struct rpmsg_ring_wait - argument of %RPMSG_IOC_RING_SEND and %RPMSG_IOC_RING_RECEIVE
 * @size:     sizeof(struct rpmsg_ring_wait)
 * @reserved: 0
 * @args:     what to wait for
 *
 * Since version 1.0.
 */
struct rpmsg_ring_wait {
	__u32				size;
	__u32				reserved;
	struct rpmsg_ring_wait_args	args;
};

/**
 * define RPMSG_IOC_RING_SETUP - give an open endpoint its rings, once
 *
 * From then on messages are received into the ready ring, those that waited in the queue first;
 * read() is -EBUSY, write() works as before. The rings end with the file, which lives until its
 * last descriptor is closed and its last mapping is gone. A child made by fork() does not inherit
 * the mappings. Their memory counts as locked by the user who made them: two pages at least for
 * each transmit buffer, receive buffers, and the control memory; in exclusive mode three pages at
 * least for each receive buffer.
 *
 * Return: 0; -EINVAL for a bad @size, flags, or numbers; -E2BIG; -EFAULT; -EBUSY when it has rings;
 * -EPERM when exclusive mode was asked for and the device is not exclusive;
 * -EOPNOTSUPP when the transport cannot do it, or the node is shared between files; -ENOMEM, also
 * when the user would have more memory locked than RLIMIT_MEMLOCK, without CAP_IPC_LOCK; -EPIPE
 * when the remote is gone.
 */
#define RPMSG_IOC_RING_SETUP	_IO(0xb5, 0x48)

/**
 * define RPMSG_IOC_RING_SEND - publish all of the submit ring
 *
 * Hands every entry to the remote, in order, with at most one kick if there is room for all. When
 * there is not, waits for room; when all are published, waits for @count.
 *
 * Return: the number of messages published, also if time ran out before the rest; 0 if there was
 * nothing to wait for. -ETIMEDOUT if it was not 0 nanoseconds and nothing was published; -EPIPE
 * when the remote is gone; -EINVAL for bad arguments, for @count beyond @tx_slots, without rings,
 * and if @submit_tail was more than @tx_slots entries ahead: these are dropped; -E2BIG; -EFAULT;
 * -EBUSY when another SEND waits; -EINTR for a signal; -ECANCELED by io_uring when the process or
 * its io_uring ends, or it closes a descriptor of the file, before the command is complete.
 */
#define RPMSG_IOC_RING_SEND	_IO(0xb5, 0x49)

/**
 * define RPMSG_IOC_RING_RECEIVE - wait for messages
 *
 * Takes back what is in the release ring, fills what is free with messages that had no room, and
 * waits for @count; for fewer when all other buffers are the application's, so that no more can
 * come.
 *
 * Return: the number of messages that wait in the ready ring, also if time ran out before there
 * were @count. If there is none: 0 if @count is 0 or time is, else -ETIMEDOUT; -ENOBUFS when all
 * buffers are the application's; -EPIPE when the remote is gone, and all that came from it was
 * there. Further as %RPMSG_IOC_RING_SEND.
 */
#define RPMSG_IOC_RING_RECEIVE	_IO(0xb5, 0x4a)

#endif /* _UAPI_LINUX_RPMSG_RING_H */
