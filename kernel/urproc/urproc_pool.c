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
 *   firmware can dereference.
 *
 * Mapping a page of the pool for DMA gives that address again. Memory from elsewhere, of a virtio
 * driver that knows nothing of us, cannot be reached by the processor: pages of the pool stand for
 * it while it is mapped, at the same offset in the page. What goes to the device is copied when it
 * is mapped, what comes from there when it is unmapped, and both whenever the driver synchronises.
 * The processor sees no more of the driver's memory than that: the rest of these pages, and what
 * it is to fill in, are zero before. A pool that is full makes mapping fail, nothing else.
 *
 * All take whole pages from one bitmap. The pages themselves live as long as the pool or any user
 * mapping of them, whichever is longer: a mapping holds a reference on each page that it touched.
 * The pool lives in struct urproc, which outlives every device below it, and so every DMA address.
 * Some drivers leave when their device goes and never unmap what it still had; between a stop and
 * the next start no virtio device is left, and urproc_pool_forget() takes the pages back.
 *
 * Where there is such memory, the pages of each 64 KiB of the processor's addresses are neighbours
 * for the kernel, too: a virtqueue takes a buffer of several pages as one only if they are.
 *
 * With the parameter "identity" a pool is, where that is possible, memory at the same physical
 * addresses, as on most boards. It is for a remoteproc that puts physical addresses into
 * descriptors whatever its device says, which mainline's does.
 */
#include <linux/bitmap.h>
#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "urproc_internal.h"

#define POOL_BLOCK	(SZ_64K >> PAGE_SHIFT ?: 1)

static bool identity;
module_param(identity, bool, 0400);
MODULE_PARM_DESC(identity, "Take memory that was reserved at boot (memmap=) at a pool's own addresses");

/*
 * Memory that the kernel knows and does not use, and that nobody else claimed: its pages are
 * reserved, and have a first reference that is never dropped.
 */
static bool pool_claim(struct urproc_pool *pool, u64 size)
{
	unsigned long first = PHYS_PFN(pool->da);
	unsigned long i;

	for (i = 0; i < pool->nr; i++)
		if (!pfn_valid(first + i) || !PageReserved(pfn_to_page(first + i)))
			return false;
	return request_mem_region(pool->da, size, "urproc");
}

/*
 * The pages from @i on, as many as were to be had at neighbouring addresses. A driver that wants
 * one piece of several pages, aligned to its size, finds it inside of one block.
 *
 * Return: how many, 0 when there is no memory.
 */
static unsigned long pool_alloc_pages(struct urproc_pool *pool, unsigned long i)
{
	unsigned int order = __ffs((PHYS_PFN(pool->da) + i) | POOL_BLOCK);
	struct page *page;
	unsigned long j;

	order = min_t(unsigned int, order, ilog2(pool->nr - i));
	if (pool->claimed) {
		page = pfn_to_page(PHYS_PFN(pool->da) + i);
	} else {
		page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_NORETRY,
				   order);
		if (page) {
			split_page(page, order);
		} else {
			order = 0;
			page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		}
		if (!page)
			return 0;
	}

	for (j = 0; j < 1UL << order; j++) {
		pool->pages[i + j] = page + j;
		set_page_private(page + j, i + j);
	}
	return 1UL << order;
}

static void pool_free_page(struct urproc_pool *pool, struct page *page)
{
	set_page_private(page, 0);
	if (!pool->claimed)
		put_page(page);
}

