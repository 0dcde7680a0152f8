// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processors behind an IOMMU, and the DEVMEM entries of their resource tables.
 */
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_iommu.h"
#include "test.h"

#define ANY	((u32)FW_RSC_ADDR_ANY)
#define RW	(IOMMU_READ | IOMMU_WRITE)
#define LOADED	"sanity iommu_alloc iommu_attach prepare boot_addr parse"

static struct fw_rsc_devmem *add_devmem(struct test *t, u32 da, u32 pa, u32 len, u32 flags)
{
	struct fw_rsc_devmem *entry = table_add(t, RSC_DEVMEM, sizeof(*entry));

	entry->da = da;
	entry->pa = pa;
	entry->len = len;
	entry->flags = flags;
	strscpy(entry->name, "device", sizeof(entry->name));
	return entry;
}

static void add_carveout(struct test *t, u32 da, u32 len, u32 flags)
{
	struct fw_rsc_carveout *entry = table_add(t, RSC_CARVEOUT, sizeof(*entry));

	entry->da = da;
	entry->len = len;
	entry->flags = flags;
	strscpy(entry->name, da == ANY ? "any" : "fixed", sizeof(entry->name));
}

static u32 carveout_da(struct test *t, int i)
{
	struct resource_table *table = t->rproc->table_ptr;
	struct fw_rsc_carveout *entry;

	entry = (void *)table + table->offset[i] + sizeof(struct fw_rsc_hdr);
	return entry->da;
}

static int add_behind_iommu(struct test *t, unsigned int state)
{
	int ret;

	ret = fake_iommu_begin(t);
	if (ret)
		return ret;
	ret = remote_alloc(t, &remote_ops, FW_BYTES);
	if (!ret) {
		t->rproc->has_iommu = true;
		t->rproc->state = state;
		ret = remote_add(t, NULL);
	}
	if (ret)
		fake_iommu_end(t);
	return ret;
}

static void expect_mapping(struct test *t, int i, unsigned long iova, phys_addr_t pa, size_t len,
			   int prot)
{
	struct fake_mapping m = fake_iommu_mapping(i);

	EXPECT_EQ(t, iova, m.iova);
	EXPECT_EQ(t, pa, m.pa);
	EXPECT_EQ(t, len, m.len);
	EXPECT_EQ(t, prot, m.prot);
}

static void no_iommu_there(struct test *t)
{
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->has_iommu = true;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT_EQ(t, -ENODEV, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity");
	EXPECT_STATE(t, RPROC_OFFLINE);
	t->rproc->has_iommu = false;
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, !t->rproc->domain);
}

static void devmem_needs_an_iommu(struct test *t)
{
	add_devmem(t, 0x40000000, 0xfe000000, 0x1000, RW);
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse unprepare");
}

static void domain_from_boot_to_shutdown(struct test *t)
{
	int i;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(t, 0, rproc_boot(t->rproc));
		EXPECT_LOG(t, LOADED " load find_table start");
		EXPECT(t, t->rproc->domain);
		EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
		EXPECT_LOG(t, "stop unprepare iommu_detach");
		EXPECT(t, !t->rproc->domain);
	}
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	remote_delete(t);
	EXPECT_LOG(t, "stop unprepare iommu_detach");
	fake_iommu_end(t);
}

static void domain_while_attached(struct test *t)
{
	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_DETACHED));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "iommu_alloc iommu_attach prepare get_table attach");
	EXPECT_EQ(t, 0, rproc_detach(t->rproc));
	EXPECT_LOG(t, "detach unprepare iommu_detach");
	fake_iommu_end(t);
}

/* Which call fails, and all that is called then. */
struct failure {
	const char *call;
	const char *log;
	int error;
	int result;
};

static void failing_call(struct test *t)
{
	const struct failure *f = t->arg;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_devmem(t, 0x40000000, 0xfe000000, 0x1000, RW);
	t->fail = f->call;
	t->error = f->error;
	EXPECT_EQ(t, f->result, rproc_boot(t->rproc));
	EXPECT_LOG(t, f->log);
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT(t, !t->rproc->domain);
	EXPECT(t, list_empty(&t->rproc->mappings));
	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, LOADED " iommu_map load find_table start");
	fake_iommu_end(t);
}

#define FAILS(_name, _call, _error, _result, _log)			\
	CASE_ARG("iommu_" _name "_fails", failing_call, (&(const struct failure){	\
		.call = _call, .error = _error, .result = _result, .log = _log }))

static void devmem_is_mapped(struct test *t)
{
	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_devmem(t, 0x40000000, 0xfe000000, 0x2000, IOMMU_READ);
	add_devmem(t, 0xfffff000, 0xfffff000, 0x1000, RW | IOMMU_MMIO);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	expect_mapping(t, 0, 0x40000000, 0xfe000000, 0x2000, IOMMU_READ);
	expect_mapping(t, 1, 0xfffff000, 0xfffff000, 0x1000, RW | IOMMU_MMIO);
	expect_mapping(t, 2, 0, 0, 0, 0);
	EXPECT_EQ(t, 0xfe001004, iommu_iova_to_phys(t->rproc->domain, 0x40001004));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT(t, list_empty(&t->rproc->mappings));
	/* A domain with mappings left in it is found when it is freed. */
	fake_iommu_end(t);
}

