/* SPDX-License-Identifier: GPL-2.0-only */
/* rpmsg_char.h: what rpmsg_char does for rpmsg_ctrl. Not an installed header. */
#ifndef RPMSG_CHAR_H
#define RPMSG_CHAR_H

#include <linux/rpmsg.h>
#include <linux/uaccess.h>

struct file;

int rpmsg_chrdev_eptdev_create(struct rpmsg_device *rpdev, struct device *parent,
			       struct rpmsg_channel_info chinfo);
int rpmsg_chrdev_eptdev_destroy(struct device *dev, void *data);

/* As above, for <linux/rpmsg_endpoint.h>. */
struct device *rpmsg_chrdev_endpoint_create(struct rpmsg_device *rpdev, struct device *parent,
					    const struct rpmsg_channel_info *info,
					    unsigned int flags);
struct file *rpmsg_chrdev_endpoint_open(struct device *dev, u32 *addr);
void rpmsg_chrdev_destroy_all(struct device *parent);

/* Fetches a structure that starts with its size, @min bytes or more. */
static inline int rpmsg_fetch(void *to, size_t min, const void __user *from)
{
	u32 size;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < min)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, min, from, size);
}

#endif /* RPMSG_CHAR_H */
