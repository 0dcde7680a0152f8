// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl detach: leave an attached processor running, without us.
 */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

static int detach(struct rpmsg_processor *processor, const char *unused)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_detach(processor);

	switch (ret) {
	case 0:
		printf("%s: detached\n", sysname);
		return CTL_OK;
	case -EALREADY:
		printf("%s: detached already\n", sysname);
		return CTL_OK;
	case -EBUSY:
		if (rpmsg_processor_get_state(processor) == RPMSG_PROCESSOR_ATTACHED)
			return ctl_fail(0, "%s is still attached: someone else uses it, too",
					sysname);
		return ctl_fail(0, "cannot detach from %s: its state is %s, not attached", sysname,
				ctl_state(processor));
	case -EOPNOTSUPP:
		return ctl_fail(0, "cannot detach from %s: its driver has no way to", sysname);
	default:
		return ctl_fail(ret, "cannot detach from %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_on_processor(&command_detach, ctx, argc, argv, NULL, detach);
}

const struct ctl_command command_detach = {
	.name = "detach",
	.summary = "leave an attached processor running",
	.help =
		"Usage: rpmsg-ctl detach PROCESSOR\n"
		"Leave an \"attached\" processor, which goes on running. Its channels and devices\n"
		"go; open ones answer \"Broken pipe\".\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
