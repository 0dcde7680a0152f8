# shellcheck shell=bash disable=SC2034 # the runner reads these variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the runner does otherwise on mainline's modules: selftests/reference.expected names the
# cases that do not pass there. "fails" must fail; "never" is not run, because it would end the
# machine, leave the modules in a state that no later case could start from, or is about calls that
# mainline does not have. Everything else must pass, and a line that speaks of no case is an error.
#
# A line is: program, case (a shell pattern), fails or never, and the row of docs/differences.md.

EXPECTED_FILE=$RPMSG_TOP/selftests/reference.expected

# list_cases PROGRAM: all of them, as their results name them. The harness prints, for each
# fixture, its variants and its tests in columns beside each other; each test runs with each.
list_cases()
{
	"$1" -l 2>&1 | awk '
		function flush(v, t)
		{
			for (v = 0; v < (variants ? variants : 1); v++)
				for (t = 0; t < tests; t++)
					print fixture "." (variants ? variant[v] "." : "") test[t]
			variants = tests = 0
		}
		/^#|^TAP/ { next }
		/^---/ { flush(); next }
		{
			rest = substr($0, 22)
			if (!/^ /) {
				fixture = $1
				rest = substr($0, (length($1) > 20 ? length($1) : 20) + 2)
			}
			n = split(rest, word, " ")
			if (n && rest !~ /^ /)
				variant[variants++] = word[1]
			if (n == 2 || (n && rest ~ /^ /))
				test[tests++] = word[n]
		}
		END { flush() }'
}

# expectation CASE: sets EXPECTED to fails, never or nothing, and ROW to the line's row.
expectation()
{
	local i

	EXPECTED=
	for i in "${!PATTERNS[@]}"; do
		# shellcheck disable=SC2053 # a pattern is wanted
		if [[ $1 == ${PATTERNS[i]} ]]; then
			EXPECTED=${VERDICTS[i]}
			ROW=${ROWS[i]}
			MET[i]=1
			return
		fi
	done
}

# expected_arguments PROGRAM: sets ARGUMENTS, with which it runs all cases that may be; false when
# none may. A program that is not the harness's lists none and runs them all. Reads the program's lines of the list for the two functions around this one.
expected_arguments()
{
	local program=$1 noun name pattern verdict row

	PATTERNS=() VERDICTS=() ROWS=() MET=() ARGUMENTS=() NEVER=()
	while read -r noun pattern verdict row; do
		[[ $noun == "$(basename "$program" .test)" ]] || continue
		PATTERNS+=("$pattern")
		VERDICTS+=("$verdict")
		ROWS+=("$row")
	done <"$EXPECTED_FILE"
	while read -r name; do
		expectation "$name"
		if [[ $EXPECTED == never ]]; then
			NEVER+=("ok 0 $name # SKIP never on mainline: $ROW")
		else
			ARGUMENTS+=(-r "$name")
		fi
	done < <(list_cases "$program")
	[[ ${#ARGUMENTS[@]} -gt 0 || ${#NEVER[@]} -eq 0 ]]
}

# expected_results: the program's output with the results turned into what they mean here.
expected_results()
{
	local line name i

	while IFS= read -r line; do
		case $line in
		"ok "*"# SKIP "*": not for mainline's core")
			# The program knows by itself what is never run.
			name=$(cut -d ' ' -f 5 <<<"$line")
			expectation "${name%:}"
			if [[ $EXPECTED == never ]]; then
				line+=": $ROW"
			else
				line="not ok 0 ${name%:} # reference.expected does not name it"
			fi ;;
		"ok "*"# SKIP"*) ;;
		"ok "*)
			name=$(cut -d ' ' -f 3 <<<"$line")
			expectation "$name"
			[[ $EXPECTED != fails ]] || line="not $line # passes, and is not to: $ROW" ;;
		"not ok "*)
			name=$(cut -d ' ' -f 4 <<<"$line")
			expectation "$name"
			[[ $EXPECTED != fails ]] || line="${line#not } # XFAIL $ROW" ;;
		esac
		printf '%s\n' "$line"
	done
	[[ ${#NEVER[@]} -eq 0 ]] || printf '%s\n' "${NEVER[@]}"
	for i in "${!PATTERNS[@]}"; do
		[[ -n ${MET[i]-} ]] || echo "not ok 0 ${PATTERNS[i]} # reference.expected names no case"
	done
}
