// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A virtio driver for a type that nobody has, led by the test program through attributes of the
 * device. It does to its device what any driver may: reads and writes the config space, uses its
 * virtqueues, maps memory of its own. The first 32 bits of the config space say how many queues
 * there are.
 *
 *	config	the config space, any number of bytes at any offset
 *	memory	the driver's buffer, ordinary memory
 *	queue	written: "in|out QUEUE OFFSET LEN" puts that part of the memory in a queue;
 *		read: a line a queue, how many came back and the length of the last one
 *	dma	written: "map DIR OFFSET LEN", "sg DIR OFFSET LEN COUNT" (COUNT pieces, each LEN
 *		bytes in a page of its own), "for_cpu OFFSET LEN", "for_device OFFSET LEN", "unmap",
 *		"alloc LEN", "free"; DIR is that of enum dma_data_direction;
 *		read: the DMA addresses, a line each
 *
 * Attributes are used by one process, one after the other; the lock is for queues, whose callbacks
 * come when they like.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "virtio.h"

#define VIRTIO_ID_TEST	0x7ff0
#define MEMORY_SIZE	(64 * PAGE_SIZE)
#define QUEUES_MAX	255
#define SG_MAX		64

struct vdev_test {
	struct virtio_device *vdev;
	void *memory;

	spinlock_t lock; /* all below, up to the mapping */
	unsigned int num_queues;
	struct virtqueue *vqs[QUEUES_MAX];
	unsigned int done[QUEUES_MAX];
	unsigned int len[QUEUES_MAX];

	struct scatterlist sg[SG_MAX];
	int num_sg;
	dma_addr_t handle;
	size_t size;
	enum dma_data_direction dir;
	void *coherent;
};

static struct device *dma_dev(struct vdev_test *t)
{
	return t->vdev->dev.parent;
}

static struct vdev_test *to_test(struct device *dev)
{
	return dev_to_virtio(dev)->priv;
}

static void vdev_test_done(struct virtqueue *vq)
{
	struct vdev_test *t = vq->vdev->priv;
	unsigned long flags;
	unsigned int len;

	spin_lock_irqsave(&t->lock, flags);
	while (virtqueue_get_buf(vq, &len)) {
		t->done[vq->index]++;
		t->len[vq->index] = len;
	}
	spin_unlock_irqrestore(&t->lock, flags);
}

static ssize_t config_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			   char *buf, loff_t offset, size_t len)
{
	struct virtio_device *vdev = dev_to_virtio(kobj_to_dev(kobj));

	vdev->config->get(vdev, offset, buf, len);
	return len;
}

static ssize_t config_write(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			    char *buf, loff_t offset, size_t len)
{
	struct virtio_device *vdev = dev_to_virtio(kobj_to_dev(kobj));

	vdev->config->set(vdev, offset, buf, len);
	return len;
}

static BIN_ATTR_RW(config, 0);

static ssize_t memory_read(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			   char *buf, loff_t offset, size_t len)
{
	memcpy(buf, to_test(kobj_to_dev(kobj))->memory + offset, len);
	return len;
}

static ssize_t memory_write(struct file *file, struct kobject *kobj, struct bin_attribute *attr,
			    char *buf, loff_t offset, size_t len)
{
	memcpy(to_test(kobj_to_dev(kobj))->memory + offset, buf, len);
	return len;
}

static BIN_ATTR_RW(memory, MEMORY_SIZE);

static bool in_memory(unsigned long offset, unsigned long len)
{
	return len && len <= MEMORY_SIZE && offset <= MEMORY_SIZE - len;
}

