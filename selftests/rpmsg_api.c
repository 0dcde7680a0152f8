// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel interface of rpmsg, as client drivers see it: the module client_test does what it is
 * told here, and both ends are looked at.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "file.h"
#include "kselftest_harness.h"
#include "module.h"
#include "wait.h"

#define MODULE	"client_test"
#define REMOTE	0x900

FIXTURE(rpmsg_api)
{
	struct processor processor;
	struct remote remote;
	struct rpmsg_message message;
	char device[128];	/* the channel's name on the bus */
	uint32_t addr;		/* of the driver's endpoint */
	int ctrl;
};

static const char *attr_path(const char *device, const char *name)
{
	static char path[FILE_PATH_MAX];

	return file_path(path, "/sys/bus/rpmsg/devices/%s/%s", device, name);
}

/* Finds the channel once a driver has it. Returns true when it did. */
static bool bound(const struct processor *processor, const char *service, char *device, size_t size)
{
	return wait_until(processor_find(processor, "bus/rpmsg/devices", "", service, device,
					 size) == 1 &&
			  file_exists(attr_path(device, "command")), PATIENCE_MS);
}

FIXTURE_SETUP(rpmsg_api)
{
	char text[32];
	int ret;

	self->ctrl = -1;
	if (!getenv("RPMSG_MODULES"))
		SKIP(return, "RPMSG_MODULES names no folder of modules");
	ret = module_load(MODULE, "");
	ASSERT_TRUE(ret == 0 || ret == -EEXIST);
	self->ctrl = ctrl_up(&self->processor, &self->remote);
	ASSERT_LE(0, self->ctrl);
	ASSERT_EQ(0, remote_announce(&self->remote, "selftest-client", REMOTE, RPMSG_NS_CREATE));
	ASSERT_TRUE(bound(&self->processor, "selftest-client", self->device,
			  sizeof(self->device)));
	ASSERT_LT(0, file_read_line(attr_path(self->device, "src"), text, sizeof(text)));
	self->addr = strtoul(text, NULL, 0);
}

FIXTURE_TEARDOWN(rpmsg_api)
{
	if (!getenv("RPMSG_MODULES"))
		return;
	ctrl_down(&self->processor, self->ctrl);
	EXPECT_EQ(0, module_unload(MODULE));
}

static int command(FIXTURE_DATA(rpmsg_api) *self, const char *text)
{
	char path[FILE_PATH_MAX];

	return file_write(strcpy(path, attr_path(self->device, "command")), text);
}

static long long result(FIXTURE_DATA(rpmsg_api) *self)
{
	char path[FILE_PATH_MAX], text[32];

	strcpy(path, attr_path(self->device, "result"));
	return file_read_line(path, text, sizeof(text)) < 0 ? -1 : strtoll(text, NULL, 10);
}

/* A line of "heard": 0 is the driver's endpoint, 1 the other. */
static bool heard(FIXTURE_DATA(rpmsg_api) *self, int line, unsigned int count, int len,
		  uint32_t src)
{
	char path[FILE_PATH_MAX], text[128];
	unsigned int got_count[2], got_src[2];
	int got_len[2];

	strcpy(path, attr_path(self->device, "heard"));
	if (file_read(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%u %d %u %u %d %u", &got_count[0], &got_len[0], &got_src[0],
		   &got_count[1], &got_len[1], &got_src[1]) != 6)
		return false;
	return got_count[line] == count && got_len[line] == len && got_src[line] == src;
}

/* The next message at the remote has these addresses and this many bytes that count up. */
static bool arrives(FIXTURE_DATA(rpmsg_api) *self, uint32_t src, uint32_t dst, unsigned int len)
{
	const struct rpmsg_message *message = &self->message;
	unsigned int i;

	if (remote_receive(&self->remote, &self->message, PATIENCE_MS) ||
	    message->header.src != src || message->header.dst != dst || message->header.len != len)
		return false;
	for (i = 0; i < len; i++)
		if (message->data[i] != (uint8_t)i)
			return false;
	return true;
}

