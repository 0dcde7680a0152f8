// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Core dumps: what is in them, and mode "inline", where the processor's memory itself is read. They
 * are read as user space does, as files in sysfs.
 */
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "test.h"

#define RELOAD		"sanity boot_addr load find_table start"
#define SMALL_SIZE	0x3000
#define CUSTOM_DA	0x40000000
#define CUSTOM_SIZE	0x2345
#define NOWHERE_DA	0x70000000
#define NOWHERE_SIZE	0x100

static const char custom_name[] = "registers";
static const char plain_name[] = "ram";

static u8 pattern(size_t at)
{
	return at * 7 + at / 256;
}

static void fill(struct test *t)
{
	u8 *mem = t->mem;
	size_t i;

	for (i = 0; i < REMOTE_SIZE; i++)
		mem[i] = pattern(i);
}

static bool is_pattern(const u8 *data, size_t at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i] != pattern(at + i))
			return false;
	return true;
}

static void custom_dump(struct rproc *rproc, struct rproc_dump_segment *segment, void *to,
			size_t offset, size_t size)
{
	u8 *data = to;
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = ~pattern(offset + i);
}

static struct file *dump_open(struct test *t, int flags)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/class/remoteproc/%s/devcoredump/data",
		 dev_name(&t->rproc->dev));
	return filp_open(path, flags, 0);
}

static bool dump_is_there(struct test *t)
{
	struct file *file = dump_open(t, O_RDONLY);

	if (IS_ERR(file))
		return false;
	filp_close(file, NULL);
	return true;
}

/* As "echo 1 > data" does: nobody wants it. */
static void dump_discard(struct test *t)
{
	struct file *file = dump_open(t, O_WRONLY);
	loff_t pos = 0;

	if (IS_ERR(file))
		return;
	EXPECT_EQ(t, 1, kernel_write(file, "1", 1, &pos));
	filp_close(file, NULL);
	EXPECT(t, wait_until(!dump_is_there(t)));
}

struct dump {
	u8 *data;
	size_t size;
};

#define DUMP_MAX	(REMOTE_SIZE + SZ_64K)

/* Reads on from where it stopped, at most so much, or to the end. Returns 0 or a negative errno. */
static int dump_read(struct dump *dump, struct file *file, size_t most)
{
	loff_t pos = dump->size;
	ssize_t got = 0;

	most = min_t(size_t, most, DUMP_MAX - dump->size);
	while (most) {
		got = kernel_read(file, dump->data + dump->size, min_t(size_t, most, SZ_4K), &pos);
		if (got <= 0)
			break;
		dump->size += got;
		most -= got;
	}
	return min_t(ssize_t, got, 0);
}

static bool dump_alloc(struct test *t, struct dump *dump)
{
	*dump = (struct dump){ .data = vzalloc(DUMP_MAX) };
	return EXPECT(t, dump->data);
}

static void dump_free(struct dump *dump)
{
	vfree(dump->data);
}

static void dumps(struct rproc *rproc)
{
	remote_note(to_test(rproc), "coredump");
	rproc_coredump(rproc);
}

static void dumps_sections(struct rproc *rproc)
{
	remote_note(to_test(rproc), "coredump");
	rproc_coredump_using_sections(rproc);
}

/* A processor that runs, with its memory as a carveout, which will make dumps that way. */
static int boot(struct test *t, enum rproc_dump_mechanism mode, void (*coredump)(struct rproc *))
{
	struct rproc_ops ops = remote_ops;
	int ret;

	ops.coredump = coredump;
	ret = remote_add(t, &ops);
	if (ret)
		return ret;
	t->rproc->dump_conf = mode;
	if (!remote_add_memory(t, plain_name))
		return -ENOMEM;
	fill(t);
	ret = rproc_boot(t->rproc);
	remote_forget(t);
	return ret;
}

static void crash(struct test *t)
{
	rproc_report_crash(t->rproc, RPROC_FATAL_ERROR);
	flush_work(&t->rproc->crash_handler);
}

