// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings: many messages at once through an endpoint, from and to buffers that both sides know.
 *
 * What is shared with the kernel is laid out by <linux/rpmsg_ring.h>, and docs/data-plane.md says
 * who may touch what when. Where the kernel has no rings for the endpoint, the same layout is
 * ordinary memory, and ring_copy.c plays the kernel's part with write() and read(): all else is the
 * same code.
 *
 * A ring belongs to one generation of its endpoint. When the remote goes it stays readable and is
 * good for nothing else; the next generation gets a ring of its own. The descriptor's number stays,
 * so before each use of it the generation is looked at, and after an error once more.
 *
 * Threads: one may reserve, submit and flush while another waits, peeks and releases. They share
 * nothing that changes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/rpmsg_endpoint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* ---- making and closing -------------------------------------------------------------------- */

void ring_place(struct rpmsg_ring *ring, void *control)
{
	unsigned char *base = control;

	ring->control = control;
	ring->submit = (void *)(base + ring->setup.submit_offset);
	ring->done = (void *)(base + ring->setup.done_offset);
	ring->ready = (void *)(base + ring->setup.ready_offset);
	ring->release = (void *)(base + ring->setup.release_offset);
}

static size_t tx_size(const struct rpmsg_ring *ring)
{
	return (size_t)ring->setup.tx_slots * ring->setup.tx_stride;
}

static size_t rx_size(const struct rpmsg_ring *ring)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return ((size_t)ring->setup.rx_slots * ring->setup.rx_stride + page - 1) & ~(page - 1);
}

static void *map_part(const struct rpmsg_ring *ring, uint64_t offset, size_t size, int prot)
{
	void *at = mmap(NULL, size, prot, MAP_SHARED, ring->endpoint->fd, (off_t)offset);

	if (at == MAP_FAILED)
		return NULL;
	return at;
}

static int ring_shared_open(struct rpmsg_ring *ring)
{
	void *control;

	if (ioctl(ring->endpoint->fd, RPMSG_IOC_RING_SETUP, &ring->setup))
		return -errno;

	control = map_part(ring, RPMSG_RING_OFF_CONTROL, ring->setup.control_size,
			   PROT_READ | PROT_WRITE);
	if (!control)
		return -errno;
	ring_place(ring, control);
	ring->tx = map_part(ring, RPMSG_RING_OFF_TX, tx_size(ring), PROT_READ | PROT_WRITE);
	if (!ring->tx)
		return -errno;
	ring->rx = map_part(ring, RPMSG_RING_OFF_RX, rx_size(ring), PROT_READ);
	return ring->rx ? 0 : -errno;
}

static void ring_shared_close(struct rpmsg_ring *ring)
{
	if (ring->control)
		munmap(ring->control, ring->setup.control_size);
	if (ring->tx)
		munmap(ring->tx, tx_size(ring));
	if (ring->rx)
		munmap(ring->rx, rx_size(ring));
}

void rpmsg_ring_close(struct rpmsg_ring *ring)
{
	if (!ring)
		return;
	if (ring->mode == RPMSG_RING_COPY)
		ring_copy_close(ring);
	else
		ring_shared_close(ring);
	free(ring->idle);
	free(ring->reserved);
	free(ring->held);
	free(ring);
}

static int ring_init_buffers(struct rpmsg_ring *ring)
{
	const uint32_t tx = ring->setup.tx_slots;

	ring->idle = calloc(tx, sizeof(*ring->idle));
	ring->reserved = calloc(tx, sizeof(*ring->reserved));
	ring->held = calloc(ring->setup.rx_slots, sizeof(*ring->held));
	if (!ring->idle || !ring->reserved || !ring->held)
		return -ENOMEM;
	while (ring->num_idle < tx) {
		ring->idle[ring->num_idle] = tx - 1 - ring->num_idle;
		ring->num_idle++;
	}
	return 0;
}

