// SPDX-License-Identifier: MIT
/*
 * The machine "urproc": this firmware is a user process on x86-64, and its host is the kernel
 * below.
 *
 * Kicks are counted by an eventfd; the interrupt is an ioctl. The pool of the processor is
 * mapped at its device address, so addresses of the host are pointers. There is no C library:
 * the four system calls are made here, and nowhere else.
 */
#include <linux/poll.h>
#include <linux/time_types.h>
#include <linux/urproc.h>
#include <asm/unistd.h>
#include "hw.h"
#include "resource_table.h"

#define EINTR_NR	4

struct urproc_hw {
	struct fw_hw hw;
	int kick_fd;
	int urproc_fd;
};

/* Set by the linker script. */
extern char trace_start[];

static long syscall5(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

static __attribute__((noreturn)) void machine_exit(int code)
{
	for (;;)
		syscall5(__NR_exit_group, code, 0, 0, 0, 0);
}

static struct urproc_hw *to_urproc(struct fw_hw *hw)
{
	return (struct urproc_hw *)((char *)hw - offsetof(struct urproc_hw, hw));
}

static void urproc_wait(struct fw_hw *hw, unsigned int timeout_ms)
{
	struct urproc_hw *m = to_urproc(hw);
	uint64_t kicks;
	long ret;

	if (timeout_ms != FW_WAIT_FOREVER) {
		struct pollfd pfd = { .fd = m->kick_fd, .events = POLLIN };
		struct __kernel_timespec ts = {
			.tv_sec = timeout_ms / 1000,
			.tv_nsec = timeout_ms % 1000 * 1000000L,
		};

		if (syscall5(__NR_ppoll, (long)&pfd, 1, (long)&ts, 0, 0) <= 0)
			return;
	}
	ret = syscall5(__NR_read, m->kick_fd, (long)&kicks, sizeof(kicks), 0, 0);
	if (ret < 0 && ret != -EINTR_NR)
		machine_exit(1);
}

static void urproc_notify(struct fw_hw *hw, uint32_t notifyid)
{
	/* Fails while the host stops the processor; nobody listens then. */
	syscall5(__NR_ioctl, to_urproc(hw)->urproc_fd, URPROC_IOC_NOTIFY, notifyid, 0, 0);
}

static const struct fw_hw_ops urproc_ops = {
	.wait = urproc_wait,
	.notify = urproc_notify,
};

void _start(int kick_fd, int urproc_fd, unsigned long mem_da, unsigned long mem_size);

/**
 * _start() - where the processor begins; called as a function, with a stack, by the urproc tool
 * @kick_fd: eventfd that counts kicks
 * @urproc_fd: the processor's file
 * @mem_da: device address of the pool, where it is mapped
 * @mem_size: bytes of the pool
 */
__attribute__((noreturn, used))
void _start(int kick_fd, int urproc_fd, unsigned long mem_da, unsigned long mem_size)
{
	static struct urproc_hw machine;

	machine = (struct urproc_hw){
		.hw = {
			.ops = &urproc_ops,
			.mem = (uint8_t *)mem_da,
			.mem_da = mem_da,
			.mem_size = mem_size,
			.image_da = FW_BASE,
			.image_size = FW_SIZE,
			.trace = trace_start,
			.trace_size = FW_TRACE_SIZE,
		},
		.kick_fd = kick_fd,
		.urproc_fd = urproc_fd,
	};
	machine_exit(fw_main(&machine.hw));
}
