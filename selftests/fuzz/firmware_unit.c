// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The code that reads firmware, in user space: images that are right are loaded, those that are
 * spoilt are refused with the errors that the kernel has for them, and one line in the log.
 */
#include <errno.h>
#include <string.h>

#include "../../lib/test/tap.h"
#include "../elf_image.h"
#include "loader.h"

/* A case of elf_spoilers.h. */
struct spoilt {
	const char *name;
	int elf_class;
	void (*spoil)(struct elf_image *image);
	int result;
};

static struct spoilt spoilt[256];
static unsigned int spoilt_count;

#define SPOILED_CASE(what, bits, errno_)					\
	static void __attribute__((constructor)) add_##what##_##bits(void)	\
	{									\
		spoilt[spoilt_count++] = (struct spoilt){			\
			#what " in class " #bits, ELFCLASS##bits, what##_##bits, -(errno_), \
		};								\
	}									\
	_Static_assert(1, #what)

#include "../elf_spoilers.h"

static uint8_t mem[IMAGE_SIZE];

static struct loader new_loader(void)
{
	memset(mem, 0xee, sizeof(mem));
	return (struct loader){ .da = MEM_ADDR, .mem = mem, .size = sizeof(mem) };
}

static void new_image(struct elf_image *image, int elf_class)
{
	struct table table;

	table_init(&table);
	elf_image_init(image, elf_class, &table, sizeof(table));
}

static void test_right(int elf_class)
{
	struct loader l = new_loader();
	struct elf_image image;

	new_image(&image, elf_class);
	EQUAL(loader_run(&l, image.data, image.size), 0);
	EQUAL(l.errors, 0);
	EQUAL(l.entries, 3);
	EQUAL(l.boot_addr, ELF_ENTRY);
	CHECK(!memcmp(mem + CODE_OFFSET, image.code, ELF_CODE_SIZE));
	/* What the file does not have of a segment is zero; what is in none is left alone */
	EQUAL(mem[CODE_OFFSET + ELF_CODE_SIZE], 0);
	EQUAL(mem[CODE_OFFSET + CODE_SIZE - 1], 0);
	EQUAL(mem[TRACE_OFFSET + TRACE_SIZE], 0xee);
	CHECK(l.table == mem + TABLE_OFFSET);
	CHECK(strstr(l.text, "version 1, 3 entries"));
	CHECK(strstr(l.text, "carveout image: 0x4000 bytes at 0x20000000"));
	CHECK(strstr(l.text, "vring 1: 16 buffers"));
}

static void test_spoilt(const struct spoilt *s)
{
	struct loader l = new_loader();
	struct elf_image image;
	bool ok;

	new_image(&image, s->elf_class);
	s->spoil(&image);
	ok = loader_run(&l, image.data, image.size) == s->result && l.errors == 1;
	tap_result(ok, __FILE_NAME__, __LINE__, s->name);
}

/* Nothing that is cut off may be read behind its end, nor accepted. */
static void test_cut(int elf_class)
{
	struct loader l = new_loader();
	struct elf_image image;
	size_t size, accepted = 0;

	new_image(&image, elf_class);
	for (size = 0; size < image.size; size++)
		accepted += !loader_run(&l, image.data, size);
	EQUAL(accepted, 0);
}

/* Each bit of the file: whatever it means then, nothing is read or written outside. */
static void test_flipped(int elf_class)
{
	struct loader l = new_loader();
	struct elf_image image;
	size_t i, accepted = 0;

	new_image(&image, elf_class);
	for (i = 0; i < image.size * 8; i++) {
		image.data[i / 8] ^= 1u << i % 8;
		accepted += !loader_run(&l, image.data, image.size);
		image.data[i / 8] ^= 1u << i % 8;
	}
	CHECK(accepted > 0 && accepted < image.size * 8);
}

static void test_machine(void)
{
	struct loader l = new_loader();
	struct elf_image image;

	new_image(&image, ELFCLASS64);
	l.machine = EM_X86_64;
	EQUAL(loader_run(&l, image.data, image.size), 0);
	l.machine = EM_AARCH64;
	EQUAL(loader_run(&l, image.data, image.size), -EINVAL);
	EQUAL(l.errors, 1);
	image.ehdr64->e_machine = EM_AARCH64;
	EQUAL(loader_run(&l, image.data, image.size), 0);
}

/* The entry point may be where a segment runs instead of where it is loaded. */
static void test_entry(void)
{
	struct loader l = new_loader();
	struct elf_image image;

	new_image(&image, ELFCLASS32);
	image.phdr32[ELF_SEGMENT_CODE].p_vaddr = 0x80000000;
	EQUAL(loader_run(&l, image.data, image.size), 0);
	image.ehdr32->e_entry = 0x80000000 + CODE_SIZE - 1;
	EQUAL(loader_run(&l, image.data, image.size), 0);
	EQUAL(l.boot_addr, 0x80000000 + CODE_SIZE - 1);
	image.ehdr32->e_entry = 0x80000000 + CODE_SIZE;
	EQUAL(loader_run(&l, image.data, image.size), -EINVAL);
	image.ehdr32->e_entry = 0x80000000 - 1;
	EQUAL(loader_run(&l, image.data, image.size), -EINVAL);
}

/* Answers written into an entry must not change what another was checked for. */
static void test_overlapping_entries(void)
{
	struct loader l = new_loader();
	struct table table;
	uint32_t offset;

	table_init(&table);
	table.head.count = 4;
	for (offset = 0; offset < sizeof(table); offset++) {
		table.offset[3] = offset;
		loader_read_table(&l, &table, sizeof(table));
	}
	table.offset[3] = table.offset[2];
	EQUAL(loader_read_table(&l, &table, sizeof(table)), 0);
	EQUAL(l.entries, 4);
}

/* All that the remote could write into its table, as far as debugfs goes. */
static void test_shown(void)
{
	struct loader l = new_loader();
	struct table table;

	table_init(&table);
	table.head.count = UINT32_MAX;
	EQUAL(loader_read_table(&l, &table, sizeof(table)), -EINVAL);
	CHECK(strstr(l.text, "beyond the end of the table"));

	table_init(&table);
	table.vdev.num_of_vrings = 255;
	EQUAL(loader_read_table(&l, &table, sizeof(table)), -EINVAL);
	CHECK(strstr(l.text, "253 vrings more"));

	/* Ends behind the first vring */
	table_init(&table);
	EQUAL(loader_read_table(&l, &table, offsetof(struct table, vdev.vring[1])), -EINVAL);
	CHECK(strstr(l.text, "vring 0: 16 buffers"));
	CHECK(strstr(l.text, "vring 1: beyond the end of the table"));

	table_init(&table);
	table.carveout.type = TABLE_UNKNOWN;
	EQUAL(loader_read_table(&l, &table, sizeof(table)), 0);
	CHECK(strstr(l.text, "type 99\n"));
	EQUAL(l.entries, 3);

	/* Names without an end, and such as would be lines, or words to a terminal */
	table_init(&table);
	memset(table.carveout.name, 'x', sizeof(table.carveout.name));
	memcpy(table.trace.name, "a\nentry 7\\\x1b[2J\x80", 16);
	EQUAL(loader_read_table(&l, &table, sizeof(table)), 0);
	CHECK(strstr(l.text, "carveout xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: 0x4000 bytes"));
	CHECK(strstr(l.text, "trace a\\x0aentry 7\\x5c\\x1b[2J\\x80: 0x1000 bytes"));
}

int main(void)
{
	unsigned int i;

	test_right(ELFCLASS32);
	test_right(ELFCLASS64);
	for (i = 0; i < spoilt_count; i++)
		test_spoilt(&spoilt[i]);
	test_cut(ELFCLASS32);
	test_cut(ELFCLASS64);
	test_flipped(ELFCLASS32);
	test_flipped(ELFCLASS64);
	test_machine();
	test_entry();
	test_overlapping_entries();
	test_shown();
	return tap_done();
}
