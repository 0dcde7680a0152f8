/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpmsg-ctl: what its commands share.
 */
#ifndef RPMSG_CTL_H
#define RPMSG_CTL_H

#include <librpmsg.h>
#include <signal.h>

/* Exit statuses. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
};

/* A message on its way through the tool; larger than any transport's. */
#define CTL_MESSAGE_MAX		(1024 * 1024)
/* How soon a wait notices that it was interrupted just before it began. */
#define CTL_SLICE_NS		(200 * 1000000LL)

/* Why the functions on debugfs answer -EOPNOTSUPP. */
#define CTL_NO_DEBUGFS		"the kernel has no debugfs for it on /sys/kernel/debug"

struct json_object;

struct ctl_command {
	const char *name;
	const char *summary;
	const char *help;	/* all of --help */
	int (*run)(struct rpmsg_context *ctx, int argc, char **argv);
};

extern const struct ctl_command command_attach, command_boot, command_coredump, command_crash,
	command_create, command_destroy, command_detach, command_dump, command_firmware,
	command_list, command_log, command_monitor, command_ping, command_recovery, command_recv,
	command_send, command_stats, command_stop, command_watch;

/* Set by SIGINT, SIGTERM and SIGHUP after ctl_catch_signals(). */
extern volatile sig_atomic_t ctl_interrupted;

void ctl_catch_signals(void);

int ctl_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ctl_usage(const struct ctl_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int ctl_option_error(const struct ctl_command *command, int argc, char **argv);
int ctl_help(const struct ctl_command *command);
int ctl_run_on_processor(const struct ctl_command *command, struct rpmsg_context *ctx, int argc,
			 char **argv, const char *what,
			 int (*act)(struct rpmsg_processor *processor, const char *value));
int ctl_run_monitor(const struct ctl_command *command, struct rpmsg_context *ctx, int argc,
		    char **argv, int (*watch)(struct rpmsg_monitor *monitor, bool json));
int ctl_set_firmware(struct rpmsg_processor *processor, const char *firmware);

bool ctl_parse_address(const char *text, uint32_t *address_out);
bool ctl_parse_count(const char *text, unsigned long min, unsigned long max,
		     unsigned long *count_out);

/* Printable copy of text that came from a remote processor; valid until the eighth call after. */
const char *ctl_clean(const char *text);
const char *ctl_or_dash(const char *text);
const char *ctl_address(uint32_t address);
const char *ctl_seconds(int64_t ns);

/* Its device, or in brackets its name where there is nothing to open. */
const char *ctl_node(const struct rpmsg_node *node);

/* Fields of a JSON object: null for no text, and for any address. */
void ctl_add_string(struct json_object *object, const char *key, const char *text);
void ctl_add_address(struct json_object *object, const char *key, uint32_t address);

/* The state that it had when it was last read. */
const char *ctl_state(const struct rpmsg_processor *processor);

int ctl_find_processor(struct rpmsg_context *ctx, const char *name,
		       struct rpmsg_processor **processor_out);
int ctl_open(struct rpmsg_context *ctx, const char *processor_name, const char *target,
	     int64_t timeout_ns, struct rpmsg_endpoint **endpoint_out);
int ctl_recv(struct rpmsg_endpoint *endpoint, void *buf, size_t size, int64_t timeout_ns,
	     size_t *len_out);
int ctl_recv_print(struct rpmsg_endpoint *endpoint, const char *target, unsigned long count,
		   int64_t timeout_ns, bool hex);

#endif /* RPMSG_CTL_H */
