// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio_rpmsg_bus: rpmsg over any virtio device with id 7.
 *
 * vrpmsg_main.c	the virtio driver: rings, buffers, probe and remove
 * vrpmsg_config.c	what the remote says in its config space
 * vrpmsg_rx.c		messages from the remote
 * vrpmsg_tx.c		messages to the remote
 * vrpmsg_watch.c	interrupts for who traces when a message was consumed
 * vrpmsg_timing.c	how long messages take, for who traces that
 * vrpmsg_slots.c	buffers for that which an application writes by itself
 * vrpmsg_exclusive.c	buffers from that which an application reads by itself
 * vrpmsg_area.c	the memory of these two
 * vrpmsg_ept.c		endpoints and their operations
 * vrpmsg_flow.c	flow control
 * vrpmsg_channel.c	devices on the rpmsg bus, and announcing them
 *
 * Objects
 *	struct vrpmsg is made by probe and freed by remove, when no channel is left and the rings
 *	are deleted. It owns the message buffers, all of one coherent allocation: those to receive
 *	are on loan to the receive ring but for those whose message an endpoint holds, and those
 *	that an exclusive application's have replaced (vrpmsg_exclusive.c); those to send wait in
 *	@tx_free or are on loan to the send ring.
 *	struct vrpmsg_channel is a device on the rpmsg bus; see vrpmsg_channel.c.
 *	struct vrpmsg_ept belongs to its creator; its refcount keeps it while a message for it is
 *	delivered, and it is freed by RCU because lookups take no lock.
 *
 * Locks, outer to inner
 *	ept->cb_lock	held while a callback runs, so taking it proves that none does. That of
 *			the name service comes before all others: its callback adds and removes
 *			channels.
 *	channel_lock	a spinlock: the list of channels and their states, nothing else.
 *	exclusive_lock	whose buffers the receive ring gets; the application's locks are inside
 *	tx_lock		a spinlock with interrupts off: no callback, no copy, no kick inside.
 *	timed_lock	a spinlock with interrupts off: messages of an endpoint that are timed
 *	tx_wait.lock	taken inside of no other lock of ours.
 *	Receiving has no lock: whoever raises rx_events from zero works for all others too, so
 *	a callback may come in any context that can sleep, from any number of threads, also from
 *	inside of our own kick. Callbacks that come before probe has set @up do nothing.
 *
 * Full and out of memory
 *	Senders wait on tx_wait with no lock held, at most 15 seconds, then -ETIMEDOUT; the try
 *	forms say -ENOMEM. A buffer that the send ring does not take goes back to @tx_free; one that
 *	the receive ring does not take back is kept in @rx_kept and offered again with the next
 *	message. Nothing on the way of a message allocates memory, but what times it, if there is
 *	some (vrpmsg_timing.c).
 *	An endpoint may hold its messages (virtio_rpmsg_bus.h): their buffers stay out of the ring
 *	until it has taken them or is destroyed. If it holds all, the remote cannot send to anybody.
 *
 * Unplug and crash
 *	Remove sets @dying: every sender returns -EPIPE from then on, those who wait at once;
 *	pollers see EPOLLERR, messages from the remote are dropped, nobody adds a channel. Only the
 *	announcement that a service ends still goes out, if there is a buffer for it. Then all
 *	channels go; then the device is reset and receiving ends; then the rings are deleted, which
 *	ends all callbacks; then buffers are freed.
 *
 * Trust
 *	Shared memory is read once, into locals, and these are checked. A message that fails costs
 *	itself: it is counted, logged at a limited rate, its buffer goes back, the next is served.
 *	A used ring that lies about buffers makes virtio declare the ring broken; that ends traffic
 *	with this remote, -EPIPE, until it is started anew.
 */
#include <linux/dma-mapping.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/vmalloc.h>

#include "../compat/virtio.h"
#include "virtio_rpmsg_bus.h"
#include "vrpmsg.h"

#define CREATE_TRACE_POINTS
#include "vrpmsg_trace.h"

/* Counters in /sys/bus/virtio/devices/virtioN/statistics/ */

