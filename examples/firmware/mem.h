/* SPDX-License-Identifier: MIT */
/*
 * The memory functions that a freestanding compiler expects to exist. Hosted programs take the C
 * library's and leave mem.c out.
 */
#ifndef FW_MEM_H
#define FW_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *left, const void *right, size_t len);

#endif /* FW_MEM_H */
