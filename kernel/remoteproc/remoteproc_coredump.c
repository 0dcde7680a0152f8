// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps: what the processor's memory held when it crashed, as an ELF core file in
 * /sys/class/devcoredump.
 *
 * What is in it: the segments that the driver named, usually while it parsed the firmware; and if
 * it named none, every carveout that has memory, once. The list is the processor's, under
 * rproc->lock, and goes with its other resources. rproc_coredump() writes a file header, program
 * headers, and the data of the segments; rproc_coredump_using_sections() a file header, section
 * headers, names, and the data. Readers of either want no more: gdb reads memory by address from
 * it. Class and machine are what the driver said, else those of its ELF firmware, else 64 bits and
 * none.
 *
 * Mode "enabled": the dump is a copy, recovery goes on as soon as it is made. The device coredump
 * framework frees it when it was discarded (a write to it), or after minutes.
 *
 * Mode "inline", for memory too large to copy: the dump is a struct rproc_dump, whose reader gets
 * the processor's memory itself. Until it was read to its end, discarded, or given up by the
 * framework after minutes, the processor stays CRASHED, stopped, with its memory: it is "held".
 * Nobody waits for that with a lock or a thread. Each piece is read under rproc->lock; the end
 * queues the crash work, which restarts the processor. Against that happen:
 *  stop, start, recover, rproc_del(): they win; what may still be read is copied first, and the
 *    reader notices nothing. If there is no memory for that, its next read is -ESTALE.
 *  a reader that dies: the dump is there for another one, until the framework gives it up
 *  a second crash: none can be, the processor does not run
 *  a dump of before that nobody fetched: the framework keeps that and discards the new one, in
 *    either mode, and recovery goes on
 *
 * struct rproc_dump has two references: of the framework, and of the processor while held. The
 * framework's device has one on rproc->dev, so a dump may use @rproc as long as it lives.
 */
#include <linux/atomic.h>
#include <linux/devcoredump.h>
#include <linux/elf.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "remoteproc_elf_helpers.h"
#include "remoteproc_private.h"

#define NAMES_SECTION "STR_TBL"

/**
 * struct rproc_dump - a core dump in mode "inline"
 * @ref:	  one for the framework, one for the processor while it is rproc_impl.dump
 * @rproc:	  the processor
 * @headers:	  the beginning of the file, until the data of the first segment
 * @headers_size: bytes of it
 * @size:	  bytes of the file
 * @done:	  nobody will read any more
 * @copy:	  the whole file, made when the memory was needed; under rproc->lock
 */
struct rproc_dump {
	struct kref ref;
	struct rproc *rproc;
	void *headers;
	size_t headers_size;
	size_t size;
	atomic_t done;
	void *copy;
};

/**
 * rproc_coredump_cleanup() - forget the segments to dump
 * @rproc: the processor
 */
void rproc_coredump_cleanup(struct rproc *rproc)
{
	struct rproc_dump_segment *segment, *next;

	list_for_each_entry_safe(segment, next, &rproc->dump_segments, node) {
		list_del(&segment->node);
		kfree(segment);
	}
}
EXPORT_SYMBOL_GPL(rproc_coredump_cleanup);

/**
 * rproc_coredump_add_custom_segment() - add memory to core dumps, with a function that reads it
 * @rproc:  the processor
 * @da:     address as the processor sees it
 * @size:   bytes
 * @dumpfn: copies @size bytes at @offset of the segment to @dest; NULL to use rproc_da_to_va()
 * @priv:   for @dumpfn; for dumps with sections, the name of the section
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_coredump_add_custom_segment(struct rproc *rproc, dma_addr_t da, size_t size,
				      void (*dumpfn)(struct rproc *rproc,
						     struct rproc_dump_segment *segment,
						     void *dest, size_t offset, size_t size),
				      void *priv)
{
	struct rproc_dump_segment *segment;

	segment = kmalloc(sizeof(*segment), GFP_KERNEL);
	if (!segment)
		return -ENOMEM;
	*segment = (struct rproc_dump_segment){
		.da = da,
		.size = size,
		.dump = dumpfn,
		.priv = priv,
	};
	list_add_tail(&segment->node, &rproc->dump_segments);
	return 0;
}
EXPORT_SYMBOL(rproc_coredump_add_custom_segment);

/**
 * rproc_coredump_add_segment() - add memory to core dumps
 * @rproc: the processor
 * @da:    address as the processor sees it
 * @size:  bytes
 *
 * Return: 0 or -ENOMEM.
 */