static ssize_t vrpmsg_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct vrpmsg *vrp = dev_to_virtio(dev)->priv;
	const enum vrpmsg_stat stat =
		(uintptr_t)container_of(attr, struct dev_ext_attribute, attr)->var;
	unsigned long count = READ_ONCE(vrp->stats[stat]);

	if (stat == RX_REFUSED)
		count += atomic_long_read(&vrp->rx_unheld);
	return sysfs_emit(buf, "%lu\n", count);
}

#define VRPMSG_STAT(_name, _stat)							\
	(&((struct dev_ext_attribute[]) { {						\
		.attr = __ATTR(_name, 0444, vrpmsg_show, NULL),				\
		.var = (void *)(uintptr_t)(_stat),					\
	} })[0].attr.attr)

static struct attribute *vrpmsg_attrs[] = {
	VRPMSG_STAT(rx_messages, RX_MESSAGES),
	VRPMSG_STAT(rx_bytes, RX_BYTES),
	VRPMSG_STAT(rx_malformed, RX_MALFORMED),
	VRPMSG_STAT(rx_unclaimed, RX_UNCLAIMED),
	VRPMSG_STAT(rx_refused, RX_REFUSED),
	VRPMSG_STAT(rx_interrupts, RX_INTERRUPTS),
	VRPMSG_STAT(rx_kicks, RX_KICKS),
	VRPMSG_STAT(tx_messages, TX_MESSAGES),
	VRPMSG_STAT(tx_bytes, TX_BYTES),
	VRPMSG_STAT(tx_full, TX_FULL),
	VRPMSG_STAT(tx_interrupts, TX_INTERRUPTS),
	VRPMSG_STAT(tx_kicks, TX_KICKS),
	NULL
};

static const struct attribute_group vrpmsg_group = {
	.name	= "statistics",
	.attrs	= vrpmsg_attrs,
};

static const struct attribute_group *vrpmsg_groups[] = {
	&vrpmsg_group,
	&vrpmsg_exclusive_group,
	NULL
};

/*
 * dma_alloc_coherent() may return memory of the direct map or of vmalloc's range; rings take pages
 * in either case. Of vmalloc's range the pages that one buffer is in have to be neighbours.
 */
static int vrpmsg_init_buf(struct vrpmsg *vrp, struct vrpmsg_buf *buf, size_t offset,
			   unsigned int size)
{
	void *memory = vrp->memory + offset;
	const bool mapped = is_vmalloc_addr(memory);
	struct page *page = mapped ? vmalloc_to_page(memory) : virt_to_page(memory);
	const unsigned int end = offset_in_page(memory) + size;
	unsigned int i;

	for (i = 1; mapped && i < DIV_ROUND_UP(end, PAGE_SIZE); i++) {
		if (page_to_pfn(vmalloc_to_page(memory + i * PAGE_SIZE)) != page_to_pfn(page) + i)
			return -ENOMEM;
	}

	buf->hdr = memory;
	sg_init_table(&buf->sg, 1);
	sg_set_page(&buf->sg, page, size, offset_in_page(memory));
	sg_dma_address(&buf->sg) = vrp->memory_dma + offset;
	return 0;
}

