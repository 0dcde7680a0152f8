/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sysfs and a /dev that only this process sees: temporary file systems in a mount namespace of
 * its own, filled with what a test needs, and the ioctls of the devices in them.
 */
#ifndef LIBRPMSG_TEST_FAKE_H
#define LIBRPMSG_TEST_FAKE_H

#include <stdbool.h>

#define FAKE_PROCESSOR(n) "/sys/devices/platform/soc/remoteproc/remoteproc" #n
#define FAKE_DEBUGFS(n)	"/sys/kernel/debug/remoteproc/remoteproc" #n
#define FAKE_COREDUMP(n) "/sys/devices/virtual/devcoredump/devcd" #n
#define FAKE_VIRTIO(n)	"/sys/devices/platform/soc/remoteproc/remoteproc" #n "/rproc-virtio." #n \
		       ".auto/virtio" #n

/* What the calls that create do. */
enum fake_create {
	FAKE_CREATE_NODE,		/* as the kernel: the lowest free number */
	FAKE_CREATE_FAIL,		/* ENOSPC */
	FAKE_CREATE_NOTHING,		/* succeeds, and the node is gone again */
	FAKE_CREATE_REUSE,		/* node 0 goes, and the new one takes its number */
	FAKE_CREATE_TOLD,		/* RPMSG_IOC_CREATE_ENDPOINT, which others do not have */
	FAKE_CREATE_FILE,		/* the same, without a node: one end of a socket */
};

extern enum fake_create fake_create;
extern unsigned int fake_creates;	/* calls */
extern unsigned int fake_destroys;
extern int fake_peer;			/* the other end of the last socket, the caller's */
/* What another thread does, or NULL. */
typedef void (*fake_fn)(void);

/* Once, when the next socket was made and its maker has not heard. */
extern fake_fn fake_meanwhile;

/* Calls what is set there, if anything is, and forgets it first. */
void fake_once(fake_fn *what);

/* False where the machine does not let us: the test is to be skipped. */
bool fake_enter(void);
/* Back to an empty sysfs. */
void fake_reset(void);

void fake_processor(unsigned int index, const char *name, const char *state);
void fake_channel(unsigned int processor, const char *service, const char *src, const char *dst);
void fake_control(unsigned int processor, unsigned int number);
void fake_node(unsigned int control, unsigned int number, const char *name, const char *dst);
/* A coredump of the processor, holding @data. */
void fake_coredump(unsigned int number, unsigned int processor, const char *data);
/* The processor's folder in debugfs; fake_attr() makes files there. */
void fake_debugfs(unsigned int processor);
/* A file in the folder statistics/ of the device of that path. */
void fake_counter(const char *device, const char *name, const char *value);
void fake_remove(const char *subsystem, const char *name);
void fake_attr(const char *folder, const char *attr, const char *value);
void fake_device_file(unsigned int number, bool real);

#endif /* LIBRPMSG_TEST_FAKE_H */