static ssize_t queue_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t size)
{
	unsigned long offset, len, flags;
	struct vdev_test *t = to_test(dev);
	struct scatterlist sg;
	unsigned int queue;
	char dir[8];
	int ret;

	if (sscanf(buf, "%7s %u %lu %lu", dir, &queue, &offset, &len) != 4 ||
	    queue >= t->num_queues || !in_memory(offset, len))
		return -EINVAL;
	sg_init_one(&sg, t->memory + offset, len);

	spin_lock_irqsave(&t->lock, flags);
	if (!strcmp(dir, "in"))
		ret = virtqueue_add_inbuf(t->vqs[queue], &sg, 1, t, GFP_ATOMIC);
	else
		ret = virtqueue_add_outbuf(t->vqs[queue], &sg, 1, t, GFP_ATOMIC);
	if (!ret)
		virtqueue_kick(t->vqs[queue]);
	spin_unlock_irqrestore(&t->lock, flags);
	return ret ?: size;
}

static ssize_t queue_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vdev_test *t = to_test(dev);
	unsigned int i;
	int len = 0;

	spin_lock_irq(&t->lock);
	for (i = 0; i < t->num_queues; i++)
		len += sysfs_emit_at(buf, len, "%u %u\n", t->done[i], t->len[i]);
	spin_unlock_irq(&t->lock);
	return len;
}

static DEVICE_ATTR_RW(queue);

static int dma_map(struct vdev_test *t, enum dma_data_direction dir, size_t offset, size_t len)
{
	dma_addr_t handle;

	if (t->size || t->num_sg || !valid_dma_direction(dir) || !in_memory(offset, len))
		return -EINVAL;
	handle = dma_map_single(dma_dev(t), t->memory + offset, len, dir);
	if (dma_mapping_error(dma_dev(t), handle))
		return -ENOMEM;
	t->handle = handle;
	t->size = len;
	t->dir = dir;
	return 0;
}

static int dma_map_pieces(struct vdev_test *t, enum dma_data_direction dir, size_t offset,
			  size_t len, unsigned int num)
{
	unsigned int i;
	int ret;

	if (t->size || t->num_sg || !valid_dma_direction(dir) || !num || num > SG_MAX ||
	    !in_memory(offset + (num - 1) * PAGE_SIZE, len))
		return -EINVAL;
	sg_init_table(t->sg, num);
	for (i = 0; i < num; i++)
		sg_set_buf(&t->sg[i], t->memory + offset + i * PAGE_SIZE, len);
	ret = dma_map_sg(dma_dev(t), t->sg, num, dir);
	if (!ret)
		return -ENOMEM;
	t->num_sg = num;
	t->dir = dir;
	return 0;
}

static int dma_unmap(struct vdev_test *t)
{
	if (t->num_sg)
		dma_unmap_sg(dma_dev(t), t->sg, t->num_sg, t->dir);
	else if (t->size)
		dma_unmap_single(dma_dev(t), t->handle, t->size, t->dir);
	else
		return -EINVAL;
	t->num_sg = 0;
	t->size = 0;
	return 0;
}

static int dma_sync(struct vdev_test *t, bool cpu, size_t offset, size_t len)
{
	struct device *dev = dma_dev(t);

	if (t->num_sg && cpu)
		dma_sync_sg_for_cpu(dev, t->sg, t->num_sg, t->dir);
	else if (t->num_sg)
		dma_sync_sg_for_device(dev, t->sg, t->num_sg, t->dir);
	else if (offset > t->size || len > t->size - offset)
		return -EINVAL;
	else if (cpu)
		dma_sync_single_range_for_cpu(dev, t->handle, offset, len, t->dir);
	else
		dma_sync_single_range_for_device(dev, t->handle, offset, len, t->dir);
	return 0;
}

static int dma_alloc(struct vdev_test *t, size_t len)
{
	if (t->coherent || t->size || t->num_sg)
		return -EINVAL;
	t->coherent = dma_alloc_coherent(dma_dev(t), len, &t->handle, GFP_KERNEL | __GFP_NOWARN);
	if (!t->coherent)
		return -ENOMEM;
	t->size = len;
	/* For the remote to find */
	memset(t->coherent, 'c', len);
	return 0;
}

static int dma_free(struct vdev_test *t)
{
	if (!t->coherent)
		return -EINVAL;
	dma_free_coherent(dma_dev(t), t->size, t->coherent, t->handle);
	t->coherent = NULL;
	t->size = 0;
	return 0;
}

