// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is new in a text buffer that somebody else writes.
 *
 * Writers differ, and nothing but the bytes tells what they did. Known are:
 *
 *   it appended        the old text is the start of the new
 *   it made room       an end of the old text is the start of the new, more follows
 *   it goes round      the buffer is full, the oldest bytes were replaced, the others stayed
 *
 * Everything else is a new text.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"

/* This much must have stayed, or it is taken for chance. */
#define KEPT_MIN	16

/* How many bytes at the end of the old text are the start of the new. */
static size_t overlap(const struct follow *follow, const char *now, size_t len)
{
	const char *at = follow->text, *end = follow->text + follow->len;

	if (len < KEPT_MIN)
		return 0;
	while ((at = memmem(at, (size_t)(end - at), now, KEPT_MIN))) {
		size_t kept = (size_t)(end - at);

		if (kept <= len && !memcmp(at, now, kept))
			return kept;
		at++;
	}
	return 0;
}

/* Where two texts of one length differ: from @first to before @end, counted from @start round. */
static void difference(const char *a, const char *b, size_t len, size_t start, size_t *first,
		       size_t *end)
{
	size_t i, k;

	*first = len;
	*end = 0;
	for (i = 0; i < len; i++) {
		k = start + i < len ? start + i : start + i - len;
		if (a[k] == b[k])
			continue;
		if (*first == len)
			*first = i;
		*end = i + 1;
	}
}

static int look(struct follow *follow, const char *now, size_t len, struct follow_piece pieces[2])
{
	size_t first, end, start, kept;

	if (len == follow->len && !memcmp(follow->text, now, len))
		return FOLLOW_SAME;
	if (len >= follow->len && !memcmp(follow->text, now, follow->len)) {
		pieces[0] = (struct follow_piece){ now + follow->len, len - follow->len };
		return FOLLOW_MORE;
	}
	kept = overlap(follow, now, len);
	if (kept) {
		pieces[0] = (struct follow_piece){ now + kept, len - kept };
		follow->is_ring = false;
		return FOLLOW_MORE;
	}
	if (len != follow->len)
		return FOLLOW_ANEW;

	start = follow->is_ring ? follow->ring : 0;
	difference(follow->text, now, len, start, &first, &end);
	if (end + KEPT_MIN > len)
		return FOLLOW_ANEW;
	/* Where it starts is known, or else is where the first difference is. */
	if (follow->is_ring)
		first = 0;
	pieces[0] = (struct follow_piece){ now + start + first, end - first };
	if (start + end > len) {
		pieces[0].len = len - start - first;
		pieces[1] = (struct follow_piece){ now, start + end - len };
	}
	follow->ring = (start + end) % len;
	follow->is_ring = true;
	return FOLLOW_MORE;
}

int follow_look(struct follow *follow, const char *now, size_t len, struct follow_piece pieces[2])
{
	char *copy;
	int change;

	copy = realloc(follow->text, len > follow->len ? len : follow->len + 1);
	if (!copy)
		return -ENOMEM;
	follow->text = copy;

	pieces[0] = (struct follow_piece){ now, 0 };
	pieces[1] = (struct follow_piece){ now, 0 };
	change = look(follow, now, len, pieces);
	if (change == FOLLOW_ANEW) {
		pieces[0].len = len;
		follow->is_ring = false;
	}
	memcpy(follow->text, now, len);
	follow->len = len;
	return change;
}

void follow_forget(struct follow *follow)
{
	free(follow->text);
	*follow = (struct follow){ 0 };
}