static int ring_init(struct rpmsg_ring *ring, enum rpmsg_ring_mode mode)
{
	int ret = -EOPNOTSUPP;

	ring->mode = mode;
	ring->setup.flags = mode == RPMSG_RING_EXCLUSIVE ? RPMSG_RING_SETUP_EXCLUSIVE : 0;
	if (ring->endpoint->mode != RPMSG_ENDPOINT_STOCK)
		ret = ring_shared_open(ring);
	if (ret == -ENOTTY)
		ret = -EOPNOTSUPP;
	/* A kernel that knows no rings, and a transport that has none. */
	if (!ring->control && ret == -EOPNOTSUPP && mode == RPMSG_RING_SHARED) {
		ring->mode = RPMSG_RING_COPY;
		ret = ring_copy_open(ring);
	}
	return ret ? ret : ring_init_buffers(ring);
}

static int ring_open(struct rpmsg_endpoint *endpoint, unsigned int tx_buffers,
		     unsigned int rx_buffers, enum rpmsg_ring_mode mode,
		     struct rpmsg_ring **ring_out)
{
	struct rpmsg_ring *ring;
	int ret;

	if (!endpoint || !ring_out || !tx_buffers || tx_buffers > RPMSG_RING_MAX_SLOTS ||
	    !rx_buffers || rx_buffers > RPMSG_RING_MAX_SLOTS)
		return -EINVAL;
	if (endpoint->state != ENDPOINT_CONNECTED)
		return -EPIPE;
	if (endpoint->has_kept || endpoint->ring_generation == endpoint->generation)
		return -EBUSY;

	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->endpoint = endpoint;
	ring->generation = endpoint->generation;
	ring->setup.size = sizeof(ring->setup);
	ring->setup.tx_slots = tx_buffers;
	ring->setup.rx_slots = rx_buffers;
	ret = ring_init(ring, mode);
	if (ret) {
		rpmsg_ring_close(ring);
		return ret;
	}
	endpoint->ring_generation = ring->generation;
	*ring_out = ring;
	return 0;
}

int rpmsg_ring_open(struct rpmsg_endpoint *endpoint, unsigned int tx_buffers,
		    unsigned int rx_buffers, struct rpmsg_ring **ring_out)
{
	return ring_open(endpoint, tx_buffers, rx_buffers, RPMSG_RING_SHARED, ring_out);
}

int rpmsg_ring_open_exclusive(struct rpmsg_endpoint *endpoint, unsigned int tx_buffers,
			      unsigned int rx_buffers, struct rpmsg_ring **ring_out)
{
	return ring_open(endpoint, tx_buffers, rx_buffers, RPMSG_RING_EXCLUSIVE, ring_out);
}

enum rpmsg_ring_mode rpmsg_ring_get_mode(const struct rpmsg_ring *ring)
{
	return ring->mode;
}

uint64_t rpmsg_ring_get_undelivered(const struct rpmsg_ring *ring)
{
	return ring->undelivered;
}

/* ---- the kernel's commands ----------------------------------------------------------------- */

/* Whether the descriptor is still that of the ring's generation. */
static bool ring_is_current(const struct rpmsg_ring *ring)
{
	return ring->endpoint->generation == ring->generation &&
	       ring->endpoint->state != ENDPOINT_WAITING;
}

/* Return: what the kernel counted, or an error, -EPIPE for all that the end of a remote causes. */
static int ring_command(const struct rpmsg_ring *ring, unsigned long request, uint32_t count,
			const struct deadline *deadline)
{
	struct rpmsg_ring_wait wait = {
		.size = sizeof(wait),
		.args = { .count = count, .timeout_ns = (uint64_t)deadline_left_ns(deadline) },
	};
	int ret;

	if (!ring_is_current(ring))
		return -EPIPE;
	ret = ioctl(ring->endpoint->fd, request, &wait);
	if (ret >= 0)
		return ret;
	if (errno != EPIPE && ring_is_current(ring))
		return errno == ETIMEDOUT ? deadline->error : -errno;
	return endpoint_died(ring->endpoint, ring->generation);
}

/* Why a command came back before it had what it waited for. */
static int ring_unfinished(const struct rpmsg_ring *ring, const struct deadline *deadline)
{
	if (load(&ring->control->gone))
		return endpoint_died(ring->endpoint, ring->generation);
	return deadline_left_ns(deadline) ? -EINTR : deadline->error;
}

