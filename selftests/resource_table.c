// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resource tables that lie, in the file and later in the processor's memory. What cannot be true is
 * refused at start; what this kernel does not know is left out, with a line in its log.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kmsg.h"
#include "kselftest_harness.h"
#include "processor.h"
#include "remote.h"
#include "wait.h"

FIXTURE(resource_table)
{
	struct processor processor;
	struct remote remote;
	struct table table;
	size_t size;		/* of the table */
	struct elf_image image;
	struct kmsg log;
	char device[32];
};

static void fixture_setup(struct __test_metadata *_metadata, FIXTURE_DATA(resource_table) *self)
{
	table_init(&self->table);
	self->size = sizeof(self->table);
	ASSERT_EQ(0, processor_open(&self->processor));
	ASSERT_EQ(0, kmsg_open(&self->log));
	snprintf(self->device, sizeof(self->device), "remoteproc%u", self->processor.index);
}

static int start_with_table(FIXTURE_DATA(resource_table) *self)
{
	int ret;

	elf_image_init(&self->image, ELFCLASS64, &self->table, self->size);
	ret = firmware_install(PROCESSOR_FIRMWARE, self->image.data, self->image.size);
	return ret ? ret : processor_start(&self->processor);
}

FIXTURE_SETUP(resource_table)
{
	fixture_setup(_metadata, self);
}

FIXTURE_TEARDOWN(resource_table)
{
	if (_metadata->exit_code)
		kmsg_show(&self->log);
	kmsg_close(&self->log);
	processor_close(&self->processor);
	firmware_remove(PROCESSOR_FIRMWARE);
}

/* The tables that are refused; the same fixture, but a variant each. */
FIXTURE(lie)
{
	FIXTURE_DATA(resource_table) base;
};

FIXTURE_VARIANT(lie)
{
	void (*tell)(struct table *table, size_t *size);
	int result;
};

FIXTURE_SETUP(lie)
{
	fixture_setup(_metadata, &self->base);
}

FIXTURE_TEARDOWN(lie)
{
	resource_table_teardown(_metadata, &self->base, NULL);
}

#define LIE(what, errno_, ...)							\
	static void what(struct table *table, size_t *size __attribute__((unused))) \
	{									\
		struct table_carveout *carveout					\
			__attribute__((unused)) = &table->carveout;		\
		struct table_trace *trace __attribute__((unused)) = &table->trace; \
		struct table_vdev *vdev __attribute__((unused)) = &table->vdev;	\
										\
		__VA_ARGS__;							\
	}									\
	FIXTURE_VARIANT_ADD(lie, what)						\
	{									\
		.tell	= what,							\
		.result	= -(errno_),						\
	}

/* The head */
LIE(cut_before_head_ends, EINVAL, *size = sizeof(struct table_head) - 4);
LIE(version_zero, EINVAL, table->head.version = 0);
LIE(version_two, EINVAL, table->head.version = 2);
LIE(head_reserved_0, EINVAL, table->head.reserved[0] = 1);
LIE(head_reserved_1, EINVAL, table->head.reserved[1] = 1);
LIE(cut_in_offsets, EINVAL, *size = sizeof(struct table_head) + 2 * sizeof(uint32_t));
LIE(more_entries_than_offsets, EINVAL, table->head.count = sizeof(*table) / sizeof(uint32_t));
LIE(count_max, EINVAL, table->head.count = UINT32_MAX);
LIE(count_wraps, EINVAL, table->head.count = UINT32_MAX / sizeof(uint32_t) + 2);

/* The offsets */
LIE(offset_zero, EINVAL, table->offset[0] = 0);
LIE(offset_in_head, EINVAL, table->offset[0] = sizeof(struct table_head) - 4);
LIE(offset_at_end, EINVAL, table->offset[0] = sizeof(*table));
LIE(offset_before_end, EINVAL, table->offset[0] = sizeof(*table) - 2);
LIE(offset_max, EINVAL, table->offset[0] = UINT32_MAX);
LIE(offset_wraps, EINVAL, table->offset[0] = UINT32_MAX - 3);
LIE(offset_negative, EINVAL, table->offset[2] = 0x80000000);

/* A carveout */
LIE(carveout_cut, EINVAL, table->head.count = 4;
    *size = offsetof(struct table, spare) + sizeof(table->spare) - 4);
LIE(carveout_reserved, EINVAL, carveout->reserved = 1);
LIE(carveout_below_memory, EINVAL, carveout->da = MEM_ADDR - 0x1000);
LIE(carveout_behind_memory, EINVAL, carveout->da = MEM_ADDR + MEM_SIZE);
LIE(carveout_half_behind_memory, EINVAL, carveout->len = MEM_SIZE + 0x1000);
LIE(carveout_empty, EINVAL, carveout->len = 0);
LIE(carveout_wraps, EINVAL, carveout->len = UINT32_MAX);
LIE(carveouts_overlap, EBUSY, table->head.count = 4; table->spare.da = MEM_ADDR + 0x1000);
LIE(carveout_without_room, ENOMEM, table->head.count = 4; table->spare.len = MEM_SIZE + 1);

