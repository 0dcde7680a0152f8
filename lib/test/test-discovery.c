// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finding processors, channels and nodes, and making nodes, in a sysfs of our own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "../internal.h"
#include "fake.h"
#include "tap.h"

#define MS	1000000LL
#define PROC(n)	"/sys/devices/platform/soc/remoteproc/remoteproc" #n

static struct rpmsg_context *ctx;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static struct rpmsg_processor *find_processor(const char *name)
{
	struct rpmsg_processor *processor = NULL;

	EQUAL(rpmsg_processor_find(ctx, name, &processor), 0);
	return processor;
}

static void test_nothing(void)
{
	struct rpmsg_processor **processors, *processor;
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_channel **channels, *channel;
	struct rpmsg_node **nodes, *node;
	size_t count = 77;

	fake_reset();
	EQUAL(rpmsg_processor_list(ctx, &processors, &count), 0);
	EQUAL(count, 0);
	rpmsg_processor_list_free(processors, count);
	EQUAL(rpmsg_channel_list(ctx, NULL, &channels, &count), 0);
	EQUAL(count, 0);
	rpmsg_channel_list_free(channels, count);
	EQUAL(rpmsg_node_list(ctx, NULL, &nodes, &count), 0);
	EQUAL(count, 0);
	rpmsg_node_list_free(nodes, count);

	EQUAL(rpmsg_processor_find(ctx, "x", &processor), -ENOENT);
	EQUAL(rpmsg_channel_find(ctx, NULL, "x", &channel), -ENOENT);
	EQUAL(rpmsg_node_find(ctx, NULL, "x", &node), -ENOENT);
	EQUAL(rpmsg_channel_wait(ctx, NULL, "x", 0, &channel), -EAGAIN);
	EQUAL(rpmsg_channel_wait(ctx, NULL, "x", 20 * MS, &channel), -ETIMEDOUT);
	EQUAL(rpmsg_channel_wait(ctx, NULL, "x", -1, &channel), -EINVAL);
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 0, 0, 0, &node), -EAGAIN);
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 0, 0, 20 * MS, &node), -ETIMEDOUT);
	EQUAL(rpmsg_endpoint_open_service(ctx, NULL, "x", 0, &endpoint), -EAGAIN);
	EQUAL(rpmsg_endpoint_open(ctx, "/dev/rpmsg0", &endpoint), -ENOENT);
	EQUAL(rpmsg_endpoint_open(ctx, "/sys", &endpoint), -ENOTTY);
	EQUAL(rpmsg_endpoint_open(ctx, "/proc/self/fd/0", &endpoint), -ENOTTY);
}

static void test_null(void)
{
	struct rpmsg_endpoint *endpoint;
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;
	size_t count;

	EQUAL(rpmsg_context_new(NULL), -EINVAL);
	EQUAL(rpmsg_processor_list(NULL, NULL, &count), -EINVAL);
	EQUAL(rpmsg_processor_find(ctx, NULL, &processor), -EINVAL);
	EQUAL(rpmsg_processor_find(NULL, "x", &processor), -EINVAL);
	EQUAL(rpmsg_processor_refresh(NULL), -EINVAL);
	EQUAL(rpmsg_processor_boot(NULL), -EINVAL);
	EQUAL(rpmsg_processor_stop(NULL), -EINVAL);
	EQUAL(rpmsg_processor_set_firmware(NULL, "x"), -EINVAL);
	EQUAL(rpmsg_channel_list(ctx, NULL, NULL, &count), -EINVAL);
	EQUAL(rpmsg_channel_find(ctx, NULL, NULL, &channel), -EINVAL);
	EQUAL(rpmsg_channel_wait(NULL, NULL, "x", 0, &channel), -EINVAL);
	EQUAL(rpmsg_node_list(ctx, NULL, NULL, &count), -EINVAL);
	EQUAL(rpmsg_node_find(ctx, NULL, NULL, &node), -EINVAL);
	EQUAL(rpmsg_node_create(ctx, NULL, NULL, 0, 0, 0, &node), -EINVAL);
	EQUAL(rpmsg_node_create(ctx, NULL, "", 0, 0, 0, &node), -EINVAL);
	EQUAL(rpmsg_node_create_for_channel(ctx, NULL, 0, &node), -EINVAL);
	EQUAL(rpmsg_node_destroy(NULL), -EINVAL);
	EQUAL(rpmsg_endpoint_open(ctx, NULL, &endpoint), -EINVAL);
	EQUAL(rpmsg_endpoint_open_service(ctx, NULL, NULL, 0, &endpoint), -EINVAL);
	rpmsg_context_free(NULL);
	rpmsg_processor_free(NULL);
	rpmsg_processor_list_free(NULL, 0);
	rpmsg_channel_free(NULL);
	rpmsg_channel_list_free(NULL, 0);
	rpmsg_node_free(NULL);
	rpmsg_node_list_free(NULL, 0);
}