TEST_F(rpmsg_api, six_ways_to_send)
{
	EXPECT_LE(1024, self->addr);
	ASSERT_EQ(0, command(self, "send 10"));
	EXPECT_TRUE(arrives(self, self->addr, REMOTE, 10));
	ASSERT_EQ(0, command(self, "trysend 11"));
	EXPECT_TRUE(arrives(self, self->addr, REMOTE, 11));
	ASSERT_EQ(0, command(self, "sendto 77 12"));
	EXPECT_TRUE(arrives(self, self->addr, 77, 12));
	ASSERT_EQ(0, command(self, "trysendto 0xfffffffe 13"));
	EXPECT_TRUE(arrives(self, self->addr, 0xfffffffe, 13));
	ASSERT_EQ(0, command(self, "send_offchannel 5 78 14"));
	EXPECT_TRUE(arrives(self, 5, 78, 14));
	ASSERT_EQ(0, command(self, "trysend_offchannel 0x80000000 79 15"));
	EXPECT_TRUE(arrives(self, 0x80000000, 79, 15));
	ASSERT_EQ(0, command(self, "send 0"));
	EXPECT_TRUE(arrives(self, self->addr, REMOTE, 0));
	ASSERT_EQ(0, command(self, "send 496"));
	EXPECT_TRUE(arrives(self, self->addr, REMOTE, 496));
}

TEST_F(rpmsg_api, what_cannot_be_sent)
{
	static const char *const long_ones[] = {
		"send 497", "trysend 497", "sendto 77 497", "trysendto 77 497",
		"send_offchannel 5 77 497", "trysend_offchannel 5 77 497", "send -1",
	};
	static const char *const aimless[] = {
		"sendto -1 1", "trysendto -1 1", "send_offchannel 5 -1 1",
		"trysend_offchannel -1 5 1",
	};
	unsigned int i;

	for (i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++)
		EXPECT_EQ(-EMSGSIZE, command(self, long_ones[i]));
	for (i = 0; i < sizeof(aimless) / sizeof(aimless[0]); i++)
		EXPECT_EQ(-EINVAL, command(self, aimless[i]));
	EXPECT_FALSE(remote_has_message(&self->remote));
}

TEST_F(rpmsg_api, mtu)
{
	ASSERT_EQ(0, command(self, "mtu"));
	EXPECT_EQ(RPMSG_PAYLOAD_MAX, result(self));
}

static int fill(FIXTURE_DATA(rpmsg_api) *self)
{
	int i = 0;

	while (!command(self, "trysend 4"))
		i++;
	return i;
}

/* The try forms do not wait, the others 15 seconds, or until there is a buffer. */
TEST_F_TIMEOUT(rpmsg_api, no_buffer, 120)
{
	const int64_t begin = now_ms();

	ASSERT_EQ(0, command(self, "poll"));
	EXPECT_EQ(POLLOUT | POLLWRNORM, result(self));
	EXPECT_EQ(RING_NUM, fill(self));
	EXPECT_EQ(-ENOMEM, command(self, "trysend 1"));
	EXPECT_EQ(-ENOMEM, command(self, "trysendto 77 1"));
	EXPECT_EQ(-ENOMEM, command(self, "trysend_offchannel 5 77 1"));
	ASSERT_EQ(0, command(self, "poll"));
	EXPECT_EQ(0, result(self));
	EXPECT_EQ(-ETIMEDOUT, command(self, "send 1"));
	EXPECT_LE(14000, now_ms() - begin);

	remote_drain(&self->remote);
	ASSERT_EQ(0, command(self, "poll"));
	EXPECT_EQ(POLLOUT | POLLWRNORM, result(self));
	EXPECT_EQ(0, command(self, "send 3"));
	EXPECT_TRUE(arrives(self, self->addr, REMOTE, 3));
}

TEST_F(rpmsg_api, flow_control)
{
	EXPECT_EQ(-EOPNOTSUPP, command(self, "flow 1 77"));
}

/* Addresses over all 32 bits; one is one endpoint's. */
TEST_F(rpmsg_api, addresses)
{
	static const uint32_t addresses[] = {
		0, 1, 1023, 0x7fffffff, 0x80000000, 0xfffffffe,
	};
	char text[64];
	unsigned int i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), "create %u", addresses[i]);
		ASSERT_EQ(0, command(self, text));
		EXPECT_EQ(addresses[i], result(self));
		ASSERT_EQ(0, remote_send(&self->remote, 9, addresses[i], "hello", i));
		EXPECT_TRUE(heard(self, 1, i + 1, i, 9));
		ASSERT_EQ(0, command(self, "destroy"));
		ASSERT_EQ(0, remote_send(&self->remote, 9, addresses[i], "hello", i));
		EXPECT_TRUE(heard(self, 1, i + 1, i, 9));
	}

	snprintf(text, sizeof(text), "create %u", self->addr);
	EXPECT_EQ(-ENXIO, command(self, text));
	ASSERT_EQ(0, command(self, "create -1"));
	EXPECT_LE(1024, result(self));
	EXPECT_NE(self->addr, result(self));
	ASSERT_EQ(0, remote_send(&self->remote, 10, self->addr, "hello", 2));
	EXPECT_TRUE(heard(self, 0, 1, 2, 10));
}

