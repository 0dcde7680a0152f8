// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Processors: the devices of class "remoteproc", and their life cycle by sysfs.
 *
 * The kernel counts boots: "start" on a running processor does nothing but raise the count, and
 * "stop" lowers it. That is of no use to somebody who cannot see the count, so state is read first,
 * and "runs already" and "still runs" are answers of their own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define FIRMWARE_SIZE	512
/* How often to look at a state that is waited for, in case the kernel does not tell. */
#define STATE_SLICE_NS	(20 * 1000000LL)

static const char *const state_names[] = {
	[RPMSG_PROCESSOR_UNKNOWN] = "unknown",
	[RPMSG_PROCESSOR_OFFLINE] = "offline",
	[RPMSG_PROCESSOR_SUSPENDED] = "suspended",
	[RPMSG_PROCESSOR_RUNNING] = "running",
	[RPMSG_PROCESSOR_CRASHED] = "crashed",
	[RPMSG_PROCESSOR_ATTACHED] = "attached",
	[RPMSG_PROCESSOR_DETACHED] = "detached",
};

#define STATE_COUNT	(sizeof(state_names) / sizeof(state_names[0]))

const char *rpmsg_processor_state_to_string(enum rpmsg_processor_state state)
{
	if ((size_t)state >= STATE_COUNT)
		state = RPMSG_PROCESSOR_UNKNOWN;
	return state_names[state];
}

enum rpmsg_processor_state processor_state_from_string(const char *text)
{
	size_t i;

	for (i = 0; i < STATE_COUNT; i++)
		if (!strcmp(text, state_names[i]))
			return (enum rpmsg_processor_state)i;
	return RPMSG_PROCESSOR_UNKNOWN;
}

int rpmsg_processor_refresh(struct rpmsg_processor *processor)
{
	char firmware[FIRMWARE_SIZE], state[32];
	char *copy;
	int ret;

	if (!processor)
		return -EINVAL;

	ret = sysfs_read(processor->syspath, "state", state, sizeof(state));
	if (ret)
		return ret;
	ret = sysfs_read(processor->syspath, "firmware", firmware, sizeof(firmware));
	if (ret)
		return ret;
	copy = strdup(firmware);
	if (!copy)
		return -ENOMEM;

	free(processor->firmware);
	processor->firmware = copy;
	processor->state = processor_state_from_string(state);
	return 0;
}

int processor_new(struct udev_device *dev, struct rpmsg_processor **processor_out)
{
	const char *name = udev_device_get_sysattr_value(dev, "name");
	struct rpmsg_processor *processor;
	int ret;

	processor = calloc(1, sizeof(*processor));
	if (!processor)
		return -ENOMEM;

	ret = device_number(dev, "remoteproc", &processor->index);
	if (ret)
		goto fail;

	processor->tells_state = udev_device_get_property_value(dev, "STATE");
	processor->sysname = strdup(udev_device_get_sysname(dev));
	processor->syspath = strdup(udev_device_get_syspath(dev));
	/* Kernels before 4.20 have no name. */
	processor->name = strdup(name ? name : udev_device_get_sysname(dev));
	if (!processor->sysname || !processor->syspath || !processor->name) {
		ret = -ENOMEM;
		goto fail;
	}

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		goto fail;

	*processor_out = processor;
	return 0;

fail:
	rpmsg_processor_free(processor);
	return ret;
}

int processor_copy(const struct rpmsg_processor *processor, struct rpmsg_processor **processor_out)
{
	struct rpmsg_processor *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *processor;
	copy->name = strdup(processor->name);
	copy->sysname = strdup(processor->sysname);
	copy->syspath = strdup(processor->syspath);
	copy->firmware = strdup(processor->firmware);
	if (!copy->name || !copy->sysname || !copy->syspath || !copy->firmware) {
		rpmsg_processor_free(copy);
		return -ENOMEM;
	}
	*processor_out = copy;
	return 0;
}

void rpmsg_processor_free(struct rpmsg_processor *processor)
{
	if (!processor)
		return;
	free(processor->name);
	free(processor->sysname);
	free(processor->syspath);
	free(processor->firmware);
	free(processor);
}

void rpmsg_processor_list_free(struct rpmsg_processor **list, size_t count)
{
	while (list && count)
		rpmsg_processor_free(list[--count]);
	free(list);
}

