# shellcheck shell=bash disable=SC2034,SC2153 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The reference: mainline's own remoteproc and rpmsg, from the kernel source package, built as
# modules for Debian's 6.12 in build/kernel/mainline, with our urproc on top. The same selftests
# run on them; selftests/reference.expected names each case that does not pass there, with the row
# of docs/differences.md that says why.

mainline_folder()
{
	echo "$BUILD/kernel/mainline"
}

# Sources are copied when they differ only: a new time would have all compiled again.
copy_mainline()
{
	local folder=$1 source part

	source=$(source_folder)/drivers
	mkdir -p "$folder"
	for part in compat include urproc; do
		cp -asf "$TOP/kernel/$part" "$folder/"
	done
	cp -asf "$TOP/selftests/mainline/." "$folder/"
	find "$folder" -xtype l -delete
	cp -u "$source"/remoteproc/remoteproc_*.[ch] "$folder/remoteproc/"
	cp -u "$source"/rpmsg/{rpmsg_*.[ch],virtio_rpmsg_bus.c} "$folder/rpmsg/"
}

make_mainline()
{
	local folder

	folder=$(mainline_folder)
	copy_mainline "$folder"
	sh "$TOP/kernel/compat/features.sh" "$(kernel_includes 6.12)" "$folder/librpmsg-features.h"
	make -C "$(kernel_headers 6.12)" M="$folder" -j"$JOBS" modules
}

# build_mainline: everything is set up already; compile what changed.
build_mainline()
{
	need_source
	logged mainline "building mainline's modules for 6.12" make_mainline
}
