// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The context: a handle of libudev, which is what makes discovery independent of where kernels put
 * things in sysfs.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

int rpmsg_context_new(struct rpmsg_context **ctx_out)
{
	struct rpmsg_context *ctx;

	if (!ctx_out)
		return -EINVAL;

	ctx = malloc(sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;

	ctx->udev = udev_new();
	if (!ctx->udev) {
		free(ctx);
		return -ENOMEM;
	}

	*ctx_out = ctx;
	return 0;
}

void rpmsg_context_free(struct rpmsg_context *ctx)
{
	if (!ctx)
		return;
	udev_unref(ctx->udev);
	free(ctx);
}
