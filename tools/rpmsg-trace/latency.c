// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace latency: the way of each message and its answer, split into stages; and the slowest.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

#define NSEC_PER_MSEC	1000000LL
#define LOG2_SLOTS	32

struct latency {
	struct messages messages;
	struct message slowest[TRACE_SLOWEST_MAX];	/* the slowest first */
	unsigned int wanted;
	unsigned int count;
};

static uint64_t total_of(const struct message *message)
{
	return message->at[AT_WRITE] ? message->at[AT_USER] - message->at[AT_WRITE] : 0;
}

static void take_slow(void *data, const struct message *message)
{
	struct latency *latency = data;
	unsigned int i = latency->count;

	if (!total_of(message))
		return;
	while (i && total_of(&latency->slowest[i - 1]) < total_of(message))
		i--;
	if (i >= latency->wanted)
		return;
	if (latency->count < latency->wanted)
		latency->count++;
	memmove(&latency->slowest[i + 1], &latency->slowest[i],
		(latency->count - i - 1) * sizeof(*message));
	latency->slowest[i] = *message;
}

static void tick(void *data)
{
	struct latency *latency = data;

	messages_poll(&latency->messages);
	if (latency->count == latency->wanted)
		messages_tell_from(&latency->messages,
				   total_of(&latency->slowest[latency->count - 1]) + 1);
}

/* Times in microseconds, a slot for each power of two. */
static void print_histogram(const struct stage_stats *stage)
{
	__u64 slots[LOG2_SLOTS] = { 0 };
	unsigned int i, slot;
	uint64_t usecs, width;

	for (i = 0; i < MESSAGE_SLOTS; i++) {
		usecs = slot_ns(i, &width) / 1000;
		for (slot = 0; usecs >> (slot + 1); slot++)
			;
		slots[slot < LOG2_SLOTS ? slot : LOG2_SLOTS - 1] += stage->slots[i];
	}
	trace_print_log2("usecs", slots, LOG2_SLOTS);
}

static uint64_t under_way(const struct endpoint_stats *stats)
{
	return stats->asked_tail - stats->asked_head;
}

static void print_stage(enum message_stage i, const struct stage_stats *stage)
{
	char p50[TIME_TEXT_SIZE], p90[TIME_TEXT_SIZE], p99[TIME_TEXT_SIZE], max[TIME_TEXT_SIZE];

	if (!stage->count)
		return;
	printf("  %-8s%9llu %8s %8s %8s %8s\n", stage_name(i),
	       (unsigned long long)stage->count, time_text(stage_percentile(stage, 50), p50),
	       time_text(stage_percentile(stage, 90), p90),
	       time_text(stage_percentile(stage, 99), p99), time_text(stage->max_ns, max));
}

static void print_received(const struct endpoint_stats *stats)
{
	printf("%llu received: %llu read, %llu never read, %llu queued",
	       (unsigned long long)stats->received, (unsigned long long)stats->read,
	       (unsigned long long)stats->unread,
	       (unsigned long long)(stats->queue_tail - stats->queue_head));
}

static void print_answered(const struct endpoint_stats *stats, __u64 asked)
{
	printf(": %llu answered, %llu given up, %llu under way",
	       (unsigned long long)(asked - stats->given_up - under_way(stats)),
	       (unsigned long long)stats->given_up, (unsigned long long)under_way(stats));
}

static void print_counts(const struct endpoint_stats *stats, bool sampled)
{
	printf("  %llu sent", (unsigned long long)stats->sent);
	if (sampled) {
		printf("; ");
		print_received(stats);
		printf("\n  %llu timed", (unsigned long long)stats->timed);
		print_answered(stats, stats->timed - stats->unasked);
	} else {
		print_answered(stats, stats->sent);
		printf("\n  ");
		print_received(stats);
	}
	printf("; %llu not asked for\n", (unsigned long long)stats->unasked);
	if (stats->refused)
		printf("  %llu refused: the queue was full\n", (unsigned long long)stats->refused);
}

static void print_endpoint(const struct endpoint_stats *stats, bool sampled)
{
	int i;

	printf("\n%s rpmsg%u %s, address %u\n", trace_processor_text(stats->processor), stats->node,
	       stats->name, stats->addr);
	print_counts(stats, sampled);
	printf("  %-8s%9s %8s %8s %8s %8s\n", "STAGE", "COUNT", "P50", "P90", "P99", "MAX");
	for (i = 0; i < MESSAGE_STAGES; i++)
		print_stage(i, &stats->stages[i]);
	for (i = 0; i < MESSAGE_STAGES; i++) {
		if (i != STAGE_TOTAL && stats->stages[i].count) {
			printf("\n  %s: %s\n", stage_name(i), stage_text(i));
			print_histogram(&stats->stages[i]);
		}
	}
	if (stats->stages[STAGE_TOTAL].count) {
		puts("\n  total");
		print_histogram(&stats->stages[STAGE_TOTAL]);
	}
}

