// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A processor made by the test itself, see processor.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/urproc.h>

#include "elf_image.h"
#include "processor.h"

#define EXIT_SKIP	4

void processor_require(void)
{
	const bool promised = getenv("RPMSG_MODULES");

	if (access("/dev/urproc", R_OK | W_OK) == 0)
		return;

	printf("TAP version 13\n");
	if (promised) {
		printf("1..1\nnot ok 1 modules are loaded, but /dev/urproc is not usable\n");
		exit(EXIT_FAILURE);
	}
	printf("1..0 # SKIP no /dev/urproc\n");
	exit(EXIT_SKIP);
}

int processor_install_firmware(void)
{
	struct elf_image image;
	struct table table;

	table_init(&table);
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	return firmware_install(PROCESSOR_FIRMWARE, image.data, image.size);
}

static void processor_answer(struct processor *processor, uint64_t seq, int result)
{
	struct urproc_complete complete = {
		.size	= sizeof(complete),
		.result	= result,
		.seq	= seq,
	};

	processor->last_seq = seq;
	if (!processor->silent)
		ioctl(processor->fd, URPROC_IOC_COMPLETE, &complete);
}

static void processor_event(struct processor *processor, const struct urproc_event *event)
{
	switch (event->type) {
	case URPROC_EVENT_START:
		processor->boot_addr = event->addr;
		processor->starts++;
		processor_answer(processor, event->seq, processor->start_result);
		break;
	case URPROC_EVENT_STOP:
		processor->stops++;
		processor_answer(processor, event->seq, processor->stop_result);
		break;
	case URPROC_EVENT_KICK:
		if (event->vq < PROCESSOR_VQS)
			processor->kicks[event->vq]++;
		break;
	case URPROC_EVENT_ATTACH:
		processor->attaches++;
		processor_answer(processor, event->seq, processor->start_result);
		break;
	case URPROC_EVENT_DETACH:
		processor->detaches++;
		processor_answer(processor, event->seq, processor->stop_result);
		break;
	}
}

static void *processor_serve(void *data)
{
	struct processor *processor = data;
	struct pollfd poll_fds[] = {
		{ .fd = processor->fd, .events = POLLIN },
		{ .fd = processor->quit_fd, .events = POLLIN },
	};
	struct urproc_event events[8];
	ssize_t got, i;

	for (;;) {
		if (poll(poll_fds, 2, -1) < 0)
			continue;
		if (poll_fds[1].revents)
			break;

		got = read(processor->fd, events, sizeof(events));
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			break;
		for (i = 0; i < got / (ssize_t)sizeof(events[0]); i++)
			processor_event(processor, &events[i]);
	}
	return NULL;
}

int processor_open(struct processor *processor)
{
	return processor_open_flags(processor, 0);
}

int processor_register(struct processor *processor, uint32_t flags)
{
	const bool runs = flags & URPROC_CREATE_DETACHED;
	struct urproc_create create = {
		.size		= sizeof(create),
		.flags		= flags,
		.table_addr	= runs ? MEM_ADDR + TABLE_OFFSET : 0,
		.table_size	= runs ? sizeof(struct table) : 0,
		.mem_addr	= MEM_ADDR,
		.mem_size	= MEM_SIZE,
		.name		= PROCESSOR_NAME,
		.firmware	= PROCESSOR_FIRMWARE,
	};
	int err;

	memset(processor, 0, sizeof(*processor));
	processor->quit_fd = -1;
	processor->fd = open("/dev/urproc", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (processor->fd < 0)
		return -errno;

	if (ioctl(processor->fd, URPROC_IOC_CREATE, &create))
		goto fail;
	processor->index = create.index;

	processor->mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, processor->fd, 0);
	if (processor->mem != MAP_FAILED)
		return 0;
	processor->mem = NULL;
fail:
	err = -errno;
	close(processor->fd);
	return err;
}

int processor_open_flags(struct processor *processor, uint32_t flags)
{
	int err = processor_register(processor, flags);

	if (err)
		return err;

	processor->quit_fd = eventfd(0, EFD_CLOEXEC);
	if (processor->quit_fd < 0)
		err = -errno;
	else
		err = -pthread_create(&processor->thread, NULL, processor_serve, processor);
	if (err) {
		munmap(processor->mem, MEM_SIZE);
		processor->mem = NULL;
		close(processor->fd);
		close(processor->quit_fd);
	}
	return err;
}

void processor_close(struct processor *processor)
{
	if (!processor->mem)
		return;

	if (processor->quit_fd >= 0) {
		eventfd_write(processor->quit_fd, 1);
		pthread_join(processor->thread, NULL);
		close(processor->quit_fd);
	}
	if (!processor->dies)
		ioctl(processor->fd, URPROC_IOC_QUIT, 0);
	munmap(processor->mem, MEM_SIZE);
	processor->mem = NULL;
	close(processor->fd);
}

static char *processor_path(const struct processor *processor, const char *attr,
			    char path[FILE_PATH_MAX])
{
	return file_path(path, "/sys/class/remoteproc/remoteproc%u/%s", processor->index, attr);
}

int processor_get(const struct processor *processor, const char *attr, char *text, size_t size)
{
	char path[FILE_PATH_MAX];

	return file_read_line(processor_path(processor, attr, path), text, size);
}

int processor_set(const struct processor *processor, const char *attr, const char *text)
{
	char path[FILE_PATH_MAX];

	return file_write(processor_path(processor, attr, path), text);
}

char *processor_debug_path(const struct processor *processor, const char *file,
			   char path[FILE_PATH_MAX])
{
	return file_path(path, "/sys/kernel/debug/remoteproc/remoteproc%u/%s", processor->index,
			 file);
}

bool processor_state_is(const struct processor *processor, const char *state)
{
	char text[32];

	return processor_get(processor, "state", text, sizeof(text)) >= 0 && !strcmp(text, state);
}

int processor_start(const struct processor *processor)
{
	return processor_set(processor, "state", "start");
}

int processor_stop(const struct processor *processor)
{
	return processor_set(processor, "state", "stop");
}

struct table *processor_table(const struct processor *processor)
{
	return (struct table *)(processor->mem + TABLE_OFFSET);
}

int processor_find(const struct processor *processor, const char *folder, const char *prefix,
		   const char *name, char *found, size_t size)
{
	char path[FILE_PATH_MAX], real[PATH_MAX], owner[40], text[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	snprintf(owner, sizeof(owner), "/remoteproc%u/", processor->index);
	dir = opendir(file_path(path, "/sys/%s", folder));
	if (!dir)
		return 0;

	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		/* First: it is quicker than the other. */
		if (name) {
			file_path(path, "/sys/%s/%s/name", folder, entry->d_name);
			if (file_read_line(path, text, sizeof(text)) < 0 || strcmp(text, name))
				continue;
		}
		file_path(path, "/sys/%s/%s", folder, entry->d_name);
		if (!realpath(path, real) || !strstr(real, owner))
			continue;
		if (found)
			snprintf(found, size, "%s", entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}
