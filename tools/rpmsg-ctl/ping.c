// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl ping: round trips to a service that echoes.
 *
 * One message is out at a time. It starts with as many bytes of its sequence number as fit; the
 * rest is a pattern that depends on the number. An answer that belongs to an earlier message counts
 * as late, one with wrong content as corrupt.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../duration.h"
#include "ctl.h"
#include "stats.h"

#define NSEC_PER_SEC	1000000000LL

struct ping {
	struct rpmsg_endpoint *endpoint;
	const char *target;
	unsigned char *out;
	unsigned char *in;
	size_t size;
	size_t in_size;
	int64_t timeout_ns;
	bool quiet;
	unsigned long sent;
	unsigned long corrupt;
	unsigned long late;
	struct stats rtt;
};

struct ping_args {
	const char *processor;
	unsigned long count;	/* 0: no limit */
	unsigned long size;
	int64_t interval_ns;
	int64_t timeout_ns;
	bool quiet;
};

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "interval", required_argument, NULL, 'i' },
	{ "processor", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "size", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ 0 },
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void fill(unsigned char *buf, size_t size, uint32_t seq)
{
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i < sizeof(seq) ? (unsigned char)(seq >> (8 * i)) :
					   (unsigned char)(seq + i * 7);
}

/* Whether @in is the answer to one of the messages before @seq. */
static bool is_late(struct ping *ping, size_t len, uint32_t seq)
{
	uint32_t mask = ping->size < 4 ? (1u << (8 * ping->size)) - 1 : UINT32_MAX;
	uint32_t got = 0;
	size_t i;

	if (len != ping->size)
		return false;
	for (i = 0; i < len && i < 4; i++)
		got |= (uint32_t)ping->in[i] << (8 * i);
	return got && got < (seq & mask);
}

/* Wait for the answer to @seq, passing by late ones. 0, 1 for a corrupt one, or -errno. */
static int await(struct ping *ping, uint32_t seq, int64_t start_ns)
{
	int64_t left_ns;
	size_t len;
	int ret;

	for (;;) {
		left_ns = start_ns + ping->timeout_ns - now_ns();
		ret = ctl_recv(ping->endpoint, ping->in, ping->in_size, left_ns > 0 ? left_ns : 0,
			       &len);
		if (ret)
			return ret;
		if (len == ping->size && !memcmp(ping->in, ping->out, len))
			return 0;
		if (!is_late(ping, len, seq))
			return 1;
		ping->late++;
		if (!ping->quiet)
			printf("late answer while waiting for seq=%u\n", seq);
	}
}

/* One round trip. 0 goes on, whatever came back; -errno ends it. */
static int ping_once(struct ping *ping)
{
	uint32_t seq = (uint32_t)(ping->sent + 1);
	int64_t start_ns = now_ns(), rtt_ns;
	int ret;

	fill(ping->out, ping->size, seq);
	ret = rpmsg_endpoint_send(ping->endpoint, ping->out, ping->size, ping->timeout_ns);
	if (!ret) {
		ping->sent++;
		ret = await(ping, seq, start_ns);
	} else if (ret == -ETIMEDOUT) {
		ping->sent++;
	}

	switch (ret) {
	case 0:
		rtt_ns = now_ns() - start_ns;
		if (!ping->quiet)
			printf("%zu bytes from %s: seq=%u time=%.3f ms\n", ping->size, ping->target,
			       seq, (double)rtt_ns / 1e6);
		return stats_add(&ping->rtt, rtt_ns);
	case 1:
		ping->corrupt++;
		printf("corrupt answer to seq=%u\n", seq);
		return 0;
	case -EAGAIN:
	case -ETIMEDOUT:
		if (!ping->quiet)
			printf("no answer to seq=%u within %s\n", seq,
			       ctl_seconds(ping->timeout_ns));
		return 0;
	default:
		return ret;
	}
}

