/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message_path.bpf.h: what becomes of a message at each point that it passes. Called by the
 * programs in message.bpf.c.
 *
 * A message is known by its endpoint and a number: the numbers of those sent that were not answered
 * yet are asked_head to asked_tail of the endpoint, those received and not read queue_head to
 * queue_tail. Both are queues: the answer to come is taken for that to the oldest message, and what
 * a reader gets is the oldest received, which is exactly so.
 */
#ifndef RPMSG_TRACE_MESSAGE_PATH_BPF_H
#define RPMSG_TRACE_MESSAGE_PATH_BPF_H

#include "message.bpf.h"

/* The way to the remote */

static __always_inline struct writer *begin_to_write(struct device *dev)
{
	__u32 endpoint = endpoint_of(dev), context = current_context();
	struct writer *writer;

	if (!endpoint)
		return NULL;
	writer = writer_at(context);
	if (!writer || (writer->endpoint && writer->context != context)) {
		add(lost, 1);
		return NULL;
	}
	writer->context = context;
	writer->endpoint = endpoint;
	writer->queued = 0;
	writer->ns = bpf_ktime_get_ns();
	return writer;
}

static __always_inline int write_begins(struct device *dev, __u32 len)
{
	struct writer *writer = begin_to_write(dev);

	if (writer)
		writer->len = len;
	return 0;
}

static __always_inline int write_ends(void)
{
	struct writer *writer = writer_now();

	if (writer)
		writer->endpoint = 0;
	return 0;
}

/* The messages that a ring has. Those that had no room at the last time wait since then. */
static __always_inline int send_begins(struct device *dev)
{
	struct writer *writer = begin_to_write(dev);
	struct endpoint_stats *stats = writer ? stats_of(writer->endpoint) : NULL;

	if (stats && stats->send_since_ns)
		writer->ns = stats->send_since_ns;
	return 0;
}

static __always_inline int send_ends(__u32 left)
{
	struct writer *writer = writer_now();
	struct endpoint_stats *stats = writer ? stats_of(writer->endpoint) : NULL;

	if (stats)
		stats->send_since_ns = left ? writer->ns : 0;
	return write_ends();
}

/*
 * message_queued() - @key names the buffer, and is NULL where its return is not seen; @len is NULL
 * where the writer's is all that is known.
 */
static __always_inline int message_queued(const struct slot_key *key, const __u32 *len)
{
	struct writer *writer = writer_now();
	struct endpoint_stats *stats;
	struct asked *asked;
	struct slot *slot;
	__u64 pid;

	if (!writer)
		return 0;
	stats = stats_of(writer->endpoint);
	if (!stats)
		return 0;
	if (stats->asked_tail - stats->asked_head >= MESSAGE_ASKED_MAX)
		give_up(stats, writer->endpoint);
	writer->number = stats->asked_tail;
	writer->queued++;
	if (len)
		writer->len = *len;
	asked = asked_at(writer->endpoint, writer->number);
	if (!asked)
		return 0;
	pid = bpf_get_current_pid_tgid();
	asked->at[AT_WRITE] = writer->ns;
	asked->at[AT_QUEUED] = bpf_ktime_get_ns();
	asked->at[AT_KICK] = 0;
	asked->at[AT_CONSUMED] = 0;
	asked->endpoint = writer->endpoint;
	asked->number = writer->number;
	asked->writer = pid >> 32;
	asked->writer_thread = pid;
	slot = key ? slot_at(*key) : NULL;
	if (slot) {
		slot->key = *key;
		slot->endpoint = writer->endpoint;
		slot->number = writer->number;
	}
	/* Only now: an answer must find it. */
	add(stats->asked_tail, 1);
	add(stats->sent, 1);
	add(stats->sent_bytes, writer->len);
	return 0;
}