/* The trace buffer */
LIE(trace_cut, EINVAL, table->offset[1] = sizeof(*table) - sizeof(*trace) + 4;
    memcpy((char *)table + table->offset[1], trace, sizeof(*trace) - 4));
LIE(trace_reserved, EINVAL, trace->reserved = 1);

/* Memory of the device, which nothing here could map */
LIE(device_memory, EINVAL, carveout->type = TABLE_DEVMEM);

/* The virtio device */
LIE(vdev_cut, EINVAL, table->offset[2] = sizeof(*table) - 24;
    memcpy((char *)table + table->offset[2], vdev, 24));
LIE(vdev_cut_in_vrings, EINVAL, table->offset[2] = sizeof(*table) - sizeof(*vdev) + 8;
    memmove((char *)table + table->offset[2], vdev, sizeof(*vdev) - 8));
LIE(vdev_reserved_0, EINVAL, vdev->reserved[0] = 1);
LIE(vdev_reserved_1, EINVAL, vdev->reserved[1] = 1);
LIE(vdev_config_beyond, EINVAL, vdev->config_len = sizeof(*table));
LIE(vdev_config_max, EINVAL, vdev->config_len = UINT32_MAX);
LIE(vdev_config_wraps, EINVAL, vdev->config_len = UINT32_MAX - sizeof(*vdev) + 1);
LIE(vdev_three_vrings, EINVAL, vdev->num_of_vrings = 3);
LIE(vdev_255_vrings, EINVAL, vdev->num_of_vrings = 255);
LIE(vring_num_zero, EINVAL, vdev->vring[0].num = 0);
LIE(vring_num_zero_second, EINVAL, vdev->vring[1].num = 0);
LIE(vring_align_zero, EINVAL, vdev->vring[0].align = 0);
LIE(vring_align_odd, EINVAL, vdev->vring[0].align = 24);
LIE(vring_num_odd, EINVAL, vdev->vring[0].num = 17);
LIE(vring_num_max, EINVAL, vdev->vring[0].num = UINT32_MAX);
LIE(vring_num_power, EINVAL, vdev->vring[0].num = 0x80000000);
LIE(vring_num_wraps, EINVAL, vdev->vring[0].num = 0x10000000);
LIE(vring_align_max, EINVAL, vdev->vring[0].align = 0x80000000);

TEST_F(lie, is_refused)
{
	FIXTURE_DATA(resource_table) *base = &self->base;
	struct processor *p = &base->processor;

	variant->tell(&base->table, &base->size);
	ASSERT_EQ(variant->result, start_with_table(base));
	EXPECT_EQ(1, kmsg_failures(&base->log, base->device));
	EXPECT_TRUE(processor_state_is(p, "offline"));
	EXPECT_EQ(0, p->starts);

	/* Nothing is left behind: the right table starts, in the same memory */
	ASSERT_EQ(0, processor_install_firmware());
	EXPECT_EQ(0, processor_start(p));
	EXPECT_TRUE(processor_state_is(p, "running"));
}

TEST_F(resource_table, no_entries)
{
	self->table.head.count = 0;
	self->size = sizeof(self->table.head);

	/* No carveout either, so the image has no place in the memory */
	EXPECT_EQ(-EINVAL, start_with_table(self));
}

TEST_F(resource_table, no_device)
{
	self->table.head.count = 2;
	ASSERT_EQ(0, start_with_table(self));
	EXPECT_EQ(0, processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, NULL,
				    0));
	EXPECT_EQ(0, processor_stop(&self->processor));
}

TEST_F(resource_table, unknown_type_is_left_out)
{
	self->table.head.count = 4;
	self->table.spare.type = TABLE_UNKNOWN;
	ASSERT_EQ(0, start_with_table(self));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_WARNING, self->device));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, self->device));
}

TEST_F(resource_table, unknown_type_may_be_short)
{
	/* Nothing but a type: an entry ends where its kind says */
	self->table.head.count = 4;
	self->table.spare.type = TABLE_UNKNOWN;
	self->size = offsetof(struct table, spare) + sizeof(uint32_t);
	EXPECT_EQ(0, start_with_table(self));
}

TEST_F(resource_table, vendor_type_is_left_out)
{
	self->table.head.count = 4;
	self->table.spare.type = TABLE_VENDOR;
	ASSERT_EQ(0, start_with_table(self));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_WARNING, self->device));
	EXPECT_EQ(0, kmsg_count(&self->log, KMSG_ERR, self->device));
}

TEST_F(resource_table, carveout_without_address)
{
	struct table *table = processor_table(&self->processor);

	self->table.head.count = 4;
	ASSERT_EQ(0, start_with_table(self));

	/* The kernel found a place, and says where */
	EXPECT_LE(MEM_ADDR + IMAGE_SIZE, table->spare.da);
	EXPECT_GE(MEM_ADDR + MEM_SIZE - table->spare.len, table->spare.da);
}

