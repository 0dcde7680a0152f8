/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The application's side of an endpoint's rings, <linux/rpmsg_ring.h>, with nothing in between: a
 * test may do what the library would not.
 */
#ifndef SELFTESTS_RINGS_H
#define SELFTESTS_RINGS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rpmsg_ring.h>

struct rings {
	struct rpmsg_ring_setup		setup;
	struct rpmsg_ring_control	*control;
	struct rpmsg_ring_submit	*submit;
	struct rpmsg_ring_done		*done;
	struct rpmsg_ring_ready		*ready;
	uint32_t			*release;
	uint8_t				*tx;
	const uint8_t			*rx;
	uint32_t			done_head;
};

/* RPMSG_IOC_RING_SETUP. Returns 0 or -errno. */
int rings_setup(struct rings *rings, int fd, uint32_t tx_slots, uint32_t rx_slots);
int rings_setup_mode(struct rings *rings, int fd, bool exclusive, uint32_t tx_slots,
		     uint32_t rx_slots);

/* Maps all parts. Returns 0 or -errno, and then, too, rings_unmap() takes back what there is. */
int rings_map(struct rings *rings, int fd);
void rings_unmap(struct rings *rings);

/* All of it on a node that is opened for that. Returns its file descriptor, or -errno. */
int rings_open(struct rings *rings, const char *node, bool exclusive, uint32_t tx_slots,
	       uint32_t rx_slots);

/* mmap(), but NULL when it failed. */
void *rings_map_part(int fd, uint64_t offset, size_t size, int prot);
size_t rings_tx_size(const struct rings *rings);
size_t rings_rx_size(const struct rings *rings);

/* A buffer to send from, and one that a message is in. */
uint8_t *rings_tx_slot(const struct rings *rings, uint32_t slot);
const uint8_t *rings_rx_slot(const struct rings *rings, uint32_t slot);

/* Appends to the submit ring, and to the release ring. */
void rings_submit(struct rings *rings, uint32_t slot, uint32_t len);
void rings_release(struct rings *rings, uint32_t slot);

/* The next entry of the done ring, and of the ready ring. NULL when there is none. */
const struct rpmsg_ring_done *rings_next_done(struct rings *rings);
const struct rpmsg_ring_ready *rings_next_ready(struct rings *rings);

/* RPMSG_IOC_RING_SEND, RPMSG_IOC_RING_RECEIVE, or either. They return what these do, or -errno. */
int rings_send(int fd, uint32_t count, uint64_t timeout_ns);
int rings_receive(int fd, uint32_t count, uint64_t timeout_ns);
int rings_command(int fd, unsigned int request, uint32_t count, uint64_t timeout_ns);

/* A thread in a command that waits for as long as it takes. */
struct commander {
	int		fd;
	unsigned int	request;
	uint32_t	count;
	pthread_t	thread;
	atomic_int	result;
};

#define COMMANDER_RUNNING	1000000	/* its result until it has one */

/* True when it waits. Then commander_result() is due, which waits for its end. */
bool commander_start(struct commander *commander, int fd, unsigned int request, uint32_t count);
int commander_result(struct commander *commander);

#endif /* SELFTESTS_RINGS_H */
