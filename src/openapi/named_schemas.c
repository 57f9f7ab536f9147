/* SPDX-License-Identifier: MIT */
/* The schemas that have names: those that the document refers to, no others, since platforms count
 * them (Power Platform takes 512). */
#include "openapi/flavour.h"

/* References found, and what they refer to. */
typedef struct search {
    document_t *d;
    map_t *found; /* name -> named_schema_t */
    const named_schema_t **queue;
    size_t queued;
} search_t;

json_t *named_schema_refer(const document_t *d, str_t name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("%s%.*s", d->flavour->schemas, STR_ARG(name)));
}

static const named_schema_t *find(const connector_t *c, str_t name)
{
    for (size_t i = 0; i < c->schema_count; i++) {
        if (str_eq(c->schemas[i].name, name)) {
            return &c->schemas[i];
        }
    }
    return NULL;
}

static void take(search_t *s, const named_schema_t *named)
{
    if (named && !map_get(s->found, named->name)) {
        map_set(s->found, named->name, (void *)(uintptr_t)named);
        s->queue[s->queued++] = named;
    }
}

static void note(search_t *s, str_t reference)
{
    str_t prefix = str_of(s->d->flavour->schemas);
    if (str_starts(reference, prefix)) {
        take(s, find(s->d->connector, str_slice(reference, prefix.n, reference.n)));
    }
}

/* As deep as the document, whose parts are as deep as a definition may be. */
static void search(search_t *s, const json_t *value)
{
    const char *key;
    size_t i;
    json_t *child;
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        if (strcmp(key, "$ref") == 0 && json_is_string(child)) {
            note(s, json_view(child));
        } else {
            search(s, child);
        }
    }
    json_array_foreach(value, i, child)
    {
        search(s, child);
    }
}

/* A schema that is nothing but a reference is refused by some readers. */
static json_t *write_named(document_t *d, const schema_t *schema)
{
    json_t *written = schema_write(d, schema);
    if (json_object_size(written) == 1 && json_object_get(written, "$ref")) {
        written = json_pack("{s:[o]}", "allOf", written);
    }
    return written;
}

/* Each may lead to more. */
static json_t *write_found(search_t *s)
{
    json_t *written = json_object();
    for (size_t i = 0; i < s->queued; i++) {
        json_t *schema = write_named(s->d, s->queue[i]->schema);
        search(s, schema);
        json_object_setn_new(written, s->queue[i]->name.p, s->queue[i]->name.n, schema);
    }
    return written;
}

json_t *named_schemas_write(document_t *d)
{
    const connector_t *c = d->connector;
    search_t s = {.d = d,
                  .found = map_new(),
                  .queue = arena_array_of(d->arena, const named_schema_t *, c->schema_count)};
    search(&s, d->paths);
    for (size_t i = 0; d->flavour->as_written && i < c->schema_count; i++) {
        take(&s, &c->schemas[i]);
    }
    json_t *written = write_found(&s);
    json_t *ordered = json_object();
    for (size_t i = 0; i < c->schema_count; i++) {
        str_t name = c->schemas[i].name;
        json_t *schema = json_object_getn(written, name.p, name.n);
        if (schema) {
            json_object_setn(ordered, name.p, name.n, schema);
        }
    }
    json_decref(written);
    map_free(s.found);
    return ordered;
}
