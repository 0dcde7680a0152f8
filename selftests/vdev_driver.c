// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a virtio driver can do to a device of a processor, step by step: the module vdev_test does
 * what it is told here, and both ends are looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "elf_image.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "layout.h"
#include "module.h"
#include "remote.h"
#include "wait.h"

#define VIRTIO_ID_TEST	0x7ff0
#define QUEUES		40
#define PAGE		4096u

enum { BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE };

FIXTURE(vdev_driver)
{
	struct processor processor;
	struct remote remote;
	struct kmsg log;
	uint32_t offset;
	uint32_t config[8];
	struct layout layout;
	char folder[64];	/* of the device in sysfs */
};

static int start(FIXTURE_DATA(vdev_driver) *self)
{
	char device[32];
	int ret;

	ret = layout_start(&self->layout, &self->processor);
	if (ret)
		return ret;
	if (processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, device,
			   sizeof(device)) != 1)
		return -ENODEV;
	snprintf(self->folder, sizeof(self->folder), "/sys/bus/virtio/devices/%s", device);
	return remote_wait_driver(layout_vdev(&self->processor, self->offset));
}

FIXTURE_SETUP(vdev_driver)
{
	struct layout_vdev vdev = {
		.id		= VIRTIO_ID_TEST,
		.vrings		= QUEUES,
		.num		= 4,
		.align		= 64,
		.config		= self->config,
		.config_len	= sizeof(self->config),
	};
	int i, ret;

	if (!getenv("RPMSG_MODULES"))
		SKIP(return, "RPMSG_MODULES names no folder of modules");
	ret = module_load("vdev_test", "");
	ASSERT_TRUE(ret == 0 || ret == -EEXIST);

	self->config[0] = QUEUES;
	for (i = 1; i < 8; i++)
		self->config[i] = 0x01010101 * i;
	layout_init(&self->layout, 3);
	self->offset = layout_add_vdev(&self->layout, &vdev);
	ASSERT_EQ(0, kmsg_open(&self->log));
	ASSERT_EQ(0, processor_open(&self->processor));
	self->remote.processor = &self->processor;
	ASSERT_EQ(0, start(self));
}

FIXTURE_TEARDOWN(vdev_driver)
{
	if (!getenv("RPMSG_MODULES"))
		return;
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
	EXPECT_EQ(0, module_unload("vdev_test"));
}

static int device_open(FIXTURE_DATA(vdev_driver) *self, const char *attr)
{
	char path[FILE_PATH_MAX];

	return open(file_path(path, "%s/%s", self->folder, attr), O_RDWR | O_CLOEXEC);
}

static int device_read(FIXTURE_DATA(vdev_driver) *self, const char *attr, void *to, size_t size,
		       off_t offset)
{
	int fd = device_open(self, attr);
	ssize_t got = pread(fd, to, size, offset);

	got = got < 0 ? -errno : got;
	close(fd);
	return got;
}

static int device_write(FIXTURE_DATA(vdev_driver) *self, const char *attr, const void *from,
			size_t size, off_t offset)
{
	int fd = device_open(self, attr);
	ssize_t put = pwrite(fd, from, size, offset);

	put = put < 0 ? -errno : put;
	close(fd);
	return put;
}

