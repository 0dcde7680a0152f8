#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Arguments of rpmsg-ctl: each wrong one is refused with status 2 and named, and help is there for
# everything. Needs no processor. Usage: arguments.sh RPMSG-CTL
set -u

ctl=$1
count=0
failed=0

ok() {
	count=$((count + 1))
	echo "ok $count - $1"
}

not_ok() {
	count=$((count + 1))
	failed=1
	echo "not ok $count - $1"
	echo "$out" | sed 's/^/# /'
}

# check STATUS TEXT ARGUMENT...: the exit status, and TEXT in the output
check() {
	want=$1
	text=$2
	shift 2
	out=$("$ctl" "$@" 2>&1 </dev/null)
	status=$?
	case $out in
	*"$text"*) found=1 ;;
	*) found=0 ;;
	esac
	if [ "$status" -eq "$want" ] && [ "$found" -eq 1 ]; then
		ok "rpmsg-ctl $*: $want"
	else
		not_ok "rpmsg-ctl $*: status $status not $want, or no '$text'"
	fi
}

# fits ARGUMENT...: no line of this help is wider than a terminal
fits() {
	out=$("$ctl" "$@" | awk 'length > 80')
	if [ -z "$out" ]; then
		ok "rpmsg-ctl $*: fits a terminal"
	else
		not_ok "rpmsg-ctl $*: lines of more than 80 columns"
	fi
}

check 2 'Usage: rpmsg-ctl COMMAND'
fits --help
check 0 'Usage: rpmsg-ctl COMMAND' --help
check 0 'Usage: rpmsg-ctl COMMAND' help
check 0 'rpmsg-ctl 1.' --version
check 2 "unknown command 'lost'" lost
check 2 "unknown command '--lost'" --lost

for command in list watch monitor stats boot stop attach detach firmware log crash recovery coredump \
	dump create destroy send recv ping; do
	check 0 "Usage: rpmsg-ctl $command" "$command" --help
	check 0 "Usage: rpmsg-ctl $command" "$command" -h
	check 0 "Usage: rpmsg-ctl $command" help "$command"
	check 2 "unknown option '--nonsense'" "$command" --nonsense
	check 2 "unknown option '-Z'" "$command" -Z
	fits "$command" --help
done

check 2 "not 'extra'" list extra
check 2 'exactly one processor' boot
check 2 'exactly one processor' boot a b
check 2 "'-f'" boot -f
check 2 'exactly one processor' stop
check 2 'exactly one processor' attach
check 2 'exactly one processor' detach a b
check 2 'at most one firmware file' firmware
check 2 'at most one firmware file' firmware a b c
check 2 'at most one mode' coredump a b c
check 2 'at most one value' recovery
check 2 'exactly one processor' log
check 2 'exactly one processor' log -f a b
check 2 "'x' is not the number of a trace buffer" log -b x a
check 2 "'16' is not the number of a trace buffer" log -b 16 a
check 2 'exactly one processor' crash
check 2 "'bored' is none of mmufault, watchdog, fatal" crash -t bored a
check 2 'a processor and a file' dump a
check 2 'a processor and a file' dump a b c
check 2 "'' is no name of a file" dump a ''
check 2 "'soon' is not a time" dump -t soon a b
check 2 "not 'b'" watch a b
check 2 "not 'b'" monitor a b
check 2 "not 'b'" stats a b
check 2 "'0' is not a time above 0" stats -i 0
check 2 "'soon' is not a time" stats --interval soon
check 2 '--service or --name' create
check 2 '--service or --name' create demo
check 2 "'b'" create --name x a b
check 2 "'-1' is not an address" create --name x --dst=-1
check 2 "'4294967296' is not an address" create --name x --dst 4294967296
check 2 "'12x' is not an address" create --name x --src 12x
check 2 "'' is not an address" create --name x --src ''
check 2 "'soon' is not a time" create --name x --timeout soon
check 2 'a device is needed' destroy
check 2 'an endpoint' send
check 2 'at most one message' send a b c
check 2 'hexadecimal' send --hex a 0
check 2 'hexadecimal' send --hex a 0g
check 2 "'0' is not a number of replies" send --reply 0 a b
check 2 'exactly one endpoint' recv
check 2 "'-1' is not a number" recv --count=-1 a
check 2 "'1e400' is not a time" recv --timeout 1e400 a
check 2 "'-1' is not a time" recv --timeout=-1 a
check 2 "'1h' is not a time" recv --timeout 1h a
check 2 "'nan' is not a time" recv --timeout nan a
check 2 'exactly one endpoint' ping
check 2 "'0' is not a number" ping -c 0 a
check 2 "'0' is not a size" ping -s 0 a
check 2 "'1048577' is not a size" ping -s 1048577 a
check 2 "'0' is not a time above 0" ping -t 0 a

check 1 "no processor 'nobody'" boot nobody
check 1 "no processor 'nobody'" stop nobody
for command in attach detach firmware recovery coredump log crash watch monitor stats; do
	check 1 "no processor 'nobody'" "$command" nobody
done
check 1 "no processor 'nobody'" dump nobody file
check 1 "no processor 'nobody'" create --name x nobody
check 1 "no processor 'nobody'" ping -p nobody a
check 1 "no device '/dev/rpmsg99999'" destroy /dev/rpmsg99999
check 1 "'/dev/null' is not an rpmsg device" recv /dev/null
check 1 "'/' is not an rpmsg device" recv /
check 1 "cannot open '/dev/rpmsg99999': No such file" send /dev/rpmsg99999 x
check 1 "no service 'nobody-has-this' within 0.001 s" recv -t 1ms nobody-has-this
check 1 "no service 'nobody-has-this' within 0 s" send -t 0 nobody-has-this x
check 0 '"processors":' list --json
check 0 'PROCESSOR' list
check 0 '"statistics":' stats --json
check 0 '' stats

echo "1..$count"
exit "$failed"
