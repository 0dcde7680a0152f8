# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run test": the suites, their counts added up, and "./run demo".

SUITES=(unit compat 6.1 6.12 debug arm64)

PASSED=0
FAILED=0
SKIPPED=0
# What failed, a line each, for the end of a long output.
FAILURES=()

# tally SUITE PASSED FAILED SKIPPED
tally()
{
	((PASSED += $2, FAILED += $3, SKIPPED += $4)) || true
	say "-- suite $1: $2 passed, $3 failed, $4 skipped"
}

count_in()
{
	{ grep -o "$1" "$2" || true; } | wc -l
}

# meson_suite NAME FOLDER: the tests that need no kernel, counted from Meson's JUnit file,
# which knows the cases inside each TAP program.
meson_suite()
{
	local folder=$2 junit=$2/meson-logs/testlog.junit.xml all failed skipped status=0

	rm -f "$junit"
	meson test -C "$folder" --no-rebuild --print-errorlogs -t 4 </dev/null || status=$?
	if [[ ! -s $junit ]]; then
		tally "$1" 0 1 0
		return
	fi
	all=$(count_in '<testcase ' "$junit")
	failed=$(count_in '<\(failure\|error\)[ />]' "$junit")
	skipped=$(count_in '<skipped[ />]' "$junit")
	# A program may fail with all its cases passed: by its exit status, say.
	[[ $status -eq 0 || $failed -gt 0 ]] || failed=1
	tally "$1" $((all - failed - skipped)) "$failed" "$skipped"
}

unit_suite()
{
	lock_build
	build_user
	build_user_asan
	unlock_build
	meson_suite "unit" "$BUILD"
	ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		meson_suite "unit, with ASan and UBSan" "$BUILD/asan"
}

# The programs that attach tracers, which changes the kernel's code while it runs. QEMU 7.2 with a
# thread for each CPU goes on executing what is no longer there: they get a guest with one thread.
TRACING_PROGRAMS=(rpmsg_trace rpmsg_trace_latency rpmsg_trace_message timing tracing)

