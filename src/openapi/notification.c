/* SPDX-License-Identifier: MIT */
/* The member of a body that takes the address to which a webhook trigger is sent later: whoever
 * makes the flow does not see it, the platform fills it in. It is looked for by the shortest way,
 * which no schema that holds itself can lead astray. */
#include "openapi/document.h"

enum { POINTER_MAX = 1024, WAY_MAX = 32 /* members, one within the other */ };

/* --- how far it is --- */

/* Members down to the address; WAY_MAX: there is none. A reference is as far as is known so far. */
static unsigned distance(const document_t *d, const schema_t *schema)
{
    if (json_is_true(json_object_get(schema->extensions, "x-ms-notification-url"))) {
        return 0;
    }
    uintptr_t known = schema->ref ? (uintptr_t)map_get(d->distances, schema->ref_name) : 0;
    unsigned least = known ? (unsigned)known - 1 : WAY_MAX;
    for (size_t i = 0; i < schema->property_count; i++) {
        unsigned more = 1 + distance(d, schema->properties[i].schema);
        least = more < least ? more : least;
    }
    return least;
}

/* Once over the named schemas; false where nothing new came out. */
static bool measure(document_t *d)
{
    bool news = false;
    for (size_t i = 0; i < d->connector->schema_count; i++) {
        const named_schema_t *named = &d->connector->schemas[i];
        unsigned before = (unsigned)(uintptr_t)map_get(d->distances, named->name);
        unsigned now = distance(d, named->schema);
        if (now < WAY_MAX && now + 1 != before) {
            map_set(d->distances, named->name, (void *)(uintptr_t)(now + 1)); /* never a pointer */
            news = true;
        }
    }
    return news;
}

void notification_measure(document_t *d)
{
    for (unsigned i = 0; i < WAY_MAX && measure(d); i++) {
    }
}

bool schema_takes_notification(const document_t *d, const schema_t *schema)
{
    return distance(d, schema) < WAY_MAX;
}

/* --- the way --- */

const schema_property_t *notification_property(const document_t *d, const schema_t *schema)
{
    const schema_property_t *nearest = NULL;
    unsigned least = WAY_MAX;
    for (size_t i = 0; i < schema->property_count; i++) {
        unsigned far = distance(d, schema->properties[i].schema);
        if (far < least) {
            nearest = &schema->properties[i];
            least = far;
        }
    }
    return nearest;
}

const field_t *notification_field(const document_t *d, const action_t *action)
{
    const field_t *nearest = NULL;
    unsigned least = WAY_MAX;
    for (size_t i = 0; i < action->input.count; i++) {
        const field_t *f = &action->input.list[i];
        unsigned far = f->in == IN_JSON || f->in == IN_BODY ? distance(d, f->schema) : WAY_MAX;
        if (far < least) {
            nearest = f;
            least = far;
        }
    }
    return nearest;
}

/* RFC 6901 3. */
static void add_token(buf_t *to, str_t name)
{
    buf_char(to, '/');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~' || name.p[i] == '/') {
            buf_lit(to, name.p[i] == '~' ? "~0" : "~1");
        } else {
            buf_char(to, name.p[i]);
        }
    }
}

/* The member may stand in what the schema refers to. */
static const schema_t *add_step(const document_t *d, const schema_t *schema, buf_t *to)
{
    for (; schema; schema = schema->ref) {
        const schema_property_t *property = notification_property(d, schema);
        if (property) {
            add_token(to, property->name);
            return property->schema;
        }
    }
    return NULL;
}

str_t notification_pointer(const document_t *d, const action_t *action)
{
    const field_t *f = notification_field(d, action);
    buf_t pointer;
    buf_init(&pointer, POINTER_MAX);
    if (f && f->in == IN_JSON) {
        add_token(&pointer, f->name);
    }
    const schema_t *schema = f ? f->schema : NULL;
    for (unsigned i = 0; schema && i < WAY_MAX; i++) {
        schema = add_step(d, schema, &pointer);
    }
    str_t found = pointer.n ? arena_str(d->arena, buf_view(&pointer)) : STR_NONE;
    buf_fini(&pointer);
    return found;
}
