// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nodes: endpoints in the kernel, rpmsgN, made through a control device /dev/rpmsg_ctrlM. Most have
 * a file /dev/rpmsgN; the others are a file descriptor of whoever made them.
 *
 * Mainline's kernel does not tell which node an RPMSG_CREATE_EPT_IOCTL made. Under a lock on the
 * control device (lock order: nothing else is held) the library takes down what hangs below it,
 * makes the node, and looks for the one that is new. Numbers are used again at once after a node
 * goes, so a device is known by the inode of its folder in sysfs, which is not. A kernel that has
 * RPMSG_IOC_CREATE_ENDPOINT spares us this.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg_endpoint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

/* flock(2) knows no deadline: how often to try. */
#define LOCK_SLICE_NS	(1 * 1000000LL)

static int node_new(struct udev_device *dev, struct rpmsg_node **node_out)
{
	const char *path = udev_device_get_devnode(dev);
	struct rpmsg_node *node;
	int ret;

	if (!path && major(udev_device_get_devnum(dev)))
		return -ENODEV;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;

	ret = device_number(dev, "rpmsg", &node->number);
	if (!ret)
		ret = device_name(dev, node->name);
	if (!ret)
		ret = device_address(dev, "src", &node->src);
	if (!ret)
		ret = device_address(dev, "dst", &node->dst);
	if (!ret)
		ret = device_id(udev_device_get_syspath(dev), &node->id);
	if (!ret)
		ret = place_init(&node->place, dev);
	if (ret)
		goto fail;

	snprintf(node->sysname, sizeof(node->sysname), "rpmsg%u", node->number);
	node->path = path ? strdup(path) : NULL;
	node->syspath = strdup(udev_device_get_syspath(dev));
	if ((path && !node->path) || !node->syspath) {
		ret = -ENOMEM;
		goto fail;
	}
	*node_out = node;
	return 0;

fail:
	rpmsg_node_free(node);
	return ret;
}

int node_copy(const struct rpmsg_node *node, struct rpmsg_node **node_out)
{
	struct rpmsg_node *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *node;
	copy->syspath = strdup(node->syspath);
	copy->path = node->path ? strdup(node->path) : NULL;
	if (place_copy(&copy->place, &node->place) || !copy->syspath ||
	    (node->path && !copy->path)) {
		rpmsg_node_free(copy);
		return -ENOMEM;
	}
	*node_out = copy;
	return 0;
}

void rpmsg_node_free(struct rpmsg_node *node)
{
	if (!node)
		return;
	place_clear(&node->place);
	free(node->syspath);
	free(node->path);
	free(node);
}

void rpmsg_node_list_free(struct rpmsg_node **list, size_t count)
{
	while (list && count)
		rpmsg_node_free(list[--count]);
	free(list);
}

struct node_walk {
	struct array array;
	const struct rpmsg_processor *processor;
};

static int node_visit(struct udev_device *dev, void *data)
{
	struct node_walk *walk = data;
	struct rpmsg_node *node;
	int ret;

	if (device_kind(dev) != DEVICE_NODE || !device_is_below(dev, walk->processor))
		return 0;

	ret = node_new(dev, &node);
	if (ret == -ENODEV || ret == -EPROTO)
		return 0;	/* coming or going, or nothing that we know */
	if (ret)
		return ret;
	ret = array_add(&walk->array, node);
	if (ret)
		rpmsg_node_free(node);
	return ret;
}

static int node_compare(const void *a, const void *b)
{
	const struct rpmsg_node *const *left = a, *const *right = b;

	return ((*left)->number > (*right)->number) - ((*left)->number < (*right)->number);
}

/* All nodes, or those of @processor, or those below the device @below. */
static int node_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		     struct udev_device *below, struct array *array)
{
	struct node_walk walk = { .processor = processor };
	int ret;

	ret = device_walk(ctx, "rpmsg", below, node_visit, &walk);
	if (ret) {
		rpmsg_node_list_free((struct rpmsg_node **)walk.array.items, walk.array.count);
		return ret;
	}
	array_sort(&walk.array, node_compare);
	*array = walk.array;
	return 0;
}

int rpmsg_node_list(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		    struct rpmsg_node ***list_out, size_t *count_out)
{
	struct array array;
	int ret;

	if (!ctx || !list_out || !count_out)
		return -EINVAL;
	ret = node_list(ctx, processor, NULL, &array);
	if (ret)
		return ret;
	*list_out = (struct rpmsg_node **)array.items;
	*count_out = array.count;
	return 0;
}

static enum name_rank node_rank(const void *item, const char *name)
{
	const struct rpmsg_node *node = item;

	if (!strcmp(node->sysname, name) || (node->path && !strcmp(node->path, name)))
		return NAME_OWN;
	/* Who asks for a service wants to open it. */
	return !node->path || strcmp(node->name, name) ? NAME_OTHER : NAME_SHARED;
}

