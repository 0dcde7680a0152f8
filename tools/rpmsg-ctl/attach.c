// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl attach: use a processor that someone else booted.
 */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

static int attach(struct rpmsg_processor *processor, const char *unused)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_attach(processor);

	switch (ret) {
	case 0:
		printf("%s: attached\n", sysname);
		return CTL_OK;
	case -EALREADY:
		printf("%s: attached already\n", sysname);
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "cannot attach to %s: its state is %s, not detached", sysname,
				ctl_state(processor));
	default:
		return ctl_fail(ret, "cannot attach to %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_on_processor(&command_attach, ctx, argc, argv, NULL, attach);
}

const struct ctl_command command_attach = {
	.name = "attach",
	.summary = "use a processor that someone else booted",
	.help =
		"Usage: rpmsg-ctl attach PROCESSOR\n"
		"Begin to use a processor that someone else booted, a boot loader for example. It\n"
		"must be \"detached\". Its services are announced as after a boot.\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
