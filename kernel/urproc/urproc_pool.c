// SPDX-License-Identifier: GPL-2.0-only
/*
 * urproc: the memory of a processor.
 *
 * A pool is a number of ordinary pages, mapped contiguously for the kernel, numbered contiguously
 * for the processor from an address of its creator's choice. It plays two parts of a real system on
 * chip:
 *
 * - the RAM at fixed addresses where firmware is linked to: urproc_pool_reserve();
 * - the RAM that the device shares with drivers by DMA: the device's own dma_map_ops allocate from
 *   the pool, so that carveouts, vrings and message buffers land in it, with addresses that the
 *   firmware can dereference. Mapping a page of the pool for DMA gives that address again; a page
 *   from elsewhere cannot be reached by the processor, and mapping it fails.
 *
 * Both take whole pages from one bitmap. The pages themselves live as long as the pool or any user
 * mapping of them, whichever is longer: a mapping holds a reference on each page that it touched.
 * The pool lives in struct urproc, which outlives every device below it, and so every DMA address.
 */
#include <linux/bitmap.h>
#include <linux/dma-map-ops.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "urproc_internal.h"

int urproc_pool_init(struct urproc_pool *pool, u64 da, u64 size)
{
	unsigned long i;

	spin_lock_init(&pool->lock);
	pool->da = da;
	pool->nr = size >> PAGE_SHIFT;
	pool->pages = kvcalloc(pool->nr, sizeof(*pool->pages), GFP_KERNEL_ACCOUNT);
	pool->used = bitmap_zalloc(pool->nr, GFP_KERNEL_ACCOUNT);
	if (!pool->pages || !pool->used)
		goto no_memory;

	for (i = 0; i < pool->nr; i++) {
		pool->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!pool->pages[i])
			goto no_memory;
		set_page_private(pool->pages[i], i);
	}

	pool->va = vmap(pool->pages, pool->nr, VM_MAP, PAGE_KERNEL);
	if (!pool->va)
		goto no_memory;
	return 0;

no_memory:
	urproc_pool_destroy(pool);
	return -ENOMEM;
}

/* Also undoes a half-done init, and does nothing to a pool that is all zero. */
void urproc_pool_destroy(struct urproc_pool *pool)
{
	unsigned long i;

	vunmap(pool->va);
	for (i = 0; pool->pages && i < pool->nr && pool->pages[i]; i++) {
		set_page_private(pool->pages[i], 0);
		put_page(pool->pages[i]);
	}
	kvfree(pool->pages);
	bitmap_free(pool->used);
	memset(pool, 0, sizeof(*pool));
}

static unsigned long pool_index(const struct urproc_pool *pool, u64 da)
{
	return (da - pool->da) >> PAGE_SHIFT;
}

/**
 * urproc_pool_va() - where a part of the pool is
 * @pool: the pool
 * @da:   its address, as the processor sees it
 * @size: its bytes
 *
 * Return: the kernel's address, or NULL when not all of it is inside the pool.
 */
void *urproc_pool_va(struct urproc_pool *pool, u64 da, u64 size)
{
	u64 bytes = (u64)pool->nr << PAGE_SHIFT;

	if (da < pool->da || da - pool->da >= bytes || size > bytes - (da - pool->da))
		return NULL;
	return pool->va + (da - pool->da);
}

/**
 * urproc_pool_reserve() - take the pages of a fixed range
 * @pool: the pool
 * @da:   address of the range, as the processor sees it
 * @size: its bytes
 *
 * Return: the range's kernel address; ERR_PTR(-EINVAL) when it is empty or not inside the pool,
 * ERR_PTR(-EBUSY) when a page of it is taken.
 */
void *urproc_pool_reserve(struct urproc_pool *pool, u64 da, size_t size)
{
	void *va = urproc_pool_va(pool, da, size);
	unsigned long first, end;
	unsigned long flags;

	if (!size || !va)
		return ERR_PTR(-EINVAL);

	first = pool_index(pool, da);
	end = pool_index(pool, da + size - 1) + 1;

	spin_lock_irqsave(&pool->lock, flags);
	if (find_next_bit(pool->used, end, first) < end)
		va = ERR_PTR(-EBUSY);
	else
		bitmap_set(pool->used, first, end - first);
	spin_unlock_irqrestore(&pool->lock, flags);
	return va;
}

