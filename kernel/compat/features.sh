#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: features.sh INCLUDE-FOLDER OUTPUT
#
# Asks the headers of one kernel what they offer and writes the answers as
# "#define HAVE_X 1" into OUTPUT, which is included before everything else. The headers'
# text is asked, never the version: layouts change inside one stable series.
# Only kernel/compat/ uses these names.

set -eu

include=$1
output=$2
new=$output.new

# has NAME HEADER PATTERN: HAVE_NAME when HEADER, its white space made single blanks so
# that a declaration may span lines, matches the extended regular expression.
has()
{
	if tr -s '[:space:]' ' ' <"$include/linux/$2" 2>/dev/null | grep -qE -- "$3"; then
		echo "#define HAVE_$1 1"
	else
		echo "/* no HAVE_$1 */"
	fi
}

{
	echo "/* SPDX-License-Identifier: GPL-2.0-only */"
	echo "/* Made by kernel/compat/features.sh. */"
	has VIRTQUEUE_INFO virtio_config.h 'struct virtqueue_info \{'
	# 6.1 has virtqueue_set_dma_premapped(), too, and maps nevertheless; this came with the rest.
	has VIRTQUEUE_PREMAPPED virtio.h 'struct device \*virtqueue_dma_dev\(struct virtqueue'
	has ARCH_HAS_DMA_OPS device.h '#ifdef CONFIG_ARCH_HAS_DMA_OPS const struct dma_map_ops'
	has CLASS_CREATE_NAME_ONLY device/class.h 'class_create\(const char \*name\)'
	has CONST_BUS_MATCH device/bus.h '\(\*match\)\(struct device \*dev, const struct device_driver'
	has CONST_UEVENT device/bus.h '\(\*uevent\)\(const struct device \*dev'
	has PLATFORM_REMOVE_VOID platform_device.h 'void \(\*remove\)\(struct platform_device'
	has CONST_CLASS device/class.h 'class_register\(const struct class \*'
	has CONST_BUS_TYPE device/bus.h 'bus_register\(const struct bus_type \*'
	has BUS_DRIVER_OVERRIDE device/bus.h 'bool driver_override;'
	has RPMSG_DRIVER_OVERRIDE rpmsg.h 'const char \*driver_override;'
	has RPMSG_FLOW_CONTROL rpmsg.h 'rpmsg_flowcontrol_cb_t'
	has IOMMU_PAGING_DOMAIN_ALLOC iommu.h 'iommu_paging_domain_alloc\('
	has IOMMU_MAP_GFP iommu.h 'iommu_map\(struct iommu_domain \*domain,[^)]*gfp_t gfp\);'
	has BUS_IOMMU_OPS device/bus.h 'const struct iommu_ops \*iommu_ops;'
	has IO_URING_CMD_H io_uring/cmd.h 'struct io_uring_cmd \{'
	has VM_FLAGS_MOD mm.h 'static inline void vm_flags_mod\('
	has EVENTFD_SIGNAL_COUNT eventfd.h 'eventfd_signal\(struct eventfd_ctx \*ctx, __u64 n\)'
} >"$new"

# An unchanged file keeps its time, or every object would be compiled again.
if cmp -s "$new" "$output"; then
	rm "$new"
else
	mv "$new" "$output"
fi
