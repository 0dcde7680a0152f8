/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels for who maps memory into a process.
 *
 * HAVE_* come from compat/features.sh, which reads the text of the installed headers.
 */
#ifndef COMPAT_MM_H
#define COMPAT_MM_H

#include <linux/mm.h>

/* Inside of mmap(): nobody else sees the area yet. */
static inline void compat_vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				       vm_flags_t clear)
{
#ifdef HAVE_VM_FLAGS_MOD
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

#endif /* COMPAT_MM_H */
