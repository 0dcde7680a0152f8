// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of a processor and its subdevices: when each is called, what happens when one
 * fails at every stage, and what is done instead where a driver has none.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test.h"

/* As elf_image.h and table.h of the selftests lay it out. */
#define ELF_BOOT	(REMOTE_DA + 16)
#define ELF_CODE	0xcc
#define ELF_CODE_SIZE	64
#define ELF_TABLE	0x1000
#define ELF_ENTRIES	2

/* A processor with two subdevices and a vendor's entry in its table, which is loaded. */
static int add_full(struct test *t, unsigned int state)
{
	int ret = remote_alloc(t, &remote_ops, FW_BYTES);

	if (ret)
		return ret;
	t->rproc->state = state;
	remote_add_subdev(t, &t->a, 'a');
	remote_add_subdev(t, &t->b, 'b');
	table_add(t, RSC_VENDOR_START, 16);
	memcpy(t->mem, t->table, t->table_len);
	t->loaded = t->mem;
	t->loaded_len = t->table_len;
	return remote_add(t, NULL);
}

#define PARSED	"sanity prepare boot_addr parse"
#define LOADED	PARSED " vendor load"
#define VENDOR	"vendor"
#define TAKEN	"prepare get_table vendor"
#define PREPARED " a.prepare b.prepare"
#define UNDONE	"b.unprepare a.unprepare unprepare"
#define BOOT	LOADED " find_table" PREPARED " start a.start b.start"
#define STOP	"b.stop a.stop stop " UNDONE
#define ATTACH	TAKEN PREPARED " attach a.start b.start"
#define DETACH	"b.stop a.stop detach " UNDONE
#define RECOVERY "sanity boot_addr load find_table" PREPARED " start a.start b.start"

static void order_of_booting(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, STOP);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, BOOT);
	remote_delete(t);
	EXPECT_LOG(t, STOP);
}

static void order_of_attaching(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_DETACHED));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, ATTACH);
	ASSERT_EQ(t, 0, rproc_detach(t->rproc));
	EXPECT_LOG(t, DETACH);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, ATTACH);
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, STOP);
	EXPECT_STATE(t, RPROC_OFFLINE);
}

/* Which call fails while coming up, and all that is called then. */
struct failure {
	unsigned int state;
	const char *call;
	const char *log;
};

static void failing_call(struct test *t)
{
	const struct failure *f = t->arg;
	ASSERT_EQ(t, 0, add_full(t, f->state));
	t->fail = f->call;
	t->error = -EREMOTEIO;
	EXPECT_EQ(t, -EREMOTEIO, rproc_boot(t->rproc));
	EXPECT_LOG(t, f->log);
	EXPECT_STATE(t, f->state);
	EXPECT_EQ(t, 0, atomic_read(&t->rproc->power));
	EXPECT(t, list_empty(&t->rproc->carveouts));
	EXPECT(t, !t->rproc->table_ptr);
	EXPECT_EQ(t, -EINVAL, rproc_shutdown(t->rproc));

	/* Everything was undone, so the next try finds nothing in its way. */
	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, f->state == RPROC_OFFLINE ? BOOT : ATTACH);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, STOP);
}

#define FAILS_BOOT(_name, _call, _log)					\
	CASE_ARG("boot_fails_" _name, failing_call, (&(const struct failure){	\
		.state = RPROC_OFFLINE, .call = _call, .log = _log }))
#define FAILS_ATTACH(_name, _call, _log)				\
	CASE_ARG("attach_fails_" _name, failing_call, (&(const struct failure){	\
		.state = RPROC_DETACHED, .call = _call, .log = _log }))

static void unprepare_fails(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	t->fail = "unprepare";
	t->error = -EREMOTEIO;
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
}

/* Its subdevices are gone, but it may still run: not offline, and to be stopped again. */
static void stop_fails(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	t->fail = "stop";
	t->error = -EREMOTEIO;
	EXPECT_EQ(t, -EREMOTEIO, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "b.stop a.stop stop");
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_EQ(t, 1, atomic_read(&t->rproc->power));

	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop b.unprepare a.unprepare unprepare");
	EXPECT_STATE(t, RPROC_OFFLINE);
}

static void stop_fails_when_deleted(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	t->fail = "stop";
	t->error = -EREMOTEIO;
	remote_delete(t);
	EXPECT_LOG(t, STOP);
}

