/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share. Nothing here leaves the shared object.
 */
#ifndef LIBRPMSG_INTERNAL_H
#define LIBRPMSG_INTERNAL_H

#include <libudev.h>
#include <limits.h>
#include <linux/rpmsg_ring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "librpmsg.h"

struct rpmsg_context {
	struct udev *udev;
};

struct rpmsg_processor {
	char *name;
	char *sysname;
	char *syspath;
	char *firmware;
	unsigned int index;
	enum rpmsg_processor_state state;
	bool tells_state;	/* its uevents say it */
};

/*
 * Where a channel or node hangs: the device below which one transport's channels, control device
 * and nodes are (a virtio device, usually), and the processor above that.
 */
struct place {
	char *transport;	/* syspath */
	char *processor;	/* "remoteprocN", or NULL */
};

struct rpmsg_channel {
	char *syspath;
	struct place place;
	char service[RPMSG_NAME_SIZE];
	uint32_t src;
	uint32_t dst;
	bool announce;
	ino_t id;		/* as a node's */
};

struct rpmsg_node {
	char *syspath;
	char *path;		/* NULL: somebody's descriptor, with no file in /dev */
	struct place place;
	char name[RPMSG_NAME_SIZE];
	uint32_t src;
	uint32_t dst;
	unsigned int number;
	char sysname[sizeof("rpmsg4294967295")];
	ino_t id;		/* of the folder in sysfs: tells a new device of the same name */
};

/* What is new with each connection of an endpoint. */
struct connection {
	int fd;
	enum rpmsg_endpoint_mode mode;
	size_t mtu;		/* 0: not known */
	char *path;		/* of the node, or NULL */
	char *sysname;
	ino_t channel;		/* the channel's id, or 0 */
	bool owns_node;
};

/* Where an endpoint leads that was opened by service; service is NULL for others. */
struct target {
	char *service;
	char *processor;	/* its name, or NULL */
	char *sysname;		/* "remoteprocN", or NULL */
};

enum endpoint_state {
	ENDPOINT_CONNECTED,
	ENDPOINT_DEAD,		/* the caller was told; what was received can still be read */
	ENDPOINT_WAITING,	/* for the service; the descriptor is @wait's */
};

struct rpmsg_endpoint {
	int fd;			/* the number stays; what it is changes */
	atomic_int mode;	/* enum rpmsg_endpoint_mode */
	atomic_size_t mtu;
	atomic_uint generation;
	atomic_int state;	/* enum endpoint_state */
	struct target target;

	/* Guards what follows, and changes of what precedes. */
	pthread_mutex_t lock;
	struct connection connection;	/* without the descriptor */
	int timer_fd;		/* -1: never waited */

	/* A message that did not fit into the caller's buffer; belongs to the receiving thread. */
	unsigned char *kept;
	size_t kept_size;
	size_t kept_len;
	bool has_kept;

	unsigned int ring_generation;	/* the last that got a ring; 0: none did */
};

/* deadline.c: a limit in time, and waiting within it */

struct deadline {
	int64_t at_ns;		/* CLOCK_MONOTONIC */
	int error;		/* the answer when it has passed */
};

int deadline_init(struct deadline *deadline, int64_t timeout_ns);
int64_t deadline_left_ns(const struct deadline *deadline);
int deadline_sleep(const struct deadline *deadline, int64_t slice_ns);
int deadline_poll(const struct deadline *deadline, int fd, short events, int64_t slice_ns,
		  short *revents);

/* sysfs.c: attributes and devices */

enum device_kind {
	DEVICE_OTHER,
	DEVICE_CHANNEL,
	DEVICE_CONTROL,
	DEVICE_NODE,
};

/* Called with each device; 0 goes on, everything else ends the walk and is its result. */
typedef int (*device_visit_fn)(struct udev_device *dev, void *data);

int sysfs_open(const char *syspath, const char *attr, int flags);
int sysfs_read_fd(int fd, char *buf, size_t size);
int sysfs_read(const char *syspath, const char *attr, char *buf, size_t size);
int sysfs_write(const char *syspath, const char *attr, const char *value);
int device_id(const char *syspath, ino_t *id_out);
enum device_kind device_kind(struct udev_device *dev);
int device_number(struct udev_device *dev, const char *prefix, unsigned int *number_out);
int device_address(struct udev_device *dev, const char *attr, uint32_t *address_out);
int device_name(struct udev_device *dev, char name[RPMSG_NAME_SIZE]);
struct udev_device *device_transport(struct udev_device *dev);
struct udev_device *device_processor(struct udev_device *dev);
bool device_is_below(struct udev_device *dev, const struct rpmsg_processor *processor);
int device_walk(struct rpmsg_context *ctx, const char *subsystem, struct udev_device *below,
		device_visit_fn visit, void *data);
struct udev_monitor *device_monitor(struct rpmsg_context *ctx, const char *subsystem);
bool monitor_drain(struct udev_monitor *monitor);
int device_wait(struct rpmsg_context *ctx, const char *subsystem, const struct deadline *deadline,
		int (*scan)(struct rpmsg_context *ctx, void *data), void *data);
