/* SPDX-License-Identifier: MIT */
/* A URL template at run time: each value is encoded or checked by its position. */
#include "codec/url.h"

#include "template/template_internal.h"

enum { URL_VALUE_BYTES_MAX = 64 << 10 };

/* `.`, `..` and the escapes that some servers read as such. */
static bool is_dot_segment(str_t segment)
{
    size_t dots = 0;
    while (segment.n > 0) {
        size_t dot = str_starts(segment, STR("."))                         ? 1
                     : str_eq_nocase(str_slice(segment, 0, 3), STR("%2e")) ? 3
                                                                           : 0;
        if (dot == 0 || ++dots > 2) {
            return false;
        }
        segment = str_slice(segment, dot, segment.n);
    }
    return dots > 0;
}

bool url_has_dot_segment(str_t path)
{
    while (path.p) {
        if (is_dot_segment(str_cut(&path, '/'))) {
            return true;
        }
    }
    return false;
}

static template_outcome_t fail(err_t *err, err_code_t code, const char *why)
{
    err_set(err, code, "%s", why);
    return TEMPLATE_FAILED;
}

static template_outcome_t fail_host(err_t *err, str_t value)
{
    char shown[128];
    err_clean_text(shown, sizeof shown, value);
    err_set(err, ERR_param_host, "'%s' may not stand in a host", shown);
    return TEMPLATE_FAILED;
}

/* --- authority --- */

/* alone: host[:port]; else one label, with dots only where they come out of choices. What these
 * characters cannot spell is another host: no `/`, `?`, `#`, `@`, `%` or `\`. */
static bool fits_host(str_t value, bool alone, bool dots)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool fits = ascii_is_alnum(c) || c == '-' || c == '_' || (c == '.' && (alone || dots)) ||
                    (alone && (c == ':' || c == '[' || c == ']'));
        if (!fits) {
            return false;
        }
    }
    return value.n > 0;
}

static bool is_authority(str_t authority)
{
    url_t url;
    err_t unread = ERR_INIT;
    buf_t whole;
    arena_t *arena = arena_new(1024);
    buf_init(&whole, URL_VALUE_BYTES_MAX);
    buf_lit(&whole, "https://");
    buf_str(&whole, authority);
    bool is = buf_ok(&whole) && url_parse_in(arena, buf_view(&whole), &url, &unread);
    buf_fini(&whole);
    arena_free(arena);
    return is;
}

static template_outcome_t write_authority(const url_template_t *u, template_scope_t *scope,
                                          buf_t *to, err_t *err)
{
    size_t start = to->n;
    for (size_t i = 0; i < u->authority_count; i++) {
        size_t before = to->n;
        if (!u->authority[i].expr) {
            buf_str(to, u->authority[i].text);
            continue;
        }
        template_outcome_t outcome = expr_text(u->authority[i].expr, scope, to, err);
        if (outcome != TEMPLATE_OK) {
            return outcome;
        }
        str_t value = str_slice(buf_view(to), before, to->n);
        if (!fits_host(value, u->authority_count == 1, u->label_dots[i])) {
            return fail_host(err, value);
        }
    }
    str_t authority = str_slice(buf_view(to), start, to->n);
    return is_authority(authority) ? TEMPLATE_OK : fail_host(err, authority);
}

/* --- a whole URL --- */

static template_outcome_t check_whole(str_t value, err_t *err)
{
    url_t url;
    err_t unread = ERR_INIT;
    arena_t *arena = arena_new(0);
    template_outcome_t outcome = TEMPLATE_OK;
    if (!url_parse_in(arena, value, &url, &unread) || url.query.p || url.fragment.p) {
        /* The value may be a secret: it is not shown. */
        outcome = fail(err, ERR_param_host,
                       "a whole address is needed: https://, a host, perhaps a path; without "
                       "user, query and fragment");
    } else if (url_has_dot_segment(url.path)) {
        outcome =
            fail(err, ERR_param_dot_segment, "the path of an address has no segments `.` or `..`");
    }
    arena_free(arena);
    return outcome;
}

