/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples and their percentiles.
 */
#ifndef RPMSG_CTL_STATS_H
#define RPMSG_CTL_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats {
	int64_t *samples;
	size_t count;
	size_t capacity;
};

/* 0 or -ENOMEM. */
int stats_add(struct stats *stats, int64_t sample);
/* Sort: needed once after the last stats_add(), before stats_percentile(). */
void stats_sort(struct stats *stats);
/*
 * The nearest-rank percentile: the smallest sample that at least @percent percent of all samples do
 * not exceed. 0 is the smallest, 100 the largest. There must be a sample.
 */
int64_t stats_percentile(const struct stats *stats, unsigned int percent);
void stats_clear(struct stats *stats);

#endif /* RPMSG_CTL_STATS_H */
