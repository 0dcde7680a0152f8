# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run bench": what a message costs on mainline's modules, on ours and without any: in one boot of
# the VM, in rounds that take turns (bench/guest.sh); then what is executed for it, counted by a plugin
# of QEMU in another guest, where a machine's speed has no part in it. bench/report.py makes tables of
# both. With --trace it is what a message costs on ours while rpmsg-trace follows it (bench/trace.sh).

# bench_about: the machine, a line for each thing that report.py tells of it.
bench_about()
{
	echo "host CPU: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) of them"
	echo "emulator: $(qemu-system-x86_64 --version | head -n 1), $(vm_accel)"
	echo "guest kernel: $(kernel_release 6.12), 2 CPUs"
	echo "load of the host when it began and ended: $1, $2"
	echo "revision: $(git -C "$TOP" describe --always --dirty 2>/dev/null || echo unknown)"
}

# bench_guest FILE COMMAND...: a guest whose standard output is what was measured.
bench_guest()
{
	local status=0 file=$1

	shift
	run_vm env BENCH_ONLY="$BENCH_ONLY" "$@" >"$file" || status=$?
	[[ $status -eq 0 ]] || die "bench: the guest failed ($status)"
}

# bench_counts FOLDERS...: with everything that is executed counted, on one CPU, whose instructions
# take a nanosecond each.
bench_counts()
{
	VM_THREADS=counted VM_PLUGIN=$BUILD/bench/count.so,out=$BUILD/log/bench-code.tsv
	bench_guest "$BUILD/log/bench-counts.tsv" "$TOP/bench/guest.sh" 0 "$@"
	VM_THREADS=multi VM_PLUGIN=
}

cmd_bench()
{
	local rounds=5 trace='' counted='' report=() folders load start=$SECONDS

	BENCH_ONLY=
	VM_KERNEL=6.12 VM_MODULES=mainline VM_REPEATABLE=1

	while [[ $# -gt 0 ]]; do
		case $1 in
		--rounds)
			[[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--rounds needs a number"
			rounds=$2
			shift 2 ;;
		--only)
			[[ -n ${2-} ]] || die "--only needs a pattern"
			BENCH_ONLY=$2
			shift 2 ;;
		--json|--report)
			report=("$1")
			shift ;;
		--trace)
			trace=1
			shift ;;
		--instructions)
			counted=1
			shift ;;
		*)
			die "bench: unknown argument '$1'" ;;
		esac
	done

	[[ -z $trace ]] || VM_MODULES=ours
	vm_setup
	mkdir -p "$BUILD/log"
	rm -f "$BUILD"/log/bench-*.tsv
	: >"$BUILD/log/bench-times.tsv"
	load=$(cut -d ' ' -f 1 /proc/loadavg)
	VM_TIMEOUT=$((600 + 600 * rounds))
	if [[ -n $trace ]]; then
		# As for the selftests that attach tracers.
		VM_THREADS=${counted:+counted}
		VM_THREADS=${VM_THREADS:-single}
		[[ -z $counted ]] || say "-- a nanosecond is an instruction there"
		bench_guest "$BUILD/log/bench-times.tsv" "$TOP/bench/trace.sh" "$rounds"
	else
		# On the machine that mainline's modules need, with these built.
		lock_build
		build_modules 6.12
		unlock_build
		folders=("$(modules_folder 6.12)" "$(mainline_folder)")
		[[ -n $counted ]] ||
			bench_guest "$BUILD/log/bench-times.tsv" "$TOP/bench/guest.sh" "$rounds" "${folders[@]}"
		say "-- counting"
		bench_counts "${folders[@]}"
	fi
	bench_about "$load" "$(cut -d ' ' -f 1 /proc/loadavg)" >"$BUILD/log/bench-about"
	say "-- bench took $((SECONDS - start)) s"
	python3 "$TOP/bench/report.py" "${report[@]}" "$BUILD/log" "$TOP/docs"
}
