/* SPDX-License-Identifier: MIT */
/* Lists and objects in parameters and forms: what FORMAT has a collectionFormat for is a list, an
 * object that is spread over several names becomes these, and what is left is the text on the wire.
 */
#include "import/openapi/call.h"

enum { DEPTH_MAX = 3 };

/* --- lists --- */

static bool is_in(const styled_t *v, const char *place)
{
    return strcmp(v->place, place) == 0;
}

static const json_t *items_of(const call_t *c, const json_t *schema)
{
    return json_object_get(bundle_follow(c->s->bundle, schema), "items");
}

static bool has_scalars(const call_t *c, const json_t *schema)
{
    str_t kind = schema_kind(c->s, items_of(c, schema));
    return !str_is(kind, "array") && !str_is(kind, "object");
}

/* Absent: this style is not one of a list. */
static str_t collection_of(const styled_t *v)
{
    return v->collection.n                      ? v->collection
           : v->explode                         ? STR("multi")
           : str_is(v->style, "spaceDelimited") ? STR("ssv")
           : str_is(v->style, "pipeDelimited")  ? STR("pipes")
           : str_is(v->style, "form")           ? STR("csv")
                                                : STR_NONE;
}

static void add_text(call_t *c, const styled_t *v, const char *how)
{
    json_t *field = call_text_field(c, v->schema, v->description, how);
    bool marks = is_in(v, "path") && (strstr(how, "commas") || strchr(how, '='));
    report_warn(c->s->report, c->name, "style", "%.*s is a text: %s%s", STR_ARG(v->name), how,
                marks ? " In the path `,` and `=` are sent encoded." : "");
    json_add_flag(field, "required", v->required);
    call_add_input(c, v->name, v->place, field);
}

/* A list of what may be of any type is one of texts. */
static void fit_items(json_t *field)
{
    json_t *items = json_object_get(field, "items");
    bool typed = json_object_get(items, "type") || json_object_get(items, "$ref");
    if (json_is_object(items) && !typed) {
        json_object_set_new(field, "items", json_pack("{s:s}", "type", "string"));
    }
}

/* `;id=1;id=2`: its marks would be encoded in a value. */
static bool is_matrix(call_t *c, const styled_t *v)
{
    bool matrix = str_is(v->style, "matrix") && v->explode;
    if (matrix) {
        report_refuse(c->s->report, c->name, "style", "%.*s is spread over the path",
                      STR_ARG(v->name));
    }
    return matrix;
}

static void add_list(call_t *c, const styled_t *v)
{
    bool taken = is_in(v, "query") || is_in(v, "form");
    str_t collection = collection_of(v);
    if (!taken && is_matrix(c, v)) {
        return;
    }
    if (!taken) {
        add_text(c, v,
                 str_is(v->style, "label") ? "Several values are separated by dots."
                                           : "Several values are separated by commas.");
    } else if (!has_scalars(c, v->schema) || !collection.n) {
        add_text(c, v, "A list, as JSON.");
    } else {
        json_t *field = schema_take(&c->s->schemas, v->schema, c->name);
        if (!json_object_get(field, "$ref")) {
            json_object_set_new(field, "type", json_string("array"));
            fit_items(field);
        }
        if (v->description.n) {
            json_object_set_new(field, "description", json_str(v->description));
        }
        json_add_text(field, "collectionFormat", str_is(collection, "csv") ? STR_NONE : collection);
        json_add_flag(field, "required", v->required);
        call_add_input(c, v->name, v->place, field);
    }
}

/* --- objects --- */

static void add_spread(call_t *c, const styled_t *v, unsigned depth);

/* A member under a name of its own: `filter[status]`, or `status`. */
static void add_member(call_t *c, const styled_t *v, const char *name, const json_t *schema,
                       bool required, unsigned depth)
{
    if (!call_takes(c, json_object_size(c->input) + 1)) {
        return;
    }
    bool deep = str_is(v->style, "deepObject");
    str_t own = deep ? arena_printf(c->s->arena, "%.*s[%s]", STR_ARG(v->name), name) : str_of(name);
    styled_t member = {.name = own,
                       .place = v->place,
                       .schema = schema,
                       .style = deep ? STR("deepObject") : STR("form"),
                       .explode = true,
                       .required = v->required && required};
    str_t kind = schema_kind(c->s, schema);
    if (str_is(kind, "object") && deep && depth < DEPTH_MAX) {
        add_spread(c, &member, depth + 1);
    } else if (str_is(kind, "object")) {
        add_text(c, &member, "An object, as JSON.");
    } else {
        call_add_styled(c, &member);
    }
}

static void add_spread(call_t *c, const styled_t *v, unsigned depth)
{
    members_t m;
    members_init(&m, c->s, v->schema);
    const char *name;
    json_t *schema;
    json_object_foreach(m.properties, name, schema)
    {
        add_member(c, v, name, schema, json_object_get(m.required, name) != NULL, depth);
    }
    bool open = json_object_size(m.properties) == 0;
    members_fini(&m);
    if (open && v->required) {
        report_refuse(c->s->report, c->name, "style",
                      "%.*s is an object whose members the document does not name",
                      STR_ARG(v->name));
    } else if (open) {
        report_warn(c->s->report, c->name, "style",
                    "%.*s is left out: the document does not name its members", STR_ARG(v->name));
    }
}

static void add_object(call_t *c, const styled_t *v)
{
    bool names = is_in(v, "query") || is_in(v, "form");
    bool spread = str_is(v->style, "deepObject") || (str_is(v->style, "form") && v->explode);
    bool label = str_is(v->style, "label");
    if (names && spread) {
        add_spread(c, v, 0);
    } else if (names && !v->style.n) {
        add_text(c, v, "An object, as JSON.");
    } else if (!names && is_matrix(c, v)) {
        return;
    } else if (v->explode) {
        add_text(c, v,
                 label ? "Members as name=value, separated by dots."
                       : "Members as name=value, separated by commas.");
    } else {
        add_text(c, v,
                 label ? "Names and values in turn, separated by dots."
                       : "Names and values in turn, separated by commas.");
    }
}

/* --- any value --- */

static void add_scalar(call_t *c, const styled_t *v)
{
    json_t *field = call_scalar_field(c, v->schema, v->description);
    json_add_flag(field, "required", v->required);
    call_add_input(c, v->name, v->place, field);
}

void call_add_styled(call_t *c, const styled_t *v)
{
    str_t kind = schema_kind(c->s, v->schema);
    if (str_is(kind, "array")) {
        add_list(c, v);
    } else if (str_is(kind, "object")) {
        add_object(c, v);
    } else {
        add_scalar(c, v);
    }
}
