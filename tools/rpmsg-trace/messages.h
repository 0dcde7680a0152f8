/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * messages.h: message.bpf.c at work, for the commands that follow messages.
 */
#ifndef RPMSG_TRACE_MESSAGES_H
#define RPMSG_TRACE_MESSAGES_H

#include "message.h"
#include "trace.h"

/* What is known of an endpoint; freed as an array by messages_end(). */
struct endpoint_row {
	__u32			id;
	struct endpoint_stats	stats;
};

struct messages {
	struct message_bpf	*skel;
	struct ring_buffer	*told;
	void			(*tell)(void *data, const struct message *message);
	void			*data;		/* for @tell */
	bool			ours;		/* our tracepoints, not mainline's functions */
	bool			sampled;	/* those that the kernel times, not all */
	struct node_counters	*before;	/* of each node, when it began */
	struct endpoint_row	*rows;		/* after messages_read(), in order of appearance */
	size_t			count;
	uint64_t		lost;
};

/*
 * Checks, loads and attaches, and says on standard error what it attached to: to all messages, or
 * with @sample, where the kernel can, to those that it times. @tell is called by messages_poll()
 * for each message that took tell_ns or longer; NULL: for none. Returns an exit status;
 * messages_end() is due in any case.
 */
int messages_begin(struct messages *messages, const struct trace_args *args, bool sample,
		   void (*tell)(void *data, const struct message *message), void *data);
void messages_end(struct messages *messages);

/* Tells of messages whose way has ended since the last call. */
void messages_poll(struct messages *messages);

/* From now on only of those that took that long. */
void messages_tell_from(struct messages *messages, uint64_t ns);

/* Fills rows, count and lost. Returns an exit status. */
int messages_read(struct messages *messages);

const char *stage_name(enum message_stage stage);

/* What a stage is, in a few words. */
const char *stage_text(enum message_stage stage);

/* The shortest time that a slot of struct stage_stats counts, and how many nanoseconds it spans. */
uint64_t slot_ns(unsigned int slot, uint64_t *width_out);

/* The time that @percent of the counted ones did not exceed, known to within 1/16. */
uint64_t stage_percentile(const struct stage_stats *stage, double percent);

/* "12.3ms", in @text, which is returned. */
#define TIME_TEXT_SIZE	16
const char *time_text(uint64_t ns, char text[TIME_TEXT_SIZE]);

#endif /* RPMSG_TRACE_MESSAGES_H */
