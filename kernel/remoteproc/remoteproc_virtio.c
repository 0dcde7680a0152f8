// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio transport: a virtio device whose other side is the processor.
 *
 *   features, status, config	in the VDEV entry of the loaded resource table
 *   virtqueues			in carveouts, split and legacy (32 feature bits cannot offer more)
 *   notification		ops->kick(notify id) one way, rproc_vq_interrupt() the other
 *
 * The virtio device lives between start and stop of its subdevice, which hold rproc->lock. User
 * space may hold it for longer; its release callback frees it, and then lets go of the rvdev and
 * the processor.
 *
 * The remote can write to all that is shared. So the status that virtio asks back is our own copy,
 * features and sizes are those of the private table, and only the contents of the config space,
 * which are the device's to say, are read there: each field with one access, once for each time
 * that the driver asks. The table has no generation number, so two fields need not be of one time.
 * What lies outside the config space is not accessed: it reads as zero, and writes are dropped.
 *
 * Addresses in descriptors are physical, unless the processor's parent has DMA operations of its
 * own: then VIRTIO_F_ACCESS_PLATFORM is negotiated between virtio's core and us, and they are what
 * these say.
 *
 * Interrupts against the end: rproc_vq_interrupt() runs callbacks inside rproc_impl.vq_srcu. A
 * virtqueue is deleted after its rproc_vring.vq was cleared and the readers are gone. When the
 * processor crashed, the virtqueues are broken before the driver is asked to go, so that nobody
 * waits for an answer.
 */
#include <linux/io.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../compat/virtio.h"
#include "remoteproc_private.h"

/**
 * struct rproc_virtio - a virtio device
 * @vdev: the device
 * @rv:   the entry that it comes from, with a reference
 */
struct rproc_virtio {
	struct virtio_device vdev;
	struct rproc_rvdev *rv;
};

static struct rproc_rvdev *vdev_to_rv(struct virtio_device *vdev)
{
	return container_of(vdev, struct rproc_virtio, vdev)->rv;
}

/* The entry in the table that the remote sees. */
static struct fw_rsc_vdev *rv_entry(struct rproc_rvdev *rv)
{
	return (void *)rv->rvdev.rproc->table_ptr + rv->rvdev.rsc_offset;
}

/**
 * rproc_vq_interrupt() - the remote notified us
 * @rproc: the processor
 * @vq_id: notify id of the vring
 *
 * Runs the virtqueue's callback, in the caller's context; those of rpmsg may sleep. May be called
 * at any time, also while the processor stops.
 *
 * Return: IRQ_HANDLED, or IRQ_NONE when nobody listens there.
 */
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int vq_id)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct rproc_vring *rvring;
	struct virtqueue *vq;
	irqreturn_t ret = IRQ_NONE;
	int idx;

	if (vq_id < 0)
		return IRQ_NONE;

	idx = srcu_read_lock(&impl->vq_srcu);
	rcu_read_lock();
	rvring = idr_find(&rproc->notifyids, vq_id);
	rcu_read_unlock();
	if (rvring) {
		/* Pairs with the release in rproc_find_vq(). */
		vq = smp_load_acquire(&rvring->vq);
		if (vq)
			ret = vring_interrupt(0, vq);
	}
	srcu_read_unlock(&impl->vq_srcu, idx);
	return ret;
}
EXPORT_SYMBOL(rproc_vq_interrupt);

static bool rproc_virtio_notify(struct virtqueue *vq)
{
	struct rproc_vring *rvring = vq->priv;
	struct rproc *rproc = rvring->rvdev->rproc;

	rproc->ops->kick(rproc, rvring->notifyid);
	return true;
}

static struct virtqueue *rproc_find_vq(struct rproc_rvdev *rv, struct virtio_device *vdev,
				       unsigned int id, const struct virtqueue_info *info)
{
	struct rproc_vring *rvring;
	struct virtqueue *vq;
	size_t size;

	if (id >= rv->num_vrings) {
		dev_err(&vdev->dev, "virtqueue %u of %u\n", id, rv->num_vrings);
		return ERR_PTR(-ENOENT);
	}
	rvring = rv_vring(rv, id);
	if (rvring->vq)
		return ERR_PTR(-EBUSY);

	size = vring_size(rvring->num, rvring->align);
	if (rv->mem[id]->is_iomem)
		memset_io((void __iomem *)rvring->va, 0, size);
	else
		memset(rvring->va, 0, size);

	/* The other side is a device, not a CPU of ours: strong barriers. */
	vq = vring_new_virtqueue(id, rvring->num, rvring->align, vdev, false, info->ctx, rvring->va,
				 rproc_virtio_notify, info->callback, info->name);
	if (!vq)
		return ERR_PTR(-ENOMEM);
	vq->num_max = rvring->num;
	vq->priv = rvring;
	/* Pairs with the acquire in rproc_vq_interrupt(). */
	smp_store_release(&rvring->vq, vq);
	return vq;
}

