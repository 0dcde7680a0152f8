// SPDX-License-Identifier: MIT
/*
 * The resource table of a firmware with message buffers of 64 KiB, as large as they can be, which
 * it says in its config space. It needs more memory than others: urproc run --mem 0x20000000:32M.
 */
#include "resource_table.h"

#define RING_NUM	32
#define RING_ALIGN	4096
#define BUFFER_SIZE	65536

static struct {
	struct fw_resource_table table;
	struct fw_rpmsg_buffers buffers;
} large __attribute__((section(".resource_table"), used)) = {
	.table = {
		.ver = 1,
		.num = 3,
		.offset = {
			offsetof(struct fw_resource_table, carveout),
			offsetof(struct fw_resource_table, trace),
			offsetof(struct fw_resource_table, rpmsg),
		},
		.carveout = FW_RSC_CARVEOUT_ENTRY(FW_BASE, FW_SIZE, "image"),
		.trace = FW_RSC_TRACE_ENTRY(FW_BASE + FW_SIZE - FW_TRACE_SIZE, FW_TRACE_SIZE,
					    "trace"),
		.rpmsg = {
			.type = FW_RSC_VDEV,
			.id = FW_VIRTIO_ID_RPMSG,
			.dfeatures = FW_VIRTIO_RPMSG_F_NS | FW_VIRTIO_RPMSG_F_BUFSZ,
			.config_len = sizeof(struct fw_rpmsg_buffers),
			.num_of_vrings = 2,
			.vring = {
				FW_RSC_VRING_ENTRY(RING_NUM, RING_ALIGN),
				FW_RSC_VRING_ENTRY(RING_NUM, RING_ALIGN),
			},
		},
	},
	.buffers = {
		.version = 1,
		.size = sizeof(struct fw_rpmsg_buffers),
		.tx_size = BUFFER_SIZE,
		.rx_size = BUFFER_SIZE,
	},
};

extern struct fw_resource_table resource_table __attribute__((alias("large")));
