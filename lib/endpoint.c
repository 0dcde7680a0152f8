// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Endpoints: the messages through them. How they are opened is in endpoint_open.c.
 *
 * Descriptors are in non-blocking mode and every wait is ours, by ppoll() with the time that is
 * left: so a deadline holds on any kernel, and no call sleeps inside the driver. What differs
 * between kernels is found out once, when an endpoint connects.
 *
 * The remote may be gone, and even be back, at any point of a call. A call belongs to the
 * generation that it began in: an error of the descriptor after that one ended is its end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

/* What a transport that does not tell may send. */
#define MTU_UNKNOWN		65536

/* A stock node does not tell when there is room: try again, at intervals that double. */
#define RETRY_FIRST_NS		(50 * 1000LL)
#define RETRY_LAST_NS		(2 * 1000000LL)
/*
 * Another thread may have made the descriptor one that waits for the service, after we last looked
 * at it. That has no POLLOUT to wake us.
 */
#define RECHECK_NS		(100 * 1000000LL)

int rpmsg_endpoint_get_fd(const struct rpmsg_endpoint *endpoint)
{
	return endpoint ? endpoint->fd : -EINVAL;
}

int rpmsg_endpoint_get_mtu(const struct rpmsg_endpoint *endpoint, size_t *mtu_out)
{
	size_t mtu;

	if (!endpoint || !mtu_out)
		return -EINVAL;
	mtu = endpoint->mtu;
	if (!mtu)
		return -EOPNOTSUPP;
	*mtu_out = mtu;
	return 0;
}

enum rpmsg_endpoint_mode rpmsg_endpoint_get_mode(const struct rpmsg_endpoint *endpoint)
{
	return endpoint->mode;
}

size_t endpoint_largest(const struct rpmsg_endpoint *endpoint)
{
	const size_t mtu = endpoint->mtu;

	return mtu ? mtu : MTU_UNKNOWN;
}

/* The answer to an error of the descriptor, in a call that began in that generation. */
static int endpoint_error(struct rpmsg_endpoint *endpoint, unsigned int generation, int error)
{
	if (error == EPIPE || endpoint->state != ENDPOINT_CONNECTED ||
	    endpoint->generation != generation)
		return endpoint_died(endpoint, generation);
	return -error;
}

