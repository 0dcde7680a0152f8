/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is new in a text buffer that somebody else writes, from one look at it to the next.
 */
#ifndef RPMSG_CTL_FOLLOW_H
#define RPMSG_CTL_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

struct follow {
	char *text;	/* at the last look */
	size_t len;
	size_t ring;	/* where the oldest of it is, once the writer was seen to go round */
	bool is_ring;
};

enum follow_change {
	FOLLOW_SAME,
	FOLLOW_MORE,	/* some is new */
	FOLLOW_ANEW,	/* nothing is known: all of it */
};

struct follow_piece {
	const char *text;
	size_t len;
};

/*
 * What is new in @now, which must stay until @pieces were used: at most two, in order. Takes a copy
 * of @now. Returns enum follow_change, or -ENOMEM and nothing is changed.
 */
int follow_look(struct follow *follow, const char *now, size_t len, struct follow_piece pieces[2]);

/* Whatever the next look finds is new. */
void follow_forget(struct follow *follow);

#endif /* RPMSG_CTL_FOLLOW_H */