int rpmsg_node_find(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		    const char *name, struct rpmsg_node **node_out)
{
	struct rpmsg_node **list;
	void *found;
	size_t count;
	int ret;

	if (!name || !node_out)
		return -EINVAL;
	ret = rpmsg_node_list(ctx, processor, &list, &count);
	if (ret)
		return ret;

	ret = array_take((void **)list, count, node_rank, name, &found);
	if (!ret)
		*node_out = found;
	rpmsg_node_list_free(list, count);
	return ret;
}

/* The node that a driver made by itself for a channel: it hangs below the channel's own device. */
int node_find_of_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			 struct rpmsg_node **node_out)
{
	struct udev_device *dev;
	struct array array;
	int ret;

	dev = udev_device_new_from_syspath(ctx->udev, channel->syspath);
	if (!dev)
		return -ENODEV;
	ret = node_list(ctx, NULL, dev, &array);
	udev_device_unref(dev);
	if (ret)
		return ret;

	if (array.count) {
		*node_out = array.items[0];
		array.items[0] = NULL;
	} else {
		ret = -ENOENT;
	}
	rpmsg_node_list_free((struct rpmsg_node **)array.items, array.count);
	return ret;
}

/* Which control device: that of a processor, or of a channel, or the only one. */
struct control_want {
	const struct rpmsg_processor *processor;
	const struct rpmsg_channel *channel;
	struct udev_device *control;
};

static int control_visit(struct udev_device *dev, void *data)
{
	struct control_want *want = data;
	struct udev_device *transport;
	unsigned int number, known;

	if (device_kind(dev) != DEVICE_CONTROL || !device_is_below(dev, want->processor))
		return 0;
	if (want->channel) {
		transport = device_transport(dev);
		if (!transport ||
		    strcmp(udev_device_get_syspath(transport), want->channel->place.transport))
			return 0;
	}
	if (want->control) {
		/* A processor may have several transports: the first. Otherwise it is a guess. */
		if (!want->processor)
			return -ENOTUNIQ;
		if (device_number(dev, "rpmsg_ctrl", &number) ||
		    device_number(want->control, "rpmsg_ctrl", &known) || number > known)
			return 0;
		udev_device_unref(want->control);
	}
	want->control = udev_device_ref(dev);
	return 0;
}

static int control_scan(struct rpmsg_context *ctx, void *data)
{
	struct control_want *want = data;
	int ret;

	if (want->channel && access(want->channel->syspath, F_OK))
		return -ENODEV;
	if (want->processor && access(want->processor->syspath, F_OK))
		return -ENODEV;

	ret = device_walk(ctx, "rpmsg", NULL, control_visit, want);
	if (!ret && want->control && udev_device_get_devnode(want->control) &&
	    !access(udev_device_get_devnode(want->control), F_OK))
		return 0;

	udev_device_unref(want->control);
	want->control = NULL;
	return ret ? ret : -ENOENT;
}

static int control_lock(const struct deadline *deadline, int fd)
{
	int ret;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return -errno;
		ret = deadline_sleep(deadline, LOCK_SLICE_NS);
		if (ret)
			return ret;
	}
	return 0;
}

static bool was_there(const struct array *before, const struct rpmsg_node *node)
{
	size_t i;

	for (i = 0; i < before->count; i++)
		if (((const struct rpmsg_node *)before->items[i])->id == node->id)
			return true;
	return false;
}

/* The node that is below @control now, was not @before, and is what was asked for. */
static int node_take_new(struct rpmsg_context *ctx, struct udev_device *control,
			 const struct array *before, const struct rpmsg_endpoint_info *info,
			 struct rpmsg_node **node_out)
{
	struct array after;
	int ret;
	size_t i;

	ret = node_list(ctx, NULL, control, &after);
	if (ret)
		return ret;

	ret = -ENODEV;	/* made, and gone again with its processor */
	for (i = 0; i < after.count; i++) {
		struct rpmsg_node *node = after.items[i];

		if (was_there(before, node) || strcmp(node->name, info->name) ||
		    node->dst != info->dst)
			continue;
		*node_out = node;
		after.items[i] = NULL;
		ret = 0;
		break;
	}
	rpmsg_node_list_free((struct rpmsg_node **)after.items, after.count);
	return ret;
}

/* For kernels that do not tell. */
static int node_create_and_find(struct rpmsg_context *ctx, struct udev_device *control, int fd,
				const struct deadline *deadline,
				const struct rpmsg_endpoint_info *info,
				struct rpmsg_node **node_out)
{
	struct array before;
	int ret;

	ret = control_lock(deadline, fd);
	if (!ret)
		ret = node_list(ctx, NULL, control, &before);
	if (ret)
		return ret;

	if (ioctl(fd, RPMSG_CREATE_EPT_IOCTL, info))
		ret = -errno;
	else
		ret = node_take_new(ctx, control, &before, info, node_out);
	rpmsg_node_list_free((struct rpmsg_node **)before.items, before.count);
	return ret;
}

