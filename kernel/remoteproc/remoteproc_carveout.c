// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a processor: carveouts, and addresses in them.
 *
 * A carveout (struct rproc_mem_entry) comes from the driver (rproc_add_carveout) or from the
 * resource table, and is the list rproc->carveouts's from then on. It has memory when @va is set:
 * from the beginning, or once its @alloc ran in rproc_alloc_carveouts(). rproc_release_carveouts()
 * calls @release and frees it. The list changes under rproc->lock only, or before rproc_add().
 *
 * A carveout of ours takes a place that the firmware fixed (@da) from another carveout that has it
 * already, else asks the DMA API of the parent device. The DMA API chooses the address; one that is
 * not the fixed one is an error, for firmware linked there would run elsewhere. Behind an IOMMU
 * every address can be had: the memory is mapped at the fixed one, or else at its DMA address.
 */
#include <linux/align.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/of_reserved_mem.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat/dma.h"
#include "remoteproc_private.h"

#define DA_ANY ((u32)FW_RSC_ADDR_ANY)

/**
 * rproc_va_to_pa() - physical address of kernel memory
 * @cpu_addr: linearly mapped, or of the vmalloc area
 *
 * Return: the physical address.
 */
phys_addr_t rproc_va_to_pa(void *cpu_addr)
{
	if (is_vmalloc_addr(cpu_addr))
		return page_to_phys(vmalloc_to_page(cpu_addr)) + offset_in_page(cpu_addr);
	if (WARN_ON(!virt_addr_valid(cpu_addr)))
		return 0;
	return virt_to_phys(cpu_addr);
}
EXPORT_SYMBOL(rproc_va_to_pa);

/* Whether @len bytes at device address @da are in the memory of @mem. */
static bool rproc_carveout_covers(const struct rproc_mem_entry *mem, u64 da, u64 len)
{
	return mem->va && da >= mem->da && da - mem->da <= mem->len &&
	       len <= mem->len - (da - mem->da);
}

/**
 * rproc_da_to_va() - translate a device address
 * @rproc:    the processor
 * @da:       address as the processor sees it
 * @len:      bytes needed there
 * @is_iomem: out, may be NULL: whether the result is I/O memory
 *
 * The driver is asked first, then the carveouts.
 *
 * Return: the kernel's address of all @len bytes, or NULL.
 */
void *rproc_da_to_va(struct rproc *rproc, u64 da, size_t len, bool *is_iomem)
{
	struct rproc_mem_entry *mem;
	bool iomem = false;
	void *va = NULL;

	if (rproc->ops->da_to_va)
		va = rproc->ops->da_to_va(rproc, da, len, &iomem);
	if (!va) {
		list_for_each_entry(mem, &rproc->carveouts, node) {
			if (!rproc_carveout_covers(mem, da, len))
				continue;
			va = mem->va + (da - mem->da);
			iomem = mem->is_iomem;
			break;
		}
	}
	if (is_iomem)
		*is_iomem = iomem;
	return va;
}
EXPORT_SYMBOL(rproc_da_to_va);

/**
 * rproc_add_carveout() - give memory to a processor
 * @rproc: the processor
 * @mem:   from rproc_mem_entry_init(); the processor's from now on, until it is shut down
 *
 * Call it before rproc_add() or from the processor's prepare and parse_fw.
 */
void rproc_add_carveout(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	list_add_tail(&mem->node, &rproc->carveouts);
}
EXPORT_SYMBOL(rproc_add_carveout);

static __printf(3, 0)
struct rproc_mem_entry *rproc_mem_new(size_t len, u32 da, const char *fmt, va_list args)
{
	struct rproc_mem_entry *mem;

	mem = kzalloc(sizeof(*mem), GFP_KERNEL);
	if (!mem)
		return NULL;
	mem->len = len;
	mem->da = da;
	mem->rsc_offset = DA_ANY;
	mem->of_resm_idx = DA_ANY;
	vsnprintf(mem->name, sizeof(mem->name), fmt, args);
	return mem;
}

/**
 * rproc_mem_entry_init() - describe memory for a processor
 * @dev:     the device, not used
 * @va:      the kernel's address, or NULL when @alloc will set it
 * @dma:     DMA address
 * @len:     bytes
 * @da:      address as the processor sees it
 * @alloc:   sets @va before the processor is loaded, or NULL
 * @release: undoes it, or NULL
 * @fmt:     format of the name by which the resource table may ask for it
 *
 * Return: the entry, for rproc_add_carveout(), or NULL.
 */
