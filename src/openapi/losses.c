/* SPDX-License-Identifier: MIT */
/* Mirrors v2_schema.c, v2_alternatives.c and v2.c: what these leave out or say otherwise. */
#include "openapi/losses.h"

#include "base/arena.h"
#include "openapi/flavour.h"

typedef struct walk {
    arena_t *arena;
    str_t action;
    void (*on_loss)(void *context, const openapi_loss_t *loss);
    void *context;
} walk_t;

static void lose(const walk_t *w, const char *what, str_t place, const char *how)
{
    const openapi_loss_t loss = {w->action, what, place, how};
    w->on_loss(w->context, &loss);
}

/* --- schemas: own keys, not what they refer to --- */

static void look_at(const walk_t *w, const schema_t *s, str_t place);

static bool keeps_discriminator(const schema_t *s)
{
    for (size_t i = 0; i < s->property_count; i++) {
        const schema_property_t *p = &s->properties[i];
        if (str_eq(p->name, s->discriminator)) {
            return p->required && p->schema->type == SCHEMA_STRING;
        }
    }
    return false;
}

static void look_at_keys(const walk_t *w, const schema_t *s, str_t place)
{
    if (s->any_of_count > 0) {
        lose(w, "anyOf", place, "one schema with the members of all alternatives");
    }
    if (s->one_of_count > 0) {
        lose(w, "oneOf", place, "one schema with the members of all alternatives");
    }
    if (s->nullable) {
        lose(w, "nullable", place, "x-nullable says it, which few readers know");
    }
    if (s->discriminator.n && !keeps_discriminator(s)) {
        lose(w, "discriminator", place, "left out: it has to be a required text");
    }
    if (s->write_only) {
        lose(w, "writeOnly", place, "left out");
    }
    if (s->format_name.n && !v2_knows_format(s->format_name)) {
        lose(w, "format", place, "left out: Power Platform does not know it");
    }
}

static void look_at_all(const walk_t *w, const schema_t *const *list, size_t count, str_t place)
{
    for (size_t i = 0; i < count; i++) {
        look_at(w, list[i], place);
    }
}

static void look_at_members(const walk_t *w, const schema_t *s, str_t place)
{
    for (size_t i = 0; i < s->property_count; i++) {
        const schema_property_t *p = &s->properties[i];
        look_at(w, p->schema,
                arena_printf(w->arena, "%.*s.%.*s", STR_ARG(place), STR_ARG(p->name)));
    }
    if (s->items) {
        look_at(w, s->items, arena_printf(w->arena, "%.*s[]", STR_ARG(place)));
    }
    if (s->additional_properties) {
        look_at(w, s->additional_properties, arena_printf(w->arena, "%.*s.*", STR_ARG(place)));
    }
}

/* As deep as a definition may be. */
static void look_at(const walk_t *w, const schema_t *s, str_t place)
{
    look_at_keys(w, s, place);
    look_at_members(w, s, place);
    look_at_all(w, s->all_of, s->all_of_count, place);
    look_at_all(w, s->any_of, s->any_of_count, place);
    look_at_all(w, s->one_of, s->one_of_count, place);
}

/* --- actions --- */

/* One answer alone keeps its schema: a success of 200 or 201. */
static int kept_status(const action_t *a)
{
    for (size_t i = 0; i < a->response_count && !a->output; i++) {
        const response_definition_t *r = &a->responses[i];
        if (r->schema && (r->status == 200 || r->status == 201)) {
            return r->status;
        }
    }
    return a->output ? 200 : -1;
}

static void look_at_answers(const walk_t *w, const action_t *a)
{
    int kept = kept_status(a);
    for (size_t i = 0; i < a->response_count; i++) {
        const response_definition_t *r = &a->responses[i];
        str_t place =
            r->status ? arena_printf(w->arena, "answer %d", r->status) : STR("answer default");
        if (r->schema && (r->status != kept || a->output)) {
            lose(w, "answers", place, "its schema is left out: one success alone has one");
        } else if (r->schema) {
            look_at(w, r->schema, place);
        }
    }
    if (a->output) {
        look_at(w, a->output, STR("output"));
    }
}

static void look_at_action(walk_t *w, const action_t *a)
{
    w->action = a->name;
    for (size_t i = 0; i < a->input.count; i++) {
        const field_t *f = &a->input.list[i];
        look_at(w, f->schema, arena_printf(w->arena, "input %.*s", STR_ARG(f->name)));
    }
    look_at_answers(w, a);
    if (a->trigger.kind == TRIGGER_WEBHOOK) {
        lose(w, "callback", STR("trigger"), "what is sent later is x-ms-notification-content");
        look_at(w, a->trigger.content, STR("trigger content"));
    }
}

void openapi_losses(const connector_t *c,
                    void (*on_loss)(void *context, const openapi_loss_t *loss), void *context)
{
    walk_t w = {arena_new(0), STR_NONE, on_loss, context};
    for (size_t i = 0; i < c->action_count; i++) {
        look_at_action(&w, &c->actions[i]);
    }
    w.action = STR_NONE;
    for (size_t i = 0; i < c->schema_count; i++) {
        look_at(&w, c->schemas[i].schema,
                arena_printf(w.arena, "schema %.*s", STR_ARG(c->schemas[i].name)));
    }
    arena_free(w.arena);
}
