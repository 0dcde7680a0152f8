// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtio devices of a processor: several, of several types, bound to drivers of the kernel that
 * know nothing of processors; and the memory that they are given.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "layout.h"
#include "program.h"
#include "remote.h"
#include "wait.h"

#define HOST		700
#define REMOTE		800
#define NOBODYS_TYPE	0x7ffe

FIXTURE(vdev)
{
	struct processor processor;
	struct layout layout;
	struct kmsg log;
	char device[32];
};

FIXTURE_SETUP(vdev)
{
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, kmsg_open(&self->log));
	snprintf(self->device, sizeof(self->device), "remoteproc%u", self->processor.index);
	layout_init(&self->layout, 8);
}

FIXTURE_TEARDOWN(vdev)
{
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

static int count_devices(const struct processor *processor)
{
	return processor_find(processor, "bus/virtio/devices", "virtio", NULL, NULL, 0);
}

/* An attribute of the only virtio device. */
static int device_attr(const struct processor *processor, const char *attr, char *text, size_t size)
{
	char device[32], path[FILE_PATH_MAX];

	if (processor_find(processor, "bus/virtio/devices", "virtio", NULL, device,
			   sizeof(device)) != 1)
		return -ENODEV;
	file_path(path, "/sys/bus/virtio/devices/%s/%s", device, attr);
	return file_read_line(path, text, size);
}

/* Opens both control devices, in no order that matters. */
static int open_ctrls(const struct processor *processor, int ctrls[2])
{
	char prefix[32], device[32], node[NODE_MAX];
	int i, count = 0;

	for (i = 0; i < 10 && count < 2; i++) {
		snprintf(prefix, sizeof(prefix), "rpmsg_ctrl%d", i);
		if (processor_find(processor, "class/rpmsg", prefix, NULL, device,
				   sizeof(device)) != 1)
			continue;
		snprintf(node, sizeof(node), "/dev/%s", device);
		ctrls[count++] = node_open(node, O_RDWR);
	}
	return count;
}

static const struct layout_vdev rpmsg = {
	.id = VIRTIO_ID_RPMSG, .features = 1, .vrings = 2,
};

/* Each has its own channels, its own addresses, and gets what is for it and nothing else. */
TEST_F_TIMEOUT(vdev, two_rpmsg, 120)
{
	struct remote remotes[2] = { 0 };
	struct processor *p = &self->processor;
	struct rpmsg_message message;
	int ctrls[2], fds[2], i, swap = 0, round;
	uint32_t offsets[2];
	char text[16];

	for (i = 0; i < 2; i++)
		offsets[i] = layout_add_vdev(&self->layout, &rpmsg);

	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, layout_start(&self->layout, p));
		EXPECT_EQ(2, count_devices(p));
		for (i = 0; i < 2; i++) {
			remotes[i].processor = p;
			ASSERT_EQ(0, remote_find_rings_of(&remotes[i],
							  layout_vdev(p, offsets[i])));
		}
		EXPECT_NE(remotes[0].to_host.notifyid, remotes[1].to_host.notifyid);
		ASSERT_EQ(0, remote_announce(&remotes[0], "left", 99, RPMSG_NS_CREATE));
		ASSERT_EQ(0, remote_announce(&remotes[1], "right", 99, RPMSG_NS_CREATE));
		EXPECT_TRUE(wait_until(channel_find(p, "left") == 1, PATIENCE_MS));
		EXPECT_TRUE(wait_until(channel_find(p, "right") == 1, PATIENCE_MS));

		/* The same addresses on both */
		ASSERT_EQ(2, open_ctrls(p, ctrls));
		fds[0] = endpoint_open(p, ctrls[0], "zero", HOST, REMOTE, O_RDWR | O_NONBLOCK);
		fds[1] = endpoint_open(p, ctrls[1], "one", HOST, REMOTE, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fds[0]);
		ASSERT_LE(0, fds[1]);
		for (i = 0; i < 2; i++)
			remote_drain(&remotes[i]);

		/* Whose control device was which? */
		ASSERT_EQ(4, node_write(fds[0], "zero", 4));
		ASSERT_TRUE(wait_until(remote_has_message(&remotes[0]) ||
				       remote_has_message(&remotes[1]), PATIENCE_MS));
		swap = remote_has_message(&remotes[1]);
		EXPECT_NE(remote_has_message(&remotes[0]), remote_has_message(&remotes[1]));
		ASSERT_EQ(0, remote_receive(&remotes[swap], &message, PATIENCE_MS));
		EXPECT_EQ(0, memcmp(message.data, "zero", 4));

		ASSERT_EQ(3, node_write(fds[1], "one", 3));
		ASSERT_EQ(0, remote_receive(&remotes[!swap], &message, PATIENCE_MS));
		EXPECT_EQ(0, memcmp(message.data, "one", 3));
		EXPECT_FALSE(remote_has_message(&remotes[swap]));

		/* And back, as often as to come round the rings */
		for (i = 0; i < 3 * RING_NUM; i++) {
			const struct remote *r = &remotes[i % 2 ? !swap : swap];
			const int len = snprintf(text, sizeof(text), "%d", i);
			char got[16] = "";

			ASSERT_EQ(0, remote_send((struct remote *)r, REMOTE, HOST, text, len));
			ASSERT_EQ(POLLIN, node_poll(fds[i % 2], POLLIN, PATIENCE_MS));
			EXPECT_EQ(-EAGAIN, node_read(fds[!(i % 2)], got, sizeof(got)));
			EXPECT_EQ(len, node_read(fds[i % 2], got, sizeof(got)));
			EXPECT_STREQ(text, got);
		}

		for (i = 0; i < 2; i++) {
			close(fds[i]);
			close(ctrls[i]);
		}
		ASSERT_EQ(0, processor_stop(p));
		EXPECT_EQ(0, count_devices(p));
		EXPECT_EQ(0, channel_find(p, "left") + channel_find(p, "right"));
	}
}