/* The stage that took longest. */
static enum message_stage worst_stage(const struct message *message, uint64_t *ns_out)
{
	static const enum message_stage after[MESSAGE_POINTS] = {
		[AT_QUEUED] = STAGE_WRITE, [AT_KICK] = STAGE_KICK, [AT_CONSUMED] = STAGE_CONSUME,
		[AT_INTERRUPT] = STAGE_ANSWER, [AT_DELIVERED] = STAGE_DELIVER,
		[AT_RUNNING] = STAGE_WAIT, [AT_USER] = STAGE_READ,
	};
	enum message_stage worst = STAGE_TOTAL;
	uint64_t last = message->at[AT_WRITE];
	int i;

	*ns_out = 0;
	for (i = AT_QUEUED; i < MESSAGE_POINTS; i++) {
		if (!message->at[i])
			continue;
		if (message->at[i] > last && message->at[i] - last > *ns_out) {
			*ns_out = message->at[i] - last;
			worst = i == AT_INTERRUPT && !message->at[AT_CONSUMED] ? STAGE_REMOTE :
										 after[i];
		}
		last = message->at[i];
	}
	return worst;
}

static void print_slowest(const struct latency *latency)
{
	char total[TIME_TEXT_SIZE], worst[TIME_TEXT_SIZE];
	const struct message *message;
	enum message_stage stage;
	unsigned int i;
	uint64_t ns;

	if (!latency->count)
		return;
	printf("\nthe slowest\n  %12s %-8s %7s %-15s %3s %s\n", "READ AT", "NODE", "TOTAL",
	       "MOST OF IT", "CPU", "READER, WHO RAN BEFORE IT");
	for (i = 0; i < latency->count; i++) {
		message = &latency->slowest[i];
		stage = worst_stage(message, &ns);
		printf("  %5llu.%06llu rpmsg%-3u %7s %-7s %7s %3u %.14s",
		       (unsigned long long)(message->at[AT_USER] / 1000000000),
		       (unsigned long long)(message->at[AT_USER] / 1000 % 1000000), message->node,
		       time_text(total_of(message), total), stage_name(stage), time_text(ns, worst),
		       message->cpu, message->reader_comm);
		if (message->before_comm[0])
			printf(", %.12s", message->before_comm);
		putchar('\n');
	}
}

static void print_json_stage(enum message_stage i, const struct stage_stats *stage)
{
	printf("{\"stage\":\"%s\",\"count\":%llu,\"sum_ns\":%llu", stage_name(i),
	       (unsigned long long)stage->count, (unsigned long long)stage->sum_ns);
	printf(",\"p50_ns\":%llu,\"p90_ns\":%llu,\"p99_ns\":%llu,\"max_ns\":%llu}",
	       (unsigned long long)stage_percentile(stage, 50),
	       (unsigned long long)stage_percentile(stage, 90),
	       (unsigned long long)stage_percentile(stage, 99), (unsigned long long)stage->max_ns);
}

static void print_json_endpoint(const struct endpoint_stats *stats, bool sampled)
{
	const __u64 timed = sampled ? stats->timed : stats->sent + stats->unasked;
	int i;

	printf("{\"type\":\"endpoint\",\"processor\":");
	trace_print_json_processor(stats->processor);
	printf(",\"node\":\"rpmsg%u\",\"name\":", stats->node);
	trace_print_json_string(stats->name);
	printf(",\"timed\":%llu", (unsigned long long)timed);
	printf(",\"address\":%u,\"sent\":%llu,\"given_up\":%llu,\"under_way\":%llu", stats->addr,
	       (unsigned long long)stats->sent, (unsigned long long)stats->given_up,
	       (unsigned long long)under_way(stats));
	printf(",\"received\":%llu,\"unasked\":%llu,\"refused\":%llu",
	       (unsigned long long)stats->received, (unsigned long long)stats->unasked,
	       (unsigned long long)stats->refused);
	printf(",\"read\":%llu,\"unread\":%llu,\"queued\":%llu,\"earlier\":%llu,\"stages\":[",
	       (unsigned long long)stats->read, (unsigned long long)stats->unread,
	       (unsigned long long)(stats->queue_tail - stats->queue_head),
	       (unsigned long long)stats->earlier);
	for (i = 0; i < MESSAGE_STAGES; i++) {
		if (i)
			putchar(',');
		print_json_stage(i, &stats->stages[i]);
	}
	puts("]}");
}

