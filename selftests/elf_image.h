/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small builder of firmware images: a right one, whose parts a test then spoils.
 *
 * The file is: ELF header, two program headers, the code (one segment), the resource table (the
 * other segment, with zeroed memory behind it for the trace buffer), the section names, four
 * section headers.
 */
#ifndef SELFTESTS_ELF_IMAGE_H
#define SELFTESTS_ELF_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define FIRMWARE_FOLDER	"/lib/firmware"

enum { ELF_SEGMENT_CODE, ELF_SEGMENT_TABLE, ELF_SEGMENTS };
enum { ELF_SECTION_NULL, ELF_SECTION_TEXT, ELF_SECTION_TABLE, ELF_SECTION_NAMES, ELF_SECTIONS };

struct elf_image {
	_Alignas(8) uint8_t	data[4096];
	size_t			size;

	/* The parts, inside data; the headers only of the class that was asked for. */
	Elf64_Ehdr		*ehdr64;
	Elf64_Phdr		*phdr64;
	Elf64_Shdr		*shdr64;
	Elf32_Ehdr		*ehdr32;
	Elf32_Phdr		*phdr32;
	Elf32_Shdr		*shdr32;
	uint8_t			*code;
	struct table		*table;
	char			*names;
};

#define ELF_CODE_SIZE	64
#define ELF_ENTRY	(MEM_ADDR + CODE_OFFSET + 16)

/* Builds an image of ELFCLASS32 or ELFCLASS64 around the first table_size bytes of the table. */
void elf_image_init(struct elf_image *image, int elf_class, const struct table *table,
		    size_t table_size);

/* Puts the bytes where request_firmware() finds them. Returns 0 or -errno. */
int firmware_install(const char *name, const void *bytes, size_t size);
void firmware_remove(const char *name);

#endif /* SELFTESTS_ELF_IMAGE_H */
