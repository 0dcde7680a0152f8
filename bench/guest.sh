#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the VM: all that is measured, on each stack in turn, in rounds. Prints one line for each
# measurement: stack, method, mode, size, batch, then what bench printed.
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

# measure_all STACK METHOD
measure_all()
{
	for size in 16 64 496; do
		measure "$1" "$2" ping "$size" 1 2000
	done
	for mode in echo to from; do
		for batch in 1 8 64; do
			measure "$1" "$2" "$mode" 496 "$batch" 4096
		done
	done
	measure "$1" "$2" copy 496 64 4096
}

# The guest comes with mainline's loaded.
unload
round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	RPMSG_MODULES=$mainline RPMSG_URPROC_PARAMETERS=identity=1
	load_modules
	start
	measure_all mainline calls
	stop
	unload
	RPMSG_MODULES=$ours RPMSG_URPROC_PARAMETERS=
	load_modules
	start
	measure_all ours calls
	measure_all ours ring
	measure_all ours poll
	stop
	unload
	echo "-- round $round of $rounds" >&2
done
