// SPDX-License-Identifier: GPL-2.0-only
/*
 * A resource table as text.
 *
 * The table is what the remote made of it, so nothing is expected to be right, and nothing is
 * refused: an entry that does not fit is named and passed over. Names are shown so that they can
 * neither pretend to be lines of ours nor command a terminal.
 */
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include "fw_table.h"

/**
 * fw_table_show_name() - print a name that the firmware or the remote chose
 * @m:    where to
 * @name: the name, which may lack its end
 * @size: bytes that it has at most
 *
 * What is not printable ASCII, and the backslash, becomes \xNN.
 */
void fw_table_show_name(struct seq_file *m, const void *name, size_t size)
{
	seq_escape_mem(m, name, strnlen(name, size), ESCAPE_NAP | ESCAPE_HEX | ESCAPE_APPEND,
		       "\\");
}

static void show_carveout(struct seq_file *m, const struct fw_rsc_carveout *rsc)
{
	seq_puts(m, "carveout ");
	fw_table_show_name(m, rsc->name, sizeof(rsc->name));
	seq_printf(m, ": 0x%x bytes at 0x%x, physical 0x%x, flags 0x%x\n", rsc->len, rsc->da,
		   rsc->pa, rsc->flags);
}

static void show_devmem(struct seq_file *m, const struct fw_rsc_devmem *rsc)
{
	seq_puts(m, "devmem ");
	fw_table_show_name(m, rsc->name, sizeof(rsc->name));
	seq_printf(m, ": 0x%x bytes at 0x%x, physical 0x%x, flags 0x%x\n", rsc->len, rsc->da,
		   rsc->pa, rsc->flags);
}

static void show_trace(struct seq_file *m, const struct fw_rsc_trace *rsc)
{
	seq_puts(m, "trace ");
	fw_table_show_name(m, rsc->name, sizeof(rsc->name));
	seq_printf(m, ": 0x%x bytes at 0x%x\n", rsc->len, rsc->da);
}

static void show_vdev(struct seq_file *m, const struct fw_rsc_vdev *rsc, size_t avail)
{
	unsigned int i;

	seq_printf(m, "vdev: type %u, features 0x%x of 0x%x, status 0x%x, 0x%x bytes of config\n",
		   rsc->id, rsc->gfeatures, rsc->dfeatures, rsc->status, rsc->config_len);
	for (i = 0; i < rsc->num_of_vrings; i++) {
		/* All entries may be this one: its vrings would be very many lines. */
		if (i == RVDEV_NUM_VRINGS) {
			seq_printf(m, "  %u vrings more\n", rsc->num_of_vrings - i);
			return;
		}
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

/**
 * fw_table_show() - print a resource table
 * @m:    where to
 * @data: a copy of the table, at least its head
 * @size: its bytes
 */
void fw_table_show(struct seq_file *m, const void *data, size_t size)
{
	const struct resource_table *table = data;
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
