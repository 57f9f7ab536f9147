/* SPDX-License-Identifier: MIT */
/* One field: name, hint, what is wrong with it, control. */
#include "api/connect/control.h"
#include "api/connect/frame.h"
#include "codec/json.h"

enum { VALUE_MAX = 64 * 1024 };

static const json_t *member(const json_t *object, str_t name)
{
    return json_object_getn(object, name.p, name.n);
}

static bool is_stored_secret(const connect_page_t *page, const field_t *field)
{
    return field->secret && json_is_true(json_object_get(member(page->stored, field->name), "set"));
}

/* What was typed, else what is there, else the default. */
static const json_t *value_of(const connect_page_t *page, const field_t *field)
{
    const json_t *given = member(page->given, field->name);
    const json_t *stored = member(page->stored, field->name);
    const json_t *fallback = field->schema->fallback;
    if (field->secret) {
        return NULL;
    }
    return given      ? given
           : stored   ? stored
           : fallback ? fallback
                      : schema_typed(field->schema)->fallback;
}

static const json_t *example_of(const field_t *field)
{
    const json_t *example = field->schema->example;
    return field->secret ? NULL : example ? example : schema_typed(field->schema)->example;
}

/* --- what stands around the control --- */

static void write_name(buf_t *to, const control_t *c)
{
    html_text(to, c->field->title);
    if (c->field->required && control_kind(c)->shape != CONTROL_BOX) {
        buf_lit(to, " <span class=\"must\" aria-hidden=\"true\">*</span>");
    }
}

static void write_label(buf_t *to, const control_t *c)
{
    buf_lit(to, "<label");
    html_attribute_of(to, "for", "field-", c->field->name);
    buf_char(to, '>');
    write_name(to, c);
    buf_lit(to, "</label>\n");
}

static void write_example(buf_t *to, const field_t *field)
{
    buf_t room;
    buf_init(&room, VALUE_MAX);
    str_t example = control_text(example_of(field), &room);
    if (example.n) {
        buf_lit(to, " <span class=\"example\">" TEXT_EXAMPLE " <code>");
        html_text(to, example);
        buf_lit(to, "</code></span>");
    }
    buf_fini(&room);
}

static void write_hint(buf_t *to, const control_t *c, bool stored)
{
    if (c->has_hint) {
        buf_lit(to, "<p class=\"hint\"");
        html_attribute_of(to, "id", "hint-", c->field->name);
        buf_char(to, '>');
        html_text(to, c->field->description);
        write_example(to, c->field);
        buf_lit(to, stored ? " " TEXT_SECRET_STORED "</p>\n" : "</p>\n");
    }
}

static void write_problem(buf_t *to, const field_t *field, str_t problem)
{
    if (problem.n) {
        buf_lit(to, "<p class=\"fault\"");
        html_attribute_of(to, "id", "problem-", field->name);
        buf_lit(to, "><strong>" TEXT_ERROR "</strong> ");
        problem_write_of_field(to, field, problem);
        buf_lit(to, "</p>\n");
    }
}

/* --- the whole --- */

static void write_parts(buf_t *to, const control_t *c, str_t problem, bool stored)
{
    const control_kind_t *kind = control_kind(c);
    switch (kind->shape) {
    case CONTROL_BOX:
        buf_lit(to, "<div class=\"tick\">\n");
        kind->write(to, c);
        write_label(to, c);
        buf_lit(to, "</div>\n");
        break;
    case CONTROL_GROUP:
        buf_lit(to, "<legend>");
        write_name(to, c);
        buf_lit(to, "</legend>\n");
        break;
    case CONTROL_LABELLED:
        write_label(to, c);
        break;
    }
    write_hint(to, c, stored);
    write_problem(to, c->field, problem);
    if (kind->shape != CONTROL_BOX) {
        kind->write(to, c);
    }
}

void field_write(buf_t *to, const connect_page_t *page, const field_t *field)
{
    bool stored = is_stored_secret(page, field);
    str_t problem = problem_of_field(page, field->name);
    buf_t room;
    buf_init(&room, VALUE_MAX);
    const control_t c = {.field = field,
                         .schema = schema_typed(field->schema),
                         .value = control_text(value_of(page, field), &room),
                         .required = field->required && !stored,
                         .has_hint = field->description.n || example_of(field) || stored,
                         .has_problem = problem.n > 0};
    const char *tag = control_kind(&c)->shape == CONTROL_GROUP ? "fieldset" : "div";
    buf_printf(to, "<%s class=\"field%s\">\n", tag, problem.n ? " wrong" : "");
    write_parts(to, &c, problem, stored);
    buf_printf(to, "</%s>\n", tag);
    buf_fini(&room);
}