static void prep_command(const struct rpmsg_ring *ring, struct io_uring_sqe *sqe, uint32_t request,
			 uint32_t count, int64_t timeout_ns)
{
	const struct rpmsg_ring_wait_args args = {
		.count = count, .timeout_ns = (uint64_t)timeout_ns,
	};

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = ring->endpoint->fd;
	sqe->cmd_op = request;
	memcpy(sqe->cmd, &args, sizeof(args));
}

/* ---- sending ------------------------------------------------------------------------------- */

static void take_done(struct rpmsg_ring *ring)
{
	const uint32_t tail = load(&ring->control->done_tail);
	const struct rpmsg_ring_done *done;

	while (ring->done_head != tail) {
		done = &ring->done[ring->done_head++ & (ring->setup.tx_slots - 1)];
		if (done->status)
			ring->undelivered++;
		ring->idle[ring->num_idle++] = done->slot;
	}
}

/* Hand over what was submitted; done entries come of it, too. */
static int ring_send(struct rpmsg_ring *ring, uint32_t count, const struct deadline *deadline)
{
	if (ring->mode != RPMSG_RING_COPY)
		return ring_command(ring, RPMSG_IOC_RING_SEND, count, deadline);
	return ring_is_current(ring) ? ring_copy_send(ring, deadline) : -EPIPE;
}

/* None idle is no reason to fail where the caller has some already. */
static int find_idle(struct rpmsg_ring *ring)
{
	const struct deadline now = { .error = -EAGAIN };
	int ret;

	take_done(ring);
	if (ring->num_idle)
		return 0;
	ret = ring_send(ring, 0, &now);
	if (ret < 0)
		return ret;
	take_done(ring);
	return ring->num_idle ? 0 : -EAGAIN;
}

static void reserve(struct rpmsg_ring *ring, struct rpmsg_buffer *buffer)
{
	const uint32_t slot = ring->idle[--ring->num_idle];

	ring->reserved[slot] = true;
	ring->num_reserved++;
	*buffer = (struct rpmsg_buffer){
		.data = ring->tx + (size_t)slot * ring->setup.tx_stride,
		.len = ring->setup.tx_mtu,
		.src = RPMSG_ADDRESS_ANY,
		.slot = slot,
	};
}

int rpmsg_ring_reserve_batch(struct rpmsg_ring *ring, struct rpmsg_buffer *buffers,
			     unsigned int count, unsigned int *count_out)
{
	unsigned int i;
	int ret;

	if (!ring || !buffers || !count || !count_out)
		return -EINVAL;
	*count_out = 0;
	for (i = 0; i < count; i++) {
		if (!ring->num_idle) {
			ret = find_idle(ring);
			if (ret)
				return i ? 0 : ret;
		}
		reserve(ring, &buffers[i]);
		*count_out = i + 1;
	}
	return 0;
}

int rpmsg_ring_reserve(struct rpmsg_ring *ring, struct rpmsg_buffer *buffer_out)
{
	unsigned int count;

	return rpmsg_ring_reserve_batch(ring, buffer_out, 1, &count);
}

static bool is_reserved(const struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer)
{
	return ring && buffer && buffer->slot < ring->setup.tx_slots &&
	       ring->reserved[buffer->slot];
}

static void unreserve(struct rpmsg_ring *ring, uint32_t slot)
{
	ring->reserved[slot] = false;
	ring->num_reserved--;
}

int rpmsg_ring_cancel(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer)
{
	if (!is_reserved(ring, buffer))
		return -EINVAL;
	unreserve(ring, buffer->slot);
	ring->idle[ring->num_idle++] = buffer->slot;
	return 0;
}

/* One buffer twice is found out at its second time. */
static int take_reserved(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffers,
			 unsigned int count)
{
	unsigned int i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = -EINVAL;
		if (!is_reserved(ring, &buffers[i]))
			goto err_reserve;
		ret = -EMSGSIZE;
		if (buffers[i].len > ring->setup.tx_mtu)
			goto err_reserve;
		unreserve(ring, buffers[i].slot);
	}
	return 0;

err_reserve:
	while (i--) {
		ring->reserved[buffers[i].slot] = true;
		ring->num_reserved++;
	}
	return ret;
}

