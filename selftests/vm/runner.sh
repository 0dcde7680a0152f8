#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs selftests inside the VM: runner.sh NOUN...
# A test fails by its exit status (0 pass, 4 skip), by taking too long, or by what the
# kernel logs while it runs. Output is KTAP; the last line counts test cases.
# On mainline's modules (RPMSG_REFERENCE) cases may be expected to fail, see expected.sh.

set -uo pipefail

here=$RPMSG_TOP/selftests/vm
# shellcheck source=selftests/vm/load.sh
. "$here/load.sh"
# shellcheck source=selftests/vm/expected.sh
. "$here/expected.sh"
# On the host: should the guest die, it is known in which case.
OUTPUT=/run/share/output
limit=120
# Slow, or with cases that wait for what does not come.
[[ $RPMSG_KERNEL != debug && -z ${RPMSG_REFERENCE-} ]] || limit=400
passed=0
failed=0
skipped=0
xfailed=0
number=0

# mark TEXT: a line in the kernel log, from which kernel_log_clean reads on.
mark()
{
	MARK="selftest: $1 ($$.$number)"
	echo "$MARK" >/dev/kmsg
}

# kernel_log_clean: false, and the lines shown, when the log since the mark has bad ones.
kernel_log_clean()
{
	local since first

	since=$(dmesg | grep -F -A 1000000 -- "$MARK")
	first=$(grep -m 1 -nEf "$here/dmesg-bad" <<<"$since" | cut -d : -f 1)
	[[ -n $first ]] || return 0
	echo "  # the kernel log of this test:"
	tail -n +$((first > 40 ? first - 40 : 1)) <<<"$since" | head -n 120 | sed 's/^/  # /'
	return 1
}

# session_of PID: its session, in SESSION.
session_of()
{
	local stat fields

	SESSION=
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
	# The name may hold anything; behind it are state, parent, group, session.
	read -ra fields <<<"${stat##*) }"
	SESSION=${fields[3]}
}

# kill_session SESSION: all of it, and says what each waited for; false when nothing is left. Not
# by group: a case is one of its own, and its processor would be in the way of later programs.
kill_session()
{
	local pid task comm found=1

	for pid in /proc/[0-9]*; do
		session_of "${pid#/proc/}"
		[[ $SESSION == "$1" ]] || continue
		for task in "$pid"/task/*; do
			comm=$(<"$task/comm") || continue
			echo "# killed: $comm (${task##*/}), $(<"$task/wchan")"
		done 2>/dev/null
		kill -KILL "${pid#/proc/}" 2>/dev/null
		found=0
	done
	return $found
}

# bounded SECONDS COMMAND...: its exit status; 124 when it had to be killed, and 125 when not
# even that ended it. timeout(1) would wait for ever for a process stuck in the kernel.
bounded()
{
	local end=$((SECONDS + $1)) child

	shift
	setsid "$@" </dev/null &
	child=$!
	while :; do
		if [[ $SECONDS -lt $end ]]; then
			kill -0 $child 2>/dev/null || break
		elif [[ $SECONDS -lt $((end + 10)) ]]; then
			kill_session $child || break
		else
			return 125
		fi
		sleep 0.1
	done
	wait $child
	local status=$?
	[[ $SECONDS -lt $end ]] || status=124
	return $status
}

# A process that cannot be killed: what comes after it would be worth nothing.
bail_out()
{
	echo "Bail out! $1 is stuck in the kernel"
	echo w >/proc/sysrq-trigger
	kernel_log_clean
	totals
	exit 1
}

totals()
{
	echo "# Totals: pass:$passed fail:$failed xfail:$xfailed xpass:0 skip:$skipped error:0"
}

# result STATUS NAME [REASON]: one line for a whole program.
result()
{
	echo "$1 $number $2${3:+ # $3}"
}

count_cases()
{
	local line

	CASES=0
	BAD_CASES=0
	EXPECTED_CASES=0
	while read -r line; do
		case $line in
		"ok "*"# SKIP"*) ((skipped++, CASES++)) ;;
		"ok "*"# XFAIL"*) ((xfailed++, CASES++, EXPECTED_CASES++)) ;;
		"ok "*) ((passed++, CASES++)) ;;
		"not ok "*) ((failed++, CASES++, BAD_CASES++)) ;;
		esac
	done <"$1"
	return 0
}

