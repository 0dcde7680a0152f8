// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cases as files of debugfs, for one program at a time, which holds "run" open:
 *   rproc_test/cases	a line a case: its name, behind "ours " when it is not for mainline's core
 *   rproc_test/run	a name written to it runs that case before the write returns; what is read
 *			afterwards is "ok", or "skip" and why, or "failed" and a line a finding
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "test.h"

static const struct test_case * const test_lists[] = {
	life_cases,
	ops_cases,
	memory_cases,
	crash_cases,
	coredump_cases,
	file_cases,
	iommu_cases,
	format_cases,
	IS_ENABLED(CONFIG_OF_DYNAMIC) ? tree_cases : NULL,
};

static DEFINE_MUTEX(test_lock);
static struct dentry *test_dir;
static char test_report[sizeof_field(struct test, why) + 16];

void test_fail(struct test *t, const char *file, int line, const char *fmt, ...)
{
	size_t used = strlen(t->why);
	va_list args;

	t->failed = true;
	used += scnprintf(t->why + used, sizeof(t->why) - used, "%s:%d: ", kbasename(file), line);
	va_start(args, fmt);
	used += vscnprintf(t->why + used, sizeof(t->why) - used, fmt, args);
	va_end(args);
	scnprintf(t->why + used, sizeof(t->why) - used, "\n");
}

static const struct test_case *test_find(const char *name)
{
	const struct test_case *c;
	int i;

	for (i = 0; i < ARRAY_SIZE(test_lists); i++)
		for (c = test_lists[i]; c && c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

static int test_run(const struct test_case *c)
{
	struct test *t;
	int ret;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->arg = c->arg;
	spin_lock_init(&t->lock);
	init_completion(&t->entered);
	init_completion(&t->go);

	ret = remote_new_device(t);
	if (!ret) {
		c->run(t);
		remote_delete(t);
		remote_delete_device(t);
		if (t->failed)
			scnprintf(test_report, sizeof(test_report), "failed\n%s", t->why);
		else if (t->skip)
			scnprintf(test_report, sizeof(test_report), "skip %s\n", t->skip);
		else
			scnprintf(test_report, sizeof(test_report), "ok\n");
	}
	kfree(t);
	return ret;
}

static ssize_t test_run_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	const struct test_case *c;
	char name[64];
	int ret;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, len))
		return -EFAULT;
	name[len] = '\0';
	c = test_find(name);
	if (!c)
		return -ENOENT;

	mutex_lock(&test_lock);
	ret = test_run(c);
	mutex_unlock(&test_lock);
	return ret ? ret : len;
}

static ssize_t test_run_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	loff_t start = 0;
	ssize_t ret;

	/* A short report at once, whatever was read before. */
	mutex_lock(&test_lock);
	ret = simple_read_from_buffer(to, len, &start, test_report, strlen(test_report));
	mutex_unlock(&test_lock);
	return ret;
}

static const struct file_operations test_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = test_run_write,
	.read = test_run_read,
};

static int test_cases_show(struct seq_file *m, void *unused)
{
	const struct test_case *c;
	int i;

	for (i = 0; i < ARRAY_SIZE(test_lists); i++)
		for (c = test_lists[i]; c && c->name; c++)
			seq_printf(m, "%s%s\n", c->ours ? "ours " : "", c->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(test_cases);

static int __init test_init(void)
{
	int ret;

	ret = remote_init();
	if (ret)
		return ret;
	test_dir = debugfs_create_dir("rproc_test", NULL);
	debugfs_create_file("cases", 0400, test_dir, NULL, &test_cases_fops);
	debugfs_create_file("run", 0600, test_dir, NULL, &test_run_fops);
	return 0;
}
module_init(test_init);

static void __exit test_exit(void)
{
	debugfs_remove_recursive(test_dir);
	remote_exit();
}
module_exit(test_exit);

MODULE_DESCRIPTION("Tests of the kernel interface of remoteproc");
MODULE_LICENSE("GPL");
