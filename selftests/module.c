// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and unloading of kernel modules, see module.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "module.h"

const char * const module_paths[MODULE_COUNT] = {
	"rpmsg/rpmsg_core", "rpmsg/rpmsg_ns", "rpmsg/rpmsg_char", "rpmsg/rpmsg_ctrl",
	"rpmsg/virtio_rpmsg_bus", "remoteproc/remoteproc", "urproc/urproc",
};

static const char *module_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Those that the machine wants for urproc, whoever loads it. */
static const char *module_parameters(const char *path)
{
	const char *parameters = getenv("RPMSG_URPROC_PARAMETERS");

	return parameters && !strcmp(module_name(path), "urproc") ? parameters : "";
}

int module_load(const char *path, const char *parameters)
{
	char file[FILE_PATH_MAX];
	int fd, ret;

	if (!getenv("RPMSG_MODULES"))
		return -ENOENT;
	fd = open(file_path(file, "%s/%s.ko", getenv("RPMSG_MODULES"), path),
		  O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int module_unload(const char *path)
{
	return syscall(SYS_delete_module, module_name(path), O_NONBLOCK) ? -errno : 0;
}

bool module_is_loaded(const char *path)
{
	char file[FILE_PATH_MAX], text[16];

	file_path(file, "/sys/module/%s/initstate", module_name(path));
	return file_read_line(file, text, sizeof(text)) > 0 && !strcmp(text, "live");
}

int module_load_all(void)
{
	int i, ret = 0;

	for (i = 0; i < MODULE_COUNT && !ret; i++)
		if (!module_is_loaded(module_paths[i]))
			ret = module_load(module_paths[i], module_parameters(module_paths[i]));
	return ret;
}