/* A command to attribute "queue" or "dma". Returns 0 or -errno. */
__attribute__((format(printf, 3, 4)))
static int command(FIXTURE_DATA(vdev_driver) *self, const char *attr, const char *fmt, ...)
{
	char path[FILE_PATH_MAX], text[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return file_write(file_path(path, "%s/%s", self->folder, attr), text);
}

static uint8_t *config(FIXTURE_DATA(vdev_driver) *self)
{
	return layout_config(&self->processor, self->offset);
}

TEST_F(vdev_driver, config_both_ways)
{
	uint8_t bytes[sizeof(self->config)];
	uint64_t eight = 0x1122334455667788;
	uint32_t four = 0xdeadbeef;
	uint16_t two = 0x4321;
	uint8_t one = 0x99;

	EXPECT_EQ(sizeof(bytes), device_read(self, "config", bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, self->config, sizeof(bytes)));

	/* Every size of a field, and some at places where none is aligned */
	EXPECT_EQ(8, device_write(self, "config", &eight, 8, 8));
	EXPECT_EQ(0, memcmp(config(self) + 8, &eight, 8));
	EXPECT_EQ(4, device_write(self, "config", &four, 4, 16));
	EXPECT_EQ(0, memcmp(config(self) + 16, &four, 4));
	EXPECT_EQ(2, device_write(self, "config", &two, 2, 20));
	EXPECT_EQ(0, memcmp(config(self) + 20, &two, 2));
	EXPECT_EQ(1, device_write(self, "config", &one, 1, 22));
	EXPECT_EQ(one, config(self)[22]);
	EXPECT_EQ(4, device_write(self, "config", &four, 4, 25));
	EXPECT_EQ(0, memcmp(config(self) + 25, &four, 4));
	EXPECT_EQ(7, device_write(self, "config", "seven!", 7, 1));
	EXPECT_EQ(0, memcmp(config(self) + 1, "seven!", 7));
	EXPECT_EQ(0x07, config(self)[29]);

	/* The remote changes it: the driver reads the new */
	four = 0x31415926;
	memcpy(config(self) + 4, &four, 4);
	EXPECT_EQ(4, device_read(self, "config", bytes, 4, 4));
	EXPECT_EQ(0, memcmp(bytes, &four, 4));
	EXPECT_EQ(3, device_read(self, "config", bytes, 3, 5));
	EXPECT_EQ(0, memcmp(bytes, (uint8_t *)&four + 1, 3));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, "config space"));
}

TEST_F_TIMEOUT(vdev_driver, config_bounds, 120)
{
	static const struct {
		unsigned int	offset;
		unsigned int	len;
	} bad[] = {
		{ 32, 1 }, { 31, 2 }, { 29, 4 }, { 28, 8 }, { 0, 33 }, { 33, 1 }, { 4096, 4 },
		{ 0x7fffffff, 4 },
	};
	uint8_t bytes[64], before[64];
	unsigned int i, j;

	/* Not more than ten in five seconds are logged, whoever caused them */
	sleep(6);

	/* Behind it is the remote's own memory; nothing of it may be read or written */
	memset(config(self) + 32, 0x5c, 32);
	memcpy(before, config(self), sizeof(before));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(bytes, 0xee, sizeof(bytes));
		EXPECT_EQ(bad[i].len, device_write(self, "config", bytes, bad[i].len,
						   bad[i].offset));
		EXPECT_EQ(2 * i + 1, kmsg_count(&self->log, KMSG_ERR, "config space"));
		EXPECT_EQ(bad[i].len, device_read(self, "config", bytes, bad[i].len,
						  bad[i].offset));
		EXPECT_EQ(2 * i + 2, kmsg_count(&self->log, KMSG_ERR, "config space"));
		for (j = 0; j < bad[i].len && !bytes[j]; j++)
			;
		EXPECT_EQ(bad[i].len, j);
		EXPECT_EQ(0, memcmp(before, config(self), sizeof(before)));
		if (i == 3)
			sleep(6);
	}
}

