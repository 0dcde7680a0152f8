// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: rings, mappings. Objects, locks and unplug: eptring.c.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include "../compat/mm.h"
#include "eptring_parts.h"

/* Return: 0 for none. */
static unsigned long eptring_tx_pfn(struct eptring *ring, u64 offset)
{
	if (offset >= (u64)ring->tx_slots * ring->tx_stride)
		return 0;
	if (!ring->tx_mapped)
		return page_to_pfn(ring->nothing);
	return ring->ops->slots_pfn(ring->slots, offset >> PAGE_SHIFT);
}

static unsigned long eptring_rx_pfn(struct eptring *ring, u64 offset)
{
	if (offset >= (u64)ring->rx_slots * ring->rx_stride)
		return 0;
	if (!ring->exclusive)
		return vmalloc_to_pfn(ring->rx_memory + offset);
	return ring->ops->exclusive->pfn(ring->exclusive, offset >> PAGE_SHIFT);
}

static vm_fault_t eptring_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct eptring *ring = vma->vm_private_data;
	const u64 offset = (u64)vmf->pgoff << PAGE_SHIFT;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	unsigned long pfn;

	mutex_lock(&ring->map_mutex);
	if (offset >= RPMSG_RING_OFF_RX)
		pfn = eptring_rx_pfn(ring, offset - RPMSG_RING_OFF_RX);
	else
		pfn = eptring_tx_pfn(ring, offset - RPMSG_RING_OFF_TX);
	if (pfn)
		ret = vmf_insert_pfn(vma, vmf->address, pfn);
	mutex_unlock(&ring->map_mutex);
	return ret;
}

static const struct vm_operations_struct eptring_vm_ops = {
	.fault = eptring_fault,
};

/* Page by page, as they are touched. */
static void eptring_map_pages(struct eptring *ring, struct vm_area_struct *vma)
{
	compat_vm_flags_mod(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, 0);
	vma->vm_private_data = ring;
	vma->vm_ops = &eptring_vm_ops;
}

static int eptring_map_tx(struct eptring *ring, struct vm_area_struct *vma)
{
	mutex_lock(&ring->map_mutex);
	if (ring->tx_mapped)
		vma->vm_page_prot = ring->ops->slots_prot(ring->slots, vma->vm_page_prot);
	mutex_unlock(&ring->map_mutex);
	eptring_map_pages(ring, vma);
	return 0;
}

static int eptring_map_rx(struct eptring *ring, struct vm_area_struct *vma, size_t size)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	compat_vm_flags_mod(vma, VM_DONTCOPY, VM_MAYWRITE);
	if (!ring->is_exclusive)
		return remap_vmalloc_range(vma, ring->rx_memory, 0);
	if (size > eptring_rx_bytes(ring))
		return -EINVAL;

	mutex_lock(&ring->map_mutex);
	if (ring->exclusive)
		vma->vm_page_prot = ring->ops->exclusive->prot(ring->exclusive, vma->vm_page_prot);
	mutex_unlock(&ring->map_mutex);
	eptring_map_pages(ring, vma);
	return 0;
}

/**
 * eptring_mmap() - map a part of the rings
 * @ring: the rings
 * @vma:  which, and where to
 *
 * Return: 0; -EINVAL for a private mapping, another offset, or beyond the end; -EACCES.
 */
int eptring_mmap(struct eptring *ring, struct vm_area_struct *vma)
{
	const size_t size = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	switch ((u64)vma->vm_pgoff << PAGE_SHIFT) {
	case RPMSG_RING_OFF_CONTROL:
		compat_vm_flags_mod(vma, VM_DONTCOPY, 0);
		return remap_vmalloc_range(vma, ring->control, 0);
	case RPMSG_RING_OFF_TX:
		if (size > PAGE_ALIGN((size_t)ring->tx_slots * ring->tx_stride))
			return -EINVAL;
		return eptring_map_tx(ring, vma);
	case RPMSG_RING_OFF_RX:
		return eptring_map_rx(ring, vma, size);
	default:
		return -EINVAL;
	}
}
