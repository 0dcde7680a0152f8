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

#define SPOILED_CASE(what, bits, errno_)					\
	FIXTURE_VARIANT_ADD(firmware, what##_##bits)				\
	{									\
		.elf_class	= ELFCLASS##bits,				\
		.spoil		= what##_##bits,				\
		.result		= -(errno_),					\
	}

#include "elf_spoilers.h"

TEST_F(firmware, is_refused)
{
	struct processor *p = &self->processor;

	variant->spoil(&self->image);
	ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, self->image.data, self->image.size));

	ASSERT_EQ(variant->result, processor_start(p));
	EXPECT_EQ(1, kmsg_failures(&self->log, self->device));
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
	EXPECT_EQ(1, kmsg_failures(&self->log, self->device));
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
