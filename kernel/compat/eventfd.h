/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPAT_EVENTFD_H
#define COMPAT_EVENTFD_H

#include <linux/eventfd.h>

/* 6.8 dropped the count, which had always been 1. */
static inline void compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#ifdef HAVE_EVENTFD_SIGNAL_COUNT
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

#endif /* COMPAT_EVENTFD_H */
