// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The application's side of an endpoint's rings, see rings.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "rings.h"
#include "wait.h"

int rings_setup_mode(struct rings *rings, int fd, bool exclusive, uint32_t tx_slots,
		     uint32_t rx_slots)
{
	rings->setup = (struct rpmsg_ring_setup) {
		.size = sizeof(rings->setup), .flags = exclusive ? RPMSG_RING_SETUP_EXCLUSIVE : 0,
		.tx_slots = tx_slots, .rx_slots = rx_slots,
	};
	return ioctl(fd, RPMSG_IOC_RING_SETUP, &rings->setup) ? -errno : 0;
}

int rings_setup(struct rings *rings, int fd, uint32_t tx_slots, uint32_t rx_slots)
{
	return rings_setup_mode(rings, fd, false, tx_slots, rx_slots);
}

void *rings_map_part(int fd, uint64_t offset, size_t size, int prot)
{
	void *at = mmap(NULL, size, prot, MAP_SHARED, fd, offset);

	if (at == MAP_FAILED)
		return NULL;
	return at;
}

size_t rings_tx_size(const struct rings *rings)
{
	return (size_t)rings->setup.tx_slots * rings->setup.tx_stride;
}

size_t rings_rx_size(const struct rings *rings)
{
	return ((size_t)rings->setup.rx_slots * rings->setup.rx_stride + 4095) & ~4095ul;
}

int rings_map(struct rings *rings, int fd)
{
	const struct rpmsg_ring_setup *setup = &rings->setup;
	uint8_t *control;

	control = rings_map_part(fd, RPMSG_RING_OFF_CONTROL, setup->control_size,
				 PROT_READ | PROT_WRITE);
	if (!control)
		return -errno;
	rings->control = (void *)control;
	rings->submit = (void *)(control + setup->submit_offset);
	rings->done = (void *)(control + setup->done_offset);
	rings->ready = (void *)(control + setup->ready_offset);
	rings->release = (void *)(control + setup->release_offset);

	rings->tx = rings_map_part(fd, RPMSG_RING_OFF_TX, rings_tx_size(rings),
				   PROT_READ | PROT_WRITE);
	if (!rings->tx)
		return -errno;
	rings->rx = rings_map_part(fd, RPMSG_RING_OFF_RX, rings_rx_size(rings), PROT_READ);
	return rings->rx ? 0 : -errno;
}

void rings_unmap(struct rings *rings)
{
	if (rings->control)
		munmap(rings->control, rings->setup.control_size);
	if (rings->tx)
		munmap(rings->tx, rings_tx_size(rings));
	if (rings->rx)
		munmap((void *)rings->rx, rings_rx_size(rings));
	memset(rings, 0, sizeof(*rings));
}

int rings_open(struct rings *rings, const char *node, bool exclusive, uint32_t tx_slots,
	       uint32_t rx_slots)
{
	int ret, fd = node_open(node, O_RDWR);

	if (fd < 0)
		return fd;
	memset(rings, 0, sizeof(*rings));
	ret = rings_setup_mode(rings, fd, exclusive, tx_slots, rx_slots);
	if (!ret)
		ret = rings_map(rings, fd);
	if (!ret)
		return fd;
	rings_unmap(rings);
	close(fd);
	return ret;
}

uint8_t *rings_tx_slot(const struct rings *rings, uint32_t slot)
{
	return rings->tx + (size_t)slot * rings->setup.tx_stride;
}

const uint8_t *rings_rx_slot(const struct rings *rings, uint32_t slot)
{
	return rings->rx + (size_t)slot * rings->setup.rx_stride;
}

void rings_submit(struct rings *rings, uint32_t slot, uint32_t len)
{
	const uint32_t tail = rings->control->submit_tail;

	rings->submit[tail & (rings->setup.tx_slots - 1)] =
		(struct rpmsg_ring_submit) { .slot = slot, .len = len };
	__atomic_store_n(&rings->control->submit_tail, tail + 1, __ATOMIC_RELEASE);
}

int rings_command(int fd, unsigned int request, uint32_t count, uint64_t timeout_ns)
{
	struct rpmsg_ring_wait wait = {
		.size = sizeof(wait), .args = { .count = count, .timeout_ns = timeout_ns },
	};
	const int ret = ioctl(fd, request, &wait);

	return ret < 0 ? -errno : ret;
}

int rings_send(int fd, uint32_t count, uint64_t timeout_ns)
{
	return rings_command(fd, RPMSG_IOC_RING_SEND, count, timeout_ns);
}

int rings_receive(int fd, uint32_t count, uint64_t timeout_ns)
{
	return rings_command(fd, RPMSG_IOC_RING_RECEIVE, count, timeout_ns);
}

const struct rpmsg_ring_done *rings_next_done(struct rings *rings)
{
	if (rings->done_head == __atomic_load_n(&rings->control->done_tail, __ATOMIC_ACQUIRE))
		return NULL;
	return &rings->done[rings->done_head++ & (rings->setup.tx_slots - 1)];
}

const struct rpmsg_ring_ready *rings_next_ready(struct rings *rings)
{
	struct rpmsg_ring_control *control = rings->control;

	if (control->ready_head == __atomic_load_n(&control->ready_tail, __ATOMIC_ACQUIRE))
		return NULL;
	return &rings->ready[control->ready_head++ & (rings->setup.rx_slots - 1)];
}

void rings_release(struct rings *rings, uint32_t slot)
{
	const uint32_t tail = rings->control->release_tail;

	rings->release[tail & (rings->setup.rx_slots - 1)] = slot;
	__atomic_store_n(&rings->control->release_tail, tail + 1, __ATOMIC_RELEASE);
}

static void *run_command(void *data)
{
	struct commander *commander = data;

	commander->result = rings_command(commander->fd, commander->request, commander->count,
					  RPMSG_TIMEOUT_NONE);
	return NULL;
}

bool commander_start(struct commander *commander, int fd, unsigned int request, uint32_t count)
{
	*commander = (struct commander) { .fd = fd, .request = request, .count = count };
	commander->result = COMMANDER_RUNNING;
	if (pthread_create(&commander->thread, NULL, run_command, commander))
		return false;
	return !wait_until(commander->result != COMMANDER_RUNNING, QUIET_MS);
}

int commander_result(struct commander *commander)
{
	if (!wait_until(commander->result != COMMANDER_RUNNING, PATIENCE_MS))
		return COMMANDER_RUNNING;
	pthread_join(commander->thread, NULL);
	return commander->result;
}
