// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Crashes and recoveries, one after the other, while messages go both ways. CRASH_CYCLES says how
 * many; 20 when it is not set. What follows 200 or more of them is looked at closely: slab counts,
 * memory that leaks, tasks that are stuck.
 *
 * The firmware is the example "crash", run by the urproc tool. Two threads send it messages and
 * compare what comes back; when their endpoint dies they open another one. A cycle is over when
 * each of them had messages echoed by the next life of the firmware.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "tool.h"
#include "wait.h"

#define LOADS		2
#define WINDOW		8	/* messages on their way */
#define ENOUGH		16	/* messages echoed in a cycle, by each thread */
#define CLOSE_LOOK	200
#define NAME		"cycles"
#define SLABS_MAX	512
#define SLACK		64	/* objects of a cache */

struct load {
	const struct tool	*tool;
	unsigned int		id;
	atomic_bool		quit;
	atomic_bool		pause;
	atomic_bool		paused;
	const char		*_Atomic order;	/* to be sent to the firmware next */
	atomic_uint		echoed;		/* in this life of the firmware */
	atomic_uint		lives;		/* of the firmware that ended, and had echoed */
	atomic_ulong		total;
	atomic_uint		wrong;		/* messages that were not what was sent */
	pthread_t		thread;
};

struct message {
	uint32_t	id;
	uint32_t	number;
	uint8_t		text[300];
};

static size_t message_fill(struct message *message, const struct load *load, uint32_t number)
{
	const size_t size = number * 37 % sizeof(message->text);

	message->id = load->id;
	message->number = number;
	memset(message->text, number, size);
	return offsetof(struct message, text) + size;
}

/* One window of messages and their echoes. False when the remote is gone. */
static bool load_round(struct load *load, int fd, uint32_t number)
{
	const char *order = atomic_exchange(&load->order, NULL);
	struct message sent, got;
	uint32_t i;
	size_t size;
	int ret;

	if (order && node_write(fd, order, strlen(order)) < 0)
		return false;
	for (i = 0; i < WINDOW; i++) {
		size = message_fill(&sent, load, number + i);
		if (node_write(fd, &sent, size) != (int)size)
			return false;
	}
	for (i = 0; i < WINDOW; i++) {
		size = message_fill(&sent, load, number + i);
		ret = node_read(fd, &got, sizeof(got));
		if (ret < 0)
			return false;
		if (ret != (int)size || memcmp(&sent, &got, size))
			load->wrong++;
		load->echoed++;
		load->total++;
	}
	return true;
}

static void *load_run(void *data)
{
	struct load *load = data;
	uint32_t number = 0;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "load%u", load->id);
	while (!load->quit) {
		fd = tool_open_service(load->tool, "rpmsg-crash", name, O_RDWR);
		if (fd < 0) {
			wait_a_little();
			continue;
		}
		while (!load->quit && load_round(load, fd, number)) {
			number += WINDOW;
			while (load->pause && !load->quit) {
				load->paused = true;
				wait_a_little();
			}
			load->paused = false;
		}
		close(fd);
		if (load->echoed)
			load->lives++;
		load->echoed = 0;
	}
	return NULL;
}

