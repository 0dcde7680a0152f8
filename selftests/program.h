/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that the test runs, and what it prints.
 */
#ifndef SELFTESTS_PROGRAM_H
#define SELFTESTS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct program {
	pid_t	pid;		/* 0: not running */
	int	out;		/* its standard output and error */
	int	status;		/* of waitpid(), after program_wait() */
	size_t	used;
	char	text[1 << 15];	/* all that it printed so far, terminated */
};

/*
 * Starts a program of the PATH; arguments end with NULL. Its input is empty. It dies with the test.
 * Returns 0 or -errno.
 */
int program_start(struct program *program, const char *name, ...) __attribute__((sentinel));

/* True as soon as the program has printed the text. */
bool program_says(struct program *program, const char *text, int timeout_ms);

/*
 * Waits for the program's end. Returns its exit status; 128 and the signal that ended it; or
 * -ETIMEDOUT, and then it still runs.
 */
int program_wait(struct program *program, int timeout_ms);

/* Sends the signal and waits. Returns as program_wait(); 0 when it does not run. */
int program_end(struct program *program, int signal, int timeout_ms);

/* For a teardown: whatever it does, it is gone when this returns. */
void program_kill(struct program *program);

/* What it printed so far is forgotten: program_says() waits for it to be printed once more. */
void program_forget(struct program *program);

/* Prints what it said, for somebody who reads about a failed test. */
void program_show(struct program *program);

/* program_start() and program_wait() in one. */
#define program_run(program, timeout_ms, ...)				\
({									\
	int run_ret = program_start(program, __VA_ARGS__, NULL);	\
									\
	if (!run_ret)							\
		run_ret = program_wait(program, timeout_ms);		\
	if (run_ret == -ETIMEDOUT)					\
		program_kill(program);					\
	run_ret;							\
})

#endif /* SELFTESTS_PROGRAM_H */
