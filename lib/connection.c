// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Connections: a descriptor that leads to a remote, and what is to be known of it. Nothing here
 * knows endpoints; a connection belongs to who made it, and ends with its remote.
 *
 * One to a service is a descriptor and nothing else, preferably, which dies with its process. Where
 * the kernel has no such endpoints it is a node made for the occasion.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

/* Payload of the 512-byte buffers that virtio transports use when nothing says otherwise. */
#define MTU_VIRTIO		496

/* How long a new node may lack its file or the permissions that a udev daemon gives it. */
#define NODE_SETTLE_NS		(1000 * 1000000LL)
#define NODE_SETTLE_SLICE_NS	(2 * 1000000LL)

/*
 * A stock node refuses RWF_NOWAIT before its driver sees the call; ours gets as far as refusing the
 * length, which no transport carries. Neither touches the (invalid) memory, and nothing is sent.
 */
static enum rpmsg_endpoint_mode detect_mode(int fd)
{
	struct iovec iov = { .iov_base = NULL, .iov_len = 0x7ffff000 };

	if (pwritev2(fd, &iov, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP)
		return RPMSG_ENDPOINT_STOCK;
	return RPMSG_ENDPOINT_PLAIN;
}

/* The kernel's word, if it has one; the known size of virtio transports; else 0, not known. */
static size_t detect_mtu(struct udev_device *dev)
{
	const char *text = udev_device_get_sysattr_value(dev, "mtu");
	struct udev_device *transport = device_transport(dev);
	const char *subsystem = transport ? udev_device_get_subsystem(transport) : NULL;
	unsigned long mtu;
	char *end;

	if (text) {
		mtu = strtoul(text, &end, 10);
		if (end != text && !*end && mtu <= INT_MAX)
			return mtu;
	}
	return subsystem && !strcmp(subsystem, "virtio") ? MTU_VIRTIO : 0;
}

/* Whether the remote that @fd led to is gone. */
bool connection_is_over(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLERR | POLLHUP);
}

/* All but the descriptor. */
void connection_clear(struct connection *connection)
{
	free(connection->path);
	free(connection->sysname);
	connection->path = NULL;
	connection->sysname = NULL;
}

void connection_close(struct connection *connection)
{
	/* A node whose remote is gone is gone as well; mainline's 6.1 may oops if told again. */
	if (connection->owns_node && !connection_is_over(connection->fd))
		ioctl(connection->fd, RPMSG_DESTROY_EPT_IOCTL);
	close(connection->fd);
	connection_clear(connection);
}

/* Takes over @fd when it succeeds. */
static int connection_init(struct connection *connection, int fd, const char *path,
			   struct udev_device *dev)
{
	*connection = (struct connection){
		.fd = fd,
		.mode = detect_mode(fd),
		.mtu = detect_mtu(dev),
		.path = path ? strdup(path) : NULL,
		.sysname = strdup(udev_device_get_sysname(dev)),
	};
	if ((path && !connection->path) || !connection->sysname) {
		connection_clear(connection);
		return -ENOMEM;
	}
	return 0;
}

int connection_to_node(struct rpmsg_context *ctx, const char *path, struct connection *connection)
{
	struct udev_device *dev;
	struct stat st, opened;
	int fd, ret;

	/* Look before opening: opening some other device may have effects. */
	if (stat(path, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	dev = udev_device_new_from_devnum(ctx->udev, 'c', st.st_rdev);
	if (!dev || device_kind(dev) != DEVICE_NODE) {
		ret = -ENOTTY;
		goto out_unref;
	}

	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		goto out_unref;
	}
	if (fstat(fd, &opened) || opened.st_rdev != st.st_rdev)
		ret = -ENOENT;	/* replaced in between */
	else
		ret = connection_init(connection, fd, path, dev);
	if (ret)
		close(fd);
out_unref:
	udev_device_unref(dev);
	return ret;
}

/* A node that has just been made, whose file may not have its final rights yet. */
static int connect_new_node(struct rpmsg_context *ctx, const struct deadline *limit,
			    const struct rpmsg_node *node, struct connection *connection)
{
	struct deadline settle;
	int ret;

	ret = deadline_init(&settle, NODE_SETTLE_NS);
	if (ret)
		return ret;
	for (;;) {
		ret = connection_to_node(ctx, node->path, connection);
		if (ret != -ENOENT && ret != -EACCES)
			return ret;
		if (access(node->syspath, F_OK))
			return -ENODEV;
		if (!deadline_left_ns(limit) || deadline_sleep(&settle, NODE_SETTLE_SLICE_NS))
			return ret;
	}
}

static int connect_without_file(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
				const struct deadline *deadline, struct connection *connection)
{
	struct udev_device *dev;
	struct rpmsg_node *node;
	int fd, flags, ret;

	ret = node_create_without_file(ctx, channel, deadline_left_ns(deadline), &fd, &node);
	if (ret)
		return ret;

	dev = udev_device_new_from_syspath(ctx->udev, node->syspath);
	flags = fcntl(fd, F_GETFL);
	if (!dev)
		ret = -ENODEV;
	else if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		ret = -errno;
	else
		ret = connection_init(connection, fd, NULL, dev);
	if (ret)
		close(fd);
	udev_device_unref(dev);
	rpmsg_node_free(node);
	return ret;
}

int connection_to_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			  const struct deadline *deadline, struct connection *connection)
{
	struct rpmsg_node *node;
	int ret;

	ret = node_find_of_channel(ctx, channel, &node);
	if (!ret) {
		ret = node->path ? connection_to_node(ctx, node->path, connection) : -ENODEV;
		rpmsg_node_free(node);
		if (!ret)
			return 0;
	}

	ret = connect_without_file(ctx, channel, deadline, connection);
	if (ret != -EOPNOTSUPP)
		return ret;

	ret = rpmsg_node_create_for_channel(ctx, channel, deadline_left_ns(deadline), &node);
	if (ret)
		return ret;
	ret = connect_new_node(ctx, deadline, node, connection);
	if (ret)
		rpmsg_node_destroy(node);
	else
		connection->owns_node = true;
	rpmsg_node_free(node);
	return ret;
}
