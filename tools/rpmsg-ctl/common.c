// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the commands of rpmsg-ctl share: messages, arguments, finding and opening things.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

volatile sig_atomic_t ctl_interrupted;

static void on_signal(int number)
{
	ctl_interrupted = number;
}

/* End waits instead of the process: a node made for the occasion is to be removed. */
void ctl_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

int ctl_fail(int err, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* In one go: somebody else may be writing to the same terminal. */
	fprintf(stderr, "rpmsg-ctl: %s%s%s\n", text, err ? ": " : "", err ? strerror(-err) : "");
	return CTL_FAILED;
}

int ctl_usage(const struct ctl_command *command, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "rpmsg-ctl %s: %s\nTry 'rpmsg-ctl %s --help'.\n", command->name, text,
		command->name);
	return CTL_USAGE;
}

/* Called where getopt_long() answered '?' or ':' with opterr off. */
int ctl_option_error(const struct ctl_command *command, int argc, char **argv)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	if (optopt && strncmp(word, "--", 2))
		return ctl_usage(command, "unknown option '-%c', or it lacks its value", optopt);
	return ctl_usage(command, "unknown option '%s', or one with a missing or needless value",
			 word);
}

/*
 * The whole of a command without options: a processor and, if @what says what that is, perhaps a
 * value, NULL if not given, are handed to @act.
 */
int ctl_run_on_processor(const struct ctl_command *command, struct rpmsg_context *ctx, int argc,
			 char **argv, const char *what,
			 int (*act)(struct rpmsg_processor *processor, const char *value))
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct rpmsg_processor *processor;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			return ctl_help(command);
		return ctl_option_error(command, argc, argv);
	}
	if (!what && argc - optind != 1)
		return ctl_usage(command, "exactly one processor is needed");
	if (argc - optind < 1 || argc - optind > 2)
		return ctl_usage(command, "a processor and at most one %s are needed", what);

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	status = act(processor, argv[optind + 1]);
	rpmsg_processor_free(processor);
	return status;
}

/*
 * The whole of a command that watches all processors or the one that is named, and may print JSON:
 * @watch goes on until it is interrupted.
 */
int ctl_run_monitor(const struct ctl_command *command, struct rpmsg_context *ctx, int argc,
		    char **argv, int (*watch)(struct rpmsg_monitor *monitor, bool json))
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct rpmsg_processor *processor = NULL;
	struct rpmsg_monitor *monitor;
	bool json = false;
	int c, ret, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hj", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(command);
		case 'j':
			json = true;
			break;
		default:
			return ctl_option_error(command, argc, argv);
		}
	}
	if (argc - optind > 1)
		return ctl_usage(command, "one processor at most, not '%s'", argv[optind + 1]);
	if (optind < argc) {
		status = ctl_find_processor(ctx, argv[optind], &processor);
		if (status)
			return status;
	}

	ctl_catch_signals();
	ret = rpmsg_monitor_new(processor, &monitor);
	rpmsg_processor_free(processor);
	if (ret)
		return ctl_fail(ret, "cannot watch");
	status = watch(monitor, json);
	rpmsg_monitor_free(monitor);
	return status;
}

int ctl_help(const struct ctl_command *command)
{
	fputs(command->help, stdout);
	return CTL_OK;
}

static bool parse_number(const char *text, unsigned long long max, unsigned long long *number_out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number_out = strtoull(text, &end, 0);
	return !errno && !*end && *number_out <= max;
}

bool ctl_parse_address(const char *text, uint32_t *address_out)
{
	unsigned long long number;

	if (!strcmp(text, "any")) {
		*address_out = RPMSG_ADDRESS_ANY;
		return true;
	}
	if (!parse_number(text, UINT32_MAX, &number))
		return false;
	*address_out = (uint32_t)number;
	return true;
}

bool ctl_parse_count(const char *text, unsigned long min, unsigned long max,
		     unsigned long *count_out)
{
	unsigned long long number;

	if (!parse_number(text, max, &number) || number < min)
		return false;
	*count_out = (unsigned long)number;
	return true;
}

/* A few buffers in turn, so that one line of output can have several. */
static char *next_buffer(void)
{
	static char buffers[8][4096];
	static unsigned int turn;

	return buffers[turn++ % 8];
}

const char *ctl_clean(const char *text)
{
	char *out = next_buffer();
	size_t len = 0;

	for (; *text && len < 4096 - 5; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f)
			out[len++] = (char)c;
		else
			len += (size_t)snprintf(out + len, 5, "\\x%02x", c);
	}
	out[len] = '\0';
	return out;
}

const char *ctl_or_dash(const char *text)
{
	return text ? ctl_clean(text) : "-";
}

const char *ctl_address(uint32_t address)
{
	char *out;

	if (address == RPMSG_ADDRESS_ANY)
		return "any";
	out = next_buffer();
	snprintf(out, 16, "%u", address);
	return out;
}

const char *ctl_node(const struct rpmsg_node *node)
{
	const char *path = rpmsg_node_get_path(node);
	char *out;

	if (path)
		return path;
	out = next_buffer();
	snprintf(out, 32, "[%s]", rpmsg_node_get_sysname(node));
	return out;
}

const char *ctl_seconds(int64_t ns)
{
	char *out = next_buffer();

	snprintf(out, 32, "%.9g s", (double)ns / 1e9);
	return out;
}

