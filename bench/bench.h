/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench.h: what the parts of bench share. What a method and a mode are: bench.c. */
#ifndef BENCH_H
#define BENCH_H

#include <liburing.h>
#include <librpmsg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_MAX	128
#define BUFFERS		128	/* calls have all of the transport's, 256 */
#define LIMIT_NS	INT64_C(60000000000)
#define BUSY_POLL_NS	INT64_C(1000000)

struct floor;

/**
 * struct peer - one processor's end of what is measured
 * @mode:     what is sent
 * @size:     bytes of each message
 * @endpoint: the endpoint; NULL on the floor
 * @fd:       its descriptor, for calls
 * @ring:     its rings
 * @uring:    commands to them go through this
 * @has_uring: it is there
 * @flushes:  commands to hand messages over that are not complete
 * @floor:    shared memory and the process at its other end
 * @data:     a message that is copied
 * @seen:     of each message that came
 */
struct peer {
	const char *mode;
	uint32_t size;
	struct rpmsg_endpoint *endpoint;
	int fd;
	struct rpmsg_ring *ring;
	struct io_uring uring;
	bool has_uring;
	unsigned int flushes;
	struct floor *floor;
	unsigned char *data;
	volatile unsigned char seen;
};

/**
 * struct method - a way of sending messages
 * @name:  of the method
 * @local: it needs no endpoint
 * @start: make what it needs, on an endpoint that is open
 * @stop:  free that, also when @start failed
 * @send:  write and hand over so many messages
 * @recv:  wait for so many, and read a byte of each
 * @tell:  send a message that is not measured
 * @hear:  receive one
 *
 * All return 0 or a negative errno.
 */
struct method {
	const char *name;
	bool local;
	int (*start)(struct peer *peer);
	void (*stop)(struct peer *peer);
	int (*send)(struct peer *peer, uint32_t count);
	int (*recv)(struct peer *peer, uint32_t count);
	int (*tell)(struct peer *peer, const void *data, size_t size);
	int (*hear)(struct peer *peer, void *data, size_t size);
};

extern const struct method method_calls, method_ring, method_exclusive, method_poll, method_uring,
	method_exclusive_uring, method_sqpoll, method_exclusive_sqpoll, method_floor,
	method_floor_poll;

struct others;
int others_start(unsigned int count, struct others **others_out);
void others_stop(struct others *others);

/* What rings have in common, whoever rings the bell. */
int ring_fill(struct peer *peer, uint32_t count);
int ring_take(struct peer *peer, uint32_t count);
int ring_tell(struct peer *peer, const void *data, size_t size);
int ring_hear(struct peer *peer, void *data, size_t size);
int ring_start(struct peer *peer);
int exclusive_start(struct peer *peer);
void ring_stop(struct peer *peer);

#endif /* BENCH_H */
