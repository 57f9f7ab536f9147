/* SPDX-License-Identifier: MIT */
/* Mirrors v2_schema.c, v2_alternatives.c and v2.c: what these leave out or say otherwise. */
#include "openapi/losses.h"

#include "base/arena.h"
#include "codec/json.h"
#include "openapi/flavour.h"

/* What each of them is. */
#define NO_SUCH_KEY "AdditionalPropertyNotAllowed"
#define MEMBERS_OF_ALL "one schema with the members of all alternatives"
static const openapi_loss_kind_t
    ANY_OF = {"anyOf", MEMBERS_OF_ALL, "write that schema, or an action for each alternative",
              NO_SUCH_KEY, true},
    ONE_OF = {"oneOf", MEMBERS_OF_ALL, "write that schema, or an action for each alternative",
              NO_SUCH_KEY, true},
    NULLABLE = {"nullable", "x-nullable says it, which few readers know",
                "let it be left out where there is no value", NO_SUCH_KEY, false},
    DISCRIMINATOR = {"discriminator", "left out: it has to be a required text",
                     "name a property of type string that is required",
                     "DiscriminatorMustBeARequiredStringProperty", false},
    WRITE_ONLY = {"writeOnly", "left out", "let an input and an answer have schemas of their own",
                  NO_SUCH_KEY, true},
    DEPRECATED = {"deprecated", "left out: of an action alone it can be said",
                  "say it in the description", NO_SUCH_KEY, true},
    FORMAT = {"format", "left out: Power Platform does not know it",
              "say it in the description, or by a pattern", "UnrecognizedTypeFormat", false},
    BYTES = {"binary", "the format is left out: bytes are a whole body, or a field of a form",
             "`format: byte` carries them in JSON", "InvalidStringBinaryProperty", false};
#define ONE_SUCCESS "its schema is left out: one success alone has one"
static const openapi_loss_kind_t
    SECOND_ANSWER = {"answers", ONE_SUCCESS, "let 200 or 201 say what both are",
                     "OperationHasManyResponsesWithSchema", false},
    OTHER_ANSWER = {"answers", ONE_SUCCESS, "let 200 or 201 have it, or say it in the description",
                    "SchemaDefinitionSetIncorrectly", false},
    DEFAULT_ANSWER = {"answers", ONE_SUCCESS, "say it in the description",
                      "DefaultResponseHasSchema", false},
    NEXT_LINK = {"next_link",
                 "not told: designers follow `nextLink` and `@odata.nextLink`, at the top of an "
                 "answer",
                 "put the link there by `policies`", "InvalidNextLinkNameValue", true},
    CALLBACK = {"callback", "what is sent later is x-ms-notification-content", "", NULL, false};

/* A place in the definition, linked to what holds it. */
typedef struct spot {
    const struct spot *up; /* NULL: the root */
    str_t key;             /* absent: an index */
    size_t index;
    str_t place; /* for people */
} spot_t;

typedef struct walk {
    arena_t *arena;
    str_t action;
    void (*on_loss)(void *context, const openapi_loss_t *loss);
    void *context;
} walk_t;

static spot_t spot_at(const spot_t *up, str_t key)
{
    return (spot_t){.up = up, .key = key, .place = up ? up->place : STR_NONE};
}

static void add_keys(const spot_t *at, json_t *keys)
{
    if (at) {
        add_keys(at->up, keys);
        json_array_append_new(keys,
                              at->key.p ? json_str(at->key) : json_integer((json_int_t)at->index));
    }
}

static void lose(const walk_t *w, const openapi_loss_kind_t *kind, const spot_t *at)
{
    json_t *keys = json_array();
    add_keys(at, keys);
    const openapi_loss_t loss = {kind, w->action, at->place, keys};
    w->on_loss(w->context, &loss);
    json_decref(keys);
}

static void lose_key(const walk_t *w, const openapi_loss_kind_t *kind, const spot_t *schema,
                     const char *key)
{
    const spot_t at = spot_at(schema, str_of(key));
    lose(w, kind, &at);
}

/* --- schemas: own keys, not what they refer to --- */

static void look_at(const walk_t *w, const schema_t *s, const spot_t *at);

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

static void look_at_keys(const walk_t *w, const schema_t *s, const spot_t *at)
{
    const struct {
        bool lost;
        const openapi_loss_kind_t *kind;
    } rows[] = {
        {s->any_of_count > 0, &ANY_OF},
        {s->one_of_count > 0, &ONE_OF},
        {s->nullable, &NULLABLE},
        {s->discriminator.n && !keeps_discriminator(s), &DISCRIMINATOR},
        {s->write_only, &WRITE_ONLY},
        {s->deprecated, &DEPRECATED},
        {s->format_name.n && !v2_knows_format(s->format_name), &FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].lost) {
            lose_key(w, rows[i].kind, at, rows[i].kind->what);
        }
    }
}

/* Within JSON. */
static void look_within(const walk_t *w, const schema_t *s, const spot_t *at)
{
    if (str_is(s->format_name, "binary")) {
        lose(w, &BYTES, at);
    }
    look_at(w, s, at);
}

static void look_at_all(const walk_t *w, const schema_t *const *list, size_t count,
                        const spot_t *schema, const char *key)
{
    const spot_t all = spot_at(schema, str_of(key));
    for (size_t i = 0; i < count; i++) {
        const spot_t at = {.up = &all, .index = i, .place = all.place};
        look_at(w, list[i], &at);
    }
}

