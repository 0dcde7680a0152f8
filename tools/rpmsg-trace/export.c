// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace export: a recording as a timeline, in the JSON format of Chrome's and Perfetto's
 * trace viewers, or as a picture.
 *
 * A processor is a process of the timeline; each message of it is an asynchronous slice of its own
 * with its stages inside, because messages overlap. Tasks have a process of their own kind: a
 * slice for each write and read, which do not overlap in one thread, and an arrow between them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "record.h"

#define TASKS_PID	1000000U	/* of processors: N + 1 */

/* The picture, in pixels: names, then the time, then totals. */
#define SVG_MESSAGES	40
#define SVG_LEFT	170
#define SVG_WIDTH	700
#define SVG_RIGHT	70
#define SVG_TOP		64
#define SVG_ROW		18
#define SVG_BAR		12
#define SVG_CHAR	7
#define SVG_TICKS	8

struct recorded {
	struct message *messages;
	size_t count;
	struct record_endpoint *endpoints;
	size_t endpoint_count;
	uint64_t lost;
	bool complete;
};

static const struct record_endpoint *endpoint_of(const struct recorded *recorded, __u32 id)
{
	static const struct record_endpoint unknown = { .processor = -1, .name = "?" };
	size_t i;

	for (i = 0; i < recorded->endpoint_count; i++) {
		if (recorded->endpoints[i].id == id)
			return &recorded->endpoints[i];
	}
	return &unknown;
}

/* Room for one more; the array grows by doubling. */
static bool make_room(void **array, size_t count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return true;
	bigger = reallocarray(*array, count ? count * 2 : 1, size);
	if (!bigger)
		return false;
	*array = bigger;
	return true;
}

