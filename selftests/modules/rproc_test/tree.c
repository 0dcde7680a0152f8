// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What needs a device tree: processors are found by their node's phandle, and the names of their
 * firmware and the memory that is reserved for them are in it. The node is made here; kernels of
 * machines without a device tree do without. The memory was reserved at boot (vm/debug.dts).
 */
#include <linux/dma-mapping.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_reserved_mem.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "test.h"

#define PHANDLE		0x7e57

/* Its memory regions: the first one is the node itself. */
enum { NO_MEMORY, MEMORY, NO_REGION };

static const char * const firmware_names[] = { "first.elf", "second.elf" };

/* A node with a phandle, and the device of the case made anew with it. */
static int tree_begin(struct test *t, struct of_changeset *changes)
{
	struct device_node *region = of_find_compatible_node(NULL, NULL, "shared-dma-pool");
	struct device_node *root = of_find_node_by_path("/");
	const u32 regions[] = { [NO_MEMORY] = PHANDLE, [MEMORY] = region ? region->phandle : 0 };
	int ret;

	of_node_put(region);
	remote_delete_device(t);
	of_changeset_init(changes);
	t->np = of_changeset_create_node(changes, root, "rproc-test");
	of_node_put(root);
	if (!t->np)
		return -ENOMEM;
	ret = of_changeset_add_prop_string_array(changes, t->np, "firmware-name", firmware_names,
						 ARRAY_SIZE(firmware_names));
	if (!ret)
		ret = of_changeset_add_prop_u32_array(changes, t->np, "memory-region", regions,
						      ARRAY_SIZE(regions));
	if (!ret)
		ret = of_changeset_apply(changes);
	if (!ret) {
		/* Attaching takes it from a property, and comes before properties. */
		t->np->phandle = PHANDLE;
		ret = remote_new_device(t);
		if (!ret)
			return 0;
		of_changeset_revert(changes);
	}
	of_changeset_destroy(changes);
	t->np = NULL;
	return ret;
}

static void tree_end(struct test *t, struct of_changeset *changes)
{
	remote_delete(t);
	remote_delete_device(t);
	EXPECT_EQ(t, 0, of_changeset_revert(changes));
	of_changeset_destroy(changes);
	of_node_put(t->np);
	t->np = NULL;
}

static void get_by_phandle(struct test *t)
{
	unsigned int refs, users = module_refcount(THIS_MODULE);
	struct of_changeset changes;
	struct rproc *rproc;

	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	EXPECT(t, !rproc_get_by_phandle(PHANDLE));
	if (!EXPECT_EQ(t, 0, remote_add(t, &remote_ops)))
		goto out;
	refs = kref_read(&t->rproc->dev.kobj.kref);
	rproc = rproc_get_by_phandle(PHANDLE);
	if (EXPECT(t, rproc == t->rproc)) {
		/* Its driver stays until it is given back. */
		EXPECT_EQ(t, users + 1, module_refcount(THIS_MODULE));
		EXPECT_EQ(t, refs + 1, kref_read(&rproc->dev.kobj.kref));
		EXPECT_EQ(t, 0, rproc_boot(rproc));
		EXPECT_EQ(t, 0, rproc_shutdown(rproc));
		rproc_put(rproc);
	}
	EXPECT_EQ(t, users, module_refcount(THIS_MODULE));
	EXPECT_EQ(t, refs, kref_read(&t->rproc->dev.kobj.kref));
	EXPECT(t, !rproc_get_by_phandle(PHANDLE + 1));

	remote_delete(t);
	EXPECT(t, !rproc_get_by_phandle(PHANDLE));
out:
	tree_end(t, &changes);
}

static void handle_outlives_its_driver(struct test *t)
{
	unsigned int users = module_refcount(THIS_MODULE);
	struct of_changeset changes;
	struct rproc *rproc;

	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	EXPECT_EQ(t, 0, remote_add(t, &remote_ops));
	rproc = rproc_get_by_phandle(PHANDLE);
	if (EXPECT(t, rproc)) {
		EXPECT_EQ(t, 0, rproc_boot(rproc));
		/* Unbinding is not unloading: the processor goes, the handle stays. */
		remote_delete(t);
		remote_delete_device(t);
		EXPECT_EQ(t, -ENODEV, rproc_boot(rproc));
		EXPECT_EQ(t, -ENODEV, rproc_shutdown(rproc));
		EXPECT_EQ(t, users + 1, module_refcount(THIS_MODULE));
		rproc_put(rproc);
	}
	EXPECT_EQ(t, users, module_refcount(THIS_MODULE));
	tree_end(t, &changes);
}

