// SPDX-License-Identifier: MIT
/*
 * The resource table of the example firmware. The build passes the memory map to the compiler and
 * to the linker script alike: FW_BASE, FW_SIZE (the carveout), FW_TRACE_SIZE (at its end).
 */
#include "resource_table.h"

#define RING_NUM	256
#define RING_ALIGN	4096

__attribute__((section(".resource_table"), used))
struct fw_resource_table resource_table =
	FW_RESOURCE_TABLE(FW_BASE, FW_SIZE, FW_BASE + FW_SIZE - FW_TRACE_SIZE, FW_TRACE_SIZE,
			  RING_NUM, RING_ALIGN);
