#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rpmsg-trace where it cannot trace: wrong arguments are status 2 and named, and what the kernel or
# the user lacks is status 1 and named. Needs no processor. Usage: arguments.sh RPMSG-TRACE
set -u

trace=$1
count=0
failed=0

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# check STATUS TEXT COMMAND...: the exit status, and TEXT in the output
check() {
	want=$1
	text=$2
	shift 2
	out=$("$@" 2>&1 </dev/null)
	status=$?
	case $out in
	*"$text"*) found=1 ;;
	*) found=0 ;;
	esac
	count=$((count + 1))
	shift
	if [ "$status" -eq "$want" ] && [ "$found" -eq 1 ]; then
		echo "ok $count - rpmsg-trace $*: $want"
	else
		failed=1
		echo "not ok $count - rpmsg-trace $*: status $status not $want, or no '$text'"
		echo "$out" | sed 's/^/# /'
	fi
}

check 2 'Usage: rpmsg-trace COMMAND' "$trace"
check 0 'Usage: rpmsg-trace COMMAND' "$trace" --help
check 0 'rpmsg-trace 1.' "$trace" --version
check 2 "unknown command 'lost'" "$trace" lost
check 0 'Usage: rpmsg-trace kicks' "$trace" kicks --help
check 0 'Usage: rpmsg-trace kicks' "$trace" help kicks
check 2 "unknown option '--nonsense'" "$trace" kicks --nonsense
check 2 "unknown option '-Z'" "$trace" kicks -Z
check 2 "'-d'" "$trace" kicks -d
check 2 "unexpected argument 'extra'" "$trace" kicks extra
check 0 'Usage: rpmsg-trace latency' "$trace" latency --help
check 2 "no option -e" "$trace" kicks -e name
check 2 "'12x' is not an address" "$trace" latency -a 12x
check 2 "'0x100000000' is not an address" "$trace" latency -a 0x100000000
check 2 "'0' is not a process" "$trace" latency --pid 0
check 2 "'-1' is not a process" "$trace" latency --pid=-1
check 2 "'101' is not a number up to 100" "$trace" latency -n 101
check 2 "'soon' is not a time" "$trace" latency --min soon
check 2 'has no option -A' "$trace" top --all
check 0 'Usage: rpmsg-trace top' "$trace" top --help
check 2 "'0' is not a time above 0" "$trace" top -i 0
check 2 "no option -n" "$trace" top -n 5
check 0 'Usage: rpmsg-trace record' "$trace" record --help
check 2 '-o FILE' "$trace" record
check 1 "cannot write '/nowhere/file'" "$trace" record -o /nowhere/file
check 0 'Usage: rpmsg-trace export' "$trace" export --help
check 2 'which file?' "$trace" export
check 2 "unexpected argument 'two'" "$trace" export one two
check 1 "cannot read '/nowhere'" "$trace" export /nowhere
check 1 'no recording' "$trace" export /dev/null
check 1 'no recording' "$trace" export "$0"
for duration in 0 -1 soon 1h nan 1e400; do
	check 2 "'$duration' is not a time above 0" "$trace" kicks --duration="$duration"
done

# fits [COMMAND]: no line of its help is wider than a terminal.
# shellcheck disable=SC2317 # by check
fits() {
	"$trace" "$@" --help | awk 'length > 80 { print; wide = 1 } END { if (!wide) print "fits" }'
}

check 0 'fits' fits
for command in kicks latency top record export; do
	check 0 'fits' fits "$command"
done

# What can be tried depends on who runs this, and where.
missing=
out=$("$trace" kicks -p nobody -d 1ms 2>&1)
case $out in
*"no right"*) missing='no right to trace here' ;;
*"no BTF"*) missing='no BTF here' ;;
esac

if [ "$(id -u)" -eq 0 ] && setpriv --bounding-set -all true 2>/dev/null; then
	check 1 'no right to trace' setpriv --bounding-set -all "$trace" kicks
else
	skip 'no right to trace' 'needs root'
fi
if [ -z "$missing" ] && unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	check 1 'this kernel has no BTF' unshare --mount sh -c \
		'mount -t tmpfs empty /sys/kernel && exec "$0" kicks -d 1ms' "$trace"
else
	skip 'no BTF' "${missing:-needs root}"
fi
if [ -z "$missing" ]; then
	check 1 "no processor 'nobody'" "$trace" kicks -p nobody -d 1ms
else
	skip 'no such processor' "$missing"
fi
if [ -z "$missing" ] && [ ! -e /sys/module/rpmsg_core ]; then
	check 1 'is not loaded' "$trace" kicks -d 1ms
else
	skip 'module not loaded' "${missing:-rpmsg_core is there}"
fi

echo "1..$count"
exit "$failed"
