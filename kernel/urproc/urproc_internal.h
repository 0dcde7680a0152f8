/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * urproc: what the module's three files share.
 *
 *	urproc_main.c	the character device: files, ioctls, events. Owns struct urproc.
 *	urproc_rproc.c	the remoteproc driver: start, stop, kick, and where carveouts go.
 *	urproc_pool.c	the processor's memory: pages, address ranges, DMA operations, mmap.
 */
#ifndef URPROC_INTERNAL_H
#define URPROC_INTERNAL_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/urproc.h>
#include <linux/wait.h>

struct eventfd_ctx;
struct firmware;
struct rproc;
struct vm_area_struct;

/**
 * struct urproc_pool - the memory of one processor
 * @da:		address of the first page, as the processor sees it
 * @nr:		number of pages
 * @pages:	the pages; page_private() of each is its index here
 * @va:		the same pages, contiguous for the kernel
 * @claimed:	the pages are reserved ones at the physical address @da
 * @lock:	protects @used; taken with interrupts off, innermost
 * @used:	a bit a page: handed out
 * @bounced:	for each page the address of memory elsewhere that it stands for, or 0; belongs to
 *		who has that memory mapped
 */
struct urproc_pool {
	u64 da;
	unsigned long nr;
	struct page **pages;
	void *va;
	bool claimed;
	spinlock_t lock;	/* see above */
	unsigned long *used;
	phys_addr_t *bounced;
};

/**
 * struct urproc_request - what the kernel waits for the process to do
 * @seq:	its number; 0 when nothing is waited for
 * @type:	%URPROC_EVENT_START, _STOP, _ATTACH or _DETACH
 * @addr:	boot address of a start
 * @unread:	the event has not been read yet
 * @result:	the answer
 */
struct urproc_request {
	u64 seq;
	u32 type;
	u64 addr;
	bool unread;
	int result;
};

/**
 * struct urproc - one processor, and the open file that is it
 * @dev:	parent of the remoteproc device and owner of this structure
 * @dma_mask:	what @dev.dma_mask points to
 * @name:	name of the processor
 * @create_lock: serialises creation
 * @tried:	creation was tried
 * @created:	set, with release semantics, when everything below is in place
 * @table_da:	where a processor that runs already has its resource table
 * @table_size:	bytes there, or 0
 * @pool:	its memory
 * @rproc:	the remoteproc device; from creation to the file's release
 * @parse_fw:	how remoteproc reads the firmware's resource table
 * @lock:	protects everything below but the wait queues; taken with interrupts off
 * @wait:	readers and pollers of events
 * @answered:	the request was answered, or will never be
 * @request:	at most one: remoteproc starts and stops a processor under its own mutex
 * @last_seq:	number of the newest request
 * @running:	the process executes firmware and Linux knows: it may notify and crash
 * @closed:	the process is gone
 * @kicked:	a bit a notify id: kicked, not read yet
 * @any_kicked:	@kicked may have a bit set
 * @kick_ctx:	takes the kicks instead of @kicked, when set
 */
struct urproc {
	struct device dev;
	u64 dma_mask;
	char name[URPROC_NAME_MAX];
	struct mutex create_lock;	/* see above */
	bool tried;
	bool created;
	u64 table_da;
	size_t table_size;
	struct urproc_pool pool;
	struct rproc *rproc;
	int (*parse_fw)(struct rproc *rproc, const struct firmware *fw);

	spinlock_t lock;		/* see above */
	wait_queue_head_t wait;
	struct completion answered;
	struct urproc_request request;
	u64 last_seq;
	bool running;
	bool closed;
	bool any_kicked;
	DECLARE_BITMAP(kicked, URPROC_VQ_MAX);
	struct eventfd_ctx *kick_ctx;
};

extern const struct device_type urproc_device_type;

int urproc_request(struct urproc *up, u32 type, u64 addr);
void urproc_kick(struct urproc *up, unsigned int vq);

int urproc_rproc_add(struct urproc *up, const char *firmware, u32 flags);
void urproc_rproc_del(struct urproc *up);

int urproc_pool_init(struct urproc_pool *pool, u64 da, u64 size);
void urproc_pool_destroy(struct urproc_pool *pool);
void *urproc_pool_va(struct urproc_pool *pool, u64 da, u64 size);
void *urproc_pool_reserve(struct urproc_pool *pool, u64 da, size_t size);
void urproc_pool_release(struct urproc_pool *pool, u64 da, size_t size);
int urproc_pool_mmap(struct urproc_pool *pool, struct vm_area_struct *vma);
void urproc_pool_forget(struct urproc_pool *pool);
void urproc_pool_set_dma_ops(struct urproc *up);

#endif /* URPROC_INTERNAL_H */