static ssize_t dma_store(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t size)
{
	struct vdev_test *t = to_test(dev);
	unsigned long a = 0, b = 0;
	unsigned int dir, num;
	int ret = -EINVAL;

	if (sscanf(buf, "map %u %lu %lu", &dir, &a, &b) == 3)
		ret = dma_map(t, dir, a, b);
	else if (sscanf(buf, "sg %u %lu %lu %u", &dir, &a, &b, &num) == 4)
		ret = dma_map_pieces(t, dir, a, b, num);
	else if (sscanf(buf, "for_cpu %lu %lu", &a, &b) == 2)
		ret = dma_sync(t, true, a, b);
	else if (sscanf(buf, "for_device %lu %lu", &a, &b) == 2)
		ret = dma_sync(t, false, a, b);
	else if (sysfs_streq(buf, "unmap"))
		ret = dma_unmap(t);
	else if (sscanf(buf, "alloc %lu", &a) == 1)
		ret = dma_alloc(t, a);
	else if (sysfs_streq(buf, "free"))
		ret = dma_free(t);
	return ret ?: size;
}

static ssize_t dma_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vdev_test *t = to_test(dev);
	int i, len = 0;

	if (t->size)
		len = sysfs_emit(buf, "0x%llx\n", (u64)t->handle);
	for (i = 0; i < t->num_sg; i++)
		len += sysfs_emit_at(buf, len, "0x%llx\n", (u64)sg_dma_address(&t->sg[i]));
	return len;
}

static DEVICE_ATTR_RW(dma);

static struct attribute *vdev_test_attrs[] = {
	&dev_attr_queue.attr,
	&dev_attr_dma.attr,
	NULL
};

static struct bin_attribute *vdev_test_bin_attrs[] = {
	&bin_attr_config,
	&bin_attr_memory,
	NULL
};

static const struct attribute_group vdev_test_group = {
	.attrs		= vdev_test_attrs,
	.bin_attrs	= vdev_test_bin_attrs,
};

static const struct attribute_group *vdev_test_groups[] = {
	&vdev_test_group,
	NULL
};

static int vdev_test_probe(struct virtio_device *vdev)
{
	struct vdev_test *t;
	u32 queues;
	int ret;

	vdev->config->get(vdev, 0, &queues, sizeof(queues));
	if (queues > QUEUES_MAX)
		return -EINVAL;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->memory = kzalloc(MEMORY_SIZE, GFP_KERNEL);
	if (!t->memory) {
		ret = -ENOMEM;
		goto free;
	}
	spin_lock_init(&t->lock);
	t->vdev = vdev;
	vdev->priv = t;
	if (queues) {
		ret = compat_find_same_vqs(vdev, queues, t->vqs, "test", vdev_test_done);
		if (ret)
			goto free;
	}
	t->num_queues = queues;
	virtio_device_ready(vdev);
	return 0;

free:
	kfree(t->memory);
	kfree(t);
	return ret;
}

/* What is still in a queue is left there, mapped, as some drivers in the kernel do. */
static void vdev_test_remove(struct virtio_device *vdev)
{
	struct vdev_test *t = vdev->priv;

	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
	if (t->coherent)
		dma_free(t);
	else if (t->size || t->num_sg)
		dma_unmap(t);
	kfree(t->memory);
	kfree(t);
}

static const struct virtio_device_id vdev_test_ids[] = {
	{ VIRTIO_ID_TEST, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_driver vdev_test_driver = {
	.driver.name		= KBUILD_MODNAME,
	.driver.dev_groups	= vdev_test_groups,
	.id_table		= vdev_test_ids,
	.probe			= vdev_test_probe,
	.remove			= vdev_test_remove,
};
module_virtio_driver(vdev_test_driver);

MODULE_DESCRIPTION("Virtio driver that does what a test tells it");
MODULE_LICENSE("GPL");
