// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the buffers of one virtio device: the carveout "vdev<N>buffer".
 *
 * A virtio driver allocates from the platform device above its own (remoteproc_vdev.c). Boards that
 * want its buffers in one place, because the remote sees no other or to keep them apart from those
 * of other devices, name a carveout so. Declaring it as the device's coherent memory is for code
 * inside the kernel, where the kernel can do that at all. So the platform device gets DMA
 * operations here whose coherent memory is the carveout, and whose mappings are the parent's: the
 * parent's own operations where it has some, else the DMA API.
 *
 * There is no other memory for that device then: a carveout that is full makes allocation fail.
 *
 * A struct rproc_buffer belongs to the rvdev. It ends after the platform device was unregistered,
 * when no virtio driver is there any more, and before the carveout. Its lock protects the bitmap,
 * may be taken in any context, and is innermost.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../compat/dma.h"
#include "remoteproc_private.h"

/**
 * struct rproc_buffer - a carveout that a device allocates from
 * @ops:    DMA operations of the device
 * @parent: the processor's parent, whose mappings are used
 * @va:	    kernel address
 * @mapped: @va was mapped here
 * @dma:    address for the processor
 * @nr:	    pages
 * @lock:   see above
 * @used:   a bit a page
 */
struct rproc_buffer {
	const struct dma_map_ops ops;
	struct device *parent;
	void *va;
	bool mapped;
	dma_addr_t dma;
	unsigned long nr;
	spinlock_t lock; /* see above */
	unsigned long used[];
};

static struct rproc_buffer *buffer_of(struct device *dev)
{
	return container_of(compat_own_dma_ops(dev), struct rproc_buffer, ops);
}

static void *buffer_alloc(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp,
			  unsigned long attrs)
{
	struct rproc_buffer *buffer = buffer_of(dev);
	unsigned long nr = PFN_UP(size);
	unsigned long first, align_mask, flags;
	void *va;

	if (!nr || nr > buffer->nr)
		return NULL;
	/* Aligned as any coherent memory is. */
	align_mask = roundup_pow_of_two(nr) - 1;

	spin_lock_irqsave(&buffer->lock, flags);
	first = bitmap_find_next_zero_area_off(buffer->used, buffer->nr, 0, nr, align_mask,
					       (buffer->dma >> PAGE_SHIFT) & align_mask);
	if (first < buffer->nr)
		bitmap_set(buffer->used, first, nr);
	spin_unlock_irqrestore(&buffer->lock, flags);
	if (first >= buffer->nr)
		return NULL;

	va = buffer->va + (first << PAGE_SHIFT);
	memset(va, 0, nr << PAGE_SHIFT);
	*handle = buffer->dma + (first << PAGE_SHIFT);
	return va;
}

static void buffer_free(struct device *dev, size_t size, void *va, dma_addr_t handle,
			unsigned long attrs)
{
	struct rproc_buffer *buffer = buffer_of(dev);
	unsigned long flags;

	spin_lock_irqsave(&buffer->lock, flags);
	bitmap_clear(buffer->used, (handle - buffer->dma) >> PAGE_SHIFT, PFN_UP(size));
	spin_unlock_irqrestore(&buffer->lock, flags);
}

/* Mappings of a parent without operations of its own */

static dma_addr_t parent_map_page(struct device *dev, struct page *page, unsigned long offset,
				  size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	return dma_map_page_attrs(buffer_of(dev)->parent, page, offset, size, dir, attrs);
}

static void parent_unmap_page(struct device *dev, dma_addr_t handle, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	dma_unmap_page_attrs(buffer_of(dev)->parent, handle, size, dir, attrs);
}

static int parent_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, unsigned long attrs)
{
	return dma_map_sg_attrs(buffer_of(dev)->parent, sgl, nents, dir, attrs) ?: -ENOMEM;
}

static void parent_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			    enum dma_data_direction dir, unsigned long attrs)
{
	dma_unmap_sg_attrs(buffer_of(dev)->parent, sgl, nents, dir, attrs);
}

static void parent_sync_for_cpu(struct device *dev, dma_addr_t handle, size_t size,
				enum dma_data_direction dir)
{
	dma_sync_single_for_cpu(buffer_of(dev)->parent, handle, size, dir);
}

