// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The platform driver of the cases, and a processor whose every operation is written down.
 *
 * The driver's probe does nothing unless a case asks: a case makes the processor itself, when and
 * how it wants. The device's memory is what the DMA API gives a device that reaches 4 GiB.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_ids.h>

#include "test.h"

static int remote_probe(struct platform_device *pdev)
{
	struct test **data = dev_get_platdata(&pdev->dev);
	struct test *t;

	/* One that the kernel made of a node in the device tree is not ours. */
	if (!data)
		return -ENODEV;
	t = *data;
	t->pdev = pdev;
	return t->probe ? t->probe(t) : 0;
}

static struct platform_driver remote_driver = {
	.probe = remote_probe,
	.driver = {
		.name = "rproc-test",
	},
};

int remote_init(void)
{
	return platform_driver_register(&remote_driver);
}

void remote_exit(void)
{
	platform_driver_unregister(&remote_driver);
}

/**
 * remote_new_device() - give a case its device; cases that want another one delete it first
 * @t: the case
 *
 * Return: 0 or a negative errno.
 */
int remote_new_device(struct test *t)
{
	struct platform_device_info info = {
		.name = "rproc-test",
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
		.fwnode = t->np ? of_fwnode_handle(t->np) : NULL,
		.data = &t,
		.size_data = sizeof(t),
	};

	t->pdev = platform_device_register_full(&info);
	if (IS_ERR(t->pdev))
		return PTR_ERR(t->pdev);
	t->mem = dma_alloc_coherent(&t->pdev->dev, REMOTE_SIZE, &t->dma, GFP_KERNEL);
	if (!t->mem) {
		platform_device_unregister(t->pdev);
		return -ENOMEM;
	}
	return 0;
}

void remote_delete_device(struct test *t)
{
	if (!t->pdev)
		return;
	dma_free_coherent(&t->pdev->dev, REMOTE_SIZE, t->mem, t->dma);
	platform_device_unregister(t->pdev);
	t->pdev = NULL;
}

/**
 * remote_note() - write down a call
 * @t:    the case
 * @what: the call, a word
 *
 * Return: what the call is to return.
 */
int remote_note(struct test *t, const char *what)
{
	unsigned long flags;
	size_t used;

	spin_lock_irqsave(&t->lock, flags);
	used = strlen(t->log);
	scnprintf(t->log + used, sizeof(t->log) - used, "%s%s", used ? " " : "", what);
	spin_unlock_irqrestore(&t->lock, flags);

	if (t->block && !strcmp(what, t->block)) {
		complete(&t->entered);
		wait_for_completion_timeout(&t->go, msecs_to_jiffies(PATIENCE_MS));
	}
	return t->fail && !strcmp(what, t->fail) ? t->error : 0;
}

void remote_forget(struct test *t)
{
	spin_lock_irq(&t->lock);
	t->log[0] = '\0';
	spin_unlock_irq(&t->lock);
}

