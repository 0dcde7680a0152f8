/* SPDX-License-Identifier: MIT */
/*
 * The rpmsg name service: who offers what, at which address. Both sides send the same message to
 * address 53 of the other.
 */
#ifndef FW_NS_H
#define FW_NS_H

#include "rpmsg.h"

/** define FW_NS_ADDR - address of the name service, on either side */
#define FW_NS_ADDR	53U
/** define FW_NS_NAME_LEN - bytes of a service name, the terminating zero included */
#define FW_NS_NAME_LEN	32

enum fw_ns_flags {
	FW_NS_CREATE	= 0,
	FW_NS_DESTROY	= 1,
};

/**
 * typedef fw_ns_cb - the host announced a service of its own
 * @r: the device
 * @name: terminated name; gone after the call
 * @addr: the host's address of it
 * @created: true when it came, false when it went
 */
typedef void fw_ns_cb(struct fw_rpmsg *r, const char *name, uint32_t addr, bool created);

/** fw_ns_name_valid() - true when @name is not empty and fits an announcement */
bool fw_ns_name_valid(const char *name);

/**
 * fw_ns_send() - announce an endpoint's service to the host
 * @r: the device
 * @ept: the endpoint
 * @flags: FW_NS_CREATE or FW_NS_DESTROY
 *
 * Firmware need not call it: endpoints with a service name are announced by fw_rpmsg_poll().
 *
 * Return: 0, or an error of fw_rpmsg_reserve() and fw_rpmsg_submit()
 */
int fw_ns_send(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, enum fw_ns_flags flags);

/**
 * fw_ns_listen() - hear the host's announcements
 * @r: the device
 * @ept: a zeroed endpoint for it, must stay valid
 * @cb: called for each well-formed announcement
 *
 * Return: 0, or FW_EEXIST when somebody listens already
 */
int fw_ns_listen(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, fw_ns_cb *cb);

#endif /* FW_NS_H */
