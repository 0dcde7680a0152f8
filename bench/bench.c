// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench: measure one way of sending messages to the bench firmware (examples/firmware/bench.c). One
 * run prints one line; ./run bench runs it many times, on several stacks in turn.
 *
 * A method is how messages travel: "calls", a system call for each; "ring", librpmsg's rings; or
 * "poll", rings that are polled before anybody sleeps. A mode is what is sent: "ping" one at a
 * time, there and back; "echo" in batches, there and back; "to" and "from" in one direction. The
 * application writes each message that it sends, and reads the first bytes of each that it gets.
 *
 * The line: nanoseconds per message; p50, p99 and p99.9 of a batch there and back, in nanoseconds,
 * "-" in one direction; nanoseconds of processor time and context switches of this process per
 * message.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX	128
#define BUFFERS		128	/* calls have all of the transport's, 256 */
#define SIZE_MAX_	65536
#define QUEUED		1024	/* messages of 496 bytes that surely fit into a node's queue */
#define LIMIT_NS	INT64_C(20000000000)
#define BUSY_POLL_NS	INT64_C(1000000)

struct bench {
	const char *mode;
	uint32_t size, batch, count, warmup;
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_ring *ring;	/* NULL: by calls, on @fd */
	int fd;
	int64_t *times;
	unsigned char data[SIZE_MAX_];
	volatile unsigned char seen;
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

static int write_message(const struct bench *bench, const void *data, size_t size)
{
	const ssize_t n = write(bench->fd, data, size);

	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EIO;
}

static int send_calls(struct bench *bench, uint32_t count)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		memset(bench->data, (int)i, bench->size);
		ret = write_message(bench, bench->data, bench->size);
	}
	return ret;
}

static int recv_calls(struct bench *bench, uint32_t count)
{
	ssize_t n;
	uint32_t i;

	for (i = 0; i < count; i++) {
		n = read(bench->fd, bench->data, sizeof(bench->data));
		if (n != (ssize_t)bench->size)
			return n < 0 ? -errno : -EBADMSG;
		bench->seen = bench->data[0];
	}
	return 0;
}

static int send_ring(struct bench *bench, uint32_t count)
{
	struct rpmsg_buffer buffer;
	uint32_t i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = rpmsg_ring_reserve(bench->ring, &buffer);
		if (ret == -EAGAIN) {
			ret = rpmsg_ring_flush(bench->ring, count - i, LIMIT_NS);
			if (!ret)
				ret = rpmsg_ring_reserve(bench->ring, &buffer);
		}
		if (ret)
			return ret;
		memset(buffer.data, (int)i, bench->size);
		buffer.len = bench->size;
		rpmsg_ring_submit(bench->ring, &buffer);
	}
	return rpmsg_ring_flush(bench->ring, 0, LIMIT_NS);
}

static int recv_ring(struct bench *bench, uint32_t count)
{
	struct rpmsg_buffer buffer;
	uint32_t i;
	int ret = rpmsg_ring_wait(bench->ring, count, LIMIT_NS);

	for (i = 0; i < count && !ret; i++) {
		ret = rpmsg_ring_peek(bench->ring, &buffer);
		if (ret)
			break;
		if (buffer.len != bench->size)
			ret = -EBADMSG;
		bench->seen = *(unsigned char *)buffer.data;
		rpmsg_ring_release(bench->ring, &buffer);
	}
	return ret;
}

static int send_some(struct bench *bench, uint32_t count)
{
	return bench->ring ? send_ring(bench, count) : send_calls(bench, count);
}

static int recv_some(struct bench *bench, uint32_t count)
{
	return bench->ring ? recv_ring(bench, count) : recv_calls(bench, count);
}

/* A message that is not measured, and its answer if one is wanted. */
static int ask(struct bench *bench, const void *question, size_t size, uint32_t *answer)
{
	size_t len = sizeof(*answer);
	int ret;

	if (!bench->ring) {
		ret = write_message(bench, question, size);
		if (ret || !answer)
			return ret;
		return read(bench->fd, answer, len) == (ssize_t)len ? 0 : -EBADMSG;
	}
	ret = rpmsg_ring_send(bench->ring, question, size, LIMIT_NS);
	if (ret || !answer)
		return ret;
	ret = rpmsg_ring_recv(bench->ring, answer, len, LIMIT_NS, &len);
	return !ret && len != sizeof(*answer) ? -EBADMSG : ret;
}

