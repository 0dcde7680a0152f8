// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Presence: which channels and nodes there are, for the monitor. It keeps what it told so far. A
 * look lists what there is now; each step finds and takes over the first difference, until there is
 * none. What is gone is told before what is new; nodes go before channels, and come after them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void listing_clear(struct listing *listing)
{
	rpmsg_channel_list_free((struct rpmsg_channel **)listing->channels.items,
				listing->channels.count);
	rpmsg_node_list_free((struct rpmsg_node **)listing->nodes.items, listing->nodes.count);
	*listing = (struct listing){ 0 };
}

void presence_clear(struct presence *presence)
{
	listing_clear(&presence->known);
	listing_clear(&presence->now);
}

struct key {
	const char *syspath;
	ino_t id;
};

typedef struct key (*key_fn)(const void *item);

static struct key channel_key(const void *item)
{
	const struct rpmsg_channel *channel = item;

	return (struct key){ .syspath = channel->syspath, .id = channel->id };
}

static struct key node_key(const void *item)
{
	const struct rpmsg_node *node = item;

	return (struct key){ .syspath = node->syspath, .id = node->id };
}

static bool is_in(const struct array *array, key_fn key, const void *item)
{
	size_t i;

	for (i = 0; i < array->count; i++)
		if (key(array->items[i]).id == key(item).id)
			return true;
	return false;
}

static void *take(struct array *array, size_t index)
{
	void **item = array->items + index;
	void *taken = *item;

	array->count--;
	memmove(item, item + 1, (array->count - index) * sizeof(*item));
	return taken;
}

/* Takes out the first that is new; NULL when there is none. */
static void *take_new(struct array *now, const struct array *known, key_fn key)
{
	size_t i;

	for (i = 0; i < now->count; i++)
		if (!is_in(known, key, now->items[i]))
			return take(now, i);
	return NULL;
}

/*
 * Takes out the first that is gone; NULL when there is none. The kernel's list of a folder may pass
 * over an entry while another goes, so each is asked for by its name, too.
 */
static void *take_gone(struct array *known, const struct array *now, key_fn key)
{
	size_t i;
	ino_t id;

	for (i = 0; i < known->count; i++) {
		const struct key k = key(known->items[i]);

		if (!is_in(now, key, known->items[i]) &&
		    (device_id(k.syspath, &id) || id != k.id))
			return take(known, i);
	}
	return NULL;
}

/* The steps answer 1 with news, 0 without, or a negative errno and nothing is changed. */

static int step_gone(struct listing *known, const struct listing *now, struct news *news)
{
	news->change = RPMSG_CHANGE_REMOVED;
	news->node = take_gone(&known->nodes, &now->nodes, node_key);
	if (!news->node)
		news->channel = take_gone(&known->channels, &now->channels, channel_key);
	return news->node || news->channel;
}

static int step_new(struct listing *known, struct listing *now, struct news *news)
{
	struct rpmsg_channel *channel = take_new(&now->channels, &known->channels, channel_key);
	struct rpmsg_node *node = NULL;
	int ret = 0;

	if (channel)
		ret = channel_copy(channel, &news->channel);
	else
		node = take_new(&now->nodes, &known->nodes, node_key);
	if (node)
		ret = node_copy(node, &news->node);
	if (!ret && channel)
		ret = array_add(&known->channels, channel);
	else if (!ret && node)
		ret = array_add(&known->nodes, node);
	if (ret) {
		rpmsg_channel_free(news->channel);
		rpmsg_node_free(news->node);
		rpmsg_channel_free(channel);
		rpmsg_node_free(node);
		*news = (struct news){ 0 };
		return ret;
	}
	return channel || node;
}

static int look(struct rpmsg_context *ctx, const char *processor, struct listing *now)
{
	struct rpmsg_processor *only = NULL;
	struct rpmsg_channel **channels;
	struct rpmsg_node **nodes;
	int ret = 0;

	if (processor) {
		ret = rpmsg_processor_find(ctx, processor, &only);
		if (ret == -ENOENT)
			return 0;	/* and nothing below it */
	}
	if (!ret)
		ret = rpmsg_channel_list(ctx, only, &channels, &now->channels.count);
	if (!ret) {
		now->channels.items = (void **)channels;
		ret = rpmsg_node_list(ctx, only, &nodes, &now->nodes.count);
	}
	if (!ret)
		now->nodes.items = (void **)nodes;
	rpmsg_processor_free(only);
	return ret;
}

int presence_step(struct presence *presence, struct rpmsg_context *ctx, const char *processor,
		  struct news *news)
{
	int ret = 0;

	while (!ret && (presence->looking || presence->comparing)) {
		if (!presence->comparing) {
			presence->looking = false;
			presence->comparing = true;
			ret = look(ctx, processor, &presence->now);
		}
		if (!ret)
			ret = step_gone(&presence->known, &presence->now, news);
		if (!ret) {
			news->change = presence->settled ? RPMSG_CHANGE_ADDED :
							   RPMSG_CHANGE_PRESENT;
			ret = step_new(&presence->known, &presence->now, news);
		}
		if (ret > 0)
			break;
		/* All of it was told; or it cannot be, and is to be looked at again. */
		listing_clear(&presence->now);
		presence->comparing = false;
		if (ret)
			presence->looking = true;
		else
			presence->settled = true;
	}
	return ret;
}
