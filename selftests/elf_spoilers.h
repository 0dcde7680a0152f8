/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to spoil an ELF image, in both classes where both can have it.
 *
 * Who includes this defines before that SPOILED_CASE(what, bits, errno), which makes a case of the
 * function what_bits(image) and the error that starting the image fails with.
 */
#ifndef SELFTESTS_ELF_SPOILERS_H
#define SELFTESTS_ELF_SPOILERS_H

#include "elf_image.h"

#define SPOILED_IN(bits, what, errno_, ...)					\
	static void what##_##bits(struct elf_image *image)			\
	{									\
		Elf##bits##_Ehdr *ehdr __attribute__((unused)) = image->ehdr##bits; \
		Elf##bits##_Phdr *phdr __attribute__((unused)) = image->phdr##bits; \
		Elf##bits##_Shdr *shdr __attribute__((unused)) = image->shdr##bits; \
										\
		__VA_ARGS__;							\
	}									\
	SPOILED_CASE(what, bits, errno_)

#define SPOILED32(what, errno_, ...)	SPOILED_IN(32, what, errno_, __VA_ARGS__)
#define SPOILED64(what, errno_, ...)	SPOILED_IN(64, what, errno_, __VA_ARGS__)
#define SPOILED(what, errno_, ...)						\
	SPOILED64(what, errno_, __VA_ARGS__);					\
	SPOILED32(what, errno_, __VA_ARGS__)

SPOILED64(empty, EINVAL, image->size = 0);
SPOILED64(one_byte, EINVAL, image->size = 1);
SPOILED64(text, EINVAL, memcpy(image->data, "#!/bin/sh\n", 10));
SPOILED64(zeroes, EINVAL, memset(image->data, 0, image->size));
SPOILED(magic, EINVAL, ehdr->e_ident[EI_MAG3] = 'G');
SPOILED(no_class, EINVAL, ehdr->e_ident[EI_CLASS] = ELFCLASSNONE);
SPOILED(wrong_class, EINVAL, ehdr->e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64);
SPOILED(wrong_endian, EINVAL, ehdr->e_ident[EI_DATA] = ELFDATA2MSB);
SPOILED(object_file, EINVAL, ehdr->e_type = ET_REL);
SPOILED(core_file, EINVAL, ehdr->e_type = ET_CORE);
SPOILED(no_type, EINVAL, ehdr->e_type = ET_NONE);

/* The table of segments */
SPOILED(no_segments, EINVAL, ehdr->e_phnum = 0);
SPOILED(segments_end_beyond, EINVAL, ehdr->e_phnum = 0xffff);
SPOILED(segments_start_beyond, EINVAL, ehdr->e_phoff = image->size + 1);
SPOILED(segments_half_beyond, EINVAL, ehdr->e_phoff = image->size - sizeof(*phdr) / 2);
SPOILED(segments_wrap, EINVAL, ehdr->e_phoff = -(int)sizeof(*phdr));
SPOILED(small_segment_headers, EINVAL, ehdr->e_phentsize = sizeof(*phdr) - 4);
SPOILED(large_segment_headers, EINVAL, ehdr->e_phentsize = sizeof(*phdr) + 8);
SPOILED(no_segment_headers, EINVAL, ehdr->e_phentsize = 0);

/* The segments */
SPOILED(bytes_start_beyond, EINVAL, phdr->p_offset = image->size + 1);
SPOILED(bytes_end_beyond, EINVAL, phdr->p_offset = image->size - phdr->p_filesz + 1);
SPOILED(bytes_wrap, EINVAL, phdr->p_offset = -8);
SPOILED(bytes_more_than_memory, EINVAL, phdr->p_memsz = phdr->p_filesz - 1);
SPOILED(below_memory, EINVAL, phdr->p_paddr = MEM_ADDR - CODE_SIZE);
SPOILED(behind_memory, EINVAL, phdr->p_paddr = MEM_ADDR + MEM_SIZE);
SPOILED(half_behind_memory, EINVAL, phdr->p_paddr = MEM_ADDR + MEM_SIZE - CODE_SIZE / 2);
SPOILED(larger_than_memory, EINVAL, phdr->p_memsz = MEM_SIZE + 1);
SPOILED64(larger_than_address_space, EOVERFLOW, phdr->p_memsz = UINT64_MAX - 0xfff);
SPOILED64(address_wraps, EOVERFLOW, phdr->p_paddr = UINT64_MAX - CODE_SIZE / 2);
SPOILED32(address_wraps, EINVAL, phdr->p_paddr = UINT32_MAX - CODE_SIZE / 2);
SPOILED64(address_above_4g, EINVAL, phdr->p_paddr = (1ull << 32) + MEM_ADDR);
SPOILED(overlapping, EINVAL, phdr[1].p_paddr = phdr[0].p_paddr + CODE_SIZE / 2);
SPOILED(overlapping_by_a_byte, EINVAL,
	phdr[1].p_paddr = phdr[0].p_paddr + phdr[0].p_memsz - 1);
