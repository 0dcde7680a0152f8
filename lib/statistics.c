// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Statistics: the folder statistics/ of nodes and of the transports below which they hang. Whatever
 * counters are there are read; which there are is the kernel's business.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct counter {
	char *name;
	uint64_t value;
};

struct rpmsg_statistics {
	char *syspath;
	char *device;
	char *processor;	/* or NULL */
	char name[RPMSG_NAME_SIZE];
	bool is_node;
	ino_t id;
	struct array counters;
};

static void statistics_free(struct rpmsg_statistics *statistics)
{
	size_t i;

	if (!statistics)
		return;
	for (i = 0; i < statistics->counters.count; i++) {
		struct counter *counter = statistics->counters.items[i];

		free(counter->name);
		free(counter);
	}
	free(statistics->counters.items);
	free(statistics->processor);
	free(statistics->device);
	free(statistics->syspath);
	free(statistics);
}

void rpmsg_statistics_list_free(struct rpmsg_statistics **list, size_t count)
{
	while (list && count)
		statistics_free(list[--count]);
	free(list);
}

/* A file that is no number is no counter. */
static int counter_read(struct rpmsg_statistics *statistics, const char *folder, const char *name)
{
	struct counter *counter;
	char text[32], *end;
	uint64_t value;
	int ret;

	ret = sysfs_read(folder, name, text, sizeof(text));
	if (ret)
		return ret;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end)
		return 0;

	counter = calloc(1, sizeof(*counter));
	if (!counter)
		return -ENOMEM;
	counter->value = value;
	counter->name = strdup(name);
	ret = counter->name ? array_add(&statistics->counters, counter) : -ENOMEM;
	if (ret) {
		free(counter->name);
		free(counter);
	}
	return ret;
}

static int counter_compare(const void *a, const void *b)
{
	const struct counter *left = *(const struct counter *const *)a;
	const struct counter *right = *(const struct counter *const *)b;

	return strcmp(left->name, right->name);
}

static int counters_read(struct rpmsg_statistics *statistics)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	if (snprintf(folder, sizeof(folder), "%s/statistics", statistics->syspath) >=
	    (int)sizeof(folder))
		return -ENAMETOOLONG;
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? -ENODEV : -errno;
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ret = counter_read(statistics, folder, entry->d_name);
	closedir(dir);
	array_sort(&statistics->counters, counter_compare);
	return ret;
}

static int statistics_new(struct udev_device *dev, bool is_node,
			  struct rpmsg_statistics **statistics_out)
{
	struct udev_device *processor;
	struct rpmsg_statistics *statistics;
	int ret;

	statistics = calloc(1, sizeof(*statistics));
	if (!statistics)
		return -ENOMEM;
	statistics->is_node = is_node;
	statistics->syspath = strdup(udev_device_get_syspath(dev));
	statistics->device = strdup(udev_device_get_sysname(dev));
	processor = device_processor(dev);
	if (processor)
		statistics->processor = strdup(udev_device_get_sysname(processor));
	ret = -ENOMEM;
	if (!statistics->syspath || !statistics->device || (processor && !statistics->processor))
		goto fail;

	ret = is_node ? device_name(dev, statistics->name) : 0;
	if (!ret)
		ret = device_id(statistics->syspath, &statistics->id);
	if (!ret)
		ret = counters_read(statistics);
	if (ret)
		goto fail;
	*statistics_out = statistics;
	return 0;

fail:
	statistics_free(statistics);
	return ret;
}

struct statistics_walk {
	struct array array;
	const struct rpmsg_processor *processor;
};

static int statistics_add(struct statistics_walk *walk, struct udev_device *dev, bool is_node)
{
	struct rpmsg_statistics *statistics;
	size_t i;
	int ret;

	for (i = 0; i < walk->array.count; i++) {
		statistics = walk->array.items[i];
		if (!strcmp(statistics->syspath, udev_device_get_syspath(dev)))
			return 0;
	}
	ret = statistics_new(dev, is_node, &statistics);
	if (ret == -ENODEV || ret == -EPROTO)
		return 0;	/* counts nothing, or is coming or going */
	if (ret)
		return ret;
	ret = array_add(&walk->array, statistics);
	if (ret)
		statistics_free(statistics);
	return ret;
}

/* Transports are not told from other devices of their buses but by what hangs below them. */
static int statistics_visit(struct udev_device *dev, void *data)
{
	struct statistics_walk *walk = data;
	struct udev_device *transport;
	int ret = 0;

	if (device_kind(dev) == DEVICE_OTHER || !device_is_below(dev, walk->processor))
		return 0;
	if (device_kind(dev) == DEVICE_NODE)
		ret = statistics_add(walk, dev, true);
	transport = device_transport(dev);
	if (!ret && transport)
		ret = statistics_add(walk, transport, false);
	return ret;
}

/* "rpmsg10" after "rpmsg9". */
static int statistics_compare(const void *a, const void *b)
{
	const struct rpmsg_statistics *left = *(const struct rpmsg_statistics *const *)a;
	const struct rpmsg_statistics *right = *(const struct rpmsg_statistics *const *)b;

	if (left->is_node != right->is_node)
		return left->is_node ? 1 : -1;
	return strverscmp(left->device, right->device);
}

int rpmsg_statistics_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
			  struct rpmsg_statistics ***list_out, size_t *count_out)
{
	struct statistics_walk walk = { .processor = processor };
	int ret;

	if (!ctx || !list_out || !count_out)
		return -EINVAL;
	ret = device_walk(ctx, "rpmsg", NULL, statistics_visit, &walk);
	if (ret) {
		rpmsg_statistics_list_free((struct rpmsg_statistics **)walk.array.items,
					   walk.array.count);
		return ret;
	}
	array_sort(&walk.array, statistics_compare);
	*list_out = (struct rpmsg_statistics **)walk.array.items;
	*count_out = walk.array.count;
	return 0;
}

const char *rpmsg_statistics_get_device(const struct rpmsg_statistics *statistics)
{
	return statistics->device;
}

const char *rpmsg_statistics_get_name(const struct rpmsg_statistics *statistics)
{
	return statistics->is_node ? statistics->name : NULL;
}

const char *rpmsg_statistics_get_processor(const struct rpmsg_statistics *statistics)
{
	return statistics->processor;
}

uint64_t rpmsg_statistics_get_id(const struct rpmsg_statistics *statistics)
{
	return statistics->id;
}

const char *rpmsg_statistics_get_counter(const struct rpmsg_statistics *statistics, size_t index,
					 uint64_t *value_out)
{
	const struct counter *counter;

	if (index >= statistics->counters.count)
		return NULL;
	counter = statistics->counters.items[index];
	*value_out = counter->value;
	return counter->name;
}
