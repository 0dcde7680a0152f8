// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What needs a device tree: processors are found by their node's phandle, and the names of their
 * firmware and the memory that is reserved for them are in it. The node is made here; kernels of
 * machines without a device tree do without.
 */
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/of.h>

#include "test.h"

#define PHANDLE		0x7e57

static const char * const firmware_names[] = { "first.elf", "second.elf" };

/* A node with a phandle, and the device of the case made anew with it. */
static int tree_begin(struct test *t, struct of_changeset *changes)
{
	struct device_node *root = of_find_node_by_path("/");
	int ret;

	remote_delete_device(t);
	of_changeset_init(changes);
	t->np = of_changeset_create_node(changes, root, "rproc-test");
	of_node_put(root);
	if (!t->np)
		return -ENOMEM;
	ret = of_changeset_add_prop_string_array(changes, t->np, "firmware-name", firmware_names,
						 ARRAY_SIZE(firmware_names));
	if (!ret)
		ret = of_changeset_add_prop_u32(changes, t->np, "memory-region", PHANDLE);
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

/* Its first region is a node that is no memory, and there is no second one. */
static void buffers_in_no_memory(struct test *t)
{
	static const int results[] = { -EINVAL, -ENODEV };
	struct of_changeset changes;
	struct rproc_mem_entry *mem;
	int i;

	ASSERT_EQ(t, 0, tree_begin(t, &changes));
	table_add_vdev(t);
	EXPECT_EQ(t, 0, remote_add(t, &remote_ops));
	for (i = 0; i < ARRAY_SIZE(results); i++) {
		mem = rproc_of_resm_mem_entry_init(&t->pdev->dev, i, 0x10000, REMOTE_DA,
						   "vdev0buffer");
		if (!EXPECT(t, mem))
			break;
		rproc_add_carveout(t->rproc, mem);
		EXPECT_EQ(t, results[i], rproc_boot(t->rproc));
		EXPECT_STATE(t, RPROC_OFFLINE);
	}
	tree_end(t, &changes);
}

const struct test_case tree_cases[] = {
	CASE(get_by_phandle),
	CASE_OURS(handle_outlives_its_driver),
	CASE(firmware_of_the_tree),
	CASE(buffers_in_no_memory),
	{}
};
