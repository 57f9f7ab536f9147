/* SPDX-License-Identifier: MIT */
/* Parameters of an operation as inputs of FORMAT 4 and 7. */
#include "import/compose.h"
#include "import/names.h"
#include "import/powerplatform/operation.h"
#include "import/schema.h"

str_t input_reference(const operation_t *o, str_t name)
{
    return name_of_input_in(o->s->arena, name);
}

/* --- names --- */

/* Another name for the caller; the request keeps the wire's. */
static void rename_for_caller(operation_t *o, str_t wire, str_t ours, str_t in)
{
    const char *place = str_is(in, "query")      ? "query"
                        : str_is(in, "header")   ? "headers"
                        : str_is(in, "formData") ? "form"
                                                 : NULL;
    if (place) {
        json_t *to = json_child(json_child(o->action, "request"), place);
        json_object_setn_new(
            to, wire.p, wire.n,
            json_str(compose_expression_in(o->s->arena, input_reference(o, ours))));
    }
    dynamic_note(o, wire, ours);
    report_warn(o->s->report, o->name, "renamed", "%.*s (%.*s) is the input %.*s", STR_ARG(wire),
                STR_ARG(in), STR_ARG(ours));
}

/* What may stand in the path of an action. */
static bool is_variable(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] <= ' ' || strchr("?#*\\{}", name.p[i])) {
            return false;
        }
    }
    return true;
}

static str_t rename_variable(operation_t *o, str_t wire)
{
    json_t *input = json_object_get(o->action, "input");
    str_t ours = name_free_in(o->s->arena, name_plain_in(o->s->arena, wire, 60), input);
    str_t from = arena_printf(o->s->arena, "{%.*s}", STR_ARG(wire));
    size_t at = str_find(o->path, from, 0);
    dynamic_note(o, wire, ours);
    if (at != SIZE_MAX) {
        str_t rest = str_slice(o->path, at + from.n, o->path.n);
        o->path = arena_printf(o->s->arena, "%.*s{%.*s}%.*s", (int)at, o->path.p, STR_ARG(ours),
                               STR_ARG(rest));
    }
    report_warn(o->s->report, o->name, "renamed", "{%.*s} is the input %.*s", STR_ARG(wire),
                STR_ARG(ours));
    return ours;
}

/* RFC 9110 5.6.2. */
static bool is_token(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!ascii_is_alnum(c) && !(c && strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return name.n > 0;
}

/* --- one parameter --- */

static json_t *field_of(operation_t *o, const json_t *parameter)
{
    static const char *const other[] = {"name",   "in",      "collectionFormat", "allowEmptyValue",
                                        "schema", "required"};
    json_t *copy = json_copy((json_t *)(uintptr_t)parameter);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        json_object_del(copy, other[i]);
    }
    json_t *field = schema_import(o->s, copy, o->name);
    json_decref(copy);
    return field;
}

static void add_encoding(const json_t *parameter, str_t in, json_t *field)
{
    str_t format = json_member(parameter, "collectionFormat");
    str_t encoding = json_member(parameter, "x-ms-url-encoding");
    if (str_is(json_member(field, "type"), "array")) {
        json_add_text(field, "collectionFormat", str_is(format, "csv") ? STR_NONE : format);
    }
    if (str_is(in, "path")) { /* elsewhere it says nothing, and stays as it is */
        json_object_del(field, "x-ms-url-encoding");
        json_add_text(field, "url_encoding", str_is(encoding, "double") ? encoding : STR_NONE);
    }
}

static str_t place_of(str_t in)
{
    return str_is(in, "formData") ? STR("form") : in;
}