static void firmware_of_the_tree(struct test *t)
{
	struct of_changeset changes;
	const char *name = NULL;

	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	EXPECT_EQ(t, 0, rproc_of_parse_firmware(&t->pdev->dev, 0, &name));
	EXPECT(t, name && !strcmp(name, firmware_names[0]));
	EXPECT_EQ(t, 0, rproc_of_parse_firmware(&t->pdev->dev, 1, &name));
	EXPECT(t, name && !strcmp(name, firmware_names[1]));
	EXPECT_EQ(t, -ENODATA, rproc_of_parse_firmware(&t->pdev->dev, 2, &name));
	tree_end(t, &changes);

	ASSERT_EQ(t, 0, remote_new_device(t));
	EXPECT(t, rproc_of_parse_firmware(&t->pdev->dev, 0, &name) < 0);
}

static bool add_region(struct test *t, int index)
{
	struct rproc_mem_entry *mem;

	mem = rproc_of_resm_mem_entry_init(&t->pdev->dev, index, 0x10000, REMOTE_DA, "vdev0buffer");
	if (!EXPECT(t, mem))
		return false;
	rproc_add_carveout(t->rproc, mem);
	return true;
}

static void buffers_in_no_memory(struct test *t)
{
	struct of_changeset changes;

	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	table_add_vdev(t);
	EXPECT_EQ(t, 0, remote_add(t, &remote_ops));
	if (add_region(t, NO_MEMORY))
		EXPECT_EQ(t, -EINVAL, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	if (add_region(t, NO_REGION))
		EXPECT_EQ(t, -ENODEV, rproc_boot(t->rproc));
	EXPECT_STATE(t, RPROC_OFFLINE);
	tree_end(t, &changes);
}

static struct reserved_mem *the_region(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "shared-dma-pool");
	struct reserved_mem *region = np ? of_reserved_mem_lookup(np) : NULL;

	of_node_put(np);
	return region;
}

/* Of the buffers that a virtio driver offers the remote, those that are in the region. */
static int buffers_in(struct rproc_vring *rvring, const struct reserved_mem *region)
{
	struct virtio_device *vdev = rvring->vq->vdev;
	struct vring vring;
	int i, offered, found = 0;
	u64 at;

	vring_init(&vring, rvring->num, rvring->va, rvring->align);
	offered = virtio16_to_cpu(vdev, READ_ONCE(vring.avail->idx));
	for (i = 0; i < min(offered, rvring->num); i++) {
		at = virtio64_to_cpu(vdev, vring.desc[i].addr);
		found += at >= region->base && at - region->base < region->size;
	}
	return found;
}

/* One life of the processor. The region has no room for the buffers of two. */
static void boot_with_region(struct test *t, const struct reserved_mem *region)
{
	struct rproc_vring *rvring;
	struct device *dev;
	dma_addr_t dma;

	ASSERT_EQ(t, 0, rproc_boot(t->rproc));
	rvring = list_first_entry(&t->rproc->rvdevs, struct rproc_vdev, node)->vring;
	if (EXPECT(t, rvring->vq)) {
		EXPECT_EQ(t, rvring->num, buffers_in(rvring, region));

		/* The device allocates there and nowhere else, until it goes. */
		dev = get_device(rvring->vq->vdev->dev.parent);
		EXPECT(t, !dma_alloc_coherent(dev, region->size, &dma, GFP_KERNEL));
		EXPECT(t, dev->dma_mem);
		EXPECT_EQ(t, 0, rproc_shutdown(t->rproc));
		EXPECT(t, !dev->dma_mem);
		put_device(dev);
	}
}

static void buffers_in_reserved_memory(struct test *t)
{
	const struct reserved_mem *region = the_region();
	struct of_changeset changes;
	int i;

	ASSERT(t, region);
	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	table_add_vdev(t);
	EXPECT_EQ(t, 0, remote_add(t, &remote_ops));
	for (i = 0; i < 3 && add_region(t, MEMORY); i++)
		boot_with_region(t, region);
	tree_end(t, &changes);
}

const struct test_case tree_cases[] = {
	CASE(get_by_phandle),
	CASE_OURS(handle_outlives_its_driver),
	CASE(firmware_of_the_tree),
	CASE(buffers_in_no_memory),
	CASE(buffers_in_reserved_memory),
	{}
};