/* queuing_undone() - the ring did not take what was counted as queued already. */
static __always_inline int queuing_undone(void)
{
	struct writer *writer = writer_now();
	struct endpoint_stats *stats;

	if (!writer || !writer->queued)
		return 0;
	writer->queued--;
	stats = stats_of(writer->endpoint);
	if (!stats)
		return 0;
	add(stats->asked_tail, -1);
	add(stats->sent, -1);
	add(stats->sent_bytes, -(__u64)writer->len);
	return 0;
}

struct kick {
	__u64 ns;
	__u32 endpoint;
	__u32 number;		/* of the last message that it is for */
};

static long kick_one(__u32 i, struct kick *kick)
{
	__u32 number = kick->number - i;
	struct asked *asked = asked_at(kick->endpoint, number);

	if (asked && asked->number == number && asked->endpoint == kick->endpoint)
		asked->at[AT_KICK] = kick->ns;
	return 0;
}

static __always_inline int message_kicked(void)
{
	struct writer *writer = writer_now();
	struct kick kick;

	if (!writer || !writer->queued)
		return 0;
	kick.ns = bpf_ktime_get_ns();
	kick.endpoint = writer->endpoint;
	kick.number = writer->number;
	if (writer->queued == 1)
		kick_one(0, &kick);
	else
		bpf_loop(writer->queued, kick_one, &kick, 0);
	writer->queued = 0;
	return 0;
}

/* message_consumed() - @watched: just now, not some time before. */
static __always_inline int message_consumed(struct slot_key key, bool watched)
{
	struct slot *slot = slot_at(key);
	struct asked *asked;

	if (!slot || !slot->endpoint || slot->key.device != key.device ||
	    slot->key.slot != key.slot)
		return 0;
	asked = watched ? asked_at(slot->endpoint, slot->number) : NULL;
	if (asked && asked->number == slot->number && asked->endpoint == slot->endpoint)
		asked->at[AT_CONSUMED] = bpf_ktime_get_ns();
	slot->endpoint = 0;
	return 0;
}

/* The way back */

static __always_inline int interrupted(void)
{
	__u32 context = current_context();
	struct interrupt *interrupt = interrupt_at(context);

	if (!interrupt)
		return 0;
	interrupt->context = context;
	interrupt->ns = bpf_ktime_get_ns();
	return 0;
}

/* The oldest message, which is answered. NULL: nobody asked for that. */
static __always_inline struct asked *take_asked(struct endpoint_stats *stats, __u32 id)
{
	struct asked *asked;
	__u32 number;

	if (stats->asked_head == stats->asked_tail) {
		add(stats->unasked, 1);
		return NULL;
	}
	number = add(stats->asked_head, 1);
	asked = asked_at(id, number);
	if (asked && asked->number == number && asked->endpoint == id)
		return asked;
	add(lost, 1);
	return NULL;
}

static __always_inline __u64 interrupt_of(__u64 consumed)
{
	__u32 context = current_context();
	struct interrupt *interrupt = interrupt_at(context);

	if (!interrupt || interrupt->context != context)
		return 0;
	/* Messages that come while others are delivered have no interrupt of their own. */
	return interrupt->ns < consumed ? consumed : interrupt->ns;
}

/* fill_received() - a message to endpoint @id, and what it answers. */
static __always_inline void fill_received(struct received *received, const struct asked *asked,
					  __u32 id, __u32 number, __u32 len)
{
	if (asked) {
		__builtin_memcpy(received->at, asked->at, sizeof(asked->at));
		received->writer = asked->writer;
		received->writer_thread = asked->writer_thread;
	} else {
		__builtin_memset(received->at, 0, sizeof(asked->at));
		received->writer = 0;
		received->writer_thread = 0;
	}
	received->at[AT_INTERRUPT] = interrupt_of(received->at[AT_CONSUMED]);
	received->at[AT_DELIVERED] = bpf_ktime_get_ns();
	received->len = len;
	received->unused = 0;
	received->number = number;
	received->endpoint = id;
}

