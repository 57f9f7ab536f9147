/* SPDX-License-Identifier: MIT */
/* The schemas that have names: those that operations lead to, no others, since platforms count them
 * (Power Platform takes 512). */
#include "openapi/flavour.h"

static const named_schema_t *find(const connector_t *c, str_t name)
{
    for (size_t i = 0; i < c->schema_count; i++) {
        if (str_eq(c->schemas[i].name, name)) {
            return &c->schemas[i];
        }
    }
    return NULL;
}

json_t *named_schema_refer(document_t *d, str_t name)
{
    const named_schema_t *named = map_get(d->used, name);
    if (!named) {
        named = find(d->connector, name);
        map_set(d->used, name, (void *)(uintptr_t)named); /* the loader has found it, too */
        d->queue[d->queued++] = name;
    }
    return json_pack("{s:o}", "$ref", json_sprintf("%s%.*s", d->flavour->schemas, STR_ARG(name)));
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

/* In the order of their first use, each of which may use more. */
static void write_queue(document_t *d, json_t *to)
{
    while (d->written < d->queued) {
        str_t name = d->queue[d->written++];
        const named_schema_t *named = map_get(d->used, name);
        json_object_setn_new(to, name.p, name.n, write_named(d, named->schema));
    }
}

json_t *named_schemas_write(document_t *d)
{
    json_t *written = json_object();
    json_t *ordered = json_object();
    write_queue(d, written);
    for (size_t i = 0; i < d->connector->schema_count; i++) {
        str_t name = d->connector->schemas[i].name;
        json_t *schema = json_object_getn(written, name.p, name.n);
        if (schema) {
            json_object_setn(ordered, name.p, name.n, schema);
        }
    }
    json_decref(written);
    return ordered;
}
