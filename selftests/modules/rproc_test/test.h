/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases about the kernel interface of remoteproc, run one by one from user space (rproc_api.c).
 *
 * Each case gets a struct test with a device of its own, bound to the driver in remote.c, and a
 * processor of it as soon as it asks for one. What the core calls is written down, a word a call,
 * and compared as a whole, so that a call too many is found like one that is missing. What a case
 * leaves behind is cleaned up after it.
 *
 * Only what <linux/remoteproc.h> and the "remoteproc_internal.h" of platform drivers offer is used:
 * the same cases run on mainline's core. Those marked CASE_OURS would crash it or hang there.
 */
#ifndef RPROC_TEST_H
#define RPROC_TEST_H

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/firmware.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "remoteproc_internal.h"

/* Files that rproc_api.c installs; their contents are said there. */
#define FW_ELF		"rproc_test.elf"	/* a right image, loaded at REMOTE_DA */
#define FW_BYTES	"rproc_test.bin"	/* no image of any format */
#define FW_LARGE	"rproc_test-large.bin"	/* takes a while to read */
#define FW_MISSING	"rproc_test-missing.bin"

/* The memory of the device, contiguous, and where the processor sees it. */
#define REMOTE_DA	0x20000000
#define REMOTE_SIZE	SZ_1M
#define REMOTE_BOOT	(REMOTE_DA + 0x40)

#define PATIENCE_MS	20000

struct test;

/**
 * struct test_case - one case
 * @name: for the report
 * @run:  the case
 * @arg:  for cases that share a function, in test->arg
 * @ours: not for mainline's core
 */
struct test_case {
	const char *name;
	void (*run)(struct test *t);
	const void *arg;
	bool ours;
};

#define CASE(fn)		{ .name = #fn, .run = fn }
#define CASE_OURS(fn)		{ .name = #fn, .run = fn, .ours = true }
#define CASE_ARG(_name, fn, _arg) { .name = _name, .run = fn, .arg = _arg }
#define CASE_ARG_OURS(_name, fn, _arg) { .name = _name, .run = fn, .arg = _arg, .ours = true }

/* A subdevice that writes down what is done to it, as "a.prepare", "a.start" ... */
struct remote_subdev {
	struct rproc_subdev subdev;
	struct test *t;
	char name;
};

/**
 * struct test - a case that runs
 * @arg:	 of the case
 * @skip:	 why it cannot run here, or NULL
 * @failed:	 something was not as expected
 * @why:	 what
 * @pdev:	 the device
 * @behind_iommu: the next device is behind the IOMMU of fake_iommu.c
 * @np:		 device tree node of the next device
 * @probe:	 what the next device's driver does when it is bound, or NULL
 * @mem:	 its memory, REMOTE_SIZE bytes
 * @dma:	 the DMA address of that
 * @rproc:	 the processor, after remote_alloc()
 * @registered:	 and after remote_add()
 * @a:		 the first subdevice of a case that has two
 * @b:		 the second
 * @lock:	 for @log
 * @log:	 what was called
 * @fail:	 the call that fails, or NULL
 * @error:	 and what it returns
 * @block:	 the call that waits for @go once it completed @entered, or NULL
 * @entered:	 see @block
 * @go:		 see @block
 * @table:	 what parse_fw takes for the firmware's resource table, built by table_add()
 * @table_len:	 0 for none
 * @loaded:	 what find_loaded_rsc_table and get_loaded_rsc_table return
 * @loaded_len:	 bytes there
 * @vendor:	 what handle_rsc returns
 * @vendor_type: what handle_rsc was told
 * @vendor_offset: what handle_rsc was told
 * @vendor_avail: what handle_rsc was told
 * @kicks:	 calls of kick for each vring
 * @panics:	 calls of panic
 * @panic_ms:	 what panic returns
 */
struct test {
	const void *arg;
	const char *skip;
	bool failed;
	char why[2048];

