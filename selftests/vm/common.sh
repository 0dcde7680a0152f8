# shellcheck shell=bash disable=SC2034 # the parts read each other's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What all parts of ./run share: folders, messages, logged steps, the build lock.
# Messages go to standard error, so that "./run vm" prints only what its command prints.

BUILD=${LIBRPMSG_BUILD:-$TOP/build}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/librpmsg
NO_INSTALL=${NO_INSTALL:-}
JOBS=$(nproc)

mkdir -p "$BUILD"
BUILD=$(cd "$BUILD" && pwd -P)

for part in packages kernels debug modules user fuzz vm test compat reference bench arm64 lint; do
	# shellcheck source=/dev/null
	. "$TOP/selftests/vm/$part.sh"
done
unset part

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	printf 'run: %s\n' "$*" >&2
	exit 1
}

# logged NAME TEXT COMMAND...: say TEXT, run COMMAND with its output in a log file, and
# show the log's tail when it fails.
logged()
{
	local log=$BUILD/log/$1.log text=$2 start=$SECONDS status

	shift 2
	mkdir -p "$BUILD/log"
	say "-- $text"
	# Not inside a condition: there "set -e" would not end a function at its first failure.
	set +e
	(
		set -eE
		trap 'echo "status $? from: $BASH_COMMAND"' ERR
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	if [[ $status -ne 0 ]]; then
		tail -n 40 "$log" >&2
		die "failed: $text (all of it in $log)"
	fi
	((SECONDS - start < 10)) || say "   took $((SECONDS - start)) s"
}

# One process at a time changes the build folder; others wait for it.
lock_build()
{
	exec {LOCK_FD}>"$BUILD/.lock"
	if ! flock -n "$LOCK_FD"; then
		say "-- waiting for another ./run to finish building"
		flock "$LOCK_FD"
	fi
}

unlock_build()
{
	exec {LOCK_FD}>&-
}
