/* SPDX-License-Identifier: MIT */
/*
 * The device side of rpmsg: endpoints, messages with a 16-byte header, and the loop.
 *
 * A firmware fills in endpoints, each with a callback, and runs fw_rpmsg_run(). Everything
 * happens in that one context; nothing is allocated. Endpoints with a service name are
 * announced to the host by themselves whenever a driver is there (ns.c).
 */
#ifndef FW_RPMSG_H
#define FW_RPMSG_H

#include "resource_table.h"
#include "vring.h"

/** define FW_RPMSG_ADDR_ANY - let fw_rpmsg_ept_add() choose an address */
#define FW_RPMSG_ADDR_ANY	0xffffffffU
/** define FW_RPMSG_ADDR_DYNAMIC - first address that is chosen; those below are by agreement */
#define FW_RPMSG_ADDR_DYNAMIC	1024U

/* In front of each message, on the wire. */
struct fw_rpmsg_hdr {
	uint32_t src;
	uint32_t dst;
	uint32_t reserved;
	uint16_t len;
	uint16_t flags;
};

_Static_assert(sizeof(struct fw_rpmsg_hdr) == 16, "the header is 16 bytes on the wire");

struct fw_rpmsg;
struct fw_rpmsg_ept;

/**
 * typedef fw_rpmsg_cb - a message came in
 * @ept: the endpoint it is for
 * @data: the payload, in shared memory: the host may still write it, so copy before checking
 * @len: bytes of it, may be 0
 * @src: who sent it
 *
 * Return: FW_EAGAIN keeps the message and all that follow until the host has provided a buffer to
 * send with, and then calls again; anything else is the end of the message
 */
typedef int fw_rpmsg_cb(struct fw_rpmsg_ept *ept, const void *data, size_t len, uint32_t src);

/**
 * struct fw_rpmsg_ept - an endpoint; zero it and set the first three
 * @service:	name to announce, NULL for none; at most 31 bytes, must stay valid
 * @cb:		called for each message
 * @priv:	the owner's
 * @addr:	its address
 * @rpmsg:	the device it is on
 * @announced:	the host was told
 * @next:	next endpoint of the device
 */
struct fw_rpmsg_ept {
	const char *service;
	fw_rpmsg_cb *cb;
	void *priv;
	uint32_t addr;
	struct fw_rpmsg *rpmsg;
	bool announced;
	struct fw_rpmsg_ept *next;
};

/**
 * struct fw_rpmsg_stats - what happened since fw_rpmsg_init()
 * @rx:		messages handed to an endpoint
 * @tx:		messages sent
 * @bad:	messages refused because of a nonsensical header
 * @unknown:	messages to an address nobody has
 */
struct fw_rpmsg_stats {
	uint32_t rx;
	uint32_t tx;
	uint32_t bad;
	uint32_t unknown;
};

/**
 * struct fw_rpmsg - one rpmsg device; the members are the library's
 * @hw:		the machine
 * @name:	of the firmware, for trace lines
 * @vdev:	its entry in the loaded resource table
 * @rx:		ring from the host
 * @tx:		ring to the host
 * @up:		a driver is there and the rings are in use
 * @refused:	the driver is there, but what it set up is unusable
 * @rx_held:	@rx_buf is a message whose callback asked for a second try
 * @tx_held:	@tx_buf is reserved and not yet submitted
 * @rx_buf:	see @rx_held
 * @tx_buf:	see @tx_held
 * @epts:	endpoints
 * @next_addr:	where the search for a free address begins
 * @stats:	counters
 */
struct fw_rpmsg {
	struct fw_hw *hw;
	const char *name;
	struct fw_rsc_vdev *vdev;
	struct fw_vq rx;
	struct fw_vq tx;
	bool up;
	bool refused;
	bool rx_held;
	bool tx_held;
	struct fw_vq_buf rx_buf;
	struct fw_vq_buf tx_buf;
	struct fw_rpmsg_ept *epts;
	uint32_t next_addr;
	struct fw_rpmsg_stats stats;
};

/**
 * fw_rpmsg_init() - prepare a device; it comes up once a driver is there
 * @r: the device
 * @hw: the machine
 * @name: of the firmware, must stay valid
 * @vdev: the rpmsg entry of the loaded resource table
 */
void fw_rpmsg_init(struct fw_rpmsg *r, struct fw_hw *hw, const char *name,
		   struct fw_rsc_vdev *vdev);

/**
 * fw_rpmsg_ept_add() - make an endpoint reachable
 * @r: the device
 * @ept: the endpoint; must stay valid until fw_rpmsg_ept_del()
 * @addr: its address, or FW_RPMSG_ADDR_ANY
 *
 * Return: 0, FW_EEXIST when the address is taken, FW_EINVAL for a service name that is too long
 */
int fw_rpmsg_ept_add(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, uint32_t addr);

/**
 * fw_rpmsg_ept_del() - take an endpoint away; tells the host if the host knows of it
 * @ept: the endpoint
 *
 * Return: 0, or FW_EAGAIN when there is no buffer to tell the host with; then it is still there
 */
int fw_rpmsg_ept_del(struct fw_rpmsg_ept *ept);

/**
 * fw_rpmsg_reserve() - get the buffer of the next message
 * @r: the device
 * @data: out: where the payload goes
 * @len: out: how much fits
 *
 * One buffer is reserved at a time; a second call before fw_rpmsg_submit() returns the same.
 *
 * Return: 0, FW_EAGAIN when the host has provided none, FW_ENOLINK, FW_EIO
 */
int fw_rpmsg_reserve(struct fw_rpmsg *r, void **data, size_t *len);

/**
 * fw_rpmsg_submit() - send the reserved buffer
 * @r: the device
 * @src: address of the sender
 * @dst: address of the receiver
 * @len: bytes of payload, at most what fw_rpmsg_reserve() said
 *
 * The host is interrupted at the end of the batch, in fw_rpmsg_poll().
 *
 * Return: 0, FW_ENOLINK when nothing is reserved (any more), FW_EMSGSIZE
 */
int fw_rpmsg_submit(struct fw_rpmsg *r, uint32_t src, uint32_t dst, size_t len);

/**
 * fw_rpmsg_send() - copy a message into a buffer and send it
 * @ept: the sending endpoint
 * @dst: address of the receiver
 * @data: the payload
 * @len: bytes of it
 *
 * Return: 0, or an error of fw_rpmsg_reserve() and fw_rpmsg_submit(); nothing was sent then
 */
int fw_rpmsg_send(struct fw_rpmsg_ept *ept, uint32_t dst, const void *data, size_t len);

/**
 * fw_rpmsg_poll() - do what there is to do, without sleeping
 * @r: the device
 *
 * Return: true when there is more to do at once; false when only a kick can bring more
 */
bool fw_rpmsg_poll(struct fw_rpmsg *r);

/**
 * fw_rpmsg_wait_ms() - how long to wait once there is nothing to do
 * @r: the device
 *
 * For firmware that polls several devices: the shortest time of any counts.
 *
 * Return: the longest time to wait for a kick, or FW_WAIT_FOREVER
 */
unsigned int fw_rpmsg_wait_ms(const struct fw_rpmsg *r);

/** fw_rpmsg_run() - poll and wait, for ever; for firmware with this device only */
void fw_rpmsg_run(struct fw_rpmsg *r) __attribute__((noreturn));

#endif /* FW_RPMSG_H */
