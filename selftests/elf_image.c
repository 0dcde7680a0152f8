// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small builder of firmware images, see elf_image.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_image.h"
#include "file.h"

static const char section_names[] = "\0.text\0.resource_table\0.shstrtab";

#define NAME_TEXT	1
#define NAME_TABLE	7
#define NAME_NAMES	23

/* What both classes are filled with. */
struct segment {
	uint64_t	offset;
	uint64_t	addr;
	uint64_t	filesz;
	uint64_t	memsz;
	uint32_t	flags;
};

struct section {
	uint32_t	name;
	uint32_t	type;
	uint64_t	offset;
	uint64_t	addr;
	uint64_t	size;
};

#define FILL_EHDR(image, bits, shoff) do {					\
	Elf##bits##_Ehdr *ehdr = (image)->ehdr##bits = (void *)(image)->data;	\
										\
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);					\
	ehdr->e_ident[EI_CLASS]		= ELFCLASS##bits;			\
	ehdr->e_ident[EI_DATA]		= ELFDATA2LSB;				\
	ehdr->e_ident[EI_VERSION]	= EV_CURRENT;				\
	ehdr->e_type			= ET_EXEC;				\
	ehdr->e_machine			= bits == 64 ? EM_X86_64 : EM_386;	\
	ehdr->e_version			= EV_CURRENT;				\
	ehdr->e_entry			= ELF_ENTRY;				\
	ehdr->e_phoff			= sizeof(Elf##bits##_Ehdr);		\
	ehdr->e_shoff			= (shoff);				\
	ehdr->e_ehsize			= sizeof(Elf##bits##_Ehdr);		\
	ehdr->e_phentsize		= sizeof(Elf##bits##_Phdr);		\
	ehdr->e_phnum			= ELF_SEGMENTS;				\
	ehdr->e_shentsize		= sizeof(Elf##bits##_Shdr);		\
	ehdr->e_shnum			= ELF_SECTIONS;				\
	ehdr->e_shstrndx		= ELF_SECTION_NAMES;			\
} while (0)

#define FILL_PHDR(phdr, segment) do {						\
	(phdr)->p_type		= PT_LOAD;					\
	(phdr)->p_flags		= (segment)->flags;				\
	(phdr)->p_offset	= (segment)->offset;				\
	(phdr)->p_vaddr		= (segment)->addr;				\
	(phdr)->p_paddr		= (segment)->addr;				\
	(phdr)->p_filesz	= (segment)->filesz;				\
	(phdr)->p_memsz		= (segment)->memsz;				\
	(phdr)->p_align		= 8;						\
} while (0)

#define FILL_SHDR(shdr, section) do {						\
	(shdr)->sh_name		= (section)->name;				\
	(shdr)->sh_type		= (section)->type;				\
	(shdr)->sh_addr		= (section)->addr;				\
	(shdr)->sh_offset	= (section)->offset;				\
	(shdr)->sh_size		= (section)->size;				\
	(shdr)->sh_addralign	= 8;						\
} while (0)

#define FILL_HEADERS(image, bits, segments, sections, shoff) do {		\
	unsigned int i;								\
										\
	FILL_EHDR(image, bits, shoff);						\
	(image)->phdr##bits = (void *)((image)->data + sizeof(Elf##bits##_Ehdr)); \
	(image)->shdr##bits = (void *)((image)->data + (shoff));		\
	for (i = 0; i < ELF_SEGMENTS; i++)					\
		FILL_PHDR(&(image)->phdr##bits[i], &(segments)[i]);		\
	for (i = 0; i < ELF_SECTIONS; i++)					\
		FILL_SHDR(&(image)->shdr##bits[i], &(sections)[i]);		\
	(image)->size = (shoff) + ELF_SECTIONS * sizeof(Elf##bits##_Shdr);	\
} while (0)

static size_t align8(size_t offset)
{
	return (offset + 7) & ~(size_t)7;
}

void elf_image_init(struct elf_image *image, int elf_class, const struct table *table,
		    size_t table_size)
{
	const size_t head = elf_class == ELFCLASS64 ?
		sizeof(Elf64_Ehdr) + ELF_SEGMENTS * sizeof(Elf64_Phdr) :
		sizeof(Elf32_Ehdr) + ELF_SEGMENTS * sizeof(Elf32_Phdr);
	const size_t code = align8(head);
	const size_t table_at = code + ELF_CODE_SIZE;
	const size_t names = align8(table_at + table_size);
	const size_t shoff = align8(names + sizeof(section_names));
	const struct segment segments[ELF_SEGMENTS] = {
		[ELF_SEGMENT_CODE] = {
			.offset	= code,
			.addr	= MEM_ADDR + CODE_OFFSET,
			.filesz	= ELF_CODE_SIZE,
			.memsz	= CODE_SIZE,
			.flags	= PF_R | PF_X,
		},
		[ELF_SEGMENT_TABLE] = {
			.offset	= table_at,
			.addr	= MEM_ADDR + TABLE_OFFSET,
			.filesz	= table_size,
			.memsz	= TRACE_OFFSET - TABLE_OFFSET + TRACE_SIZE,
			.flags	= PF_R | PF_W,
		},
	};
	const struct section sections[ELF_SECTIONS] = {
		[ELF_SECTION_TEXT] = {
			NAME_TEXT, SHT_PROGBITS, code, MEM_ADDR + CODE_OFFSET, ELF_CODE_SIZE,
		},
		[ELF_SECTION_TABLE] = {
			NAME_TABLE, SHT_PROGBITS, table_at, MEM_ADDR + TABLE_OFFSET, table_size,
		},
		[ELF_SECTION_NAMES] = {
			NAME_NAMES, SHT_STRTAB, names, 0, sizeof(section_names),
		},
	};

	memset(image, 0, sizeof(*image));
	if (elf_class == ELFCLASS64)
		FILL_HEADERS(image, 64, segments, sections, shoff);
	else
		FILL_HEADERS(image, 32, segments, sections, shoff);

	image->code = image->data + code;
	image->table = (void *)(image->data + table_at);
	image->names = (char *)image->data + names;

	memset(image->code, 0xcc, ELF_CODE_SIZE);	/* int3, should anything run it */
	memcpy(image->table, table, table_size);
	memcpy(image->names, section_names, sizeof(section_names));
}

int firmware_install(const char *name, const void *bytes, size_t size)
{
	char path[FILE_PATH_MAX];

	if (mkdir(FIRMWARE_FOLDER, 0755) && errno != EEXIST)
		return -errno;
	return file_make(file_path(path, FIRMWARE_FOLDER "/%s", name), bytes, size);
}

void firmware_remove(const char *name)
{
	char path[FILE_PATH_MAX];

	unlink(file_path(path, FIRMWARE_FOLDER "/%s", name));
}
