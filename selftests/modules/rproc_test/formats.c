// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Firmware formats: those that are there, one that a module registers, and who decides between
 * them. Mainline's core has none, so this file is left out there.
 *
 * FW_ELF is an image of ELFCLASS64 for x86-64 whose code is bytes 0xcc from REMOTE_DA, with its
 * resource table a page behind; FW_BYTES starts with FORMAT_TEXT and has 100 bytes.
 */
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/module.h>
#include <linux/remoteproc_format.h>
#include <linux/string.h>

#include "test.h"

#define FORMAT_TEXT	"no firmware at all"
#define BYTES_SIZE	100
#define SEGMENT_SIZE	256
#define TABLE_OFFSET	0x800
#define ELF_BOOT	(REMOTE_DA + 16)
#define ELF_TABLE	0x1000

/* A driver without operations for firmware; its memory comes and goes with each boot. */
static int format_prepare(struct rproc *rproc)
{
	struct test *t = to_test(rproc);

	return remote_add_memory(t, "image") ? remote_note(t, "prepare") : -ENOMEM;
}

static int format_add(struct test *t, const char *firmware)
{
	struct rproc_ops ops = remote_ops;
	int ret;

	memset(t->mem, 0xee, REMOTE_SIZE);
	ops.prepare = format_prepare;
	ops.load = NULL;
	ops.sanity_check = NULL;
	ops.get_boot_addr = NULL;
	ops.parse_fw = NULL;
	ops.find_loaded_rsc_table = NULL;
	ret = remote_alloc(t, &ops, firmware);
	return ret ? ret : remote_add(t, NULL);
}

static void add_table(struct test *t)
{
	struct fw_rsc_trace *trace = table_add(t, RSC_TRACE, sizeof(*trace));

	trace->da = REMOTE_DA;
	trace->len = 16;
}

/* Firmware of FW_BYTES is loaded at @offset, and nothing else. */
static void expect_loaded(struct test *t, size_t offset, size_t size)
{
	u8 *at = t->mem + offset;

	EXPECT(t, !memcmp(at, FORMAT_TEXT, sizeof(FORMAT_TEXT)));
	EXPECT(t, !memchr_inv(at + sizeof(FORMAT_TEXT), 0, size - sizeof(FORMAT_TEXT)));
	EXPECT_EQ(t, 0xee, at[size]);
	if (offset)
		EXPECT_EQ(t, 0xee, at[-1]);
}

static void elf_is_the_default(struct test *t)
{
	u8 *mem = t->mem;

	ASSERT_EQ(t, 0, format_add(t, FW_ELF));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, ELF_BOOT, t->rproc->bootaddr);
	EXPECT_EQ(t, 0xcc, mem[0]);
	EXPECT_EQ(t, 0xcc, mem[63]);
	EXPECT_EQ(t, 0, mem[64]);
	EXPECT(t, t->rproc->table_ptr == t->mem + ELF_TABLE);
	EXPECT_EQ(t, 2, t->rproc->table_ptr->num);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "prepare start stop unprepare");
}

static void unknown_is_refused(struct test *t)
{
	ASSERT_EQ(t, 0, format_add(t, FW_BYTES));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_LOG(t, "");
}

static void machine_is_stated(struct test *t)
{
	ASSERT_EQ(t, 0, format_add(t, FW_ELF));
	EXPECT_EQ(t, 0, rproc_coredump_set_elf_info(t->rproc, ELFCLASS64, EM_AARCH64));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_LOG(t, "");
	EXPECT_EQ(t, 0, rproc_coredump_set_elf_info(t->rproc, ELFCLASS64, EM_X86_64));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

static bool first_probe(struct rproc *rproc, const struct firmware *fw)
{
	/* Processors of others are no business of ours. */
	if (rproc->ops->start != remote_ops.start)
		return false;
	remote_note(to_test(rproc), "probe");
	return fw->size == BYTES_SIZE && !memcmp(fw->data, FORMAT_TEXT, strlen(FORMAT_TEXT));
}

static int first_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	return remote_note(to_test(rproc), "check");
}

static u64 first_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	remote_note(to_test(rproc), "addr");
	return REMOTE_BOOT;
}

static int first_get_table(struct rproc *rproc, const struct firmware *fw,
			   struct rproc_fw_table *table)
{
	struct test *t = to_test(rproc);

	if (t->table_len) {
		table->data = t->table;
		table->size = t->table_len;
		table->da = REMOTE_DA + TABLE_OFFSET;
	}
	return remote_note(t, "table");
}

static int first_load(struct rproc *rproc, const struct firmware *fw)
{
	int ret = remote_note(to_test(rproc), "fill");

	return ret ? ret : rproc_load_segment(rproc, REMOTE_DA, SEGMENT_SIZE, fw->data, fw->size);
}

