// SPDX-License-Identifier: GPL-2.0-only
/*
 * urproc: the remoteproc driver.
 *
 * What a platform driver does with clocks, resets and mailboxes is done here with events to the
 * process. remoteproc calls start, stop, attach and detach under its life-cycle mutex, so one
 * request is under way at a time; kick comes from any context.
 *
 * Where firmware goes: a resource table's carveout with a device address names memory that must be
 * at that address. A real chip has it there; here parse_fw(), which runs after the table is read
 * and before its entries are handled, takes the range from the pool and registers it under the
 * entry's name, and remoteproc matches the two. Carveouts without an address, vrings and buffers
 * come from the same pool by DMA allocation. remoteproc releases the ranges when the processor is
 * shut down, and on every error after parse_fw() succeeded.
 *
 * A processor that runs already has its resource table in the pool, and its carveouts are taken the
 * same way when remoteproc asks for the table. The process can change it at any time: what is read
 * here is a copy of its own, remoteproc takes another, and carveouts that differ are refused there.
 *
 * A core dump holds the whole pool: image, rings and buffers.
 *
 * Unload: the module is held by every open file, and by every struct urproc until its device is
 * released, however long somebody keeps a reference on a device below it.
 */
#include <linux/err.h>
#include <linux/remoteproc.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "remoteproc_internal.h"
#include "urproc_internal.h"

static struct urproc *to_urproc(struct rproc *rproc)
{
	return *(struct urproc **)rproc->priv;
}

static int urproc_start(struct rproc *rproc)
{
	struct urproc *up = to_urproc(rproc);

	urproc_pool_forget(&up->pool);
	return urproc_request(up, URPROC_EVENT_START, rproc->bootaddr);
}

static int urproc_stop(struct rproc *rproc)
{
	return urproc_request(to_urproc(rproc), URPROC_EVENT_STOP, 0);
}

static int urproc_attach(struct rproc *rproc)
{
	struct urproc *up = to_urproc(rproc);

	urproc_pool_forget(&up->pool);
	return urproc_request(up, URPROC_EVENT_ATTACH, 0);
}

static int urproc_detach(struct rproc *rproc)
{
	return urproc_request(to_urproc(rproc), URPROC_EVENT_DETACH, 0);
}

static void urproc_kick_vq(struct rproc *rproc, int vqid)
{
	if (vqid < 0 || vqid >= URPROC_VQ_MAX) {
		dev_warn_ratelimited(&rproc->dev, "kick of queue %d, beyond the last, %d\n", vqid,
				     URPROC_VQ_MAX - 1);
		return;
	}
	urproc_kick(to_urproc(rproc), vqid);
}

static void urproc_dump(struct rproc *rproc, struct rproc_dump_segment *segment, void *to,
			size_t offset, size_t size)
{
	memcpy(to, to_urproc(rproc)->pool.va + offset, size);
}

static int urproc_prepare(struct rproc *rproc)
{
	struct urproc_pool *pool = &to_urproc(rproc)->pool;

	return rproc_coredump_add_custom_segment(rproc, pool->da, pool->nr << PAGE_SHIFT,
						 urproc_dump, "memory");
}

static int urproc_carveout_release(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	urproc_pool_release(&to_urproc(rproc)->pool, mem->dma, mem->len);
	return 0;
}

static int urproc_add_carveout(struct rproc *rproc, const struct fw_rsc_carveout *rsc)
{
	struct urproc *up = to_urproc(rproc);
	struct rproc_mem_entry *mem;
	void *va;

	va = urproc_pool_reserve(&up->pool, rsc->da, rsc->len);
	if (IS_ERR(va)) {
		dev_err(&rproc->dev, "carveout %.32s, %u bytes at %#x: %s\n", rsc->name, rsc->len,
			rsc->da, va == ERR_PTR(-EBUSY) ? "overlaps another" : "outside the memory");
		return PTR_ERR(va);
	}

	mem = rproc_mem_entry_init(&up->dev, va, rsc->da, rsc->len, rsc->da, NULL,
				   urproc_carveout_release, "%.32s", rsc->name);
	if (!mem) {
		urproc_pool_release(&up->pool, rsc->da, rsc->len);
		return -ENOMEM;
	}
	rproc_add_carveout(rproc, mem);
	return 0;
}

