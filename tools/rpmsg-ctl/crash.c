// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl crash: have the kernel treat a processor as crashed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "type", required_argument, NULL, 't' },
	{ 0 },
};

/* By enum rpmsg_crash_type. */
static const char *const type_names[] = { "mmufault", "watchdog", "fatal" };

#define TYPE_COUNT	(sizeof(type_names) / sizeof(type_names[0]))

static int crash(struct rpmsg_processor *processor, enum rpmsg_crash_type type)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	int ret = rpmsg_processor_crash(processor, type);

	switch (ret) {
	case 0:
		printf("%s: reported as crashed\n", sysname);
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "cannot crash %s: its state is %s", sysname,
				ctl_state(processor));
	case -EOPNOTSUPP:
		return ctl_fail(0, "cannot crash %s: " CTL_NO_DEBUGFS, sysname);
	default:
		return ctl_fail(ret, "cannot crash %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	size_t type = RPMSG_CRASH_FATAL_ERROR;
	struct rpmsg_processor *processor;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "ht:", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(&command_crash);
		case 't':
			for (type = 0; type < TYPE_COUNT; type++)
				if (!strcmp(optarg, type_names[type]))
					break;
			if (type == TYPE_COUNT)
				return ctl_usage(&command_crash,
						 "'%s' is none of mmufault, watchdog, fatal",
						 optarg);
			break;
		default:
			return ctl_option_error(&command_crash, argc, argv);
		}
	}
	if (argc - optind != 1)
		return ctl_usage(&command_crash, "exactly one processor is needed");

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	status = crash(processor, (enum rpmsg_crash_type)type);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_crash = {
	.name = "crash",
	.summary = "report a processor as crashed",
	.help =
		"Usage: rpmsg-ctl crash [OPTION...] PROCESSOR\n"
		"Report a crash of a processor to the kernel, which then does what it does after\n"
		"any other: channels and devices go, a coredump is made and the processor\n"
		"recovered, if the kernel is told to. Needs debugfs on /sys/kernel/debug.\n"
		"\n"
		"  -t, --type TYPE  kind of crash for the kernel's log: mmufault, watchdog, or\n"
		"                   fatal (default: fatal)\n"
		"  -h, --help       show this\n",
	.run = run,
};
