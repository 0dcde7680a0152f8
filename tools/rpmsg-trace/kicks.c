// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace kicks: kicks per vring, and the time from a kick to the wake-up of the reader.
 *
 * kicks.bpf.c counts, this prints when the time is over. What a pair is, and where each kick
 * ends up, is told to the user in the help below; docs say the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kicks.h"
#include "kicks.skel.h"
#include "trace.h"

struct row {
	struct vring_key key;
	struct vring_stats stats;
};

struct table {
	struct row *rows;
	size_t count;
	uint64_t lost;
};

enum {
	KICK, SEND, SENDTO, TRYSEND, TRYSENDTO, DESTROY, CALLBACK, FUNCTION_COUNT
};

static const struct trace_function functions[FUNCTION_COUNT] = {
	[KICK] = { "virtio_ring", { "virtqueue_kick_prepare" } },
	[SEND] = { "rpmsg_core", { "rpmsg_send" } },
	[SENDTO] = { "rpmsg_core", { "rpmsg_sendto" } },
	[TRYSEND] = { "rpmsg_core", { "rpmsg_trysend" } },
	[TRYSENDTO] = { "rpmsg_core", { "rpmsg_trysendto" } },
	[DESTROY] = { "rpmsg_core", { "rpmsg_destroy_ept" } },
	[CALLBACK] = { "rpmsg_char", { "eptdev_receive", "rpmsg_ept_cb" } },
};

/* What the kernel lacks is told before any program is attached. */
static int set_targets(struct kicks_bpf *skel)
{
	const char *names[FUNCTION_COUNT];
	int ret;

	if (trace_find_functions(functions, names, FUNCTION_COUNT))
		return TRACE_FAILED;
	ret = bpf_program__set_attach_target(skel->progs.delivery_begins, 0, names[CALLBACK]);
	if (!ret)
		ret = bpf_program__set_attach_target(skel->progs.delivery_ends, 0, names[CALLBACK]);
	return ret ? trace_load_failed(ret) : TRACE_OK;
}

static int set_up(struct kicks_bpf *skel, const struct trace_args *args)
{
	int processor, ret;

	if (args->processor) {
		if (trace_find_processor(args->processor, &processor))
			return TRACE_FAILED;
		skel->rodata->only_processor = processor;
	}
	if (set_targets(skel))
		return TRACE_FAILED;
	ret = kicks_bpf__load(skel);
	if (ret)
		return trace_load_failed(ret);
	ret = kicks_bpf__attach(skel);
	if (ret)
		return trace_attach_failed(ret);
	return TRACE_OK;
}

static int compare_rows(const void *left, const void *right)
{
	const struct vring_key *a = &((const struct row *)left)->key;
	const struct vring_key *b = &((const struct row *)right)->key;

	if (a->processor != b->processor)
		return a->processor < b->processor ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->vring > b->vring) - (a->vring < b->vring);
}

static int read_table(struct kicks_bpf *skel, struct table *table)
{
	struct vring_key *previous = NULL, key;
	int fd = bpf_map__fd(skel->maps.vrings);
	struct row *rows;

	table->lost = skel->bss->lost + trace_missed(skel->obj);
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		rows = reallocarray(table->rows, table->count + 1, sizeof(*rows));
		if (!rows)
			return trace_fail(-ENOMEM, "cannot read the counters");
		table->rows = rows;
		rows[table->count].key = key;
		if (!bpf_map_lookup_elem(fd, &key, &rows[table->count].stats))
			previous = &table->rows[table->count++].key;
		else
			return trace_fail(-errno, "cannot read the counters");
	}
	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	return TRACE_OK;
}

/* Kicks whose pair was still open at the end; the counters are read while events go on. */
static uint64_t still_open(const struct vring_stats *stats)
{
	uint64_t ended = stats->joined + stats->foreign + stats->awake + stats->closed +
			 trace_total(stats->wakeup, KICKS_SLOTS);

	return stats->kicks > ended ? stats->kicks - ended : 0;
}

static void print_vrings(const struct table *table)
{
	const struct row *row;
	char device[16];
	size_t i;

	printf("%-14s %-10s %-20s %14s %14s\n", "PROCESSOR", "DEVICE", "VRING", "KICKS",
	       "SUPPRESSED");
	for (i = 0; i < table->count; i++) {
		row = &table->rows[i];
		snprintf(device, sizeof(device), "virtio%u", row->key.device);
		printf("%-14s %-10s %-3u %-16s %14llu %14llu\n",
		       trace_processor_text(row->key.processor), device,
		       row->key.vring, row->stats.name, (unsigned long long)row->stats.kicks,
		       (unsigned long long)row->stats.suppressed);
	}
}

static void print_count(uint64_t count, const char *what)
{
	printf("  %12llu %s\n", (unsigned long long)count, what);
}

static void print_pairs(const struct row *row, const struct vring_stats *rx)
{
	const struct vring_stats *stats = &row->stats;

	printf("\n%s virtio%u vring %u: what its kicks led to\n",
	       trace_processor_text(row->key.processor),
	       row->key.device, row->key.vring);
	print_count(trace_total(stats->wakeup, KICKS_SLOTS), "woke the reader");
	print_count(stats->awake, "answered, the reader was awake");
	print_count(stats->joined, "while an earlier one was not answered yet");
	print_count(stats->foreign, "not for a /dev/rpmsgN");
	print_count(stats->closed, "not answered before the endpoint was closed");
	print_count(still_open(stats), "not answered before tracing ended");
	print_count(rx ? rx->unasked : 0, "wake-ups of a reader with no kick before them");

	if (trace_total(stats->wakeup, KICKS_SLOTS)) {
		puts("\n  from the kick to the wake-up of the reader");
		trace_print_log2("usecs", stats->wakeup, KICKS_SLOTS);
	}
	if (trace_total(stats->running, KICKS_SLOTS)) {
		puts("\n  from its wake-up until the reader runs");
		trace_print_log2("usecs", stats->running, KICKS_SLOTS);
	}
	if (stats->stayed)
		print_count(stats->stayed, "readers had not left their CPU yet");
}

