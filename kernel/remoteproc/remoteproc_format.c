// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware formats: which there are, which one a file is of, and the operations of processors whose
 * drivers bring none.
 *
 * A format is found when the firmware is read, for a boot or a recovery (rproc_choose_format), and
 * its module is held from then until the processor is unloaded, or its next firmware read: a format
 * that could go earlier would leave a crashed processor without a way to be recovered. One that is
 * being unloaded is passed over. A file of no known format is refused by the first default
 * operation that would need it; drivers with operations of their own are never in the way of that.
 *
 * rproc_alloc() puts the default operations where the driver has none, as drivers that replace some
 * of them later expect. All is called under rproc->lock; rproc_formats_lock is taken inside it.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fw_table.h"
#include "remoteproc_format.h"
#include "remoteproc_private.h"

/* A raw image may look like anything, so it comes last. */
static const struct rproc_format * const rproc_own_formats[] = {
	&rproc_elf32_format,
	&rproc_elf64_format,
	&rproc_raw_format,
};

static LIST_HEAD(rproc_formats);
static DEFINE_MUTEX(rproc_formats_lock);

void __rproc_register_format(struct rproc_format *format, struct module *owner)
{
	format->owner = owner;
	mutex_lock(&rproc_formats_lock);
	list_add(&format->node, &rproc_formats);
	mutex_unlock(&rproc_formats_lock);
}
EXPORT_SYMBOL_GPL(__rproc_register_format);

/**
 * rproc_unregister_format() - undo rproc_register_format()
 * @format: the format
 */
void rproc_unregister_format(struct rproc_format *format)
{
	mutex_lock(&rproc_formats_lock);
	list_del(&format->node);
	mutex_unlock(&rproc_formats_lock);
}
EXPORT_SYMBOL_GPL(rproc_unregister_format);

static const struct rproc_format *rproc_find_format(struct rproc *rproc, const struct firmware *fw)
{
	const struct rproc_format *format;
	unsigned int i;

	lockdep_assert_held(&rproc_formats_lock);

	list_for_each_entry(format, &rproc_formats, node)
		if (format->probe(rproc, fw) && try_module_get(format->owner))
			return format;
	for (i = 0; i < ARRAY_SIZE(rproc_own_formats); i++)
		if (rproc_own_formats[i]->probe(rproc, fw))
			return rproc_own_formats[i];
	return NULL;
}

/**
 * rproc_choose_format() - find the format of firmware that was read
 * @rproc: the processor
 * @fw:    the firmware; finding none is not an error yet
 */
void rproc_choose_format(struct rproc *rproc, const struct firmware *fw)
{
	rproc_drop_format(rproc);
	mutex_lock(&rproc_formats_lock);
	to_impl(rproc)->format = rproc_find_format(rproc, fw);
	mutex_unlock(&rproc_formats_lock);
}

/**
 * rproc_drop_format() - undo rproc_choose_format()
 * @rproc: the processor; it may have none
 */
void rproc_drop_format(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);

	lockdep_assert_held(&rproc->lock);

	/* Our own have no owner: this module is held by the processor anyway. */
	if (impl->format)
		module_put(impl->format->owner);
	impl->format = NULL;
}

static const struct rproc_format *rproc_need_format(struct rproc *rproc, const struct firmware *fw)
{
	const struct rproc_format *format = to_impl(rproc)->format;

	if (!format)
		dev_err(&rproc->dev, "firmware %s: unknown format, %zu bytes that start with %*ph\n",
			rproc->firmware, fw->size, (int)min_t(size_t, fw->size, 4), fw->data);
	return format;
}

static int rproc_default_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	const struct rproc_format *format = rproc_need_format(rproc, fw);

	if (!format)
		return -EINVAL;
	return format->sanity_check ? format->sanity_check(rproc, fw) : 0;
}

static u64 rproc_default_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	const struct rproc_format *format = to_impl(rproc)->format;

	return format && format->get_boot_addr ? format->get_boot_addr(rproc, fw) : 0;
}

static int rproc_default_load(struct rproc *rproc, const struct firmware *fw)
{
	const struct rproc_format *format = rproc_need_format(rproc, fw);

	return format ? format->load(rproc, fw) : -EINVAL;
}

static int rproc_get_fw_table(struct rproc *rproc, const struct firmware *fw,
			      struct rproc_fw_table *table)
{
	const struct rproc_format *format = to_impl(rproc)->format;

	*table = (struct rproc_fw_table){ .da = RPROC_TABLE_NOT_LOADED };
	return format && format->get_table ? format->get_table(rproc, fw, table) : 0;
}

