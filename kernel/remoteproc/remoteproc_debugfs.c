// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: remoteproc/remoteprocN/, with what helps to find out why a processor does not do what it
 * should: its trace buffers, the resources it has, a way to crash it. And the TRACE entries of the
 * resource table, which are about nothing else.
 *
 * A trace buffer is memory that the processor writes text to, at any time. Reading copies a piece
 * of it out, then ends it at the first zero. The file goes when the processor is shut down, before
 * its memory, and with rproc->lock held; removing it waits for readers, who therefore take no lock
 * of ours. What they read is fixed before the file is there. The other files go with the processor
 * itself, and take the lock.
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fw_table.h"
#include "remoteproc_private.h"

static struct dentry *rproc_debug_root;

static ssize_t rproc_trace_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	const struct rproc_debug_trace *trace = file->private_data;
	const struct rproc_mem_entry *mem = &trace->trace_mem;
	ssize_t ret;
	char *copy;

	if (!mem->va)
		return -ENXIO;
	if (*pos < 0)
		return -EINVAL;
	if (*pos >= mem->len)
		return 0;
	count = min3(count, (size_t)(mem->len - *pos), PAGE_SIZE);

	copy = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	if (mem->is_iomem)
		memcpy_fromio(copy, (void __iomem *)mem->va + *pos, count);
	else
		memcpy(copy, mem->va + *pos, count);

	ret = strnlen(copy, count);
	if (copy_to_user(to, copy, ret))
		ret = -EFAULT;
	else
		*pos += ret;
	kfree(copy);
	return ret;
}

static const struct file_operations rproc_trace_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = rproc_trace_read,
	.llseek = default_llseek,
};

/**
 * rproc_handle_trace() - a TRACE entry of the resource table
 * @rproc:  the processor
 * @rsc:    the entry, after its type
 * @offset: where it is in the table
 * @avail:  bytes from there to the end of the table
 *
 * Return: 0; -EINVAL for an entry that lies; -ENOMEM.
 */
int rproc_handle_trace(struct rproc *rproc, void *rsc, u32 offset, u32 avail)
{
	struct rproc_debug_trace *new;
	struct fw_rsc_trace entry;
	int ret;

	ret = fw_table_get_trace(&rproc->dev, rsc, offset, avail, &entry);
	if (ret)
		return ret;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;

	new->rproc = rproc;
	new->trace_mem.da = entry.da;
	new->trace_mem.len = entry.len;
	snprintf(new->trace_mem.name, sizeof(new->trace_mem.name), "%.*s",
		 (int)sizeof(entry.name), entry.name);
	list_add_tail(&new->node, &rproc->traces);
	rproc->num_traces++;
	return 0;
}

/**
 * rproc_show_traces() - make the files of the trace buffers
 * @rproc: the processor, its memory allocated
 */
void rproc_show_traces(struct rproc *rproc)
{
	struct rproc_debug_trace *trace;
	unsigned int i = 0;
	char name[16];

	list_for_each_entry(trace, &rproc->traces, node) {
		struct rproc_mem_entry *mem = &trace->trace_mem;

		mem->va = rproc_da_to_va(rproc, mem->da, mem->len, &mem->is_iomem);
		if (!mem->va)
			dev_warn(&rproc->dev, "trace %s: no memory for 0x%zx bytes at 0x%x\n",
				 mem->name, mem->len, mem->da);
		snprintf(name, sizeof(name), "trace%u", i++);
		trace->tfile = debugfs_create_file(name, 0400, rproc->dbg_dir, trace,
						   &rproc_trace_fops);
	}
}

/**
 * rproc_remove_traces() - undo rproc_handle_trace() and rproc_show_traces()
 * @rproc: the processor
 */
void rproc_remove_traces(struct rproc *rproc)
{
	struct rproc_debug_trace *trace, *next;

	list_for_each_entry_safe(trace, next, &rproc->traces, node) {
		debugfs_remove(trace->tfile);
		list_del(&trace->node);
		kfree(trace);
	}
	rproc->num_traces = 0;
}

