// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench: measure one way of sending messages to the bench firmware (examples/firmware/bench.c). One
 * run prints one line; ./run bench runs it many times, on several stacks in turn.
 *
 * A method is how messages travel: calls.c, ring.c, uring.c; and floor.c, without any of it. A mode
 * is what is sent: "ping" one at a time, there and back; "echo" in batches, there and back, the
 * next one under way before the answers to the last are read; "copy", the same with a remote that
 * copies; "to" and "from" in one direction. The application writes each message that it sends, and
 * reads the first byte of each that it gets.
 *
 * With several processors the one application talks to all of them, a batch each in turn. With
 * several endpoints the others are open, too, and do nothing.
 *
 * The line: bytes of a message; nanoseconds per message; p50, p99 and p99.9 of a batch there and
 * back, in nanoseconds, "-" in one direction; nanoseconds of processor time, with that of the
 * kernel's threads for io_uring, and context switches of this process per message; how many were
 * measured.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

#define PROCESSORS_MAX	16
#define MAINLINE_MTU	496
#define QUEUED_BYTES	(512 * 1024)	/* what surely fits into a node's queue */

struct bench {
	const struct method *method;
	const char *mode;
	uint32_t size, batch, count, warmup;
	unsigned int processors, endpoints;
	struct peer peers[PROCESSORS_MAX];
	struct others *others;
	int64_t *times;
};

static const struct method *const methods[] = {
	&method_calls, &method_ring, &method_exclusive, &method_poll, &method_uring,
	&method_exclusive_uring, &method_sqpoll, &method_exclusive_sqpoll, &method_floor,
	&method_floor_poll,
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-err));
	return 1;
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- modes: @count messages to or from each peer -------------------------------------------- */

/* So many messages are under way at most. Answers to all of them find buffers, and a queue. */
static uint32_t ahead_of(const struct bench *bench)
{
	const uint32_t two = 2 * bench->batch, queued = QUEUED_BYTES / (bench->size + 32);

	return strcmp(bench->mode, "ping") && two <= BUFFERS && two <= queued ? two : bench->batch;
}

static int run_echo(struct bench *bench, uint32_t count)
{
	const uint32_t batch = bench->batch, ahead = ahead_of(bench);
	int64_t begun_ns[2], *time = bench->times;
	uint32_t sent = 0, received = 0;
	unsigned int i;
	int ret = 0;

	while (received < count && !ret) {
		if (sent < count && sent - received < ahead) {
			begun_ns[sent / batch % 2] = now_ns(CLOCK_MONOTONIC);
			for (i = 0; i < bench->processors && !ret; i++)
				ret = bench->method->send(&bench->peers[i], batch);
			sent += batch;
		} else {
			for (i = 0; i < bench->processors && !ret; i++)
				ret = bench->method->recv(&bench->peers[i], batch);
			*time++ = now_ns(CLOCK_MONOTONIC) - begun_ns[received / batch % 2];
			received += batch;
		}
	}
	return ret;
}

static int run_to(struct bench *bench, uint32_t count)
{
	uint32_t left, taken = count;
	unsigned int i;
	int ret = 0;

	for (left = count; left && !ret; left -= bench->batch)
		for (i = 0; i < bench->processors && !ret; i++)
			ret = bench->method->send(&bench->peers[i], bench->batch);
	for (i = 0; i < bench->processors && !ret; i++)
		ret = bench->method->tell(&bench->peers[i], NULL, 0);
	for (i = 0; i < bench->processors && !ret && taken == count; i++)
		ret = bench->method->hear(&bench->peers[i], &taken, sizeof(taken));
	return !ret && taken != count ? -EBADMSG : ret;
}

/* Asked for in parts: more than a node queues would be dropped when the remote is faster. */
static int run_from(struct bench *bench, uint32_t count)
{
	const uint32_t queued = QUEUED_BYTES / (bench->size + 32);
	const uint32_t part = queued < bench->batch ? bench->batch : queued - queued % bench->batch;
	uint32_t question[2] = { 0, bench->size };
	uint32_t left, asked = 0;
	unsigned int i;
	int ret = 0;

	for (left = count; left && !ret; left -= bench->batch, asked -= bench->batch) {
		if (!asked) {
			asked = left < part ? left : part;
			question[0] = asked;
			for (i = 0; i < bench->processors && !ret; i++)
				ret = bench->method->tell(&bench->peers[i], question,
							  sizeof(question));
		}
		for (i = 0; i < bench->processors && !ret; i++)
			ret = bench->method->recv(&bench->peers[i], bench->batch);
	}
	return ret;
}

static int run(struct bench *bench, uint32_t count)
{
	if (!strcmp(bench->mode, "to"))
		return run_to(bench, count);
	if (!strcmp(bench->mode, "from"))
		return run_from(bench, count);
	return run_echo(bench, count);
}

