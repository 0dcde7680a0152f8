// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs the fuzzer's function once on every file of a folder: firmware_corpus FOLDER.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../lib/test/tap.h"
#include "../file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buffer[1 << 18];

static void run_file(const char *folder, const char *name)
{
	char path[FILE_PATH_MAX];
	size_t size = 0;
	FILE *file;

	file = fopen(file_path(path, "%s/%s", folder, name), "rb");
	if (file) {
		size = fread(buffer, 1, sizeof(buffer), file);
		fclose(file);
	}
	tap_result(file && !LLVMFuzzerTestOneInput(buffer, size), folder, 0, name);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *folder;

	folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 1;
	}
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			run_file(argv[1], entry->d_name);
	closedir(folder);
	return tap_done();
}