static void test_processors(void)
{
	struct rpmsg_processor **list, *processor;
	size_t count;

	fake_reset();
	fake_processor(10, "dsp\n", "offline\n");
	fake_processor(2, "dsp\n", "running\n");
	fake_processor(3, "remoteproc2\n", "dreaming\n");
	fake_processor(4, "broken\n", "offline\n");
	unlink(PROC(4) "/state");

	EQUAL(rpmsg_processor_list(ctx, &list, &count), 0);
	EQUAL(count, 3);
	if (count == 3) {
		EQUAL(rpmsg_processor_get_index(list[0]), 2);
		EQUAL(rpmsg_processor_get_index(list[1]), 3);
		EQUAL(rpmsg_processor_get_index(list[2]), 10);
		EQUAL(rpmsg_processor_get_state(list[0]), RPMSG_PROCESSOR_RUNNING);
		EQUAL(rpmsg_processor_get_state(list[1]), RPMSG_PROCESSOR_UNKNOWN);
		EQUAL(rpmsg_processor_get_state(list[2]), RPMSG_PROCESSOR_OFFLINE);
		CHECK(!strcmp(rpmsg_processor_get_name(list[2]), "dsp"));
		CHECK(!strcmp(rpmsg_processor_get_firmware(list[2]), "fw.elf"));
		CHECK(!strcmp(rpmsg_processor_get_syspath(list[2]), PROC(10)));
	}
	rpmsg_processor_list_free(list, count);

	EQUAL(rpmsg_processor_find(ctx, "dsp", &processor), -ENOTUNIQ);
	EQUAL(rpmsg_processor_find(ctx, "ds", &processor), -ENOENT);
	processor = find_processor("remoteproc2");	/* not the one with this name */
	CHECK(!strcmp(rpmsg_processor_get_name(processor), "dsp"));

	fake_remove("/sys/class/remoteproc", "remoteproc2");
	EQUAL(rpmsg_processor_refresh(processor), -ENODEV);
	EQUAL(rpmsg_processor_boot(processor), -ENODEV);
	EQUAL(rpmsg_processor_stop(processor), -ENODEV);
	EQUAL(rpmsg_processor_set_firmware(processor, "x"), -ENODEV);
	CHECK(!strcmp(rpmsg_processor_get_sysname(processor), "remoteproc2"));
	EQUAL(rpmsg_processor_get_state(processor), RPMSG_PROCESSOR_RUNNING);
	rpmsg_processor_free(processor);
}

static bool attr_is(const char *path, const char *want)
{
	char text[64] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return !strncmp(text, want, strlen(want));
}

static void test_life_cycle(void)
{
	struct rpmsg_processor *processor;

	fake_reset();
	fake_processor(0, "dsp\n", "offline\n");
	processor = find_processor("dsp");

	EQUAL(rpmsg_processor_set_firmware(processor, ""), -EINVAL);
	EQUAL(rpmsg_processor_set_firmware(processor, "a\nb"), -EINVAL);
	EQUAL(rpmsg_processor_set_firmware(processor, "other.elf"), 0);
	CHECK(!strcmp(rpmsg_processor_get_firmware(processor), "other.elf"));

	EQUAL(rpmsg_processor_stop(processor), -EALREADY);
	CHECK(attr_is(PROC(0) "/state", "offline"));
	EQUAL(rpmsg_processor_boot(processor), 0);
	CHECK(attr_is(PROC(0) "/state", "start"));

	fake_attr(PROC(0), "state", "running\n");
	EQUAL(rpmsg_processor_boot(processor), -EALREADY);
	CHECK(attr_is(PROC(0) "/state", "running"));
	/* This sysfs does not stop anything: what it says is neither offline nor detached. */
	EQUAL(rpmsg_processor_stop(processor), -EBUSY);
	CHECK(attr_is(PROC(0) "/state", "stop"));

	fake_attr(PROC(0), "state", "crashed\n");
	EQUAL(rpmsg_processor_boot(processor), -EBUSY);
	EQUAL(rpmsg_processor_get_state(processor), RPMSG_PROCESSOR_CRASHED);
	fake_attr(PROC(0), "state", "attached\n");
	EQUAL(rpmsg_processor_boot(processor), -EALREADY);
	rpmsg_processor_free(processor);

	CHECK(!strcmp(rpmsg_processor_state_to_string(RPMSG_PROCESSOR_DETACHED), "detached"));
	CHECK(!strcmp(rpmsg_processor_state_to_string((enum rpmsg_processor_state)99), "unknown"));
	CHECK(!strcmp(rpmsg_processor_state_to_string((enum rpmsg_processor_state)7), "unknown"));
}