/* Crashes it, recovered at once, and fetches the dump. */
static bool crash_and_read(struct test *t, struct dump *dump)
{
	struct file *file;

	crash(t);
	if (!EXPECT_STATE(t, RPROC_RUNNING))
		return false;
	file = dump_open(t, O_RDONLY);
	if (!EXPECT(t, !IS_ERR(file)))
		return false;
	EXPECT_EQ(t, 0, dump_read(dump, file, DUMP_MAX));
	filp_close(file, NULL);
	dump_discard(t);
	return EXPECT(t, dump->size > sizeof(struct elf64_hdr));
}

static void no_dump_by_default(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t, RPROC_COREDUMP_DISABLED, rproc_coredump));
	crash(t);
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT(t, !dump_is_there(t));
}

static void expect_segment(struct test *t, const struct dump *dump, unsigned int n, u64 da,
			   size_t size)
{
	const struct elf64_hdr *ehdr = (void *)dump->data;
	const struct elf64_phdr *phdr = (void *)dump->data + ehdr->e_phoff;

	ASSERT(t, n < ehdr->e_phnum);
	phdr += n;
	EXPECT_EQ(t, PT_LOAD, phdr->p_type);
	EXPECT_EQ(t, PF_R | PF_W | PF_X, phdr->p_flags);
	EXPECT_EQ(t, da, phdr->p_vaddr);
	EXPECT_EQ(t, da, phdr->p_paddr);
	EXPECT_EQ(t, size, phdr->p_filesz);
	EXPECT_EQ(t, size, phdr->p_memsz);
	EXPECT(t, phdr->p_offset <= dump->size && size <= dump->size - phdr->p_offset);
}

/* The data of a segment that expect_segment() found to be there. */
static const u8 *segment_data(const struct dump *dump, unsigned int n)
{
	const struct elf64_hdr *ehdr = (void *)dump->data;
	const struct elf64_phdr *phdr = (void *)dump->data + ehdr->e_phoff;

	return dump->data + phdr[n].p_offset;
}

/* The driver named no segments, and no class: its memory, once, is what there is. */
static void carveouts_are_dumped(struct test *t)
{
	struct device *dev = &t->pdev->dev;
	const struct elf64_hdr *ehdr;
	struct dump dump;

	ASSERT(t, dump_alloc(t, &dump));
	ehdr = (void *)dump.data;
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, rproc_coredump)))
		goto out;
	/* One inside the other, the same once more, and one without memory. */
	rproc_add_carveout(t->rproc, rproc_mem_entry_init(dev, t->mem + 0x1000, t->dma + 0x1000,
							  0x1000, REMOTE_DA + 0x1000, NULL, NULL,
							  "inside"));
	rproc_add_carveout(t->rproc, rproc_mem_entry_init(dev, t->mem, t->dma, REMOTE_SIZE,
							  REMOTE_DA, NULL, NULL, "again"));
	rproc_add_carveout(t->rproc, rproc_mem_entry_init(dev, NULL, 0, 0x1000, NOWHERE_DA, NULL,
							  NULL, "nothing"));
	if (!crash_and_read(t, &dump))
		goto out;
	EXPECT(t, !memcmp(dump.data, ELFMAG, SELFMAG));
	EXPECT_EQ(t, ELFCLASS64, ehdr->e_ident[EI_CLASS]);
	EXPECT_EQ(t, ELFDATA2LSB, ehdr->e_ident[EI_DATA]);
	EXPECT_EQ(t, EV_CURRENT, ehdr->e_version);
	EXPECT_EQ(t, ET_CORE, ehdr->e_type);
	EXPECT_EQ(t, EM_NONE, ehdr->e_machine);
	EXPECT_EQ(t, REMOTE_BOOT, ehdr->e_entry);
	EXPECT_EQ(t, sizeof(*ehdr), ehdr->e_ehsize);
	EXPECT_EQ(t, 1, ehdr->e_phnum);
	expect_segment(t, &dump, 0, REMOTE_DA, REMOTE_SIZE);
	EXPECT_EQ(t, sizeof(*ehdr) + sizeof(struct elf64_phdr) + REMOTE_SIZE, dump.size);
	if (!t->failed)
		EXPECT(t, is_pattern(segment_data(&dump, 0), 0, REMOTE_SIZE));
