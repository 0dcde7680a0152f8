/* SPDX-License-Identifier: GPL-2.0-only */
/* rpmsg_name.h: which names a channel may have. */
#ifndef RPMSG_NAME_H
#define RPMSG_NAME_H

#include <linux/ctype.h>
#include <linux/types.h>

/**
 * rpmsg_name_ok() - may a channel that somebody else asks for have this name?
 * @name: the name, with its end
 *
 * It becomes a device name and lines in sysfs files and uevents, so it has to be printable ASCII.
 *
 * Return: true if so.
 */
static inline bool rpmsg_name_ok(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		if (!isascii(*name) || !isprint(*name))
			return false;
	}
	return true;
}

#endif /* RPMSG_NAME_H */
