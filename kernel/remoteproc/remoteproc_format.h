/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What remoteproc_format.c and the formats beside it share. See <linux/remoteproc_format.h>.
 */
#ifndef REMOTEPROC_FORMAT_H
#define REMOTEPROC_FORMAT_H

#include <linux/remoteproc_format.h>

struct resource_table;

extern const struct rproc_format rproc_elf32_format;
extern const struct rproc_format rproc_elf64_format;
extern const struct rproc_format rproc_raw_format;

int rproc_take_fw_table(struct rproc *rproc, int found, const struct rproc_fw_table *table);
struct resource_table *rproc_find_fw_table(struct rproc *rproc, const struct rproc_fw_table *table);

#endif /* REMOTEPROC_FORMAT_H */
