// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a remote says in its config space: how large buffers are, and which channels there are
 * whatever it announces. docs/rpmsg-wire.md has the layout for those who write firmware.
 *
 * All of it is read once, by probe, into memory of our own, and checked there. Sizes that cannot
 * be are a remote that cannot be talked to, and probe fails. A channel that cannot be costs itself.
 *
 * A transport says nothing of the length of the config space, and may leave memory as it is when
 * something is read beyond the end: what is read into is zero before, and zero is never valid.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>

#include "rpmsg_name.h"
#include "vrpmsg.h"

#define VRPMSG_CONFIG_VERSION	1
#define VRPMSG_MAX_BUF_SIZE	SZ_64K	/* the length in a header is of 16 bits */
#define VRPMSG_STATIC_OFFSET	64
#define VRPMSG_MAX_STATIC	64U

/**
 * struct vrpmsg_config - start of the config space, with VIRTIO_RPMSG_F_BUFSZ
 * @version: 1
 * @size:    bytes of this
 * @align:   of each buffer, a power of two; or 0
 * @tx_size: bytes of a buffer that the remote sends in
 * @rx_size: bytes of a buffer that it receives in
 */
struct vrpmsg_config {
	u8		version;
	__virtio16	size;
	__virtio16	align;
	__virtio32	tx_size;
	__virtio32	rx_size;
} __packed;

/**
 * struct vrpmsg_static - entry of the list of channels, with VIRTIO_RPMSG_F_STATIC
 * @src:  local address, %RPMSG_ADDR_ANY for whatever is free
 * @dst:  remote address
 * @name: of the service; if all of it is used, the last byte is not
 */
struct vrpmsg_static {
	__virtio32	src;
	__virtio32	dst;
	char		name[RPMSG_NAME_SIZE];
} __packed;

static unsigned int vrpmsg_stride(unsigned int size, unsigned int align)
{
	return max_t(unsigned int, roundup_pow_of_two(size), align);
}

static bool vrpmsg_size_ok(unsigned int size)
{
	return size > sizeof(struct vrpmsg_hdr) && size <= VRPMSG_MAX_BUF_SIZE;
}

/**
 * vrpmsg_read_sizes() - learn how large buffers are
 * @vrp: the remote
 *
 * Return: 0, or -EINVAL for sizes that cannot be.
 */
int vrpmsg_read_sizes(struct vrpmsg *vrp)
{
	struct virtio_device *vdev = vrp->vdev;
	struct vrpmsg_config config = { };
	unsigned int align = 0;

	vrp->rx_size = VRPMSG_BUF_SIZE;
	vrp->tx_size = VRPMSG_BUF_SIZE;
	if (virtio_has_feature(vdev, VIRTIO_RPMSG_F_BUFSZ)) {
		virtio_cread_bytes(vdev, 0, &config, sizeof(config));
		align = virtio16_to_cpu(vdev, config.align);
		vrp->rx_size = virtio32_to_cpu(vdev, config.tx_size);
		vrp->tx_size = virtio32_to_cpu(vdev, config.rx_size);
		if (config.version != VRPMSG_CONFIG_VERSION ||
		    virtio16_to_cpu(vdev, config.size) != sizeof(config) ||
		    (align && !is_power_of_2(align)) ||
		    !vrpmsg_size_ok(vrp->rx_size) || !vrpmsg_size_ok(vrp->tx_size)) {
			dev_err(&vdev->dev,
				"unusable buffers: config version %u of %u bytes; align %u, sizes %u and %u\n",
				config.version, virtio16_to_cpu(vdev, config.size), align,
				vrp->rx_size, vrp->tx_size);
			return -EINVAL;
		}
	}

	vrp->align = align;
	vrp->rx_stride = vrpmsg_stride(vrp->rx_size, align);
	vrp->tx_stride = vrpmsg_stride(vrp->tx_size, align);
	return 0;
}

static void vrpmsg_add_static_channel(struct vrpmsg *vrp, const struct vrpmsg_static *entry)
{
	struct rpmsg_channel_info info = {
		.src	= virtio32_to_cpu(vrp->vdev, entry->src),
		.dst	= virtio32_to_cpu(vrp->vdev, entry->dst),
	};

	strscpy_pad(info.name, entry->name, sizeof(info.name));
	if (!rpmsg_name_ok(info.name) || info.dst == RPMSG_ADDR_ANY) {
		dev_warn(&vrp->vdev->dev, "static channel refused: name %*pE, address %#x\n",
			 (int)strlen(info.name), info.name, info.dst);
		return;
	}
	vrpmsg_add_static(vrp, &info);
}

/**
 * vrpmsg_add_statics() - add the channels that the config space lists
 * @vrp: the remote, which is ready
 *
 * Return: 0, or -ENOMEM.
 */
int vrpmsg_add_statics(struct vrpmsg *vrp)
{
	struct virtio_device *vdev = vrp->vdev;
	struct vrpmsg_static *entries;
	__virtio32 count = 0;
	unsigned int i, num;

	if (!virtio_has_feature(vdev, VIRTIO_RPMSG_F_STATIC))
		return 0;

	virtio_cread_bytes(vdev, VRPMSG_STATIC_OFFSET, &count, sizeof(count));
	num = virtio32_to_cpu(vdev, count);
	if (num > VRPMSG_MAX_STATIC) {
		dev_warn(&vdev->dev, "%u static channels, %u are taken\n", num, VRPMSG_MAX_STATIC);
		num = VRPMSG_MAX_STATIC;
	}

	entries = kcalloc(num, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;

	virtio_cread_bytes(vdev, VRPMSG_STATIC_OFFSET + sizeof(count), entries,
			   num * sizeof(*entries));
	for (i = 0; i < num; i++)
		vrpmsg_add_static_channel(vrp, &entries[i]);
	kfree(entries);
	return 0;
}
