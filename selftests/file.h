/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files: attributes of sysfs and debugfs, modules' files, firmware images.
 */
#ifndef SELFTESTS_FILE_H
#define SELFTESTS_FILE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define FILE_PATH_MAX	512

/* A path made of a format, in a buffer of the caller's; returns the buffer. */
char *file_path(char path[FILE_PATH_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads at most size - 1 bytes and terminates them. Returns the count or -errno. */
int file_read(const char *path, char *text, size_t size);

/* As file_read(), less one trailing newline. */
int file_read_line(const char *path, char *text, size_t size);

/* One write() of the bytes to a file that exists. Returns 0 or -errno. */
int file_write(const char *path, const char *text);

/* Makes a file of the bytes, or replaces it. Returns 0 or -errno. */
int file_make(const char *path, const void *bytes, size_t size);

bool file_exists(const char *path);

#endif /* SELFTESTS_FILE_H */