/* What the driver asks for and what it gets, of one request whose buffers lie in pieces. */
struct request {
	struct ring	ring;
	struct remote	remote;
	uint8_t		asked[8192];
	size_t		asked_len;
	size_t		room;
	int		head;
};

/* Takes the next request. Returns 0 or -ETIMEDOUT. */
static int request_take(struct request *r)
{
	const struct vring_desc *desc;
	size_t len;
	void *from;
	bool is_there;
	int index;

	is_there = wait_until((index = ring_take(&r->ring)) >= 0, PATIENCE_MS);
	if (!is_there)
		return -ETIMEDOUT;
	r->head = index;
	r->asked_len = 0;
	r->room = 0;
	for (;; index = desc->next) {
		desc = &r->ring.vring.desc[index];
		from = ring_buffer(&r->remote, &r->ring, index, &len);
		if (!from)
			return -EFAULT;
		if (desc->flags & VRING_DESC_F_WRITE) {
			r->room += len;
		} else if (len <= sizeof(r->asked) - r->asked_len) {
			memcpy(r->asked + r->asked_len, from, len);
			r->asked_len += len;
		}
		if (!(desc->flags & VRING_DESC_F_NEXT))
			return 0;
	}
}

/* Answers it. Returns 0 or -errno. */
static int request_answer(struct request *r, const void *answer, size_t size)
{
	const struct vring_desc *desc;
	int index = r->head;
	size_t done = 0, len;
	void *to;

	for (;; index = desc->next) {
		desc = &r->ring.vring.desc[index];
		to = ring_buffer(&r->remote, &r->ring, index, &len);
		if (to && desc->flags & VRING_DESC_F_WRITE) {
			if (len > size - done)
				len = size - done;
			memcpy(to, (const uint8_t *)answer + done, len);
			done += len;
		}
		if (!(desc->flags & VRING_DESC_F_NEXT))
			break;
	}
	ring_give(&r->ring, r->head, done);
	return done == size ? remote_notify(&r->remote, &r->ring) : -ENOSPC;
}

static int request_init(struct request *r, struct processor *processor, uint32_t offset)
{
	memset(r, 0, sizeof(*r));
	r->remote.processor = processor;
	return remote_wait_driver(layout_vdev(processor, offset)) ? :
	       ring_find(&r->remote, &r->ring, &layout_vdev(processor, offset)->vring[0]);
}

/*
 * The kernel's 9p transport: reads the tag in the config space byte by byte, and allocates what it
 * sends and receives as it likes.
 */
#define P9_TAG		"from-a-processor"
#define P9_FOLDER	"/run/vdev-test"
#define P9_VERSION	"9P2000.L"
#define P9_RLERROR	7
#define P9_TVERSION	100
#define P9_TATTACH	104

