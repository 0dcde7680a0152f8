/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h: the file that "rpmsg-trace record" writes and "rpmsg-trace export" reads. For the same
 * version on the same kind of machine: a head, the messages as their ways end, then the endpoints.
 */
#ifndef RPMSG_TRACE_RECORD_H
#define RPMSG_TRACE_RECORD_H

#include "message.h"

#define RECORD_MAGIC	"rpmsgtr1"

enum record_type { RECORD_MESSAGE = 1, RECORD_ENDPOINT = 2, RECORD_END = 3 };

struct record_head {
	char	magic[8];
	__u32	message_size;
	__u32	endpoint_size;
};

struct record_endpoint {
	__u32	id;
	__u32	node;
	__s32	processor;
	__u32	addr;
	char	name[MESSAGE_NAME_SIZE];
};

struct record {
	__u32	type;
	__u32	unused;
	union {
		struct message		message;
		struct record_endpoint	endpoint;
		__u64			lost;
	};
};

#endif /* RPMSG_TRACE_RECORD_H */
