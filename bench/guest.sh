#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the VM: all that is measured, on each stack in turn, in rounds. Prints one line for each
# measurement: stack, method, mode, batch, processors, endpoints, then what bench printed. With
# ROUNDS 0, once and less of it, for who counts what is executed, and with lines that say where the
# functions are that report.py looks for.
# Usage: guest.sh ROUNDS OURS MAINLINE, the last two folders of modules.
set -eu

# shellcheck source=selftests/vm/load.sh
. "$RPMSG_TOP/selftests/vm/load.sh"
# shellcheck source=bench/firmware.sh
. "$RPMSG_TOP/bench/firmware.sh"
rounds=$1
ours=$2
mainline=$3

reverse=
for module in $GUEST_LOAD; do
	reverse="$(basename "$module") $reverse"
done

unload()
{
	# shellcheck disable=SC2086 # several words
	rmmod $reverse
}

# measure_all STACK METHOD: fewer messages where more want a CPU than there are
measure_all()
{
	part=1
	case $2 in *sqpoll) part=8 ;; esac
	for size in 16 64 496; do
		measure "$1" "$2" ping "$size" 1 $((1000 / part))
	done
	for mode in echo to from; do
		for batch in 1 8 64; do
			measure "$1" "$2" "$mode" 496 "$batch" $((4096 / part))
		done
	done
	measure "$1" "$2" copy 496 64 $((4096 / part))
}

# measure_sizes STACK METHOD: buffers of 64 KiB
measure_sizes()
{
	part=1
	case $2 in *sqpoll) part=4 ;; esac
	for size in 16 512 4096 16384 0; do
		measure "$1" "$2" ping "$size" 1 $((400 / part))
		measure "$1" "$2" copy "$size" 8 $((400 / part))
	done
	measure "$1" "$2" to 0 8 $((400 / part))
	measure "$1" "$2" from 0 8 $((400 / part))
}

measure_endpoints()
{
	for endpoints in 16 256 1024; do
		measure "$1" "$2" echo 496 64 4096 1 "$endpoints"
	done
}

# Methods that look for messages need a CPU for each who looks.
methods='ring exclusive uring exclusive-uring poll sqpoll exclusive-sqpoll'

round_of_all()
{
	RPMSG_MODULES=$mainline RPMSG_URPROC_PARAMETERS=identity=1
	load_modules
	start bench
	measure_all mainline calls
	measure_endpoints mainline calls
	stop
	unload

	RPMSG_MODULES=$ours RPMSG_URPROC_PARAMETERS=
	load_modules
	start bench
	for method in calls $methods; do
		measure_all ours "$method"
	done
	measure_endpoints ours calls
	measure_endpoints ours ring
	stop
	start bench-large 64M
	for method in calls $methods; do
		measure_sizes large "$method"
	done
	stop
	for processors in 4 16; do
		start bench 8M "$processors"
		for method in calls ring exclusive uring; do
			measure ours "$method" echo 496 64 16384 "$processors"
		done
		stop
	done
	unload

	measure_all floor floor
	measure_all floor floor-poll
	for method in floor floor-poll; do
		measure large "$method" ping 65520 1 400
		measure large "$method" copy 65520 8 400
		measure large "$method" to 65520 8 400
		measure large "$method" from 65520 8 400
	done
}

# The functions that report.py counts calls of, and where they end.
symbols()
{
	awk -v stack="$1" '
	name { print "symbol", stack, name, start, $1; name = "" }
	$3 ~ /^(__kmalloc(_node|_cache|_cache_node|_node_track_caller)?|kmem_cache_alloc(_node|_lru)?)_noprof$/ ||
	$3 ~ /^(__alloc_pages_noprof|memcpy_orig|rep_movs_alternative|__switch_to|urproc_kick|rproc_vq_interrupt)$/ {
		name = $3
		start = $1
	}' /proc/kallsyms
}

# count_all STACK METHOD [COUNT]
count_all()
{
	measure "$1" "$2" ping 16 1 "${3:-1000}"
	measure "$1" "$2" ping 496 1 "${3:-1000}"
	for mode in echo to from; do
		measure "$1" "$2" "$mode" 496 1 "${3:-1024}"
		measure "$1" "$2" "$mode" 496 8 "${3:-2048}"
		measure "$1" "$2" "$mode" 496 64 "${3:-8192}"
	done
}

count_of_all()
{
	RPMSG_MODULES=$mainline RPMSG_URPROC_PARAMETERS=identity=1
	load_modules
	start bench
	symbols mainline
	count_all mainline calls
	stop
	unload

	RPMSG_MODULES=$ours RPMSG_URPROC_PARAMETERS=
	load_modules
	start bench
	symbols ours
	symbols floor
	count_all ours calls
	count_all ours ring
	count_all ours exclusive
	count_all ours uring
	count_all ours exclusive-uring
	# Its thread and the application take turns on the one CPU, a slice of time each.
	measure ours sqpoll echo 496 64 1280
	measure ours exclusive-sqpoll echo 496 64 1280
	for method in calls ring; do
		for endpoints in 16 256 1024; do
			measure ours "$method" echo 496 64 8192 1 "$endpoints"
		done
	done
	stop
	unload
	count_all floor floor
}

# The guest comes with mainline's loaded.
unload
if [ "$rounds" -eq 0 ]; then
	count_of_all
	exit 0
fi
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	round_of_all
	echo "-- round $round of $rounds" >&2
done