static const struct {
	uint16_t	len;
	char		tag[sizeof(P9_TAG) - 1];
} __attribute__((packed)) p9_config = { sizeof(P9_TAG) - 1, P9_TAG };

static const struct layout_vdev p9 = {
	.id		= VIRTIO_ID_9P,
	.features	= 1,
	.vrings		= 1,
	.num		= 64,
	.config		= &p9_config,
	.config_len	= sizeof(p9_config),
};

struct p9_message {
	uint32_t	size;
	uint8_t		type;
	uint16_t	tag;
	uint32_t	value;		/* message size of a version, errno of an error */
	uint16_t	string_len;
	char		string[32];
} __attribute__((packed));

static void *p9_mount(void *ret)
{
	*(int *)ret = mount(P9_TAG, P9_FOLDER, "9p", 0,
			    "trans=virtio,version=9p2000.L,msize=8192,access=any") ? -errno : 0;
	return NULL;
}

TEST_F_TIMEOUT(vdev, driver_of_9p, 120)
{
	struct processor *p = &self->processor;
	struct p9_message message;
	struct request r;
	pthread_t thread;
	uint32_t offset;
	int result = 1;
	char text[64];

	offset = layout_add_vdev(&self->layout, &p9);
	ASSERT_EQ(0, layout_start(&self->layout, p));
	ASSERT_EQ(0, request_init(&r, p, offset));

	EXPECT_LT(0, device_attr(p, "mount_tag", text, sizeof(text)));
	EXPECT_STREQ(P9_TAG, text);

	mkdir(P9_FOLDER, 0755);
	ASSERT_EQ(0, pthread_create(&thread, NULL, p9_mount, &result));

	/* It says what it speaks: that is how we got its memory right */
	EXPECT_EQ(0, request_take(&r));
	memset(&message, 0, sizeof(message));
	memcpy(&message, r.asked, r.asked_len < sizeof(message) ? r.asked_len : sizeof(message));
	EXPECT_EQ(P9_TVERSION, message.type);
	EXPECT_EQ(r.asked_len, message.size);
	EXPECT_EQ(8192, message.value);
	EXPECT_STREQ(P9_VERSION, message.string);
	EXPECT_EQ(0, request_answer(&r, &(struct p9_message){
		.size		= offsetof(struct p9_message, string) + sizeof(P9_VERSION) - 1,
		.type		= P9_TVERSION + 1,
		.tag		= message.tag,
		.value		= 8192,
		.string_len	= sizeof(P9_VERSION) - 1,
		.string		= P9_VERSION,
	}, offsetof(struct p9_message, string) + sizeof(P9_VERSION) - 1));

	/* And believes us that it must not */
	EXPECT_EQ(0, request_take(&r));
	memcpy(&message, r.asked, sizeof(message));
	EXPECT_EQ(P9_TATTACH, message.type);
	EXPECT_EQ(0, request_answer(&r, &(struct p9_message){
		.size	= offsetof(struct p9_message, string_len),
		.type	= P9_RLERROR,
		.tag	= message.tag,
		.value	= EHWPOISON,
	}, offsetof(struct p9_message, string_len)));

	pthread_join(thread, NULL);
	EXPECT_EQ(-EHWPOISON, result);
	rmdir(P9_FOLDER);
	EXPECT_EQ(0, processor_stop(p));
	EXPECT_EQ(0, count_devices(p));
}

/* A length in the config space that goes beyond it. */
TEST_F(vdev, config_lies)
{
	struct {
		uint16_t	len;
		uint8_t		tag[4];
	} config = { 60000, { 't', 'a', 'g', 's' } };
	struct layout_vdev vdev = p9;
	struct processor *p = &self->processor;
	char text[64];

	vdev.config = &config;
	vdev.config_len = sizeof(config);
	layout_add_vdev(&self->layout, &vdev);
	ASSERT_EQ(0, layout_start(&self->layout, p));

	/* As much as there is, and zeros; said, and not once for each byte */
	EXPECT_TRUE(wait_until(device_attr(p, "mount_tag", text, sizeof(text)) > 0, PATIENCE_MS));
	EXPECT_STREQ("tags", text);
	EXPECT_LE(1, kmsg_count(&self->log, KMSG_ERR, "config space"));
	EXPECT_GE(100, kmsg_count(&self->log, KMSG_ERR, "config space"));
}

