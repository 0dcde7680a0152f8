// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl list: processors, channels and nodes.
 */
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>

#include "ctl.h"

struct listing {
	struct rpmsg_processor **processors;
	struct rpmsg_channel **channels;
	struct rpmsg_node **nodes;
	size_t processor_count;
	size_t channel_count;
	size_t node_count;
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

static int listing_read(struct rpmsg_context *ctx, struct listing *listing)
{
	int ret;

	ret = rpmsg_processor_list(ctx, &listing->processors, &listing->processor_count);
	if (!ret)
		ret = rpmsg_channel_list(ctx, NULL, &listing->channels, &listing->channel_count);
	if (!ret)
		ret = rpmsg_node_list(ctx, NULL, &listing->nodes, &listing->node_count);
	return ret;
}

static void listing_free(struct listing *listing)
{
	rpmsg_processor_list_free(listing->processors, listing->processor_count);
	rpmsg_channel_list_free(listing->channels, listing->channel_count);
	rpmsg_node_list_free(listing->nodes, listing->node_count);
}

static void print_table(const struct listing *listing)
{
	size_t i;

	printf("%-14s %-20s %-10s %s\n", "PROCESSOR", "NAME", "STATE", "FIRMWARE");
	for (i = 0; i < listing->processor_count; i++) {
		const struct rpmsg_processor *processor = listing->processors[i];

		printf("%-14s %-20s %-10s %s\n", rpmsg_processor_get_sysname(processor),
		       ctl_clean(rpmsg_processor_get_name(processor)), ctl_state(processor),
		       ctl_clean(rpmsg_processor_get_firmware(processor)));
	}

	printf("\n%-14s %-31s %10s %10s\n", "PROCESSOR", "SERVICE", "SRC", "DST");
	for (i = 0; i < listing->channel_count; i++) {
		const struct rpmsg_channel *channel = listing->channels[i];

		printf("%-14s %-31s %10s %10s\n", ctl_or_dash(rpmsg_channel_get_processor(channel)),
		       ctl_clean(rpmsg_channel_get_service(channel)),
		       ctl_address(rpmsg_channel_get_src(channel)),
		       ctl_address(rpmsg_channel_get_dst(channel)));
	}

	printf("\n%-14s %-14s %-31s %10s %10s\n", "PROCESSOR", "NODE", "NAME", "SRC", "DST");
	for (i = 0; i < listing->node_count; i++) {
		const struct rpmsg_node *node = listing->nodes[i];

		printf("%-14s %-14s %-31s %10s %10s\n", ctl_or_dash(rpmsg_node_get_processor(node)),
		       ctl_node(node), ctl_clean(rpmsg_node_get_name(node)),
		       ctl_address(rpmsg_node_get_src(node)),
		       ctl_address(rpmsg_node_get_dst(node)));
	}
}

static struct json_object *json_processor(const struct rpmsg_processor *processor)
{
	struct json_object *object = json_object_new_object();

	ctl_add_string(object, "processor", rpmsg_processor_get_sysname(processor));
	ctl_add_string(object, "name", rpmsg_processor_get_name(processor));
	ctl_add_string(object, "state", ctl_state(processor));
	ctl_add_string(object, "firmware", rpmsg_processor_get_firmware(processor));
	return object;
}

static struct json_object *json_channel(const struct rpmsg_channel *channel)
{
	struct json_object *object = json_object_new_object();

	ctl_add_string(object, "processor", rpmsg_channel_get_processor(channel));
	ctl_add_string(object, "service", rpmsg_channel_get_service(channel));
	ctl_add_address(object, "src", rpmsg_channel_get_src(channel));
	ctl_add_address(object, "dst", rpmsg_channel_get_dst(channel));
	json_object_object_add(object, "announce",
			       json_object_new_boolean(rpmsg_channel_get_announce(channel)));
	return object;
}

static struct json_object *json_node(const struct rpmsg_node *node)
{
	struct json_object *object = json_object_new_object();

	ctl_add_string(object, "processor", rpmsg_node_get_processor(node));
	ctl_add_string(object, "node", rpmsg_node_get_sysname(node));
	ctl_add_string(object, "path", rpmsg_node_get_path(node));
	ctl_add_string(object, "name", rpmsg_node_get_name(node));
	ctl_add_address(object, "src", rpmsg_node_get_src(node));
	ctl_add_address(object, "dst", rpmsg_node_get_dst(node));
	return object;
}

static struct json_object *add_array(struct json_object *root, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(root, key, array);
	return array;
}

static void print_json(const struct listing *listing)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *root = json_object_new_object(), *array;
	size_t i;

	array = add_array(root, "processors");
	for (i = 0; i < listing->processor_count; i++)
		json_object_array_add(array, json_processor(listing->processors[i]));
	array = add_array(root, "channels");
	for (i = 0; i < listing->channel_count; i++)
		json_object_array_add(array, json_channel(listing->channels[i]));
	array = add_array(root, "nodes");
	for (i = 0; i < listing->node_count; i++)
		json_object_array_add(array, json_node(listing->nodes[i]));

	puts(json_object_to_json_string_ext(root, flags));
	json_object_put(root);
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct listing listing = { 0 };
	bool json = false;
	int c, ret;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hj", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(&command_list);
		case 'j':
			json = true;
			break;
		default:
			return ctl_option_error(&command_list, argc, argv);
		}
	}
	if (optind < argc)
		return ctl_usage(&command_list, "takes no argument, not '%s'", argv[optind]);

	ret = listing_read(ctx, &listing);
	if (ret) {
		listing_free(&listing);
		return ctl_fail(ret, "cannot read sysfs");
	}
	if (json)
		print_json(&listing);
	else
		print_table(&listing);
	listing_free(&listing);
	return CTL_OK;
}

const struct ctl_command command_list = {
	.name = "list",
	.summary = "show processors, their services, and devices",
	.help =
		"Usage: rpmsg-ctl list [OPTION...]\n"
		"Show processors, the services that they announced, and the devices /dev/rpmsgN.\n"
		"\n"
		"  -j, --json  print JSON; an address that is \"any\" is null, as is the processor\n"
		"              of a transport that has none, and the path of a [rpmsgN]\n"
		"  -h, --help  show this\n"
		"\n"
		"[rpmsgN] is the endpoint of an application, and has no device that others could\n"
		"open. Bytes of names that cannot be printed are shown as \\xNN.\n",
	.run = run,
};
