// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A resource table of any entries, see layout.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_image.h"
#include "layout.h"

#define VDEV_HEAD	offsetof(struct table_vdev, vring)

void layout_init(struct layout *layout, unsigned int entries)
{
	memset(layout, 0, sizeof(*layout));
	layout->table.head.version = 1;
	layout->size = sizeof(layout->table.head) + entries * sizeof(uint32_t);
	layout_add_carveout(layout, "image", MEM_ADDR, IMAGE_SIZE);
}

static uint8_t *layout_bytes(struct layout *layout)
{
	return (uint8_t *)layout->words;
}

void layout_add_again(struct layout *layout, uint32_t offset)
{
	layout->words[sizeof(layout->table.head) / sizeof(uint32_t) +
		      layout->table.head.count++] = offset;
}

uint32_t layout_add(struct layout *layout, const void *entry, size_t size)
{
	const uint32_t offset = layout->size;

	if (size > sizeof(layout->words) - offset)
		abort();
	memcpy(layout_bytes(layout) + offset, entry, size);
	layout->size += (size + 3) & ~(size_t)3;
	layout_add_again(layout, offset);
	return offset;
}

uint32_t layout_add_carveout(struct layout *layout, const char *name, uint32_t da, uint32_t len)
{
	struct table_carveout carveout = { .type = TABLE_CARVEOUT, .da = da, .len = len };

	snprintf(carveout.name, sizeof(carveout.name), "%s", name);
	return layout_add(layout, &carveout, sizeof(carveout));
}

uint32_t layout_add_vdev(struct layout *layout, const struct layout_vdev *vdev)
{
	const struct table_vring vring = {
		.da	= TABLE_ANY,
		.align	= vdev->align ? vdev->align : 4096,
		.num	= vdev->num ? vdev->num : RING_NUM,
	};
	const struct table_vdev head = {
		.type		= TABLE_VDEV,
		.id		= vdev->id,
		.dfeatures	= vdev->features,
		.config_len	= vdev->config_len,
		.num_of_vrings	= vdev->vrings,
	};
	uint8_t entry[sizeof(layout->words)];
	size_t size = VDEV_HEAD;
	unsigned int i;

	memcpy(entry, &head, VDEV_HEAD);
	for (i = 0; i < vdev->vrings; i++, size += sizeof(vring))
		memcpy(entry + size, &vring, sizeof(vring));
	if (vdev->config_len)
		memcpy(entry + size, vdev->config, vdev->config_len);
	return layout_add(layout, entry, size + vdev->config_len);
}

int layout_start(const struct layout *layout, const struct processor *processor)
{
	struct elf_image image;
	int ret;

	elf_image_init(&image, ELFCLASS64, &layout->table, layout->size);
	ret = firmware_install(PROCESSOR_FIRMWARE, image.data, image.size);
	return ret ? ret : processor_start(processor);
}

struct table_vdev *layout_vdev(const struct processor *processor, uint32_t offset)
{
	return (struct table_vdev *)(processor->mem + TABLE_OFFSET + offset);
}

uint8_t *layout_config(const struct processor *processor, uint32_t offset)
{
	struct table_vdev *vdev = layout_vdev(processor, offset);

	return (uint8_t *)&vdev->vring[vdev->num_of_vrings];
}
