// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl recv: print the messages that arrive.
 */
#include <getopt.h>
#include <limits.h>

#include "../duration.h"
#include "ctl.h"

/* For the service to appear, when no --timeout says otherwise. */
#define OPEN_TIMEOUT_NS		5000000000

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "hex", no_argument, NULL, 'x' },
	{ "processor", required_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, 't' },
	{ 0 },
};

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct rpmsg_endpoint *endpoint;
	const char *processor = NULL, *target;
	int64_t timeout_ns = INT64_MAX;
	unsigned long count = 1;
	bool hex = false;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:hp:t:x", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (!ctl_parse_count(optarg, 0, ULONG_MAX, &count))
				return ctl_usage(&command_recv, "'%s' is not a number of messages",
						 optarg);
			break;
		case 'h':
			return ctl_help(&command_recv);
		case 'p':
			processor = optarg;
			break;
		case 't':
			if (!parse_duration(optarg, &timeout_ns))
				return ctl_usage(&command_recv, "'%s' is not a time", optarg);
			break;
		case 'x':
			hex = true;
			break;
		default:
			return ctl_option_error(&command_recv, argc, argv);
		}
	}
	if (argc - optind != 1)
		return ctl_usage(&command_recv, "exactly one endpoint is needed");
	target = argv[optind];

	ctl_catch_signals();
	status = ctl_open(ctx, processor, target,
			  timeout_ns == INT64_MAX ? OPEN_TIMEOUT_NS : timeout_ns, &endpoint);
	if (status)
		return status;
	status = ctl_recv_print(endpoint, target, count, timeout_ns, hex);
	rpmsg_endpoint_close(endpoint);
	return status;
}

const struct ctl_command command_recv = {
	.name = "recv",
	.summary = "print the messages that arrive",
	.help =
		"Usage: rpmsg-ctl recv [OPTION...] ENDPOINT\n"
		"Print the messages that arrive, one on a line; bytes that cannot be printed as\n"
		"\\xNN. ENDPOINT is /dev/rpmsgN or the name of a service.\n"
		"\n"
		"  -c, --count COUNT     stop after that many messages, 0 for never (default: 1)\n"
		"  -t, --timeout TIME    how long to wait for each message (default: no limit),\n"
		"                        and for the service (default: 5 s)\n"
		"  -x, --hex             print bytes as hexadecimal digits\n"
		"  -p, --processor NAME  only a service of this processor\n"
		"  -h, --help            show this\n",
	.run = run,
};
