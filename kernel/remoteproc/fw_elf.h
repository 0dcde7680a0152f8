/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF file of either class, checked. See fw_elf.c.
 */
#ifndef FW_ELF_H
#define FW_ELF_H

#include <linux/elf.h>
#include <linux/types.h>

struct device;

/**
 * struct fw_elf - an ELF file in memory
 * @dev:      for messages
 * @name:     of the file, for messages
 * @data:     the file
 * @size:     its bytes
 * @class:    ELFCLASS32 or ELFCLASS64
 * @type:     e_type
 * @machine:  e_machine
 * @entry:    e_entry
 * @phoff:    start of the program headers, which are all inside the file
 * @shoff:    start of the section headers, which are all inside the file
 * @phnum:    program headers, at least one
 * @shnum:    section headers, or 0
 * @shstrndx: the section with the names of sections; less than @shnum, or 0 for none
 */
struct fw_elf {
	struct device *dev;
	const char *name;
	const u8 *data;
	size_t size;
	u8 class;
	u16 type;
	u16 machine;
	u64 entry;
	u64 phoff;
	u64 shoff;
	u16 phnum;
	u16 shnum;
	u16 shstrndx;
};

/* Headers are those of 64 bits, whatever the file has. */
int fw_elf_open(struct fw_elf *elf, struct device *dev, const char *name, const void *data,
		size_t size);
struct elf64_phdr fw_elf_get_segment(const struct fw_elf *elf, unsigned int i);
bool fw_elf_is_loaded(const struct elf64_phdr *seg);
int fw_elf_check_segments(const struct fw_elf *elf);
int fw_elf_check_overlap(const struct fw_elf *elf);
int fw_elf_find_section(const struct fw_elf *elf, const char *name, struct elf64_shdr *sec);

#endif /* FW_ELF_H */
