// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of a processor: carveouts of the driver's and of the firmware's, and addresses in
 * them.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "test.h"

#define ANY	((u32)FW_RSC_ADDR_ANY)
#define BOOT	"sanity prepare boot_addr parse load find_table start"

static struct fw_rsc_carveout *add_entry(struct test *t, const char *name, u32 da, u32 len)
{
	struct fw_rsc_carveout *entry = table_add(t, RSC_CARVEOUT, sizeof(*entry));

	entry->da = da;
	entry->len = len;
	strscpy(entry->name, name, sizeof(entry->name));
	return entry;
}

/* The entry that add_entry() made, as the processor has it after a boot. */
static struct fw_rsc_carveout *answer(struct test *t, int i)
{
	struct resource_table *table = t->rproc->table_ptr;

	return (void *)table + table->offset[i] + sizeof(struct fw_rsc_hdr);
}

static int alloc_noted(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	struct test *t = to_test(rproc);
	char word[48];
	int ret;

	snprintf(word, sizeof(word), "alloc_%s", mem->name);
	ret = remote_note(t, word);
	if (!ret) {
		mem->va = t->mem + (mem->da - REMOTE_DA);
		mem->dma = t->dma + (mem->da - REMOTE_DA);
	}
	return ret;
}

static int release_noted(struct rproc *rproc, struct rproc_mem_entry *mem)
{
	char word[48];

	snprintf(word, sizeof(word), "release_%s", mem->name);
	return remote_note(to_test(rproc), word);
}

static struct rproc_mem_entry *add_noted(struct test *t, const char *name, u32 da, size_t len)
{
	struct rproc_mem_entry *mem;

	mem = rproc_mem_entry_init(&t->pdev->dev, NULL, 0, len, da, alloc_noted, release_noted,
				   "%s", name);
	if (mem)
		rproc_add_carveout(t->rproc, mem);
	return mem;
}

static void entry_fields(struct test *t)
{
	struct rproc_mem_entry *mem;

	mem = rproc_mem_entry_init(&t->pdev->dev, t->mem, t->dma, 0x3000, REMOTE_DA, alloc_noted,
				   release_noted, "vdev%dvring%d", 3, 1);
	ASSERT(t, mem);
	EXPECT(t, mem->va == t->mem);
	EXPECT(t, mem->dma == t->dma);
	EXPECT_EQ(t, 0x3000, mem->len);
	EXPECT_EQ(t, REMOTE_DA, mem->da);
	EXPECT(t, mem->alloc == alloc_noted && mem->release == release_noted);
	EXPECT(t, !strcmp(mem->name, "vdev3vring1"));
	EXPECT_EQ(t, ANY, mem->rsc_offset);
	EXPECT_EQ(t, ANY, mem->of_resm_idx);
	EXPECT(t, !mem->is_iomem && !mem->priv && !mem->flags);
	kfree(mem);

	/* A name that is too long is cut. */
	mem = rproc_mem_entry_init(&t->pdev->dev, NULL, 0, 1, 0, NULL, NULL, "%050d", 7);
	ASSERT(t, mem);
	EXPECT_EQ(t, sizeof(mem->name) - 1, strlen(mem->name));
	kfree(mem);

	mem = rproc_of_resm_mem_entry_init(&t->pdev->dev, 2, 0x4000, REMOTE_DA, "region%d", 2);
	ASSERT(t, mem);
	EXPECT(t, !mem->va && !mem->alloc && !mem->release);
	EXPECT_EQ(t, 0x4000, mem->len);
	EXPECT_EQ(t, REMOTE_DA, mem->da);
	EXPECT_EQ(t, 2, mem->of_resm_idx);
	EXPECT_EQ(t, ANY, mem->rsc_offset);
	EXPECT(t, !strcmp(mem->name, "region2"));
	kfree(mem);
}

static void va_to_pa(struct test *t)
{
	u8 *linear = kmalloc(64, GFP_KERNEL), *mapped = vmalloc(3 * PAGE_SIZE);

	if (EXPECT(t, linear && mapped)) {
		EXPECT_EQ(t, virt_to_phys(linear + 5), rproc_va_to_pa(linear + 5));
		EXPECT_EQ(t, page_to_phys(vmalloc_to_page(mapped + 2 * PAGE_SIZE)) + 9,
			  rproc_va_to_pa(mapped + 2 * PAGE_SIZE + 9));
	}
	kfree(linear);
	vfree(mapped);
}

