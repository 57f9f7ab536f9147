/* SPDX-License-Identifier: MIT */
/* The console's files, carried in the binary: what src/console/build.mjs made of app/, or one page that says that this build
 * has none. Constant; any thread. */
#ifndef TENON_CONSOLE_ASSETS_H
#define TENON_CONSOLE_ASSETS_H

#include "base/str.h"

typedef struct console_asset {
    str_t name; /* "index.html" */
    str_t type; /* its media type */
    str_t text, tag;      /* tag: a strong ETag, quotes included */
    str_t gzip, gzip_tag; /* the same bytes compressed */
    bool is_fixed;        /* its name changes with its bytes, so that it may be kept for good */
} console_asset_t;

/* By name; NULL where there is none. "index.html" is always there. */
const console_asset_t *console_asset(str_t name);
/* False where this build has no console. */
bool console_is_built(void);

/* Written by embed.cmake. */
extern const console_asset_t CONSOLE_ASSETS[];
extern const size_t CONSOLE_ASSET_COUNT;
extern const bool CONSOLE_IS_BUILT;

#endif
