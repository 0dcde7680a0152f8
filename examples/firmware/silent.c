// SPDX-License-Identifier: MIT
/*
 * Firmware for tests of a full ring: it announces "rpmsg-silent", keeps the first message it gets,
 * and takes no other. The host can send as many as the ring holds.
 */
#include "ns.h"
#include "trace.h"

static int keep(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	(void)ept;
	(void)data;
	(void)len;
	(void)src;
	return FW_EAGAIN;
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static struct fw_rpmsg_ept service = { .service = "rpmsg-silent", .cb = keep };

	fw_rpmsg_init(&rpmsg, hw, "silent", &resource_table.rpmsg);
	fw_rpmsg_ept_add(&rpmsg, &service, FW_RPMSG_ADDR_ANY);

	fw_trace(hw, "silent: started, waiting for a driver\n");
	for (;;) {
		fw_rpmsg_poll(&rpmsg);
		hw->ops->wait(hw, FW_WAIT_FOREVER);
	}
}
