/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stress test's processors: remotes that check every message, answer it, and keep accounts of
 * both, from one start to the next end.
 *
 * Objects
 *	struct stress_message is what goes both ways. It is numbered in its session and direction,
 *	and has a checksum.
 *	struct stress_session is one endpoint of the host's, from its creation to its end, with the
 *	accounts of both sides. It belongs to the host; the remote finds it by its slot, and does
 *	not touch it any more when all that was accepted has been taken, or its life is over.
 *	struct stress_life is a processor from a start to its end. The remote and each session in it
 *	hold a reference; whoever drops the last one balances the books.
 *	struct stress_remote is a processor, with one thread that is all of its silicon.
 */
#ifndef SELFTESTS_STRESS_REMOTE_H
#define SELFTESTS_STRESS_REMOTE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"
#include "processor.h"
#include "remote.h"

#define STRESS_SERVICE		0x50	/* the remote's address that answers */
#define STRESS_SLOTS		65
#define STRESS_TEXT_MAX		(RPMSG_PAYLOAD_MAX - 16)

struct stress_message {
	uint32_t	session;	/* its id */
	uint32_t	number;		/* from 0 */
	uint32_t	sum;
	uint16_t	replies;	/* asked of the remote */
	uint16_t	size;		/* of text */
	uint8_t		text[STRESS_TEXT_MAX];
};

/* Returns the bytes of the message, header included. */
size_t stress_message_fill(struct stress_message *message, uint32_t session, uint32_t number,
			   uint16_t replies);

bool stress_message_ok(const struct stress_message *message, size_t size);

/* What went wrong, of everybody; all zero when the test passes. */
struct stress_faults {
	atomic_ulong	corrupt;	/* checksum or length */
	atomic_ulong	disorder;	/* twice, out of order, not ours */
	atomic_ulong	unaccounted;	/* missing, and nobody says why */
	atomic_ulong	errors;		/* calls that failed and had no reason to */
};

/* Prints a line, the first few times, and counts it. */
void stress_fault(atomic_ulong *fault, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct stress_life {
	atomic_int		refs;
	struct stress_faults	*faults;
	atomic_bool		over;		/* the remote's numbers are final */
	bool			counted;	/* with the device's counters below */

	/* The remote's */
	uint32_t		sent;		/* to endpoints */
	uint32_t		announced;	/* to the name service */
	uint32_t		heard;		/* of these, the host was told */
	uint32_t		in_ring;	/* of both, the host was not told of them */

	/* The device's counters at the end */
	uint32_t		rx_messages;
	uint32_t		rx_unclaimed;
	uint32_t		rx_refused;
	uint32_t		rx_malformed;

	/* The host's, of all sessions */
	atomic_uint		read;
	atomic_uint		lost;		/* by endpoints that lived until the end */
};

void stress_life_get(struct stress_life *life);
void stress_life_put(struct stress_life *life);

struct stress_session {
	atomic_uint		id;		/* its slot is this modulo STRESS_SLOTS */
	struct stress_life	*life;
	/* By the host */
	atomic_uint		accepted;	/* messages that write() took */
	atomic_uint		read;
	/* By the remote */
	atomic_uint		taken;		/* and answered */
	atomic_uint		sent;
	atomic_uint		left;		/* in the ring when the remote ended */
};

enum stress_order {
	STRESS_NOTHING,
	STRESS_CRASH,		/* count, and report a crash */
	STRESS_END,		/* count, and end for good */
};

struct stress_remote {
	struct processor	processor;
	struct remote		remote;
	struct stress_session	*const *sessions;	/* STRESS_SLOTS of them */
	struct stress_faults	*faults;
	atomic_int		order;
	atomic_uint		lives;
	atomic_ulong		taken;		/* in all lives */
	atomic_ulong		sent;

	pthread_mutex_t		lock;		/* guards life */
	struct stress_life	*life;		/* NULL while the processor is not up */

	pthread_t		thread;
	char			device[DEVICE_MAX];	/* in this life */
	bool			holders;	/* are among its endpoints */
	bool			starting;	/* loaded, the driver is not there yet */
	bool			announced;	/* the service that comes and goes */
	uint32_t		unseen;		/* given since the host was last told */
	struct stress_message	request;	/* being answered */
	uint32_t		from;		/* its sender's address */
	unsigned int		replies;	/* still to be sent */
	bool			answering;
};

/*
 * Makes a processor, which boots by itself. @holders: there will be endpoints that hold messages.
 * Returns 0 or -errno.
 */
int stress_remote_start(struct stress_remote *remote, struct stress_session *const *sessions,
			struct stress_faults *faults, bool holders);

/* The life of the processor that is up, with a reference; or NULL. */
struct stress_life *stress_remote_life(struct stress_remote *remote);

/* Ends a processor whose sessions are over. */
void stress_remote_end(struct stress_remote *remote);

#endif /* SELFTESTS_STRESS_REMOTE_H */
