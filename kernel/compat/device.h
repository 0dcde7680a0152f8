/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels for whoever makes a bus or a class.
 */
#ifndef COMPAT_DEVICE_H
#define COMPAT_DEVICE_H

#ifdef HAVE_CONST_UEVENT
#define COMPAT_UEVENT_CONST	const
#else
#define COMPAT_UEVENT_CONST
#endif

#endif /* COMPAT_DEVICE_H */
