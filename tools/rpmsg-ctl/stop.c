// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl stop: stop a processor.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int stop_processor(struct rpmsg_processor *processor)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_stop(processor);

	switch (ret) {
	case 0:
		printf("%s: stopped\n", sysname);
		return CTL_OK;
	case -EALREADY:
		printf("%s: not running\n", sysname);
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "%s still runs: it was booted more than once, stop it again",
				sysname);
	default:
		return ctl_fail(ret, "cannot stop %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct rpmsg_processor *processor;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ctl_help(&command_stop);
		return ctl_option_error(&command_stop, argc, argv);
	}
	if (argc - optind != 1)
		return ctl_usage(&command_stop, "exactly one processor is needed");

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	status = stop_processor(processor);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_stop = {
	.name = "stop",
	.summary = "stop a processor",
	.help =
		"Usage: rpmsg-ctl stop PROCESSOR\n"
		"Stop a processor. Its channels and devices go; open ones answer \"Broken pipe\".\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
