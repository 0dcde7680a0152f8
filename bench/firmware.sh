#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the VM: processors with the bench firmware, and one measurement on them. For guest.sh,
# counts.sh and trace.sh.

firmware_out=$(mktemp)
firmware=

# start FIRMWARE [MEMORY [PROCESSORS]]: bench0 and so on.
start()
{
	elf=$1
	memory=${2:-8M}
	processors=${3:-1}
	i=0
	while [ "$i" -lt "$processors" ]; do
		urproc run --name "bench$i" --mem "0x20000000:$memory" \
			"$RPMSG_BUILD/examples/firmware/$elf.elf" >>"$firmware_out" 2>&1 &
		firmware="$firmware $!"
		i=$((i + 1))
	done
	end=$(($(date +%s) + 60))
	until [ "$(rpmsg-ctl list | grep -c bench-source)" -ge "$processors" ]; do
		[ "$(date +%s)" -lt "$end" ] || { cat "$firmware_out" >&2; exit 1; }
		sleep 0.1
	done
}

stop()
{
	# shellcheck disable=SC2086 # several words
	kill -TERM $firmware
	for i in $firmware; do
		wait "$i" || true
	done
	firmware=
}

# exclusive METHOD: let it have each device for itself, or do not.
exclusive()
{
	case $1 in
	exclusive*) value=1 ;;
	*) value=0 ;;
	esac
	for file in /sys/bus/virtio/drivers/virtio_rpmsg_bus/virtio*/exclusive; do
		[ ! -e "$file" ] || echo "$value" >"$file"
	done
}

# measure STACK METHOD MODE SIZE BATCH COUNT [PROCESSORS [ENDPOINTS]]: prints these without the count,
# then what bench prints; nothing if BENCH_ONLY does not match.
measure()
{
	what="$1 $2 $3 $4 $5 ${7:-1} ${8:-1}"
	echo "$what" | grep -Eq "${BENCH_ONLY:-.}" || return 0
	exclusive "$2"
	line=$("$RPMSG_BUILD/bench/bench" --method "$2" --mode "$3" --size "$4" --batch "$5" --count "$6" \
		--processors "${7:-1}" --endpoints "${8:-1}") || { echo "bench: failed: $what" >&2; exit 1; }
	# The size that was asked for is in the line as what it became.
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$5" "${7:-1}" "${8:-1}" "$line"
}
