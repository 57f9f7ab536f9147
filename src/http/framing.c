/* SPDX-License-Identifier: MIT */
#include "http/server_internal.h"

typedef struct counts {
    unsigned lengths;   /* Content-Length */
    unsigned encodings; /* Transfer-Encoding */
    unsigned hosts;
} counts_t;

/* Takes a line that ends in CRLF. */
static bool next_line(str_t *rest, str_t *line)
{
    const char *feed = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (!feed || feed == rest->p || feed[-1] != '\r') {
        return false;
    }
    size_t n = (size_t)(feed - rest->p);
    *line = str_at(rest->p, n - 1);
    *rest = str_at(feed + 1, rest->n - n - 1);
    return true;
}

static bool names(str_t line, str_t name)
{
    return line.n > name.n && line.p[name.n] == ':' && str_eq_nocase(str_at(line.p, name.n), name);
}

static void count(str_t line, counts_t *counts)
{
    switch (ascii_lower(line.p[0])) {
    case 'c':
        counts->lengths += names(line, STR("content-length"));
        break;
    case 't':
        counts->encodings += names(line, STR("transfer-encoding"));
        break;
    case 'h':
        counts->hosts += names(line, STR("host"));
        break;
    default:
        break;
    }
}

/* RFC 9112 6.3 (one way to tell the body's length), 6.1 (none by chunks in HTTP/1.0), 3.2 (one
 * Host). */
static bool may_stand(const counts_t *counts, int version)
{
    bool one_zero = version < 0x101;
    return counts->lengths + counts->encodings <= 1 && !(one_zero && counts->encodings) &&
           counts->hosts <= 1 && (one_zero || counts->hosts == 1);
}

bool http_framing_is_strict(str_t head, int version)
{
    counts_t counts = {0};
    str_t line;
    /* RFC 9112 2.2: an empty line before the request line is ignored. */
    do {
        if (!next_line(&head, &line)) {
            return false;
        }
    } while (line.n == 0);
    /* Of the request line h2o takes any bytes for a method (RFC 9110 9.1). */
    if (!str_is_token(str_cut(&line, ' '))) {
        return false;
    }
    while (next_line(&head, &line)) {
        if (line.n == 0) {
            return may_stand(&counts, version);
        }
        if (line.p[0] == ' ' || line.p[0] == '\t') { /* folded: RFC 9112 5.2 */
            return false;
        }
        count(line, &counts);
    }
    return false;
}