/* All kinds of ranges around a carveout, and what they translate to: an offset, or nothing. */
static void da_to_va_at_the_edges(struct test *t)
{
	static const struct {
		u64 da;
		size_t len;
		long offset;
	} ranges[] = {
		{ REMOTE_DA, 1, 0 },
		{ REMOTE_DA, REMOTE_SIZE, 0 },
		{ REMOTE_DA, 0, 0 },
		{ REMOTE_DA + 7, 8, 7 },
		{ REMOTE_DA + REMOTE_SIZE - 1, 1, REMOTE_SIZE - 1 },
		{ REMOTE_DA + REMOTE_SIZE - 1, 2, -1 },
		{ REMOTE_DA + REMOTE_SIZE, 1, -1 },
		{ REMOTE_DA, REMOTE_SIZE + 1, -1 },
		{ REMOTE_DA - 1, 1, -1 },
		{ REMOTE_DA - 1, 2, -1 },
		{ 0, 1, -1 },
		{ U32_MAX, 1, -1 },
		{ U64_MAX, 1, -1 },
	};
	/* Offsets and lengths that do not fit where mainline computes with them */
	static const struct {
		u64 da;
		size_t len;
	} wraps[] = {
		{ REMOTE_DA + 16, SIZE_MAX },
		{ REMOTE_DA + 16, SIZE_MAX - 15 },
		{ REMOTE_DA + 1, SIZE_MAX - REMOTE_DA },
		{ (1ull << 32) + REMOTE_DA, 1 },
		{ (1ull << 63) + REMOTE_DA, 1 },
		{ U64_MAX, 2 },
		{ U64_MAX - REMOTE_SIZE, SIZE_MAX },
	};
	bool is_iomem;
	void *va;
	int i;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	ASSERT(t, remote_add_memory(t, "all"));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		is_iomem = true;
		va = rproc_da_to_va(t->rproc, ranges[i].da, ranges[i].len, &is_iomem);
		if (va != (ranges[i].offset < 0 ? NULL : t->mem + ranges[i].offset))
			test_fail(t, __FILE__, __LINE__, "0x%zx bytes at 0x%llx are at %ld",
				  ranges[i].len, ranges[i].da, va ? (long)(va - t->mem) : -1);
		if (va)
			EXPECT(t, !is_iomem);
	}
	for (i = 0; t->arg && i < ARRAY_SIZE(wraps); i++)
		if (rproc_da_to_va(t->rproc, wraps[i].da, wraps[i].len, NULL))
			test_fail(t, __FILE__, __LINE__, "0x%zx bytes at 0x%llx are somewhere",
				  wraps[i].len, wraps[i].da);
	rproc_resource_cleanup(t->rproc);
	EXPECT(t, !rproc_da_to_va(t->rproc, REMOTE_DA, 1, NULL));
}

static void *own_da_to_va(struct rproc *rproc, u64 da, size_t len, bool *is_iomem)
{
	struct test *t = to_test(rproc);

	if (da < 0x1000 || da + len > 0x1100)
		return NULL;
	*is_iomem = true;
	return t->mem + da;
}

static void da_to_va_asks_the_driver_first(struct test *t)
{
	struct rproc_mem_entry *mem;
	bool is_iomem = false;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->ops->da_to_va = own_da_to_va;
	/* One that covers the driver's range, too, one in I/O memory, one without memory yet */
	mem = rproc_mem_entry_init(&t->pdev->dev, t->mem, t->dma, 0x2000, 0, NULL, NULL, "low");
	ASSERT(t, mem);
	rproc_add_carveout(t->rproc, mem);
	mem = rproc_mem_entry_init(&t->pdev->dev, NULL, 0, 0x1000, 0x4000, NULL, NULL, "none");
	ASSERT(t, mem);
	rproc_add_carveout(t->rproc, mem);
	mem = remote_add_memory(t, "io");
	ASSERT(t, mem);
	mem->is_iomem = true;

	EXPECT(t, rproc_da_to_va(t->rproc, 0x1010, 16, &is_iomem) == t->mem + 0x1010);
	EXPECT(t, is_iomem);
	EXPECT(t, rproc_da_to_va(t->rproc, 0x1200, 16, &is_iomem) == t->mem + 0x1200);
	EXPECT(t, !is_iomem);
	EXPECT(t, rproc_da_to_va(t->rproc, REMOTE_DA + 4, 16, &is_iomem) == t->mem + 4);
	EXPECT(t, is_iomem);
	EXPECT(t, !rproc_da_to_va(t->rproc, 0x4000, 16, &is_iomem));
	EXPECT(t, rproc_da_to_va(t->rproc, REMOTE_DA + 4, 16, NULL) == t->mem + 4);

	rproc_resource_cleanup(t->rproc);
}

