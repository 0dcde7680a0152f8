/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device side of the rpmsg virtio device of a test's processor: a remote that behaves, or does
 * not.
 *
 * It is no example of firmware (examples/firmware is): every step can be taken alone, and taken
 * wrongly, because what is tested is the kernel's answer to that.
 */
#ifndef SELFTESTS_REMOTE_H
#define SELFTESTS_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

#include "processor.h"

#define RPMSG_BUFFER_SIZE	512
#define RPMSG_PAYLOAD_MAX	496
#define RPMSG_NS_ADDR		53
#define RPMSG_NAME_SIZE		32

#define RPMSG_NS_CREATE		0
#define RPMSG_NS_DESTROY	1

struct rpmsg_header {
	uint32_t	src;
	uint32_t	dst;
	uint32_t	reserved;
	uint16_t	len;
	uint16_t	flags;
};

struct rpmsg_message {
	struct rpmsg_header	header;
	uint8_t			data[RPMSG_PAYLOAD_MAX];
};

struct rpmsg_ns_message {
	char		name[RPMSG_NAME_SIZE];
	uint32_t	addr;
	uint32_t	flags;
};

struct ring {
	struct vring	vring;
	uint32_t	notifyid;
	uint16_t	taken;		/* of vring.avail, by us */
};

struct remote {
	struct processor	*processor;
	struct ring		to_host;	/* queue 0, buffers that the host receives */
	struct ring		from_host;	/* queue 1 */
};

/*
 * Starts the processor, waits until the driver is at work, and finds the rings. Returns 0 or
 * -errno.
 */
int remote_start(struct remote *remote, struct processor *processor);

/* Finds the rings anew, after the processor was restarted. Returns 0 or -errno. */
int remote_find_rings(struct remote *remote);

/* The same for another device of the processor, by its entry in the processor's memory. */
int remote_find_rings_of(struct remote *remote, const struct table_vdev *vdev);

/* Waits until the driver of a device, of any type, is at work. Returns 0 or -ETIMEDOUT. */
int remote_wait_driver(const struct table_vdev *vdev);

/* Finds one ring of a device of any type. Returns 0 or -EFAULT. */
int ring_find(struct remote *remote, struct ring *ring, const struct table_vring *entry);

/* Takes the next buffer that the host made available. Returns its index or -EAGAIN. */
int ring_take(struct ring *ring);

/* Where a taken buffer lies, or NULL when the host named an address outside the memory. */
void *ring_buffer(struct remote *remote, struct ring *ring, int index, size_t *size);

/* Returns a buffer, true or not, with a length, true or not. Does not interrupt the host. */
void ring_give(struct ring *ring, uint32_t index, uint32_t len);

/* Whether the host asks to be interrupted for what was returned. */
bool ring_wants_interrupt(const struct ring *ring);

/* Interrupts the host for a ring. Returns 0 or -errno. */
int remote_notify(struct remote *remote, const struct ring *ring);

/*
 * Puts size bytes in a buffer of the host's, says it is used_len long. Returns 0, -EAGAIN, -errno.
 */
int remote_send_bytes(struct remote *remote, const void *bytes, size_t size, uint32_t used_len);

/* A well-formed message. Returns 0; -EAGAIN when the host has no buffer for us; -errno. */
int remote_send(struct remote *remote, uint32_t src, uint32_t dst, const void *data, size_t len);

/* The same, and the host is not interrupted for it. */
int remote_put(struct remote *remote, uint32_t src, uint32_t dst, const void *data, size_t len);

/* A name service message. Returns as remote_send(). */
int remote_announce(struct remote *remote, const char *name, uint32_t addr, uint32_t flags);

/* Waits for a message of the host's and returns its buffer. Returns 0, -ETIMEDOUT or -errno. */
int remote_receive(struct remote *remote, struct rpmsg_message *message, int timeout_ms);

/* True when the host has messages for us that we did not take. */
bool remote_has_message(struct remote *remote);

/* Throws away what the host sent so far. */
void remote_drain(struct remote *remote);

#endif /* SELFTESTS_REMOTE_H */
