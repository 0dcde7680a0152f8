// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kicks.bpf.c: kicks per vring, and the time from a kick to the wake-up of the reader.
 *
 * A kick is what virtqueue_kick_prepare() decided on: virtqueue_kick() has virtqueue_notify()
 * inlined, but never that. The endpoint it is for is the one whose message the task is just
 * sending (rpmsg_sendto() and its sisters); rpmsg_char's callback is handed the same ->priv when
 * an answer is delivered, and whom it wakes, from within, is the reader.
 *
 * sched_waking and not sched_wakeup: it is logged by the waker, where we know why, while
 * sched_wakeup may come from an interrupt of the sleeper's CPU.
 */
#include "kernel.bpf.h"
#include "kicks.h"

const volatile __s32 only_processor = KICKS_NO_PROCESSOR;

__u64 lost;		/* events that found a map full */

struct endpoint {
	__u64			kick_ns;	/* of the open pair, 0 is none */
	struct vring_key	tx;
	__u32			ignored;	/* of a processor that was not asked for */
};

struct delivery {
	__u64			endpoint;
	__u32			level;
	__u32			woken;
};

struct wakeup {
	__u64			ns;
	struct vring_key	tx;
};

struct device_info {
	__s32			processor;
	__u32			device;
};

#define MAP(name_, key_, value_, entries_)			\
	struct {						\
		__uint(type, BPF_MAP_TYPE_HASH);		\
		__type(key, key_);				\
		__type(value, value_);				\
		__uint(max_entries, entries_);			\
	} name_ SEC(".maps")

MAP(vrings, struct vring_key, struct vring_stats, 256);
MAP(devices, __u64, struct device_info, 64);		/* by the number of its sysfs node */
MAP(endpoints, __u64, struct endpoint, 4096);		/* by ->priv */
MAP(senders, __u32, __u64, 4096);			/* context -> endpoint */
MAP(deliveries, __u32, struct delivery, 256);		/* by context */
MAP(wakeups, __u32, struct wakeup, 4096);		/* by pid of the reader */

static const struct vring_stats no_stats;

#define add(counter)	__sync_fetch_and_add(&(counter), 1)

static __always_inline void store(void *map, const void *key, const void *value)
{
	if (bpf_map_update_elem(map, key, value, BPF_ANY))
		add(lost);
}

static __always_inline __u32 log2_usecs(__u64 ns)
{
	__u64 usecs = ns / 1000;
	__u32 slot = 0;

	for (int shift = 16; shift; shift >>= 1) {
		if (usecs >> shift) {
			usecs >>= shift;
			slot += shift;
		}
	}
	return slot < KICKS_SLOTS ? slot : KICKS_SLOTS - 1;
}

static __always_inline struct vring_stats *stats_of(const struct vring_key *key)
{
	struct vring_stats *stats = bpf_map_lookup_elem(&vrings, key);

	if (stats)
		return stats;
	bpf_map_update_elem(&vrings, key, &no_stats, BPF_NOEXIST);
	stats = bpf_map_lookup_elem(&vrings, key);
	if (!stats)
		add(lost);
	return stats;
}

/* identify() - which device this is; found once, for it takes a walk up the parents. */
static __always_inline void identify(struct virtio_device *vdev, struct vring_key *key)
{
	__u64 node = BPF_CORE_READ(vdev, dev.kobj.sd, id);
	struct device_info *known = bpf_map_lookup_elem(&devices, &node);
	struct device_info info;

	if (known) {
		info = *known;
	} else {
		info.processor = processor_index(&vdev->dev);
		info.device = BPF_CORE_READ(vdev, index);
		/* A full map costs time, no truth. */
		bpf_map_update_elem(&devices, &node, &info, BPF_ANY);
	}
	key->processor = info.processor;
	key->device = info.device;
}

static __always_inline bool wanted(const struct vring_key *key)
{
	return only_processor == KICKS_NO_PROCESSOR || key->processor == only_processor;
}

/* open_pair() - this kick is for an endpoint of rpmsg_char, perhaps. */
static __always_inline void open_pair(struct vring_stats *stats, const struct vring_key *key)
{
	__u32 context = current_context();
	__u64 *priv = bpf_map_lookup_elem(&senders, &context);
	struct endpoint *endpoint, fresh = {};

	if (!priv) {
		add(stats->foreign);
		return;
	}
	endpoint = bpf_map_lookup_elem(&endpoints, priv);
	if (!endpoint) {
		fresh.kick_ns = bpf_ktime_get_ns();
		fresh.tx = *key;
		store(&endpoints, priv, &fresh);
		return;
	}
	endpoint->tx = *key;
	endpoint->ignored = false;
	if (__sync_val_compare_and_swap(&endpoint->kick_ns, 0, bpf_ktime_get_ns()))
		add(stats->joined);
}

SEC("fexit/virtqueue_kick_prepare")
int BPF_PROG(kick, struct virtqueue *vq, bool needed)
{
	struct vring_key key = {};
	struct vring_stats *stats;

	if (vq->vdev->id.device != VIRTIO_ID_RPMSG)
		return 0;
	key.vring = vq->index;
	identify(vq->vdev, &key);
	if (!wanted(&key))
		return 0;
	stats = stats_of(&key);
	if (!stats)
		return 0;
	if (!stats->name[0])
		bpf_probe_read_kernel_str(stats->name, sizeof(stats->name), vq->name);
	if (!needed) {
		add(stats->suppressed);
		return 0;
	}
	add(stats->kicks);
	if (key.vring == KICKS_TX_VRING)
		open_pair(stats, &key);
	return 0;
}

