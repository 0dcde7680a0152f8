#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The main job, end to end: `./run demo` runs this as root in a virtual machine with the modules
# loaded. It stops, loudly, at the first step that does not hold.
set -eu

processor=demo
firmware=$RPMSG_BUILD/examples/firmware/echo.elf
out=$(mktemp -d)
urproc=
trace=

finish() {
	status=$?
	[ -z "$trace" ] || kill "$trace" 2>/dev/null || :
	[ -z "$urproc" ] || kill "$urproc" 2>/dev/null || :
	rm -rf "$out"
	[ "$status" -eq 0 ] || echo "demo: FAILED: $step" >&2
	exit "$status"
}
trap finish EXIT

step() {
	step=$*
	printf '\n== %s\n' "$step"
}

show() {
	printf '$ %s\n' "$*"
	"$@"
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds
wait_for() {
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

step "remoteproc boots firmware on a processor that is a process"
echo "\$ urproc run --name $processor $(basename "$firmware") &"
urproc run --name "$processor" "$firmware" >"$out/urproc" 2>&1 &
urproc=$!
wait_for 20 grep -q running "$out/urproc" || { cat "$out/urproc" >&2; false; }
cat "$out/urproc"
index=$(sed -n 's/.*remoteproc\([0-9]*\) running.*/\1/p' "$out/urproc")
sysfs=/sys/class/remoteproc/remoteproc$index
debugfs=/sys/kernel/debug/remoteproc/remoteproc$index
show cat "$sysfs/state"
[ "$(cat "$sysfs/state")" = running ]
show cat "$debugfs/resource_table"
grep -q vring "$debugfs/resource_table"
wait_for 5 grep -q . "$debugfs/trace0"
show cat "$debugfs/trace0"

step "the firmware announced its service: a channel appears"
wait_for 5 sh -c "rpmsg-ctl list | grep -q rpmsg-echo"
show rpmsg-ctl list

step "create an endpoint: a node appears"
show rpmsg-ctl create --service rpmsg-echo demo >"$out/create"
cat "$out/create"
node=$(grep -o '/dev/rpmsg[0-9]*' "$out/create" | tail -n 1)
show ls -l "$node"
show rpmsg-ctl ping -c 3 -i 0.1 "$node"
show rpmsg-ctl destroy "$node"

step "an application says hello to a service by its name"
show hello rpmsg-echo

step "messages written in the memory that the processor reads: a system call for 64 of them"
show ring 10000
show batch 10000
show events
show uring 10000
show uring 10000 poll

step "the administrator gives the whole device to one application: no copy at all"
channel=$(basename /sys/bus/rpmsg/devices/*.rpmsg-raw.*)
driver=/sys/bus/rpmsg/drivers/rpmsg_chrdev
exclusive=$(echo /sys/bus/virtio/devices/*/exclusive)
echo "\$ echo $channel >$driver/unbind"
echo "$channel" >"$driver/unbind"
echo "\$ echo 1 >$exclusive"
echo 1 >"$exclusive"
show exclusive
echo 0 >"$exclusive"
echo "$channel" >"$driver/bind"

step "10,000 messages through librpmsg over io_uring, with the kicks traced"
rpmsg-trace kicks -p "$processor" >"$out/kicks" 2>&1 &
trace=$!
wait_for 30 grep -q . "$out/kicks" || { cat "$out/kicks" >&2; false; }
show stream 10000
show stream 1000 1

step "where the time went: from the kick to the reader's wake-up"
kill -INT "$trace"
wait "$trace"
trace=
cat "$out/kicks"

step "stop, and unload everything"
kill -TERM "$urproc"
wait "$urproc"
urproc=
[ ! -e "$sysfs" ]
[ ! -e /dev/rpmsg0 ]
show rmmod urproc remoteproc rpmsg_ctrl rpmsg_char virtio_rpmsg_bus rpmsg_ns rpmsg_core
if grep -E '^(urproc|rpmsg|virtio_rpmsg|remoteproc)' /proc/modules; then false; fi

printf '\ndemo: ok\n'
