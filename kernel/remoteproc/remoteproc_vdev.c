// SPDX-License-Identifier: GPL-2.0-only
/*
 * VDEV entries: virtio devices as resources of a processor.
 *
 * Each entry becomes a struct rproc_rvdev, a subdevice of the processor: its virtio device comes
 * and goes with the processor running (remoteproc_virtio.c). Between the two in the device tree is
 * a platform device "rproc-virtio", which allocates the memory of the virtio driver. It has no
 * driver: it is an address space, nothing more, and takes the DMA properties of the processor's
 * parent. A carveout "vdev<N>buffer", of the platform driver or of the resource table, becomes what
 * it allocates from (remoteproc_buffer.c), or names the memory that the device tree reserved for it
 * (rproc_of_resm_mem_entry_init()), which the DMA API then allocates from by itself.
 *
 * There may be as many vrings as an entry can say. struct rproc_vdev has room for two, which is
 * all that rpmsg needs; those of other types go on in rproc_rvdev.more.
 *
 * What we need of an entry later is copied when it is handled. The entry itself is written to after
 * that, never trusted: the remote has it too.
 *
 * A vring's notify id is its key in rproc->notifyids. Taking it out and waiting for
 * rproc->vq_srcu's readers precedes freeing the rvdev, so rproc_vq_interrupt() may be called at any
 * time.
 */
#include <linux/align.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../compat/dma.h"
#include "fw_table.h"
#include "remoteproc_private.h"

static void rproc_rvdev_free(struct kref *ref)
{
	struct rproc_rvdev *rv = container_of(ref, struct rproc_rvdev, ref);

	kfree(rv->more);
	kfree(rv);
}

void rproc_rvdev_put(struct rproc_rvdev *rv)
{
	kref_put(&rv->ref, rproc_rvdev_free);
}

/* The children of the platform device allocate as the processor's parent would. */
static int rproc_inherit_dma(struct device *dev, struct device *parent)
{
	u64 mask = dma_get_mask(parent);
	const struct bus_dma_region *map;
	size_t n = 1;

	if (compat_own_dma_ops(parent))
		set_dma_ops(dev, compat_own_dma_ops(parent));

	if (parent->dma_range_map) {
		/* It ends with an empty one. */
		for (map = parent->dma_range_map; map->size; map++)
			n++;
		dev->dma_range_map = kmemdup(parent->dma_range_map, n * sizeof(*map), GFP_KERNEL);
		if (!dev->dma_range_map)
			return -ENOMEM;
	}
	return dma_set_mask_and_coherent(dev, mask);
}

static int rproc_add_pdev(struct rproc *rproc, struct rproc_rvdev *rv)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc("rproc-virtio", PLATFORM_DEVID_AUTO);
	if (!pdev)
		return -ENOMEM;
	pdev->dev.parent = &rproc->dev;
	ret = rproc_inherit_dma(&pdev->dev, rproc->dev.parent);
	if (!ret)
		ret = platform_device_add(pdev);
	if (ret) {
		dev_err(&rproc->dev, "vdev %u cannot be added: %d\n", rv->rvdev.index, ret);
		platform_device_put(pdev);
		return ret;
	}
	rv->rvdev.pdev = pdev;
	return 0;
}

static int rproc_add_vring(struct rproc *rproc, struct rproc_rvdev *rv, unsigned int i,
			   struct fw_rsc_vdev *rsc)
{
	struct rproc_vring *rvring = rv_vring(rv, i);
	struct fw_rsc_vdev_vring vring;
	struct rproc_mem_entry *mem;
	char name[sizeof(mem->name)];
	size_t size;
	int ret;

	ret = fw_table_get_vring(&rproc->dev, rsc, rv->rvdev.rsc_offset, i, &vring);
	if (ret)
		return ret;

	size = PAGE_ALIGN(vring_size(vring.num, vring.align));
	snprintf(name, sizeof(name), "vdev%uvring%u", rv->rvdev.index, i);
	mem = rproc_find_carveout_by_name(rproc, "%s", name);
	if (mem) {
		if (rproc_check_carveout(rproc, mem, vring.da, size))
			return -ENOMEM;
	} else {
		mem = rproc_new_carveout(rproc, size, vring.da, name);
		if (!mem)
			return -ENOMEM;
	}

