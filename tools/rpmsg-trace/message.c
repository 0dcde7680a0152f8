// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message.bpf.c at work: what it is attached to, what it counted, what a stage is.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "message.skel.h"
#include "messages.h"

static const struct {
	const char *name, *text;
} stages[MESSAGE_STAGES] = {
	[STAGE_WRITE] = { "write", "write begins - in the ring" },
	[STAGE_KICK] = { "kick", "in the ring - remote is told" },
	[STAGE_CONSUME] = { "consume", "told - remote is done with it" },
	[STAGE_ANSWER] = { "answer", "done with it - answer's interrupt" },
	[STAGE_REMOTE] = { "remote", "told - answer's interrupt" },
	[STAGE_DELIVER] = { "deliver", "interrupt - in the node's queue" },
	[STAGE_WAIT] = { "wait", "in the queue - its reader runs" },
	[STAGE_READ] = { "read", "reader runs - in its memory" },
	[STAGE_TOTAL] = { "total", "from write to read" },
};

const char *stage_name(enum message_stage stage)
{
	return stages[stage].name;
}

const char *stage_text(enum message_stage stage)
{
	return stages[stage].text;
}

/* Without these there is nothing to attach to on mainline's modules. */
static const struct trace_function functions[] = {
	{ "virtio_ring", { "virtqueue_add_outbuf" } },
	{ "virtio_ring", { "virtqueue_kick_prepare" } },
	{ "virtio_rpmsg_bus", { "rpmsg_recv_done" } },
	{ "rpmsg_char", { "rpmsg_eptdev_write_iter" } },
	{ "rpmsg_char", { "rpmsg_eptdev_read_iter" } },
	{ "rpmsg_char", { "rpmsg_eptdev_release" } },
	{ "rpmsg_char", { "rpmsg_ept_cb" } },
};

#define FUNCTION_COUNT	(sizeof(functions) / sizeof(functions[0]))

/* Programs of a set have names that begin like this; those of no set are for all. */
static const char *const sets[] = { "fn_", "tp_", "sample_" };

static bool is_of_other_set(const char *name, const char *set)
{
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!strncmp(name, sets[i], strlen(sets[i])))
			return strcmp(sets[i], set);
	}
	return false;
}

static int choose_programs(struct messages *messages, bool sample)
{
	const char *names[FUNCTION_COUNT], *set;
	struct bpf_program *program;

	messages->ours = trace_has_symbol("__tracepoint_rpmsg_delivered") &&
			 trace_has_symbol("__tracepoint_rpmsg_queued");
	if (!messages->ours && trace_find_functions(functions, names, FUNCTION_COUNT))
		return TRACE_FAILED;
	messages->sampled = messages->ours && sample &&
			    trace_has_symbol("__tracepoint_rpmsg_passed");
	set = messages->sampled ? "sample_" : messages->ours ? "tp_" : "fn_";
	bpf_object__for_each_program(program, messages->skel->obj) {
		if (is_of_other_set(bpf_program__name(program), set))
			bpf_program__set_autoload(program, false);
	}
	messages->skel->rodata->ours = messages->ours;
	return TRACE_OK;
}

static int set_filters(struct message_bpf *skel, const struct trace_args *args)
{
	int processor;

	if (args->processor) {
		if (trace_find_processor(args->processor, &processor))
			return TRACE_FAILED;
		skel->rodata->only_processor = processor;
	}
	if (args->endpoint) {
		if (strlen(args->endpoint) >= MESSAGE_NAME_SIZE)
			return trace_fail(0, "no endpoint has a name as long as '%s'",
					  args->endpoint);
		memcpy((char *)skel->rodata->only_name, args->endpoint, strlen(args->endpoint));
	}
	if (args->addr >= 0)
		skel->rodata->only_addr = args->addr;
	skel->rodata->only_pid = args->pid;
	skel->rodata->min_ns = args->min_ns;
	return TRACE_OK;
}

#define NODES_FOLDER	"/sys/class/rpmsg"

