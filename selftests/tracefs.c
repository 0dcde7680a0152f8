// SPDX-License-Identifier: GPL-2.0-or-later
/* What each does is in tracefs.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "tracefs.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCE	TRACEFS "/instances/selftest"

bool tracefs_cannot(void)
{
	return !file_exists(TRACEFS "/events/rpmsg/rpmsg_queued") ||
	       !file_exists(TRACEFS "/instances");
}

int tracefs_open(void)
{
	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		return -errno;
	return file_write(INSTANCE "/trace_clock", "mono");
}

void tracefs_close(void)
{
	file_write(INSTANCE "/events/enable", "0");
	rmdir(INSTANCE);
}

int tracefs_enable(const char *events, bool on)
{
	char path[FILE_PATH_MAX];

	return file_write(file_path(path, INSTANCE "/events/%s/enable", events), on ? "1" : "0");
}

int tracefs_clear(void)
{
	/* Opened for writing and truncated: the buffer is empty. */
	FILE *file = fopen(INSTANCE "/trace", "w");

	if (!file)
		return -errno;
	fclose(file);
	return 0;
}

int tracefs_take(char *text, size_t size)
{
	char line[512], *event;
	size_t used = 0;
	FILE *file = fopen(INSTANCE "/trace", "r");

	text[0] = '\0';
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		event = strstr(line, ": r");
		if (*line != '#' && event && used < size)
			used += snprintf(text + used, size - used, "%s", event + 2);
	}
	fclose(file);
	return used < size ? tracefs_clear() : -EOVERFLOW;
}