/*
 * The table here is a copy of the kernel's: nobody changes it under us. What does not fit is left
 * to remoteproc, which checks every entry next and says what is wrong.
 */
static int urproc_add_carveouts(struct rproc *rproc, const struct resource_table *table,
				size_t size)
{
	size_t least = sizeof(struct fw_rsc_hdr) + sizeof(struct fw_rsc_carveout);
	u32 i;

	if (size < sizeof(*table))
		return 0;
	for (i = 0; i < table->num && struct_size(table, offset, i + 1) <= size; i++) {
		const struct fw_rsc_hdr *hdr = (void *)table + table->offset[i];
		const struct fw_rsc_carveout *rsc = (void *)hdr->data;
		int ret;

		if (table->offset[i] > size || size - table->offset[i] < least)
			continue;
		if (hdr->type != RSC_CARVEOUT || rsc->da == (u32)FW_RSC_ADDR_ANY)
			continue;
		ret = urproc_add_carveout(rproc, rsc);
		if (ret)
			return ret;
	}
	return 0;
}

static int urproc_parse_fw(struct rproc *rproc, const struct firmware *fw)
{
	int ret = to_urproc(rproc)->parse_fw(rproc, fw);

	if (ret)
		return ret;
	ret = urproc_add_carveouts(rproc, rproc->table_ptr, rproc->table_sz);
	if (ret)
		rproc_resource_cleanup(rproc);
	return ret;
}

static struct resource_table *urproc_get_table(struct rproc *rproc, size_t *size)
{
	struct urproc *up = to_urproc(rproc);
	void *table, *copy;
	int ret;

	if (!up->table_size)
		return NULL;
	table = urproc_pool_va(&up->pool, up->table_da, up->table_size);
	copy = kmemdup(table, up->table_size, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	ret = urproc_add_carveouts(rproc, copy, up->table_size);
	kfree(copy);
	if (ret)
		return ERR_PTR(ret);
	*size = up->table_size;
	return table;
}

static const struct rproc_ops urproc_ops = {
	.prepare		= urproc_prepare,
	.start			= urproc_start,
	.stop			= urproc_stop,
	.attach			= urproc_attach,
	.detach			= urproc_detach,
	.get_loaded_rsc_table	= urproc_get_table,
	.kick			= urproc_kick_vq,
};

int urproc_rproc_add(struct urproc *up, const char *firmware, u32 flags)
{
	struct rproc *rproc;
	int ret;

	rproc = rproc_alloc(&up->dev, up->name, &urproc_ops, *firmware ? firmware : NULL,
			    sizeof(up));
	if (!rproc)
		return -ENOMEM;

	*(struct urproc **)rproc->priv = up;
	/* Added to what the core does. Not in urproc_ops: mainline's would lose it */
	up->parse_fw = rproc->ops->parse_fw;
	rproc->ops->parse_fw = urproc_parse_fw;
	rproc->auto_boot = flags & URPROC_CREATE_AUTO_BOOT;
	if (flags & URPROC_CREATE_DETACHED)
		rproc->state = RPROC_DETACHED;
	if (flags & URPROC_CREATE_ATTACH_ON_RECOVERY)
		rproc_set_feature(rproc, RPROC_FEAT_ATTACH_ON_RECOVERY);
	up->rproc = rproc;
	ret = rproc_add(rproc);
	if (ret) {
		up->rproc = NULL;
		rproc_free(rproc);
	}
	return ret;
}

void urproc_rproc_del(struct urproc *up)
{
	rproc_del(up->rproc);
	rproc_free(up->rproc);
	up->rproc = NULL;
}