static void parent_sync_for_device(struct device *dev, dma_addr_t handle, size_t size,
				   enum dma_data_direction dir)
{
	dma_sync_single_for_device(buffer_of(dev)->parent, handle, size, dir);
}

static void parent_sync_sg_for_cpu(struct device *dev, struct scatterlist *sgl, int nents,
				   enum dma_data_direction dir)
{
	dma_sync_sg_for_cpu(buffer_of(dev)->parent, sgl, nents, dir);
}

static void parent_sync_sg_for_device(struct device *dev, struct scatterlist *sgl, int nents,
				      enum dma_data_direction dir)
{
	dma_sync_sg_for_device(buffer_of(dev)->parent, sgl, nents, dir);
}

static const struct dma_map_ops parent_ops = {
	.map_page		= parent_map_page,
	.unmap_page		= parent_unmap_page,
	.map_sg			= parent_map_sg,
	.unmap_sg		= parent_unmap_sg,
	.sync_single_for_cpu	= parent_sync_for_cpu,
	.sync_single_for_device	= parent_sync_for_device,
	.sync_sg_for_cpu	= parent_sync_sg_for_cpu,
	.sync_sg_for_device	= parent_sync_sg_for_device,
};

/* Not the parent's for other uses of coherent memory, which expect their own. */
static void buffer_init_ops(struct rproc_buffer *buffer, const struct dma_map_ops *mappings)
{
	const struct dma_map_ops ops = {
		.alloc			= buffer_alloc,
		.free			= buffer_free,
		.map_page		= mappings->map_page,
		.unmap_page		= mappings->unmap_page,
		.map_sg			= mappings->map_sg,
		.unmap_sg		= mappings->unmap_sg,
		.map_resource		= mappings->map_resource,
		.unmap_resource		= mappings->unmap_resource,
		.sync_single_for_cpu	= mappings->sync_single_for_cpu,
		.sync_single_for_device	= mappings->sync_single_for_device,
		.sync_sg_for_cpu	= mappings->sync_sg_for_cpu,
		.sync_sg_for_device	= mappings->sync_sg_for_device,
		.max_mapping_size	= mappings->max_mapping_size,
	};

	memcpy((void *)&buffer->ops, &ops, sizeof(ops));
}

/**
 * rproc_buffer_create() - make a device allocate from a carveout
 * @dev:    the device, whose driver has not come yet
 * @parent: the processor's parent
 * @mem:    the carveout; one without a kernel address is mapped here by its DMA address
 *
 * Return: what rproc_buffer_destroy() wants; ERR_PTR(-EOPNOTSUPP) when this kernel has no DMA
 * operations for single devices; ERR_PTR(-EINVAL) for a carveout that is not of pages;
 * ERR_PTR(-ENOMEM) for one without memory.
 */
struct rproc_buffer *rproc_buffer_create(struct device *dev, struct device *parent,
					 const struct rproc_mem_entry *mem)
{
	unsigned long nr = mem->len >> PAGE_SHIFT;
	struct rproc_buffer *buffer;

	if (!COMPAT_DMA_OPS)
		return ERR_PTR(-EOPNOTSUPP);
	if (!nr || !PAGE_ALIGNED(mem->da))
		return ERR_PTR(-EINVAL);

	buffer = kzalloc(struct_size(buffer, used, BITS_TO_LONGS(nr)), GFP_KERNEL);
	if (!buffer)
		return ERR_PTR(-ENOMEM);
	buffer->va = mem->va;
	if (!buffer->va && mem->dma) {
		buffer->va = memremap(mem->dma, mem->len, MEMREMAP_WC);
		buffer->mapped = true;
	}
	if (!buffer->va) {
		kfree(buffer);
		return ERR_PTR(-ENOMEM);
	}

	spin_lock_init(&buffer->lock);
	buffer->parent = parent;
	buffer->dma = mem->da;
	buffer->nr = nr;
	buffer_init_ops(buffer, compat_own_dma_ops(parent) ?: &parent_ops);
	set_dma_ops(dev, &buffer->ops);
	return buffer;
}

/**
 * rproc_buffer_destroy() - let go of the carveout
 * @buffer: of rproc_buffer_create(), or NULL; its device has no driver and gets none any more
 */
void rproc_buffer_destroy(struct rproc_buffer *buffer)
{
	if (!buffer)
		return;
	if (buffer->mapped)
		memunmap(buffer->va);
	kfree(buffer);
}