static int processor_visit(struct udev_device *dev, void *data)
{
	struct rpmsg_processor *processor;
	int ret;

	ret = processor_new(dev, &processor);
	if (ret == -ENODEV || ret == -EINVAL)
		return 0;	/* going away, or nothing that we know */
	if (ret)
		return ret;
	ret = array_add(data, processor);
	if (ret)
		rpmsg_processor_free(processor);
	return ret;
}

static int processor_compare(const void *a, const void *b)
{
	const struct rpmsg_processor *const *left = a, *const *right = b;

	return ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

int rpmsg_processor_list(struct rpmsg_context *ctx, struct rpmsg_processor ***list_out,
			 size_t *count_out)
{
	struct array array = { 0 };
	int ret;

	if (!ctx || !list_out || !count_out)
		return -EINVAL;

	ret = device_walk(ctx, "remoteproc", NULL, processor_visit, &array);
	if (ret) {
		rpmsg_processor_list_free((struct rpmsg_processor **)array.items, array.count);
		return ret;
	}
	array_sort(&array, processor_compare);
	*list_out = (struct rpmsg_processor **)array.items;
	*count_out = array.count;
	return 0;
}

static enum name_rank processor_rank(const void *item, const char *name)
{
	const struct rpmsg_processor *processor = item;

	if (!strcmp(processor->sysname, name))
		return NAME_OWN;
	return strcmp(processor->name, name) ? NAME_OTHER : NAME_SHARED;
}

int rpmsg_processor_find(struct rpmsg_context *ctx, const char *name,
			 struct rpmsg_processor **processor_out)
{
	struct rpmsg_processor **list;
	void *found;
	size_t count;
	int ret;

	if (!name || !processor_out)
		return -EINVAL;
	ret = rpmsg_processor_list(ctx, &list, &count);
	if (ret)
		return ret;

	ret = array_take((void **)list, count, processor_rank, name, &found);
	if (!ret)
		*processor_out = found;
	rpmsg_processor_list_free(list, count);
	return ret;
}

const char *rpmsg_processor_get_name(const struct rpmsg_processor *processor)
{
	return processor->name;
}

const char *rpmsg_processor_get_sysname(const struct rpmsg_processor *processor)
{
	return processor->sysname;
}

const char *rpmsg_processor_get_syspath(const struct rpmsg_processor *processor)
{
	return processor->syspath;
}

unsigned int rpmsg_processor_get_index(const struct rpmsg_processor *processor)
{
	return processor->index;
}

enum rpmsg_processor_state rpmsg_processor_get_state(const struct rpmsg_processor *processor)
{
	return processor->state;
}

const char *rpmsg_processor_get_firmware(const struct rpmsg_processor *processor)
{
	return processor->firmware;
}

/* An attribute that not every kernel has. */
static int attr_error(const struct rpmsg_processor *processor, int ret)
{
	return ret == -ENODEV && !access(processor->syspath, F_OK) ? -EOPNOTSUPP : ret;
}

int processor_read(const struct rpmsg_processor *processor, const char *attr, char *buf,
		   size_t size)
{
	return attr_error(processor, sysfs_read(processor->syspath, attr, buf, size));
}

int processor_write(const struct rpmsg_processor *processor, const char *attr, const char *value)
{
	return attr_error(processor, sysfs_write(processor->syspath, attr, value));
}

int rpmsg_processor_set_firmware(struct rpmsg_processor *processor, const char *firmware)
{
	int ret;

	if (!processor || !firmware || !*firmware || strchr(firmware, '\n'))
		return -EINVAL;
	ret = sysfs_write(processor->syspath, "firmware", firmware);
	return ret ? ret : rpmsg_processor_refresh(processor);
}

int rpmsg_processor_boot(struct rpmsg_processor *processor)
{
	int ret;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;

	switch (processor->state) {
	case RPMSG_PROCESSOR_RUNNING:
	case RPMSG_PROCESSOR_ATTACHED:
		return -EALREADY;
	case RPMSG_PROCESSOR_CRASHED:
	case RPMSG_PROCESSOR_DETACHED:	/* "start" attaches to it, and leaves its firmware */
		return -EBUSY;
	default:
		break;
	}

	ret = sysfs_write(processor->syspath, "state", "start");
	return ret ? ret : rpmsg_processor_refresh(processor);
}

static bool is_up(const struct rpmsg_processor *processor)
{
	switch (processor->state) {
	case RPMSG_PROCESSOR_OFFLINE:
	case RPMSG_PROCESSOR_SUSPENDED:
	case RPMSG_PROCESSOR_DETACHED:
		return false;
	default:
		return true;
	}
}

int rpmsg_processor_stop(struct rpmsg_processor *processor)
{
	int ret, err;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;
	if (!is_up(processor))
		return -EALREADY;

	ret = sysfs_write(processor->syspath, "state", "stop");
	err = rpmsg_processor_refresh(processor);
	if (err == -ENODEV)
		return 0;	/* removed as soon as it stopped */
	if (ret == -EINVAL && !err && !is_up(processor))
		return -EALREADY;	/* somebody else was faster */
	if (ret)
		return ret;
	if (err)
		return err;
	return is_up(processor) ? -EBUSY : 0;
}

int rpmsg_processor_attach(struct rpmsg_processor *processor)
{
	int ret;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;
	if (processor->state == RPMSG_PROCESSOR_ATTACHED)
		return -EALREADY;
	if (processor->state != RPMSG_PROCESSOR_DETACHED)
		return -EBUSY;

	ret = sysfs_write(processor->syspath, "state", "start");
	return ret ? ret : rpmsg_processor_refresh(processor);
}

int rpmsg_processor_detach(struct rpmsg_processor *processor)
{
	int ret, err;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;
	if (processor->state == RPMSG_PROCESSOR_DETACHED)
		return -EALREADY;
	if (processor->state != RPMSG_PROCESSOR_ATTACHED)
		return -EBUSY;

	ret = sysfs_write(processor->syspath, "state", "detach");
	err = rpmsg_processor_refresh(processor);
	if (ret == -EINVAL && !err)
		return processor->state == RPMSG_PROCESSOR_ATTACHED ? -EOPNOTSUPP : -EBUSY;
	if (ret || err)
		return ret ? ret : err;
	return processor->state == RPMSG_PROCESSOR_ATTACHED ? -EBUSY : 0;
}

int rpmsg_processor_wait_state(struct rpmsg_processor *processor,
			       enum rpmsg_processor_state state, int64_t timeout_ns)
{
	struct deadline deadline;
	char text[32];
	short revents;
	int fd, ret;

	if (!processor)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	fd = sysfs_open(processor->syspath, "state", O_RDONLY);
	if (fd < 0)
		return fd;

	do {
		ret = sysfs_read_fd(fd, text, sizeof(text));
		if (ret)
			break;
		processor->state = processor_state_from_string(text);
		if (processor->state == state)
			break;
		/* The file that was read tells of changes since then, where the kernel does. */
		ret = deadline_poll(&deadline, fd, POLLPRI, STATE_SLICE_NS, &revents);
	} while (!ret);
	close(fd);
	return ret;
}

int rpmsg_processor_get_recovery(struct rpmsg_processor *processor, bool *enabled_out)
{
	char text[32];
	int ret;

	if (!processor || !enabled_out)
		return -EINVAL;
	ret = processor_read(processor, "recovery", text, sizeof(text));
	if (!ret)
		*enabled_out = !strcmp(text, "enabled");
	return ret;
}

int rpmsg_processor_set_recovery(struct rpmsg_processor *processor, bool enabled)
{
	int ret, err;

	if (!processor)
		return -EINVAL;
	ret = processor_write(processor, "recovery", enabled ? "enabled" : "disabled");
	err = rpmsg_processor_refresh(processor);
	return ret ? ret : err;
}

int rpmsg_processor_recover(struct rpmsg_processor *processor)
{
	int ret, err;

	ret = rpmsg_processor_refresh(processor);
	if (ret)
		return ret;
	if (processor->state != RPMSG_PROCESSOR_CRASHED)
		return -EALREADY;

	ret = processor_write(processor, "recovery", "recover");
	err = rpmsg_processor_refresh(processor);
	if (ret || err)
		return ret ? ret : err;
	/* Mainline takes the command for done however it ended. */
	return processor->state == RPMSG_PROCESSOR_CRASHED || !is_up(processor) ? -EIO : 0;
}