/* ---- measuring ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void print_times(struct bench *bench)
{
	const uint32_t n = bench->count / bench->batch;

	if (!strcmp(bench->mode, "to") || !strcmp(bench->mode, "from")) {
		printf("-\t-\t-\t");
		return;
	}
	qsort(bench->times, n, sizeof(*bench->times), compare);
	printf("%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t", bench->times[n / 2],
	       bench->times[(uint64_t)n * 99 / 100], bench->times[(uint64_t)n * 999 / 1000]);
}

static int measure(struct bench *bench)
{
	const double count = (double)bench->count * bench->processors;
	struct rusage before, after;
	int64_t start_ns, cpu_ns;
	int ret = run(bench, bench->warmup);

	if (ret)
		return fail(bench->mode, ret);
	getrusage(RUSAGE_SELF, &before);
	cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	start_ns = now_ns(CLOCK_MONOTONIC);
	mark_begin();
	ret = run(bench, bench->count);
	mark_end();
	if (ret)
		return fail(bench->mode, ret);
	printf("%u\t%.0f\t", bench->size, (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / count);
	cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
	getrusage(RUSAGE_SELF, &after);
	print_times(bench);
	printf("%.0f\t%.3f\t%.0f\n", (double)cpu_ns / count,
	       (double)(after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw) /
		       count,
	       count);
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static int open_endpoint(const struct bench *bench, const char *name,
			 struct rpmsg_endpoint **endpoint)
{
	struct rpmsg_processor *processor = NULL;
	char service[RPMSG_NAME_SIZE];
	struct rpmsg_context *ctx;
	int ret;

	snprintf(service, sizeof(service), "bench-%s",
		 !strcmp(bench->mode, "ping") ? "echo" :
		 !strcmp(bench->mode, "to")   ? "sink" :
		 !strcmp(bench->mode, "from") ? "source" :
						bench->mode);
	ret = rpmsg_context_new(&ctx);
	if (ret)
		return ret;
	ret = rpmsg_processor_find(ctx, name, &processor);
	if (!ret)
		ret = rpmsg_endpoint_open_service(ctx, processor, service, LIMIT_NS, endpoint);
	rpmsg_processor_free(processor);
	rpmsg_context_free(ctx);
	return ret;
}

static int start_peer(struct bench *bench, struct peer *peer, const char *name)
{
	size_t mtu;
	int ret;

	peer->mode = bench->mode;
	peer->size = bench->size;
	if (!bench->method->local) {
		ret = open_endpoint(bench, name, &peer->endpoint);
		if (ret)
			return ret;
		/* Mainline does not say how much it takes. */
		if (rpmsg_endpoint_get_mtu(peer->endpoint, &mtu))
			mtu = MAINLINE_MTU;
		if (!peer->size)
			peer->size = (uint32_t)mtu;
	}
	if (!peer->size)
		return -EINVAL;
	bench->size = peer->size;
	/* A whole message, or the answer that is not measured. */
	peer->data = calloc(1, peer->size);
	return peer->data ? bench->method->start(peer) : -ENOMEM;
}

static int start(struct bench *bench)
{
	char name[16];
	unsigned int i;
	int ret = 0;

	if (bench->endpoints > 1)
		ret = others_start(bench->endpoints - 1, &bench->others);

	for (i = 0; i < bench->processors && !ret; i++) {
		snprintf(name, sizeof(name), "bench%u", i);
		ret = start_peer(bench, &bench->peers[i], name);
	}
	if (ret)
		return ret;
	/* Whole batches; the first tenth is not measured. */
	bench->count = (bench->count / bench->processors + bench->batch - 1) / bench->batch *
		       bench->batch;
	bench->warmup = (bench->count / bench->batch / 10 + 1) * bench->batch;
	bench->times = calloc(bench->count / bench->batch + 1, sizeof(*bench->times));
	return bench->times ? 0 : -ENOMEM;
}

static void stop(struct bench *bench)
{
	unsigned int i;

	for (i = 0; i < bench->processors; i++) {
		bench->method->stop(&bench->peers[i]);
		rpmsg_endpoint_close(bench->peers[i].endpoint);
		free(bench->peers[i].data);
	}
	others_stop(bench->others);
	free(bench->times);
}

static const struct method *find_method(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i]->name, name))
			return methods[i];
	return NULL;
}

static bool is_mode(const char *mode)
{
	return mode && (!strcmp(mode, "ping") || !strcmp(mode, "echo") || !strcmp(mode, "copy") ||
			!strcmp(mode, "to") || !strcmp(mode, "from"));
}

static int usage(void)
{
	fputs("Usage: bench --method calls|ring|exclusive|poll|uring|sqpoll|\n"
	      "                      exclusive-uring|exclusive-sqpoll|floor|floor-poll\n"
	      "             --mode ping|echo|copy|to|from --batch N --count N\n"
	      "             --size BYTES [--endpoints N] [--processors N]\n"
	      "Size 0 is the longest message that there is.\n",
	      stderr);
	return 2;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "batch", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "endpoints", required_argument, NULL, 'e' },
		{ "method", required_argument, NULL, 'm' },
		{ "mode", required_argument, NULL, 'o' },
		{ "processors", required_argument, NULL, 'p' },
		{ "size", required_argument, NULL, 's' },
		{ 0 },
	};
	static struct bench bench = {
		.batch = 1, .count = 1000, .size = 16, .processors = 1, .endpoints = 1,
	};
	int c, ret;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			bench.batch = number(optarg);
			break;
		case 'e':
			bench.endpoints = number(optarg);
			break;
		case 'n':
			bench.count = number(optarg);
			break;
		case 's':
			bench.size = number(optarg);
			break;
		case 'm':
			bench.method = find_method(optarg);
			break;
		case 'o':
			bench.mode = optarg;
			break;
		case 'p':
			bench.processors = number(optarg);
			break;
		default:
			return usage();
		}
	}
	if (optind < argc || !is_mode(bench.mode) || !bench.method || !bench.batch ||
	    bench.batch > BATCH_MAX || !bench.count || !bench.endpoints || !bench.processors ||
	    bench.processors > PROCESSORS_MAX)
		return usage();

	ret = start(&bench);
	ret = ret ? fail("start", ret) : measure(&bench);
	stop(&bench);
	return ret;
}
