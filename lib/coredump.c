// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Coredumps: the devices of class "devcoredump" whose failing device is a processor, and what a
 * processor is told to do for them.
 *
 * Their numbers are not used again, so a folder in sysfs means one dump for ever.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct rpmsg_coredump {
	char *syspath;
};

static const char *const mode_names[] = {
	[RPMSG_COREDUMP_UNKNOWN] = "unknown",
	[RPMSG_COREDUMP_DISABLED] = "disabled",
	[RPMSG_COREDUMP_ENABLED] = "enabled",
	[RPMSG_COREDUMP_INLINE] = "inline",
};

#define MODE_COUNT	(sizeof(mode_names) / sizeof(mode_names[0]))

const char *rpmsg_coredump_mode_to_string(enum rpmsg_coredump_mode mode)
{
	if ((size_t)mode >= MODE_COUNT)
		mode = RPMSG_COREDUMP_UNKNOWN;
	return mode_names[mode];
}

int rpmsg_processor_get_coredump_mode(struct rpmsg_processor *processor,
				      enum rpmsg_coredump_mode *mode_out)
{
	char text[32];
	size_t mode;
	int ret;

	if (!processor || !mode_out)
		return -EINVAL;
	ret = processor_read(processor, "coredump", text, sizeof(text));
	if (ret)
		return ret;

	for (mode = MODE_COUNT - 1; mode > RPMSG_COREDUMP_UNKNOWN; mode--)
		if (!strcmp(text, mode_names[mode]))
			break;
	*mode_out = (enum rpmsg_coredump_mode)mode;
	return 0;
}

int rpmsg_processor_set_coredump_mode(struct rpmsg_processor *processor,
				      enum rpmsg_coredump_mode mode)
{
	if (!processor || mode == RPMSG_COREDUMP_UNKNOWN || (size_t)mode >= MODE_COUNT)
		return -EINVAL;
	return processor_write(processor, "coredump", mode_names[mode]);
}

struct coredump_want {
	const struct rpmsg_processor *processor;
	struct rpmsg_coredump *coredump;
};

/* 1 ends the walk: it was found. */
static int coredump_visit(struct udev_device *dev, void *data)
{
	struct coredump_want *want = data;
	const char *syspath = udev_device_get_syspath(dev);
	char link[PATH_MAX], target[PATH_MAX];

	snprintf(link, sizeof(link), "%s/failing_device", syspath);
	if (!realpath(link, target) || strcmp(target, want->processor->syspath))
		return 0;

	want->coredump = malloc(sizeof(*want->coredump));
	if (!want->coredump)
		return -ENOMEM;
	want->coredump->syspath = strdup(syspath);
	if (!want->coredump->syspath) {
		free(want->coredump);
		return -ENOMEM;
	}
	return 1;
}

static int coredump_scan(struct rpmsg_context *ctx, void *data)
{
	const struct coredump_want *want = data;
	int ret;

	ret = device_walk(ctx, "devcoredump", NULL, coredump_visit, data);
	if (ret)
		return ret < 0 ? ret : 0;
	return access(want->processor->syspath, F_OK) ? -ENODEV : -ENOENT;
}

int rpmsg_coredump_wait(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
			int64_t timeout_ns, struct rpmsg_coredump **coredump_out)
{
	struct coredump_want want = { .processor = processor };
	struct deadline deadline;
	int ret;

	if (!ctx || !processor || !coredump_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (!ret)
		ret = device_wait(ctx, "devcoredump", &deadline, coredump_scan, &want);
	if (!ret)
		*coredump_out = want.coredump;
	return ret;
}

void rpmsg_coredump_free(struct rpmsg_coredump *coredump)
{
	if (!coredump)
		return;
	free(coredump->syspath);
	free(coredump);
}

const char *rpmsg_coredump_get_syspath(const struct rpmsg_coredump *coredump)
{
	return coredump->syspath;
}

static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= (size_t)n) {
		n = write(fd, buf, len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

int rpmsg_coredump_save(const struct rpmsg_coredump *coredump, int fd, uint64_t *size_out)
{
	uint64_t size = 0;
	char buf[16384];
	ssize_t n;
	int data, ret = 0;

	if (!coredump || !size_out)
		return -EINVAL;
	data = sysfs_open(coredump->syspath, "data", O_RDONLY);
	if (data < 0)
		return data;

	while (!ret) {
		n = read(data, buf, sizeof(buf));
		if (n <= 0) {
			ret = n ? -errno : 0;
			break;
		}
		ret = write_all(fd, buf, (size_t)n);
		size += (uint64_t)n;
	}
	close(data);
	if (!ret)
		*size_out = size;
	return ret;
}

int rpmsg_coredump_release(const struct rpmsg_coredump *coredump)
{
	/* Whatever is written there. */
	return coredump ? sysfs_write(coredump->syspath, "data", "1") : -EINVAL;
}
