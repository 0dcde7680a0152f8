// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stress test's processors, see stress_remote.h.
 *
 * A life ends in one of two ways. When the remote itself brings it about, it first reads the
 * device's counters: nothing is delivered any more, since it is the remote's interrupt that makes
 * the host look, so the books must balance to the last message. (When a held message was read the
 * host looks by itself, too. So a remote of holders says all before it counts.) When somebody else
 * ends it, the counters are gone before the remote hears of it; what was in the ring then is lost
 * with it, and no more than that.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <unistd.h>

#include <linux/urproc.h>
#include <linux/virtio_config.h>

#include "endpoint.h"
#include "stress_remote.h"
#include "wait.h"

#define BATCH		8	/* requests answered before the host is told */
#define REST		8	/* times longer than a batch took, at most this: */
#define REST_MAX_MS	2000
#define PASSING		0x51	/* address of the service that comes and goes */
#define FAULTS_SHOWN	20

_Static_assert(sizeof(struct stress_message) == RPMSG_PAYLOAD_MAX, "the largest payload");

/* Messages */

static uint32_t message_sum(const struct stress_message *message)
{
	const uint32_t words[] = {
		message->session, message->number, message->replies, message->size,
	};
	uint32_t sum = 2166136261u;
	unsigned int i;

	for (i = 0; i < 4; i++)
		sum = (sum ^ words[i]) * 16777619u;
	for (i = 0; i < message->size; i++)
		sum = (sum ^ message->text[i]) * 16777619u;
	return sum;
}

size_t stress_message_fill(struct stress_message *message, uint32_t session, uint32_t number,
			   uint16_t replies)
{
	uint32_t random = session * 2654435761u + number + 1;
	unsigned int i;

	message->session = session;
	message->number = number;
	message->replies = replies;
	message->size = (session * 7 + number * 37) % (STRESS_TEXT_MAX + 1);
	for (i = 0; i < message->size; i++) {
		random = random * 1664525u + 1013904223u;
		message->text[i] = random >> 24;
	}
	message->sum = message_sum(message);
	return offsetof(struct stress_message, text) + message->size;
}

bool stress_message_ok(const struct stress_message *message, size_t size)
{
	return size >= offsetof(struct stress_message, text) && message->size <= STRESS_TEXT_MAX &&
	       size == offsetof(struct stress_message, text) + message->size &&
	       message->sum == message_sum(message);
}

void stress_fault(atomic_ulong *fault, const char *fmt, ...)
{
	static atomic_uint shown;
	char text[256];
	va_list args;

	(*fault)++;
	if (shown++ >= FAULTS_SHOWN)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("# %s\n", text);
	fflush(stdout);
}

/* Lives */

static void life_balance(const struct stress_life *life)
{
	atomic_ulong *unaccounted = &life->faults->unaccounted;
	const uint32_t most = life->counted ? life->in_ring : RING_NUM;

	/* An endpoint that lived until the end missed what was in the ring, nothing else. */
	if (life->lost > most)
		stress_fault(unaccounted, "lost %u, at most %u were in the ring", life->lost, most);
	if (!life->counted)
		return;

	if (life->rx_messages + life->rx_unclaimed + life->in_ring !=
	    life->sent + life->announced)
		stress_fault(unaccounted, "sent %u + %u = delivered %u + unclaimed %u + left %u",
			     life->sent, life->announced, life->rx_messages, life->rx_unclaimed,
			     life->in_ring);
	if (life->read + life->rx_refused + life->heard != life->rx_messages)
		stress_fault(unaccounted, "delivered %u = read %u + dropped %u + announced %u",
			     life->rx_messages, life->read, life->rx_refused, life->heard);
	if (life->rx_malformed)
		stress_fault(&life->faults->corrupt, "%u malformed", life->rx_malformed);
}

void stress_life_get(struct stress_life *life)
{
	life->refs++;
}

void stress_life_put(struct stress_life *life)
{
	if (--life->refs)
		return;
	life_balance(life);
	free(life);
}

struct stress_life *stress_remote_life(struct stress_remote *remote)
{
	struct stress_life *life;

