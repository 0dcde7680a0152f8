/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What remoteproc does with a file before a processor runs, in user space, on the same sources: the
 * ELF code, the walk of the resource table, the decoder of debugfs.
 */
#ifndef SELFTESTS_FUZZ_LOADER_H
#define SELFTESTS_FUZZ_LOADER_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct loader - a processor's memory, and what became of a file
 * @da:		device address of the memory
 * @mem:	the memory
 * @size:	its bytes
 * @machine:	what the processor's driver stated with e_machine in mind, or 0
 * @table:	out: where the loaded table is in @mem, or NULL
 * @boot_addr:	out: where to start
 * @entries:	out: entries of the resource table that were read
 * @errors:	out: lines in the log
 * @text:	out: what debugfs would say about the table as it is in the end
 */
struct loader {
	uint64_t	da;
	uint8_t		*mem;
	size_t		size;
	uint16_t	machine;

	void		*table;
	uint64_t	boot_addr;
	unsigned int	entries;
	unsigned int	errors;
	char		text[4096];
};

/* Loads a file into the memory. Returns 0, or the -errno that the boot would fail with. */
int loader_run(struct loader *loader, const void *data, size_t size);

/* Reads a resource table. Returns 0, or the -errno that the boot would fail with. */
int loader_read_table(struct loader *loader, const void *data, size_t size);

#endif /* SELFTESTS_FUZZ_LOADER_H */
