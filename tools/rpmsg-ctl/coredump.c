// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl coredump: show or set what the kernel keeps of a processor that crashes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

static int show(struct rpmsg_processor *processor)
{
	enum rpmsg_coredump_mode mode;
	int ret = rpmsg_processor_get_coredump_mode(processor, &mode);

	if (ret)
		return ctl_fail(ret, "cannot read the coredump mode of %s",
				rpmsg_processor_get_sysname(processor));
	puts(rpmsg_coredump_mode_to_string(mode));
	return CTL_OK;
}

static int coredump(struct rpmsg_processor *processor, const char *value)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	enum rpmsg_coredump_mode mode = RPMSG_COREDUMP_INLINE;
	int ret;

	if (!value)
		return show(processor);
	while (mode && strcmp(value, rpmsg_coredump_mode_to_string(mode)))
		mode--;
	if (!mode)
		return ctl_usage(&command_coredump, "'%s' is none of disabled, enabled, inline",
				 value);

	ret = rpmsg_processor_set_coredump_mode(processor, mode);
	switch (ret) {
	case 0:
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "%s is crashed: its coredump mode cannot be changed", sysname);
	case -EINVAL:
		return ctl_fail(0, "this kernel has no coredump mode '%s'", value);
	default:
		return ctl_fail(ret, "cannot set the coredump mode of %s to '%s'", sysname, value);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_on_processor(&command_coredump, ctx, argc, argv, "mode", coredump);
}

const struct ctl_command command_coredump = {
	.name = "coredump",
	.summary = "show or set what is kept of a crash",
	.help =
		"Usage: rpmsg-ctl coredump PROCESSOR [MODE]\n"
		"Show or set what the kernel keeps of a processor's memory when it crashes:\n"
		"\n"
		"  disabled  nothing (the default)\n"
		"  enabled   a copy, for \"rpmsg-ctl dump\"; then it recovers the processor\n"
		"  inline    \"rpmsg-ctl dump\" reads the memory itself; recovery waits for that,\n"
		"            five minutes at most\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
