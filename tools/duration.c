// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times on the command line.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

bool parse_duration(const char *text, int64_t *ns_out)
{
	static const struct {
		const char *suffix;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 } };
	double value;
	char *end;
	size_t i;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	value = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (end == text || strcmp(end, units[i].suffix))
			continue;
		value = value * units[i].ns + 0.5;
		if (!(value < (double)INT64_MAX))
			return false;
		*ns_out = (int64_t)value;
		return true;
	}
	return false;
}