void ctl_add_string(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(ctl_clean(text)) : NULL);
}

void ctl_add_address(struct json_object *object, const char *key, uint32_t address)
{
	bool any = address == RPMSG_ADDRESS_ANY;

	json_object_object_add(object, key, any ? NULL : json_object_new_int64(address));
}

/* CTL_OK, or the exit status after saying why. */
int ctl_find_processor(struct rpmsg_context *ctx, const char *name,
		       struct rpmsg_processor **processor_out)
{
	int ret = rpmsg_processor_find(ctx, name, processor_out);

	switch (ret) {
	case 0:
		return CTL_OK;
	case -ENOENT:
		return ctl_fail(0, "no processor '%s'", name);
	case -ENOTUNIQ:
		return ctl_fail(0, "several processors are called '%s': use remoteprocN", name);
	default:
		return ctl_fail(ret, "cannot look for processor '%s'", name);
	}
}

const char *ctl_state(const struct rpmsg_processor *processor)
{
	return rpmsg_processor_state_to_string(rpmsg_processor_get_state(processor));
}

static int open_service(struct rpmsg_context *ctx, const char *processor_name, const char *service,
			int64_t timeout_ns, struct rpmsg_endpoint **endpoint_out)
{
	struct rpmsg_processor *processor = NULL;
	int ret;

	if (processor_name) {
		ret = ctl_find_processor(ctx, processor_name, &processor);
		if (ret)
			return ret;
	}
	ret = rpmsg_endpoint_open_service(ctx, processor, service, timeout_ns, endpoint_out);
	rpmsg_processor_free(processor);

	switch (ret) {
	case 0:
		return CTL_OK;
	case -EAGAIN:
	case -ETIMEDOUT:
		return ctl_fail(0, "no service '%s'%s%s within %s", service,
				processor_name ? " on processor " : "",
				processor_name ? processor_name : "", ctl_seconds(timeout_ns));
	default:
		return ctl_fail(ret, "cannot open service '%s'", service);
	}
}

/* CTL_OK, or the exit status after saying why. @target is a device if it has a slash. */
int ctl_open(struct rpmsg_context *ctx, const char *processor_name, const char *target,
	     int64_t timeout_ns, struct rpmsg_endpoint **endpoint_out)
{
	int ret;

	if (!strchr(target, '/'))
		return open_service(ctx, processor_name, target, timeout_ns, endpoint_out);

	ret = rpmsg_endpoint_open(ctx, target, endpoint_out);
	switch (ret) {
	case 0:
		return CTL_OK;
	case -ENOTTY:
		return ctl_fail(0, "'%s' is not an rpmsg device", target);
	case -EBUSY:
		return ctl_fail(0, "'%s' is open elsewhere, and only one may have it", target);
	case -EINVAL:
		return ctl_fail(0, "cannot open '%s': its local address is taken", target);
	default:
		return ctl_fail(ret, "cannot open '%s'", target);
	}
}

/* rpmsg_endpoint_recv() that ends with -EINTR for signals that came at any time. */
int ctl_recv(struct rpmsg_endpoint *endpoint, void *buf, size_t size, int64_t timeout_ns,
	     size_t *len_out)
{
	int64_t slice_ns;
	int ret;

	for (;;) {
		if (ctl_interrupted)
			return -EINTR;
		slice_ns = timeout_ns < CTL_SLICE_NS ? timeout_ns : CTL_SLICE_NS;
		ret = rpmsg_endpoint_recv(endpoint, buf, size, slice_ns, len_out);
		timeout_ns -= slice_ns;
		if (ret != -ETIMEDOUT || !timeout_ns)
			return ret;
	}
}

static void print_message(const unsigned char *buf, size_t len, bool hex)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (hex)
			printf("%s%02x", i ? " " : "", buf[i]);
		else if (buf[i] == '\\')
			fputs("\\\\", stdout);
		else if (buf[i] >= ' ' && buf[i] < 0x7f)
			putchar(buf[i]);
		else
			printf("\\x%02x", buf[i]);
	}
	putchar('\n');
}

/* Print @count messages, 0 for no limit. CTL_OK, or the exit status after saying why. */
int ctl_recv_print(struct rpmsg_endpoint *endpoint, const char *target, unsigned long count,
		   int64_t timeout_ns, bool hex)
{
	unsigned char *buf = malloc(CTL_MESSAGE_MAX);
	unsigned long done = 0;
	int ret = 0;
	size_t len;

	if (!buf)
		return ctl_fail(-ENOMEM, "cannot receive");

	while (!count || done < count) {
		ret = ctl_recv(endpoint, buf, CTL_MESSAGE_MAX, timeout_ns, &len);
		if (ret)
			break;
		print_message(buf, len, hex);
		if (fflush(stdout))
			break;		/* nobody listens; main() reports it */
		done++;
	}
	free(buf);

	switch (ret) {
	case 0:
		return CTL_OK;
	case -EINTR:
		return count ? ctl_fail(0, "interrupted after %lu of %lu messages", done, count) :
			       CTL_OK;
	case -EAGAIN:
	case -ETIMEDOUT:
		return ctl_fail(0, "no message from '%s' within %s", target,
				ctl_seconds(timeout_ns));
	case -EPIPE:
		return ctl_fail(0, "'%s' is gone: its processor stopped or crashed", target);
	default:
		return ctl_fail(ret, "cannot receive from '%s'", target);
	}
}