out:
	dump_free(&dump);
}

static void add_segments(struct test *t)
{
	EXPECT_EQ(t, 0, rproc_coredump_add_custom_segment(t->rproc, REMOTE_DA + 0x10, SMALL_SIZE,
							  NULL, (void *)plain_name));
	EXPECT_EQ(t, 0, rproc_coredump_add_custom_segment(t->rproc, CUSTOM_DA, CUSTOM_SIZE,
							  custom_dump, (void *)custom_name));
	EXPECT_EQ(t, 0, rproc_coredump_add_segment(t->rproc, NOWHERE_DA, NOWHERE_SIZE));
}

static void expect_contents(struct test *t, const u8 *plain, const u8 *custom, const u8 *nowhere)
{
	size_t i;

	EXPECT(t, is_pattern(plain, 0x10, SMALL_SIZE));
	for (i = 0; i < CUSTOM_SIZE; i++)
		if (!EXPECT(t, custom[i] == (u8)~pattern(i)))
			break;
	EXPECT(t, !memchr_inv(nowhere, 0xff, NOWHERE_SIZE));
}

static void segments_of_the_driver(struct test *t)
{
	const struct elf64_hdr *ehdr;
	struct dump dump;

	ASSERT(t, dump_alloc(t, &dump));
	ehdr = (void *)dump.data;
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, rproc_coredump)))
		goto out;
	EXPECT_EQ(t, -EINVAL, rproc_coredump_set_elf_info(t->rproc, ELFCLASSNONE, EM_ARM));
	EXPECT_EQ(t, -EINVAL, rproc_coredump_set_elf_info(t->rproc, 3, EM_ARM));
	EXPECT_EQ(t, 0, rproc_coredump_set_elf_info(t->rproc, ELFCLASS64, EM_AARCH64));
	add_segments(t);
	if (!crash_and_read(t, &dump))
		goto out;
	EXPECT_EQ(t, ELFCLASS64, ehdr->e_ident[EI_CLASS]);
	EXPECT_EQ(t, EM_AARCH64, ehdr->e_machine);
	EXPECT_EQ(t, 3, ehdr->e_phnum);
	expect_segment(t, &dump, 0, REMOTE_DA + 0x10, SMALL_SIZE);
	expect_segment(t, &dump, 1, CUSTOM_DA, CUSTOM_SIZE);
	expect_segment(t, &dump, 2, NOWHERE_DA, NOWHERE_SIZE);
	if (!t->failed)
		expect_contents(t, segment_data(&dump, 0), segment_data(&dump, 1),
				segment_data(&dump, 2));
out:
	dump_free(&dump);
}

/* They are those of one boot: the next has none until the driver names them again. */
static void segments_go_with_the_boot(struct test *t)
{
	ASSERT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, rproc_coredump));
	add_segments(t);
	EXPECT(t, !list_empty(&t->rproc->dump_segments));
	EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
	EXPECT(t, list_empty(&t->rproc->dump_segments));

	/* Nor carveouts: nothing to dump is no dump. */
	EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	crash(t);
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT(t, !dump_is_there(t));
}

static void class_of_32_bits(struct test *t)
{
	const struct elf32_phdr *phdr;
	const struct elf32_hdr *ehdr;
	struct dump dump;

	ASSERT(t, dump_alloc(t, &dump));
	ehdr = (void *)dump.data;
	phdr = (void *)(ehdr + 1);
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, rproc_coredump)))
		goto out;
	EXPECT_EQ(t, 0, rproc_coredump_set_elf_info(t->rproc, ELFCLASS32, EM_ARM));
	add_segments(t);
	if (!crash_and_read(t, &dump))
		goto out;
	EXPECT_EQ(t, ELFCLASS32, ehdr->e_ident[EI_CLASS]);
	EXPECT_EQ(t, EM_ARM, ehdr->e_machine);
	EXPECT_EQ(t, sizeof(*ehdr), ehdr->e_phoff);
	EXPECT_EQ(t, 3, ehdr->e_phnum);
	EXPECT_EQ(t, CUSTOM_DA, phdr[1].p_vaddr);
	EXPECT_EQ(t, CUSTOM_SIZE, phdr[1].p_filesz);
	EXPECT_EQ(t, dump.size, phdr[2].p_offset + NOWHERE_SIZE);
	if (!t->failed)
		expect_contents(t, dump.data + phdr[0].p_offset, dump.data + phdr[1].p_offset,
				dump.data + phdr[2].p_offset);