/* The kernel's random numbers, made by a processor. */
#define RNG_BYTE	0xa5

struct rng {
	struct request	request;
	atomic_bool	end;
};

static void *rng_serve(void *data)
{
	struct rng *rng = data;
	uint8_t bytes[64];

	memset(bytes, RNG_BYTE, sizeof(bytes));
	while (!rng->end) {
		int index = ring_take(&rng->request.ring);
		size_t room;
		void *to;

		if (index < 0) {
			wait_a_little();
			continue;
		}
		to = ring_buffer(&rng->request.remote, &rng->request.ring, index, &room);
		if (to)
			memset(to, RNG_BYTE, room);
		ring_give(&rng->request.ring, index, room);
		remote_notify(&rng->request.remote, &rng->request.ring);
	}
	return NULL;
}

/* The name of the driver's generator, "virtio_rng.N". Returns 0 or -ENOENT. */
static int rng_find(char name[64])
{
	char text[256], *found;

	if (file_read_line("/sys/class/misc/hw_random/rng_available", text, sizeof(text)) < 0)
		return -ENOENT;
	found = strstr(text, "virtio_rng.");
	if (!found)
		return -ENOENT;
	snprintf(name, 64, "%.*s", (int)strcspn(found, " "), found);
	return 0;
}

TEST_F_TIMEOUT(vdev, driver_of_rng, 120)
{
	static const struct layout_vdev vdev = { .id = VIRTIO_ID_RNG, .vrings = 1, .num = 8 };
	struct processor *p = &self->processor;
	uint8_t bytes[100];
	struct rng rng;
	pthread_t thread;
	uint32_t offset;
	char name[64];
	int fd, i, round, got;

	if (system("modprobe -q virtio_rng"))
		SKIP(return, "this kernel has no virtio_rng");

	layout_add_vdev(&self->layout, &rpmsg);
	offset = layout_add_vdev(&self->layout, &vdev);

	/* The driver leaves with a buffer in the queue: that must not add up */
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, layout_start(&self->layout, p));
		ASSERT_EQ(0, request_init(&rng.request, p, offset));
		rng.end = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, rng_serve, &rng));
		EXPECT_TRUE(wait_until(!rng_find(name), PATIENCE_MS));
		EXPECT_EQ(0, file_write("/sys/class/misc/hw_random/rng_current", name));

		fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
		EXPECT_LE(0, fd);
		memset(bytes, 0, sizeof(bytes));
		for (got = 0; got < sizeof(bytes); got += i) {
			i = read(fd, bytes + got, sizeof(bytes) - got);
			if (i <= 0)
				break;
		}
		EXPECT_EQ(sizeof(bytes), got);
		for (i = 0; i < sizeof(bytes) && bytes[i] == RNG_BYTE; i++)
			;
		EXPECT_EQ(sizeof(bytes), i);
		close(fd);
		EXPECT_EQ(0, processor_stop(p));
		rng.end = true;
		pthread_join(thread, NULL);
		EXPECT_NE(0, rng_find(name));
	}
}

/* Whether all buffers of a ring that the driver provided lie between two addresses. */
static bool ring_lies_in(const struct ring *ring, uint32_t from, uint32_t len)
{
	const unsigned int count = ring->vring.avail->idx;
	unsigned int i;

	for (i = 0; i < count; i++) {
		const uint64_t addr = ring->vring.desc[ring->vring.avail->ring[i]].addr;

		if (addr < from || addr - from >= len)
			return false;
	}
	return count > 0;
}

FIXTURE(buffer)
{
	FIXTURE_DATA(vdev) base;
};

FIXTURE_VARIANT(buffer)
{
	uint32_t da;
};

FIXTURE_VARIANT_ADD(buffer, fixed)
{
	.da = MEM_ADDR + (3u << 20),
};

FIXTURE_VARIANT_ADD(buffer, anywhere)
{
	.da = TABLE_ANY,
};

FIXTURE_SETUP(buffer)
{
	vdev_setup(_metadata, &self->base, NULL);
}

FIXTURE_TEARDOWN(buffer)
{
	vdev_teardown(_metadata, &self->base, NULL);
}

