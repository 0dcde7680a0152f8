// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Small files, see file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

char *file_path(char path[FILE_PATH_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, FILE_PATH_MAX, fmt, args);
	va_end(args);
	return path;
}

int file_read(const char *path, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	do {
		got = read(fd, text + used, size - 1 - used);
		if (got > 0)
			used += got;
	} while (got > 0 && used < size - 1);
	if (got < 0)
		got = -errno;
	close(fd);

	text[used] = '\0';
	return got < 0 ? (int)got : (int)used;
}

int file_read_line(const char *path, char *text, size_t size)
{
	int ret = file_read(path, text, size);

	if (ret > 0 && text[ret - 1] == '\n')
		text[--ret] = '\0';
	return ret;
}

int file_write(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	if (write(fd, text, size) != (ssize_t)size)
		ret = errno ? -errno : -EIO;
	close(fd);
	return ret;
}

int file_make(const char *path, const void *bytes, size_t size)
{
	size_t used = 0;
	ssize_t done;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;

	while (used < size) {
		done = write(fd, (const char *)bytes + used, size - used);
		if (done < 0) {
			int err = -errno;

			close(fd);
			return err;
		}
		used += done;
	}
	return close(fd) ? -errno : 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