out:
	dump_free(&dump);
}

static void sections(struct test *t)
{
	const struct elf64_shdr *shdr;
	const struct elf64_hdr *ehdr;
	struct dump dump;
	const char *names;

	ASSERT(t, dump_alloc(t, &dump));
	ehdr = (void *)dump.data;
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, rproc_coredump_using_sections)))
		goto out;
	EXPECT_EQ(t, 0, rproc_coredump_set_elf_info(t->rproc, ELFCLASS64, EM_NONE));
	/* Mainline wants a name for each. */
	EXPECT_EQ(t, 0, rproc_coredump_add_custom_segment(t->rproc, REMOTE_DA + 0x10, SMALL_SIZE,
							  NULL, (void *)plain_name));
	EXPECT_EQ(t, 0, rproc_coredump_add_custom_segment(t->rproc, CUSTOM_DA, CUSTOM_SIZE,
							  custom_dump, (void *)custom_name));
	if (!crash_and_read(t, &dump))
		goto out;
	EXPECT_EQ(t, ET_CORE, ehdr->e_type);
	EXPECT_EQ(t, 0, ehdr->e_phnum);
	EXPECT_EQ(t, 4, ehdr->e_shnum);
	if (t->failed)
		goto out;
	shdr = (void *)dump.data + ehdr->e_shoff;
	EXPECT_EQ(t, SHT_STRTAB, shdr[ehdr->e_shstrndx].sh_type);
	names = (void *)dump.data + shdr[ehdr->e_shstrndx].sh_offset;
	EXPECT(t, !strcmp(names + shdr[1].sh_name, "STR_TBL"));
	EXPECT(t, !strcmp(names + shdr[2].sh_name, plain_name));
	EXPECT(t, !strcmp(names + shdr[3].sh_name, custom_name));
	EXPECT_EQ(t, SHT_PROGBITS, shdr[2].sh_type);
	EXPECT_EQ(t, SHF_WRITE, shdr[2].sh_flags);
	EXPECT_EQ(t, REMOTE_DA + 0x10, shdr[2].sh_addr);
	EXPECT_EQ(t, SMALL_SIZE, shdr[2].sh_size);
	EXPECT_EQ(t, CUSTOM_DA, shdr[3].sh_addr);
	EXPECT_EQ(t, dump.size, shdr[3].sh_offset + CUSTOM_SIZE);
	if (!t->failed)
		EXPECT(t, is_pattern(dump.data + shdr[2].sh_offset, 0x10, SMALL_SIZE));
out:
	dump_free(&dump);
}

/* A dump that nobody fetched is kept, and a later one is not, in either mode. */
static void the_first_dump_is_kept(struct test *t)
{
	struct dump dump;
	struct file *file;

	ASSERT(t, dump_alloc(t, &dump));
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_ENABLED, dumps)))
		goto out;
	crash(t);
	EXPECT_STATE(t, RPROC_RUNNING);
	memset(t->mem, 0, REMOTE_SIZE);
	crash(t);
	EXPECT_STATE(t, RPROC_RUNNING);
	t->rproc->dump_conf = RPROC_COREDUMP_INLINE;
	crash(t);
	flush_work(&t->rproc->crash_handler);
	EXPECT_STATE(t, RPROC_RUNNING);
	EXPECT_LOG(t, "stop coredump " RELOAD " stop coredump " RELOAD " stop coredump " RELOAD);

	file = dump_open(t, O_RDONLY);
	if (EXPECT(t, !IS_ERR(file))) {
		EXPECT_EQ(t, 0, dump_read(&dump, file, DUMP_MAX));
		filp_close(file, NULL);
		EXPECT(t, is_pattern(segment_data(&dump, 0), 0, REMOTE_SIZE));
	}
	dump_discard(t);
