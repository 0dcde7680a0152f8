# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later

# load_modules: those of the run, in their order; what insmod says goes to standard output.
load_modules()
{
	for module in $GUEST_LOAD; do
		parameters=
		[ "$module" != urproc/urproc ] || parameters=$RPMSG_URPROC_PARAMETERS
		# shellcheck disable=SC2086 # zero or more words
		insmod "$RPMSG_MODULES/$module.ko" $parameters 2>&1 || return 1
	done
}
