// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace: where the time goes between Linux and remote processors.
 */
#include <stdio.h>
#include <string.h>

#include "trace.h"

static const struct trace_command *const commands[] = {
	&command_latency,
	&command_kicks,
	&command_top,
	&command_record,
	&command_export,
};

#define COMMAND_COUNT	(sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *stream)
{
	size_t i;

	fputs("Usage: rpmsg-trace COMMAND [OPTION...]\n"
	      "Show where the time goes between Linux and remote processors.\n"
	      "\n"
	      "Commands:\n", stream);
	for (i = 0; i < COMMAND_COUNT; i++)
		fprintf(stream, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "A command traces until its duration is over or Ctrl-C, then prints what it has.\n"
	      "Needs root and a kernel with BPF and BTF, its modules included.\n"
	      "\n"
	      "  -h, --help     show this, or with a command its own help\n"
	      "  -V, --version  show the version\n"
	      "\n"
	      "Exit status: 0 done, 1 failed, 2 wrong usage.\n", stream);
}

static const struct trace_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

static int run(const struct trace_command *command, int argc, char **argv)
{
	int status = command->run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		if (!status)
			status = trace_fail(0, "cannot write the output");
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct trace_command *command;
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		print_help(stderr);
		return TRACE_USAGE;
	}
	if (!strcmp(name, "-h") || !strcmp(name, "--help") || !strcmp(name, "help")) {
		command = argc > 2 ? find_command(argv[2]) : NULL;
		if (command)
			fputs(command->help, stdout);
		else
			print_help(stdout);
		return TRACE_OK;
	}
	if (!strcmp(name, "-V") || !strcmp(name, "--version")) {
		puts("rpmsg-trace " VERSION);
		return TRACE_OK;
	}

	command = find_command(name);
	if (!command) {
		fprintf(stderr, "rpmsg-trace: unknown command '%s'\n"
			"Try 'rpmsg-trace --help'.\n", name);
		return TRACE_USAGE;
	}
	return run(command, argc - 1, argv + 1);
}
