/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message_timed.bpf.h: messages that our modules have timed by themselves, a sample of all.
 */
#ifndef RPMSG_TRACE_MESSAGE_TIMED_BPF_H
#define RPMSG_TRACE_MESSAGE_TIMED_BPF_H

#include "message_path.bpf.h"

/* The modules' names of what is counted; the numbers are theirs. */
enum eptdev_stat {
	RX_MESSAGES,
	RX_BYTES,
	RX_DROPPED_FULL,
	RX_DROPPED_NOMEM,
	TX_MESSAGES,
	TX_BYTES,
	EPTDEV_STATS,
};

#define COUNTERS_MAX	16

/* A node's counters are words of its machine. */
union node_counters_raw {
	__u64 words[COUNTERS_MAX];
	__u32 halves[COUNTERS_MAX];
};

#define NODE_COUNTER(raw_, size_, name_)							\
	node_counter(raw_, size_, bpf_core_enum_value(enum eptdev_stat, name_))

static __always_inline __u64 node_counter(const union node_counters_raw *raw, __u32 size,
					  __u32 index)
{
	index %= COUNTERS_MAX;
	return size == sizeof(__u64) ? raw->words[index] : raw->halves[index];
}

static __always_inline void read_counters(struct node_counters *counters, struct device *dev)
{
	struct eptdev *eptdev = (void *)dev - bpf_core_field_offset(struct eptdev, dev);
	const __u32 all = bpf_core_field_size(struct eptdev, stats);
	const __u32 size = all / bpf_core_enum_value(enum eptdev_stat, EPTDEV_STATS);
	union node_counters_raw raw = {};

	if (all > sizeof(raw) ||
	    bpf_probe_read_kernel(&raw, all,
				  (__u8 *)eptdev + bpf_core_field_offset(struct eptdev, stats)))
		return;
	counters->sent = NODE_COUNTER(&raw, size, TX_MESSAGES);
	counters->sent_bytes = NODE_COUNTER(&raw, size, TX_BYTES);
	counters->received = NODE_COUNTER(&raw, size, RX_MESSAGES);
	counters->received_bytes = NODE_COUNTER(&raw, size, RX_BYTES);
	counters->refused = NODE_COUNTER(&raw, size, RX_DROPPED_FULL) +
			    NODE_COUNTER(&raw, size, RX_DROPPED_NOMEM);
}

static __always_inline int timed_open(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;

	if (!stats)
		return 0;
	read_counters(&stats->before, dev);
	stats->now = stats->before;
	stats->opened = 1;
	return 0;
}

static __always_inline int timed_begins(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;

	if (stats)
		add(stats->timed, 1);
	return 0;
}

static __always_inline int timed_passed(struct device *dev, struct vrpmsg_timed *timed)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;
	struct received received = {};
	struct passed passed = {};

	if (!stats)
		return 0;
#pragma unroll
	for (int i = AT_WRITE; i <= AT_DELIVERED; i++)
		passed.at[i] = timed->at[i];
	passed.at[AT_USER] = timed->at[AT_DELIVERED + 1];
	passed.writer = timed->writer;
	received.endpoint = id;
	received.writer_thread = timed->thread;
	received.len = timed->len;
	if (passed.at[AT_USER])
		tell(&passed, &received, reader_runs(&passed), stats->node);
	account(stats, &passed);
	if (!passed.at[AT_WRITE])
		add(stats->unasked, 1);
	else if (!passed.at[AT_INTERRUPT] && !passed.at[AT_DELIVERED])
		add(stats->given_up, 1);
	add(stats->passed, 1);
	read_counters(&stats->now, dev);
	return 0;
}

static __always_inline int timed_closed(struct device *dev, __u32 unread)
{
	__u32 id = forget_node(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;
	bool used;

	if (!stats)
		return 0;
	read_counters(&stats->now, dev);
	stats->unread = unread;
	used = !stats->opened || stats->now.sent != stats->before.sent ||
	       stats->now.received != stats->before.received;
	close_endpoint(stats, id, used);
	return 0;
}

#endif /* RPMSG_TRACE_MESSAGE_TIMED_BPF_H */
