// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: remoteproc/remoteprocN/resource_table, the table as the remote has it now.
 *
 * The remote may write to it while it is read. So it is copied as a whole, under the life-cycle
 * lock, which keeps the memory there, and decoded from the copy: an entry that does not fit any
 * more is named and passed over.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "remoteproc_private.h"

static void show_carveout(struct seq_file *m, const struct fw_rsc_carveout *rsc)
{
	seq_printf(m, "carveout %.32s: 0x%x bytes at 0x%x, physical 0x%x, flags 0x%x\n",
		   rsc->name, rsc->len, rsc->da, rsc->pa, rsc->flags);
}

static void show_devmem(struct seq_file *m, const struct fw_rsc_devmem *rsc)
{
	seq_printf(m, "devmem %.32s: 0x%x bytes at 0x%x, physical 0x%x, flags 0x%x\n", rsc->name,
		   rsc->len, rsc->da, rsc->pa, rsc->flags);
}

static void show_trace(struct seq_file *m, const struct fw_rsc_trace *rsc)
{
	seq_printf(m, "trace %.32s: 0x%x bytes at 0x%x\n", rsc->name, rsc->len, rsc->da);
}

static void show_vdev(struct seq_file *m, const struct fw_rsc_vdev *rsc, size_t avail)
{
	unsigned int i;

	seq_printf(m, "vdev: type %u, features 0x%x of 0x%x, status 0x%x, 0x%x bytes of config\n",
		   rsc->id, rsc->gfeatures, rsc->dfeatures, rsc->status, rsc->config_len);
	for (i = 0; i < rsc->num_of_vrings; i++) {
		if (struct_size(rsc, vring, i + 1) > avail) {
			seq_printf(m, "  vring %u: beyond the end of the table\n", i);
			return;
		}
		seq_printf(m, "  vring %u: %u buffers at 0x%x, aligned to %u, notify id %u\n", i,
			   rsc->vring[i].num, rsc->vring[i].da, rsc->vring[i].align,
			   rsc->vring[i].notifyid);
	}
}

/* How much of an entry of this type must be there to be shown; 0: only its type is. */
static size_t entry_size(u32 type)
{
	switch (type) {
	case RSC_CARVEOUT:
		return sizeof(struct fw_rsc_carveout);
	case RSC_DEVMEM:
		return sizeof(struct fw_rsc_devmem);
	case RSC_TRACE:
		return sizeof(struct fw_rsc_trace);
	case RSC_VDEV:
		return sizeof(struct fw_rsc_vdev);
	default:
		return 0;
	}
}

static void show_entry(struct seq_file *m, const struct fw_rsc_hdr *hdr, size_t avail)
{
	if (avail < entry_size(hdr->type)) {
		seq_printf(m, "type %u: beyond the end of the table\n", hdr->type);
		return;
	}

	switch (hdr->type) {
	case RSC_CARVEOUT:
		return show_carveout(m, (const void *)hdr->data);
	case RSC_DEVMEM:
		return show_devmem(m, (const void *)hdr->data);
	case RSC_TRACE:
		return show_trace(m, (const void *)hdr->data);
	case RSC_VDEV:
		return show_vdev(m, (const void *)hdr->data, avail);
	default:
		seq_printf(m, "type %u\n", hdr->type);
	}
}

static void show_table(struct seq_file *m, const struct resource_table *table, size_t size)
{
	u32 i;

	seq_printf(m, "version %u, %u entries, 0x%zx bytes\n", table->ver, table->num, size);
	for (i = 0; i < table->num; i++) {
		u32 offset;

		if (struct_size(table, offset, i + 1) > size) {
			seq_printf(m, "entry %u: beyond the end of the table\n", i);
			return;
		}
		offset = table->offset[i];
		seq_printf(m, "entry %u at 0x%x: ", i, offset);
		if (offset > size || size - offset < sizeof(struct fw_rsc_hdr))
			seq_puts(m, "beyond the end of the table\n");
		else
			show_entry(m, (const void *)table + offset,
				   size - offset - sizeof(struct fw_rsc_hdr));
	}
}

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
		show_table(m, copy, size);
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
