# shellcheck shell=bash disable=SC2153 # BUILD is common.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel source package and the debug kernel made from it. Both are big and outlive a
# clone, so they are kept in the user's cache folder:
#   source-VERSION/     the unpacked source package
#   debug-HASH/build/   the kernel built from it; HASH covers all that it is made of

SOURCE_PACKAGE=linux-source-6.12

# The source package's version, pinned for this build folder at its first use.
source_version()
{
	local pin=$BUILD/kernels/source-version version

	if [[ ! -s $pin ]]; then
		version=$(apt-cache policy "$SOURCE_PACKAGE" 2>/dev/null | sed -n 's/^  Candidate: //p')
		if [[ -z $version || $version == "(none)" ]]; then
			apt_update
			version=$(apt-cache policy "$SOURCE_PACKAGE" | sed -n 's/^  Candidate: //p')
		fi
		[[ -n $version ]] || die "no $SOURCE_PACKAGE in the package lists"
		mkdir -p "$BUILD/kernels"
		echo "$version" >"$pin"
	fi
	cat "$pin"
}

source_folder()
{
	echo "$CACHE/source-$(source_version)"
}

unpack_source()
{
	local folder=$1

	dpkg --fsys-tarfile "$(deb_file "$BUILD/debs" "$SOURCE_PACKAGE")" |
		tar -xOf - "./usr/src/$SOURCE_PACKAGE.tar.xz" |
		tar -xJf - -C "$folder" --strip-components=1
	# No driver in the debug kernel selects this one, and out-of-tree modules cannot.
	sed -i '/^config WANT_DEV_COREDUMP$/,/help/s/^\tbool$/\tbool "Device core dumps"/' \
		"$folder/drivers/base/Kconfig"
}

# need_source: the unpacked kernel source package.
need_source()
{
	local folder

	folder=$(source_folder)
	[[ ! -d $folder ]] || return 0
	mkdir -p "$BUILD/debs" "$CACHE"
	fetch_debs "$BUILD/debs" "$SOURCE_PACKAGE"
	rm -rf "$folder.new.$$"
	mkdir "$folder.new.$$"
	logged source "unpacking $SOURCE_PACKAGE" unpack_source "$folder.new.$$"
	mv -T "$folder.new.$$" "$folder"
}

debug_hash()
{
	{
		source_version
		cat "$TOP/selftests/vm/debug.config"
		gcc-12 -dumpfullversion
		pahole --version
	} | sha256sum | cut -c 1-12
}

debug_folder()
{
	# Asked for many times in one run, and hashing starts a compiler.
	: "${DEBUG_FOLDER:=$CACHE/debug-$(debug_hash)}"
	echo "$DEBUG_FOLDER"
}

debug_make()
{
	make -C "$(source_folder)" O="$1" CC=gcc-12 HOSTCC=gcc-12 -j"$JOBS" "${@:2}"
}

# Kconfig drops an option with unmet dependencies in silence; a debug kernel that has
# lost its debugging must not pass for one.
check_config()
{
	local fragment=$1 config=$2 line name lost=()

	while read -r line; do
		case $line in
		CONFIG_*=n)
			name=${line%=n}
			! grep -q "^$name=" "$config" || lost+=("$line") ;;
		CONFIG_*)
			grep -qxF "$line" "$config" || lost+=("$line") ;;
		esac
	done <"$fragment"
	[[ ${#lost[@]} -eq 0 ]] || { echo "the configuration lost: ${lost[*]}"; return 1; }
}

configure_debug()
{
	local build=$1/build fragment=$TOP/selftests/vm/debug.config

	mkdir -p "$build"
	debug_make "$build" tinyconfig
	cat "$fragment" >>"$build/.config"
	debug_make "$build" olddefconfig
	check_config "$fragment" "$build/.config"
}

# need_debug_kernel: build it when there is none of the same inputs.
need_debug_kernel()
{
	local folder

	folder=$(debug_folder)
	[[ ! -f $folder/release ]] || return 0
	need_source
	mkdir -p "$CACHE"
	(
		# Two clones share the cache: the second waits for the first one's kernel.
		exec {fd}>"$folder.lock"
		flock "$fd"
		[[ ! -f $folder/release ]] || exit 0
		rm -rf "$folder"
		logged debug-config "configuring the debug kernel" configure_debug "$folder"
		logged debug-kernel "building the debug kernel, once (about 5 minutes on 2 cores)" \
			debug_make "$folder/build" bzImage modules
		cp "$folder/build/include/config/kernel.release" "$folder/release.new"
		mv "$folder/release.new" "$folder/release"
	)
}

# The device tree of a machine with a debug kernel, by the compiler that built it for itself.
debug_tree()
{
	echo "$BUILD/vm/debug.dtb"
}

need_debug_tree()
{
	local source=$TOP/selftests/vm/debug.dts tree

	tree=$(debug_tree)
	[[ ! $tree -nt $source ]] || return 0
	mkdir -p "$BUILD/vm"
	"$(debug_folder)/build/scripts/dtc/dtc" -O dtb -o "$tree.new" "$source" ||
		die "cannot make the device tree"
	mv "$tree.new" "$tree"
}