static struct rproc_format first_format = {
	.name = "first",
	.probe = first_probe,
	.sanity_check = first_sanity_check,
	.get_boot_addr = first_get_boot_addr,
	.get_table = first_get_table,
	.load = first_load,
};

/* A format with no more than it must have, which takes every file that is not ELF. */
static bool second_probe(struct rproc *rproc, const struct firmware *fw)
{
	if (rproc->ops->start != remote_ops.start)
		return false;
	remote_note(to_test(rproc), "second");
	return memcmp(fw->data, ELFMAG, SELFMAG);
}

static int second_load(struct rproc *rproc, const struct firmware *fw)
{
	return remote_note(to_test(rproc), "fill2");
}

static struct rproc_format second_format = {
	.name = "second",
	.probe = second_probe,
	.load = second_load,
};

static void module_registers_one(struct test *t)
{
	int refs = module_refcount(THIS_MODULE);

	add_table(t);
	rproc_register_format(&first_format);
	if (!EXPECT_EQ(t, 0, format_add(t, FW_BYTES)))
		goto out;

	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "probe check prepare addr table fill table start");
	EXPECT_EQ(t, refs + 1, module_refcount(THIS_MODULE));
	EXPECT_EQ(t, REMOTE_BOOT, t->rproc->bootaddr);
	expect_loaded(t, 0, SEGMENT_SIZE);
	EXPECT(t, t->rproc->table_ptr == t->mem + TABLE_OFFSET);
	EXPECT(t, !memcmp(t->mem + TABLE_OFFSET, t->table, t->table_len));
	EXPECT_EQ(t, 1, t->rproc->num_traces);

	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop unprepare");
	EXPECT_EQ(t, refs, module_refcount(THIS_MODULE));
out:
	rproc_unregister_format(&first_format);
	if (t->registered)
		EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_LOG(t, "");
}

/* Booting with @what failing as @error is @result, and nothing is held after that. */
static void expect_failure(struct test *t, const char *what, int error, int result)
{
	int refs = module_refcount(THIS_MODULE);

	t->fail = what;
	t->error = error;
	EXPECT_EQ(t, result, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_EQ(t, refs, module_refcount(THIS_MODULE));
	EXPECT(t, !t->rproc->table_ptr);
	t->fail = NULL;
}

static void registered_one_fails(struct test *t)
{
	add_table(t);
	rproc_register_format(&first_format);
	if (!EXPECT_EQ(t, 0, format_add(t, FW_BYTES)))
		goto out;

	expect_failure(t, "check", -EILSEQ, -EILSEQ);
	EXPECT_LOG(t, "probe check");
	expect_failure(t, "table", -ENOENT, -EINVAL);
	EXPECT_LOG(t, "probe check prepare addr table unprepare");
	expect_failure(t, "table", -EIO, -EIO);
	EXPECT_LOG(t, "probe check prepare addr table unprepare");
	expect_failure(t, "fill", -EFBIG, -EFBIG);
	EXPECT_LOG(t, "probe check prepare addr table fill unprepare");
	expect_failure(t, "start", -EIO, -EIO);

	t->table[0] = 2;
	expect_failure(t, NULL, 0, -EINVAL);
	t->table[0] = 1;
	remote_forget(t);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
out:
	rproc_unregister_format(&first_format);
}

static void newest_is_asked_first(struct test *t)
{
	rproc_register_format(&first_format);
	rproc_register_format(&second_format);
	if (!EXPECT_EQ(t, 0, format_add(t, FW_BYTES)))
		goto out;

	/* Has no table, and asks for no check and no address. */
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "second prepare fill2 start");
	EXPECT_EQ(t, 0, t->rproc->bootaddr);
	EXPECT(t, !t->rproc->table_ptr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	remote_forget(t);

	/* Neither wants it. */
	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, FW_ELF));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "second probe prepare start");
	EXPECT_EQ(t, ELF_BOOT, t->rproc->bootaddr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
out:
	rproc_unregister_format(&second_format);
	rproc_unregister_format(&first_format);
}

static void driver_goes_before_formats(struct test *t)
{
	struct rproc_ops ops = remote_ops;

	rproc_register_format(&first_format);
	EXPECT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "probe sanity prepare boot_addr parse load find_table start");
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	remote_delete(t);
	remote_forget(t);

	/* Without load, what else it has is used all the same. */
	ops.prepare = format_prepare;
	ops.load = NULL;
	ops.get_boot_addr = NULL;
	EXPECT_EQ(t, 0, remote_add(t, &ops));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "probe sanity prepare addr parse fill find_table start");
	EXPECT_EQ(t, REMOTE_BOOT, t->rproc->bootaddr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	remote_delete(t);
	rproc_unregister_format(&first_format);
}

/* Crash, and wait until the recovery came as far as @call and is over. */
static void crash_until(struct test *t, const char *call)
{
	remote_forget(t);
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	EXPECT(t, wait_until(strstr(t->log, call)));
	mutex_lock(&t->rproc->lock);
	mutex_unlock(&t->rproc->lock);
}

