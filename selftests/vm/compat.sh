# shellcheck shell=bash disable=SC2153 # BUILD is common.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run compat": the kernel's own platform and client drivers, not a letter changed, built out of
# its tree against our headers and symbols. They are taken from the kernel source package and seen
# through symbolic links in build/kernel/compat, beside the headers of theirs that are not ours.
#
# A driver that compiles may still lack symbols: those of its system on chip, which the kernel of a
# PC does not have. Those that lack none of these on mainline must link here.

COMPAT_CLIENTS=(drivers/tty/rpmsg_tty.c drivers/net/wwan/rpmsg_wwan_ctrl.c
		drivers/platform/chrome/cros_ec_rpmsg.c drivers/rpmsg/mtk_rpmsg.c
		drivers/rpmsg/qcom_glink_native.c samples/rpmsg/rpmsg_client_sample.c)
COMPAT_HEADERS=(drivers/platform/chrome/cros_ec.h drivers/rpmsg/qcom_glink_native.h
		drivers/rpmsg/qcom_glink_trace.h)

COMPAT_MUST_LINK=(da8xx_remoteproc imx_dsp_rproc imx_rproc ingenic_rproc keystone_remoteproc
		  meson_mx_ao_arc mtk_scp_ipi pru_rproc qcom_pil_info qcom_sysmon rcar_rproc
		  st_remoteproc st_slim_rproc stm32_rproc ti_k3_dsp_remoteproc ti_k3_m4_remoteproc
		  ti_k3_r5_remoteproc wkup_m3_rproc xlnx_r5_remoteproc
		  cros_ec_rpmsg mtk_rpmsg qcom_glink_native rpmsg_client_sample rpmsg_tty
		  rpmsg_wwan_ctrl)
COMPAT_PLATFORM_DRIVERS=29

compat_folder()
{
	echo "$BUILD/kernel/compat"
}

# The platform drivers of the source package, as file names without ".c".
compat_platform_drivers()
{
	find "$(source_folder)/drivers/remoteproc" -name '*.c' ! -name 'remoteproc_*' \
		-printf '%f\n' | sed 's/\.c$//' | sort
}

compat_clients()
{
	printf '%s\n' "${COMPAT_CLIENTS[@]}" | sed 's|.*/||; s/\.c$//' | sort
}

# The module that a driver's file becomes part of.
compat_module()
{
	case $1 in
	qcom_wcnss|qcom_wcnss_iris) echo qcom_wcnss_pil ;;
	*) echo "$1" ;;
	esac
}

link_compat_sources()
{
	local folder=$1 source file

	source=$(source_folder)
	mkdir -p "$folder"
	find "$folder" -maxdepth 1 -type l -delete
	find "$source/drivers/remoteproc" -name '*.[ch]' ! -name 'remoteproc_*' \
		-exec ln -s -t "$folder" {} +
	for file in "${COMPAT_CLIENTS[@]}" "${COMPAT_HEADERS[@]}"; do
		ln -s "$source/$file" "$folder/"
	done
}

# compat_kbuild MODULE...: a Kbuild file for these. A driver's own option opens the guard of its own
# installed header, which kernels built without the driver leave closed.
compat_kbuild()
{
	local ours

	ours=$(modules_folder 6.12)
	cat <<-KBUILD
	obj-m := ${*/%/.o}
	qcom_wcnss_pil-y := qcom_wcnss.o qcom_wcnss_iris.o
	ccflags-y := -g0 -DCONFIG_RPMSG_MODULE=1 -DCONFIG_REMOTEPROC=1
	ccflags-y += -I$ours/remoteproc -I$ours/rpmsg -include $ours/librpmsg-features.h
	CFLAGS_pru_rproc.o := -DCONFIG_PRU_REMOTEPROC=1
	CFLAGS_qcom_common.o := -DCONFIG_QCOM_RPROC_COMMON=1
	CFLAGS_qcom_glink_native.o := -I$(compat_folder)
	CFLAGS_qcom_sysmon.o := -DCONFIG_QCOM_SYSMON=1
	KBUILD
}

# compat_make MODULE...: build these, as far as it goes; missing symbols are counted later.
compat_make()
{
	local folder

	folder=$(compat_folder)
	compat_kbuild "$@" >"$folder/Kbuild"
	rm -f "$folder/Module.symvers"
	make -C "$(kernel_headers 6.12)" M="$folder" -k -j"$JOBS" KBUILD_MODPOST_WARN=1 \
		CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS="$(modules_folder 6.12)/Module.symvers" modules \
		>"$folder/make.log" 2>&1
}

# The drivers that did not compile, by make's own words.
compat_failed()
{
	sed -n "s|^make.*\*\*\* \[.*: $(compat_folder)/\([^/]*\)\.o\] Error.*|\1|p" \
		"$(compat_folder)/make.log" | sort -u
}