out:
	dump_free(&dump);
}

/* A crash in mode inline, until somebody has read a part of the dump. */
static struct file *hold(struct test *t, struct dump *dump, void (*coredump)(struct rproc *))
{
	struct file *file;

	if (!dump_alloc(t, dump))
		return NULL;
	if (!EXPECT_EQ(t, 0, boot(t, RPROC_COREDUMP_INLINE, coredump)))
		return NULL;
	crash(t);
	EXPECT_STATE(t, RPROC_CRASHED);
	EXPECT_LOG(t, "stop coredump");
	file = dump_open(t, O_RDWR);
	if (!EXPECT(t, !IS_ERR(file)))
		return NULL;
	EXPECT_EQ(t, 0, dump_read(dump, file, 0x2345));
	EXPECT_EQ(t, 0x2345, dump->size);
	EXPECT_STATE(t, RPROC_CRASHED);
	return file;
}

static void let_go(struct test *t, struct dump *dump, struct file *file)
{
	if (file)
		filp_close(file, NULL);
	dump_discard(t);
	dump_free(dump);
}

static void expect_whole(struct test *t, const struct dump *dump)
{
	expect_segment(t, dump, 0, REMOTE_DA, REMOTE_SIZE);
	if (!t->failed)
		EXPECT(t, is_pattern(segment_data(dump, 0), 0, REMOTE_SIZE));
}

static void inline_is_read(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);
	u8 byte;
	loff_t pos = 0;

	if (file) {
		/* What is read is the memory as it is now. */
		((u8 *)t->mem)[REMOTE_SIZE - 1] ^= 0xff;
		EXPECT_EQ(t, 0, dump_read(&dump, file, DUMP_MAX));
		((u8 *)t->mem)[REMOTE_SIZE - 1] ^= 0xff;
		dump.data[dump.size - 1] ^= 0xff;
		expect_whole(t, &dump);

		/* Its end was seen: it goes on, and there is nothing to read any more. */
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_RUNNING);
		EXPECT_LOG(t, RELOAD);
		EXPECT_EQ(t, -ESTALE, kernel_read(file, &byte, 1, &pos));
		pos = dump.size;
		EXPECT_EQ(t, 0, kernel_read(file, &byte, 1, &pos));
		EXPECT_EQ(t, 1, t->rproc->crash_cnt);
	}
	let_go(t, &dump, file);
	EXPECT_STATE(t, RPROC_RUNNING);
}

static void inline_with_sections(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps_sections);
	const struct elf64_hdr *ehdr = (void *)dump.data;
	const struct elf64_shdr *shdr;

	if (file) {
		EXPECT_EQ(t, 0, dump_read(&dump, file, DUMP_MAX));
		EXPECT_EQ(t, 3, ehdr->e_shnum);
		shdr = (void *)dump.data + ehdr->e_shoff;
		EXPECT_EQ(t, dump.size, shdr[2].sh_offset + REMOTE_SIZE);
		if (!t->failed)
			EXPECT(t, is_pattern(dump.data + shdr[2].sh_offset, 0, REMOTE_SIZE));
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_RUNNING);
	}
	let_go(t, &dump, file);
}

static void inline_is_discarded(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);

	if (file)
		filp_close(file, NULL);
	let_go(t, &dump, NULL);
	EXPECT(t, wait_until(READ_ONCE(t->rproc->state) == RPROC_RUNNING));
	flush_work(&t->rproc->crash_handler);
	EXPECT_LOG(t, RELOAD);
}

/* The reader does not notice that the memory was needed for something else. */
static void read_the_rest(struct test *t, struct dump *dump, struct file *file)
{
	memset(t->mem, 0, REMOTE_SIZE);
	EXPECT_EQ(t, 0, dump_read(dump, file, DUMP_MAX));
	expect_whole(t, dump);
}

