/* SPDX-License-Identifier: MIT */
/* Inputs of an action (FORMAT 4 and 7): their names, and fields of places that take scalars. */
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/call.h"
#include "import/openapi/scheme.h"

enum { INPUTS_MAX = 500 }; /* FORMAT 11 */

/* --- names --- */

/* Quotes and brackets would end a reference of a template; a path takes still less. */
static bool is_name(str_t name, bool path)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < ' ' || c == '\'' || c == '\\' || (path && (c == ' ' || strchr("?#*{}", c)))) {
            return false;
        }
    }
    return name.n > 0;
}

static void rename_variable(call_t *c, str_t wire, str_t ours)
{
    str_t from = arena_printf(c->s->arena, "{%.*s}", STR_ARG(wire));
    size_t at = str_find(c->path, from, 0);
    if (at != SIZE_MAX) {
        str_t rest = str_slice(c->path, at + from.n, c->path.n);
        c->path = arena_printf(c->s->arena, "%.*s{%.*s}%.*s", (int)at, c->path.p, STR_ARG(ours),
                               STR_ARG(rest));
    }
}

/* Another name for the caller; the request keeps the wire's. */
static void keep_on_wire(call_t *c, str_t wire, str_t ours, const char *place)
{
    if (strcmp(place, "path") == 0) {
        rename_variable(c, wire, ours);
        return;
    }
    const char *key = strcmp(place, "header") == 0 ? "headers" : place;
    json_t *to = json_child(json_child(c->action, "request"), key);
    json_object_setn_new(
        to, wire.p, wire.n,
        json_str(compose_expression_in(c->s->arena, name_of_input_in(c->s->arena, ours))));
}

static bool is_free(const call_t *c, str_t name, const char *place)
{
    bool form = strcmp(place, "form") == 0;
    return !json_object_getn(c->input, name.p, name.n) &&
           (form || !json_object_getn(c->reserved, name.p, name.n));
}

bool call_takes(call_t *c, size_t inputs)
{
    bool taken = inputs <= INPUTS_MAX;
    if (!taken) {
        report_refuse(c->s->report, c->name, "limit", "an action takes %d inputs", INPUTS_MAX);
    }
    return taken;
}

void call_add_input(call_t *c, str_t wire, const char *place, json_t *field)
{
    if (!call_takes(c, json_object_size(c->input) + 1)) {
        json_decref(field);
        return;
    }
    bool path = strcmp(place, "path") == 0, header = strcmp(place, "header") == 0;
    bool good = is_name(wire, path) && is_free(c, wire, place) &&
                !(header && name_is_reserved_header(wire));
    str_t ours = wire;
    if (!good) {
        str_t plain = name_plain_in(c->s->arena, wire, 60);
        str_t other = arena_printf(c->s->arena, "%s_%s", plain.p, place);
        ours = name_free_in(c->s->arena, is_name(wire, path) ? other : plain, c->input);
        keep_on_wire(c, wire, ours, place);
        report_warn(c->s->report, c->name, "renamed", "%.*s (%s) is the input %s", STR_ARG(wire),
                    place, ours.p);
    }
    json_object_set_new(field, "in", json_string(place));
    json_object_setn_new(c->input, ours.p, ours.n, field);
}

/* --- fields --- */

/* Alternatives of several types: a text says each of them. */
static void make_text(call_t *c, json_t *field)
{
    static const char *const dropped[] = {"anyOf", "oneOf", "allOf", "enum", "const", "default"};
    bool any = false;
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        any = any || (i < 3 && json_object_get(field, dropped[i]));
    }
    for (size_t i = 0; any && i < sizeof dropped / sizeof *dropped; i++) {
        json_object_del(field, dropped[i]);
    }
    if (any) {
        report_warn(c->s->report, c->name, "schema", "alternatives of a parameter are a text");
    }
    json_object_set_new(field, "type", json_string("string"));
}

static bool is_scalar(str_t kind)
{
    return kind.p && !str_is(kind, "array") && !str_is(kind, "object");
}

static void make_secret(json_t *field)
{
    bool free = !json_object_get(field, "default") && !json_object_get(field, "enum") &&
                !json_object_get(field, "$ref") && !json_object_get(field, "const");
    if (free && str_is(json_member(field, "format"), "password")) {
        json_object_del(field, "format");
        json_object_del(field, "example");
        json_object_set_new(field, "secret", json_true());
    }
}

json_t *call_scalar_field(call_t *c, const json_t *schema, str_t description)
{
    json_t *field = schema_take(&c->s->schemas, schema, c->name);
    str_t kind = schema_kind(c->s, schema);
    if (!json_object_get(field, "type") && !json_object_get(field, "$ref")) {
        if (is_scalar(kind)) {
            json_object_set_new(field, "type", json_str(kind));
        } else {
            make_text(c, field);
        }
    }
    make_secret(field);
    if (description.n) {
        json_object_set_new(field, "description", json_str(description));
    }
    return field;
}

json_t *call_text_field(call_t *c, const json_t *schema, str_t description, const char *how)
{
    const json_t *behind = bundle_follow(c->s->bundle, schema);
    str_t told = description.n ? description : json_member(behind, "description");
    json_t *field = json_object();
    json_object_set_new(field, "description",
                        json_sprintf("%.*s%s%s", STR_ARG(told), told.n ? " " : "", how));
    json_object_set_new(field, "type", json_string("string"));
    return field;
}
