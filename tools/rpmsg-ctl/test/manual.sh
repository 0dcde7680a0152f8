#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual has each command, with the very text of its --help.
# Usage: manual.sh RPMSG-CTL MANUAL
set -u

ctl=$1
manual=$(cat "$2")
count=0
failed=0

# check ARGUMENT...: what this prints, indented, is in the manual
check() {
	count=$((count + 1))
	text=$("$ctl" "$@" | sed 's/^./    &/')
	case $manual in
	*"
$text
"*) echo "ok $count - rpmsg-ctl $*" ;;
	*)
		echo "not ok $count - rpmsg-ctl $*: another text in the manual"
		failed=1
		;;
	esac
}

check --help
for command in $("$ctl" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	check "$command" --help
done
echo "1..$count"
exit "$failed"
