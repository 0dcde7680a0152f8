// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow control: either side says that one of its endpoints is not ready to receive, or is again.
 * docs/rpmsg-wire.md has the message.
 *
 * It is advice. Who is asked to pause is told (by its flow callback, which rpmsg_char passes on as
 * EPOLLPRI), and nobody's message is stopped here.
 *
 * A bus of 6.1 knows nothing of it, so rpmsg_char does not ask the bus: virtio_rpmsg_bus.h.
 *
 * Address 64 is the service's on both sides when VIRTIO_RPMSG_F_FC is negotiated, and then no
 * endpoint can have it. Nothing is kept and nothing is locked but the callback's endpoint.
 */
#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"

#define VRPMSG_FLOW_READY	BIT(0)

/**
 * struct vrpmsg_flow_msg - one endpoint about itself
 * @src:   its address
 * @dst:   who is to know
 * @flags: VRPMSG_FLOW_READY when messages are welcome; the rest is zero, ignored
 */
struct vrpmsg_flow_msg {
	__rpmsg32 src;
	__rpmsg32 dst;
	__rpmsg32 flags;
} __packed;

/**
 * vrpmsg_ept_set_flow_control() - ask the remote to pause sending to an endpoint, or to go on
 * @ept:   the endpoint
 * @pause: pause or go on
 * @dst:   who sends
 *
 * Does not wait for a buffer.
 *
 * Return: 0, -EOPNOTSUPP when the remote has no flow control, or as vrpmsg_send().
 */
int vrpmsg_ept_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);
	const struct vrpmsg_from from = { .src = ept->addr };
	const bool le = vrp->little_endian;
	const struct vrpmsg_flow_msg msg = {
		.src	= __cpu_to_rpmsg32(le, ept->addr),
		.dst	= __cpu_to_rpmsg32(le, dst),
		.flags	= __cpu_to_rpmsg32(le, pause ? 0 : VRPMSG_FLOW_READY),
	};

	if (!vrpmsg_has_flow(vrp))
		return -EOPNOTSUPP;
	if (dst == RPMSG_ADDR_ANY)
		return -EINVAL;
	return vrpmsg_send(vrp, &from, VRPMSG_FLOW_ADDR, &msg, sizeof(msg), false);
}

/**
 * vrpmsg_flow_receive() - one of the remote's endpoints is ready, or not
 * @vrp:  the remote
 * @data: the message, in shared memory
 * @len:  its bytes
 */
void vrpmsg_flow_receive(struct vrpmsg *vrp, const void *data, unsigned int len)
{
	const bool le = vrp->little_endian;
	struct rpmsg_endpoint *ept;
	struct vrpmsg_flow_msg msg;
	const struct vrpmsg_ept_user *user;
	bool pause;

	if (len != sizeof(msg)) {
		vrpmsg_count(vrp, RX_MALFORMED, 1);
		dev_warn_ratelimited(&vrp->vdev->dev, "flow control: message of %u bytes, not %zu\n",
				     len, sizeof(msg));
		return;
	}
	memcpy(&msg, data, sizeof(msg));
	barrier_data(&msg);

	pause = !(__rpmsg32_to_cpu(le, msg.flags) & VRPMSG_FLOW_READY);
	ept = vrpmsg_get_ept(vrp, __rpmsg32_to_cpu(le, msg.dst));
	if (!ept) {
		vrpmsg_count(vrp, RX_UNCLAIMED, 1);
		return;
	}

	vrpmsg_count(vrp, RX_MESSAGES, 1);
	vrpmsg_count(vrp, RX_BYTES, len);
	mutex_lock(&ept->cb_lock);
	user = to_vrpmsg_ept(ept)->user;
	if (ept->cb && user)
		user->flow(ept->rpdev, ept->priv, pause);
	else if (ept->cb)
		compat_rpmsg_flow(ept, pause);
	mutex_unlock(&ept->cb_lock);
	vrpmsg_put_ept(ept);
}