/* What is answered late must not reach who has the address next. */
TEST_F(rpmsg_api, addresses_go_round)
{
	uint32_t first;

	ASSERT_EQ(0, command(self, "create -1"));
	first = result(self);
	ASSERT_EQ(0, command(self, "destroy"));
	ASSERT_EQ(0, command(self, "create -1"));
	EXPECT_LT(first, result(self));
}

struct call {
	FIXTURE_DATA(rpmsg_api) *self;
	const char	*command;	/* or NULL: a message to the other endpoint */
	uint32_t	dst;
	atomic_int	result;
	atomic_bool	done;
	pthread_t	thread;
};

static void *call_thread(void *data)
{
	struct call *call = data;

	call->result = call->command ? command(call->self, call->command) :
		       remote_send(&call->self->remote, 9, call->dst, "hello", 5);
	call->done = true;
	return NULL;
}

/* An endpoint is destroyed while its callback runs: not before that has ended. */
TEST_F(rpmsg_api, destroyed_in_its_callback)
{
	struct call message = { .self = self, .dst = 400 };
	struct call destroy = { .self = self, .command = "destroy" };

	ASSERT_EQ(0, command(self, "create 400"));
	ASSERT_EQ(0, command(self, "block"));
	ASSERT_EQ(0, pthread_create(&message.thread, NULL, call_thread, &message));
	ASSERT_TRUE(wait_until(heard(self, 1, 1, 5, 9), PATIENCE_MS));
	ASSERT_EQ(0, pthread_create(&destroy.thread, NULL, call_thread, &destroy));
	EXPECT_FALSE(wait_until(destroy.done, QUIET_MS));
	EXPECT_FALSE(message.done);

	ASSERT_EQ(0, command(self, "go"));
	EXPECT_TRUE(wait_until(destroy.done && message.done, PATIENCE_MS));
	pthread_join(message.thread, NULL);
	pthread_join(destroy.thread, NULL);
	EXPECT_EQ(0, destroy.result);
	ASSERT_EQ(0, remote_send(&self->remote, 9, 400, "hello", 4));
	EXPECT_TRUE(heard(self, 1, 1, 5, 9));
}

/*
 * An endpoint without a callback, as one is that was destroyed after it had been looked up: what
 * comes for it was handed over to nobody.
 */
TEST_F(rpmsg_api, without_a_callback)
{
	const long unclaimed = device_counter(&self->processor, "rx_unclaimed");
	const long messages = device_counter(&self->processor, "rx_messages");
	const long bytes = device_counter(&self->processor, "rx_bytes");

	ASSERT_EQ(0, command(self, "create_deaf 400"));
	ASSERT_EQ(0, remote_send(&self->remote, 9, 400, "hello", 5));
	EXPECT_EQ(unclaimed + 1, device_counter(&self->processor, "rx_unclaimed"));
	EXPECT_EQ(messages, device_counter(&self->processor, "rx_messages"));
	EXPECT_EQ(bytes, device_counter(&self->processor, "rx_bytes"));
	EXPECT_EQ(0, device_counter(&self->processor, "rx_refused"));
}

TEST_F(rpmsg_api, channels)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(0, command(self, "find selftest-client -1 -1"));
	EXPECT_EQ(0, command(self, "find selftest-client -1 0x900"));
	EXPECT_EQ(-ENODEV, command(self, "find selftest-client -1 0x901"));
	EXPECT_EQ(-ENODEV, command(self, "find selftest-clien -1 -1"));

	EXPECT_EQ(0, command(self, "create_channel made 500 600"));
	EXPECT_EQ(-ENXIO, command(self, "create_channel made 500 600"));
	EXPECT_EQ(1, channel_find(p, "made"));
	EXPECT_EQ(0, command(self, "find made 500 600"));
	EXPECT_EQ(-EINVAL, command(self, "release_channel made 501 600"));
	EXPECT_EQ(0, command(self, "release_channel made 500 -1"));
	EXPECT_EQ(-EINVAL, command(self, "release_channel made 500 -1"));
	EXPECT_EQ(0, channel_find(p, "made"));
}