static void recovery_finds_it_again(struct test *t)
{
	int refs = module_refcount(THIS_MODULE);

	add_table(t);
	rproc_register_format(&first_format);
	if (!EXPECT_EQ(t, 0, format_add(t, FW_BYTES))) {
		rproc_unregister_format(&first_format);
		return;
	}
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	crash_until(t, "start");
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT(t, strstr(t->log, "probe check table addr fill table start"));
	EXPECT_EQ(t, refs + 1, module_refcount(THIS_MODULE));

	/* The next time it has another table, so it is not what crashed. */
	t->table[t->table_len - 1] ^= 1;
	crash_until(t, "check table");
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, refs, module_refcount(THIS_MODULE));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));

	/* And then there is no such format any more. */
	rproc_unregister_format(&first_format);
	crash_until(t, "coredump");
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_EQ(t, refs, module_refcount(THIS_MODULE));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
}

static struct rproc_raw_image raw_image(struct test *t)
{
	return (struct rproc_raw_image){
		.load_da = REMOTE_DA + 64,
		.boot_da = REMOTE_DA + 68,
		.table = {
			.data = t->table,
			.size = t->table_len,
			.da = REMOTE_DA + TABLE_OFFSET,
		},
	};
}

static void raw_image_is_loaded(struct test *t)
{
	struct rproc_raw_image image;
	struct resource_table *loaded = t->mem + TABLE_OFFSET;

	add_table(t);
	image = raw_image(t);
	ASSERT_EQ(t, 0, format_add(t, FW_BYTES));
	ASSERT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	/* It was copied. */
	memset(t->table, 0xff, t->table_len);
	memset(&image, 0xff, sizeof(image));

	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, REMOTE_DA + 68, t->rproc->bootaddr);
	expect_loaded(t, 64, BYTES_SIZE);
	EXPECT(t, t->rproc->table_ptr == loaded);
	EXPECT_EQ(t, 1, loaded->ver);
	EXPECT_EQ(t, 1, loaded->num);
	EXPECT_EQ(t, 1, t->rproc->num_traces);
	EXPECT_EQ(t, -EBUSY, rproc_set_raw_image(t->rproc, NULL));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));

	/* A file that says what it is, is taken for that. */
	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, FW_ELF));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, ELF_BOOT, t->rproc->bootaddr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));

	EXPECT_EQ(t, 0, rproc_set_firmware(t->rproc, FW_BYTES));
	EXPECT_EQ(t, 0, rproc_set_raw_image(t->rproc, NULL));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
}

static void raw_image_without_table(struct test *t)
{
	struct rproc_raw_image image = { .load_da = REMOTE_DA, .boot_da = REMOTE_DA };

	ASSERT_EQ(t, 0, format_add(t, FW_BYTES));
	ASSERT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	expect_loaded(t, 0, BYTES_SIZE);
	EXPECT(t, !t->rproc->table_ptr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));

	/* A table of which the firmware is not told, or not in its memory. */
	add_table(t);
	image.table.data = t->table;
	image.table.size = t->table_len;
	image.table.da = RPROC_TABLE_NOT_LOADED;
	ASSERT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, t->rproc->table_ptr && t->rproc->table_ptr == t->rproc->cached_table);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));

	image.table.da = REMOTE_DA + REMOTE_SIZE - 8;
	ASSERT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, t->rproc->table_ptr == t->rproc->cached_table);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

static void raw_image_is_refused(struct test *t)
{
	struct rproc_raw_image image;

	add_table(t);
	image = raw_image(t);
	ASSERT_EQ(t, 0, format_add(t, FW_BYTES));

	image.table.size = SZ_64K + 1;
	EXPECT_EQ(t, -EINVAL, rproc_set_raw_image(t->rproc, &image));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));

	image.table.size = sizeof(struct resource_table) - 1;
	EXPECT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));

	image = raw_image(t);
	image.load_da = REMOTE_DA + REMOTE_SIZE - BYTES_SIZE + 1;
	EXPECT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	image.load_da = ~0ULL - BYTES_SIZE / 2;
	EXPECT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT(t, !memchr_inv(t->mem, 0xee, REMOTE_SIZE));

	image.load_da = REMOTE_DA + REMOTE_SIZE - BYTES_SIZE;
	EXPECT_EQ(t, 0, rproc_set_raw_image(t->rproc, &image));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

const struct test_case format_cases[] = {
	CASE(elf_is_the_default),
	CASE(unknown_is_refused),
	CASE(machine_is_stated),
	CASE(module_registers_one),
	CASE(registered_one_fails),
	CASE(newest_is_asked_first),
	CASE(driver_goes_before_formats),
	CASE(recovery_finds_it_again),
	CASE(raw_image_is_loaded),
	CASE(raw_image_without_table),
	CASE(raw_image_is_refused),
	{}
};
