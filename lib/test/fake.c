// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The fake sysfs: see fake.h. Every device is a folder with a "uevent" file and a link to its
 * subsystem, which is all that libudev asks for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg_endpoint.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fake.h"

#define SOC	"/sys/devices/platform/soc/remoteproc"

enum fake_create fake_create;
unsigned int fake_creates;
unsigned int fake_destroys;
int fake_peer = -1;
fake_fn fake_meanwhile;

static int null_fd = -1;

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void format(char path[PATH_MAX], const char *text, ...)
{
	va_list args;

	va_start(args, text);
	if (vsnprintf(path, PATH_MAX, text, args) >= PATH_MAX)
		abort();
	va_end(args);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file))
		die(path);
}

/* Folder and all above it. */
static void make_folder(const char *path)
{
	char part[PATH_MAX];
	char *slash;

	format(part, "%s", path);
	for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			die(part);
		*slash = '/';
	}
	if (mkdir(part, 0755) && errno != EEXIST)
		die(part);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level ? remove(path) : 0;
}

static void empty_folder(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static bool enter_namespace(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (!unshare(CLONE_NEWNS))
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return false;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
	return true;
}

bool fake_enter(void)
{
	if (!enter_namespace() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	/* In the new namespace, and before it is hidden: only then can it be mounted elsewhere. */
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0 ||
	    mount("fake", "/sys", "tmpfs", 0, NULL) || mount("fake", "/dev", "tmpfs", 0, NULL))
		return false;
	/* libudev refuses a sysfs that is none, unless it is told to believe. */
	setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1);
	fake_reset();
	return true;
}

void fake_reset(void)
{
	umount2("/dev/rpmsg0", MNT_DETACH);
	empty_folder("/sys");
	empty_folder("/dev");
	make_folder("/sys/bus/rpmsg/devices");
	make_folder("/sys/bus/platform/devices");
	make_folder("/sys/bus/virtio/devices");
	make_folder("/sys/class");
	make_folder("/sys/dev/char");
	make_folder("/sys/devices");
	fake_create = FAKE_CREATE_NODE;
	fake_creates = 0;
	fake_destroys = 0;
}

void fake_attr(const char *folder, const char *attr, const char *value)
{
	char path[PATH_MAX];

	format(path, "%s/%s", folder, attr);
	write_file(path, value);
}

static void make_device(const char *folder, const char *subsystem, const char *uevent)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *name = strrchr(folder, '/') + 1;

	make_folder(folder);
	fake_attr(folder, "uevent", uevent);
	make_folder(subsystem);
	format(path, "%s/subsystem", folder);
	if (symlink(subsystem, path))
		die(path);
	format(link, "%s%s/%s", subsystem, strstr(subsystem, "/bus/") ? "/devices" : "", name);
	if (symlink(folder, link))
		die(link);
}