static void test_channels(void)
{
	struct rpmsg_channel **list, *channel;
	struct rpmsg_processor *processor;
	size_t count;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_processor(1, "b\n", "running\n");
	fake_control(0, 0);
	fake_channel(0, "rpmsg_ns", "0x35", "0x35");
	fake_channel(1, "echo", "0xffffffff", "0x400");
	fake_channel(0, "echo", "0xffffffff", "0x402\n");
	fake_channel(0, "echo", "0x401", "0x401\n");
	fake_channel(0, "alpha\n", "0x401", "0xffffffff\n");
	fake_channel(0, "bad-number", "0x401", "0x1ffffffff");
	fake_channel(0, "bad-text", "0x401", "many");
	fake_channel(0, "a-name-of-thirty-two-bytes------", "0x1", "0x2");
	fake_channel(0, "a-name-of-thirty-one-bytes-----", "0x1", "0x2");

	EQUAL(rpmsg_channel_list(ctx, NULL, &list, &count), 0);
	EQUAL(count, 5);
	if (count == 5) {
		CHECK(!strcmp(rpmsg_channel_get_service(list[0]),
			      "a-name-of-thirty-one-bytes-----"));
		CHECK(!strcmp(rpmsg_channel_get_service(list[1]), "alpha"));
		EQUAL(rpmsg_channel_get_src(list[1]), 0x401);
		EQUAL(rpmsg_channel_get_dst(list[1]), RPMSG_ADDRESS_ANY);
		CHECK(rpmsg_channel_get_announce(list[1]));
		EQUAL(rpmsg_channel_get_dst(list[2]), 0x401);
		EQUAL(rpmsg_channel_get_dst(list[3]), 0x402);
		EQUAL(rpmsg_channel_get_src(list[3]), RPMSG_ADDRESS_ANY);
		CHECK(!strcmp(rpmsg_channel_get_processor(list[3]), "remoteproc0"));
		CHECK(!strcmp(rpmsg_channel_get_processor(list[4]), "remoteproc1"));
	}
	rpmsg_channel_list_free(list, count);

	EQUAL(rpmsg_channel_find(ctx, NULL, "echo", &channel), 0);
	EQUAL(rpmsg_channel_get_dst(channel), 0x401);
	rpmsg_channel_free(channel);
	processor = find_processor("b");
	EQUAL(rpmsg_channel_find(ctx, processor, "echo", &channel), 0);
	EQUAL(rpmsg_channel_get_dst(channel), 0x400);
	rpmsg_channel_free(channel);
	EQUAL(rpmsg_channel_find(ctx, processor, "alpha", &channel), -ENOENT);
	EQUAL(rpmsg_channel_wait(ctx, processor, "echo", 0, &channel), 0);
	rpmsg_channel_free(channel);
	rpmsg_processor_free(processor);
}

static void *announce_later(void *data)
{
	struct timespec pause = { .tv_nsec = 50 * MS };

	nanosleep(&pause, NULL);
	fake_channel(0, data, "0xffffffff", "0x400");
	return NULL;
}

/* Nobody sends uevents here: the wait must find out by itself. */
static void test_wait(void)
{
	struct rpmsg_channel *channel = NULL;
	pthread_t thread;
	int64_t start_ns;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	start_ns = now_ns();
	EQUAL(pthread_create(&thread, NULL, announce_later, (char[]){ "late" }), 0);
	EQUAL(rpmsg_channel_wait(ctx, NULL, "late", 10000 * MS, &channel), 0);
	pthread_join(thread, NULL);
	CHECK(now_ns() - start_ns >= 50 * MS);
	rpmsg_channel_free(channel);
}

