// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps: what the processor's memory held when it crashed, as an ELF core file in
 * /sys/class/devcoredump.
 *
 * Drivers say what is worth keeping (segments), usually while they parse the firmware; the list is
 * the processor's, under rproc->lock, and goes with its other resources. A dump is a copy: recovery
 * goes on as soon as it is made, and the device coredump framework frees it when it was read, or
 * after minutes.
 *
 * rproc_coredump() writes a file header, program headers, and the data of the segments;
 * rproc_coredump_using_sections() a file header, section headers, names, and the data.
 */
#include <linux/devcoredump.h>
#include <linux/elf.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "remoteproc_elf_helpers.h"
#include "remoteproc_private.h"

#define NAMES_SECTION "STR_TBL"

/**
 * rproc_coredump_cleanup() - forget the segments to dump
 * @rproc: the processor
 */
void rproc_coredump_cleanup(struct rproc *rproc)
{
	struct rproc_dump_segment *segment, *next;

	list_for_each_entry_safe(segment, next, &rproc->dump_segments, node) {
		list_del(&segment->node);
		kfree(segment);
	}
}
EXPORT_SYMBOL_GPL(rproc_coredump_cleanup);

/**
 * rproc_coredump_add_custom_segment() - add memory to core dumps, with a function that reads it
 * @rproc:  the processor
 * @da:     address as the processor sees it
 * @size:   bytes
 * @dumpfn: copies @size bytes at @offset of the segment to @dest; NULL to use rproc_da_to_va()
 * @priv:   for @dumpfn; for dumps with sections, the name of the section
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_coredump_add_custom_segment(struct rproc *rproc, dma_addr_t da, size_t size,
				      void (*dumpfn)(struct rproc *rproc,
						     struct rproc_dump_segment *segment,
						     void *dest, size_t offset, size_t size),
				      void *priv)
{
	struct rproc_dump_segment *segment;

	segment = kmalloc(sizeof(*segment), GFP_KERNEL);
	if (!segment)
		return -ENOMEM;
	*segment = (struct rproc_dump_segment){
		.da = da,
		.size = size,
		.dump = dumpfn,
		.priv = priv,
	};
	list_add_tail(&segment->node, &rproc->dump_segments);
	return 0;
}
EXPORT_SYMBOL(rproc_coredump_add_custom_segment);

/**
 * rproc_coredump_add_segment() - add memory to core dumps
 * @rproc: the processor
 * @da:    address as the processor sees it
 * @size:  bytes
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_coredump_add_segment(struct rproc *rproc, dma_addr_t da, size_t size)
{
	return rproc_coredump_add_custom_segment(rproc, da, size, NULL, NULL);
}
EXPORT_SYMBOL(rproc_coredump_add_segment);

/**
 * rproc_coredump_set_elf_info() - say what the processor is, in terms of ELF
 * @rproc:   the processor
 * @class:   ELFCLASS32 or ELFCLASS64, of core dumps
 * @machine: EM_*, of core dumps; ELF firmware for another one is refused. EM_NONE if it has none
 *
 * Return: 0, or -EINVAL for another class.
 */
int rproc_coredump_set_elf_info(struct rproc *rproc, u8 class, u16 machine)
{
	if (class != ELFCLASS32 && class != ELFCLASS64)
		return -EINVAL;
	rproc->elf_machine = machine;
	rproc->elf_class = class;
	return 0;
}
EXPORT_SYMBOL(rproc_coredump_set_elf_info);

static void rproc_dump_segment(struct rproc *rproc, struct rproc_dump_segment *segment, void *to)
{
	bool is_iomem;
	void *from;

	if (segment->dump) {
		segment->dump(rproc, segment, to, 0, segment->size);
		return;
	}
	from = rproc_da_to_va(rproc, segment->da, segment->size, &is_iomem);
	if (!from) {
		dev_err(&rproc->dev, "core dump: no memory for 0x%zx bytes at %pad\n",
			segment->size, &segment->da);
		memset(to, 0xff, segment->size);
	} else if (is_iomem) {
		memcpy_fromio(to, (void __iomem *)from, segment->size);
	} else {
		memcpy(to, from, segment->size);
	}
}

static void rproc_dump_file_header(struct rproc *rproc, void *ehdr)
{
	u8 class = rproc->elf_class;

	elf_hdr_init_ident(ehdr, class);
	elf_hdr_set_e_version(class, ehdr, EV_CURRENT);
	elf_hdr_set_e_ehsize(class, ehdr, elf_size_of_hdr(class));
	elf_hdr_set_e_type(class, ehdr, ET_CORE);
	elf_hdr_set_e_machine(class, ehdr, rproc->elf_machine);
	elf_hdr_set_e_entry(class, ehdr, rproc->bootaddr);
}

static size_t rproc_dump_count(struct rproc *rproc)
{
	struct list_head *pos;
	size_t n = 0;

	list_for_each(pos, &rproc->dump_segments)
		n++;
	return n;
}

/* A zeroed buffer for a file with @headers bytes of headers, and the segments after these. */
static void *rproc_dump_alloc(struct rproc *rproc, size_t headers, size_t *size)
{
	struct rproc_dump_segment *segment;
	size_t total = headers;
	void *data;

	list_for_each_entry(segment, &rproc->dump_segments, node)
		total = size_add(total, segment->size);
	data = __vmalloc(total, GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO);
	if (!data)
		dev_err(&rproc->dev, "core dump: no memory for 0x%zx bytes\n", total);
	*size = total;
	return data;
}

