// SPDX-License-Identifier: MIT
/*
 * The other side of the kernel's rpmsg sample client: that one sends a message, and after each
 * answer another, a hundred in all. Here each gets its answer, with a number to tell them
 * apart.
 */
#include "ns.h"
#include "trace.h"

#define ROUND	100

static int answer(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	struct fw_rpmsg *r = ept->rpmsg;
	char text[32];
	size_t n;
	int ret;

	(void)data;
	n = fw_format(text, sizeof(text), "got message %u", r->stats.rx + 1);
	ret = fw_rpmsg_send(ept, src, text, n);
	if (ret)
		return ret;
	if ((r->stats.rx + 1) % ROUND == 0)
		fw_trace(r->hw, "%s: %u messages answered, the last of %u bytes\n", r->name,
			 r->stats.rx + 1, (uint32_t)len);
	return 0;
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static struct fw_rpmsg_ept service = { .service = "rpmsg-client-sample", .cb = answer };

	fw_rpmsg_init(&rpmsg, hw, "client-sample", &resource_table.rpmsg);
	fw_rpmsg_ept_add(&rpmsg, &service, FW_RPMSG_ADDR_ANY);

	fw_trace(hw, "client-sample: started, waiting for a driver\n");
	fw_rpmsg_run(&rpmsg);
}
