// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count: a plugin of QEMU that counts what is executed between two marks (mark.h). The first mark
 * starts from zero; the second writes to the file "out" a line for each piece of code that was
 * executed, and an empty line:
 *
 *	address, times, instructions, accesses, bytes of each, s if a system call ends it
 *
 * Accesses are the kernel's loads and stores. Those of a string instruction, which is a piece of
 * code for itself, are of the size that it says; all others are taken for words. What the addresses
 * mean is for report.py to say.
 *
 * For one virtual CPU, where nothing is counted twice or lost. All of it is in QEMU: what runs in
 * the guest does not know.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/* Of QEMU's <qemu-plugin.h>, version 1 of its interface, which Debian does not package. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*qemu_plugin_tb_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_exec_cb)(unsigned int cpu, void *data);
enum { QEMU_PLUGIN_CB_NO_REGS };
enum { QEMU_PLUGIN_INLINE_ADD_U64 };
enum { QEMU_PLUGIN_MEM_RW = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_tb_cb cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *to,
					      uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_exec_cb cb,
					    int flags, void *data);
void qemu_plugin_register_vcpu_mem_inline(struct qemu_plugin_insn *insn, int access, int op,
					  void *to, uint64_t value);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
int qemu_plugin_version = 1;

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define BUCKETS		4096
#define WORD		8

/* A piece of code, which QEMU may translate more than once, and not always as far. */
struct block {
	uint64_t address;
	uint64_t times, instructions, accesses;
	unsigned int access_bytes;
	bool system_call;
	struct block *next;
};

static struct block *blocks[BUCKETS];
static FILE *out;

static struct block *find_block(uint64_t address)
{
	struct block **head = &blocks[(address >> 2) % BUCKETS], *block;

	for (block = *head; block; block = block->next)
		if (block->address == address)
			return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->address = address;
	block->access_bytes = WORD;
	block->next = *head;
	*head = block;
	return block;
}

static void begin(unsigned int cpu, void *data)
{
	struct block *block;
	size_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < BUCKETS; i++)
		for (block = blocks[i]; block; block = block->next)
			block->times = block->instructions = block->accesses = 0;
}

static void end(unsigned int cpu, void *data)
{
	const struct block *block;
	size_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < BUCKETS; i++)
		for (block = blocks[i]; block; block = block->next)
			if (block->times)
				fprintf(out, "%016" PRIx64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
					     "\t%u\t%s\n",
					block->address, block->times, block->instructions,
					block->accesses, block->access_bytes,
					block->system_call ? "s" : "-");
	fputc('\n', out);
	fflush(out);
}

static bool is_code(const struct qemu_plugin_insn *insn, const unsigned char *code, size_t size)
{
	return qemu_plugin_insn_size(insn) == size &&
	       !memcmp(qemu_plugin_insn_data(insn), code, size);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char begins[] = MARK_BYTES(MARK_BEGIN), ends[] = MARK_BYTES(MARK_END);
	static const unsigned char movsb[] = { 0xf3, 0xa4 }, syscall[] = { 0x0f, 0x05 };
	const uint64_t address = qemu_plugin_tb_vaddr(tb);
	struct block *block = find_block(address);
	const size_t n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	size_t i;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->times, 1);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &block->instructions, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (address >> 63)
			qemu_plugin_register_vcpu_mem_inline(insn, QEMU_PLUGIN_MEM_RW,
							     QEMU_PLUGIN_INLINE_ADD_U64,
							     &block->accesses, 1);
		if (is_code(insn, begins, sizeof(begins)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		else if (is_code(insn, ends, sizeof(ends)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		if (n == 1 && is_code(insn, movsb, sizeof(movsb)))
			block->access_bytes = 1;
		if (i == n - 1 && is_code(insn, syscall, sizeof(syscall)))
			block->system_call = true;
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc == 1 && !strncmp(argv[0], "out=", 4))
		out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
