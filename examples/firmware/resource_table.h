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

/* The table of every firmware here: its image, a trace buffer, one rpmsg device. */
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
_Static_assert(sizeof(struct fw_resource_table) == 28 + 56 + 48 + 68, "no holes in the table");

/**
 * FW_RESOURCE_TABLE() - initialiser of a struct fw_resource_table
 * @image_da: device address of the image
 * @image_len: bytes reserved for it
 * @trace_da: device address of the trace buffer
 * @trace_len: bytes of it
 * @ring_num: entries of each ring, a power of two
 * @ring_align: alignment of the used ring, a power of two
 */
#define FW_RESOURCE_TABLE(image_da, image_len, trace_da, trace_len, ring_num, ring_align) {	\
	.ver = 1,										\
	.num = 3,										\
	.offset = {										\
		offsetof(struct fw_resource_table, carveout),					\
		offsetof(struct fw_resource_table, trace),					\
		offsetof(struct fw_resource_table, rpmsg),					\
	},											\
	.carveout = {										\
		.type = FW_RSC_CARVEOUT,							\
		.da = (image_da),								\
		.pa = FW_RSC_ANY,								\
		.len = (image_len),								\
		.name = "image",								\
	},											\
	.trace = {										\
		.type = FW_RSC_TRACE,								\
		.da = (trace_da),								\
		.len = (trace_len),								\
		.name = "trace",								\
	},											\
	.rpmsg = {										\
		.type = FW_RSC_VDEV,								\
		.id = FW_VIRTIO_ID_RPMSG,							\
		.dfeatures = FW_VIRTIO_RPMSG_F_NS,						\
		.num_of_vrings = 2,								\
		.vring = {									\
			{ .da = FW_RSC_ANY, .align = (ring_align), .num = (ring_num),		\
			  .notifyid = FW_RSC_ANY },						\
			{ .da = FW_RSC_ANY, .align = (ring_align), .num = (ring_num),		\
			  .notifyid = FW_RSC_ANY },						\
		},										\
	},											\
}

/** resource_table - the loaded copy of this firmware's table; defined by resource_table.c */
extern struct fw_resource_table resource_table;

#endif /* FW_RESOURCE_TABLE_H */