int rproc_coredump_add_segment(struct rproc *rproc, dma_addr_t da, size_t size)
{
	return rproc_coredump_add_custom_segment(rproc, da, size, NULL, NULL);
}
EXPORT_SYMBOL(rproc_coredump_add_segment);

/**
 * rproc_coredump_set_elf_info() - say what the processor is, in terms of ELF
 * @rproc:   the processor
 * @class:   ELFCLASS32 or ELFCLASS64, of core dumps
 * @machine: EM_*, of core dumps; ELF firmware for another one is refused. EM_NONE if it has none
 *
 * Return: 0, or -EINVAL for another class.
 */
int rproc_coredump_set_elf_info(struct rproc *rproc, u8 class, u16 machine)
{
	if (class != ELFCLASS32 && class != ELFCLASS64)
		return -EINVAL;
	rproc->elf_machine = machine;
	rproc->elf_class = class;
	return 0;
}
EXPORT_SYMBOL(rproc_coredump_set_elf_info);

/* Copy @size bytes at @offset of a segment. */
static void rproc_dump_segment(struct rproc *rproc, struct rproc_dump_segment *segment, void *to,
			       size_t offset, size_t size)
{
	bool is_iomem;
	void *from;

	if (segment->dump) {
		segment->dump(rproc, segment, to, offset, size);
		return;
	}
	from = rproc_da_to_va(rproc, segment->da, segment->size, &is_iomem);
	if (!from)
		memset(to, 0xff, size);
	else if (is_iomem)
		memcpy_fromio(to, (void __iomem *)from + offset, size);
	else
		memcpy(to, from + offset, size);
}

/* Copy @count bytes at @offset of the file, of which the first @headers_size are there already. */
static void rproc_dump_range(struct rproc *rproc, const void *headers, size_t headers_size,
			     void *to, size_t offset, size_t count)
{
	struct rproc_dump_segment *segment;
	size_t start = headers_size, n;

	if (offset < headers_size) {
		n = min(count, headers_size - offset);
		memcpy(to, headers + offset, n);
		to += n;
		offset += n;
		count -= n;
	}
	list_for_each_entry(segment, &rproc->dump_segments, node) {
		if (offset - start < segment->size) {
			n = min(count, segment->size - (offset - start));
			rproc_dump_segment(rproc, segment, to, offset - start, n);
			to += n;
			offset += n;
			count -= n;
		}
		if (!count)
			break;
		start += segment->size;
	}
}

/**
 * rproc_dump_like() - remember what firmware is for, in terms of ELF
 * @rproc: the processor
 * @fw:    firmware that was loaded, ELF or not
 */
void rproc_dump_like(struct rproc *rproc, const struct firmware *fw)
{
	struct rproc_impl *impl = to_impl(rproc);
	const struct elf32_hdr *ehdr;

	impl->fw_class = ELFCLASS64;
	impl->fw_machine = EM_NONE;
	if (fw->size < sizeof(*ehdr) || memcmp(fw->data, ELFMAG, SELFMAG))
		return;
	/* Both are in the same place in either class. */
	ehdr = (const void *)fw->data;
	if (ehdr->e_ident[EI_CLASS] == ELFCLASS32)
		impl->fw_class = ELFCLASS32;
	impl->fw_machine = ehdr->e_machine;
}

static u8 rproc_dump_class(struct rproc *rproc)
{
	if (rproc->elf_class != ELFCLASSNONE)
		return rproc->elf_class;
	return to_impl(rproc)->fw_class == ELFCLASS32 ? ELFCLASS32 : ELFCLASS64;
}

static u16 rproc_dump_machine(struct rproc *rproc)
{
	return rproc->elf_class != ELFCLASSNONE ? rproc->elf_machine : to_impl(rproc)->fw_machine;
}

static void rproc_dump_file_header(struct rproc *rproc, void *ehdr)
{
	u8 class = rproc_dump_class(rproc);

	elf_hdr_init_ident(ehdr, class);
	elf_hdr_set_e_version(class, ehdr, EV_CURRENT);
	elf_hdr_set_e_ehsize(class, ehdr, elf_size_of_hdr(class));
	elf_hdr_set_e_type(class, ehdr, ET_CORE);
	elf_hdr_set_e_machine(class, ehdr, rproc_dump_machine(rproc));
	elf_hdr_set_e_entry(class, ehdr, rproc->bootaddr);
}

static size_t rproc_dump_count(struct rproc *rproc)
{
	struct list_head *pos;
	size_t n = 0;

	list_for_each(pos, &rproc->dump_segments)
		n++;
	return n;
}

