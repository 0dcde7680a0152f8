#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the VM: the bench firmware, and one measurement on it. For guest.sh and trace.sh.

firmware_out=$(mktemp)
firmware=

start()
{
	urproc run --name bench "$RPMSG_BUILD/examples/firmware/bench.elf" >"$firmware_out" 2>&1 &
	firmware=$!
	end=$(($(date +%s) + 60))
	until rpmsg-ctl list | grep -q bench-source; do
		[ "$(date +%s)" -lt "$end" ] || { cat "$firmware_out" >&2; exit 1; }
		sleep 0.1
	done
}

stop()
{
	kill -TERM "$firmware"
	wait "$firmware" || true
}

# measure STACK METHOD MODE SIZE BATCH COUNT: prints the first five, then what bench prints.
measure()
{
	line=$("$RPMSG_BUILD/bench/bench" --method "$2" --mode "$3" --size "$4" --batch "$5" --count "$6")
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$line"
}