static void sleep_until(int64_t at_ns)
{
	struct timespec ts = { .tv_sec = at_ns / NSEC_PER_SEC, .tv_nsec = at_ns % NSEC_PER_SEC };

	/* Ends early with a signal, and the caller looks. */
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int ping_all(struct ping *ping, const struct ping_args *args)
{
	int64_t next_ns = now_ns();
	int ret = 0;

	while (!ctl_interrupted && !ret && !ferror(stdout)) {
		ret = ping_once(ping);
		fflush(stdout);
		if (args->count && ping->sent >= args->count)
			break;
		next_ns += args->interval_ns;
		if (!ret && next_ns > now_ns())
			sleep_until(next_ns);
		else
			next_ns = now_ns();
	}
	return ret == -EINTR ? 0 : ret;
}

static void print_summary(struct ping *ping, int64_t elapsed_ns)
{
	size_t received = ping->rtt.count;
	unsigned long lost = ping->sent - received - ping->corrupt;

	printf("\n--- %s ping statistics ---\n", ping->target);
	printf("%lu sent, %zu received, %lu lost (%.4g%%), ", ping->sent, received, lost,
	       ping->sent ? 100.0 * (double)lost / (double)ping->sent : 0.0);
	if (ping->late)
		printf("%lu late, ", ping->late);
	if (ping->corrupt)
		printf("%lu corrupt, ", ping->corrupt);
	printf("time %.0f ms\n", (double)elapsed_ns / 1e6);
	if (!received)
		return;
	stats_sort(&ping->rtt);
	printf("rtt min/p50/p99/max = %.3f/%.3f/%.3f/%.3f ms\n",
	       (double)stats_percentile(&ping->rtt, 0) / 1e6,
	       (double)stats_percentile(&ping->rtt, 50) / 1e6,
	       (double)stats_percentile(&ping->rtt, 99) / 1e6,
	       (double)stats_percentile(&ping->rtt, 100) / 1e6);
}

static int ping_endpoint(struct ping *ping, const struct ping_args *args)
{
	size_t mtu = CTL_MESSAGE_MAX;
	int64_t start_ns;
	int ret;

	rpmsg_endpoint_get_mtu(ping->endpoint, &mtu);
	if (ping->size > mtu)
		return ctl_fail(0, "a message of %zu bytes is too long for '%s', which takes %zu",
				ping->size, ping->target, mtu);
	ping->in_size = mtu;
	ping->out = malloc(ping->size);
	ping->in = malloc(ping->in_size);
	if (!ping->out || !ping->in)
		return ctl_fail(-ENOMEM, "cannot ping '%s'", ping->target);

	printf("PING %s through %s: %zu bytes\n", ping->target,
	       rpmsg_endpoint_get_sysname(ping->endpoint), ping->size);
	fflush(stdout);
	start_ns = now_ns();
	ret = ping_all(ping, args);
	print_summary(ping, now_ns() - start_ns);
	if (ret == -EPIPE)
		return ctl_fail(0, "'%s' is gone: its processor stopped or crashed", ping->target);
	if (ret)
		return ctl_fail(ret, "cannot ping '%s'", ping->target);
	return ping->rtt.count && !ping->corrupt ? CTL_OK : CTL_FAILED;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct ping_args args = {
		.size = 56,
		.interval_ns = NSEC_PER_SEC,
		.timeout_ns = NSEC_PER_SEC,
	};
	struct ping ping = { 0 };
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:hi:p:qs:t:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (!ctl_parse_count(optarg, 1, UINT32_MAX, &args.count))
				return ctl_usage(&command_ping, "'%s' is not a number of messages",
						 optarg);
			break;
		case 'h':
			return ctl_help(&command_ping);
		case 'i':
			if (!parse_duration(optarg, &args.interval_ns))
				return ctl_usage(&command_ping, "'%s' is not a time", optarg);
			break;
		case 'p':
			args.processor = optarg;
			break;
		case 'q':
			args.quiet = true;
			break;
		case 's':
			if (!ctl_parse_count(optarg, 1, CTL_MESSAGE_MAX, &args.size))
				return ctl_usage(&command_ping, "'%s' is not a size up to %d bytes",
						 optarg, CTL_MESSAGE_MAX);
			break;
		case 't':
			if (!parse_duration(optarg, &args.timeout_ns) || !args.timeout_ns)
				return ctl_usage(&command_ping, "'%s' is not a time above 0",
						 optarg);
			break;
		default:
			return ctl_option_error(&command_ping, argc, argv);
		}
	}
	if (argc - optind != 1)
		return ctl_usage(&command_ping, "exactly one endpoint is needed");

	ctl_catch_signals();
	ping.target = argv[optind];
	ping.size = args.size;
	ping.quiet = args.quiet;
	ping.timeout_ns = args.timeout_ns;
	status = ctl_open(ctx, args.processor, ping.target, 5 * NSEC_PER_SEC, &ping.endpoint);
	if (status)
		return status;
	status = ping_endpoint(&ping, &args);
	rpmsg_endpoint_close(ping.endpoint);
	stats_clear(&ping.rtt);
	free(ping.out);
	free(ping.in);
	return status;
}

const struct ctl_command command_ping = {
	.name = "ping",
	.summary = "measure round trips to a service that echoes",
	.help =
		"Usage: rpmsg-ctl ping [OPTION...] ENDPOINT\n"
		"Send messages to a service that echoes them, one at a time, and show the round\n"
		"trips. ENDPOINT is /dev/rpmsgN or the name of a service.\n"
		"\n"
		"  -c, --count COUNT     stop after that many messages (default: at Ctrl-C)\n"
		"  -s, --size BYTES      length of a message (default: 56)\n"
		"  -i, --interval TIME   from one message to the next (default: 1 s)\n"
		"  -t, --timeout TIME    how long to wait for each answer (default: 1 s)\n"
		"  -q, --quiet           only the summary\n"
		"  -p, --processor NAME  only a service of this processor\n"
		"  -h, --help            show this\n"
		"\n"
		"Exit status 1 when nothing came back, or something wrong did.\n",
	.run = run,
};
