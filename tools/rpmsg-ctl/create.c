// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl create: make a device /dev/rpmsgN.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "../duration.h"
#include "ctl.h"

struct create_args {
	const char *service;
	const char *name;
	uint32_t src;
	uint32_t dst;
	int64_t timeout_ns;
};

static const struct option options[] = {
	{ "dst", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "name", required_argument, NULL, 'n' },
	{ "service", required_argument, NULL, 's' },
	{ "src", required_argument, NULL, 'S' },
	{ "timeout", required_argument, NULL, 't' },
	{ 0 },
};

/* Take what was not given from the channel of the service. */
static int use_service(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       struct create_args *args, struct rpmsg_channel **channel_out)
{
	int ret = rpmsg_channel_wait(ctx, processor, args->service, args->timeout_ns, channel_out);

	if (ret == -ETIMEDOUT || ret == -EAGAIN)
		return ctl_fail(0, "no service '%s' within %s", args->service,
				ctl_seconds(args->timeout_ns));
	if (ret)
		return ctl_fail(ret, "cannot look for service '%s'", args->service);
	if (!args->name)
		args->name = rpmsg_channel_get_service(*channel_out);
	if (args->dst == RPMSG_ADDRESS_ANY)
		args->dst = rpmsg_channel_get_dst(*channel_out);
	return CTL_OK;
}

static int create_node(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       const struct create_args *args, const struct rpmsg_channel *channel)
{
	struct rpmsg_processor *owner = NULL;
	struct rpmsg_node *node;
	int ret;

	/* A service tells its processor. */
	if (!processor && channel && rpmsg_channel_get_processor(channel)) {
		ret = ctl_find_processor(ctx, rpmsg_channel_get_processor(channel), &owner);
		if (ret)
			return ret;
		processor = owner;
	}
	ret = rpmsg_node_create(ctx, processor, args->name, args->src, args->dst, args->timeout_ns,
				&node);
	rpmsg_processor_free(owner);

	switch (ret) {
	case 0:
		puts(rpmsg_node_get_path(node));
		rpmsg_node_free(node);
		return CTL_OK;
	case -ENOTUNIQ:
		return ctl_fail(0, "several processors could be meant: name one");
	case -EAGAIN:
	case -ETIMEDOUT:
		return ctl_fail(0, "no control device /dev/rpmsg_ctrlN to use within %s",
				ctl_seconds(args->timeout_ns));
	default:
		return ctl_fail(ret, "cannot create '%s'", ctl_clean(args->name));
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct create_args args = {
		.src = RPMSG_ADDRESS_ANY,
		.dst = RPMSG_ADDRESS_ANY,
		.timeout_ns = 5000000000,
	};
	struct rpmsg_processor *processor = NULL;
	struct rpmsg_channel *channel = NULL;
	int c, status = CTL_OK;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "d:hn:s:S:t:", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (!ctl_parse_address(optarg, &args.dst))
				return ctl_usage(&command_create, "'%s' is not an address", optarg);
			break;
		case 'h':
			return ctl_help(&command_create);
		case 'n':
			args.name = optarg;
			break;
		case 's':
			args.service = optarg;
			break;
		case 'S':
			if (!ctl_parse_address(optarg, &args.src))
				return ctl_usage(&command_create, "'%s' is not an address", optarg);
			break;
		case 't':
			if (!parse_duration(optarg, &args.timeout_ns))
				return ctl_usage(&command_create, "'%s' is not a time", optarg);
			break;
		default:
			return ctl_option_error(&command_create, argc, argv);
		}
	}
	if (argc - optind > 1)
		return ctl_usage(&command_create, "one processor at most, not '%s'",
				 argv[optind + 1]);
	if (!args.service && !args.name)
		return ctl_usage(&command_create, "either --service or --name is needed");

	if (optind < argc)
		status = ctl_find_processor(ctx, argv[optind], &processor);
	if (!status && args.service)
		status = use_service(ctx, processor, &args, &channel);
	if (!status)
		status = create_node(ctx, processor, &args, channel);
	rpmsg_channel_free(channel);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_create = {
	.name = "create",
	.summary = "make a device /dev/rpmsgN",
	.help =
		"Usage: rpmsg-ctl create --service SERVICE [OPTION...] [PROCESSOR]\n"
		"       rpmsg-ctl create --name NAME [OPTION...] [PROCESSOR]\n"
		"Make a device that leads to a service or to an address, and print its path.\n"
		"\n"
		"  -s, --service SERVICE  take name and destination from this service\n"
		"  -n, --name NAME        name of the device in sysfs, up to 31 bytes\n"
		"  -S, --src ADDRESS      local address (default: any)\n"
		"  -d, --dst ADDRESS      address on the processor (default: the service's, or\n"
		"                         any)\n"
		"  -t, --timeout TIME     how long to wait for the service and the control device\n"
		"                         (default: 5 s)\n"
		"  -h, --help             show this\n"
		"\n"
		"The device stays until \"rpmsg-ctl destroy\" or the end of the processor.\n",
	.run = run,
};
