# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's stock kernels, unpacked under build/kernels/<flavour> and never installed:
#   boot/vmlinuz-R lib/modules/R usr/src/linux-headers-R, and base.btf, the kernel's type
#   information that module BTF is split from.
# The flavour "debug" is ours (debug.sh) and answers the same questions below.

KERNELS=(6.1 6.12 debug)

known_kernel()
{
	local name

	for name in "${KERNELS[@]}"; do
		[[ $1 != "$name" ]] || return 0
	done
	die "unknown kernel '$1' (known: ${KERNELS[*]})"
}

# The meta package whose dependency names the newest kernel of a flavour.
kernel_meta()
{
	case $1 in
	6.1) echo linux-image-amd64 ;;
	*) echo "linux-image-$1-amd64" ;;
	esac
}

newest_release()
{
	local meta name

	meta=$(kernel_meta "$1")
	name=$(apt_depends "$meta" "linux-image-$1.*-amd64" | head -n 1)
	if [[ -z $name ]]; then
		apt_update
		name=$(apt_depends "$meta" "linux-image-$1.*-amd64" | head -n 1)
	fi
	[[ -n $name ]] || die "no kernel $1 in the package lists ($meta)"
	echo "${name#linux-image-}"
}

# The uncompressed kernel inside a bzImage; the header says where the payload is.
extract_vmlinux()
{
	local image=$1 sectors offset length

	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$image")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$image")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$image")
	# The last four bytes are the unpacked size, behind the xz stream's end. Not by head: what
	# writes to it dies of SIGPIPE when more than a pipe's content follows the payload.
	dd if="$image" bs=64K iflag=skip_bytes,count_bytes status=none \
		skip=$(((sectors + 1) * 512 + offset)) count=$((length - 4)) | xz -dc
}

unpack_kernel()
{
	local folder=$1 release=$2 headers name

	shift 2
	for name in "$@"; do
		dpkg -x "$(deb_file "$BUILD/debs" "$name")" "$folder"
	done
	headers=$folder/usr/src/linux-headers-$release
	# The headers know each other by the absolute path of an installation.
	sed -i 's|^include /usr/src/|include ../|' "$headers/Makefile"
	depmod -b "$folder" -F "$folder/boot/System.map-$release" "$release"
	if [[ -f $headers/vmlinux ]]; then
		name=$headers/vmlinux
	else
		name=$folder/vmlinux
		extract_vmlinux "$folder/boot/vmlinuz-$release" >"$name"
	fi
	objcopy --dump-section .BTF="$folder/base.btf" "$name" /dev/null
	rm -f "$folder/vmlinux"
	echo "$release" >"$folder/release"
}

# need_kernel FLAVOUR: fetch and unpack it, once.
need_kernel()
{
	local flavour=$1 folder=$BUILD/kernels/$1 release headers packages

	if [[ $flavour == debug ]]; then
		need_debug_kernel
		return
	fi
	[[ ! -f $folder/release ]] || return 0

	release=$(newest_release "$flavour")
	headers=linux-headers-$release
	mapfile -t packages < <(
		echo "linux-image-$release"
		echo "$headers"
		apt_depends "$headers" 'linux-headers-*-common'
		apt_depends "$headers" 'linux-kbuild-*'
	)
	mkdir -p "$BUILD/debs" "$BUILD/kernels"
	fetch_debs "$BUILD/debs" "${packages[@]}"
	rm -rf "$folder" "$folder.new"
	mkdir "$folder.new"
	logged "kernel-$flavour" "unpacking kernel $release" \
		unpack_kernel "$folder.new" "$release" "${packages[@]}"
	mv "$folder.new" "$folder"
}

kernel_folder()
{
	if [[ $1 == debug ]]; then debug_folder; else echo "$BUILD/kernels/$1"; fi
}

kernel_release()
{
	cat "$(kernel_folder "$1")/release"
}

# What "make -C" wants for building modules.
kernel_headers()
{
	if [[ $1 == debug ]]; then
		echo "$(debug_folder)/build"
	else
		echo "$BUILD/kernels/$1/usr/src/linux-headers-$(kernel_release "$1")"
	fi
}

# Where this kernel's include/linux/*.h are to be read.
kernel_includes()
{
	if [[ $1 == debug ]]; then
		echo "$(source_folder)/include"
	else
		printf '%s\n' "$BUILD/kernels/$1/usr/src/"linux-headers-*-common/include
	fi
}

kernel_image()
{
	if [[ $1 == debug ]]; then
		echo "$(debug_folder)/build/arch/x86/boot/bzImage"
	else
		echo "$BUILD/kernels/$1/boot/vmlinuz-$(kernel_release "$1")"
	fi
}

# The folder to be seen as /lib/modules/RELEASE in the guest; none for "debug".
kernel_modules()
{
	if [[ $1 != debug ]]; then
		echo "$BUILD/kernels/$1/lib/modules/$(kernel_release "$1")"
	fi
}
