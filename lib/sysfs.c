// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sysfs: attributes, and the devices that matter to us among those that libudev lists.
 *
 * The "rpmsg" subsystem is two things under one name. The bus holds channels, whose names have
 * dots; the class holds control devices and nodes. A node without a device number is an endpoint
 * that is somebody's file descriptor, and cannot be opened. All of them hang below the device that
 * is their transport, with other rpmsg devices and nothing else in between. How deep, and what is
 * above the transport on the way to the processor, differs between kernels: so walk up, and never
 * count.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

/* How long to trust that every change is told: uevents may be filtered (containers) or overrun. */
#define RESCAN_NS		(500 * 1000000LL)
/* The same when the kernel tells nothing at all. */
#define RESCAN_BLIND_NS		(20 * 1000000LL)

/* The attribute's descriptor. -ENODEV is a missing one, device and all or not. */
int sysfs_open(const char *syspath, const char *attr, int flags)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", syspath, attr) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	return fd;
}

/* Read an open attribute, without its newline. */
int sysfs_read_fd(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int sysfs_read(const char *syspath, const char *attr, char *buf, size_t size)
{
	int fd, ret;

	fd = sysfs_open(syspath, attr, O_RDONLY);
	if (fd < 0)
		return fd;
	ret = sysfs_read_fd(fd, buf, size);
	close(fd);
	return ret;
}

/* Write an attribute. Errors as of sysfs_open(), any other is the kernel's answer. */
int sysfs_write(const char *syspath, const char *attr, const char *value)
{
	size_t len = strlen(value);
	ssize_t n;
	int fd;

	fd = sysfs_open(syspath, attr, O_WRONLY);
	if (fd < 0)
		return fd;
	n = write(fd, value, len);
	if (n < 0)
		n = -errno;
	else if ((size_t)n != len)
		n = -EIO;
	close(fd);
	return n < 0 ? n : 0;
}

/* What tells a device from a later one of the same path: the inode of its folder. */
int device_id(const char *syspath, ino_t *id_out)
{
	struct stat st;

	if (stat(syspath, &st))
		return errno == ENOENT ? -ENODEV : -errno;
	*id_out = st.st_ino;
	return 0;
}

/* The N of a device called @prefix N. */
int device_number(struct udev_device *dev, const char *prefix, unsigned int *number_out)
{
	const char *name = udev_device_get_sysname(dev);
	size_t len = strlen(prefix);
	unsigned long number;
	char *end;

	if (!name || strncmp(name, prefix, len) || !isdigit((unsigned char)name[len]))
		return -EINVAL;
	errno = 0;
	number = strtoul(name + len, &end, 10);
	if (errno || *end || number > UINT_MAX)
		return -EINVAL;
	*number_out = number;
	return 0;
}

enum device_kind device_kind(struct udev_device *dev)
{
	const char *subsystem = udev_device_get_subsystem(dev);
	unsigned int number;

	if (!subsystem || strcmp(subsystem, "rpmsg"))
		return DEVICE_OTHER;
	if (!device_number(dev, "rpmsg", &number))
		return DEVICE_NODE;
	if (!device_number(dev, "rpmsg_ctrl", &number))
		return DEVICE_CONTROL;
	return major(udev_device_get_devnum(dev)) ? DEVICE_OTHER : DEVICE_CHANNEL;
}

/* An address: hexadecimal on the bus, signed decimal in the class, where -1 is "any". */
int device_address(struct udev_device *dev, const char *attr, uint32_t *address_out)
{
	const char *text = udev_device_get_sysattr_value(dev, attr);
	long long value;
	char *end;

	if (!text)
		return -ENODEV;
	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno || end == text || *end || value < INT32_MIN || value > UINT32_MAX)
		return -EPROTO;
	*address_out = (uint32_t)value;
	return 0;
}

int device_name(struct udev_device *dev, char name[RPMSG_NAME_SIZE])
{
	const char *text = udev_device_get_sysattr_value(dev, "name");

	if (!text)
		return -ENODEV;
	if (strlen(text) >= RPMSG_NAME_SIZE)
		return -EPROTO;
	strcpy(name, text);
	return 0;
}

/* The first device above that is none of rpmsg's. Belongs to @dev. */
struct udev_device *device_transport(struct udev_device *dev)
{
	const char *subsystem;

	do {
		dev = udev_device_get_parent(dev);
		subsystem = dev ? udev_device_get_subsystem(dev) : NULL;
	} while (subsystem && !strcmp(subsystem, "rpmsg"));
	return dev;
}

struct udev_device *device_processor(struct udev_device *dev)
{
	return udev_device_get_parent_with_subsystem_devtype(dev, "remoteproc", NULL);
}

