// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace top: endpoints by what went through them in the last interval.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"

struct top {
	struct messages messages;
	const struct trace_args *args;
	struct endpoint_row *before;	/* what the counters were the last time */
	size_t before_count;
	int64_t before_ns;
	int status;
};

/* An endpoint in the last interval. */
struct use {
	const struct endpoint_stats *stats;
	uint64_t sent, received, bytes, refused, wait_ns;
};

static const struct endpoint_stats *stats_before(const struct top *top, __u32 id)
{
	static const struct endpoint_stats none;
	size_t i;

	for (i = 0; i < top->before_count; i++) {
		if (top->before[i].id == id)
			return &top->before[i].stats;
	}
	return &none;
}

static uint64_t bytes_of(const struct endpoint_stats *stats)
{
	return stats->sent_bytes + stats->received_bytes;
}

static struct use use_of(const struct top *top, const struct endpoint_row *row)
{
	const struct endpoint_stats *now = &row->stats, *then = stats_before(top, row->id);
	const struct stage_stats *wait = &now->stages[STAGE_WAIT];
	const struct stage_stats *waited = &then->stages[STAGE_WAIT];

	struct use use = {
		.stats = now,
		.sent = now->sent - then->sent,
		.received = now->received - then->received,
		.bytes = bytes_of(now) - bytes_of(then),
		.refused = now->refused - then->refused,
	};

	if (wait->count != waited->count)
		use.wait_ns = (wait->sum_ns - waited->sum_ns) / (wait->count - waited->count);
	return use;
}

static int busier_first(const void *left, const void *right)
{
	const struct use *a = left, *b = right;
	const uint64_t busy_a = a->sent + a->received, busy_b = b->sent + b->received;

	if (busy_a != busy_b)
		return busy_a < busy_b ? 1 : -1;
	return (a->stats->node > b->stats->node) - (a->stats->node < b->stats->node);
}

static void print_text(const struct use *use, double seconds)
{
	char node[16], wait[TIME_TEXT_SIZE];

	snprintf(node, sizeof(node), "rpmsg%u", use->stats->node);
	printf("%-12s %-9s %-12.12s %7.0f %7.0f %8.1f %6llu %5llu %6s\n",
	       trace_processor_text(use->stats->processor), node, use->stats->name,
	       (double)use->sent / seconds, (double)use->received / seconds,
	       (double)use->bytes / seconds / 1000,
	       (unsigned long long)(use->stats->queue_tail - use->stats->queue_head),
	       (unsigned long long)use->refused, time_text(use->wait_ns, wait));
}

static void print_json(const struct use *use, int64_t ns)
{
	printf("{\"type\":\"endpoint\",\"node\":\"rpmsg%u\",\"name\":", use->stats->node);
	trace_print_json_string(use->stats->name);
	printf(",\"processor\":");
	trace_print_json_processor(use->stats->processor);
	printf(",\"interval_ns\":%llu,\"sent\":%llu,\"received\":%llu", (unsigned long long)ns,
	       (unsigned long long)use->sent, (unsigned long long)use->received);
	printf(",\"bytes\":%llu,\"queued\":%llu,\"refused\":%llu,\"wait_ns\":%llu}\n",
	       (unsigned long long)use->bytes,
	       (unsigned long long)(use->stats->queue_tail - use->stats->queue_head),
	       (unsigned long long)use->refused, (unsigned long long)use->wait_ns);
}

static void print_all(struct top *top, struct use *uses, int64_t ns)
{
	size_t count = 0, i;

	for (i = 0; i < top->messages.count; i++) {
		uses[count] = use_of(top, &top->messages.rows[i]);
		/* One that was closed is shown once more, for what it did last. */
		if (!uses[count].stats->closed || uses[count].sent || uses[count].received)
			count++;
	}
	qsort(uses, count, sizeof(*uses), busier_first);
	if (!top->args->json) {
		if (isatty(STDOUT_FILENO))
			printf("\033[H\033[2J");
		printf("%-12s %-9s %-12s %7s %7s %8s %6s %5s %6s\n", "PROCESSOR", "NODE", "NAME",
		       "SENT/S", "RECV/S", "KB/S", "QUEUED", "DROPS", "WAIT");
	}
	for (i = 0; i < count; i++) {
		if (top->args->json)
			print_json(&uses[i], ns);
		else
			print_text(&uses[i], (double)ns / 1e9);
	}
	if (top->args->json)
		printf("{\"type\":\"interval\",\"lost\":%llu}\n",
		       (unsigned long long)top->messages.lost);
	else
		printf("%llu events lost\n\n", (unsigned long long)top->messages.lost);
	fflush(stdout);
}

static void tick(void *data)
{
	struct top *top = data;
	const int64_t ns = trace_now_ns();
	struct use *uses;

	if (top->status)
		return;
	top->status = messages_read(&top->messages);
	if (top->status)
		return;
	uses = calloc(top->messages.count + 1, sizeof(*uses));
	if (!uses) {
		top->status = trace_fail(0, "out of memory");
		return;
	}
	print_all(top, uses, ns - top->before_ns);
	free(uses);
	free(top->before);
	top->before = top->messages.rows;
	top->before_count = top->messages.count;
	top->before_ns = ns;
	top->messages.rows = NULL;
	top->messages.count = 0;
}

static int run(int argc, char **argv)
{
	struct trace_args args;
	struct top top = { .args = &args };
	int status;

	status = trace_parse(&command_top, argc, argv, &args);
	if (status)
		return status - 1;
	status = messages_begin(&top.messages, &args, false, NULL, NULL);
	top.before_ns = trace_now_ns();
	if (!status)
		status = trace_wait(args.duration_ns, args.interval_ns, tick, &top);
	/* What came since the last interval; rates of next to no time say nothing. */
	if (!status && (args.json || trace_now_ns() - top.before_ns > 10000000))
		tick(&top);
	messages_end(&top.messages);
	free(top.before);
	return status ? status : top.status;
}

const struct trace_command command_top = {
	.name = "top",
	.summary = "endpoints by what goes through them, live",
	.takes = "djpeaPi",
	.help =
		"Usage: rpmsg-trace top [OPTION...]\n"
		"Show, once a second, what went through each /dev/rpmsgN since the last time, the\n"
		"busiest first: messages sent and received, bytes both ways, messages queued now,\n"
		"messages dropped because the queue was full, and the mean time that a received\n"
		"one waited until its reader ran. Runs until Ctrl-C, and shows the rest then.\n"
		"\n"
		"  -i, --interval DURATION    how often (1 s)\n"
		"  -d, --duration DURATION    end after so many seconds; or units: us, ms, s\n"
		"  -p, --processor PROCESSOR  only this one, by its name or as remoteprocN\n"
		"  -e, --endpoint NAME        only endpoints of this name\n"
		"  -a, --address ADDRESS      only the endpoint with this local address\n"
		"  -P, --pid PID              waits only of messages this process wrote or read\n"
		"  -j, --json                 print JSON, one object a line: each endpoint, then\n"
		"                             the end of the interval\n"
		"  -v, --verbose              print what libbpf says\n"
		"  -h, --help                 show this\n"
		"\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.run = run,
};
