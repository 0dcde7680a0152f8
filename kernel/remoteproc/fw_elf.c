// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading ELF files that nobody vouches for.
 *
 * Nothing here knows about processors, and nothing is kept: a struct fw_elf is a view of a file
 * that the caller holds. Every header is copied out before it is looked at, because it may lie at
 * any offset, and every sum is compared in a form that cannot wrap. What is refused gets one line
 * in the log that names the field and its value.
 */
#include <linux/device.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "fw_elf.h"

#define NATIVE_DATA	(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? ELFDATA2MSB : ELFDATA2LSB)

static __printf(2, 3) void fw_elf_err(const struct fw_elf *elf, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	dev_err(elf->dev, "firmware %s: %pV", elf->name, &vaf);
	va_end(args);
}

/* Whether @len bytes from @offset lie inside @size bytes. */
static bool fits(u64 offset, u64 len, u64 size)
{
	return offset <= size && len <= size - offset;
}

static unsigned int phdr_size(const struct fw_elf *elf)
{
	return elf->class == ELFCLASS64 ? sizeof(struct elf64_phdr) : sizeof(struct elf32_phdr);
}

static unsigned int shdr_size(const struct fw_elf *elf)
{
	return elf->class == ELFCLASS64 ? sizeof(struct elf64_shdr) : sizeof(struct elf32_shdr);
}

static struct elf64_hdr read_header(const struct fw_elf *elf)
{
	struct elf32_hdr narrow;
	struct elf64_hdr wide;

	if (elf->class == ELFCLASS64) {
		memcpy(&wide, elf->data, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, elf->data, sizeof(narrow));
	return (struct elf64_hdr){
		.e_type = narrow.e_type,
		.e_machine = narrow.e_machine,
		.e_entry = narrow.e_entry,
		.e_phoff = narrow.e_phoff,
		.e_shoff = narrow.e_shoff,
		.e_phentsize = narrow.e_phentsize,
		.e_phnum = narrow.e_phnum,
		.e_shentsize = narrow.e_shentsize,
		.e_shnum = narrow.e_shnum,
		.e_shstrndx = narrow.e_shstrndx,
	};
}

static int check_ident(struct fw_elf *elf)
{
	size_t need = sizeof(struct elf32_hdr);

	if (elf->size < need) {
		fw_elf_err(elf, "%zu bytes are no ELF file\n", elf->size);
		return -EINVAL;
	}
	if (memcmp(elf->data, ELFMAG, SELFMAG)) {
		fw_elf_err(elf, "no ELF file, starts with %*ph\n", SELFMAG, elf->data);
		return -EINVAL;
	}
	elf->class = elf->data[EI_CLASS];
	if (elf->class != ELFCLASS32 && elf->class != ELFCLASS64) {
		fw_elf_err(elf, "unknown ELF class %u\n", elf->class);
		return -EINVAL;
	}
	if (elf->class == ELFCLASS64)
		need = sizeof(struct elf64_hdr);
	if (elf->size < need) {
		fw_elf_err(elf, "%zu bytes are less than an ELF header\n", elf->size);
		return -EINVAL;
	}
	if (elf->data[EI_DATA] != NATIVE_DATA) {
		fw_elf_err(elf, "wrong byte order %u\n", elf->data[EI_DATA]);
		return -EINVAL;
	}
	return 0;
}

static int check_segment_table(const struct fw_elf *elf, unsigned int entsize)
{
	if (!elf->phnum) {
		fw_elf_err(elf, "no segments\n");
		return -EINVAL;
	}
	if (entsize != phdr_size(elf)) {
		fw_elf_err(elf, "program headers of %u bytes\n", entsize);
		return -EINVAL;
	}
	if (!fits(elf->phoff, (u64)elf->phnum * entsize, elf->size)) {
		fw_elf_err(elf, "%u program headers at 0x%llx go past the end\n", elf->phnum,
			   elf->phoff);
		return -EINVAL;
	}
	return 0;
}

static int check_section_table(struct fw_elf *elf, unsigned int entsize)
{
	if (!elf->shnum) {
		elf->shstrndx = SHN_UNDEF;
		return 0;
	}
	if (entsize != shdr_size(elf)) {
		fw_elf_err(elf, "section headers of %u bytes\n", entsize);
		return -EINVAL;
	}
	if (!fits(elf->shoff, (u64)elf->shnum * entsize, elf->size)) {
		fw_elf_err(elf, "%u section headers at 0x%llx go past the end\n", elf->shnum,
			   elf->shoff);
		return -EINVAL;
	}
	if (elf->shstrndx >= elf->shnum) {
		fw_elf_err(elf, "section %u for names, of %u\n", elf->shstrndx, elf->shnum);
		return -EINVAL;
	}
	return 0;
}

/**
 * fw_elf_open() - look at an ELF file
 * @elf:  out: the view
 * @dev:  for messages, must outlive @elf
 * @name: of the file, must outlive @elf
 * @data: the file, must outlive @elf
 * @size: its bytes
 *
 * Checks the file header, and that both header tables are inside the file.
 *
 * Return: 0 or -EINVAL.
 */
int fw_elf_open(struct fw_elf *elf, struct device *dev, const char *name, const void *data,
		size_t size)
{
	struct elf64_hdr hdr;
	int ret;

	elf->dev = dev;
	elf->name = name;
	elf->data = data;
	elf->size = size;
	ret = check_ident(elf);
	if (ret)
		return ret;

	hdr = read_header(elf);
	elf->type = hdr.e_type;
	elf->machine = hdr.e_machine;
	elf->entry = hdr.e_entry;
	elf->phoff = hdr.e_phoff;
	elf->shoff = hdr.e_shoff;
	elf->phnum = hdr.e_phnum;
	elf->shnum = hdr.e_shnum;
	elf->shstrndx = hdr.e_shstrndx;

	if (elf->type != ET_EXEC && elf->type != ET_DYN) {
		fw_elf_err(elf, "ELF type %u cannot be run\n", elf->type);
		return -EINVAL;
	}
	ret = check_segment_table(elf, hdr.e_phentsize);
	if (ret)
		return ret;
	return check_section_table(elf, hdr.e_shentsize);
}

/**
 * fw_elf_get_segment() - read a program header
 * @elf: the view
 * @i:   which, less than @elf->phnum
 *
 * Return: the header, not checked.
 */
struct elf64_phdr fw_elf_get_segment(const struct fw_elf *elf, unsigned int i)
{
	const u8 *at = elf->data + elf->phoff + (size_t)i * phdr_size(elf);
	struct elf32_phdr narrow;
	struct elf64_phdr wide;

