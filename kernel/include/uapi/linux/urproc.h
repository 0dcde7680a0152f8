/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * urproc: a remote processor that is a user process.
 *
 * A process opens /dev/urproc and creates one processor on that file. From then on the file is the
 * silicon: the kernel's remoteproc framework loads firmware into the processor's memory, and tells
 * the process by events when to run it, when to stop, and which virtqueues were kicked; the process
 * answers with completions, interrupts (notify) and crash reports. Closing the file removes the
 * processor; if it is running then, that is a crash of it, as when the process dies.
 *
 * A processor may also run before Linux knows of it (%URPROC_CREATE_DETACHED): then Linux does not
 * load it, but attaches to it and detaches from it, while it goes on running.
 *
 * Rules that hold for every call:
 *
 * - Structures start with their size. A shorter one than this version's first is -EINVAL; a longer
 *   one with a non-zero tail is -E2BIG; a longer one with a zero tail is accepted.
 * - Reserved fields and undefined flags must be zero, else -EINVAL.
 * - Every call but %URPROC_IOC_CREATE answers -ENXIO while the file has no processor.
 * - All calls may be made from any thread, and by a child that inherited the file.
 *
 * The memory of the processor is one pool of ordinary pages, addressed by the processor from
 * @mem_addr up. mmap() at offset 0 maps it, shared; mapped at @mem_addr itself, firmware linked for
 * the pool runs in the process as it is.
 */
#ifndef _UAPI_LINUX_URPROC_H
#define _UAPI_LINUX_URPROC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** define URPROC_NAME_MAX - bytes of a processor's name, the terminating zero included */
#define URPROC_NAME_MAX		32
/** define URPROC_FIRMWARE_MAX - bytes of a firmware's name, the terminating zero included */
#define URPROC_FIRMWARE_MAX	128
/** define URPROC_VQ_MAX - notify ids go from 0 to URPROC_VQ_MAX - 1 */
#define URPROC_VQ_MAX		256
/** define URPROC_TABLE_MAX - the largest resource table to attach to, in bytes */
#define URPROC_TABLE_MAX	(64 << 10)
/** define URPROC_MEM_MAX - the largest pool, in bytes */
#define URPROC_MEM_MAX		(256ULL << 20)

/**
 * define URPROC_CREATE_AUTO_BOOT - boot the processor as soon as it is registered
 *
 * Without it the processor waits for somebody to boot it, through sysfs or a kernel client.
 */
#define URPROC_CREATE_AUTO_BOOT	(1U << 0)
/**
 * define URPROC_CREATE_DETACHED - the processor runs already, Linux attaches to it when asked to
 *
 * Not together with %URPROC_CREATE_AUTO_BOOT: the process gets the memory after the processor is
 * created, so there is nothing to attach to before.
 */
#define URPROC_CREATE_DETACHED	(1U << 1)
/**
 * define URPROC_CREATE_ATTACH_ON_RECOVERY - after a crash the processor restarts by itself
 *
 * Linux detaches and attaches again, it loads nothing. Only with %URPROC_CREATE_DETACHED.
 */
#define URPROC_CREATE_ATTACH_ON_RECOVERY	(1U << 2)

/**
 * struct urproc_create - argument of %URPROC_IOC_CREATE
 * @size:	in: sizeof(struct urproc_create)
 * @flags:	in: %URPROC_CREATE_AUTO_BOOT, %URPROC_CREATE_DETACHED,
 *		%URPROC_CREATE_ATTACH_ON_RECOVERY
 * @mem_addr:	in: address of the pool as the processor sees it; page aligned, not 0; the whole
 *		pool lies below 4 GiB because resource tables have 32-bit addresses
 * @mem_size:	in: bytes of the pool; whole pages, 1 page to %URPROC_MEM_MAX
 * @name:	in: name of the processor, terminated, not empty, without '/' or white space
 * @firmware:	in: firmware to load, as request_firmware() looks it up; empty asks for the
 *		framework's default, rproc-<name>-fw
 * @index:	out: N of /sys/class/remoteproc/remoteprocN
 * @reserved:	must be 0
 * @table_addr:	in: with %URPROC_CREATE_DETACHED, where the resource table is that Linux finds when
 *		it attaches, as the processor sees it; a multiple of 4; otherwise 0
 * @table_size:	in: bytes there, all inside the pool, at most %URPROC_TABLE_MAX; 0 when the
 *		processor has no table
 *
 * Since version 1.0.
 */
struct urproc_create {
	__u32	size;
	__u32	flags;
	__u64	mem_addr;
	__u64	mem_size;
	char	name[URPROC_NAME_MAX];
	char	firmware[URPROC_FIRMWARE_MAX];
	__u32	index;
	__u32	reserved;
	__u64	table_addr;
	__u64	table_size;
};

