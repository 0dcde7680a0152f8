// SPDX-License-Identifier: MIT
/* The echo firmware: whatever comes in goes back to its sender, on two services. */
#include "ns.h"
#include "trace.h"

static int echo(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	return fw_rpmsg_send(ept, src, data, len);
}

static void host_service(struct fw_rpmsg *r, const char *name, uint32_t addr, bool created)
{
	fw_trace(r->hw, "%s: host %s %s at %u\n", r->name, created ? "offers" : "withdraws", name,
		 addr);
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static struct fw_rpmsg_ept listener;
	static struct fw_rpmsg_ept services[] = {
		{ .service = "rpmsg-echo", .cb = echo },
		{ .service = "rpmsg-raw", .cb = echo },
	};
	unsigned int i;

	fw_rpmsg_init(&rpmsg, hw, "echo", &resource_table.rpmsg);
	fw_ns_listen(&rpmsg, &listener, host_service);
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		fw_rpmsg_ept_add(&rpmsg, &services[i], FW_RPMSG_ADDR_ANY);

	fw_trace(hw, "echo: started, waiting for a driver\n");
	fw_rpmsg_run(&rpmsg);
}
