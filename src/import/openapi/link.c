/* SPDX-License-Identifier: MIT */
/* References within one file made absolute (RFC 3986 5.2, of paths in a folder alone). */
#include "codec/json.h"
#include "codec/url.h"
#include "import/openapi/bundle.h"

enum { PATH_MAX_BYTES = 1024 };

/* --- paths --- */

static str_t folder_of(str_t path)
{
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/') {
        n--;
    }
    return str_slice(path, 0, n);
}

static str_t decoded_in(arena_t *arena, str_t text)
{
    buf_t to;
    buf_init(&to, text.n + 1);
    str_t plain = url_decode(&to, text, false) ? arena_str(arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return plain;
}

/* Drops the last part, if there is one. */
static bool go_up(buf_t *path)
{
    if (path->n == 0) {
        return false;
    }
    do {
        path->n--;
    } while (path->n > 0 && path->p[path->n - 1] != '/');
    return true;
}

static bool add_part(buf_t *path, str_t part, bool last)
{
    if (str_is(part, "..")) {
        return go_up(path);
    }
    if (part.n && !str_is(part, ".")) {
        buf_str(path, part);
        buf_lit(path, last ? "" : "/");
    }
    return true;
}

/* Without `.` and `..`; absent where it leaves the folder. */
static str_t straight_in(arena_t *arena, str_t path)
{
    buf_t to;
    buf_init(&to, PATH_MAX_BYTES);
    bool ok = path.n > 0 && path.p[0] != '/' && str_index(path, '\0') == SIZE_MAX &&
              str_index(path, '\\') == SIZE_MAX && path.n < PATH_MAX_BYTES;
    while (ok && path.p) {
        str_t part = str_cut(&path, '/');
        ok = add_part(&to, part, !path.p);
    }
    str_t straight = ok && to.n > 0 ? arena_str(arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return straight;
}

/* --- references --- */

static bool is_elsewhere(str_t reference)
{
    size_t colon = str_index(reference, ':'), slash = str_index(reference, '/');
    return colon < slash || str_starts(reference, STR("//"));
}

static str_t file_of(const link_t *l, str_t reference)
{
    str_t path = decoded_in(l->arena, str_slice(reference, 0, str_index(reference, '#')));
    str_t folder = folder_of(l->file);
    return path.n ? straight_in(l->arena,
                                arena_printf(l->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(path)))
                  : l->file;
}

/* Absent where it leads out of the folder. */
static str_t absolute_in(const link_t *l, str_t reference)
{
    str_t file = is_elsewhere(reference) ? STR_NONE : file_of(l, reference);
    size_t mark = str_index(reference, '#');
    str_t fragment = mark == SIZE_MAX ? STR("#") : str_slice(reference, mark, reference.n);
    if (!file.p) {
        char text[200];
        err_clean_text(text, sizeof text, reference);
        report_note(l->report, "reference", "%s is not in the folder of the document: not read",
                    text);
        return STR_NONE;
    }
    if (str_eq(file, l->document)) {
        return arena_str(l->arena, fragment);
    }
    l->on_file(l->context, file);
    return arena_printf(l->arena, "%.*s%.*s", STR_ARG(file), STR_ARG(fragment));
}

/* No file begins with `?`: such a reference leads nowhere, and still tells what it was. */
static void link_own(const link_t *l, json_t *object)
{
    str_t reference = json_member(object, "$ref");
    if (reference.p) {
        str_t absolute = absolute_in(l, reference);
        json_object_set_new(object, "$ref",
                            absolute.p ? json_str(absolute)
                                       : json_sprintf("?%.*s", STR_ARG(reference)));
    }
}

/* --- the tree --- */

static bool is_one_of(const char *key, const char *const *keys)
{
    for (size_t i = 0; keys[i]; i++) {
        if (strcmp(key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Data, in which `$ref` is a member like any other. */
static bool is_data(const char *key)
{
    static const char *const keys[] = {"default", "enum", "const", "example", "examples", NULL};
    return is_one_of(key, keys);
}

/* Its members are names of the author's choice. */
static bool has_free_names(const char *key)
{
    static const char *const keys[] = {
        "properties",       "patternProperties", "schemas",   "definitions", "$defs",
        "dependentSchemas", "parameters",        "responses", "headers",     NULL};
    return is_one_of(key, keys);
}

static void walk(const link_t *l, json_t *v, bool names)
{
    const char *key;
    size_t at;
    json_t *child;
    if (json_is_object(v) && !names) {
        link_own(l, v);
    }
    json_object_foreach(v, key, child)
    {
        if (names || !is_data(key)) {
            walk(l, child, !names && has_free_names(key) && json_is_object(child));
        }
    }
    json_array_foreach(v, at, child)
    {
        walk(l, child, false);
    }
}

void link_references(const link_t *l, json_t *tree)
{
    walk(l, tree, false);
}
