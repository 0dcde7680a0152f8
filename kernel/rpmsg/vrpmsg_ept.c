// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: the table of local addresses, and what the core calls on each of them.
 *
 * An endpoint is in the table from creation to destruction. Who looks one up takes a reference
 * inside of an RCU reader section; who destroys one takes it out of the table, then passes
 * through cb_lock, after which no callback runs or will, then drops the creator's reference.
 * Messages that it still holds are lost then, and counted as refused.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/rpmsg/ns.h>
#include <linux/slab.h>

#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"
#include "vrpmsg_trace.h"

/* The name service's callback destroys other endpoints, so its lock comes before theirs. */
static struct lock_class_key vrpmsg_ns_cb_lock_key;

static const struct rpmsg_endpoint_ops vrpmsg_ept_ops;

static void vrpmsg_release_ept(struct kref *ref)
{
	struct rpmsg_endpoint *ept = container_of(ref, struct rpmsg_endpoint, refcount);

	mutex_destroy(&ept->cb_lock);
	kfree_rcu(to_vrpmsg_ept(ept), rcu);
}

/**
 * vrpmsg_get_ept() - look up an endpoint
 * @vrp:  the remote
 * @addr: local address
 *
 * Return: the endpoint with a reference that vrpmsg_put_ept() drops, or NULL.
 */
struct rpmsg_endpoint *vrpmsg_get_ept(struct vrpmsg *vrp, u32 addr)
{
	struct rpmsg_endpoint *ept;

	rcu_read_lock();
	ept = xa_load(&vrp->epts, addr);
	if (ept && !kref_get_unless_zero(&ept->refcount))
		ept = NULL;
	rcu_read_unlock();
	return ept;
}

/**
 * vrpmsg_put_ept() - drop a reference
 * @ept: the endpoint
 */
void vrpmsg_put_ept(struct rpmsg_endpoint *ept)
{
	kref_put(&ept->refcount, vrpmsg_release_ept);
}

/*
 * A table entry is visible to the remote at once, so the endpoint is whole before. Given addresses
 * go round: an answer that comes late shall not reach the next one who asks for an address.
 */
static int vrpmsg_bind_address(struct vrpmsg *vrp, struct rpmsg_endpoint *ept, u32 addr)
{
	const struct xa_limit dynamic = XA_LIMIT(VRPMSG_FIRST_DYNAMIC, RPMSG_ADDR_ANY - 1);
	int ret;

	if (addr == RPMSG_ADDR_ANY) {
		ret = xa_alloc_cyclic(&vrp->epts, &ept->addr, ept, dynamic, &vrp->next_addr,
				      GFP_KERNEL);
		return min(ret, 0);
	}

	if (addr == VRPMSG_FLOW_ADDR && vrpmsg_has_flow(vrp))
		return -EBUSY;
	ept->addr = addr;
	return xa_insert(&vrp->epts, addr, ept, GFP_KERNEL);
}

static bool vrpmsg_is_ns(const struct rpmsg_endpoint *ept)
{
	const struct vrpmsg_channel *channel = container_of(ept->rpdev, struct vrpmsg_channel,
							    rpdev);

	return channel->internal && channel->src == RPMSG_NS_ADDR;
}

/**
 * vrpmsg_create_ept() - rpmsg_create_ept() on this transport
 * @rpdev:    device of the remote
 * @callback: for messages
 * @priv:     for @callback
 * @info:     @info.src is the address
 *
 * Return: the endpoint or NULL.
 */
