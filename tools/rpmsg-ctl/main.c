// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl: boot remote processors, look at them, and talk to their services.
 */
#include <stdio.h>
#include <string.h>

#include "ctl.h"

static const struct ctl_command *const commands[] = {
	&command_list,
	&command_watch,
	&command_monitor,
	&command_stats,
	&command_boot,
	&command_stop,
	&command_attach,
	&command_detach,
	&command_firmware,
	&command_log,
	&command_crash,
	&command_recovery,
	&command_coredump,
	&command_dump,
	&command_create,
	&command_destroy,
	&command_send,
	&command_recv,
	&command_ping,
};

#define COMMAND_COUNT	(sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *stream)
{
	size_t i;

	fputs("Usage: rpmsg-ctl COMMAND [OPTION...] [ARGUMENT...]\n"
	      "Boot remote processors, look at them, and talk to their services.\n"
	      "\n"
	      "Commands:\n",
	      stream);
	for (i = 0; i < COMMAND_COUNT; i++)
		fprintf(stream, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "A processor is named by its name or by remoteprocN. An endpoint is named by a\n"
	      "device, /dev/rpmsgN, or by a service, to which one is made for the occasion.\n"
	      "Times are in seconds, or with a unit: ns, us, ms, s.\n"
	      "\n"
	      "  -h, --help     show this, or with a command its own help\n"
	      "  -V, --version  show the version\n"
	      "\n"
	      "Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	      stream);
}

static const struct ctl_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int run(const struct ctl_command *command, int argc, char **argv)
{
	struct rpmsg_context *ctx;
	int ret, status;

	ret = rpmsg_context_new(&ctx);
	if (ret)
		return ctl_fail(ret, "cannot use libudev");
	status = command->run(ctx, argc, argv);
	rpmsg_context_free(ctx);

	if (fflush(stdout) || ferror(stdout)) {
		if (!status)
			fputs("rpmsg-ctl: cannot write the output\n", stderr);
		status = status ? status : CTL_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct ctl_command *command;
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		print_help(stderr);
		return CTL_USAGE;
	}
	if (!strcmp(name, "-h") || !strcmp(name, "--help") || !strcmp(name, "help")) {
		command = argc > 2 ? find_command(argv[2]) : NULL;
		if (command)
			return ctl_help(command);
		print_help(stdout);
		return CTL_OK;
	}
	if (!strcmp(name, "-V") || !strcmp(name, "--version")) {
		puts("rpmsg-ctl " VERSION);
		return CTL_OK;
	}

	command = find_command(name);
	if (!command) {
		fprintf(stderr, "rpmsg-ctl: unknown command '%s'\nTry 'rpmsg-ctl --help'.\n", name);
		return CTL_USAGE;
	}
	return run(command, argc - 1, argv + 1);
}
