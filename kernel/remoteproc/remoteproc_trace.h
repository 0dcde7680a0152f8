/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remoteproc_trace.h: tracepoints of remoteproc. What each means, and what programs may rely on, is
 * in docs/tracing.md.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM remoteproc

#if !defined(REMOTEPROC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define REMOTEPROC_TRACE_H

#include <linux/remoteproc.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(RPROC_OFFLINE);
TRACE_DEFINE_ENUM(RPROC_SUSPENDED);
TRACE_DEFINE_ENUM(RPROC_RUNNING);
TRACE_DEFINE_ENUM(RPROC_CRASHED);
TRACE_DEFINE_ENUM(RPROC_DETACHED);
TRACE_DEFINE_ENUM(RPROC_ATTACHED);
TRACE_DEFINE_ENUM(RPROC_MMUFAULT);
TRACE_DEFINE_ENUM(RPROC_WATCHDOG);
TRACE_DEFINE_ENUM(RPROC_FATAL_ERROR);

TRACE_EVENT(rproc_state,
	TP_PROTO(const struct rproc *rproc, u32 from, u32 to),
	TP_ARGS(rproc, from, to),
	TP_STRUCT__entry(
		__field(u32, processor)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		__entry->processor = rproc->index;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("remoteproc%u %s -> %s", __entry->processor,
		  __print_symbolic(__entry->from,
				   { RPROC_OFFLINE, "offline" },
				   { RPROC_SUSPENDED, "suspended" },
				   { RPROC_RUNNING, "running" },
				   { RPROC_CRASHED, "crashed" },
				   { RPROC_ATTACHED, "attached" },
				   { RPROC_DETACHED, "detached" }),
		  __print_symbolic(__entry->to,
				   { RPROC_OFFLINE, "offline" },
				   { RPROC_SUSPENDED, "suspended" },
				   { RPROC_RUNNING, "running" },
				   { RPROC_CRASHED, "crashed" },
				   { RPROC_ATTACHED, "attached" },
				   { RPROC_DETACHED, "detached" }))
);

TRACE_EVENT(rproc_crash,
	TP_PROTO(const struct rproc *rproc, u32 type),
	TP_ARGS(rproc, type),
	TP_STRUCT__entry(
		__field(u32, processor)
		__field(u32, type)
	),
	TP_fast_assign(
		__entry->processor = rproc->index;
		__entry->type = type;
	),
	TP_printk("remoteproc%u %s", __entry->processor,
		  __print_symbolic(__entry->type,
				   { RPROC_MMUFAULT, "mmufault" },
				   { RPROC_WATCHDOG, "watchdog" },
				   { RPROC_FATAL_ERROR, "fatal error" }))
);

TRACE_EVENT(rproc_recovery,
	TP_PROTO(const struct rproc *rproc, int result),
	TP_ARGS(rproc, result),
	TP_STRUCT__entry(
		__field(u32, processor)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->processor = rproc->index;
		__entry->result = result;
	),
	TP_printk("remoteproc%u result %d", __entry->processor, __entry->result)
);

#endif /* REMOTEPROC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE remoteproc_trace
#include <trace/define_trace.h>