/* The second device has its buffers in the carveout of its name, the first elsewhere. */
TEST_F(buffer, lies_in_its_carveout)
{
	const uint32_t len = 2 * RING_NUM * RPMSG_BUFFER_SIZE;
	struct layout *layout = &self->base.layout;
	struct processor *p = &self->base.processor;
	struct remote remotes[2] = { 0 };
	uint32_t offsets[2], carveout, da;
	int i, round;

	offsets[0] = layout_add_vdev(layout, &rpmsg);
	offsets[1] = layout_add_vdev(layout, &rpmsg);
	carveout = layout_add_carveout(layout, "vdev1buffer", variant->da, len);

	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, layout_start(layout, p));
		for (i = 0; i < 2; i++) {
			remotes[i].processor = p;
			ASSERT_EQ(0, remote_find_rings_of(&remotes[i],
							  layout_vdev(p, offsets[i])));
		}
		da = ((struct table_carveout *)layout_vdev(p, carveout))->da;
		if (variant->da != TABLE_ANY)
			EXPECT_EQ(variant->da, da);
		EXPECT_TRUE(ring_lies_in(&remotes[1].to_host, da, len));
		EXPECT_FALSE(ring_lies_in(&remotes[0].to_host, da, len));
		ASSERT_EQ(0, remote_announce(&remotes[1], "in-carveout", 99, RPMSG_NS_CREATE));
		EXPECT_TRUE(wait_until(channel_find(p, "in-carveout") == 1, PATIENCE_MS));
		ASSERT_EQ(0, processor_stop(p));
	}
}

/* No other memory than that: the driver gives up, the processor runs. */
TEST_F(vdev, buffer_too_small)
{
	struct processor *p = &self->processor;

	layout_add_carveout(&self->layout, "vdev0buffer", TABLE_ANY, 4096);
	layout_add_vdev(&self->layout, &rpmsg);
	ASSERT_EQ(0, layout_start(&self->layout, p));
	EXPECT_EQ(1, count_devices(p));
	EXPECT_EQ(0, processor_find(p, "class/rpmsg", "rpmsg_ctrl", NULL, NULL, 0));
	EXPECT_EQ(0, processor_stop(p));
}

TEST_F(vdev, buffer_of_no_page)
{
	layout_add_carveout(&self->layout, "vdev0buffer", TABLE_ANY, 100);
	layout_add_vdev(&self->layout, &rpmsg);
	EXPECT_EQ(-EINVAL, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_ERR, "carveout vdev0buffer"));
}

TEST_F(vdev, vring_in_its_carveout)
{
	const uint32_t da = MEM_ADDR + (2u << 20);
	struct processor *p = &self->processor;
	struct remote remote = { .processor = p };
	uint32_t offset;

	layout_add_carveout(&self->layout, "vdev0vring1", da, 0x4000);
	offset = layout_add_vdev(&self->layout, &rpmsg);
	ASSERT_EQ(0, layout_start(&self->layout, p));
	EXPECT_NE(da, layout_vdev(p, offset)->vring[0].da);
	EXPECT_EQ(da, layout_vdev(p, offset)->vring[1].da);
	ASSERT_EQ(0, remote_find_rings_of(&remote, layout_vdev(p, offset)));
	ASSERT_EQ(0, remote_announce(&remote, "at-work", 99, RPMSG_NS_CREATE));
	EXPECT_TRUE(wait_until(channel_find(p, "at-work") == 1, PATIENCE_MS));
}

TEST_F(vdev, vring_carveout_too_small)
{
	layout_add_carveout(&self->layout, "vdev0vring1", TABLE_ANY, 0x1000);
	layout_add_vdev(&self->layout, &rpmsg);
	EXPECT_EQ(-ENOMEM, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_ERR, "vdev0vring1"));
}

TEST_F(vdev, nobodys_type)
{
	static const struct layout_vdev vdev = { .id = NOBODYS_TYPE, .vrings = 5, .num = 4 };
	struct processor *p = &self->processor;
	struct remote remote = { .processor = p };
	uint32_t offset;

	layout_add_vdev(&self->layout, &vdev);
	offset = layout_add_vdev(&self->layout, &rpmsg);
	ASSERT_EQ(0, layout_start(&self->layout, p));
	EXPECT_EQ(2, count_devices(p));
	ASSERT_EQ(0, remote_find_rings_of(&remote, layout_vdev(p, offset)));
	EXPECT_EQ(5, remote.to_host.notifyid);
	EXPECT_EQ(0, processor_stop(p));
}