int rpmsg_ring_submit_batch(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffers,
			    unsigned int count)
{
	unsigned int i;
	uint32_t tail;
	int ret;

	if (!ring || (!buffers && count))
		return -EINVAL;
	ret = take_reserved(ring, buffers, count);
	if (ret)
		return ret;

	tail = ring->control->submit_tail;
	for (i = 0; i < count; i++)
		ring->submit[tail++ & (ring->setup.tx_slots - 1)] = (struct rpmsg_ring_submit){
			.slot = buffers[i].slot, .len = (uint32_t)buffers[i].len,
		};
	store(&ring->control->submit_tail, tail);
	return 0;
}

int rpmsg_ring_submit(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer)
{
	return rpmsg_ring_submit_batch(ring, buffer, 1);
}

static bool is_flushed(struct rpmsg_ring *ring, uint32_t idle)
{
	take_done(ring);
	return ring->num_idle >= idle &&
	       load(&ring->control->submit_head) == ring->control->submit_tail;
}

int rpmsg_ring_flush(struct rpmsg_ring *ring, unsigned int idle, int64_t timeout_ns)
{
	struct deadline deadline;
	int ret;

	if (!ring || idle > ring->setup.tx_slots - ring->num_reserved)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret || is_flushed(ring, idle))
		return ret;

	ret = ring_send(ring, idle + ring->num_reserved, &deadline);
	if (ret < 0)
		return ret;
	return is_flushed(ring, idle) ? 0 : ring_unfinished(ring, &deadline);
}

int rpmsg_ring_prep_flush(struct rpmsg_ring *ring, struct io_uring_sqe *sqe, unsigned int idle,
			  int64_t timeout_ns)
{
	if (!ring || !sqe || idle > ring->setup.tx_slots - ring->num_reserved || timeout_ns < 0)
		return -EINVAL;
	if (ring->mode == RPMSG_RING_COPY)
		return -EOPNOTSUPP;
	if (!ring_is_current(ring))
		return -EPIPE;
	prep_command(ring, sqe, RPMSG_IOC_RING_SEND, idle + ring->num_reserved, timeout_ns);
	return 0;
}

int rpmsg_ring_send(struct rpmsg_ring *ring, const void *buf, size_t len, int64_t timeout_ns)
{
	struct rpmsg_buffer buffer;
	struct deadline deadline;
	int ret;

	if (!ring || (!buf && len))
		return -EINVAL;
	if (len > ring->setup.tx_mtu)
		return -EMSGSIZE;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret)
		return ret;
	ret = rpmsg_ring_reserve(ring, &buffer);
	if (ret == -EAGAIN) {
		ret = rpmsg_ring_flush(ring, 1, timeout_ns);
		if (!ret)
			ret = rpmsg_ring_reserve(ring, &buffer);
	}
	if (ret)
		return ret;

	if (len)
		memcpy(buffer.data, buf, len);
	buffer.len = len;
	rpmsg_ring_submit(ring, &buffer);
	ret = rpmsg_ring_flush(ring, 0, deadline_left_ns(&deadline));
	return ret == -EAGAIN ? deadline.error : ret;
}

/* ---- receiving ----------------------------------------------------------------------------- */

static uint32_t unread(const struct rpmsg_ring *ring)
{
	return load(&ring->control->ready_tail) - ring->control->ready_head;
}

int rpmsg_ring_wait(struct rpmsg_ring *ring, unsigned int count, int64_t timeout_ns)
{
	struct deadline deadline;
	int ret;

	if (!ring || count > ring->setup.rx_slots)
		return -EINVAL;
	ret = deadline_init(&deadline, timeout_ns);
	if (ret || (count && unread(ring) >= count))
		return ret;

	if (ring->mode != RPMSG_RING_COPY)
		ret = ring_command(ring, RPMSG_IOC_RING_RECEIVE, count, &deadline);
	else
		ret = ring_is_current(ring) ? ring_copy_receive(ring, count, &deadline) : -EPIPE;
	if (ret < 0)
		return ret;
	/* With all other buffers in use no more can come */
	if (unread(ring) >= count || unread(ring) == ring->setup.rx_slots - ring->num_held)
		return 0;
	return ring_unfinished(ring, &deadline);
}