/* message_delivered() - @depth is how many the queue has now. */
static __always_inline int message_delivered(struct device *dev, __u32 len, __u32 depth)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats;
	struct received *received;
	struct asked *asked;
	__u32 number;

	if (!id)
		return 0;
	stats = stats_of(id);
	if (!stats)
		return 0;
	if (!stats->received)
		stats->queue_earlier = depth ? depth - 1 : 0;
	asked = take_asked(stats, id);
	number = stats->queue_tail;
	if (number - (__u32)stats->queue_head < MESSAGE_QUEUED_MAX) {
		received = received_at(id, number);
		if (received)
			fill_received(received, asked, id, number, len);
	} else {
		const struct message_key key = { .endpoint = id, .number = number };
		struct received more;

		fill_received(&more, asked, id, number, len);
		if (bpf_map_update_elem(&received_more, &key, &more, BPF_ANY))
			add(lost, 1);
	}
	add(stats->queue_tail, 1);
	add(stats->received, 1);
	add(stats->received_bytes, len);
	return 0;
}

/* tell() - the tool of a message that took long enough. */
static __always_inline void tell(const struct passed *passed, const struct received *received,
				 const struct running *run, __u32 node)
{
	struct message *message;

	if (tell_ns == ~0ULL || total_of(passed->at) < tell_ns || !wanted(passed))
		return;
	message = bpf_ringbuf_reserve(&told, sizeof(*message), 0);
	if (!message) {
		add(lost, 1);
		return;
	}
	__builtin_memcpy(message->at, passed->at, sizeof(message->at));
	message->endpoint = received->endpoint;
	message->node = node;
	message->writer = passed->writer;
	message->writer_thread = received->writer_thread;
	message->reader = passed->reader;
	message->reader_thread = bpf_get_current_pid_tgid();
	message->cpu = bpf_get_smp_processor_id();
	message->len = received->len;
	message->unused = 0;
	bpf_get_current_comm(message->reader_comm, sizeof(message->reader_comm));
	if (run) {
		message->before = run->before;
		__builtin_memcpy(message->before_comm, run->before_comm, MESSAGE_COMM_SIZE);
	} else {
		message->before = 0;
		__builtin_memset(message->before_comm, 0, MESSAGE_COMM_SIZE);
	}
	bpf_ringbuf_submit(message, 0);
}

/*
 * reader_runs() - since when? Who runs now is who was switched to last. NULL: it ran already when
 * the message was delivered.
 */
static __always_inline const struct running *reader_runs(struct passed *passed)
{
	struct running *run;
	__u32 zero = 0;

	passed->at[AT_RUNNING] = passed->at[AT_DELIVERED];
	passed->reader = bpf_get_current_pid_tgid() >> 32;
	run = bpf_map_lookup_elem(&runs, &zero);
	if (!run || run->ns <= passed->at[AT_DELIVERED])
		return NULL;
	passed->at[AT_RUNNING] = run->ns;
	return run;
}

/* The message is in the memory of the running task; or, @late, of a task since who knows when. */
static __always_inline void has_passed(struct endpoint_stats *stats,
				       const struct received *received, bool late)
{
	const struct running *run;
	struct passed passed;

	__builtin_memcpy(passed.at, received->at, sizeof(received->at));
	passed.writer = received->writer;
	if (late) {
		passed.at[AT_RUNNING] = 0;
		passed.at[AT_USER] = 0;
		passed.reader = 0;
		account(stats, &passed);
		return;
	}
	passed.at[AT_USER] = bpf_ktime_get_ns();
	run = reader_runs(&passed);
	account(stats, &passed);
	tell(&passed, received, run, stats->node);
}

/* One from the end of a long queue. Not inlined: that is seldom. */
__noinline int has_passed_late(struct endpoint_stats *stats, __u32 id, __u32 number, bool late)
{
	const struct message_key key = { .endpoint = id, .number = number };
	struct received *received = bpf_map_lookup_elem(&received_more, &key);

	if (!stats)
		return 0;
	if (!received) {
		add(lost, 1);
		return 0;
	}
	has_passed(stats, received, late);
	bpf_map_delete_elem(&received_more, &key);
	return 0;
}

