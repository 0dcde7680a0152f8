/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A resource table, checked. See fw_table.c.
 */
#ifndef FW_TABLE_H
#define FW_TABLE_H

#include <linux/remoteproc.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* Larger resource tables are lies; real ones have a few hundred bytes. */
#define RPROC_TABLE_MAX		SZ_64K

struct seq_file;

/**
 * struct fw_table - a resource table in memory
 * @dev:  for messages
 * @data: the table, which nobody else can write to
 * @size: its bytes
 * @num:  its entries; their offsets are all inside the table
 */
struct fw_table {
	struct device *dev;
	const void *data;
	size_t size;
	u32 num;
};

/**
 * struct fw_table_entry - an entry of a resource table
 * @type:   what it is, known or not
 * @offset: where what follows the type is in the table
 * @avail:  bytes from there to the end of the table
 */
struct fw_table_entry {
	u32 type;
	u32 offset;
	u32 avail;
};

int fw_table_open(struct fw_table *table, struct device *dev, const void *data, size_t size);
int fw_table_get_entry(const struct fw_table *table, u32 i, struct fw_table_entry *entry);

/* These copy an entry out, from where struct fw_table_entry says, and check all of its fields. */
int fw_table_get_carveout(struct device *dev, const void *rsc, u32 offset, u32 avail,
			  struct fw_rsc_carveout *carveout);
int fw_table_get_devmem(struct device *dev, const void *rsc, u32 offset, u32 avail,
			struct fw_rsc_devmem *devmem);
int fw_table_get_trace(struct device *dev, const void *rsc, u32 offset, u32 avail,
		       struct fw_rsc_trace *trace);
int fw_table_get_vdev(struct device *dev, const void *rsc, u32 offset, u32 avail,
		      struct fw_rsc_vdev *vdev);
int fw_table_get_vring(struct device *dev, const void *rsc, u32 offset, u32 i,
		       struct fw_rsc_vdev_vring *vring);

/* fw_table_show.c */
void fw_table_show(struct seq_file *m, const void *data, size_t size);
void fw_table_show_name(struct seq_file *m, const void *name, size_t size);

#endif /* FW_TABLE_H */