static void add_value(operation_t *o, const json_t *parameter, str_t name, str_t in)
{
    json_t *input = json_object_get(o->action, "input"), *field = field_of(o, parameter);
    bool taken = json_object_getn(input, name.p, name.n) != NULL;
    str_t ours = name;
    if (str_is(in, "path") && (taken || !is_variable(name))) {
        ours = rename_variable(o, name);
    } else if (taken || (str_is(in, "header") && name_is_reserved_header(name))) {
        ours = name_free_in(
            o->s->arena, arena_printf(o->s->arena, "%.*s_%.*s", STR_ARG(name), STR_ARG(in)), input);
        rename_for_caller(o, name, ours, in);
    }
    if (!json_object_get(field, "type") && !json_object_get(field, "$ref")) {
        json_object_set_new(field, "type", json_string("string"));
    }
    json_object_set_new(field, "in", json_str(place_of(in)));
    json_add_flag(field, "required",
                  str_is(in, "path") || is_true(json_object_get(parameter, "required")));
    add_encoding(parameter, in, field);
    json_object_setn_new(input, ours.p, ours.n, field);
}

static void add_body(operation_t *o, const json_t *parameter, str_t name)
{
    json_t *input = json_object_get(o->action, "input");
    const json_t *schema = json_object_get(parameter, "schema");
    json_t *field = json_is_object(schema) ? schema_import(o->s, schema, o->name) : json_object();
    name = name.n ? name : STR("body");
    str_t ours = name_free_in(o->s->arena, name, input);
    bool required = is_true(json_object_get(parameter, "required"));
    bool listed = json_is_array(json_object_get(field, "required"));
    if (required && listed && !schema_spread_required(field)) {
        json_t *within = json_pack("{s:[o]}", "allOf", field);
        field = within;
    }
    json_add_text(field, "title",
                  json_object_get(field, "title") ? json_member(field, "title")
                                                  : json_member(parameter, "x-ms-summary"));
    json_add_text(field, "description",
                  json_object_get(field, "description") ? json_member(field, "description")
                                                        : json_member(parameter, "description"));
    json_object_set_new(field, "in", json_string("body"));
    json_add_flag(field, "required", required);
    extensions_import(o->s, parameter, field);
    if (json_equal(json_object_get(field, "x-ms-summary"), json_object_get(field, "title"))) {
        json_object_del(field, "x-ms-summary");
    }
    json_object_setn_new(input, ours.p, ours.n, field);
    o->body = field;
}

static void add_parameter(operation_t *o, const json_t *reference)
{
    const json_t *parameter = refer(o->s, reference);
    str_t name = json_member(parameter, "name"), in = json_member(parameter, "in");
    bool known =
        str_is(in, "path") || str_is(in, "query") || str_is(in, "header") || str_is(in, "formData");
    if (!parameter) {
        report_refuse(o->s->report, o->name, "reference", "%.*s leads nowhere",
                      STR_ARG(json_member(reference, "$ref")));
    } else if (str_is(in, "header") && !is_token(name)) {
        dynamic_note(o, name, STR_NONE);
        report_warn(o->s->report, o->name, "parameter",
                    "%.*s is no name of a header: nobody can send it", STR_ARG(name));
    } else if (str_is(in, "body")) {
        add_body(o, parameter, name);
    } else if (known && name.n) {
        add_value(o, parameter, name, in);
    } else {
        report_refuse(o->s->report, o->name, "parameter", "%.*s in %.*s", STR_ARG(name),
                      STR_ARG(in));
    }
}

/* --- the list --- */

static bool is_overridden(const operation_t *o, const json_t *parameter)
{
    size_t at;
    json_t *own;
    json_array_foreach(json_object_get(o->from, "parameters"), at, own)
    {
        const json_t *one = refer(o->s, own);
        if (json_equal(json_object_get(one, "name"), json_object_get(parameter, "name")) &&
            json_equal(json_object_get(one, "in"), json_object_get(parameter, "in"))) {
            return true;
        }
    }
    return false;
}

void input_import(operation_t *o)
{
    size_t at;
    json_t *one;
    json_object_set_new(o->action, "input", json_object());
    json_array_foreach(json_object_get(o->item, "parameters"), at, one)
    {
        if (!is_overridden(o, refer(o->s, one))) {
            add_parameter(o, one);
        }
    }
    json_array_foreach(json_object_get(o->from, "parameters"), at, one)
    {
        add_parameter(o, one);
    }
    media_import(o);
}
