// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpmsg-trace record: each message, with the time of each point it passed, into a file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"
#include "record.h"

#define NSEC_PER_MSEC	1000000LL

struct recording {
	struct messages messages;
	FILE *file;
	unsigned long long count;
};

static void put(struct recording *recording, const struct record *record)
{
	/* An error stays in the file's state until the end. */
	fwrite(record, sizeof(*record), 1, recording->file);
}

static void take(void *data, const struct message *message)
{
	const struct record record = { .type = RECORD_MESSAGE, .message = *message };
	struct recording *recording = data;

	put(recording, &record);
	recording->count++;
}

static void tick(void *data)
{
	struct recording *recording = data;

	messages_poll(&recording->messages);
}

static void put_endpoint(struct recording *recording, const struct endpoint_row *row)
{
	struct record record = { .type = RECORD_ENDPOINT };

	record.endpoint.id = row->id;
	record.endpoint.node = row->stats.node;
	record.endpoint.processor = row->stats.processor;
	record.endpoint.addr = row->stats.addr;
	memcpy(record.endpoint.name, row->stats.name, MESSAGE_NAME_SIZE);
	put(recording, &record);
}

static int finish(struct recording *recording)
{
	struct record record = { .type = RECORD_END };
	size_t i;

	messages_poll(&recording->messages);
	if (messages_read(&recording->messages))
		return TRACE_FAILED;
	for (i = 0; i < recording->messages.count; i++)
		put_endpoint(recording, &recording->messages.rows[i]);
	record.lost = recording->messages.lost;
	put(recording, &record);
	if (fflush(recording->file) || ferror(recording->file))
		return trace_fail(-errno, "cannot write the file");
	fprintf(stderr, "rpmsg-trace: %llu messages recorded, %llu events lost\n",
		recording->count, (unsigned long long)recording->messages.lost);
	return TRACE_OK;
}

static int run(int argc, char **argv)
{
	struct record_head head = {
		.message_size = sizeof(struct message),
		.endpoint_size = sizeof(struct record_endpoint),
	};
	struct recording recording = { 0 };
	struct trace_args args;
	int status;

	status = trace_parse(&command_record, argc, argv, &args);
	if (status)
		return status - 1;
	if (!args.output)
		return trace_usage(&command_record, "where to? -o FILE says");
	recording.file = fopen(args.output, "we");
	if (!recording.file)
		return trace_fail(-errno, "cannot write '%s'", args.output);
	memcpy(head.magic, RECORD_MAGIC, sizeof(head.magic));
	fwrite(&head, sizeof(head), 1, recording.file);
	status = messages_begin(&recording.messages, &args, false, take, &recording);
	if (!status)
		status = trace_wait(args.duration_ns, 20 * NSEC_PER_MSEC, tick, &recording);
	if (!status)
		status = finish(&recording);
	messages_end(&recording.messages);
	if (fclose(recording.file) && !status)
		status = trace_fail(-errno, "cannot write '%s'", args.output);
	return status;
}

const struct trace_command command_record = {
	.name = "record",
	.summary = "write each message and its times to a file",
	.takes = "dpeaPmo",
	.help =
		"Usage: rpmsg-trace record -o FILE [OPTION...]\n"
		"Write each message that was read, with the time of each point that it and what\n"
		"it answers passed, to a file for 'rpmsg-trace export'. Traces until Ctrl-C.\n"
		"\n"
		"  -o, --output FILE          the file\n"
		"  -d, --duration DURATION    end after so many seconds; or units: us, ms, s\n"
		"  -p, --processor PROCESSOR  only this one, by its name or as remoteprocN\n"
		"  -e, --endpoint NAME        only endpoints of this name\n"
		"  -a, --address ADDRESS      only the endpoint with this local address\n"
		"  -P, --pid PID              only messages that this process wrote or read\n"
		"  -m, --min DURATION         only messages that took as long from write to read\n"
		"  -v, --verbose              print what libbpf says\n"
		"  -h, --help                 show this\n"
		"\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n",
	.run = run,
};