struct rproc_mem_entry *
rproc_mem_entry_init(struct device *dev, void *va, dma_addr_t dma, size_t len, u32 da,
		     int (*alloc)(struct rproc *, struct rproc_mem_entry *),
		     int (*release)(struct rproc *, struct rproc_mem_entry *),
		     const char *fmt, ...)
{
	struct rproc_mem_entry *mem;
	va_list args;

	va_start(args, fmt);
	mem = rproc_mem_new(len, da, fmt, args);
	va_end(args);
	if (!mem)
		return NULL;
	mem->va = va;
	mem->dma = dma;
	mem->alloc = alloc;
	mem->release = release;
	return mem;
}
EXPORT_SYMBOL(rproc_mem_entry_init);

/**
 * rproc_of_resm_mem_entry_init() - describe reserved memory of the device tree
 * @dev:         the device, not used
 * @of_resm_idx: which of the device's reserved memory regions
 * @len:         bytes
 * @da:          address as the processor sees it
 * @fmt:         format of the name by which the resource table may ask for it
 *
 * Return: the entry, for rproc_add_carveout(), or NULL.
 */
struct rproc_mem_entry *
rproc_of_resm_mem_entry_init(struct device *dev, u32 of_resm_idx, size_t len, u32 da,
			     const char *fmt, ...)
{
	struct rproc_mem_entry *mem;
	va_list args;

	va_start(args, fmt);
	mem = rproc_mem_new(len, da, fmt, args);
	va_end(args);
	if (mem)
		mem->of_resm_idx = of_resm_idx;
	return mem;
}
EXPORT_SYMBOL(rproc_of_resm_mem_entry_init);

/**
 * rproc_find_carveout_by_name() - find a carveout
 * @rproc: the processor
 * @name:  format of the name
 *
 * Return: the carveout or NULL.
 */
struct rproc_mem_entry *rproc_find_carveout_by_name(struct rproc *rproc, const char *name, ...)
{
	struct rproc_mem_entry *mem;
	char wanted[sizeof(mem->name)];
	va_list args;

	va_start(args, name);
	vsnprintf(wanted, sizeof(wanted), name, args);
	va_end(args);
	if (!*wanted)
		return NULL;
	list_for_each_entry(mem, &rproc->carveouts, node)
		if (!strcmp(mem->name, wanted))
			return mem;
	return NULL;
}

/**
 * rproc_check_carveout() - whether a carveout is what the resource table wants
 * @rproc: the processor
 * @mem:   the carveout
 * @da:    the table's address, or FW_RSC_ADDR_ANY
 * @len:   the table's bytes
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_check_carveout(struct rproc *rproc, struct rproc_mem_entry *mem, u32 da, u32 len)
{
	u64 start = da == DA_ANY ? 0 : (u64)da - mem->da;

	if (da != DA_ANY && (mem->da == DA_ANY || da < mem->da)) {
		dev_err(&rproc->dev, "carveout %s is at 0x%x, wanted at 0x%x\n", mem->name, mem->da,
			da);
		return -ENOMEM;
	}
	if (start + len > mem->len) {
		dev_err(&rproc->dev, "carveout %s has 0x%zx bytes, wanted up to 0x%llx\n",
			mem->name, mem->len, start + len);
		return -ENOMEM;
	}
	return 0;
}

static int rproc_dma_release(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	dma_free_coherent(rproc->dev.parent, mem->len, mem->va, mem->dma);
	return 0;
}

/* Take the place from a carveout that has it, the driver's or an earlier one of the table. */
static bool rproc_borrow(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	struct rproc_mem_entry *owner;

	list_for_each_entry(owner, &rproc->carveouts, node) {
		if (owner == mem || !rproc_carveout_covers(owner, mem->da, mem->len))
			continue;
		mem->va = owner->va + (mem->da - owner->da);
		mem->dma = owner->dma + (mem->da - owner->da);
		mem->is_iomem = owner->is_iomem;
		return true;
	}
	return false;
}

