# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian packages: which ones a job needs, which are missing, and getting them.

# Each list is what one job runs, so that no command asks for more than it uses.
PACKAGES_VM=(qemu-system-x86 busybox-static kmod xz-utils udev)
PACKAGES_MODULES=(gcc-12 gcc libc6-dev make binutils xz-utils kmod libelf1 pahole)
PACKAGES_USER=(gcc libc6-dev meson ninja-build pkgconf liburing-dev libudev-dev
	       libjson-c-dev libbpf-dev libelf-dev zlib1g-dev bpftool clang)
PACKAGES_TEST=(bpftrace)
PACKAGES_FUZZ=(clang libclang-rt-dev llvm)
PACKAGES_DEBUG=(flex bison bc libelf-dev zlib1g-dev perl)
PACKAGES_LINT=(perl sparse clang-format cppcheck shellcheck codespell abigail-tools)

# For all calls of apt but those that install.
APT_OPTIONS=()

as_root()
{
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		# Without a terminal nobody could answer: sudo must not ask.
		if [[ -t 0 ]]; then sudo "$@"; else sudo -n "$@"; fi
	else
		die "need root for: $* (run it as root, or install sudo)"
	fi
}

apt_update()
{
	[[ -z $NO_INSTALL ]] || die "--no-install: 'apt-get update' is needed and not allowed"
	logged apt-update "updating the package lists" \
		as_root apt-get "${APT_OPTIONS[@]}" -o DPkg::Lock::Timeout=300 update
}

apt_install()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}

missing_packages()
{
	local have name

	have=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null) " || true
	for name in "$@"; do
		[[ $have == *" installed:$name "* ]] || printf '%s\n' "$name"
	done | sort -u
}

# need_packages NAME...: install what is missing of these.
need_packages()
{
	local missing

	command -v dpkg-query >/dev/null || die "this is not Debian: no dpkg-query"
	mapfile -t missing < <(missing_packages "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	say "missing Debian packages: ${missing[*]}"
	[[ -z $NO_INSTALL ]] || die "packages are missing, and --no-install forbids to install them"

	# Empty or stale package lists make the simulation or the download fail.
	mkdir -p "$BUILD/log"
	say "-- installing ${#missing[@]} packages"
	if ! apt_install "${missing[@]}" >"$BUILD/log/apt-install.log" 2>&1 </dev/null; then
		apt_update
		logged apt-install "installing ${#missing[@]} packages" apt_install "${missing[@]}"
	fi
}

# apt_depends PACKAGE PATTERN: the package's dependencies that match the shell pattern.
apt_depends()
{
	local kind name

	while read -r kind name; do
		# shellcheck disable=SC2053 # a pattern is wanted
		[[ $kind == Depends: && $name == $2 ]] && printf '%s\n' "$name"
	done < <(apt-cache "${APT_OPTIONS[@]}" depends "$1" 2>/dev/null)
	return 0
}

download_into()
{
	local folder=$1

	shift
	(cd "$folder" && apt-get "${APT_OPTIONS[@]}" -q download "$@")
}

# fetch_deb FOLDER PACKAGE...: make sure FOLDER holds a .debs of each package.
fetch_debs()
{
	local folder=$1 partial name wanted=()

	shift
	for name in "$@"; do
		compgen -G "$folder/${name}_*.deb" >/dev/null || wanted+=("$name")
	done
	[[ ${#wanted[@]} -gt 0 ]] || return 0

	# Moved into place when complete: an interrupted download leaves nothing half there.
	partial=$folder/partial.$$
	mkdir -p "$partial"
	chmod 755 "$partial"
	say "-- downloading ${wanted[*]}"
	mkdir -p "$BUILD/log"
	if ! download_into "$partial" "${wanted[@]}" >"$BUILD/log/download.log" 2>&1; then
		apt_update
		logged download "downloading again" download_into "$partial" "${wanted[@]}"
	fi
	mv "$partial"/*.deb "$folder"/
	rmdir "$partial"
}

# deb_file FOLDER PACKAGE: the newest .deb of this package in FOLDER.
deb_file()
{
	find "$1" -maxdepth 1 -name "$2_*.deb" | sort -V | tail -n 1
}
