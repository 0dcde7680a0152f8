// SPDX-License-Identifier: MIT
/*
 * The bench firmware: four services that do as little as can be done, so that what is measured is
 * the way there and back.
 *
 *	bench-echo	answers with as many bytes, without touching any
 *	bench-copy	answers with the same bytes
 *	bench-sink	takes messages; answers an empty one with how many it has taken, 4 bytes
 *	bench-source	asked with two numbers of 4 bytes, sends so many messages of so many bytes
 */
#include "mem.h"
#include "ns.h"
#include "trace.h"

/* What bench-source still has to send; the message that asked is kept until then. */
static uint32_t source_left, source_len;
static bool source_busy;

static uint32_t sink_taken;

static int send_untouched(struct fw_rpmsg_ept *ept, uint32_t dst, size_t len)
{
	size_t room;
	void *data;
	int ret;

	ret = fw_rpmsg_reserve(ept->rpmsg, &data, &room);
	return ret ? ret : fw_rpmsg_submit(ept->rpmsg, ept->addr, dst, len < room ? len : room);
}

static int echo(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	(void)data;
	return send_untouched(ept, src, len);
}

static int copy(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	return fw_rpmsg_send(ept, src, data, len);
}

static int sink(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	int ret;

	(void)data;
	if (len) {
		sink_taken++;
		return 0;
	}
	ret = fw_rpmsg_send(ept, src, &sink_taken, sizeof(sink_taken));
	if (!ret)
		sink_taken = 0;
	return ret;
}

static int source(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	int ret;

	if (!source_busy) {
		if (len != 8)
			return 0;
		memcpy(&source_left, data, 4);
		memcpy(&source_len, (const char *)data + 4, 4);
		source_busy = true;
	}
	for (; source_left; source_left--) {
		ret = send_untouched(ept, src, source_len);
		if (ret == FW_EAGAIN)
			return ret;
	}
	source_busy = false;
	return 0;
}

int fw_main(struct fw_hw *hw)
{
	static struct fw_rpmsg rpmsg;
	static struct fw_rpmsg_ept services[] = {
		{ .service = "bench-echo", .cb = echo },
		{ .service = "bench-copy", .cb = copy },
		{ .service = "bench-sink", .cb = sink },
		{ .service = "bench-source", .cb = source },
	};
	unsigned int i;

	fw_rpmsg_init(&rpmsg, hw, "bench", &resource_table.rpmsg);
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		fw_rpmsg_ept_add(&rpmsg, &services[i], FW_RPMSG_ADDR_ANY);

	fw_trace(hw, "bench: started\n");
	fw_rpmsg_run(&rpmsg);
}