static void detach_fails(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_DETACHED));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	t->fail = "detach";
	t->error = -EREMOTEIO;
	EXPECT_EQ(t, -EREMOTEIO, rproc_detach(t->rproc));
	EXPECT_LOG(t, "b.stop a.stop detach");
	EXPECT_STATE(t, RPROC_CRASHED);
	t->fail = NULL;
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop b.unprepare a.unprepare unprepare");
}

/* With start and stop and nothing else, a processor runs ELF firmware. */
static void expect_elf_runs(struct test *t, const struct rproc_ops *ops)
{
	u8 *mem = t->mem;

	ASSERT_EQ(t, 0, remote_alloc(t, ops, FW_ELF));
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT(t, remote_add_memory(t, "image"));
	memset(mem, 0x5a, REMOTE_SIZE);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "start");
	EXPECT_EQ(t, ELF_BOOT, t->rproc->bootaddr);
	EXPECT_EQ(t, ELF_CODE, mem[0]);
	EXPECT_EQ(t, ELF_CODE, mem[ELF_CODE_SIZE - 1]);
	EXPECT_EQ(t, 0, mem[ELF_CODE_SIZE]);
	EXPECT(t, t->rproc->table_ptr == (void *)(mem + ELF_TABLE));
	EXPECT_EQ(t, ELF_ENTRIES, t->rproc->table_ptr->num);
	EXPECT(t, t->rproc->cached_table && t->rproc->cached_table != t->rproc->table_ptr);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "stop");
	EXPECT(t, !t->rproc->table_ptr && !t->rproc->cached_table);
	EXPECT_EQ(t, 0, t->rproc->table_sz);
}

static void elf_by_default(struct test *t)
{
	const struct rproc_ops ops = {
		.start = remote_ops.start,
		.stop = remote_ops.stop,
	};

	expect_elf_runs(t, &ops);
	EXPECT(t, t->rproc->ops->load && t->rproc->ops->parse_fw);
	EXPECT(t, t->rproc->ops->find_loaded_rsc_table && t->rproc->ops->sanity_check);
	EXPECT(t, t->rproc->ops->get_boot_addr && t->rproc->ops->coredump);
}

static void elf_by_choice(struct test *t)
{
	const struct rproc_ops ops = {
		.start = remote_ops.start,
		.stop = remote_ops.stop,
		.load = rproc_elf_load_segments,
		.parse_fw = rproc_elf_load_rsc_table,
		.find_loaded_rsc_table = rproc_elf_find_loaded_rsc_table,
		.sanity_check = rproc_elf_sanity_check,
		.get_boot_addr = rproc_elf_get_boot_addr,
	};

	expect_elf_runs(t, &ops);
}

static void bytes_are_no_elf(struct test *t)
{
	const struct rproc_ops ops = {
		.start = remote_ops.start,
		.stop = remote_ops.stop,
	};

	ASSERT_EQ(t, 0, remote_add(t, &ops));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_LOG(t, "");
}

/* Who loads in his own way brings the rest of it, too, or goes without. */
static void own_load_alone(struct test *t)
{
	const struct rproc_ops ops = {
		.start = remote_ops.start,
		.stop = remote_ops.stop,
		.load = remote_ops.load,
	};

	ASSERT_EQ(t, 0, remote_add(t, &ops));
	EXPECT(t, !t->rproc->ops->parse_fw && !t->rproc->ops->sanity_check);
	EXPECT(t, !t->rproc->ops->get_boot_addr && !t->rproc->ops->find_loaded_rsc_table);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "load start");
	EXPECT_EQ(t, 0, t->rproc->bootaddr);
	EXPECT(t, !t->rproc->table_ptr);
}

/* Adds to what the default does: looks at the firmware first. */
static int parse_fw_twice(struct rproc *rproc, const struct firmware *fw)
{
	remote_note(to_test(rproc), fw->size > 100 ? "own_parse" : "own_parse?");
	return rproc_elf_load_rsc_table(rproc, fw);
}

/* An operation that the driver has is called, whatever else it has not. */
static void own_parse_alone(struct test *t)
{
	const struct rproc_ops ops = {
		.start = remote_ops.start,
		.stop = remote_ops.stop,
		.parse_fw = parse_fw_twice,
	};

	ASSERT_EQ(t, 0, remote_alloc(t, &ops, FW_ELF));
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	ASSERT(t, remote_add_memory(t, "image"));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "own_parse start");
	EXPECT_EQ(t, ELF_CODE, *(u8 *)t->mem);
}

