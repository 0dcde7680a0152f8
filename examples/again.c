/* SPDX-License-Identifier: MIT */
/*
 * again: talk to a service once a second, for as long as it takes, through restarts and crashes of
 * its processor. What is to be told to a remote that starts anew goes where the generation changes.
 */
#include <errno.h>
#include <inttypes.h>
#include <librpmsg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

static int exchange(struct rpmsg_endpoint *endpoint)
{
	char answer[512];
	size_t len;
	int ret;

	ret = rpmsg_endpoint_send(endpoint, "hello", 5, SECOND_NS);
	if (!ret)
		ret = rpmsg_endpoint_recv(endpoint, answer, sizeof(answer), SECOND_NS, &len);
	if (!ret)
		printf("generation %" PRIu32 ": %.*s\n", rpmsg_endpoint_get_generation(endpoint),
		       (int)len, answer);
	return ret;
}

static int talk(struct rpmsg_context *ctx, const char *service)
{
	struct rpmsg_endpoint *endpoint;
	int ret;

	ret = rpmsg_endpoint_open_service(ctx, NULL, service, 10 * SECOND_NS, &endpoint);
	if (ret)
		return ret;
	do {
		ret = exchange(endpoint);
		if (ret == -EPIPE)
			puts("the remote is gone");
		else if (ret == -ETIMEDOUT)
			puts("no service, or no answer, yet");
		fflush(stdout);
		sleep(1);
	} while (!ret || ret == -EPIPE || ret == -ETIMEDOUT);
	rpmsg_endpoint_close(endpoint);
	return ret;
}

int main(int argc, char **argv)
{
	const char *service = argc > 1 ? argv[1] : "rpmsg-echo";
	struct rpmsg_context *ctx;
	int ret;

	ret = rpmsg_context_new(&ctx);
	if (!ret) {
		ret = talk(ctx, service);
		rpmsg_context_free(ctx);
	}
	fprintf(stderr, "again: %s: %s\n", service, strerror(-ret));
	return 1;
}
