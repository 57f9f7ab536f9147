/* SPDX-License-Identifier: MIT */
/* Methods that an operation can have (FORMAT 7). */
#ifndef TENON_IMPORT_METHODS_H
#define TENON_IMPORT_METHODS_H

#include "base/str.h"

/* Of a path item's key, in capitals; absent: it is none that can be called. */
str_t method_of(str_t key);

#endif
