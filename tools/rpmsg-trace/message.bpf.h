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
struct eptdev {
	struct device		dev;
	struct rpmsg_channel_info info;
	__u32			addr;
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

__u64 lost;		/* events that found a map full, or what they were about not there */
__u32 endpoint_count;
__u64 tell_ns;		/* the tool is told of messages that took this long; all ones: of none */

struct message_key {
	__u32			endpoint;
	__u32			number;
};

struct writer {
	__u64			ns;
	__u32			endpoint;	/* 0: not of interest */
	__u32			len;
	struct message_key	queued;		/* endpoint 0: not yet, or kicked already */
};

struct slot_key {
	__u32			device;
	__u32			slot;
};

struct running {
	__u64			ns;
	__u32			before;
	char			before_comm[MESSAGE_COMM_SIZE];
};

#define MAP(name_, type_, key_, value_, entries_)		\
	struct {						\
		__uint(type, type_);				\
		__type(key, key_);				\
		__type(value, value_);				\
		__uint(max_entries, entries_);			\
	} name_ SEC(".maps")

MAP(nodes, BPF_MAP_TYPE_HASH, __u32, __u32, 1024);	/* N of rpmsgN -> endpoint */
MAP(endpoints, BPF_MAP_TYPE_HASH, __u32, struct endpoint_stats, 256);
MAP(asked, BPF_MAP_TYPE_HASH, struct message_key, struct message, 16384);
MAP(received, BPF_MAP_TYPE_HASH, struct message_key, struct message, 65536);
MAP(slots, BPF_MAP_TYPE_HASH, struct slot_key, struct message_key, 8192);
MAP(writers, BPF_MAP_TYPE_HASH, __u32, struct writer, 4096);	/* by context */
MAP(interrupts, BPF_MAP_TYPE_LRU_HASH, __u32, __u64, 4096);	/* by context */
MAP(runs, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct running, 1);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} told SEC(".maps");

static const struct endpoint_stats no_stats;

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

static __always_inline bool store(void *map, const void *key, const void *value)
{
	if (!bpf_map_update_elem(map, key, value, BPF_ANY))
		return true;
	add(lost, 1);
	return false;
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

/* new_endpoint() - a node that was not seen since it was opened. 0 when it is of no interest. */
__noinline __u32 new_endpoint(__u64 device, __u32 node, __u64 name, __u32 addr)
{
	struct device *dev = (struct device *)device;
	struct endpoint_stats *stats;
	char copy[MESSAGE_NAME_SIZE] = {};
	int processor = processor_index(dev);
	__u32 id = 0;

	bpf_probe_read_kernel_str(copy, sizeof(copy), (const char *)name);
	if ((only_processor == MESSAGE_ANY_PROCESSOR || only_processor == processor) &&
	    (only_addr == MESSAGE_ANY_ADDR || only_addr == addr) &&
	    (!only_name[0] || name_wanted(copy))) {
		id = add(endpoint_count, 1) + 1;
		if (!store(&endpoints, &id, &no_stats))
			id = 0;
	}
	stats = bpf_map_lookup_elem(&endpoints, &id);
	if (stats) {
		__builtin_memcpy(stats->name, copy, sizeof(copy));
		stats->node = node;
		stats->processor = processor;
		stats->addr = addr;
	}
	if (!store(&nodes, &node, &id))
		bpf_map_delete_elem(&endpoints, &id);
	return id;
}

/* The tool says which of the two the module has. */
const volatile bool ours;

static __always_inline __u32 endpoint_of(struct device *dev)
{
	__u32 node = BPF_CORE_READ(dev, id), *known = bpf_map_lookup_elem(&nodes, &node), addr;

	if (known)
		return *known;
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

static __always_inline __u32 log2(__u64 value)
{
	__u32 exponent = 0;

	for (int shift = 32; shift; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			exponent += shift;
		}
	}
	return exponent;
}

static __always_inline __u32 slot_of(__u64 ns)
{
	__u32 exponent, slot;

	if (ns < 1 << MESSAGE_SLOT_BITS)
		return ns;
	exponent = log2(ns) - MESSAGE_SLOT_BITS;
	slot = ((exponent + 1) << MESSAGE_SLOT_BITS) +
	       ((ns >> exponent) & ((1 << MESSAGE_SLOT_BITS) - 1));
	return slot < MESSAGE_SLOTS ? slot : MESSAGE_SLOTS - 1;
}

__noinline int count_stage(struct stage_stats *stage, __u64 ns)
{
	__u32 slot = slot_of(ns);

	if (!stage)
		return 0;
	add(stage->count, 1);
	add(stage->sum_ns, ns);
	if (ns > stage->max_ns)
		stage->max_ns = ns;
	if (slot < MESSAGE_SLOTS)
		add(stage->slots[slot], 1);
	return 0;
}

static __always_inline __u64 total_of(const struct message *message)
{
	return message->at[AT_WRITE] && message->at[AT_USER] ?
	       message->at[AT_USER] - message->at[AT_WRITE] : 0;
}

/* account() - what is known of a message's way, now that it has ended. */
__noinline int account(struct endpoint_stats *stats, const struct message *message)
{
	if (!stats || !message)
		return 0;
	if (only_pid && message->writer != only_pid && message->reader != only_pid)
		return 0;
	if (min_ns && total_of(message) < min_ns)
		return 0;
	for (int i = 0; i < MESSAGE_STAGES; i++) {
		__u64 from = message->at[stages[i].from & 7], to = message->at[stages[i].to & 7];

		if (!from || !to || (i == STAGE_REMOTE && message->at[AT_CONSUMED]))
			continue;
		/* Two CPUs' clocks may differ by little. */
		count_stage(&stats->stages[i], to > from ? to - from : 0);
	}
	return 0;
}

static __always_inline void tell(const struct message *message)
{
	if (tell_ns == ~0ULL || total_of(message) < tell_ns || total_of(message) < min_ns)
		return;
	if (only_pid && message->writer != only_pid && message->reader != only_pid)
		return;
	if (bpf_ringbuf_output(&told, (void *)message, sizeof(*message), 0))
		add(lost, 1);
}

/* give_up() - of the oldest message nobody waits for an answer any more. */
static __always_inline void give_up(struct endpoint_stats *stats, __u32 id)
{
	struct message_key key = { .endpoint = id, .number = add(stats->asked_head, 1) };
	struct message *message = bpf_map_lookup_elem(&asked, &key);

	add(stats->given_up, 1);
	if (message)
		account(stats, message);
	bpf_map_delete_elem(&asked, &key);
}

#endif /* RPMSG_TRACE_MESSAGE_BPF_H */
