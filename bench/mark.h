/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mark.h: what bench.c tells count.c, the plugin of QEMU, by instructions that do nothing: "nopl"
 * of eight bytes with a displacement that no compiler writes.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BEGIN	0x6d
#define MARK_END	0x6e

#define MARK_BYTES(mark)	{ 0x0f, 0x1f, 0x84, 0x00, (mark), 0x6d, 0x50, 0x72 }

static inline void mark_begin(void)
{
#ifdef __x86_64__
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, %c0, 0x6d, 0x50, 0x72"
			 : : "i"(MARK_BEGIN) : "memory");
#endif
}

static inline void mark_end(void)
{
#ifdef __x86_64__
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, %c0, 0x6d, 0x50, 0x72"
			 : : "i"(MARK_END) : "memory");
#endif
}

#endif /* BENCH_MARK_H */