static void loaded_table_is_ours(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	memset(t->mem, 0x5a, REMOTE_SIZE);
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, t->rproc->table_ptr == t->loaded);
	EXPECT(t, !memcmp(t->mem, t->table, t->table_len));
	EXPECT_EQ(t, 0x5a, ((u8 *)t->mem)[t->table_len]);
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));

	/* Nowhere in its memory: the copy is all there is. */
	t->loaded = NULL;
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT(t, t->rproc->table_ptr && t->rproc->table_ptr == t->rproc->cached_table);
	EXPECT_EQ(t, t->table_len, t->rproc->table_sz);
}

static void vendor_entry(struct test *t)
{
	struct resource_table *table = (void *)t->table;
	int i;

	table_add(t, RSC_VENDOR_START, 8);
	table_add(t, RSC_VENDOR_END, 16);
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	for (i = 0; i < 2; i++) {
		t->vendor = i ? RSC_IGNORED : RSC_HANDLED;
		ASSERT_EQ(t, 0, rproc_boot(t->rproc));
		EXPECT_LOG(t, PARSED " " VENDOR " " VENDOR " load find_table start");
		EXPECT_EQ(t, RSC_VENDOR_END, t->vendor_type);
		EXPECT_EQ(t, table->offset[1] + sizeof(struct fw_rsc_hdr), t->vendor_offset);
		EXPECT_EQ(t, 16, t->vendor_avail);
		ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
		remote_forget(t);
	}
	t->vendor = -EUCLEAN;
	EXPECT_EQ(t, -EUCLEAN, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse vendor unprepare");
}

static void vendor_entry_for_nobody(struct test *t)
{
	table_add(t, RSC_VENDOR_START, 8);
	table_add(t, RSC_VENDOR_END, 8);
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->ops->handle_rsc = NULL;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
}

/* Between the known and the vendors' types, and beyond: not the driver's business. */
static void entries_that_nobody_knows(struct test *t)
{
	table_add(t, RSC_LAST, 8);
	table_add(t, RSC_VENDOR_START - 1, 8);
	table_add(t, RSC_VENDOR_END + 1, 8);
	table_add(t, U32_MAX, 8);
	t->vendor = -EUCLEAN;
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse load find_table start");
}

static void kick_and_interrupt(struct test *t)
{
	table_add_vdev(t);
	ASSERT_EQ(t, 0, remote_add(t, &remote_ops));
	EXPECT_EQ(t, IRQ_NONE, rproc_vq_interrupt(t->rproc, 0));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));

	/* The driver of the virtio device tells the remote that there are buffers. */
	EXPECT(t, wait_until(atomic_read(&t->kicks[0]) > 0));
	EXPECT_EQ(t, IRQ_NONE, rproc_vq_interrupt(t->rproc, 2));
	EXPECT_EQ(t, IRQ_NONE, rproc_vq_interrupt(t->rproc, -1));
	ASSERT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "sanity prepare boot_addr parse load find_table start stop unprepare");
	EXPECT_EQ(t, IRQ_NONE, rproc_vq_interrupt(t->rproc, 0));
}

static void kick_is_needed(struct test *t)
{
	table_add_vdev(t);
	ASSERT_EQ(t, 0, remote_alloc(t, &remote_ops, FW_BYTES));
	t->rproc->ops->kick = NULL;
	ASSERT_EQ(t, 0, remote_add(t, NULL));
	EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	EXPECT_LOG(t, "sanity prepare boot_addr parse load find_table start stop unprepare");
}

static void subdev_without_callbacks(struct test *t)
{
	struct rproc_subdev nothing = {};
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	rproc_add_subdev(t->rproc, &nothing);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, BOOT " " STOP);

	rproc_remove_subdev(t->rproc, &t->a.subdev);
	rproc_remove_subdev(t->rproc, &nothing);
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	EXPECT_LOG(t, LOADED " find_table b.prepare start b.start");
	remote_delete(t);
}

static bool has_recovered(struct rproc *rproc, unsigned int crashes)
{
	return READ_ONCE(rproc->crash_cnt) == crashes && READ_ONCE(rproc->state) == RPROC_RUNNING;
}

/* Whether these words are in the log in this order, others between them or not. */
static bool log_has(struct test *t, const char *const words[])
{
	const char *at = t->log;
	int i;

	for (i = 0; at && words[i]; i++) {
		at = strstr(at, words[i]);
		if (at)
			at += strlen(words[i]);
	}
	if (!at)
		test_fail(t, __FILE__, __LINE__, "no \"%s\" at its place in \"%s\"", words[i - 1],
			  t->log);
	return at;
}

