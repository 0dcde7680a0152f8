/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * virtio_rpmsg_bus.h: what virtio_rpmsg_bus does for rpmsg_char, past the core. Not an installed
 * header.
 *
 * rpmsg_char runs on any transport, so it must not need this module: it asks by symbol_get().
 */
#ifndef VIRTIO_RPMSG_BUS_H
#define VIRTIO_RPMSG_BUS_H

#include <linux/rpmsg.h>

/**
 * define VRPMSG_HOLD - what a callback answers to have its message kept
 *
 * The message stays in its buffer, which the remote does not get back; all later ones for this
 * endpoint stay behind it. vrpmsg_resume() delivers them again. Only after a first call of that
 * this is a special value.
 */
#define VRPMSG_HOLD	0x484c44

/* As vrpmsg_resume(). */
typedef int (*vrpmsg_resume_fn)(struct rpmsg_endpoint *ept);

int vrpmsg_resume(struct rpmsg_endpoint *ept);

#endif /* VIRTIO_RPMSG_BUS_H */