	pthread_mutex_lock(&remote->lock);
	life = remote->life;
	if (life)
		stress_life_get(life);
	pthread_mutex_unlock(&remote->lock);
	return life;
}

static void life_begin(struct stress_remote *remote)
{
	struct stress_life *life = calloc(1, sizeof(*life));

	if (!life)
		abort();
	if (device_find(&remote->processor, remote->device))
		stress_fault(&remote->faults->errors, "no device");
	life->refs = 1;
	life->faults = remote->faults;
	remote->unseen = 0;
	remote->announced = false;
	remote->answering = false;
	remote->replies = 0;
	remote->lives++;

	pthread_mutex_lock(&remote->lock);
	remote->life = life;
	pthread_mutex_unlock(&remote->lock);
}

static uint32_t counter(const struct stress_remote *remote, const char *name)
{
	const long value = device_counter_of(remote->device, name);

	if (value < 0)
		stress_fault(&remote->faults->errors, "no counter %s", name);
	return value;
}

/*
 * Nothing is delivered between this and the end. What the host was told of has been, but for what
 * its driver found by itself when it came up, and may be at still.
 */
static void life_count(struct stress_remote *remote)
{
	struct stress_life *life = remote->life;
	const uint32_t told = life->sent + life->announced - remote->unseen;

	/* A life may be shorter than a probe, after which counters appear; that one is the last. */
	wait_until(device_counter_of(remote->device, "tx_kicks") >= 0, PATIENCE_MS);
	wait_until(counter(remote, "rx_messages") + counter(remote, "rx_unclaimed") == told,
		   PATIENCE_MS);
	life->rx_messages = counter(remote, "rx_messages");
	life->rx_unclaimed = counter(remote, "rx_unclaimed");
	life->rx_refused = counter(remote, "rx_refused");
	life->rx_malformed = counter(remote, "rx_malformed");
	life->counted = true;
}

/* The session that a message names, if that is alive; all else is a fault. */
static struct stress_session *session_of(struct stress_remote *remote,
					 const struct stress_message *message, size_t size)
{
	struct stress_session *session;

	if (!stress_message_ok(message, size)) {
		stress_fault(&remote->faults->corrupt, "the remote got %zu spoilt bytes", size);
		return NULL;
	}
	session = remote->sessions[message->session % STRESS_SLOTS];
	if (session->id != message->session) {
		stress_fault(&remote->faults->disorder, "a message of session %u, which is over",
			     message->session);
		return NULL;
	}
	return session;
}

/*
 * The host took its buffers back, and the ring's index with them; the ring's entries and the memory
 * are as they were. What was not taken is what has a number that is still to come.
 */
static void count_left(struct stress_remote *remote)
{
	struct ring *ring = &remote->remote.from_host;
	const unsigned int num = ring->vring.num;
	struct rpmsg_message message;
	struct stress_message *stress = (struct stress_message *)message.data;
	struct stress_session *session;
	unsigned int i, index;
	size_t room;
	void *from;

	for (i = 0; i < num; i++) {
		index = ring->vring.avail->ring[(ring->taken + i) % num] % num;
		from = ring_buffer(&remote->remote, ring, index, &room);
		if (!from || room < sizeof(message.header) || room > sizeof(message))
			continue;
		memcpy(&message, from, room);
		if (message.header.dst != STRESS_SERVICE ||
		    !stress_message_ok(stress, message.header.len))
			continue;
		session = remote->sessions[stress->session % STRESS_SLOTS];
		if (session->id == stress->session &&
		    stress->number == session->taken + session->left)
			session->left++;
	}
}

/* The session may be gone after this, so it comes after everything else. */
static void request_taken(struct stress_remote *remote)
{
	remote->answering = false;
	remote->taken++;
	remote->sessions[remote->request.session % STRESS_SLOTS]->taken++;
}

static void life_end(struct stress_remote *remote)
{
	struct stress_life *life = remote->life;

	if (!life)
		return;
	if (remote->answering)
		request_taken(remote);
	count_left(remote);
	life->in_ring = remote->unseen;

	pthread_mutex_lock(&remote->lock);
	remote->life = NULL;
	pthread_mutex_unlock(&remote->lock);
	life->over = true;
	stress_life_put(life);
}