/**
 * rproc_take_fw_table() - make copies of the resource table that a format found, or did not
 * @rproc: the processor, which gets them
 * @found: what the format's get_table said
 * @table: the table, if that was 0
 *
 * Return: 0; -EINVAL when there should be one and is none, or its head contradicts itself; -ENOMEM;
 * or a negative errno of the format.
 */
int rproc_take_fw_table(struct rproc *rproc, int found, const struct rproc_fw_table *table)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct fw_table checked;

	if (found == -ENOENT) {
		dev_err(&rproc->dev, "firmware %s: no resource table\n", rproc->firmware);
		return -EINVAL;
	}
	if (found || !table->data)
		return found;
	if (fw_table_open(&checked, &rproc->dev, table->data, table->size))
		return -EINVAL;

	kfree(impl->fw_table);
	impl->fw_table = kmemdup(table->data, table->size, GFP_KERNEL);
	kfree(rproc->cached_table);
	rproc->cached_table = kmemdup(table->data, table->size, GFP_KERNEL);
	rproc->table_ptr = rproc->cached_table;
	rproc->table_sz = rproc->cached_table ? table->size : 0;
	return impl->fw_table && rproc->cached_table ? 0 : -ENOMEM;
}

/**
 * rproc_find_fw_table() - where the resource table is in the processor's memory
 * @rproc: the processor, its firmware loaded
 * @table: the table in the file
 *
 * Return: the place, with room for @rproc->table_sz bytes; or NULL when it is not loaded.
 */
struct resource_table *rproc_find_fw_table(struct rproc *rproc, const struct rproc_fw_table *table)
{
	if (!table->data || table->da == RPROC_TABLE_NOT_LOADED)
		return NULL;
	if (table->size < rproc->table_sz) {
		dev_err(&rproc->dev, "firmware %s: no room for its resource table\n",
			rproc->firmware);
		return NULL;
	}
	return rproc_da_to_va(rproc, table->da, table->size, NULL);
}

/**
 * rproc_load_rsc_table() - take the firmware's resource table, whatever its format
 * @rproc: the processor; gets copies of it
 * @fw:    the firmware
 *
 * The default of the operation parse_fw, for drivers that add to it.
 *
 * Return: as rproc_take_fw_table().
 */
int rproc_load_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	struct rproc_fw_table table;
	int ret;

	ret = rproc_get_fw_table(rproc, fw, &table);
	return rproc_take_fw_table(rproc, ret, &table);
}
EXPORT_SYMBOL_GPL(rproc_load_rsc_table);

static struct resource_table *rproc_default_find_table(struct rproc *rproc,
						       const struct firmware *fw)
{
	struct rproc_fw_table table;

	return rproc_get_fw_table(rproc, fw, &table) ? NULL : rproc_find_fw_table(rproc, &table);
}

/**
 * rproc_same_fw_table() - whether firmware still has the resource table we work with
 * @rproc: the processor
 * @fw:    firmware that is to replace what crashed
 *
 * Return: 0; -EINVAL; or a negative errno of the format. 0 also when nobody can tell, because the
 * driver took the table in a way of its own.
 */
int rproc_same_fw_table(struct rproc *rproc, const struct firmware *fw)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct rproc_fw_table table;
	int ret;

	if (!impl->fw_table || !impl->format)
		return 0;
	ret = rproc_get_fw_table(rproc, fw, &table);
	if (ret && ret != -ENOENT)
		return ret;
	if (!table.data || table.size != rproc->table_sz ||
	    memcmp(table.data, impl->fw_table, table.size)) {
		dev_err(&rproc->dev, "firmware %s: its resource table changed, stop and start it\n",
			rproc->firmware);
		return -EINVAL;
	}
	return 0;
}

/**
 * rproc_set_default_ops() - complete a driver's operations
 * @ops: the processor's copy of them
 *
 * A driver that loads in its own way brings all that goes with it; for the others, what they lack
 * is done as the firmware's format has it.
 */
void rproc_set_default_ops(struct rproc_ops *ops)
{
	if (!ops->coredump)
		ops->coredump = rproc_coredump;
	if (ops->load)
		return;

	ops->load = rproc_default_load;
	if (!ops->sanity_check)
		ops->sanity_check = rproc_default_sanity_check;
	if (!ops->get_boot_addr)
		ops->get_boot_addr = rproc_default_get_boot_addr;
	if (!ops->parse_fw)
		ops->parse_fw = rproc_load_rsc_table;
	if (!ops->find_loaded_rsc_table)
		ops->find_loaded_rsc_table = rproc_default_find_table;
}