static void look_at_members(const walk_t *w, const schema_t *s, const spot_t *schema)
{
    const spot_t all = spot_at(schema, STR("properties"));
    for (size_t i = 0; i < s->property_count; i++) {
        const schema_property_t *p = &s->properties[i];
        spot_t at = spot_at(&all, p->name);
        at.place = arena_printf(w->arena, "%.*s.%.*s", STR_ARG(schema->place), STR_ARG(p->name));
        look_within(w, p->schema, &at);
    }
    if (s->items) {
        spot_t at = spot_at(schema, STR("items"));
        at.place = arena_printf(w->arena, "%.*s[]", STR_ARG(schema->place));
        look_within(w, s->items, &at);
    }
    if (s->additional_properties) {
        spot_t at = spot_at(schema, STR("additionalProperties"));
        at.place = arena_printf(w->arena, "%.*s.*", STR_ARG(schema->place));
        look_within(w, s->additional_properties, &at);
    }
}

/* As deep as a definition may be. */
static void look_at(const walk_t *w, const schema_t *s, const spot_t *at)
{
    look_at_keys(w, s, at);
    look_at_members(w, s, at);
    look_at_all(w, s->all_of, s->all_of_count, at, "allOf");
    look_at_all(w, s->any_of, s->any_of_count, at, "anyOf");
    look_at_all(w, s->one_of, s->one_of_count, at, "oneOf");
}

/* --- inputs --- */

static void look_at_input(const walk_t *w, const field_t *f, const spot_t *input)
{
    spot_t at = spot_at(input, f->name);
    at.place = arena_printf(w->arena, "input %.*s", STR_ARG(f->name));
    if (f->in == IN_JSON) {
        look_within(w, f->schema, &at);
    } else {
        look_at(w, f->schema, &at);
    }
}

/* --- answers --- */

static bool keeps_schema(int status)
{
    return status == 200 || status == 201;
}

/* The first success carries the output (answers.c). */
static int status_of_output(const action_t *a)
{
    for (size_t i = 0; i < a->response_count; i++) {
        int status = a->responses[i].status;
        if (status / 100 == 2 && status != 204) {
            return status;
        }
    }
    return 200;
}

/* One answer alone keeps its schema: a success of 200 or 201. */
static int kept_status(const action_t *a)
{
    for (size_t i = 0; i < a->response_count && !a->output; i++) {
        const response_definition_t *r = &a->responses[i];
        if (r->schema && keeps_schema(r->status)) {
            return r->status;
        }
    }
    return -1;
}

static void look_at_answers(const walk_t *w, const action_t *a, const spot_t *action)
{
    const spot_t all = spot_at(action, STR("responses"));
    int kept = kept_status(a);
    for (size_t i = 0; i < a->response_count; i++) {
        const response_definition_t *r = &a->responses[i];
        str_t status = r->status ? arena_printf(w->arena, "%d", r->status) : STR("default");
        const spot_t answer = spot_at(&all, status);
        spot_t at = spot_at(&answer, STR("schema"));
        at.place = arena_printf(w->arena, "answer %.*s", STR_ARG(status));
        if (r->schema && r->status != kept) {
            lose(w,
                 r->status == 0            ? &DEFAULT_ANSWER
                 : keeps_schema(r->status) ? &SECOND_ANSWER
                                           : &OTHER_ANSWER,
                 &at);
        } else if (r->schema) {
            look_at(w, r->schema, &at);
        }
    }
}

static void look_at_output(const walk_t *w, const action_t *a, const spot_t *action)
{
    spot_t at = spot_at(action, STR("output"));
    at.place = STR("output");
    if (a->output && !keeps_schema(status_of_output(a))) {
        lose(w, &OTHER_ANSWER, &at);
    } else if (a->output) {
        look_at(w, a->output, &at);
    }
}

/* --- the whole --- */

static void look_at_trigger(const walk_t *w, const action_t *a, const spot_t *action)
{
    spot_t at = spot_at(action, STR("trigger"));
    spot_t content = spot_at(&at, STR("content"));
    at.place = STR("trigger");
    content.place = STR("trigger content");
    if (a->trigger.kind == TRIGGER_WEBHOOK) {
        lose(w, &CALLBACK, &at);
        look_at(w, a->trigger.content, &content);
    }
}

static void look_at_action(walk_t *w, const action_t *a, const spot_t *actions)
{
    spot_t at = spot_at(actions, a->name);
    const spot_t input = spot_at(&at, STR("input"));
    w->action = a->name;
    for (size_t i = 0; i < a->input.count; i++) {
        look_at_input(w, &a->input.list[i], &input);
    }
    if (a->next_link && !designers_link(a).p && !json_object_get(a->extensions, "x-ms-pageable")) {
        at.place = STR("next_link");
        lose_key(w, &NEXT_LINK, &at, "next_link");
    }
    look_at_answers(w, a, &at);
    look_at_output(w, a, &at);
    look_at_trigger(w, a, &at);
}

void openapi_losses(const connector_t *c,
                    void (*on_loss)(void *context, const openapi_loss_t *loss), void *context)
{
    walk_t w = {arena_new(0), STR_NONE, on_loss, context};
    const spot_t actions = spot_at(NULL, STR("actions")), schemas = spot_at(NULL, STR("schemas"));
    for (size_t i = 0; i < c->action_count; i++) {
        look_at_action(&w, &c->actions[i], &actions);
    }
    w.action = STR_NONE;
    for (size_t i = 0; i < c->schema_count; i++) {
        spot_t at = spot_at(&schemas, c->schemas[i].name);
        at.place = arena_printf(w.arena, "schema %.*s", STR_ARG(c->schemas[i].name));
        look_at(&w, c->schemas[i].schema, &at);
    }
    arena_free(w.arena);
}
