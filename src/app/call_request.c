/* SPDX-License-Identifier: MIT */
#include "app/call_request.h"

#include "app/value.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "seal/hash.h"

enum { BODY_MAX = 64 * 1024 * 1024, URL_MAX = 256 * 1024 };

/* --- the fields as they were given --- */

typedef struct given {
    const json_t *field;
    str_t text; /* bytes; in the arena */
} given_t;

typedef struct call_form {
    arena_t *arena;
    const call_words_t *words;
    given_t *given;
    size_t count;
    bool has_file;
} call_form_t;

static bool is_in(const json_t *field, const char *place)
{
    return str_is(json_member(field, "in"), place);
}

static bool is_binary(const json_t *field)
{
    return str_is(json_member(field, "format"), "binary");
}

static bool read_word(call_form_t *f, str_t word, err_t *err)
{
    word_value_t split;
    if (!word_split(word, &split, err)) {
        return false;
    }
    const json_t *field = field_named(json_object_get(f->words->action, "input"), split.name);
    if (!field) {
        return err_set(err, ERR_param_unknown, "the action has no field `%.*s`",
                       STR_ARG(split.name));
    }
    buf_t text;
    buf_init_wiping(&text, BODY_MAX);
    bool ok = value_read(&split, json_is_true(json_object_get(field, "secret")), &text, err);
    if (ok) {
        f->given[f->count++] = (given_t){field, arena_str(f->arena, buf_view(&text))};
        f->has_file = f->has_file || (is_in(field, "form") && is_binary(field));
    }
    buf_fini(&text);
    return ok;
}

static bool read_words(call_form_t *f, err_t *err)
{
    f->given = arena_array_of(f->arena, given_t, f->words->word_count + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < f->words->word_count; i++) {
        ok = read_word(f, f->words->words[i], err);
    }
    return ok;
}

static const given_t *find_given(const call_form_t *f, str_t name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (str_eq(json_member(f->given[i].field, "name"), name)) {
            return &f->given[i];
        }
    }
    return NULL;
}

/* --- the address --- */

static bool write_path(const call_form_t *f, buf_t *url, err_t *err)
{
    str_t rest = json_member(f->words->action, "path");
    while (rest.p) {
        str_t literal = str_cut(&rest, '{');
        buf_str(url, literal);
        if (!rest.p) {
            break;
        }
        str_t name = str_cut(&rest, '}');
        const given_t *given = find_given(f, name);
        if (!given) {
            return err_set(err, ERR_param_missing, "the field `%.*s` stands in the path",
                           STR_ARG(name));
        }
        url_encode_segment(url, given->text);
    }
    return true;
}

static void write_pair(buf_t *url, bool *first, str_t name, str_t value)
{
    buf_char(url, *first ? '?' : '&');
    *first = false;
    url_encode_query(url, name);
    buf_char(url, '=');
    url_encode_query(url, value);
}

/* A list of the kind `multi` is a pair for each item, where it was written as JSON or with commas.
 */
static void write_multi(buf_t *url, bool *first, const given_t *given)
{
    str_t name = json_member(given->field, "name");
    json_t *list = value_typed(given->field, given->text);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        buf_t text;
        buf_init(&text, URL_MAX);
        if (!json_is_string(item)) {
            json_write(&text, item);
        }
        write_pair(url, first, name, json_is_string(item) ? json_view(item) : buf_view(&text));
        buf_fini(&text);
    }
    json_decref(list);
}

static void write_query(const call_form_t *f, buf_t *url)
{
    bool first = true;
    for (size_t i = 0; i < f->count; i++) {
        const given_t *given = &f->given[i];
        if (!is_in(given->field, "query")) {
            continue;
        }
        if (str_is(json_member(given->field, "collectionFormat"), "multi")) {
            write_multi(url, &first, given);
        } else {
            write_pair(url, &first, json_member(given->field, "name"), given->text);
        }
    }
}

static bool write_url(const call_form_t *f, buf_t *url, err_t *err)
{
    buf_lit(url, "/run/");
    url_encode_segment(url, f->words->connector);
    buf_char(url, '/');
    url_encode_segment(url, f->words->connection);
    if (!write_path(f, url, err)) {
        return false;
    }
    write_query(f, url);
    return buf_ok(url) || err_set(err, ERR_usage, "the address is too long");
}

/* --- the body --- */