	struct platform_device *pdev;
	bool behind_iommu;
	struct device_node *np;
	int (*probe)(struct test *t);
	void *mem;
	dma_addr_t dma;
	struct rproc *rproc;
	bool registered;
	struct remote_subdev a;
	struct remote_subdev b;

	spinlock_t lock; /* see above */
	char log[1024];
	const char *fail;
	int error;
	const char *block;
	struct completion entered;
	struct completion go;

	u8 table[1024];
	size_t table_len;
	void *loaded;
	size_t loaded_len;
	int vendor;
	u32 vendor_type;
	int vendor_offset;
	int vendor_avail;
	atomic_t kicks[2];
	atomic_t panics;
	unsigned long panic_ms;
};

/* main.c */
void __printf(4, 5) test_fail(struct test *t, const char *file, int line, const char *fmt, ...);

#define EXPECT(t, cond)							\
({									\
	bool _ok = (cond);						\
									\
	if (!_ok)							\
		test_fail(t, __FILE__, __LINE__, "not so: %s", #cond);	\
	_ok;								\
})

#define EXPECT_EQ(t, want, got)						\
({									\
	long long _want = (want), _got = (got);				\
									\
	if (_want != _got)						\
		test_fail(t, __FILE__, __LINE__, "%s is %lld (0x%llx), not %lld (0x%llx)", #got, \
			  _got, _got, _want, _want);			\
	_want == _got;							\
})

/* What was called since the last time, as one string of words. */
#define EXPECT_LOG(t, want)						\
({									\
	bool _same = !strcmp((t)->log, want);				\
									\
	if (!_same)							\
		test_fail(t, __FILE__, __LINE__, "called were \"%s\", not \"%s\"",	\
			  (t)->log, want);				\
	remote_forget(t);						\
	_same;								\
})

#define EXPECT_STATE(t, want)	EXPECT_EQ(t, want, (t)->rproc->state)

#define ASSERT(t, cond)							\
do {									\
	if (!EXPECT(t, cond))						\
		return;							\
} while (0)

#define ASSERT_EQ(t, want, got)						\
do {									\
	if (!EXPECT_EQ(t, want, got))					\
		return;							\
} while (0)

/* True as soon as the condition holds; false when it did not for long. */
#define wait_until(cond)						\
({									\
	unsigned long _end = jiffies + msecs_to_jiffies(PATIENCE_MS);	\
	bool _held;							\
									\
	while (!(_held = (cond)) && time_before(jiffies, _end))		\
		usleep_range(1000, 3000);				\
	_held;								\
})

/* remote.c: the driver, and a processor that writes down what is done to it */
extern const struct rproc_ops remote_ops;	/* all but da_to_va */

int remote_init(void);
void remote_exit(void);
int remote_new_device(struct test *t);
void remote_delete_device(struct test *t);
int remote_alloc(struct test *t, const struct rproc_ops *ops, const char *firmware);
int remote_add(struct test *t, const struct rproc_ops *ops);
void remote_delete(struct test *t);
int remote_note(struct test *t, const char *what);
void remote_forget(struct test *t);
struct rproc_mem_entry *remote_add_memory(struct test *t, const char *name);
void *table_add(struct test *t, u32 type, size_t size);
void table_add_vdev(struct test *t);

static inline struct test *to_test(struct rproc *rproc)
{
	return *(struct test **)rproc->priv;
}

void remote_add_subdev(struct test *t, struct remote_subdev *subdev, char name);

/* The cases; each list ends with an empty one. */
extern const struct test_case life_cases[];
extern const struct test_case ops_cases[];
extern const struct test_case memory_cases[];
extern const struct test_case crash_cases[];
extern const struct test_case coredump_cases[];
extern const struct test_case file_cases[];
extern const struct test_case iommu_cases[];
extern const struct test_case format_cases[] __weak;	/* only with our core */
extern const struct test_case tree_cases[];	/* only with a device tree */

#endif /* RPROC_TEST_H */
