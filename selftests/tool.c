// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The urproc tool, see tool.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/rpmsg.h>

#include "endpoint.h"
#include "tool.h"
#include "wait.h"

bool tool_run(struct tool *tool, const char *name, const char *firmware, const char *option)
{
	const char *number;
	int ret;

	file_path(tool->firmware, "%s/examples/firmware/%s", getenv("RPMSG_BUILD"), firmware);
	/* An option goes before the firmware; NULL ends the list. */
	ret = program_start(&tool->urproc, "urproc", "run", "--name", name,
			    option ? option : tool->firmware, option ? tool->firmware : NULL, NULL);
	if (ret)
		return false;
	if (!program_says(&tool->urproc, "running", PATIENCE_MS))
		return false;
	number = strstr(tool->urproc.text, "remoteproc");
	if (!number)
		return false;
	tool->processor.index = strtoul(number + strlen("remoteproc"), NULL, 10);
	return processor_state_is(&tool->processor, "running");
}

int tool_open_service(const struct tool *tool, const char *service, const char *endpoint, int flags)
{
	char device[128], path[FILE_PATH_MAX], dst[32];
	int ctrl, fd;

	if (processor_find(&tool->processor, "bus/rpmsg/devices", "", service, device,
			   sizeof(device)) != 1)
		return -ENOENT;
	file_path(path, "/sys/bus/rpmsg/devices/%s/dst", device);
	if (file_read_line(path, dst, sizeof(dst)) <= 0)
		return -ENOENT;
	ctrl = ctrl_open(&tool->processor);
	if (ctrl < 0)
		return ctrl;
	fd = endpoint_open(&tool->processor, ctrl, endpoint, RPMSG_ADDR_ANY, strtoul(dst, NULL, 0),
			   flags);
	close(ctrl);
	return fd;
}

bool tool_is_gone(const struct tool *tool)
{
	char path[FILE_PATH_MAX];

	return !file_exists(file_path(path, "/sys/class/remoteproc/remoteproc%u",
				      tool->processor.index));
}
