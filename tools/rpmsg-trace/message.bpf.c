// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * message.bpf.c: each message of a /dev/rpmsgN from the write to the remote, its answer back to the
 * reader, with the time of each point that they pass (message.h).
 *
 * Two sets of programs feed the same functions; the tool loads the one that the kernel has what it
 * needs for. Those on our tracepoints (tp_btf) see all points. Those on functions (fentry, fexit)
 * are for mainline's modules, where nobody hears when the remote has consumed a message.
 *
 * A message is known by its endpoint and a number: the numbers of those sent that were not answered
 * yet are asked_head to asked_tail of the endpoint, those received and not read queue_head to
 * queue_tail. Both are queues: the answer to come is taken for that to the oldest message, and what
 * a reader gets is the oldest received, which is exactly so.
 */
#include "message.bpf.h"

/* The way to the remote */

static __always_inline int write_begins(struct device *dev, __u32 len)
{
	struct writer writer = { .ns = bpf_ktime_get_ns(), .len = len };
	__u32 context = current_context();

	writer.endpoint = endpoint_of(dev);
	if (writer.endpoint)
		store(&writers, &context, &writer);
	return 0;
}

static __always_inline int write_ends(void)
{
	__u32 context = current_context();

	bpf_map_delete_elem(&writers, &context);
	return 0;
}

/* message_queued() - @slot names the buffer, and is NULL where its return is not seen. */
static __always_inline int message_queued(const struct slot_key *slot)
{
	__u32 context = current_context();
	struct writer *writer = bpf_map_lookup_elem(&writers, &context);
	struct endpoint_stats *stats;
	struct message message = {};

	if (!writer)
		return 0;
	stats = bpf_map_lookup_elem(&endpoints, &writer->endpoint);
	if (!stats) {
		add(lost, 1);
		return 0;
	}
	if (stats->asked_tail - stats->asked_head >= MESSAGE_ASKED_MAX)
		give_up(stats, writer->endpoint);
	message.at[AT_WRITE] = writer->ns;
	message.at[AT_QUEUED] = bpf_ktime_get_ns();
	message.endpoint = writer->endpoint;
	message.node = stats->node;
	message.writer = bpf_get_current_pid_tgid() >> 32;
	message.writer_thread = bpf_get_current_pid_tgid();
	writer->queued.endpoint = writer->endpoint;
	writer->queued.number = stats->asked_tail;
	/* Before the number is given away: an answer must find it. */
	store(&asked, &writer->queued, &message);
	if (slot)
		store(&slots, slot, &writer->queued);
	add(stats->asked_tail, 1);
	add(stats->sent, 1);
	add(stats->sent_bytes, writer->len);
	return 0;
}

/* queuing_undone() - the ring did not take what was counted as queued already. */
static __always_inline int queuing_undone(void)
{
	__u32 context = current_context();
	struct writer *writer = bpf_map_lookup_elem(&writers, &context);
	struct endpoint_stats *stats;

	if (!writer || !writer->queued.endpoint)
		return 0;
	stats = bpf_map_lookup_elem(&endpoints, &writer->queued.endpoint);
	if (!stats)
		return 0;
	bpf_map_delete_elem(&asked, &writer->queued);
	writer->queued.endpoint = 0;
	add(stats->asked_tail, -1);
	add(stats->sent, -1);
	add(stats->sent_bytes, -(__u64)writer->len);
	return 0;
}

static __always_inline int message_kicked(void)
{
	__u32 context = current_context();
	struct writer *writer = bpf_map_lookup_elem(&writers, &context);
	struct message *message;

	if (!writer || !writer->queued.endpoint)
		return 0;
	message = bpf_map_lookup_elem(&asked, &writer->queued);
	if (message)
		message->at[AT_KICK] = bpf_ktime_get_ns();
	writer->queued.endpoint = 0;
	return 0;
}

static __always_inline int message_consumed(const struct slot_key *slot)
{
	struct message_key *key = bpf_map_lookup_elem(&slots, slot);
	struct message *message;

	if (!key)
		return 0;
	message = bpf_map_lookup_elem(&asked, key);
	if (message)
		message->at[AT_CONSUMED] = bpf_ktime_get_ns();
	bpf_map_delete_elem(&slots, slot);
	return 0;
}

/* The way back */

static __always_inline int interrupted(void)
{
	__u32 context = current_context();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&interrupts, &context, &now, BPF_ANY);
	return 0;
}

/* An answer to the oldest message, or else one that nobody asked for. */
static __always_inline void take_asked(struct endpoint_stats *stats, __u32 id,
				       struct message *message)
{
	struct message_key key = { .endpoint = id };
	struct message *request;

	if (stats->asked_head == stats->asked_tail) {
		add(stats->unasked, 1);
		return;
	}
	key.number = add(stats->asked_head, 1);
	request = bpf_map_lookup_elem(&asked, &key);
	if (!request) {
		add(lost, 1);
		return;
	}
	*message = *request;
	bpf_map_delete_elem(&asked, &key);
}

/* message_delivered() - @depth is how many the queue has now. */
static __always_inline int message_delivered(struct device *dev, __u32 len, __u32 depth)
{
	__u32 id = endpoint_of(dev), context = current_context();
	struct endpoint_stats *stats;
	struct message message = {};
	struct message_key key = { .endpoint = id };
	__u64 *interrupt;

	if (!id)
		return 0;
	stats = bpf_map_lookup_elem(&endpoints, &id);
	if (!stats)
		return 0;
	if (!stats->received)
		stats->queue_earlier = depth ? depth - 1 : 0;
	take_asked(stats, id, &message);
	interrupt = bpf_map_lookup_elem(&interrupts, &context);
	message.at[AT_INTERRUPT] = interrupt ? *interrupt : 0;
	/* Messages that come while others are delivered have no interrupt of their own. */
	if (interrupt && message.at[AT_CONSUMED] > *interrupt)
		message.at[AT_INTERRUPT] = message.at[AT_CONSUMED];
	message.at[AT_DELIVERED] = bpf_ktime_get_ns();
	message.endpoint = id;
	message.node = stats->node;
	message.len = len;
	key.number = stats->queue_tail;
	store(&received, &key, &message);
	add(stats->queue_tail, 1);
	add(stats->received, 1);
	add(stats->received_bytes, len);
	return 0;
}

