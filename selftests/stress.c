// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything at once: 9 processors, 65 endpoints that are written and read, created and destroyed
 * by several threads, and crashes. One of the endpoints has a processor's device for itself.
 * STRESS_SECONDS says for how long; 60 when it is not set.
 *
 * Every message has a number and a checksum, and the accounts of both sides must agree: what
 * write() accepted was taken by the remote, once and in order, or was in the ring when the remote
 * ended; what the remote sent was read, once and in order, or was dropped by a queue that was full
 * and counted it, or was sent to an endpoint that had been destroyed, or was in the ring. Where the
 * remote has a say in its end, the device's counters must agree as well; stress_remote.h.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "elf_image.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "stress_slot.h"

#define SHARED		8	/* processors with many endpoints */
#define EXCLUSIVE_ONE	SHARED	/* the one behind, whose device is one endpoint's alone */
#define PROCESSORS	(SHARED + 1)
#define CREATORS	2
#define DESTROYERS	2

struct stress {
	struct stress_remote	remote[PROCESSORS];
	struct slot		slot[STRESS_SLOTS];
	struct stress_session	*session[STRESS_SLOTS];
	struct slots		slots;
	atomic_bool		quit_others;	/* creators, destroyers, who crashes */
	pthread_t		other[CREATORS + DESTROYERS + 1];
	unsigned int		others;
	atomic_uint		next_other;

	atomic_ulong		created;	/* by creators */
	atomic_ulong		channels;
	atomic_ulong		crashes;
	atomic_ulong		stops;
};

/* The others */

/* Endpoints that live but for a moment, by the old call; channels, by both sides. */
static void *creator_run(void *data)
{
	struct stress *stress = data;
	const unsigned int me = ++stress->next_other;
	unsigned int random = me;
	char name[32], node[NODE_MAX];
	struct stress_remote *remote;
	int ctrl, fd;

	snprintf(name, sizeof(name), "creator%u", me);
	while (!stress->quit_others) {
		remote = &stress->remote[roll(&random, 0, PROCESSORS - 1)];
		ctrl = ctrl_open(&remote->processor);
		if (ctrl >= 0 && !endpoint_create(&remote->processor, ctrl, name, RPMSG_ADDR_ANY,
						  STRESS_SERVICE, node)) {
			fd = node_open(node, O_RDWR);
			if (fd >= 0) {
				ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
				ioctl(fd, RPMSG_DESTROY_EPT_IOCTL);
				close(fd);
				stress->created++;
			}
		}
		/* A node, too; announced to the remote, because it has a local address. */
		if (ctrl >= 0 &&
		    !ctrl_ioctl(ctrl, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", 0x300 + me, 0x60) &&
		    !ctrl_ioctl(ctrl, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 0x300 + me, 0x60))
			stress->channels++;
		if (ctrl >= 0)
			close(ctrl);
		sleep_ms(roll(&random, 5, 30));
	}
	return NULL;
}

/* Takes endpoints away while they are written and read. */
static void *destroyer_run(void *data)
{
	struct stress *stress = data;
	unsigned int random = ++stress->next_other;

	while (!stress->quit_others) {
		sleep_ms(roll(&random, 10, 60));
		/* Half of them shall come to their own end, on a slow machine, too. */
		if (2 * stress->slots.destroyed > stress->slots.sessions)
			continue;
		slot_destroy_endpoint(&stress->slot[roll(&random, 0, STRESS_SLOTS - 1)]);
	}
	return NULL;
}

/* Waits for the end of a life, then for the next. */
static void expect_restart(struct stress *stress, struct stress_remote *remote, unsigned int lives)
{
	char state[32] = "?";

	if (wait_long(remote->lives > lives))
		return;
	processor_get(&remote->processor, "state", state, sizeof(state));
	stress_fault(&stress->slots.faults.errors, "processor %u, %s, did not come back%s",
		     remote->processor.index, state,
		     wait_long(remote->lives > lives) ? " in time" : "");
}

static void crash_one(struct stress *stress, struct stress_remote *remote, unsigned int way)
{
	const unsigned int lives = remote->lives;
	char path[FILE_PATH_MAX];
	int ret = 0;

	switch (way) {
	case 0:
		ret = processor_stop(&remote->processor);
		if (!ret)
			ret = processor_start(&remote->processor);
		stress->stops++;
		break;
	case 1:
		ret = file_write(processor_debug_path(&remote->processor, "crash", path), "2");
		stress->crashes++;
		break;
	default:
		remote->order = STRESS_CRASH;
		stress->crashes++;
		break;
	}
	if (ret)
		stress_fault(&stress->slots.faults.errors, "way %u: %s", way, strerror(-ret));
	expect_restart(stress, remote, lives);
}

/* Every second of those that share: what queues drop is accounted for there. */
static bool always_ends_itself(unsigned int which)
{
	return which != EXCLUSIVE_ONE && which % 2 == 0;
}

static void *crasher_run(void *data)
{
	struct stress *stress = data;
	unsigned int random = ++stress->next_other, which;
	struct stress_life *life;

	while (!stress->quit_others) {
		sleep_ms(roll(&random, 50, 250));
		which = roll(&random, 0, PROCESSORS - 1);
		life = stress_remote_life(&stress->remote[which]);
		if (!life)
			continue;
		stress_life_put(life);
		crash_one(stress, &stress->remote[which],
			  always_ends_itself(which) ? 2 : roll(&random, 0, 3));
	}
	return NULL;
}

/* The test */

FIXTURE(stress)
{
	struct stress *stress;
};

FIXTURE_SETUP(stress)
{
	struct stress *stress;
	unsigned int i;

	ASSERT_EQ(0, processor_install_firmware());
	self->stress = stress = calloc(1, sizeof(*stress));
	ASSERT_NE(NULL, stress);
	for (i = 0; i < STRESS_SLOTS; i++)
		stress->session[i] = &stress->slot[i].session;
	for (i = 0; i < PROCESSORS; i++)
		ASSERT_EQ(0, stress_remote_start(&stress->remote[i], stress->session,
						 &stress->slots.faults, !always_ends_itself(i)));
}

/* What still runs dies with the process. */
FIXTURE_TEARDOWN(stress)
{
	firmware_remove(PROCESSOR_FIRMWARE);
}

static enum kind kind_of(unsigned int index)
{
	const enum kind kind = index / SHARED % HOLDING;

	if (index == STRESS_SLOTS - 1)
		return EXCLUSIVE;
	return kind == DROPPING && index % 2 ? HOLDING : kind;
}

static int start_slots(struct stress *stress)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < STRESS_SLOTS && !ret; i++) {
		struct slot *slot = &stress->slot[i];

		slot->index = i;
		slot->kind = kind_of(i);
		slot->remote = &stress->remote[slot->kind == EXCLUSIVE ? EXCLUSIVE_ONE :
					       i % SHARED];
		slot->all = &stress->slots;
		ret = slot_start(slot);
	}
	return ret;
}

