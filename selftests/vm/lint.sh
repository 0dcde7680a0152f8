# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "./run lint": the static checks. Each prints what it found and fails; all are run.

LINTS=(spdx checkpatch kernel_doc sparse clang_format cppcheck shellcheck codespell expected defects abi)

USER_IGNORE=PREFER_KERNEL_TYPES,ARRAY_SIZE,NEW_TYPEDEFS,VOLATILE,AVOID_EXTERNS,SSCANF_TO_KSTRTO
USER_IGNORE+=,PREFER_DEFINED_ATTRIBUTE_MACRO,COMPLEX_MACRO,MACRO_ARG_REUSE,CONST_STRUCT
# Blanks are clang_format's there.
USER_IGNORE+=,SPACING,CAMELCASE,EMBEDDED_FUNCTION_NAME,MACRO_WITH_FLOW_CONTROL
USER_IGNORE+=,ENOSYS,ENOTSUPP,BIT_MACRO,STRCPY,USE_NEGATIVE_ERRNO,MULTIPLE_ASSIGNMENTS
# The harness is made of macros that look like nothing else: FIXTURE_DATA(noun) *self.
TEST_IGNORE=$USER_IGNORE,NAKED_SSCANF,MULTISTATEMENT_MACRO_USE_DO_WHILE,MACRO_ARG_PRECEDENCE
TEST_IGNORE+=,BRACES,LINE_SPACING,LEADING_SPACE

