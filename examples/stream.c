// SPDX-License-Identifier: MIT
/*
 * stream: numbered messages of many lengths to a service that echoes them, by send and
 * receive operations of an io_uring of our own. That needs no ring of the endpoint's and works on
 * every kernel, with a copy of each message. Verifies every one that comes back.
 *
 * A batch is a chain of sends and a chain of receives, so that messages stay in order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <librpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX	32
#define LEN_MAX		496
#define TIMEOUT_S	5
#define SEND		UINT64_MAX	/* what a completion is of; others are the buffer's index */

static unsigned char out[BATCH_MAX][LEN_MAX], in[BATCH_MAX][LEN_MAX];

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
	const size_t len = sizeof(seq) + (random >> 33) % (LEN_MAX - sizeof(seq));
	size_t i;

	for (i = sizeof(seq); i < len; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		buf[i] = (unsigned char)(random >> 56);
	}
	memcpy(buf, &seq, sizeof(seq));
	return len;
}

static int check(uint32_t seq, const unsigned char *buf, size_t len)
{
	unsigned char expected[LEN_MAX];

	return len == make_message(seq, expected) && !memcmp(buf, expected, len) ? 0 : -EBADMSG;
}

static int prepare(struct rpmsg_endpoint *endpoint, struct io_uring *ring, uint32_t first,
		   uint32_t count)
{
	struct io_uring_sqe *sqe;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		sqe = io_uring_get_sqe(ring);
		ret = rpmsg_endpoint_prep_send(endpoint, sqe, out[i],
					       make_message(first + i, out[i]));
		io_uring_sqe_set_data64(sqe, SEND);
		io_uring_sqe_set_flags(sqe, i + 1 < count ? IOSQE_IO_LINK : 0);
	}
	/* Hard links: a message shorter than its buffer would break others. */
	for (i = 0; i < count && !ret; i++) {
		sqe = io_uring_get_sqe(ring);
		ret = rpmsg_endpoint_prep_recv(endpoint, sqe, in[i], LEN_MAX);
		io_uring_sqe_set_data64(sqe, i);
		io_uring_sqe_set_flags(sqe, i + 1 < count ? IOSQE_IO_HARDLINK : 0);
	}
	return ret;
}

/* Messages @first to @first + @count - 1, there and back. */
static int run_batch(struct rpmsg_endpoint *endpoint, struct io_uring *ring, uint32_t first,
		     uint32_t count)
{
	struct __kernel_timespec limit = { .tv_sec = TIMEOUT_S };
	struct io_uring_cqe *cqe;
	uint64_t what;
	uint32_t i;
	int ret = prepare(endpoint, ring, first, count);

	if (!ret && io_uring_submit(ring) < 0)
		ret = -EIO;
	for (i = 0; i < 2 * count && !ret; i++) {
		ret = io_uring_wait_cqe_timeout(ring, &cqe, &limit);
		if (ret)
			break;
		what = io_uring_cqe_get_data64(cqe);
		if (cqe->res < 0)
			ret = cqe->res;
		else if (what != SEND)
			ret = check(first + (uint32_t)what, in[what], (size_t)cqe->res);
		io_uring_cqe_seen(ring, cqe);
	}
	return ret;
}

static int run(struct rpmsg_endpoint *endpoint, struct io_uring *ring, uint32_t n, uint32_t batch)
{
	const int64_t start_ns = now_ns();
	uint32_t done, count;
	int ret = 0;

	for (done = 0; done < n && !ret; done += count) {
		count = n - done < batch ? n - done : batch;
		ret = run_batch(endpoint, ring, done, count);
	}
	if (!ret)
		printf("%u messages sent, echoed and verified: %.0f per second\n", n,
		       n / ((double)(now_ns() - start_ns) / 1e9));
	return ret;
}

int main(int argc, char **argv)
{
	const uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	const uint32_t batch = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : BATCH_MAX;
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_context *ctx;
	struct io_uring ring;
	int ret;

	if (!n || !batch || batch > BATCH_MAX) {
		fprintf(stderr, "Usage: stream [COUNT [BATCH]]; BATCH: 1 to %d\n", BATCH_MAX);
		return 2;
	}
	ret = rpmsg_context_new(&ctx);
	if (!ret) {
		ret = rpmsg_endpoint_open_service(ctx, NULL, "rpmsg-echo", TIMEOUT_S * 1000000000LL,
						  &endpoint);
		rpmsg_context_free(ctx);
	}
	if (!ret) {
		ret = io_uring_queue_init(2 * BATCH_MAX, &ring, 0);
		if (!ret) {
			ret = run(endpoint, &ring, n, batch);
			io_uring_queue_exit(&ring);
		}
		rpmsg_endpoint_close(endpoint);
	}
	if (ret)
		fprintf(stderr, "stream: %s\n", strerror(-ret));
	return ret ? 1 : 0;
}