/* A carveout whose place is another one's, whole, has no segment of its own. */
static bool rproc_dump_is_inside(struct rproc *rproc, const struct rproc_mem_entry *mem)
{
	const struct rproc_mem_entry *other;
	bool before = true;

	list_for_each_entry(other, &rproc->carveouts, node) {
		if (other == mem) {
			before = false;
			continue;
		}
		if (!other->va || mem->da < other->da || mem->len > other->len ||
		    mem->da - other->da > other->len - mem->len)
			continue;
		/* Of two in the same place, the first. */
		if (mem->len < other->len || before)
			return true;
	}
	return false;
}

static int rproc_dump_add_carveouts(struct rproc *rproc)
{
	struct rproc_mem_entry *mem;
	int ret;

	list_for_each_entry(mem, &rproc->carveouts, node) {
		if (!mem->va || mem->da == (u32)FW_RSC_ADDR_ANY || rproc_dump_is_inside(rproc, mem))
			continue;
		ret = rproc_coredump_add_custom_segment(rproc, mem->da, mem->len, NULL, mem->name);
		if (ret)
			return ret;
	}
	return 0;
}

/* Whether there is a dump to be made; and says once what will not be in it. */
static bool rproc_dump_wanted(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;

	lockdep_assert_held(&rproc->lock);

	if (rproc->dump_conf == RPROC_COREDUMP_DISABLED)
		return false;
	if (list_empty(&rproc->dump_segments) && rproc_dump_add_carveouts(rproc)) {
		dev_err(&rproc->dev, "core dump: no memory for the list of segments\n");
		return false;
	}
	list_for_each_entry(segment, &rproc->dump_segments, node)
		if (!segment->dump && !rproc_da_to_va(rproc, segment->da, segment->size, NULL))
			dev_err(&rproc->dev, "core dump: no memory behind 0x%zx bytes at %pad\n",
				segment->size, &segment->da);
	return !list_empty(&rproc->dump_segments);
}

/*
 * Zeroed memory for the beginning of a file with @count segments; NULL when the file cannot be.
 * Out: bytes of the file.
 */
static void *rproc_dump_alloc(struct rproc *rproc, size_t headers_size, size_t count, size_t *size)
{
	bool narrow = rproc_dump_class(rproc) == ELFCLASS32;
	struct rproc_dump_segment *segment;
	size_t total = headers_size;

	list_for_each_entry(segment, &rproc->dump_segments, node)
		total = size_add(total, segment->size);
	if (total == SIZE_MAX || (narrow && total > U32_MAX) || count >= SHN_LORESERVE) {
		dev_err(&rproc->dev, "core dump: 0x%zx bytes in %zu segments are too much for ELF\n",
			total, count);
		return NULL;
	}
	*size = total;
	return kvzalloc(headers_size, GFP_KERNEL);
}

static void *rproc_dump_copy(struct rproc *rproc, const void *headers, size_t headers_size,
			     size_t size)
{
	void *copy = __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);

	if (copy)
		rproc_dump_range(rproc, headers, headers_size, copy, 0, size);
	else
		dev_err(&rproc->dev, "core dump: no memory for 0x%zx bytes\n", size);
	return copy;
}

static void rproc_dump_release(struct kref *ref)
{
	struct rproc_dump *dump = container_of(ref, struct rproc_dump, ref);

	kvfree(dump->headers);
	vfree(dump->copy);
	kfree(dump);
}

/* Nobody will read it any more: a processor that is held for it need not be. */
static void rproc_dump_done(struct rproc_dump *dump)
{
	if (!atomic_xchg(&dump->done, 1))
		rproc_resume_recovery(dump->rproc);
}

static ssize_t rproc_dump_read(char *to, loff_t offset, size_t count, void *data, size_t size)
{
	struct rproc_dump *dump = data;
	struct rproc *rproc = dump->rproc;
	ssize_t ret;

	if (offset < 0)
		return -EINVAL;
	if (offset >= size) {
		rproc_dump_done(dump);
		return 0;
	}
	count = min_t(size_t, count, size - offset);

	ret = mutex_lock_interruptible(&rproc->lock);
	if (ret)
		return ret;
	ret = count;
	if (dump->copy)
		memcpy(to, dump->copy + offset, count);
	else if (to_impl(rproc)->dump == dump)
		rproc_dump_range(rproc, dump->headers, dump->headers_size, to, offset, count);
	else
		ret = -ESTALE;
	mutex_unlock(&rproc->lock);
	return ret;
}

