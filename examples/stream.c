// SPDX-License-Identifier: MIT
/*
 * stream: send numbered, checksummed messages of random length to a service that echoes them,
 * through librpmsg and an io_uring of our own, and verify every one that comes back.
 *
 * A batch is a chain of sends and a chain of receives, submitted in one go; chained, so that
 * messages stay in order. A batch of one is ping-pong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <liburing.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX	32
#define LEN_MAX		496
#define HEADER		8	/* number and checksum, in messages that are long enough */
#define TIMEOUT_S	5
#define SEND		UINT64_MAX	/* what a completion is of; others are the buffer's index */

static unsigned char out[BATCH_MAX][LEN_MAX], in[BATCH_MAX][LEN_MAX];

static int fail(const char *what, int err)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(-err));
	return 1;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Message number @seq, the same each time it is made. Returns its length. */
static size_t make_message(uint32_t seq, unsigned char *buf)
{
	uint64_t random = seq * 0x9e3779b97f4a7c15ULL + 1;
	uint32_t sum = 2166136261u;
	size_t len = 0, i;

	for (i = 0; i < LEN_MAX; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		if (i == 0)
			len = 1 + (random >> 33) % LEN_MAX;
		buf[i] = (unsigned char)(random >> 56);
	}
	if (len >= HEADER) {
		for (i = HEADER; i < len; i++)
			sum = (sum ^ buf[i]) * 16777619u;
		memcpy(buf, &seq, 4);
		memcpy(buf + 4, &sum, 4);
	}
	return len;
}

static int check_message(uint32_t seq, const unsigned char *buf, size_t len)
{
	unsigned char expected[LEN_MAX];
	size_t expected_len = make_message(seq, expected);
	uint32_t got = 0;

	if (len == expected_len && !memcmp(buf, expected, len))
		return 0;
	memcpy(&got, buf, 4);
	fprintf(stderr, "stream: message %u came back wrong: %zu bytes for %zu, number %u\n", seq,
		len, expected_len, got);
	return 1;
}

/* Messages @first to @first + @count - 1, there and back. */
static int run_batch(struct rpmsg_endpoint *endpoint, struct io_uring *ring, uint32_t first,
		     uint32_t count, int64_t *times)
{
	struct __kernel_timespec limit = { .tv_sec = TIMEOUT_S };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	uint64_t what;
	uint32_t i;
	size_t len;
	int ret;

	for (i = 0; i < count; i++) {
		sqe = io_uring_get_sqe(ring);
		len = make_message(first + i, out[i]);
		ret = rpmsg_endpoint_prep_send(endpoint, sqe, out[i], len);
		if (ret)
			return fail("prepare a send", ret);
		io_uring_sqe_set_data64(sqe, SEND);
		io_uring_sqe_set_flags(sqe, i + 1 < count ? IOSQE_IO_LINK : 0);
		times[first + i] = now_ns();
	}
	/* Hard links: a message shorter than its buffer would break others. */
	for (i = 0; i < count; i++) {
		sqe = io_uring_get_sqe(ring);
		ret = rpmsg_endpoint_prep_recv(endpoint, sqe, in[i], LEN_MAX);
		if (ret)
			return fail("prepare a receive", ret);
		io_uring_sqe_set_data64(sqe, i);
		io_uring_sqe_set_flags(sqe, i + 1 < count ? IOSQE_IO_HARDLINK : 0);
	}

	io_uring_submit(ring);
	for (i = 0; i < 2 * count; i++) {
		ret = io_uring_wait_cqe_timeout(ring, &cqe, &limit);
		if (ret)
			return fail("wait for an echo", ret);
		what = io_uring_cqe_get_data64(cqe);
		ret = cqe->res;
		io_uring_cqe_seen(ring, cqe);
		if (ret < 0)
			return fail(what == SEND ? "send" : "receive", ret);
		if (what == SEND)
			continue;
		times[first + what] = now_ns() - times[first + what];
		if (check_message(first + (uint32_t)what, in[what], (size_t)ret))
			return 1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static int run(struct rpmsg_endpoint *endpoint, struct io_uring *ring, uint32_t n, uint32_t batch,
	       int64_t *times)
{
	int64_t start_ns = now_ns();
	uint32_t done, count;
	double elapsed_s;

	for (done = 0; done < n; done += count) {
		count = n - done < batch ? n - done : batch;
		if (run_batch(endpoint, ring, done, count, times))
			return 1;
	}

	elapsed_s = (double)(now_ns() - start_ns) / 1e9;
	qsort(times, n, sizeof(*times), compare);
	printf("%u messages sent, echoed and verified: %.0f per second\n", n, n / elapsed_s);
	printf("round trip: p50 %.1f us, p99 %.1f us\n", (double)times[n / 2] / 1e3,
	       (double)times[(uint64_t)n * 99 / 100] / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "batch", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "service", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *service = "rpmsg-echo";
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_context *ctx;
	struct io_uring ring;
	uint32_t n = 10000, batch = BATCH_MAX;
	int64_t *times;
	int c, ret;

	while ((c = getopt_long(argc, argv, "b:n:s:", options, NULL)) != -1) {
		if (c == 's')
			service = optarg;
		else if (c == 'b')
			batch = (uint32_t)strtoul(optarg, NULL, 10);
		else
			n = c == 'n' ? (uint32_t)strtoul(optarg, NULL, 10) : 0;
	}
	if (!n || !batch || batch > BATCH_MAX || optind < argc) {
		fprintf(stderr, "Usage: stream [-n COUNT] [-b BATCH, 1 to %d] [--service NAME]\n",
			BATCH_MAX);
		return 2;
	}

	ret = rpmsg_context_new(&ctx);
	if (ret)
		return fail("start", ret);
	ret = rpmsg_endpoint_open_service(ctx, NULL, service, TIMEOUT_S * 1000000000LL, &endpoint);
	rpmsg_context_free(ctx);
	if (ret)
		return fail(service, ret);

	times = calloc(n, sizeof(*times));
	ret = times ? io_uring_queue_init(2 * BATCH_MAX, &ring, 0) : -ENOMEM;
	if (ret) {
		ret = fail("make an io_uring", ret);
	} else {
		ret = run(endpoint, &ring, n, batch, times);
		io_uring_queue_exit(&ring);
	}
	free(times);
	rpmsg_endpoint_close(endpoint);
	return ret;
}
