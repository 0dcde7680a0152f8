// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * urproc: run remote processors that are user processes. One file per subcommand; here the
 * choice.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "urproc.h"

static const char help[] =
	"usage: urproc COMMAND ...\n"
	"\n"
	"Remote processors that are user processes, on the kernel module urproc.\n"
	"\n"
	"  run FIRMWARE   create a processor, boot it, and be its core until it ends\n"
	"\n"
	"'urproc COMMAND --help' tells more.\n";

void complain(const char *fmt, ...)
{
	char line[512];
	va_list args;

	/* One write, so that lines of several processes do not mix. */
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fprintf(stderr, "urproc: %s\n", line);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		fputs(help, stdout);
		return 0;
	}
	if (!strcmp(argv[1], "run"))
		return cmd_run(argc - 1, argv + 1);

	complain("unknown command '%s'; 'urproc --help' lists them", argv[1]);
	return EXIT_USAGE;
}
