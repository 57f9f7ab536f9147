/* SPDX-License-Identifier: MIT */
/* Private to seal. For calls into OpenSSL that fail only where memory ran out or the installation
 * is broken: no caller could do better than stop. */
#ifndef TENON_SEAL_MUST_H
#define TENON_SEAL_MUST_H

#include "base/fatal.h"
#include <errno.h>
#include <stdbool.h>

static inline void must(bool ok, const char *what)
{
    if (!ok) {
        errno = 0; /* OpenSSL leaves nothing of meaning there */
        fatal_abort(what);
    }
}

#endif