static int rproc_dma_alloc(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	struct device *dev = &rproc->dev;
	dma_addr_t dma;
	void *va;

	if (mem->da != DA_ANY && rproc_borrow(rproc, mem))
		return 0;

	/* The table says how much: not having it is no reason for a stack trace. */
	va = dma_alloc_coherent(dev->parent, mem->len, &dma, GFP_KERNEL | __GFP_NOWARN);
	if (!va) {
		dev_err(dev, "carveout %s: no memory for 0x%zx bytes\n", mem->name, mem->len);
		return -ENOMEM;
	}
	if (dma + (mem->len - 1) > U32_MAX && (mem->da == DA_ANY || !rproc->domain)) {
		dev_err(dev, "carveout %s: DMA address %pad is not in a table's 32 bits\n",
			mem->name, &dma);
		goto err_free;
	}
	if (mem->da != DA_ANY && mem->da != dma && !rproc->domain) {
		dev_err(dev, "carveout %s: no memory at 0x%x, only at %pad\n", mem->name, mem->da,
			&dma);
		goto err_free;
	}

	mem->va = va;
	mem->dma = dma;
	if (mem->da == DA_ANY)
		mem->da = dma;
	mem->release = rproc_dma_release;
	return rproc_iommu_map_carveout(rproc, mem) ? -ENOMEM : 0;

err_free:
	dma_free_coherent(dev->parent, mem->len, va, dma);
	return -ENOMEM;
}

/**
 * rproc_new_carveout() - add a carveout that the firmware wants
 * @rproc: the processor
 * @len:   bytes
 * @da:    where, or FW_RSC_ADDR_ANY
 * @name:  its name
 *
 * Return: the carveout, without memory yet, or NULL.
 */
struct rproc_mem_entry *rproc_new_carveout(struct rproc *rproc, size_t len, u32 da,
					   const char *name)
{
	struct rproc_mem_entry *mem;

	mem = rproc_mem_entry_init(&rproc->dev, NULL, 0, len, da, rproc_dma_alloc, NULL, "%s",
				   name);
	if (mem)
		rproc_add_carveout(rproc, mem);
	return mem;
}

/*
 * The address for those parts of a processor that do not see what its core sees. With DMA
 * operations of its own, a device knows no physical addresses.
 */
static u64 rproc_carveout_pa(struct rproc *rproc, const struct rproc_mem_entry *mem)
{
	if (!mem->va || mem->is_iomem || compat_own_dma_ops(rproc->dev.parent))
		return mem->dma;
	return rproc_va_to_pa(mem->va);
}

/* Tell the firmware where its carveout is; one that it fixed itself may be inside a larger one. */
static void rproc_answer_carveout(struct rproc *rproc, const struct rproc_mem_entry *mem)
{
	struct fw_rsc_carveout *rsc = (void *)rproc->table_ptr + mem->rsc_offset;
	u64 pa = rproc_carveout_pa(rproc, mem);

	if (rsc->da == DA_ANY) {
		rsc->da = mem->da;
		rsc->len = mem->len;
	} else {
		pa += rsc->da - mem->da;
	}
	if (pa > U32_MAX)
		dev_warn(&rproc->dev, "carveout %s: its physical address is not in a table's 32 bits\n",
			 mem->name);
	rsc->pa = pa;
}

/**
 * rproc_alloc_carveouts() - get the memory of every carveout that has none yet
 * @rproc: the processor; its table is still the private copy
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_alloc_carveouts(struct rproc *rproc)
{
	struct rproc_mem_entry *mem;

	list_for_each_entry(mem, &rproc->carveouts, node) {
		if (mem->alloc && !mem->va && mem->alloc(rproc, mem)) {
			/* Ours has said why */
			if (mem->alloc != rproc_dma_alloc)
				dev_err(&rproc->dev, "carveout %s cannot be allocated\n",
					mem->name);
			return -ENOMEM;
		}
		if (mem->rsc_offset != DA_ANY)
			rproc_answer_carveout(rproc, mem);
	}
	return 0;
}

/**
 * rproc_release_carveouts() - free all carveouts
 * @rproc: the processor, not using them any more
 */
void rproc_release_carveouts(struct rproc *rproc)
{
	struct rproc_mem_entry *mem, *next;

	/* Last come, first to go: a later one may lie in an earlier one. */
	list_for_each_entry_safe_reverse(mem, next, &rproc->carveouts, node) {
		list_del(&mem->node);
		if (mem->release)
			mem->release(rproc, mem);
		kfree(mem);
	}
}
