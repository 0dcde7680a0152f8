// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Channels: the devices on the "rpmsg" bus, one for each service that a remote processor announced.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Devices that the kernel puts on the bus for itself. */
static bool is_plumbing(const char *service)
{
	return !strcmp(service, "rpmsg_ctrl") || !strcmp(service, "rpmsg_ns");
}

static int channel_new(struct udev_device *dev, struct rpmsg_channel **channel_out)
{
	const char *announce = udev_device_get_sysattr_value(dev, "announce");
	struct rpmsg_channel *channel;
	int ret;

	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return -ENOMEM;

	ret = device_name(dev, channel->service);
	if (!ret)
		ret = device_address(dev, "src", &channel->src);
	if (!ret)
		ret = device_address(dev, "dst", &channel->dst);
	if (!ret)
		ret = device_id(udev_device_get_syspath(dev), &channel->id);
	if (!ret)
		ret = place_init(&channel->place, dev);
	if (ret)
		goto fail;

	channel->announce = announce && !strcmp(announce, "true");
	channel->syspath = strdup(udev_device_get_syspath(dev));
	if (!channel->syspath) {
		ret = -ENOMEM;
		goto fail;
	}
	*channel_out = channel;
	return 0;

fail:
	rpmsg_channel_free(channel);
	return ret;
}

int channel_copy(const struct rpmsg_channel *channel, struct rpmsg_channel **channel_out)
{
	struct rpmsg_channel *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *channel;
	copy->syspath = strdup(channel->syspath);
	if (place_copy(&copy->place, &channel->place) || !copy->syspath) {
		rpmsg_channel_free(copy);
		return -ENOMEM;
	}
	*channel_out = copy;
	return 0;
}

void rpmsg_channel_free(struct rpmsg_channel *channel)
{
	if (!channel)
		return;
	place_clear(&channel->place);
	free(channel->syspath);
	free(channel);
}

void rpmsg_channel_list_free(struct rpmsg_channel **list, size_t count)
{
	while (list && count)
		rpmsg_channel_free(list[--count]);
	free(list);
}

struct channel_walk {
	struct array array;
	const struct rpmsg_processor *processor;
};

static int channel_visit(struct udev_device *dev, void *data)
{
	struct channel_walk *walk = data;
	struct rpmsg_channel *channel;
	int ret;

	if (device_kind(dev) != DEVICE_CHANNEL || !device_is_below(dev, walk->processor))
		return 0;

	ret = channel_new(dev, &channel);
	if (ret == -ENODEV || ret == -EPROTO)
		return 0;	/* coming or going, or nothing that we know */
	if (ret)
		return ret;
	ret = is_plumbing(channel->service) ? 0 : array_add(&walk->array, channel);
	if (ret || is_plumbing(channel->service))
		rpmsg_channel_free(channel);
	return ret;
}

/* "remoteproc10" after "remoteproc9", those without a processor last. */
static int processor_name_compare(const char *left, const char *right)
{
	size_t left_len, right_len;

	if (!left || !right)
		return !left - !right;
	left_len = strlen(left);
	right_len = strlen(right);
	if (left_len != right_len)
		return left_len < right_len ? -1 : 1;
	return strcmp(left, right);
}

static int channel_compare(const void *a, const void *b)
{
	const struct rpmsg_channel *left = *(const struct rpmsg_channel *const *)a;
	const struct rpmsg_channel *right = *(const struct rpmsg_channel *const *)b;
	int order;

	order = processor_name_compare(left->place.processor, right->place.processor);
	if (!order)
		order = strcmp(left->service, right->service);
	if (!order)
		order = (left->dst > right->dst) - (left->dst < right->dst);
	return order ? order : strcmp(left->syspath, right->syspath);
}

int rpmsg_channel_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       struct rpmsg_channel ***list_out, size_t *count_out)
{
	struct channel_walk walk = { .processor = processor };
	int ret;

	if (!ctx || !list_out || !count_out)
		return -EINVAL;

	ret = device_walk(ctx, "rpmsg", NULL, channel_visit, &walk);
	if (ret) {
		rpmsg_channel_list_free((struct rpmsg_channel **)walk.array.items,
					walk.array.count);
		return ret;
	}
	array_sort(&walk.array, channel_compare);
	*list_out = (struct rpmsg_channel **)walk.array.items;
	*count_out = walk.array.count;
	return 0;
}

int rpmsg_channel_find(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       const char *service, struct rpmsg_channel **channel_out)
{
	struct rpmsg_channel **list;
	size_t count, i;
	int ret;

	if (!service || !channel_out)
		return -EINVAL;
	ret = rpmsg_channel_list(ctx, processor, &list, &count);
	if (ret)
		return ret;

	ret = -ENOENT;
	for (i = 0; i < count; i++) {
		if (strcmp(list[i]->service, service))
			continue;
		*channel_out = list[i];
		list[i] = NULL;
		ret = 0;
		break;
	}
	rpmsg_channel_list_free(list, count);
	return ret;
}

struct channel_want {
	const struct rpmsg_processor *processor;
	const char *service;
	struct rpmsg_channel *channel;
};

static int channel_scan(struct rpmsg_context *ctx, void *data)
{
	struct channel_want *want = data;

	return rpmsg_channel_find(ctx, want->processor, want->service, &want->channel);
}

int rpmsg_channel_wait(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		       const char *service, int64_t timeout_ns, struct rpmsg_channel **channel_out)
{
	struct channel_want want = { .processor = processor, .service = service };
	struct deadline deadline;
	int ret;

	if (!ctx || !service || !channel_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	ret = device_wait(ctx, "rpmsg", &deadline, channel_scan, &want);
	if (ret)
		return ret;
	*channel_out = want.channel;
	return 0;
}

const char *rpmsg_channel_get_service(const struct rpmsg_channel *channel)
{
	return channel->service;
}

uint32_t rpmsg_channel_get_src(const struct rpmsg_channel *channel)
{
	return channel->src;
}

uint32_t rpmsg_channel_get_dst(const struct rpmsg_channel *channel)
{
	return channel->dst;
}

bool rpmsg_channel_get_announce(const struct rpmsg_channel *channel)
{
	return channel->announce;
}

const char *rpmsg_channel_get_processor(const struct rpmsg_channel *channel)
{
	return channel->place.processor;
}

const char *rpmsg_channel_get_syspath(const struct rpmsg_channel *channel)
{
	return channel->syspath;
}
