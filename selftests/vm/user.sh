# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything that is built in user space, by Meson: library, tools, firmware, examples,
# selftests; and the command that builds all.

# setup_meson FOLDER OPTION...: configure, or configure again when the options changed.
setup_meson()
{
	local folder=$1 stamp=$1/.meson-options

	shift
	if [[ ! -f $folder/build.ninja ]]; then
		meson setup "$folder" "$TOP" "$@"
	elif [[ $(cat "$stamp" 2>/dev/null) != "$*" ]]; then
		meson setup --reconfigure "$folder" "$TOP" "$@"
	else
		return 0
	fi
	echo "$*" >"$stamp"
}

make_user()
{
	local folder=$1

	setup_meson "$@"
	ninja -C "$folder" -j "$JOBS"
}

# The kselftest headers are the kernel's, taken from its source package and not kept here.
need_kselftest()
{
	local folder=$BUILD/kselftest

	[[ ! -f $folder/kselftest_harness.h ]] || return 0
	need_source
	mkdir -p "$folder"
	cp "$(source_folder)/tools/testing/selftests/kselftest.h" "$folder/"
	cp "$(source_folder)/tools/testing/selftests/kselftest_harness.h" "$folder/"
}

kselftest_option()
{
	[[ ! -f $BUILD/kselftest/kselftest_harness.h ]] || echo "-Dkselftest_dir=$BUILD/kselftest"
}

# build_user: library, tools, firmware and, once their headers are there, the selftests.
build_user()
{
	# shellcheck disable=SC2046 # no option is no word
	logged user "building library, tools and firmware" make_user "$BUILD" --werror $(kselftest_option)
}

# The same with the address and undefined-behaviour sanitizers, for the unit tests.
build_user_asan()
{
	# shellcheck disable=SC2046
	logged user-asan "building again with ASan and UBSan" make_user "$BUILD/asan" --werror \
		-Db_sanitize=address,undefined -Db_lundef=false \
		$(kselftest_option)
}

# build_for FLAVOUR: all that a guest of this flavour uses.
build_for()
{
	lock_build
	need_kernel "$1"
	build_modules "$1"
	build_user
	unlock_build
}

cmd_build()
{
	local flavours=(6.12) flavour

	while [[ $# -gt 0 ]]; do
		case $1 in
		--kernel)
			[[ $# -ge 2 ]] || die "--kernel needs a value"
			if [[ $2 == all ]]; then flavours=("${KERNELS[@]}"); else flavours=("$2"); fi
			shift 2 ;;
		*)
			die "build: unknown argument '$1'" ;;
		esac
	done
	for flavour in "${flavours[@]}"; do
		known_kernel "$flavour"
	done
	packages_for "${flavours[@]}" modules user
	lock_build
	need_kselftest
	unlock_build
	for flavour in "${flavours[@]}"; do
		build_for "$flavour"
	done
	say "built in $BUILD"
}

# packages_for WORD...: install what these kernels and jobs need, in one go.
packages_for()
{
	local word wanted=(xz-utils)

	for word in "$@"; do
		case $word in
		vm) wanted+=("${PACKAGES_VM[@]}") ;;
		modules) wanted+=("${PACKAGES_MODULES[@]}") ;;
		user) wanted+=("${PACKAGES_USER[@]}") ;;
		test) wanted+=("${PACKAGES_TEST[@]}") ;;
		lint) wanted+=("${PACKAGES_LINT[@]}") ;;
		fuzz) wanted+=("${PACKAGES_FUZZ[@]}") ;;
		debug) wanted+=("${PACKAGES_DEBUG[@]}") ;;
		arm64) wanted+=("${PACKAGES_ARM64[@]}") ;;
		esac
	done
	need_packages "${wanted[@]}"
}
