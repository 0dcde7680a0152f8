// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl recovery: show or set whether a crashed processor is restarted, or restart one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

static int show(struct rpmsg_processor *processor)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	bool enabled;
	int ret = rpmsg_processor_get_recovery(processor, &enabled);

	if (ret)
		return ctl_fail(ret, "cannot read the recovery of %s", sysname);
	puts(enabled ? "enabled" : "disabled");
	return CTL_OK;
}

static int recover(struct rpmsg_processor *processor)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_recover(processor);

	switch (ret) {
	case 0:
		printf("%s: recovered\n", sysname);
		return CTL_OK;
	case -EALREADY:
		printf("%s: not crashed\n", sysname);
		return CTL_OK;
	default:
		return ctl_fail(ret, "cannot recover %s, its state is %s", sysname,
				ctl_state(processor));
	}
}

static int recovery(struct rpmsg_processor *processor, const char *value)
{
	bool enable;
	int ret;

	if (!value)
		return show(processor);
	if (!strcmp(value, "recover"))
		return recover(processor);
	enable = !strcmp(value, "enabled");
	if (!enable && strcmp(value, "disabled"))
		return ctl_usage(&command_recovery, "'%s' is none of enabled, disabled, recover",
				 value);
	ret = rpmsg_processor_set_recovery(processor, enable);
	if (ret)
		return ctl_fail(ret, "cannot set the recovery of %s to '%s', its state is %s",
				rpmsg_processor_get_sysname(processor), value,
				ctl_state(processor));
	return CTL_OK;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_on_processor(&command_recovery, ctx, argc, argv, "value", recovery);
}

const struct ctl_command command_recovery = {
	.name = "recovery",
	.summary = "show or set what follows a crash, or recover",
	.help =
		"Usage: rpmsg-ctl recovery PROCESSOR [VALUE]\n"
		"Show whether the kernel restarts a processor that crashed, or set that:\n"
		"\n"
		"  enabled   it does (the default), and restarts it now if it is crashed\n"
		"  disabled  it stays crashed, to be looked at\n"
		"  recover   restart it now, if it is crashed\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
