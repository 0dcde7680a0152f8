// SPDX-License-Identifier: MIT
/*
 * Device side of the split virtqueue.
 *
 * The driver is not trusted. Every field it writes is loaded once, checked, and only the
 * checked copy is used: an index may not run ahead of the ring, a descriptor number must be
 * inside it, and a buffer must be shared memory of the right direction. A bad entry costs
 * itself; an available index that lies stops the queue until the driver resets it, because
 * nothing behind it can be believed.
 *
 * Barrier pairs with the driver:
 *   (A) avail->idx is read before the entry and the descriptor it covers
 *   (B) the used element is written before used->idx
 *   (C) used->idx is written before avail->flags is read (does the driver want an interrupt?)
 *   (D) used->flags is written before avail->idx is read (did a buffer slip in without a kick?)
 */
#include "vring.h"

#define RING_ALIGN_MIN	sizeof(uint32_t)
#define RING_ALIGN_MAX	65536U

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

int fw_vq_init(struct fw_vq *vq, struct fw_hw *hw, uint64_t da, uint32_t num, uint32_t align,
	       uint32_t notifyid, bool to_host)
{
	uint8_t *mem;

	if (!is_power_of_2(num) || num > FW_VRING_NUM_MAX)
		return FW_EINVAL;
	if (!is_power_of_2(align) || align < RING_ALIGN_MIN || align > RING_ALIGN_MAX)
		return FW_EINVAL;
	if (da % sizeof(struct fw_vring_desc))
		return FW_EINVAL;
	mem = fw_hw_ptr(hw, da, fw_vring_size(num, align));
	if (!mem)
		return FW_EINVAL;

	*vq = (struct fw_vq){
		.hw = hw,
		.desc = (const void *)mem,
		.avail = (const void *)(mem + num * sizeof(struct fw_vring_desc)),
		.used = (void *)(mem + fw_vring_used_offset(num, align)),
		.num = num,
		.notifyid = notifyid,
		.to_host = to_host,
	};

	/* Both 0 in a new ring; in one that was used before, everything taken was given back. */
	vq->used_idx = fw_load(&vq->used->idx);
	vq->last_avail = vq->used_idx;
	return 0;
}

/*
 * One descriptor, or a chain of them that lie side by side: a buffer that crosses pages of the host
 * can come as several.
 */
static int map_buffer(struct fw_vq *vq, uint16_t head, struct fw_vq_buf *buf)
{
	uint64_t start = 0, total = 0;
	uint16_t flags, id = head;
	uint32_t i, len;
	uint64_t addr;

	for (i = 0; i < vq->num; i++) {
		const struct fw_vring_desc *desc = &vq->desc[id];

		addr = fw_load(&desc->addr);
		len = fw_load(&desc->len);
		flags = fw_load(&desc->flags);

		if (flags & FW_VRING_DESC_F_INDIRECT)
			return FW_EINVAL;
		if (!(flags & FW_VRING_DESC_F_WRITE) == vq->to_host)
			return FW_EINVAL;
		if (i == 0)
			start = addr;
		else if (addr != start + total)
			return FW_EINVAL;
		total += len;

		if (!(flags & FW_VRING_DESC_F_NEXT))
			break;
		id = fw_load(&desc->next);
		if (id >= vq->num)
			return FW_EINVAL;
	}
	if (i == vq->num || total == 0 || total > UINT32_MAX)
		return FW_EINVAL;

	buf->data = fw_hw_ptr(vq->hw, start, total);
	buf->len = (uint32_t)total;
	buf->id = head;
	return buf->data ? 0 : FW_EINVAL;
}

int fw_vq_pop(struct fw_vq *vq, struct fw_vq_buf *buf)
{
	uint16_t pending, head;

	if (vq->broken)
		return FW_EIO;

	for (;;) {
		pending = fw_load(&vq->avail->idx) - vq->last_avail;
		if (!pending)
			return FW_EAGAIN;
		if (pending > vq->num) {
			vq->broken = true;
			return FW_EIO;
		}
		fw_rmb();	/* (A) */

		head = fw_load(&vq->avail->ring[vq->last_avail++ & (vq->num - 1)]);
		if (head >= vq->num) {
			vq->bad++;
			continue;
		}
		if (!map_buffer(vq, head, buf))
			return 0;
		vq->bad++;
		fw_vq_push(vq, head, 0);
	}
}

void fw_vq_push(struct fw_vq *vq, uint16_t id, uint32_t len)
{
	struct fw_vring_used_elem *elem = &vq->used->ring[vq->used_idx & (vq->num - 1)];

	fw_store(&elem->id, id);
	fw_store(&elem->len, len);
	fw_wmb();	/* (B) */
	fw_store(&vq->used->idx, ++vq->used_idx);
	vq->pending = true;
}

void fw_vq_notify(struct fw_vq *vq)
{
	if (!vq->pending)
		return;
	vq->pending = false;
	fw_mb();	/* (C) */
	if (fw_load(&vq->avail->flags) & FW_VRING_AVAIL_F_NO_INTERRUPT)
		return;
	vq->interrupts++;
	vq->hw->ops->notify(vq->hw, vq->notifyid);
}

void fw_vq_kicks_off(struct fw_vq *vq)
{
	fw_store(&vq->used->flags, FW_VRING_USED_F_NO_NOTIFY);
}

bool fw_vq_kicks_on(struct fw_vq *vq)
{
	fw_store(&vq->used->flags, 0);
	fw_mb();	/* (D) */
	return !vq->broken && fw_load(&vq->avail->idx) != vq->last_avail;
}

bool fw_vq_was_reset(const struct fw_vq *vq)
{
	/* Only the device moves this index, so another value is a ring cleared for a new start. */
	return fw_load(&vq->used->idx) != vq->used_idx;
}
