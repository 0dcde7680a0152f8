// SPDX-License-Identifier: MIT
/*
 * Firmware for tests of what happens when the remote dies: an echo, service "rpmsg-crash", that
 * obeys two messages: "crash" writes to an address where nothing is, "exit" ends the processor.
 */
#include "mem.h"
#include "ns.h"
#include "trace.h"

#define BAD_ADDRESS	0xbad0UL

static bool is(const void *data, size_t len, const char *word, size_t word_len)
{
	return len == word_len && !memcmp(data, word, word_len);
}

static int obey(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	struct fw_rpmsg *r = ept->rpmsg;

	if (is(data, len, "crash", 5)) {
		fw_trace(r->hw, "%s: about to crash\n", r->name);
		*(volatile int *)BAD_ADDRESS = 1;
	}
	if (is(data, len, "exit", 4)) {
		fw_trace(r->hw, "%s: about to exit\n", r->name);
		*(bool *)ept->priv = true;
		return 0;
	}
	return fw_rpmsg_send(ept, src, data, len);
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static bool done;
	static struct fw_rpmsg_ept service = {
		.service = "rpmsg-crash", .cb = obey, .priv = &done,
	};

	fw_rpmsg_init(&rpmsg, hw, "crash", &resource_table.rpmsg);
	fw_rpmsg_ept_add(&rpmsg, &service, FW_RPMSG_ADDR_ANY);

	fw_trace(hw, "crash: started, waiting for a driver\n");
	while (!done) {
		if (!fw_rpmsg_poll(&rpmsg) && !done)
			hw->ops->wait(hw, 100);
	}
	return 3;
}
