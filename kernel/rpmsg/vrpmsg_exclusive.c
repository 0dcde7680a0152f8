// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive buffers that an application reads where the remote wrote them. Objects, locks and unplug
 * of the rest: vrpmsg_main.c. What it is for: docs/data-plane.md.
 *
 * Who sees one receive buffer sees all that is in there, also what is for others. So the device has
 * to be one application's alone: the administrator says so, in the attribute "exclusive" of the
 * virtio device, and from then on it has one endpoint at most, but for the name service's.
 *
 * Objects
 *	struct vrpmsg_exclusive is a row of receive buffers, in memory as of vrpmsg_area.c. They
 *	replace those of the device one by one: whoever drains the receive ring asks the user for
 *	more, by refill(), for as long as the ring has room, and keeps the device's own buffers
 *	back as they come out of it. A message in a buffer of the row belongs to the user when the
 *	callback says VRPMSG_TAKEN; what the callback does not take is given back by untake(). The
 *	row ends with its user; then the device's own buffers return to the ring, one for each that
 *	comes out of it. The row's memory stays until the last of its buffers has come.
 *	@refs counts the user, and each buffer that is not the user's.
 *
 * Order of buffers
 *	A message in one of the device's own buffers has to be copied to where the user can see it.
 *	The same goes for buffers of a row whose user is gone. So while there are such buffers in
 *	the ring, or held, the user keeps one back for each.
 *
 * Locks
 *	exclusive_lock	outside of the user's. Held while refill() or untake() runs, so taking it
 *			proves that none does.
 *	the lock of @epts, a spinlock, guards who may have endpoints
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"

#define BATCH	32	/* buffers that are asked for at once */

/**
 * struct vrpmsg_exclusive - receive buffers of the application that has the device for itself
 * @vrp:  the remote
 * @node: in its @exclusives
 * @refs: the user, and buffers that are not the user's
 * @user: what it can do
 * @priv: for that
 * @area: the memory
 * @buf:  each buffer
 */
struct vrpmsg_exclusive {
	struct vrpmsg				*vrp;
	struct list_head			node;
	struct kref				refs;
	const struct vrpmsg_exclusive_user	*user;
	void					*priv;
	struct vrpmsg_area			area;
	struct vrpmsg_buf			buf[];
};

/* Who may have endpoints */

static ssize_t exclusive_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct vrpmsg *vrp = dev_to_virtio(dev)->priv;

	return sysfs_emit(buf, "%d\n", READ_ONCE(vrp->exclusive));
}

static ssize_t exclusive_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct vrpmsg *vrp = dev_to_virtio(dev)->priv;
	bool exclusive;
	int ret;

	ret = kstrtobool(buf, &exclusive);
	if (ret)
		return ret;

	mutex_lock(&vrp->exclusive_lock);
	xa_lock(&vrp->epts);
	if (exclusive ? vrp->num_users > 1 : !!vrp->exclusive_rx)
		ret = -EBUSY;
	else
		WRITE_ONCE(vrp->exclusive, exclusive);
	xa_unlock(&vrp->epts);
	mutex_unlock(&vrp->exclusive_lock);
	return ret ?: count;
}

static DEVICE_ATTR_RW(exclusive);

static struct attribute *vrpmsg_exclusive_attrs[] = {
	&dev_attr_exclusive.attr,
	NULL
};

const struct attribute_group vrpmsg_exclusive_group = {
	.attrs	= vrpmsg_exclusive_attrs,
};

/**
 * vrpmsg_add_user() - somebody wants an endpoint
 * @vrp: the remote
 *
 * Return: whether there may be another one; then vrpmsg_remove_user() is due in the end.
 */
bool vrpmsg_add_user(struct vrpmsg *vrp)
{
	bool ok;

	xa_lock(&vrp->epts);
	ok = !vrp->exclusive || !vrp->num_users;
	vrp->num_users += ok;
	xa_unlock(&vrp->epts);
	return ok;
}

/**
 * vrpmsg_remove_user() - the endpoint is not there any more
 * @vrp: the remote
 */
void vrpmsg_remove_user(struct vrpmsg *vrp)
{
	xa_lock(&vrp->epts);
	vrp->num_users--;
	xa_unlock(&vrp->epts);
}

static bool vrpmsg_is_exclusive(struct rpmsg_device *rpdev)
{
	return READ_ONCE(vrpmsg_of_device(rpdev)->exclusive);
}

/* The row */

static void exclusive_free(struct vrpmsg_exclusive *exclusive)
{
	vrpmsg_area_free(&exclusive->area);
	kvfree(exclusive);
}