/* From the framework, which may have discarded the dump already when it is handed over. */
static void rproc_dump_free(void *data)
{
	struct rproc_dump *dump = data;

	rproc_dump_done(dump);
	kref_put(&dump->ref, rproc_dump_release);
}

/* Takes @headers; false when there is no memory for it. */
static bool rproc_dump_hold(struct rproc *rproc, void *headers, size_t headers_size, size_t size)
{
	struct rproc_dump *dump = kzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return false;
	kref_init(&dump->ref);
	dump->rproc = rproc;
	dump->headers = headers;
	dump->headers_size = headers_size;
	dump->size = size;

	kref_get(&dump->ref);
	to_impl(rproc)->dump = dump;
	dev_coredumpm(&rproc->dev, THIS_MODULE, dump, size, GFP_KERNEL, rproc_dump_read,
		      rproc_dump_free);
	return true;
}

/* Hand a dump to user space; takes @headers. */
static void rproc_dump_publish(struct rproc *rproc, void *headers, size_t headers_size, size_t size)
{
	void *copy;

	/* One may be held already when a driver calls this on its own. */
	rproc_release_dump(rproc);
	if (rproc->dump_conf == RPROC_COREDUMP_INLINE &&
	    rproc_dump_hold(rproc, headers, headers_size, size))
		return;
	copy = rproc_dump_copy(rproc, headers, headers_size, size);
	kvfree(headers);
	if (copy)
		dev_coredumpv(&rproc->dev, copy, size, GFP_KERNEL);
}

/**
 * rproc_dump_is_held() - whether somebody still reads the memory of a stopped processor
 * @rproc: the processor
 */
bool rproc_dump_is_held(struct rproc *rproc)
{
	struct rproc_dump *dump = to_impl(rproc)->dump;

	lockdep_assert_held(&rproc->lock);
	return dump && !atomic_read(&dump->done);
}

/**
 * rproc_release_dump() - take the memory back from who still reads it
 * @rproc: the processor, whose memory is about to change or to go
 */
void rproc_release_dump(struct rproc *rproc)
{
	struct rproc_impl *impl = to_impl(rproc);
	struct rproc_dump *dump = impl->dump;

	lockdep_assert_held(&rproc->lock);
	if (!dump)
		return;
	if (!atomic_read(&dump->done))
		dump->copy = rproc_dump_copy(rproc, dump->headers, dump->headers_size, dump->size);
	impl->dump = NULL;
	kref_put(&dump->ref, rproc_dump_release);
}

static const char * const rproc_dump_modes[] = {
	[RPROC_COREDUMP_DISABLED]	= "disabled",
	[RPROC_COREDUMP_ENABLED]	= "enabled",
	[RPROC_COREDUMP_INLINE]		= "inline",
};

/**
 * rproc_coredump_mode() - what is done about core dumps
 * @rproc: the processor
 *
 * Return: "disabled", "enabled" or "inline".
 */
const char *rproc_coredump_mode(const struct rproc *rproc)
{
	unsigned int mode = READ_ONCE(rproc->dump_conf);

	return mode < ARRAY_SIZE(rproc_dump_modes) ? rproc_dump_modes[mode] : "invalid";
}

/**
 * rproc_coredump_command() - what user space says about core dumps
 * @rproc:   the processor
 * @command: "disabled", "enabled" or "inline"
 *
 * Return: 0; -EINVAL for another word; -EBUSY for a processor that crashed; -EINTR.
 */
int rproc_coredump_command(struct rproc *rproc, const char *command)
{
	int mode, ret;

	mode = sysfs_match_string(rproc_dump_modes, command);
	if (mode < 0)
		return mode;
	ret = mutex_lock_interruptible(&rproc->lock);
	if (ret)
		return ret;
	if (rproc->state == RPROC_CRASHED)
		ret = -EBUSY;
	else
		WRITE_ONCE(rproc->dump_conf, mode);
	mutex_unlock(&rproc->lock);
	return ret;
}

/**
 * rproc_coredump() - make a core dump of the segments
 * @rproc: the processor, stopped, its memory still there
 *
 * An ELF core file with a program header for each segment. What cannot be read is filled with 0xff.
 *
 * Context: rproc->lock is held; it is what a driver's operation coredump may call.
 */