	if (elf->class == ELFCLASS64) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (struct elf64_phdr){
		.p_type = narrow.p_type,
		.p_flags = narrow.p_flags,
		.p_offset = narrow.p_offset,
		.p_vaddr = narrow.p_vaddr,
		.p_paddr = narrow.p_paddr,
		.p_filesz = narrow.p_filesz,
		.p_memsz = narrow.p_memsz,
		.p_align = narrow.p_align,
	};
}

/**
 * fw_elf_is_loaded() - whether a segment is loaded into memory
 * @seg: the segment
 *
 * Return: true for a PT_LOAD segment that is not empty.
 */
bool fw_elf_is_loaded(const struct elf64_phdr *seg)
{
	return seg->p_type == PT_LOAD && seg->p_memsz;
}

static int check_segment(const struct fw_elf *elf, unsigned int i, const struct elf64_phdr *seg)
{
	if (seg->p_filesz > seg->p_memsz) {
		fw_elf_err(elf, "segment %u: 0x%llx bytes in the file, 0x%llx in memory\n", i,
			   seg->p_filesz, seg->p_memsz);
		return -EINVAL;
	}
	if (!fits(seg->p_offset, seg->p_filesz, elf->size)) {
		fw_elf_err(elf, "segment %u: 0x%llx bytes at 0x%llx go past the end\n", i,
			   seg->p_filesz, seg->p_offset);
		return -EINVAL;
	}
	if (seg->p_memsz > SIZE_MAX || seg->p_memsz - 1 > U64_MAX - seg->p_paddr) {
		fw_elf_err(elf, "segment %u: 0x%llx bytes at address 0x%llx\n", i, seg->p_memsz,
			   seg->p_paddr);
		return -EOVERFLOW;
	}
	return 0;
}

/**
 * fw_elf_check_segments() - check the loaded segments, and that one has the entry point
 * @elf: the view
 *
 * The entry point is accepted as a virtual or a physical address, for segments that run elsewhere
 * than they are loaded.
 *
 * Return: 0; -EINVAL for sizes that contradict each other or the file, or an entry point elsewhere;
 * -EOVERFLOW for a segment that has no place in an address space.
 */
int fw_elf_check_segments(const struct fw_elf *elf)
{
	struct elf64_phdr seg;
	bool entry = false;
	unsigned int i;
	int ret;

	for (i = 0; i < elf->phnum; i++) {
		seg = fw_elf_get_segment(elf, i);
		if (!fw_elf_is_loaded(&seg))
			continue;
		ret = check_segment(elf, i, &seg);
		if (ret)
			return ret;
		/* Below the start, the difference wraps and is larger than any size. */
		if (elf->entry - seg.p_paddr < seg.p_memsz ||
		    elf->entry - seg.p_vaddr < seg.p_memsz)
			entry = true;
	}
	if (!entry) {
		fw_elf_err(elf, "entry point 0x%llx is in no segment\n", elf->entry);
		return -EINVAL;
	}
	return 0;
}

struct extent {
	u64 first;
	u64 last;
};

static int extent_cmp(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/**
 * fw_elf_check_overlap() - check the loaded segments, each and against each other
 * @elf: the view
 *
 * For who loads them all into one address space, where no two may share an address. That is not so
 * for all processors: there are some with one for code and one for data.
 *
 * Return: 0, -EINVAL, -EOVERFLOW as fw_elf_check_segments(), -ENOMEM.
 */
int fw_elf_check_overlap(const struct fw_elf *elf)
{
	struct elf64_phdr seg;
	struct extent *extents;
	unsigned int i, n = 0;
	int ret = 0;

	extents = kvmalloc_array(elf->phnum, sizeof(*extents), GFP_KERNEL);
	if (!extents)
		return -ENOMEM;

	for (i = 0; i < elf->phnum && !ret; i++) {
		seg = fw_elf_get_segment(elf, i);
		if (!fw_elf_is_loaded(&seg))
			continue;
		ret = check_segment(elf, i, &seg);
		extents[n].first = seg.p_paddr;
		extents[n++].last = seg.p_paddr + (seg.p_memsz - 1);
	}

	/* Sorted, because the file says how many there are. */
	if (!ret)
		sort(extents, n, sizeof(*extents), extent_cmp, NULL);
	for (i = 1; i < n && !ret; i++) {
		if (extents[i].first <= extents[i - 1].last) {
			fw_elf_err(elf, "segments overlap at address 0x%llx\n", extents[i].first);
			ret = -EINVAL;
		}
	}
	kvfree(extents);
	return ret;
}

static struct elf64_shdr get_section(const struct fw_elf *elf, unsigned int i)
{
	const u8 *at = elf->data + elf->shoff + (size_t)i * shdr_size(elf);
	struct elf32_shdr narrow;
	struct elf64_shdr wide;

	if (elf->class == ELFCLASS64) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return (struct elf64_shdr){
		.sh_name = narrow.sh_name,
		.sh_type = narrow.sh_type,
		.sh_flags = narrow.sh_flags,
		.sh_addr = narrow.sh_addr,
		.sh_offset = narrow.sh_offset,
		.sh_size = narrow.sh_size,
	};
}

static int check_contents(const struct fw_elf *elf, unsigned int i,
			  const struct elf64_shdr *sec)
{
	if (sec->sh_type == SHT_NOBITS || !fits(sec->sh_offset, sec->sh_size, elf->size)) {
		fw_elf_err(elf, "section %u: 0x%llx bytes at 0x%llx are not in the file\n", i,
			   sec->sh_size, sec->sh_offset);
		return -EINVAL;
	}
	return 0;
}

/**
 * fw_elf_find_section() - find a section by its name
 * @elf:  the view
 * @name: the name
 * @sec:  out: the section; its contents are inside the file
 *
 * Return: 0; -ENOENT when there is none; -EINVAL when the names or the section are not what they
 * say.
 */
int fw_elf_find_section(const struct fw_elf *elf, const char *name, struct elf64_shdr *sec)
{
	struct elf64_shdr strtab;
	const char *names;
	unsigned int i;
	int ret;

	if (elf->shstrndx == SHN_UNDEF)
		return -ENOENT;
	strtab = get_section(elf, elf->shstrndx);
	ret = check_contents(elf, elf->shstrndx, &strtab);
	if (ret)
		return ret;
	names = (const char *)elf->data + strtab.sh_offset;
	if (strtab.sh_type != SHT_STRTAB || !strtab.sh_size || names[strtab.sh_size - 1]) {
		fw_elf_err(elf, "section %u holds no names\n", elf->shstrndx);
		return -EINVAL;
	}

	for (i = 1; i < elf->shnum; i++) {
		*sec = get_section(elf, i);
		if (sec->sh_name >= strtab.sh_size) {
			fw_elf_err(elf, "section %u: name at 0x%x of 0x%llx bytes\n", i,
				   sec->sh_name, strtab.sh_size);
			return -EINVAL;
		}
		if (!strcmp(names + sec->sh_name, name))
			return check_contents(elf, i, sec);
	}
	return -ENOENT;
}