static void test_nodes(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_node **list, *node;
	size_t count;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_processor(1, "b\n", "running\n");
	fake_control(0, 0);
	fake_control(1, 1);
	fake_node(1, 10, "echo\n", "1024\n");
	fake_node(0, 9, "echo\n", "1025\n");
	fake_node(0, 1, "rpmsg9\n", "-1\n");

	EQUAL(rpmsg_node_list(ctx, NULL, &list, &count), 0);
	EQUAL(count, 3);
	if (count == 3) {
		CHECK(!strcmp(rpmsg_node_get_path(list[0]), "/dev/rpmsg1"));
		EQUAL(rpmsg_node_get_dst(list[0]), RPMSG_ADDRESS_ANY);
		CHECK(!strcmp(rpmsg_node_get_path(list[1]), "/dev/rpmsg9"));
		EQUAL(rpmsg_node_get_src(list[1]), RPMSG_ADDRESS_ANY);
		EQUAL(rpmsg_node_get_dst(list[1]), 1025);
		CHECK(!strcmp(rpmsg_node_get_processor(list[2]), "remoteproc1"));
	}
	rpmsg_node_list_free(list, count);

	EQUAL(rpmsg_node_find(ctx, NULL, "echo", &node), -ENOTUNIQ);
	EQUAL(rpmsg_node_find(ctx, NULL, "rpmsg_ctrl0", &node), -ENOENT);
	EQUAL(rpmsg_node_find(ctx, NULL, "rpmsg9", &node), 0);	/* not the one with this name */
	CHECK(!strcmp(rpmsg_node_get_name(node), "echo"));
	rpmsg_node_free(node);
	EQUAL(rpmsg_node_find(ctx, NULL, "/dev/rpmsg10", &node), 0);
	rpmsg_node_free(node);
	processor = find_processor("b");
	EQUAL(rpmsg_node_find(ctx, processor, "echo", &node), 0);
	CHECK(!strcmp(rpmsg_node_get_path(node), "/dev/rpmsg10"));
	rpmsg_node_free(node);
	EQUAL(rpmsg_node_find(ctx, processor, "rpmsg9", &node), -ENOENT);
	rpmsg_processor_free(processor);
}

static void test_create(void)
{
	struct rpmsg_node *node = NULL;
	int fd;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_control(0, 0);
	fake_node(0, 0, "echo", "1024\n");	/* the same, and not the one */

	EQUAL(rpmsg_node_create(ctx, NULL, "echo", RPMSG_ADDRESS_ANY, 1024, 0, &node), 0);
	CHECK(!strcmp(rpmsg_node_get_path(node), "/dev/rpmsg1"));
	rpmsg_node_free(node);
	EQUAL(fake_creates, 1);

	EQUAL(rpmsg_node_create(ctx, NULL, "0123456789abcdef0123456789abcdef", 1, 2, 0, &node),
	      -ENAMETOOLONG);
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, -1, &node), -EINVAL);
	EQUAL(fake_creates, 1);

	fake_create = FAKE_CREATE_FAIL;
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 0, &node), -ENOSPC);
	fake_create = FAKE_CREATE_NOTHING;
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 0, &node), -ENODEV);
	fake_create = FAKE_CREATE_REUSE;
	EQUAL(rpmsg_node_create(ctx, NULL, "echo", RPMSG_ADDRESS_ANY, 1024, 0, &node), 0);
	CHECK(!strcmp(rpmsg_node_get_path(node), "/dev/rpmsg0"));
	rpmsg_node_free(node);
	EQUAL(fake_creates, 4);

	/* Somebody else is at it: wait within the limit, and make nothing after it. */
	fd = open("/dev/rpmsg_ctrl0", O_RDWR | O_CLOEXEC);
	EQUAL(flock(fd, LOCK_EX), 0);
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 0, &node), -EAGAIN);
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 20 * MS, &node), -ETIMEDOUT);
	EQUAL(fake_creates, 4);
	close(fd);
	fake_create = FAKE_CREATE_NODE;
	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 0, &node), 0);
	rpmsg_node_free(node);

	/* A kernel that tells needs no lock and no looking. */
	fd = open("/dev/rpmsg_ctrl0", O_RDWR | O_CLOEXEC);
	EQUAL(flock(fd, LOCK_EX), 0);
	fake_create = FAKE_CREATE_TOLD;
	EQUAL(rpmsg_node_create(ctx, NULL, "echo", RPMSG_ADDRESS_ANY, 1024, 0, &node), 0);
	CHECK(!strcmp(rpmsg_node_get_name(node), "echo"));
	rpmsg_node_free(node);
	EQUAL(fake_creates, 6);
	close(fd);
}

