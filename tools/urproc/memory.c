// SPDX-License-Identifier: GPL-2.0-or-later
/* The processor's memory: one pool, mapped here at the address where the firmware sees it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/urproc.h>
#include "urproc.h"

/* A number with an optional binary unit; returns where it ends, NULL for none. */
static const char *parse_size(const char *text, uint64_t *value)
{
	unsigned int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (errno)
		return NULL;
	switch (*end) {
	case 'K': case 'k':
		shift = 10;
		break;
	case 'M': case 'm':
		shift = 20;
		break;
	case 'G': case 'g':
		shift = 30;
		break;
	default:
		return end;
	}
	if (*value << shift >> shift != *value)
		return NULL;
	*value <<= shift;
	return end + 1;
}

int memory_parse(struct memory *mem, const char *text)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *end;

	end = parse_size(text, &mem->addr);
	if (end && *end == ':')
		end = parse_size(end + 1, &mem->size);
	else
		end = NULL;
	if (!end || *end) {
		complain("--mem wants ADDR:SIZE, for example 0x20000000:4M, not '%s'", text);
		return -EINVAL;
	}
	if (!mem->addr || mem->addr % page || !mem->size || mem->size % page) {
		complain("--mem %s: address and size must be whole pages of %llu bytes, and not 0",
			 text, (unsigned long long)page);
		return -EINVAL;
	}
	if (mem->size > URPROC_MEM_MAX) {
		complain("--mem %s: at most %lluM", text, URPROC_MEM_MAX >> 20);
		return -EINVAL;
	}
	if (mem->addr >= 1ULL << 32 || mem->size > (1ULL << 32) - mem->addr) {
		complain("--mem %s: must end below 4 GiB", text);
		return -EINVAL;
	}
	return 0;
}

int memory_map(struct memory *mem, int urproc_fd)
{
	void *want = (void *)(uintptr_t)mem->addr;
	void *got;
	int err;

	got = mmap(want, mem->size, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_SHARED | MAP_FIXED_NOREPLACE, urproc_fd, 0);
	if (got == want) {
		mem->mapped = true;
		/* cppcheck-suppress memleak */
		return 0;
	}
	/* A kernel that does not know the flag takes the address as a hint and maps elsewhere. */
	err = got == MAP_FAILED ? errno : EEXIST;
	if (got != MAP_FAILED)
		munmap(got, mem->size);
	complain("cannot map the processor's memory at 0x%llx: %s%s",
		 (unsigned long long)mem->addr, strerror(err),
		 err == EPERM ? " (is /dev mounted noexec?)" : "");
	return -err;
}

void memory_unmap(struct memory *mem)
{
	if (mem->mapped)
		munmap((void *)(uintptr_t)mem->addr, mem->size);
	mem->mapped = false;
}
