// SPDX-License-Identifier: MIT
/* The device side of a ring against drivers that behave, and drivers that do not. */
#include <string.h>
#include "driver.h"
#include "tap.h"

static struct driver d;
static struct fw_vq vq;
static struct fw_vq_buf buf;

static bool start(bool to_host)
{
	unsigned int i = to_host ? TO_HOST : FROM_HOST;

	driver_init(&d);
	driver_up(&d, 0);
	return !fw_vq_init(&vq, &d.hw, RING_DA(i), RING_NUM, RING_ALIGN, i, to_host);
}

static bool init_refuses(uint64_t da, uint32_t num, uint32_t align)
{
	return fw_vq_init(&vq, &d.hw, da, num, align, 0, true) == FW_EINVAL;
}

static bool test_init(void)
{
	const uint64_t da = RING_DA(0);
	size_t size = fw_vring_size(RING_NUM, RING_ALIGN);

	CHECK(start(true));
	CHECK(init_refuses(da, 0, RING_ALIGN));
	CHECK(init_refuses(da, 12, RING_ALIGN));
	CHECK(init_refuses(da, 0x80000000U, RING_ALIGN));
	CHECK(init_refuses(da, 32768, RING_ALIGN));	/* larger than the memory */
	CHECK(init_refuses(da, RING_NUM, 0));
	CHECK(init_refuses(da, RING_NUM, 2));
	CHECK(init_refuses(da, RING_NUM, 3000));
	CHECK(init_refuses(da, RING_NUM, 0x80000000U));
	CHECK(init_refuses(da + 8, RING_NUM, RING_ALIGN));
	CHECK(init_refuses(0, RING_NUM, RING_ALIGN));
	CHECK(init_refuses(0xffffffffU, RING_NUM, RING_ALIGN));
	CHECK(init_refuses(UINT64_MAX - 15, RING_NUM, RING_ALIGN));
	CHECK(init_refuses(MEM_DA, RING_NUM, RING_ALIGN));	/* the image */
	CHECK(init_refuses(MEM_DA + MEM_SIZE, RING_NUM, RING_ALIGN));
	CHECK(init_refuses((MEM_DA + MEM_SIZE - size + 16) & ~15ULL, RING_NUM, RING_ALIGN));
	driver_exit(&d);
	return true;
}

static bool test_order_and_wrap(void)
{
	struct fw_vring_used_elem elem;
	uint32_t i;

	CHECK(start(false));
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	for (i = 0; i < 200000; i++) {
		uint16_t id = i % RING_NUM;

		ring_offer_buf(&d, FROM_HOST, id, 1 + i % BUF_SIZE);
		CHECK(!fw_vq_pop(&vq, &buf));
		CHECK(buf.id == id && buf.len == 1 + i % BUF_SIZE);
		CHECK(buf.data == driver_ptr(&d, BUF_DA(FROM_HOST, id)));
		CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
		fw_vq_push(&vq, id, i);
		CHECK(ring_take(&d.ring[FROM_HOST], &elem));
		CHECK(elem.id == id && elem.len == i);
	}
	CHECK(!vq.bad && !vq.broken);
	driver_exit(&d);
	return true;
}

static bool test_full_ring(void)
{
	unsigned int i;

	CHECK(start(false));
	for (i = 0; i < RING_NUM; i++)
		ring_offer_buf(&d, FROM_HOST, (uint16_t)i, 64);
	for (i = 0; i < RING_NUM; i++)
		CHECK(!fw_vq_pop(&vq, &buf) && buf.id == i);
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	driver_exit(&d);
	return true;
}

static bool test_suppression(void)
{
	CHECK(start(false));
	fw_vq_kicks_off(&vq);
	CHECK(d.ring[FROM_HOST].used->flags == FW_VRING_USED_F_NO_NOTIFY);
	CHECK(!fw_vq_kicks_on(&vq));
	CHECK(d.ring[FROM_HOST].used->flags == 0);
	ring_offer_buf(&d, FROM_HOST, 3, 64);
	CHECK(fw_vq_kicks_on(&vq));

	fw_vq_notify(&vq);
	CHECK(d.notified[FROM_HOST] == 0);
	CHECK(!fw_vq_pop(&vq, &buf));
	fw_vq_push(&vq, 3, 0);
	fw_vq_notify(&vq);
	fw_vq_notify(&vq);
	CHECK(d.notified[FROM_HOST] == 1 && vq.interrupts == 1);

	d.ring[FROM_HOST].avail->flags = FW_VRING_AVAIL_F_NO_INTERRUPT;
	fw_vq_push(&vq, 4, 0);
	fw_vq_notify(&vq);
	CHECK(d.notified[FROM_HOST] == 1);
	driver_exit(&d);
	return true;
}

static bool test_index_runs_away(void)
{
	CHECK(start(false));
	d.ring[FROM_HOST].avail->idx = RING_NUM + 1;
	CHECK(fw_vq_pop(&vq, &buf) == FW_EIO);
	d.ring[FROM_HOST].avail->idx = 1;
	CHECK(fw_vq_pop(&vq, &buf) == FW_EIO);	/* stays so, whatever the driver says then */
	CHECK(!fw_vq_kicks_on(&vq));

	CHECK(!fw_vq_was_reset(&vq));
	fw_vq_push(&vq, 0, 0);
	CHECK(!fw_vq_was_reset(&vq));
	driver_up(&d, 0);
	CHECK(fw_vq_was_reset(&vq));
	driver_exit(&d);
	return true;
}

