// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include "driver.h"

static void test_wait(struct fw_hw *hw, unsigned int timeout_ms)
{
	struct driver *d = (struct driver *)((char *)hw - offsetof(struct driver, hw));

	(void)timeout_ms;
	d->waits++;
}

static void test_notify(struct fw_hw *hw, uint32_t notifyid)
{
	struct driver *d = (struct driver *)((char *)hw - offsetof(struct driver, hw));

	if (notifyid >= 2)
		abort();
	d->notified[notifyid]++;
}

static const struct fw_hw_ops test_ops = { .wait = test_wait, .notify = test_notify };

void *driver_ptr(struct driver *d, uint64_t da)
{
	return d->hw.mem + (da - MEM_DA);
}

static void ring_clear(struct driver *d, unsigned int i)
{
	uint8_t *mem = driver_ptr(d, RING_DA(i));

	memset(mem, 0, fw_vring_size(RING_NUM, RING_ALIGN));
	d->ring[i] = (struct ring){
		.desc = (void *)mem,
		.avail = (void *)(mem + RING_NUM * sizeof(struct fw_vring_desc)),
		.used = (void *)(mem + fw_vring_used_offset(RING_NUM, RING_ALIGN)),
	};
}

void driver_init(struct driver *d)
{
	unsigned int i;

	*d = (struct driver){
		.hw = {
			.ops = &test_ops,
			.mem = aligned_alloc(4096, MEM_SIZE),
			.mem_da = MEM_DA,
			.mem_size = MEM_SIZE,
			.image_da = MEM_DA,
			.image_size = IMAGE_SIZE,
			.trace_size = sizeof(d->trace),
		},
		.vdev = { .id = FW_VIRTIO_ID_RPMSG, .num_of_vrings = 2 },
	};
	if (!d->hw.mem)
		abort();
	memset(d->hw.mem, 0xa5, MEM_SIZE);
	d->hw.trace = d->trace;
	for (i = 0; i < 2; i++) {
		d->vdev.vring[i] = (struct fw_rsc_vring){
			.da = RING_DA(i), .align = RING_ALIGN, .num = RING_NUM, .notifyid = i,
		};
		ring_clear(d, i);
	}
}

void driver_exit(struct driver *d)
{
	free(d->hw.mem);
}

void driver_up(struct driver *d, unsigned int rx_buffers)
{
	unsigned int i;

	d->vdev.status = 0;
	ring_clear(d, TO_HOST);
	ring_clear(d, FROM_HOST);
	for (i = 0; i < rx_buffers; i++)
		ring_offer_buf(d, TO_HOST, (uint16_t)i, BUF_SIZE);
	d->vdev.gfeatures = FW_VIRTIO_RPMSG_F_NS;
	d->vdev.status = 1 | 2 | FW_VIRTIO_S_DRIVER_OK;
}

void ring_offer(struct ring *ring, uint16_t id)
{
	ring->avail->ring[ring->next++ % RING_NUM] = id;
	ring->avail->idx = ring->next;
}

void ring_offer_buf(struct driver *d, unsigned int ring, uint16_t id, uint32_t len)
{
	d->ring[ring].desc[id] = (struct fw_vring_desc){
		.addr = BUF_DA(ring, id),
		.len = len,
		.flags = ring == TO_HOST ? FW_VRING_DESC_F_WRITE : 0,
	};
	ring_offer(&d->ring[ring], id);
}

bool ring_take(struct ring *ring, struct fw_vring_used_elem *elem)
{
	if (ring->used->idx == ring->seen)
		return false;
	*elem = ring->used->ring[ring->seen++ % RING_NUM];
	return true;
}

void driver_send(struct driver *d, uint16_t id, uint32_t src, uint32_t dst, const void *data,
		 uint16_t len)
{
	struct fw_rpmsg_hdr hdr = { .src = src, .dst = dst, .len = len };
	uint8_t *buf = driver_ptr(d, BUF_DA(FROM_HOST, id));

	memcpy(buf, &hdr, sizeof(hdr));
	if (len)
		memcpy(buf + sizeof(hdr), data, len);
	ring_offer_buf(d, FROM_HOST, id, (uint32_t)(sizeof(hdr) + len));
}

int driver_receive(struct driver *d, struct fw_rpmsg_hdr *hdr, void *data)
{
	struct fw_vring_used_elem elem;
	uint8_t *buf;

	if (!ring_take(&d->ring[TO_HOST], &elem))
		return -1;
	buf = driver_ptr(d, BUF_DA(TO_HOST, elem.id));
	memcpy(hdr, buf, sizeof(*hdr));
	if (elem.id >= RING_NUM || elem.len != sizeof(*hdr) + hdr->len || elem.len > BUF_SIZE)
		abort();
	memcpy(data, buf + sizeof(*hdr), hdr->len);
	ring_offer_buf(d, TO_HOST, (uint16_t)elem.id, BUF_SIZE);
	return hdr->len;
}
