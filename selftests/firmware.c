// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Firmware files that are wrong. Each is refused with an exact errno from the write to `state` and
 * one clear line in the kernel's log, leaves the processor offline, and does not keep it from
 * starting with a file that is right.
 */
#include <errno.h>
#include <string.h>

#include "elf_image.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"

FIXTURE(firmware)
{
	struct processor processor;
	struct elf_image image;
	struct kmsg log;
	char device[32];
};

/* How an image is spoilt, and what the start of a processor with it returns. */
FIXTURE_VARIANT(firmware)
{
	int elf_class;
	void (*spoil)(struct elf_image *image);
	int result;
};

FIXTURE_SETUP(firmware)
{
	struct table table;

	table_init(&table);
	elf_image_init(&self->image, variant->elf_class, &table, sizeof(table));
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, kmsg_open(&self->log));
	snprintf(self->device, sizeof(self->device), "remoteproc%u", self->processor.index);
}

FIXTURE_TEARDOWN(firmware)
{
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* A spoiler and the two variants, one a class, that it makes. "elf" is what it changes. */
#define SPOILED64(what, errno_, ...)						\
	static void what##_64(struct elf_image *image)				\
	{									\
		Elf64_Ehdr *ehdr __attribute__((unused)) = image->ehdr64;	\
		Elf64_Phdr *phdr __attribute__((unused)) = image->phdr64;	\
		Elf64_Shdr *shdr __attribute__((unused)) = image->shdr64;	\
										\
		__VA_ARGS__;							\
	}									\
	FIXTURE_VARIANT_ADD(firmware, what##_64)				\
	{									\
		.elf_class	= ELFCLASS64,					\
		.spoil		= what##_64,					\
		.result		= -(errno_),					\
	}

#define SPOILED32(what, errno_, ...)						\
	static void what##_32(struct elf_image *image)				\
	{									\
		Elf32_Ehdr *ehdr __attribute__((unused)) = image->ehdr32;	\
		Elf32_Phdr *phdr __attribute__((unused)) = image->phdr32;	\
		Elf32_Shdr *shdr __attribute__((unused)) = image->shdr32;	\
										\
		__VA_ARGS__;							\
	}									\
	FIXTURE_VARIANT_ADD(firmware, what##_32)				\
	{									\
		.elf_class	= ELFCLASS32,					\
		.spoil		= what##_32,					\
		.result		= -(errno_),					\
	}

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

/* The table of segments */
SPOILED(no_segments, EINVAL, ehdr->e_phnum = 0);
SPOILED(segments_end_beyond, EINVAL, ehdr->e_phnum = 0xffff);
SPOILED(segments_start_beyond, EINVAL, ehdr->e_phoff = image->size + 1);
SPOILED(segments_half_beyond, EINVAL, ehdr->e_phoff = image->size - sizeof(*phdr) / 2);
SPOILED(segments_wrap, EINVAL, ehdr->e_phoff = -(int)sizeof(*phdr));

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
SPOILED(name_beyond, EINVAL, shdr[ELF_SECTION_TABLE].sh_name = 0x7fffffff);
SPOILED(no_resource_table, EINVAL, image->names[8] = '_');
SPOILED(resource_table_beyond, EINVAL, shdr[ELF_SECTION_TABLE].sh_offset = image->size + 1);
SPOILED(resource_table_half_beyond, EINVAL,
	shdr[ELF_SECTION_TABLE].sh_offset = image->size - sizeof(struct table) / 2);
SPOILED(resource_table_wraps, EINVAL, shdr[ELF_SECTION_TABLE].sh_offset = -8);
SPOILED(resource_table_huge, EINVAL, shdr[ELF_SECTION_TABLE].sh_size = 0xfffffff0);
SPOILED(resource_table_empty, EINVAL, shdr[ELF_SECTION_TABLE].sh_size = 0);

/* What remoteproc itself says; the kernel's loader of firmware may have a word of its own. */
static int errors_about(struct kmsg *log, const char *device)
{
	return kmsg_count(log, KMSG_ERR, device) - kmsg_count(log, KMSG_ERR, ": firmware: ");
}

TEST_F(firmware, is_refused)
{
	struct processor *p = &self->processor;

	variant->spoil(&self->image);
	ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, self->image.data, self->image.size));

	ASSERT_EQ(variant->result, processor_start(p));
	EXPECT_EQ(1, errors_about(&self->log, self->device));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(0, p->starts);

	ASSERT_EQ(0, processor_install_firmware());
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
}

FIXTURE(firmware_file)
{
	struct processor processor;
	struct kmsg log;
	char device[32];
};

FIXTURE_SETUP(firmware_file)
{
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, kmsg_open(&self->log));
	snprintf(self->device, sizeof(self->device), "remoteproc%u", self->processor.index);
}