/* Between entry and exit of these, what the task kicks is for this endpoint. */
static __always_inline int sender_set(struct rpmsg_endpoint *ept)
{
	__u32 context = current_context();
	__u64 priv = (__u64)ept->priv;

	if (priv)
		store(&senders, &context, &priv);
	return 0;
}

static __always_inline int sender_clear(void)
{
	__u32 context = current_context();

	bpf_map_delete_elem(&senders, &context);
	return 0;
}

#define SENDER(name)							\
SEC("fentry/rpmsg_" #name)						\
int BPF_PROG(name##_begins, struct rpmsg_endpoint *ept)			\
{									\
	return sender_set(ept);					\
}									\
									\
SEC("fexit/rpmsg_" #name)						\
int BPF_PROG(name##_ends)						\
{									\
	return sender_clear();						\
}

SENDER(send)
SENDER(sendto)
SENDER(trysend)
SENDER(trysendto)

/* first_seen() - an endpoint that got a message before it kicked. */
static __always_inline void first_seen(struct rpmsg_device *rpdev, __u64 priv)
{
	struct device *parent = rpdev->dev.parent;
	struct endpoint fresh = { .ignored = true };
	struct virtio_device *vdev;
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), parent->kobj.name);
	if (name_index(name, "virtio", 6) >= 0) {
		vdev = (void *)parent - bpf_core_field_offset(struct virtio_device, dev);
		identify(vdev, &fresh.tx);
		fresh.tx.vring = KICKS_TX_VRING;
		fresh.ignored = !wanted(&fresh.tx);
	}
	store(&endpoints, &priv, &fresh);
}

/* The tool puts the name of rpmsg_char's callback in. */
SEC("fentry")
int BPF_PROG(delivery_begins, struct rpmsg_device *rpdev, void *data, int len, void *priv)
{
	struct delivery delivery = { .endpoint = (__u64)priv };
	__u32 context = current_context();
	struct endpoint *endpoint;

	endpoint = bpf_map_lookup_elem(&endpoints, &delivery.endpoint);
	if (!endpoint)
		first_seen(rpdev, delivery.endpoint);
	else if (endpoint->ignored)
		return 0;
	delivery.level = interrupt_level();
	store(&deliveries, &context, &delivery);
	return 0;
}

SEC("fexit")
int BPF_PROG(delivery_ends)
{
	__u32 context = current_context();
	struct delivery *delivery = bpf_map_lookup_elem(&deliveries, &context);
	struct endpoint *endpoint;
	struct vring_stats *stats;

	if (!delivery)
		return 0;
	endpoint = bpf_map_lookup_elem(&endpoints, &delivery->endpoint);
	if (endpoint && !delivery->woken && __sync_lock_test_and_set(&endpoint->kick_ns, 0)) {
		stats = stats_of(&endpoint->tx);
		if (stats)
			add(stats->awake);
	}
	bpf_map_delete_elem(&deliveries, &context);
	return 0;
}

/* never_left() - woken on the way to sleep: nothing will switch it in. */
static __always_inline bool never_left(struct task_struct *task)
{
	if (!task->on_cpu || !task->on_rq)
		return false;
	/* Since 6.12 a sleeper may stay on the run queue for a while. */
	return !bpf_core_field_exists(task->se.sched_delayed) || !task->se.sched_delayed;
}

static __always_inline void reader_woken(struct endpoint *endpoint, struct task_struct *reader)
{
	struct wakeup wakeup = { .ns = bpf_ktime_get_ns(), .tx = endpoint->tx };
	__u64 kick_ns = __sync_lock_test_and_set(&endpoint->kick_ns, 0);
	struct vring_key rx = endpoint->tx;
	struct vring_stats *stats;
	__u32 pid = reader->pid;

	if (!kick_ns) {
		rx.vring = KICKS_RX_VRING;
		stats = stats_of(&rx);
		if (stats)
			add(stats->unasked);
		return;
	}
	stats = stats_of(&endpoint->tx);
	if (!stats)
		return;
	add(stats->wakeup[log2_usecs(wakeup.ns - kick_ns)]);
	if (never_left(reader))
		add(stats->stayed);
	else
		store(&wakeups, &pid, &wakeup);
}

SEC("tp_btf/sched_waking")
int BPF_PROG(waking, struct task_struct *task)
{
	__u32 context = current_context();
	struct delivery *delivery = bpf_map_lookup_elem(&deliveries, &context);
	struct endpoint *endpoint;

	if (!delivery || delivery->woken)
		return 0;
	/* Neither an interrupt's wake-up, nor a worker's that helps the kernel along. */
	if (interrupt_level() != delivery->level || task->flags & PF_KTHREAD)
		return 0;
	delivery->woken = true;
	endpoint = bpf_map_lookup_elem(&endpoints, &delivery->endpoint);
	if (endpoint && !endpoint->ignored)
		reader_woken(endpoint, task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u32 pid = next->pid;
	struct wakeup *wakeup = bpf_map_lookup_elem(&wakeups, &pid);
	struct vring_stats *stats;

	if (!wakeup)
		return 0;
	stats = stats_of(&wakeup->tx);
	if (stats)
		add(stats->running[log2_usecs(bpf_ktime_get_ns() - wakeup->ns)]);
	bpf_map_delete_elem(&wakeups, &pid);
	return 0;
}

/* The next one at this address is another endpoint. */
SEC("fentry/rpmsg_destroy_ept")
int BPF_PROG(endpoint_closed, struct rpmsg_endpoint *ept)
{
	__u64 priv = (__u64)ept->priv;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &priv);
	struct vring_stats *stats;

	if (!endpoint)
		return 0;
	if (__sync_lock_test_and_set(&endpoint->kick_ns, 0)) {
		stats = stats_of(&endpoint->tx);
		if (stats)
			add(stats->closed);
	}
	bpf_map_delete_elem(&endpoints, &priv);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
