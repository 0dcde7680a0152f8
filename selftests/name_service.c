// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Name service messages from a remote that is broken or hostile. A bad one costs that message and
 * nothing else: the next good one is obeyed.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "remote.h"
#include "wait.h"

#define CHANNELS_MAX	1024	/* of one remote, see vrpmsg.h */

FIXTURE(name_service)
{
	struct processor processor;
	struct remote remote;
};

FIXTURE_SETUP(name_service)
{
	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_open(&self->processor));
	EXPECT_EQ(0, remote_start(&self->remote, &self->processor));
}

FIXTURE_TEARDOWN(name_service)
{
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* Sends when the host has a buffer for us. */
static int send_patiently(struct remote *remote, const char *name, uint32_t addr, uint32_t flags)
{
	int ret = -EAGAIN;

	wait_until((ret = remote_announce(remote, name, addr, flags)) != -EAGAIN, PATIENCE_MS);
	return ret;
}

/* The service still works, and has exactly so many channels besides the one that proves it. */
static bool still_works(struct remote *remote, int others)
{
	struct processor *p = remote->processor;
	const int mine = processor_find(p, "bus/rpmsg/devices", "", "proof", NULL, 0);

	if (mine || send_patiently(remote, "proof", 4000, RPMSG_NS_CREATE))
		return false;
	if (!wait_until(channel_find(p, "proof") == 1, PATIENCE_MS))
		return false;

	/* Besides announced ones the driver's own: the name service and the control device */
	if (processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0) -
	    channel_find(p, "rpmsg_ns") - channel_find(p, "rpmsg_ctrl") != 1 + others)
		return false;

	if (send_patiently(remote, "proof", 4000, RPMSG_NS_DESTROY))
		return false;
	return wait_until(channel_find(p, "proof") == 0, PATIENCE_MS);
}

TEST_F(name_service, wrong_lengths)
{
	static const size_t lengths[] = { 0, 1, 31, 32, 36, 39, 41, 80, RPMSG_PAYLOAD_MAX };
	uint8_t data[RPMSG_PAYLOAD_MAX] = { 0 };
	struct rpmsg_ns_message *ns = (void *)data;
	unsigned int i;

	strcpy(ns->name, "bad-length");
	ns->addr = 70;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		EXPECT_EQ(0, remote_send(&self->remote, 70, RPMSG_NS_ADDR, data, lengths[i]));
		EXPECT_TRUE(still_works(&self->remote, 0)) {
			TH_LOG("after a message of %zu bytes", lengths[i]);
		}
	}
}

TEST_F(name_service, wrong_flags)
{
	/* Bit 0 is all there is; what other bits mean nobody knows */
	EXPECT_EQ(0, remote_announce(&self->remote, "strange", 70, 0xfffffffe));
	EXPECT_TRUE(still_works(&self->remote, channel_find(&self->processor, "strange")));
}

TEST_F(name_service, destroy_of_nothing)
{
	EXPECT_EQ(0, remote_announce(&self->remote, "nothing", 70, RPMSG_NS_DESTROY));
	EXPECT_TRUE(still_works(&self->remote, 0));
}

TEST_F(name_service, destroy_of_another_address)
{
	EXPECT_EQ(0, remote_announce(&self->remote, "there", 70, RPMSG_NS_CREATE));
	EXPECT_EQ(0, remote_announce(&self->remote, "there", 71, RPMSG_NS_DESTROY));
	EXPECT_TRUE(still_works(&self->remote, 1));
	EXPECT_EQ(1, channel_find(&self->processor, "there"));
}

TEST_F(name_service, announced_twice)
{
	EXPECT_EQ(0, remote_announce(&self->remote, "double", 70, RPMSG_NS_CREATE));
	EXPECT_EQ(0, remote_announce(&self->remote, "double", 70, RPMSG_NS_CREATE));
	EXPECT_TRUE(still_works(&self->remote, 1));
	EXPECT_EQ(1, channel_find(&self->processor, "double"));
}

TEST_F(name_service, name_without_end)
{
	char name[RPMSG_NAME_SIZE + 1];

	memset(name, 'n', sizeof(name));
	EXPECT_EQ(0, remote_announce(&self->remote, name, 70, RPMSG_NS_CREATE));

	/* Either cut to what is a name, or refused */
	name[RPMSG_NAME_SIZE - 1] = '\0';
	EXPECT_TRUE(still_works(&self->remote, channel_find(&self->processor, name)));
}