int urproc_pool_init(struct urproc_pool *pool, u64 da, u64 size)
{
	unsigned long i, done;

	spin_lock_init(&pool->lock);
	pool->da = da;
	pool->nr = size >> PAGE_SHIFT;
	pool->pages = kvcalloc(pool->nr, sizeof(*pool->pages), GFP_KERNEL_ACCOUNT);
	pool->used = bitmap_zalloc(pool->nr, GFP_KERNEL_ACCOUNT);
	pool->bounced = kvcalloc(pool->nr, sizeof(*pool->bounced), GFP_KERNEL_ACCOUNT);
	if (!pool->pages || !pool->used || !pool->bounced)
		goto no_memory;

	pool->claimed = identity && pool_claim(pool, size);
	for (i = 0; i < pool->nr; i += done) {
		done = pool_alloc_pages(pool, i);
		if (!done)
			goto no_memory;
	}

	pool->va = vmap(pool->pages, pool->nr, VM_MAP, PAGE_KERNEL);
	if (!pool->va)
		goto no_memory;
	if (pool->claimed)
		memset(pool->va, 0, size);
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
	for (i = 0; pool->pages && i < pool->nr && pool->pages[i]; i++)
		pool_free_page(pool, pool->pages[i]);
	if (pool->claimed)
		release_mem_region(pool->da, (u64)pool->nr << PAGE_SHIFT);
	kvfree(pool->pages);
	bitmap_free(pool->used);
	kvfree(pool->bounced);
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

/* Takes pages from the pool, zeroed. Returns the index of the first, or pool->nr. */
static unsigned long pool_take(struct urproc_pool *pool, unsigned long nr, unsigned long align_mask)
{
	unsigned long flags, first;

	if (!nr || nr > pool->nr)
		return pool->nr;

	spin_lock_irqsave(&pool->lock, flags);
	first = bitmap_find_next_zero_area_off(pool->used, pool->nr, 0, nr, align_mask,
					       (pool->da >> PAGE_SHIFT) & align_mask);
	if (first < pool->nr)
		bitmap_set(pool->used, first, nr);
	spin_unlock_irqrestore(&pool->lock, flags);

	if (first >= pool->nr)
		return pool->nr;
	memset(pool->va + (first << PAGE_SHIFT), 0, nr << PAGE_SHIFT);
	return first;
}

static void *pool_dma_alloc(struct device *dev, size_t size, dma_addr_t *handle, gfp_t gfp,
			    unsigned long attrs)
{
	struct urproc_pool *pool = pool_of(dev);
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	unsigned long first;

	if (!nr || nr > pool->nr)
		return NULL;

	/* The DMA API promises alignment to the size, rounded up to a power of two */
	first = pool_take(pool, nr, roundup_pow_of_two(nr) - 1);
	if (first == pool->nr)
		return NULL;

	*handle = pool->da + (first << PAGE_SHIFT);
	return pool->va + (first << PAGE_SHIFT);
}

static void pool_dma_free(struct device *dev, size_t size, void *va, dma_addr_t handle,
			  unsigned long attrs)
{
	urproc_pool_release(pool_of(dev), handle, size);
}

/* Returns the index of the first page when all of the range is in the pool, as one; or pool->nr. */
static unsigned long pool_find(const struct urproc_pool *pool, phys_addr_t phys, size_t size)
{
	struct page *page = pfn_to_page(PHYS_PFN(phys));
	unsigned long nr = PFN_UP(offset_in_page(phys) + size);
	unsigned long i, first;

	/* Only a page of ours is found at the place that its private field names */
	first = READ_ONCE(page->private);
	for (i = 0; i < nr; i++)
		if (first >= pool->nr - i || pool->pages[first + i] != page + i)
			return pool->nr;
	return first;
}

/*
 * Between pages of the pool and the memory that they stand for. The latter is the caller's while it
 * is mapped; @da and @size are inside one mapping. Does nothing for the pool's own memory.
 */
static void pool_copy(struct urproc_pool *pool, dma_addr_t da, size_t size, bool to_device)
{
	while (size) {
		phys_addr_t bounced = pool->bounced[pool_index(pool, da)];
		size_t offset = offset_in_page(da);
		size_t len = min(size, PAGE_SIZE - offset);
		void *va = pool->va + (da - pool->da);

		if (!bounced)
			return;
		if (to_device)
			memcpy_from_page(va, pfn_to_page(PHYS_PFN(bounced)), offset, len);
		else
			memcpy_to_page(pfn_to_page(PHYS_PFN(bounced)), offset, va, len);
		da += len;
		size -= len;
	}
}

static void pool_sync_for_device(struct device *dev, dma_addr_t handle, size_t size,
				 enum dma_data_direction dir)
{
	if (dir != DMA_FROM_DEVICE)
		pool_copy(pool_of(dev), handle, size, true);
}

static void pool_sync_for_cpu(struct device *dev, dma_addr_t handle, size_t size,
			      enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE)
		pool_copy(pool_of(dev), handle, size, false);
}

