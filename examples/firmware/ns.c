// SPDX-License-Identifier: MIT
/* The name service: one message format, sent and received. */
#include "mem.h"
#include "ns.h"

struct ns_msg {
	char name[FW_NS_NAME_LEN];
	uint32_t addr;
	uint32_t flags;
};

_Static_assert(sizeof(struct ns_msg) == 40, "an announcement is 40 bytes on the wire");

/* Length of @name without the terminating zero; FW_NS_NAME_LEN when there is none. */
static size_t name_len(const char *name)
{
	size_t n = 0;

	while (n < FW_NS_NAME_LEN && name[n])
		n++;
	return n;
}

bool fw_ns_name_valid(const char *name)
{
	size_t n = name_len(name);

	return n > 0 && n < FW_NS_NAME_LEN;
}

int fw_ns_send(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, enum fw_ns_flags flags)
{
	struct ns_msg msg = { .addr = ept->addr, .flags = flags };
	size_t room;
	void *to;
	int ret;

	ret = fw_rpmsg_reserve(r, &to, &room);
	if (ret)
		return ret;
	if (room < sizeof(msg))
		return FW_EMSGSIZE;
	memcpy(msg.name, ept->service, name_len(ept->service));
	memcpy(to, &msg, sizeof(msg));
	return fw_rpmsg_submit(r, ept->addr, FW_NS_ADDR, sizeof(msg));
}

static int ns_receive(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src)
{
	struct fw_rpmsg *r = ept->rpmsg;
	fw_ns_cb *cb = (fw_ns_cb *)(uintptr_t)ept->priv;
	struct ns_msg msg;

	(void)src;
	if (len != sizeof(msg))
		goto bad;
	memcpy(&msg, data, sizeof(msg));
	msg.name[FW_NS_NAME_LEN - 1] = '\0';
	if (!fw_ns_name_valid(msg.name))
		goto bad;
	cb(r, msg.name, msg.addr, !(msg.flags & FW_NS_DESTROY));
	return 0;
bad:
	r->stats.bad++;
	return 0;
}

int fw_ns_listen(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, fw_ns_cb *cb)
{
	ept->service = NULL;
	ept->cb = ns_receive;
	ept->priv = (void *)(uintptr_t)cb;
	return fw_rpmsg_ept_add(r, ept, FW_NS_ADDR);
}
