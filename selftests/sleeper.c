// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thread that makes one call which sleeps, see sleeper.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "endpoint.h"
#include "file.h"
#include "sleeper.h"
#include "wait.h"

static void *sleeper_run(void *data)
{
	struct sleeper *sleeper = data;

	sleeper->tid = syscall(SYS_gettid);
	switch (sleeper->call) {
	case SLEEPER_READ:
		sleeper->result = node_read(sleeper->fd, sleeper->data, sleeper->size);
		break;
	case SLEEPER_WRITE:
		sleeper->result = node_write(sleeper->fd, sleeper->data, sleeper->size);
		break;
	case SLEEPER_POLL:
		sleeper->result = node_poll(sleeper->fd, sleeper->events, 10 * PATIENCE_MS);
		break;
	}
	sleeper->done = true;
	return NULL;
}

/* State S behind the name of /proc/PID/task/TID/stat, and not just in the entry of the thread. */
static bool sleeper_sleeps(struct sleeper *sleeper)
{
	char path[FILE_PATH_MAX], text[512], *behind_name;

	if (!sleeper->tid)
		return false;
	file_path(path, "/proc/self/task/%d/stat", sleeper->tid);
	if (file_read(path, text, sizeof(text)) <= 0)
		return false;
	behind_name = strrchr(text, ')');
	return behind_name && behind_name[1] == ' ' && behind_name[2] == 'S';
}

bool sleeper_start(struct sleeper *sleeper, enum sleeper_call call, int fd, int events_or_size)
{
	memset(sleeper, 0, sizeof(*sleeper));
	sleeper->call = call;
	sleeper->fd = fd;
	sleeper->events = events_or_size;
	sleeper->size = events_or_size;
	if (pthread_create(&sleeper->thread, NULL, sleeper_run, sleeper))
		return false;
	return wait_until(sleeper_sleeps(sleeper), PATIENCE_MS);
}

bool sleeper_join(struct sleeper *sleeper, int timeout_ms, int *result)
{
	if (!wait_until(sleeper->done, timeout_ms))
		return false;
	pthread_join(sleeper->thread, NULL);
	*result = sleeper->result;
	return true;
}
