// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Endpoints that are there, could get messages, and get none. They are made and found by the
 * kernel's plain means, before anything else has a node: the library looks at all nodes for each
 * that it makes, which is nothing for a thousand.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/rpmsg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

#define NOBODY	0x7fffffff	/* an address of the remote's that nothing is sent to */

struct others {
	unsigned int count;
	int fds[];
};

static int make_nodes(unsigned int count)
{
	struct rpmsg_endpoint_info info = {
		.name = "bench-other", .src = RPMSG_ADDR_ANY, .dst = NOBODY,
	};
	unsigned int i;
	int fd, ret = 0;
	glob_t found;

	if (glob("/dev/rpmsg_ctrl*", 0, NULL, &found))
		return -ENODEV;
	fd = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
	globfree(&found);
	if (fd < 0)
		return -errno;
	for (i = 0; i < count && !ret; i++)
		ret = ioctl(fd, RPMSG_CREATE_EPT_IOCTL, &info) ? -errno : 0;
	close(fd);
	return ret;
}

/* An endpoint is there for as long as its node is open. */
static int open_nodes(struct others *others, unsigned int count)
{
	glob_t found;
	size_t i;
	int ret = 0;

	if (glob("/dev/rpmsg[0-9]*", 0, NULL, &found))
		return -ENOENT;
	for (i = 0; i < found.gl_pathc && others->count < count; i++) {
		others->fds[others->count] = open(found.gl_pathv[i], O_RDWR | O_CLOEXEC);
		if (others->fds[others->count] < 0)
			ret = -errno;
		else
			others->count++;
	}
	globfree(&found);
	return ret ? ret : others->count < count ? -ENOENT : 0;
}

/**
 * others_start() - open endpoints of the only processor
 * @count: how many
 * @others_out: end them with others_stop(), also after an error
 */
int others_start(unsigned int count, struct others **others_out)
{
	const struct rlimit limit = { .rlim_cur = 8192, .rlim_max = 8192 };
	struct others *others;
	int ret;

	*others_out = NULL;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	others = calloc(1, sizeof(*others) + count * sizeof(others->fds[0]));
	if (!others)
		return -ENOMEM;
	*others_out = others;
	ret = make_nodes(count);
	return ret ? ret : open_nodes(others, count);
}

/** others_stop() - remove them and their nodes */
void others_stop(struct others *others)
{
	unsigned int i;

	for (i = 0; others && i < others->count; i++) {
		ioctl(others->fds[i], RPMSG_DESTROY_EPT_IOCTL);
		close(others->fds[i]);
	}
	free(others);
}
