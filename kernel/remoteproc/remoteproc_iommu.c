// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processors behind an IOMMU (rproc->has_iommu, which their driver sets before rproc_add()).
 *
 * Such a processor reaches what is mapped for it, and nothing else: its carveouts, and the devices
 * that DEVMEM entries of its resource table name. rproc->domain holds these mappings. It is
 * allocated and attached to the parent device before anything else is prepared, and detached and
 * freed after everything else was undone, so it outlives a crash like other resources. What was
 * mapped hangs on rproc->mappings, as struct rproc_mem_entry of which only @da and @len are used;
 * it is unmapped before the memory behind it is freed. All of it under rproc->lock.
 *
 * An access to what is not mapped is a crash, RPROC_MMUFAULT, and is recovered from as others are.
 * It is reported in interrupt context, by whoever drives the IOMMU; once the domain is detached
 * there are no reports any more.
 *
 * DEVMEM maps what the firmware says, RAM included: an image is as trusted as the folder where only
 * root can put it. What is checked is that its ranges do not wrap, and meet no other mapping, which
 * page table code takes for a bug of the kernel.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../compat/iommu.h"
#include "remoteproc_private.h"

static int rproc_iommu_fault(struct iommu_domain *domain, struct device *dev, unsigned long iova,
			     int flags, void *token)
{
	struct rproc *rproc = token;

	dev_err(&rproc->dev, "no mapping for its %s at 0x%lx\n",
		flags & IOMMU_FAULT_WRITE ? "write" : "read", iova);
	rproc_report_crash(rproc, RPROC_MMUFAULT);

	/* Not repaired: the IOMMU's driver is to do what it does without us. */
	return -EFAULT;
}

/**
 * rproc_iommu_attach() - give a processor an empty address space
 * @rproc: the processor
 *
 * Return: 0, also without an IOMMU; -ENODEV when the parent device is behind none, or another
 * negative errno.
 */
int rproc_iommu_attach(struct rproc *rproc)
{
	struct device *dev = rproc->dev.parent;
	struct iommu_domain *domain;
	int ret;

	lockdep_assert_held(&rproc->lock);

	if (!rproc->has_iommu)
		return 0;
	domain = compat_iommu_domain_alloc(dev);
	if (IS_ERR(domain)) {
		ret = PTR_ERR(domain);
		dev_err(&rproc->dev, "no IOMMU domain: %d\n", ret);
		return ret;
	}

	iommu_set_fault_handler(domain, rproc_iommu_fault, rproc);
	ret = iommu_attach_device(domain, dev);
	if (ret) {
		dev_err(&rproc->dev, "IOMMU domain cannot be attached: %d\n", ret);
		iommu_domain_free(domain);
		return ret;
	}
	rproc->domain = domain;
	return 0;
}

/**
 * rproc_iommu_detach() - undo rproc_iommu_attach()
 * @rproc: the processor, its mappings gone
 */
void rproc_iommu_detach(struct rproc *rproc)
{
	struct iommu_domain *domain = rproc->domain;

	if (!domain)
		return;
	rproc->domain = NULL;
	iommu_detach_device(domain, rproc->dev.parent);
	iommu_domain_free(domain);
}

static bool rproc_iommu_is_mapped(struct rproc *rproc, u64 da, u64 len)
{
	struct rproc_mem_entry *map;

	list_for_each_entry(map, &rproc->mappings, node)
		if (da < (u64)map->da + map->len && map->da < da + len)
			return true;
	return false;
}

/**
 * rproc_iommu_map() - let a processor reach memory
 * @rproc: the processor, with a domain
 * @da:    address as it sees it
 * @pa:    physical address
 * @len:   bytes; neither range wraps
 * @prot:  IOMMU_READ, IOMMU_WRITE ...
 *
 * Return: 0; -EINVAL when another mapping is there, or for parts of pages; or another negative
 * errno.
 */
int rproc_iommu_map(struct rproc *rproc, u32 da, phys_addr_t pa, size_t len, u32 prot)
{
	struct rproc_mem_entry *map;
	int ret;

	if (rproc_iommu_is_mapped(rproc, da, len)) {
		dev_err(&rproc->dev, "0x%zx bytes at 0x%x are mapped already\n", len, da);
		return -EINVAL;
	}
	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return -ENOMEM;
	map->da = da;
	map->len = len;

	ret = compat_iommu_map(rproc->domain, da, pa, len, prot);
	if (ret) {
		dev_err(&rproc->dev, "0x%zx bytes at 0x%x cannot be mapped to %pap: %d\n", len, da,
			&pa, ret);
		kfree(map);
		return ret;
	}
	list_add_tail(&map->node, &rproc->mappings);
	return 0;
}

/**
 * rproc_iommu_map_carveout() - let a processor reach a carveout
 * @rproc: the processor
 * @mem:   the carveout, with memory of ours in whole pages
 *
 * Return: 0, also without an IOMMU; or a negative errno, and what was mapped until then is
 * unmapped by rproc_iommu_unmap().
 */
int rproc_iommu_map_carveout(struct rproc *rproc, const struct rproc_mem_entry *mem)
{
	u32 prot = mem->flags ? mem->flags : IOMMU_READ | IOMMU_WRITE;
	size_t len = PAGE_ALIGN(mem->len), done, run;
	phys_addr_t pa;
	int ret;

	if (!rproc->domain)
		return 0;
	if (mem->da > U32_MAX - (len - 1)) {
		dev_err(&rproc->dev, "carveout %s: 0x%zx bytes at 0x%x\n", mem->name, len, mem->da);
		return -EINVAL;
	}
	/* What the DMA API gives is not always contiguous in physical memory. */
	for (done = 0; done < len; done += run) {
		pa = rproc_va_to_pa(mem->va + done);
		run = PAGE_SIZE;
		while (done + run < len && rproc_va_to_pa(mem->va + done + run) == pa + run)
			run += PAGE_SIZE;
		ret = rproc_iommu_map(rproc, mem->da + done, pa, run, prot);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * rproc_iommu_unmap() - undo all mappings
 * @rproc: the processor, not running
 */
void rproc_iommu_unmap(struct rproc *rproc)
{
	struct rproc_mem_entry *map, *next;
	size_t unmapped;

	list_for_each_entry_safe(map, next, &rproc->mappings, node) {
		unmapped = iommu_unmap(rproc->domain, map->da, map->len);
		if (unmapped != map->len)
			dev_warn(&rproc->dev, "unmapped 0x%zx of 0x%zx bytes at 0x%x\n", unmapped,
				 map->len, map->da);
		list_del(&map->node);
		kfree(map);
	}
}