static dma_addr_t pool_dma_map_page(struct device *dev, struct page *page, unsigned long offset,
				    size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct urproc_pool *pool = pool_of(dev);
	phys_addr_t phys = page_to_phys(page) + offset;
	unsigned long first, i, nr;
	dma_addr_t handle;

	if (!size || size > pool->nr << PAGE_SHIFT)
		return DMA_MAPPING_ERROR;
	first = pool_find(pool, phys, size);
	if (first < pool->nr)
		return pool->da + (first << PAGE_SHIFT) + offset_in_page(phys);

	nr = PFN_UP(offset_in_page(phys) + size);
	first = pool_take(pool, nr, 0);
	if (first == pool->nr)
		return DMA_MAPPING_ERROR;
	for (i = 0; i < nr; i++)
		pool->bounced[first + i] = (phys & PAGE_MASK) + (i << PAGE_SHIFT);

	handle = pool->da + (first << PAGE_SHIFT) + offset_in_page(phys);
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		pool_sync_for_device(dev, handle, size, dir);
	return handle;
}

static void pool_dma_unmap_page(struct device *dev, dma_addr_t handle, size_t size,
				enum dma_data_direction dir, unsigned long attrs)
{
	struct urproc_pool *pool = pool_of(dev);
	unsigned long first = pool_index(pool, handle);
	unsigned long nr = PFN_UP(offset_in_page(handle) + size);

	if (!pool->bounced[first])
		return;
	if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		pool_sync_for_cpu(dev, handle, size, dir);
	memset(&pool->bounced[first], 0, nr * sizeof(pool->bounced[0]));
	urproc_pool_release(pool, handle, size);
}

static void pool_dma_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			      enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_dma_unmap_page(dev, sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
}

static int pool_dma_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
			   enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		dma_addr_t addr = pool_dma_map_page(dev, sg_page(sg), sg->offset, sg->length, dir,
						    attrs);

		if (addr == DMA_MAPPING_ERROR) {
			pool_dma_unmap_sg(dev, sgl, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
			return -ENOMEM;
		}
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = sg->length;
	}
	return nents;
}

static void pool_sync_sg_for_device(struct device *dev, struct scatterlist *sgl, int nents,
				    enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_sync_for_device(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static void pool_sync_sg_for_cpu(struct device *dev, struct scatterlist *sgl, int nents,
				 enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_sync_for_cpu(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

/* A driver that asks may cut its requests to this; more never fits. */
static size_t pool_max_mapping_size(struct device *dev)
{
	return pool_of(dev)->nr << PAGE_SHIFT;
}

static const struct dma_map_ops pool_dma_ops = {
	.alloc			= pool_dma_alloc,
	.free			= pool_dma_free,
	.map_page		= pool_dma_map_page,
	.unmap_page		= pool_dma_unmap_page,
	.map_sg			= pool_dma_map_sg,
	.unmap_sg		= pool_dma_unmap_sg,
	.sync_single_for_cpu	= pool_sync_for_cpu,
	.sync_single_for_device	= pool_sync_for_device,
	.sync_sg_for_cpu	= pool_sync_sg_for_cpu,
	.sync_sg_for_device	= pool_sync_sg_for_device,
	.max_mapping_size	= pool_max_mapping_size,
};

/**
 * urproc_pool_forget() - take back the pages that stand for memory which nobody unmapped
 * @pool: the pool, of a processor without virtio devices
 */
void urproc_pool_forget(struct urproc_pool *pool)
{
	unsigned long flags, i;

	spin_lock_irqsave(&pool->lock, flags);
	for (i = 0; i < pool->nr; i++) {
		if (!pool->bounced[i])
			continue;
		pool->bounced[i] = 0;
		__clear_bit(i, pool->used);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

void urproc_pool_set_dma_ops(struct urproc *up)
{
	up->dma_mask = DMA_BIT_MASK(32);
	up->dev.dma_mask = &up->dma_mask;
	up->dev.coherent_dma_mask = up->dma_mask;
	set_dma_ops(&up->dev, &pool_dma_ops);
}
