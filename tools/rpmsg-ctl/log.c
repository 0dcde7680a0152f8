// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-ctl log: what a processor writes to its trace buffers.
 *
 * Nobody tells when there is more, so following means to look again and again. A processor that is
 * started anew begins its buffers anew, and may write the very same text: so what it wrote before
 * is forgotten once it runs again, unless the new text was seen to be another in the meantime. What
 * it wrote last before it stopped is printed first, if it is still there.
 *
 * That a text is the new one is known only to who knows that the old run is over. So a look at a
 * buffer counts when nothing was told of the processor until it was over, and else is taken again.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"
#include "follow.h"

/* How often to look. */
#define LOOK_NS		(100 * 1000000LL)
/* What is read of a buffer, and of how many; both far above what is known of any processor. */
#define TEXT_MAX	(1024 * 1024)
#define BUFFERS_MAX	16

struct buffer {
	struct follow follow;
	bool over;		/* its text is that of a run that ended */
};

struct log {
	struct rpmsg_processor *processor;
	struct rpmsg_monitor *monitor;	/* NULL: one look, no more */
	const char *sysname;
	struct buffer buffers[BUFFERS_MAX];
	char *now;
	unsigned int first;	/* buffers from here */
	unsigned int end;	/* to before here are looked at */
	unsigned int seen;	/* how many there were at the last look */
	bool named;		/* lines begin with the buffer's name */
	unsigned int printed;	/* the buffer of the line that was begun */
	bool in_line;
};

