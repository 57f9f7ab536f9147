/* SPDX-License-Identifier: MIT */
/* The hosts a connector may reach (FORMAT 3 and 9), found in the templates of its URLs. Pure. */
#ifndef TENON_IMPORT_HOSTS_H
#define TENON_IMPORT_HOSTS_H

#include <jansson.h>

#include "base/arena.h"

/* What a free value may be that alone says the host. */
#define HOSTS_PATTERN "^[A-Za-z0-9.-]+(:[0-9]+)?$"

typedef struct hosts {
    arena_t *arena;
    const json_t *parameters; /* of connections, whichever way to sign in they belong to */
    json_t *patterns;         /* as members; freed by who made it */
    bool any;                 /* some URL's host is the user's own */
} hosts_t;

/* The authority of a URL template: to the first `/`, `?` or `#` outside of braces. */
str_t hosts_authority(str_t url);
/* Whether all of example.com, or example.co.uk, may belong to one owner; com and co.uk do not. A
 * port may stand behind it. */
bool hosts_is_owned(str_t domain);
/* The hosts that a URL template may name. */
void hosts_take(hosts_t *h, str_t url);
/* As `hosts` of the definition: more than it takes are any. */
void hosts_write(hosts_t *h, json_t *definition);

#endif
