# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run bench": what a message costs on mainline's modules and on ours, in one boot of the VM, in
# rounds that take turns (bench/guest.sh). Tables show the median of the rounds and how far they
# were apart; comparisons are ratios of medians. With --trace it is what a message costs on ours while
# rpmsg-trace follows it (bench/trace.sh).

# The columns of a measurement: stack, method, mode, size, batch, ns for each message, p50, p99,
# p99.9, ns of processor time, context switches.
BENCH_FIELDS=(stack method mode size batch ns p50 p99 p999 cpu_ns switches)

# What is compared, each a stack and a method, with the first one.
BENCH_COLUMNS=("mainline calls" "ours calls" "ours ring" "ours poll")

# bench_table FIELD TITLE [PATTERN]: a line for each thing measured whose mode matches.
bench_table()
{
	local columns

	printf -v columns '%s,' "${BENCH_COLUMNS[@]}"
	printf '\n%s\n\n' "$2"
	awk -F '\t' -v field="$1" -v pattern="${3-.}" -v columns="${columns%,}" '
	function sorted(list, values,   n, i, j, t) {
		n = split(list, values, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && values[j - 1] + 0 > values[j] + 0; j--) {
				t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
			}
		return n
	}
	function cell(key,   v, n) {
		n = sorted(all[key], v)
		median = v[int((n + 1) / 2)]
		return sprintf("%s (%s-%s)", shown(median), shown(v[1]), shown(v[n]))
	}
	function shown(value) {
		return field == 11 ? sprintf("%.2f", value) : sprintf("%d", value)
	}
	$3 ~ pattern && $field != "-" {
		what = $3 FS $4 FS $5
		if (!(what in seen)) { seen[what] = 1; order[++count] = what }
		all[$1 " " $2 FS what] = all[$1 " " $2 FS what] " " $field
	}
	END {
		columns_count = split(columns, column, ",")
		line = "| mode | bytes | batch |"
		rule = "|---|---:|---:|"
		for (k = 1; k <= columns_count; k++) {
			name = column[k]
			sub(" ", ", ", name)
			line = line " " name (k > 1 ? " | |" : " |")
			rule = rule (k > 1 ? "---:|---:|" : "---:|")
		}
		print line
		print rule
		for (i = 1; i <= count; i++) {
			what = order[i]
			split(what, part, FS)
			line = "| " part[1] " | " part[2] " | " part[3] " |"
			for (k = 1; k <= columns_count; k++) {
				line = line " " cell(column[k] FS what) " |"
				if (k == 1)
					base = median
				else
					line = line sprintf(" %.2f |", base ? median / base : 0)
			}
			print line
		}
	}' "$BUILD/log/bench.tsv"
}

bench_json()
{
	awk -F '\t' -v names="${BENCH_FIELDS[*]}" '
	BEGIN { n = split(names, name, " "); print "[" }
	{
		printf "%s  {", (NR > 1 ? ",\n" : "")
		for (i = 1; i <= n; i++)
			printf "%s\"%s\": %s", (i > 1 ? ", " : ""), name[i],
				($i == "-" ? "null" : (i <= 3 ? "\"" $i "\"" : $i))
		printf "}"
	}
	END { print "\n]" }' "$BUILD/log/bench.tsv"
}

cmd_bench()
{
	local rounds=5 json='' trace='' unit=Nanoseconds cpu=' of processor time' status=0 guest

	VM_KERNEL=6.12 VM_MODULES=mainline VM_REPEATABLE=1

	while [[ $# -gt 0 ]]; do
		case $1 in
		--rounds)
			[[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--rounds needs a number"
			rounds=$2
			shift 2 ;;
		--json)
			json=1
			shift ;;
		--trace)
			trace=1
			shift ;;
		--instructions)
			unit=Instructions cpu='' VM_THREADS=counted
			shift ;;
		*)
			die "bench: unknown argument '$1'" ;;
		esac
	done

	VM_TIMEOUT=$((600 + 300 * rounds))
	if [[ -n $trace ]]; then
		VM_MODULES=ours
		# As for the selftests that attach tracers.
		[[ $VM_THREADS == counted ]] || VM_THREADS=single
		BENCH_COLUMNS=("off calls" "latency calls" "record calls")
		guest=("$TOP/bench/trace.sh" "$rounds")
		vm_setup
	else
		# On the machine that mainline's modules need, with these built.
		vm_setup
		lock_build
		build_modules 6.12
		unlock_build
		guest=("$TOP/bench/guest.sh" "$rounds" "$(modules_folder 6.12)" "$(mainline_folder)")
	fi
	mkdir -p "$BUILD/log"
	run_vm "${guest[@]}" >"$BUILD/log/bench.tsv" || status=$?
	[[ $status -eq 0 ]] || die "bench: the guest failed ($status)"
	if [[ -n $json ]]; then
		bench_json
		return
	fi
	bench_table 6 "$unit for each message: the median of $rounds rounds (least-most), and its ratio to the first"
	bench_table 7 "There and back, p50, ${unit,,}" '^(ping|echo)$'
	bench_table 8 "There and back, p99, ${unit,,}" '^(ping|echo)$'
	bench_table 10 "$unit$cpu of the application for each message"
	bench_table 11 "Context switches of the application for each message"
}
