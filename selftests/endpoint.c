// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's end of a test's processor, see endpoint.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "elf_image.h"
#include "endpoint.h"
#include "wait.h"

int ctrl_up(struct processor *processor, struct remote *remote)
{
	int ret;

	ret = processor_install_firmware();
	if (!ret)
		ret = processor_open(processor);
	if (ret)
		return ret;
	ret = remote_start(remote, processor);
	if (!ret)
		ret = ctrl_open(processor);
	if (ret < 0)
		processor_close(processor);
	return ret;
}

int device_up(struct processor *processor, struct remote *remote, uint32_t features,
	      const void *config, uint32_t config_len)
{
	const struct layout_vdev vdev = {
		.id = VIRTIO_ID_RPMSG, .features = features, .vrings = 2,
		.config = config, .config_len = config_len,
	};
	struct layout layout;
	uint32_t offset;
	int ret;

	layout_init(&layout, 2);
	offset = layout_add_vdev(&layout, &vdev);
	ret = processor_open(processor);
	if (ret)
		return ret;
	remote->processor = processor;
	ret = layout_start(&layout, processor);
	if (!ret)
		ret = remote_find_rings_of(remote, layout_vdev(processor, offset));
	if (ret < 0)
		processor_close(processor);
	return ret;
}

int ctrl_up_device(struct processor *processor, struct remote *remote, uint32_t features,
		   const void *config, uint32_t config_len)
{
	int ret;

	ret = device_up(processor, remote, features, config, config_len);
	if (ret)
		return ret;
	/* The driver is ready a little before its control device is there */
	wait_until((ret = ctrl_open(processor)) != -ENODEV, PATIENCE_MS);
	if (ret < 0)
		processor_close(processor);
	return ret;
}

void ctrl_down(struct processor *processor, int ctrl)
{
	processor_close(processor);
	close(ctrl);
	firmware_remove(PROCESSOR_FIRMWARE);
}

int ctrl_open(const struct processor *processor)
{
	char device[32], node[NODE_MAX];

	if (processor_find(processor, "class/rpmsg", "rpmsg_ctrl", NULL, device,
			   sizeof(device)) != 1)
		return -ENODEV;
	snprintf(node, sizeof(node), "/dev/%s", device);
	return node_open(node, O_RDWR);
}

int ctrl_ioctl(int ctrl, unsigned long request, const char *name, uint32_t src, uint32_t dst)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };

	memcpy(info.name, name, strnlen(name, sizeof(info.name)));
	return ioctl(ctrl, request, &info) ? -errno : 0;
}

int endpoint_node(const struct processor *processor, const char *name, char node[NODE_MAX])
{
	char device[32] = "";
	int count;

	count = processor_find(processor, "class/rpmsg", "rpmsg", name, device, sizeof(device));
	snprintf(node, NODE_MAX, "/dev/%s", device);
	return count;
}

int endpoint_create(const struct processor *processor, int ctrl, const char *name, uint32_t src,
		    uint32_t dst, char node[NODE_MAX])
{
	int ret;

	ret = ctrl_ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, name, src, dst);
	if (ret)
		return ret;
	return endpoint_node(processor, name, node) == 1 ? 0 : -ENODEV;
}

int endpoint_open(const struct processor *processor, int ctrl, const char *name, uint32_t src,
		  uint32_t dst, int flags)
{
	char node[NODE_MAX];
	int ret;

	ret = endpoint_create(processor, ctrl, name, src, dst, node);
	return ret ? ret : node_open(node, flags);
}

int channel_find(const struct processor *processor, const char *service)
{
	return processor_find(processor, "bus/rpmsg/devices", "", service, NULL, 0);
}

static long counter(const char *folder, const char *device, const char *name)
{
	char path[FILE_PATH_MAX], text[32];

	file_path(path, "/sys/%s/%s/statistics/%s", folder, device, name);
	return file_read_line(path, text, sizeof(text)) < 0 ? -1 : strtol(text, NULL, 10);
}

long node_counter(const char *node, const char *name)
{
	return counter("class/rpmsg", node + strlen("/dev/"), name);
}

int device_find(const struct processor *processor, char device[DEVICE_MAX])
{
	return processor_find(processor, "bus/virtio/devices", "virtio", NULL, device,
			      DEVICE_MAX) == 1 ? 0 : -ENODEV;
}

long device_counter_of(const char *device, const char *name)
{
	return counter("bus/virtio/devices", device, name);
}

long device_counter(const struct processor *processor, const char *name)
{
	char device[DEVICE_MAX];

	return device_find(processor, device) ? -1 : device_counter_of(device, name);
}

int device_exclusive_path(const struct processor *processor, char path[FILE_PATH_MAX])
{
	char device[DEVICE_MAX];
	int ret = device_find(processor, device);

	if (!ret)
		file_path(path, "/sys/bus/virtio/devices/%s/exclusive", device);
	return ret;
}

int device_set_exclusive(const struct processor *processor, bool exclusive)
{
	char path[FILE_PATH_MAX];
	int ret = device_exclusive_path(processor, path);

	return ret ? ret : file_write(path, exclusive ? "1" : "0");
}

int node_open(const char *node, int flags)
{
	int fd = open(node, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int node_read(int fd, void *data, size_t size)
{
	ssize_t ret = read(fd, data, size);

	return ret < 0 ? -errno : (int)ret;
}

int node_write(int fd, const void *data, size_t size)
{
	ssize_t ret = write(fd, data, size);

	return ret < 0 ? -errno : (int)ret;
}

void node_set_nonblock(int fd, bool on)
{
	const int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int node_fill(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	int count = 0;

	node_set_nonblock(fd, true);
	while (node_write(fd, &count, sizeof(count)) == sizeof(count))
		count++;
	fcntl(fd, F_SETFL, flags);
	return count;
}

int node_poll(int fd, int events, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int ret = poll(&poll_fd, 1, timeout_ms);

	return ret < 0 ? -errno : poll_fd.revents;
}