/* More queues than any device of mainline's can have, each used both ways. */
TEST_F_TIMEOUT(vdev_driver, many_queues, 120)
{
	const struct table_vdev *vdev = layout_vdev(&self->processor, self->offset);
	struct ring rings[QUEUES];
	char text[QUEUES * 16], got[64];
	unsigned int i, queue, ids = 0;
	atomic_uint *kicks;
	size_t len;
	void *at;

	for (i = 0; i < QUEUES; i++) {
		ASSERT_EQ(0, ring_find(&self->remote, &rings[i], &vdev->vring[i]));
		ids += rings[i].notifyid;
	}
	EXPECT_EQ(QUEUES * (QUEUES - 1) / 2, ids);

	for (i = 0; i < QUEUES; i++) {
		/* Not in order */
		queue = i * 7 % QUEUES;
		snprintf(text, sizeof(text), "to queue %u", queue);
		ASSERT_EQ(strlen(text), device_write(self, "memory", text, strlen(text), 100));
		kicks = &self->processor.kicks[rings[queue].notifyid];
		EXPECT_EQ(0, *kicks);
		ASSERT_EQ(0, command(self, "queue", "out %u 100 %zu", queue, strlen(text)));
		EXPECT_TRUE(wait_until(*kicks == 1, PATIENCE_MS));
		ASSERT_EQ(0, ring_take(&rings[queue]));
		at = ring_buffer(&self->remote, &rings[queue], 0, &len);
		ASSERT_NE(NULL, at);
		EXPECT_EQ(strlen(text), len);
		EXPECT_EQ(0, memcmp(at, text, len));
		ring_give(&rings[queue], 0, 0);
		ASSERT_EQ(0, remote_notify(&self->remote, &rings[queue]));

		ASSERT_EQ(0, command(self, "queue", "in %u 200 64", queue));
		ASSERT_LE(0, ring_take(&rings[queue]));
		at = ring_buffer(&self->remote, &rings[queue], 0, &len);
		ASSERT_NE(NULL, at);
		snprintf(at, len, "from queue %u", queue);
		snprintf(text, sizeof(text), "from queue %u", queue);
		ring_give(&rings[queue], 0, strlen(text));
		ASSERT_EQ(0, remote_notify(&self->remote, &rings[queue]));
		EXPECT_EQ(sizeof(got), device_read(self, "memory", got, sizeof(got), 200));
		EXPECT_STREQ(text, got);
	}
	ASSERT_LT(0, device_read(self, "queue", text, sizeof(text), 0));
	EXPECT_EQ(0, strncmp(text, "2 12\n2 12\n", 10));
}

/* Where what the driver mapped lies for the remote; NULL when that is no memory of its. */
static uint8_t *mapped(FIXTURE_DATA(vdev_driver) *self, unsigned int i)
{
	char text[2048] = "", *line = text;
	uint64_t handle;

	if (device_read(self, "dma", text, sizeof(text) - 1, 0) <= 0)
		return NULL;
	for (; i && line; i--) {
		line = strchr(line, '\n');
		line += !!line;
	}
	handle = line ? strtoull(line, NULL, 16) : 0;
	if (handle < MEM_ADDR || handle >= MEM_ADDR + MEM_SIZE)
		return NULL;
	return self->processor.mem + (handle - MEM_ADDR);
}

static bool all(const uint8_t *bytes, uint8_t value, size_t size)
{
	size_t i;

	for (i = 0; i < size && bytes[i] == value; i++)
		;
	return i == size;
}

static void fill(FIXTURE_DATA(vdev_driver) *self, uint8_t value, size_t size)
{
	uint8_t bytes[PAGE];
	size_t i;

	/* Attributes take a page at a time */
	memset(bytes, value, sizeof(bytes));
	for (i = 0; i < size; i += PAGE)
		device_write(self, "memory", bytes, PAGE, i);
}

