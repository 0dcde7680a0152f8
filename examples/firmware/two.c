// SPDX-License-Identifier: MIT
/*
 * A firmware with two rpmsg devices, each with channels, addresses and buffers of its own: what a
 * stream on the one fills up is not missing on the other. Both echo.
 */
#include "rpmsg.h"
#include "trace.h"

#define RING_NUM	64
#define RING_ALIGN	4096

enum { DEVICES = 2 };

static struct {
	uint32_t ver;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[4];
	struct fw_rsc_carveout carveout;
	struct fw_rsc_trace trace;
	struct fw_rsc_vdev rpmsg[DEVICES];
} table __attribute__((section(".resource_table"), used)) = {
	.ver = 1,
	.num = 4,
	.offset = {
		offsetof(__typeof__(table), carveout),
		offsetof(__typeof__(table), trace),
		offsetof(__typeof__(table), rpmsg[0]),
		offsetof(__typeof__(table), rpmsg[1]),
	},
	.carveout = FW_RSC_CARVEOUT_ENTRY(FW_BASE, FW_SIZE, "image"),
	.trace = FW_RSC_TRACE_ENTRY(FW_BASE + FW_SIZE - FW_TRACE_SIZE, FW_TRACE_SIZE, "trace"),
	.rpmsg = {
		FW_RSC_RPMSG_ENTRY(RING_NUM, RING_ALIGN),
		FW_RSC_RPMSG_ENTRY(RING_NUM, RING_ALIGN),
	},
};

static int echo(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	return fw_rpmsg_send(ept, src, data, len);
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg[DEVICES];
	static struct fw_rpmsg_ept services[DEVICES] = {
		{ .service = "rpmsg-first", .cb = echo },
		{ .service = "rpmsg-second", .cb = echo },
	};
	static const char *const names[DEVICES] = { "first", "second" };
	unsigned int i, wait_ms;
	bool more;

	for (i = 0; i < DEVICES; i++) {
		fw_rpmsg_init(&rpmsg[i], hw, names[i], &table.rpmsg[i]);
		fw_rpmsg_ept_add(&rpmsg[i], &services[i], FW_RPMSG_ADDR_ANY);
	}

	fw_trace(hw, "two: started, waiting for drivers\n");
	for (;;) {
		more = false;
		wait_ms = FW_WAIT_FOREVER;
		for (i = 0; i < DEVICES; i++) {
			more |= fw_rpmsg_poll(&rpmsg[i]);
			if (fw_rpmsg_wait_ms(&rpmsg[i]) < wait_ms)
				wait_ms = fw_rpmsg_wait_ms(&rpmsg[i]);
		}
		if (!more)
			hw->ops->wait(hw, wait_ms);
	}
}
