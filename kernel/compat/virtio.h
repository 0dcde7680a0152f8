/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for virtio drivers and transports. */
#ifndef COMPAT_VIRTIO_H
#define COMPAT_VIRTIO_H

#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

/**
 * compat_find_two_vqs() - find the only two virtqueues of a device
 * @vdev:   the device
 * @vqs:    where to put them
 * @name0:  of the first
 * @done0:  its callback
 * @name1:  of the second
 * @done1:  its callback
 *
 * Return: 0 or -errno.
 */
static inline int compat_find_two_vqs(struct virtio_device *vdev, struct virtqueue *vqs[2],
				      const char *name0, vq_callback_t *done0,
				      const char *name1, vq_callback_t *done1)
{
#ifdef HAVE_VIRTQUEUE_INFO
	struct virtqueue_info info[] = {
		{ .name = name0, .callback = done0 },
		{ .name = name1, .callback = done1 },
	};

	return virtio_find_vqs(vdev, 2, vqs, info, NULL);
#else
	vq_callback_t *done[] = { done0, done1 };
	const char *const names[] = { name0, name1 };

	return virtio_find_vqs(vdev, 2, vqs, done, names, NULL);
#endif
}

/**
 * compat_use_dma_addresses() - let a virtqueue take its buffers' addresses from sg_dma_address()
 * @vq: the virtqueue, empty
 *
 * Where the kernel cannot do that, or the device does not use the DMA API, the virtqueue maps each
 * buffer each time, as pages that are neighbours.
 *
 * Return: whether it does.
 */
static inline bool compat_use_dma_addresses(struct virtqueue *vq)
{
#ifdef HAVE_VIRTQUEUE_PREMAPPED
	return !virtio_has_dma_quirk(vq->vdev) && !virtqueue_set_dma_premapped(vq);
#else
	return false;
#endif
}

/**
 * compat_find_same_vqs() - find any number of virtqueues that share a name and a callback
 * @vdev: the device
 * @num:  how many
 * @vqs:  where to put them
 * @name: of each
 * @done: the callback
 *
 * Return: 0 or -errno.
 */
static inline int compat_find_same_vqs(struct virtio_device *vdev, unsigned int num,
				       struct virtqueue *vqs[], const char *name,
				       vq_callback_t *done)
{
	unsigned int i;
	int ret = -ENOMEM;
#ifdef HAVE_VIRTQUEUE_INFO
	struct virtqueue_info *infos = kcalloc(num, sizeof(*infos), GFP_KERNEL);

	for (i = 0; infos && i < num; i++)
		infos[i] = (struct virtqueue_info){ .name = name, .callback = done };
	if (infos)
		ret = virtio_find_vqs(vdev, num, vqs, infos, NULL);
	kfree(infos);
#else
	vq_callback_t **callbacks = kcalloc(num, sizeof(*callbacks), GFP_KERNEL);
	const char **names = kcalloc(num, sizeof(*names), GFP_KERNEL);

	for (i = 0; callbacks && names && i < num; i++) {
		callbacks[i] = done;
		names[i] = name;
	}
	if (callbacks && names)
		ret = virtio_find_vqs(vdev, num, vqs, callbacks, names, NULL);
	kfree(names);
	kfree(callbacks);
#endif
	return ret;
}

/*
 * A transport writes its find_vqs operation for "struct virtqueue_info", which says all about one
 * queue; older kernels pass three arrays. COMPAT_DEFINE_FIND_VQS(fn) makes the function that
 * COMPAT_FIND_VQS(fn) names, for struct virtio_config_ops, from
 *
 *	int fn(struct virtio_device *vdev, unsigned int nvqs, struct virtqueue *vqs[],
 *	       struct virtqueue_info infos[], struct irq_affinity *desc)
 */
#define COMPAT_FIND_VQS(fn)	compat_##fn

#ifdef HAVE_VIRTQUEUE_INFO
#define COMPAT_DEFINE_FIND_VQS(fn)							\
static int compat_##fn(struct virtio_device *vdev, unsigned int nvqs,			\
		       struct virtqueue *vqs[], struct virtqueue_info infos[],		\
		       struct irq_affinity *desc)					\
{											\
	return fn(vdev, nvqs, vqs, infos, desc);					\
}
#else
struct virtqueue_info {
	const char *name;
	vq_callback_t *callback;
	bool ctx;
};

#define COMPAT_DEFINE_FIND_VQS(fn)							\
static int compat_##fn(struct virtio_device *vdev, unsigned int nvqs,			\
		       struct virtqueue *vqs[], vq_callback_t *callbacks[],		\
		       const char * const names[], const bool *ctx,			\
		       struct irq_affinity *desc)					\
{											\
	struct virtqueue_info *infos;							\
	unsigned int i;									\
	int ret;									\
											\
	infos = kcalloc(nvqs, sizeof(*infos), GFP_KERNEL);				\
	if (!infos)									\
		return -ENOMEM;								\
	for (i = 0; i < nvqs; i++) {							\
		infos[i].name = names[i];						\
		infos[i].callback = callbacks[i];					\
		infos[i].ctx = ctx && ctx[i];						\
	}										\
	ret = fn(vdev, nvqs, vqs, infos, desc);						\
	kfree(infos);									\
	return ret;									\
}
#endif

#endif /* COMPAT_VIRTIO_H */