/* The process that is the processor's core; 0 when there is none. */
static pid_t core_pid(void)
{
	char path[FILE_PATH_MAX], comm[32];
	struct dirent *entry;
	pid_t pid = 0;
	DIR *dir;

	dir = opendir("/proc");
	while (dir && !pid && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		file_path(path, "/proc/%s/comm", entry->d_name);
		if (file_read_line(path, comm, sizeof(comm)) > 0 && !strcmp(comm, "fw:" NAME))
			pid = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return pid;
}

/* Active objects of each slab cache. */
struct slabs {
	unsigned int	count;
	struct {
		char	name[64];
		long	active;
	} cache[SLABS_MAX];
};

/* Objects that are free, but kept aside for a CPU, would count as active. */
static void slabs_shrink(void)
{
	char path[FILE_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	dir = opendir("/sys/kernel/slab");
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			file_write(file_path(path, "/sys/kernel/slab/%s/shrink", entry->d_name),
				   "1");
	if (dir)
		closedir(dir);
}

static void load_pause(struct load *load, bool pause)
{
	unsigned int i;

	for (i = 0; i < LOADS; i++)
		load[i].pause = pause;
	for (i = 0; i < LOADS; i++)
		wait_until(load[i].paused == pause, PATIENCE_MS);
}

static void slabs_read(struct slabs *slabs, struct load *load)
{
	char line[512];
	FILE *file;

	/* Messages keep objects busy, whole slabs of them for each CPU. */
	load_pause(load, true);
	/* What can be dropped is no leak; what RCU still holds neither. */
	file_write("/proc/sys/vm/drop_caches", "3");
	sleep(1);
	slabs_shrink();
	slabs->count = 0;
	file = fopen("/proc/slabinfo", "r");
	while (file && fgets(line, sizeof(line), file) && slabs->count < SLABS_MAX)
		if (sscanf(line, "%63s %ld", slabs->cache[slabs->count].name,
			   &slabs->cache[slabs->count].active) == 2)
			slabs->count++;
	if (file)
		fclose(file);
	load_pause(load, false);
}

static long slabs_active(const struct slabs *slabs, const char *name)
{
	unsigned int i;

	for (i = 0; i < slabs->count; i++)
		if (!strcmp(slabs->cache[i].name, name))
			return slabs->cache[i].active;
	return 0;
}

/* How many caches grew by more objects than that; says which, and the largest growth of all. */
static unsigned int slabs_grown(const struct slabs *before, const struct slabs *after, long limit)
{
	const char *most_name = "none";
	unsigned int i, grown = 0;
	long most = 0;

	for (i = 0; i < after->count; i++) {
		const char *name = after->cache[i].name;
		long more = after->cache[i].active - slabs_active(before, name);

		if (more > most) {
			most = more;
			most_name = name;
		}
		if (more > limit) {
			printf("# slab %s: %ld objects more\n", name, more);
			grown++;
		}
	}
	printf("# slab caches: %u, the one that grew most: %s, by %ld objects\n", after->count,
	       most_name, most);
	return grown;
}

static long memory_kib(const char *what)
{
	char line[128];
	long kib = -1;
	FILE *file;

	file = fopen("/proc/meminfo", "r");
	while (file && kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, what, strlen(what)) && line[strlen(what)] == ':')
			kib = atol(line + strlen(what) + 1);
	if (file)
		fclose(file);
	return kib;
}

static void show_memory(const char *when)
{
	printf("# %s: slab %ld KiB, of it unreclaimable %ld, vmalloc %ld, percpu %ld, free %ld\n",
	       when, memory_kib("Slab"), memory_kib("SUnreclaim"), memory_kib("VmallocUsed"),
	       memory_kib("Percpu"), memory_kib("MemFree"));
	fflush(stdout);
}

static bool task_is_stuck(const char *pid)
{
	char path[FILE_PATH_MAX], text[512], *state;

	if (file_read(file_path(path, "/proc/%s/stat", pid), text, sizeof(text)) <= 0)
		return false;
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'D';
}

/* Tasks that sleep uninterruptibly, and still do so after a while. */
static unsigned int tasks_stuck(void)
{
	struct dirent *entry;
	unsigned int stuck = 0;
	DIR *dir;

	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		if (!wait_until(!task_is_stuck(entry->d_name), 2000)) {
			printf("# task %s is stuck\n", entry->d_name);
			stuck++;
		}
	}
	if (dir)
		closedir(dir);
	return stuck;
}

/* Lines that kmemleak has to say; as in the runner of the tests, after two scans. */
static int leaks(void)
{
	static const char kmemleak[] = "/sys/kernel/debug/kmemleak";
	char text[4096];
	int ret;

	if (!file_exists(kmemleak))
		return 0;
	sleep(6);
	file_write(kmemleak, "scan");
	file_write(kmemleak, "scan");
	ret = file_read(kmemleak, text, sizeof(text));
	printf("# kmemleak: %s\n", ret ? text : "clean");
	return ret;
}

FIXTURE(crash_cycles)
{
	struct tool tool;
	struct load load[LOADS];
	struct slabs before, after;
	char path[FILE_PATH_MAX];
};

FIXTURE_SETUP(crash_cycles)
{
	unsigned int i;

	if (!getenv("RPMSG_BUILD"))
		SKIP(return, "RPMSG_BUILD not set");
	ASSERT_TRUE(tool_run(&self->tool, NAME, "crash.elf", "--stay"));
	for (i = 0; i < LOADS; i++) {
		self->load[i].tool = &self->tool;
		self->load[i].id = i;
		ASSERT_EQ(0, pthread_create(&self->load[i].thread, NULL, load_run,
					    &self->load[i]));
	}
}