/* Gives back what urproc_pool_reserve() or the DMA allocator handed out, same address and size. */
void urproc_pool_release(struct urproc_pool *pool, u64 da, size_t size)
{
	unsigned long first = pool_index(pool, da);
	unsigned long end = pool_index(pool, da + size - 1) + 1;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	bitmap_clear(pool->used, first, end - first);
	spin_unlock_irqrestore(&pool->lock, flags);
}

static vm_fault_t pool_fault(struct vm_fault *vmf)
{
	struct urproc_pool *pool = vmf->vma->vm_private_data;

	/* mremap() may have grown the mapping past the end */
	if (vmf->pgoff >= pool->nr)
		return VM_FAULT_SIGBUS;
	vmf->page = pool->pages[vmf->pgoff];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct pool_vm_ops = {
	.fault = pool_fault,
};

/* The mapping holds the file, the file holds the pool. */
int urproc_pool_mmap(struct urproc_pool *pool, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff >= pool->nr || vma_pages(vma) > pool->nr - vma->vm_pgoff)
		return -EINVAL;
	vma->vm_private_data = pool;
	vma->vm_ops = &pool_vm_ops;
	return 0;
}

/*
 * DMA operations. They are inherited by the devices that remoteproc puts below ours, so the pool is
 * found by walking up from the device; each of them holds a reference on its parent.
 */
static struct urproc_pool *pool_of(struct device *dev)
{
	while (dev->type != &urproc_device_type)
		dev = dev->parent;
	return &container_of(dev, struct urproc, dev)->pool;
}

static void *pool_dma_alloc(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp,
			    unsigned long attrs)
{
	struct urproc_pool *pool = pool_of(dev);
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	unsigned long flags, first, align;
	void *va;

	if (!nr || nr > pool->nr)
		return NULL;

	/* The DMA API promises alignment to the size, rounded up to a power of two */
	align = roundup_pow_of_two(nr) - 1;

	spin_lock_irqsave(&pool->lock, flags);
	first = bitmap_find_next_zero_area_off(pool->used, pool->nr, 0, nr, align,
					       (pool->da >> PAGE_SHIFT) & align);
	if (first < pool->nr)
		bitmap_set(pool->used, first, nr);
	spin_unlock_irqrestore(&pool->lock, flags);

	if (first >= pool->nr)
		return NULL;

	va = pool->va + (first << PAGE_SHIFT);
	memset(va, 0, nr << PAGE_SHIFT);
	*handle = pool->da + (first << PAGE_SHIFT);
	return va;
}

static void pool_dma_free(struct device *dev, size_t size, void *va, dma_addr_t handle,
			  unsigned long attrs)
{
	urproc_pool_release(pool_of(dev), handle, size);
}

static dma_addr_t pool_dma_map_page(struct device *dev, struct page *page, unsigned long offset,
				    size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct urproc_pool *pool = pool_of(dev);
	unsigned long start, i;

	/* Callers may pass a page and an offset beyond it, as for a compound page */
	page += offset >> PAGE_SHIFT;
	offset &= ~PAGE_MASK;

	/* Only a page of ours is found at the place that its private field names */
	i = page_private(page);
	if (i >= pool->nr || pool->pages[i] != page)
		return DMA_MAPPING_ERROR;

	start = (i << PAGE_SHIFT) + offset;
	if (size > (pool->nr << PAGE_SHIFT) - start)
		return DMA_MAPPING_ERROR;
	return pool->da + start;
}

static void pool_dma_unmap_page(struct device *dev, dma_addr_t handle, size_t size,
				enum dma_data_direction dir, unsigned long attrs)
{
}

static int pool_dma_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		dma_addr_t addr = pool_dma_map_page(dev, sg_page(sg), sg->offset, sg->length, dir,
						    attrs);

		if (addr == DMA_MAPPING_ERROR)
			return -EIO;
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
	}
	return nents;
}

static void pool_dma_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			      enum dma_data_direction dir, unsigned long attrs)
{
}

static const struct dma_map_ops pool_dma_ops = {
	.alloc		= pool_dma_alloc,
	.free		= pool_dma_free,
	.map_page	= pool_dma_map_page,
	.unmap_page	= pool_dma_unmap_page,
	.map_sg		= pool_dma_map_sg,
	.unmap_sg	= pool_dma_unmap_sg,
};

void urproc_pool_set_dma_ops(struct urproc *up)
{
	up->dma_mask = DMA_BIT_MASK(32);
	up->dev.dma_mask = &up->dma_mask;
	up->dev.coherent_dma_mask = up->dma_mask;
	set_dma_ops(&up->dev, &pool_dma_ops);
}
