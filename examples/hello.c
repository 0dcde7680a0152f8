/* SPDX-License-Identifier: MIT */
/*
 * hello: say something to a service by its name, and print the answer. The smallest whole program
 * on librpmsg.
 */
#include <librpmsg.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

static int hello(struct rpmsg_context *ctx, const char *service)
{
	struct rpmsg_endpoint *endpoint;
	char answer[512];
	size_t len;
	int ret;

	ret = rpmsg_endpoint_open_service(ctx, NULL, service, SECOND_NS, &endpoint);
	if (ret)
		return ret;

	ret = rpmsg_endpoint_send(endpoint, "hello", 5, SECOND_NS);
	if (!ret)
		ret = rpmsg_endpoint_recv(endpoint, answer, sizeof(answer), SECOND_NS, &len);
	if (!ret)
		printf("%s answers: %.*s\n", service, (int)len, answer);

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
		ret = hello(ctx, service);
		rpmsg_context_free(ctx);
	}
	if (ret)
		fprintf(stderr, "hello: %s: %s\n", service, strerror(-ret));
	return ret ? 1 : 0;
}