static bool is_too_long(const struct rpmsg_endpoint *endpoint, size_t len)
{
	size_t mtu = endpoint->mtu;

	return (mtu && len > mtu) || len > INT_MAX;
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

/* One message out, of a length that was checked, in that generation. */
int endpoint_write(struct rpmsg_endpoint *endpoint, unsigned int generation, const void *buf,
		   size_t len, const struct deadline *deadline)
{
	int64_t slice_ns = RETRY_FIRST_NS;
	bool dead = false;
	ssize_t n;
	int ret;

	for (;;) {
		n = write(endpoint->fd, buf, len);
		if (n == (ssize_t)len)
			return 0;
		if (n >= 0)
			return -EIO;	/* part of a message is none */
		if (errno != EAGAIN)
			return endpoint_error(endpoint, generation, errno);

		if (endpoint->mode != RPMSG_ENDPOINT_STOCK)
			slice_ns = RECHECK_NS;
		ret = endpoint_wait(endpoint, deadline, POLLOUT, slice_ns, &dead);
		if (ret)
			return ret == -EPIPE ? endpoint_died(endpoint, generation) : ret;
		if (slice_ns < RETRY_LAST_NS)
			slice_ns *= 2;
	}
}

int rpmsg_endpoint_send(struct rpmsg_endpoint *endpoint, const void *buf, size_t len,
			int64_t timeout_ns)
{
	struct deadline deadline;
	unsigned int generation;
	int ret;

	if (!endpoint || (!buf && len))
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (!ret)
		ret = endpoint_ready(endpoint, &deadline);
	if (ret)
		return ret;
	generation = endpoint->generation;
	/* A stock kernel allocates first and asks later. */
	if (is_too_long(endpoint, len))
		return -EMSGSIZE;
	return endpoint_write(endpoint, generation, buf, len, &deadline);
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
static int reserve_kept(struct rpmsg_endpoint *endpoint, size_t size)
{
	unsigned char *kept;

	if (endpoint->kept_size >= size)
		return 0;
	kept = realloc(endpoint->kept, size);
	if (!kept)
		return -ENOMEM;
	endpoint->kept = kept;
	endpoint->kept_size = size;
	return 0;
}

/*
 * For a call that receives. What the remote sent before it died is still there once the caller was
 * told of its end, and comes before the next generation.
 */
static int ready_to_recv(struct rpmsg_endpoint *endpoint, const struct deadline *deadline)
{
	struct pollfd pfd = { .fd = endpoint->fd, .events = POLLIN };

	if (endpoint->state == ENDPOINT_DEAD && poll(&pfd, 1, 0) > 0 && pfd.revents & POLLIN)
		return 0;
	return endpoint_ready(endpoint, deadline);
}

/* One message in, in that generation. Return: its length. */
ssize_t endpoint_read(struct rpmsg_endpoint *endpoint, unsigned int generation,
		      const struct iovec *iov, int iovcnt, const struct deadline *deadline)
{
	bool dead = false;
	ssize_t n;
	int ret;

	for (;;) {
		n = readv(endpoint->fd, iov, iovcnt);
		if (n >= 0)
			return n;
		if (errno != EAGAIN)
			return endpoint_error(endpoint, generation, errno);
		ret = endpoint_wait(endpoint, deadline, POLLIN, INT64_MAX, &dead);
		if (ret)
			return ret == -EPIPE ? endpoint_died(endpoint, generation) : ret;
	}
}

/*
 * A stock kernel cuts a message that is too long. So the rest goes behind the caller's buffer into
 * ours. Return: the message's length.
 */
static ssize_t recv_whole(struct rpmsg_endpoint *endpoint, unsigned int generation, void *buf,
			  size_t size, const struct deadline *deadline)
{
	struct iovec iov[2] = { { .iov_base = buf, .iov_len = size } };
	const size_t largest = endpoint_largest(endpoint);
	int ret, iovcnt = 1;

	if (size < largest) {
		ret = reserve_kept(endpoint, largest);
		if (ret)
			return ret;
		iov[1].iov_base = endpoint->kept + size;
		iov[1].iov_len = endpoint->kept_size - size;
		iovcnt = 2;
	}
	return endpoint_read(endpoint, generation, iov, iovcnt, deadline);
}

int rpmsg_endpoint_recv(struct rpmsg_endpoint *endpoint, void *buf, size_t size,
			int64_t timeout_ns, size_t *len_out)
{
	unsigned int told, generation;
	struct deadline deadline;
	ssize_t n;
	int ret;

	if (!endpoint || (!buf && size) || !len_out)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	if (endpoint->has_kept)
		return recv_kept(endpoint, buf, size, len_out);
	do {
		/* An end that was told is not told again when another thread goes on from it. */
		told = endpoint->generation;
		if (endpoint->state != ENDPOINT_DEAD)
			told = 0;
		ret = ready_to_recv(endpoint, &deadline);
		if (ret)
			return ret;
		generation = endpoint->generation;
		n = recv_whole(endpoint, generation, buf, size, &deadline);
	} while (n == -EPIPE && generation == told);
	if (n < 0)
		return (int)n;

	*len_out = n;
	if ((size_t)n <= size)
		return 0;
	/* A message with a rest is kept, whole. */
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
	if (endpoint->state != ENDPOINT_CONNECTED)
		return -EPIPE;
	if (is_too_long(endpoint, len))
		return -EMSGSIZE;
	prep_rw(endpoint, sqe, IORING_OP_WRITE, buf, len);
	return 0;
}

int rpmsg_endpoint_prep_recv(struct rpmsg_endpoint *endpoint, struct io_uring_sqe *sqe, void *buf,
			     size_t size)
{
	if (!endpoint || !sqe || !buf || !size || size > INT_MAX)
		return -EINVAL;
	if (endpoint->state != ENDPOINT_CONNECTED)
		return -EPIPE;
	prep_rw(endpoint, sqe, IORING_OP_READ, buf, size);
	return 0;
}
