// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stress test's endpoints, see stress_slot.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <unistd.h>

#include <linux/rpmsg_endpoint.h>

#include "endpoint.h"
#include "stress_slot.h"

#define SHORT_LIMIT	"1024"	/* bytes of a queue: less than four answers, mostly */
#define RING_SLOTS	8
#define RING_WAIT_NS	1000000000ull
#define KEEP_EVERY	8	/* messages; such a one is kept while half as many come */

struct reader {
	struct slot	*slot;
	int		fd;
	pthread_t	thread;
	bool		runs;
};

unsigned int roll(unsigned int *random, unsigned int from, unsigned int to)
{
	return from + rand_r(random) % (to - from + 1);
}

void sleep_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

static bool has_rings(const struct slot *slot)
{
	return slot->kind == RINGS || slot->kind == EXCLUSIVE;
}

static bool slow(const struct slot *slot)
{
	return slot->kind == DROPPING || slot->kind == HOLDING;
}

/* Reading */

static void message_read(struct slot *slot, const struct stress_message *message, int size,
			 uint32_t *next)
{
	struct stress_faults *faults = &slot->all->faults;
	unsigned int highest;

	if (!stress_message_ok(message, size)) {
		stress_fault(&faults->corrupt, "slot %u read a spoilt message of %d bytes",
			     slot->index, size);
		return;
	}
	if (message->session != slot->session.id || message->number >= NUMBERS) {
		stress_fault(&faults->disorder, "slot %u read number %u of session %u", slot->index,
			     message->number, message->session);
		return;
	}
	if (message->number < *next || slot->seen[message->number]++)
		stress_fault(&faults->disorder, "slot %u read number %u late or again", slot->index,
			     message->number);
	*next = message->number + 1;
	highest = slot->highest;
	while (highest < *next &&
	       !atomic_compare_exchange_weak(&slot->highest, &highest, *next))
		;
	slot->session.life->read++;
	slot->all->read++;
	slot->all->exclusive += slot->kind == EXCLUSIVE;
	/* Last: whoever waits for it looks at the others then. */
	slot->session.read++;
}

static void release_kept(struct slot *slot)
{
	if (slot->kept < 0)
		return;
	if (!stress_message_ok((const void *)rings_rx_slot(&slot->rings, slot->kept),
			       slot->kept_size))
		stress_fault(&slot->all->faults.corrupt, "slot %u: a kept message is spoilt",
			     slot->index);
	rings_release(&slot->rings, slot->kept);
	slot->kept = -1;
}

/* What the remote has written to goes back to it, some of it late, and behind what came later. */
static void ring_release(struct slot *slot, const struct rpmsg_ring_ready *ready)
{
	const unsigned int turn = slot->session.read % KEEP_EVERY;

	if (slot->kind == EXCLUSIVE && !turn) {
		release_kept(slot);
		slot->kept = ready->slot;
		slot->kept_size = ready->len;
		return;
	}
	rings_release(&slot->rings, ready->slot);
	if (turn == KEEP_EVERY / 2)
		release_kept(slot);
}

/* Returns as node_read(). */
static int ring_read(struct slot *slot, void *message, size_t size)
{
	struct rings *rings = &slot->rings;
	const struct rpmsg_ring_ready *ready = rings_next_ready(rings);
	int ret;

	if (!ready) {
		ret = rings_receive(slot->fd[0], 1, RING_WAIT_NS);
		if (ret < 0)
			return ret == -ETIMEDOUT ? -EAGAIN : ret;
		ready = rings_next_ready(rings);
		if (!ready)
			return -EAGAIN;
	}
	ret = MIN(ready->len, size);
	memcpy(message, rings_rx_slot(rings, ready->slot), ret);
	ring_release(slot, ready);
	return ret;
}

static int read_one(struct slot *slot, int fd, struct stress_message *message)
{
	if (has_rings(slot))
		return ring_read(slot, message, sizeof(*message));
	return node_read(fd, message, sizeof(*message));
}

static void *reader_run(void *data)
{
	struct reader *reader = data;
	struct slot *slot = reader->slot;
	struct stress_message message;
	uint32_t next = 0;
	int ret;

	for (;;) {
		ret = read_one(slot, reader->fd, &message);
		if (ret == -EAGAIN) {
			node_poll(reader->fd, POLLIN, 1000);
			continue;
		}
		if (ret < 0)
			break;
		message_read(slot, &message, ret, &next);
		if (slow(slot) && !(next % 8))
			sleep_ms(2);
	}
	if (ret != -EPIPE)
		stress_fault(&slot->all->faults.errors, "read: %s", strerror(-ret));
	return NULL;
}

