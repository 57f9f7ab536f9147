/* SPDX-License-Identifier: MIT */
/* How the limits of a connection stand at a moment. From any thread. */
#ifndef TENON_CALL_LIMITS_H
#define TENON_CALL_LIMITS_H

#include <jansson.h>

#include "connection/connection.h"
#include "throttle/throttle.h"

/* Whose limits: of a connection, by its name, of a connector (NULL: it is gone, and has none). */
typedef struct limited {
    const connector_t *connector;
    str_t connection;
    bool in_full; /* with what leaves the windows when */
} limited_t;

/* [{name, action?, scope, key?, calls, per_ms, left, used, reset_in, leaving?}, …]: reset_in in whole
 * seconds, until the oldest call leaves the window (0: none is in it); leaving: how many leave it in
 * each sixtieth of its length from now on. keys: ids, for each of which a limit
 * of the scope `caller` is told. now_ms: clock_boot_ms. New reference. */
json_t *limits_show(throttle_t *t, const limited_t *of, const json_t *keys, int64_t now_ms);

#endif
