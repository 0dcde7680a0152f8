/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "rpmsg-trace latency" or "rpmsg-trace kicks", and what it says.
 */
#ifndef SELFTESTS_TRACER_H
#define SELFTESTS_TRACER_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "program.h"

#define TRACER_ENDPOINTS_MAX	16

struct tracer {
	struct program program;
	char processor[32];
	/* Those with messages, in order of appearance. */
	struct json_object *endpoints[TRACER_ENDPOINTS_MAX];
	unsigned int count;
	struct json_object *slow;	/* the slowest message */
	struct json_object *vrings[2];	/* "kicks": those of the processor */
	struct json_object *end;
};

/* This kernel has no BTF or no function tracer. */
bool tracer_cannot(void);

/* Our tracepoints are there: it is seen when a message was consumed. */
bool tracer_has_tracepoints(void);

/*
 * Starts "latency" for one processor, to follow all messages or as it does by itself; or "kicks".
 * True when it is attached.
 */
bool tracer_start(struct tracer *tracer, unsigned int processor, bool all);
bool tracer_start_kicks(struct tracer *tracer, unsigned int processor);

/* Ends it as Ctrl-C does, and reads what it says. True when that is complete. */
bool tracer_end(struct tracer *tracer);

/* NULL: no messages of an endpoint of that name. */
struct json_object *tracer_endpoint(const struct tracer *tracer, const char *name);

/* A number of all endpoints together. */
int64_t tracer_sum(const struct tracer *tracer, const char *key);

/* A number of an object, or of a stage of an endpoint. -1: not there. */
int64_t tracer_number(struct json_object *object, const char *key);
int64_t tracer_stage(struct json_object *endpoint, const char *name, const char *key);

#endif /* SELFTESTS_TRACER_H */