	rv->mem[i] = mem;
	rvring->rvdev = &rv->rvdev;
	rvring->num = vring.num;
	rvring->align = vring.align;
	rvring->da = vring.da;

	ret = idr_alloc(&rproc->notifyids, rvring, 0, RPROC_NOTIFYIDS_MAX, GFP_KERNEL);
	if (ret < 0) {
		dev_err(&rproc->dev, "vdev %u: no notify id for vring %u: %d\n", rv->rvdev.index,
			i, ret);
		return ret;
	}
	rvring->notifyid = ret;
	rproc->max_notifyid = max(rproc->max_notifyid, ret);
	rsc->vring[i].notifyid = ret;
	return 0;
}

static void rproc_remove_vdev(struct rproc *rproc, struct rproc_rvdev *rv)
{
	unsigned int i;

	for (i = 0; i < rv->num_vrings; i++)
		if (rv_vring(rv, i)->notifyid >= 0)
			idr_remove(&rproc->notifyids, rv_vring(rv, i)->notifyid);
	synchronize_srcu(&to_impl(rproc)->vq_srcu);

	rproc_remove_subdev(rproc, &rv->rvdev.subdev);
	list_del(&rv->rvdev.node);
	if (rv->rvdev.pdev) {
		/* Does nothing for who has none. */
		of_reserved_mem_device_release(&rv->rvdev.pdev->dev);
		platform_device_unregister(rv->rvdev.pdev);
	}
	rproc_buffer_destroy(rv->buffer);
	rproc_rvdev_put(rv);
}

static struct rproc_rvdev *rproc_rvdev_alloc(unsigned int num_vrings)
{
	struct rproc_rvdev *rv;
	unsigned int i;

	rv = kzalloc(struct_size(rv, mem, num_vrings), GFP_KERNEL);
	if (!rv)
		return NULL;
	if (num_vrings > RVDEV_NUM_VRINGS) {
		rv->more = kcalloc(num_vrings - RVDEV_NUM_VRINGS, sizeof(*rv->more), GFP_KERNEL);
		if (!rv->more) {
			kfree(rv);
			return NULL;
		}
	}
	kref_init(&rv->ref);
	rv->num_vrings = num_vrings;
	for (i = 0; i < num_vrings; i++)
		rv_vring(rv, i)->notifyid = -1;
	return rv;
}

/**
 * rproc_handle_vdev() - a VDEV entry of the resource table
 * @rproc:  the processor
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @avail:  bytes from there to the end of the table
 *
 * Return: 0; -EINVAL for an entry that lies; -ENOSPC for more devices or vrings than anybody has;
 * -ENOMEM; or another negative errno.
 */
int rproc_handle_vdev(struct rproc *rproc, void *rsc, u32 offset, u32 avail)
{
	struct fw_rsc_vdev entry, *in_table = rsc;
	struct rproc_rvdev *rv;
	unsigned int i;
	int ret;

	ret = fw_table_get_vdev(&rproc->dev, rsc, offset, avail, &entry);
	if (ret)
		return ret;
	if (rproc->nb_vdev == RPROC_VDEVS_MAX) {
		dev_err(&rproc->dev, "resource at 0x%x: vdev %u is too many\n", offset,
			rproc->nb_vdev);
		return -ENOSPC;
	}

	rv = rproc_rvdev_alloc(entry.num_of_vrings);
	if (!rv)
		return -ENOMEM;
	rv->rvdev.rproc = rproc;
	rv->rvdev.id = entry.id;
	rv->rvdev.rsc_offset = offset;
	rv->rvdev.index = rproc->nb_vdev++;
	rv->rvdev.subdev.start = rproc_vdev_start;
	rv->rvdev.subdev.stop = rproc_vdev_stop;
	rv->features = entry.dfeatures;
	/* Not of the firmware's 32 bits, but of our transport. */
	if (compat_own_dma_ops(rproc->dev.parent))
		rv->features |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	rv->config_offset = offset + struct_size(in_table, vring, entry.num_of_vrings);
	rv->config_len = entry.config_len;

	/* From here on rproc_remove_vdevs() undoes it. */
	list_add_tail(&rv->rvdev.node, &rproc->rvdevs);
	rproc_add_subdev(rproc, &rv->rvdev.subdev);

	for (i = 0; !ret && i < rv->num_vrings; i++)
		ret = rproc_add_vring(rproc, rv, i, in_table);
	return ret ? ret : rproc_add_pdev(rproc, rv);
}

