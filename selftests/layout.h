/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A resource table of any entries, for tests whose processor has other devices than table.h's.
 */
#ifndef SELFTESTS_LAYOUT_H
#define SELFTESTS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "processor.h"
#include "table.h"

struct layout {
	union {
		struct table	table;
		uint32_t	words[850];
	};
	size_t			size;	/* of the table */
};

struct layout_vdev {
	uint32_t	id;
	uint32_t	features;
	unsigned int	vrings;
	uint32_t	num;		/* of each vring; 0: RING_NUM */
	uint32_t	align;		/* 0: 4096 */
	const void	*config;
	uint32_t	config_len;
};

/* Begins a table with room for so many entries, the first of which is the carveout of the image. */
void layout_init(struct layout *layout, unsigned int entries);

/* Adds an entry, or only the offset of one that is there already. Return the offset. */
uint32_t layout_add(struct layout *layout, const void *entry, size_t size);
uint32_t layout_add_carveout(struct layout *layout, const char *name, uint32_t da, uint32_t len);
uint32_t layout_add_vdev(struct layout *layout, const struct layout_vdev *vdev);
void layout_add_again(struct layout *layout, uint32_t offset);

/* Installs the firmware with this table and starts the processor. Returns 0 or -errno. */
int layout_start(const struct layout *layout, const struct processor *processor);

/* A device's entry in the processor's memory, and its config space there. */
struct table_vdev *layout_vdev(const struct processor *processor, uint32_t offset);
uint8_t *layout_config(const struct processor *processor, uint32_t offset);

#endif /* SELFTESTS_LAYOUT_H */
