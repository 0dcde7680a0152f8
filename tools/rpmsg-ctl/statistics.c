// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl stats: counters of transports and nodes.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../duration.h"
#include "ctl.h"

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "interval", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "watch", no_argument, NULL, 'w' },
	{ 0 },
};

struct arguments {
	struct rpmsg_processor *processor;	/* or NULL */
	int64_t interval_ns;
	bool json;
	bool watch;
};

/* What was read at one time. */
struct reading {
	struct rpmsg_statistics **list;
	size_t count;
	struct timespec time;
};

static int reading_take(struct rpmsg_context *ctx, const struct arguments *args,
			struct reading *reading)
{
	clock_gettime(CLOCK_REALTIME, &reading->time);
	return rpmsg_statistics_list(ctx, args->processor, &reading->list, &reading->count);
}

static void reading_free(struct reading *reading)
{
	rpmsg_statistics_list_free(reading->list, reading->count);
	*reading = (struct reading){ 0 };
}

static void print_table(const struct reading *reading)
{
	const char *counter;
	uint64_t value;
	size_t i, k;

	for (i = 0; i < reading->count; i++) {
		const struct rpmsg_statistics *statistics = reading->list[i];

		printf("%-14s %-14s %s\n", rpmsg_statistics_get_device(statistics),
		       ctl_or_dash(rpmsg_statistics_get_processor(statistics)),
		       ctl_or_dash(rpmsg_statistics_get_name(statistics)));
		for (k = 0; (counter = rpmsg_statistics_get_counter(statistics, k, &value)); k++)
			printf("  %-20s %20" PRIu64 "\n", counter, value);
	}
}

/* The value of that counter at the time of @before, 0 if there was none. */
static uint64_t value_before(const struct reading *before,
			     const struct rpmsg_statistics *statistics, const char *name)
{
	const char *counter;
	uint64_t value;
	size_t i, k;

	for (i = 0; i < before->count; i++) {
		const struct rpmsg_statistics *old = before->list[i];

		if (rpmsg_statistics_get_id(old) != rpmsg_statistics_get_id(statistics))
			continue;
		for (k = 0; (counter = rpmsg_statistics_get_counter(old, k, &value)); k++)
			if (!strcmp(counter, name))
				return value;
	}
	return 0;
}

static void print_changes(const struct reading *before, const struct reading *now)
{
	char time[16];
	const char *counter;
	uint64_t value, old;
	struct tm tm;
	size_t i, k;

	localtime_r(&now->time.tv_sec, &tm);
	strftime(time, sizeof(time), "%H:%M:%S", &tm);
	for (i = 0; i < now->count; i++) {
		const struct rpmsg_statistics *statistics = now->list[i];
		bool first = true;

		for (k = 0; (counter = rpmsg_statistics_get_counter(statistics, k, &value)); k++) {
			old = value_before(before, statistics, counter);
			if (value == old)
				continue;
			if (first)
				printf("%s.%03ld %-14s %-14s", time, now->time.tv_nsec / 1000000,
				       rpmsg_statistics_get_device(statistics),
				       ctl_or_dash(rpmsg_statistics_get_name(statistics)));
			printf(" %s +%" PRIu64, counter, value - old);
			first = false;
		}
		if (!first)
			putchar('\n');
	}
}

static struct json_object *json_statistics(const struct rpmsg_statistics *statistics)
{
	struct json_object *object = json_object_new_object();
	struct json_object *counters = json_object_new_object();
	const char *counter;
	uint64_t value;
	size_t k;

	ctl_add_string(object, "device", rpmsg_statistics_get_device(statistics));
	ctl_add_string(object, "processor", rpmsg_statistics_get_processor(statistics));
	ctl_add_string(object, "name", rpmsg_statistics_get_name(statistics));
	for (k = 0; (counter = rpmsg_statistics_get_counter(statistics, k, &value)); k++)
		json_object_object_add(counters, counter, json_object_new_uint64(value));
	json_object_object_add(object, "counters", counters);
	return object;
}

static void print_json(const struct reading *reading, bool pretty)
{
	int64_t time_ms = (int64_t)reading->time.tv_sec * 1000 + reading->time.tv_nsec / 1000000;
	const int flags = pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN;
	struct json_object *root = json_object_new_object();
	struct json_object *array = json_object_new_array();
	size_t i;

	json_object_object_add(root, "time_ms", json_object_new_int64(time_ms));
	for (i = 0; i < reading->count; i++)
		json_object_array_add(array, json_statistics(reading->list[i]));
	json_object_object_add(root, "statistics", array);
	puts(json_object_to_json_string_ext(root, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

/* True when the time is over, false when it was interrupted. */
static bool wait_interval(int64_t ns)
{
	while (ns > 0 && !ctl_interrupted) {
		int64_t slice_ns = ns < CTL_SLICE_NS ? ns : CTL_SLICE_NS;
		const struct timespec slice = { .tv_nsec = slice_ns };

		nanosleep(&slice, NULL);
		ns -= slice_ns;
	}
	return !ctl_interrupted;
}

static int show(struct rpmsg_context *ctx, const struct arguments *args)
{
	struct reading before = { 0 }, now = { 0 };
	int ret;

	ret = reading_take(ctx, args, &now);
	if (!ret && args->json)
		print_json(&now, !args->watch);
	else if (!ret)
		print_table(&now);

	/* An output that nobody reads any more is reported by main(). */
	while (!ret && args->watch && !fflush(stdout) && wait_interval(args->interval_ns)) {
		reading_free(&before);
		before = now;
		now = (struct reading){ 0 };
		ret = reading_take(ctx, args, &now);
		if (!ret && args->json)
			print_json(&now, false);
		else if (!ret)
			print_changes(&before, &now);
	}
	reading_free(&before);
	reading_free(&now);
	return ret ? ctl_fail(ret, "cannot read statistics") : CTL_OK;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct arguments args = { .interval_ns = 1000000000 };
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hi:jw", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(&command_stats);
		case 'i':
			if (!parse_duration(optarg, &args.interval_ns) || !args.interval_ns)
				return ctl_usage(&command_stats, "'%s' is not a time above 0",
						 optarg);
			break;
		case 'j':
			args.json = true;
			break;
		case 'w':
			args.watch = true;
			break;
		default:
			return ctl_option_error(&command_stats, argc, argv);
		}
	}
	if (argc - optind > 1)
		return ctl_usage(&command_stats, "one processor at most, not '%s'",
				 argv[optind + 1]);
	if (optind < argc) {
		status = ctl_find_processor(ctx, argv[optind], &args.processor);
		if (status)
			return status;
	}

	ctl_catch_signals();
	status = show(ctx, &args);
	rpmsg_processor_free(args.processor);
	return status;
}

const struct ctl_command command_stats = {
	.name = "stats",
	.summary = "show what was counted: messages, bytes, drops, kicks",
	.help =
		"Usage: rpmsg-ctl stats [OPTION...] [PROCESSOR]\n"
		"Show the counters of all transports and endpoints, or of one processor's.\n"
		"\n"
		"  -w, --watch          and then, until interrupted, by how much they grow\n"
		"  -i, --interval TIME  how often to look (default: 1 s)\n"
		"  -j, --json           print JSON: time_ms, milliseconds since 1970; statistics,\n"
		"                       for each device its name, null for a transport, and\n"
		"                       counters; with --watch all of it anew on each line\n"
		"  -h, --help           show this\n"
		"\n"
		"Mainline's kernel counts nothing: there nothing is shown.\n",
	.run = run,
};