static void print_json_slow(const struct message *message)
{
	int i;

	printf("{\"type\":\"slow\",\"node\":\"rpmsg%u\",\"total_ns\":%llu,\"at_ns\":[",
	       message->node, (unsigned long long)total_of(message));
	for (i = 0; i < MESSAGE_POINTS; i++)
		printf("%s%llu", i ? "," : "", (unsigned long long)message->at[i]);
	printf("],\"writer\":%u,\"reader\":%u,\"cpu\":%u,\"reader_name\":", message->writer,
	       message->reader, message->cpu);
	trace_print_json_string(message->reader_comm);
	printf(",\"before\":");
	trace_print_json_string(message->before_comm);
	puts("}");
}

static int print_all(struct latency *latency, bool json)
{
	struct messages *messages = &latency->messages;
	size_t i;

	messages_poll(messages);
	if (messages_read(messages))
		return TRACE_FAILED;
	if (!messages->count && !json)
		puts("no messages");
	for (i = 0; i < messages->count; i++) {
		if (json)
			print_json_endpoint(&messages->rows[i].stats, messages->sampled);
		else
			print_endpoint(&messages->rows[i].stats, messages->sampled);
	}
	for (i = 0; json && i < latency->count; i++)
		print_json_slow(&latency->slowest[i]);
	if (json) {
		printf("{\"type\":\"end\",\"source\":\"%s\",\"lost\":%llu}\n",
		       messages->ours ? "tracepoints" : "functions",
		       (unsigned long long)messages->lost);
		return TRACE_OK;
	}
	print_slowest(latency);
	printf("\n%llu events lost\n", (unsigned long long)messages->lost);
	return TRACE_OK;
}

static int run(int argc, char **argv)
{
	static struct latency latency;
	struct trace_args args;
	int status;

	status = trace_parse(&command_latency, argc, argv, &args);
	if (status)
		return status - 1;
	latency.wanted = args.slowest;
	status = messages_begin(&latency.messages, &args, !args.all,
				args.slowest ? take_slow : NULL, &latency);
	if (!status)
		status = trace_wait(args.duration_ns, 100 * NSEC_PER_MSEC, tick, &latency);
	if (!status)
		status = print_all(&latency, args.json);
	messages_end(&latency.messages);
	return status;
}

const struct trace_command command_latency = {
	.name = "latency",
	.summary = "split the way of a message and its answer into stages",
	.takes = "djpeaPmnA",
	.help =
		"Usage: rpmsg-trace latency [OPTION...]\n"
		"Show for each /dev/rpmsgN how long its messages and their answers are in each\n"
		"stage of their way: median, 90th and 99th percentile, longest, histogram; and\n"
		"the slowest messages. Traces until Ctrl-C.\n"
		"\n"
		"  -d, --duration DURATION    end after so many seconds; or units: us, ms, s\n"
		"  -p, --processor PROCESSOR  only this one, by its name or as remoteprocN\n"
		"  -e, --endpoint NAME        only endpoints of this name\n"
		"  -a, --address ADDRESS      only the endpoint with this local address\n"
		"  -P, --pid PID              only messages that this process wrote or read\n"
		"  -m, --min DURATION         only messages that took as long from write to read\n"
		"  -n, --slowest N            list so many of the slowest (5, at most 100)\n"
		"  -A, --all                  follow all messages; of a stream our modules time\n"
		"                             1,000 a second of each endpoint, which costs less\n"
		"  -j, --json                 print JSON, one object a line: each endpoint, each\n"
		"                             slow message, then the end\n"
		"  -v, --verbose              print what libbpf says\n"
		"  -h, --help                 show this\n"
		"\n"
		"Stages:\n"
		"  write    a write begins - the message is in the ring\n"
		"  kick     - the remote is told, or known to look by itself\n"
		"  consume  - the remote is done with the message\n"
		"  answer   - the remote has interrupted for its answer\n"
		"  deliver  - the answer is in the queue of the node\n"
		"  wait     - its reader, the task that takes it, has a CPU\n"
		"  read     - the answer is in the reader's memory\n"
		"\n"
		"The next message to an endpoint is taken for the answer to its oldest that has\n"
		"none. The other stages do not depend on that. On mainline's modules nobody hears\n"
		"when a message was consumed: 'remote' is the two stages together.\n"
		"\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.run = run,
};