/* A driver that gives up before rproc_add() gets rid of what it registered. */
static void cleanup_before_add(struct test *t)
{
	struct rproc_mem_entry *mem;

	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	ASSERT(t, add_noted(t, "one", REMOTE_DA, 0x1000));
	mem = add_noted(t, "two", REMOTE_DA + 0x1000, 0x1000);
	ASSERT(t, mem);
	EXPECT_LOG(t, "");
	rproc_resource_cleanup(t->rproc);
	EXPECT(t, list_empty(&t->rproc->carveouts));
	EXPECT(t, strstr(t->log, "release_one") && strstr(t->log, "release_two"));
}

static void registered_carveouts(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	ASSERT(t, add_noted(t, "one", REMOTE_DA, 0x1000));
	ASSERT(t, add_noted(t, "two", REMOTE_DA + 0x1000, 0x1000));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse alloc_one alloc_two load find_table start");
	EXPECT(t, rproc_da_to_va(t->rproc, REMOTE_DA + 0x1800, 8, NULL) == t->mem + 0x1800);
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	/* In which order is the core's business */
	EXPECT(t, strstr(t->log, "stop release_"));
	EXPECT(t, strstr(t->log, "release_one") && strstr(t->log, "release_two"));
	EXPECT(t, strstr(t->log, " unprepare"));
	EXPECT(t, list_empty(&t->rproc->carveouts));
}

static void registered_carveout_without_memory(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	ASSERT(t, add_noted(t, "one", REMOTE_DA, 0x1000));
	ASSERT(t, add_noted(t, "two", REMOTE_DA + 0x1000, 0x1000));
	t->fail = "alloc_two";
	t->error = -EREMOTEIO;
	EXPECT_EQ(t, -ENOMEM, rproc_boot(t->rproc));
	EXPECT(t, strstr(t->log, "parse alloc_one alloc_two release_"));
	EXPECT(t, strstr(t->log, "release_one") && strstr(t->log, " unprepare"));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT(t, list_empty(&t->rproc->carveouts));
}

static void named_carveout(struct test *t)
{
	struct fw_rsc_carveout *entry;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "code", ANY, 0x1000);
	add_entry(t, "data", REMOTE_DA + 0x10000, 0x1000);
	ASSERT(t, add_noted(t, "data", REMOTE_DA + 0x10000, 0x10000));
	ASSERT(t, add_noted(t, "code", REMOTE_DA, 0x10000));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse alloc_data alloc_code load find_table start");

	entry = answer(t, 0);
	EXPECT_EQ(t, REMOTE_DA, entry->da);
	EXPECT_EQ(t, rproc_va_to_pa(t->mem), entry->pa);
	EXPECT_EQ(t, 0x10000, entry->len);
	entry = answer(t, 1);
	EXPECT_EQ(t, REMOTE_DA + 0x10000, entry->da);
	EXPECT_EQ(t, rproc_va_to_pa(t->mem + 0x10000), entry->pa);
}

/* A carveout of that name that is not what the firmware wants. */
struct misfit {
	u32 da;
	u32 len;
};

static void misfit_of_a_carveout(struct test *t)
{
	const struct misfit *m = t->arg;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "code", m->da, m->len);
	ASSERT(t, add_noted(t, "code", REMOTE_DA + 0x1000, 0x1000));
	EXPECT_EQ(t, -ENOMEM, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT(t, list_empty(&t->rproc->carveouts));
}

#define MISFIT(_name, _da, _len)					\
	CASE_ARG("carveout_" _name, misfit_of_a_carveout,		\
		 (&(const struct misfit){ .da = _da, .len = _len }))

static void carveout_taken_twice(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "code", ANY, 0x1000);
	add_entry(t, "code", ANY, 0x1000);
	ASSERT(t, add_noted(t, "code", REMOTE_DA, 0x1000));
	EXPECT_EQ(t, -ENOMEM, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
}

static void allocated_carveouts(struct test *t)
{
	struct fw_rsc_carveout *one, *two;
	u8 *va;
	int i;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "one", ANY, 0x3000);
	add_entry(t, "two", ANY, 100);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(t, 0, rproc_boot(t->rproc));
		one = answer(t, 0);
		two = answer(t, 1);
		EXPECT(t, one->da != ANY && two->da != ANY && one->da != two->da);
		EXPECT_EQ(t, 0x3000, one->len);
		va = rproc_da_to_va(t->rproc, one->da, 0x3000, NULL);
		ASSERT(t, va);
		EXPECT_EQ(t, rproc_va_to_pa(va), one->pa);
		EXPECT(t, !memchr_inv(va, 0, 0x3000));
		memset(va, 0x77, 0x3000);
		EXPECT(t, rproc_da_to_va(t->rproc, two->da, 100, NULL));
		ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	}
}

