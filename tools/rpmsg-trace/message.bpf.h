/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.bpf.h: what message.bpf.c keeps: filters, tables, endpoints, and counted times.
 */
#ifndef RPMSG_TRACE_MESSAGE_BPF_H
#define RPMSG_TRACE_MESSAGE_BPF_H

#include "kernel.bpf.h"
#include "message.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct rpmsg_channel_info {
	char			name[MESSAGE_NAME_SIZE];
	__u32			src;
	__u32			dst;
};

/* Ours. */
struct eptdev_counter {
	__u64			counter;
};

struct eptdev {
	struct device		dev;
	struct rpmsg_channel_info info;
	__u32			addr;
	struct eptdev_counter	stats[8];
};

struct vrpmsg_timed {
	__u32			writer;
	__u32			thread;
	__u32			len;
	__u64			at[7];
};

struct sk_buff_head {
	__u32			qlen;
};

/* Mainline's. */
struct rpmsg_eptdev {
	struct device		dev;
	struct rpmsg_channel_info chinfo;
	struct rpmsg_endpoint	*ept;
	struct sk_buff_head	queue;
};

struct file {
	void			*private_data;
};

struct kiocb {
	struct file		*ki_filp;
};

struct iov_iter {
	size_t			count;
};

#pragma clang attribute pop

const volatile __s32 only_processor = MESSAGE_ANY_PROCESSOR;
const volatile __u32 only_addr = MESSAGE_ANY_ADDR;
const volatile __u32 only_pid;
const volatile char only_name[MESSAGE_NAME_SIZE];
const volatile __u64 min_ns;

/*
 * What each message needs is in arrays: half a dozen updates of a hash cost as much as the message.
 * Endpoints have numbers from 1, and an open one has a part of the tables of messages to itself,
 * its lane. What is kept by task is at the task's number, modulo; who finds another task's there
 * knows, because it says whose it is. Only a queue that nobody reads gets long; its end is in a
 * hash.
 */
#define NODES		MESSAGE_NODES
#define TASKS		16384
#define DEVICES		32
#define DEVICE_SLOTS	1024
#define UNWANTED	0xffffffffU	/* instead of an endpoint's number */

__u64 lost;		/* events that found a table full, or what they were about not there */
__u32 endpoint_count;	/* the highest number of one */
__u32 serial;
__u64 tell_ns;		/* the tool is told of messages that took this long; all ones: of none */

__u32 nodes[NODES];			/* N of rpmsgN -> endpoint; 0: not known */
__u32 lanes[MESSAGE_OPEN_MAX];		/* the endpoint that has it, or 0 */

/* A message whose answer is waited for. */
struct asked {
	__u64			at[AT_CONSUMED + 1];
	__u32			endpoint;
	__u32			number;
	__u32			writer;
	__u32			writer_thread;
};

/* A message that was received and not read yet, with what it answers. */
struct received {
	__u64			at[AT_DELIVERED + 1];
	__u32			endpoint;
	__u32			number;
	__u32			writer;
	__u32			writer_thread;
	__u32			len;
	__u32			unused;
};

/* A message whose way has ended, as far as it is counted. */
struct passed {
	__u64			at[MESSAGE_POINTS];
	__u32			writer;
	__u32			reader;
};

struct message_key {
	__u32			endpoint;
	__u32			number;
};

struct writer {
	__u64			ns;
	__u32			context;
	__u32			endpoint;	/* 0: nobody writes here */
	__u32			len;
	__u32			number;		/* of its last message */
	__u32			queued;		/* so many, up to that one, were not kicked yet */
	__u32			unused;
};

struct slot_key {
	__u32			device;
	__u32			slot;
};

struct slot {
	struct slot_key		key;
	__u32			endpoint;	/* 0: none of interest is in it */
	__u32			number;
};

struct interrupt {
	__u64			ns;
	__u32			context;
	__u32			unused;
};

struct running {
	__u64			ns;
	char			before_comm[MESSAGE_COMM_SIZE];
	__u32			before;
	__u32			unused;
};

