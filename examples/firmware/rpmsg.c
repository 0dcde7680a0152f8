// SPDX-License-Identifier: MIT
/*
 * Device side of rpmsg.
 *
 * Ring 0 of the virtio device goes to the host, ring 1 comes from the host. The device is up
 * while the driver's status says DRIVER_OK. Nothing tells it of a reset, so it looks: a status
 * without DRIVER_OK or a used index that is not the device's own means that the driver started
 * over, and the device begins anew with the addresses that are in the table then.
 *
 * A pass takes up to BATCH messages with the kicks off, and interrupts the host once for all of
 * them. Kicks for the ring to the host are wanted only while a message waits for a buffer.
 */
#include "mem.h"
#include "ns.h"
#include "rpmsg.h"
#include "trace.h"

#define BATCH		64U
#define HDR_LEN		sizeof(struct fw_rpmsg_hdr)
#define PAYLOAD_MAX	UINT16_MAX

/* While down, a look at the status now and then makes up for a driver that does not kick. */
#define DOWN_WAIT_MS	100

enum { RING_TO_HOST, RING_FROM_HOST };

void fw_rpmsg_init(struct fw_rpmsg *r, struct fw_hw *hw, const char *name, struct fw_rsc_vdev *vdev)
{
	*r = (struct fw_rpmsg){
		.hw = hw,
		.name = name,
		.vdev = vdev,
		.next_addr = FW_RPMSG_ADDR_DYNAMIC,
	};
}

static struct fw_rpmsg_ept *find_ept(struct fw_rpmsg *r, uint32_t addr)
{
	struct fw_rpmsg_ept *ept;

	for (ept = r->epts; ept; ept = ept->next) {
		if (ept->addr == addr)
			return ept;
	}
	return NULL;
}

int fw_rpmsg_ept_add(struct fw_rpmsg *r, struct fw_rpmsg_ept *ept, uint32_t addr)
{
	struct fw_rpmsg_ept **end;

	if (ept->service && !fw_ns_name_valid(ept->service))
		return FW_EINVAL;
	if (addr == FW_RPMSG_ADDR_ANY) {
		while (find_ept(r, r->next_addr))
			r->next_addr++;
		addr = r->next_addr++;
	} else if (find_ept(r, addr)) {
		return FW_EEXIST;
	}

	ept->addr = addr;
	ept->rpmsg = r;
	ept->announced = false;
	ept->next = NULL;
	for (end = &r->epts; *end; end = &(*end)->next)
		;
	*end = ept;
	return 0;
}

int fw_rpmsg_ept_del(struct fw_rpmsg_ept *ept)
{
	struct fw_rpmsg *r = ept->rpmsg;
	struct fw_rpmsg_ept **p;
	int ret;

	if (ept->announced) {
		ret = fw_ns_send(r, ept, FW_NS_DESTROY);
		if (ret == FW_EAGAIN)
			return ret;
	}
	for (p = &r->epts; *p; p = &(*p)->next) {
		if (*p == ept) {
			*p = ept->next;
			break;
		}
	}
	ept->rpmsg = NULL;
	ept->announced = false;
	return 0;
}

int fw_rpmsg_reserve(struct fw_rpmsg *r, void **data, size_t *len)
{
	struct fw_vq_buf *buf = &r->tx_buf;
	int ret;

	if (!r->up)
		return FW_ENOLINK;
	while (!r->tx_held) {
		ret = fw_vq_pop(&r->tx, buf);
		if (ret)
			return ret;
		if (buf->len >= HDR_LEN)
			r->tx_held = true;
		else
			fw_vq_push(&r->tx, buf->id, 0);
	}

	*data = (uint8_t *)buf->data + HDR_LEN;
	*len = buf->len - HDR_LEN;
	if (*len > PAYLOAD_MAX)
		*len = PAYLOAD_MAX;
	return 0;
}

int fw_rpmsg_submit(struct fw_rpmsg *r, uint32_t src, uint32_t dst, size_t len)
{
	struct fw_rpmsg_hdr hdr = { .src = src, .dst = dst, .len = (uint16_t)len };
	struct fw_vq_buf *buf = &r->tx_buf;

	if (!r->tx_held)
		return FW_ENOLINK;
	if (len > PAYLOAD_MAX || len > buf->len - HDR_LEN)
		return FW_EMSGSIZE;

	memcpy(buf->data, &hdr, HDR_LEN);
	fw_vq_push(&r->tx, buf->id, (uint32_t)(HDR_LEN + len));
	r->tx_held = false;
	r->stats.tx++;
	return 0;
}

int fw_rpmsg_send(struct fw_rpmsg_ept *ept, uint32_t dst, const void *data, size_t len)
{
	struct fw_rpmsg *r = ept->rpmsg;
	size_t room;
	void *to;
	int ret;

	ret = fw_rpmsg_reserve(r, &to, &room);
	if (ret)
		return ret;
	if (len > room)
		return FW_EMSGSIZE;
	/* The data may be a message in its buffer, and a driver can make buffers overlap. */
	memmove(to, data, len);
	return fw_rpmsg_submit(r, ept->addr, dst, len);
}

static bool driver_ok(struct fw_rpmsg *r)
{
	return fw_load(&r->vdev->status) & FW_VIRTIO_S_DRIVER_OK;
}