static void exclusive_release(struct kref *refs)
{
	struct vrpmsg_exclusive *exclusive = container_of(refs, struct vrpmsg_exclusive, refs);
	struct vrpmsg *vrp = exclusive->vrp;

	spin_lock_irq(&vrp->tx_lock);
	list_del(&exclusive->node);
	spin_unlock_irq(&vrp->tx_lock);
	exclusive_free(exclusive);
}

/* From here on whoever drains the ring sees it. */
static int exclusive_publish(struct vrpmsg_exclusive *exclusive)
{
	struct vrpmsg *vrp = exclusive->vrp;
	int ret = 0;

	mutex_lock(&vrp->exclusive_lock);
	if (!vrp->exclusive) {
		ret = -EPERM;
	} else if (vrp->exclusive_rx) {
		ret = -EBUSY;
	} else {
		spin_lock_irq(&vrp->tx_lock);
		list_add(&exclusive->node, &vrp->exclusives);
		spin_unlock_irq(&vrp->tx_lock);
		WRITE_ONCE(vrp->exclusive_rx, exclusive);
	}
	mutex_unlock(&vrp->exclusive_lock);
	return ret;
}

/**
 * vrpmsg_exclusive_create() - make receive buffers for the only endpoint of a device
 * @ept:  the endpoint, which has none yet, and is destroyed only after the buffers
 * @num:  how many
 * @user: called with a mutex held, by whoever drains the receive ring
 * @priv: for that
 *
 * Return: the buffers, all zero, all the user's; -EPERM when the administrator did not say that
 * the device is exclusive; -EBUSY when there is a user; -EOPNOTSUPP as of vrpmsg_area.c;
 * -ENOMEM.
 */
static struct vrpmsg_exclusive *vrpmsg_exclusive_create(struct rpmsg_endpoint *ept,
							unsigned int num,
							const struct vrpmsg_exclusive_user *user,
							void *priv)
{
	struct vrpmsg *vrp = vrpmsg_of_ept(ept);
	struct vrpmsg_exclusive *exclusive;
	unsigned int i;
	int ret;

	if (!READ_ONCE(vrp->exclusive))
		return ERR_PTR(-EPERM);
	exclusive = kvzalloc(struct_size(exclusive, buf, num), GFP_KERNEL_ACCOUNT);
	if (!exclusive)
		return ERR_PTR(-ENOMEM);

	exclusive->vrp = vrp;
	exclusive->user = user;
	exclusive->priv = priv;
	kref_init(&exclusive->refs);
	ret = vrpmsg_area_alloc(&exclusive->area, vrp, num,
				vrp->rx_size - sizeof(struct vrpmsg_hdr));
	for (i = 0; i < num && !ret; i++) {
		exclusive->buf[i].exclusive = exclusive;
		ret = vrpmsg_area_init_buf(&exclusive->area, i, &exclusive->buf[i], vrp->rx_size);
	}
	if (!ret)
		ret = exclusive_publish(exclusive);
	if (ret) {
		exclusive_free(exclusive);
		return ERR_PTR(ret);
	}
	return exclusive;
}

/**
 * vrpmsg_exclusive_destroy() - the user goes
 * @exclusive: the buffers
 *
 * On return the user is not called any more. Nobody has the memory mapped any more.
 */
static void vrpmsg_exclusive_destroy(struct vrpmsg_exclusive *exclusive)
{
	struct vrpmsg *vrp = exclusive->vrp;

	mutex_lock(&vrp->exclusive_lock);
	WRITE_ONCE(vrp->exclusive_rx, NULL);
	mutex_unlock(&vrp->exclusive_lock);
	/* The device's own buffers go back. */
	schedule_work(&vrp->rx_work);
	vrpmsg_exclusive_put(exclusive);
}

/**
 * vrpmsg_exclusive_put() - a buffer is the user's
 * @exclusive: the buffers
 */
void vrpmsg_exclusive_put(struct vrpmsg_exclusive *exclusive)
{
	kref_put(&exclusive->refs, exclusive_release);
}

/* Who has the buffer whose payload this is. Return: its number, or -1. */
static int vrpmsg_exclusive_find(const struct vrpmsg_exclusive *exclusive, const void *payload)
{
	const size_t offset = payload - exclusive->area.memory;

	if (payload < exclusive->area.memory || offset >= exclusive->area.size)
		return -1;
	return offset / exclusive->area.stride;
}

static void *vrpmsg_exclusive_payload(const struct vrpmsg_exclusive *exclusive, unsigned int slot)
{
	return exclusive->buf[slot].hdr->payload;
}

static unsigned long vrpmsg_exclusive_pfn(const struct vrpmsg_exclusive *exclusive,
					  unsigned long page)
{
	return vrpmsg_area_pfn(&exclusive->area, page);
}

