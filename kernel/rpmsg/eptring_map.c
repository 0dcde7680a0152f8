// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpmsg_char: rings, mappings. Objects, locks and unplug: eptring.c.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include "../compat/mm.h"
#include "eptring_parts.h"

static vm_fault_t eptring_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct eptring *ring = vma->vm_private_data;
	const unsigned long page = vmf->pgoff - (RPMSG_RING_OFF_TX >> PAGE_SHIFT);
	unsigned long pfn;
	vm_fault_t ret;

	if (page >= (size_t)ring->tx_slots * ring->tx_stride >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;

	mutex_lock(&ring->map_mutex);
	pfn = ring->tx_mapped ? ring->ops->slots_pfn(ring->slots, page) :
				page_to_pfn(ring->nothing);
	ret = vmf_insert_pfn(vma, vmf->address, pfn);
	mutex_unlock(&ring->map_mutex);
	return ret;
}

static const struct vm_operations_struct eptring_vm_ops = {
	.fault = eptring_fault,
};

static int eptring_map_tx(struct eptring *ring, struct vm_area_struct *vma)
{
	compat_vm_flags_mod(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, 0);
	mutex_lock(&ring->map_mutex);
	if (ring->tx_mapped)
		vma->vm_page_prot = ring->ops->slots_prot(ring->slots, vma->vm_page_prot);
	mutex_unlock(&ring->map_mutex);
	vma->vm_private_data = ring;
	vma->vm_ops = &eptring_vm_ops;
	return 0;
}

static int eptring_map_rx(struct eptring *ring, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	compat_vm_flags_mod(vma, VM_DONTCOPY, VM_MAYWRITE);
	return remap_vmalloc_range(vma, ring->rx_memory, 0);
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
		return eptring_map_rx(ring, vma);
	default:
		return -EINVAL;
	}
}