static void rproc_virtio_del_vqs(struct virtio_device *vdev)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);
	struct virtqueue *vq, *next;
	unsigned int i;

	for (i = 0; i < rv->num_vrings; i++)
		WRITE_ONCE(rv_vring(rv, i)->vq, NULL);
	synchronize_srcu(&to_impl(rv->rvdev.rproc)->vq_srcu);

	list_for_each_entry_safe(vq, next, &vdev->vqs, list)
		vring_del_virtqueue(vq);
}

static int rproc_virtio_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
				 struct virtqueue *vqs[], struct virtqueue_info infos[],
				 struct irq_affinity *desc)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);
	unsigned int i, id = 0;

	for (i = 0; i < nvqs; i++) {
		if (!infos[i].name) {
			vqs[i] = NULL;
			continue;
		}
		vqs[i] = rproc_find_vq(rv, vdev, id++, &infos[i]);
		if (IS_ERR(vqs[i])) {
			int ret = PTR_ERR(vqs[i]);

			rproc_virtio_del_vqs(vdev);
			return ret;
		}
	}
	return 0;
}

COMPAT_DEFINE_FIND_VQS(rproc_virtio_find_vqs)

/* No callback of any virtqueue runs any more that began before this was called. */
static void rproc_virtio_synchronize_cbs(struct virtio_device *vdev)
{
	synchronize_srcu(&to_impl(vdev_to_rv(vdev)->rvdev.rproc)->vq_srcu);
}

static u8 rproc_virtio_get_status(struct virtio_device *vdev)
{
	return vdev_to_rv(vdev)->status;
}

static void rproc_virtio_set_status(struct virtio_device *vdev, u8 status)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);

	rv->status = status;
	/* The remote finds what was written before, vrings above all, once it sees the status. */
	wmb();
	WRITE_ONCE(rv_entry(rv)->status, status);
	dev_dbg(&vdev->dev, "status 0x%x\n", status);
}

static void rproc_virtio_reset(struct virtio_device *vdev)
{
	rproc_virtio_set_status(vdev, 0);
}

static u64 rproc_virtio_get_features(struct virtio_device *vdev)
{
	return vdev_to_rv(vdev)->features;
}

static int rproc_virtio_finalize_features(struct virtio_device *vdev)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);

	vring_transport_features(vdev);
	/* We make split rings only. */
	__virtio_clear_bit(vdev, VIRTIO_F_RING_PACKED);

	if ((rv->features ^ vdev->features) & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM)) {
		dev_err(&vdev->dev, "DMA addresses were not agreed upon\n");
		return -EINVAL;
	}
	WRITE_ONCE(rv_entry(rv)->gfeatures, lower_32_bits(vdev->features));
	return 0;
}

static bool rproc_config_valid(struct virtio_device *vdev, unsigned int offset, unsigned int len)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);

	if (offset <= rv->config_len && len <= rv->config_len - offset)
		return true;
	dev_err_ratelimited(&vdev->dev, "config space: %u bytes at %u, but there are %u\n", len,
			    offset, rv->config_len);
	return false;
}

static void *rproc_config(struct virtio_device *vdev, unsigned int offset)
{
	struct rproc_rvdev *rv = vdev_to_rv(vdev);

	return (void *)rv->rvdev.rproc->table_ptr + rv->config_offset + offset;
}

/* A field is read or written as one where it is aligned; the entry's place in the table decides. */
static void rproc_copy_config(void *to, const void *from, unsigned int len)
{
	bool aligned = IS_ALIGNED((unsigned long)to | (unsigned long)from, len);

	switch (aligned ? len : 0) {
	case sizeof(u16):
		WRITE_ONCE(*(u16 *)to, READ_ONCE(*(const u16 *)from));
		break;
	case sizeof(u32):
		WRITE_ONCE(*(u32 *)to, READ_ONCE(*(const u32 *)from));
		break;
	case sizeof(u64):
		WRITE_ONCE(*(u64 *)to, READ_ONCE(*(const u64 *)from));
		break;
	default:
		memcpy(to, from, len);
	}
}

