// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What rpmsg-ctl log --follow takes for new, with writers that append, make room, go round, start
 * again.
 */
#include <stdio.h>
#include <string.h>

#include "../follow.h"

static unsigned int tests, failures;
static struct follow follow;

static void check(bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tests, what);
	failures += !ok;
}

/* Looks at this text: whether the answer and what is new are those. */
static void look(const char *now, enum follow_change change, const char *new, const char *what)
{
	struct follow_piece pieces[2];
	char text[512];
	int ret;

	ret = follow_look(&follow, now, strlen(now), pieces);
	snprintf(text, sizeof(text), "%.*s%.*s", (int)pieces[0].len, pieces[0].text,
		 (int)pieces[1].len, pieces[1].text);
	if (ret != (int)change || strcmp(text, new))
		printf("# %d, and new is '%s'\n", ret, text);
	check(ret == (int)change && !strcmp(text, new), what);
}

static void test_append(void)
{
	look("", FOLLOW_SAME, "", "nothing");
	look("one\n", FOLLOW_MORE, "one\n", "the first text");
	look("one\n", FOLLOW_SAME, "", "the same");
	look("one\ntwo\n", FOLLOW_MORE, "two\n", "appended");
	look("one\ntwo\nthr", FOLLOW_MORE, "thr", "a piece of a line");
	look("one\ntwo\nthree\n", FOLLOW_MORE, "ee\n", "and its rest");
	follow_forget(&follow);
	look("one\ntwo\nthree\n", FOLLOW_MORE, "one\ntwo\nthree\n", "all of it, once forgotten");
	follow_forget(&follow);
}

static void test_anew(void)
{
	look("started\nrunning\n", FOLLOW_MORE, "started\nrunning\n", "a run");
	look("started\n", FOLLOW_ANEW, "started\n", "the next, shorter");
	look("", FOLLOW_ANEW, "", "emptied");
	look("started\n", FOLLOW_MORE, "started\n", "and written again");
	look("crashed\nrunning\nwaiting\n", FOLLOW_ANEW, "crashed\nrunning\nwaiting\n",
	     "another text, longer");
	look("sleeping\nrunning\nwaited\n", FOLLOW_ANEW, "sleeping\nrunning\nwaited\n",
	     "another text, of the same length");
	look("d\n", FOLLOW_ANEW, "d\n", "what it begins with was its end, by chance");
	follow_forget(&follow);
}

static void test_room(void)
{
	look("line 1 of many\nline 2 of many\nline 3 of many\n", FOLLOW_MORE,
	     "line 1 of many\nline 2 of many\nline 3 of many\n", "three lines");
	look("line 2 of many\nline 3 of many\nline 4 of many\n", FOLLOW_MORE,
	     "line 4 of many\n", "the first went, one came");
	look("line 4 of many\nline 5 of many\n", FOLLOW_ANEW,
	     "line 4 of many\nline 5 of many\n", "what stayed is too short to be sure");
	look("one two one two one two ", FOLLOW_ANEW, "one two one two one two ", "repeats");
	look("one two one two one two one two ", FOLLOW_MORE, "one two ", "one more");
	look("o one two one two one two tail", FOLLOW_MORE, "tail", "cut within a word");
	look("one two one two tail, and more", FOLLOW_MORE, ", and more", "room among repeats");
	follow_forget(&follow);
}

static void test_ring(void)
{
	look("aaaaaaaaaabbbbbbbbbbcccccccccc", FOLLOW_MORE, "aaaaaaaaaabbbbbbbbbbcccccccccc",
	     "full");
	look("0123aaaaaabbbbbbbbbbcccccccccc", FOLLOW_MORE, "0123", "goes round");
	look("0123456789bbbbbbbbbbcccccccccc", FOLLOW_MORE, "456789", "and on");
	look("0123456789ABCDEFGHIJcccccccccc", FOLLOW_MORE, "ABCDEFGHIJ", "and on");
	look("klmn456789ABCDEFGHIJ9876543210", FOLLOW_MORE, "9876543210klmn", "past the end");
	look("klmnopqrstABCDEFGHIJ9876543210", FOLLOW_MORE, "opqrst", "after that");
	look("klmnopqrstABuvwxyzIJ9876543210", FOLLOW_MORE, "ABuvwxyz",
	     "bytes that are the same are new, too, where something follows");
	look("------------------------------", FOLLOW_ANEW, "------------------------------",
	     "all of it was replaced");
	follow_forget(&follow);

	/* It had gone round before: where is not known, and shows. */
	look("newest\nold line one\nold line two\nold line three\n", FOLLOW_MORE,
	     "newest\nold line one\nold line two\nold line three\n", "full, from the middle");
	look("newest\nNEW LINE 1!!\nold line two\nold line three\n", FOLLOW_MORE,
	     "NEW LINE 1!!", "its end");
	look("newest\nNEW LINE 1!!\nNEW LINE 2!!\nold line three\n", FOLLOW_MORE,
	     "\nNEW LINE 2!!", "known from now on");
	follow_forget(&follow);
}

int main(void)
{
	test_append();
	test_anew();
	test_room();
	test_ring();
	printf("1..%u\n", tests);
	return failures != 0;
}
