// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The processor's core is a child process that jumps into the firmware. It shares the pool with the
 * tool, and nothing else that matters: a firmware gone wild destroys its own copy of the tool only.
 *
 * A fault is noted in a page shared with the tool, and happens again with the default action,
 * so the child dies by the signal, and leaves a core dump of the very instruction if those are
 * on.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <linux/urproc.h>
#include "urproc.h"

#define FAULT_STACK	65536

/* How firmware is called: see _start() of the firmware's hardware layer. */
typedef void entry_fn(int kick_fd, int urproc_fd, unsigned long mem_addr, unsigned long mem_size);

static struct fault *fault_page;

static uint64_t program_counter(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return uc->uc_mcontext.pc;
#else
	(void)uc;
	return 0;
#endif
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	fault_page->pc = program_counter(context);
	fault_page->address = (uint64_t)(uintptr_t)info->si_addr;
	fault_page->signal = sig;
}

static void catch_faults(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	static char stack[FAULT_STACK];
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND,
	};
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	unsigned int i;

	sigaltstack(&ss, NULL);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &sa, NULL);
}

static __attribute__((noreturn)) void core_main(const struct core *core, const char *name,
						int urproc_fd, const struct memory *mem,
						uint64_t entry, pid_t parent)
{
	char comm[16];
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);

	/*
	 * A group of its own: the terminal's Ctrl-C is for the tool, which stops the core in
	 * order.
	 */
	setpgid(0, 0);
	snprintf(comm, sizeof(comm), "fw:%s", name);
	prctl(PR_SET_NAME, comm);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	catch_faults();

	((entry_fn *)(uintptr_t)entry)(core->kick_fd, urproc_fd, mem->addr, mem->size);
	_exit(0);
}

int core_init(struct core *core)
{
	core->pid = 0;
	core->kick_fd = -1;
	core->fault = mmap(NULL, sizeof(*core->fault), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (core->fault == MAP_FAILED)
		return -errno;
	fault_page = core->fault;
	return 0;
}

int core_start(struct core *core, const char *name, int urproc_fd, const struct memory *mem,
	       uint64_t entry)
{
	pid_t parent = getpid();
	int fd, err;
	pid_t pid;

	if (core->pid)
		return -EBUSY;
	if (entry < mem->addr || entry - mem->addr >= mem->size) {
		complain("%s: entry 0x%llx is outside the processor's memory", name,
			 (unsigned long long)entry);
		return -EINVAL;
	}

	/* A new one for each start: kicks of the life before must not reach the next. */
	fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(urproc_fd, URPROC_IOC_SET_KICK_FD, fd)) {
		err = errno;
		close(fd);
		return -err;
	}
	if (core->kick_fd >= 0)
		close(core->kick_fd);
	core->kick_fd = fd;

	memset((void *)core->fault, 0, sizeof(*core->fault));
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		core_main(core, name, urproc_fd, mem, entry, parent);
	core->pid = pid;
	return 0;
}

int core_stop(struct core *core)
{
	int status = 0;

	if (!core->pid)
		return 0;
	kill(core->pid, SIGKILL);
	while (waitpid(core->pid, &status, 0) < 0 && errno == EINTR)
		;
	core->pid = 0;
	return status;
}

void core_report(const struct core *core, const char *name, int wait_status)
{
	const char *abbrev;
	int sig;

	if (!WIFSIGNALED(wait_status)) {
		complain("%s: firmware ended by itself, with status %d", name,
			 WEXITSTATUS(wait_status));
		return;
	}
	sig = WTERMSIG(wait_status);
	abbrev = sigabbrev_np(sig);
	if (core->fault->signal == sig)
		complain("%s: firmware ended by SIG%s at pc 0x%llx, address 0x%llx", name, abbrev,
			 (unsigned long long)core->fault->pc,
			 (unsigned long long)core->fault->address);
	else
		complain("%s: firmware ended by SIG%s", name, abbrev ? abbrev : "?");
}
