// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The resource table of the tests' firmware, see table.h.
 */
#include <stddef.h>
#include <string.h>

#include <linux/virtio_ids.h>

#include "table.h"

_Static_assert(sizeof(struct table_carveout) == 56, "as in the kernel's header");
_Static_assert(sizeof(struct table_trace) == 48, "as in the kernel's header");
_Static_assert(sizeof(struct table_vdev) == 28 + 2 * 20, "as in the kernel's header");

#define RPMSG_F_NS	0	/* the remote announces its services */

void table_init(struct table *table)
{
	unsigned int i;

	*table = (struct table){
		.head		= { .version = 1, .count = 3 },
		.offset		= {
			offsetof(struct table, carveout),
			offsetof(struct table, trace),
			offsetof(struct table, vdev),
			offsetof(struct table, spare),
		},
		.carveout	= {
			.type	= TABLE_CARVEOUT,
			.da	= MEM_ADDR,
			.len	= IMAGE_SIZE,
			.name	= "image",
		},
		.trace		= {
			.type	= TABLE_TRACE,
			.da	= MEM_ADDR + TRACE_OFFSET,
			.len	= TRACE_SIZE,
			.name	= "trace",
		},
		.vdev		= {
			.type		= TABLE_VDEV,
			.id		= VIRTIO_ID_RPMSG,
			.dfeatures	= 1u << RPMSG_F_NS,
			.num_of_vrings	= 2,
		},
		.spare		= {
			.type	= TABLE_CARVEOUT,
			.da	= TABLE_ANY,
			.len	= 0x1000,
			.name	= "spare",
		},
	};

	for (i = 0; i < 2; i++)
		table->vdev.vring[i] = (struct table_vring){
			.da	= TABLE_ANY,
			.align	= 4096,
			.num	= RING_NUM,
		};
}
