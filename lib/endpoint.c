// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Endpoints: open nodes, and the messages through them.
 *
 * Descriptors are in non-blocking mode and every wait is ours, by ppoll() with the time that is
 * left: so a deadline holds on any kernel, and no call sleeps inside the driver. What differs
 * between kernels is found out once, when a node is opened.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
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
/* The largest message to be ready for where the transport does not tell. */
#define MTU_UNKNOWN		65536

/* A stock node does not tell when there is room: try again, at intervals that double. */
#define RETRY_FIRST_NS		(50 * 1000LL)
#define RETRY_LAST_NS		(2 * 1000000LL)

/* How long a new node may lack its file or the permissions that a udev daemon gives it. */
#define NODE_SETTLE_NS		(1000 * 1000000LL)
#define NODE_SETTLE_SLICE_NS	(2 * 1000000LL)

/* Takes over @fd when it succeeds. */
int endpoint_new(int fd, const char *path, enum rpmsg_endpoint_mode mode, size_t mtu,
		 struct rpmsg_endpoint **endpoint_out)
{
	struct rpmsg_endpoint *endpoint;

	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return -ENOMEM;
	endpoint->path = strdup(path);
	if (!endpoint->path) {
		free(endpoint);
		return -ENOMEM;
	}
	endpoint->fd = fd;
	endpoint->mode = mode;
	endpoint->mtu = mtu;
	*endpoint_out = endpoint;
	return 0;
}

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

int rpmsg_endpoint_open(struct rpmsg_context *ctx, const char *path,
			struct rpmsg_endpoint **endpoint_out)
{
	struct udev_device *dev;
	struct stat st, opened;
	int fd, ret;

	if (!ctx || !path || !endpoint_out)
		return -EINVAL;

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
	if (fstat(fd, &opened) || opened.st_rdev != st.st_rdev) {
		ret = -ENOENT;	/* replaced in between */
		goto out_close;
	}

	ret = endpoint_new(fd, path, detect_mode(fd), detect_mtu(dev), endpoint_out);
	if (!ret)
		goto out_unref;
out_close:
	close(fd);
out_unref:
	udev_device_unref(dev);
	return ret;
}

/* Open a node that has just been made, whose file may not have its final rights yet. */
static int open_new_node(struct rpmsg_context *ctx, const struct deadline *limit,
			 const struct rpmsg_node *node, struct rpmsg_endpoint **endpoint_out)
{
	struct deadline settle;
	int ret;

	ret = deadline_init(&settle, NODE_SETTLE_NS);
	if (ret)
		return ret;
	for (;;) {
		ret = rpmsg_endpoint_open(ctx, node->path, endpoint_out);
		if (ret != -ENOENT && ret != -EACCES)
			return ret;
		if (access(node->syspath, F_OK))
			return -ENODEV;
		if (!deadline_left_ns(limit) || deadline_sleep(&settle, NODE_SETTLE_SLICE_NS))
			return ret;
	}
}

int rpmsg_endpoint_open_service(struct rpmsg_context *ctx, const struct rpmsg_processor *processor,
				const char *service, int64_t timeout_ns,
				struct rpmsg_endpoint **endpoint_out)
{
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
	struct deadline deadline;
	int ret;