/* Writing */

static void count_accepted(struct slot *slot, unsigned int count)
{
	slot->session.accepted += count;
	slot->all->accepted += count;
}

/* What was submitted, until @idle buffers are ours. False at the end of the endpoint. */
static bool ring_publish(struct slot *slot, unsigned int idle)
{
	const int ret = rings_send(slot->fd[0], idle, RING_WAIT_NS);

	if (ret >= 0) {
		count_accepted(slot, ret);
		slot->all->by_ring += ret;
		slot->unpublished -= ret;
	} else if (ret != -EPIPE && ret != -ETIMEDOUT) {
		stress_fault(&slot->all->faults.errors, "send: %s", strerror(-ret));
	}
	return ret >= 0 || ret == -ETIMEDOUT;
}

/* A buffer that is ours, or -1. */
static int ring_buffer_of(struct slot *slot)
{
	const struct rpmsg_ring_done *done;

	if (slot->fresh < slot->rings.setup.tx_slots)
		return slot->fresh++;
	done = rings_next_done(&slot->rings);
	return done ? (int)done->slot : -1;
}

/* Published when there is no other buffer, or at the end: several at once. */
static bool ring_write(struct slot *slot, const struct stress_message *message, size_t size)
{
	int buffer;

	while ((buffer = ring_buffer_of(slot)) < 0)
		if (!ring_publish(slot, 1))
			return false;
	memcpy(rings_tx_slot(&slot->rings, buffer), message, size);
	rings_submit(&slot->rings, buffer, size);
	slot->unpublished++;
	return true;
}

/* False at the end of the endpoint. */
static bool write_one(struct slot *slot, const struct stress_message *message, size_t size)
{
	int ret;

	if (has_rings(slot))
		return ring_write(slot, message, size);
	for (;;) {
		ret = node_write(slot->fd[0], message, size);
		if (ret == (int)size) {
			count_accepted(slot, 1);
			return true;
		}
		if (ret == -EPIPE)
			return false;
		if (ret == -EAGAIN && slot->kind == POLLED) {
			node_poll(slot->fd[0], POLLOUT, 1000);
		} else if (ret != -ETIMEDOUT) {
			stress_fault(&slot->all->faults.errors, "write: %d", ret);
			return false;
		}
	}
}

static unsigned int replies_wanted(struct slot *slot)
{
	const unsigned int what = roll(&slot->random, 0, 15);

	if (slow(slot))
		return REPLIES_MAX;
	return what < 2 ? 0 : what < 13 ? 1 : what - 11;
}

/* Returns false when the endpoint ended before all was written. */
static bool write_all(struct slot *slot)
{
	const unsigned int count = roll(&slot->random, WRITES_MIN, WRITES_MAX);
	struct stress_message message;
	unsigned int i;
	size_t size;

	for (i = 0; i < count && !slot->all->quit; i++) {
		size = stress_message_fill(&message, slot->session.id, i, replies_wanted(slot));
		if (!write_one(slot, &message, size))
			return false;
	}
	while (slot->unpublished)
		if (!ring_publish(slot, 0))
			return false;
	return true;
}

/* Sessions */

static bool node_gone(struct slot *slot)
{
	return node_poll(slot->fd[0], 0, 0) & POLLHUP;
}

/* A node that is gone tells nothing more, and its number may be another's. */
static void ask_node(struct slot *slot, const char *name, unsigned int *count)
{
	const long now = node_counter(slot->node, name);

	if (now >= 0 && !node_gone(slot))
		*count = now;
}

static unsigned int dropped(struct slot *slot)
{
	if (slot->kind == DROPPING)
		ask_node(slot, "rx_dropped_full", &slot->drops);
	return slot->drops;
}

/* Between creation and open the processor may end, and its node's number be given to another. */
static bool node_is_ours(struct slot *slot, const char *name)
{
	char path[FILE_PATH_MAX], text[32];

	file_path(path, "/sys/class/rpmsg/%s/name", slot->node + strlen("/dev/"));
	return file_read_line(path, text, sizeof(text)) >= 0 && !strcmp(text, name) &&
	       !node_gone(slot);
}

static void set_attribute(struct slot *slot, const char *name, const char *text)
{
	char path[FILE_PATH_MAX];
	int fd;

	file_path(path, "/sys/class/rpmsg/%s/%s", slot->node + strlen("/dev/"), name);
	fd = open(path, O_WRONLY);
	if (fd >= 0 && !node_gone(slot))
		dprintf(fd, "%s", text);
	close(fd);
}

