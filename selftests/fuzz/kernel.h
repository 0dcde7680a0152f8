/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the kernel as the files need that read firmware (kernel/remoteproc/fw_*.c and
 * remoteproc_elf.c), for user space. Every header of theirs that user space lacks is this one.
 *
 * Messages are counted, not printed, unless the environment has LOADER_VERBOSE. Their arguments are
 * still read, so that a string without an end is found.
 */
#ifndef SELFTESTS_FUZZ_KERNEL_H
#define SELFTESTS_FUZZ_KERNEL_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX
#define SZ_64K		0x10000

#define __packed	__attribute__((packed))
#define __printf(...)
#define __iomem
#define IS_ENABLED(...)	0
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define THIS_MODULE	NULL

struct module;
struct list_head {
	struct list_head *next, *prev;
};

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline size_t size_add(size_t a, size_t b)
{
	return a + b < a ? SIZE_MAX : a + b;
}

static inline size_t size_mul(size_t a, size_t b)
{
	return b && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

#define struct_size(p, member, count)	\
	size_add(sizeof(*(p)), size_mul(sizeof((p)->member[0]), count))

/* Memory */
#define GFP_KERNEL	0
#define kvfree(p)			free(p)
#define memcpy_toio(to, from, n)	memcpy(to, from, n)
#define memset_io(to, c, n)		memset(to, c, n)

static inline void *kvmalloc_array(size_t n, size_t size, int flags)
{
	return malloc(size_mul(n, size));
}

static inline void sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *),
			void (*swap)(void *, void *, int))
{
	qsort(base, n, size, cmp);
}

/* Messages */
struct device {
	unsigned int errors;
	unsigned int warnings;
};

struct va_format {
	const char *fmt;
	va_list *va;
};

void kernel_log(unsigned int *count, const char *fmt, ...);
#define dev_err(dev, ...)	kernel_log(&(dev)->errors, __VA_ARGS__)
#define dev_warn(dev, ...)	kernel_log(&(dev)->warnings, __VA_ARGS__)

struct seq_file {
	char	*text;
	size_t	size;
	size_t	used;
};

void seq_printf(struct seq_file *m, const char *fmt, ...);
#define seq_puts(m, text)	seq_printf(m, "%s", text)

/* As it is called here: what is not printable ASCII, and what is in more, becomes \xNN. */
#define ESCAPE_HEX	0
#define ESCAPE_NAP	0
#define ESCAPE_APPEND	0
void seq_escape_mem(struct seq_file *m, const char *from, size_t len, unsigned int flags,
		    const char *more);

/* Processors and their firmware */
struct firmware {
	size_t size;
	const u8 *data;
};

struct rproc {
	struct device dev;
	const char *firmware;
	u16 elf_machine;
	size_t table_sz;
	void *priv;
};

void *rproc_da_to_va(struct rproc *rproc, u64 da, size_t len, bool *is_iomem);

/* What is wanted of the header of platform drivers, and its guard. */
#define REMOTEPROC_INTERNAL_H
int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_load_rsc_table(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_sanity_check(struct rproc *rproc, const struct firmware *fw);
u64 rproc_elf_get_boot_addr(struct rproc *rproc, const struct firmware *fw);
struct resource_table *rproc_elf_find_loaded_rsc_table(struct rproc *rproc,
						       const struct firmware *fw);

/* The resource table, as the kernel's header has it */
#define FW_RSC_ADDR_ANY		(-1)
#define RVDEV_NUM_VRINGS	2

enum fw_resource_type {
	RSC_CARVEOUT,
	RSC_DEVMEM,
	RSC_TRACE,
	RSC_VDEV,
	RSC_LAST,
};

struct resource_table {
	u32 ver;
	u32 num;
	u32 reserved[2];
	u32 offset[];
} __packed;

struct fw_rsc_hdr {
	u32 type;
	u8 data[];
} __packed;

struct fw_rsc_carveout {
	u32 da, pa, len, flags, reserved;
	u8 name[32];
} __packed;

struct fw_rsc_devmem {
	u32 da, pa, len, flags, reserved;
	u8 name[32];
} __packed;

struct fw_rsc_trace {
	u32 da, len, reserved;
	u8 name[32];
} __packed;

struct fw_rsc_vdev_vring {
	u32 da, align, num, notifyid, pa;
} __packed;

struct fw_rsc_vdev {
	u32 id, notifyid, dfeatures, gfeatures, config_len;
	u8 status, num_of_vrings, reserved[2];
	struct fw_rsc_vdev_vring vring[];
} __packed;

#endif /* SELFTESTS_FUZZ_KERNEL_H */