make_compat()
{
	local folder modules driver failed

	folder=$(compat_folder)
	link_compat_sources "$folder"
	mapfile -t modules < <(
		for driver in $(compat_platform_drivers) $(compat_clients); do
			compat_module "$driver"
		done | sort -u
	)
	: >"$folder/failed"
	if ! compat_make "${modules[@]}"; then
		# The rest is to be linked all the same.
		compat_failed >"$folder/failed"
		cat "$folder/make.log"
		mapfile -t failed < <(
			while read -r driver; do compat_module "$driver"; done <"$folder/failed" |
				sort -u)
		mapfile -t modules < <(
			comm -23 <(printf '%s\n' "${modules[@]}") <(printf '%s\n' "${failed[@]}"))
		compat_make "${modules[@]}"
	fi
	# All that a module may use, the other drivers' symbols included.
	awk '{ print $2 }' "$folder/Module.symvers" "$(modules_folder 6.12)/Module.symvers" \
		"$(kernel_headers 6.12)/Module.symvers" | sort -u >"$folder/exported"
	find "$(source_folder)"/drivers/{remoteproc,rpmsg} \
		\( -name 'remoteproc_*.c' -o -name 'rpmsg_*.c' -o -name virtio_rpmsg_bus.c \) \
		-exec sed -n 's/^EXPORT_SYMBOL\(_GPL\)\?(\(.*\));.*/\2/p' {} + |
		sort -u >"$folder/core-exports"
}

# compat_missing MODULE: what it uses and nobody exports.
compat_missing()
{
	nm -u "$(compat_folder)/$1.ko" | awk '$1 == "U" { print $2 }' | sort -u |
		comm -23 - "$(compat_folder)/exported"
}

# compat_driver DRIVER: its row of the table, counted.
compat_driver()
{
	local driver=$1 folder module compiles=yes links=yes verdict=ok missing=() note

	folder=$(compat_folder)
	module=$(compat_module "$driver")
	if grep -qx "$driver" "$folder/failed" || [[ ! -f $folder/$driver.o ]]; then
		compiles=NO
	fi
	if [[ $compiles == NO ]] || [[ ! -f $folder/$module.ko ]]; then
		links=NO
		verdict=failed
	else
		mapfile -t missing < <(compat_missing "$module")
		[[ ${#missing[@]} -eq 0 ]] || links=no
	fi
	if [[ $links == no ]]; then
		verdict=skipped
		# A symbol of ours that is missing is not one of a system on chip.
		if [[ " ${COMPAT_MUST_LINK[*]} " == *" $driver "* ]] ||
		   printf '%s\n' "${missing[@]}" | grep -qxFf "$folder/core-exports"; then
			links=NO
			verdict=failed
		fi
	fi
	note=${missing[*]}
	[[ $module == "$driver" ]] || note="(in $module) $note"
	printf '%-22s %-9s %-6s %s\n' "$driver" "$compiles" "$links" "$note" | sed 's/ *$//'

	# A case for compiling, and one for linking.
	if [[ $compiles == yes ]]; then ((COMPAT_PASSED += 1)); else ((COMPAT_FAILED += 1)); fi
	case $verdict in
	ok) ((COMPAT_PASSED += 1)) ;;
	failed) ((COMPAT_FAILED += 1)) ;;
	skipped) ((COMPAT_SKIPPED += 1)) ;;
	esac
}

# compat_verdict TEXT GOOD: one more case.
compat_verdict()
{
	echo "$1"
	if [[ $2 == yes ]]; then ((COMPAT_PASSED += 1)); else ((COMPAT_FAILED += 1)); fi
}

# run_compat: builds and judges; leaves COMPAT_PASSED, COMPAT_FAILED and COMPAT_SKIPPED.
run_compat()
{
	local platform clients driver exports absent

	COMPAT_PASSED=0 COMPAT_FAILED=0 COMPAT_SKIPPED=0
	lock_build
	need_source
	need_kernel 6.12
	build_modules 6.12
	logged compat "building the kernel's drivers against our modules" make_compat
	unlock_build

	mapfile -t platform < <(compat_platform_drivers)
	mapfile -t clients < <(compat_clients)
	printf '%-22s %-9s %-6s %s\n' DRIVER COMPILES LINKS "SYMBOLS THAT THIS KERNEL LACKS"
	for driver in "${platform[@]}" "${clients[@]}"; do
		compat_driver "$driver"
	done
	compat_verdict "platform drivers: ${#platform[@]}, at least $COMPAT_PLATFORM_DRIVERS expected" \
		"$([[ ${#platform[@]} -lt $COMPAT_PLATFORM_DRIVERS ]] || echo yes)"
	exports=$(wc -l <"$(compat_folder)/core-exports")
	absent=$(awk '{ print $2 }' "$(modules_folder 6.12)/Module.symvers" | sort -u |
		comm -13 - "$(compat_folder)/core-exports" | tr '\n' ' ')
	compat_verdict "symbols of mainline's cores: $exports, not ours: ${absent:-none}" \
		"$([[ -n $absent || $exports -lt 50 ]] || echo yes)"
}

cmd_compat()
{
	[[ $# -eq 0 ]] || die "compat: takes no arguments"
	packages_for modules
	run_compat
	echo "$COMPAT_PASSED passed, $COMPAT_FAILED failed, $COMPAT_SKIPPED skipped"
	[[ $COMPAT_FAILED -eq 0 ]]
}
