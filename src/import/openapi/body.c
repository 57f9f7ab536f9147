/* SPDX-License-Identifier: MIT */
/* The body of a request (OpenAPI 3.1, 4.8.13): JSON, a form, a text, or bytes. */
#include "import/names.h"
#include "import/openapi/call.h"

static const json_t *body_of(const call_t *c)
{
    return bundle_follow(c->s->bundle, json_object_get(c->from, "requestBody"));
}

static const json_t *content_of(const call_t *c)
{
    return json_object_get(body_of(c), "content");
}

const json_t *call_form(const call_t *c)
{
    str_t type = media_choose(content_of(c));
    return media_is_form(type) ? json_object_getn(content_of(c), type.p, type.n) : NULL;
}

/* --- whole bodies --- */

/* `required: true` is the field's own, so that a list of members has to go elsewhere. */
static json_t *with_required(json_t *field, bool required)
{
    bool listed = json_is_array(json_object_get(field, "required"));
    if (required && listed && !schema_spread_required(field)) {
        return json_pack("{s:[o]}", "allOf", field);
    }
    return field;
}

static json_t *json_field(call_t *c, const json_t *schema, bool required)
{
    return with_required(schema ? schema_take(&c->s->schemas, schema, c->name) : json_object(),
                         required);
}

static json_t *raw_field(call_t *c, const json_t *schema, str_t type)
{
    const json_t *behind = bundle_follow(c->s->bundle, schema);
    str_t kind = schema_kind(c->s, schema);
    bool structured = str_is(kind, "object") || str_is(kind, "array");
    json_t *field = json_pack("{s:s}", "type", "string");
    json_add_text(field, "description", json_member(behind, "description"));
    if (!media_is_text(type) || schema_is_binary(c->s, schema)) {
        json_object_set_new(field, "format", json_string("binary"));
    }
    if (structured) {
        report_warn(c->s->report, c->name, "media_type", "the body is a text of type %.*s",
                    STR_ARG(type));
    }
    return field;
}

/* Any type at all: JSON, where there is structure. */
static str_t settled_type(const call_t *c, str_t type, const json_t *schema)
{
    bool any = str_index(type, '*') != SIZE_MAX;
    return any && schema && !schema_is_binary(c->s, schema) ? STR("application/json")
           : any                                            ? STR("application/octet-stream")
                                                            : type;
}

static void add_texts(call_t *c, const json_t *body, const json_t *media, json_t *field)
{
    bool described = json_object_get(field, "description") != NULL;
    json_add_text(field, "description",
                  described ? json_member(field, "description") : json_member(body, "description"));
    if (json_object_get(media, "example") && !json_object_get(field, "example")) {
        json_object_set_new(field, "example",
                            schema_value_of(&c->s->schemas, json_object_get(media, "example")));
    }
    extensions_take(&c->s->schemas, body, field);
}

static void add_whole(call_t *c, const json_t *body, str_t type)
{
    const json_t *content = json_object_get(body, "content");
    const json_t *media = json_object_getn(content, type.p, type.n);
    const json_t *schema = json_object_get(media, "schema");
    bool required = schema_is_true(json_object_get(body, "required"));
    type = settled_type(c, type, schema);
    bool binary = schema_is_binary(c->s, schema);
    json_t *field = media_is_json(type) && !binary ? json_field(c, schema, required)
                                                   : raw_field(c, schema, type);
    str_t name = c->s->is_v2 ? json_member(body, "name") : STR_NONE;
    name = name_free_in(c->s->arena, name_plain_in(c->s->arena, name.n ? name : STR("body"), 60),
                        c->input);
    add_texts(c, body, media, field);
    json_object_set_new(field, "in", json_string("body"));
    json_add_flag(field, "required", required);
    json_object_set_new(c->input, name.p, field);
    type = media_is_json(type) && binary ? STR("application/octet-stream") : type;
    if (!str_is(type, "application/json")) {
        json_object_set_new(c->action, "input_type", json_str(type));
    }
}

/* --- the whole --- */

static void tell_others(call_t *c, const json_t *content, str_t chosen)
{
    str_t list = STR("");
    const char *type;
    json_t *media;
    json_object_foreach((json_t *)(uintptr_t)content, type, media)
    {
        (void)media;
        if (!str_is(chosen, type)) {
            list = arena_printf(c->s->arena, "%s%s%s", list.p, list.n ? ", " : "", type);
        }
    }
    if (list.n) {
        report_tell(c->s->report, c->name, "media_type", "the body is sent as %.*s, not as %s",
                    STR_ARG(chosen), list.p);
    }
}

static bool takes_none(call_t *c, const json_t *body)
{
    bool none = str_is(c->method, "GET") || str_is(c->method, "HEAD");
    bool required = schema_is_true(json_object_get(body, "required"));
    if (none && required) {
        report_refuse(c->s->report, c->name, "body", "%s with a body", c->method.p);
    } else if (none) {
        report_warn(c->s->report, c->name, "body", "%s with a body: it is left out", c->method.p);
    }
    return none;
}

void call_add_body(call_t *c)
{
    const json_t *body = body_of(c), *content = json_object_get(body, "content");
    str_t type = media_choose(content);
    bool required = schema_is_true(json_object_get(body, "required"));
    if (!body && json_object_get(c->from, "requestBody")) {
        report_refuse(c->s->report, c->name, "reference", "the body leads nowhere");
    }
    if (!type.n || takes_none(c, body)) {
        return;
    }
    tell_others(c, content, type);
    if (media_is_form(type)) {
        call_add_form(c, call_form(c), type, required || c->s->is_v2);
    } else {
        add_whole(c, body, type);
    }
}
