/* SPDX-License-Identifier: MIT */
/* The member of a body that takes the address to which a webhook trigger is sent later: whoever
 * makes the flow does not see it, the platform fills it in. */
#include "openapi/document.h"

enum { POINTER_MAX = 1024, DEPTH_MAX = 32 };

static bool is_address(const schema_t *schema)
{
    return json_is_true(schema_extension(schema, "x-ms-notification-url"));
}

/* --- whether there is one --- */

typedef enum { UNKNOWN, NOT_THERE, THERE } finding_t;

static bool search(document_t *d, const schema_t *schema);

static bool search_parts(document_t *d, const schema_t *schema)
{
    bool found = is_address(schema) || (schema->ref && search(d, schema->ref));
    for (size_t i = 0; !found && i < schema->property_count; i++) {
        found = search(d, schema->properties[i].schema);
    }
    return found;
}

/* Each schema once. One that holds itself brings nothing along that way: nobody could fill that in.
 */
static bool search(document_t *d, const schema_t *schema)
{
    str_t address = str_at(&schema, sizeof(schema));
    finding_t known = (finding_t)(uintptr_t)map_get(d->notified, address);
    if (known == UNKNOWN) {
        map_set(d->notified, address, (void *)(uintptr_t)NOT_THERE);
        known = search_parts(d, schema) ? THERE : NOT_THERE;
        map_set(d->notified, address, (void *)(uintptr_t)known); /* a number, never a pointer */
    }
    return known == THERE;
}

bool schema_takes_notification(document_t *d, const schema_t *schema)
{
    return search(d, schema);
}

/* --- where it is --- */

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

/* The first property on the way, of the schema or of one that it refers to. */
static const schema_property_t *next_on_way(document_t *d, const schema_t *schema)
{
    for (; schema; schema = schema->ref) {
        for (size_t i = 0; i < schema->property_count; i++) {
            if (search(d, schema->properties[i].schema)) {
                return &schema->properties[i];
            }
        }
    }
    return NULL;
}

static void add_way(document_t *d, const schema_t *schema, buf_t *to)
{
    for (unsigned depth = 0; schema && !is_address(schema) && depth < DEPTH_MAX; depth++) {
        const schema_property_t *property = next_on_way(d, schema);
        if (property) {
            add_token(to, property->name);
        }
        schema = property ? property->schema : NULL;
    }
}

str_t notification_pointer(document_t *d, const action_t *action)
{
    buf_t pointer;
    buf_init(&pointer, POINTER_MAX);
    for (size_t i = 0; pointer.n == 0 && i < action->input.count; i++) {
        const field_t *f = &action->input.list[i];
        bool in_body = f->in == IN_JSON || f->in == IN_BODY;
        if (in_body && search(d, f->schema)) {
            if (f->in == IN_JSON) {
                add_token(&pointer, f->name);
            }
            add_way(d, f->schema, &pointer);
        }
    }
    str_t found = pointer.n ? arena_str(d->arena, buf_view(&pointer)) : STR_NONE;
    buf_fini(&pointer);
    return found;
}