/* The device file goes with its folder in sysfs; both are made here. */
static void make_char_device(const char *folder, unsigned int major, unsigned int minor)
{
	char uevent[PATH_MAX], path[PATH_MAX];
	const char *name = strrchr(folder, '/') + 1;

	format(uevent, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", major, minor, name);
	make_device(folder, "/sys/class/rpmsg", uevent);
	format(path, "/dev/%s", name);
	write_file(path, "");
	format(path, "/sys/dev/char/%u:%u", major, minor);
	unlink(path);
	if (symlink(folder, path))
		die(path);
}

void fake_processor(unsigned int index, const char *name, const char *state)
{
	char folder[PATH_MAX];

	format(folder, SOC "/remoteproc%u", index);
	make_device(folder, "/sys/class/remoteproc", "");
	fake_attr(folder, "name", name);
	fake_attr(folder, "firmware", "fw.elf\n");
	fake_attr(folder, "state", state);

	format(folder + strlen(folder), "/rproc-virtio.%u.auto", index);
	make_device(folder, "/sys/bus/platform", "");
	format(folder + strlen(folder), "/virtio%u", index);
	make_device(folder, "/sys/bus/virtio", "");
}

static void virtio_folder(char path[PATH_MAX], unsigned int processor)
{
	format(path, SOC "/remoteproc%u/rproc-virtio.%u.auto/virtio%u", processor, processor,
	       processor);
}

void fake_channel(unsigned int processor, const char *service, const char *src, const char *dst)
{
	char virtio[PATH_MAX], folder[PATH_MAX];

	virtio_folder(virtio, processor);
	format(folder, "%s/virtio%u.%.40s.%s.%s", virtio, processor, service, src, dst);
	make_device(folder, "/sys/bus/rpmsg", "");
	fake_attr(folder, "name", service);
	fake_attr(folder, "src", src);
	fake_attr(folder, "dst", dst);
	fake_attr(folder, "announce", "true\n");
}

void fake_control(unsigned int processor, unsigned int number)
{
	char virtio[PATH_MAX], folder[PATH_MAX];

	fake_channel(processor, "rpmsg_ctrl", "0x0", "0x0");
	virtio_folder(virtio, processor);
	format(folder, "%s/virtio%u.rpmsg_ctrl.0x0.0x0/rpmsg/rpmsg_ctrl%u", virtio, processor,
	       number);
	make_char_device(folder, 240, number);
}

static void make_node(unsigned int control, unsigned int number, const char *name, const char *dst,
		      bool has_file)
{
	char folder[PATH_MAX], link[PATH_MAX], target[PATH_MAX];

	format(link, "/sys/class/rpmsg/rpmsg_ctrl%u", control);
	if (!realpath(link, target))
		die(link);
	format(folder, "%s/rpmsg%u", target, number);
	/* Node 0 has the numbers of /dev/null, so that a file of its kind can stand for it. */
	if (has_file)
		make_char_device(folder, number ? 241 : 1, number ? number : 3);
	else
		make_device(folder, "/sys/class/rpmsg", "");
	fake_attr(folder, "name", name);
	fake_attr(folder, "src", "-1\n");
	fake_attr(folder, "dst", dst);
}

void fake_node(unsigned int control, unsigned int number, const char *name, const char *dst)
{
	make_node(control, number, name, dst, true);
}

void fake_coredump(unsigned int number, unsigned int processor, const char *data)
{
	char folder[PATH_MAX], link[PATH_MAX], target[PATH_MAX];

	format(folder, "/sys/devices/virtual/devcoredump/devcd%u", number);
	make_device(folder, "/sys/class/devcoredump", "");
	fake_attr(folder, "data", data);
	format(link, "%s/failing_device", folder);
	format(target, SOC "/remoteproc%u", processor);
	if (symlink(target, link))
		die(link);
}

void fake_debugfs(unsigned int processor)
{
	char folder[PATH_MAX];

	format(folder, "/sys/kernel/debug/remoteproc/remoteproc%u", processor);
	make_folder(folder);
}

void fake_counter(const char *device, const char *name, const char *value)
{
	char folder[PATH_MAX];

	format(folder, "%s/statistics", device);
	make_folder(folder);
	fake_attr(folder, name, value);
}

void fake_remove(const char *subsystem, const char *name)
{
	char link[PATH_MAX], folder[PATH_MAX], path[PATH_MAX];

	format(link, "%s/%s", subsystem, name);
	if (!realpath(link, folder))
		die(link);
	empty_folder(folder);
	rmdir(folder);
	unlink(link);
	format(path, "/dev/%s", name);
	unlink(path);
}

/* Let /dev/rpmsgN be a character device, or an ordinary file again. */
void fake_device_file(unsigned int number, bool real)
{
	char path[PATH_MAX], source[PATH_MAX];

	format(path, "/dev/rpmsg%u", number);
	if (!real) {
		umount2(path, MNT_DETACH);
		return;
	}
	format(source, "/proc/self/fd/%d", null_fd);
	if (mount(source, path, NULL, MS_BIND, NULL))
		die(path);
}

static bool node_exists(unsigned int number)
{
	char link[PATH_MAX];

	format(link, "/sys/class/rpmsg/rpmsg%u", number);
	return !access(link, F_OK);
}

/* Returns the number of the node, or -1. */
static int create(int fd, const char *name, uint32_t to)
{
	char source[64], path[PATH_MAX] = "", dst[16];
	unsigned int control, number = 0;

	fake_creates++;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	if (readlink(source, path, sizeof(path) - 1) < 0 ||
	    sscanf(path, "/dev/rpmsg_ctrl%u", &control) != 1) {
		errno = ENOTTY;
		return -1;
	}

	switch (fake_create) {
	case FAKE_CREATE_FAIL:
		errno = ENOSPC;
		return -1;
	case FAKE_CREATE_NOTHING:
		return 0;
	case FAKE_CREATE_REUSE:
		fake_remove("/sys/class/rpmsg", "rpmsg0");
		break;
	case FAKE_CREATE_NODE:
	case FAKE_CREATE_TOLD:
	case FAKE_CREATE_FILE:
		break;
	}
	while (node_exists(number))
		number++;
	snprintf(dst, sizeof(dst), "%d\n", (int)to);
	make_node(control, number, name, dst, fake_create != FAKE_CREATE_FILE);
	return (int)number;
}

static int create_untold(int fd, const struct rpmsg_endpoint_info *info)
{
	return create(fd, info->name, info->dst) < 0 ? -1 : 0;
}

void fake_once(fake_fn *what)
{
	fake_fn once = *what;

	*what = NULL;
	if (once)
		once();
}

static int create_told(int fd, struct rpmsg_endpoint_create *info)
{
	const unsigned int flags = fake_create == FAKE_CREATE_FILE ? RPMSG_ENDPOINT_NO_NODE : 0;
	int number, ends[2];

	if (fake_create < FAKE_CREATE_TOLD || info->flags != flags) {
		errno = EINVAL;
		return -1;
	}
	number = create(fd, info->name, info->dst);
	info->index = (uint32_t)number;
	if (number < 0 || fake_create == FAKE_CREATE_TOLD)
		return number < 0 ? -1 : 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		die("socketpair");
	info->fd = ends[0];
	fake_peer = ends[1];
	fake_once(&fake_meanwhile);
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);

	switch (request) {
	case RPMSG_CREATE_EPT_IOCTL:
		return create_untold(fd, arg);
	case RPMSG_IOC_CREATE_ENDPOINT:
		return create_told(fd, arg);
	case RPMSG_DESTROY_EPT_IOCTL:
		fake_destroys++;
		return 0;
	default:
		return __real_ioctl(fd, request, arg);
	}
}
