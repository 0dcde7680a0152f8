/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for devices with DMA operations of their own. */
#ifndef COMPAT_DMA_H
#define COMPAT_DMA_H

#include <linux/device.h>
#include <linux/dma-map-ops.h>

/* The option that gives struct device its dma_ops was renamed. */
#ifdef HAVE_ARCH_HAS_DMA_OPS
#define COMPAT_DMA_OPS IS_ENABLED(CONFIG_ARCH_HAS_DMA_OPS)
#else
#define COMPAT_DMA_OPS IS_ENABLED(CONFIG_DMA_OPS)
#endif

/* The operations of this very device, not those that its architecture gives to every one. */
static inline const struct dma_map_ops *compat_own_dma_ops(struct device *dev)
{
#if COMPAT_DMA_OPS
	return dev->dma_ops;
#else
	return NULL;
#endif
}

#endif /* COMPAT_DMA_H */
