/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that makes one call which sleeps, and what became of it.
 */
#ifndef SELFTESTS_SLEEPER_H
#define SELFTESTS_SLEEPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sleeper_call { SLEEPER_READ, SLEEPER_WRITE, SLEEPER_POLL };

struct sleeper {
	enum sleeper_call	call;
	int			fd;
	int			events;		/* SLEEPER_POLL */
	uint8_t			data[512];
	size_t			size;

	atomic_int		tid;
	atomic_int		result;		/* as node_read(), node_write(), node_poll() */
	atomic_bool		done;
	pthread_t		thread;
};

/* Starts the call, and waits until the thread sleeps in it. False when it does not. */
bool sleeper_start(struct sleeper *sleeper, enum sleeper_call call, int fd, int events_or_size);

/* Waits until the call has returned; stores what. False when it has not in that time. */
bool sleeper_join(struct sleeper *sleeper, int timeout_ms, int *result);

#endif /* SELFTESTS_SLEEPER_H */
