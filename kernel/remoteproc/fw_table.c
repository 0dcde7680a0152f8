// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading resource tables that nobody vouches for.
 *
 * Nothing here knows about processors, allocates, or keeps anything: a struct fw_table is a view of
 * a table that the caller holds. The caller's table is a private copy. The remote has another one,
 * which it can write to at any time; that one is never read here.
 *
 * Entries may overlap, and answers are written into entries while later ones still wait to be
 * handled. So an entry is copied out when it is handled, its fields are checked in the copy, and
 * only the copy is used after that. What is refused gets one line in the log that names the place,
 * the field and its value.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "fw_table.h"

/* The most that a split virtqueue can have. */
#define VRING_NUM_MAX	32768
/* More than any page size; keeps the size of a vring far from wrapping. */
#define VRING_ALIGN_MAX	SZ_64K

/**
 * fw_table_open() - look at a resource table
 * @table: out: the view
 * @dev:   for messages, must outlive @table
 * @data:  the table, must outlive @table
 * @size:  its bytes
 *
 * Checks the head, and that all offsets are there.
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_open(struct fw_table *table, struct device *dev, const void *data, size_t size)
{
	struct resource_table head;

	if (size < sizeof(head) || size > RPROC_TABLE_MAX) {
		dev_err(dev, "resource table of 0x%zx bytes\n", size);
		return -EINVAL;
	}
	memcpy(&head, data, sizeof(head));
	if (head.ver != 1) {
		dev_err(dev, "resource table of version %u\n", head.ver);
		return -EINVAL;
	}
	if (head.reserved[0] || head.reserved[1]) {
		dev_err(dev, "resource table: reserved fields 0x%x 0x%x\n", head.reserved[0],
			head.reserved[1]);
		return -EINVAL;
	}
	if (head.num > (size - sizeof(head)) / sizeof(head.offset[0])) {
		dev_err(dev, "resource table: %u entries in 0x%zx bytes\n", head.num, size);
		return -EINVAL;
	}
	table->dev = dev;
	table->data = data;
	table->size = size;
	table->num = head.num;
	return 0;
}

/**
 * fw_table_get_entry() - find an entry
 * @table: the view
 * @i:     which, less than @table->num
 * @entry: out: the entry, its type read, the rest not
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_entry(const struct fw_table *table, u32 i, struct fw_table_entry *entry)
{
	const struct resource_table *head = table->data;
	struct fw_rsc_hdr hdr;
	u32 offset;

	memcpy(&offset, &head->offset[i], sizeof(offset));
	if (offset < struct_size(head, offset, table->num) || offset > table->size ||
	    table->size - offset < sizeof(hdr)) {
		dev_err(table->dev, "resource table: entry %u at 0x%x of 0x%zx bytes\n", i, offset,
			table->size);
		return -EINVAL;
	}
	memcpy(&hdr, table->data + offset, sizeof(hdr));
	entry->type = hdr.type;
	entry->offset = offset + sizeof(hdr);
	entry->avail = table->size - entry->offset;
	return 0;
}

static int copy_out(struct device *dev, const char *what, const void *rsc, u32 offset, u32 avail,
		    void *copy, size_t size)
{
	if (avail < size) {
		dev_err(dev, "resource at 0x%x: %s of %u bytes\n", offset, what, avail);
		return -EINVAL;
	}
	memcpy(copy, rsc, size);
	return 0;
}

static int check_reserved(struct device *dev, const char *what, u32 offset, u32 reserved)
{
	if (!reserved)
		return 0;
	dev_err(dev, "resource at 0x%x: %s: reserved field 0x%x\n", offset, what, reserved);
	return -EINVAL;
}

/* Both say where memory is, in the same words. */
static int check_memory(struct device *dev, const char *what, u32 offset, u32 da, u32 len)
{
	if (!len) {
		dev_err(dev, "resource at 0x%x: %s of no memory\n", offset, what);
		return -EINVAL;
	}
	if (da != (u32)FW_RSC_ADDR_ANY && len - 1 > U32_MAX - da) {
		dev_err(dev, "resource at 0x%x: %s: 0x%x bytes at 0x%x\n", offset, what, len, da);
		return -EINVAL;
	}
	return 0;
}

