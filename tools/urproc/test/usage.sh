#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The urproc tool's answers to wrong command lines, which need no kernel module. Prints TAP.
# Usage: usage.sh PATH-OF-urproc
set -u

urproc=$1
count=0
failed=0

# check STATUS TEXT ARGUMENT...: urproc with these arguments ends so and says that
check() {
	status=$1
	text=$2
	shift 2
	count=$((count + 1))
	said=$("$urproc" "$@" 2>&1)
	got=$?
	if [ "$got" -eq "$status" ] && printf '%s\n' "$said" | grep -qF -e "$text"; then
		echo "ok $count - urproc $*"
	else
		failed=$((failed + 1))
		echo "not ok $count - urproc $*"
		printf '%s\n' "$said" | sed 's/^/# /'
		echo "# status $got, wanted $status and '$text'"
	fi
}

check 2 "usage: urproc COMMAND"
check 0 "usage: urproc COMMAND" --help
check 2 "unknown command 'fly'" fly
check 0 "usage: urproc run" run --help
check 2 "no firmware given" run
check 2 "firmware's name is empty" run ""
check 2 "not also 'b.elf'" run a.elf b.elf
check 2 "unknown option '--fast'" run --fast a.elf
check 2 "--name wants a value" run --name
check 2 "1 to 31 bytes" run --name "" a.elf
check 2 "1 to 31 bytes" run --name 12345678901234567890123456789012 a.elf
check 2 "no white space" run --name "a b" a.elf
check 2 "no '/'" run --name a/b a.elf
check 2 "1 to 31 bytes" run ./12345678901234567890123456789012.elf
check 2 "wants ADDR:SIZE" run --mem "" a.elf
check 2 "wants ADDR:SIZE" run --mem 0x20000000 a.elf
check 2 "wants ADDR:SIZE" run --mem 0x20000000: a.elf
check 2 "wants ADDR:SIZE" run --mem :4M a.elf
check 2 "wants ADDR:SIZE" run --mem -4096:4M a.elf
check 2 "wants ADDR:SIZE" run --mem 0x20000000:4MB a.elf
check 2 "wants ADDR:SIZE" run --mem 0x20000000:17179869184G a.elf
check 2 "whole pages" run --mem 0x20000001:4M a.elf
check 2 "whole pages" run --mem 0x20000000:100 a.elf
check 2 "not 0" run --mem 0:4M a.elf
check 2 "not 0" run --mem 0x20000000:0 a.elf
check 2 "at most 256M" run --mem 0x20000000:257M a.elf
check 2 "below 4 GiB" run --mem 0xfff00000:2M a.elf
check 2 "below 4 GiB" run --mem 0x100000000:1M a.elf
check 1 "No such file" run ./no-such-firmware.elf
check 1 "Is a directory" run /tmp

count=$((count + 1))
wide=$({ "$urproc" --help; "$urproc" run --help; } | awk 'length > 80')
if [ -z "$wide" ]; then
	echo "ok $count - help fits a terminal"
else
	failed=$((failed + 1))
	echo "not ok $count - help has lines of more than 80 columns"
	printf '%s\n' "$wide" | sed 's/^/# /'
fi

echo "1..$count"
[ "$failed" -eq 0 ]