static int take(struct recorded *recorded, const struct record *record)
{
	switch (record->type) {
	case RECORD_MESSAGE:
		if (!make_room((void **)&recorded->messages, recorded->count,
			       sizeof(*recorded->messages)))
			return -ENOMEM;
		recorded->messages[recorded->count++] = record->message;
		return 0;
	case RECORD_ENDPOINT:
		if (!make_room((void **)&recorded->endpoints, recorded->endpoint_count,
			       sizeof(*recorded->endpoints)))
			return -ENOMEM;
		recorded->endpoints[recorded->endpoint_count] = record->endpoint;
		recorded->endpoints[recorded->endpoint_count++].name[MESSAGE_NAME_SIZE - 1] = '\0';
		return 0;
	case RECORD_END:
		recorded->lost = record->lost;
		recorded->complete = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int read_file(const char *path, struct recorded *recorded)
{
	struct record_head head;
	struct record record;
	FILE *file;
	int ret = 0;

	file = fopen(path, "re");
	if (!file)
		return trace_fail(-errno, "cannot read '%s'", path);
	if (fread(&head, sizeof(head), 1, file) != 1 ||
	    memcmp(head.magic, RECORD_MAGIC, sizeof(head.magic)) ||
	    head.message_size != sizeof(struct message) ||
	    head.endpoint_size != sizeof(struct record_endpoint)) {
		fclose(file);
		return trace_fail(0, "'%s' is no recording of this version", path);
	}
	while (!ret && fread(&record, sizeof(record), 1, file) == 1)
		ret = take(recorded, &record);
	fclose(file);
	if (ret)
		return trace_fail(ret, "cannot use '%s'", path);
	if (!recorded->complete)
		fprintf(stderr, "rpmsg-trace: '%s' has no end, the recording was cut off\n", path);
	return TRACE_OK;
}

/* The stage of a message after a point, and the next point that it is known to have passed. */
static enum message_stage stage_after(const struct message *message, int from, int *to_out)
{
	static const enum message_stage stages[MESSAGE_POINTS] = {
		STAGE_WRITE, STAGE_KICK, STAGE_CONSUME, STAGE_ANSWER, STAGE_DELIVER, STAGE_WAIT,
		STAGE_READ,
	};
	int to = from + 1;

	while (to < MESSAGE_POINTS && !message->at[to])
		to++;
	*to_out = to;
	return from == AT_KICK && to == AT_INTERRUPT ? STAGE_REMOTE : stages[from];
}

static int first_point(const struct message *message)
{
	int point = 0;

	while (point < MESSAGE_POINTS && !message->at[point])
		point++;
	return point;
}

/* Microseconds with three decimals. */
static void print_time(const char *key, uint64_t ns)
{
	printf(",\"%s\":%llu.%03u", key, (unsigned long long)(ns / 1000),
	       (unsigned int)(ns % 1000));
}

static void event(const char *phase, unsigned int pid, unsigned int tid, uint64_t ns)
{
	printf(",\n{\"ph\":\"%s\",\"cat\":\"rpmsg\",\"pid\":%u,\"tid\":%u", phase, pid, tid);
	print_time("ts", ns);
}

static void print_async(const char *phase, const char *name, size_t id, unsigned int pid,
			uint64_t ns)
{
	event(phase, pid, 0, ns);
	printf(",\"id\":%zu,\"name\":", id);
	trace_print_json_string(name);
	putchar('}');
}

static void print_slice(const char *name, unsigned int tid, uint64_t from, uint64_t to)
{
	event("X", TASKS_PID, tid, from);
	print_time("dur", to > from ? to - from : 0);
	printf(",\"name\":\"%s\"}", name);
}

static void print_message(const struct recorded *recorded, size_t i)
{
	const struct message *message = &recorded->messages[i];
	const struct record_endpoint *endpoint = endpoint_of(recorded, message->endpoint);
	const unsigned int pid = endpoint->processor + 1;
	int from = first_point(message), to;
	enum message_stage stage;

	print_async("b", endpoint->name, i, pid, message->at[from]);
	for (; from < AT_USER; from = to) {
		stage = stage_after(message, from, &to);
		if (to == MESSAGE_POINTS)
			break;
		print_async("b", stage_name(stage), i, pid, message->at[from]);
		print_async("e", stage_name(stage), i, pid, message->at[to]);
	}
	print_async("e", endpoint->name, i, pid, message->at[AT_USER]);

	print_slice("read", message->reader_thread, message->at[AT_RUNNING], message->at[AT_USER]);
	if (!message->at[AT_WRITE] || !message->at[AT_KICK])
		return;
	print_slice("write", message->writer_thread, message->at[AT_WRITE], message->at[AT_KICK]);
	event("s", TASKS_PID, message->writer_thread, message->at[AT_KICK]);
	printf(",\"id\":%zu,\"name\":\"kick to wake\"}", i);
	event("f", TASKS_PID, message->reader_thread, message->at[AT_RUNNING]);
	printf(",\"bp\":\"e\",\"id\":%zu,\"name\":\"kick to wake\"}", i);
}

static void print_name(unsigned int pid, const char *name)
{
	printf(",\n{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\",\"args\":{\"name\":", pid);
	trace_print_json_string(name);
	printf("}}");
}

static void print_chrome(const struct recorded *recorded)
{
	size_t i;

	printf("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"lost\":\"%llu\"},\"traceEvents\":[\n",
	       (unsigned long long)recorded->lost);
	printf("{\"ph\":\"M\",\"pid\":%u,\"name\":\"process_name\",\"args\":{\"name\":\"tasks\"}}",
	       TASKS_PID);
	for (i = 0; i < recorded->endpoint_count; i++)
		print_name(recorded->endpoints[i].processor + 1,
			   trace_processor_text(recorded->endpoints[i].processor));
	for (i = 0; i < recorded->count; i++)
		print_message(recorded, i);
	puts("\n]}");
}

struct picture {
	const struct recorded *recorded;
	size_t first;		/* message */
	unsigned int rows;
	uint64_t start, end;
};

static struct picture picture_of(const struct recorded *recorded)
{
	struct picture picture = { .recorded = recorded, .start = UINT64_MAX };
	const struct message *message;
	uint64_t from;
	size_t i;

	if (recorded->count > SVG_MESSAGES)
		picture.first = recorded->count - SVG_MESSAGES;
	picture.rows = recorded->count - picture.first;
	for (i = picture.first; i < recorded->count; i++) {
		message = &recorded->messages[i];
		from = message->at[first_point(message)];
		picture.start = from < picture.start ? from : picture.start;
		if (message->at[AT_USER] > picture.end)
			picture.end = message->at[AT_USER];
	}
	if (picture.end <= picture.start)
		picture.end = picture.start + 1;
	return picture;
}

static double x_of(const struct picture *picture, uint64_t ns)
{
	const double per_ns = SVG_WIDTH / (double)(picture->end - picture->start);

	return SVG_LEFT + (double)(ns - picture->start) * per_ns;
}

static unsigned int y_of(unsigned int row)
{
	return SVG_TOP + row * SVG_ROW;
}

/* Of the text only what an XML file can have; names are the remote's. */
static void print_svg_text(double x, unsigned int y, const char *anchor, const char *text)
{
	printf("<text x=\"%.1f\" y=\"%u\" text-anchor=\"%s\">", x, y, anchor);
	for (; *text; text++) {
		if (*text < ' ' || *text > '~' || strchr("<>&", *text))
			putchar('?');
		else
			putchar(*text);
	}
	puts("</text>");
}

static const char *stage_colour(enum message_stage stage)
{
	static const char *const colours[MESSAGE_STAGES] = {
		"#4e79a7", "#a0cbe8", "#f28e2b", "#ffbe7d", "#f28e2b", "#59a14f", "#e15759",
		"#b07aa1",
	};

	return colours[stage];
}

/* Steps of 1, 2 or 5 in some power of ten. */
static uint64_t tick_ns(const struct picture *picture)
{
	const uint64_t wanted = (picture->end - picture->start) / SVG_TICKS;
	uint64_t ns = 1;

	while (ns < wanted) {
		if (2 * ns >= wanted)
			return 2 * ns;
		if (5 * ns >= wanted)
			return 5 * ns;
		ns *= 10;
	}
	return ns;
}

/* "0", "50ms", not "0ns", "50.0ms". */
static const char *tick_text(uint64_t ns, char text[TIME_TEXT_SIZE])
{
	char *zero;

	time_text(ns, text);
	zero = strstr(text, ".0");
	if (zero)
		memmove(zero, zero + 2, strlen(zero + 2) + 1);
	return ns ? text : "0";
}

static void print_axis(const struct picture *picture)
{
	const uint64_t step = tick_ns(picture);
	char text[TIME_TEXT_SIZE];
	uint64_t ns;
	double x;

	for (ns = 0; ns <= picture->end - picture->start; ns += step) {
		x = x_of(picture, picture->start + ns);
		printf("<path d=\"M%.1f %u V%u\" stroke=\"#ddd\"/>\n", x, y_of(0) - 4,
		       y_of(picture->rows) + 2);
		print_svg_text(x, y_of(picture->rows) + 16, "middle", tick_text(ns, text));
	}
}

/* The colours of the stages that there are. */
static void print_legend(const bool *seen)
{
	double x = SVG_LEFT;
	int stage;

	for (stage = 0; stage < STAGE_TOTAL; stage++) {
		if (!seen[stage])
			continue;
		printf("<rect x=\"%.1f\" y=\"32\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", x,
		       stage_colour(stage));
		print_svg_text(x + 17, 42, "start", stage_name(stage));
		x += 40 + (double)strlen(stage_name(stage)) * SVG_CHAR;
	}
	print_svg_text(SVG_LEFT + SVG_WIDTH + SVG_RIGHT - 8, 42, "end", "total");
}

static void print_row(const struct picture *picture, unsigned int row, bool *seen)
{
	const struct message *message = &picture->recorded->messages[picture->first + row];
	const struct record_endpoint *endpoint;
	int from = first_point(message), to;
	char text[TIME_TEXT_SIZE], name[64];
	enum message_stage stage;
	uint64_t ns;

	endpoint = endpoint_of(picture->recorded, message->endpoint);
	snprintf(name, sizeof(name), "rpmsg%u %.13s", message->node, endpoint->name);
	print_svg_text(8, y_of(row) + 10, "start", name);
	print_svg_text(SVG_LEFT + SVG_WIDTH + SVG_RIGHT - 8, y_of(row) + 10, "end",
		       time_text(message->at[AT_USER] - message->at[from], text));
	for (; from < AT_USER; from = to) {
		stage = stage_after(message, from, &to);
		if (to == MESSAGE_POINTS || message->at[to] < message->at[from])
			break;
		ns = message->at[to] - message->at[from];
		seen[stage] = true;
		printf("<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\"",
		       x_of(picture, message->at[from]), y_of(row),
		       x_of(picture, message->at[to]) - x_of(picture, message->at[from]), SVG_BAR);
		printf(" fill=\"%s\"><title>%s %s</title></rect>\n", stage_colour(stage),
		       stage_name(stage), time_text(ns, text));
	}
}

/* A row for each of the last messages, its stages in colours. */
static void print_svg(const struct recorded *recorded)
{
	const struct picture picture = picture_of(recorded);
	bool seen[MESSAGE_STAGES] = { false };
	char text[80], time[TIME_TEXT_SIZE];
	unsigned int row;

	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\">\n",
	       SVG_LEFT + SVG_WIDTH + SVG_RIGHT, y_of(picture.rows) + 26);
	puts("<style>text { font: 12px sans-serif }</style>");
	puts("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
	snprintf(text, sizeof(text), "%u messages from write to read, in %s", picture.rows,
		 time_text(picture.rows ? picture.end - picture.start : 0, time));
	print_svg_text(SVG_LEFT, 20, "start", text);
	print_axis(&picture);
	for (row = 0; row < picture.rows; row++)
		print_row(&picture, row, seen);
	print_legend(seen);
	puts("</svg>");
}

static int run(int argc, char **argv)
{
	struct recorded recorded = { 0 };
	struct trace_args args;
	int status;

	status = trace_parse(&command_export, argc, argv, &args);
	if (status)
		return status - 1;
	if (!args.input)
		return trace_usage(&command_export, "which file?");
	status = read_file(args.input, &recorded);
	if (!status && args.svg)
		print_svg(&recorded);
	else if (!status)
		print_chrome(&recorded);
	free(recorded.messages);
	free(recorded.endpoints);
	return status;
}

const struct trace_command command_export = {
	.name = "export",
	.summary = "make a timeline or a picture of a recording",
	.takes = "sF",
	.help =
		"Usage: rpmsg-trace export [--svg] FILE\n"
		"Print what 'rpmsg-trace record' wrote as a timeline in the JSON format that\n"
		"ui.perfetto.dev and chrome://tracing open: messages with their stages by\n"
		"processor, writes and reads by thread, an arrow from a kick to the reader.\n"
		"\n"
		"  -s, --svg      print a picture of the last 40 messages instead\n"
		"  -h, --help     show this\n"
		"\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.run = run,
};
