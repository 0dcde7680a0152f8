/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results of unit tests, as TAP.
 */
#ifndef LIBRPMSG_TEST_TAP_H
#define LIBRPMSG_TEST_TAP_H

#include <stdbool.h>
#include <stdio.h>

static unsigned int tap_count, tap_failures;

static inline void tap_result(bool ok, const char *file, int line, const char *what)
{
	printf("%sok %u - %s:%d %s\n", ok ? "" : "not ", ++tap_count, file, line, what);
	tap_failures += !ok;
}

static inline void tap_equal(long long got, long long want, const char *file, int line,
			     const char *what)
{
	tap_result(got == want, file, line, what);
	if (got != want)
		printf("# is %lld, should be %lld\n", got, want);
}

/* Record whether a condition holds; whether a number, often an errno, is what it should be. */
#define CHECK(condition)	tap_result(condition, __FILE_NAME__, __LINE__, #condition)
#define EQUAL(got, want)	tap_equal(got, want, __FILE_NAME__, __LINE__, #got " == " #want)

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failures != 0;
}

#endif /* LIBRPMSG_TEST_TAP_H */