/* The remote at work */

static void interrupt(struct stress_remote *remote)
{
	remote_notify(&remote->remote, &remote->remote.from_host);
	if (remote->unseen && !remote_notify(&remote->remote, &remote->remote.to_host)) {
		remote->unseen = 0;
		remote->life->heard = remote->life->announced;
	}
}

/*
 * After a reset the ring is no more the remote's, and the driver takes its index back. So that is
 * read first: if the driver was still there afterwards, the entry is true.
 */
static bool has_entry(struct stress_remote *remote, const struct ring *ring)
{
	const uint16_t avail = __atomic_load_n(&ring->vring.avail->idx, __ATOMIC_SEQ_CST);
	const uint8_t *status = &processor_table(&remote->processor)->vdev.status;

	return avail != ring->taken &&
	       __atomic_load_n(status, __ATOMIC_SEQ_CST) & VIRTIO_CONFIG_S_DRIVER_OK;
}

/* Without an interrupt. False when there is no room. */
static bool give(struct stress_remote *remote, uint32_t src, uint32_t dst, const void *data,
		 size_t len)
{
	struct ring *ring = &remote->remote.to_host;
	struct rpmsg_message message = { .header = { .src = src, .dst = dst, .len = len } };
	const size_t size = sizeof(message.header) + len;
	size_t room;
	int index;
	void *to;

	index = has_entry(remote, ring) ? ring_take(ring) : -EAGAIN;
	if (index < 0)
		return false;
	to = ring_buffer(&remote->remote, ring, index, &room);
	if (!to || room < size) {
		stress_fault(&remote->faults->corrupt, "the host's buffer is none");
		return false;
	}
	memcpy(message.data, data, len);
	memcpy(to, &message, size);
	ring_give(ring, index, size);
	remote->unseen++;
	return true;
}

static void announce(struct stress_remote *remote, const char *name, uint32_t addr, uint32_t flags)
{
	struct rpmsg_ns_message message = { .addr = addr, .flags = flags };

	memcpy(message.name, name, strnlen(name, sizeof(message.name)));
	if (give(remote, addr, RPMSG_NS_ADDR, &message, sizeof(message)))
		remote->life->announced++;
}

static bool reply(struct stress_remote *remote)
{
	struct stress_session *session = remote->sessions[remote->request.session % STRESS_SLOTS];
	struct stress_message message;
	size_t size;

	size = stress_message_fill(&message, session->id, session->sent, 0);
	if (!give(remote, STRESS_SERVICE, remote->from, &message, size))
		return false;
	remote->life->sent++;
	remote->sent++;
	session->sent++;
	return true;
}

/* The next request becomes the one that is answered. False when there is none. */
static bool take(struct stress_remote *remote)
{
	struct ring *ring = &remote->remote.from_host;
	struct stress_session *session;
	struct rpmsg_message message;
	size_t room;
	void *from;
	int index;

	index = has_entry(remote, ring) ? ring_take(ring) : -EAGAIN;
	if (index < 0)
		return false;
	from = ring_buffer(&remote->remote, ring, index, &room);
	if (!from || room > sizeof(message)) {
		stress_fault(&remote->faults->corrupt, "the host's buffer is none");
		return false;
	}
	memset(&message, 0, sizeof(message));
	memcpy(&message, from, room);
	ring_give(ring, index, 0);
	if (message.header.dst == RPMSG_NS_ADDR)
		return true;

	memcpy(&remote->request, message.data, sizeof(remote->request));
	session = session_of(remote, &remote->request, message.header.len);
	if (!session)
		return true;
	if (remote->request.number != session->taken)
		stress_fault(&remote->faults->disorder, "number %u of session %u, not %u",
			     remote->request.number, session->id, session->taken);
	remote->from = message.header.src;
	remote->replies = remote->request.replies;
	remote->answering = true;
	return true;
}

/* A service that comes and goes now and then. */
static void pass_by(struct stress_remote *remote)
{
	announce(remote, "stress-passing", PASSING,
		 remote->announced ? RPMSG_NS_DESTROY : RPMSG_NS_CREATE);
	remote->announced = !remote->announced;
}