static int vrpmsg_alloc_bufs(struct vrpmsg *vrp)
{
	size_t tx_offset;
	unsigned int i, num;
	int ret;

	vrp->num_rx = min(virtqueue_get_vring_size(vrp->rvq), VRPMSG_MAX_BUFS);
	vrp->num_tx = min(virtqueue_get_vring_size(vrp->svq), VRPMSG_MAX_BUFS);
	num = vrp->num_rx + vrp->num_tx;

	vrp->bufs = kvcalloc(num, sizeof(*vrp->bufs), GFP_KERNEL);
	if (!vrp->bufs)
		return -ENOMEM;

	/* The memory is aligned to its size, so each buffer is to its own and crosses no border. */
	tx_offset = ALIGN((size_t)vrp->num_rx * vrp->rx_stride, vrp->tx_stride);
	vrp->memory_size = tx_offset + (size_t)vrp->num_tx * vrp->tx_stride;
	vrp->memory = dma_alloc_coherent(vrp->vdev->dev.parent, vrp->memory_size,
					 &vrp->memory_dma, GFP_KERNEL);
	if (!vrp->memory) {
		kvfree(vrp->bufs);
		return -ENOMEM;
	}

	for (i = 0; i < num; i++) {
		if (i < vrp->num_rx)
			ret = vrpmsg_init_buf(vrp, &vrp->bufs[i], (size_t)i * vrp->rx_stride,
					      vrp->rx_size);
		else
			ret = vrpmsg_init_buf(vrp, &vrp->bufs[i], tx_offset +
					      (size_t)(i - vrp->num_rx) * vrp->tx_stride,
					      vrp->tx_size);
		vrp->bufs[i].number = i;
		if (ret) {
			dev_err(&vrp->vdev->dev, "buffers of %u and %u bytes are not contiguous\n",
				vrp->rx_size, vrp->tx_size);
			return ret;
		}
	}

	vrp->next_number = num;
	/* Handed out from the top of the stack: low addresses first. */
	for (i = num; i > vrp->num_rx; i--)
		vrpmsg_push(&vrp->tx_free, &vrp->bufs[i - 1]);
	return 0;
}

static void vrpmsg_free_bufs(struct vrpmsg *vrp)
{
	if (!vrp->memory)
		return;
	dma_free_coherent(vrp->vdev->dev.parent, vrp->memory_size, vrp->memory, vrp->memory_dma);
	kvfree(vrp->bufs);
}

static void vrpmsg_free(struct vrpmsg *vrp)
{
	xa_destroy(&vrp->epts);
	mutex_destroy(&vrp->exclusive_lock);
	kfree(vrp);
}

static struct vrpmsg *vrpmsg_alloc(struct virtio_device *vdev)
{
	struct vrpmsg *vrp = kzalloc(sizeof(*vrp), GFP_KERNEL);

	if (!vrp)
		return NULL;

	vrp->vdev = vdev;
	vrp->little_endian = virtio_is_little_endian(vdev);
	INIT_WORK(&vrp->rx_work, vrpmsg_rx_work);
	INIT_LIST_HEAD(&vrp->slots);
	INIT_LIST_HEAD(&vrp->unkicked);
	INIT_WORK(&vrp->slots_work, vrpmsg_slots_work);
	mutex_init(&vrp->exclusive_lock);
	INIT_LIST_HEAD(&vrp->exclusives);
	spin_lock_init(&vrp->tx_lock);
	init_waitqueue_head(&vrp->tx_wait);
	xa_init_flags(&vrp->epts, XA_FLAGS_ALLOC);
	spin_lock_init(&vrp->channel_lock);
	INIT_LIST_HEAD(&vrp->channels);
	init_waitqueue_head(&vrp->channel_wait);
	vdev->priv = vrp;
	return vrp;
}

/* The rings give back what they hold, so that mappings for the device end. */
static void vrpmsg_delete_rings(struct vrpmsg *vrp)
{
	struct vrpmsg_buf *buf;

	while (virtqueue_detach_unused_buf(vrp->rvq))
		;
	while ((buf = virtqueue_detach_unused_buf(vrp->svq))) {
		if (buf->timed)
			vrpmsg_timed_put(buf->timed);
	}
	vrp->vdev->config->del_vqs(vrp->vdev);
	vrpmsg_slots_remove(vrp);
	vrpmsg_exclusive_remove(vrp);
}

/* No channel is left on return, nobody sends, and nobody touches the rings. */
static void vrpmsg_shut_down(struct vrpmsg *vrp)
{
	spin_lock(&vrp->channel_lock);
	WRITE_ONCE(vrp->dying, true);
	spin_unlock(&vrp->channel_lock);

	wake_up_all(&vrp->tx_wait);
	vrpmsg_remove_channels(vrp);
	virtio_reset_device(vrp->vdev);
	vrpmsg_rx_stop(vrp);
}

