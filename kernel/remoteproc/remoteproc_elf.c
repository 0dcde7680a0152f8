// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF firmware: the default operations of a processor. The file is read by fw_elf.c, always through
 * a fresh view, because drivers may call one of these without the others.
 */
#include <linux/elf.h>
#include <linux/io.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fw_elf.h"
#include "fw_table.h"
#include "remoteproc_private.h"

static int rproc_elf_open(struct rproc *rproc, const struct firmware *fw, struct fw_elf *elf)
{
	if (!fw) {
		dev_err(&rproc->dev, "no firmware\n");
		return -EINVAL;
	}
	return fw_elf_open(elf, &rproc->dev, rproc->firmware, fw->data, fw->size);
}

/**
 * rproc_elf_sanity_check() - check that firmware is an ELF file to be loaded
 * @rproc: the processor; a driver that set @rproc->elf_machine accepts only that machine
 * @fw:    the firmware
 *
 * Return: 0; -EINVAL, or -EOVERFLOW for a segment that no address space can hold, each with a line
 * in the log; -ENOMEM.
 */
int rproc_elf_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	struct fw_elf elf;
	int ret;

	ret = rproc_elf_open(rproc, fw, &elf);
	if (ret)
		return ret;
	if (rproc->elf_machine != EM_NONE && elf.machine != rproc->elf_machine) {
		dev_err(&rproc->dev, "firmware %s: for machine %u, this is %u\n", elf.name,
			elf.machine, rproc->elf_machine);
		return -EINVAL;
	}
	return fw_elf_check_layout(&elf);
}
EXPORT_SYMBOL(rproc_elf_sanity_check);

/**
 * rproc_elf_get_boot_addr() - where to start
 * @rproc: the processor
 * @fw:    firmware that passed rproc_elf_sanity_check()
 *
 * Return: the entry point.
 */
u64 rproc_elf_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	struct fw_elf elf;

	return rproc_elf_open(rproc, fw, &elf) ? 0 : elf.entry;
}
EXPORT_SYMBOL(rproc_elf_get_boot_addr);

static void rproc_copy_to(void *to, bool is_iomem, const void *from, size_t len)
{
	if (is_iomem)
		memcpy_toio((void __iomem *)to, from, len);
	else
		memcpy(to, from, len);
}

static void rproc_zero(void *to, bool is_iomem, size_t len)
{
	if (is_iomem)
		memset_io((void __iomem *)to, 0, len);
	else
		memset(to, 0, len);
}

static int rproc_elf_load_segment(struct rproc *rproc, const struct fw_elf *elf, unsigned int i)
{
	struct elf64_phdr seg;
	bool is_iomem = false;
	void *to;
	int ret;

	seg = fw_elf_get_segment(elf, i);
	if (!fw_elf_is_loaded(&seg))
		return 0;
	ret = fw_elf_check_segment(elf, i, &seg);
	if (ret)
		return ret;

	to = rproc_da_to_va(rproc, seg.p_paddr, seg.p_memsz, &is_iomem);
	if (!to) {
		dev_err(&rproc->dev, "firmware %s: segment %u: no memory for 0x%llx bytes at 0x%llx\n",
			elf->name, i, seg.p_memsz, seg.p_paddr);
		return -EINVAL;
	}
	rproc_copy_to(to, is_iomem, elf->data + seg.p_offset, seg.p_filesz);
	rproc_zero(to + seg.p_filesz, is_iomem, seg.p_memsz - seg.p_filesz);
	return 0;
}

/**
 * rproc_elf_load_segments() - copy segments to where the processor expects them
 * @rproc: the processor
 * @fw:    the firmware
 *
 * Return: 0; -EINVAL for a segment that lies or lies outside the processor's memory; -EOVERFLOW.
 */
