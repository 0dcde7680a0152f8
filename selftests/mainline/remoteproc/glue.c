// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What mainline's remoteproc lacks to be a module: one entry, one exit, a licence.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/platform_device.h>

/* The initcalls, renamed by the Kbuild file beside this one. */
int rproc_core_init_module(void);
void rproc_core_cleanup_module(void);
int rproc_virtio_init_module(void);

static int __init glue_init(void)
{
	int ret;

	ret = rproc_core_init_module();
	if (ret)
		return ret;
	ret = rproc_virtio_init_module();
	if (ret)
		rproc_core_cleanup_module();
	return ret;
}
module_init(glue_init);

static void __exit glue_exit(void)
{
	struct device_driver *virtio = driver_find("rproc-virtio", &platform_bus_type);

	/* What is built in for ever has no exit of its own */
	if (virtio)
		platform_driver_unregister(to_platform_driver(virtio));
	rproc_core_cleanup_module();
}
module_exit(glue_exit);

MODULE_DESCRIPTION("Mainline's remoteproc as a module, for comparison");
MODULE_LICENSE("GPL");