/* The node of that number if it is below @control; else it is gone, or another's by now. */
static int node_of_number(struct rpmsg_context *ctx, struct udev_device *control,
			  unsigned int number, struct rpmsg_node **node_out)
{
	struct udev_device *dev, *parent;
	char name[32];
	int ret = -ENODEV;

	snprintf(name, sizeof(name), "rpmsg%u", number);
	dev = udev_device_new_from_subsystem_sysname(ctx->udev, "rpmsg", name);
	parent = dev ? udev_device_get_parent(dev) : NULL;
	if (parent && !strcmp(udev_device_get_syspath(parent), udev_device_get_syspath(control)))
		ret = node_new(dev, node_out);
	udev_device_unref(dev);
	return ret;
}

/*
 * Where @fd_out is wanted, the endpoint is to have no file in /dev but this descriptor, and
 * -EOPNOTSUPP says that the kernel makes no such endpoints.
 */
static int node_create_on(struct rpmsg_context *ctx, struct udev_device *control,
			  const struct deadline *deadline, const struct rpmsg_endpoint_info *info,
			  int *fd_out, struct rpmsg_node **node_out)
{
	struct rpmsg_endpoint_create create = {
		.size = sizeof(create), .src = info->src, .dst = info->dst, .fd = -1,
		.flags = fd_out ? RPMSG_ENDPOINT_NO_NODE : 0,
	};
	int fd, ret;

	memcpy(create.name, info->name, sizeof(create.name));
	fd = open(udev_device_get_devnode(control), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;

	if (!ioctl(fd, RPMSG_IOC_CREATE_ENDPOINT, &create))
		ret = node_of_number(ctx, control, create.index, node_out);
	else if (errno != EINVAL && errno != ENOTTY)
		ret = -errno;
	else if (fd_out)
		ret = -EOPNOTSUPP;
	else
		ret = node_create_and_find(ctx, control, fd, deadline, info, node_out);
	close(fd);	/* and unlock */
	if (ret && create.fd >= 0)
		close(create.fd);
	else if (fd_out)
		*fd_out = create.fd;
	return ret;
}

static int node_create(struct rpmsg_context *ctx, struct control_want *want, const char *name,
		       uint32_t src, uint32_t dst, int64_t timeout_ns, int *fd_out,
		       struct rpmsg_node **node_out)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };
	struct deadline deadline;
	int ret;

	if (!*name)
		return -EINVAL;
	if (strlen(name) >= sizeof(info.name))
		return -ENAMETOOLONG;
	strcpy(info.name, name);

	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	ret = device_wait(ctx, "rpmsg", &deadline, control_scan, want);
	if (ret)
		return ret;
	ret = node_create_on(ctx, want->control, &deadline, &info, fd_out, node_out);
	udev_device_unref(want->control);
	return ret;
}

int rpmsg_node_create(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
		      const char *name, uint32_t src, uint32_t dst, int64_t timeout_ns,
		      struct rpmsg_node **node_out)
{
	struct control_want want = { .processor = processor };

	if (!ctx || !name || !node_out)
		return -EINVAL;
	return node_create(ctx, &want, name, src, dst, timeout_ns, NULL, node_out);
}

int rpmsg_node_create_for_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
				  int64_t timeout_ns, struct rpmsg_node **node_out)
{
	struct control_want want = { .channel = channel };

	if (!ctx || !channel || !node_out)
		return -EINVAL;
	return node_create(ctx, &want, channel->service, RPMSG_ADDRESS_ANY, channel->dst,
			   timeout_ns, NULL, node_out);
}

/* An endpoint that is a descriptor, in blocking mode. -EOPNOTSUPP: the kernel has none. */
int node_create_without_file(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			     int64_t timeout_ns, int *fd_out, struct rpmsg_node **node_out)
{
	struct control_want want = { .channel = channel };

	return node_create(ctx, &want, channel->service, RPMSG_ADDRESS_ANY, channel->dst,
			   timeout_ns, fd_out, node_out);
}

int rpmsg_node_destroy(struct rpmsg_node *node)
{
	ino_t id;
	int fd, ret;

	if (!node || !node->path)
		return -EINVAL;

	fd = open(node->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	/* While it is open its number is not given to another: now it can be told. */
	ret = device_id(node->syspath, &id);
	if (!ret && id != node->id)
		ret = -ENODEV;
	if (!ret && ioctl(fd, RPMSG_DESTROY_EPT_IOCTL))
		ret = -errno;
	close(fd);
	return ret;
}

const char *rpmsg_node_get_path(const struct rpmsg_node *node)
{
	return node->path;
}

const char *rpmsg_node_get_sysname(const struct rpmsg_node *node)
{
	return node->sysname;
}

const char *rpmsg_node_get_name(const struct rpmsg_node *node)
{
	return node->name;
}

uint32_t rpmsg_node_get_src(const struct rpmsg_node *node)
{
	return node->src;
}

uint32_t rpmsg_node_get_dst(const struct rpmsg_node *node)
{
	return node->dst;
}

const char *rpmsg_node_get_processor(const struct rpmsg_node *node)
{
	return node->place.processor;
}
