/* SPDX-License-Identifier: MIT */
/* Percent-encoding by position, and the one URL parser (RFC 3986). Policy decides on the same parse that is
 * sent. Pure. */
#ifndef TENON_CODEC_URL_H
#define TENON_CODEC_URL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* All but unreserved characters (RFC 3986 2.3) as %XX, upper-case hex. */
void url_encode_segment(buf_t *to, str_t s);
/* The same, but `/` stays. */
void url_encode_path(buf_t *to, str_t s);
/* application/x-www-form-urlencoded (URL standard 5.2): blank is `+`; `*-._` and alphanumerics stay. */
void url_encode_form(buf_t *to, str_t s);
/* A query name or value: as a segment, blank is %20. */
void url_encode_query(buf_t *to, str_t s);
/* Undoes %XX; with plus, `+` becomes a blank. False on a broken escape (nothing is promised of *to then). */
CHECKED bool url_decode(buf_t *to, str_t s, bool plus);

typedef struct url {
    str_t scheme;   /* lower case */
    str_t host;     /* lower case, without brackets; an IPv6 literal is marked */
    uint16_t port;  /* never 0: the scheme's default where none is written */
    bool port_given;
    bool ipv6;
    str_t path;     /* with leading `/`, as written; "/" where it is empty */
    str_t query;    /* without `?`; absent where there is none */
    str_t fragment; /* without `#`; absent where there is none */
} url_t;

/* Strict: scheme http or https, no user information, a host of letters, digits, `-`, `.`, `_` or an IPv6
 * literal, port 1-65535, no control characters, blanks or backslashes. Strings live in the arena.
 * Error: definition_bad_url with the reason. */
CHECKED bool url_parse_in(arena_t *arena, str_t text, url_t *out, err_t *err);

/* A dotted host name: labels of 1-63 letters, digits, inner hyphens (underscores are tolerated); at most 253. */
bool url_is_hostname(str_t s);

/* FORMAT 9: true where host equals the pattern, or pattern is `*.rest` and host ends with `.rest`. No ports. */
bool url_host_matches(str_t host, str_t pattern);

#endif
