// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl monitor: processors, channels and endpoints, as they come and go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <time.h>

#include "ctl.h"

/* By enum rpmsg_change. */
static const char *const change_names[] = { "present", "added", "state", "removed" };

/* What is told: of the pointers one is not NULL. */
struct news {
	struct timespec time;
	enum rpmsg_change change;
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
};

static void news_free(struct news *news)
{
	rpmsg_processor_free(news->processor);
	rpmsg_channel_free(news->channel);
	rpmsg_node_free(news->node);
}

static void print_channel(const struct rpmsg_channel *channel)
{
	printf("channel   %-14s %-20s src %s dst %s\n",
	       ctl_or_dash(rpmsg_channel_get_processor(channel)),
	       ctl_clean(rpmsg_channel_get_service(channel)),
	       ctl_address(rpmsg_channel_get_src(channel)),
	       ctl_address(rpmsg_channel_get_dst(channel)));
}

static void print_node(const struct rpmsg_node *node)
{
	printf("endpoint  %-14s %-20s src %s dst %s %s\n",
	       ctl_or_dash(rpmsg_node_get_processor(node)),
	       ctl_clean(rpmsg_node_get_name(node)),
	       ctl_address(rpmsg_node_get_src(node)),
	       ctl_address(rpmsg_node_get_dst(node)), ctl_node(node));
}

static void print_text(const struct news *news)
{
	struct tm tm;
	char time[16];

	localtime_r(&news->time.tv_sec, &tm);
	strftime(time, sizeof(time), "%H:%M:%S", &tm);
	printf("%s.%03ld %-8s ", time, news->time.tv_nsec / 1000000, change_names[news->change]);
	if (news->processor)
		printf("processor %-14s %-20s %s\n", rpmsg_processor_get_sysname(news->processor),
		       ctl_clean(rpmsg_processor_get_name(news->processor)),
		       ctl_state(news->processor));
	else if (news->channel)
		print_channel(news->channel);
	else
		print_node(news->node);
}

static void print_json(const struct news *news)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	int64_t time_ms = (int64_t)news->time.tv_sec * 1000 + news->time.tv_nsec / 1000000;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "time_ms", json_object_new_int64(time_ms));
	ctl_add_string(object, "change", change_names[news->change]);
	if (news->processor) {
		ctl_add_string(object, "what", "processor");
		ctl_add_string(object, "processor", rpmsg_processor_get_sysname(news->processor));
		ctl_add_string(object, "name", rpmsg_processor_get_name(news->processor));
		ctl_add_string(object, "state", ctl_state(news->processor));
	} else if (news->channel) {
		ctl_add_string(object, "what", "channel");
		ctl_add_string(object, "processor", rpmsg_channel_get_processor(news->channel));
		ctl_add_string(object, "name", rpmsg_channel_get_service(news->channel));
		ctl_add_address(object, "src", rpmsg_channel_get_src(news->channel));
		ctl_add_address(object, "dst", rpmsg_channel_get_dst(news->channel));
	} else {
		ctl_add_string(object, "what", "endpoint");
		ctl_add_string(object, "processor", rpmsg_node_get_processor(news->node));
		ctl_add_string(object, "name", rpmsg_node_get_name(news->node));
		ctl_add_address(object, "src", rpmsg_node_get_src(news->node));
		ctl_add_address(object, "dst", rpmsg_node_get_dst(news->node));
		ctl_add_string(object, "node", rpmsg_node_get_sysname(news->node));
		ctl_add_string(object, "path", rpmsg_node_get_path(news->node));
	}
	puts(json_object_to_json_string_ext(object, flags));
	json_object_put(object);
}

static int watch(struct rpmsg_monitor *monitor, bool json)
{
	struct news news;
	int ret;

	ret = rpmsg_monitor_add_devices(monitor);
	if (ret)
		return ctl_fail(ret, "cannot watch");
	while (!ctl_interrupted) {
		ret = rpmsg_monitor_next_any(monitor, CTL_SLICE_NS, &news.change, &news.processor,
					     &news.channel, &news.node);
		if (ret == -ETIMEDOUT || ret == -EINTR)
			continue;
		if (ret)
			return ctl_fail(ret, "cannot watch");
		clock_gettime(CLOCK_REALTIME, &news.time);
		(json ? print_json : print_text)(&news);
		news_free(&news);
		if (fflush(stdout))
			break;		/* nobody listens; main() reports it */
	}
	return CTL_OK;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_monitor(&command_monitor, ctx, argc, argv, watch);
}

const struct ctl_command command_monitor = {
	.name = "monitor",
	.summary = "show processors, services and endpoints as they come and go",
	.help =
		"Usage: rpmsg-ctl monitor [OPTION...] [PROCESSOR]\n"
		"Show the processors, the channels to their services and the endpoints that there\n"
		"are, and then those that come, go, or change their state, until interrupted.\n"
		"With PROCESSOR only that one's; it may go and come again.\n"
		"\n"
		"  -j, --json  print a JSON object on each line: time_ms, milliseconds since\n"
		"              1970; change, one of present, added, state, removed; what, one of\n"
		"              processor, channel, endpoint; processor; name; and the state of a\n"
		"              processor, src and dst of the others, node and path of an endpoint\n"
		"  -h, --help  show this\n"
		"\n"
		"Endpoints are shown as by \"rpmsg-ctl list\". What comes and goes at once may be\n"
		"left out.\n",
	.run = run,
};
