// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl stop: stop a processor.
 */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

static int stop(struct rpmsg_processor *processor, const char *unused)
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
	return ctl_run_on_processor(&command_stop, ctx, argc, argv, NULL, stop);
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
