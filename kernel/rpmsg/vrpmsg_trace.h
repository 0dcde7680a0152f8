/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vrpmsg_trace.h: tracepoints of virtio_rpmsg_bus. What each means, and what programs may rely on,
 * is in docs/tracing.md.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rpmsg

#if !defined(VRPMSG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VRPMSG_TRACE_H

#include <linux/tracepoint.h>
#include <linux/virtio.h>

#ifndef VRPMSG_DROP_REASONS
#define VRPMSG_DROP_REASONS

/**
 * enum rpmsg_drop_reason - why a message from the remote reached nobody
 * @RPMSG_DROP_MALFORMED: a length in it was wrong; addresses may be unknown, and 0
 * @RPMSG_DROP_UNCLAIMED: nobody has that address
 * @RPMSG_DROP_REFUSED:   the endpoint's owner did not take it
 */
enum rpmsg_drop_reason {
	RPMSG_DROP_MALFORMED,
	RPMSG_DROP_UNCLAIMED,
	RPMSG_DROP_REFUSED,
};

#endif /* VRPMSG_DROP_REASONS */

TRACE_DEFINE_ENUM(RPMSG_DROP_MALFORMED);
TRACE_DEFINE_ENUM(RPMSG_DROP_UNCLAIMED);
TRACE_DEFINE_ENUM(RPMSG_DROP_REFUSED);

TRACE_EVENT(rpmsg_queued,
	TP_PROTO(const struct virtio_device *vdev, u32 slot, u32 src, u32 dst, u32 len, u32 depth),
	TP_ARGS(vdev, slot, src, dst, len, depth),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, slot)
		__field(u32, src)
		__field(u32, dst)
		__field(u32, len)
		__field(u32, depth)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->slot = slot;
		__entry->src = src;
		__entry->dst = dst;
		__entry->len = len;
		__entry->depth = depth;
	),
	TP_printk("virtio%u slot %u src %#x dst %#x len %u depth %u", __entry->device,
		  __entry->slot, __entry->src, __entry->dst, __entry->len, __entry->depth)
);

TRACE_EVENT(rpmsg_consumed,
	TP_PROTO(const struct virtio_device *vdev, u32 slot, bool watched),
	TP_ARGS(vdev, slot, watched),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, slot)
		__field(bool, watched)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->slot = slot;
		__entry->watched = watched;
	),
	TP_printk("virtio%u slot %u%s", __entry->device, __entry->slot,
		  __entry->watched ? "" : " earlier")
);

TRACE_EVENT(rpmsg_kick,
	TP_PROTO(const struct virtio_device *vdev, u32 vring, bool sent),
	TP_ARGS(vdev, vring, sent),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, vring)
		__field(bool, sent)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->vring = vring;
		__entry->sent = sent;
	),
	TP_printk("virtio%u vring %u %s", __entry->device, __entry->vring,
		  __entry->sent ? "sent" : "suppressed")
);

TRACE_EVENT(rpmsg_interrupt,
	TP_PROTO(const struct virtio_device *vdev, u32 vring),
	TP_ARGS(vdev, vring),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, vring)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->vring = vring;
	),
	TP_printk("virtio%u vring %u", __entry->device, __entry->vring)
);

TRACE_EVENT(rpmsg_received,
	TP_PROTO(const struct virtio_device *vdev, u32 src, u32 dst, u32 len),
	TP_ARGS(vdev, src, dst, len),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, src)
		__field(u32, dst)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->src = src;
		__entry->dst = dst;
		__entry->len = len;
	),
	TP_printk("virtio%u src %#x dst %#x len %u", __entry->device, __entry->src, __entry->dst,
		  __entry->len)
);

TRACE_EVENT(rpmsg_dropped,
	TP_PROTO(const struct virtio_device *vdev, u32 reason, u32 src, u32 dst, u32 len),
	TP_ARGS(vdev, reason, src, dst, len),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, reason)
		__field(u32, src)
		__field(u32, dst)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->device = vdev->index;
		__entry->reason = reason;
		__entry->src = src;
		__entry->dst = dst;
		__entry->len = len;
	),
	TP_printk("virtio%u %s src %#x dst %#x len %u", __entry->device,
		  __print_symbolic(__entry->reason,
				   { RPMSG_DROP_MALFORMED, "malformed" },
				   { RPMSG_DROP_UNCLAIMED, "unclaimed" },
				   { RPMSG_DROP_REFUSED, "refused" }),
		  __entry->src, __entry->dst, __entry->len)
);

#endif /* VRPMSG_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vrpmsg_trace
#include <trace/define_trace.h>