	if (!ctx || !service || !endpoint_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	ret = rpmsg_channel_wait(ctx, processor, service, timeout_ns, &channel);
	if (ret)
		return ret;

	ret = node_find_of_channel(ctx, channel, &node);
	if (!ret) {
		ret = rpmsg_endpoint_open(ctx, node->path, endpoint_out);
		rpmsg_node_free(node);
		if (!ret)
			goto out;
	}

	ret = rpmsg_node_create_for_channel(ctx, channel, deadline_left_ns(&deadline), &node);
	if (ret) {
		if (ret == -EAGAIN)
			ret = deadline.error;
		goto out;
	}
	ret = open_new_node(ctx, &deadline, node, endpoint_out);
	if (ret)
		rpmsg_node_destroy(node);
	else
		(*endpoint_out)->owns_node = true;
	rpmsg_node_free(node);
out:
	rpmsg_channel_free(channel);
	return ret;
}

void rpmsg_endpoint_close(struct rpmsg_endpoint *endpoint)
{
	if (!endpoint)
		return;
	if (endpoint->owns_node)
		ioctl(endpoint->fd, RPMSG_DESTROY_EPT_IOCTL);
	close(endpoint->fd);
	free(endpoint->kept);
	free(endpoint->path);
	free(endpoint);
}

int rpmsg_endpoint_get_fd(const struct rpmsg_endpoint *endpoint)
{
	return endpoint ? endpoint->fd : -EINVAL;
}

const char *rpmsg_endpoint_get_path(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->path;
}

int rpmsg_endpoint_get_mtu(const struct rpmsg_endpoint *endpoint, size_t *mtu_out)
{
	if (!endpoint || !mtu_out)
		return -EINVAL;
	if (!endpoint->mtu)
		return -EOPNOTSUPP;
	*mtu_out = endpoint->mtu;
	return 0;
}

enum rpmsg_endpoint_mode rpmsg_endpoint_get_mode(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->mode;
}

/*
 * Wait until it is worth trying again. *@dead is set once the descriptor reports that the remote is
 * gone; the next try tells its exact error, and if it does not, -EPIPE ends the loop rather than
 * spinning.
 */
static int endpoint_wait(const struct rpmsg_endpoint *endpoint, const struct deadline *deadline,
			 short events, int64_t slice_ns, bool *dead)
{
	short revents;
	int ret;

	if (*dead)
		return -EPIPE;
	ret = deadline_poll(deadline, endpoint->fd, events, slice_ns, &revents);
	if (ret)
		return ret;
	*dead = revents & (POLLERR | POLLHUP | POLLNVAL);
	return 0;
}

int rpmsg_endpoint_send(struct rpmsg_endpoint *endpoint, const void *buf, size_t len,
			int64_t timeout_ns)
{
	int64_t slice_ns = RETRY_FIRST_NS;
	struct deadline deadline;
	bool dead = false;
	ssize_t n;
	int ret;

	if (!endpoint || (!buf && len))
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	/* A stock kernel allocates first and asks later. */
	if ((endpoint->mtu && len > endpoint->mtu) || len > INT_MAX)
		return -EMSGSIZE;

	for (;;) {
		n = write(endpoint->fd, buf, len);
		if (n == (ssize_t)len)
			return 0;
		if (n >= 0)
			return -EIO;	/* part of a message is none */
		if (errno != EAGAIN)
			return -errno;

		if (endpoint->mode != RPMSG_ENDPOINT_STOCK)
			slice_ns = INT64_MAX;
		ret = endpoint_wait(endpoint, &deadline, POLLOUT, slice_ns, &dead);
		if (ret)
			return ret;
		if (slice_ns < RETRY_LAST_NS)
			slice_ns *= 2;
	}
}

/* Hand out the message that did not fit last time. */
static int recv_kept(struct rpmsg_endpoint *endpoint, void *buf, size_t size, size_t *len_out)
{
	*len_out = endpoint->kept_len;
	if (endpoint->kept_len > size)
		return -EMSGSIZE;
	if (endpoint->kept_len)
		memcpy(buf, endpoint->kept, endpoint->kept_len);
	endpoint->has_kept = false;
	return 0;
}

/* Have room to keep a message of any length, before one is taken out of the kernel. */
static int reserve_kept(struct rpmsg_endpoint *endpoint)
{
	size_t size = endpoint->mtu ? endpoint->mtu : MTU_UNKNOWN;

	if (endpoint->kept)
		return 0;
	endpoint->kept = malloc(size);
	if (!endpoint->kept)
		return -ENOMEM;
	endpoint->kept_size = size;
	return 0;
}

int rpmsg_endpoint_recv(struct rpmsg_endpoint *endpoint, void *buf, size_t size,
			int64_t timeout_ns, size_t *len_out)
{
	struct iovec iov[2] = { { .iov_base = buf, .iov_len = size } };
	int iovcnt = 1;
	struct deadline deadline;
	bool dead = false;
	ssize_t n;
	int ret;

	if (!endpoint || (!buf && size) || !len_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	if (endpoint->has_kept)
		return recv_kept(endpoint, buf, size, len_out);

	/*
	 * A stock kernel cuts a message that is too long. So the rest goes behind the caller's
	 * buffer into ours, and a message with a rest is kept there, whole.
	 */
	if (size < (endpoint->mtu ? endpoint->mtu : MTU_UNKNOWN)) {
		ret = reserve_kept(endpoint);
		if (ret)
			return ret;
		iov[1].iov_base = endpoint->kept + size;
		iov[1].iov_len = endpoint->kept_size - size;
		iovcnt = 2;
	}

	for (;;) {
		n = readv(endpoint->fd, iov, iovcnt);
		if (n >= 0)
			break;
		if (errno != EAGAIN)
			return -errno;
		ret = endpoint_wait(endpoint, &deadline, POLLIN, INT64_MAX, &dead);
		if (ret)
			return ret;
	}

	*len_out = n;
	if ((size_t)n <= size)
		return 0;
	if (size)
		memcpy(endpoint->kept, buf, size);
	endpoint->kept_len = n;
	endpoint->has_kept = true;
	return -EMSGSIZE;
}

static void prep_rw(const struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe,
		    unsigned char opcode, const void *buf, size_t len)
{
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = opcode;
	sqe->fd = endpoint->fd;
	sqe->off = (uint64_t)-1;	/* there is no position */
	sqe->addr = (uint64_t)(uintptr_t)buf;
	sqe->len = len;
}

int rpmsg_endpoint_prep_send(struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe,
			     const void *buf, size_t len)
{
	if (!endpoint || !sqe || (!buf && len))
		return -EINVAL;
	if (endpoint->mode == RPMSG_ENDPOINT_STOCK)
		return -EOPNOTSUPP;
	if ((endpoint->mtu && len > endpoint->mtu) || len > INT_MAX)
		return -EMSGSIZE;
	prep_rw(endpoint, sqe, IORING_OP_WRITE, buf, len);
	return 0;
}

int rpmsg_endpoint_prep_recv(struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe, void *buf,
			     size_t size)
{
	if (!endpoint || !sqe || !buf || !size || size > INT_MAX)
		return -EINVAL;
	prep_rw(endpoint, sqe, IORING_OP_READ, buf, size);
	return 0;
}