/* The second name of the table, and one that only driver_override can bind. */
TEST_F(rpmsg_api, binding)
{
	struct processor *p = &self->processor;
	char device[128] = "", path[FILE_PATH_MAX], text[64];

	ASSERT_EQ(0, remote_announce(&self->remote, "selftest-second", 78, RPMSG_NS_CREATE));
	EXPECT_TRUE(bound(p, "selftest-second", device, sizeof(device)));

	ASSERT_EQ(0, remote_announce(&self->remote, "selftest-third", 79, RPMSG_NS_CREATE));
	ASSERT_TRUE(wait_until(processor_find(p, "bus/rpmsg/devices", "", "selftest-third", device,
					      sizeof(device)) == 1, PATIENCE_MS));
	EXPECT_FALSE(file_exists(attr_path(device, "command")));
	EXPECT_NE(0, file_write("/sys/bus/rpmsg/drivers/" MODULE "/bind", device));
	strcpy(path, attr_path(device, "driver_override"));
	ASSERT_EQ(0, file_write(path, MODULE));
	ASSERT_LT(0, file_read_line(path, text, sizeof(text)));
	EXPECT_STREQ(MODULE, text);
	ASSERT_EQ(0, file_write("/sys/bus/rpmsg/drivers/" MODULE "/bind", device));
	EXPECT_TRUE(bound(p, "selftest-third", device, sizeof(device)));

	/* And overridden with another name, it is that one's alone */
	ASSERT_EQ(0, file_write("/sys/bus/rpmsg/drivers/" MODULE "/unbind", device));
	ASSERT_EQ(0, file_write(path, "somebody"));
	EXPECT_NE(0, file_write("/sys/bus/rpmsg/drivers/" MODULE "/bind", device));
	ASSERT_EQ(0, file_write(path, "\n"));
}

/* A driver that goes and comes while its channel stays. */
TEST_F(rpmsg_api, registered_anew)
{
	ASSERT_EQ(0, module_unload(MODULE));
	EXPECT_FALSE(file_exists(attr_path(self->device, "command")));
	ASSERT_EQ(0, remote_send(&self->remote, 9, self->addr, "lost", 4));
	ASSERT_EQ(0, module_load(MODULE, ""));
	ASSERT_TRUE(bound(&self->processor, "selftest-client", self->device,
			  sizeof(self->device)));
	ASSERT_EQ(0, command(self, "send 1"));
	ASSERT_EQ(0, remote_receive(&self->remote, &self->message, PATIENCE_MS));
	EXPECT_EQ(REMOTE, self->message.header.dst);
}

/* What udev loads a driver by: the same in the device, in its uevent, and in the modules. */
TEST_F_TIMEOUT(rpmsg_api, modalias, 240)
{
	static const struct {
		const char *module;
		const char *alias;
	} aliases[] = {
		{ "rpmsg/rpmsg_char", "rpmsg:rpmsg-raw" },
		{ "rpmsg/rpmsg_char", "rpmsg:rpmsg_chrdev" },
		{ "rpmsg/rpmsg_ctrl", "rpmsg:rpmsg_ctrl" },
		{ "rpmsg/rpmsg_ns", "rpmsg:rpmsg_ns" },
		{ "rpmsg/virtio_rpmsg_bus", "virtio:d00000007v*" },
		{ MODULE, "rpmsg:selftest-second" },
	};
	char text[512], shell[1024];
	unsigned int i;

	ASSERT_LT(0, file_read_line(attr_path(self->device, "modalias"), text, sizeof(text)));
	EXPECT_STREQ("rpmsg:selftest-client", text);
	ASSERT_LT(0, file_read(attr_path(self->device, "uevent"), text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "MODALIAS=rpmsg:selftest-client\n"));

	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		snprintf(shell, sizeof(shell),
			 "modinfo -F alias $RPMSG_MODULES/%s.ko | grep -Fqx '%s'",
			 aliases[i].module, aliases[i].alias);
		EXPECT_EQ(0, system(shell)) {
			TH_LOG("%s has no alias %s", aliases[i].module, aliases[i].alias);
		}
	}
}

/* The remote goes while the driver waits for a buffer. */
TEST_F(rpmsg_api, gone_while_sending)
{
	struct call send = { .self = self, .command = "send 1" };

	EXPECT_EQ(RING_NUM, fill(self));
	ASSERT_EQ(0, pthread_create(&send.thread, NULL, call_thread, &send));
	EXPECT_FALSE(wait_until(send.done, QUIET_MS));
	ASSERT_EQ(0, processor_stop(&self->processor));
	EXPECT_TRUE(wait_until(send.done, PATIENCE_MS));
	pthread_join(send.thread, NULL);
	EXPECT_EQ(-EPIPE, send.result);
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
