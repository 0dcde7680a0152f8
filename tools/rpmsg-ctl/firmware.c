// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl firmware: show or set a processor's firmware.
 */
#include <errno.h>
#include <stdio.h>

#include "ctl.h"

/* CTL_OK, or the exit status after saying why. */
int ctl_set_firmware(struct rpmsg_processor *processor, const char *firmware)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_set_firmware(processor, firmware);

	switch (ret) {
	case 0:
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "%s is not offline: its firmware cannot be changed", sysname);
	case -EINVAL:
		return ctl_fail(0, "'%s' is no name of a firmware file", ctl_clean(firmware));
	default:
		return ctl_fail(ret, "cannot set firmware '%s' of %s", ctl_clean(firmware),
				sysname);
	}
}

static int firmware(struct rpmsg_processor *processor, const char *value)
{
	if (value)
		return ctl_set_firmware(processor, value);
	puts(ctl_clean(rpmsg_processor_get_firmware(processor)));
	return CTL_OK;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	return ctl_run_on_processor(&command_firmware, ctx, argc, argv, "firmware file", firmware);
}

const struct ctl_command command_firmware = {
	.name = "firmware",
	.summary = "show or set a processor's firmware",
	.help =
		"Usage: rpmsg-ctl firmware PROCESSOR [FILE]\n"
		"Show the firmware that a processor is or will be booted with, or set it for the\n"
		"next boot. FILE is a name below the kernel's firmware folders; whether it is\n"
		"there shows at boot. An attached processor's firmware is \"unknown\".\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
