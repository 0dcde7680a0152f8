// SPDX-License-Identifier: GPL-2.0-only
/*
 * urproc: the remoteproc driver.
 *
 * What a platform driver does with clocks, resets and mailboxes is done here with events to the
 * process. remoteproc calls start and stop under its life-cycle mutex, so one request is under way
 * at a time; kick comes from any context.
 *
 * Where firmware goes: a resource table's carveout with a device address names memory that must be
 * at that address. A real chip has it there; here parse_fw(), which runs after the table is read
 * and before its entries are handled, takes the range from the pool and registers it under the
 * entry's name, and remoteproc matches the two. Carveouts without an address, vrings and buffers
 * come from the same pool by DMA allocation. remoteproc releases the ranges when the processor is
 * shut down, and on every error after parse_fw() succeeded.
 *
 * Unload: the module is held by every open file, and by every struct urproc until its device is
 * released, however long somebody keeps a reference on a device below it.
 */
#include <linux/err.h>
#include <linux/remoteproc.h>
#include <linux/remoteproc_format.h>

#include "remoteproc_internal.h"
#include "urproc_internal.h"

static struct urproc *to_urproc(struct rproc *rproc)
{
	return *(struct urproc **)rproc->priv;
}

static int urproc_start(struct rproc *rproc)
{
	return urproc_request(to_urproc(rproc), URPROC_EVENT_START, rproc->bootaddr);
}

static int urproc_stop(struct rproc *rproc)
{
	return urproc_request(to_urproc(rproc), URPROC_EVENT_STOP, 0);
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
 * The table here is the kernel's own copy: nobody changes it under us. What does not fit is left to
 * remoteproc, which checks every entry next and says what is wrong.
 */
static int urproc_add_carveouts(struct rproc *rproc)
{
	const struct resource_table *table = rproc->table_ptr;
	size_t size = rproc->table_sz;
	size_t least = sizeof(struct fw_rsc_hdr) + sizeof(struct fw_rsc_carveout);
	u32 i;

	for (i = 0; table && i < table->num && struct_size(table, offset, i + 1) <= size; i++) {
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
	int ret = rproc_load_rsc_table(rproc, fw);

	if (ret)
		return ret;
	ret = urproc_add_carveouts(rproc);
	if (ret)
		rproc_resource_cleanup(rproc);
	return ret;
}

static const struct rproc_ops urproc_ops = {
	.start			= urproc_start,
	.stop			= urproc_stop,
	.kick			= urproc_kick_vq,
	.parse_fw		= urproc_parse_fw,
};

int urproc_rproc_add(struct urproc *up, const char *firmware, bool auto_boot)
{
	struct rproc *rproc;
	int ret;

	rproc = rproc_alloc(&up->dev, up->name, &urproc_ops, *firmware ? firmware : NULL,
			    sizeof(up));
	if (!rproc)
		return -ENOMEM;

	*(struct urproc **)rproc->priv = up;
	rproc->auto_boot = auto_boot;
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
