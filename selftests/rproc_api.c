// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel interface of remoteproc, as platform drivers see it: the cases of the module
 * rproc_test (modules/rproc_test/), each one a case here. With RPMSG_REFERENCE set, those that
 * mainline's core would not survive are skipped. Names of cases as arguments run only these.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_image.h"
#include "file.h"
#include "kselftest.h"
#include "module.h"

#define MODULE		"rproc_test"
#define CASES_MAX	256

/* As in modules/rproc_test/test.h. */
#define FW_ELF		"rproc_test.elf"
#define FW_BYTES	"rproc_test.bin"
#define FW_LARGE	"rproc_test-large.bin"
#define LARGE_SIZE	(32 << 20)

static int install_firmware(void)
{
	static const char bytes[100] = "no firmware at all";
	struct elf_image image;
	struct table table;
	int ret;

	/* A carveout and a trace buffer; the virtio device is left out. */
	table_init(&table);
	table.head.count = 2;
	elf_image_init(&image, ELFCLASS64, &table, sizeof(table));
	ret = firmware_install(FW_ELF, image.data, image.size);
	if (!ret)
		ret = firmware_install(FW_BYTES, bytes, sizeof(bytes));
	if (!ret)
		ret = firmware_install(FW_LARGE, bytes, sizeof(bytes));
	if (!ret && truncate(FIRMWARE_FOLDER "/" FW_LARGE, LARGE_SIZE))
		ret = -errno;
	return ret;
}

static void remove_firmware(void)
{
	firmware_remove(FW_ELF);
	firmware_remove(FW_BYTES);
	firmware_remove(FW_LARGE);
}

/* Prints what the module found, a comment a line. */
static void show_findings(char *report)
{
	char *line, *rest;

	for (line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		ksft_print_msg("%s\n", line);
}

static void run_case(int fd, const char *name)
{
	char report[4096];
	ssize_t got;

	if (write(fd, name, strlen(name)) < 0) {
		ksft_test_result_fail("%s: cannot be run: %s\n", name, strerror(errno));
		return;
	}
	got = read(fd, report, sizeof(report) - 1);
	report[got > 0 ? got : 0] = '\0';
	if (!strcmp(report, "ok\n")) {
		ksft_test_result_pass("%s\n", name);
	} else if (!strncmp(report, "skip ", 5)) {
		report[strcspn(report, "\n")] = '\0';
		ksft_test_result_skip("%s: %s\n", name, report + 5);
	} else {
		show_findings(report);
		ksft_test_result_fail("%s\n", name);
	}
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(name, argv[i]))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const bool reference = getenv("RPMSG_REFERENCE");
	char text[16384], path[FILE_PATH_MAX], *line, *rest;
	const char *names[CASES_MAX];
	int ret, fd, i, count = 0;
	bool loaded;

	ksft_print_header();
	if (!getenv("RPMSG_MODULES"))
		ksft_exit_skip("RPMSG_MODULES names no folder of modules\n");
	if (!file_exists(file_path(path, "%s/" MODULE ".ko", getenv("RPMSG_MODULES"))))
		ksft_exit_skip(MODULE ".ko was not built\n");
	loaded = module_is_loaded(MODULE);
	ret = loaded ? 0 : module_load(MODULE, "");
	if (ret)
		ksft_exit_fail_msg(MODULE ": cannot be loaded: %s\n", strerror(-ret));
	ret = install_firmware();
	if (ret)
		ksft_exit_fail_msg("firmware cannot be installed: %s\n", strerror(-ret));

	ret = file_read("/sys/kernel/debug/rproc_test/cases", text, sizeof(text));
	fd = open("/sys/kernel/debug/rproc_test/run", O_RDWR | O_CLOEXEC);
	if (ret <= 0 || fd < 0)
		ksft_exit_fail_msg("no cases in debugfs\n");
	for (line = strtok_r(text, "\n", &rest); line && count < CASES_MAX;
	     line = strtok_r(NULL, "\n", &rest))
		if (is_wanted(strncmp(line, "ours ", 5) ? line : line + 5, argc, argv))
			names[count++] = line;

	ksft_set_plan(count);
	for (i = 0; i < count; i++) {
		if (strncmp(names[i], "ours ", 5))
			run_case(fd, names[i]);
		else if (reference)
			ksft_test_result_skip("%s: not for mainline's core\n", names[i] + 5);
		else
			run_case(fd, names[i] + 5);
	}

	close(fd);
	remove_firmware();
	if (!loaded && module_unload(MODULE))
		ksft_exit_fail_msg(MODULE ": cannot be unloaded\n");
	ksft_finished();
}