/* The oldest that is queued. */
static __always_inline void read_one(struct endpoint_stats *stats, __u32 id, bool late)
{
	struct received *received;
	__u32 number;

	if (stats->queue_earlier || stats->queue_head == stats->queue_tail) {
		if (stats->queue_earlier)
			add(stats->queue_earlier, -1);
		add(stats->earlier, 1);
		return;
	}
	number = add(stats->queue_head, 1);
	add(stats->read, 1);
	received = received_at(id, number);
	if (received && received->number == number && received->endpoint == id)
		has_passed(stats, received, late);
	else
		has_passed_late(stats, id, number, late);
}

static __always_inline int message_read(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;

	if (stats)
		read_one(stats, id, false);
	return 0;
}

struct reading {
	__u32 endpoint;
	bool late;
};

static long read_next(__u32 i, struct reading *reading)
{
	struct endpoint_stats *stats = stats_of(reading->endpoint);

	if (!stats)
		return 1;
	read_one(stats, reading->endpoint, reading->late);
	return 0;
}

static __always_inline int messages_told(struct device *dev, __u32 count, bool late)
{
	struct reading reading = { .endpoint = endpoint_of(dev), .late = late };

	if (reading.endpoint)
		bpf_loop(count, read_next, &reading, 0);
	return 0;
}

static __always_inline int message_refused(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;

	if (!stats)
		return 0;
	add(stats->refused, 1);
	take_asked(stats, id);
	return 0;
}

/* delivery_undone() - there was no memory for what was counted as delivered already. */
static __always_inline int delivery_undone(struct device *dev, __u32 len)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;
	struct message_key key = { .endpoint = id };

	if (!stats)
		return 0;
	key.number = add(stats->queue_tail, -1) - 1;
	bpf_map_delete_elem(&received_more, &key);
	add(stats->received, -1);
	add(stats->received_bytes, -(__u64)len);
	add(stats->refused, 1);
	return 0;
}

/* The end */

static long end_asked(__u32 i, __u32 *id)
{
	struct endpoint_stats *stats = stats_of(*id);

	if (!stats || stats->asked_head >= stats->asked_tail)
		return 1;
	give_up(stats, *id);
	return 0;
}

static long end_queued(__u32 i, __u32 *id)
{
	struct endpoint_stats *stats = stats_of(*id);
	struct message_key key = { .endpoint = *id };

	if (!stats || stats->queue_head >= stats->queue_tail)
		return 1;
	key.number = add(stats->queue_head, 1);
	add(stats->unread, 1);
	bpf_map_delete_elem(&received_more, &key);
	return 0;
}

/* forget_node() - the node's number may be another's next. The endpoint that it was, or 0. */
static __always_inline __u32 forget_node(struct device *dev)
{
	__u32 node = node_of(dev), id;

	if (node >= NODES)
		return 0;
	id = nodes[node % NODES];
	nodes[node % NODES] = 0;
	return id == UNWANTED ? 0 : id;
}

/* Nothing comes after that. Who opens and closes all the time shall not fill the table. */
static __always_inline void close_endpoint(struct endpoint_stats *stats, __u32 id, bool was_used)
{
	stats->closed = 1;
	lanes[lane_of(id)] = 0;
	if (!was_used)
		stats->used = 0;
}

static __always_inline int node_closed(struct device *dev)
{
	__u32 id = forget_node(dev);
	struct endpoint_stats *stats = id ? stats_of(id) : NULL;

	if (!stats)
		return 0;
	bpf_loop(MESSAGE_ASKED_MAX, end_asked, &id, 0);
	bpf_loop(MESSAGE_QUEUED_MAX + MESSAGE_QUEUED_MORE, end_queued, &id, 0);
	close_endpoint(stats, id, stats->sent || stats->received);
	return 0;
}

#endif /* RPMSG_TRACE_MESSAGE_PATH_BPF_H */