/* Whether @dev belongs to @processor; with NULL everything does. */
bool device_is_below(struct udev_device *dev, const struct rpmsg_processor *processor)
{
	struct udev_device *above;

	if (!processor)
		return true;
	above = device_processor(dev);
	return above && !strcmp(udev_device_get_syspath(above), processor->syspath);
}

int place_init(struct place *place, struct udev_device *dev)
{
	struct udev_device *transport = device_transport(dev);
	struct udev_device *processor = device_processor(dev);

	*place = (struct place){ 0 };
	if (!transport)
		return -ENODEV;

	place->transport = strdup(udev_device_get_syspath(transport));
	if (processor)
		place->processor = strdup(udev_device_get_sysname(processor));
	if (!place->transport || (processor && !place->processor)) {
		place_clear(place);
		return -ENOMEM;
	}
	return 0;
}

int place_copy(struct place *place, const struct place *from)
{
	*place = (struct place){
		.transport = strdup(from->transport),
		.processor = from->processor ? strdup(from->processor) : NULL,
	};
	if (!place->transport || (from->processor && !place->processor)) {
		place_clear(place);
		return -ENOMEM;
	}
	return 0;
}

void place_clear(struct place *place)
{
	free(place->transport);
	free(place->processor);
	*place = (struct place){ 0 };
}

/*
 * Show every device of @subsystem, or only those below @below, to @visit. One that goes away during
 * the walk is left out.
 */
int device_walk(struct rpmsg_context *ctx, const char *subsystem, struct udev_device *below,
		device_visit_fn visit, void *data)
{
	struct udev_enumerate *enumerate;
	struct udev_list_entry *entry;
	int ret;

	enumerate = udev_enumerate_new(ctx->udev);
	if (!enumerate)
		return -ENOMEM;

	ret = udev_enumerate_add_match_subsystem(enumerate, subsystem);
	if (!ret && below)
		ret = udev_enumerate_add_match_parent(enumerate, below);
	if (!ret)
		ret = udev_enumerate_scan_devices(enumerate);
	if (ret < 0)
		goto out;

	ret = 0;
	for (entry = udev_enumerate_get_list_entry(enumerate); entry;
	     entry = udev_list_entry_get_next(entry)) {
		struct udev_device *dev;

		dev = udev_device_new_from_syspath(ctx->udev, udev_list_entry_get_name(entry));
		if (!dev)
			continue;
		ret = visit(dev, data);
		udev_device_unref(dev);
		if (ret)
			break;
	}
out:
	udev_enumerate_unref(enumerate);
	return ret;
}

/* Listen for devices of @subsystem; NULL when that cannot be had. */
struct udev_monitor *device_monitor(struct rpmsg_context *ctx, const char *subsystem)
{
	/* The kernel's own messages: there with and without a udev daemon. */
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(ctx->udev, "kernel");

	if (!monitor)
		return NULL;
	if (udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, NULL) < 0 ||
	    udev_monitor_enable_receiving(monitor) < 0) {
		udev_monitor_unref(monitor);
		return NULL;
	}
	return monitor;
}

/* Throw away what it was told. True if there was something. */
bool monitor_drain(struct udev_monitor *monitor)
{
	struct pollfd pfd = { .fd = udev_monitor_get_fd(monitor), .events = POLLIN };
	bool any = false;

	while (poll(&pfd, 1, 0) > 0) {
		udev_device_unref(udev_monitor_receive_device(monitor));
		any = true;
	}
	return any;
}

/*
 * Call @scan until it answers something else than -ENOENT: whenever something happened to devices
 * of @subsystem, and now and then in case nobody told us. The monitor listens before the first
 * scan and is drained before each later one, so a change is either seen by a scan or wakes the
 * next.
 */
int device_wait(struct rpmsg_context *ctx, const char *subsystem, const struct deadline *deadline,
		int (*scan)(struct rpmsg_context *ctx, void *data), void *data)
{
	struct udev_monitor *monitor = NULL;
	bool listening = false;
	short revents;
	int ret;

	for (;;) {
		ret = scan(ctx, data);
		if (ret != -ENOENT)
			break;

		if (!listening) {
			if (!deadline_left_ns(deadline)) {
				ret = deadline->error;
				break;
			}
			monitor = device_monitor(ctx, subsystem);
			listening = true;
			continue;
		}

		ret = deadline_poll(deadline, monitor ? udev_monitor_get_fd(monitor) : -1, POLLIN,
				    monitor ? RESCAN_NS : RESCAN_BLIND_NS, &revents);
		if (ret)
			break;
		if (revents)
			monitor_drain(monitor);
	}
	udev_monitor_unref(monitor);
	return ret;
}
