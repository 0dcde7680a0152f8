# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel modules. Each flavour is built in a mirror of kernel/ made of symbolic links,
# build/kernel/<flavour>, because kbuild leaves its objects beside the sources.

# In the order they are loaded in.
MODULES=(rpmsg/rpmsg_core rpmsg/rpmsg_ns rpmsg/rpmsg_char rpmsg/rpmsg_ctrl
	 rpmsg/virtio_rpmsg_bus remoteproc/remoteproc urproc/urproc)

modules_folder()
{
	echo "$BUILD/kernel/$1"
}

mirror_sources()
{
	local folder=$1

	mkdir -p "$folder"
	cp -asf "$TOP/kernel/." "$folder/"
	find "$folder" -xtype l -delete
}

kbuild()
{
	local flavour=$1

	shift
	make -C "$(kernel_headers "$flavour")" M="$(modules_folder "$flavour")" -j"$JOBS" "$@"
}

# Kbuild does this where the headers carry a vmlinux; those of 6.1 do not.
add_module_btf()
{
	local flavour=$1 base module

	base=$(kernel_folder "$flavour")/base.btf
	[[ -f $base ]] || return 0
	while read -r module; do
		[[ $(objdump -h "$module") == *" .BTF "* ]] ||
			LLVM_OBJCOPY=objcopy pahole -J --btf_gen_floats --lang_exclude=rust \
				--btf_base "$base" "$module"
	done < <(find "$(modules_folder "$flavour")" -name '*.ko')
}

make_modules()
{
	local flavour=$1 folder

	folder=$(modules_folder "$flavour")
	mirror_sources "$folder"
	sh "$TOP/kernel/compat/features.sh" "$(kernel_includes "$flavour")" \
		"$folder/librpmsg-features.h"
	kbuild "$flavour" modules
	add_module_btf "$flavour"
}

# build_modules FLAVOUR: everything is set up already; compile what changed.
build_modules()
{
	logged "modules-$1" "building the modules for $1" make_modules "$1"
}

make_sample()
{
	local flavour=$1 against=$2 folder

	folder=$BUILD/kernel/sample-$(basename "$against")
	mkdir -p "$folder"
	ln -sf "$(source_folder)/samples/rpmsg/rpmsg_client_sample.c" "$folder/"
	printf '%s\n' 'obj-m := rpmsg_client_sample.o' 'ccflags-y := -DCONFIG_RPMSG_MODULE=1' \
		>"$folder/Kbuild"
	make -C "$(kernel_headers "$flavour")" M="$folder" \
		KBUILD_EXTRA_SYMBOLS="$against/Module.symvers" modules
	cp "$folder/rpmsg_client_sample.ko" "$against/"
}

# build_sample FLAVOUR FOLDER: the kernel's sample client, unmodified, against these modules.
build_sample()
{
	logged "sample-$(basename "$2")" "building the kernel's sample client for $1" \
		make_sample "$@"
}

# make_test_modules FLAVOUR FOLDER: the selftests' own modules, against those built in the folder.
make_test_modules()
{
	local flavour=$1 against=$2 folder

	folder=$BUILD/kernel/$(basename "$against")-tests
	mkdir -p "$folder"
	cp -asf "$TOP/selftests/modules/." "$folder/"
	find "$folder" -xtype l -delete
	make -C "$(kernel_headers "$flavour")" M="$folder" -j"$JOBS" \
		LIBRPMSG="$against" INTERNAL="$against/remoteproc" \
		KBUILD_EXTRA_SYMBOLS="$against/Module.symvers" modules
	find "$folder" -name '*.ko' -exec cp {} "$against/" \;
}

build_test_modules()
{
	logged "test-modules-$(basename "$2")" "building the selftests' modules for $1" \
		make_test_modules "$@"
}