struct rpmsg_endpoint *vrpmsg_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t callback,
					 void *priv, struct rpmsg_channel_info info)
{
	struct vrpmsg *vrp = vrpmsg_of_device(rpdev);
	struct rpmsg_endpoint *ept;
	struct vrpmsg_ept *vept;
	int ret;

	vept = kzalloc(sizeof(*vept), GFP_KERNEL);
	if (!vept)
		return NULL;

	INIT_LIST_HEAD(&vept->held);
	INIT_LIST_HEAD(&vept->timed);
	spin_lock_init(&vept->timed_lock);
	ept = &vept->ept;
	ept->rpdev = rpdev;
	ept->cb = callback;
	ept->priv = priv;
	ept->ops = &vrpmsg_ept_ops;
	kref_init(&ept->refcount);
	mutex_init(&ept->cb_lock);
	if (vrpmsg_is_ns(ept))
		lockdep_set_class(&ept->cb_lock, &vrpmsg_ns_cb_lock_key);

	ret = vrpmsg_is_ns(ept) || vrpmsg_add_user(vrp) ? 0 : -EBUSY;
	if (!ret) {
		ret = vrpmsg_bind_address(vrp, ept, info.src);
		if (ret && !vrpmsg_is_ns(ept))
			vrpmsg_remove_user(vrp);
	}
	if (ret) {
		dev_dbg(&rpdev->dev, "no endpoint at address %#x: %d\n", info.src, ret);
		vrpmsg_put_ept(ept);
		return NULL;
	}
	return ept;
}

/* The endpoint held a message, and does not take it in the end. */
static void vrpmsg_drop_held(struct rpmsg_endpoint *ept, const struct vrpmsg_buf *buf)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);

	atomic_long_inc(&vrp->rx_unheld);
	trace_rpmsg_dropped(vrp->vdev, RPMSG_DROP_REFUSED, buf->src, ept->addr, buf->len);
}

static void vrpmsg_ept_destroy(struct rpmsg_endpoint *ept)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);
	struct vrpmsg_buf *buf;
	LIST_HEAD(held);

	xa_erase(&vrp->epts, ept->addr);
	if (!vrpmsg_is_ns(ept))
		vrpmsg_remove_user(vrp);

	mutex_lock(&ept->cb_lock);
	/* Whoever drains the ring looks at it without the lock, too. */
	WRITE_ONCE(ept->cb, NULL);
	list_splice_init(&to_vrpmsg_ept(ept)->held, &held);
	vrpmsg_time_end(to_vrpmsg_ept(ept), &held);
	mutex_unlock(&ept->cb_lock);

	list_for_each_entry(buf, &held, held)
		vrpmsg_drop_held(ept, buf);
	vrpmsg_rx_return(vrp, &held);
	vrpmsg_put_ept(ept);
}

/* The answer comes to the address that the message is from. */
static int vrpmsg_ept_ask(struct rpmsg_endpoint *ept, u32 dst, void *data, int len, bool wait,
			  u64 write_ns)
{
	const struct vrpmsg_from from = {
		.src = ept->addr, .vept = to_vrpmsg_ept(ept), .write_ns = write_ns,
	};

	return vrpmsg_send(vrpmsg_of_ept(ept), &from, dst, data, len, wait);
}

static int vrpmsg_ept_tell(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data, int len,
			   bool wait)
{
	const struct vrpmsg_from from = { .src = src };

	return vrpmsg_send(vrpmsg_of_ept(ept), &from, dst, data, len, wait);
}

static int vrpmsg_ept_send(struct rpmsg_endpoint *ept, void *data, int len)
{
	return vrpmsg_ept_ask(ept, ept->rpdev->dst, data, len, true, 0);
}

static int vrpmsg_ept_sendto(struct rpmsg_endpoint *ept, void *data, int len, u32 dst)
{
	return vrpmsg_ept_ask(ept, dst, data, len, true, 0);
}

static int vrpmsg_ept_send_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data,
				      int len)
{
	return vrpmsg_ept_tell(ept, src, dst, data, len, true);
}

static int vrpmsg_ept_trysend(struct rpmsg_endpoint *ept, void *data, int len)
{
	return vrpmsg_ept_ask(ept, ept->rpdev->dst, data, len, false, 0);
}

static int vrpmsg_ept_trysendto(struct rpmsg_endpoint *ept, void *data, int len, u32 dst)
{
	return vrpmsg_ept_ask(ept, dst, data, len, false, 0);
}

static int vrpmsg_ept_trysend_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data,
					 int len)
{
	return vrpmsg_ept_tell(ept, src, dst, data, len, false);
}

static __poll_t vrpmsg_ept_poll(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait)
{
	return vrpmsg_tx_poll(vrpmsg_of_ept(ept), file, wait);
}

