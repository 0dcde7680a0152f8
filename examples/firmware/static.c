// SPDX-License-Identifier: MIT
/*
 * A firmware without a name service: it lists its channels in the config space, where the driver
 * finds them before the first message. Both echo.
 */
#include "rpmsg.h"
#include "trace.h"

#define RING_NUM	64
#define RING_ALIGN	4096

#define ECHO_ADDR	100U
#define RAW_ADDR	101U
/* The host's end of the second channel: fixed, so that this side could speak first. */
#define RAW_HOST_ADDR	200U

static struct {
	uint32_t ver;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[3];
	struct fw_rsc_carveout carveout;
	struct fw_rsc_trace trace;
	struct fw_rsc_vdev rpmsg;
	struct {
		uint8_t others[FW_RPMSG_STATIC_OFFSET];
		uint32_t count;
		struct fw_rpmsg_static channels[2];
	} config;
} table __attribute__((section(".resource_table"), used)) = {
	.ver = 1,
	.num = 3,
	.offset = {
		offsetof(__typeof__(table), carveout),
		offsetof(__typeof__(table), trace),
		offsetof(__typeof__(table), rpmsg),
	},
	.carveout = FW_RSC_CARVEOUT_ENTRY(FW_BASE, FW_SIZE, "image"),
	.trace = FW_RSC_TRACE_ENTRY(FW_BASE + FW_SIZE - FW_TRACE_SIZE, FW_TRACE_SIZE, "trace"),
	.rpmsg = {
		.type = FW_RSC_VDEV,
		.id = FW_VIRTIO_ID_RPMSG,
		.dfeatures = FW_VIRTIO_RPMSG_F_STATIC,
		.config_len = sizeof(table.config),
		.num_of_vrings = 2,
		.vring = {
			FW_RSC_VRING_ENTRY(RING_NUM, RING_ALIGN),
			FW_RSC_VRING_ENTRY(RING_NUM, RING_ALIGN),
		},
	},
	.config = {
		.count = 2,
		.channels = {
			{ FW_RPMSG_ADDR_ANY, ECHO_ADDR, "rpmsg-static" },
			{ RAW_HOST_ADDR, RAW_ADDR, "rpmsg-raw" },
		},
	},
};

static int echo(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	return fw_rpmsg_send(ept, src, data, len);
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static struct fw_rpmsg_ept services[] = { { .cb = echo }, { .cb = echo } };

	fw_rpmsg_init(&rpmsg, hw, "static", &table.rpmsg);
	fw_rpmsg_ept_add(&rpmsg, &services[0], ECHO_ADDR);
	fw_rpmsg_ept_add(&rpmsg, &services[1], RAW_ADDR);

	fw_trace(hw, "static: started, waiting for a driver\n");
	fw_rpmsg_run(&rpmsg);
}