/* --json: a text of JSON, @FILE or `-`. */
static json_t *read_json(const call_form_t *f, err_t *err)
{
    str_t text = f->words->body;
    word_value_t word = {STR("--json"), text};
    buf_t bytes;
    buf_init_wiping(&bytes, BODY_MAX);
    const json_limits_t limits = {.depth = 512};
    bool ok = text.n && (text.p[0] == '@' || str_is(text, "-"))
                  ? value_read(&word, false, &bytes, err)
                  : (buf_str(&bytes, text), true);
    json_t *tree = ok ? json_read(buf_view(&bytes), &limits, err) : NULL;
    buf_fini(&bytes);
    return tree;
}

static void add_members(const call_form_t *f, json_t *tree)
{
    for (size_t i = 0; i < f->count; i++) {
        const given_t *given = &f->given[i];
        str_t name = json_member(given->field, "name");
        if (is_in(given->field, "json") || is_in(given->field, "form")) {
            json_object_setn_new(tree, name.p, name.n, value_typed(given->field, given->text));
        }
    }
}

static bool write_json(const call_form_t *f, buf_t *body, err_t *err)
{
    json_t *tree = f->words->body.p ? read_json(f, err) : json_object();
    if (!tree) {
        return false;
    }
    add_members(f, tree);
    json_write(body, tree);
    json_decref(tree);
    return true;
}

static void write_multipart(const call_form_t *f, str_t boundary, buf_t *body)
{
    for (size_t i = 0; i < f->count; i++) {
        const given_t *given = &f->given[i];
        str_t name = json_member(given->field, "name");
        if (is_in(given->field, "form")) {
            const form_part_t part = {
                .name = name,
                .value = given->text,
                .file_name = is_binary(given->field) ? name : STR_NONE,
                .type = is_binary(given->field) ? STR("application/octet-stream") : STR_NONE};
            form_write_part(body, boundary, &part);
        }
    }
    form_write_end(body, boundary);
}

static const given_t *body_field(const call_form_t *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (is_in(f->given[i].field, "body")) {
            return &f->given[i];
        }
    }
    return NULL;
}

static bool has_members(const call_form_t *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (is_in(f->given[i].field, "json") || is_in(f->given[i].field, "form")) {
            return true;
        }
    }
    return false;
}

static void write_whole(const given_t *whole, str_t type, buf_t *body)
{
    if (!media_type_is_json(type)) {
        buf_str(body, whole->text);
        return;
    }
    json_t *value = value_typed(whole->field, whole->text);
    json_write(body, value);
    json_decref(value);
}

/* *type is absent where there is no body. */
static bool write_body(const call_form_t *f, buf_t *body, str_t *type, err_t *err)
{
    const given_t *whole = body_field(f);
    str_t declared = json_member(f->words->action, "input_type");
    *type = STR_NONE;
    if (whole) {
        *type = declared.n ? declared : STR("application/json");
        write_whole(whole, *type, body);
    } else if (f->has_file) {
        char unique[37];
        random_uuid(unique);
        str_t boundary = arena_printf(f->arena, "tenon-%s", unique);
        *type = arena_printf(f->arena, "multipart/form-data; boundary=%.*s", STR_ARG(boundary));
        write_multipart(f, boundary, body);
    } else if (f->words->body.p || has_members(f)) {
        *type = STR("application/json");
        return write_json(f, body, err);
    }
    return true;
}

/* --- the request --- */

static void add_headers(call_form_t *f, upstream_request_t *out)
{
    for (size_t i = 0; i < f->count; i++) {
        if (is_in(f->given[i].field, "header")) {
            message_header_set(f->arena, out, json_member(f->given[i].field, "name"),
                               f->given[i].text);
        }
    }
}

bool call_request_in(arena_t *arena, const call_words_t *words, upstream_request_t *out, err_t *err)
{
    call_form_t f = {.arena = arena, .words = words};
    buf_t url;
    buf_t body;
    str_t type;
    buf_init(&url, URL_MAX);
    buf_init_wiping(&body, BODY_MAX);
    *out = (upstream_request_t){.method = json_member(words->action, "method")};
    bool ok = read_words(&f, err) && write_url(&f, &url, err) && write_body(&f, &body, &type, err);
    if (ok) {
        out->url = arena_str(arena, buf_view(&url));
        if (type.p) {
            out->body = arena_str(arena, buf_view(&body));
            message_header_set(arena, out, STR("Content-Type"), type);
        }
        add_headers(&f, out);
    }
    buf_fini(&url);
    buf_fini(&body);
    return ok;
}