static void test_create_where(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_channel *channel;
	struct rpmsg_node *node;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_processor(1, "b\n", "running\n");
	fake_control(0, 0);
	fake_control(1, 1);
	fake_channel(1, "echo", "0xffffffff", "0x400");

	EQUAL(rpmsg_node_create(ctx, NULL, "x", 1, 2, 0, &node), -ENOTUNIQ);
	processor = find_processor("b");
	EQUAL(rpmsg_node_create(ctx, processor, "x", 1, 2, 0, &node), 0);
	CHECK(!strcmp(rpmsg_node_get_processor(node), "remoteproc1"));
	rpmsg_node_free(node);

	EQUAL(rpmsg_channel_find(ctx, NULL, "echo", &channel), 0);
	EQUAL(rpmsg_node_create_for_channel(ctx, channel, 0, &node), 0);
	CHECK(!strcmp(rpmsg_node_get_processor(node), "remoteproc1"));
	CHECK(!strcmp(rpmsg_node_get_name(node), "echo"));
	EQUAL(rpmsg_node_get_dst(node), 0x400);
	rpmsg_node_free(node);

	/* Gone in the meantime: said at once, not after the limit. */
	fake_remove("/sys/bus/rpmsg/devices", "virtio1.echo.0xffffffff.0x400");
	EQUAL(rpmsg_node_create_for_channel(ctx, channel, 60000 * MS, &node), -ENODEV);
	rpmsg_channel_free(channel);
	fake_remove("/sys/class/remoteproc", "remoteproc1");
	EQUAL(rpmsg_node_create(ctx, processor, "x", 1, 2, 60000 * MS, &node), -ENODEV);
	rpmsg_processor_free(processor);
}

static void test_destroy(void)
{
	struct rpmsg_node *node;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_control(0, 0);
	fake_node(0, 3, "echo", "1024\n");
	EQUAL(rpmsg_node_find(ctx, NULL, "rpmsg3", &node), 0);
	EQUAL(rpmsg_node_destroy(node), 0);
	EQUAL(fake_destroys, 1);

	/* Another one of the same number is not ours to destroy. */
	fake_remove("/sys/class/rpmsg", "rpmsg3");
	fake_node(0, 3, "other", "1024\n");
	EQUAL(rpmsg_node_destroy(node), -ENODEV);
	EQUAL(fake_destroys, 1);
	fake_remove("/sys/class/rpmsg", "rpmsg3");
	EQUAL(rpmsg_node_destroy(node), -ENOENT);
	rpmsg_node_free(node);
}

static void test_open(void)
{
	struct rpmsg_endpoint *endpoint;
	size_t mtu = 0;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_control(0, 0);
	fake_channel(0, "echo", "0xffffffff", "0x400");
	fake_node(0, 0, "echo", "1024\n");
	EQUAL(rpmsg_endpoint_open(ctx, "/dev/rpmsg0", &endpoint), -ENOTTY);	/* a file */
	EQUAL(rpmsg_endpoint_open(ctx, "/dev/rpmsg_ctrl0", &endpoint), -ENOTTY);

	fake_device_file(0, true);
	EQUAL(rpmsg_endpoint_open(ctx, "/dev/rpmsg0", &endpoint), 0);
	EQUAL(rpmsg_endpoint_get_mtu(endpoint, &mtu), 0);
	EQUAL(mtu, 496);
	rpmsg_endpoint_close(endpoint);
	EQUAL(fake_destroys, 0);	/* opened by path: not ours */

	fake_attr(FAKE_VIRTIO(0) "/virtio0.rpmsg_ctrl.0x0.0x0/rpmsg/rpmsg_ctrl0/rpmsg0", "mtu",
		  "4080\n");
	EQUAL(rpmsg_endpoint_open(ctx, "/dev/rpmsg0", &endpoint), 0);
	EQUAL(rpmsg_endpoint_get_mtu(endpoint, &mtu), 0);
	EQUAL(mtu, 4080);
	rpmsg_endpoint_close(endpoint);
	fake_device_file(0, false);

	/* Makes node 1, which cannot be opened (a file), and takes it away again. */
	EQUAL(rpmsg_endpoint_open_service(ctx, NULL, "echo", 1000 * MS, &endpoint), -ENOTTY);
	EQUAL(fake_creates, 1);
	EQUAL(fake_destroys, 1);
}

