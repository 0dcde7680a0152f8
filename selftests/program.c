// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that the test runs, see program.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "wait.h"

#define ARGUMENTS_MAX	32

/* Between fork and exec. */
static void program_exec(int out, char **argv)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int program_start(struct program *program, const char *name, ...)
{
	char *argv[ARGUMENTS_MAX + 1];
	int pipe_fds[2], count = 0;
	va_list args;

	argv[count++] = (char *)name;
	va_start(args, name);
	while (count < ARGUMENTS_MAX && (argv[count] = va_arg(args, char *)))
		count++;
	va_end(args);
	argv[count] = NULL;

	program->used = 0;
	program->text[0] = '\0';
	program->status = -1;
	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);

	program->pid = fork();
	if (!program->pid)
		program_exec(pipe_fds[1], argv);
	close(pipe_fds[1]);
	if (program->pid < 0) {
		int err = -errno;

		program->pid = 0;
		close(pipe_fds[0]);
		return err;
	}
	program->out = pipe_fds[0];
	return 0;
}

static void program_hear(struct program *program)
{
	ssize_t got;

	do {
		got = read(program->out, program->text + program->used,
			   sizeof(program->text) - 1 - program->used);
		if (got > 0)
			program->used += got;
	} while (got > 0);
	program->text[program->used] = '\0';
}

static bool program_said(struct program *program, const char *text)
{
	program_hear(program);
	return strstr(program->text, text);
}

bool program_says(struct program *program, const char *text, int timeout_ms)
{
	return program->pid && wait_until(program_said(program, text), timeout_ms);
}

static bool program_ended(struct program *program)
{
	program_hear(program);
	return waitpid(program->pid, &program->status, WNOHANG) == program->pid;
}

int program_wait(struct program *program, int timeout_ms)
{
	if (!program->pid)
		return -ECHILD;
	if (!wait_until(program_ended(program), timeout_ms))
		return -ETIMEDOUT;

	program_hear(program);
	close(program->out);
	program->pid = 0;
	return WIFEXITED(program->status) ? WEXITSTATUS(program->status) :
					    128 + WTERMSIG(program->status);
}

int program_end(struct program *program, int signal, int timeout_ms)
{
	if (!program->pid)
		return 0;
	kill(program->pid, signal);
	return program_wait(program, timeout_ms);
}

void program_kill(struct program *program)
{
	program_end(program, SIGKILL, PATIENCE_MS);
}

void program_forget(struct program *program)
{
	program_hear(program);
	program->used = 0;
	program->text[0] = '\0';
}

void program_show(struct program *program)
{
	const char *line, *end;

	if (program->pid)
		program_hear(program);
	for (line = program->text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		fprintf(stderr, "#   said: %.*s\n", (int)(end - line), line);
	}
}
