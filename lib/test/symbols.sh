#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The public functions, seen three ways: declared in the header, listed in the symbol map, exported by
# the library. All three must be the same, and each declaration documented.
# Usage: symbols.sh LIBRARY MAP HEADER
set -u

library=$1
map=$2
header=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

same() {
	count=$((count + 1))
	if diff "$work/$1" "$work/$2" >"$work/diff" && [ -s "$work/$1" ]; then
		echo "ok $count - $3"
	else
		echo "not ok $count - $3 (< $1, > $2)"
		sed 's/^/# /' "$work/diff"
		failed=1
	fi
}

# Comments out; what is called rpmsg_ and followed by a parenthesis is a function.
sed -e 's|/\*.*\*/||' -e '\|/\*|,\|\*/|d' "$header" |
	grep -o 'rpmsg_[a-z_]*(' | tr -d '(' | sort >"$work/header"
grep -o '^ \* rpmsg_[a-z_]*() - ' "$header" | grep -o 'rpmsg_[a-z_]*' | sort >"$work/documented"
grep -c '^ \* Since: [0-9]' "$header" >"$work/since"
wc -l <"$work/documented" | tr -d ' ' >"$work/documented-count"
grep -o '^	rpmsg_[a-z_]*;' "$map" | tr -d '	;' >"$work/map-unsorted"
sort "$work/map-unsorted" >"$work/map"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort >"$work/exported"

same header map "every declared function is in the map, and nothing else"
same map exported "every function in the map is exported, and nothing else"
same header documented "every declared function is documented, and nothing else"
same documented-count since "every function says since when it exists"
echo "1..$count"
exit "$failed"