void rproc_coredump(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;
	u8 class = rproc_dump_class(rproc);
	size_t headers_size, size, start, n;
	void *headers, *phdr;

	if (!rproc_dump_wanted(rproc))
		return;
	n = rproc_dump_count(rproc);
	headers_size = elf_size_of_hdr(class) + n * elf_size_of_phdr(class);
	headers = rproc_dump_alloc(rproc, headers_size, n, &size);
	if (!headers)
		return;

	rproc_dump_file_header(rproc, headers);
	elf_hdr_set_e_phoff(class, headers, elf_size_of_hdr(class));
	elf_hdr_set_e_phentsize(class, headers, elf_size_of_phdr(class));
	elf_hdr_set_e_phnum(class, headers, n);

	phdr = headers + elf_size_of_hdr(class);
	start = headers_size;
	list_for_each_entry(segment, &rproc->dump_segments, node) {
		elf_phdr_set_p_type(class, phdr, PT_LOAD);
		elf_phdr_set_p_flags(class, phdr, PF_R | PF_W | PF_X);
		elf_phdr_set_p_paddr(class, phdr, segment->da);
		elf_phdr_set_p_vaddr(class, phdr, segment->da);
		elf_phdr_set_p_memsz(class, phdr, segment->size);
		elf_phdr_set_p_filesz(class, phdr, segment->size);
		elf_phdr_set_p_offset(class, phdr, start);
		phdr += elf_size_of_phdr(class);
		start += segment->size;
	}
	rproc_dump_publish(rproc, headers, headers_size, size);
}
EXPORT_SYMBOL_GPL(rproc_coredump);

static const char *rproc_dump_name(const struct rproc_dump_segment *segment)
{
	return segment->priv ? segment->priv : "";
}

static char *rproc_dump_put_name(char *to, const char *name)
{
	size_t size = strlen(name) + 1;

	memcpy(to, name, size);
	return to + size;
}

static size_t rproc_dump_names_size(struct rproc *rproc)
{
	struct rproc_dump_segment *segment;
	size_t size = 1 + sizeof(NAMES_SECTION);

	list_for_each_entry(segment, &rproc->dump_segments, node)
		size += strlen(rproc_dump_name(segment)) + 1;
	return size;
}

/**
 * rproc_coredump_using_sections() - make a core dump of the segments, as sections
 * @rproc: the processor, stopped, its memory still there
 *
 * An ELF core file with a section for each segment, named by the segment's @priv, a string.
 *
 * Context: as rproc_coredump().
 */
void rproc_coredump_using_sections(struct rproc *rproc)
{
	size_t tables, headers_size, size, start, n;
	struct rproc_dump_segment *segment;
	u8 class = rproc_dump_class(rproc);
	void *headers, *shdr;
	char *names, *name;

	if (!rproc_dump_wanted(rproc))
		return;
	/* One that means none, and the names, come first. */
	n = rproc_dump_count(rproc) + 2;
	tables = elf_size_of_hdr(class) + n * elf_size_of_shdr(class);
	headers_size = tables + rproc_dump_names_size(rproc);
	headers = rproc_dump_alloc(rproc, headers_size, n, &size);
	if (!headers)
		return;

	rproc_dump_file_header(rproc, headers);
	elf_hdr_set_e_shoff(class, headers, elf_size_of_hdr(class));
	elf_hdr_set_e_shentsize(class, headers, elf_size_of_shdr(class));
	elf_hdr_set_e_shnum(class, headers, n);
	elf_hdr_set_e_shstrndx(class, headers, 1);

	names = headers + tables;
	name = names + 1;
	shdr = headers + elf_size_of_hdr(class) + elf_size_of_shdr(class);
	elf_shdr_set_sh_type(class, shdr, SHT_STRTAB);
	elf_shdr_set_sh_name(class, shdr, name - names);
	elf_shdr_set_sh_offset(class, shdr, tables);
	elf_shdr_set_sh_size(class, shdr, headers_size - tables);
	name = rproc_dump_put_name(name, NAMES_SECTION);

	start = headers_size;
	list_for_each_entry(segment, &rproc->dump_segments, node) {
		shdr += elf_size_of_shdr(class);
		elf_shdr_set_sh_type(class, shdr, SHT_PROGBITS);
		elf_shdr_set_sh_flags(class, shdr, SHF_WRITE);
		elf_shdr_set_sh_name(class, shdr, name - names);
		elf_shdr_set_sh_addr(class, shdr, segment->da);
		elf_shdr_set_sh_offset(class, shdr, start);
		elf_shdr_set_sh_size(class, shdr, segment->size);
		name = rproc_dump_put_name(name, rproc_dump_name(segment));
		start += segment->size;
	}
	rproc_dump_publish(rproc, headers, headers_size, size);
}
EXPORT_SYMBOL(rproc_coredump_using_sections);
