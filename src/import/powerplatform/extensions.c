/* SPDX-License-Identifier: MIT */
/* Extensions (x-…) of the source. They mean what they mean to their readers; Tenon only keeps them
 * in step with what the importer has renamed. */
#include "import/powerplatform/source.h"

enum { DEPTH_MAX = 20 };

static json_t *copy(const source_t *s, const json_t *v, unsigned depth);

static json_t *copy_member(const source_t *s, const char *key, const json_t *v, unsigned depth)
{
    str_t text = json_view(v);
    const json_t *ours = text.n && strcmp(key, "operationId") == 0
                             ? json_object_getn(s->operations, text.p, text.n)
                             : NULL;
    return ours ? json_deep_copy(ours) : copy(s, v, depth);
}

static json_t *copy_object(const source_t *s, const json_t *v, unsigned depth)
{
    json_t *to = json_object();
    const char *key;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)v, key, child)
    {
        json_object_set_new(to, key, copy_member(s, key, child, depth));
    }
    return to;
}

/* A reference leads into the source's document, which does not come along: what it leads to takes
 * its place. */
static json_t *copy(const source_t *s, const json_t *v, unsigned depth)
{
    if (depth > DEPTH_MAX) {
        return json_object();
    }
    if (json_is_object(v)) {
        const json_t *behind = json_member(v, "$ref").n ? refer(s, v) : v;
        return behind ? copy_object(s, behind, depth + 1) : json_object();
    }
    if (!json_is_array(v)) {
        return json_deep_copy(v);
    }
    json_t *to = json_array();
    size_t at;
    json_t *child;
    json_array_foreach(v, at, child)
    {
        json_array_append_new(to, copy(s, child, depth + 1));
    }
    return to;
}

void extensions_import(const source_t *s, const json_t *from, json_t *to)
{
    static const char *const derived[] = {"x-ms-trigger", "x-ms-notification-content",
                                          "x-ms-pageable", "x-nullable"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        bool skip = strncmp(key, "x-", 2) != 0;
        for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
            skip = skip || str_is(str_of(key), derived[i]);
        }
        if (!skip) {
            json_object_set_new(to, key, copy(s, value, 0));
        }
    }
}
