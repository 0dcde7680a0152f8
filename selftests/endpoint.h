/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's end: /dev/rpmsg_ctrlN and /dev/rpmsgN of a test's processor.
 */
#ifndef SELFTESTS_ENDPOINT_H
#define SELFTESTS_ENDPOINT_H

#include <linux/rpmsg.h>

#include "file.h"
#include "processor.h"
#include "layout.h"
#include "remote.h"

#define NODE_MAX	64	/* "/dev/rpmsg17" */
#define DEVICE_MAX	32	/* "virtio3" */

/*
 * Sets up what a test of the character devices starts from: a processor, a remote at work on it,
 * and its control device open. Returns that file descriptor or -errno.
 */
int ctrl_up(struct processor *processor, struct remote *remote);

/*
 * As ctrl_up(), for an rpmsg device with these features and this config space: first all but
 * opening the control device, which returns 0 or -errno, then that.
 */
int device_up(struct processor *processor, struct remote *remote, uint32_t features,
	      const void *config, uint32_t config_len);
int ctrl_up_device(struct processor *processor, struct remote *remote, uint32_t features,
		   const void *config, uint32_t config_len);

/* Ends the processor, and only then closes its control device. */
void ctrl_down(struct processor *processor, int ctrl);

/* Opens the control device of the processor. Returns a file descriptor or -errno. */
int ctrl_open(const struct processor *processor);

/* One of the control device's ioctls with these values. Returns 0 or -errno. */
int ctrl_ioctl(int ctrl, unsigned long request, const char *name, uint32_t src, uint32_t dst);

/* Finds the node of the endpoint of that name. Returns how many there are. */
int endpoint_node(const struct processor *processor, const char *name, char node[NODE_MAX]);

/* Creates an endpoint and finds its node. Returns 0 or -errno. */
int endpoint_create(const struct processor *processor, int ctrl, const char *name, uint32_t src,
		    uint32_t dst, char node[NODE_MAX]);

/* Creates an endpoint and opens it with the flags. Returns a file descriptor or -errno. */
int endpoint_open(const struct processor *processor, int ctrl, const char *name, uint32_t src,
		  uint32_t dst, int flags);

/* Finds the channel of that service. Returns how many there are. */
int channel_find(const struct processor *processor, const char *service);

/* A counter in the folder statistics/ of the node, or of the only virtio device. -1: not there. */
long node_counter(const char *node, const char *name);
long device_counter(const struct processor *processor, const char *name);

/* The same in two steps: finding the device looks at all there are. That returns 0 or -ENODEV. */
int device_find(const struct processor *processor, char device[DEVICE_MAX]);
long device_counter_of(const char *device, const char *name);

/* Where the only virtio device has its attribute "exclusive". Returns 0 or -ENODEV. */
int device_exclusive_path(const struct processor *processor, char path[FILE_PATH_MAX]);

/* What the administrator does there. Returns 0 or -errno. */
int device_set_exclusive(const struct processor *processor, bool exclusive);

/* As open(), read(), write(), but return -errno. */
int node_open(const char *node, int flags);
int node_read(int fd, void *data, size_t size);
int node_write(int fd, const void *data, size_t size);

void node_set_nonblock(int fd, bool on);

/* Writes until there is no room. Returns how many messages were accepted. */
int node_fill(int fd);

/* The events that are there within the time; 0 when none is. */
int node_poll(int fd, int events, int timeout_ms);

#endif /* SELFTESTS_ENDPOINT_H */
