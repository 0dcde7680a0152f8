/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpmsg-trace: what its commands share.
 */
#ifndef RPMSG_TRACE_H
#define RPMSG_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

struct bpf_object;
struct bpf_program;

/* Exit statuses. */
enum {
	TRACE_OK = 0,
	TRACE_FAILED = 1,
	TRACE_USAGE = 2,
};

struct trace_command {
	const char *name;
	const char *summary;
	const char *help;	/* all of --help */
	const char *takes;	/* options it has besides -v and -h, as letters */
	int (*run)(int argc, char **argv);
};

extern const struct trace_command command_kicks;
extern const struct trace_command command_latency;
extern const struct trace_command command_top;
extern const struct trace_command command_record;
extern const struct trace_command command_export;

#define TRACE_SLOWEST_MAX	100

/* What a command is asked. */
struct trace_args {
	int64_t		duration_ns;	/* INT64_MAX: until a signal */
	const char	*processor;	/* NULL: all */
	bool		json;

	/* Only of commands that take them. */
	const char	*endpoint;	/* name; NULL: all */
	int64_t		addr;		/* local; -1: all */
	uint32_t	pid;		/* of writer or reader; 0: all */
	int64_t		min_ns;		/* of the whole way */
	int64_t		interval_ns;
	unsigned int	slowest;
	bool		all;		/* messages, not a sample */
	const char	*output;	/* a file */
	bool		svg;
	const char	*input;		/* what is behind the options */
};

/* A function to attach to: the first of @names that the kernel has; the last entry is NULL. */
struct trace_function {
	const char	*module;	/* where it is unless it is built in */
	const char	*names[3];
};

int trace_parse(const struct trace_command *command, int argc, char **argv,
		struct trace_args *args);

int trace_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int trace_usage(const struct trace_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int trace_check_system(void);
int trace_find_processor(const char *name, int *index_out);
int trace_find_functions(const struct trace_function *functions, const char **names_out,
			 size_t count);
int trace_load_failed(int err);
int trace_attach_failed(int err);

void trace_block_signals(void);
int trace_wait(int64_t duration_ns, int64_t interval_ns, void (*tick)(void *data), void *data);
int64_t trace_now_ns(void);
uint64_t trace_missed(const struct bpf_object *object);

bool trace_has_symbol(const char *name);
uint64_t trace_total(const __u64 *slots, unsigned int count);
void trace_print_log2(const char *unit, const __u64 *slots, unsigned int count);
const char *trace_processor_text(int processor);
void trace_print_json_string(const char *text);
void trace_print_json_processor(int processor);
void trace_print_json_slots(const char *key, const __u64 *slots, unsigned int count);

#endif /* RPMSG_TRACE_H */