/**
 * enum urproc_event_type - what happened to the processor
 * @URPROC_EVENT_START: segments are loaded; run the code at @addr, then complete @seq
 * @URPROC_EVENT_STOP:  stop executing, touch the memory no more, then complete @seq
 * @URPROC_EVENT_KICK:  the driver kicked virtqueue @vq; several kicks of one queue are one event
 * @URPROC_EVENT_ATTACH: Linux filled in the resource table and is there; complete @seq. After a
 *		crash with %URPROC_CREATE_ATTACH_ON_RECOVERY: once the code runs again
 * @URPROC_EVENT_DETACH: Linux goes, the code runs on without it; complete @seq. The resource table
 *		is what it was before Linux attached, to be used again at the next time. After a
 *		crash: complete it when no code touches the memory any more
 *
 * There is no event for the end: nothing but closing the file removes a processor.
 */
enum urproc_event_type {
	URPROC_EVENT_START	= 1,
	URPROC_EVENT_STOP	= 2,
	URPROC_EVENT_KICK	= 3,
	URPROC_EVENT_ATTACH	= 4,
	URPROC_EVENT_DETACH	= 5,
};

/**
 * struct urproc_event - one record of what read() returns
 * @type:	an enum urproc_event_type
 * @vq:		KICK: notify id of the virtqueue; otherwise 0
 * @seq:	START, STOP, ATTACH, DETACH: the number to complete; otherwise 0
 * @addr:	START: boot address, as the processor sees it; otherwise 0
 * @reserved:	0
 *
 * read() returns as many whole events as there are and as fit, at least one; a buffer too small for
 * one is -EINVAL. An empty queue blocks, or is -EAGAIN with O_NONBLOCK; the file polls readable
 * (EPOLLIN) while there are events. What is to be completed comes before kicks that are pending
 * with it.
 *
 * Since version 1.0.
 */
struct urproc_event {
	__u32	type;
	__u32	vq;
	__u64	seq;
	__u64	addr;
	__u64	reserved;
};

/**
 * struct urproc_complete - argument of %URPROC_IOC_COMPLETE
 * @size:	in: sizeof(struct urproc_complete)
 * @result:	in: 0, or the negative errno with which the request fails
 * @seq:	in: @seq of the event
 *
 * Since version 1.0.
 */
struct urproc_complete {
	__u32	size;
	__s32	result;
	__u64	seq;
};

/** define URPROC_IOC_MAGIC - ioctl type; numbers carry no size, structures do */
#define URPROC_IOC_MAGIC	0xBE

/**
 * define URPROC_IOC_CREATE - make this file a processor
 *
 * Argument: pointer to struct urproc_create. Returns 0, or -EINVAL for a bad field, -E2BIG,
 * -EFAULT, -EBUSY when the file has a processor already, -ENOMEM. After -ENOMEM the file is used
 * up: open another.
 */
#define URPROC_IOC_CREATE	_IO(URPROC_IOC_MAGIC, 0)

/**
 * define URPROC_IOC_COMPLETE - answer a START, STOP, ATTACH or DETACH event
 *
 * Argument: pointer to struct urproc_complete. Returns 0, or -ENOENT when @seq is not what the
 * kernel is waiting for (it timed out, or was answered before), -EINVAL when @result is not 0 or a
 * negative errno. The kernel waits five seconds, then fails the request with -ETIMEDOUT.
 */
#define URPROC_IOC_COMPLETE	_IO(URPROC_IOC_MAGIC, 1)

/**
 * define URPROC_IOC_NOTIFY - interrupt the driver because a virtqueue has used buffers
 *
 * Argument: the notify id, by value. The driver's callback runs in the caller's context. Returns 0,
 * also when no driver listens on that queue (any more); -EINVAL for an id of %URPROC_VQ_MAX or
 * more; -ENOTCONN while the processor is not running, or runs without Linux attached.
 */
#define URPROC_IOC_NOTIFY	_IO(URPROC_IOC_MAGIC, 2)

/**
 * define URPROC_IOC_CRASH - report that the processor crashed
 *
 * Argument: 0, reserved for a kind. The kernel's crash handling follows, after the call. Returns 0;
 * -ENOTCONN while the processor is not running, or runs without Linux attached.
 */
#define URPROC_IOC_CRASH	_IO(URPROC_IOC_MAGIC, 3)

/**
 * define URPROC_IOC_SET_KICK_FD - deliver kicks through an eventfd
 *
 * Argument: an eventfd by value, or -1 to go back to events. While set, every kick of any queue
 * adds 1 to the eventfd and queues no KICK event. The kernel holds its own reference. Returns 0,
 * -EBADF, or -EINVAL for a file that is no eventfd.
 */
#define URPROC_IOC_SET_KICK_FD	_IO(URPROC_IOC_MAGIC, 4)

/**
 * define URPROC_IOC_QUIT - the processor ends in order
 *
 * The code does not run any more, and that is no crash. For before closing the file: a processor
 * that is running then has crashed. Whoever needs the processor is not told before the file is
 * closed, or before the STOP or DETACH that somebody asks for. No argument. Returns 0.
 */
#define URPROC_IOC_QUIT		_IO(URPROC_IOC_MAGIC, 5)

#endif /* _UAPI_LINUX_URPROC_H */
