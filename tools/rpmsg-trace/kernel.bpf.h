/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.bpf.h: the kernel's types as far as our BPF programs read them, and helpers on them.
 *
 * Only the members that are read are named; where they lie is filled in from the BTF of the
 * running kernel and its modules when a program is loaded (CO-RE). So building needs no kernel's
 * BTF, and one binary runs on every kernel that still has these members. A vmlinux.h would not
 * do: on most kernels some of these types are in modules.
 */
#ifndef RPMSG_TRACE_KERNEL_BPF_H
#define RPMSG_TRACE_KERNEL_BPF_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define VIRTIO_ID_RPMSG		7
#define PF_KTHREAD		0x00200000

/* Bits of the preemption count that say what interrupted the task. */
#define SERVING_SOFTIRQ		0x00000100
#define IN_HARDIRQ_OR_NMI	0x00ff0000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sched_entity {
	unsigned char		sched_delayed;
};

struct task_struct {
	unsigned int		flags;
	int			on_cpu;
	int			on_rq;
	struct sched_entity	se;
	int			pid;
	char			comm[16];
};

struct pcpu_hot {
	int			preempt_count;
};

struct kernfs_node {
	__u64			id;
};

struct kobject {
	const char		*name;
	struct kernfs_node	*sd;
};

struct device {
	struct kobject		kobj;
	struct device		*parent;
	__u32			id;
};

struct virtio_device_id {
	__u32			device;
};

struct virtio_device {
	int			index;
	struct device		dev;
	struct virtio_device_id	id;
};

struct virtqueue {
	const char		*name;
	struct virtio_device	*vdev;
	unsigned int		index;
};

struct rpmsg_device {
	struct device		dev;
};

struct rpmsg_endpoint {
	__u32			addr;
	void			*priv;
};

#pragma clang attribute pop

/* One of the two has the preemption count, depending on the kernel (x86). */
extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;

/*
 * interrupt_level() - what runs on this CPU right now: 0 is the task itself. Where it is not known
 * how to find out, always 0.
 */
static __always_inline __u32 interrupt_level(void)
{
	int count = 0;

	if (&pcpu_hot)
		count = ((struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	else if (&__preempt_count)
		count = *(int *)bpf_this_cpu_ptr(&__preempt_count);
	return count & (SERVING_SOFTIRQ | IN_HARDIRQ_OR_NMI);
}

/* current_context() - a number for the running task; all the idle tasks have the same pid. */
static __always_inline __u32 current_context(void)
{
	__u32 pid = bpf_get_current_pid_tgid();

	return pid ? pid : (1u << 31) + bpf_get_smp_processor_id();
}

/* name_index() - N when @name is @prefix and N, else -1. */
static __always_inline int name_index(const char *name, const char *prefix, unsigned int len)
{
	int index = 0;

	for (unsigned int i = 0; i < len; i++) {
		if (name[i] != prefix[i])
			return -1;
	}
	for (unsigned int i = len; i < len + 5; i++) {
		if (!name[i] && i > len)
			return index;
		if (name[i] < '0' || name[i] > '9')
			return -1;
		index = index * 10 + name[i] - '0';
	}
	return -1;
}

/* processor_index() - N of the remoteprocN that @dev belongs to, or -1. */
static __always_inline int processor_index(struct device *dev)
{
	char name[16];
	int index;

	for (int i = 0; i < 8; i++) {
		dev = BPF_CORE_READ(dev, parent);
		if (!dev)
			break;
		if (bpf_probe_read_kernel_str(name, sizeof(name),
					      BPF_CORE_READ(dev, kobj.name)) < 0)
			break;
		index = name_index(name, "remoteproc", 10);
		if (index >= 0)
			return index;
	}
	return -1;
}

#endif /* RPMSG_TRACE_KERNEL_BPF_H */
