/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting with a deadline. No test sleeps for a fixed time and hopes: it waits for what it needs,
 * and fails when that does not come.
 */
#ifndef SELFTESTS_WAIT_H
#define SELFTESTS_WAIT_H

#include <stdint.h>
#include <time.h>

/* For what has to happen: generous, because an emulated debug kernel is slow. */
#define PATIENCE_MS	20000
/* For what must not happen: long enough to catch it when it does. */
#define QUIET_MS	200

static inline int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void wait_a_little(void)
{
	const struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
}

/* True as soon as the condition holds, false when timeout_ms have passed without. */
#define wait_until(condition, timeout_ms)				\
({									\
	int64_t wait_end = now_ms() + (timeout_ms);			\
	bool wait_ok;							\
									\
	while (!(wait_ok = (condition)) && now_ms() < wait_end)		\
		wait_a_little();					\
	wait_ok;							\
})

#endif /* SELFTESTS_WAIT_H */