static int run_echo(struct bench *bench, uint32_t count)
{
	int64_t start_ns, *time = bench->times;
	uint32_t left;
	int ret = 0;

	for (left = count; left && !ret; left -= bench->batch) {
		start_ns = now_ns(CLOCK_MONOTONIC);
		ret = send_some(bench, bench->batch);
		if (!ret)
			ret = recv_some(bench, bench->batch);
		*time++ = now_ns(CLOCK_MONOTONIC) - start_ns;
	}
	return ret;
}

static int run_to(struct bench *bench, uint32_t count)
{
	uint32_t left, taken = 0;
	int ret = 0;

	for (left = count; left && !ret; left -= bench->batch)
		ret = send_some(bench, bench->batch);
	if (!ret)
		ret = ask(bench, NULL, 0, &taken);
	return !ret && taken != count ? -EBADMSG : ret;
}

/* Asked for in parts: more than a node queues would be dropped when the remote is faster. */
static int run_from(struct bench *bench, uint32_t count)
{
	const uint32_t part = QUEUED - QUEUED % bench->batch;
	uint32_t question[2] = { 0, bench->size };
	uint32_t left, asked = 0;
	int ret = 0;

	for (left = count; left && !ret; left -= bench->batch, asked -= bench->batch) {
		if (!asked) {
			asked = left < part ? left : part;
			question[0] = asked;
			ret = ask(bench, question, sizeof(question), NULL);
		}
		if (!ret)
			ret = recv_some(bench, bench->batch);
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
	struct rusage before, after;
	int64_t start_ns, cpu_ns;
	double count = bench->count;
	int ret = run(bench, bench->warmup);

	if (ret)
		return fail(bench->mode, ret);
	getrusage(RUSAGE_SELF, &before);
	cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	start_ns = now_ns(CLOCK_MONOTONIC);
	ret = run(bench, bench->count);
	if (ret)
		return fail(bench->mode, ret);
	printf("%.0f\t", (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / count);
	cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
	getrusage(RUSAGE_SELF, &after);
	print_times(bench);
	printf("%.0f\t%.3f\n", (double)cpu_ns / count,
	       (double)(after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw) /
		       count);
	return 0;
}

static bool is_method(const char *method)
{
	return !strcmp(method, "calls") || !strcmp(method, "ring") || !strcmp(method, "poll");
}

static int start_ring(struct bench *bench, bool polled)
{
	int ret = rpmsg_ring_open(bench->endpoint, BUFFERS, BUFFERS, &bench->ring);

	return ret || !polled ? ret : rpmsg_ring_set_busy_poll(bench->ring, BUSY_POLL_NS);
}

static int start(struct bench *bench, const char *method)
{
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
	ret = rpmsg_endpoint_open_service(ctx, NULL, service, LIMIT_NS, &bench->endpoint);
	rpmsg_context_free(ctx);
	if (ret)
		return ret;
	if (strcmp(method, "calls"))
		return start_ring(bench, !strcmp(method, "poll"));
	/* The kernel's own waiting, which is what programs without the library have. */
	bench->fd = rpmsg_endpoint_get_fd(bench->endpoint);
	return fcntl(bench->fd, F_SETFL, fcntl(bench->fd, F_GETFL) & ~O_NONBLOCK) ? -errno : 0;
}

static int usage(void)
{
	fputs("Usage: bench --method calls|ring|poll --mode ping|echo|copy|to|from --size BYTES\n"
	      "             --batch N --count N\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "batch", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "method", required_argument, NULL, 'm' },
		{ "mode", required_argument, NULL, 'o' },
		{ "size", required_argument, NULL, 's' },
		{ 0 },
	};
	static struct bench bench = { .batch = 1, .count = 1000, .size = 16 };
	const char *method = "";
	int c, ret;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'b': bench.batch = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'n': bench.count = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 's': bench.size = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'm': method = optarg; break;
		case 'o': bench.mode = optarg; break;
		default: return usage();
		}
	}
	if (optind < argc || !bench.mode || !is_method(method) ||
	    !bench.batch || bench.batch > BATCH_MAX || !bench.count || !bench.size ||
	    bench.size > SIZE_MAX_)
		return usage();

	/* Whole batches; the first tenth is not measured. */
	bench.count += bench.batch - 1 - (bench.count - 1) % bench.batch;
	bench.warmup = (bench.count / bench.batch / 10 + 1) * bench.batch;
	bench.times = calloc(bench.count / bench.batch, sizeof(*bench.times));
	ret = bench.times ? start(&bench, method) : -ENOMEM;
	ret = ret ? fail("start", ret) : measure(&bench);
	rpmsg_ring_close(bench.ring);
	rpmsg_endpoint_close(bench.endpoint);
	free(bench.times);
	return ret;
}
