/* SPDX-License-Identifier: MIT */
/*
 * The resource table, version 1: what a firmware asks of remoteproc before it is started. The
 * loader finds it in the ELF section .resource_table; the copy in the processor's memory is where
 * the host answers: addresses of the rings, notify ids, accepted features, driver status.
 *
 * All fields are native-endian and lie on their natural alignment.
 */
#ifndef FW_RESOURCE_TABLE_H
#define FW_RESOURCE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/** define FW_RSC_ANY - "the host may choose", for addresses and notify ids */
#define FW_RSC_ANY		0xffffffffU

enum fw_rsc_type {
	FW_RSC_CARVEOUT	= 0,
	FW_RSC_TRACE	= 2,
	FW_RSC_VDEV	= 3,
};

/** define FW_RSC_NAME_LEN - bytes of a name in an entry, zero-padded */
#define FW_RSC_NAME_LEN		32

/** define FW_VIRTIO_ID_RPMSG - virtio device id of rpmsg */
#define FW_VIRTIO_ID_RPMSG	7
/** define FW_VIRTIO_RPMSG_F_NS - feature bit 0: the device announces its services */
#define FW_VIRTIO_RPMSG_F_NS	(1U << 0)
/** define FW_VIRTIO_RPMSG_F_BUFSZ - feature bit 1: the config space says how large buffers are */
#define FW_VIRTIO_RPMSG_F_BUFSZ	(1U << 1)
/** define FW_VIRTIO_RPMSG_F_STATIC - feature bit 17: the config space lists channels */
#define FW_VIRTIO_RPMSG_F_STATIC	(1U << 17)
/** define FW_RPMSG_STATIC_OFFSET - where the list begins: a uint32_t count, then the entries */
#define FW_RPMSG_STATIC_OFFSET	64
/** define FW_VIRTIO_S_DRIVER_OK - status bit: the driver is ready, rings and buffers are there */
#define FW_VIRTIO_S_DRIVER_OK	4

/* Memory for the image itself, or for anything else that needs a fixed place. */
struct fw_rsc_carveout {
	uint32_t type;
	uint32_t da;
	uint32_t pa;
	uint32_t len;
	uint32_t flags;
	uint32_t reserved;
	char name[FW_RSC_NAME_LEN];
};

/* A buffer of text for the people at the host. */
struct fw_rsc_trace {
	uint32_t type;
	uint32_t da;
	uint32_t len;
	uint32_t reserved;
	char name[FW_RSC_NAME_LEN];
};

struct fw_rsc_vring {
	uint32_t da;
	uint32_t align;
	uint32_t num;
	uint32_t notifyid;
	uint32_t pa;
};

/* A virtio device with two rings: 0 towards the host, 1 from the host. */
struct fw_rsc_vdev {
	uint32_t type;
	uint32_t id;
	uint32_t notifyid;
	uint32_t dfeatures;
	uint32_t gfeatures;
	uint32_t config_len;
	uint8_t status;
	uint8_t num_of_vrings;
	uint8_t reserved[2];
	struct fw_rsc_vring vring[2];
};

/* A channel in the config space of an rpmsg device: the host's address, ours, the service. */
struct fw_rpmsg_static {
	uint32_t src;
	uint32_t dst;
	char name[FW_RSC_NAME_LEN];
};

/* The config space with FW_VIRTIO_RPMSG_F_BUFSZ: buffers with their headers, 17 to 65536 bytes. */
struct __attribute__((packed)) fw_rpmsg_buffers {
	uint8_t version;
	uint16_t size;
	uint16_t align;
	uint32_t tx_size;
	uint32_t rx_size;
};

/* The table of a firmware with one device: its image, a trace buffer, rpmsg. Most here have it. */
struct fw_resource_table {
	uint32_t ver;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[3];
	struct fw_rsc_carveout carveout;
	struct fw_rsc_trace trace;
	struct fw_rsc_vdev rpmsg;
};

