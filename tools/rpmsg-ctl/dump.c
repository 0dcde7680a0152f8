// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl dump: fetch the coredump of a processor.
 *
 * The file appears under its name when it is whole, and not before; the kernel's copy is released
 * after that, and not before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../duration.h"
#include "ctl.h"

struct dump_args {
	const char *file;	/* "-": standard output */
	int64_t timeout_ns;	/* 0: do not wait */
	bool keep;
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "keep", no_argument, NULL, 'k' },
	{ "timeout", required_argument, NULL, 't' },
	{ "wait", no_argument, NULL, 'w' },
	{ 0 },
};

/* rpmsg_coredump_wait() that ends with -EINTR for signals that came at any time. */
static int wait_for_dump(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
			 int64_t timeout_ns, struct rpmsg_coredump **coredump_out)
{
	int64_t slice_ns;
	int ret;

	for (;;) {
		if (ctl_interrupted)
			return -EINTR;
		slice_ns = timeout_ns < CTL_SLICE_NS ? timeout_ns : CTL_SLICE_NS;
		ret = rpmsg_coredump_wait(ctx, processor, slice_ns, coredump_out);
		timeout_ns -= slice_ns;
		if (ret != -ETIMEDOUT || !timeout_ns)
			return ret;
	}
}

static int no_dump(struct rpmsg_processor *processor, const struct dump_args *args)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	enum rpmsg_coredump_mode mode;

	if (!rpmsg_processor_get_coredump_mode(processor, &mode) &&
	    mode == RPMSG_COREDUMP_DISABLED)
		return ctl_fail(0, "no coredump of %s: its coredump mode is disabled", sysname);
	if (args->timeout_ns)
		return ctl_fail(0, "no coredump of %s within %s", sysname,
				ctl_seconds(args->timeout_ns));
	return ctl_fail(0, "no coredump of %s", sysname);
}

static int save_to_file(const struct rpmsg_coredump *coredump, const char *file, uint64_t *size)
{
	char *part;
	int fd, ret;

	if (asprintf(&part, "%s.XXXXXX", file) < 0)
		return -ENOMEM;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		free(part);
		return ret;
	}

	ret = rpmsg_coredump_save(coredump, fd, size);
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(part, file))
		ret = -errno;
	if (ret)
		unlink(part);
	free(part);
	return ret;
}

static int save(const struct rpmsg_coredump *coredump, const char *sysname,
		const struct dump_args *args)
{
	bool to_stdout = !strcmp(args->file, "-");
	uint64_t size;
	int ret;

	if (to_stdout)
		ret = rpmsg_coredump_save(coredump, STDOUT_FILENO, &size);
	else
		ret = save_to_file(coredump, args->file, &size);
	if (ret == -ENODEV)
		return ctl_fail(0, "the coredump of %s was released while it was read", sysname);
	if (ret)
		return ctl_fail(ret, "cannot save the coredump of %s to '%s'", sysname, args->file);

	ret = args->keep ? 0 : rpmsg_coredump_release(coredump);
	if (ret && ret != -ENODEV)
		return ctl_fail(ret, "cannot release the coredump of %s", sysname);
	if (!to_stdout)
		printf("%s: %" PRIu64 " bytes in %s\n", sysname, size, args->file);
	return CTL_OK;
}

static int dump(struct rpmsg_context *ctx, struct rpmsg_processor *processor,
		const struct dump_args *args)
{
	const char *sysname = rpmsg_processor_get_sysname(processor);
	struct rpmsg_coredump *coredump;
	int ret, status;

	ret = wait_for_dump(ctx, processor, args->timeout_ns, &coredump);
	switch (ret) {
	case 0:
		status = save(coredump, sysname, args);
		rpmsg_coredump_free(coredump);
		return status;
	case -EAGAIN:
	case -ETIMEDOUT:
		return no_dump(processor, args);
	case -EINTR:
		return ctl_fail(0, "interrupted, no coredump of %s yet", sysname);
	case -ENODEV:
		return ctl_fail(0, "%s is gone", sysname);
	default:
		return ctl_fail(ret, "cannot look for a coredump of %s", sysname);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct rpmsg_processor *processor;
	struct dump_args args = { 0 };
	int64_t timeout_ns = -1;
	bool wait = false;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hkt:w", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(&command_dump);
		case 'k':
			args.keep = true;
			break;
		case 't':
			if (!parse_duration(optarg, &timeout_ns))
				return ctl_usage(&command_dump, "'%s' is not a time", optarg);
			break;
		case 'w':
			wait = true;
			break;
		default:
			return ctl_option_error(&command_dump, argc, argv);
		}
	}
	if (argc - optind != 2)
		return ctl_usage(&command_dump, "a processor and a file are needed");
	args.file = argv[optind + 1];
	if (!*args.file)
		return ctl_usage(&command_dump, "'' is no name of a file");
	if (!strcmp(args.file, "-") && isatty(STDOUT_FILENO))
		return ctl_usage(&command_dump, "'-' is a terminal, and a coredump is no text");
	if (timeout_ns >= 0)
		args.timeout_ns = timeout_ns;
	else if (wait)
		args.timeout_ns = INT64_MAX;

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	ctl_catch_signals();
	status = dump(ctx, processor, &args);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_dump = {
	.name = "dump",
	.summary = "fetch the coredump of a crashed processor",
	.help =
		"Usage: rpmsg-ctl dump [OPTION...] PROCESSOR FILE\n"
		"Save what a processor's memory held when it crashed, an ELF core file, to FILE,\n"
		"or to standard output if that is \"-\"; then release the kernel's copy. The kernel\n"
		"keeps one for five minutes, and makes no other until it is released.\n"
		"\n"
		"  -w, --wait          if there is none, wait for the next\n"
		"  -t, --timeout TIME  the same, and give up after TIME\n"
		"  -k, --keep          do not release the kernel's copy\n"
		"  -h, --help          show this\n"
		"\n"
		"FILE is replaced once all is there. \"rpmsg-ctl coredump\" says whether there will\n"
		"be one.\n",
	.run = run,
};
