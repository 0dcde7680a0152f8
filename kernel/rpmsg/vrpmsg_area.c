// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of buffers whose payload applications may map. Objects, locks and unplug of the rest:
 * vrpmsg_main.c. What it is for: docs/data-plane.md.
 *
 * Each buffer takes whole pages. The last 16 bytes of the first are the header, which is in no
 * mapping; the payload begins with the next page, and from there on all may be mapped. For the
 * remote the two are one piece.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "vrpmsg.h"

/* Where the first byte that an application can see is, in each buffer. */
#define AREA_PAYLOAD	PAGE_SIZE

static struct device *area_device(const struct vrpmsg_area *area)
{
	return area->vrp->vdev->dev.parent;
}

static struct page *area_page(const void *memory)
{
	return is_vmalloc_addr(memory) ? vmalloc_to_page(memory) : virt_to_page(memory);
}

/**
 * vrpmsg_area_alloc() - allocate it, all zero
 * @area:    what to fill in
 * @vrp:     the remote
 * @num:     how many buffers
 * @payload: bytes of payload in each
 *
 * Return: 0; -EOPNOTSUPP when a buffer cannot begin right before a page; -ENOMEM.
 */
int vrpmsg_area_alloc(struct vrpmsg_area *area, struct vrpmsg *vrp, unsigned int num,
		      unsigned int payload)
{
	if (vrp->align > sizeof(struct vrpmsg_hdr))
		return -EOPNOTSUPP;

	area->vrp = vrp;
	area->stride = AREA_PAYLOAD + PAGE_ALIGN(payload);
	area->size = num * area->stride;
	area->memory = dma_alloc_coherent(area_device(area), area->size, &area->dma,
					  GFP_KERNEL | __GFP_NOWARN);
	return area->memory ? 0 : -ENOMEM;
}

/**
 * vrpmsg_area_free() - free it, also if there is none
 * @area: the memory, neither mapped nor the remote's
 */
void vrpmsg_area_free(struct vrpmsg_area *area)
{
	if (area->memory)
		dma_free_coherent(area_device(area), area->size, area->memory, area->dma);
}

/**
 * vrpmsg_area_init_buf() - make a buffer of a part of it
 * @area: the memory
 * @i:    which part
 * @buf:  what to fill in
 * @size: bytes of header and payload
 *
 * A ring that takes pages takes several as one piece only if they are neighbours.
 *
 * Return: 0; -EOPNOTSUPP when they would have to be.
 */
int vrpmsg_area_init_buf(const struct vrpmsg_area *area, unsigned int i, struct vrpmsg_buf *buf,
			 unsigned int size)
{
	void *memory = area->memory + i * area->stride;
	struct page *page = area_page(memory);
	size_t offset;

	for (offset = PAGE_SIZE; offset < area->stride && !area->vrp->by_dma_address;
	     offset += PAGE_SIZE)
		if (page_to_pfn(area_page(memory + offset)) !=
		    page_to_pfn(page) + (offset >> PAGE_SHIFT))
			return -EOPNOTSUPP;

	buf->hdr = memory + AREA_PAYLOAD - sizeof(*buf->hdr);
	sg_init_table(&buf->sg, 1);
	sg_set_page(&buf->sg, page, size, AREA_PAYLOAD - sizeof(*buf->hdr));
	sg_dma_address(&buf->sg) = area->dma + i * area->stride + AREA_PAYLOAD - sizeof(*buf->hdr);
	return 0;
}

/**
 * vrpmsg_area_pfn() - where a page of payload is
 * @area: the memory
 * @page: which page, counted through the payload of all buffers
 *
 * Return: its page frame number.
 */
unsigned long vrpmsg_area_pfn(const struct vrpmsg_area *area, unsigned long page)
{
	const unsigned long pages = (area->stride - AREA_PAYLOAD) >> PAGE_SHIFT;
	const void *memory = area->memory + page / pages * area->stride + AREA_PAYLOAD;

	return page_to_pfn(area_page(memory + (page % pages << PAGE_SHIFT)));
}

/**
 * vrpmsg_area_prot() - how to map it
 * @area: the memory
 * @prot: how ordinary memory would be mapped
 *
 * Return: @prot, without caches where the device does not see them.
 */
pgprot_t vrpmsg_area_prot(const struct vrpmsg_area *area, pgprot_t prot)
{
	return dev_is_dma_coherent(area_device(area)) ? prot : pgprot_dmacoherent(prot);
}
