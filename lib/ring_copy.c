// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The kernel's part of a ring, where the kernel has none: the memory, SEND by write() and RECEIVE
 * by read(). The sending thread runs the one, the receiving thread the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "internal.h"

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static void fill_setup(const struct rpmsg_ring *ring, struct rpmsg_ring_setup *setup)
{
	const size_t mtu = endpoint_largest(ring->endpoint);

	setup->tx_slots = power_of_two(setup->tx_slots);
	setup->rx_slots = power_of_two(setup->rx_slots);
	setup->tx_mtu = (uint32_t)mtu;
	setup->rx_mtu = (uint32_t)mtu;
	setup->tx_stride = ((uint32_t)mtu + 63) & ~63u;
	setup->rx_stride = setup->tx_stride;
	setup->submit_offset = sizeof(*ring->control);
	setup->done_offset = setup->submit_offset + setup->tx_slots * sizeof(*ring->submit);
	setup->ready_offset = setup->done_offset + setup->tx_slots * sizeof(*ring->done);
	setup->release_offset = setup->ready_offset + setup->rx_slots * sizeof(*ring->ready);
	setup->control_size = setup->release_offset + setup->rx_slots * sizeof(*ring->release);
}

int ring_copy_open(struct rpmsg_ring *ring)
{
	struct rpmsg_ring_setup *setup = &ring->setup;
	void *control;

	fill_setup(ring, setup);
	control = calloc(1, setup->control_size);
	if (!control)
		return -ENOMEM;
	ring_place(ring, control);
	ring->tx = calloc(setup->tx_slots, setup->tx_stride);
	ring->rx = calloc(setup->rx_slots, setup->rx_stride);
	ring->vacant = calloc(setup->rx_slots, sizeof(*ring->vacant));
	if (!ring->tx || !ring->rx || !ring->vacant)
		return -ENOMEM;
	while (ring->num_vacant < setup->rx_slots) {
		ring->vacant[ring->num_vacant] = setup->rx_slots - 1 - ring->num_vacant;
		ring->num_vacant++;
	}
	return 0;
}

void ring_copy_close(struct rpmsg_ring *ring)
{
	free(ring->control);
	free(ring->tx);
	free(ring->rx);
	free(ring->vacant);
}

/* What was not sent stays in the submit ring, or comes back as -EPIPE when the remote is gone. */
int ring_copy_send(struct rpmsg_ring *ring, const struct deadline *deadline)
{
	const uint32_t mask = ring->setup.tx_slots - 1;
	struct rpmsg_ring_control *control = ring->control;
	const struct rpmsg_ring_submit *submit;
	const unsigned char *data;
	int ret = 0;

	while (control->submit_head != control->submit_tail) {
		submit = &ring->submit[control->submit_head & mask];
		data = ring->tx + (size_t)submit->slot * ring->setup.tx_stride;
		if (ret != -EPIPE)
			ret = endpoint_write(ring->endpoint, ring->generation, data, submit->len,
					     deadline);
		if (ret && ret != -EPIPE)
			return ret;
		ring->done[control->done_tail & mask] =
			(struct rpmsg_ring_done){ .slot = submit->slot, .status = ret };
		control->done_tail++;
		control->submit_head++;
	}
	return ret;
}

static void take_released(struct rpmsg_ring *ring)
{
	while (ring->release_head != ring->control->release_tail)
		ring->vacant[ring->num_vacant++] =
			ring->release[ring->release_head++ & (ring->setup.rx_slots - 1)];
}

/* Waits for @count, then takes what else is there. */
int ring_copy_receive(struct rpmsg_ring *ring, uint32_t count, const struct deadline *deadline)
{
	const struct deadline now = { .error = -EAGAIN };
	struct rpmsg_ring_control *control = ring->control;
	uint32_t unread;
	ssize_t len;

	take_released(ring);
	for (;;) {
		const uint32_t slot = ring->num_vacant ? ring->vacant[ring->num_vacant - 1] : 0;
		const struct iovec iov = {
			.iov_base = ring->rx + (size_t)slot * ring->setup.rx_stride,
			.iov_len = ring->setup.rx_stride,
		};

		unread = control->ready_tail - control->ready_head;
		if (!ring->num_vacant)
			return unread || !count ? 0 : -ENOBUFS;
		len = endpoint_read(ring->endpoint, ring->generation, &iov, 1,
				    unread < count ? deadline : &now);
		if (len < 0)
			return unread >= count ? 0 : (int)len;

		ring->num_vacant--;
		ring->ready[control->ready_tail & (ring->setup.rx_slots - 1)] =
			(struct rpmsg_ring_ready){
				.slot = slot, .len = (uint32_t)len, .src = RPMSG_ADDRESS_ANY,
			};
		control->ready_tail++;
	}
}
