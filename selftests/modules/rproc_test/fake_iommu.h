/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IOMMU of our own, see fake_iommu.c. It notes "iommu_alloc", "iommu_attach", "iommu_map" and
 * "iommu_detach", of which all but the last can be made to fail.
 */
#ifndef RPROC_TEST_FAKE_IOMMU_H
#define RPROC_TEST_FAKE_IOMMU_H

#include <linux/types.h>

struct test;

struct fake_mapping {
	unsigned long iova;
	phys_addr_t pa;
	size_t len;
	int prot;
};

int fake_iommu_begin(struct test *t);
void fake_iommu_end(struct test *t);
struct fake_mapping fake_iommu_mapping(int i);
int fake_iommu_fault(struct test *t, unsigned long iova);

#endif /* RPROC_TEST_FAKE_IOMMU_H */
