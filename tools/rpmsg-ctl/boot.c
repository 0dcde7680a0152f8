// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl boot: load firmware and start a processor.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"

static const struct option options[] = {
	{ "firmware", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int boot_processor(struct rpmsg_processor *processor)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_boot(processor);

	switch (ret) {
	case 0:
		printf("%s: running %s\n", sysname,
		       ctl_clean(rpmsg_processor_get_firmware(processor)));
		return CTL_OK;
	case -EALREADY:
		printf("%s: running already\n", sysname);
		return CTL_OK;
	case -EBUSY:
		if (rpmsg_processor_get_state(processor) == RPMSG_PROCESSOR_DETACHED)
			return ctl_fail(0, "%s was booted by someone else: attach to it", sysname);
		return ctl_fail(0, "%s has crashed: stop it first", sysname);
	case -ENOENT:
		return ctl_fail(0, "%s: no firmware file '%s' in the firmware folders", sysname,
				ctl_clean(rpmsg_processor_get_firmware(processor)));
	case -EINVAL:
		return ctl_fail(0, "%s: the kernel refused firmware '%s', its log (dmesg) says why",
				sysname, ctl_clean(rpmsg_processor_get_firmware(processor)));
	default:
		return ctl_fail(ret, "cannot boot %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct rpmsg_processor *processor;
	const char *firmware = NULL;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			firmware = optarg;
			break;
		case 'h':
			return ctl_help(&command_boot);
		default:
			return ctl_option_error(&command_boot, argc, argv);
		}
	}
	if (argc - optind != 1)
		return ctl_usage(&command_boot, "exactly one processor is needed");

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	if (firmware)
		status = ctl_set_firmware(processor, firmware);
	if (!status)
		status = boot_processor(processor);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_boot = {
	.name = "boot",
	.summary = "load firmware and start a processor",
	.help =
		"Usage: rpmsg-ctl boot [OPTION...] PROCESSOR\n"
		"Load firmware into a processor and start it. One that runs is left alone.\n"
		"\n"
		"  -f, --firmware FILE  firmware, a name below the kernel's firmware folders\n"
		"  -h, --help           show this\n",
	.run = run,
};