/* More than that is not contiguous without CMA. */
static void carveout_of_megabytes(struct test *t)
{
	const u32 len = *(const u32 *)t->arg;
	struct fw_rsc_carveout *entry;
	u8 *va;
	int ret;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "big", ANY, len);
	ret = rproc_boot(t->rproc);
	if (ret == -ENOMEM && !IS_ENABLED(CONFIG_DMA_CMA) && len > SZ_4M) {
		EXPECT_STATE(t, RPROC_OFFLINE);
		t->skip = "not so much contiguous memory";
		return;
	}
	ASSERT_EQ(t, 0, ret);
	entry = answer(t, 0);
	va = rproc_da_to_va(t->rproc, entry->da, len, NULL);
	ASSERT(t, va);
	va[len - 1] = 0x77;
	EXPECT_EQ(t, entry->pa + len - 1, rproc_va_to_pa(va + len - 1));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

/* Firmware that was linked for an address does not run elsewhere. */
static void carveout_at_an_address_not_to_be_had(struct test *t)
{
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	add_entry(t, "fixed", 0x1000, 0x1000);
	EXPECT_EQ(t, -ENOMEM, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
}

/* An address in a carveout of another name is the driver's memory, too. */
static void carveout_within_another(struct test *t)
{
	struct fw_rsc_carveout *entry;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	ASSERT(t, remote_add_memory(t, "all"));
	add_entry(t, "part", REMOTE_DA + 0x5000, 0x1000);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	entry = answer(t, 0);
	EXPECT_EQ(t, REMOTE_DA + 0x5000, entry->da);
	EXPECT_EQ(t, rproc_va_to_pa(t->mem + 0x5000), entry->pa);
}

static void carveout_of_reserved_memory(struct test *t)
{
	struct rproc_mem_entry *mem;

	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	mem = rproc_of_resm_mem_entry_init(&t->pdev->dev, 0, 0x1000, REMOTE_DA, "region");
	ASSERT(t, mem);
	rproc_add_carveout(t->rproc, mem);

	/* It names a region for a virtio device's buffers, and has no memory itself. */
	add_entry(t, "region", REMOTE_DA, 0x1000);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, !rproc_da_to_va(t->rproc, REMOTE_DA, 1, NULL));
	EXPECT_EQ(t, 0, answer(t, 0)->pa);
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT(t, list_empty(&t->rproc->carveouts));
}

/* A region for the buffers of a virtio device that the device tree does not have. */
static void buffers_in_no_region(struct test *t)
{
	struct rproc_mem_entry *mem;

	table_add_vdev(t);
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	mem = rproc_of_resm_mem_entry_init(&t->pdev->dev, 0, 0x10000, REMOTE_DA, "vdev0buffer");
	ASSERT(t, mem);
	rproc_add_carveout(t->rproc, mem);
	EXPECT_EQ(t, IS_ENABLED(CONFIG_OF_RESERVED_MEM) ? -EINVAL : -ENOSYS, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT(t, list_empty(&t->rproc->carveouts));

	/* It was for one boot: the next has it as the driver says then. */
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
}

static const u32 sizes[] = { SZ_4M, SZ_32M };

const struct test_case memory_cases[] = {
	CASE(entry_fields),
	CASE(va_to_pa),
	CASE(da_to_va_at_the_edges),
	CASE_ARG("da_to_va_wraps", da_to_va_at_the_edges, sizes),
	CASE(da_to_va_asks_the_driver_first),
	CASE(cleanup_before_add),
	CASE(registered_carveouts),
	CASE(registered_carveout_without_memory),
	CASE(named_carveout),
	MISFIT("too_small", ANY, 0x1001),
	MISFIT("below", REMOTE_DA, 0x1000),
	MISFIT("ends_behind", REMOTE_DA + 0x1800, 0x1000),
	MISFIT("behind", REMOTE_DA + 0x2000, 0x1000),
	MISFIT("wraps", REMOTE_DA + 0x1001, 0xdfffefff),
	CASE(carveout_taken_twice),
	CASE(allocated_carveouts),
	CASE_ARG("carveout_of_4_megabytes", carveout_of_megabytes, &sizes[0]),
	CASE_ARG_OURS("carveout_of_32_megabytes", carveout_of_megabytes, &sizes[1]),
	CASE(carveout_at_an_address_not_to_be_had),
	CASE(carveout_within_another),
	CASE(carveout_of_reserved_memory),
	CASE_OURS(buffers_in_no_region),
	{}
};