static int rproc_name_show(struct seq_file *seq, void *unused)
{
	const struct rproc *rproc = seq->private;

	seq_printf(seq, "%s\n", rproc->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rproc_name);

static int rproc_carveouts_show(struct seq_file *seq, void *unused)
{
	struct rproc *rproc = seq->private;
	const struct rproc_mem_entry *mem;

	if (mutex_lock_interruptible(&rproc->lock))
		return -EINTR;
	list_for_each_entry(mem, &rproc->carveouts, node) {
		fw_table_show_name(seq, mem->name, sizeof(mem->name));
		seq_putc(seq, '\n');
		seq_printf(seq, "  device address 0x%08x\n", mem->da);
		seq_printf(seq, "  DMA address    %pad\n", &mem->dma);
		seq_printf(seq, "  bytes          0x%zx\n", mem->len);
		seq_printf(seq, "  kernel address %p%s\n", mem->va, mem->is_iomem ? " (I/O)" : "");
	}
	mutex_unlock(&rproc->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rproc_carveouts);

static ssize_t rproc_crash_write(struct file *file, const char __user *from, size_t count,
				 loff_t *pos)
{
	unsigned int type;
	int ret;

	ret = kstrtouint_from_user(from, count, 0, &type);
	if (ret)
		return ret;
	rproc_report_crash(file->private_data, type);
	return count;
}

static const struct file_operations rproc_crash_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = rproc_crash_write,
	.llseek = default_llseek,
};

/**
 * rproc_write_word() - write() to a file that takes the words of an attribute of sysfs
 * @rproc:   the processor
 * @from:    what is written
 * @count:   its bytes; a new line or a zero may be the last
 * @command: what does it
 *
 * Return: @count; -EINVAL for what is no word; -EFAULT; or as @command.
 */
ssize_t rproc_write_word(struct rproc *rproc, const char __user *from, size_t count,
			 int (*command)(struct rproc *rproc, const char *word))
{
	char text[16] = "";
	int ret;

	if (!count || count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	/* A string's own end is no part of it, what follows would be. */
	if (strlen(text) + 1 < count)
		return -EINVAL;
	ret = command(rproc, text);
	return ret ? ret : count;
}

static ssize_t rproc_recovery_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	const struct rproc *rproc = file->private_data;
	const char *text = READ_ONCE(rproc->recovery_disabled) ? "disabled\n" : "enabled\n";

	return simple_read_from_buffer(to, count, pos, text, strlen(text));
}

static ssize_t rproc_recovery_write(struct file *file, const char __user *from, size_t count,
				    loff_t *pos)
{
	return rproc_write_word(file->private_data, from, count, rproc_recovery_command);
}

static const struct file_operations rproc_recovery_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = rproc_recovery_read,
	.write = rproc_recovery_write,
	.llseek = default_llseek,
};

static ssize_t rproc_coredump_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	char text[16];
	int len = scnprintf(text, sizeof(text), "%s\n", rproc_coredump_mode(file->private_data));

	return simple_read_from_buffer(to, count, pos, text, len);
}

static ssize_t rproc_coredump_write(struct file *file, const char __user *from, size_t count,
				    loff_t *pos)
{
	return rproc_write_word(file->private_data, from, count, rproc_coredump_command);
}

static const struct file_operations rproc_coredump_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = rproc_coredump_read,
	.write = rproc_coredump_write,
	.llseek = default_llseek,
};

void rproc_create_debug_dir(struct rproc *rproc)
{
	struct dentry *dir = debugfs_create_dir(dev_name(&rproc->dev), rproc_debug_root);

	rproc->dbg_dir = dir;
	debugfs_create_file("name", 0400, dir, rproc, &rproc_name_fops);
	debugfs_create_file("recovery", 0600, dir, rproc, &rproc_recovery_fops);
	debugfs_create_file("coredump", 0600, dir, rproc, &rproc_coredump_fops);
	debugfs_create_file("crash", 0200, dir, rproc, &rproc_crash_fops);
	debugfs_create_file("carveout_memories", 0400, dir, rproc, &rproc_carveouts_fops);
	rproc_create_table_file(rproc);
}

void rproc_delete_debug_dir(struct rproc *rproc)
{
	debugfs_remove(rproc->dbg_dir);
	rproc->dbg_dir = NULL;
}

void __init rproc_init_debugfs(void)
{
	rproc_debug_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void rproc_exit_debugfs(void)
{
	debugfs_remove(rproc_debug_root);
}
