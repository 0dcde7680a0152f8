/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resource table that the tests' firmware carries, and where its parts lie in the processor's
 * memory.
 *
 * The layout is that of <linux/remoteproc.h>, which is no header for user space; said again here,
 * so that the two are checked against each other.
 */
#ifndef SELFTESTS_TABLE_H
#define SELFTESTS_TABLE_H

#include <stdint.h>

#define TABLE_ANY	0xFFFFFFFFu

enum table_type {
	TABLE_CARVEOUT		= 0,
	TABLE_DEVMEM		= 1,
	TABLE_TRACE		= 2,
	TABLE_VDEV		= 3,
	TABLE_UNKNOWN		= 99,
	TABLE_VENDOR		= 128,
};

struct table_head {
	uint32_t	version;
	uint32_t	count;
	uint32_t	reserved[2];
};

struct table_carveout {
	uint32_t	type;
	uint32_t	da;
	uint32_t	pa;
	uint32_t	len;
	uint32_t	flags;
	uint32_t	reserved;
	char		name[32];
};

struct table_trace {
	uint32_t	type;
	uint32_t	da;
	uint32_t	len;
	uint32_t	reserved;
	char		name[32];
};

struct table_vring {
	uint32_t	da;
	uint32_t	align;
	uint32_t	num;
	uint32_t	notifyid;
	uint32_t	pa;
};

struct table_vdev {
	uint32_t		type;
	uint32_t		id;
	uint32_t		notifyid;
	uint32_t		dfeatures;
	uint32_t		gfeatures;
	uint32_t		config_len;
	uint8_t			status;
	uint8_t			num_of_vrings;
	uint8_t			reserved[2];
	struct table_vring	vring[2];
};

/* An entry of each kind that a processor with rpmsg has, and one more of the test's choice. */
struct table {
	struct table_head	head;
	uint32_t		offset[4];
	struct table_carveout	carveout;
	struct table_trace	trace;
	struct table_vdev	vdev;
	struct table_carveout	spare;
};

/* The processor's memory: the image lies at its start, the kernel puts rings and buffers behind. */
#define MEM_ADDR	0x20000000u
#define MEM_SIZE	(4u << 20)
#define CODE_OFFSET	0x0000u
#define CODE_SIZE	0x1000u
#define TABLE_OFFSET	0x1000u
#define TRACE_OFFSET	0x2000u
#define TRACE_SIZE	0x1000u
#define IMAGE_SIZE	0x4000u

/* Buffers of the two directions: few, so that a test can use them up. */
#define RING_NUM	16

/* Fills in a table that is right: a carveout for the image, a trace buffer, one rpmsg device. */
void table_init(struct table *table);

#endif /* SELFTESTS_TABLE_H */
