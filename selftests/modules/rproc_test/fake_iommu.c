// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IOMMU that translates nothing: it remembers domains and mappings, and reports faults when it
 * is told to.
 *
 * It takes every device of rproc-test that is made while a case has said behind_iommu. Mappings are
 * in fake_domain.maps, under fake_lock, one for each call of the core.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "fake_iommu.h"
#include "iommu.h"
#include "test.h"

struct fake_domain {
	struct iommu_domain domain;
	struct list_head maps;
};

struct fake_map {
	struct list_head node;
	struct fake_mapping m;
};

static DEFINE_SPINLOCK(fake_lock);
static struct iommu_device fake_iommu;
static struct device *fake_dev;
static struct test *fake_test;
static struct fake_domain *fake_attached;
static unsigned int fake_domains;

static struct fake_domain *to_fake(struct iommu_domain *domain)
{
	return container_of(domain, struct fake_domain, domain);
}

static int fake_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret = 0;

	if (domain->type == IOMMU_DOMAIN_UNMANAGED) {
		ret = remote_note(fake_test, "iommu_attach");
		if (!ret)
			fake_attached = to_fake(domain);
	} else if (fake_attached) {
		remote_note(fake_test, "iommu_detach");
		fake_attached = NULL;
	}
	return ret;
}

static int fake_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t pa, size_t pgsize,
		    size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct fake_map *map;
	int ret;

	ret = remote_note(fake_test, "iommu_map");
	if (ret)
		return ret;
	map = kzalloc(sizeof(*map), gfp);
	if (!map)
		return -ENOMEM;
	map->m = (struct fake_mapping){
		.iova = iova,
		.pa = pa,
		.len = pgsize * pgcount,
		.prot = prot,
	};
	spin_lock(&fake_lock);
	list_add_tail(&map->node, &to_fake(domain)->maps);
	spin_unlock(&fake_lock);
	*mapped = map->m.len;
	return 0;
}

static size_t fake_unmap(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			 size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct fake_map *map;
	size_t len = 0;

	spin_lock(&fake_lock);
	list_for_each_entry(map, &to_fake(domain)->maps, node) {
		if (map->m.iova != iova)
			continue;
		len = map->m.len;
		list_del(&map->node);
		kfree(map);
		break;
	}
	spin_unlock(&fake_lock);
	return len;
}

static phys_addr_t fake_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	struct fake_map *map;
	phys_addr_t pa = 0;

	spin_lock(&fake_lock);
	list_for_each_entry(map, &to_fake(domain)->maps, node)
		if (iova >= map->m.iova && iova - map->m.iova < map->m.len)
			pa = map->m.pa + (iova - map->m.iova);
	spin_unlock(&fake_lock);
	return pa;
}

static void fake_free(struct iommu_domain *domain)
{
	if (domain->type == IOMMU_DOMAIN_UNMANAGED) {
		fake_domains--;
		EXPECT(fake_test, list_empty(&to_fake(domain)->maps));
	}
	kfree(to_fake(domain));
}

static const struct iommu_domain_ops fake_domain_ops = {
	.attach_dev = fake_attach,
	.map_pages = fake_map,
	.unmap_pages = fake_unmap,
	.iova_to_phys = fake_iova_to_phys,
	.free = fake_free,
};

static struct iommu_domain *fake_domain_alloc(unsigned int type)
{
	struct fake_domain *fake;

	if (type != IOMMU_DOMAIN_UNMANAGED && type != IOMMU_DOMAIN_IDENTITY)
		return NULL;
	if (type == IOMMU_DOMAIN_UNMANAGED && remote_note(fake_test, "iommu_alloc"))
		return NULL;
	fake = kzalloc(sizeof(*fake), GFP_KERNEL);
	if (!fake)
		return NULL;
	INIT_LIST_HEAD(&fake->maps);
	fake->domain.geometry.aperture_end = U32_MAX;
	fake->domain.geometry.force_aperture = true;
	if (type == IOMMU_DOMAIN_UNMANAGED)
		fake_domains++;
	return &fake->domain;
}

static struct iommu_device *fake_probe(struct device *dev)
{
	struct test *t;

	if (!strstarts(dev_name(dev), "rproc-test."))
		return ERR_PTR(-ENODEV);
	t = *(struct test **)dev_get_platdata(dev);
	return t->behind_iommu ? &fake_iommu : ERR_PTR(-ENODEV);
}

static void fake_release(struct device *dev)
{
}

static int fake_def_domain_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static const struct iommu_ops fake_ops = {
	.domain_alloc = fake_domain_alloc,
	.probe_device = fake_probe,
	.release_device = fake_release,
	.device_group = generic_device_group,
	.def_domain_type = fake_def_domain_type,
	.default_domain_ops = &fake_domain_ops,
	.pgsize_bitmap = SZ_4K,
	.owner = THIS_MODULE,
};

/**
 * fake_iommu_begin() - have an IOMMU, with the case's device behind it
 * @t: the case, with no processor yet
 *
 * Return: 0 or a negative errno.
 */
int fake_iommu_begin(struct test *t)
{
	int ret;

	remote_delete_device(t);
	fake_test = t;
	fake_dev = root_device_register("rproc-test-iommu");
	if (IS_ERR(fake_dev))
		return PTR_ERR(fake_dev);
	ret = iommu_device_sysfs_add(&fake_iommu, fake_dev, NULL, "rproc-test-iommu");
	if (ret)
		goto err_root;
	ret = iommu_device_register(&fake_iommu, &fake_ops, NULL);
	if (ret)
		goto err_sysfs;
	t->behind_iommu = true;
	ret = remote_new_device(t);
	if (ret)
		goto err_iommu;
	return 0;

err_iommu:
	compat_iommu_device_unregister(&fake_iommu);
err_sysfs:
	iommu_device_sysfs_remove(&fake_iommu);
err_root:
	root_device_unregister(fake_dev);
	return ret;
}

/* All is as before fake_iommu_begin(), but for the device, which is gone. */
void fake_iommu_end(struct test *t)
{
	remote_delete(t);
	remote_delete_device(t);
	EXPECT_EQ(t, 0, fake_domains);
	EXPECT(t, !fake_attached);
	compat_iommu_device_unregister(&fake_iommu);
	iommu_device_sysfs_remove(&fake_iommu);
	root_device_unregister(fake_dev);
	t->behind_iommu = false;
}

/**
 * fake_iommu_mapping() - a mapping of the domain that is attached
 * @i: which, in the order they were made
 *
 * Return: a copy; all zeroes when there are not so many.
 */
struct fake_mapping fake_iommu_mapping(int i)
{
	struct fake_mapping found = {};
	struct fake_map *map;

	spin_lock(&fake_lock);
	if (fake_attached)
		list_for_each_entry(map, &fake_attached->maps, node)
			if (i-- == 0)
				found = map->m;
	spin_unlock(&fake_lock);
	return found;
}

/* The processor touched what is not mapped; reported as an interrupt handler does. */
int fake_iommu_fault(struct test *t, unsigned long iova)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = report_iommu_fault(&fake_attached->domain, &t->pdev->dev, iova, IOMMU_FAULT_WRITE);
	local_irq_restore(flags);
	return ret;
}
