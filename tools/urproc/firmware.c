// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel loads firmware by name, from its own folders. A file elsewhere gets a link there,
 * under a name that no other urproc uses: it has the process's number. A process that was killed
 * leaves its link behind, and the next urproc removes it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/urproc.h>
#include "urproc.h"

/* Of a link's name; with the number of the process. */
#define LINK_PREFIX "urproc-%ld-"

static int copy_name(struct firmware *fw, const char *prefix, const char *name)
{
	int n = snprintf(fw->name, sizeof(fw->name), "%s%s", prefix, name);

	if (n > 0 && n < URPROC_FIRMWARE_MAX)
		return 0;
	complain("%s: firmware names have at most %d bytes", name, URPROC_FIRMWARE_MAX - 1);
	return -ENAMETOOLONG;
}

/* Whether the name is one of ours, of a process that is no more. */
static bool is_left_behind(const char *name)
{
	int used = 0;
	long pid;

	return sscanf(name, LINK_PREFIX "%n", &pid, &used) == 1 && used && pid > 0 &&
	       kill((pid_t)pid, 0) && errno == ESRCH;
}

static void remove_left_behind(void)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	dir = opendir(FIRMWARE_DIR);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (is_left_behind(entry->d_name) &&
		    !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISLNK(st.st_mode))
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

int firmware_publish(struct firmware *fw, const char *file)
{
	char path[PATH_MAX], prefix[32];
	struct stat st;
	int ret;

	fw->link[0] = '\0';
	if (!strchr(file, '/'))
		return copy_name(fw, "", file);

	if (!realpath(file, path) || stat(path, &st)) {
		ret = -errno;
		goto cannot;
	}
	if (!S_ISREG(st.st_mode)) {
		ret = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		goto cannot;
	}

	snprintf(prefix, sizeof(prefix), LINK_PREFIX, (long)getpid());
	ret = copy_name(fw, prefix, strrchr(path, '/') + 1);
	if (ret)
		return ret;
	snprintf(fw->link, sizeof(fw->link), "%s/%s", FIRMWARE_DIR, fw->name);

	if (mkdir(FIRMWARE_DIR, 0755) && errno != EEXIST) {
		ret = -errno;
		goto no_link;
	}
	remove_left_behind();
	/* A link of our name is what an earlier process of our number left behind. */
	unlink(fw->link);
	if (symlink(path, fw->link)) {
		ret = -errno;
		goto no_link;
	}
	return 0;

no_link:
	complain("cannot link %s: %s", fw->link, strerror(-ret));
	fw->link[0] = '\0';
	return ret;
cannot:
	complain("%s: %s", file, strerror(-ret));
	return ret;
}

void firmware_withdraw(struct firmware *fw)
{
	if (fw->link[0])
		unlink(fw->link);
	fw->link[0] = '\0';
}
