/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kicks.h: what the BPF program of "rpmsg-trace kicks" counts, and the tool prints. */
#ifndef RPMSG_TRACE_KICKS_H
#define RPMSG_TRACE_KICKS_H

#include <linux/types.h>

/* Slot N counts times of [2^N, 2^(N+1)) microseconds; slot 0 also what is shorter. */
#define KICKS_SLOTS		27
#define KICKS_NAME_SIZE		16
#define KICKS_NO_PROCESSOR	(-1)

/* The virtio specification's numbers for an rpmsg device, seen from this side. */
#define KICKS_RX_VRING		0
#define KICKS_TX_VRING		1

struct vring_key {
	__s32	processor;	/* N of remoteprocN or KICKS_NO_PROCESSOR */
	__u32	device;		/* N of virtioN */
	__u32	vring;		/* index of the virtqueue */
};

/*
 * Kicks of the TX vring either open a pair or are joined or foreign. A pair ends as a slot of
 * wakeup[], or as awake or closed, or is still open.
 */
struct vring_stats {
	char	name[KICKS_NAME_SIZE];
	__u64	kicks;
	__u64	suppressed;		/* not kicked because the remote asked for none */
	__u64	joined;			/* kicks while the endpoint's pair was open */
	__u64	foreign;		/* kicks for no endpoint of rpmsg_char */
	__u64	awake;			/* answers that found the reader awake */
	__u64	closed;			/* endpoint closed before an answer */
	__u64	unasked;		/* RX: wake-ups of a reader with no pair open */
	__u64	stayed;			/* readers woken before they had left their CPU */
	__u64	wakeup[KICKS_SLOTS];	/* kick to wake-up */
	__u64	running[KICKS_SLOTS];	/* wake-up to running */
};

#endif /* RPMSG_TRACE_KICKS_H */
