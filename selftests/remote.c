// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device side of an rpmsg virtio device, see remote.h.
 *
 * The rings are shared with the kernel, which runs on other CPUs: their indices are read with
 * acquire and written with release semantics.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/urproc.h>
#include <linux/virtio_config.h>

#include "remote.h"
#include "wait.h"

_Static_assert(sizeof(struct rpmsg_header) == 16, "as on the wire");
_Static_assert(sizeof(struct rpmsg_ns_message) == 40, "as on the wire");

static void *remote_memory(struct remote *remote, uint64_t addr, uint64_t size)
{
	if (addr < MEM_ADDR || size > MEM_SIZE || addr - MEM_ADDR > MEM_SIZE - size)
		return NULL;
	return remote->processor->mem + (addr - MEM_ADDR);
}

int ring_find(struct remote *remote, struct ring *ring, const struct table_vring *entry)
{
	void *memory = remote_memory(remote, entry->da, vring_size(entry->num, entry->align));

	if (!memory)
		return -EFAULT;
	vring_init(&ring->vring, entry->num, memory, entry->align);
	ring->notifyid = entry->notifyid;
	ring->taken = 0;
	return 0;
}

int remote_wait_driver(const struct table_vdev *vdev)
{
	return wait_until(*(const volatile uint8_t *)&vdev->status & VIRTIO_CONFIG_S_DRIVER_OK,
			  PATIENCE_MS) ? 0 : -ETIMEDOUT;
}

int remote_find_rings_of(struct remote *remote, const struct table_vdev *vdev)
{
	int ret;

	ret = remote_wait_driver(vdev);
	if (!ret)
		ret = ring_find(remote, &remote->to_host, &vdev->vring[0]);
	if (!ret)
		ret = ring_find(remote, &remote->from_host, &vdev->vring[1]);
	return ret;
}

int remote_find_rings(struct remote *remote)
{
	return remote_find_rings_of(remote, &processor_table(remote->processor)->vdev);
}

int remote_start(struct remote *remote, struct processor *processor)
{
	int ret;

	remote->processor = processor;
	ret = processor_start(processor);
	return ret ? ret : remote_find_rings(remote);
}

int ring_take(struct ring *ring)
{
	const uint16_t avail = __atomic_load_n(&ring->vring.avail->idx, __ATOMIC_ACQUIRE);
	const unsigned int num = ring->vring.num;

	if (avail == ring->taken)
		return -EAGAIN;
	return ring->vring.avail->ring[ring->taken++ % num] % num;
}

void *ring_buffer(struct remote *remote, struct ring *ring, int index, size_t *size)
{
	const struct vring_desc *desc = &ring->vring.desc[index];

	*size = desc->len;
	return remote_memory(remote, desc->addr, desc->len);
}

void ring_give(struct ring *ring, uint32_t index, uint32_t len)
{
	struct vring_used *used = ring->vring.used;
	struct vring_used_elem *elem = &used->ring[used->idx % ring->vring.num];

	elem->id = index;
	elem->len = len;
	__atomic_store_n(&used->idx, used->idx + 1, __ATOMIC_RELEASE);
}

bool ring_wants_interrupt(const struct ring *ring)
{
	/* It looks for what was returned after it has asked. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(__atomic_load_n(&ring->vring.avail->flags, __ATOMIC_RELAXED) &
		 VRING_AVAIL_F_NO_INTERRUPT);
}

int remote_notify(struct remote *remote, const struct ring *ring)
{
	return ioctl(remote->processor->fd, URPROC_IOC_NOTIFY, ring->notifyid) ? -errno : 0;
}

static int put_bytes(struct remote *remote, const void *bytes, size_t size, uint32_t used_len)
{
	struct ring *ring = &remote->to_host;
	size_t room;
	void *to;
	int index;

	index = ring_take(ring);
	if (index < 0)
		return index;

	to = ring_buffer(remote, ring, index, &room);
	if (!to || size > room)
		return -EFAULT;
	memcpy(to, bytes, size);
	ring_give(ring, index, used_len);
	return 0;
}

int remote_send_bytes(struct remote *remote, const void *bytes, size_t size, uint32_t used_len)
{
	const int ret = put_bytes(remote, bytes, size, used_len);

	return ret ? ret : remote_notify(remote, &remote->to_host);
}

int remote_put(struct remote *remote, uint32_t src, uint32_t dst, const void *data, size_t len)
{
	struct rpmsg_message message = {
		.header = { .src = src, .dst = dst, .len = len },
	};
	const size_t size = sizeof(message.header) + len;

	memcpy(message.data, data, len);
	return put_bytes(remote, &message, size, size);
}

int remote_send(struct remote *remote, uint32_t src, uint32_t dst, const void *data, size_t len)
{
	const int ret = remote_put(remote, src, dst, data, len);

	return ret ? ret : remote_notify(remote, &remote->to_host);
}

int remote_announce(struct remote *remote, const char *name, uint32_t addr, uint32_t flags)
{
	struct rpmsg_ns_message message = { .addr = addr, .flags = flags };

	memcpy(message.name, name, strnlen(name, sizeof(message.name)));
	return remote_send(remote, addr, RPMSG_NS_ADDR, &message, sizeof(message));
}

bool remote_has_message(struct remote *remote)
{
	struct ring *ring = &remote->from_host;

	return __atomic_load_n(&ring->vring.avail->idx, __ATOMIC_ACQUIRE) != ring->taken;
}

int remote_receive(struct remote *remote, struct rpmsg_message *message, int timeout_ms)
{
	struct ring *ring = &remote->from_host;
	size_t size;
	void *from;
	int index;

	if (!wait_until(remote_has_message(remote), timeout_ms))
		return -ETIMEDOUT;

	index = ring_take(ring);
	from = ring_buffer(remote, ring, index, &size);
	if (!from || size > sizeof(*message))
		return -EFAULT;
	memset(message, 0, sizeof(*message));
	memcpy(message, from, size);
	ring_give(ring, index, 0);
	return remote_notify(remote, ring);
}

void remote_drain(struct remote *remote)
{
	struct ring *ring = &remote->from_host;
	int index;

	while ((index = ring_take(ring)) >= 0)
		ring_give(ring, index, 0);
	remote_notify(remote, ring);
}
