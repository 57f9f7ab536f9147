/* SPDX-License-Identifier: MIT */
/* Parameters, bodies and answers of OpenAPI 2.0 in the shape of 3.0. */
#include "import/openapi/v2.h"

static bool is_in(const json_t *parameter, const char *place)
{
    return str_is(json_member(parameter, "in"), place);
}

/* What a parameter or header says of its value itself. */
static json_t *schema_of(const json_t *from)
{
    static const char *const others[] = {
        "name",           "in", "required", "schema", "description", "collectionFormat", "headers",
        "allowEmptyValue"};
    json_t *schema = json_copy((json_t *)(uintptr_t)from);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        json_object_del(schema, others[i]);
    }
    return schema;
}

/* --- lists --- */

/* style and explode of a collectionFormat; tab-separated lists, which 3.x does not have, keep it.
 */
static void add_style(const json_t *from, json_t *to)
{
    static const struct {
        const char *format, *style;
        bool explode;
    } styles[] = {{"csv", NULL, false},
                  {"ssv", "spaceDelimited", false},
                  {"pipes", "pipeDelimited", false},
                  {"multi", "form", true}};
    str_t format = json_member(from, "collectionFormat");
    if (!str_is(json_member(from, "type"), "array")) {
        return;
    }
    json_object_set_new(to, "explode", json_false());
    json_add_text(to, "collectionFormat", str_is(format, "tsv") ? format : STR_NONE);
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        if (str_is(format, styles[i].format)) {
            json_add_text(to, "style", str_of(styles[i].style));
            json_object_set_new(to, "explode", json_boolean(styles[i].explode));
        }
    }
}

static json_t *parameter_of(const json_t *from)
{
    json_t *to = json_object();
    json_add_copy(to, "name", json_object_get(from, "name"));
    json_add_copy(to, "in", json_object_get(from, "in"));
    json_add_copy(to, "description", json_object_get(from, "description"));
    json_add_copy(to, "required", json_object_get(from, "required"));
    json_object_set_new(to, "schema", schema_of(from));
    add_style(from, to);
    return to;
}

/* --- bodies --- */

static json_t *content_of(const json_t *types, const char *usual, const json_t *media)
{
    json_t *content = json_object();
    size_t at;
    json_t *type;
    json_array_foreach(types, at, type)
    {
        if (json_view(type).n) {
            json_object_set(content, json_string_value(type), (json_t *)(uintptr_t)media);
        }
    }
    if (json_object_size(content) == 0) {
        json_object_set(content, usual, (json_t *)(uintptr_t)media);
    }
    return content;
}

static void set_body(json_t *operation, const json_t *parameter, const json_t *types)
{
    const json_t *schema = json_object_get(parameter, "schema");
    json_t *media = json_object(), *body = json_copy((json_t *)(uintptr_t)parameter);
    if (schema) {
        json_object_set(media, "schema", (json_t *)(uintptr_t)schema);
    }
    json_object_del(body, "schema");
    json_object_set_new(body, "content", content_of(types, "application/json", media));
    json_object_set_new(operation, "requestBody", body);
    json_decref(media);
}

typedef struct form {
    json_t *properties, *required, *encoding;
    bool has_file;
} form_t;

static void add_form_field(form_t *f, const json_t *parameter)
{
    const char *name = json_string_value(json_object_get(parameter, "name"));
    json_t *schema = schema_of(parameter), *style = json_object();
    if (!name) {
        json_decref(schema);
        json_decref(style);
        return;
    }
    json_add_text(schema, "description", json_member(parameter, "description"));
    add_style(parameter, style);
    json_add_filled(f->encoding, name, style);
    f->has_file = f->has_file || str_is(json_member(parameter, "type"), "file");
    if (json_is_true(json_object_get(parameter, "required"))) {
        json_array_append_new(f->required, json_string(name));
    }
    json_object_set_new(f->properties, name, schema);
}

/* Of the two kinds of forms the one that it says; else the one that it needs. */
static const char *form_type(const form_t *f, const json_t *types)
{
    size_t at;
    json_t *type;
    bool multipart = f->has_file, plain = false;
    json_array_foreach(types, at, type)
    {
        plain = plain || str_is(json_view(type), "application/x-www-form-urlencoded");
        multipart = multipart || str_is(json_view(type), "multipart/form-data");
    }
    return f->has_file || (multipart && !plain) ? "multipart/form-data"
                                                : "application/x-www-form-urlencoded";
}

static void set_form(json_t *operation, form_t *f, const json_t *types)
{
    const char *type = form_type(f, types);
    json_t *schema = json_pack("{s:s,s:o}", "type", "object", "properties", f->properties);
    json_t *media = json_pack("{s:o,s:o}", "schema", schema, "encoding", f->encoding);
    json_add_filled(schema, "required", f->required);
    json_object_set_new(operation, "requestBody", json_pack("{s:{s:o}}", "content", type, media));
}

void v2_set_inputs(json_t *operation, const json_t *parameters, const json_t *types)
{
    form_t form = {json_object(), json_array(), json_object(), false};
    json_t *others = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(parameters, at, one)
    {
        if (is_in(one, "body")) {
            set_body(operation, one, types);
        } else if (is_in(one, "formData")) {
            add_form_field(&form, one);
        } else {
            json_array_append_new(others, json_member(one, "$ref").p ? json_incref(one)
                                                                     : parameter_of(one));
        }
    }
    json_object_set_new(operation, "parameters", others);
    if (json_object_size(form.properties)) {
        set_form(operation, &form, types);
    } else {
        json_decref(form.properties);
        json_decref(form.required);
        json_decref(form.encoding);
    }
}

/* --- answers --- */

static json_t *headers_of(const json_t *response)
{
    json_t *to = json_object();
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        json_object_set_new(to, name,
                            json_pack("{s:o*,s:o}", "description",
                                      json_deep_copy(json_object_get(header, "description")),
                                      "schema", schema_of(header)));
    }
    return to;
}

static json_t *answer_of(const json_t *response, const json_t *types)
{
    const json_t *schema = json_object_get(response, "schema");
    json_t *to = json_copy((json_t *)(uintptr_t)response);
    json_object_del(to, "headers");
    json_add_filled(to, "headers", headers_of(response));
    if (schema) {
        json_t *media = json_pack("{s:O}", "schema", schema);
        json_object_set_new(to, "content", content_of(types, "application/json", media));
        json_decref(media);
    }
    return to;
}

void v2_set_answers(const bundle_t *b, json_t *operation, const json_t *types)
{
    json_t *to = json_object();
    const char *status;
    json_t *reference;
    json_object_foreach(json_object_get(operation, "responses"), status, reference)
    {
        const json_t *response = bundle_follow(b, reference);
        json_object_set_new(to, status,
                            response ? answer_of(response, types) : json_incref(reference));
    }
    json_object_set_new(operation, "responses", to);
}
