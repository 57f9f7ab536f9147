/* SPDX-License-Identifier: MIT */
#include "codec/form.h"

#include "codec/url.h"

/* ---- application/x-www-form-urlencoded ---- */

static bool decode_in(arena_t *arena, buf_t *room, str_t s, str_t *out, err_t *err)
{
    buf_clear(room);
    if (!url_decode(room, s, true)) {
        return err_set(err, ERR_request_malformed, "the form holds a broken percent escape");
    }
    if (!str_is_utf8(buf_view(room))) {
        return err_set(err, ERR_request_bad_encoding, "the form is not UTF-8");
    }
    *out = arena_str(arena, buf_view(room));
    return true;
}

static size_t count_pairs(str_t body)
{
    size_t count = 0;
    while (body.p) {
        count += str_cut(&body, '&').n > 0;
    }
    return count;
}

static bool read_pairs(arena_t *arena, buf_t *room, str_t body, form_t *out, err_t *err)
{
    while (body.p) {
        str_t value = str_cut(&body, '&');
        if (value.n == 0) {
            continue;
        }
        str_t name = str_cut(&value, '=');
        form_part_t *part = &out->parts[out->count];
        if (!decode_in(arena, room, name, &part->name, err) ||
            !decode_in(arena, room, value, &part->value, err)) {
            return false;
        }
        out->count++;
    }
    return true;
}

bool form_read_urlencoded_in(arena_t *arena, str_t body, size_t parts_max, form_t *out, err_t *err)
{
    size_t count = count_pairs(body);
    buf_t room;
    *out = (form_t){.count = 0};
    if (count > parts_max) {
        return err_set(err, ERR_param_limit, "the form has more than %zu fields", parts_max);
    }
    out->parts = arena_array_of(arena, form_part_t, count);
    buf_init_wiping(&room, body.n);
    bool read = read_pairs(arena, &room, body, out, err);
    buf_fini(&room);
    return read;
}

void form_write_pair(buf_t *to, str_t name, str_t value)
{
    if (buf_view(to).n > 0) {
        buf_char(to, '&');
    }
    url_encode_form(to, name);
    buf_char(to, '=');
    url_encode_form(to, value);
}

/* ---- media types ---- */

static str_t essence(str_t content_type)
{
    return str_trim(str_cut(&content_type, ';'));
}

bool media_type_is(str_t content_type, const char *type)
{
    return str_eq_nocase(essence(content_type), str_of(type));
}

bool media_type_is_json(str_t content_type)
{
    str_t type = essence(content_type);
    size_t slash = str_index(type, '/');
    return str_eq_nocase(type, STR("application/json")) || str_eq_nocase(type, STR("text/json")) ||
           (slash != SIZE_MAX && slash > 0 && type.n > slash + 1 + strlen("+json") &&
            str_ends_nocase(type, STR("+json")));
}

/* Bytes up to the `;` that ends the parameter at the start of s; one inside quotes does not. */
static size_t parameter_length(str_t s)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < s.n && (quoted || s.p[i] != ';'); i++) {
        if (s.p[i] == '"') {
            quoted = !quoted;
        } else if (quoted && s.p[i] == '\\' && i + 1 < s.n) {
            i++;
        }
    }
    return i;
}

/* A quoted string's content (RFC 9110 5.6.4); absent where it is not one whole quoted string. Only
 * `\"` and
 * `\\` are escapes: some clients send the path of a file with bare backslashes. */
static str_t unquote_in(arena_t *arena, str_t s)
{
    char *to = arena_alloc(arena, s.n);
    size_t n = 0;
    for (size_t i = 1; i + 1 < s.n; i++) {
        bool escape = s.p[i] == '\\' && i + 2 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\');
        if (s.p[i] == '"') {
            return STR_NONE;
        }
        i += escape;
        to[n++] = s.p[i];
    }
    return s.n >= 2 && s.p[s.n - 1] == '"' ? str_at(to, n) : STR_NONE;
}

static str_t value_in(arena_t *arena, str_t value)
{
    return value.n > 0 && value.p[0] == '"' ? unquote_in(arena, value) : arena_str(arena, value);
}

str_t media_type_parameter_in(arena_t *arena, str_t content_type, const char *name)
{
    str_t rest = content_type;
    str_cut(&rest, ';');
    while (rest.n > 0) {
        size_t length = parameter_length(rest);
        str_t value = str_slice(rest, 0, length);
        rest = str_slice(rest, length + 1, rest.n);
        str_t key = str_trim(str_cut(&value, '='));
        if (value.p && str_eq_nocase(key, str_of(name))) {
            return value_in(arena, str_trim(value));
        }
    }
    return STR_NONE;
}