SPOILED(on_one_another, EINVAL, phdr[0].p_paddr = phdr[1].p_paddr);

/* Where to start */
SPOILED(entry_below_memory, EINVAL, ehdr->e_entry = MEM_ADDR - 16);
SPOILED(entry_behind_memory, EINVAL, ehdr->e_entry = MEM_ADDR + MEM_SIZE);
SPOILED(entry_in_no_segment, EINVAL, ehdr->e_entry = MEM_ADDR + MEM_SIZE - 16);
SPOILED64(entry_above_4g, EINVAL, ehdr->e_entry = (1ull << 32) + ELF_ENTRY);

/* The table of sections, where the resource table is found by name */
SPOILED(sections_start_beyond, EINVAL, ehdr->e_shoff = image->size + 1);
SPOILED(sections_end_beyond, EINVAL, ehdr->e_shnum = ELF_SECTIONS + 1);
SPOILED(sections_wrap, EINVAL, ehdr->e_shoff = -(int)sizeof(*shdr));
SPOILED(no_sections, EINVAL, ehdr->e_shnum = 0; ehdr->e_shoff = 0; ehdr->e_shstrndx = 0);
SPOILED(small_section_headers, EINVAL, ehdr->e_shentsize = 8);
SPOILED(names_in_no_section, EINVAL, ehdr->e_shstrndx = ELF_SECTIONS);
SPOILED(names_start_beyond, EINVAL, shdr[ELF_SECTION_NAMES].sh_offset = image->size + 1);
SPOILED(names_wrap, EINVAL, shdr[ELF_SECTION_NAMES].sh_offset = -8);
SPOILED(names_end_beyond, EINVAL, shdr[ELF_SECTION_NAMES].sh_size = image->size);
SPOILED(names_without_end, EINVAL, shdr[ELF_SECTION_NAMES].sh_size -= 1);
SPOILED(names_empty, EINVAL, shdr[ELF_SECTION_NAMES].sh_size = 0);
SPOILED(names_of_no_names, EINVAL, shdr[ELF_SECTION_NAMES].sh_type = SHT_PROGBITS);
SPOILED(names_not_there, EINVAL, shdr[ELF_SECTION_NAMES].sh_type = SHT_NOBITS);
SPOILED(name_behind_names, EINVAL,
	shdr[ELF_SECTION_TABLE].sh_name = shdr[ELF_SECTION_NAMES].sh_size);
SPOILED(name_beyond, EINVAL, shdr[ELF_SECTION_TABLE].sh_name = 0x7fffffff);
SPOILED(no_resource_table, EINVAL, image->names[8] = '_');
SPOILED(resource_table_beyond, EINVAL, shdr[ELF_SECTION_TABLE].sh_offset = image->size + 1);
SPOILED(resource_table_half_beyond, EINVAL,
	shdr[ELF_SECTION_TABLE].sh_offset = image->size - sizeof(struct table) / 2);
SPOILED(resource_table_wraps, EINVAL, shdr[ELF_SECTION_TABLE].sh_offset = -8);
SPOILED(resource_table_not_there, EINVAL, shdr[ELF_SECTION_TABLE].sh_type = SHT_NOBITS);
SPOILED(resource_table_huge, EINVAL, shdr[ELF_SECTION_TABLE].sh_size = 0xfffffff0);
SPOILED(resource_table_empty, EINVAL, shdr[ELF_SECTION_TABLE].sh_size = 0);

#endif /* SELFTESTS_ELF_SPOILERS_H */