static int start_other(struct stress *stress, void *(*run)(void *data))
{
	return pthread_create(&stress->other[stress->others++], NULL, run, stress);
}

static void report(const struct stress *stress, int64_t seconds)
{
	const struct slots *slots = &stress->slots;
	unsigned long taken = 0, sent = 0, lives = 0;
	unsigned int i;

	for (i = 0; i < PROCESSORS; i++) {
		taken += stress->remote[i].taken;
		sent += stress->remote[i].sent;
		lives += stress->remote[i].lives;
	}
	printf("# %llds: %lu written, %lu of them on rings; %lu taken, %lu left when it ended\n",
	       (long long)seconds, slots->accepted, slots->by_ring, taken, slots->left);
	printf("#   %lu answers: %lu read, %lu dropped, %lu under way or to nobody\n", sent,
	       slots->read, slots->dropped, sent - slots->read - slots->dropped);
	printf("#   %lu read in exclusive mode, %lu times held until somebody read\n",
	       slots->exclusive, slots->held);
	printf("#   %lu sessions, %lu destroyed, %lu cut short; %lu nodes, %lu channels\n",
	       slots->sessions, slots->destroyed, slots->cut_short, stress->created,
	       stress->channels);
	printf("#   %lu lives, %lu crashes, %lu stops\n", lives, stress->crashes, stress->stops);
	printf("#   %lu corrupt, %lu out of order, %lu unaccounted, %lu errors\n",
	       slots->faults.corrupt, slots->faults.disorder, slots->faults.unaccounted,
	       slots->faults.errors);
	fflush(stdout);
}

static bool of_every_kind(const struct stress *stress)
{
	const struct slots *slots = &stress->slots;

	return slots->accepted > 1000 && slots->read > 1000 && slots->by_ring &&
	       slots->exclusive && slots->dropped && slots->held && slots->destroyed &&
	       slots->cut_short && stress->crashes && stress->created && stress->channels;
}

TEST_F_TIMEOUT(stress, every_message_accounted_for, 36000)
{
	const char *wanted = getenv("STRESS_SECONDS");
	const int64_t seconds = wanted ? atoi(wanted) : 60;
	struct stress *stress = self->stress;
	const int64_t begin = now_ms(), end = begin + seconds * 1000;
	unsigned int i;

	ASSERT_LT(0, seconds);
	ASSERT_EQ(0, start_slots(stress));
	for (i = 0; i < CREATORS; i++)
		ASSERT_EQ(0, start_other(stress, creator_run));
	for (i = 0; i < DESTROYERS; i++)
		ASSERT_EQ(0, start_other(stress, destroyer_run));
	ASSERT_EQ(0, start_other(stress, crasher_run));

	/* On a slow machine it takes its time until there was some of every kind. */
	for (i = 1; now_ms() < (of_every_kind(stress) ? end : end + LONG_MS); i++) {
		sleep_ms(500);
		if (i % 20 == 0)
			report(stress, (now_ms() - begin) / 1000);
	}

	/* Who harms first, so that the rest can end in order. */
	stress->quit_others = true;
	for (i = 0; i < stress->others; i++)
		pthread_join(stress->other[i], NULL);
	stress->slots.quit = true;
	for (i = 0; i < STRESS_SLOTS; i++)
		slot_join(&stress->slot[i]);
	for (i = 0; i < PROCESSORS; i++)
		stress_remote_end(&stress->remote[i]);
	report(stress, (now_ms() - begin) / 1000);

	EXPECT_EQ(0, stress->slots.faults.corrupt);
	EXPECT_EQ(0, stress->slots.faults.disorder);
	EXPECT_EQ(0, stress->slots.faults.unaccounted);
	EXPECT_EQ(0, stress->slots.faults.errors);
	EXPECT_TRUE(of_every_kind(stress));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