int place_init(struct place *place, struct udev_device *dev);
int place_copy(struct place *place, const struct place *from);
void place_clear(struct place *place);

/* array.c: an array of pointers that grows */

struct array {
	void **items;
	size_t count;
};

/* Whether a name is that of an item: its own, or one that others may have too. */
enum name_rank {
	NAME_OTHER,
	NAME_SHARED,
	NAME_OWN,
};

typedef enum name_rank (*array_rank_fn)(const void *item, const char *name);

int array_add(struct array *array, void *item);
int array_take(void **items, size_t count, array_rank_fn rank, const char *name, void **item_out);
void array_sort(struct array *array, int (*compare)(const void *a, const void *b));

/* presence.c: which channels and nodes there are, and what of that is new */

/* What is told of. Of the pointers, which are the taker's, one is not NULL. */
struct news {
	enum rpmsg_change change;
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
};

struct listing {
	struct array channels;
	struct array nodes;
};

struct presence {
	struct listing known;	/* what was told */
	struct listing now;	/* while comparing: what a look found and is not known */
	bool looking;		/* there may be differences */
	bool comparing;
	bool settled;		/* the first look was told */
};

int presence_step(struct presence *presence, struct rpmsg_context *ctx, const char *processor,
		  struct news *news);
void presence_clear(struct presence *presence);

/* processor.c, channel.c, node.c */

int processor_new(struct udev_device *dev, struct rpmsg_processor **processor_out);
int processor_copy(const struct rpmsg_processor *processor,
		   struct rpmsg_processor **processor_out);
int processor_read(const struct rpmsg_processor *processor, const char *attr, char *buf,
		   size_t size);
int processor_write(const struct rpmsg_processor *processor, const char *attr, const char *value);
enum rpmsg_processor_state processor_state_from_string(const char *text);

int channel_copy(const struct rpmsg_channel *channel, struct rpmsg_channel **channel_out);
int node_copy(const struct rpmsg_node *node, struct rpmsg_node **node_out);
int node_find_of_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			 struct rpmsg_node **node_out);
int node_create_without_file(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			     int64_t timeout_ns, int *fd_out, struct rpmsg_node **node_out);

/* connection.c: ends with connection_close(), unless its descriptor was given away */

bool connection_is_over(int fd);
void connection_clear(struct connection *connection);
void connection_close(struct connection *connection);
int connection_to_node(struct rpmsg_context *ctx, const char *path, struct connection *connection);
int connection_to_channel(struct rpmsg_context *ctx, const struct rpmsg_channel *channel,
			  const struct deadline *deadline, struct connection *connection);

/* endpoint.c */

/* The largest message to be ready for. */
size_t endpoint_largest(const struct rpmsg_endpoint *endpoint);
int endpoint_write(struct rpmsg_endpoint *endpoint, unsigned int generation, const void *buf,
		   size_t len, const struct deadline *deadline);
ssize_t endpoint_read(struct rpmsg_endpoint *endpoint, unsigned int generation,
		      const struct iovec *iov, int iovcnt, const struct deadline *deadline);

/* endpoint_open.c */

int endpoint_new(const struct connection *connection, struct rpmsg_endpoint **endpoint_out);
int endpoint_ready(struct rpmsg_endpoint *endpoint, const struct deadline *deadline);
int endpoint_died(struct rpmsg_endpoint *endpoint, unsigned int generation);

/* ring.c: who owns what in a ring, ring_copy.c: a ring where the kernel has none */

struct rpmsg_ring {
	struct rpmsg_endpoint *endpoint;
	unsigned int generation;	/* of the endpoint, when this was made */
	enum rpmsg_ring_mode mode;
	struct rpmsg_ring_setup setup;

	struct rpmsg_ring_control *control;
	struct rpmsg_ring_submit *submit;
	struct rpmsg_ring_done *done;
	struct rpmsg_ring_ready *ready;
	uint32_t *release;
	unsigned char *tx;
	unsigned char *rx;

	/* The sending thread's */
	uint32_t *idle;			/* transmit buffers that can be reserved */
	uint32_t num_idle;
	bool *reserved;			/* by slot: the caller has it */
	uint32_t num_reserved;
	uint32_t done_head;
	uint64_t undelivered;

	/* The receiving thread's */
	bool *held;			/* by slot: the caller has it */
	uint32_t num_held;
	uint32_t *vacant;		/* RPMSG_RING_COPY: buffers that are the kernel's */
	uint32_t num_vacant;
	uint32_t release_head;
};

void ring_place(struct rpmsg_ring *ring, void *control);
int ring_copy_open(struct rpmsg_ring *ring);
void ring_copy_close(struct rpmsg_ring *ring);
int ring_copy_send(struct rpmsg_ring *ring, const struct deadline *deadline);
int ring_copy_receive(struct rpmsg_ring *ring, uint32_t count, const struct deadline *deadline);

#endif /* LIBRPMSG_INTERNAL_H */
