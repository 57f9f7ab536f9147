/* SPDX-License-Identifier: MIT */
/* A URL template at load: cut into authority, path, query and fragment before any value is known,
 * so that no value can move into another position. */
#include "codec/url.h"

#include "template/template_internal.h"

typedef enum { SECTION_AUTHORITY, SECTION_PATH, SECTION_QUERY, SECTION_FRAGMENT } section_t;

/* What ends a section. */
static const char *const ends[] = {[SECTION_AUTHORITY] = "/?#",
                                   [SECTION_PATH] = "?#",
                                   [SECTION_QUERY] = "#",
                                   [SECTION_FRAGMENT] = ""};

typedef struct splitter {
    const template_t *source;
    section_t section;
    template_part_t *parts[SECTION_FRAGMENT];
    size_t counts[SECTION_FRAGMENT];
    bool has_query;
    str_t fragment;
    err_t *err;
} splitter_t;

static bool refuse(const template_t *t, err_t *err, const char *why)
{
    return err_set_at(err, ERR_definition_bad_url, t->line, t->column, "%s", why);
}

static void add(splitter_t *s, template_part_t part)
{
    s->parts[s->section][s->counts[s->section]++] = part;
}

static size_t section_end(str_t text, const char *set)
{
    size_t at = 0;
    while (at < text.n && !(text.p[at] && strchr(set, text.p[at]))) {
        at++;
    }
    return at;
}

static section_t section_of(char delimiter)
{
    return delimiter == '/' ? SECTION_PATH : delimiter == '?' ? SECTION_QUERY : SECTION_FRAGMENT;
}

/* Hands a literal text out to the sections that it runs through. */
static void split_text(splitter_t *s, str_t text)
{
    while (s->section != SECTION_FRAGMENT) {
        size_t end = section_end(text, ends[s->section]);
        if (end > 0) {
            add(s, (template_part_t){.text = str_slice(text, 0, end)});
        }
        if (end == text.n) {
            return;
        }
        s->section = section_of(text.p[end]);
        s->has_query = s->has_query || s->section == SECTION_QUERY;
        text = str_slice(text, end + (s->section != SECTION_PATH), text.n);
        s->fragment = s->section == SECTION_FRAGMENT ? str_slice(text, 0, 0) : STR_NONE;
    }
    s->fragment = str_at(s->fragment.p, s->fragment.n + text.n);
}

static bool split_part(splitter_t *s, template_part_t part)
{
    if (!part.expr) {
        split_text(s, part.text);
        return true;
    }
    if (s->section == SECTION_FRAGMENT) {
        return refuse(s->source, s->err, "a fragment (behind `#`) holds no `${…}`");
    }
    add(s, part);
    return true;
}

/* RFC 3986 3.3, 3.4: what may stand in paths and queries, and the brackets that many services want.
 */
static bool is_url_char(char c)
{
    return ascii_is_alnum(c) || (c && strchr("-._~!$&'()*+,;=:@/?%[]", c));
}

static bool check_literal(const template_t *t, str_t text, err_t *err)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!is_url_char(text.p[i])) {
            return refuse(
                t, err,
                text.p[i] == '{' || text.p[i] == '}'
                    ? "`{` and `}` cannot stand in a URL; a value is written ${…}"
                    : "a URL holds no blanks and only ASCII; write other characters as %XX");
        }
        if (text.p[i] == '%' && (text.n - i < 3 || ascii_hex_value(text.p[i + 1]) < 0 ||
                                 ascii_hex_value(text.p[i + 2]) < 0)) {
            return refuse(t, err, "`%` in a URL stands before two hexadecimal digits");
        }
    }
    return true;
}

static bool check_literals(const splitter_t *s)
{
    for (section_t section = SECTION_PATH; section < SECTION_FRAGMENT; section++) {
        for (size_t i = 0; i < s->counts[section]; i++) {
            const template_part_t *part = &s->parts[section][i];
            if (!part->expr && !check_literal(s->source, part->text, s->err)) {
                return false;
            }
        }
    }
    return check_literal(s->source, s->fragment, s->err);
}

/* The path as it would be with `x` for each value. A dot segment of the author's own is refused
 * here, so one found at run time comes from a value. */
static bool check_path(const splitter_t *s)
{
    buf_t sample;
    buf_init(&sample, 2 * TEMPLATE_BYTES_MAX + s->source->source.n);
    for (size_t i = 0; i < s->counts[SECTION_PATH]; i++) {
        const template_part_t *part = &s->parts[SECTION_PATH][i];
        buf_str(&sample, part->expr ? STR("x") : part->text);
    }
    bool fine = !url_has_dot_segment(buf_view(&sample)) ||
                refuse(s->source, s->err, "a path has no segments `.` or `..`");
    buf_fini(&sample);
    return fine;
}

