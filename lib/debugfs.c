// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the kernel has of a processor in debugfs: its trace buffers, and a way to crash it.
 *
 * debugfs is root's, may be absent, and the files of the trace buffers come and go with what the
 * processor does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"

#define DEBUGFS	"/sys/kernel/debug/remoteproc"

/* -ENOENT is a missing file where others are. */
static int debugfs_open(const struct rpmsg_processor *processor, const char *file, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", processor->sysname, file);
	fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return -errno;
	if (access(processor->syspath, F_OK))
		return -ENODEV;
	snprintf(path, sizeof(path), DEBUGFS "/%s", processor->sysname);
	return access(path, F_OK) ? -EOPNOTSUPP : -ENOENT;
}

int rpmsg_processor_read_trace(const struct rpmsg_processor *processor, unsigned int number,
			       char *buf, size_t size, size_t *len_out)
{
	char file[32];
	size_t len = 0;
	ssize_t n = 0;
	int fd;

	if (!processor || !buf || !len_out)
		return -EINVAL;
	snprintf(file, sizeof(file), "trace%u", number);
	fd = debugfs_open(processor, file, O_RDONLY);
	if (fd < 0)
		return fd;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0)
			n = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	/* debugfs says so of a file that goes while it is read. */
	if (n == -EIO)
		return -ENOENT;
	if (n < 0)
		return (int)n;
	*len_out = len;
	return 0;
}

int rpmsg_processor_crash(struct rpmsg_processor *processor, enum rpmsg_crash_type type)
{
	char text[16];
	ssize_t n;
	int fd, ret;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;
	if (processor->state != RPMSG_PROCESSOR_RUNNING &&
	    processor->state != RPMSG_PROCESSOR_ATTACHED)
		return -EBUSY;

	fd = debugfs_open(processor, "crash", O_WRONLY);
	if (fd < 0)
		return fd == -ENOENT ? -EOPNOTSUPP : fd;
	/* The numbers of enum rproc_crash_type, which ours has as well. */
	n = write(fd, text, (size_t)snprintf(text, sizeof(text), "%u", (unsigned int)type));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? (int)n : 0;
}