/* False when there is no such file. */
static bool read_number(unsigned int node, const char *name, __u64 *number)
{
	char path[128];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), NODES_FOLDER "/rpmsg%u/%s", node, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%llu", number) == 1;
	fclose(file);
	return ok;
}

/* False when the node is gone; then nothing is changed. */
static bool read_counters(unsigned int node, struct node_counters *counters)
{
	struct node_counters c;
	__u64 full, nomem;

	if (!read_number(node, "statistics/tx_messages", &c.sent) ||
	    !read_number(node, "statistics/tx_bytes", &c.sent_bytes) ||
	    !read_number(node, "statistics/rx_messages", &c.received) ||
	    !read_number(node, "statistics/rx_bytes", &c.received_bytes) ||
	    !read_number(node, "statistics/rx_dropped_full", &full) ||
	    !read_number(node, "statistics/rx_dropped_nomem", &nomem) ||
	    !read_number(node, "rx_queued", &c.queued))
		return false;
	c.refused = full + nomem;
	*counters = c;
	return true;
}

/* Before anything is attached: what is counted of endpoints that are open already begins here. */
static int read_all_before(struct messages *messages)
{
	DIR *folder = opendir(NODES_FOLDER);
	struct dirent *entry;
	unsigned int node;

	messages->before = calloc(MESSAGE_NODES, sizeof(*messages->before));
	if (folder && messages->before) {
		while ((entry = readdir(folder))) {
			if (sscanf(entry->d_name, "rpmsg%u", &node) == 1 && node < MESSAGE_NODES)
				read_counters(node, &messages->before[node]);
		}
	}
	if (folder)
		closedir(folder);
	return messages->before ? TRACE_OK : trace_fail(-ENOMEM, "cannot read the counters");
}

static __u64 minus(__u64 more, __u64 less)
{
	return more > less ? more - less : 0;
}

/* What the node counted, from when the endpoint was opened or tracing began. */
static void use_counters(const struct messages *messages, struct endpoint_stats *stats)
{
	const struct node_counters *before = &stats->before;
	struct node_counters now = stats->now;
	__u64 read;

	if (!stats->opened)
		before = &messages->before[stats->node % MESSAGE_NODES];
	if (!stats->closed)
		read_counters(stats->node, &now);
	stats->sent = minus(now.sent, before->sent);
	stats->sent_bytes = minus(now.sent_bytes, before->sent_bytes);
	stats->received = minus(now.received, before->received);
	stats->received_bytes = minus(now.received_bytes, before->received_bytes);
	stats->refused = minus(now.refused, before->refused);
	/* Those that were queued before are read first. */
	read = minus(stats->received + before->queued, now.queued + stats->unread);
	stats->earlier = read < before->queued ? read : before->queued;
	stats->read = read - stats->earlier;
	stats->queue_head = 0;
	stats->queue_tail = now.queued;
	stats->asked_head = 0;
	stats->asked_tail = minus(stats->timed, stats->passed);
}

static int told(void *ctx, void *data, size_t size)
{
	const struct messages *messages = ctx;

	if (size >= sizeof(struct message))
		messages->tell(messages->data, data);
	return 0;
}

static int attach(struct messages *messages)
{
	struct message_bpf *skel = messages->skel;
	int ret;

	ret = message_bpf__load(skel);
	if (ret)
		return trace_load_failed(ret);
	skel->bss->tell_ns = messages->tell ? 0 : UINT64_MAX;
	if (messages->tell) {
		messages->told = ring_buffer__new(bpf_map__fd(skel->maps.told), told, messages,
						  NULL);
		if (!messages->told)
			return trace_fail(-errno, "cannot read from the BPF programs");
	}
	ret = message_bpf__attach(skel);
	if (ret)
		return trace_attach_failed(ret);
	return TRACE_OK;
}

