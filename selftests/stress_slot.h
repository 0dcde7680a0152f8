/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stress test's endpoints.
 *
 * Objects
 *	struct slot is a thread that makes one endpoint after the other, each with a session. It
 *	writes; one or two readers read until the endpoint's end. A session ends when its number of
 *	messages is reached and all is answered; when slot_destroy_endpoint() takes its endpoint; or
 *	with the processor.
 *	struct slots is what they have in common, and what all of them did.
 */
#ifndef SELFTESTS_STRESS_SLOT_H
#define SELFTESTS_STRESS_SLOT_H

#include "rings.h"
#include "stress_remote.h"
#include "wait.h"

#define REPLIES_MAX	4
#define WRITES_MIN	8
#define WRITES_MAX	120
#define NUMBERS		(WRITES_MAX * REPLIES_MAX)

/* For 200 threads on an emulated debug kernel, which would do nothing else if they looked often. */
#define LONG_MS		(3 * PATIENCE_MS)
#define LOOK_MS		20

#define wait_long(condition)						\
({									\
	const int64_t wait_end = now_ms() + LONG_MS;			\
	bool wait_ok;							\
									\
	while (!(wait_ok = (condition)) && now_ms() < wait_end)		\
		sleep_ms(LOOK_MS);					\
	wait_ok;							\
})

enum kind {
	BLOCKING,
	POLLED,		/* O_NONBLOCK */
	ANONYMOUS,	/* without a node */
	RACING,		/* two files, two readers */
	RINGS,		/* which the remote reads from */
	DROPPING,	/* a slow reader and a short queue */
	HOLDING,	/* the same; what does not fit stays in the remote's buffers */
	EXCLUSIVE,	/* rings that the remote reads from and writes to, on a device of its own */
};

struct slots {
	struct stress_faults	faults;
	atomic_bool		quit;		/* with the session that is */
	atomic_ulong		accepted;
	atomic_ulong		by_ring;	/* of these */
	atomic_ulong		read;
	atomic_ulong		exclusive;	/* of these, with the device for itself */
	atomic_ulong		dropped;
	atomic_ulong		held;
	atomic_ulong		left;
	atomic_ulong		sessions;
	atomic_ulong		destroyed;
	atomic_ulong		cut_short;	/* by the end of a processor */
};

struct slot {
	unsigned int		index;
	enum kind		kind;
	struct stress_remote	*remote;
	struct slots		*all;
	struct stress_session	session;
	unsigned int		random;
	pthread_t		thread;

	char			node[NODE_MAX];
	int			fd[2];
	struct rings		rings;
	unsigned int		fresh;		/* their first buffer that was not sent yet */
	unsigned int		unpublished;	/* submitted to them, and no more */
	bool			refused;	/* the last message, in this session */
	int			kept;		/* a buffer that is read but not released; or -1 */
	unsigned int		kept_size;	/* of what is in it */
	pthread_mutex_t		lock;		/* guards open, destroyed */
	bool			open;		/* fd[0] may be used by others */
	atomic_bool		destroyed;	/* by somebody else */
	unsigned int		drops;		/* as the node last told */
	unsigned int		holds;		/* likewise */
	_Atomic uint8_t		seen[NUMBERS];	/* numbers that were read */
	atomic_uint		highest;	/* of them, plus one */
};

unsigned int roll(unsigned int *random, unsigned int from, unsigned int to);
void sleep_ms(unsigned int ms);

/* Starts a slot whose index, kind, remote and all are set. Returns 0 or -errno. */
int slot_start(struct slot *slot);

/* Waits for its end, after all->quit. */
void slot_join(struct slot *slot);

/* Takes the endpoint away, whatever is being done on it. */
void slot_destroy_endpoint(struct slot *slot);

#endif /* SELFTESTS_STRESS_SLOT_H */
