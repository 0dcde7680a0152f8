/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the urproc tool share. */
#ifndef URPROC_TOOL_H
#define URPROC_TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit statuses, besides 0. */
enum {
	EXIT_FAILED	= 1,	/* it did not work, or the firmware crashed */
	EXIT_USAGE	= 2,	/* it was not asked properly */
};

/* --- main.c --- */

/** complain() - one line "urproc: ..." on standard error */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** say() - one line on standard output, there at once */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- run.c --- */

int cmd_run(int argc, char **argv);
extern const char run_help[];

/* --- memory.c: the pool --- */

struct memory {
	uint64_t addr;
	uint64_t size;
	bool mapped;
};

/**
 * memory_parse() - read ADDR:SIZE, both with C prefixes, the size with K, M or G
 *
 * Return: 0, or -EINVAL after a complaint
 */
int memory_parse(struct memory *mem, const char *text);

/** memory_map() - map the pool of a processor at its address; 0, or -errno after a complaint */
int memory_map(struct memory *mem, int urproc_fd);

/** memory_unmap() - undo memory_map(), if it was done */
void memory_unmap(struct memory *mem);

/* --- firmware.c: a file where request_firmware() finds it --- */

#define FIRMWARE_DIR	"/lib/firmware"

struct firmware {
	char name[128];		/* what the kernel is asked for */
	char link[192];		/* what to remove at the end; empty for none */
};

/**
 * firmware_publish() - make @file loadable
 * @fw: out: its name, and a link to remove
 * @file: a path, which gets a link below FIRMWARE_DIR; or a bare name, for the kernel to find
 *
 * Return: 0, or -errno after a complaint
 */
int firmware_publish(struct firmware *fw, const char *file);

/** firmware_withdraw() - remove the link, if there is one */
void firmware_withdraw(struct firmware *fw);

/* --- boot.c: booting through sysfs --- */

/**
 * boot_begin() - write "start" to the state of remoteproc @index, in a process of its own
 * @urproc_fd: closed in that process
 *
 * The write lasts until the processor runs, so it cannot be made by the one that serves it.
 *
 * Return: the process, or -errno
 */
pid_t boot_begin(unsigned int index, int urproc_fd);

/** boot_error() - the errno that the process ended with, from its wait status; 0 for success */
int boot_error(int wait_status);

/* --- core.c: the processor's core, a child process --- */

/* Where the firmware faulted; written by the child, read by the tool. */
struct fault {
	volatile int signal;
	volatile uint64_t pc;
	volatile uint64_t address;
};

struct core {
	pid_t pid;		/* 0 while none runs */
	int kick_fd;		/* its eventfd, -1 before the first start */
	struct fault *fault;	/* shared with the child */
};

int core_init(struct core *core);

/**
 * core_start() - run the code at @entry in a child
 * @core: the core
 * @name: of the processor
 * @urproc_fd: its file; the child gets it, and the eventfd is registered there
 * @mem: its memory
 * @entry: device address of the code
 *
 * Return: 0 or -errno
 */
int core_start(struct core *core, const char *name, int urproc_fd, const struct memory *mem,
	       uint64_t entry);

/** core_stop() - kill the child, if there is one, and wait for its end; returns its wait status */
int core_stop(struct core *core);

/** core_report() - say how the child ended: "firmware ended by SIGSEGV at pc ..., address ..." */
void core_report(const struct core *core, const char *name, int wait_status);

#endif /* URPROC_TOOL_H */