int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw)
{
	struct fw_elf elf;
	unsigned int i;
	int ret;

	ret = rproc_elf_open(rproc, fw, &elf);
	for (i = 0; !ret && i < elf.phnum; i++)
		ret = rproc_elf_load_segment(rproc, &elf, i);
	return ret;
}
EXPORT_SYMBOL(rproc_elf_load_segments);

static int rproc_elf_find_table(struct rproc *rproc, const struct fw_elf *elf,
				struct elf64_shdr *sec)
{
	struct fw_table table;
	int ret;

	ret = fw_elf_find_section(elf, ".resource_table", sec);
	if (ret)
		return ret;
	return fw_table_open(&table, &rproc->dev, elf->data + sec->sh_offset, sec->sh_size);
}

/**
 * rproc_elf_load_rsc_table() - take the firmware's resource table
 * @rproc: the processor; gets copies of it
 * @fw:    the firmware
 *
 * Return: 0; -EINVAL when there is none, or one that contradicts itself; -ENOMEM.
 */
int rproc_elf_load_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct elf64_shdr sec;
	struct fw_elf elf;
	int ret;

	ret = rproc_elf_open(rproc, fw, &elf);
	if (ret)
		return ret;
	ret = rproc_elf_find_table(rproc, &elf, &sec);
	if (ret == -ENOENT) {
		dev_err(&rproc->dev, "firmware %s: no resource table\n", elf.name);
		return -EINVAL;
	}
	if (ret)
		return ret;

	kfree(impl->fw_table);
	impl->fw_table = kmemdup(elf.data + sec.sh_offset, sec.sh_size, GFP_KERNEL);
	kfree(rproc->cached_table);
	rproc->cached_table = kmemdup(elf.data + sec.sh_offset, sec.sh_size, GFP_KERNEL);
	rproc->table_ptr = rproc->cached_table;
	rproc->table_sz = rproc->cached_table ? sec.sh_size : 0;
	return impl->fw_table && rproc->cached_table ? 0 : -ENOMEM;
}
EXPORT_SYMBOL(rproc_elf_load_rsc_table);

/**
 * rproc_elf_same_rsc_table() - whether firmware still has the resource table we work with
 * @rproc: the processor
 * @fw:    firmware that is to replace what crashed
 *
 * Return: 0 or -EINVAL.
 */
int rproc_elf_same_rsc_table(struct rproc *rproc, const struct firmware *fw)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct elf64_shdr sec;
	struct fw_elf elf;
	int ret;

	if (!impl->fw_table)
		return 0;
	ret = rproc_elf_open(rproc, fw, &elf);
	if (ret)
		return ret;
	ret = rproc_elf_find_table(rproc, &elf, &sec);
	if (ret == -EINVAL)
		return ret;
	if (ret || sec.sh_size != rproc->table_sz ||
	    memcmp(elf.data + sec.sh_offset, impl->fw_table, sec.sh_size)) {
		dev_err(&rproc->dev, "firmware %s: its resource table changed, stop and start it\n",
			elf.name);
		return -EINVAL;
	}
	return 0;
}

/**
 * rproc_elf_find_loaded_rsc_table() - where the resource table went
 * @rproc: the processor, its segments loaded
 * @fw:    the firmware
 *
 * Return: the table in the processor's memory, with room for @rproc->table_sz bytes; or NULL when
 * it is not loaded.
 */
struct resource_table *rproc_elf_find_loaded_rsc_table(struct rproc *rproc,
						       const struct firmware *fw)
{
	struct elf64_shdr sec;
	struct fw_elf elf;

	if (rproc_elf_open(rproc, fw, &elf) || rproc_elf_find_table(rproc, &elf, &sec))
		return NULL;
	if (sec.sh_size < rproc->table_sz) {
		dev_err(&rproc->dev, "firmware %s: no room for its resource table\n", elf.name);
		return NULL;
	}
	return rproc_da_to_va(rproc, sec.sh_addr, sec.sh_size, NULL);
}
EXPORT_SYMBOL(rproc_elf_find_loaded_rsc_table);
