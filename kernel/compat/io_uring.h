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

#else

#include <linux/io_uring.h>

static inline const void *compat_uring_cmd_args(const struct io_uring_cmd *cmd)
{
	return cmd->cmd;
}

/* Nobody asks for it: commands end by flush(). */
#define COMPAT_URING_F_CANCEL	0

static inline void compat_uring_cmd_mark_cancelable(struct io_uring_cmd *cmd, unsigned int flags)
{
}

#endif /* HAVE_IO_URING_CMD_H */

#endif /* COMPAT_IO_URING_H */
