/* SPDX-License-Identifier: MIT */
/* What of a request to /proxy goes to the service (DESIGN 4): path and query below the connection's base_url, the
 * body as it came, and those header fields that are meant for the service. Pure: the request comes as plain
 * data. */
#ifndef TENON_CALL_PROXIED_H
#define TENON_CALL_PROXIED_H

#include <jansson.h>

#include "base/err.h"
#include "codec/json_numbers.h"
#include "upstream/message.h"

typedef struct proxied {
    str_t method;
    str_t path; /* raw: nothing, or from a `/` on */
    str_t query; /* raw; absent: none */
    str_t body;
    message_header_t *headers; /* in the arena */
    size_t header_count;
    json_numbers_t *numbers; /* of json; the arena's; NULL: as they are written */
    json_t *json; /* the body, read, where the credential adds members to it; NULL: it goes as it came */
} proxied_t;

/* Whether a raw path stays below what it is appended to, however often its reader decodes it, and whichever
 * characters it takes for separators. Nothing that readers understand differently passes: dot segments in any
 * disguise, empty segments, backslashes, control characters, characters that RFC 3986 3.3 does not allow. Errors:
 * param_dot_segment, param_empty, param_control_char, request_bad_encoding. */
CHECKED bool proxied_path_check(arena_t *arena, str_t path, err_t *err);
/* method, path, query and body of out are set: checks path and query, and picks out of the request's header fields
 * (names in lower case) those that HTTP and its common extensions define for the far end, and whatever the caller
 * prefixes with `Tenon-Proxy-`, but for what belongs to the connection (credentials, cookies, framing, the way
 * here). Errors: those of the path; param_control_char, param_unknown, request_header_too_long. */
CHECKED bool proxied_take(arena_t *arena, const message_header_t *headers, size_t count, proxied_t *out,
                          err_t *err);
/* Reads a body that is JSON; the arena keeps it. Errors: json_*, media_type. */
CHECKED bool proxied_read(arena_t *arena, unsigned json_depth, proxied_t *p, err_t *err);

#endif