static int rproc_place_vring(struct rproc *rproc, struct rproc_rvdev *rv, unsigned int i)
{
	struct rproc_vring *rvring = rv_vring(rv, i);
	struct rproc_mem_entry *mem = rv->mem[i];
	struct fw_rsc_vdev *rsc;
	u32 delta = 0;

	if (!mem->va) {
		dev_err(&rproc->dev, "carveout %s has no memory\n", mem->name);
		return -ENOMEM;
	}
	if (rvring->da == (u32)FW_RSC_ADDR_ANY)
		rvring->da = mem->da;
	else
		delta = rvring->da - mem->da;
	rvring->va = mem->va + delta;
	if (!IS_ALIGNED(rvring->da, rvring->align) ||
	    !IS_ALIGNED((unsigned long)rvring->va, rvring->align)) {
		dev_err(&rproc->dev, "carveout %s: vring at 0x%x is not aligned to %u\n", mem->name,
			rvring->da, rvring->align);
		return -EINVAL;
	}

	rsc = (void *)rproc->table_ptr + rv->rvdev.rsc_offset;
	rsc->vring[i].da = rvring->da;
	return 0;
}

static int rproc_place_buffer(struct rproc *rproc, struct rproc_rvdev *rv)
{
	struct device *dev = &rv->rvdev.pdev->dev;
	struct device *parent = rproc->dev.parent;
	struct rproc_mem_entry *mem;
	int ret;

	mem = rproc_find_carveout_by_name(rproc, "vdev%ubuffer", rv->rvdev.index);
	if (!mem)
		return 0;
	if (mem->of_resm_idx != (u32)FW_RSC_ADDR_ANY) {
		ret = of_reserved_mem_device_init_by_idx(dev, parent->of_node, mem->of_resm_idx);
	} else {
		rv->buffer = rproc_buffer_create(dev, parent, mem);
		ret = IS_ERR(rv->buffer) ? PTR_ERR(xchg(&rv->buffer, NULL)) : 0;
	}
	if (ret)
		dev_err(&rproc->dev, "carveout %s cannot be used: %d\n", mem->name, ret);
	return ret;
}

/**
 * rproc_place_vdevs() - use the memory of virtio devices, tell the firmware where its vrings are
 * @rproc: the processor, its carveouts allocated
 *
 * Return: 0; -ENOMEM for a carveout without memory, -EINVAL for one in the wrong place; or another
 * negative errno.
 */
int rproc_place_vdevs(struct rproc *rproc)
{
	struct rproc_vdev *rvdev;
	unsigned int i;
	int ret;

	list_for_each_entry(rvdev, &rproc->rvdevs, node) {
		struct rproc_rvdev *rv = to_rvdev(rvdev);

		ret = rproc_place_buffer(rproc, rv);
		for (i = 0; !ret && i < rv->num_vrings; i++)
			ret = rproc_place_vring(rproc, rv, i);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * rproc_remove_vdevs() - undo rproc_handle_vdev() for all
 * @rproc: the processor, its subdevices stopped
 */
void rproc_remove_vdevs(struct rproc *rproc)
{
	struct rproc_vdev *rvdev, *next;

	list_for_each_entry_safe_reverse(rvdev, next, &rproc->rvdevs, node)
		rproc_remove_vdev(rproc, to_rvdev(rvdev));
	rproc->nb_vdev = 0;
}
