/* SPDX-License-Identifier: MIT */
#include "definition/build/refer.h"

/* --- schemas behind $ref --- */

schema_type_t schema_type_of(const schema_t *schema)
{
    while (schema && schema->type == SCHEMA_ANY && schema->ref) {
        schema = schema->ref;
    }
    return schema ? schema->type : SCHEMA_ANY;
}

const json_t *schema_default_of(const schema_t *schema)
{
    while (schema && !schema->fallback && schema->ref) {
        schema = schema->ref;
    }
    return schema ? schema->fallback : NULL;
}

schema_format_t schema_format_of(const schema_t *schema)
{
    while (schema && schema->format == FORMAT_NONE && schema->ref) {
        schema = schema->ref;
    }
    return schema ? schema->format : FORMAT_NONE;
}

const schema_t *schema_items_of(const schema_t *schema)
{
    while (schema && !schema->items && schema->ref) {
        schema = schema->ref;
    }
    return schema ? schema->items : NULL;
}

/* --- connection --- */

static bool take_field(const field_t *field, refer_on_field_t *on_field, void *context)
{
    if (field && on_field) {
        on_field(context, field);
    }
    return field != NULL;
}

size_t refer_connection(const connector_t *c, const view_t *view, str_t name,
                        refer_on_field_t *on_field, void *context, bool *everywhere)
{
    const field_t *shared = fields_find(&c->parameters, name);
    size_t found = 0;
    *everywhere = true;
    for (size_t i = 0; i < c->auth_count; i++) {
        const auth_t *auth = &c->auths[i];
        if (view->auth && view->auth != auth) {
            continue;
        }
        const field_t *own = fields_find(&auth->parameters, name);
        bool is_there = own ? take_field(own, on_field, context) : shared != NULL;
        found += own != NULL;
        *everywhere = *everywhere && is_there;
    }
    /* An auth's own field stands before the shared one of its name. */
    if (shared && found < (view->auth ? 1 : c->auth_count)) {
        found += take_field(shared, on_field, context);
    }
    return found;
}

static void note_unsure(void *context, const field_t *field)
{
    bool *sure = context;
    *sure = *sure && field->sure;
}

/* --- input --- */

const field_t *refer_input(const connector_t *c, const view_t *view, str_t name)
{
    if (view->action) {
        return fields_find(&view->action->input, name);
    }
    const policy_t *policy = view->policy;
    for (size_t i = 0; policy && i < c->action_count; i++) {
        const field_t *field = fields_find(&c->actions[i].input, name);
        if (field && policy_is_for(policy, c->actions[i].name)) {
            return field;
        }
    }
    return NULL;
}

static const schema_property_t *property_of(const schema_t *schema, str_t name)
{
    for (; schema; schema = schema->ref) {
        for (size_t i = 0; i < schema->property_count; i++) {
            if (str_eq(schema->properties[i].name, name)) {
                return &schema->properties[i];
            }
        }
        for (size_t i = 0; i < schema->all_of_count; i++) {
            const schema_property_t *found = property_of(schema->all_of[i], name);
            if (found) {
                return found;
            }
        }
    }
    return NULL;
}

static bool refuses_others(const schema_t *schema)
{
    for (; schema; schema = schema->ref) {
        if (schema->additional_properties_refused) {
            return true;
        }
    }
    return false;
}

const schema_t *refer_member(const connector_t *c, const field_t *field, const expr_t *ref,
                             bool *sure, bool *known)
{
    const schema_t *schema = field->schema;
    *known = true;
    for (size_t i = 1; schema && i < ref->step_count; i++) { /* behind the field's name */
        str_t name = ref->steps[i].name;
        if (!name.p) {
            schema = schema_items_of(schema);
            continue;
        }
        const schema_property_t *property = property_of(schema, name);
        if (!property) {
            *known = !refuses_others(schema);
            return NULL;
        }
        bool filled = !c->required_defaults_only && schema_default_of(property->schema);
        *sure = *sure && (property->required || filled);
        schema = property->schema;
    }
    return schema;
}

/* --- steps --- */

const step_t *refer_step(const view_t *view, str_t name, size_t *index)
{
    for (size_t i = 0; view->steps && i < view->steps->count; i++) {
        if (str_eq(view->steps->list[i].name, name)) {
            *index = i;
            return &view->steps->list[i];
        }
    }
    return NULL;
}

/* --- what is known of a reference --- */

/* Answers, tokens and what a sign-in brings show only at run time: there an absence is reported. */
bool refer_is_sure(void *context, const expr_t *ref)
{
    const refer_context_t *in = context;
    bool sure = true;
    bool known;
    if (ref->step_count == 0 || !ref->steps[0].name.p) {
        return true;
    }
    str_t name = ref->steps[0].name;
    if (ref->root == ROOT_CONNECTION) {
        bool everywhere;
        size_t found = refer_connection(in->c, in->view, name, note_unsure, &sure, &everywhere);
        return found == 0 || (sure && everywhere);
    }
    const field_t *field = ref->root == ROOT_INPUT ? refer_input(in->c, in->view, name) : NULL;
    if (!field) {
        return true;
    }
    sure = field->sure;
    (void)refer_member(in->c, field, ref, &sure, &known);
    return sure;
}

static void note_type(void *context, const field_t *field)
{
    schema_type_t *type = context;
    *type = schema_type_of(field->schema);
}

schema_type_t refer_type(const connector_t *c, const view_t *view, const expr_t *ref)
{
    schema_type_t type = SCHEMA_ANY;
    bool unused;
    if (ref->step_count == 0 || !ref->steps[0].name.p) {
        return type;
    }
    str_t name = ref->steps[0].name;
    if (ref->root == ROOT_CONNECTION && ref->step_count == 1) {
        refer_connection(c, view, name, note_type, &type, &unused);
    } else if (ref->root == ROOT_INPUT) {
        const field_t *field = refer_input(c, view, name);
        const schema_t *schema = field ? refer_member(c, field, ref, &unused, &unused) : NULL;
        type = schema_type_of(schema);
    }
    return type;
}
