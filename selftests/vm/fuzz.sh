# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run fuzz": the code that reads what others wrote, in user space under libFuzzer with ASan and
# UBSan. A fuzzer is selftests/fuzz/NAME_fuzz.c, its corpus the folder corpus/NAME beside it.
# What a run finds new is kept in build/fuzz/corpus/NAME; what is worth keeping for all is copied
# from there by hand.

FUZZERS=(firmware)

build_fuzzers()
{
	local name

	# Only the first configuration asks for the compiler.
	export CC=clang
	setup_meson "$1" -Dauto_features=disabled -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false
	for name in "${FUZZERS[@]}"; do
		ninja -C "$1" -j "$JOBS" "selftests/fuzz/${name}_fuzz"
	done
}

# Lines of the code under test that the corpus reaches, from the profile.
show_coverage()
{
	local folder=$1 program=$2 profile=$3

	llvm-profdata merge -sparse "$profile" -o "$folder/coverage.profdata"
	llvm-cov report "$program" -instr-profile="$folder/coverage.profdata" \
		-show-region-summary=false -show-branch-summary=false |
		awk '/^kernel|^TOTAL/ { if ($1 ~ /\.c$/)
			printf "   %-36s %4s lines, %3s not reached: %s\n", $1, $(NF - 2), $(NF - 1), $NF }'
}

cmd_fuzz()
{
	local name=${1-} seconds=60 folder=$BUILD/fuzz program found status=0

	[[ " ${FUZZERS[*]} " == *" $name "* ]] || die "fuzz: which one? (${FUZZERS[*]})"
	shift
	while [[ $# -gt 0 ]]; do
		case $1 in
		--seconds)
			[[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--seconds needs a number"
			seconds=$2
			shift 2 ;;
		*)
			die "fuzz: unknown argument '$1'" ;;
		esac
	done

	packages_for user fuzz
	lock_build
	logged fuzz "building the fuzzers" build_fuzzers "$folder"
	unlock_build

	program=$folder/selftests/fuzz/${name}_fuzz
	found=$folder/corpus/$name
	mkdir -p "$found"
	say "-- fuzzing $name for $seconds s"
	LLVM_PROFILE_FILE=$folder/$name.profraw UBSAN_OPTIONS=print_stacktrace=1 \
		"$program" -max_total_time="$seconds" -timeout=10 -max_len=4096 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$folder/$name-" \
		"$found" "$TOP/selftests/fuzz/corpus/$name" >"$BUILD/log/fuzz-$name.log" 2>&1 || status=$?
	[[ $status -eq 0 ]] || cat "$BUILD/log/fuzz-$name.log"
	sed -n 's/^stat::\([a-z_]*\): */   \1 /p' "$BUILD/log/fuzz-$name.log"
	show_coverage "$folder" "$program" "$folder/$name.profraw"
	[[ $status -eq 0 ]] || die "fuzz: $name: found something, the file is in $folder"
	echo "fuzz: $name: nothing found in $seconds s"
}
