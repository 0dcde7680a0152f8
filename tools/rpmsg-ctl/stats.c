// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples and their percentiles. All are kept: a summary is as exact as its samples.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "stats.h"

int stats_add(struct stats *stats, int64_t sample)
{
	if (stats->count == stats->capacity) {
		size_t capacity = stats->capacity ? stats->capacity * 2 : 64;
		int64_t *samples = reallocarray(stats->samples, capacity, sizeof(*samples));

		if (!samples)
			return -ENOMEM;
		stats->samples = samples;
		stats->capacity = capacity;
	}
	stats->samples[stats->count++] = sample;
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

void stats_sort(struct stats *stats)
{
	if (stats->count)
		qsort(stats->samples, stats->count, sizeof(*stats->samples), compare);
}

int64_t stats_percentile(const struct stats *stats, unsigned int percent)
{
	/* ceil(count * percent / 100), without overflow for any count */
	size_t rank = stats->count / 100 * percent + (stats->count % 100 * percent + 99) / 100;

	return stats->samples[rank ? rank - 1 : 0];
}

void stats_clear(struct stats *stats)
{
	free(stats->samples);
	*stats = (struct stats){ 0 };
}
