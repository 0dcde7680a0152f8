// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: remoteproc/remoteprocN/resource_table, the table as the remote has it now.
 *
 * The remote may write to it while it is read. So it is copied as a whole, under the life-cycle
 * lock, which keeps the memory there, and decoded from the copy.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "fw_table.h"
#include "remoteproc_private.h"

static int rproc_table_show(struct seq_file *m, void *unused)
{
	struct rproc *rproc = m->private;
	struct resource_table *copy = NULL;
	size_t size;
	int ret = mutex_lock_interruptible(&rproc->lock);

	if (ret)
		return ret;
	size = rproc->table_sz;
	if (rproc->table_ptr && size >= sizeof(*copy)) {
		copy = kmemdup(rproc->table_ptr, size, GFP_KERNEL);
		ret = copy ? 0 : -ENOMEM;
	}
	mutex_unlock(&rproc->lock);

	if (copy)
		fw_table_show(m, copy, size);
	else if (!ret)
		seq_puts(m, "no resource table\n");
	kfree(copy);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(rproc_table);

/**
 * rproc_create_table_file() - make the file; it goes with its folder
 * @rproc: the processor, its folder there
 */
void rproc_create_table_file(struct rproc *rproc)
{
	debugfs_create_file("resource_table", 0400, rproc->dbg_dir, rproc, &rproc_table_fops);
}