# default_programs SUITE: those that run unless others are named. What the library and the tools
# do is the same on every kernel, and slow on the debug kernel.
default_programs()
{
	local program noun

	for program in "$BUILD"/selftests/*.test; do
		noun=$(basename "$program" .test)
		case $1-$noun in
		debug-bench|debug-connection|debug-librpmsg|debug-rpmsg_ctl|debug-rpmsg_ctl_processor) ;;
		debug-rpmsg_trace_latency|debug-rpmsg_trace_message) ;;
		*) echo "$noun" ;;
		esac
	done
}

# is_tracing NOUN
is_tracing()
{
	[[ " ${TRACING_PROGRAMS[*]} " == *" $1 "* ]]
}

# guest_tests LOG NOUN...: the programs in one guest. Sets TOTALS to how many cases passed, failed,
# were skipped and failed as they have to; empties DIED when it was finished; adds to FAILURES.
guest_tests()
{
	local log=$1 status=0 out tee n='\([0-9]*\)'

	# No pipeline: run_vm must not be in a subshell, a signal would leave QEMU behind.
	exec {out}> >(tee "$log")
	tee=$!
	run_vm "$TOP/selftests/vm/runner.sh" "${@:2}" >&"$out" || status=$?
	exec {out}>&-
	wait "$tee" || true
	DIED=
	read -ra TOTALS < <(sed -n "s/^# Totals: pass:$n fail:$n xfail:$n .*skip:$n .*/\1 \2 \4 \3/p" \
				"$log") || true
	if [[ ${#TOTALS[@]} -eq 0 ]]; then
		# The guest died or hung: what it said is above, its finished cases count.
		DIED=1
		TOTALS=("$(count_in '^  ok ' "$log")" $(($(count_in '^  not ok ' "$log") + 1)) 0 0)
	fi
	[[ $status -eq 0 || ${TOTALS[1]} -gt 0 ]] || TOTALS[1]=1
	[[ ${TOTALS[1]} -eq 0 ]] || FAILURES+=("$(failures_in "$log" "$status")")
}

# failures_in LOG STATUS: of one guest; of a case with what it expected.
failures_in()
{
	local name=${1##*/test-}

	awk -v name="${name%.log}" '
		{ sub(/^ +/, "") }
		/^# [^ ]+:[0-9]+:[^ ]+:Expected / { expected = expected name ": " $0 "\n" }
		/^ok / { expected = "" }
		/^(not ok|Bail out!)/ { printf "%s%s: %s\n", expected, name, $0; expected = "" }
	' "$1"
	[[ -z $DIED ]] || echo "${name%.log}: the guest ended with status $2 after: $(tail -n 1 "$1")"
}

# without_result LOG NOUN...: the programs that the log knows no result of.
without_result()
{
	local noun

	for noun in "${@:2}"; do
		grep -Eq "^(not )?ok [0-9]+ $noun( #|$)" "$1" || echo "$noun"
	done
}

# guests_tests NAME NOUN...: the programs in one guest; on mainline's modules, which may end a
# guest, in as many as it takes. Adds to SUM, which is like TOTALS.
guests_tests()
{
	local log=$BUILD/log/test-$1.log i nouns=("${@:2}")

	VM_CONSOLE=$BUILD/log/console-$1.log
	while [[ ${#nouns[@]} -gt 0 ]]; do
		guest_tests "$log" "${nouns[@]}"
		for i in "${!SUM[@]}"; do
			((SUM[i] += TOTALS[i])) || true
		done
		[[ $1 == reference* ]] || break
		mapfile -t nouns < <(without_result "$log" "${nouns[@]}")
		[[ -z $DIED ]] || nouns=("${nouns[@]:1}")
		[[ ${#nouns[@]} -eq 0 ]] || say "-- in a new guest: ${nouns[*]}"
	done
}

# vm_suite FLAVOUR|reference [NOUN...]
vm_suite()
{
	local suite=$1 folder noun nouns=("${@:2}") tracing=() others=()

	VM_KERNEL=$suite VM_MODULES=ours VM_TIMEOUT=$((1800 + ${STRESS_SECONDS:-60})) VM_STRICT=1
	VM_REPEATABLE=1
	folder=$(modules_folder "$suite")
	if [[ $suite == reference ]]; then
		VM_KERNEL=6.12 VM_MODULES=mainline VM_TIMEOUT=3600
		folder=$(mainline_folder)
	fi
	vm_setup
	lock_build
	build_sample "$VM_KERNEL" "$folder"
	build_test_modules "$VM_KERNEL" "$folder"
	unlock_build
	[[ ${#nouns[@]} -gt 0 ]] || mapfile -t nouns < <(default_programs "$suite")
	for noun in "${nouns[@]}"; do
		if is_tracing "$noun"; then tracing+=("$noun"); else others+=("$noun"); fi
	done
	say "-- selftests on $suite"
	mkdir -p "$BUILD/log"
	SUM=(0 0 0 0)
	guests_tests "$suite" "${others[@]}"
	VM_THREADS=single
	guests_tests "$suite-tracing" "${tracing[@]}"
	VM_THREADS=multi
	# A case that fails where it has to, on mainline, is one that passed.
	[[ ${SUM[3]} -eq 0 ]] ||
		say "-- of these, ${SUM[3]} fail on mainline, as docs/differences.md says"
	tally "$suite" $((SUM[0] + SUM[3])) "${SUM[1]}" "${SUM[2]}"
}

compat_suite()
{
	run_compat
	tally compat "$COMPAT_PASSED" "$COMPAT_FAILED" "$COMPAT_SKIPPED"
}

cmd_test()
{
	local suites=() nouns=() word jobs=(modules user)

	for word in "$@"; do
		case $word in
		unit|compat|6.1|6.12|reference|debug|arm64) suites+=("$word") ;;
		-*) die "test: unknown argument '$word'" ;;
		*) nouns+=("$word") ;;
		esac
	done
	[[ ${#suites[@]} -gt 0 ]] || suites=("${SUITES[@]}")
	for word in "${suites[@]}"; do
		case $word in
		unit|compat) ;;
		debug) jobs+=(vm test debug) ;;
		arm64) jobs+=(vm arm64) ;;
		*) jobs+=(vm test) ;;
		esac
	done
	packages_for "${jobs[@]}"
	if [[ ${suites[*]} != unit ]]; then
		lock_build
		need_kselftest
		unlock_build
	fi
	for word in "${suites[@]}"; do
		case $word in
		unit|compat|arm64) "${word}_suite" ;;
		*) vm_suite "$word" "${nouns[@]}" ;;
		esac
	done
	[[ ${#FAILURES[@]} -eq 0 ]] || printf '%s\n' "${FAILURES[@]}"
	echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[[ $FAILED -eq 0 ]]
}

# "./run stress": the program of that name alone, for as long as one likes.
cmd_stress()
{
	local minutes=10 kernel=6.12

	while [[ $# -gt 0 ]]; do
		[[ $1 != --* || $# -ge 2 ]] || die "$1 needs a value"
		case $1 in
		--minutes) minutes=$2; shift 2 ;;
		--kernel) kernel=$2; shift 2 ;;
		*) die "stress: unknown argument '$1'" ;;
		esac
	done
	known_kernel "$kernel"
	[[ $minutes =~ ^[1-9][0-9]*$ ]] || die "--minutes is a number of minutes"
	STRESS_SECONDS=$((minutes * 60))
	cmd_test "$kernel" stress
}

cmd_demo()
{
	[[ $# -eq 0 ]] || die "demo: takes no arguments"
	VM_REPEATABLE=1
	vm_setup
	run_vm "$TOP/examples/demo.sh"
}