TEST_F(vdev_driver, map_to_device)
{
	uint8_t *remote;
	uint8_t bytes[PAGE];

	fill(self, 0x11, 3 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "map %d 1000 5000", TO_DEVICE));
	remote = mapped(self, 0);
	ASSERT_NE(NULL, remote);

	/* At the same place in the page, and nothing of the rest */
	EXPECT_EQ(1000 % PAGE, (remote - self->processor.mem) % PAGE);
	EXPECT_TRUE(all(remote, 0x11, 5000));
	EXPECT_TRUE(all(remote - 1000, 0, 1000));
	EXPECT_TRUE(all(remote + 5000, 0, 2 * PAGE - 6000));

	/* Later changes only when the driver says so */
	fill(self, 0x22, 3 * PAGE);
	EXPECT_TRUE(all(remote, 0x11, 5000));
	ASSERT_EQ(0, command(self, "dma", "for_device 10 4000"));
	EXPECT_TRUE(all(remote, 0x11, 10));
	EXPECT_TRUE(all(remote + 10, 0x22, 4000));
	EXPECT_TRUE(all(remote + 4010, 0x11, 990));

	/* The remote cannot answer this way */
	memset(remote, 0x33, 5000);
	ASSERT_EQ(0, command(self, "dma", "for_cpu 0 5000"));
	ASSERT_EQ(0, command(self, "dma", "unmap"));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes, PAGE, 1000));
	EXPECT_TRUE(all(bytes, 0x22, PAGE));
}

TEST_F(vdev_driver, map_from_device)
{
	uint8_t bytes[3 * PAGE];
	uint8_t *remote;

	fill(self, 0x11, 3 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "map %d 1000 5000", FROM_DEVICE));
	remote = mapped(self, 0);
	ASSERT_NE(NULL, remote);

	/* What the driver had there is not for the remote to see */
	EXPECT_TRUE(all(remote - 1000, 0, 2 * PAGE));
	ASSERT_EQ(0, command(self, "dma", "for_device 0 5000"));
	EXPECT_TRUE(all(remote - 1000, 0, 2 * PAGE));

	memset(remote - 1000, 0x44, 2 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "for_cpu 96 4000"));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes, PAGE, 1000));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes + PAGE, PAGE, 1000 + PAGE));
	EXPECT_TRUE(all(bytes, 0x11, 96));
	EXPECT_TRUE(all(bytes + 96, 0x44, 4000));
	EXPECT_TRUE(all(bytes + 4096, 0x11, 904));

	ASSERT_EQ(0, command(self, "dma", "unmap"));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes, PAGE, 0));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes + PAGE, PAGE, PAGE));
	EXPECT_TRUE(all(bytes, 0x11, 1000));
	EXPECT_TRUE(all(bytes + 1000, 0x44, 5000));
	EXPECT_TRUE(all(bytes + 6000, 0x11, 2 * PAGE - 6000));

	/* Too late: the memory is the driver's again */
	memset(remote, 0x55, 5000);
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes, PAGE, 1000));
	EXPECT_TRUE(all(bytes, 0x44, PAGE));
}

TEST_F(vdev_driver, map_both_ways)
{
	uint8_t bytes[100];
	uint8_t *remote;

	fill(self, 0x11, PAGE);
	ASSERT_EQ(0, command(self, "dma", "map %d 0 100", BIDIRECTIONAL));
	remote = mapped(self, 0);
	ASSERT_NE(NULL, remote);
	EXPECT_TRUE(all(remote, 0x11, 100));
	memset(remote, 0x22, 50);
	ASSERT_EQ(0, command(self, "dma", "unmap"));
	EXPECT_EQ(100, device_read(self, "memory", bytes, 100, 0));
	EXPECT_TRUE(all(bytes, 0x22, 50));
	EXPECT_TRUE(all(bytes + 50, 0x11, 50));
}

TEST_F(vdev_driver, map_pieces)
{
	uint8_t bytes[3 * PAGE];
	uint8_t *remote;
	int i;

	fill(self, 0x11, 3 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "sg %d 3996 200 2", BIDIRECTIONAL));
	for (i = 0; i < 2; i++) {
		remote = mapped(self, i);
		ASSERT_NE(NULL, remote);
		EXPECT_TRUE(all(remote, 0x11, 200));
		memset(remote, 0x22 + i, 100);
	}
	ASSERT_EQ(0, command(self, "dma", "for_cpu 0 0"));
	EXPECT_EQ(PAGE, device_read(self, "memory", bytes, PAGE, 3996));
	EXPECT_TRUE(all(bytes, 0x22, 100));
	EXPECT_TRUE(all(bytes + 100, 0x11, PAGE - 100));
	fill(self, 0x66, 3 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "for_device 0 0"));
	EXPECT_TRUE(all(mapped(self, 1), 0x66, 200));
	ASSERT_EQ(0, command(self, "dma", "unmap"));
}