TEST_F(resource_table, name_without_end)
{
	char path[FILE_PATH_MAX], text[4096];

	memset(self->table.carveout.name, 'c', sizeof(self->table.carveout.name));
	memset(self->table.trace.name, 't', sizeof(self->table.trace.name));
	ASSERT_EQ(0, start_with_table(self));
	EXPECT_TRUE(processor_state_is(&self->processor, "running"));
	if (!file_exists(processor_debug_path(&self->processor, "carveout_memories", path)))
		return;

	ASSERT_LT(0, file_read(processor_debug_path(&self->processor, "carveout_memories", path),
			       text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "ccc"));
	EXPECT_LE(0, file_read(processor_debug_path(&self->processor, "resource_table", path), text,
			       sizeof(text)));
}

/* Names that would be lines of their own, or words to the reader's terminal. */
TEST_F(resource_table, names_in_debugfs)
{
	static const char * const files[] = { "resource_table", "carveout_memories" };
	struct processor *p = &self->processor;
	char path[FILE_PATH_MAX], text[4096];
	size_t i;

	strcpy(self->table.spare.name, "a\nline\\\x1b[2J\x80");
	self->table.head.count = 4;
	ASSERT_EQ(0, start_with_table(self));
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ASSERT_LT(0, file_read(processor_debug_path(p, files[i], path), text,
				       sizeof(text)));
		EXPECT_NE(NULL, strstr(text, "a\\x0aline\\x5c\\x1b[2J\\x80")) {
			TH_LOG("%s", files[i]);
		}
	}
}

/*
 * Nobody needs the trace before somebody reads it: then there is none, and no other memory's
 * content.
 */
TEST_F(resource_table, trace_outside_memory)
{
	char path[FILE_PATH_MAX], text[4096] = "";
	int ret;

	self->table.trace.da = MEM_ADDR + MEM_SIZE - TRACE_SIZE / 2;
	ret = start_with_table(self);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(-ENXIO, file_read(processor_debug_path(&self->processor, "trace0", path), text,
				    sizeof(text)));
	EXPECT_EQ(1, kmsg_count(&self->log, KMSG_WARNING, self->device));
}

TEST_F(resource_table, two_devices)
{
	struct {
		struct table	table;
		struct table_vdev second;
	} both = { .table = self->table, .second = self->table.vdev };
	struct elf_image image;

	both.table.head.count = 4;
	both.table.offset[3] = offsetof(typeof(both), second);
	elf_image_init(&image, ELFCLASS64, &both.table, sizeof(both));
	ASSERT_EQ(0, firmware_install(PROCESSOR_FIRMWARE, image.data, image.size));

	ASSERT_EQ(0, processor_start(&self->processor));
	EXPECT_EQ(2, processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, NULL,
				    0));
	EXPECT_EQ(0, processor_stop(&self->processor));
	EXPECT_EQ(0, processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, NULL,
				    0));
}

TEST_F(resource_table, unknown_device_is_added)
{
	self->table.vdev.id = 0x7fff;
	ASSERT_EQ(0, start_with_table(self));
	EXPECT_EQ(1, processor_find(&self->processor, "bus/virtio/devices", "virtio", NULL, NULL,
				    0));
	EXPECT_EQ(0, processor_find(&self->processor, "class/rpmsg", "rpmsg_ctrl", NULL, NULL, 0));
}

/* The remote may write what it likes over its table while it runs. */
TEST_F(resource_table, overwritten_while_running)
{
	static const uint8_t patterns[] = { 0x00, 0xff, 0x80, 0x7f, 0x01 };
	struct processor *p = &self->processor;
	unsigned int i;

	ASSERT_EQ(0, processor_install_firmware());
	for (i = 0; i < sizeof(patterns); i++) {
		ASSERT_EQ(0, processor_start(p));
		memset(processor_table(p), patterns[i], sizeof(struct table));
		ASSERT_EQ(0, processor_stop(p));
	}

	ASSERT_EQ(0, remote_start(&self->remote, p));
	EXPECT_EQ(0, remote_announce(&self->remote, "still-at-work", 99, RPMSG_NS_CREATE));
	EXPECT_TRUE(wait_until(channel_find(p, "still-at-work") == 1, PATIENCE_MS));
}

/* And the kernel must not follow when it recovers from a crash. */
TEST_F(resource_table, overwritten_before_crash)
{
	struct processor *p = &self->processor;

	ASSERT_EQ(0, processor_install_firmware());
	ASSERT_EQ(0, processor_start(p));
	memset(p->mem, 0xff, IMAGE_SIZE);
	ASSERT_EQ(0, ioctl(p->fd, URPROC_IOC_CRASH, 0));
	EXPECT_TRUE(wait_until(p->starts == 2, PATIENCE_MS));
	EXPECT_TRUE(wait_until(processor_state_is(p, "running"), PATIENCE_MS));
	EXPECT_EQ(0, processor_stop(p));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