FIXTURE_TEARDOWN(crash_cycles)
{
	unsigned int i;

	if (_metadata->exit_code)
		program_show(&self->tool.urproc);
	for (i = 0; i < LOADS; i++)
		self->load[i].quit = true;
	/* Whoever waits for an echo learns of the end. */
	program_kill(&self->tool.urproc);
	for (i = 0; i < LOADS; i++)
		if (self->load[i].thread)
			pthread_join(self->load[i].thread, NULL);
}

static bool all_echoed(struct load *load)
{
	return load[0].echoed >= ENOUGH && load[1].echoed >= ENOUGH;
}

static bool all_lived(struct load *load, unsigned int lives)
{
	return load[0].lives >= lives && load[1].lives >= lives;
}

/* The four ways to die, in turn. */
static int crash(FIXTURE_DATA(crash_cycles) *self, unsigned int cycle)
{
	pid_t pid;

	switch (cycle % 4) {
	case 0:
		self->load[0].order = "crash";
		return 0;
	case 1:
		pid = core_pid();
		return pid && !kill(pid, SIGKILL) ? 0 : -ESRCH;
	case 2:
		self->load[1].order = "exit";
		return 0;
	default:
		return file_write(processor_debug_path(&self->tool.processor, "crash", self->path),
				  "2");
	}
}

TEST_F_TIMEOUT(crash_cycles, messages_after_each, 36000)
{
	const char *wanted = getenv("CRASH_CYCLES");
	const unsigned int cycles = wanted ? atoi(wanted) : 20;
	const unsigned int warm = cycles / 10;
	struct load *load = self->load;
	int64_t begin = now_ms(), last, took, most = 0;
	unsigned int i;

	ASSERT_LT(0, cycles);
	ASSERT_TRUE(wait_until(all_echoed(load), PATIENCE_MS));
	for (i = 0; i < cycles; i++) {
		if (i == warm && cycles >= CLOSE_LOOK) {
			slabs_read(&self->before, load);
			show_memory("before");
		}
		last = now_ms();
		ASSERT_EQ(0, crash(self, i)) {
			TH_LOG("cycle %u", i);
		}
		ASSERT_TRUE(wait_until(all_lived(load, i + 1), PATIENCE_MS)) {
			TH_LOG("cycle %u: %u and %u lives of the firmware ended", i, load[0].lives,
			       load[1].lives);
		}
		ASSERT_TRUE(wait_until(all_echoed(load), PATIENCE_MS)) {
			TH_LOG("cycle %u: %u and %u messages after the recovery", i, load[0].echoed,
			       load[1].echoed);
		}
		/* Its devices are at work a little earlier than the processor says so. */
		ASSERT_TRUE(wait_until(processor_state_is(&self->tool.processor, "running"),
				       PATIENCE_MS));
		ASSERT_EQ(0, load[0].wrong + load[1].wrong);
		took = now_ms() - last;
		most = took > most ? took : most;
		/* What the tool says would fill its pipe. */
		program_forget(&self->tool.urproc);
		if (i % 100 == 99) {
			printf("# %u cycles in %lld s\n", i + 1,
			       (long long)(now_ms() - begin) / 1000);
			fflush(stdout);
		}
	}
	printf("# %u cycles in %lld ms, the slowest %lld ms; %lu messages echoed\n", cycles,
	       (long long)(now_ms() - begin), (long long)most, load[0].total + load[1].total);

	if (cycles >= CLOSE_LOOK) {
		slabs_read(&self->after, load);
		show_memory("after");
		/*
		 * A leak of one object in a way to die cannot be missed in 1000 cycles. Free
		 * objects in slabs that belong to a CPU count as active: some more or less.
		 */
		EXPECT_LT(0, self->after.count);
		EXPECT_EQ(0, slabs_grown(&self->before, &self->after, SLACK + (cycles - warm) / 8));
		EXPECT_EQ(0, leaks());
	}
	EXPECT_EQ(0, tasks_stuck());
	EXPECT_EQ(0, program_end(&self->tool.urproc, SIGTERM, PATIENCE_MS));
}

int main(int argc, char **argv)
{
	processor_require();
	return test_harness_run(argc, argv);
}