static ssize_t vrpmsg_ept_get_mtu(struct rpmsg_endpoint *ept)
{
	return vrpmsg_max_payload(vrpmsg_of_ept(ept));
}

static const struct rpmsg_endpoint_ops vrpmsg_ept_ops = {
	.destroy_ept		= vrpmsg_ept_destroy,
	.send			= vrpmsg_ept_send,
	.sendto			= vrpmsg_ept_sendto,
	.send_offchannel	= vrpmsg_ept_send_offchannel,
	.trysend		= vrpmsg_ept_trysend,
	.trysendto		= vrpmsg_ept_trysendto,
	.trysend_offchannel	= vrpmsg_ept_trysend_offchannel,
	.poll			= vrpmsg_ept_poll,
	COMPAT_RPMSG_FLOW_ONLY(.set_flow_control = vrpmsg_ept_set_flow_control)
	.get_mtu		= vrpmsg_ept_get_mtu,
};

/**
 * vrpmsg_trysend_timed() - rpmsg_trysendto(), and the message may be timed
 * @ept:      the endpoint, which has a user
 * @data:     payload
 * @len:      its length in bytes
 * @dst:      remote address
 * @write_ns: when its sender began, by vrpmsg_now()
 *
 * Return: as vrpmsg_send().
 */
int vrpmsg_trysend_timed(struct rpmsg_endpoint *ept, void *data, int len, u32 dst, u64 write_ns)
{
	return vrpmsg_ept_ask(ept, dst, data, len, false, write_ns);
}

/**
 * vrpmsg_set_user() - who wants to know more of an endpoint than its messages
 * @ept:  the endpoint
 * @user: what to call
 */
void vrpmsg_set_user(struct rpmsg_endpoint *ept, const struct vrpmsg_ept_user *user)
{
	mutex_lock(&ept->cb_lock);
	to_vrpmsg_ept(ept)->user = user;
	mutex_unlock(&ept->cb_lock);
}

/**
 * vrpmsg_begin_messages() - before an endpoint's callback is called
 * @ept: the endpoint
 */
void vrpmsg_begin_messages(struct rpmsg_endpoint *ept)
{
	const struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);

	mutex_lock(&ept->cb_lock);
	if (vept->user)
		vept->user->begin(ept->priv);
}

/**
 * vrpmsg_end_messages() - after that
 * @ept: the endpoint
 */
void vrpmsg_end_messages(struct rpmsg_endpoint *ept)
{
	const struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);

	if (vept->user)
		vept->user->end(ept->priv);
	mutex_unlock(&ept->cb_lock);
}

/**
 * vrpmsg_resume() - deliver again what an endpoint holds, until it answers %VRPMSG_HOLD
 * @ept: the endpoint; its callback is called here. Must not be destroyed meanwhile
 */
void vrpmsg_resume(struct rpmsg_endpoint *ept)
{
	struct vrpmsg_ept *vept = to_vrpmsg_ept(ept);
	struct vrpmsg_exclusive *exclusive;
	struct vrpmsg_buf *buf;
	LIST_HEAD(done);
	int ret;

	vrpmsg_begin_messages(ept);
	vept->can_hold = true;
	while ((buf = list_first_entry_or_null(&vept->held, struct vrpmsg_buf, held))) {
		exclusive = buf->exclusive;
		/* Who takes it may have given it to the ring before we are back. */
		list_del(&buf->held);
		vrpmsg_time_again(vept, buf);
		ret = ept->cb(ept->rpdev, buf->hdr->payload, buf->len, ept->priv, buf->src);
		vrpmsg_time_delivered(vept, ret == VRPMSG_HOLD ? buf : NULL);
		if (ret == VRPMSG_HOLD) {
			list_add(&buf->held, &vept->held);
			break;
		}
		if (ret == VRPMSG_TAKEN && exclusive) {
			vrpmsg_exclusive_put(exclusive);
			continue;
		}
		if (ret)
			vrpmsg_drop_held(ept, buf);
		list_add_tail(&buf->held, &done);
	}
	vrpmsg_end_messages(ept);

	vrpmsg_rx_return(vrpmsg_of_ept(ept), &done);
}
