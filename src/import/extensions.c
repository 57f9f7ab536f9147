/* SPDX-License-Identifier: MIT */
/* Extensions (x-…) of the source. They mean what they mean to their readers; Tenon only keeps them
 * in step with what the importer has renamed. */
#include "codec/json.h"
#include "import/schema.h"

enum { DEPTH_MAX = 20, VALUES_MAX = 2000 };

typedef struct copying {
    const schema_source_t *s;
    unsigned depth;
    size_t values; /* so far: references may lead round in circles */
    bool cut;      /* something was left out */
} copying_t;

static json_t *copy(copying_t *c, const json_t *v);

static json_t *copy_member(copying_t *c, const char *key, const json_t *v)
{
    str_t text = json_view(v);
    const json_t *ours = text.n && strcmp(key, "operationId") == 0
                             ? json_object_getn(c->s->operations, text.p, text.n)
                             : NULL;
    return ours ? json_deep_copy(ours) : copy(c, v);
}

static json_t *copy_object(copying_t *c, const json_t *v)
{
    json_t *to = json_object();
    const char *key;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)v, key, child)
    {
        json_object_set_new(to, key, copy_member(c, key, child));
    }
    return to;
}

static json_t *copy_array(copying_t *c, const json_t *v)
{
    json_t *to = json_array();
    size_t at;
    json_t *child;
    json_array_foreach(v, at, child)
    {
        json_array_append_new(to, copy(c, child));
    }
    return to;
}

/* A reference leads into the source's document, which does not come along: what it leads to takes
 * its place. */
static json_t *copy(copying_t *c, const json_t *v)
{
    str_t reference = json_member(v, "$ref");
    const json_t *behind = reference.n ? c->s->find(c->s->context, reference) : v;
    if (!json_is_object(v) && !json_is_array(v)) {
        return json_deep_copy(v);
    }
    if (c->depth == DEPTH_MAX || ++c->values > VALUES_MAX || !behind) {
        c->cut = true;
        return json_object();
    }
    c->depth++;
    json_t *to = json_is_array(behind) ? copy_array(c, behind) : copy_object(c, behind);
    c->depth--;
    return to;
}

static json_t *copy_told(const schema_source_t *s, const char *what, const json_t *value)
{
    copying_t c = {.s = s};
    json_t *to = copy(&c, value);
    if (c.cut) {
        report_note(
            s->report, "limit",
            "%s is cut: more than %d levels or %d values, or a reference that leads nowhere", what,
            DEPTH_MAX, VALUES_MAX);
    }
    return to;
}

json_t *schema_value_of(const schema_source_t *s, const json_t *value)
{
    return copy_told(s, "an example", value);
}

void extensions_take(const schema_source_t *s, const json_t *from, json_t *to)
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
            json_object_set_new(to, key, copy_told(s, key, value));
        }
    }
}