/*
 * Everybody waits for the remotes' answers: when they rest, the machine has time for those who
 * crash and create, however slow it is. A kick does not end that.
 */
static void rest_after(int64_t took_ms)
{
	usleep(MIN(REST * took_ms, REST_MAX_MS) * 1000);
}

/* Returns how long to wait for more, in milliseconds. */
static int work(struct stress_remote *remote)
{
	const int64_t begin = now_ms();
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		if (!remote->answering && !take(remote))
			break;
		while (remote->replies && reply(remote))
			remote->replies--;
		if (remote->replies)
			break;
		if (remote->answering) {
			request_taken(remote);
			if (remote->taken % 256 == 0)
				pass_by(remote);
		}
	}
	/* A remote may end before it says so. */
	if (remote->order == STRESS_NOTHING)
		interrupt(remote);
	if (remote->replies)
		return 5;
	if (i < BATCH)
		return 20;
	rest_after(now_ms() - begin);
	return 0;
}

static void complete(struct stress_remote *remote, uint64_t seq)
{
	struct urproc_complete complete = { .size = sizeof(complete), .seq = seq };

	if (ioctl(remote->processor.fd, URPROC_IOC_COMPLETE, &complete))
		stress_fault(&remote->faults->errors, "not completed: %s", strerror(errno));
}

static void read_events(struct stress_remote *remote)
{
	struct urproc_event event;

	while (read(remote->processor.fd, &event, sizeof(event)) == sizeof(event)) {
		if (event.type == URPROC_EVENT_STOP) {
			remote->starting = false;
			life_end(remote);
			complete(remote, event.seq);
		} else if (event.type == URPROC_EVENT_START) {
			complete(remote, event.seq);
			remote->starting = true;
		}
	}
}

/* The driver comes after the start. */
static void begin_when_ready(struct stress_remote *remote)
{
	const volatile struct table_vdev *vdev = &processor_table(&remote->processor)->vdev;

	if (!(vdev->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	remote->starting = false;
	if (remote_find_rings(&remote->remote)) {
		stress_fault(&remote->faults->errors, "no rings");
		return;
	}
	life_begin(remote);
	announce(remote, "rpmsg-stress", STRESS_SERVICE, RPMSG_NS_CREATE);
}

static void *remote_run(void *data)
{
	struct stress_remote *remote = data;
	struct pollfd poll_fd = { .fd = remote->processor.fd, .events = POLLIN };
	int timeout = 0;

	for (;;) {
		poll(&poll_fd, 1, timeout);
		read_events(remote);
		if (remote->starting)
			begin_when_ready(remote);
		timeout = remote->starting ? 1 : 20;
		if (!remote->life)
			continue;

		timeout = work(remote);
		if (remote->order == STRESS_NOTHING)
			continue;
		if (remote->holders)
			interrupt(remote);
		life_count(remote);
		if (remote->order == STRESS_END)
			break;
		remote->order = STRESS_NOTHING;
		if (ioctl(remote->processor.fd, URPROC_IOC_CRASH, 0))
			stress_fault(&remote->faults->errors, "no crash: %s", strerror(errno));
		/* Dead: the next that comes is the stop. */
		while (remote->life) {
			poll(&poll_fd, 1, -1);
			read_events(remote);
		}
	}
	life_end(remote);
	return NULL;
}

int stress_remote_start(struct stress_remote *remote, struct stress_session *const *sessions,
			struct stress_faults *faults, bool holders)
{
	int ret;

	memset(remote, 0, sizeof(*remote));
	pthread_mutex_init(&remote->lock, NULL);
	remote->sessions = sessions;
	remote->faults = faults;
	remote->holders = holders;
	remote->remote.processor = &remote->processor;
	ret = processor_register(&remote->processor, URPROC_CREATE_AUTO_BOOT);
	if (ret)
		return ret;
	return -pthread_create(&remote->thread, NULL, remote_run, remote);
}

void stress_remote_end(struct stress_remote *remote)
{
	remote->order = STRESS_END;
	pthread_join(remote->thread, NULL);
	processor_close(&remote->processor);
}