#define ARRAY(name_, type_, value_, entries_)			\
	struct {						\
		__uint(type, type_);				\
		__type(key, __u32);				\
		__type(value, value_);				\
		__uint(max_entries, entries_);			\
	} name_ SEC(".maps")

ARRAY(endpoints, BPF_MAP_TYPE_ARRAY, struct endpoint_stats, MESSAGE_ENDPOINTS + 1);
ARRAY(asked, BPF_MAP_TYPE_ARRAY, struct asked, MESSAGE_OPEN_MAX *MESSAGE_ASKED_MAX);
ARRAY(received, BPF_MAP_TYPE_ARRAY, struct received, MESSAGE_OPEN_MAX *MESSAGE_QUEUED_MAX);
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct message_key);
	__type(value, struct received);
	__uint(max_entries, MESSAGE_QUEUED_MORE);
} received_more SEC(".maps");

ARRAY(slots, BPF_MAP_TYPE_ARRAY, struct slot, DEVICES *DEVICE_SLOTS);
ARRAY(writers, BPF_MAP_TYPE_ARRAY, struct writer, TASKS);
ARRAY(interrupts, BPF_MAP_TYPE_ARRAY, struct interrupt, TASKS);
ARRAY(runs, BPF_MAP_TYPE_PERCPU_ARRAY, struct running, 1);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} told SEC(".maps");

static const struct {
	__u8 from, to;
} stages[MESSAGE_STAGES] = {
	[STAGE_WRITE] = { AT_WRITE, AT_QUEUED },
	[STAGE_KICK] = { AT_QUEUED, AT_KICK },
	[STAGE_CONSUME] = { AT_KICK, AT_CONSUMED },
	[STAGE_ANSWER] = { AT_CONSUMED, AT_INTERRUPT },
	[STAGE_REMOTE] = { AT_KICK, AT_INTERRUPT },
	[STAGE_DELIVER] = { AT_INTERRUPT, AT_DELIVERED },
	[STAGE_WAIT] = { AT_DELIVERED, AT_RUNNING },
	[STAGE_READ] = { AT_RUNNING, AT_USER },
	[STAGE_TOTAL] = { AT_WRITE, AT_USER },
};

#define add(counter, more)	__sync_fetch_and_add(&(counter), more)

static __always_inline struct endpoint_stats *stats_of(__u32 endpoint)
{
	return bpf_map_lookup_elem(&endpoints, &endpoint);
}

static __always_inline __u32 lane_of(__u32 endpoint)
{
	return endpoint % MESSAGE_OPEN_MAX;
}

/* asked_at() - where that message is, or was, or will be. */
static __always_inline struct asked *asked_at(__u32 endpoint, __u32 number)
{
	__u32 i = lane_of(endpoint) * MESSAGE_ASKED_MAX + number % MESSAGE_ASKED_MAX;

	return bpf_map_lookup_elem(&asked, &i);
}

static __always_inline struct received *received_at(__u32 endpoint, __u32 number)
{
	__u32 i = lane_of(endpoint) * MESSAGE_QUEUED_MAX + number % MESSAGE_QUEUED_MAX;

	return bpf_map_lookup_elem(&received, &i);
}

static __always_inline struct slot *slot_at(struct slot_key key)
{
	__u32 i = key.device % DEVICES * DEVICE_SLOTS + key.slot % DEVICE_SLOTS;

	return bpf_map_lookup_elem(&slots, &i);
}

static __always_inline struct writer *writer_at(__u32 context)
{
	__u32 i = context % TASKS;

	return bpf_map_lookup_elem(&writers, &i);
}

/* writer_now() - the running task's, if it writes to an endpoint of interest. */
static __always_inline struct writer *writer_now(void)
{
	__u32 context = current_context();
	struct writer *writer = writer_at(context);

	return writer && writer->endpoint && writer->context == context ? writer : NULL;
}

static __always_inline struct interrupt *interrupt_at(__u32 context)
{
	__u32 i = context % TASKS;

	return bpf_map_lookup_elem(&interrupts, &i);
}

/* Endpoints */