static void devmem_that_lies(struct test *t)
{
	static const struct fw_rsc_devmem wrong[] = {
		{ .da = 0x40000000, .pa = 0xfe000000, .len = 0 },
		{ .da = 0x40000000, .pa = 0xfe000000, .len = 0x1000, .reserved = 1 },
		{ .da = 0x40000000, .pa = 0xfe000000, .len = 0x800 },
		{ .da = 0x40000800, .pa = 0xfe000000, .len = 0x1000 },
		{ .da = 0x40000000, .pa = 0xfe000800, .len = 0x1000 },
		{ .da = 0xfffff000, .pa = 0xfe000000, .len = 0x2000 },
		{ .da = 0x40000000, .pa = 0xfffff000, .len = 0x2000 },
		/* Upon the one that is right */
		{ .da = 0x10001000, .pa = 0xfe000000, .len = 0x1000 },
		{ .da = 0x0ffff000, .pa = 0xfe000000, .len = 0x2000 },
		{ .da = 0x0ffff000, .pa = 0xfe000000, .len = 0x10000 },
	};
	struct fw_rsc_devmem *entry;
	int i;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_devmem(t, 0x10000000, 0xfd000000, 0x3000, RW);
	entry = add_devmem(t, 0, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		*entry = wrong[i];
		entry->flags = RW;
		if (rproc_boot(t->rproc) != -EINVAL)
			test_fail(t, __FILE__, __LINE__, "entry %d was taken", i);
		EXPECT_STATE(t, RPROC_OFFLINE);
		EXPECT(t, list_empty(&t->rproc->mappings));
	}
	/* Beside it is right, too. */
	*entry = (struct fw_rsc_devmem){ .da = 0x10003000, .pa = 0xfd000000, .len = 0x1000 };
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	fake_iommu_end(t);
}

/* The processor sees memory where its firmware was linked, wherever that is. */
static void fixed_carveout_is_mapped(struct test *t)
{
	void *va;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_carveout(t, 0x10000000, 0x3000, IOMMU_READ);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, LOADED " iommu_map load find_table start");
	EXPECT_EQ(t, 0x10000000, carveout_da(t, 0));
	va = rproc_da_to_va(t->rproc, 0x10000000, 0x3000, NULL);
	if (EXPECT(t, va))
		expect_mapping(t, 0, 0x10000000, rproc_va_to_pa(va), 0x3000, IOMMU_READ);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	fake_iommu_end(t);
}

static void free_carveout_is_mapped(struct test *t)
{
	void *va;
	u32 da;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_carveout(t, ANY, 0x1234, 0);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	da = carveout_da(t, 0);
	va = rproc_da_to_va(t->rproc, da, 0x1234, NULL);
	if (EXPECT(t, va))
		expect_mapping(t, 0, da, rproc_va_to_pa(va), 0x2000, RW);
	fake_iommu_end(t);
}

static void carveout_upon_a_device(struct test *t)
{
	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_devmem(t, 0x10000000, 0xfe000000, 0x1000, RW);
	add_carveout(t, 0x0ffff000, 0x2000, RW);
	EXPECT_EQ(t, -ENOMEM, rproc_boot(t->rproc));
	EXPECT_LOG(t, LOADED " iommu_map unprepare iommu_detach");
	fake_iommu_end(t);
}

static void fault_is_a_crash(struct test *t)
{
	struct iommu_domain *domain;
	int i;

	ASSERT_EQ(t, 0, add_behind_iommu(t, RPROC_OFFLINE));
	add_devmem(t, 0x40000000, 0xfe000000, 0x1000, RW);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	domain = t->rproc->domain;
	for (i = 1; i <= 3; i++) {
		remote_forget(t);
		EXPECT(t, fake_iommu_fault(t, 0xdead000) != 0);
		EXPECT(t, wait_until(READ_ONCE(t->rproc->crash_cnt) == i &&
				     READ_ONCE(t->rproc->state) == RPROC_RUNNING));
		EXPECT(t, strstr(t->log, "stop coredump"));
		EXPECT(t, strstr(t->log, "load find_table start"));
		/* Resources outlive a crash, and these are some. */
		EXPECT(t, !strstr(t->log, "iommu"));
		EXPECT(t, t->rproc->domain == domain);
		expect_mapping(t, 0, 0x40000000, 0xfe000000, 0x1000, RW);
	}
	remote_forget(t);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop unprepare iommu_detach");
	fake_iommu_end(t);
}

const struct test_case iommu_cases[] = {
	CASE(no_iommu_there),
	CASE(devmem_needs_an_iommu),
	CASE(domain_from_boot_to_shutdown),
	CASE(domain_while_attached),
	FAILS("alloc", "iommu_alloc", -ENOMEM, -ENOMEM, "sanity iommu_alloc"),
	FAILS("attach", "iommu_attach", -EREMOTEIO, -EREMOTEIO, "sanity iommu_alloc iommu_attach"),
	FAILS("prepare", "prepare", -EREMOTEIO, -EREMOTEIO,
	      "sanity iommu_alloc iommu_attach prepare iommu_detach"),
	FAILS("map", "iommu_map", -ENOSPC, -ENOSPC, LOADED " iommu_map unprepare iommu_detach"),
	FAILS("start", "start", -EREMOTEIO, -EREMOTEIO,
	      LOADED " iommu_map load find_table start unprepare iommu_detach"),
	CASE(devmem_is_mapped),
	CASE_OURS(devmem_that_lies),
	CASE(fixed_carveout_is_mapped),
	CASE(free_carveout_is_mapped),
	CASE_OURS(carveout_upon_a_device),
	CASE(fault_is_a_crash),
	{}
};