static const struct option options[] = {
	{ "buffer", required_argument, NULL, 'b' },
	{ "follow", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void end_line(struct log *log)
{
	if (log->in_line)
		putchar('\n');
	log->in_line = false;
}

static void print_piece(struct log *log, unsigned int number, const struct follow_piece *piece)
{
	size_t i;

	if (piece->len && log->printed != number)
		end_line(log);
	log->printed = number;
	for (i = 0; i < piece->len; i++) {
		unsigned char c = (unsigned char)piece->text[i];

		if (c == '\r')
			continue;
		if (!log->in_line && log->named)
			printf("trace%u: ", number);
		log->in_line = c != '\n';
		if (c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f))
			putchar(c);
		else
			printf("\\x%02x", c);
	}
}

static void note_state(struct log *log, const struct rpmsg_processor *processor)
{
	enum rpmsg_processor_state state = rpmsg_processor_get_state(processor);
	bool runs = state == RPMSG_PROCESSOR_RUNNING || state == RPMSG_PROCESSOR_ATTACHED;
	unsigned int i;

	for (i = 0; i < BUFFERS_MAX; i++) {
		if (runs && log->buffers[i].over)
			follow_forget(&log->buffers[i].follow);
		log->buffers[i].over = !runs;
	}
}

/*
 * Takes note of what becomes of the processor, and waits so long for the first of it. Returns
 * whether there was something, or a negative errno: -ENODEV when it is gone.
 */
static int take_notes(struct log *log, int64_t timeout_ns)
{
	struct rpmsg_processor *processor;
	enum rpmsg_change change;
	bool told = false;
	int ret;

	while (!(ret = rpmsg_monitor_next(log->monitor, timeout_ns, &change, &processor))) {
		note_state(log, processor);
		rpmsg_processor_free(processor);
		if (change == RPMSG_CHANGE_REMOVED)
			return -ENODEV;
		told = true;
		timeout_ns = 0;
	}
	return ret == -ETIMEDOUT || ret == -EAGAIN || ret == -EINTR ? told : ret;
}

/* What is in a buffer now, with all that led to it noted. Returns 0 or a negative errno. */
static int read_text(struct log *log, unsigned int number, size_t *len)
{
	int ret, told = 0;

	do {
		ret = rpmsg_processor_read_trace(log->processor, number, log->now, TEXT_MAX, len);
		if (log->monitor)
			told = take_notes(log, 0);
	} while (told > 0);
	return told ? told : ret;
}

static int look_at(struct log *log, unsigned int number)
{
	struct buffer *buffer = &log->buffers[number];
	struct follow_piece pieces[2];
	size_t len;
	bool empty;
	int ret;

	ret = read_text(log, number, &len);
	if (ret)
		return ret;
	empty = !buffer->follow.len;
	ret = follow_look(&buffer->follow, log->now, len, pieces);
	if (ret < 0)
		return ret;
	if (ret == FOLLOW_ANEW || (ret == FOLLOW_MORE && empty))
		buffer->over = false;
	print_piece(log, number, &pieces[0]);
	print_piece(log, number, &pieces[1]);
	return 0;
}

static int look(struct log *log)
{
	unsigned int number;
	int ret = 0;

	for (number = log->first; number < log->end; number++) {
		ret = look_at(log, number);
		if (ret)
			break;
		/* The lines before were of the only one. */
		if (number > log->first && !log->named) {
			log->named = true;
			end_line(log);
		}
	}
	log->seen = number - log->first;
	for (; number < log->end; number++)
		follow_forget(&log->buffers[number].follow);
	return ret == -ENOENT ? 0 : ret;
}

static int failed(const struct log *log, int ret)
{
	switch (ret) {
	case -EOPNOTSUPP:
		return ctl_fail(0, "cannot read the log of %s: " CTL_NO_DEBUGFS, log->sysname);
	case -ENODEV:
		return ctl_fail(0, "%s is gone", log->sysname);
	case -ENXIO:
		return ctl_fail(0, "the memory of a trace buffer of %s is not to be had",
				log->sysname);
	default:
		return ctl_fail(ret, "cannot read the log of %s", log->sysname);
	}
}

static int show(struct log *log)
{
	int ret = look(log);

	end_line(log);
	if (ret)
		return failed(log, ret);
	if (log->seen)
		return CTL_OK;
	if (log->first)
		return ctl_fail(0, "%s has no trace buffer %u, its state is %s", log->sysname,
				log->first, ctl_state(log->processor));
	return ctl_fail(0, "%s has no trace buffer, its state is %s", log->sysname,
			ctl_state(log->processor));
}

static int follow(struct log *log)
{
	int ret = 0;

	while (ret >= 0 && !ctl_interrupted) {
		ret = look(log);
		if (!ret && fflush(stdout))
			break;		/* nobody listens; main() reports it */
		if (!ret)
			ret = take_notes(log, LOOK_NS);
	}
	return ret < 0 ? ret : 0;
}

static int show_and_follow(struct log *log)
{
	int ret;

	ctl_catch_signals();
	ret = rpmsg_monitor_new(log->processor, &log->monitor);
	if (!ret)
		ret = follow(log);
	rpmsg_monitor_free(log->monitor);
	end_line(log);
	return ret ? failed(log, ret) : CTL_OK;
}

static int run_log(struct rpmsg_processor *processor, unsigned int first, unsigned int end,
		   bool following)
{
	struct log log = {
		.processor = processor,
		.sysname = rpmsg_processor_get_sysname(processor),
		.first = first,
		.end = end,
	};
	unsigned int i;
	int status;

	log.now = malloc(TEXT_MAX);
	if (!log.now)
		return failed(&log, -ENOMEM);
	status = following ? show_and_follow(&log) : show(&log);
	for (i = 0; i < BUFFERS_MAX; i++)
		follow_forget(&log.buffers[i].follow);
	free(log.now);
	return status;
}

static int run(struct rpmsg_context *ctx, int argc, char **argv)
{
	struct rpmsg_processor *processor;
	unsigned int first = 0, end = BUFFERS_MAX;
	bool following = false;
	unsigned long number;
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "b:fh", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			if (!ctl_parse_count(optarg, 0, BUFFERS_MAX - 1, &number))
				return ctl_usage(&command_log,
						 "'%s' is not the number of a trace buffer",
						 optarg);
			first = (unsigned int)number;
			end = first + 1;
			break;
		case 'f':
			following = true;
			break;
		case 'h':
			return ctl_help(&command_log);
		default:
			return ctl_option_error(&command_log, argc, argv);
		}
	}
	if (argc - optind != 1)
		return ctl_usage(&command_log, "exactly one processor is needed");

	status = ctl_find_processor(ctx, argv[optind], &processor);
	if (status)
		return status;
	status = run_log(processor, first, end, following);
	rpmsg_processor_free(processor);
	return status;
}

const struct ctl_command command_log = {
	.name = "log",
	.summary = "show what a processor writes to its trace buffers",
	.help =
		"Usage: rpmsg-ctl log [OPTION...] PROCESSOR\n"
		"Show the text in a processor's trace buffers. Needs debugfs on\n"
		"/sys/kernel/debug.\n"
		"\n"
		"  -f, --follow         go on with what is added, until interrupted; the\n"
		"                       processor may be stopped and started meanwhile\n"
		"  -b, --buffer NUMBER  only this one; 0 is trace0 (default: all)\n"
		"  -h, --help           show this\n"
		"\n"
		"Where there are several buffers, lines begin with their names. Bytes that cannot\n"
		"be printed are shown as \\xNN. No more than the first 1 MiB of a buffer is read.\n",
	.run = run,
};