static void crash_is_told(struct test *t)
{
	static const char *const words[] = {
		"b.crash", "a.crash", "stop", "b.unprepare", "a.unprepare", "coredump", "load",
		"find_table", "a.prepare", "b.prepare", "start", "a.start", "b.start", NULL
	};
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	rproc_report_crash(t->rproc, RPROC_WATCHDOG);
	ASSERT(t, wait_until(has_recovered(t->rproc, 1)));
	log_has(t, words);
	EXPECT(t, !strstr(t->log, "prepare boot_addr"));
	EXPECT(t, !strstr(t->log, "parse"));
	remote_forget(t);
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, STOP);
}

/* The whole of it: new firmware is looked at again, though not for its resources. */
static void order_of_recovery(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	rproc_report_crash(t->rproc, RPROC_WATCHDOG);
	ASSERT(t, wait_until(has_recovered(t->rproc, 1)));
	EXPECT_LOG(t, "b.crash a.crash stop b.unprepare a.unprepare coredump " RECOVERY);
}

static void crash_without_recovery(struct test *t)
{
	ASSERT_EQ(t, 0, add_full(t, RPROC_OFFLINE));
	t->rproc->recovery_disabled = true;
	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	remote_forget(t);
	rproc_report_crash(t->rproc, RPROC_WATCHDOG);
	ASSERT(t, wait_until(READ_ONCE(t->rproc->state) == RPROC_CRASHED));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT_LOG(t, "b.crash a.crash stop b.unprepare a.unprepare unprepare");
	EXPECT_STATE(t, RPROC_OFFLINE);
}

const struct test_case ops_cases[] = {
	CASE(order_of_booting),
	CASE(order_of_attaching),
	FAILS_BOOT("sanity_check", "sanity", "sanity"),
	FAILS_BOOT("prepare", "prepare", "sanity prepare"),
	FAILS_BOOT("parse_fw", "parse", "sanity prepare boot_addr parse unprepare"),
	FAILS_BOOT("handle_rsc", "vendor", "sanity prepare boot_addr parse vendor unprepare"),
	FAILS_BOOT("load", "load", LOADED " unprepare"),
	FAILS_BOOT("first_prepare", "a.prepare", LOADED " find_table a.prepare unprepare"),
	FAILS_BOOT("second_prepare", "b.prepare",
		   LOADED " find_table" PREPARED " a.unprepare unprepare"),
	FAILS_BOOT("start", "start", LOADED " find_table" PREPARED " start " UNDONE),
	FAILS_BOOT("first_start", "a.start",
		   LOADED " find_table" PREPARED " start a.start stop " UNDONE),
	FAILS_BOOT("second_start", "b.start",
		   LOADED " find_table" PREPARED " start a.start b.start a.crash stop " UNDONE),
	FAILS_ATTACH("prepare", "prepare", "prepare"),
	FAILS_ATTACH("get_loaded_rsc_table", "get_table", "prepare get_table unprepare"),
	FAILS_ATTACH("handle_rsc", "vendor", TAKEN " unprepare"),
	FAILS_ATTACH("first_prepare", "a.prepare", TAKEN " a.prepare unprepare"),
	FAILS_ATTACH("second_prepare", "b.prepare", TAKEN PREPARED " a.unprepare unprepare"),
	FAILS_ATTACH("attach", "attach", TAKEN PREPARED " attach " UNDONE),
	FAILS_ATTACH("second_start", "b.start",
		     TAKEN PREPARED " attach a.start b.start a.crash detach " UNDONE),
	CASE(unprepare_fails),
	CASE_OURS(stop_fails),
	CASE_OURS(stop_fails_when_deleted),
	CASE_OURS(detach_fails),
	CASE(elf_by_default),
	CASE(elf_by_choice),
	CASE(bytes_are_no_elf),
	CASE(own_load_alone),
	CASE(own_parse_alone),
	CASE(loaded_table_is_ours),
	CASE(vendor_entry),
	CASE(vendor_entry_for_nobody),
	CASE(entries_that_nobody_knows),
	CASE(kick_and_interrupt),
	CASE(kick_is_needed),
	CASE(subdev_without_callbacks),
	CASE(crash_is_told),
	CASE(order_of_recovery),
	CASE(crash_without_recovery),
	{}
};