static void rproc_virtio_get(struct virtio_device *vdev, unsigned int offset, void *buf,
			     unsigned int len)
{
	if (rproc_config_valid(vdev, offset, len))
		rproc_copy_config(buf, rproc_config(vdev, offset), len);
	else
		memset(buf, 0, len);
}

static void rproc_virtio_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
			     unsigned int len)
{
	if (rproc_config_valid(vdev, offset, len))
		rproc_copy_config(rproc_config(vdev, offset), buf, len);
}

static const char *rproc_virtio_bus_name(struct virtio_device *vdev)
{
	return dev_name(&vdev_to_rv(vdev)->rvdev.rproc->dev);
}

static const struct virtio_config_ops rproc_virtio_ops = {
	.get			= rproc_virtio_get,
	.set			= rproc_virtio_set,
	.get_status		= rproc_virtio_get_status,
	.set_status		= rproc_virtio_set_status,
	.reset			= rproc_virtio_reset,
	.find_vqs		= COMPAT_FIND_VQS(rproc_virtio_find_vqs),
	.del_vqs		= rproc_virtio_del_vqs,
	.synchronize_cbs	= rproc_virtio_synchronize_cbs,
	.get_features		= rproc_virtio_get_features,
	.finalize_features	= rproc_virtio_finalize_features,
	.bus_name		= rproc_virtio_bus_name,
};

static void rproc_virtio_release(struct device *dev)
{
	struct virtio_device *vdev = dev_to_virtio(dev);
	struct rproc_rvdev *rv = vdev_to_rv(vdev);
	struct rproc *rproc = rv->rvdev.rproc;

	kfree(container_of(vdev, struct rproc_virtio, vdev));
	rproc_rvdev_put(rv);
	put_device(&rproc->dev);
}

/**
 * rproc_vdev_start() - make the virtio device, the processor runs
 * @subdev: of a struct rproc_rvdev
 *
 * Return: 0; -EINVAL when the driver cannot kick; or a negative errno.
 */
int rproc_vdev_start(struct rproc_subdev *subdev)
{
	struct rproc_rvdev *rv = container_of(subdev, struct rproc_rvdev, rvdev.subdev);
	struct rproc *rproc = rv->rvdev.rproc;
	struct rproc_virtio *rvirtio;
	int ret;

	if (!rproc->ops->kick) {
		dev_err(&rproc->dev, "vdev %u: the driver has no kick\n", rv->rvdev.index);
		return -EINVAL;
	}
	rvirtio = kzalloc(sizeof(*rvirtio), GFP_KERNEL);
	if (!rvirtio)
		return -ENOMEM;

	get_device(&rproc->dev);
	kref_get(&rv->ref);
	rv->status = 0;
	rvirtio->rv = rv;
	rvirtio->vdev.id.device = rv->rvdev.id;
	rvirtio->vdev.config = &rproc_virtio_ops;
	rvirtio->vdev.dev.parent = &rv->rvdev.pdev->dev;
	rvirtio->vdev.dev.release = rproc_virtio_release;

	ret = register_virtio_device(&rvirtio->vdev);
	if (ret) {
		dev_err(&rproc->dev, "vdev %u cannot be registered: %d\n", rv->rvdev.index, ret);
		put_device(&rvirtio->vdev.dev);
		return ret;
	}
	rv->vdev = &rvirtio->vdev;
	dev_info(&rproc->dev, "vdev %u: %s, type %u\n", rv->rvdev.index,
		 dev_name(&rvirtio->vdev.dev), rv->rvdev.id);
	return 0;
}

/**
 * rproc_vdev_stop() - remove the virtio device, the processor is about to stop
 * @subdev:  of a struct rproc_rvdev
 * @crashed: it did already
 */
void rproc_vdev_stop(struct rproc_subdev *subdev, bool crashed)
{
	struct rproc_rvdev *rv = container_of(subdev, struct rproc_rvdev, rvdev.subdev);
	struct virtio_device *vdev = rv->vdev;

	rv->vdev = NULL;
	if (crashed)
		virtio_break_device(vdev);
	unregister_virtio_device(vdev);
}
