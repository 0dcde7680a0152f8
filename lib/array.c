// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An array of pointers that grows, behind every list that the library hands out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

int array_add(struct array *array, void *item)
{
	/* Capacity is the next power of two: grow when the count reaches one. */
	if (!(array->count & (array->count - 1))) {
		size_t capacity = array->count ? array->count * 2 : 1;
		void **items = reallocarray(array->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		array->items = items;
	}
	array->items[array->count++] = item;
	return 0;
}

void array_sort(struct array *array, int (*compare)(const void *a, const void *b))
{
	if (array->count > 1)
		qsort(array->items, array->count, sizeof(*array->items), compare);
}

/* Takes out the only item of that name: its own, or else one that several could have. */
int array_take(void **items, size_t count, array_rank_fn rank, const char *name, void **item_out)
{
	size_t found = 0, matches = 0, i;

	for (i = 0; i < count; i++) {
		enum name_rank r = rank(items[i], name);

		if (r == NAME_OTHER)
			continue;
		found = i;
		matches++;
		if (r == NAME_OWN) {
			matches = 1;
			break;
		}
	}
	if (matches != 1)
		return matches ? -ENOTUNIQ : -ENOENT;
	*item_out = items[found];
	items[found] = NULL;
	return 0;
}