/* Hand the message in rx_buf to its endpoint; FW_EAGAIN when it must stay. */
static int deliver(struct fw_rpmsg *r)
{
	struct fw_vq_buf *buf = &r->rx_buf;
	struct fw_rpmsg_ept *ept;
	struct fw_rpmsg_hdr hdr;

	if (buf->len < HDR_LEN) {
		r->stats.bad++;
		return 0;
	}
	memcpy(&hdr, buf->data, HDR_LEN);
	if (hdr.len > buf->len - HDR_LEN) {
		r->stats.bad++;
		return 0;
	}
	ept = find_ept(r, hdr.dst);
	if (!ept || !ept->cb) {
		r->stats.unknown++;
		return 0;
	}
	if (ept->cb(ept, (uint8_t *)buf->data + HDR_LEN, hdr.len, hdr.src) == FW_EAGAIN)
		return FW_EAGAIN;
	r->stats.rx++;
	return 0;
}

/* One batch from the host; returns what ended it, 0 for the limit. */
static int receive(struct fw_rpmsg *r)
{
	unsigned int i;
	int ret;

	for (i = 0; i < BATCH; i++) {
		if (!driver_ok(r))
			return FW_ENOLINK;
		if (!r->rx_held) {
			ret = fw_vq_pop(&r->rx, &r->rx_buf);
			if (ret)
				return ret;
			r->rx_held = true;
		}
		if (deliver(r))
			return FW_EAGAIN;
		fw_vq_push(&r->rx, r->rx_buf.id, 0);
		r->rx_held = false;
	}
	return 0;
}

/* Tell the host of services it does not know; FW_EAGAIN when a buffer for that is missing. */
static int announce_all(struct fw_rpmsg *r)
{
	struct fw_rpmsg_ept *ept;
	int ret;

	if (!(fw_load(&r->vdev->gfeatures) & FW_VIRTIO_RPMSG_F_NS))
		return 0;
	for (ept = r->epts; ept; ept = ept->next) {
		if (!ept->service || ept->announced)
			continue;
		ret = fw_ns_send(r, ept, FW_NS_CREATE);
		if (ret)
			return ret;
		ept->announced = true;
		fw_trace(r->hw, "%s: announced %s at %u\n", r->name, ept->service, ept->addr);
	}
	return 0;
}

static int ring_init(struct fw_rpmsg *r, struct fw_vq *vq, unsigned int i)
{
	const struct fw_rsc_vring *ring = &r->vdev->vring[i];

	return fw_vq_init(vq, r->hw, fw_load(&ring->da), fw_load(&ring->num), fw_load(&ring->align),
			  fw_load(&ring->notifyid), i == RING_TO_HOST);
}

static void go_up(struct fw_rpmsg *r)
{
	if (r->refused)
		return;
	if (ring_init(r, &r->tx, RING_TO_HOST) || ring_init(r, &r->rx, RING_FROM_HOST)) {
		r->refused = true;
		fw_trace(r->hw, "%s: the driver's rings are not usable\n", r->name);
		return;
	}
	r->up = true;
	fw_trace(r->hw, "%s: up, rings of %u at 0x%x and 0x%x\n", r->name, r->rx.num,
		 fw_load(&r->vdev->vring[RING_TO_HOST].da),
		 fw_load(&r->vdev->vring[RING_FROM_HOST].da));
}

static void go_down(struct fw_rpmsg *r)
{
	struct fw_rpmsg_ept *ept;

	for (ept = r->epts; ept; ept = ept->next)
		ept->announced = false;
	r->up = false;
	r->rx_held = false;
	r->tx_held = false;
	fw_trace(r->hw, "%s: down, %u in, %u out, %u bad, %u to nobody\n", r->name, r->stats.rx,
		 r->stats.tx, r->stats.bad + r->rx.bad + r->tx.bad, r->stats.unknown);
}

/* Follow the driver's status; returns whether the rings may be used. */
static bool link_check(struct fw_rpmsg *r)
{
	bool ok = driver_ok(r);

	fw_rmb();	/* the status before the addresses and rings that it promises */
	if (r->up && (!ok || fw_vq_was_reset(&r->rx) || fw_vq_was_reset(&r->tx)))
		go_down(r);
	if (!ok)
		r->refused = false;
	else if (!r->up)
		go_up(r);
	return r->up;
}

static void complain_once(struct fw_rpmsg *r, const struct fw_vq *vq, bool was_broken)
{
	if (vq->broken && !was_broken)
		fw_trace(r->hw, "%s: ring %u is broken, waiting for a reset\n", r->name,
			 vq->notifyid);
}

bool fw_rpmsg_poll(struct fw_rpmsg *r)
{
	bool rx_broken, tx_broken, tx_short, more = false;
	int ret;

	if (!link_check(r))
		return false;

	rx_broken = r->rx.broken;
	tx_broken = r->tx.broken;
	fw_vq_kicks_off(&r->rx);
	fw_vq_kicks_off(&r->tx);
	tx_short = announce_all(r) == FW_EAGAIN;
	ret = receive(r);
	fw_vq_notify(&r->tx);
	fw_vq_notify(&r->rx);
	complain_once(r, &r->rx, rx_broken);
	complain_once(r, &r->tx, tx_broken);
	if (!ret)
		return true;

	/* A held message stops the ring it came from; then only a buffer to the host can help. */
	if (!r->rx_held)
		more |= fw_vq_kicks_on(&r->rx);
	if (r->rx_held || tx_short)
		more |= fw_vq_kicks_on(&r->tx);
	return more;
}

unsigned int fw_rpmsg_wait_ms(const struct fw_rpmsg *r)
{
	return r->up ? FW_WAIT_FOREVER : DOWN_WAIT_MS;
}

void fw_rpmsg_run(struct fw_rpmsg *r)
{
	for (;;) {
		while (fw_rpmsg_poll(r))
			;
		r->hw->ops->wait(r->hw, fw_rpmsg_wait_ms(r));
	}
}