_Static_assert(sizeof(struct fw_rsc_carveout) == 56, "carveout entry has the loader's layout");
_Static_assert(sizeof(struct fw_rsc_trace) == 48, "trace entry has the loader's layout");
_Static_assert(sizeof(struct fw_rsc_vdev) == 28 + 2 * 20, "vdev entry has the loader's layout");
_Static_assert(sizeof(struct fw_rpmsg_buffers) == 13, "buffers have the driver's layout");
_Static_assert(sizeof(struct fw_rpmsg_static) == 40, "static channels have the driver's layout");
_Static_assert(sizeof(struct fw_resource_table) == 28 + 56 + 48 + 68, "no holes in the table");

/**
 * FW_RSC_CARVEOUT_ENTRY() - initialiser of a struct fw_rsc_carveout
 * @at: device address, or FW_RSC_ANY
 * @bytes: how many
 * @what: its name; "vdev0buffer" is memory for the message buffers of the first device of the table
 */
#define FW_RSC_CARVEOUT_ENTRY(at, bytes, what) {						\
	.type = FW_RSC_CARVEOUT,								\
	.da = (at),										\
	.pa = FW_RSC_ANY,									\
	.len = (bytes),										\
	.name = what,										\
}

/**
 * FW_RSC_TRACE_ENTRY() - initialiser of a struct fw_rsc_trace
 * @at: device address
 * @bytes: how many
 * @what: its name
 */
#define FW_RSC_TRACE_ENTRY(at, bytes, what) {							\
	.type = FW_RSC_TRACE,									\
	.da = (at),										\
	.len = (bytes),										\
	.name = what,										\
}

/**
 * FW_RSC_VRING_ENTRY() - initialiser of a struct fw_rsc_vring
 * @ring_num: entries, a power of two
 * @ring_align: alignment of the used ring, a power of two
 */
#define FW_RSC_VRING_ENTRY(ring_num, ring_align) {						\
	.da = FW_RSC_ANY,									\
	.align = (ring_align),									\
	.num = (ring_num),									\
	.notifyid = FW_RSC_ANY,									\
}

/**
 * FW_RSC_RPMSG_ENTRY() - initialiser of a struct fw_rsc_vdev that is an rpmsg device
 * @ring_num: entries of each ring
 * @ring_align: alignment of the used rings
 */
#define FW_RSC_RPMSG_ENTRY(ring_num, ring_align) {						\
	.type = FW_RSC_VDEV,									\
	.id = FW_VIRTIO_ID_RPMSG,								\
	.dfeatures = FW_VIRTIO_RPMSG_F_NS,							\
	.num_of_vrings = 2,									\
	.vring = {										\
		FW_RSC_VRING_ENTRY(ring_num, ring_align),					\
		FW_RSC_VRING_ENTRY(ring_num, ring_align),					\
	},											\
}

/**
 * FW_RESOURCE_TABLE() - initialiser of a struct fw_resource_table
 * @image_da: device address of the image
 * @image_len: bytes reserved for it
 * @trace_da: device address of the trace buffer
 * @trace_len: bytes of it
 * @ring_num: entries of each ring, a power of two
 * @ring_align: alignment of the used ring, a power of two
 *
 * A firmware with other devices has a table type of its own, filled with the entries above (two.c).
 */
#define FW_RESOURCE_TABLE(image_da, image_len, trace_da, trace_len, ring_num, ring_align) {	\
	.ver = 1,										\
	.num = 3,										\
	.offset = {										\
		offsetof(struct fw_resource_table, carveout),					\
		offsetof(struct fw_resource_table, trace),					\
		offsetof(struct fw_resource_table, rpmsg),					\
	},											\
	.carveout = FW_RSC_CARVEOUT_ENTRY(image_da, image_len, "image"),			\
	.trace = FW_RSC_TRACE_ENTRY(trace_da, trace_len, "trace"),				\
	.rpmsg = FW_RSC_RPMSG_ENTRY(ring_num, ring_align),					\
}

/** resource_table - the loaded copy of the table with one device; defined by resource_table.c */
extern struct fw_resource_table resource_table;

#endif /* FW_RESOURCE_TABLE_H */
