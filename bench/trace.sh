#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the VM: what a message costs while rpmsg-trace follows it, in rounds. Prints lines as
# guest.sh does; the stack is the command of rpmsg-trace, or off.
# Usage: trace.sh ROUNDS
set -eu

# shellcheck source=bench/firmware.sh
. "$RPMSG_TOP/bench/firmware.sh"
rounds=$1
says=$(mktemp)

# measure_all STACK: for long enough that what is done for the first few is not what is measured.
measure_all()
{
	measure "$1" calls ping 16 1 16384
	measure "$1" calls echo 496 8 16384
	measure "$1" calls echo 496 64 16384
	measure "$1" calls to 496 64 16384
	measure "$1" calls from 496 64 32768
	measure "$1" ring echo 496 64 65536
}

# traced STACK COMMAND [OPTION...]
traced()
{
	stack=$1
	shift
	rpmsg-trace "$@" >/dev/null 2>"$says" &
	tracer=$!
	until grep -q 'tracing, ' "$says"; do
		kill -0 "$tracer" || { cat "$says" >&2; exit 1; }
		sleep 0.1
	done
	measure_all "$stack"
	kill -INT "$tracer"
	wait "$tracer"
}

start bench
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	measure_all off
	traced latency latency
	traced latency-all latency --all
	traced record record -o /tmp/bench.rec
	echo "-- round $round of $rounds" >&2
done
stop
