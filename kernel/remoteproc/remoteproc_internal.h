/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What platform drivers of remote processors use beyond <linux/remoteproc.h>.
 *
 * Kernel packages do not install the header of this name, so this is ours: the same names and
 * prototypes, for drivers that are written against the original. What the core keeps for itself is
 * in remoteproc_private.h.
 */
#ifndef REMOTEPROC_INTERNAL_H
#define REMOTEPROC_INTERNAL_H

#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/firmware.h>
#include <linux/irqreturn.h>
#include <linux/list.h>
#include <linux/remoteproc.h>
#include <linux/types.h>

struct dentry;

/**
 * struct rproc_debug_trace - a trace buffer in the processor's memory
 * @rproc:	the processor
 * @trace_mem:	where the buffer is; @trace_mem.va is NULL when it is not in mapped memory
 * @tfile:	its file in debugfs
 * @node:	in rproc->traces
 */
struct rproc_debug_trace {
	struct rproc *rproc;
	struct rproc_mem_entry trace_mem;
	struct dentry *tfile;
	struct list_head node;
};

/* Features are set before rproc_add(). */
static inline bool rproc_has_feature(struct rproc *rproc, unsigned int feature)
{
	return feature < RPROC_MAX_FEATURES && test_bit(feature, rproc->features);
}

static inline int rproc_set_feature(struct rproc *rproc, unsigned int feature)
{
	if (feature < RPROC_MAX_FEATURES) {
		set_bit(feature, rproc->features);
		return 0;
	}
	return -EINVAL;
}

static inline bool rproc_u64_fit_in_size_t(u64 val)
{
	return val == (size_t)val;
}

/* Newer kernels have these two in <linux/remoteproc.h>. */
void rproc_coredump(struct rproc *rproc);
void rproc_coredump_cleanup(struct rproc *rproc);

int rproc_of_parse_firmware(struct device *dev, int index, const char **fw_name);
phys_addr_t rproc_va_to_pa(void *cpu_addr);
irqreturn_t rproc_vq_interrupt(struct rproc *rproc, int vq_id);

/* Loads the firmware's segments in the way of the processor's driver, or the default one. */
static inline int rproc_load_segments(struct rproc *rproc, const struct firmware *fw)
{
	return rproc->ops->load ? rproc->ops->load(rproc, fw) : -EINVAL;
}

/* What a processor with ELF firmware does by default, for drivers that add to it. */
int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_load_rsc_table(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_sanity_check(struct rproc *rproc, const struct firmware *fw);
u64 rproc_elf_get_boot_addr(struct rproc *rproc, const struct firmware *fw);
struct resource_table *rproc_elf_find_loaded_rsc_table(struct rproc *rproc,
						       const struct firmware *fw);

#endif /* REMOTEPROC_INTERNAL_H */