TEST_F(vdev, type_zero)
{
	static const struct layout_vdev vdev = { .id = 0 };

	layout_add_vdev(&self->layout, &vdev);
	ASSERT_EQ(0, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(1, count_devices(&self->processor));
	EXPECT_EQ(0, processor_stop(&self->processor));
}

/* rpmsg needs two rings: its driver says no, and the processor runs. */
TEST_F(vdev, too_few_vrings)
{
	static const struct layout_vdev vdev = { .id = VIRTIO_ID_RPMSG, .vrings = 1 };

	layout_add_vdev(&self->layout, &vdev);
	ASSERT_EQ(0, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(0, processor_find(&self->processor, "class/rpmsg", "rpmsg_ctrl", NULL, NULL, 0));
	EXPECT_EQ(0, processor_stop(&self->processor));
}

/* Entries may be one and the same, which makes a small table ask for very much. */
TEST_F_TIMEOUT(vdev, too_many_vrings, 120)
{
	static const struct layout_vdev vdev = {
		.id = NOBODYS_TYPE, .vrings = 140, .num = 4, .align = 64,
	};
	uint32_t offset;
	int i;

	offset = layout_add_vdev(&self->layout, &vdev);
	for (i = 0; i < 6; i++)
		layout_add_again(&self->layout, offset);
	EXPECT_EQ(0, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(7, count_devices(&self->processor));
	EXPECT_EQ(0, processor_stop(&self->processor));

	layout_init(&self->layout, 16);
	offset = layout_add_vdev(&self->layout, &vdev);
	for (i = 0; i < 7; i++)
		layout_add_again(&self->layout, offset);
	EXPECT_EQ(-ENOSPC, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_ERR, self->device));
	EXPECT_EQ(0, count_devices(&self->processor));
}

TEST_F_TIMEOUT(vdev, too_many_devices, 120)
{
	static const struct layout_vdev vdev = { .id = NOBODYS_TYPE };
	uint32_t offset;
	int i;

	layout_init(&self->layout, 300);
	offset = layout_add_vdev(&self->layout, &vdev);
	for (i = 1; i < 256; i++)
		layout_add_again(&self->layout, offset);
	EXPECT_EQ(0, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(256, count_devices(&self->processor));
	EXPECT_EQ(0, processor_stop(&self->processor));

	layout_add_again(&self->layout, offset);
	EXPECT_EQ(-ENOSPC, layout_start(&self->layout, &self->processor));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_ERR, self->device));
	EXPECT_EQ(0, count_devices(&self->processor));
}

/* The example of a firmware with two devices, and programs that talk to both. */
FIXTURE(two)
{
	struct program urproc;
	struct program ctl;
};

FIXTURE_SETUP(two)
{
	char path[FILE_PATH_MAX];

	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD names no folder of programs");
	file_path(path, "%s/examples/firmware/two.elf", getenv("RPMSG_BUILD"));
	ASSERT_EQ(0, program_start(&self->urproc, "urproc", "run", path, NULL));
}

FIXTURE_TEARDOWN(two)
{
	if (_metadata->exit_code) {
		program_show(&self->urproc);
		program_show(&self->ctl);
	}
	program_kill(&self->ctl);
	program_kill(&self->urproc);
}

static bool is_announced(const char *service)
{
	char pattern[64];
	glob_t found;
	bool is;

	snprintf(pattern, sizeof(pattern), "/sys/bus/rpmsg/devices/*.%s.*", service);
	is = !glob(pattern, 0, NULL, &found) && found.gl_pathc == 1;
	globfree(&found);
	return is;
}

TEST_F_TIMEOUT(two, both_echo, 120)
{
	static const char * const services[] = { "rpmsg-first", "rpmsg-second" };
	int i;

	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(wait_until(is_announced(services[i]), PATIENCE_MS));
		EXPECT_EQ(0, program_run(&self->ctl, PATIENCE_MS, "rpmsg-ctl", "ping", "--count",
					 "100", "--interval", "1ms", services[i]));
		EXPECT_NE(NULL, strstr(self->ctl.text, "100 sent, 100 received"));
	}
	EXPECT_EQ(0, program_end(&self->urproc, SIGTERM, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
