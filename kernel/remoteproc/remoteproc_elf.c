// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF firmware: two formats, one a class, and the same as operations for drivers that bring their
 * own. The file is read by fw_elf.c, always through a fresh view, because drivers may call one of
 * these without the others.
 */
#include <linux/elf.h>
#include <linux/io.h>
#include <linux/string.h>

#include "fw_elf.h"
#include "remoteproc_format.h"
#include "remoteproc_internal.h"

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
	return fw_elf_check_segments(&elf);
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

/**
 * rproc_load_segment() - copy a piece of firmware to where the processor expects it
 * @rproc:  the processor
 * @da:     device address
 * @memsz:  bytes there
 * @data:   what to copy there
 * @filesz: its bytes, at most @memsz; the rest is zeroed
 *
 * Return: 0; -EINVAL, with a line in the log, when the processor has no such memory.
 */
int rproc_load_segment(struct rproc *rproc, u64 da, size_t memsz, const void *data, size_t filesz)
{
	bool is_iomem = false;
	void *to;

	to = rproc_da_to_va(rproc, da, memsz, &is_iomem);
	if (!to || filesz > memsz) {
		dev_err(&rproc->dev, "firmware %s: no memory for 0x%zx bytes at 0x%llx\n",
			rproc->firmware, memsz, da);
		return -EINVAL;
	}
	if (is_iomem) {
		memcpy_toio((void __iomem *)to, data, filesz);
		memset_io((void __iomem *)(to + filesz), 0, memsz - filesz);
	} else {
		memcpy(to, data, filesz);
		memset(to + filesz, 0, memsz - filesz);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(rproc_load_segment);

/**
 * rproc_elf_load_segments() - copy segments to where the processor expects them
 * @rproc: the processor
 * @fw:    the firmware
 *
 * Return: 0; -EINVAL for segments that lie, overlap, or are outside the processor's memory;
 * -EOVERFLOW; -ENOMEM.
 */
int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw)
{
	struct elf64_phdr seg;
	struct fw_elf elf;
	unsigned int i;
	int ret;

	ret = rproc_elf_open(rproc, fw, &elf);
	if (!ret)
		ret = fw_elf_check_overlap(&elf);
	for (i = 0; !ret && i < elf.phnum; i++) {
		seg = fw_elf_get_segment(&elf, i);
		if (fw_elf_is_loaded(&seg))
			ret = rproc_load_segment(rproc, seg.p_paddr, seg.p_memsz,
						 elf.data + seg.p_offset, seg.p_filesz);
	}
	return ret;
}
EXPORT_SYMBOL(rproc_elf_load_segments);

static int rproc_elf_get_table(struct rproc *rproc, const struct firmware *fw,
			       struct rproc_fw_table *table)
{
	struct elf64_shdr sec;
	struct fw_elf elf;
	int ret;

	ret = rproc_elf_open(rproc, fw, &elf);
	if (!ret)
		ret = fw_elf_find_section(&elf, ".resource_table", &sec);
	if (ret)
		return ret;
	*table = (struct rproc_fw_table){
		.data = elf.data + sec.sh_offset,
		.size = sec.sh_size,
		.da = sec.sh_addr,
	};
	return 0;
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
	struct rproc_fw_table table;
	int ret;

	ret = rproc_elf_get_table(rproc, fw, &table);
	return rproc_take_fw_table(rproc, ret, &table);
}
EXPORT_SYMBOL(rproc_elf_load_rsc_table);

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
	struct rproc_fw_table table;

	return rproc_elf_get_table(rproc, fw, &table) ? NULL : rproc_find_fw_table(rproc, &table);
}
EXPORT_SYMBOL(rproc_elf_find_loaded_rsc_table);

/* The class has the same place in both. */
static bool rproc_elf_is_class(const struct firmware *fw, u8 class)
{
	return fw->size >= EI_NIDENT && !memcmp(fw->data, ELFMAG, SELFMAG) &&
	       fw->data[EI_CLASS] == class;
}

static bool rproc_elf32_probe(struct rproc *rproc, const struct firmware *fw)
{
	return rproc_elf_is_class(fw, ELFCLASS32);
}

static bool rproc_elf64_probe(struct rproc *rproc, const struct firmware *fw)
{
	return rproc_elf_is_class(fw, ELFCLASS64);
}

const struct rproc_format rproc_elf32_format = {
	.name		= "ELF32",
	.probe		= rproc_elf32_probe,
	.sanity_check	= rproc_elf_sanity_check,
	.get_boot_addr	= rproc_elf_get_boot_addr,
	.get_table	= rproc_elf_get_table,
	.load		= rproc_elf_load_segments,
};

const struct rproc_format rproc_elf64_format = {
	.name		= "ELF64",
	.probe		= rproc_elf64_probe,
	.sanity_check	= rproc_elf_sanity_check,
	.get_boot_addr	= rproc_elf_get_boot_addr,
	.get_table	= rproc_elf_get_table,
	.load		= rproc_elf_load_segments,
};
