/* SPDX-License-Identifier: MIT */
/*
 * The other side, for tests: memory, a machine, and the driver of two rings, all in this process.
 *
 * The memory is a heap allocation of its own, so that the address sanitizer sees each access
 * outside. It lies elsewhere than its device address says, so that an address that was not
 * translated shows, too.
 */
#ifndef FW_TEST_DRIVER_H
#define FW_TEST_DRIVER_H

#include "../rpmsg.h"

#define MEM_DA		0x20000000U
#define MEM_SIZE	0x40000U
#define IMAGE_SIZE	0x4000U		/* at its start */
#define RING_NUM	16U
#define RING_ALIGN	4096U
#define RING_DA(i)	(MEM_DA + 0x8000U + (i) * 0x4000U)
#define BUF_SIZE	512U
#define BUF_DA(ring, i)	(MEM_DA + 0x10000U + ((ring) * RING_NUM + (i)) * BUF_SIZE)

enum { TO_HOST, FROM_HOST };

struct ring {
	struct fw_vring_desc *desc;
	struct fw_vring_avail *avail;
	struct fw_vring_used *used;
	uint16_t next;		/* of the available ring, to fill */
	uint16_t seen;		/* of the used ring */
};

struct driver {
	struct fw_hw hw;
	struct fw_rsc_vdev vdev;
	struct ring ring[2];
	unsigned int waits;
	unsigned int notified[2];
	char trace[1024];
};

/*
 * Memory, machine, and empty rings in the table; status 0. Never fails: ends the program
 * instead.
 */
void driver_init(struct driver *d);
void driver_exit(struct driver *d);

/* What a driver does before and at DRIVER_OK: clear the rings, fill ring 0 with buffers. */
void driver_up(struct driver *d, unsigned int rx_buffers);

void *driver_ptr(struct driver *d, uint64_t da);

/* Make descriptor @id available as it is; then with a plain buffer of its own. */
void ring_offer(struct ring *ring, uint16_t id);
void ring_offer_buf(struct driver *d, unsigned int ring, uint16_t id, uint32_t len);

/* The next used element; false when there is none. */
bool ring_take(struct ring *ring, struct fw_vring_used_elem *elem);

/* Put a message for the device into buffer @id of ring 1. */
void driver_send(struct driver *d, uint16_t id, uint32_t src, uint32_t dst, const void *data,
		 uint16_t len);

/*
 * Take the next message of the device out of ring 0 and offer its buffer again; returns the
 * payload's length, or -1 when there is none.
 */
int driver_receive(struct driver *d, struct fw_rpmsg_hdr *hdr, void *data);

#endif /* FW_TEST_DRIVER_H */