/* The authority must be one with a harmless value in each place: this settles user information,
 * port and labels. */
static bool check_authority(arena_t *arena, const splitter_t *s, str_t scheme)
{
    buf_t sample;
    url_t url;
    err_t reason = ERR_INIT;
    buf_init(&sample, 2 * TEMPLATE_BYTES_MAX + s->source->source.n);
    buf_str(&sample, scheme);
    buf_lit(&sample, "://");
    for (size_t i = 0; i < s->counts[SECTION_AUTHORITY]; i++) {
        const template_part_t *part = &s->parts[SECTION_AUTHORITY][i];
        buf_str(&sample, part->expr ? STR("x") : part->text);
    }
    bool fine = url_parse_in(arena, buf_view(&sample), &url, &reason) ||
                refuse(s->source, s->err, reason.text);
    buf_fini(&sample);
    return fine;
}

/* `${…}`, then nothing, `/…`, `?…` or `#…`. */
static bool check_whole(const splitter_t *s)
{
    return s->counts[SECTION_AUTHORITY] == 1 ||
           refuse(s->source, s->err,
                  "behind a `${…}` that is a whole URL only `/…` or `?…` may stand");
}

static bool split(arena_t *arena, splitter_t *s, str_t first)
{
    const template_t *t = s->source;
    size_t most = t->count + 1; /* one text may run through all sections */
    for (section_t section = SECTION_AUTHORITY; section < SECTION_FRAGMENT; section++) {
        s->parts[section] = arena_array_of(arena, template_part_t, most);
    }
    for (size_t i = 0; i < t->count; i++) {
        template_part_t part = t->parts[i];
        if (i == 0 && !part.expr) {
            part.text = first;
        }
        if (!split_part(s, part)) {
            return false;
        }
    }
    return check_literals(s) && check_path(s);
}

static bool classify(const template_t *t, url_template_t *u, str_t *first, err_t *err)
{
    str_t text = t->count && !t->parts[0].expr ? t->parts[0].text : STR_NONE;
    *first = text;
    if (t->count && t->parts[0].expr) {
        u->kind = URL_WHOLE;
    } else if (str_starts(text, STR("/"))) {
        u->kind = URL_RELATIVE;
    } else if (str_starts(text, STR("https://")) || str_starts(text, STR("http://"))) {
        size_t colon = str_index(text, ':');
        u->kind = URL_ABSOLUTE;
        u->scheme = str_slice(text, 0, colon);
        *first = str_slice(text, colon + 3, text.n);
    } else {
        return refuse(
            t, err,
            "a URL begins with https://, with `/` (behind base_url) or with a `${…}` that is a "
            "whole URL");
    }
    return true;
}

static void fill(arena_t *arena, url_template_t *u, const splitter_t *s)
{
    u->authority = s->parts[SECTION_AUTHORITY];
    u->authority_count = s->counts[SECTION_AUTHORITY];
    u->label_dots = arena_array_of(arena, bool, u->authority_count);
    u->path = s->parts[SECTION_PATH];
    u->path_count = s->counts[SECTION_PATH];
    u->query = s->parts[SECTION_QUERY];
    u->query_count = s->counts[SECTION_QUERY];
    u->has_query = s->has_query;
    u->fragment = s->fragment;
}

const url_template_t *url_template_in(arena_t *arena, const template_t *t, err_t *err)
{
    str_t first;
    url_template_t *u = arena_new_of(arena, url_template_t);
    u->source = t;
    if (!classify(t, u, &first, err)) {
        return NULL;
    }
    splitter_t s = {.source = t,
                    .section = u->kind == URL_RELATIVE ? SECTION_PATH : SECTION_AUTHORITY,
                    .err = err};
    if (!split(arena, &s, first)) {
        return NULL;
    }
    if (u->kind == URL_WHOLE ? !check_whole(&s)
                             : u->kind == URL_ABSOLUTE && !check_authority(arena, &s, u->scheme)) {
        return NULL;
    }
    fill(arena, u, &s);
    return u;
}

str_t url_template_constant_host(const url_template_t *u, uint16_t *port)
{
    uint64_t written = 0;
    bool constant = u->kind == URL_ABSOLUTE && u->authority_count == 1 && !u->authority[0].expr;
    str_t text = constant ? u->authority[0].text : STR_NONE;
    bool bracketed = str_starts(text, STR("["));
    str_t host = bracketed ? str_slice(text, 1, str_index(text, ']'))
                           : str_slice(text, 0, str_index(text, ':'));
    size_t behind = host.n + (bracketed ? 2 : 0);
    /* Checked at load: what stands behind the host is nothing or a port. */
    *port = str_to_u64(str_slice(text, behind + 1, text.n), &written) ? (uint16_t)written : 0;
    return host;
}