static void inline_and_shutdown(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);

	if (file) {
		EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
		EXPECT_LOG(t, "unprepare");
		EXPECT_STATE(t, RPROC_OFFLINE);
		read_the_rest(t, &dump, file);
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_OFFLINE);
		EXPECT_LOG(t, "");
		EXPECT_EQ(t, 0, rproc_boot(t->rproc));
	}
	let_go(t, &dump, file);
	flush_work(&t->rproc->crash_handler);
	EXPECT_STATE(t, RPROC_RUNNING);
}

static int write_attr(struct test *t, const char *attr, const char *word)
{
	struct file *file;
	char path[80];
	loff_t pos = 0;
	ssize_t ret;

	snprintf(path, sizeof(path), "/sys/class/remoteproc/%s/%s", dev_name(&t->rproc->dev), attr);
	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kernel_write(file, word, strlen(word), &pos);
	filp_close(file, NULL);
	return min_t(ssize_t, ret, 0);
}

static void inline_and(struct test *t, const char *attr, const char *word)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);

	if (file) {
		EXPECT_EQ(t, 0, write_attr(t, attr, word));
		EXPECT_STATE(t, RPROC_RUNNING);
		EXPECT_LOG(t, RELOAD);
		read_the_rest(t, &dump, file);
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_RUNNING);
		EXPECT_LOG(t, "");
	}
	let_go(t, &dump, file);
}

static void inline_and_start(struct test *t)
{
	inline_and(t, "state", "start");
	EXPECT_EQ(t, 2, atomic_read(&t->rproc->power));
}

static void inline_and_recover(struct test *t)
{
	inline_and(t, "recovery", "recover");
	EXPECT_EQ(t, 1, atomic_read(&t->rproc->power));
}

/* Who says so meanwhile is obeyed when the dump was read. */
static void inline_and_recovery_disabled(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);

	if (file) {
		EXPECT_EQ(t, -EBUSY, write_attr(t, "coredump", "disabled"));
		EXPECT_EQ(t, 0, write_attr(t, "recovery", "disabled"));
		EXPECT_EQ(t, 0, dump_read(&dump, file, DUMP_MAX));
		expect_whole(t, &dump);
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_CRASHED);
		EXPECT_LOG(t, "");
		EXPECT_EQ(t, 0, write_attr(t, "recovery", "enabled"));
		EXPECT_STATE(t, RPROC_RUNNING);
		EXPECT_LOG(t, RELOAD);
	}
	let_go(t, &dump, file);
}

static void inline_and_crash_report(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);

	if (file) {
		crash(t);
		EXPECT_STATE(t, RPROC_CRASHED);
		EXPECT_EQ(t, 1, t->rproc->crash_cnt);
		EXPECT_LOG(t, "");
		EXPECT_EQ(t, 0, dump_read(&dump, file, DUMP_MAX));
		expect_whole(t, &dump);
		flush_work(&t->rproc->crash_handler);
		EXPECT_STATE(t, RPROC_RUNNING);
	}
	let_go(t, &dump, file);
}

static void inline_and_del(struct test *t)
{
	struct dump dump;
	struct file *file = hold(t, &dump, dumps);
	loff_t pos = 0;

	if (file) {
		remote_delete(t);
		EXPECT_LOG(t, "unprepare");
		read_the_rest(t, &dump, file);
		/* Its name below the processor is gone, so it is discarded here. */
		EXPECT_EQ(t, 1, kernel_write(file, "1", 1, &pos));
		filp_close(file, NULL);
	}
	dump_free(&dump);
}

const struct test_case coredump_cases[] = {
	CASE(no_dump_by_default),
	CASE_OURS(carveouts_are_dumped),
	CASE(segments_of_the_driver),
	CASE(segments_go_with_the_boot),
	CASE(class_of_32_bits),
	CASE(sections),
	CASE_OURS(the_first_dump_is_kept),
	CASE_OURS(inline_is_read),
	CASE_OURS(inline_with_sections),
	CASE_OURS(inline_is_discarded),
	CASE_OURS(inline_and_shutdown),
	CASE_OURS(inline_and_start),
	CASE_OURS(inline_and_recover),
	CASE_OURS(inline_and_recovery_disabled),
	CASE_OURS(inline_and_crash_report),
	CASE_OURS(inline_and_del),
	{}
};
