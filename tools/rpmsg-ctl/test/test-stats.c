// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The percentiles of rpmsg-ctl ping, against results worked out by hand.
 */
#include <stdbool.h>
#include <stdio.h>

#include "../stats.h"

static unsigned int tests, failures;

static void check(bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tests, what);
	failures += !ok;
}

static void fill(struct stats *stats, int64_t first, int64_t last, int64_t step)
{
	int64_t value;

	for (value = first; step > 0 ? value <= last : value >= last; value += step)
		if (stats_add(stats, value))
			check(false, "no memory");
	stats_sort(stats);
}

int main(void)
{
	struct stats stats = { 0 };

	fill(&stats, 42, 42, 1);
	check(stats_percentile(&stats, 0) == 42, "one sample is the smallest");
	check(stats_percentile(&stats, 50) == 42, "one sample is the median");
	check(stats_percentile(&stats, 100) == 42, "one sample is the largest");
	stats_clear(&stats);
	check(!stats.count && !stats.samples, "clear leaves nothing");

	fill(&stats, 2, 1, -1);
	check(stats_percentile(&stats, 0) == 1, "two samples: sorted");
	check(stats_percentile(&stats, 50) == 1, "two samples: half of them is the first");
	check(stats_percentile(&stats, 51) == 2, "two samples: more than half needs the second");
	stats_clear(&stats);

	fill(&stats, 1000, 10, -10);
	check(stats.count == 100, "more samples than the first allocation");
	check(stats_percentile(&stats, 0) == 10, "hundred samples: smallest");
	check(stats_percentile(&stats, 1) == 10, "hundred samples: p1");
	check(stats_percentile(&stats, 50) == 500, "hundred samples: p50");
	check(stats_percentile(&stats, 99) == 990, "hundred samples: p99");
	check(stats_percentile(&stats, 100) == 1000, "hundred samples: largest");
	stats_clear(&stats);

	fill(&stats, -1, 2, 1);
	check(stats_percentile(&stats, 0) == -1, "negative samples sort below");
	stats_clear(&stats);

	fill(&stats, 1, 10001, 1);
	check(stats_percentile(&stats, 50) == 5001, "10,001 samples: p50 is the middle");
	check(stats_percentile(&stats, 99) == 9901, "10,001 samples: p99 rounds its rank up");
	stats_clear(&stats);

	printf("1..%u\n", tests);
	return failures != 0;
}
