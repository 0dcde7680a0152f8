// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message.bpf.c: each message of a /dev/rpmsgN from the write to the remote, its answer back to the
 * reader, with the time of each point that they pass (message.h).
 *
 * Three sets of programs, of which the tool loads one. Those on our tracepoints (tp_) see all
 * points of each message, those on functions (fn_) all but one of them: they are for mainline's
 * modules, where nobody hears when the remote has consumed a message. Both feed
 * message_path.bpf.h. The third takes what our modules have timed by themselves (sample_,
 * message_timed.bpf.h).
 */
#include "message_timed.bpf.h"

/*
 * On our tracepoints. Newer verifiers want to see that a pointer of a module's tracepoint is none:
 * never so here.
 */

SEC("tp_btf/rpmsg_write")
int BPF_PROG(tp_write, struct device *dev, __u32 len)
{
	return dev ? write_begins(dev, len) : 0;
}

SEC("tp_btf/rpmsg_written")
int BPF_PROG(tp_written)
{
	return write_ends();
}

SEC("tp_btf/rpmsg_queued")
int BPF_PROG(tp_queued, struct virtio_device *vdev, __u32 slot, __u32 src, __u32 dst, __u32 len)
{
	return vdev ? message_queued(&(struct slot_key){ vdev->index, slot }, &len) : 0;
}

SEC("tp_btf/rpmsg_kick")
int BPF_PROG(tp_kick, struct virtio_device *vdev, __u32 vring)
{
	return vring == 1 ? message_kicked() : 0;
}

SEC("tp_btf/rpmsg_consumed")
int BPF_PROG(tp_consumed, struct virtio_device *vdev, __u32 slot, bool watched)
{
	return vdev ? message_consumed((struct slot_key){ vdev->index, slot }, watched) : 0;
}

SEC("tp_btf/rpmsg_interrupt")
int BPF_PROG(tp_interrupt, struct virtio_device *vdev, __u32 vring)
{
	return vring == 0 ? interrupted() : 0;
}

SEC("tp_btf/rpmsg_delivered")
int BPF_PROG(tp_delivered, struct device *dev, __u32 src, __u32 dst, __u32 len, __u32 depth)
{
	return dev ? message_delivered(dev, len, depth) : 0;
}

SEC("tp_btf/rpmsg_read")
int BPF_PROG(tp_read, struct device *dev)
{
	return dev ? message_read(dev) : 0;
}

SEC("tp_btf/rpmsg_send")
int BPF_PROG(tp_send, struct device *dev)
{
	return dev ? send_begins(dev) : 0;
}

SEC("tp_btf/rpmsg_sent")
int BPF_PROG(tp_sent, struct device *dev, __u32 left)
{
	return send_ends(left);
}

SEC("tp_btf/rpmsg_told")
int BPF_PROG(tp_told, struct device *dev, __u32 count, bool late)
{
	return dev ? messages_told(dev, count, late) : 0;
}

SEC("tp_btf/rpmsg_refused")
int BPF_PROG(tp_refused, struct device *dev)
{
	return dev ? message_refused(dev) : 0;
}

SEC("tp_btf/rpmsg_closed")
int BPF_PROG(tp_closed, struct device *dev)
{
	return dev ? node_closed(dev) : 0;
}

/* On mainline's functions */

SEC("fentry/rpmsg_eptdev_write_iter")
int BPF_PROG(fn_write, struct kiocb *iocb, struct iov_iter *from)
{
	struct rpmsg_eptdev *eptdev = iocb->ki_filp->private_data;

	return write_begins(&eptdev->dev, from->count);
}

SEC("fexit/rpmsg_eptdev_write_iter")
int BPF_PROG(fn_written)
{
	return write_ends();
}

/* Counted before it is in the ring: a remote that looks by itself may answer at once. */
SEC("fentry/virtqueue_add_outbuf")
int BPF_PROG(fn_queued, struct virtqueue *vq)
{
	return vq->vdev->id.device == VIRTIO_ID_RPMSG ? message_queued(NULL, NULL) : 0;
}

SEC("fexit/virtqueue_add_outbuf")
int BPF_PROG(fn_not_queued, struct virtqueue *vq, void *sg, unsigned int num, void *data,
	     unsigned int gfp, int ret)
{
	return ret && vq->vdev->id.device == VIRTIO_ID_RPMSG ? queuing_undone() : 0;
}

SEC("fexit/virtqueue_kick_prepare")
int BPF_PROG(fn_kick, struct virtqueue *vq)
{
	return vq->vdev->id.device == VIRTIO_ID_RPMSG && vq->index == 1 ? message_kicked() : 0;
}

/* Not vring_interrupt(), in which an interrupt of another device would keep it from running. */
SEC("fentry/rpmsg_recv_done")
int BPF_PROG(fn_interrupt)
{
	return interrupted();
}

/* Counted before it is in the queue: afterwards the reader may have been faster. */
SEC("fentry/rpmsg_ept_cb")
int BPF_PROG(fn_delivered, struct rpmsg_device *rpdev, void *data, int len, void *priv)
{
	struct rpmsg_eptdev *eptdev = priv;

	return message_delivered(&eptdev->dev, len, BPF_CORE_READ(eptdev, queue.qlen) + 1);
}

SEC("fexit/rpmsg_ept_cb")
int BPF_PROG(fn_refused, struct rpmsg_device *rpdev, void *data, int len, void *priv, __u32 src,
	     int ret)
{
	struct rpmsg_eptdev *eptdev = priv;

	return ret < 0 ? delivery_undone(&eptdev->dev, len) : 0;
}

SEC("fexit/rpmsg_eptdev_read_iter")
int BPF_PROG(fn_read, struct kiocb *iocb, struct iov_iter *to, long ret)
{
	struct rpmsg_eptdev *eptdev = iocb->ki_filp->private_data;

	return ret < 0 ? 0 : message_read(&eptdev->dev);
}

SEC("fentry/rpmsg_eptdev_release")
int BPF_PROG(fn_closed, void *inode, struct file *file)
{
	struct rpmsg_eptdev *eptdev = file->private_data;

	return node_closed(&eptdev->dev);
}

/* Ours, a sample that the modules time */

SEC("tp_btf/rpmsg_open")
int BPF_PROG(sample_open, struct device *dev)
{
	return dev ? timed_open(dev) : 0;
}

SEC("tp_btf/rpmsg_timed")
int BPF_PROG(sample_timed, struct device *dev)
{
	return dev ? timed_begins(dev) : 0;
}

SEC("tp_btf/rpmsg_passed")
int BPF_PROG(sample_passed, struct device *dev, struct vrpmsg_timed *timed)
{
	return dev && timed ? timed_passed(dev, timed) : 0;
}

SEC("tp_btf/rpmsg_closed")
int BPF_PROG(sample_closed, struct device *dev, __u32 unread)
{
	return dev ? timed_closed(dev, unread) : 0;
}

/* On all */

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct running *run;
	__u32 zero = 0;

	/* Nobody reads in the idle task. */
	if (!next->pid)
		return 0;
	run = bpf_map_lookup_elem(&runs, &zero);
	if (!run)
		return 0;
	run->ns = bpf_ktime_get_ns();
	if (tell_ns == ~0ULL)
		return 0;
	run->before = prev->pid;
	/* A call for that would cost as much as all else here. */
	((__u64 *)run->before_comm)[0] = ((const __u64 *)prev->comm)[0];
	((__u64 *)run->before_comm)[1] = ((const __u64 *)prev->comm)[1];
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
