/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware formats: how files become programs in a processor's memory.
 *
 * When a processor is booted or recovered, each format is asked whether the firmware is of its
 * kind, those that modules registered first, the newest first of all, then ELF32, ELF64 and, last,
 * raw images. The format found does for the processor what its driver has no operation for, of
 * sanity_check, get_boot_addr, parse_fw, load and find_loaded_rsc_table; a driver that brought
 * a load operation to rproc_alloc() is on its own. The format's module is held until the processor
 * is shut down.
 */
#ifndef LINUX_REMOTEPROC_FORMAT_H
#define LINUX_REMOTEPROC_FORMAT_H

#include <linux/list.h>
#include <linux/module.h>
#include <linux/types.h>

struct firmware;
struct rproc;

/**
 * struct rproc_fw_table - where firmware has its resource table
 * @data: the table, in the file or anywhere else that nobody writes to; NULL for none
 * @size: its bytes
 * @da:	  device address where the running firmware looks for it, or %RPROC_TABLE_NOT_LOADED
 */
struct rproc_fw_table {
	const void *data;
	size_t size;
	u64 da;
};

/* The firmware does not look at its table, so it is not told what became of it. */
#define RPROC_TABLE_NOT_LOADED	(~0ULL)

/**
 * struct rproc_format - a firmware format
 * @name:	   its name, for messages
 * @probe:	   whether the file is of this format, said without a message
 * @sanity_check:  check the file, before anything is done for it; 0, or a negative errno and
 *		   a message; may be NULL. The others are called only on files that passed
 * @get_boot_addr: where to start; may be NULL, for 0
 * @get_table:	   find the resource table, which is checked by the caller; 0, also for a file that
 *		   needs none; -ENOENT for a file that should have one; or another negative errno
 *		   and a message; may be NULL, for none
 * @load:	   bring the program into the processor's memory, see rproc_load_segment(); 0, or
 *		   a negative errno and a message
 * @owner:	   the module with the functions, set when registered
 * @node:	   in the list of formats
 *
 * Functions are called with the processor locked: they must not call what changes its state.
 */
struct rproc_format {
	const char *name;
	bool (*probe)(struct rproc *rproc, const struct firmware *fw);
	int (*sanity_check)(struct rproc *rproc, const struct firmware *fw);
	u64 (*get_boot_addr)(struct rproc *rproc, const struct firmware *fw);
	int (*get_table)(struct rproc *rproc, const struct firmware *fw,
			 struct rproc_fw_table *table);
	int (*load)(struct rproc *rproc, const struct firmware *fw);
	struct module *owner;
	struct list_head node;
};

/**
 * rproc_register_format() - add a firmware format
 * @format: the format, in static memory of the module that calls this
 *
 * Give it back with rproc_unregister_format() when the module is unloaded, not earlier: the module
 * is what processors that use the format hold.
 */
#define rproc_register_format(format) __rproc_register_format(format, THIS_MODULE)
void __rproc_register_format(struct rproc_format *format, struct module *owner);
void rproc_unregister_format(struct rproc_format *format);

/**
 * struct rproc_raw_image - what a raw image does not say about itself
 * @load_da: device address that the file is loaded to, as it is
 * @boot_da: where to start
 * @table:   the resource table, if any, which comes with the driver and not in the file
 */
struct rproc_raw_image {
	u64 load_da;
	u64 boot_da;
	struct rproc_fw_table table;
};

int rproc_set_raw_image(struct rproc *rproc, const struct rproc_raw_image *image);

/* For the operations of drivers and formats. */
int rproc_load_rsc_table(struct rproc *rproc, const struct firmware *fw);
int rproc_load_segment(struct rproc *rproc, u64 da, size_t memsz, const void *data, size_t filesz);

#endif /* LINUX_REMOTEPROC_FORMAT_H */