static __always_inline bool name_wanted(const char *name)
{
	for (int i = 0; i < MESSAGE_NAME_SIZE; i++) {
		if (name[i] != only_name[i])
			return false;
		if (!name[i])
			break;
	}
	return true;
}

/*
 * Functions that are not static are verified once, by themselves, and not anew at each call: that
 * is a matter of seconds and minutes. They take structures in maps and on the stack, and numbers; a
 * kernel's pointer has to be made a number.
 */
static __always_inline __u64 number_of(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

struct search {
	__u32 endpoint;
};

/* One that is free, with a lane that is; both are taken. */
static long find_free(__u32 i, struct search *search)
{
	__u32 id = i + 1;
	struct endpoint_stats *stats = stats_of(id);

	if (!stats)
		return 1;
	if (stats->used || lanes[lane_of(id)])
		return 0;
	if (__sync_val_compare_and_swap(&lanes[lane_of(id)], 0, id))
		return 0;
	if (__sync_val_compare_and_swap(&stats->used, 0, 1)) {
		lanes[lane_of(id)] = 0;
		return 0;
	}
	search->endpoint = id;
	return 1;
}

static __always_inline void free_endpoint(struct endpoint_stats *stats, __u32 id)
{
	stats->used = 0;
	lanes[lane_of(id)] = 0;
}

/* As others may do at the same time, but no more of them than can be open. */
static __always_inline void raise_endpoint_count(__u32 id)
{
	__u32 highest = endpoint_count;

	for (int i = 0; i < MESSAGE_OPEN_MAX && highest < id; i++) {
		__u32 before = __sync_val_compare_and_swap(&endpoint_count, highest, id);

		if (before == highest)
			break;
		highest = before;
	}
}

/* new_endpoint() - a node that was not seen since it was opened. 0 when it is of no interest. */
__noinline __u32 new_endpoint(__u64 device, __u32 node, __u64 name, __u32 addr)
{
	struct device *dev = (struct device *)device;
	struct search search = { 0 };
	struct endpoint_stats *stats;
	char copy[MESSAGE_NAME_SIZE] = {};
	int processor = processor_index(dev);
	__u32 before;

	node %= NODES;
	bpf_probe_read_kernel_str(copy, sizeof(copy), (const char *)name);
	if ((only_processor != MESSAGE_ANY_PROCESSOR && only_processor != processor) ||
	    (only_addr != MESSAGE_ANY_ADDR && only_addr != addr) ||
	    (only_name[0] && !name_wanted(copy))) {
		nodes[node] = UNWANTED;
		return 0;
	}
	bpf_loop(MESSAGE_ENDPOINTS, find_free, &search, 0);
	stats = search.endpoint ? stats_of(search.endpoint) : NULL;
	if (!stats) {
		add(lost, 1);
		nodes[node] = UNWANTED;
		return 0;
	}
	__builtin_memcpy(stats->name, copy, sizeof(copy));
	stats->node = node;
	stats->processor = processor;
	stats->addr = addr;
	stats->closed = 0;
	stats->unasked = 0;
	stats->earlier = 0;
	stats->refused = 0;
	stats->queue_earlier = 0;
	stats->send_since_ns = 0;
	stats->timed = 0;
	stats->passed = 0;
	stats->opened = 0;
	stats->serial = add(serial, 1) + 1;
	raise_endpoint_count(search.endpoint);
	/* Somebody else may have seen it meanwhile. */
	before = __sync_val_compare_and_swap(&nodes[node], 0, search.endpoint);
	if (!before)
		return search.endpoint;
	free_endpoint(stats, search.endpoint);
	return before == UNWANTED ? 0 : before;
}

/* The tool says which of the two the module has. */
const volatile bool ours;

/* Tracepoints have a pointer that can be followed. */
static __always_inline __u32 node_of(struct device *dev)
{
	return ours ? dev->id : BPF_CORE_READ(dev, id);
}

static __always_inline __u32 endpoint_of(struct device *dev)
{
	__u32 node = node_of(dev), known = nodes[node % NODES], addr;

	if (node >= NODES) {
		add(lost, 1);
		return 0;
	}
	if (known)
		return known == UNWANTED ? 0 : known;
	if (ours) {
		struct eptdev *eptdev = (void *)dev - bpf_core_field_offset(struct eptdev, dev);

		addr = BPF_CORE_READ(eptdev, addr);
		return new_endpoint(number_of(dev), node, number_of(&eptdev->info.name), addr);
	}
	struct rpmsg_eptdev *eptdev = (void *)dev - bpf_core_field_offset(struct rpmsg_eptdev, dev);

	addr = BPF_CORE_READ(eptdev, ept, addr);
	return new_endpoint(number_of(dev), node, number_of(&eptdev->chinfo.name), addr);
}

/* Times */

#define TWICE(n)	n, n
#define LOG2_OF(n)	TWICE(TWICE(TWICE(TWICE(TWICE(n)))))

/* Of a byte; counted times come here more often than anywhere else. */
static const __u8 log2_of_byte[256] = {
	0, 0, TWICE(1), TWICE(TWICE(2)), TWICE(TWICE(TWICE(3))), TWICE(TWICE(TWICE(TWICE(4)))),
	LOG2_OF(5), TWICE(LOG2_OF(6)), TWICE(TWICE(LOG2_OF(7))),
};

static __always_inline __u32 log2(__u64 value)
{
	__u32 exponent = 0;

	for (int shift = 32; shift >= 8; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			exponent += shift;
		}
	}
	return exponent + log2_of_byte[value & 0xff];
}

