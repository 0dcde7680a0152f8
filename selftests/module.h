/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading and unloading of kernel modules from the folder that RPMSG_MODULES names.
 */
#ifndef SELFTESTS_MODULE_H
#define SELFTESTS_MODULE_H

#include <stdbool.h>

#define MODULE_COUNT	7

/* Our modules below that folder, in the order to load them, such as "rpmsg/rpmsg_core". */
extern const char * const module_paths[MODULE_COUNT];

/* Loads a module by its path in the folder, without ".ko". Returns 0 or -errno. */
int module_load(const char *path, const char *parameters);

/* Unloads a module by its name, or its path. Returns 0 or -errno; -EAGAIN when it is in use. */
int module_unload(const char *path);

bool module_is_loaded(const char *path);

/* Loads what is not loaded. Returns 0 or -errno. */
int module_load_all(void);

#endif /* SELFTESTS_MODULE_H */
