/* SPDX-License-Identifier: MIT */
/* Actions at their paths. OpenAPI takes two paths that differ only in the names of their variables
 * for one, so that the first action of such a path names them for all. */
#include <stdio.h>

#include "openapi/flavour.h"

enum { PATH_BYTES_MAX = 1 << 20 };

/* A path as a key of the document, and what its variables are called there. */
typedef struct path_names {
    str_t path;
    str_t names[PATH_VARIABLES_MAX];
} path_names_t;

/* The path with its variables by `names`; NULL: unnamed. */
static str_t write_path_in(document_t *d, const action_t *a, const str_t *names)
{
    buf_t path;
    size_t variables = 0;
    buf_init(&path, PATH_BYTES_MAX);
    if (d->variable.n) {
        buf_printf(&path, "%.*s/{%.*s}", STR_ARG(d->home), STR_ARG(d->variable));
    }
    for (size_t i = 0; i < a->piece_count; i++) {
        const path_piece_t *piece = &a->pieces[i];
        if (piece->field) {
            buf_printf(&path, "{%.*s}", STR_ARG(names ? names[variables] : STR_NONE));
            variables++;
        } else {
            buf_str(&path, piece->text);
        }
    }
    str_t written = arena_str(d->arena, buf_view(&path));
    buf_fini(&path);
    return written;
}

static path_names_t *name_path(document_t *d, const action_t *a)
{
    path_names_t *p = arena_new_of(d->arena, path_names_t);
    size_t variables = 0;
    for (size_t i = 0; i < a->piece_count; i++) {
        if (a->pieces[i].field) {
            p->names[variables++] = a->pieces[i].field->name;
        }
    }
    p->path = write_path_in(d, a, p->names);
    return p;
}

static json_t *item_at(document_t *d, str_t path)
{
    json_t *item = json_object_getn(d->paths, path.p, path.n);
    if (!item) {
        item = json_object();
        json_object_setn_new(d->paths, path.p, path.n, item);
    }
    return item;
}

static void add_operation(document_t *d, json_t *item, const action_t *a, json_t *operation)
{
    char method[16];
    int n = snprintf(method, sizeof method, "%.*s", STR_ARG(a->method));
    for (int i = 0; i < n && i < (int)sizeof method; i++) {
        method[i] = ascii_lower(method[i]);
    }
    json_object_set_new(item, method, operation);
    if (a->trigger.kind == TRIGGER_WEBHOOK) {
        d->flavour->add_notification(d, a, item, operation);
    }
}

void paths_add(document_t *d)
{
    map_t *named = map_new(); /* path without names -> path_names_t */
    for (size_t i = 0; i < d->connector->action_count; i++) {
        const action_t *a = &d->connector->actions[i];
        if (json_object_getn(d->left_out, a->name.p, a->name.n)) {
            continue;
        }
        str_t shape = write_path_in(d, a, NULL);
        path_names_t *p = map_get(named, shape);
        if (!p) {
            p = name_path(d, a);
            map_set(named, shape, p);
        }
        add_operation(d, item_at(d, p->path), a,
                      operation_write(d, a, p->names, d->variable.n > 0));
    }
    map_free(named);
}