/* Until the pool is full, again and again: nothing is lost, also not of what half succeeded. */
TEST_F_TIMEOUT(vdev_driver, pool_is_full, 120)
{
	unsigned long size;
	int i, pages;

	/* All but 40 pages */
	for (size = MEM_SIZE; size > 0; size -= PAGE)
		if (!command(self, "dma", "alloc %lu", size))
			break;
	ASSERT_LT(0, size);
	ASSERT_EQ(0, command(self, "dma", "free"));
	EXPECT_EQ(-ENOMEM, command(self, "dma", "alloc %u", MEM_SIZE));

	/* Fill it with buffers that stay in the queues, one page each */
	for (i = 0; i < 4 * QUEUES; i++)
		ASSERT_EQ(0, command(self, "queue", "out %u %u 16", i / 4, (i % 64) * PAGE));
	for (pages = 0; pages < 1024; pages++)
		if (command(self, "queue", "out 0 0 16") == 0)
			break;
	EXPECT_EQ(1024, pages);

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, command(self, "dma", "sg %d 0 4096 64", TO_DEVICE));
		ASSERT_NE(NULL, mapped(self, 63));
		ASSERT_EQ(0, command(self, "dma", "unmap"));
		ASSERT_EQ(0, command(self, "dma", "map %d 0 262144", FROM_DEVICE));
		ASSERT_EQ(0, command(self, "dma", "unmap"));
	}
}

/* A driver that never unmaps does not eat up the memory of a processor that restarts. */
TEST_F_TIMEOUT(vdev_driver, buffers_left_behind, 120)
{
	int i, round;

	for (round = 0; round < 12; round++) {
		for (i = 0; i < 4 * QUEUES; i++)
			ASSERT_EQ(0, command(self, "queue", "out %u 0 16", i / 4));
		ASSERT_EQ(0, processor_stop(&self->processor));
		ASSERT_EQ(0, start(self));
	}
}

TEST_F(vdev_driver, coherent)
{
	uint8_t *remote;

	ASSERT_EQ(0, command(self, "dma", "alloc 10000"));
	remote = mapped(self, 0);
	ASSERT_NE(NULL, remote);
	EXPECT_TRUE(all(remote, 'c', 10000));
	EXPECT_TRUE(all(remote + 10000, 0, 3 * PAGE - 10000));
	ASSERT_EQ(0, command(self, "dma", "free"));
}

TEST_F(vdev_driver, coherent_in_buffer)
{
	const uint32_t da = MEM_ADDR + (3u << 20);
	uint8_t *remote;

	ASSERT_EQ(0, processor_stop(&self->processor));
	layout_add_carveout(&self->layout, "vdev0buffer", da, 16 * PAGE);
	ASSERT_EQ(0, start(self));

	ASSERT_EQ(-ENOMEM, command(self, "dma", "alloc %u", 17 * PAGE));
	ASSERT_EQ(0, command(self, "dma", "alloc %u", 16 * PAGE));
	remote = mapped(self, 0);
	EXPECT_EQ(self->processor.mem + (3u << 20), remote);
	EXPECT_TRUE(all(remote, 'c', 16 * PAGE));
	ASSERT_EQ(0, command(self, "dma", "free"));

	/* Mapped memory is the parent's business */
	ASSERT_EQ(0, command(self, "dma", "map %d 0 100", TO_DEVICE));
	remote = mapped(self, 0);
	ASSERT_NE(NULL, remote);
	EXPECT_TRUE(remote < self->processor.mem + (3u << 20) ||
		    remote >= self->processor.mem + (3u << 20) + 16 * PAGE);
	ASSERT_EQ(0, command(self, "dma", "unmap"));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
