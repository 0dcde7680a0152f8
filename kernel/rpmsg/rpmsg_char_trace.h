/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rpmsg_char_trace.h: tracepoints of rpmsg_char. What each means, and what programs may rely on, is
 * in docs/tracing.md. @dev is the node's device: rpmsgN, its id is N.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rpmsg

#if !defined(RPMSG_CHAR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define RPMSG_CHAR_TRACE_H

#include <linux/device.h>
#include <linux/rpmsg.h>
#include <linux/tracepoint.h>

#include "virtio_rpmsg_bus.h"

TRACE_EVENT(rpmsg_open,
	TP_PROTO(const struct device *dev, const char *name, u32 addr, u32 dst),
	TP_ARGS(dev, name, addr, dst),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, addr)
		__field(u32, dst)
		__array(char, name, RPMSG_NAME_SIZE)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->addr = addr;
		__entry->dst = dst;
		strscpy_pad(__entry->name, name, RPMSG_NAME_SIZE);
	),
	TP_printk("rpmsg%u name %s addr %#x dst %#x", __entry->node, __entry->name, __entry->addr,
		  __entry->dst)
);

TRACE_EVENT(rpmsg_write,
	TP_PROTO(const struct device *dev, u32 len),
	TP_ARGS(dev, len),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->len = len;
	),
	TP_printk("rpmsg%u len %u", __entry->node, __entry->len)
);

TRACE_EVENT(rpmsg_delivered,
	TP_PROTO(const struct device *dev, u32 src, u32 dst, u32 len, u32 depth),
	TP_ARGS(dev, src, dst, len, depth),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, src)
		__field(u32, dst)
		__field(u32, len)
		__field(u32, depth)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->src = src;
		__entry->dst = dst;
		__entry->len = len;
		__entry->depth = depth;
	),
	TP_printk("rpmsg%u src %#x dst %#x len %u depth %u", __entry->node, __entry->src,
		  __entry->dst, __entry->len, __entry->depth)
);

DECLARE_EVENT_CLASS(rpmsg_node_result,
	TP_PROTO(const struct device *dev, int result),
	TP_ARGS(dev, result),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->result = result;
	),
	TP_printk("rpmsg%u result %d", __entry->node, __entry->result)
);

DEFINE_EVENT(rpmsg_node_result, rpmsg_written,
	TP_PROTO(const struct device *dev, int result),
	TP_ARGS(dev, result));

DEFINE_EVENT(rpmsg_node_result, rpmsg_refused,
	TP_PROTO(const struct device *dev, int result),
	TP_ARGS(dev, result));

DECLARE_EVENT_CLASS(rpmsg_node_count,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, count)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->count = count;
	),
	TP_printk("rpmsg%u count %u", __entry->node, __entry->count)
);

DEFINE_EVENT(rpmsg_node_count, rpmsg_woken,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count));

DEFINE_EVENT(rpmsg_node_count, rpmsg_read,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count));

DEFINE_EVENT(rpmsg_node_count, rpmsg_send,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count));

DEFINE_EVENT(rpmsg_node_count, rpmsg_sent,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count));

DEFINE_EVENT(rpmsg_node_count, rpmsg_closed,
	TP_PROTO(const struct device *dev, u32 count),
	TP_ARGS(dev, count));

TRACE_EVENT(rpmsg_told,
	TP_PROTO(const struct device *dev, u32 count, bool late),
	TP_ARGS(dev, count, late),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(u32, count)
		__field(bool, late)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->count = count;
		__entry->late = late;
	),
	TP_printk("rpmsg%u count %u%s", __entry->node, __entry->count,
		  __entry->late ? " late" : "")
);

TRACE_EVENT(rpmsg_timed,
	TP_PROTO(const struct device *dev),
	TP_ARGS(dev),
	TP_STRUCT__entry(
		__field(u32, node)
	),
	TP_fast_assign(
		__entry->node = dev->id;
	),
	TP_printk("rpmsg%u", __entry->node)
);

TRACE_EVENT(rpmsg_passed,
	TP_PROTO(const struct device *dev, const struct vrpmsg_timed *timed),
	TP_ARGS(dev, timed),
	TP_STRUCT__entry(
		__field(u32, node)
		__field(pid_t, writer)
		__field(pid_t, thread)
		__field(u32, len)
		__field(u64, write)
		__field(u64, queued)
		__field(u64, kick)
		__field(u64, consumed)
		__field(u64, interrupt)
		__field(u64, delivered)
		__field(u64, read)
	),
	TP_fast_assign(
		__entry->node = dev->id;
		__entry->writer = timed->writer;
		__entry->thread = timed->thread;
		__entry->len = timed->len;
		__entry->write = timed->at[VRPMSG_AT_WRITE];
		__entry->queued = timed->at[VRPMSG_AT_QUEUED];
		__entry->kick = timed->at[VRPMSG_AT_KICK];
		__entry->consumed = READ_ONCE(timed->at[VRPMSG_AT_CONSUMED]);
		__entry->interrupt = timed->at[VRPMSG_AT_INTERRUPT];
		__entry->delivered = timed->at[VRPMSG_AT_DELIVERED];
		__entry->read = timed->at[VRPMSG_AT_READ];
	),
	TP_printk("rpmsg%u writer %d thread %d len %u write %llu queued %llu kick %llu consumed %llu interrupt %llu delivered %llu read %llu",
		  __entry->node, __entry->writer, __entry->thread, __entry->len, __entry->write,
		  __entry->queued, __entry->kick, __entry->consumed, __entry->interrupt,
		  __entry->delivered, __entry->read)
);

#endif /* RPMSG_CHAR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE rpmsg_char_trace
#include <trace/define_trace.h>