#define REMOTE_OP(op)							\
static int remote_##op(struct rproc *rproc)				\
{									\
	return remote_note(to_test(rproc), #op);			\
}

REMOTE_OP(prepare)
REMOTE_OP(unprepare)
REMOTE_OP(start)
REMOTE_OP(stop)
REMOTE_OP(attach)
REMOTE_OP(detach)

static void remote_kick(struct rproc *rproc, int vqid)
{
	struct test *t = to_test(rproc);

	if (vqid == 0 || vqid == 1)
		atomic_inc(&t->kicks[vqid]);
	else
		remote_note(t, "kick?");
}

static int remote_sanity_check(struct rproc *rproc, const struct firmware *fw)
{
	return remote_note(to_test(rproc), "sanity");
}

static u64 remote_get_boot_addr(struct rproc *rproc, const struct firmware *fw)
{
	remote_note(to_test(rproc), "boot_addr");
	return REMOTE_BOOT;
}

static int remote_parse_fw(struct rproc *rproc, const struct firmware *fw)
{
	struct test *t = to_test(rproc);
	int ret = remote_note(t, "parse");

	if (ret || !t->table_len)
		return ret;
	rproc->cached_table = kmemdup(t->table, t->table_len, GFP_KERNEL);
	if (!rproc->cached_table)
		return -ENOMEM;
	rproc->table_ptr = rproc->cached_table;
	rproc->table_sz = t->table_len;
	return 0;
}

static int remote_handle_rsc(struct rproc *rproc, u32 type, void *rsc, int offset, int avail)
{
	struct test *t = to_test(rproc);
	int ret = remote_note(t, "vendor");

	t->vendor_type = type;
	t->vendor_offset = offset;
	t->vendor_avail = avail;
	return ret ? ret : t->vendor;
}

static int remote_load(struct rproc *rproc, const struct firmware *fw)
{
	return remote_note(to_test(rproc), "load");
}

static struct resource_table *remote_find_loaded(struct rproc *rproc, const struct firmware *fw)
{
	struct test *t = to_test(rproc);

	remote_note(t, "find_table");
	return t->loaded;
}

static struct resource_table *remote_get_loaded(struct rproc *rproc, size_t *size)
{
	struct test *t = to_test(rproc);
	int ret = remote_note(t, "get_table");

	*size = t->loaded_len;
	return ret ? ERR_PTR(ret) : t->loaded;
}

static unsigned long remote_panic(struct rproc *rproc)
{
	struct test *t = to_test(rproc);

	atomic_inc(&t->panics);
	return t->panic_ms;
}

static void remote_coredump(struct rproc *rproc)
{
	remote_note(to_test(rproc), "coredump");
}

const struct rproc_ops remote_ops = {
	.prepare = remote_prepare,
	.unprepare = remote_unprepare,
	.start = remote_start,
	.stop = remote_stop,
	.attach = remote_attach,
	.detach = remote_detach,
	.kick = remote_kick,
	.parse_fw = remote_parse_fw,
	.handle_rsc = remote_handle_rsc,
	.find_loaded_rsc_table = remote_find_loaded,
	.get_loaded_rsc_table = remote_get_loaded,
	.load = remote_load,
	.sanity_check = remote_sanity_check,
	.get_boot_addr = remote_get_boot_addr,
	.panic = remote_panic,
	.coredump = remote_coredump,
};

/**
 * remote_alloc() - a processor that does not boot by itself
 * @t:	      the case
 * @ops:      its operations
 * @firmware: its firmware
 *
 * Return: 0 or -ENOMEM.
 */
int remote_alloc(struct test *t, const struct rproc_ops *ops, const char *firmware)
{
	t->rproc = rproc_alloc(&t->pdev->dev, "rproc-test", ops, firmware, sizeof(t));
	if (!t->rproc)
		return -ENOMEM;
	*(struct test **)t->rproc->priv = t;
	t->rproc->auto_boot = false;
	return 0;
}

/**
 * remote_add() - register a processor
 * @t:   the case
 * @ops: its operations; for a case that called remote_alloc() already, NULL
 *
 * Return: 0 or a negative errno.
 */
int remote_add(struct test *t, const struct rproc_ops *ops)
{
	int ret = ops ? remote_alloc(t, ops, FW_BYTES) : 0;

	if (!ret)
		ret = rproc_add(t->rproc);
	t->registered = !ret;
	return ret;
}

/* Also what a case can do itself, and go on with another processor. */
void remote_delete(struct test *t)
{
	if (t->registered)
		EXPECT_EQ(t, 0, rproc_del(t->rproc));
	if (t->rproc)
		rproc_free(t->rproc);
	t->registered = false;
	t->rproc = NULL;
}

/**
 * remote_add_memory() - register the device's memory as a carveout at REMOTE_DA
 * @t:	  the case
 * @name: of the carveout
 *
 * Return: the carveout or NULL.
 */
struct rproc_mem_entry *remote_add_memory(struct test *t, const char *name)
{
	struct rproc_mem_entry *mem;

	mem = rproc_mem_entry_init(&t->pdev->dev, t->mem, t->dma, REMOTE_SIZE, REMOTE_DA, NULL,
				   NULL, "%s", name);
	if (mem)
		rproc_add_carveout(t->rproc, mem);
	return mem;
}

#define TABLE_ENTRIES	8

/**
 * table_add() - add an entry to the resource table
 * @t:	  the case
 * @type: RSC_*
 * @size: bytes of the entry
 *
 * Return: the entry, zeroed, to be filled in.
 */
void *table_add(struct test *t, u32 type, size_t size)
{
	struct resource_table *table = (void *)t->table;
	struct fw_rsc_hdr *hdr;

	if (!t->table_len) {
		table->ver = 1;
		t->table_len = struct_size(table, offset, TABLE_ENTRIES);
	}
	if (WARN_ON(table->num == TABLE_ENTRIES ||
		    t->table_len + sizeof(*hdr) + size > sizeof(t->table)))
		return t->table;
	table->offset[table->num++] = t->table_len;
	hdr = (void *)t->table + t->table_len;
	hdr->type = type;
	t->table_len += sizeof(*hdr) + size;
	return hdr->data;
}

/* An rpmsg device, its vrings wherever there is room. */
void table_add_vdev(struct test *t)
{
	struct fw_rsc_vdev *vdev;
	int i;

	vdev = table_add(t, RSC_VDEV, struct_size(vdev, vring, 2));
	vdev->id = VIRTIO_ID_RPMSG;
	vdev->num_of_vrings = 2;
	for (i = 0; i < 2; i++) {
		vdev->vring[i].da = FW_RSC_ADDR_ANY;
		vdev->vring[i].align = 0x1000;
		vdev->vring[i].num = 16;
	}
}

static struct remote_subdev *to_subdev(struct rproc_subdev *subdev)
{
	return container_of(subdev, struct remote_subdev, subdev);
}

static int remote_note_subdev(struct rproc_subdev *subdev, const char *what)
{
	char word[16];

	snprintf(word, sizeof(word), "%c.%s", to_subdev(subdev)->name, what);
	return remote_note(to_subdev(subdev)->t, word);
}

static int remote_subdev_prepare(struct rproc_subdev *subdev)
{
	return remote_note_subdev(subdev, "prepare");
}

static int remote_subdev_start(struct rproc_subdev *subdev)
{
	return remote_note_subdev(subdev, "start");
}

static void remote_subdev_stop(struct rproc_subdev *subdev, bool crashed)
{
	remote_note_subdev(subdev, crashed ? "crash" : "stop");
}

static void remote_subdev_unprepare(struct rproc_subdev *subdev)
{
	remote_note_subdev(subdev, "unprepare");
}

void remote_add_subdev(struct test *t, struct remote_subdev *subdev, char name)
{
	*subdev = (struct remote_subdev){
		.subdev = {
			.prepare = remote_subdev_prepare,
			.start = remote_subdev_start,
			.stop = remote_subdev_stop,
			.unprepare = remote_subdev_unprepare,
		},
		.t = t,
		.name = name,
	};
	rproc_add_subdev(t->rproc, &subdev->subdev);
}
