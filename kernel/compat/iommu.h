/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for users of IOMMU domains. */
#ifndef COMPAT_IOMMU_H
#define COMPAT_IOMMU_H

#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

/**
 * compat_iommu_domain_alloc() - allocate an empty domain for a device
 * @dev: the device
 *
 * Return: the domain; ERR_PTR(-ENODEV) when the device is behind no IOMMU, or another error.
 */
static inline struct iommu_domain *compat_iommu_domain_alloc(struct device *dev)
{
#ifdef HAVE_IOMMU_PAGING_DOMAIN_ALLOC
	return iommu_paging_domain_alloc(dev);
#else
	struct iommu_domain *domain;

	if (!device_iommu_mapped(dev))
		return ERR_PTR(-ENODEV);
	domain = iommu_domain_alloc(dev->bus);
	return domain ? domain : ERR_PTR(-ENOMEM);
#endif
}

/* iommu_map() that may sleep, as it always may where it takes no flags for that. */
static inline int compat_iommu_map(struct iommu_domain *domain, unsigned long iova,
				   phys_addr_t pa, size_t size, int prot)
{
#ifdef HAVE_IOMMU_MAP_GFP
	return iommu_map(domain, iova, pa, size, prot, GFP_KERNEL);
#else
	return iommu_map(domain, iova, pa, size, prot);
#endif
}

/*
 * iommu_device_unregister() for a machine without another IOMMU. Where operations belong to a bus,
 * the bus keeps them, and they would be called once their module is gone.
 */
static inline void compat_iommu_device_unregister(struct iommu_device *iommu)
{
	iommu_device_unregister(iommu);
#ifdef HAVE_BUS_IOMMU_OPS
	platform_bus_type.iommu_ops = NULL;
	pci_bus_type.iommu_ops = NULL;
#endif
}

#endif /* COMPAT_IOMMU_H */
