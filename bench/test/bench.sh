#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench without a kernel of ours: the floor in all modes, what it refuses, and what report.py makes of
# its lines.
# Usage: bench.sh BENCH REPORT

bench=$1
report=$2
n=0
log=$(mktemp -d)
trap 'rm -r "$log"' EXIT

# result STATUS NAME
result()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# floor METHOD MODE BATCH: adds a line to the log as bench/guest.sh does.
floor()
{
	line=$("$bench" --method "$1" --mode "$2" --size 496 --batch "$3" --count 256) || return 1
	[ "$(echo "$line" | wc -w)" -eq 8 ] || return 1
	printf 'floor\t%s\t%s\t%s\t1\t1\t%s\n' "$1" "$2" "$3" "$line" >>"$log/bench-times.tsv"
}

echo "1..12"
for mode in ping echo copy to from; do
	floor floor "$mode" 1 && floor floor "$mode" 64
	result $? "floor, $mode"
done
floor floor-poll echo 8
result $? "floor-poll"
! "$bench" --method floor --mode ping --batch 1 --count 1 --size 0 2>/dev/null
result $? "no size where no endpoint has one"
"$bench" --method nothing --mode ping 2>/dev/null
[ $? -eq 2 ]
result $? "no such method"

# Two times of one thing, and what was executed for 4 messages.
cat >"$log/bench-times.tsv" <<EOT
mainline	calls	echo	64	1	1	496	8000	1	2	3	5	0.5	64
mainline	calls	echo	64	1	1	496	9000	1	2	3	5	0.5	64
ours	ring	echo	64	1	1	496	1000	1	2	3	5	0.5	64
EOT
cat >"$log/bench-counts.tsv" <<EOT
symbol ours memcpy_orig ffffffff81000000 ffffffff81000100
symbol ours __kmalloc_noprof ffffffff81000200 ffffffff81000300
symbol ours urproc_kick ffffffff81000400 ffffffff81000500
ours	ring	echo	64	1	1	496	1000	1	2	3	5	0.5	4
EOT
{
	printf 'ffffffff81000000\t4\t40\t32\t8\t-\n'
	printf 'ffffffff81000010\t4\t40\t1984\t1\t-\n'
	printf 'ffffffff81000200\t8\t8\t0\t8\t-\n'
	printf 'ffffffff81000400\t2\t12\t5\t8\t-\n'
	printf '0000000020000100\t4\t20\t0\t8\ts\n'
	printf '0000555500000100\t6\t60\t0\t8\ts\n\n'
} >"$log/bench-code.tsv"
echo 'machine: a test' >"$log/bench-about"

"$report" "$log" "$log" >"$log/tables"
result $? "report.py, tables"
grep -q '| echo 496 B, batch 64 | 8,500 (8,000-9,000) | 1,000 (1,000-1,000) \*\*0.12\*\* |' "$log/tables"
result $? "medians, spread and ratio"
# kernel, application, firmware, both's system calls, allocations, copies, bytes, kicks
grep -q '| ours ring | 25 | 15 | 5 | 1.5 | 1 | 2 | 1 | 280 | 0.5 | 0 | 0 |' "$log/tables"
result $? "what was executed"
"$report" --report "$log" "$log" && grep -q 'machine: a test' "$log/benchmarks.md" &&
	grep -q '</svg>' "$log/benchmarks-stream.svg"
result $? "the page and its pictures"
