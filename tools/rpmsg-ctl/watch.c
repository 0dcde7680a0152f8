// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl watch: what becomes of processors, as it happens.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <time.h>

#include "ctl.h"

/* By enum rpmsg_change. */
static const char *const change_names[] = { "present", "added", "state", "removed" };

static void print_text(const struct timespec *now, enum rpmsg_change change,
		       const struct rpmsg_processor *processor)
{
	bool gone = change == RPMSG_CHANGE_REMOVED;
	struct tm tm;
	char time[16];

	localtime_r(&now->tv_sec, &tm);
	strftime(time, sizeof(time), "%H:%M:%S", &tm);
	printf("%s.%03ld %-14s %-20s %s\n", time, now->tv_nsec / 1000000,
	       rpmsg_processor_get_sysname(processor),
	       ctl_clean(rpmsg_processor_get_name(processor)),
	       gone ? "gone" : ctl_state(processor));
}

static void print_json(const struct timespec *now, enum rpmsg_change change,
		       const struct rpmsg_processor *processor)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *name = ctl_clean(rpmsg_processor_get_name(processor));
	struct json_object *object = json_object_new_object();
	int64_t time_ms = (int64_t)now->tv_sec * 1000 + now->tv_nsec / 1000000;

	json_object_object_add(object, "time_ms", json_object_new_int64(time_ms));
	json_object_object_add(object, "change", json_object_new_string(change_names[change]));
	json_object_object_add(object, "processor",
			       json_object_new_string(rpmsg_processor_get_sysname(processor)));
	json_object_object_add(object, "name", json_object_new_string(name));
	json_object_object_add(object, "state", json_object_new_string(ctl_state(processor)));
	puts(json_object_to_json_string_ext(object, flags));
	json_object_put(object);
}

/* Told once, when it begins to be so. */
static void warn_of_gaps(const struct rpmsg_monitor *monitor)
{
	static bool told;
	int64_t interval_ns = rpmsg_monitor_get_interval_ns(monitor);

	if (!interval_ns || told)
		return;
	told = true;
	fflush(stdout);
	ctl_fail(0, "the kernel does not tell: looking every %s, shorter states are missed",
		 ctl_seconds(interval_ns));
}

static int watch(struct rpmsg_monitor *monitor, bool json)
{
	struct rpmsg_processor *processor;
	enum rpmsg_change change;
	struct timespec now;
	int ret;

	while (!ctl_interrupted) {
		ret = rpmsg_monitor_next(monitor, CTL_SLICE_NS, &change, &processor);
		if (ret == -ETIMEDOUT || ret == -EINTR) {
			warn_of_gaps(monitor);
			continue;
		}
		if (ret)
			return ctl_fail(ret, "cannot watch");
		clock_gettime(CLOCK_REALTIME, &now);
		(json ? print_json : print_text)(&now, change, processor);
		rpmsg_processor_free(processor);
		if (fflush(stdout))
			break;		/* nobody listens; main() reports it */
	}
	return CTL_OK;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_monitor(&command_watch, ctx, argc, argv, watch);
}

const struct ctl_command command_watch = {
	.name = "watch",
	.summary = "show changes of state as they happen",
	.help =
		"Usage: rpmsg-ctl watch [OPTION...] [PROCESSOR]\n"
		"Show the state of all processors or of one, and then each change of it, until\n"
		"interrupted. A processor that is watched may go and come again.\n"
		"\n"
		"  -j, --json  print a JSON object on each line: time_ms, milliseconds since\n"
		"              1970; change, one of present, added, state, removed; processor;\n"
		"              name; state\n"
		"  -h, --help  show this\n"
		"\n"
		"Every state is shown, however short, if the kernel tells of it. Mainline's does\n"
		"not: there the state is looked at ten times a second, and a message says so.\n",
	.run = run,
};