__noinline int count_stage(struct stage_stats *stage, __u64 ns)
{
	__u32 slot = ns;

	if (!stage)
		return 0;
	add(stage->sum_ns, ns);
	if (ns > stage->max_ns)
		stage->max_ns = ns;
	if (ns >= 1 << MESSAGE_SLOT_BITS) {
		slot = log2(ns) - MESSAGE_SLOT_BITS;
		slot = ((slot + 1) << MESSAGE_SLOT_BITS) +
		       ((ns >> slot) & ((1 << MESSAGE_SLOT_BITS) - 1));
		/* The verifier wants to see what is compared used. */
		barrier_var(slot);
		if (slot >= MESSAGE_SLOTS)
			slot = MESSAGE_SLOTS - 1;
	}
	add(stage->slots[slot], 1);
	return 0;
}

static __always_inline __u64 total_of(const __u64 *at)
{
	return at[AT_WRITE] && at[AT_USER] ? at[AT_USER] - at[AT_WRITE] : 0;
}

/* wanted() - do the filters let it through? */
static __always_inline bool wanted(const struct passed *passed)
{
	return (!only_pid || passed->writer == only_pid || passed->reader == only_pid) &&
	       (!min_ns || total_of(passed->at) >= min_ns);
}

/* account() - what is known of a message's way, now that it has ended. */
__noinline int account(struct endpoint_stats *stats, const struct passed *passed)
{
	if (!stats || !passed || !wanted(passed))
		return 0;
#pragma unroll
	for (int i = 0; i < MESSAGE_STAGES; i++) {
		__u64 from = passed->at[stages[i].from], to = passed->at[stages[i].to];

		if (!from || !to || (i == STAGE_REMOTE && passed->at[AT_CONSUMED]))
			continue;
		/* Two CPUs' clocks may differ by little. */
		count_stage(&stats->stages[i], to > from ? to - from : 0);
	}
	return 0;
}

/* give_up() - of the oldest message nobody waits for an answer any more. */
static __always_inline void give_up(struct endpoint_stats *stats, __u32 id)
{
	__u32 number = add(stats->asked_head, 1);
	struct asked *asked = asked_at(id, number);
	struct passed passed = {};

	add(stats->given_up, 1);
	if (!asked || asked->number != number || asked->endpoint != id)
		return;
	__builtin_memcpy(passed.at, asked->at, sizeof(asked->at));
	passed.writer = asked->writer;
	account(stats, &passed);
}

#endif /* RPMSG_TRACE_MESSAGE_BPF_H */