/* The RX vring's counters of the device that @tx, an element of the table, is of. */
static const struct vring_stats *rx_of(const struct table *table, const struct row *tx)
{
	const struct row *row;

	for (row = tx; row-- > table->rows;) {
		if (row->key.processor != tx->key.processor || row->key.device != tx->key.device)
			break;
		if (row->key.vring == KICKS_RX_VRING)
			return &row->stats;
	}
	return NULL;
}

static void print_text(const struct table *table)
{
	size_t i;

	if (table->count)
		print_vrings(table);
	else
		puts("no kicks");
	for (i = 0; i < table->count; i++) {
		if (table->rows[i].key.vring == KICKS_TX_VRING)
			print_pairs(&table->rows[i], rx_of(table, &table->rows[i]));
	}
	printf("\n%llu events lost\n", (unsigned long long)table->lost);
}

static void print_json_count(const char *key, uint64_t count)
{
	printf(",\"%s\":%llu", key, (unsigned long long)count);
}

static void print_json_vring(const struct row *row)
{
	const struct vring_stats *stats = &row->stats;

	printf("{\"type\":\"vring\",\"processor\":");
	trace_print_json_processor(row->key.processor);
	printf(",\"device\":\"virtio%u\",\"vring\":%u,\"name\":", row->key.device, row->key.vring);
	trace_print_json_string(stats->name);
	print_json_count("kicks", stats->kicks);
	print_json_count("suppressed", stats->suppressed);
	if (row->key.vring == KICKS_RX_VRING)
		print_json_count("unasked", stats->unasked);
	if (row->key.vring == KICKS_TX_VRING) {
		print_json_count("woken", trace_total(stats->wakeup, KICKS_SLOTS));
		print_json_count("awake", stats->awake);
		print_json_count("joined", stats->joined);
		print_json_count("foreign", stats->foreign);
		print_json_count("closed", stats->closed);
		print_json_count("open", still_open(stats));
		print_json_count("stayed", stats->stayed);
		putchar(',');
		trace_print_json_slots("wakeup_us", stats->wakeup, KICKS_SLOTS);
		putchar(',');
		trace_print_json_slots("running_us", stats->running, KICKS_SLOTS);
	}
	puts("}");
}

static void print_json(const struct table *table)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		print_json_vring(&table->rows[i]);
	printf("{\"type\":\"end\",\"lost\":%llu}\n", (unsigned long long)table->lost);
}

static int trace(struct kicks_bpf *skel, const struct trace_args *args)
{
	struct table table = { 0 };
	int status;

	fputs("rpmsg-trace: tracing, Ctrl-C ends it\n", stderr);
	status = trace_wait(args->duration_ns, INT64_MAX, NULL, NULL);
	if (status)
		return status;
	status = read_table(skel, &table);
	if (!status && args->json)
		print_json(&table);
	else if (!status)
		print_text(&table);
	free(table.rows);
	return status;
}

static int run(int argc, char **argv)
{
	struct trace_args args;
	struct kicks_bpf *skel;
	int status;

	status = trace_parse(&command_kicks, argc, argv, &args);
	if (status)
		return status - 1;
	status = trace_check_system();
	if (status)
		return status;
	trace_block_signals();
	skel = kicks_bpf__open();
	if (!skel)
		return trace_load_failed(-errno);
	status = set_up(skel, &args);
	if (!status)
		status = trace(skel, &args);
	kicks_bpf__destroy(skel);
	return status;
}

const struct trace_command command_kicks = {
	.name = "kicks",
	.summary = "count kicks per vring; time from a kick to the wake-up of the reader",
	.takes = "djp",
	.help =
		"Usage: rpmsg-trace kicks [-d DURATION] [-p PROCESSOR] [--json]\n"
		"Count the kicks of every rpmsg vring, and show histograms of the time from a\n"
		"kick to the wake-up of the reader that the answer is for, and from there until\n"
		"it runs. Traces until Ctrl-C.\n"
		"\n"
		"  -d, --duration DURATION    end after so many seconds; or units: us, ms, s\n"
		"  -p, --processor PROCESSOR  only this one, by its name or as remoteprocN\n"
		"  -j, --json                 print JSON, one object a line: each vring, then the\n"
		"                             end; histograms are [lower bound, count] in usecs\n"
		"  -v, --verbose              print what libbpf says\n"
		"  -h, --help                 show this\n"
		"\n"
		"A kick is when the driver decides to notify the remote; suppressed is when it\n"
		"does not because the remote asked for none.\n"
		"\n"
		"Times belong to pairs. A kick for a message written to /dev/rpmsgN opens one for\n"
		"this endpoint. The next message to the endpoint ends it. When this message wakes\n"
		"a task, that is the reader, whether it slept in read, poll, epoll or io_uring\n"
		"(with SQPOLL it is the polling thread), and the time counts. When it wakes none,\n"
		"the reader was awake and there is no time to count. Kicks while a pair is open\n"
		"count as such, and leave the pair's time alone: with several messages under way\n"
		"it is the time of the first. An answer that is none (a message that the remote\n"
		"would have sent anyway) ends a pair all the same.\n"
		"\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.run = run,
};