static int vrpmsg_probe(struct virtio_device *vdev)
{
	struct virtqueue *vqs[2];
	struct vrpmsg *vrp;
	bool kick;
	int ret;

	vrp = vrpmsg_alloc(vdev);
	if (!vrp)
		return -ENOMEM;

	ret = compat_find_two_vqs(vdev, vqs, "input", vrpmsg_rx_done, "output", vrpmsg_tx_done);
	if (ret)
		goto free;
	vrp->rvq = vqs[0];
	vrp->svq = vqs[1];
	virtqueue_disable_cb(vrp->svq);
	/* All buffers are mapped for as long as they live. */
	vrp->by_dma_address = compat_use_dma_addresses(vrp->rvq);
	if (vrp->by_dma_address)
		vrp->by_dma_address = compat_use_dma_addresses(vrp->svq);

	ret = vrpmsg_read_sizes(vrp);
	if (!ret)
		ret = vrpmsg_alloc_bufs(vrp);
	if (!ret)
		ret = vrpmsg_rx_fill(vrp);
	if (ret)
		goto delete;

	/* There before the remote may announce anything. */
	if (virtio_has_feature(vdev, VIRTIO_RPMSG_F_NS)) {
		ret = vrpmsg_add_ns(vrp);
		if (ret)
			goto delete;
	}

	kick = virtqueue_kick_prepare(vrp->rvq);
	vrpmsg_count(vrp, RX_KICKS, kick);
	/* Pairs with smp_load_acquire() in the callbacks: they see all that is set up here. */
	smp_store_release(&vrp->up, true);
	virtio_device_ready(vdev);
	if (kick)
		virtqueue_notify(vrp->rvq);
	/* A remote that did not wait for us has interrupted in vain. */
	vrpmsg_rx_done(vrp->rvq);

	ret = vrpmsg_add_ctrl(vrp);
	if (!ret)
		ret = vrpmsg_add_statics(vrp);
	if (ret)
		goto shut_down;

	dev_info(&vdev->dev, "rpmsg: %u buffers of %u bytes to receive, %u of %u to send\n",
		 vrp->num_rx, vrp->rx_size, vrp->num_tx, vrp->tx_size);
	return 0;

shut_down:
	vrpmsg_shut_down(vrp);
delete:
	vrpmsg_delete_rings(vrp);
	vrpmsg_free_bufs(vrp);
free:
	vrpmsg_free(vrp);
	return ret;
}

static void vrpmsg_remove(struct virtio_device *vdev)
{
	struct vrpmsg *vrp = vdev->priv;

	vrpmsg_shut_down(vrp);
	vrpmsg_delete_rings(vrp);
	vrpmsg_free_bufs(vrp);
	vrpmsg_free(vrp);
}

static const struct virtio_device_id vrpmsg_ids[] = {
	{ VIRTIO_ID_RPMSG, VIRTIO_DEV_ANY_ID },
	{ }
};
MODULE_DEVICE_TABLE(virtio, vrpmsg_ids);

static const unsigned int vrpmsg_features[] = {
	VIRTIO_RPMSG_F_NS,
	VIRTIO_RPMSG_F_BUFSZ,
	VIRTIO_RPMSG_F_STATIC,
	VIRTIO_RPMSG_F_FC,
};

static struct virtio_driver vrpmsg_driver = {
	.driver.name		= KBUILD_MODNAME,
	.driver.dev_groups	= vrpmsg_groups,
	.id_table		= vrpmsg_ids,
	.feature_table		= vrpmsg_features,
	.feature_table_size	= ARRAY_SIZE(vrpmsg_features),
	.probe			= vrpmsg_probe,
	.remove			= vrpmsg_remove,
};

static int __init vrpmsg_init(void)
{
	return register_virtio_driver(&vrpmsg_driver);
}
subsys_initcall(vrpmsg_init);

static void __exit vrpmsg_exit(void)
{
	unregister_virtio_driver(&vrpmsg_driver);
}
module_exit(vrpmsg_exit);

MODULE_DESCRIPTION("rpmsg over virtio");
MODULE_LICENSE("GPL");