static __always_inline void set_reader(struct message *message)
{
	__u64 pid = bpf_get_current_pid_tgid();
	struct running *run;
	__u32 zero = 0;

	message->at[AT_USER] = bpf_ktime_get_ns();
	message->at[AT_RUNNING] = message->at[AT_DELIVERED];
	message->reader = pid >> 32;
	message->reader_thread = pid;
	message->cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(message->reader_comm, sizeof(message->reader_comm));
	/* Who runs now is who was switched to last. */
	run = bpf_map_lookup_elem(&runs, &zero);
	if (run && run->ns > message->at[AT_DELIVERED]) {
		message->at[AT_RUNNING] = run->ns;
		message->before = run->before;
		__builtin_memcpy(message->before_comm, run->before_comm, MESSAGE_COMM_SIZE);
	}
}

static __always_inline int message_read(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats;
	struct message_key key = { .endpoint = id };
	struct message *message;

	if (!id)
		return 0;
	stats = bpf_map_lookup_elem(&endpoints, &id);
	if (!stats)
		return 0;
	if (stats->queue_earlier || stats->queue_head == stats->queue_tail) {
		if (stats->queue_earlier)
			add(stats->queue_earlier, -1);
		add(stats->earlier, 1);
		return 0;
	}
	key.number = add(stats->queue_head, 1);
	add(stats->read, 1);
	message = bpf_map_lookup_elem(&received, &key);
	if (!message) {
		add(lost, 1);
		return 0;
	}
	set_reader(message);
	account(stats, message);
	tell(message);
	bpf_map_delete_elem(&received, &key);
	return 0;
}

static __always_inline int message_refused(struct device *dev)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = bpf_map_lookup_elem(&endpoints, &id);
	struct message dropped = {};

	if (!stats)
		return 0;
	add(stats->refused, 1);
	take_asked(stats, id, &dropped);
	return 0;
}

/* delivery_undone() - there was no memory for what was counted as delivered already. */
static __always_inline int delivery_undone(struct device *dev, __u32 len)
{
	__u32 id = endpoint_of(dev);
	struct endpoint_stats *stats = bpf_map_lookup_elem(&endpoints, &id);
	struct message_key key = { .endpoint = id };

	if (!stats)
		return 0;
	key.number = add(stats->queue_tail, -1) - 1;
	bpf_map_delete_elem(&received, &key);
	add(stats->received, -1);
	add(stats->received_bytes, -(__u64)len);
	add(stats->refused, 1);
	return 0;
}

/* The end */

static long end_asked(__u32 i, __u32 *id)
{
	struct endpoint_stats *stats = bpf_map_lookup_elem(&endpoints, id);

	if (!stats || stats->asked_head >= stats->asked_tail)
		return 1;
	give_up(stats, *id);
	return 0;
}

static long end_queued(__u32 i, __u32 *id)
{
	struct endpoint_stats *stats = bpf_map_lookup_elem(&endpoints, id);
	struct message_key key = { .endpoint = *id };

	if (!stats || stats->queue_head >= stats->queue_tail)
		return 1;
	key.number = add(stats->queue_head, 1);
	add(stats->unread, 1);
	bpf_map_delete_elem(&received, &key);
	return 0;
}

static __always_inline int node_closed(struct device *dev)
{
	__u32 node = BPF_CORE_READ(dev, id), *known = bpf_map_lookup_elem(&nodes, &node);
	struct endpoint_stats *stats;
	__u32 id;

	if (!known)
		return 0;
	id = *known;
	bpf_map_delete_elem(&nodes, &node);
	bpf_loop(MESSAGE_ASKED_MAX, end_asked, &id, 0);
	bpf_loop(65536, end_queued, &id, 0);
	stats = bpf_map_lookup_elem(&endpoints, &id);
	if (!stats)
		return 0;
	stats->closed = 1;
	/* Who opens and closes all the time shall not fill the table. */
	if (!stats->sent && !stats->received)
		bpf_map_delete_elem(&endpoints, &id);
	return 0;
}

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
int BPF_PROG(tp_queued, struct virtio_device *vdev, __u32 slot)
{
	return vdev ? message_queued(&(struct slot_key){ vdev->index, slot }) : 0;
}

SEC("tp_btf/rpmsg_kick")
int BPF_PROG(tp_kick, struct virtio_device *vdev, __u32 vring)
{
	return vring == 1 ? message_kicked() : 0;
}

SEC("tp_btf/rpmsg_consumed")
int BPF_PROG(tp_consumed, struct virtio_device *vdev, __u32 slot)
{
	return vdev ? message_consumed(&(struct slot_key){ vdev->index, slot }) : 0;
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
	return vq->vdev->id.device == VIRTIO_ID_RPMSG ? message_queued(NULL) : 0;
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

/* On both */

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct running *run;
	__u32 zero = 0;

	run = bpf_map_lookup_elem(&runs, &zero);
	if (!run)
		return 0;
	run->ns = bpf_ktime_get_ns();
	run->before = prev->pid;
	BPF_CORE_READ_STR_INTO(&run->before_comm, prev, comm);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