static void session_close(struct slot *slot)
{
	rings_unmap(&slot->rings);
	close(slot->fd[0]);
	if (slot->fd[1] >= 0)
		close(slot->fd[1]);
}

/* Returns 0 or -errno. */
static int session_open(struct slot *slot, int ctrl)
{
	struct rpmsg_endpoint_create create = {
		.size	= sizeof(create),
		.flags	= slot->kind == ANONYMOUS ? RPMSG_ENDPOINT_NO_NODE :
			  slot->kind == RACING ? RPMSG_ENDPOINT_SHARED : 0,
		.src	= RPMSG_ADDR_ANY,
		.dst	= STRESS_SERVICE,
	};
	const int flags = slot->kind == POLLED ? O_RDWR | O_NONBLOCK : O_RDWR;
	int ret = 0;

	/* Each life of the processor has a new device. */
	if (slot->kind == EXCLUSIVE)
		ret = device_set_exclusive(&slot->remote->processor, true);
	if (ret)
		return ret;
	snprintf(create.name, sizeof(create.name), "stress%u", slot->index);
	if (ioctl(ctrl, RPMSG_IOC_CREATE_ENDPOINT, &create))
		return -errno;
	snprintf(slot->node, NODE_MAX, "/dev/rpmsg%u", create.index);
	slot->fd[1] = -1;
	slot->fresh = 0;
	slot->unpublished = 0;
	slot->kept = -1;
	if (slot->kind == ANONYMOUS) {
		slot->fd[0] = create.fd;
		return 0;
	}

	slot->fd[0] = node_open(slot->node, flags);
	if (slot->fd[0] < 0)
		return slot->fd[0];
	if (!node_is_ours(slot, create.name)) {
		ret = -ENODEV;
	} else if (slot->kind == RACING) {
		slot->fd[1] = node_open(slot->node, flags);
		ret = slot->fd[1] < 0 ? slot->fd[1] : 0;
	} else if (has_rings(slot)) {
		ret = rings_setup_mode(&slot->rings, slot->fd[0], slot->kind == EXCLUSIVE,
				       RING_SLOTS, RING_SLOTS);
		if (!ret)
			ret = rings_map(&slot->rings, slot->fd[0]);
	} else if (slow(slot)) {
		set_attribute(slot, "rx_limit_bytes", SHORT_LIMIT);
		set_attribute(slot, "rx_full", slot->kind == HOLDING ? "hold" : "drop");
	}
	if (ret)
		session_close(slot);
	return ret;
}

static void session_set_open(struct slot *slot, bool open)
{
	pthread_mutex_lock(&slot->lock);
	slot->open = open;
	if (open)
		slot->destroyed = false;
	pthread_mutex_unlock(&slot->lock);
}

/* The id first: nobody has sent anything in its name yet. */
static void session_begin(struct slot *slot, struct stress_life *life)
{
	struct stress_session *session = &slot->session;

	session->id += STRESS_SLOTS;
	session->life = life;
	session->accepted = 0;
	session->read = 0;
	session->taken = 0;
	session->sent = 0;
	session->left = 0;
	slot->highest = 0;
	slot->drops = 0;
	slot->holds = 0;
	memset((void *)slot->seen, 0, sizeof(slot->seen));
}

static bool all_taken(const struct stress_session *session)
{
	return session->taken == session->accepted;
}

static void session_unaccounted(struct slot *slot, const char *what)
{
	const struct stress_session *session = &slot->session;

	stress_fault(&slot->all->faults.unaccounted,
		     "%s: slot %u (%u): to %u = %u + %u; from %u = %u (%u) + %u",
		     what, slot->index, slot->kind, session->accepted, session->taken,
		     session->left, session->sent, session->read, slot->highest, slot->drops);
}

/* Waits until the remote's accounts of the session are final. Returns false if they never are. */
static bool session_settle(struct slot *slot, bool complete)
{
	struct stress_session *session = &slot->session;
	struct stress_life *life = session->life;

	if (!complete && !slot->destroyed)
		return wait_long(life->over);
	return wait_long(life->over ||
			 (all_taken(session) &&
			  (slot->destroyed || session->read + dropped(slot) >= session->sent)));
}