run_test()
{
	local program=$1 name out=$OUTPUT status=0 limit=$limit

	name=$(basename "$program" .test)
	# It works for that long, and waits for what is rare, before it comes to its end.
	[[ $name != stress ]] || ((limit += ${STRESS_SECONDS:-60}))
	((number++))
	mark "$name"
	ARGUMENTS=()
	: >"$out"
	if [[ -z ${RPMSG_REFERENCE-} ]] || expected_arguments "$program"; then
		bounded "$limit" "$program" "${ARGUMENTS[@]}" >"$out" 2>&1
		status=$?
	fi
	if [[ -n ${RPMSG_REFERENCE-} ]]; then
		expected_results <"$out" >"$out.judged"
		mv "$out.judged" "$out"
	fi
	sed 's/^/  /' "$out"
	count_cases "$out"
	rm "$out"
	[[ $status -ne 1 || $EXPECTED_CASES -eq 0 || $BAD_CASES -gt 0 ]] || status=0

	if [[ $status -eq 125 ]]; then
		((failed++))
		result "not ok" "$name" "cannot be killed"
		bail_out "$name"
	elif [[ $status -eq 124 ]]; then
		((failed++))
		result "not ok" "$name" "took longer than $limit s"
	elif [[ $status -eq 4 && $BAD_CASES -eq 0 ]]; then
		[[ $CASES -gt 0 ]] || ((skipped++))
		result ok "$name" "SKIP"
	elif [[ $status -ne 0 ]]; then
		[[ $BAD_CASES -gt 0 ]] || ((failed++))
		result "not ok" "$name" "exit status $status"
	elif [[ $BAD_CASES -gt 0 ]]; then
		result "not ok" "$name" "cases failed, and yet the exit status is 0"
	elif ! kernel_log_clean; then
		((failed++))
		result "not ok" "$name" "the kernel complained"
		return
	else
		[[ $CASES -gt 0 ]] || ((passed++))
		result ok "$name"
		return
	fi
	# Failed already, but what the kernel said may be the reason.
	kernel_log_clean || true
}

# check NAME COMMAND...: one case of the runner itself.
check()
{
	local name=$1

	shift
	((number++))
	mark "$name"
	if "$@" && kernel_log_clean; then
		((passed++))
		result ok "$name"
	else
		((failed++))
		result "not ok" "$name"
		return 1
	fi
}

# Nothing may hold a module when all tests are over.
unload_modules()
{
	local module loaded=() status

	for module in urproc remoteproc virtio_rpmsg_bus rpmsg_ctrl rpmsg_char rpmsg_ns rpmsg_core; do
		[[ ! -d /sys/module/$module ]] || loaded+=("$module")
	done
	[[ ${#loaded[@]} -eq 0 ]] || bounded 60 rmmod "${loaded[@]}" >/run/rmmod-output 2>&1
	status=$?
	[[ $status -eq 0 ]] || sed 's/^/  # /' /run/rmmod-output
	if [[ $status -eq 125 ]]; then
		((failed++))
		result "not ok" unload_modules
		bail_out rmmod
	fi
	return $status
}

reload_modules()
{
	unload_modules && load_modules
}

# Memory that nothing points to any more. Only objects older than five seconds are looked
# at, and one scan may see a pointer that was just on its way.
no_leaks()
{
	local file=/sys/kernel/debug/kmemleak

	sleep 6
	echo scan >$file
	echo scan >$file
	grep -q . $file || return 0
	sed 's/^/  # /' $file
	return 1
}

# The boot's own log: our modules were loaded in it.
MARK="Linux version"

extra=2
[[ ! -e /sys/kernel/debug/kmemleak ]] || extra=3
echo "KTAP version 1"
# On mainline the modules are loaded anew now and then: the plan is at the end.
[[ -n ${RPMSG_REFERENCE-} ]] || echo "1..$(($# + extra))"
((number++))
if kernel_log_clean; then
	((passed++))
	result ok load_modules
else
	((failed++))
	result "not ok" load_modules "the kernel complained"
fi
[[ ! -e /sys/kernel/debug/kmemleak ]] || echo clear >/sys/kernel/debug/kmemleak
for noun in "$@"; do
	run_test "$RPMSG_BUILD/selftests/$noun.test"
	# A case that failed may have left something behind; then the others get a new guest.
	[[ $EXPECTED_CASES -eq 0 ]] || check reload_modules reload_modules || break
done
check unload_modules unload_modules
[[ ! -e /sys/kernel/debug/kmemleak ]] || check no_leaks no_leaks
[[ -z ${RPMSG_REFERENCE-} ]] || echo "1..$number"
totals
[[ $failed -eq 0 ]]
