/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The urproc tool with firmware of ours: a remote that is a program of its own.
 */
#ifndef SELFTESTS_TOOL_H
#define SELFTESTS_TOOL_H

#include <stdbool.h>

#include "processor.h"
#include "program.h"

struct tool {
	struct program		urproc;
	struct processor	processor;	/* for finding things; not ours */
	char			firmware[FILE_PATH_MAX];
};

/*
 * Runs the firmware of examples/firmware on a processor of that name, with one more option of
 * "urproc run" or NULL, and waits until it runs. False when it does not.
 */
bool tool_run(struct tool *tool, const char *name, const char *firmware, const char *option);

/*
 * Opens an endpoint of that name to the service that the firmware announces. Returns a file
 * descriptor; -ENOENT when the service is not there; -errno.
 */
int tool_open_service(const struct tool *tool, const char *service, const char *endpoint,
		      int flags);

/* True when the processor has gone, with all that is in sysfs. */
bool tool_is_gone(const struct tool *tool);

#endif /* SELFTESTS_TOOL_H */
