// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Methods "floor": what two processes need for the same at least. The other process plays the
 * firmware; between them is a ring in shared memory for each direction, and nothing else. Who finds
 * a ring empty, or full, sleeps on its index (futex), and is woken by whoever moves it. With
 * "floor-poll" both look for BUSY_POLL_NS before that, and the kernel has no part in it.
 *
 * The shared memory is the parent's to free; the child ends with it, or with its parent.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define SLOTS		256U	/* as many as a vring has */
#define AT_ONCE		64U	/* messages that the remote takes before it shows its answers */
#define LOOKS		64	/* between two looks at the clock */

/* An index that one side moves, and whether the other sleeps until it does. */
struct index {
	uint32_t value __attribute__((aligned(64)));
	uint32_t awaited __attribute__((aligned(64)));
};

struct lane {
	struct index tail, head;
	uint32_t len[SLOTS];
};

struct floor {
	struct lane to, from;
	size_t stride, size;
	int64_t spin_ns;
	pid_t child;
	unsigned char data[] __attribute__((aligned(4096)));
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static uint32_t load(const struct index *index)
{
	return __atomic_load_n(&index->value, __ATOMIC_ACQUIRE);
}

static void store(struct index *index, uint32_t value)
{
	__atomic_store_n(&index->value, value, __ATOMIC_RELEASE);
	/* Either we see who waits, or they see what we stored. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&index->awaited, __ATOMIC_RELAXED))
		syscall(SYS_futex, &index->value, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Until it is another one. */
static void await(struct index *index, uint32_t value, int64_t spin_ns)
{
	const int64_t end_ns = spin_ns ? now_ns() + spin_ns : 0;
	unsigned int i;

	do {
		for (i = 0; spin_ns && i < LOOKS; i++)
			if (load(index) != value)
				return;
	} while (spin_ns && now_ns() < end_ns);

	__atomic_store_n(&index->awaited, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (load(index) == value)
		syscall(SYS_futex, &index->value, FUTEX_WAIT, value, NULL, NULL, 0);
	__atomic_store_n(&index->awaited, 0, __ATOMIC_RELAXED);
}

static unsigned char *slot_of(struct floor *floor, const struct lane *lane, uint32_t i)
{
	return floor->data + (i % SLOTS + (lane == &floor->from ? SLOTS : 0)) * floor->stride;
}

/* Waits for room for one; returns for how many there is. */
static uint32_t room(const struct floor *floor, struct lane *lane, uint32_t tail)
{
	uint32_t head;

	while ((head = load(&lane->head)) == tail - SLOTS)
		await(&lane->head, head, floor->spin_ns);
	return SLOTS - (tail - head);
}

/* Waits for so many messages; returns how many there are. */
static uint32_t messages(const struct floor *floor, struct lane *lane, uint32_t count)
{
	uint32_t tail;

	while ((tail = load(&lane->tail)) - lane->head.value < count)
		await(&lane->tail, tail, floor->spin_ns);
	return tail - lane->head.value;
}

static void put(struct floor *floor, struct lane *lane, const void *data, uint32_t size)
{
	const uint32_t tail = lane->tail.value;

	room(floor, lane, tail);
	if (size)
		memcpy(slot_of(floor, lane, tail), data, size);
	lane->len[tail % SLOTS] = size;
	store(&lane->tail, tail + 1);
}

/* ---- the other process --------------------------------------------------------------------- */

static void answer(struct floor *floor, uint32_t count, bool copies)
{
	uint32_t head = floor->to.head.value, tail = floor->from.tail.value, i;

	for (i = 0; i < count; i++, head++, tail++) {
		if (!room(floor, &floor->from, tail))
			break;
		floor->from.len[tail % SLOTS] = floor->to.len[head % SLOTS];
		if (copies)
			memcpy(slot_of(floor, &floor->from, tail), slot_of(floor, &floor->to, head),
			       floor->to.len[head % SLOTS]);
	}
	store(&floor->from.tail, tail);
	store(&floor->to.head, head);
}

static void take(struct floor *floor, uint32_t count, uint32_t *taken)
{
	uint32_t head = floor->to.head.value, i;

	for (i = 0; i < count; i++, head++) {
		if (floor->to.len[head % SLOTS]) {
			++*taken;
			continue;
		}
		put(floor, &floor->from, taken, sizeof(*taken));
		*taken = 0;
	}
	store(&floor->to.head, head);
}

/* Shown in parts, as the firmware does. */
static void give(struct floor *floor)
{
	uint32_t wanted[2], tail = floor->from.tail.value, n;

	memcpy(wanted, slot_of(floor, &floor->to, floor->to.head.value), sizeof(wanted));
	store(&floor->to.head, floor->to.head.value + 1);
	while (wanted[0]) {
		n = room(floor, &floor->from, tail);
		if (n > AT_ONCE)
			n = AT_ONCE;
		for (; n && wanted[0]; n--, wanted[0]--)
			floor->from.len[tail++ % SLOTS] = wanted[1];
		store(&floor->from.tail, tail);
	}
}

static __attribute__((noreturn)) void remote(struct floor *floor, const char *mode)
{
	uint32_t taken = 0, n;

	for (;;) {
		n = messages(floor, &floor->to, 1);
		if (n > AT_ONCE)
			n = AT_ONCE;
		if (!strcmp(mode, "to"))
			take(floor, n, &taken);
		else if (!strcmp(mode, "from"))
			give(floor);
		else
			answer(floor, n, !strcmp(mode, "copy"));
	}
}

/* ---- this process -------------------------------------------------------------------------- */

static int start(struct peer *peer, int64_t spin_ns)
{
	const size_t stride = (peer->size + 63) & ~(size_t)63;
	const size_t size = sizeof(*peer->floor) + 2 * SLOTS * stride;
	struct floor *floor = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (floor == MAP_FAILED)
		return -errno;
	peer->floor = floor;
	floor->stride = stride;
	floor->size = size;
	floor->spin_ns = spin_ns;
	floor->child = fork();
	if (floor->child < 0)
		return -errno;
	if (!floor->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		remote(floor, peer->mode);
	}
	return 0;
}

static int floor_start(struct peer *peer)
{
	return start(peer, 0);
}

static int floor_poll_start(struct peer *peer)
{
	return start(peer, BUSY_POLL_NS);
}

static void floor_stop(struct peer *peer)
{
	struct floor *floor = peer->floor;

	if (!floor)
		return;
	if (floor->child > 0) {
		kill(floor->child, SIGKILL);
		waitpid(floor->child, NULL, 0);
	}
	munmap(floor, floor->size);
}

static int floor_send(struct peer *peer, uint32_t count)
{
	struct floor *floor = peer->floor;
	uint32_t tail = floor->to.tail.value, n, i;

	while (count) {
		n = room(floor, &floor->to, tail);
		if (n > count)
			n = count;
		for (i = 0; i < n; i++, tail++) {
			memset(slot_of(floor, &floor->to, tail), (int)i, peer->size);
			floor->to.len[tail % SLOTS] = peer->size;
		}
		store(&floor->to.tail, tail);
		count -= n;
	}
	return 0;
}

static int floor_recv(struct peer *peer, uint32_t count)
{
	struct floor *floor = peer->floor;
	uint32_t head = floor->from.head.value, i;

	messages(floor, &floor->from, count);
	for (i = 0; i < count; i++, head++) {
		if (floor->from.len[head % SLOTS] != peer->size)
			return -EBADMSG;
		peer->seen = *slot_of(floor, &floor->from, head);
	}
	store(&floor->from.head, head);
	return 0;
}

static int floor_tell(struct peer *peer, const void *data, size_t size)
{
	put(peer->floor, &peer->floor->to, data, (uint32_t)size);
	return 0;
}

static int floor_hear(struct peer *peer, void *data, size_t size)
{
	struct lane *lane = &peer->floor->from;
	const uint32_t head = lane->head.value;

	messages(peer->floor, lane, 1);
	if (lane->len[head % SLOTS] != size)
		return -EBADMSG;
	memcpy(data, slot_of(peer->floor, lane, head), size);
	store(&lane->head, head + 1);
	return 0;
}

const struct method method_floor = {
	.name = "floor",
	.local = true,
	.start = floor_start,
	.stop = floor_stop,
	.send = floor_send,
	.recv = floor_recv,
	.tell = floor_tell,
	.hear = floor_hear,
};

const struct method method_floor_poll = {
	.name = "floor-poll",
	.local = true,
	.start = floor_poll_start,
	.stop = floor_stop,
	.send = floor_send,
	.recv = floor_recv,
	.tell = floor_tell,
	.hear = floor_hear,
};