int messages_begin(struct messages *messages, const struct trace_args *args, bool sample,
		   void (*tell)(void *data, const struct message *message), void *data)
{
	int status;

	*messages = (struct messages){ .tell = tell, .data = data };
	status = trace_check_system();
	if (status)
		return status;
	trace_block_signals();
	messages->skel = message_bpf__open();
	if (!messages->skel)
		return trace_load_failed(-errno);
	status = set_filters(messages->skel, args);
	if (!status)
		status = choose_programs(messages, sample);
	if (!status && messages->sampled)
		status = read_all_before(messages);
	if (!status)
		status = attach(messages);
	if (status)
		return status;
	if (!messages->ours)
		fputs("rpmsg-trace: no tracepoints here, using functions of mainline's modules:\n"
		      "  'consume' and 'answer' cannot be told apart and are 'remote'\n", stderr);
	fputs("rpmsg-trace: tracing, Ctrl-C ends it\n", stderr);
	return TRACE_OK;
}

void messages_end(struct messages *messages)
{
	ring_buffer__free(messages->told);
	message_bpf__destroy(messages->skel);
	free(messages->before);
	free(messages->rows);
}

void messages_poll(struct messages *messages)
{
	if (messages->told)
		ring_buffer__consume(messages->told);
}

void messages_tell_from(struct messages *messages, uint64_t ns)
{
	messages->skel->bss->tell_ns = ns;
}

static int compare_rows(const void *left, const void *right)
{
	const struct endpoint_row *a = left, *b = right;

	return (a->stats.serial > b->stats.serial) - (a->stats.serial < b->stats.serial);
}

static void count_stages(struct endpoint_stats *stats)
{
	struct stage_stats *stage;
	int i, slot;

	for (i = 0; i < MESSAGE_STAGES; i++) {
		stage = &stats->stages[i];
		stage->count = 0;
		for (slot = 0; slot < MESSAGE_SLOTS; slot++)
			stage->count += stage->slots[slot];
	}
}

int messages_read(struct messages *messages)
{
	const int fd = bpf_map__fd(messages->skel->maps.endpoints);
	const __u32 last = messages->skel->bss->endpoint_count;
	struct endpoint_row *row;
	__u32 id;

	row = reallocarray(messages->rows, last + 1, sizeof(*row));
	if (!row)
		return trace_fail(-ENOMEM, "cannot read the counters");
	messages->rows = row;
	for (id = 1; id <= last; id++) {
		row->id = id;
		if (bpf_map_lookup_elem(fd, &id, &row->stats))
			return trace_fail(-errno, "cannot read the counters");
		if (!row->stats.used)
			continue;
		count_stages(&row->stats);
		if (messages->sampled)
			use_counters(messages, &row->stats);
		row++;
	}
	messages->count = (size_t)(row - messages->rows);
	qsort(messages->rows, messages->count, sizeof(*messages->rows), compare_rows);
	messages->lost = messages->skel->bss->lost + trace_missed(messages->skel->obj);
	return TRACE_OK;
}

uint64_t slot_ns(unsigned int slot, uint64_t *width_out)
{
	const unsigned int each = 1 << MESSAGE_SLOT_BITS;
	unsigned int exponent;

	*width_out = 1;
	if (slot < each)
		return slot;
	exponent = slot / each - 1;
	*width_out = 1ULL << exponent;
	return (uint64_t)(each + slot % each) << exponent;
}

uint64_t stage_percentile(const struct stage_stats *stage, double percent)
{
	const uint64_t wanted = (uint64_t)((double)stage->count * percent / 100.0);
	uint64_t seen = 0, ns, width;
	unsigned int i;

	for (i = 0; i < MESSAGE_SLOTS; i++) {
		seen += stage->slots[i];
		if (seen > wanted)
			break;
	}
	ns = slot_ns(i, &width) + width / 2;
	return i == MESSAGE_SLOTS || ns > stage->max_ns ? stage->max_ns : ns;
}

const char *time_text(uint64_t ns, char text[TIME_TEXT_SIZE])
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	unsigned int unit = 0;

	while (value >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(text, TIME_TEXT_SIZE, "%.*f%s", !unit || value >= 99.95 ? 0 : 1, value,
		 units[unit]);
	return text;
}
