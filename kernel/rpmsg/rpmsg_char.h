/* SPDX-License-Identifier: GPL-2.0-only */
/* rpmsg_char.h: what rpmsg_char does for rpmsg_ctrl. Not an installed header. */
#ifndef RPMSG_CHAR_H
#define RPMSG_CHAR_H

#include <linux/rpmsg.h>

int rpmsg_chrdev_eptdev_create(struct rpmsg_device *rpdev, struct device *parent,
			       struct rpmsg_channel_info chinfo);
int rpmsg_chrdev_eptdev_destroy(struct device *dev, void *data);

#endif /* RPMSG_CHAR_H */
