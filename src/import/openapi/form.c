/* SPDX-License-Identifier: MIT */
/* Bodies that are forms: each property is a field, its encoding says how (OpenAPI 3.1, 4.8.15). */
#include "import/form.h"
#include "import/openapi/call.h"

typedef struct form {
    call_t *c;
    const json_t *encoding;
    bool multipart;
} form_t;

static bool is_file(const form_t *f, const json_t *schema)
{
    const json_t *behind = bundle_follow(f->c->s->bundle, schema);
    return schema_is_binary(f->c->s, schema) ||
           (str_is(schema_kind(f->c->s, schema), "array") &&
            schema_is_binary(f->c->s, json_object_get(behind, "items")));
}

static void add_file(const form_t *f, const char *name, const json_t *schema, bool required)
{
    call_t *c = f->c;
    if (str_is(schema_kind(c->s, schema), "array")) {
        report_warn(c->s->report, c->name, "form", "%s: one file at a time", name);
    }
    json_t *field = json_object();
    const json_t *behind = bundle_follow(c->s->bundle, schema);
    json_add_text(field, "title", json_member(behind, "title"));
    json_add_text(field, "description", json_member(behind, "description"));
    json_object_set_new(field, "type", json_string("string"));
    json_object_set_new(field, "format", json_string("binary"));
    json_add_flag(field, "required", required);
    extensions_take(&c->s->schemas, behind, field);
    call_add_input(c, str_of(name), "form", field);
}

/* Without an encoding lists are repeated, and objects are JSON: style of an object is absent. In
 * parts only a style that is named counts. */
static styled_t value_of(const form_t *f, const char *name, const json_t *schema, bool required)
{
    const json_t *encoding = json_object_get(f->encoding, name);
    const json_t *explode = json_object_get(encoding, "explode");
    bool object = str_is(schema_kind(f->c->s, schema), "object");
    str_t style = json_member(encoding, "style");
    bool told = json_is_boolean(explode) && (style.n || !f->multipart);
    return (styled_t){
        .name = str_of(name),
        .place = "form",
        .schema = schema,
        .style = style.n || object ? style : STR("form"),
        .explode = told ? json_is_true(explode) : !style.n || str_is(style, "form"),
        .required = required,
        .collection = f->multipart ? STR_NONE : json_member(encoding, "collectionFormat"),
    };
}

static void add_field(const form_t *f, const char *name, const json_t *schema, bool required)
{
    const json_t *encoding = json_object_get(f->encoding, name);
    bool read_only =
        json_is_true(json_object_get(bundle_follow(f->c->s->bundle, schema), "readOnly"));
    if (read_only) {
        return;
    }
    if (is_file(f, schema)) {
        add_file(f, name, schema, required);
        return;
    }
    styled_t v = value_of(f, name, schema, required);
    call_add_styled(f->c, &v);
    if (f->multipart && json_object_get(encoding, "contentType")) {
        report_warn(f->c->s->report, f->c->name, "form", "%s: its part does not tell its type",
                    name);
    }
}

void call_add_form(call_t *c, const json_t *media, str_t type, bool required)
{
    form_t f = {c, json_object_get(media, "encoding"), media_is_multipart_form(type)};
    members_t m;
    members_init(&m, c->s, json_object_get(media, "schema"));
    const char *name;
    json_t *schema;
    if (json_object_size(m.properties) == 0) {
        report_refuse(c->s->report, c->name, "form",
                      "the document does not name the fields of the form");
    }
    json_object_foreach(m.properties, name, schema)
    {
        add_field(&f, name, schema, required && json_object_get(m.required, name));
    }
    members_fini(&m);
    if (f.multipart && form_has_no_file(c->input)) {
        json_object_set_new(c->action, "input_type", json_string("multipart/form-data"));
    }
}
