/* SPDX-License-Identifier: MIT */
/*
 * The device side of a split virtqueue (virtio legacy layout, native endian).
 *
 * The driver owns the descriptors and the available ring, the device owns the used ring. The
 * device takes buffers with fw_vq_pop(), gives them back with fw_vq_push(), and interrupts the
 * driver once for any number of them with fw_vq_notify().
 */
#ifndef FW_VRING_H
#define FW_VRING_H

#include "hw.h"

/** define FW_VRING_NUM_MAX - largest number of entries of a ring */
#define FW_VRING_NUM_MAX	32768U

#define FW_VRING_DESC_F_NEXT		1
#define FW_VRING_DESC_F_WRITE		2
#define FW_VRING_DESC_F_INDIRECT	4

/* avail->flags: the driver wants no interrupt; used->flags: the device wants no kick. */
#define FW_VRING_AVAIL_F_NO_INTERRUPT	1
#define FW_VRING_USED_F_NO_NOTIFY	1

struct fw_vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct fw_vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};

struct fw_vring_used_elem {
	uint32_t id;
	uint32_t len;
};

struct fw_vring_used {
	uint16_t flags;
	uint16_t idx;
	struct fw_vring_used_elem ring[];
};

/** fw_vring_used_offset() - where the used ring begins, from the start of the ring memory */
static inline size_t fw_vring_used_offset(uint32_t num, uint32_t align)
{
	/* one more 16-bit word behind the ring: used_event, which nobody uses here */
	size_t avail_end = num * sizeof(struct fw_vring_desc) + sizeof(struct fw_vring_avail) +
			   (num + 1) * sizeof(uint16_t);

	return (avail_end + align - 1) & ~((size_t)align - 1);
}

/** fw_vring_size() - bytes of a whole ring */
static inline size_t fw_vring_size(uint32_t num, uint32_t align)
{
	return fw_vring_used_offset(num, align) + sizeof(struct fw_vring_used) +
	       num * sizeof(struct fw_vring_used_elem) + sizeof(uint16_t);
}

/**
 * struct fw_vq - one queue
 * @hw:		the machine
 * @desc:	descriptors, written by the driver
 * @avail:	available ring, written by the driver
 * @used:	used ring, written by the device
 * @num:	entries
 * @notifyid:	what to interrupt the host with
 * @last_avail:	next entry of the available ring to take
 * @used_idx:	the device's own copy of used->idx
 * @to_host:	buffers must be writable for the device (true) or readable (false)
 * @pending:	buffers were pushed since the last fw_vq_notify()
 * @broken:	the available index ran away; nothing more is taken
 * @bad:	buffers and entries refused so far
 * @interrupts:	interrupts sent so far
 */
struct fw_vq {
	struct fw_hw *hw;
	const struct fw_vring_desc *desc;
	const struct fw_vring_avail *avail;
	struct fw_vring_used *used;
	uint32_t num;
	uint32_t notifyid;
	uint16_t last_avail;
	uint16_t used_idx;
	bool to_host;
	bool pending;
	bool broken;
	uint32_t bad;
	uint32_t interrupts;
};

/**
 * struct fw_vq_buf - a buffer on its way through the device
 * @data:	its memory, checked to be shared memory
 * @len:	bytes of it
 * @id:		what fw_vq_push() wants back
 */
struct fw_vq_buf {
	void *data;
	uint32_t len;
	uint16_t id;
};

/**
 * fw_vq_init() - take over a ring that the driver has set up
 * @vq: the queue
 * @hw: the machine
 * @da: device address of the ring memory
 * @num: entries
 * @align: alignment of the used ring
 * @notifyid: the queue's number for interrupts
 * @to_host: direction of the buffers
 *
 * Return: 0, or FW_EINVAL when the ring is not one or not in shared memory
 */
int fw_vq_init(struct fw_vq *vq, struct fw_hw *hw, uint64_t da, uint32_t num, uint32_t align,
	       uint32_t notifyid, bool to_host);

/**
 * fw_vq_pop() - take the next buffer
 * @vq: the queue
 * @buf: out: the buffer
 *
 * Bad buffers met on the way are given back empty and counted.
 *
 * Return: 0, FW_EAGAIN when there is none, FW_EIO when the ring is broken
 */
int fw_vq_pop(struct fw_vq *vq, struct fw_vq_buf *buf);

/**
 * fw_vq_push() - give a buffer back; the driver can see it at once
 * @vq: the queue
 * @id: of the buffer
 * @len: bytes written into it; 0 for a buffer that was only read
 */
void fw_vq_push(struct fw_vq *vq, uint16_t id, uint32_t len);

/** fw_vq_notify() - interrupt the driver if buffers were pushed and it wants to hear of them */
void fw_vq_notify(struct fw_vq *vq);

/** fw_vq_kicks_off() - ask the driver not to kick; it may still do it */
void fw_vq_kicks_off(struct fw_vq *vq);

/**
 * fw_vq_kicks_on() - ask the driver to kick
 * @vq: the queue
 *
 * Return: true when buffers came in meanwhile, for which no kick may follow: do not sleep
 */
bool fw_vq_kicks_on(struct fw_vq *vq);

/** fw_vq_was_reset() - true when the driver cleared the ring behind the device's back */
bool fw_vq_was_reset(const struct fw_vq *vq);

#endif /* FW_VRING_H */