static bool rproc_dump_wanted(struct rproc *rproc)
{
	if (list_empty(&rproc->dump_segments) || rproc->dump_conf == RPROC_COREDUMP_DISABLED)
		return false;
	if (rproc->elf_class == ELFCLASSNONE) {
		dev_err(&rproc->dev, "core dump: the driver did not say of which ELF class\n");
		return false;
	}
	return true;
}

/**
 * rproc_coredump() - make a core dump of the segments
 * @rproc: the processor, stopped, its memory still there
 *
 * An ELF core file with a program header for each segment. What cannot be read is filled with 0xff.
 */
void rproc_coredump(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;
	u8 class = rproc->elf_class;
	size_t headers, size, n;
	void *data, *phdr, *to;

	if (!rproc_dump_wanted(rproc))
		return;
	n = rproc_dump_count(rproc);
	headers = elf_size_of_hdr(class) + n * elf_size_of_phdr(class);
	data = rproc_dump_alloc(rproc, headers, &size);
	if (!data)
		return;

	rproc_dump_file_header(rproc, data);
	elf_hdr_set_e_phoff(class, data, elf_size_of_hdr(class));
	elf_hdr_set_e_phentsize(class, data, elf_size_of_phdr(class));
	elf_hdr_set_e_phnum(class, data, n);

	phdr = data + elf_size_of_hdr(class);
	to = data + headers;
	list_for_each_entry(segment, &rproc->dump_segments, node) {
		elf_phdr_set_p_type(class, phdr, PT_LOAD);
		elf_phdr_set_p_flags(class, phdr, PF_R | PF_W | PF_X);
		elf_phdr_set_p_paddr(class, phdr, segment->da);
		elf_phdr_set_p_vaddr(class, phdr, segment->da);
		elf_phdr_set_p_memsz(class, phdr, segment->size);
		elf_phdr_set_p_filesz(class, phdr, segment->size);
		elf_phdr_set_p_offset(class, phdr, to - data);
		rproc_dump_segment(rproc, segment, to);
		phdr += elf_size_of_phdr(class);
		to += segment->size;
	}
	dev_coredumpv(&rproc->dev, data, size, GFP_KERNEL);
}
EXPORT_SYMBOL_GPL(rproc_coredump);

static const char *rproc_dump_name(const struct rproc_dump_segment *segment)
{
	return segment->priv ? segment->priv : "";
}

static char *rproc_dump_put_name(char *to, const char *name)
{
	size_t size = strlen(name) + 1;

	memcpy(to, name, size);
	return to + size;
}

static size_t rproc_dump_names_size(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;
	size_t size = 1 + sizeof(NAMES_SECTION);

	list_for_each_entry(segment, &rproc->dump_segments, node)
		size += strlen(rproc_dump_name(segment)) + 1;
	return size;
}

/**
 * rproc_coredump_using_sections() - make a core dump of the segments, as sections
 * @rproc: the processor, stopped, its memory still there
 *
 * An ELF core file with a section for each segment, named by the segment's @priv, a string.
 */
void rproc_coredump_using_sections(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;
	size_t tables, headers, size, n;
	u8 class = rproc->elf_class;
	char *names, *name;
	void *data, *shdr, *to;

	if (!rproc_dump_wanted(rproc))
		return;
	/* One that means none, and the names, come first. */
	n = rproc_dump_count(rproc) + 2;
	tables = elf_size_of_hdr(class) + n * elf_size_of_shdr(class);
	headers = tables + rproc_dump_names_size(rproc);
	data = rproc_dump_alloc(rproc, headers, &size);
	if (!data)
		return;

	rproc_dump_file_header(rproc, data);
	elf_hdr_set_e_shoff(class, data, elf_size_of_hdr(class));
	elf_hdr_set_e_shentsize(class, data, elf_size_of_shdr(class));
	elf_hdr_set_e_shnum(class, data, n);
	elf_hdr_set_e_shstrndx(class, data, 1);

	names = data + tables;
	name = names + 1;
	shdr = data + elf_size_of_hdr(class) + elf_size_of_shdr(class);
	elf_shdr_set_sh_type(class, shdr, SHT_STRTAB);
	elf_shdr_set_sh_name(class, shdr, name - names);
	elf_shdr_set_sh_offset(class, shdr, tables);
	elf_shdr_set_sh_size(class, shdr, headers - tables);
	name = rproc_dump_put_name(name, NAMES_SECTION);

	to = data + headers;
	list_for_each_entry(segment, &rproc->dump_segments, node) {
		shdr += elf_size_of_shdr(class);
		elf_shdr_set_sh_type(class, shdr, SHT_PROGBITS);
		elf_shdr_set_sh_flags(class, shdr, SHF_WRITE);
		elf_shdr_set_sh_name(class, shdr, name - names);
		elf_shdr_set_sh_addr(class, shdr, segment->da);
		elf_shdr_set_sh_offset(class, shdr, to - data);
		elf_shdr_set_sh_size(class, shdr, segment->size);
		name = rproc_dump_put_name(name, rproc_dump_name(segment));
		rproc_dump_segment(rproc, segment, to);
		to += segment->size;
	}
	dev_coredumpv(&rproc->dev, data, size, GFP_KERNEL);
}
EXPORT_SYMBOL(rproc_coredump_using_sections);
