// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Booting through sysfs. The kernel would also boot by itself, but then nobody learns why it
 * did not: the write to "state" returns the reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "urproc.h"

static int write_start(unsigned int index)
{
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/sys/class/remoteproc/remoteproc%u/state", index);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, "start", 5) < 0)
		err = errno;
	close(fd);
	return err;
}

pid_t boot_begin(unsigned int index, int urproc_fd)
{
	pid_t pid = fork();
	int err;

	if (pid)
		return pid < 0 ? -errno : pid;

	prctl(PR_SET_NAME, "urproc-boot");
	setpgid(0, 0);
	close(urproc_fd);
	err = write_start(index);
	/* An exit status has eight bits; what does not fit is of no name to the user either. */
	_exit(err > 0 && err < 255 ? err : err ? 255 : 0);
}

int boot_error(int wait_status)
{
	if (!WIFEXITED(wait_status))
		return EINTR;
	return WEXITSTATUS(wait_status);
}