static void test_statistics(void)
{
	struct rpmsg_processor *processor;
	struct rpmsg_statistics **list;
	uint64_t value = 0;
	size_t count;

	fake_reset();
	fake_processor(0, "a\n", "running\n");
	fake_processor(1, "b\n", "running\n");
	fake_control(0, 0);
	fake_control(1, 1);
	fake_node(0, 9, "echo\n", "1024\n");
	fake_node(0, 10, "echo\n", "1024\n");
	fake_node(1, 11, "idle\n", "1024\n");

	/* Mainline's have none. */
	EQUAL(rpmsg_statistics_list(ctx, NULL, &list, &count), 0);
	EQUAL(count, 0);
	rpmsg_statistics_list_free(list, count);

	fake_counter("/sys/class/rpmsg/rpmsg9", "tx_bytes", "18446744073709551615\n");
	fake_counter("/sys/class/rpmsg/rpmsg9", "rx_bytes", "5\n");
	fake_counter("/sys/class/rpmsg/rpmsg9", "strange", "five\n");
	fake_counter("/sys/class/rpmsg/rpmsg10", "rx_bytes", "6\n");
	fake_counter("/sys/class/rpmsg/rpmsg11", "rx_bytes", "7\n");
	fake_counter(FAKE_VIRTIO(0), "rx_bytes", "8\n");
	EQUAL(rpmsg_statistics_list(ctx, NULL, &list, &count), 0);
	EQUAL(count, 4);
	CHECK(!strcmp(rpmsg_statistics_get_device(list[0]), "virtio0"));
	CHECK(!rpmsg_statistics_get_name(list[0]));
	CHECK(!strcmp(rpmsg_statistics_get_processor(list[0]), "remoteproc0"));
	CHECK(!strcmp(rpmsg_statistics_get_device(list[1]), "rpmsg9"));
	CHECK(!strcmp(rpmsg_statistics_get_name(list[1]), "echo"));
	CHECK(!strcmp(rpmsg_statistics_get_device(list[2]), "rpmsg10"));
	CHECK(rpmsg_statistics_get_id(list[1]) != rpmsg_statistics_get_id(list[2]));
	CHECK(!strcmp(rpmsg_statistics_get_counter(list[1], 0, &value), "rx_bytes"));
	EQUAL(value, 5);
	CHECK(!strcmp(rpmsg_statistics_get_counter(list[1], 1, &value), "tx_bytes"));
	CHECK(value == UINT64_MAX);
	CHECK(!rpmsg_statistics_get_counter(list[1], 2, &value));
	rpmsg_statistics_list_free(list, count);

	EQUAL(rpmsg_processor_find(ctx, "b", &processor), 0);
	EQUAL(rpmsg_statistics_list(ctx, processor, &list, &count), 0);
	EQUAL(count, 1);
	CHECK(!strcmp(rpmsg_statistics_get_device(list[0]), "rpmsg11"));
	rpmsg_statistics_list_free(list, count);
	rpmsg_processor_free(processor);
	EQUAL(rpmsg_statistics_list(NULL, NULL, &list, &count), -EINVAL);
}

int main(void)
{
	if (!fake_enter()) {
		puts("1..0 # SKIP needs a mount namespace");
		return 0;
	}
	if (rpmsg_context_new(&ctx)) {
		puts("Bail out! no context");
		return 1;
	}
	test_nothing();
	test_null();
	test_processors();
	test_life_cycle();
	test_channels();
	test_wait();
	test_nodes();
	test_create();
	test_create_where();
	test_destroy();
	test_open();
	test_statistics();
	rpmsg_context_free(ctx);
	return tap_done();
}
