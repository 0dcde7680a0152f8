// SPDX-License-Identifier: GPL-2.0-or-later
/* What each does is in tracer.h. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "tracer.h"
#include "wait.h"

bool tracer_start(struct tracer *tracer, unsigned int processor, bool all)
{
	snprintf(tracer->processor, sizeof(tracer->processor), "remoteproc%u", processor);
	return !program_start(&tracer->program, "rpmsg-trace", "latency", "--json", "-n", "1",
			      "-p", tracer->processor, all ? "--all" : NULL, NULL) &&
	       program_says(&tracer->program, "tracing", 3 * PATIENCE_MS);
}

bool tracer_start_kicks(struct tracer *tracer, unsigned int processor)
{
	snprintf(tracer->processor, sizeof(tracer->processor), "remoteproc%u", processor);
	return !program_start(&tracer->program, "rpmsg-trace", "kicks", "--json", "-p",
			      tracer->processor, NULL) &&
	       program_says(&tracer->program, "tracing", 3 * PATIENCE_MS);
}

static void tracer_take_vring(struct tracer *tracer, struct json_object *object)
{
	struct json_object *field;
	int vring;

	if (!json_object_object_get_ex(object, "processor", &field) ||
	    strcmp(json_object_get_string(field), tracer->processor) ||
	    !json_object_object_get_ex(object, "vring", &field))
		return;
	vring = json_object_get_int(field);
	if (vring == 0 || vring == 1)
		tracer->vrings[vring] = object;
}

static void tracer_take(struct tracer *tracer, struct json_object *object)
{
	struct json_object *type;
	const char *text;

	if (!json_object_object_get_ex(object, "type", &type))
		return;
	text = json_object_get_string(type);
	if (!strcmp(text, "end"))
		tracer->end = object;
	else if (!strcmp(text, "slow"))
		tracer->slow = object;
	else if (!strcmp(text, "endpoint") && tracer->count < TRACER_ENDPOINTS_MAX)
		tracer->endpoints[tracer->count++] = object;
	else
		tracer_take_vring(tracer, object);
}

bool tracer_end(struct tracer *tracer)
{
	struct json_object *object;
	const char *line, *end;

	if (program_end(&tracer->program, SIGINT, 3 * PATIENCE_MS))
		return false;
	for (line = tracer->program.text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		object = *line == '{' ? json_tokener_parse(line) : NULL;
		if (object)
			tracer_take(tracer, object);
	}
	return tracer->end;
}

int64_t tracer_number(struct json_object *object, const char *key)
{
	struct json_object *field;

	if (!json_object_object_get_ex(object, key, &field))
		return -1;
	return json_object_get_int64(field);
}

int64_t tracer_stage(struct json_object *endpoint, const char *name, const char *key)
{
	struct json_object *all, *one, *field;
	size_t i;

	if (!json_object_object_get_ex(endpoint, "stages", &all))
		return -1;
	for (i = 0; i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		if (json_object_object_get_ex(one, "stage", &field) &&
		    !strcmp(json_object_get_string(field), name))
			return tracer_number(one, key);
	}
	return -1;
}

struct json_object *tracer_endpoint(const struct tracer *tracer, const char *name)
{
	struct json_object *field;
	unsigned int i;

	for (i = 0; i < tracer->count; i++) {
		if (json_object_object_get_ex(tracer->endpoints[i], "name", &field) &&
		    !strcmp(json_object_get_string(field), name))
			return tracer->endpoints[i];
	}
	return NULL;
}

int64_t tracer_sum(const struct tracer *tracer, const char *key)
{
	int64_t total = 0;
	unsigned int i;

	for (i = 0; i < tracer->count; i++)
		total += tracer_number(tracer->endpoints[i], key);
	return total;
}

bool tracer_cannot(void)
{
	return !file_exists("/sys/kernel/btf/vmlinux") ||
	       !file_exists("/sys/kernel/btf/rpmsg_char") ||
	       !file_exists("/sys/kernel/tracing/available_filter_functions");
}

bool tracer_has_tracepoints(void)
{
	return file_exists("/sys/kernel/tracing/events/rpmsg/rpmsg_consumed");
}
