/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A processor made by the test itself: the silicon end of /dev/urproc.
 *
 * A thread answers start and stop as the test wishes. What the remote's program does with its
 * memory is the test's own business, or remote.h's. Closing the processor, or the death of the
 * test's process, removes it with everything that hangs on it.
 */
#ifndef SELFTESTS_PROCESSOR_H
#define SELFTESTS_PROCESSOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "table.h"

#define PROCESSOR_NAME		"selftest"
#define PROCESSOR_FIRMWARE	"librpmsg-selftest.elf"

/* Of that many virtqueues kicks are counted. */
#define PROCESSOR_VQS		64

struct processor {
	int		fd;		/* /dev/urproc */
	unsigned int	index;		/* N of remoteprocN */
	uint8_t		*mem;		/* the pool, MEM_SIZE bytes from the processor's MEM_ADDR */

	/* How the thread answers; may be changed at any time. */
	atomic_int	start_result;
	atomic_int	stop_result;
	atomic_bool	silent;		/* answers nothing at all */
	bool		dies;		/* processor_close() is a crash, if it runs */

	/* What happened so far. */
	atomic_uint	starts;
	atomic_uint	stops;
	atomic_uint	kicks[PROCESSOR_VQS];	/* by the notify id of the virtqueue */
	atomic_uint	attaches;	/* answered with start_result */
	atomic_uint	detaches;	/* answered with stop_result */
	_Atomic uint64_t boot_addr;
	_Atomic uint64_t last_seq;

	pthread_t	thread;
	int		quit_fd;	/* -1: no thread */
};

/*
 * Ends the program with exit status 4 (skip) when the kernel has no urproc; with 1 when
 * RPMSG_MODULES says that somebody loaded it. To be called first in main().
 */
void processor_require(void);

/* Installs an image that is right as PROCESSOR_FIRMWARE. Returns 0 or -errno. */
int processor_install_firmware(void);

/* Opens and registers a processor, and starts to serve it. Returns 0 or -errno. */
int processor_open(struct processor *processor);

/*
 * As processor_open(), with flags of URPROC_IOC_CREATE. A detached one has its resource table where
 * the firmware image has it.
 */
int processor_open_flags(struct processor *processor, uint32_t flags);

/* As processor_open_flags(), but the caller reads and answers the events. */
int processor_register(struct processor *processor, uint32_t flags);

/* The processor is gone when this returns, however it was. Harmless on what was never opened. */
void processor_close(struct processor *processor);

/* Attributes in /sys/class/remoteproc/remoteprocN/ and in debugfs. Return as file.h's functions. */
int processor_get(const struct processor *processor, const char *attr, char *text, size_t size);
int processor_set(const struct processor *processor, const char *attr, const char *text);
char *processor_debug_path(const struct processor *processor, const char *file,
			   char path[FILE_PATH_MAX]);

/* True when attribute state reads so. */
bool processor_state_is(const struct processor *processor, const char *state);

/* By way of attribute state. Return 0 or -errno. */
int processor_start(const struct processor *processor);
int processor_stop(const struct processor *processor);

/* The table as it lies in the processor's memory. */
struct table *processor_table(const struct processor *processor);

/*
 * Finds the device in a folder under /sys, such as "class/rpmsg", that belongs to this processor,
 * has a name that starts with prefix, and whose attribute `name` is that text (NULL: whatever it
 * has). Copies its folder's last component to found. Returns how many there are.
 */
int processor_find(const struct processor *processor, const char *folder, const char *prefix,
		   const char *name, char *found, size_t size);

#endif /* SELFTESTS_PROCESSOR_H */
