// SPDX-License-Identifier: MIT
/*
 * Memory functions for firmware without a C library: plain loops, a word at a time. Build with
 * -fno-tree-loop-distribute-patterns, or the compiler turns the loops into calls of themselves.
 */
#include <stdint.h>
#include "mem.h"

/* A word at any address, whatever object lies there. */
typedef uintptr_t __attribute__((may_alias, aligned(1))) any_word;

/* Right also when the two overlap, if @t is the lower one. */
static void copy_up(uint8_t *t, const uint8_t *f, size_t len)
{
	for (; len >= sizeof(any_word); len -= sizeof(any_word)) {
		*(any_word *)t = *(const any_word *)f;
		t += sizeof(any_word);
		f += sizeof(any_word);
	}
	while (len--)
		*t++ = *f++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	copy_up(to, from, len);
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if ((uintptr_t)t - (uintptr_t)f >= len) {
		copy_up(t, f, len);
	} else {
		while (len--)
			t[len] = f[len];
	}
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	uint8_t *t = to;

	while (len--)
		*t++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *left, const void *right, size_t len)
{
	const uint8_t *l = left;
	const uint8_t *r = right;

	for (; len; len--, l++, r++) {
		if (*l != *r)
			return *l - *r;
	}
	return 0;
}