# our_files NAME-PATTERN... [-- FOLDER...]: our files of these names, one a line.
our_files()
{
	local names=() folders=() folder

	while [[ $# -gt 0 && $1 != -- ]]; do
		names+=(-o -name "$1")
		shift
	done
	[[ $# -eq 0 ]] || shift
	for folder in "$@"; do
		folders+=("$TOP/$folder")
	done
	[[ ${#folders[@]} -gt 0 ]] || folders=("$TOP")
	find "${folders[@]}" \( -name .git -o -path "$BUILD" -o -path "$TOP/build" \) -prune -o \
		-type f \( "${names[@]:1}" \) -print | sort
}

# The folder says which licence its files have; the root's files may have any of them.
spdx_expected()
{
	case $1 in
	kernel/include/uapi/*) echo 'GPL-2.0-only WITH Linux-syscall-note' ;;
	kernel/*) echo 'GPL-2.0-only' ;;
	lib/*) echo 'LGPL-2.1-or-later' ;;
	tools/*|selftests/*|docs/*|run|.ci/*) echo 'GPL-2.0-or-later' ;;
	examples/*) echo 'MIT' ;;
	*) echo '.*' ;;
	esac
}

lint_spdx()
{
	local file name line status=0

	while read -r file; do
		name=${file#"$TOP/"}
		[[ $name != LICENSES/* && $name != selftests/fuzz/corpus/* ]] || continue
		line=$(head -n 3 "$file" | tr -d '\0' | grep -o 'SPDX-License-Identifier: .*' || true)
		if [[ -z $line ]]; then
			echo "$name: no SPDX line"
			status=1
		elif ! grep -qE ": \(?$(spdx_expected "$name")\)?( |\$)" <<<"$line"; then
			echo "$name: $line, expected $(spdx_expected "$name")"
			status=1
		fi
	done < <(our_files '*')
	return $status
}

checkpatch()
{
	local ignore=$1

	shift
	# It leaves a cache in the current folder.
	(cd "$BUILD/log" && perl "$(source_folder)/scripts/checkpatch.pl" --no-tree --strict \
		--root="$(source_folder)" --quiet --terse --show-types --no-summary \
		--max-line-length=100 --ignore "SPDX_LICENSE_TAG,$ignore" -f "$@")
}

lint_checkpatch()
{
	local files status=0

	mapfile -t files < <(our_files '*.c' '*.h' -- kernel/{remoteproc,rpmsg,urproc} |
			     grep -v '_trace\.h$')
	checkpatch FILE_PATH_CHANGES "${files[@]}" || status=1
	# Made of macros whose arguments look like declarations and statements.
	mapfile -t files < <(our_files '*_trace.h' -- kernel)
	checkpatch FILE_PATH_CHANGES,PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE "${files[@]}" || status=1
	# The user's header has no BIT(); older kernels want a bus_type they may write to.
	mapfile -t files < <(our_files '*.h' -- kernel/include kernel/compat)
	checkpatch BIT_MACRO,CONST_STRUCT "${files[@]}" || status=1
	# What the kernel has of its own is not there in user space, and cannot be preferred.
	mapfile -t files < <(our_files '*.c' '*.h' -- lib tools examples bench)
	checkpatch "$USER_IGNORE" "${files[@]}" || status=1
	mapfile -t files < <(our_files '*.c' '*.h' -- selftests)
	checkpatch "$TEST_IGNORE" "${files[@]}" || status=1
	return $status
}

lint_kernel_doc()
{
	local files

	mapfile -t files < <(our_files '*.c' '*.h' -- kernel; echo "$TOP/lib/librpmsg.h")
	perl "$(source_folder)/scripts/kernel-doc" -none -Werror "${files[@]}"
}

# Also the compiler's own extra warnings, as errors. In a mirror of its own: other flags
# would have the modules compiled anew for every command. sparse does not know that guard()
# unlocks, so it is not asked to balance locks; lockdep does that.
lint_sparse()
{
	local log=$BUILD/log/sparse.log folder=$BUILD/kernel/lint

	mirror_sources "$folder"
	sh "$TOP/kernel/compat/features.sh" "$(kernel_includes 6.12)" "$folder/librpmsg-features.h"
	if ! make -C "$(kernel_headers 6.12)" M="$folder" -j"$JOBS" C=2 W=1 KCFLAGS=-Werror \
		CF='-D__CHECK_ENDIAN__ -Wno-context' modules >"$log" 2>&1; then
		tail -n 40 "$log"
		return 1
	fi
	! grep -E "^$folder/.*: (warning|error):" "$log"
}

# Where a line is broken and how its columns are aligned is the author's choice; indentation
# and blanks are not. So our lines are compared with clang-format's where they are the same
# but for white space, without macros and with runs of blanks inside a line taken for one.
lint_clang_format()
{
	local file temp status=0
	local blanks='/^#define/ { :m; /\\$/ { N; bm }; d }
		:a; s/^(\s*\S.*\S)[ \t]+(\S)/\1\x01\2/; ta; s/\x01/ /g'

	temp=$(mktemp -d)
	sed 's/^ColumnLimit: .*/ColumnLimit: 0/' "$TOP/.clang-format" >"$temp/style"
	while read -r file; do
		sed -E "$blanks" "$file" >"$temp/ours"
		clang-format --style="file:$temp/style" "$file" | sed -E "$blanks" >"$temp/theirs"
		diff -w --old-line-format='' --new-line-format=%L --unchanged-line-format=%L \
			"$temp/theirs" "$temp/ours" >"$temp/merged" || true
		diff -u --label "$file" --label "clang-format" "$temp/ours" "$temp/merged" || status=1
	done < <(our_files '*.c' '*.h' -- lib tools examples bench)
	rm -rf "$temp"
	return $status
}

lint_cppcheck()
{
	local what tests=()

	# An ASSERT_ of the harness ends the test, which cppcheck does not know.
	for what in resourceLeak uninitvar; do
		tests+=("--suppress=$what:$TOP/selftests/*")
	done
	cppcheck --quiet --error-exitcode=1 --std=c11 --library=posix --inline-suppr -j "$JOBS" \
		--enable=warning,performance,portability '-DSEC(name)=' \
		--suppress={missingInclude,varFuncNullUB,readdirCalled,invalidFunctionArg} \
		"${tests[@]}" \
		-i "$TOP/selftests/modules" \
		-I "$TOP/kernel/include/uapi" -I "$TOP/lib" \
		"$TOP/lib" "$TOP/tools" "$TOP/examples" "$TOP/selftests"
}

lint_shellcheck()
{
	local files

	mapfile -t files < <(our_files '*.sh'; echo "$TOP/run"; echo "$TOP/.ci/run")
	(cd "$TOP" && shellcheck -x "${files[@]}" selftests/vm/init selftests/vm/arm64-init)
}

lint_codespell()
{
	local files

	mapfile -t files < <(our_files '*' | grep -v -e /LICENSES/ -e /corpus/)
	codespell "${files[@]}"
}

# Each case that does not pass on mainline stands for a row of the table of differences.
lint_expected()
{
	local program pattern verdict row status=0

	while read -r program pattern verdict row; do
		[[ $program == [a-z]* ]] || continue
		if [[ ! -f $TOP/selftests/$program.c ]]; then
			echo "reference.expected: no program $program"
			status=1
		elif [[ $verdict != fails && $verdict != never ]]; then
			echo "reference.expected: $program $pattern: neither fails nor never"
			status=1
		elif ! grep -qF "| $row |" "$TOP/docs/differences.md"; then
			echo "reference.expected: $program $pattern: differences.md has no row '$row'"
			status=1
		fi
	done <"$TOP/selftests/reference.expected"
	return $status
}

# docs/defects.md names cases that exist, in the programs that have them: `program: case`.
lint_defects()
{
	local program name names status=0

	# shellcheck disable=SC2016 # the document's marks
	names=$(grep '^|' "$TOP/docs/defects.md" | grep -o '`[a-z_]*: [^`]*`' | tr -d '`')
	while IFS=': ' read -r program name; do
		case $program in
		rproc_api) grep -qrE "CASE(_OURS)?\($name\)" "$TOP/selftests/modules/rproc_test" ;;
		*) grep -qE "^TEST(_F)?(_TIMEOUT)?\(([a-z_]+, )?${name}[,)]" \
			"$TOP/selftests/$program.c" ;;
		esac && continue
		echo "defects.md: no case '$name' in $program"
		status=1
	done <<<"$names"
	return $status
}

# The library's binary interface is the one that lib/librpmsg.abi describes: functions, and the
# types that librpmsg.h shows.
lint_abi()
{
	local library=$BUILD/lib/librpmsg.so public=$BUILD/lint/public new=$BUILD/lint/librpmsg.abi

	build_user
	mkdir -p "$public"
	cp "$TOP/lib/librpmsg.h" "$public/"
	abidw --headers-dir "$public" --drop-private-types --exported-interfaces-only --no-elf-needed \
		--no-parameter-names --no-show-locs --no-comp-dir-path --no-corpus-path "$library" |
		sed '1a\  <!-- SPDX-License-Identifier: LGPL-2.1-or-later -->' >"$new"
	abidiff "$TOP/lib/librpmsg.abi" "$new" ||
		{ echo "the interface changed; if that is wanted: cp $new $TOP/lib/"; return 1; }
}

cmd_lint()
{
	local lint failed=()

	if [[ ${1-} == --list ]]; then
		printf '%s\n' "${LINTS[@]}"
		return
	fi
	for lint in "$@"; do
		[[ $(type -t "lint_$lint") == function ]] || die "lint: unknown check '$lint'"
	done
	packages_for modules user lint
	[[ $# -gt 0 ]] || set -- "${LINTS[@]}"
	mkdir -p "$BUILD/log"
	lock_build
	need_source
	need_kernel 6.12
	for lint in "$@"; do
		say "-- lint: $lint"
		"lint_$lint" || failed+=("$lint")
	done
	unlock_build
	[[ ${#failed[@]} -eq 0 ]] || die "lint: ${failed[*]} failed"
	say "lint: ok"
}
