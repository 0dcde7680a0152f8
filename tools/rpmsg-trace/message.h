/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h: what message.bpf.c knows of messages and endpoints, and the tool prints. */
#ifndef RPMSG_TRACE_MESSAGE_H
#define RPMSG_TRACE_MESSAGE_H

#include <linux/types.h>

#define MESSAGE_NAME_SIZE	32
#define MESSAGE_COMM_SIZE	16
#define MESSAGE_NODES		4096	/* rpmsgN beyond that are not traced */
#define MESSAGE_ANY_PROCESSOR	(-1)
#define MESSAGE_ANY_ADDR	0xffffffffU

/* Endpoints that can be told apart, and of those the ones that can be open at a time. */
#define MESSAGE_ENDPOINTS	256
#define MESSAGE_OPEN_MAX	64

/* Messages of one endpoint whose answer is waited for; the oldest is given up for one more. */
#define MESSAGE_ASKED_MAX	1024

/* Messages received and not read whose times are known: of one endpoint, and what is beyond it. */
#define MESSAGE_QUEUED_MAX	1024
#define MESSAGE_QUEUED_MORE	65536

/* The points that a message and its answer pass, in this order. */
enum message_point {
	AT_WRITE,	/* the write begins */
	AT_QUEUED,	/* in the ring */
	AT_KICK,	/* the remote is told, or looks by itself */
	AT_CONSUMED,	/* the remote is done with it */
	AT_INTERRUPT,	/* the remote says that it sent the answer */
	AT_DELIVERED,	/* the answer is in the queue of the node */
	AT_RUNNING,	/* its reader has a CPU */
	AT_USER,	/* it is in the reader's memory */
	MESSAGE_POINTS
};

/* What lies between two points. */
enum message_stage {
	STAGE_WRITE,
	STAGE_KICK,
	STAGE_CONSUME,
	STAGE_ANSWER,
	STAGE_REMOTE,	/* the two before, where it is not seen when the message was consumed */
	STAGE_DELIVER,
	STAGE_WAIT,
	STAGE_READ,
	STAGE_TOTAL,
	MESSAGE_STAGES
};

/*
 * Eight slots for each power of two: what a slot has is known to within 1/8. Slot N < 8 is N ns;
 * from there on 8 to each power of two.
 */
#define MESSAGE_SLOT_BITS	3
#define MESSAGE_SLOTS		312	/* up to 2^41 ns, 36 minutes */

struct stage_stats {
	__u64	count;		/* of all slots; messages_read() adds them up */
	__u64	sum_ns;
	__u64	max_ns;
	__u32	slots[MESSAGE_SLOTS];
};

/* What a node counts by itself. */
struct node_counters {
	__u64	sent;
	__u64	sent_bytes;
	__u64	received;
	__u64	received_bytes;
	__u64	refused;
	__u64	queued;		/* not known to BPF programs */
};

/*
 * Of one endpoint from its opening to its closing. Where the kernel times a sample of the messages
 * sent and received are the node's own counters, and what is said of answers is of the timed ones.
 *
 * Each sent message is answered, given up (the
 * endpoint was closed, or MESSAGE_ASKED_MAX), or still under way: between asked_head and
 * asked_tail. Each received one is an answer or unasked; and is read, left unread at the closing,
 * or still in the queue: between queue_head and queue_tail.
 */
struct endpoint_stats {
	__u32			used;
	__u32			serial;		/* in order of appearance */
	char			name[MESSAGE_NAME_SIZE];
	__u32			node;		/* N of rpmsgN */
	__s32			processor;	/* N of remoteprocN, or -1 */
	__u32			addr;
	__u32			closed;
	__u64			sent;
	__u64			sent_bytes;
	__u64			received;
	__u64			received_bytes;
	__u64			unasked;
	__u64			given_up;
	__u64			read;
	__u64			unread;
	__u64			earlier;	/* read, but queued before tracing began */
	__u64			refused;
	__u64			asked_head;
	__u64			asked_tail;
	__u64			queue_head;
	__u64			queue_tail;
	__u64			queue_earlier;	/* still queued from before tracing began */
	__u64			send_since_ns;	/* messages of a ring wait for room */
	__u64			timed;		/* by the kernel */
	__u64			passed;		/* of these, the way is over */
	__u32			opened;		/* while it was traced */
	__u32			unused;
	struct node_counters	before;		/* if it was opened then */
	struct node_counters	now;		/* when it was last looked at */
	struct stage_stats	stages[MESSAGE_STAGES];
};

/* A message whose way is over, with the time of each point it passed; 0 is not seen. */
struct message {
	__u64	at[MESSAGE_POINTS];
	__u32	endpoint;			/* number of its struct endpoint_stats */
	__u32	node;
	__u32	writer;				/* process, and 0 for a message nobody asked for */
	__u32	writer_thread;
	__u32	reader;
	__u32	reader_thread;
	__u32	cpu;				/* of the reader */
	__u32	before;				/* thread that ran there before the reader */
	__u32	len;				/* of what was received */
	__u32	unused;
	char	reader_comm[MESSAGE_COMM_SIZE];
	char	before_comm[MESSAGE_COMM_SIZE];
};

#endif /* RPMSG_TRACE_MESSAGE_H */
