/* SPDX-License-Identifier: MIT */
/* Tests that print TAP: a table of functions, and a check that ends the one it is in. */
#ifndef FW_TEST_TAP_H
#define FW_TEST_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct tap_test {
	const char *name;
	bool (*run)(void);
};

#define CHECK(cond)									\
	do {										\
		if (!(cond)) {								\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);		\
			return false;							\
		}									\
	} while (0)

static inline int tap_main(const struct tap_test *tests, unsigned int count)
{
	unsigned int i, failed = 0;

	printf("1..%u\n", count);
	for (i = 0; i < count; i++) {
		bool ok = tests[i].run();

		failed += !ok;
		printf("%sok %u - %s\n", ok ? "" : "not ", i + 1, tests[i].name);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

#endif /* FW_TEST_TAP_H */
