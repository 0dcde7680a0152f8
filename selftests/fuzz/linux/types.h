/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User space has one, too, which its other headers need. */
#include_next <linux/types.h>
#include "../kernel.h"
