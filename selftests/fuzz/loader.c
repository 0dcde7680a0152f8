// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller of the files under test, see loader.h. What the kernel's callers do with what was read
 * is done here as well, as far as it is about the table's memory: answers are written into entries
 * while later ones still have to be read.
 */
#include "fw_table.h"
#include "loader.h"
#include "remoteproc_format.h"

void kernel_log(unsigned int *count, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	if (strstr(fmt, "%pV")) {
		/* A message in a message, behind a name */
		const char *name = va_arg(args, const char *);
		struct va_format *inner = va_arg(args, struct va_format *);

		(void)name;
		vsnprintf(line, sizeof(line), inner->fmt, *inner->va);
	} else {
		vsnprintf(line, sizeof(line), fmt, args);
	}
	va_end(args);
	++*count;
	if (getenv("LOADER_VERBOSE"))
		fputs(line, stderr);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	size_t room = m->size - m->used;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(m->text + m->used, room, fmt, args);
	va_end(args);
	/* Full: go on over it, what is printed has to be read. */
	m->used = (size_t)len < room ? m->used + len : 0;
}

void seq_escape_mem(struct seq_file *m, const char *from, size_t len, unsigned int flags,
		    const char *more)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (from[i] >= ' ' && from[i] <= '~' && !strchr(more, from[i]))
			seq_printf(m, "%c", from[i]);
		else
			seq_printf(m, "\\x%02x", (u8)from[i]);
}

void *rproc_da_to_va(struct rproc *rproc, u64 da, size_t len, bool *is_iomem)
{
	struct loader *loader = rproc->priv;
	u64 offset = da - loader->da;

	if (is_iomem)
		*is_iomem = false;
	if (da < loader->da || offset > loader->size || len > loader->size - offset)
		return NULL;
	return loader->mem + offset;
}

static void answer_vdev(void *rsc, const struct fw_rsc_vdev *vdev, unsigned int notifyid)
{
	struct fw_rsc_vdev *in_table = rsc;
	unsigned int i;

	for (i = 0; i < vdev->num_of_vrings; i++) {
		in_table->vring[i].da = 0x10000000;
		in_table->vring[i].notifyid = notifyid + i;
	}
}

static int read_vdev(struct device *dev, void *rsc, const struct fw_table_entry *e)
{
	struct fw_rsc_vdev vdev;
	struct fw_rsc_vdev_vring vring;
	volatile u8 *config;
	u32 i;
	int ret;

	ret = fw_table_get_vdev(dev, rsc, e->offset, e->avail, &vdev);
	if (ret)
		return ret;
	for (i = 0; i < vdev.num_of_vrings; i++) {
		ret = fw_table_get_vring(dev, rsc, e->offset, i, &vring);
		if (ret)
			return ret;
	}
	answer_vdev(rsc, &vdev, e->offset);
	/* The virtio driver's, each byte of it */
	config = (u8 *)rsc + struct_size(&vdev, vring, vdev.num_of_vrings);
	for (i = 0; i < vdev.config_len; i++)
		config[i] ^= 1;
	return 0;
}

static int read_carveout(struct device *dev, void *rsc, const struct fw_table_entry *e)
{
	struct fw_rsc_carveout carveout, *in_table = rsc;
	int ret;

	ret = fw_table_get_carveout(dev, rsc, e->offset, e->avail, &carveout);
	if (!ret)
		in_table->pa = in_table->da = carveout.da + carveout.len;
	return ret;
}

static int read_entry(struct device *dev, void *table, const struct fw_table_entry *e)
{
	void *rsc = (u8 *)table + e->offset;
	struct fw_rsc_devmem devmem;
	struct fw_rsc_trace trace;

	switch (e->type) {
	case RSC_CARVEOUT:
		return read_carveout(dev, rsc, e);
	case RSC_DEVMEM:
		return fw_table_get_devmem(dev, rsc, e->offset, e->avail, &devmem);
	case RSC_TRACE:
		return fw_table_get_trace(dev, rsc, e->offset, e->avail, &trace);
	case RSC_VDEV:
		return read_vdev(dev, rsc, e);
	default:
		return 0;
	}
}

static int walk(struct loader *loader, struct device *dev, void *copy, size_t size)
{
	struct fw_table_entry entry;
	struct fw_table table;
	u32 i;
	int ret;

	ret = fw_table_open(&table, dev, copy, size);
	for (i = 0; !ret && i < table.num; i++) {
		ret = fw_table_get_entry(&table, i, &entry);
		if (!ret)
			ret = read_entry(dev, copy, &entry);
		loader->entries += !ret;
	}
	return ret;
}

static void show(struct loader *loader, const void *table, size_t size)
{
	struct seq_file m = { .text = loader->text, .size = sizeof(loader->text) };

	/* As does the file's read function */
	if (size >= sizeof(struct resource_table))
		fw_table_show(&m, table, size);
}

static void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	return memcpy(copy, data, size);
}

int loader_read_table(struct loader *loader, const void *data, size_t size)
{
	struct device dev = { 0 };
	void *copy = copy_of(data, size);
	int ret;

	show(loader, copy, size);
	loader->entries = 0;
	ret = walk(loader, &dev, copy, size);
	show(loader, copy, size);
	loader->errors = dev.errors;
	free(copy);
	return ret;
}

/* What a format found becomes the processor's: here, it is handled at once. */
int rproc_take_fw_table(struct rproc *rproc, int found, const struct rproc_fw_table *table)
{
	struct fw_table checked;
	void *copy;
	int ret;

	if (found == -ENOENT)
		dev_err(&rproc->dev, "no resource table\n");
	if (found || !table->data)
		return found == -ENOENT ? -EINVAL : found;
	ret = fw_table_open(&checked, &rproc->dev, table->data, table->size);
	if (ret)
		return ret;
	rproc->table_sz = table->size;
	copy = copy_of(table->data, table->size);
	ret = walk(rproc->priv, &rproc->dev, copy, table->size);
	free(copy);
	return ret;
}

struct resource_table *rproc_find_fw_table(struct rproc *rproc, const struct rproc_fw_table *table)
{
	return rproc_da_to_va(rproc, table->da, table->size, NULL);
}

static const struct rproc_format *find_format(struct rproc *rproc, const struct firmware *fw)
{
	if (rproc_elf32_format.probe(rproc, fw))
		return &rproc_elf32_format;
	return rproc_elf64_format.probe(rproc, fw) ? &rproc_elf64_format : NULL;
}

int loader_run(struct loader *loader, const void *data, size_t size)
{
	struct rproc rproc = {
		.firmware = "file",
		.elf_machine = loader->machine,
		.priv = loader,
	};
	struct firmware fw = { .size = size, .data = copy_of(data, size) };
	const struct rproc_format *format = find_format(&rproc, &fw);
	int ret = -EINVAL;

	loader->entries = 0;
	loader->table = NULL;
	loader->boot_addr = 0;
	if (!format)
		dev_err(&rproc.dev, "unknown format\n");
	else
		ret = format->sanity_check(&rproc, &fw);
	if (!ret) {
		loader->boot_addr = format->get_boot_addr(&rproc, &fw);
		ret = rproc_elf_load_rsc_table(&rproc, &fw);
	}
	if (!ret)
		ret = format->load(&rproc, &fw);
	if (!ret)
		loader->table = rproc_elf_find_loaded_rsc_table(&rproc, &fw);
	if (loader->table)
		show(loader, loader->table, rproc.table_sz);
	loader->errors = rproc.dev.errors;
	free((void *)fw.data);
	return ret;
}