static bool test_id_outside(void)
{
	CHECK(start(false));
	ring_offer(&d.ring[FROM_HOST], RING_NUM);
	ring_offer(&d.ring[FROM_HOST], 0xffff);
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	ring_offer(&d.ring[FROM_HOST], 0x8000);
	ring_offer_buf(&d, FROM_HOST, 5, 64);
	CHECK(!fw_vq_pop(&vq, &buf) && buf.id == 5);
	CHECK(vq.bad == 3);
	CHECK(d.ring[FROM_HOST].used->idx == 0);
	driver_exit(&d);
	return true;
}

/* Offer one descriptor; it must come back empty, and a good one behind it must still be taken. */
static bool refused(bool to_host, struct fw_vring_desc desc)
{
	struct ring *ring = &d.ring[to_host ? TO_HOST : FROM_HOST];
	struct fw_vring_used_elem elem;

	ring->desc[7] = desc;
	ring_offer(ring, 7);
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	CHECK(ring_take(ring, &elem) && elem.id == 7 && elem.len == 0);

	ring_offer_buf(&d, to_host ? TO_HOST : FROM_HOST, 2, 64);
	CHECK(!fw_vq_pop(&vq, &buf) && buf.id == 2 && buf.len == 64);
	fw_vq_push(&vq, 2, 0);
	CHECK(ring_take(ring, &elem) && elem.id == 2);
	return true;
}

static bool test_bad_buffers(void)
{
	static const struct fw_vring_desc bad[] = {
		{ .addr = 0, .len = 64 },
		{ .addr = MEM_DA - 1, .len = 64 },
		{ .addr = MEM_DA - 64, .len = 64 },
		{ .addr = MEM_DA, .len = 64 },			/* the image ... */
		{ .addr = MEM_DA + IMAGE_SIZE - 1, .len = 1 },
		{ .addr = MEM_DA - 1, .len = MEM_SIZE },	/* ... and across it */
		{ .addr = MEM_DA + IMAGE_SIZE - 1, .len = 64 },
		{ .addr = MEM_DA + MEM_SIZE, .len = 1 },
		{ .addr = MEM_DA + MEM_SIZE - 63, .len = 64 },
		{ .addr = MEM_DA + IMAGE_SIZE, .len = UINT32_MAX },
		{ .addr = UINT64_MAX, .len = 1 },
		{ .addr = UINT64_MAX - 63, .len = 64 },
		{ .addr = UINT64_MAX, .len = UINT32_MAX },
		{ .addr = (1ULL << 32) + BUF_DA(1, 0), .len = 64 },
		{ .addr = BUF_DA(1, 0), .len = 0 },
		{ .addr = BUF_DA(1, 0), .len = 64, .flags = FW_VRING_DESC_F_WRITE },
		{ .addr = BUF_DA(1, 0), .len = 64, .flags = FW_VRING_DESC_F_INDIRECT },
		{ .addr = BUF_DA(1, 0), .len = 64, .flags = FW_VRING_DESC_F_NEXT, .next = 16 },
		{ .addr = BUF_DA(1, 0), .len = 0, .flags = FW_VRING_DESC_F_NEXT, .next = 7 },
		{ .addr = BUF_DA(1, 0), .len = 64, .flags = FW_VRING_DESC_F_NEXT, .next = 7 },
	};
	unsigned int i;

	CHECK(start(false));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(refused(false, bad[i]));
	CHECK(vq.bad == sizeof(bad) / sizeof(bad[0]));
	driver_exit(&d);

	CHECK(start(true));
	CHECK(refused(true, (struct fw_vring_desc){ .addr = BUF_DA(0, 0), .len = 64 }));
	driver_exit(&d);
	return true;
}

static bool test_chain(void)
{
	struct fw_vring_desc *desc;

	CHECK(start(false));
	desc = d.ring[FROM_HOST].desc;
	desc[0] = (struct fw_vring_desc){
		.addr = BUF_DA(1, 0), .len = 100, .flags = FW_VRING_DESC_F_NEXT, .next = 9,
	};
	desc[9] = (struct fw_vring_desc){ .addr = BUF_DA(1, 0) + 100, .len = 28 };
	ring_offer(&d.ring[FROM_HOST], 0);
	CHECK(!fw_vq_pop(&vq, &buf) && buf.id == 0 && buf.len == 128);
	fw_vq_push(&vq, 0, 0);

	desc[9].addr++;			/* no longer side by side */
	ring_offer(&d.ring[FROM_HOST], 0);
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	desc[9].addr--;
	desc[9].flags = FW_VRING_DESC_F_WRITE;
	ring_offer(&d.ring[FROM_HOST], 0);
	CHECK(fw_vq_pop(&vq, &buf) == FW_EAGAIN);
	CHECK(vq.bad == 2);
	driver_exit(&d);
	return true;
}

static const struct tap_test tests[] = {
	{ "a ring that is none, or not in shared memory, is refused", test_init },
	{ "buffers come and go in order, across the wrap of the index", test_order_and_wrap },
	{ "a full ring", test_full_ring },
	{ "kicks and interrupts are suppressed when asked", test_suppression },
	{ "an available index that runs away stops the ring until a reset", test_index_runs_away },
	{ "a descriptor number outside the ring costs its entry", test_id_outside },
	{ "a bad buffer comes back empty and costs nothing else", test_bad_buffers },
	{ "a chain is taken when it is one piece", test_chain },
};

int main(void)
{
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