TEST_F(name_service, names_that_are_none)
{
	static const char * const names[] = {
		"", "a/b", "../../..", "/", "a\nb", "a b", "%n%s%p", "\xff\xfe\xfd",
	};
	struct processor *p = &self->processor;
	unsigned int i;
	int others;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		EXPECT_EQ(0, send_patiently(&self->remote, names[i], 70 + i, RPMSG_NS_CREATE));
		others = processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0) -
			 channel_find(p, "rpmsg_ns") - channel_find(p, "rpmsg_ctrl");
		EXPECT_GE(i + 1, others);
		EXPECT_TRUE(still_works(&self->remote, others)) {
			TH_LOG("after name %u", i);
		}
	}
}

TEST_F(name_service, addresses_that_are_none)
{
	static const uint32_t addresses[] = { 0, RPMSG_NS_ADDR, 0x80000000, RPMSG_ADDR_ANY };
	struct processor *p = &self->processor;
	char name[RPMSG_NAME_SIZE];
	unsigned int i;
	int others;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(name, sizeof(name), "address-%x", addresses[i]);
		EXPECT_EQ(0, send_patiently(&self->remote, name, addresses[i], RPMSG_NS_CREATE));
		others = processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0) -
			 channel_find(p, "rpmsg_ns") - channel_find(p, "rpmsg_ctrl");
		EXPECT_GE(i + 1, others);
		EXPECT_TRUE(still_works(&self->remote, others)) {
			TH_LOG("after address %#x", addresses[i]);
		}
	}
}

/* Names of the driver's own devices are no way into them. */
TEST_F(name_service, names_of_the_drivers)
{
	struct processor *p = &self->processor;

	EXPECT_EQ(0, remote_announce(&self->remote, "rpmsg_ns", RPMSG_NS_ADDR, RPMSG_NS_DESTROY));
	EXPECT_EQ(0, remote_announce(&self->remote, "rpmsg_ctrl", RPMSG_ADDR_ANY,
				     RPMSG_NS_DESTROY));
	EXPECT_EQ(0, remote_announce(&self->remote, "rpmsg_ctrl", 0, RPMSG_NS_DESTROY));
	EXPECT_TRUE(still_works(&self->remote, 0));
	EXPECT_EQ(1, processor_find(p, "class/rpmsg", "rpmsg_ctrl", NULL, NULL, 0));
}

/* More than there are buffers, one after the other and all at once. */
TEST_F_TIMEOUT(name_service, flood, 240)
{
	struct processor *p = &self->processor;
	char name[RPMSG_NAME_SIZE];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "flood-%d", i);
		ASSERT_EQ(0, send_patiently(&self->remote, name, 5000 + i, RPMSG_NS_CREATE));
	}
	EXPECT_TRUE(wait_until(channel_find(p, "flood-99") == 1, PATIENCE_MS));
	EXPECT_TRUE(still_works(&self->remote, 100));

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "flood-%d", i);
		ASSERT_EQ(0, send_patiently(&self->remote, name, 5000 + i, RPMSG_NS_DESTROY));
	}
	EXPECT_TRUE(wait_until(channel_find(p, "flood-99") == 0, PATIENCE_MS));
	EXPECT_TRUE(still_works(&self->remote, 0));
}

/* There is a limit, the driver's own channels included; who goes makes room. */
TEST_F_TIMEOUT(name_service, too_many, 240)
{
	struct processor *p = &self->processor;
	char name[RPMSG_NAME_SIZE];
	int i;

	for (i = 0; i < CHANNELS_MAX + 8; i++) {
		snprintf(name, sizeof(name), "crowd-%d", i);
		ASSERT_EQ(0, send_patiently(&self->remote, name, 5000 + i, RPMSG_NS_CREATE));
	}
	ASSERT_EQ(0, send_patiently(&self->remote, "crowd-0", 5000, RPMSG_NS_DESTROY));
	ASSERT_EQ(0, send_patiently(&self->remote, "late", 4000, RPMSG_NS_CREATE));
	EXPECT_TRUE(wait_until(channel_find(p, "late") == 1, PATIENCE_MS));
	EXPECT_EQ(CHANNELS_MAX, processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0));
}

TEST_F_TIMEOUT(name_service, flood_and_stop, 240)
{
	struct processor *p = &self->processor;
	char name[RPMSG_NAME_SIZE];
	int i;

	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "flood-%d", i);
		ASSERT_EQ(0, send_patiently(&self->remote, name, 5000 + i, RPMSG_NS_CREATE));
	}
	ASSERT_EQ(0, processor_stop(p));
	EXPECT_EQ(0, processor_find(p, "bus/rpmsg/devices", "", NULL, NULL, 0));
	ASSERT_EQ(0, remote_start(&self->remote, p));
	EXPECT_TRUE(still_works(&self->remote, 0));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
