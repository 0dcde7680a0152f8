// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw firmware: a file that is copied to the processor's memory as it is. Where to, where to start,
 * and which resources it needs is for the driver to say; without that, nothing is a raw image.
 *
 * What the driver said is the processor's, rproc_impl.raw, under rproc->lock, and goes with it.
 */
#include <linux/firmware.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fw_table.h"
#include "remoteproc_format.h"
#include "remoteproc_private.h"

static bool rproc_raw_probe(struct rproc *rproc, const struct firmware *fw)
{
	return to_impl(rproc)->raw && fw->size;
}

static u64 rproc_raw_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	return to_impl(rproc)->raw->boot_da;
}

static int rproc_raw_get_table(struct rproc *rproc, const struct firmware *fw,
			       struct rproc_fw_table *table)
{
	*table = to_impl(rproc)->raw->table;
	return 0;
}

static int rproc_raw_load(struct rproc *rproc, const struct firmware *fw)
{
	return rproc_load_segment(rproc, to_impl(rproc)->raw->load_da, fw->size, fw->data,
				  fw->size);
}

const struct rproc_format rproc_raw_format = {
	.name		= "raw",
	.probe		= rproc_raw_probe,
	.get_boot_addr	= rproc_raw_get_boot_addr,
	.get_table	= rproc_raw_get_table,
	.load		= rproc_raw_load,
};

/**
 * rproc_set_raw_image() - let a processor run raw images
 * @rproc: the processor, before rproc_add() or later; not from its operations
 * @image: what the images do not say; copied, with its table. NULL to refuse them again
 *
 * Files that are of another format are not taken for raw images.
 *
 * Return: 0; -EINVAL for a table that is too short or too long to be one; -EBUSY unless the
 * processor is offline; -ENOMEM.
 */
int rproc_set_raw_image(struct rproc *rproc, const struct rproc_raw_image *image)
{
	struct rproc_raw_image *new = NULL;
	struct rproc_impl *impl = to_impl(rproc);
	size_t size = 0;
	int ret = 0;

	if (image) {
		if (image->table.data)
			size = image->table.size;
		if (size > RPROC_TABLE_MAX)
			return -EINVAL;
		/* The table lies behind the rest. */
		new = kzalloc(sizeof(*new) + size, GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		*new = *image;
		if (image->table.data)
			new->table.data = memcpy(new + 1, image->table.data, size);
	}

	mutex_lock(&rproc->lock);
	if (rproc->state == RPROC_OFFLINE)
		swap(impl->raw, new);
	else
		ret = -EBUSY;
	mutex_unlock(&rproc->lock);
	kfree(new);
	return ret;
}
EXPORT_SYMBOL_GPL(rproc_set_raw_image);
