#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's first process on the host's root, run by busybox: modules, the command, power
# off. In /run/share, shared with the host: "env" says what to do, "command" is the command;
# "booted", "stdout", "stderr" and "status" are what becomes of it, "alive" is written for as
# long as anything runs.

share=/run/share

off()
{
	trap - EXIT
	/run/busybox reboot -f
	# PID 1 must not end before the power does.
	while :; do sleep 1; done
}

# fail TEXT: the guest cannot do its job; the host sees it on standard error.
fail()
{
	echo "guest: $*" >>"$share/stderr"
	echo 125 >"$share/status"
	off
}

trap 'fail "the guest script ended"' EXIT

# The kernel's own modules where modprobe looks for them.
bind_modules()
{
	[ -n "$GUEST_MODULES" ] || return 0
	mkdir -p "/lib/modules/$(uname -r)"
	mount --bind "$GUEST_MODULES" "/lib/modules/$(uname -r)"
}

# The command writes into pipes, as it would on the host; a file would be truncated by
# whoever opens /dev/stdout again.
run_command()
{
	mkfifo /run/out /run/err
	cat </run/out >>"$share/stdout" &
	out=$!
	cat </run/err >>"$share/stderr" &
	err=$!
	setsid bash "$share/command" <"$GUEST_STDIN" >/run/out 2>/run/err
	status=$?
	# What the command left running may hold the pipes open: do not wait long for it.
	(sleep 3; kill $out $err) 2>/dev/null &
	wait $out $err
	return $status
}

run_shell()
{
	# shellcheck disable=SC2086 # several words are wanted
	stty -F /dev/ttyS1 sane $GUEST_STTY
	setsid -c bash -i </dev/ttyS1 >/dev/ttyS1 2>&1
}

set -a
# shellcheck source=/dev/null
. "$share/env"
set +a
# shellcheck source=selftests/vm/load.sh
. "$RPMSG_TOP/selftests/vm/load.sh"
: >"$share/booted"
while :; do echo >"$share/alive"; sleep 5; done &
hostname "rpmsg-$RPMSG_KERNEL"
ip link set lo up
bind_modules
# Booted quietly; from here on the console file gets everything.
echo 8 >/proc/sys/kernel/printk
message=$(load_modules) || fail "cannot load our modules: $message"
cd "$GUEST_FOLDER" || fail "no folder $GUEST_FOLDER"
if [ -n "$GUEST_SHELL" ]; then run_shell; else run_command; fi
echo $? >"$share/status"
off