/* After the readers' end. @complete: all was to be answered and read. */
static void session_account(struct slot *slot, bool complete)
{
	struct stress_session *session = &slot->session;
	struct stress_life *life = session->life;
	const unsigned int missing = slot->highest - session->read;
	unsigned int left = session->left;

	/*
	 * The message that was refused at the end may stand in a buffer that an old entry of the
	 * ring names, and then counts as one that was left.
	 */
	if (slot->refused && left && session->taken + left == session->accepted + 1)
		left--;
	if (session->accepted != session->taken + left)
		session_unaccounted(slot, "to the remote");
	slot->all->left += left;

	/* Nothing is missing between the first and the last that were read. */
	if (slot->kind != DROPPING ? missing : complete && missing > slot->drops)
		session_unaccounted(slot, "between");
	if (complete && session->read + slot->drops != session->sent)
		session_unaccounted(slot, "to the host");
	else if (!complete && !slot->destroyed && slot->kind != DROPPING)
		life->lost += session->sent - session->read;
	slot->all->dropped += slot->drops;
}

static void session_run(struct slot *slot, struct stress_life *life)
{
	struct reader reader[2] = { { .slot = slot }, { .slot = slot } };
	struct slots *all = slot->all;
	struct stress_message message;
	unsigned int i;
	bool complete;

	session_set_open(slot, true);
	for (i = 0; i < 2; i++) {
		reader[i].fd = slot->fd[i];
		if (slot->fd[i] >= 0)
			reader[i].runs = !pthread_create(&reader[i].thread, NULL, reader_run,
							 &reader[i]);
	}

	complete = write_all(slot);
	slot->refused = !complete;
	if (!session_settle(slot, complete))
		session_unaccounted(slot, "never settled");
	if (slot->kind == HOLDING)
		ask_node(slot, "rx_held", &slot->holds);
	session_set_open(slot, false);
	ioctl(slot->fd[0], RPMSG_DESTROY_EPT_IOCTL);

	for (i = 0; i < 2; i++)
		if (reader[i].runs)
			pthread_join(reader[i].thread, NULL);
	/* The end is the end. */
	if (read_one(slot, slot->fd[0], &message) != -EPIPE)
		stress_fault(&all->faults.disorder, "slot %u: a message after the end",
			     slot->index);
	session_close(slot);
	if (slot->destroyed || life->over)
		complete = false;
	session_account(slot, complete);
	all->held += slot->holds;
	all->sessions++;
	if (slot->destroyed)
		all->destroyed++;
	else if (!complete)
		all->cut_short++;
}

/* One life of the processor: sessions until it ends. */
static void slot_live(struct slot *slot, struct stress_life *life)
{
	int ctrl, ret;

	/* It comes when the driver is ready, a little later than that is seen. */
	wait_long((ctrl = ctrl_open(&slot->remote->processor)) >= 0 || life->over);
	if (ctrl < 0 && !life->over)
		stress_fault(&slot->all->faults.errors, "no control device: %d", ctrl);
	while (ctrl >= 0 && !life->over && !slot->all->quit) {
		/* That of another slot that is about to close it, see node_is_ours(). */
		wait_long((ret = session_open(slot, ctrl)) != -EBUSY || life->over);
		if (!ret) {
			session_begin(slot, life);
			session_run(slot, life);
		} else if (!wait_long(life->over)) {
			stress_fault(&slot->all->faults.errors, "no endpoint: %s",
				     strerror(-ret));
		}
	}
	if (ctrl >= 0)
		close(ctrl);
}

static void *slot_run(void *data)
{
	struct slot *slot = data;
	struct stress_life *life;

	while (!slot->all->quit) {
		life = stress_remote_life(slot->remote);
		if (life) {
			slot_live(slot, life);
			stress_life_put(life);
		} else {
			sleep_ms(LOOK_MS);
		}
	}
	return NULL;
}

int slot_start(struct slot *slot)
{
	slot->session.id = slot->index;
	slot->random = slot->index + 1;
	pthread_mutex_init(&slot->lock, NULL);
	return -pthread_create(&slot->thread, NULL, slot_run, slot);
}

void slot_join(struct slot *slot)
{
	pthread_join(slot->thread, NULL);
}

void slot_destroy_endpoint(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	/* What a queue dropped could not be asked any more. */
	if (slot->open && !slot->destroyed && slot->kind != DROPPING) {
		slot->destroyed = true;
		if (ioctl(slot->fd[0], RPMSG_DESTROY_EPT_IOCTL))
			stress_fault(&slot->all->faults.errors, "destroy: %s", strerror(errno));
	}
	pthread_mutex_unlock(&slot->lock);
}
