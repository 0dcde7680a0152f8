/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels for a file that takes commands from io_uring.
 *
 * HAVE_* come from compat/features.sh, which reads the text of the installed headers.
 */
#ifndef COMPAT_IO_URING_H
#define COMPAT_IO_URING_H

#ifdef HAVE_IO_URING_CMD_H

#include <linux/io_uring/cmd.h>

/* The argument in the SQE, which the application may change under us. */
static inline const void *compat_uring_cmd_args(const struct io_uring_cmd *cmd)
{
	return io_uring_sqe_cmd(cmd->sqe);
}

#define COMPAT_URING_F_CANCEL	IO_URING_F_CANCEL
#define compat_uring_cmd_mark_cancelable	io_uring_cmd_mark_cancelable

#define COMPAT_URING_LOOK_NS	U64_MAX

static inline bool compat_uring_cmd_is_abandoned(const struct io_uring_cmd *cmd)
{
	return false;
}

#else

#include <linux/io_uring.h>
#include <linux/io_uring_types.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

static inline const void *compat_uring_cmd_args(const struct io_uring_cmd *cmd)
{
	return cmd->cmd;
}

/* Nobody asks for it: commands end by flush(), or because they look. */
#define COMPAT_URING_F_CANCEL	0

static inline void compat_uring_cmd_mark_cancelable(struct io_uring_cmd *cmd, unsigned int flags)
{
}

/* How often a command that waits looks whether it is abandoned. */
#define COMPAT_URING_LOOK_NS	(100 * NSEC_PER_MSEC)

/*
 * Here io_uring waits for commands before files are closed, in two cases: when a process becomes
 * another program, and when a process ends whose commands are taken by a thread of the kernel. It
 * waits for them as well when a ring is closed, and nothing else is. For a command that waits for
 * a remote that would be for ever, and no signal ends it.
 */
static inline bool compat_uring_cmd_is_abandoned(const struct io_uring_cmd *cmd)
{
	const struct io_kiocb *req = (const struct io_kiocb *)cmd;
	const struct signal_struct *signal = req->task->signal;

	return READ_ONCE(signal->flags) & SIGNAL_GROUP_EXIT || READ_ONCE(signal->group_exec_task) ||
	       req->task->in_execve || percpu_ref_is_dying(&req->ctx->refs);
}

#endif /* HAVE_IO_URING_CMD_H */

#endif /* COMPAT_IO_URING_H */
