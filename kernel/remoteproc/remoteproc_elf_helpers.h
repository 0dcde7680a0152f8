/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fields of ELF headers of either class, for drivers that look into or write ELF files themselves.
 *
 * Kernel packages do not install the header of this name, so this is ours, with the same names:
 *   elf_hdr_get_e_entry(class, header), elf_phdr_get_p_paddr(...), elf_shdr_get_sh_addr(...), ...
 *   elf_hdr_set_e_entry(class, header, value), ...
 *   elf_size_of_hdr(class), elf_size_of_phdr(class), elf_size_of_shdr(class)
 * Nothing is checked here; the caller knows that the header is inside what it has.
 */
#ifndef REMOTEPROC_ELF_HELPERS_H
#define REMOTEPROC_ELF_HELPERS_H

#include <linux/elf.h>
#include <linux/firmware.h>
#include <linux/string.h>
#include <linux/types.h>

/* The class has the same place in both. */
static inline u8 fw_elf_get_class(const struct firmware *fw)
{
	return fw->data[EI_CLASS];
}

static inline void elf_hdr_init_ident(struct elf32_hdr *hdr, u8 class)
{
	hdr->e_ident[EI_MAG0] = ELFMAG0;
	hdr->e_ident[EI_MAG1] = ELFMAG1;
	hdr->e_ident[EI_MAG2] = ELFMAG2;
	hdr->e_ident[EI_MAG3] = ELFMAG3;
	hdr->e_ident[EI_OSABI] = ELFOSABI_NONE;
	hdr->e_ident[EI_VERSION] = EV_CURRENT;
	hdr->e_ident[EI_DATA] = ELFDATA2LSB;
	hdr->e_ident[EI_CLASS] = class;
}

#define RPROC_ELF_FIELD(kind, prefix, field, type)					\
static inline type elf_##kind##_get_##prefix##_##field(u8 class, const void *at)	\
{											\
	const struct elf32_##kind *narrow = at;						\
	const struct elf64_##kind *wide = at;						\
											\
	return class == ELFCLASS32 ? (type)narrow->prefix##_##field			\
				   : (type)wide->prefix##_##field;			\
}											\
static inline void elf_##kind##_set_##prefix##_##field(u8 class, void *at, type value)	\
{											\
	struct elf32_##kind *narrow = at;						\
	struct elf64_##kind *wide = at;							\
											\
	if (class == ELFCLASS32)							\
		narrow->prefix##_##field = value;					\
	else										\
		wide->prefix##_##field = value;						\
}

#define RPROC_ELF_SIZE(kind)								\
static inline unsigned long elf_size_of_##kind(u8 class)				\
{											\
	return class == ELFCLASS32 ? sizeof(struct elf32_##kind)			\
				   : sizeof(struct elf64_##kind);			\
}

RPROC_ELF_SIZE(hdr)
RPROC_ELF_FIELD(hdr, e, type, u16)
RPROC_ELF_FIELD(hdr, e, machine, u16)
RPROC_ELF_FIELD(hdr, e, version, u32)
RPROC_ELF_FIELD(hdr, e, entry, u64)
RPROC_ELF_FIELD(hdr, e, phoff, u64)
RPROC_ELF_FIELD(hdr, e, shoff, u64)
RPROC_ELF_FIELD(hdr, e, ehsize, u32)
RPROC_ELF_FIELD(hdr, e, phentsize, u16)
RPROC_ELF_FIELD(hdr, e, phnum, u16)
RPROC_ELF_FIELD(hdr, e, shentsize, u16)
RPROC_ELF_FIELD(hdr, e, shnum, u16)
RPROC_ELF_FIELD(hdr, e, shstrndx, u16)

RPROC_ELF_SIZE(phdr)
RPROC_ELF_FIELD(phdr, p, type, u32)
RPROC_ELF_FIELD(phdr, p, flags, u32)
RPROC_ELF_FIELD(phdr, p, offset, u64)
RPROC_ELF_FIELD(phdr, p, vaddr, u64)
RPROC_ELF_FIELD(phdr, p, paddr, u64)
RPROC_ELF_FIELD(phdr, p, filesz, u64)
RPROC_ELF_FIELD(phdr, p, memsz, u64)
RPROC_ELF_FIELD(phdr, p, align, u64)

RPROC_ELF_SIZE(shdr)
RPROC_ELF_FIELD(shdr, sh, name, u32)
RPROC_ELF_FIELD(shdr, sh, type, u32)
RPROC_ELF_FIELD(shdr, sh, flags, u32)
RPROC_ELF_FIELD(shdr, sh, addr, u64)
RPROC_ELF_FIELD(shdr, sh, offset, u64)
RPROC_ELF_FIELD(shdr, sh, size, u64)
RPROC_ELF_FIELD(shdr, sh, entsize, u16)

#undef RPROC_ELF_FIELD
#undef RPROC_ELF_SIZE

#endif /* REMOTEPROC_ELF_HELPERS_H */