static template_outcome_t write_whole(const url_template_t *u, template_scope_t *scope, buf_t *to,
                                      err_t *err)
{
    size_t before = to->n;
    template_outcome_t outcome = expr_text(u->authority[0].expr, scope, to, err);
    if (outcome == TEMPLATE_OK) {
        outcome = check_whole(str_slice(buf_view(to), before, to->n), err);
    }
    while (outcome == TEMPLATE_OK && to->n > before && to->p[to->n - 1] == '/') {
        to->n--;
    }
    return outcome;
}

/* --- path and query --- */

typedef template_outcome_t write_value_t(str_t value, buf_t *to, err_t *err);

static template_outcome_t write_path_value(str_t value, buf_t *to, err_t *err)
{
    if (value.n == 0) {
        return fail(err, ERR_param_empty, "a value in a path is empty");
    }
    url_encode_segment(to, value);
    return TEMPLATE_OK;
}

static template_outcome_t write_query_value(str_t value, buf_t *to, err_t *err)
{
    (void)err;
    url_encode_query(to, value);
    return TEMPLATE_OK;
}

static template_outcome_t write_encoded(const expr_t *e, template_scope_t *scope,
                                        write_value_t *write, buf_t *to, err_t *err)
{
    buf_t value;
    buf_init_wiping(&value, URL_VALUE_BYTES_MAX);
    template_outcome_t outcome = expr_text(e, scope, &value, err);
    if (outcome == TEMPLATE_OK) {
        outcome = buf_ok(&value)
                      ? write(buf_view(&value), to, err)
                      : fail(err, ERR_param_too_long, "a value in a URL is longer than 64 KiB");
    }
    buf_fini(&value);
    return outcome;
}

static template_outcome_t write_parts(const template_part_t *parts, size_t count,
                                      template_scope_t *scope, write_value_t *write, buf_t *to,
                                      err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].expr) {
            buf_str(to, parts[i].text);
            continue;
        }
        template_outcome_t outcome = write_encoded(parts[i].expr, scope, write, to, err);
        if (outcome != TEMPLATE_OK) {
            return outcome;
        }
    }
    return TEMPLATE_OK;
}

static template_outcome_t write_path(const url_template_t *u, template_scope_t *scope, buf_t *to,
                                     err_t *err)
{
    size_t before = to->n;
    template_outcome_t outcome =
        write_parts(u->path, u->path_count, scope, write_path_value, to, err);
    if (outcome == TEMPLATE_OK && url_has_dot_segment(str_slice(buf_view(to), before, to->n))) {
        return fail(err, ERR_param_dot_segment,
                    "a value would make a segment of the path `.` or `..`");
    }
    return outcome;
}

/* --- all of it --- */

static template_outcome_t write_front(const url_template_t *u, template_scope_t *scope, str_t base,
                                      buf_t *to, err_t *err)
{
    switch (u->kind) {
    case URL_RELATIVE:
        buf_str(to, base);
        return TEMPLATE_OK;
    case URL_WHOLE:
        return write_whole(u, scope, to, err);
    case URL_ABSOLUTE:
        break;
    }
    buf_str(to, u->scheme);
    buf_lit(to, "://");
    return write_authority(u, scope, to, err);
}

template_outcome_t url_template_text(const url_template_t *u, template_scope_t *scope, str_t base,
                                     buf_t *to, err_t *err)
{
    template_outcome_t outcome = write_front(u, scope, base, to, err);
    if (outcome == TEMPLATE_OK) {
        outcome = write_path(u, scope, to, err);
    }
    if (outcome == TEMPLATE_OK && u->has_query) {
        buf_char(to, '?');
        outcome = write_parts(u->query, u->query_count, scope, write_query_value, to, err);
    }
    if (outcome == TEMPLATE_OK && u->fragment.p) {
        buf_char(to, '#');
        buf_str(to, u->fragment);
    }
    return placed(u->source, outcome, err);
}

template_outcome_t url_template_front(const url_template_t *u, template_scope_t *scope, str_t base,
                                      buf_t *to, err_t *err)
{
    return placed(u->source, write_front(u, scope, base, to, err), err);
}
