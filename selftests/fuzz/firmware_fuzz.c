// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a fuzzer finds interesting: a file is a firmware image, unless it cannot be one; then it is
 * a resource table.
 *
 * For libFuzzer (./run fuzz firmware), and with a main() of its own to run files once, which is how
 * the corpus is a unit test.
 */
#include <elf.h>
#include <string.h>

#include "loader.h"

#define MEM_DA		0x20000000
#define MEM_SIZE	0x100000

static const unsigned char elf_magic[] = { 0x7f, 'E', 'L', 'F' };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t mem[MEM_SIZE];
	struct loader loader = { .da = MEM_DA, .mem = mem, .size = sizeof(mem) };

	/* Processors of drivers that stated a machine, and of those that did not */
	loader.machine = size & 1 ? EM_X86_64 : EM_NONE;
	if (size < sizeof(elf_magic) || !memcmp(data, elf_magic, sizeof(elf_magic)))
		loader_run(&loader, data, size);
	else
		loader_read_table(&loader, data, size);
	return 0;
}
