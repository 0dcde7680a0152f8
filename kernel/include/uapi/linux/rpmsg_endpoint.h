/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Endpoints of rpmsg: what <linux/rpmsg.h> has no calls for.
 *
 * These ioctls stand next to those of <linux/rpmsg.h>, on the same files, and with the same type
 * byte; their numbers start where nobody else's go. A kernel without them answers -EINVAL, or
 * -ENOTTY.
 *
 * Rules that hold for every call:
 *
 * - Structures start with their size. A shorter one than this version's first is -EINVAL; a longer
 *   one with a non-zero tail is -E2BIG; a longer one with a zero tail is accepted.
 * - Reserved fields and undefined flags must be zero, else -EINVAL.
 * - All calls may be made from any thread.
 */
#ifndef _UAPI_LINUX_RPMSG_ENDPOINT_H
#define _UAPI_LINUX_RPMSG_ENDPOINT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * define RPMSG_ENDPOINT_NO_NODE - the endpoint is a file descriptor and has no node
 *
 * It lives until the last descriptor of that file is closed; nobody else can open it.
 */
#define RPMSG_ENDPOINT_NO_NODE	(1U << 0)
/**
 * define RPMSG_ENDPOINT_SHARED - the node may be opened several times
 *
 * All files share the endpoint, its address and its queue of received messages: each message goes
 * to one reader. The endpoint exists from the first open to the last close.
 */
#define RPMSG_ENDPOINT_SHARED	(1U << 1)

/**
 * struct rpmsg_endpoint_create - argument of %RPMSG_IOC_CREATE_ENDPOINT
 * @size:	in: sizeof(struct rpmsg_endpoint_create)
 * @flags:	in: one of %RPMSG_ENDPOINT_NO_NODE and %RPMSG_ENDPOINT_SHARED, or 0
 * @name:	in: name of the endpoint, terminated; it is shown in sysfs
 * @src:	in: local address, or 0xFFFFFFFF for any; out, with %RPMSG_ENDPOINT_NO_NODE: the
 *		address that it has
 * @dst:	in: address of the remote's endpoint
 * @index:	out: N of /dev/rpmsgN, and of /sys/class/rpmsg/rpmsgN
 * @fd:		out: with %RPMSG_ENDPOINT_NO_NODE the file, for reading and writing, close-on-exec,
 *		blocking; else -1
 *
 * Since version 1.0.
 */
struct rpmsg_endpoint_create {
	__u32	size;
	__u32	flags;
	char	name[32];
	__u32	src;
	__u32	dst;
	__u32	index;
	__s32	fd;
};

/**
 * define RPMSG_OPTION_TRUNCATE - a read into too small a buffer gets what fits, the rest is lost
 *
 * Without it such a read is -EMSGSIZE, and the message stays.
 */
#define RPMSG_OPTION_TRUNCATE	(1U << 0)

/** define RPMSG_TIMEOUT_NONE - wait for as long as it takes */
#define RPMSG_TIMEOUT_NONE	(~0ULL)

/** define RPMSG_BUSY_POLL_MAX_NS - the longest busy polling, a tenth of a second */
#define RPMSG_BUSY_POLL_MAX_NS	100000000ULL

/**
 * struct rpmsg_endpoint_options - argument of %RPMSG_IOC_GET_OPTIONS and %RPMSG_IOC_SET_OPTIONS
 * @size:		in: sizeof(struct rpmsg_endpoint_options)
 * @flags:		%RPMSG_OPTION_TRUNCATE or 0
 * @send_timeout_ns:	how long a blocking write waits for room before it is -ETIMEDOUT, in
 *			nanoseconds, rounded up to the kernel's tick; or %RPMSG_TIMEOUT_NONE
 * @busy_poll_ns:	how long at most a read, or a %RPMSG_IOC_RING_RECEIVE that is an ioctl,
 *			looks for a message before it sleeps, in nanoseconds, up to
 *			%RPMSG_BUSY_POLL_MAX_NS; 0 for not at all
 *
 * Options belong to the open file, that is to all descriptors made from it by dup() or fork(). A
 * file starts with no flags, 15 seconds and no busy polling. A call under way keeps the times that
 * it began with.
 *
 * Busy polling buys time with a CPU: the remote need not interrupt, and nobody need be woken. How
 * long it lasts adapts: less and less while messages come later than @busy_poll_ns, more and more
 * while they come in time. It is over at once when somebody else wants the CPU.
 *
 * Since version 1.0.
 */
struct rpmsg_endpoint_options {
	__u32	size;
	__u32	flags;
	__u64	send_timeout_ns;
	__u64	busy_poll_ns;
};

/**
 * define RPMSG_IOC_CREATE_ENDPOINT - make an endpoint, on /dev/rpmsg_ctrlN
 *
 * Return: 0; -EINVAL for a bad @size, undefined or contradicting flags, a name without an end; also
 * if an endpoint without a node cannot have that address; -E2BIG; -EFAULT; -EMFILE; -ENOMEM;
 * -ENETRESET when the remote is gone. Nothing is left behind by a call that failed.
 */
#define RPMSG_IOC_CREATE_ENDPOINT	_IO(0xb5, 0x40)

/**
 * define RPMSG_IOC_GET_OPTIONS - read the options of an open file, on /dev/rpmsgN
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT.
 */
#define RPMSG_IOC_GET_OPTIONS		_IO(0xb5, 0x41)

/**
 * define RPMSG_IOC_SET_OPTIONS - set the options of an open file, on /dev/rpmsgN
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -EOPNOTSUPP for busy polling on a transport that cannot.
 */
#define RPMSG_IOC_SET_OPTIONS		_IO(0xb5, 0x42)

#endif /* _UAPI_LINUX_RPMSG_ENDPOINT_H */
