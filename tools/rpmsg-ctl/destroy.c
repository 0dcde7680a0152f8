// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl destroy: remove devices /dev/rpmsgN.
 */
#include <errno.h>
#include <getopt.h>

#include "ctl.h"

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int destroy_node(struct rpmsg_context *ctx, const char *name)
{
	struct rpmsg_node *node;
	int ret;

	ret = rpmsg_node_find(ctx, NULL, name, &node);
	if (ret == -ENOENT)
		return ctl_fail(0, "no device '%s'", name);
	if (ret == -ENOTUNIQ)
		return ctl_fail(0, "several devices are called '%s': use /dev/rpmsgN", name);
	if (ret)
		return ctl_fail(ret, "cannot look for '%s'", name);

	ret = rpmsg_node_destroy(node);
	rpmsg_node_free(node);

	switch (ret) {
	case 0:
		return CTL_OK;
	case -EBUSY:
		return ctl_fail(0, "'%s' is open, close it first", name);
	case -EINVAL:
		return ctl_fail(0, "'%s' belongs to a channel and goes with it", name);
	default:
		return ctl_fail(ret, "cannot destroy '%s'", name);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	int c, status = CTL_OK;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ctl_help(&command_destroy);
		return ctl_option_error(&command_destroy, argc, argv);
	}
	if (optind == argc)
		return ctl_usage(&command_destroy, "a device is needed");

	for (; optind < argc; optind++)
		if (destroy_node(ctx, argv[optind]))
			status = CTL_FAILED;
	return status;
}

const struct ctl_command command_destroy = {
	.name = "destroy",
	.summary = "remove devices /dev/rpmsgN",
	.help =
		"Usage: rpmsg-ctl destroy DEVICE...\n"
		"Remove devices that \"rpmsg-ctl create\" or an application made.\n"
		"A device is /dev/rpmsgN, rpmsgN, or the name it was made with.\n"
		"\n"
		"  -h, --help  show this\n",
	.run = run,
};