static pgprot_t vrpmsg_exclusive_prot(const struct vrpmsg_exclusive *exclusive, pgprot_t prot)
{
	return vrpmsg_area_prot(&exclusive->area, prot);
}

/* The ring, by whoever drains it */

static void exclusive_untake(struct vrpmsg_exclusive *exclusive, unsigned int slot)
{
	lockdep_assert_held(&exclusive->vrp->exclusive_lock);

	exclusive->user->untake(exclusive->priv, slot);
	vrpmsg_exclusive_put(exclusive);
}

/* Return: how many the ring has taken. The rest is the user's again. */
static unsigned int exclusive_offer(struct vrpmsg_exclusive *exclusive, const u32 *slots,
				    unsigned int num)
{
	struct virtqueue *rvq = exclusive->vrp->rvq;
	struct vrpmsg_buf *buf;
	unsigned int i, given = 0;

	for (i = 0; i < num; i++) {
		buf = &exclusive->buf[slots[i]];
		kref_get(&exclusive->refs);
		if (virtqueue_add_inbuf(rvq, &buf->sg, 1, buf, GFP_KERNEL))
			exclusive_untake(exclusive, slots[i]);
		else
			given++;
	}
	return given;
}

/* How many buffers are neither of the row nor the kernel's: of messages in them a copy is due. */
static unsigned int exclusive_others(const struct vrpmsg_exclusive *exclusive)
{
	struct vrpmsg *vrp = exclusive->vrp;
	unsigned int others = vrp->num_rx - vrp->rx_kept.num;
	const struct vrpmsg_exclusive *row;

	spin_lock_irq(&vrp->tx_lock);
	list_for_each_entry(row, &vrp->exclusives, node)
		if (row != exclusive)
			others += kref_read(&row->refs);
	spin_unlock_irq(&vrp->tx_lock);
	return others;
}

/**
 * vrpmsg_exclusive_refill() - give the ring what its user has
 * @vrp: the remote, which is exclusive
 *
 * Return: how many buffers the ring has got.
 */
unsigned int vrpmsg_exclusive_refill(struct vrpmsg *vrp)
{
	unsigned int want, num, more, others, given = 0;
	struct vrpmsg_exclusive *exclusive;
	u32 slots[BATCH];

	mutex_lock(&vrp->exclusive_lock);
	exclusive = vrp->exclusive_rx;
	others = exclusive ? exclusive_others(exclusive) : 0;
	do {
		want = exclusive ? min_t(unsigned int, vrp->rvq->num_free, BATCH) : 0;
		num = want ? exclusive->user->refill(exclusive->priv, slots, want, others) : 0;
		more = exclusive_offer(exclusive, slots, num);
		given += more;
	} while (more && more == want);
	mutex_unlock(&vrp->exclusive_lock);
	return given;
}

/**
 * vrpmsg_exclusive_return() - a buffer has no message for its user
 * @buf: the buffer, of a row
 */
void vrpmsg_exclusive_return(struct vrpmsg_buf *buf)
{
	struct vrpmsg_exclusive *exclusive = buf->exclusive;
	struct vrpmsg *vrp = exclusive->vrp;

	mutex_lock(&vrp->exclusive_lock);
	if (vrp->exclusive_rx == exclusive)
		exclusive_untake(exclusive, buf - exclusive->buf);
	else
		vrpmsg_exclusive_put(exclusive);
	mutex_unlock(&vrp->exclusive_lock);
}

/**
 * vrpmsg_exclusive_remove() - free all rows of a device whose rings are deleted
 * @vrp: the remote, without endpoints
 */
void vrpmsg_exclusive_remove(struct vrpmsg *vrp)
{
	struct vrpmsg_exclusive *exclusive, *next;

	list_for_each_entry_safe(exclusive, next, &vrp->exclusives, node)
		exclusive_free(exclusive);
	INIT_LIST_HEAD(&vrp->exclusives);
}

/* The user has more for the ring. Return: the remote, which stays until vrpmsg_refill(). */
static struct vrpmsg *vrpmsg_exclusive_begin(struct vrpmsg_exclusive *exclusive)
{
	atomic_inc(&exclusive->vrp->rx_pollers);
	return exclusive->vrp;
}

const struct vrpmsg_exclusive_ops vrpmsg_exclusive_ops = {
	.is_exclusive	= vrpmsg_is_exclusive,
	.create		= vrpmsg_exclusive_create,
	.destroy	= vrpmsg_exclusive_destroy,
	.find		= vrpmsg_exclusive_find,
	.payload	= vrpmsg_exclusive_payload,
	.pfn		= vrpmsg_exclusive_pfn,
	.prot		= vrpmsg_exclusive_prot,
	.refill_begin	= vrpmsg_exclusive_begin,
	.refill		= vrpmsg_refill,
};