FIXTURE_TEARDOWN(firmware_file)
{
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

TEST_F(firmware_file, missing)
{
	firmware_remove(PROCESSOR_FIRMWARE);
	EXPECT_EQ(-ENOENT, processor_start(&self->processor));
	EXPECT_EQ(1, errors_about(&self->log, self->device));
	EXPECT_TRUE(processor_state_is(&self->processor, "offline"));
}

/* Whatever was cut off: the headers of the sections are last, so no prefix is a right image. */
TEST_F_TIMEOUT(firmware_file, truncated, 300)
{
	static const int classes[] = { ELFCLASS32, ELFCLASS64 };
	struct processor *p = &self->processor;
	struct elf_image image;
	struct table table;
	unsigned int i;
	size_t size;

	table_init(&table);
	for (i = 0; i < 2; i++) {
		elf_image_init(&image, classes[i], &table, sizeof(table));

		/* Each byte of the headers; then now and then; then the last bytes */
		for (size = 0; size < image.size; size++) {
			if (size > sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) && size % 61 &&
			    size + 3 < image.size)
				continue;
			ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, image.data, size));
			EXPECT_EQ(-EINVAL, processor_start(p)) {
				TH_LOG("class %d cut to %zu of %zu bytes", classes[i], size,
				       image.size);
			}
		}
	}
	EXPECT_EQ(0, p->starts);
	EXPECT_TRUE(processor_state_is(p, "offline"));
}

/*
 * A table that is in no memory is for the kernel alone: it writes its answers nowhere, least of all
 * outside of the processor's memory.
 */
TEST_F(firmware_file, table_not_loaded)
{
	static const uint32_t addresses[] = {
		0, MEM_ADDR - 16, MEM_ADDR + IMAGE_SIZE - sizeof(struct table) / 2,
		MEM_ADDR + IMAGE_SIZE, MEM_ADDR + MEM_SIZE - 16, MEM_ADDR + MEM_SIZE,
		UINT32_MAX - 16,
	};
	struct processor *p = &self->processor;
	struct elf_image image;
	struct table table;
	unsigned int i;

	table_init(&table);
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		image.shdr64[ELF_SECTION_TABLE].sh_addr = addresses[i];
		ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, image.data, image.size));
		ASSERT_EQ(0, processor_start(p));
		EXPECT_EQ(TABLE_ANY, processor_table(p)->vdev.vring[0].da);
		ASSERT_EQ(0, processor_stop(p));
	}
}

/* Zero as a size in memory: nothing to load, nothing wrong. */
TEST_F(firmware_file, empty_segment)
{
	struct elf_image image;
	struct table table;

	table_init(&table);
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	image.phdr64[ELF_SEGMENT_CODE].p_type = PT_NOTE;
	image.phdr64[ELF_SEGMENT_CODE].p_paddr = 0;
	image.ehdr64->e_entry = MEM_ADDR + TABLE_OFFSET;
	ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, image.data, image.size));
	EXPECT_EQ(0, processor_start(&self->processor));
	EXPECT_EQ(MEM_ADDR + TABLE_OFFSET, self->processor.boot_addr);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