int rpmsg_ring_set_busy_poll(struct rpmsg_ring *ring, int64_t most_ns)
{
	struct rpmsg_endpoint_options options = { .size = sizeof(options) };

	if (!ring || most_ns < 0)
		return -EINVAL;
	if (ring->mode == RPMSG_RING_COPY)
		return -EOPNOTSUPP;
	if (!ring_is_current(ring))
		return -EPIPE;
	if (ioctl(ring->endpoint->fd, RPMSG_IOC_GET_OPTIONS, &options))
		return -errno;
	options.busy_poll_ns = (uint64_t)most_ns;
	return ioctl(ring->endpoint->fd, RPMSG_IOC_SET_OPTIONS, &options) ? -errno : 0;
}

int rpmsg_ring_prep_wait(struct rpmsg_ring *ring, struct io_uring_sqe *sqe, unsigned int count,
			 int64_t timeout_ns)
{
	if (!ring || !sqe || count > ring->setup.rx_slots || timeout_ns < 0)
		return -EINVAL;
	if (ring->mode == RPMSG_RING_COPY)
		return -EOPNOTSUPP;
	if (!ring_is_current(ring))
		return -EPIPE;
	prep_command(ring, sqe, RPMSG_IOC_RING_RECEIVE, count, timeout_ns);
	return 0;
}

int rpmsg_ring_peek_batch(struct rpmsg_ring *ring, struct rpmsg_buffer *buffers, unsigned int count,
			  unsigned int *count_out)
{
	const struct rpmsg_ring_ready *ready;
	uint32_t head;
	unsigned int i;

	if (!ring || !buffers || !count || !count_out)
		return -EINVAL;
	*count_out = 0;
	if (count > unread(ring))
		count = unread(ring);
	if (!count)
		return -EAGAIN;

	head = ring->control->ready_head;
	for (i = 0; i < count; i++) {
		ready = &ring->ready[head++ & (ring->setup.rx_slots - 1)];
		buffers[i] = (struct rpmsg_buffer){
			.data = ring->rx + (size_t)ready->slot * ring->setup.rx_stride,
			.len = ready->len,
			.src = ready->src,
			.slot = ready->slot,
		};
		ring->held[ready->slot] = true;
	}
	ring->num_held += count;
	store(&ring->control->ready_head, head);
	*count_out = count;
	return 0;
}

int rpmsg_ring_peek(struct rpmsg_ring *ring, struct rpmsg_buffer *buffer_out)
{
	unsigned int count;

	return rpmsg_ring_peek_batch(ring, buffer_out, 1, &count);
}

int rpmsg_ring_release_batch(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffers,
			     unsigned int count)
{
	unsigned int i;
	uint32_t tail;

	if (!ring || (!buffers && count))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		if (buffers[i].slot >= ring->setup.rx_slots || !ring->held[buffers[i].slot])
			goto err_hold;
		ring->held[buffers[i].slot] = false;
	}

	ring->num_held -= count;
	tail = ring->control->release_tail;
	for (i = 0; i < count; i++)
		ring->release[tail++ & (ring->setup.rx_slots - 1)] = buffers[i].slot;
	store(&ring->control->release_tail, tail);
	return 0;

err_hold:
	while (i--)
		ring->held[buffers[i].slot] = true;
	return -EINVAL;
}

int rpmsg_ring_release(struct rpmsg_ring *ring, const struct rpmsg_buffer *buffer)
{
	return rpmsg_ring_release_batch(ring, buffer, 1);
}

int rpmsg_ring_recv(struct rpmsg_ring *ring, void *buf, size_t size, int64_t timeout_ns,
		    size_t *len_out)
{
	const struct rpmsg_ring_ready *ready;
	struct rpmsg_buffer buffer;
	int ret;

	if (!ring || (!buf && size) || !len_out)
		return -EINVAL;
	ret = rpmsg_ring_wait(ring, 1, timeout_ns);
	if (ret)
		return ret;

	ready = &ring->ready[ring->control->ready_head & (ring->setup.rx_slots - 1)];
	*len_out = ready->len;
	if (ready->len > size)
		return -EMSGSIZE;
	rpmsg_ring_peek(ring, &buffer);
	if (buffer.len)
		memcpy(buf, buffer.data, buffer.len);
	return rpmsg_ring_release(ring, &buffer);
}
