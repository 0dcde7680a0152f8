// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl send: send one message, and perhaps wait for answers.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../duration.h"
#include "ctl.h"

struct send_args {
	const char *processor;
	bool hex;
	unsigned long replies;
	int64_t timeout_ns;
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "hex", no_argument, NULL, 'x' },
	{ "processor", required_argument, NULL, 'p' },
	{ "reply", required_argument, NULL, 'r' },
	{ "timeout", required_argument, NULL, 't' },
	{ 0 },
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0a 1b2c": pairs of digits, spaces between pairs. In place. */
static bool decode_hex(char *text, size_t *len_out)
{
	size_t len = 0;
	char *in;

	for (in = text; *in;) {
		int high, low;

		if (isspace((unsigned char)*in)) {
			in++;
			continue;
		}
		high = hex_digit(in[0]);
		low = high < 0 ? -1 : hex_digit(in[1]);
		if (low < 0)
			return false;
		text[len++] = (char)(high << 4 | low);
		in += 2;
	}
	*len_out = len;
	return true;
}

/* All of standard input, with a zero behind it. */
static int read_input(char **buf_out, size_t *len_out)
{
	char *buf = malloc(CTL_MESSAGE_MAX + 1);

	if (!buf)
		return ctl_fail(-ENOMEM, "cannot read the message");
	*len_out = fread(buf, 1, CTL_MESSAGE_MAX, stdin);
	if (ferror(stdin) || fgetc(stdin) != EOF) {
		free(buf);
		return ctl_fail(0, "cannot read a message of up to %d bytes from the input",
				CTL_MESSAGE_MAX);
	}
	buf[*len_out] = '\0';
	*buf_out = buf;
	return CTL_OK;
}

static int take_message(const struct send_args *args, const char *argument, char **buf_out,
			size_t *len_out)
{
	char *buf = NULL;
	int status;

	if (argument) {
		*len_out = strlen(argument);
		buf = malloc(*len_out + 1);
		if (!buf)
			return ctl_fail(-ENOMEM, "cannot take the message");
		memcpy(buf, argument, *len_out + 1);
	} else {
		status = read_input(&buf, len_out);
		if (status)
			return status;
	}

	if (args->hex && (strlen(buf) != *len_out || !decode_hex(buf, len_out))) {
		free(buf);
		return ctl_usage(&command_send, "the message is not pairs of hexadecimal digits");
	}
	*buf_out = buf;
	return CTL_OK;
}

static int send_message(struct rpmsg_endpoint *endpoint, const char *target, const char *buf,
			size_t len, int64_t timeout_ns)
{
	int ret = rpmsg_endpoint_send(endpoint, buf, len, timeout_ns);
	size_t mtu = 0;

	switch (ret) {
	case 0:
		return CTL_OK;
	case -EMSGSIZE:
		rpmsg_endpoint_get_mtu(endpoint, &mtu);
		return ctl_fail(0, "a message of %zu bytes is too long for '%s', which takes %zu",
				len, target, mtu);
	case -EAGAIN:
	case -ETIMEDOUT:
		return ctl_fail(0, "'%s' took no message within %s", target,
				ctl_seconds(timeout_ns));
	case -EPIPE:
		return ctl_fail(0, "'%s' is gone: its processor stopped or crashed", target);
	default:
		return ctl_fail(ret, "cannot send to '%s'", target);
	}
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct send_args args = { .timeout_ns = 5000000000 };
	struct rpmsg_endpoint *endpoint;
	const char *target;
	char *buf = NULL;
	size_t len = 0;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hp:r:t:x", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return ctl_help(&command_send);
		case 'p':
			args.processor = optarg;
			break;
		case 'r':
			if (!ctl_parse_count(optarg, 1, 1000000000, &args.replies))
				return ctl_usage(&command_send, "'%s' is not a number of replies",
						 optarg);
			break;
		case 't':
			if (!parse_duration(optarg, &args.timeout_ns))
				return ctl_usage(&command_send, "'%s' is not a time", optarg);
			break;
		case 'x':
			args.hex = true;
			break;
		default:
			return ctl_option_error(&command_send, argc, argv);
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return ctl_usage(&command_send, "an endpoint and at most one message are needed");
	target = argv[optind];

	status = take_message(&args, argv[optind + 1], &buf, &len);
	if (status)
		return status;

	ctl_catch_signals();
	status = ctl_open(ctx, args.processor, target, args.timeout_ns, &endpoint);
	if (!status) {
		status = send_message(endpoint, target, buf, len, args.timeout_ns);
		if (!status && args.replies)
			status = ctl_recv_print(endpoint, target, args.replies, args.timeout_ns,
						args.hex);
		rpmsg_endpoint_close(endpoint);
	}
	free(buf);
	return status;
}

const struct ctl_command command_send = {
	.name = "send",
	.summary = "send one message",
	.help =
		"Usage: rpmsg-ctl send [OPTION...] ENDPOINT [MESSAGE]\n"
		"Send MESSAGE, or else all of the standard input, as one message.\n"
		"ENDPOINT is /dev/rpmsgN or the name of a service.\n"
		"\n"
		"  -x, --hex             message and replies are written as hexadecimal digits\n"
		"  -r, --reply COUNT     wait for that many messages and print them as recv does\n"
		"  -t, --timeout TIME    how long to wait for the service, for room, for each\n"
		"                        reply (default: 5 s)\n"
		"  -p, --processor NAME  only a service of this processor\n"
		"  -h, --help            show this\n",
	.run = run,
};