/**
 * fw_table_get_carveout() - read a CARVEOUT entry
 * @dev:      for messages
 * @rsc:      the entry, after its type
 * @offset:   where it is in the table
 * @avail:    bytes from there to the end of the table
 * @carveout: out: the entry; its name may have no end
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_carveout(struct device *dev, const void *rsc, u32 offset, u32 avail,
			  struct fw_rsc_carveout *carveout)
{
	const char *what = "carveout";
	int ret;

	ret = copy_out(dev, what, rsc, offset, avail, carveout, sizeof(*carveout));
	if (!ret)
		ret = check_reserved(dev, what, offset, carveout->reserved);
	if (!ret)
		ret = check_memory(dev, what, offset, carveout->da, carveout->len);
	return ret;
}

/**
 * fw_table_get_devmem() - read a DEVMEM entry
 * @dev:    for messages
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @avail:  bytes from there to the end of the table
 * @devmem: out: the entry; its name may have no end
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_devmem(struct device *dev, const void *rsc, u32 offset, u32 avail,
			struct fw_rsc_devmem *devmem)
{
	const char *what = "device memory";
	int ret;

	ret = copy_out(dev, what, rsc, offset, avail, devmem, sizeof(*devmem));
	if (!ret)
		ret = check_reserved(dev, what, offset, devmem->reserved);
	if (!ret)
		ret = check_memory(dev, what, offset, devmem->da, devmem->len);
	if (!ret)
		ret = check_memory(dev, what, offset, devmem->pa, devmem->len);
	return ret;
}

/**
 * fw_table_get_trace() - read a TRACE entry
 * @dev:    for messages
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @avail:  bytes from there to the end of the table
 * @trace:  out: the entry; its name may have no end, and there may be no such memory
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_trace(struct device *dev, const void *rsc, u32 offset, u32 avail,
		       struct fw_rsc_trace *trace)
{
	const char *what = "trace";
	int ret;

	ret = copy_out(dev, what, rsc, offset, avail, trace, sizeof(*trace));
	return ret ? ret : check_reserved(dev, what, offset, trace->reserved);
}

/**
 * fw_table_get_vdev() - read a VDEV entry
 * @dev:    for messages
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @avail:  bytes from there to the end of the table
 * @vdev:   out: the entry, without its vrings; these and the config space are inside the table
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_vdev(struct device *dev, const void *rsc, u32 offset, u32 avail,
		      struct fw_rsc_vdev *vdev)
{
	int ret;

	ret = copy_out(dev, "vdev", rsc, offset, avail, vdev, sizeof(*vdev));
	if (ret)
		return ret;
	if (size_add(struct_size(vdev, vring, vdev->num_of_vrings), vdev->config_len) > avail) {
		dev_err(dev, "resource at 0x%x: vdev with %u vrings and 0x%x bytes of config in %u bytes\n",
			offset, vdev->num_of_vrings, vdev->config_len, avail);
		return -EINVAL;
	}
	return check_reserved(dev, "vdev", offset, vdev->reserved[0] | vdev->reserved[1] << 8);
}

/**
 * fw_table_get_vring() - read a vring of a VDEV entry
 * @dev:    for messages
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @i:      which, less than what fw_table_get_vdev() says
 * @vring:  out: the vring
 *
 * Return: 0 or -EINVAL.
 */
int fw_table_get_vring(struct device *dev, const void *rsc, u32 offset, u32 i,
		       struct fw_rsc_vdev_vring *vring)
{
	const struct fw_rsc_vdev *vdev = rsc;

	memcpy(vring, &vdev->vring[i], sizeof(*vring));
	if (!is_power_of_2(vring->num) || vring->num > VRING_NUM_MAX) {
		dev_err(dev, "resource at 0x%x: vring %u of %u buffers\n", offset, i, vring->num);
		return -EINVAL;
	}
	if (!is_power_of_2(vring->align) || vring->align < VRING_USED_ALIGN_SIZE ||
	    vring->align > VRING_ALIGN_MAX) {
		dev_err(dev, "resource at 0x%x: vring %u aligned to %u\n", offset, i, vring->align);
		return -EINVAL;
	}
	return 0;
}
