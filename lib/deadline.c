// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Deadlines: a limit in nanoseconds becomes a point on the monotonic clock once, at the start of a
 * call, so that retries inside the call do not stretch it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC	1000000000LL

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static struct timespec to_timespec(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}

int deadline_init(struct deadline *deadline, int64_t timeout_ns)
{
	if (timeout_ns < 0)
		return -EINVAL;
	if (timeout_ns == 0) {
		deadline->at_ns = 0;
		deadline->error = -EAGAIN;
		return 0;
	}
	if (__builtin_add_overflow(now_ns(), timeout_ns, &deadline->at_ns))
		deadline->at_ns = INT64_MAX;
	deadline->error = -ETIMEDOUT;
	return 0;
}

int64_t deadline_left_ns(const struct deadline *deadline)
{
	int64_t left;

	if (!deadline->at_ns)
		return 0;
	left = deadline->at_ns - now_ns();
	return left > 0 ? left : 0;
}

/*
 * Wait for @events on @fd, at most @slice_ns and never past the deadline. 0 with *@revents 0 says
 * that the slice is over; the deadline's error that there is no time left.
 */
int deadline_poll(const struct deadline *deadline, int fd, short events, int64_t slice_ns,
		  short *revents)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t left = deadline_left_ns(deadline);
	struct timespec ts;

	*revents = 0;
	if (!left)
		return deadline->error;

	ts = to_timespec(left < slice_ns ? left : slice_ns);
	if (ppoll(&pfd, 1, &ts, NULL) < 0)
		return -errno;
	*revents = pfd.revents;
	return 0;
}

int deadline_sleep(const struct deadline *deadline, int64_t slice_ns)
{
	short revents;

	return deadline_poll(deadline, -1, 0, slice_ns, &revents);
}
