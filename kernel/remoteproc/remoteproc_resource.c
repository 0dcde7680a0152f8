// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource table: what the firmware wants to have before it runs.
 *
 * It is walked once per boot, in the private copy, which the remote cannot change. fw_table.c reads
 * the entries and checks every field, for the file may say anything. The walk only collects; memory
 * is allocated after it, in the order of the list, so that a driver's carveouts come first;
 * addresses are filled in last. What was collected hangs on lists of the processor, so a failure
 * anywhere is undone by rproc_resource_cleanup().
 */
#include <linux/string.h>

#include "fw_table.h"
#include "remoteproc_private.h"

static int rproc_handle_carveout(struct rproc *rproc, void *rsc, u32 offset, u32 avail)
{
	struct device *dev = &rproc->dev;
	struct fw_rsc_carveout c;
	struct rproc_mem_entry *mem;
	char name[sizeof(mem->name)];
	int ret;

	ret = fw_table_get_carveout(dev, rsc, offset, avail, &c);
	if (ret)
		return ret;
	snprintf(name, sizeof(name), "%.*s", (int)sizeof(c.name), c.name);

	mem = rproc_find_carveout_by_name(rproc, "%s", name);
	if (mem) {
		if (mem->rsc_offset != (u32)FW_RSC_ADDR_ANY) {
			dev_err(dev, "resource at 0x%x: carveout %s is taken\n", offset, name);
			return -ENOMEM;
		}
		if (rproc_check_carveout(rproc, mem, c.da, c.len))
			return -ENOMEM;
	} else {
		mem = rproc_new_carveout(rproc, c.len, c.da, name);
		if (!mem)
			return -ENOMEM;
	}
	mem->rsc_offset = offset;
	mem->flags = c.flags;
	return 0;
}

static int rproc_handle_devmem(struct rproc *rproc, void *rsc, u32 offset, u32 avail)
{
	struct fw_rsc_devmem devmem;
	int ret;

	ret = fw_table_get_devmem(&rproc->dev, rsc, offset, avail, &devmem);
	if (ret)
		return ret;
	if (!rproc->domain) {
		dev_err(&rproc->dev, "resource at 0x%x: device memory needs an IOMMU\n", offset);
		return -EINVAL;
	}
	return rproc_iommu_map(rproc, devmem.da, devmem.pa, devmem.len, devmem.flags);
}

static int rproc_handle_vendor(struct rproc *rproc, u32 type, void *rsc, u32 offset, u32 avail)
{
	int ret = RSC_IGNORED;

	if (rproc->ops->handle_rsc)
		ret = rproc->ops->handle_rsc(rproc, type, rsc, offset, avail);
	if (ret == RSC_IGNORED)
		dev_warn(&rproc->dev, "resource at 0x%x: vendor type %u ignored\n", offset, type);
	else if (ret < 0)
		dev_err(&rproc->dev, "resource at 0x%x: vendor type %u failed: %d\n", offset, type,
			ret);
	return min(ret, 0);
}

static int rproc_handle_resource(struct rproc *rproc, u32 type, void *rsc, u32 offset, u32 avail)
{
	switch (type) {
	case RSC_CARVEOUT:
		return rproc_handle_carveout(rproc, rsc, offset, avail);
	case RSC_DEVMEM:
		return rproc_handle_devmem(rproc, rsc, offset, avail);
	case RSC_TRACE:
		return rproc_handle_trace(rproc, rsc, offset, avail);
	case RSC_VDEV:
		return rproc_handle_vdev(rproc, rsc, offset, avail);
	case RSC_VENDOR_START ... RSC_VENDOR_END:
		return rproc_handle_vendor(rproc, type, rsc, offset, avail);
	default:
		dev_warn(&rproc->dev, "resource at 0x%x: unknown type %u ignored\n", offset, type);
		return 0;
	}
}

static int rproc_walk_table(struct rproc *rproc)
{
	struct fw_table_entry entry;
	struct fw_table table;
	u32 i;
	int ret;

	if (!rproc->table_ptr)
		return 0;
	ret = fw_table_open(&table, &rproc->dev, rproc->table_ptr, rproc->table_sz);
	for (i = 0; !ret && i < table.num; i++) {
		ret = fw_table_get_entry(&table, i, &entry);
		if (!ret)
			ret = rproc_handle_resource(rproc, entry.type,
						    (void *)rproc->table_ptr + entry.offset,
						    entry.offset, entry.avail);
	}
	return ret;
}

/**
 * rproc_handle_resources() - give the firmware what its resource table asks for
 * @rproc: the processor, its table parsed
 *
 * Return: 0 or a negative errno; then rproc_resource_cleanup() is due.
 */
int rproc_handle_resources(struct rproc *rproc)
{
	int ret;

	lockdep_assert_held(&rproc->lock);

	rproc->nb_vdev = 0;
	rproc->num_traces = 0;
	rproc->max_notifyid = -1;

	ret = rproc_walk_table(rproc);
	if (!ret)
		ret = rproc_alloc_carveouts(rproc);
	if (!ret)
		ret = rproc_place_vdevs(rproc);
	if (!ret)
		rproc_show_traces(rproc);
	return ret;
}

/**
 * rproc_resource_cleanup() - free what the resource table and the driver had us collect
 * @rproc: the processor, not running
 *
 * The core does this when the processor is shut down. Drivers need it only to get rid of carveouts
 * when they give up before rproc_add().
 */
void rproc_resource_cleanup(struct rproc *rproc)
{
	rproc_remove_traces(rproc);
	rproc_remove_vdevs(rproc);
	rproc_iommu_unmap(rproc);
	rproc_release_carveouts(rproc);
	rproc_coredump_cleanup(rproc);
}
EXPORT_SYMBOL(rproc_resource_cleanup);
