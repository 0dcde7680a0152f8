# shellcheck shell=bash disable=SC2034,SC2153 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The suite arm64: Debian's arm64 kernel, which has remoteproc built in and a rpmsg_core of its own,
# and nothing above them. Our modules for it are cross-built against its headers, and loaded on its
# cores in a virtual machine that is an initramfs and nothing else.

PACKAGES_ARM64=(qemu-system-arm gcc-12-aarch64-linux-gnu gcc-aarch64-linux-gnu gcc-12 gcc libc6-dev
		make binutils xz-utils kmod libelf1 pahole busybox-static)
ARM64_KERNEL=6.12
# In the order they are loaded in, on top of the distribution's rpmsg_core.
ARM64_MODULES=(rpmsg/rpmsg_ns rpmsg/rpmsg_char rpmsg/rpmsg_ctrl rpmsg/virtio_rpmsg_bus urproc/urproc)

arm64_folder()
{
	echo "$BUILD/kernels/arm64"
}

# An apt that knows the packages of arm64 only; the system's own lists are left as they are.
arm64_apt_options()
{
	local state=$BUILD/debs/arm64/apt

	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	APT_OPTIONS=(-o APT::Architecture=arm64 -o APT::Architectures=arm64
		     -o Dir::State="$state" -o Dir::State::Status=/dev/null
		     -o Dir::Cache="$state/cache")
}

unpack_arm64()
{
	local folder=$1 release=$2 deb

	shift 2
	for deb in "$@"; do
		dpkg -x "$deb" "$folder"
	done
	# The headers know each other by the absolute path of an installation.
	sed -i 's|^include /usr/src/|include ../|' \
		"$folder/usr/src/linux-headers-$release/Makefile"
	echo "$release" >"$folder/release"
}

# need_arm64: fetch kernel, headers and a busybox, and unpack them, once.
need_arm64()
{
	local folder release headers host=() debs=() name
	local APT_OPTIONS=()

	folder=$(arm64_folder)
	[[ ! -f $folder/release ]] || return 0

	arm64_apt_options
	name=linux-image-$ARM64_KERNEL-arm64
	release=$(apt_depends "$name" "linux-image-$ARM64_KERNEL.*-arm64" | head -n 1)
	if [[ -z $release ]]; then
		logged apt-update-arm64 "fetching the package lists of arm64" \
			apt-get "${APT_OPTIONS[@]}" update
		release=$(apt_depends "$name" "linux-image-$ARM64_KERNEL.*-arm64" | head -n 1)
	fi
	[[ -n $release ]] || die "no $name in the package lists of arm64"
	release=${release#linux-image-}
	headers=linux-headers-$release
	mapfile -t host < <(
		apt_depends "$headers" 'linux-headers-*-common'
		apt_depends "$headers" 'linux-kbuild-*'
	)
	fetch_debs "$BUILD/debs/arm64" "linux-image-$release" "$headers" busybox-static
	# These run here, or are for all architectures.
	APT_OPTIONS=()
	fetch_debs "$BUILD/debs" "${host[@]}"

	for name in "linux-image-$release" "$headers" busybox-static; do
		debs+=("$(deb_file "$BUILD/debs/arm64" "$name")")
	done
	for name in "${host[@]}"; do
		debs+=("$(deb_file "$BUILD/debs" "$name")")
	done
	mkdir -p "$BUILD/kernels"
	rm -rf "$folder" "$folder.new"
	mkdir "$folder.new"
	logged kernel-arm64 "unpacking kernel $release" \
		unpack_arm64 "$folder.new" "$release" "${debs[@]}"
	mv "$folder.new" "$folder"
}

make_arm64()
{
	local folder release

	folder=$(modules_folder arm64)
	release=$(cat "$(arm64_folder)/release")
	mirror_sources "$folder"
	sh "$TOP/kernel/compat/features.sh" \
		"$(echo "$(arm64_folder)/usr/src/"linux-headers-*-common/include)" \
		"$folder/librpmsg-features.h"
	# A symbol that nobody has is an error here.
	make -C "$(arm64_folder)/usr/src/linux-headers-$release" M="$folder" -j"$JOBS" \
		ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules
}

# The guest: its first process is arm64-init, which says in /modules/order what it loads.
make_arm64_initrd()
{
	local root=$1 kernel release name

	kernel=$(arm64_folder)
	release=$(cat "$kernel/release")
	mkdir -p "$root"/{bin,dev,proc,sys,modules}
	cp "$kernel/bin/busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	cp "$TOP/selftests/vm/arm64-init" "$root/init"
	plain_module "$(find "$kernel/lib/modules/$release" -name 'rpmsg_core.ko*')" "$root/modules"
	echo rpmsg_core >"$root/modules/order"
	for name in "${ARM64_MODULES[@]}"; do
		cp "$(modules_folder arm64)/$name.ko" "$root/modules/"
		basename "$name" >>"$root/modules/order"
	done
	(cd "$root" && find . | busybox cpio -o -H newc) >"$root.cpio"
}

# arm64_guest CONSOLE INITRD: boot it, to its end.
arm64_guest()
{
	local kernel

	kernel=$(arm64_folder)
	qemu-system-aarch64 -nodefaults -no-user-config -no-reboot -display none \
		-machine virt,gic-version=3 -accel tcg,thread=multi -cpu cortex-a57 -smp 2 -m 512M \
		-kernel "$kernel/boot/vmlinuz-$(cat "$kernel/release")" -initrd "$2" \
		-append "console=ttyAMA0 quiet panic=-1 oops=panic" -serial "file:$1" \
		</dev/null >"$BUILD/log/arm64-qemu.log" 2>&1 &
	VM_PIDS=$!
	wait_or_kill "$VM_PIDS" "$VM_BOOT_TIMEOUT" 2>/dev/null || true
	VM_PIDS=
}

arm64_suite()
{
	local console=$BUILD/log/console-arm64.log plan passed failed attempt

	mkdir -p "$BUILD/vm"
	lock_build
	need_arm64
	logged modules-arm64 "building the modules for arm64" make_arm64
	unlock_build
	VM_RUN=$(mktemp -d "$BUILD/vm/run.XXXXXX")
	trap vm_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	logged initrd-arm64 "making the initramfs for arm64" make_arm64_initrd "$VM_RUN/root"
	say "-- loading the modules on arm64"
	for attempt in 1 2 3; do
		: >"$console"
		arm64_guest "$console" "$VM_RUN/root.cpio"
		# The emulator, once in a long while, does not boot a kernel.
		! grep -q '^1\.\.' "$console" || break
	done
	vm_cleanup

	tr -d '\r' <"$console" | grep -E '^(not )?ok |^1\.\.|^# ' || true
	plan=$(sed -n 's/^1\.\.\([0-9]*\)\r*$/\1/p' "$console")
	passed=$(count_in '^ok ' "$console")
	failed=$((${plan:-1} - passed))
	if grep -qEf "$DMESG_BAD" "$console"; then
		say "run: the guest's kernel log has:"
		grep -Ef "$DMESG_BAD" "$console" | head -n 20 >&2
		((failed++)) || true
	fi
	[[ $failed -eq 0 ]] || tail -n 40 "$console" >&2
	tally arm64 "$passed" "$failed" 0
}
