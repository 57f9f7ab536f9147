/* SPDX-License-Identifier: MIT */
#include "api/connect/control.h"

#include "api/connect/html.h"
#include "api/connect/page.h"
#include "api/connect/pattern.h"
#include "api/connect/texts.h"
#include "codec/json.h"

#define BLANKS "[ \\t]*"

enum { RADIOS_MAX = 4, PATTERN_MAX = 16 * 1024, OPTION_MAX = 64 * 1024 };

str_t control_text(const json_t *value, buf_t *room)
{
    if (!value || json_is_string(value)) {
        return json_view(value);
    }
    buf_clear(room);
    json_write(room, value);
    return buf_view(room);
}

/* --- attributes --- */

static void write_described_by(buf_t *to, const control_t *c)
{
    if (!c->has_hint && !c->has_problem) {
        return;
    }
    buf_lit(to, " aria-describedby=\"");
    if (c->has_problem) {
        buf_lit(to, "problem-");
        html_text(to, c->field->name);
    }
    if (c->has_hint) {
        buf_lit(to, c->has_problem ? " hint-" : "hint-");
        html_text(to, c->field->name);
    }
    buf_char(to, '"');
}

static void write_common(buf_t *to, const control_t *c)
{
    html_attribute_of(to, "id", "field-", c->field->name);
    html_attribute_of(to, "name", CONNECT_FIELD_PARAMETER, c->field->name);
    write_described_by(to, c);
    buf_lit(to, c->has_problem ? " aria-invalid=\"true\"" : "");
}

/* The browser shows the title when the pattern fails. Blanks around a value are taken off later. */
static void write_pattern(buf_t *to, const control_t *c)
{
    buf_t pattern;
    if (c->schema->pattern) {
        buf_init(&pattern, PATTERN_MAX);
        buf_lit(&pattern, BLANKS);
        pattern_write_html(&pattern, c->schema->pattern_text);
        buf_lit(&pattern, BLANKS);
        html_attribute(to, "pattern", buf_view(&pattern));
        buf_fini(&pattern);
    }
    html_attribute(to, "title", c->field->message);
}

/* --- one variant each --- */

static void write_line(buf_t *to, const control_t *c)
{
    static const char *const TYPES[] = {[FORMAT_URI] = "url",
                                        [FORMAT_EMAIL] = "email",
                                        [FORMAT_DATE] = "date",
                                        [FORMAT_OTHER] = NULL};
    const char *type = TYPES[c->schema->format];
    buf_printf(
        to, "<input type=\"%s\" autocomplete=\"%s\" autocapitalize=\"none\" spellcheck=\"false\"%s",
        c->field->secret ? "password"
        : type           ? type
                         : "text",
        c->field->secret ? "new-password" : "off", c->required ? " required" : "");
    write_common(to, c);
    write_pattern(to, c);
    html_attribute(to, "value", c->value);
    buf_lit(to, ">\n");
}

/* Of a number that is no integer an open bound is the server's to check. */
static void write_number(buf_t *to, const control_t *c)
{
    const schema_t *s = c->schema;
    bool whole = s->type == SCHEMA_INTEGER;
    buf_printf(to, "<input type=\"number\" autocomplete=\"off\" step=\"%s\"%s", whole ? "1" : "any",
               c->required ? " required" : "");
    if (s->has_minimum) {
        buf_printf(to, " min=\"%.15g\"", s->minimum + (whole && s->exclusive_minimum));
    }
    if (s->has_maximum) {
        buf_printf(to, " max=\"%.15g\"", s->maximum - (whole && s->exclusive_maximum));
    }
    write_common(to, c);
    html_attribute(to, "value", c->value);
    buf_lit(to, ">\n");
}

/* The line feed behind the tag is no part of the value (HTML 13.1.2.5). */
static void write_area(buf_t *to, const control_t *c)
{
    buf_printf(to,
               "<textarea rows=\"6\" autocomplete=\"off\" autocapitalize=\"none\" "
               "spellcheck=\"false\" class=\"%s\"%s",
               c->field->secret ? "masked" : "plain", c->required ? " required" : "");
    write_common(to, c);
    buf_lit(to, ">\n");
    html_text(to, c->value);
    buf_lit(to, "</textarea>\n");
}

/* A box that is not ticked is not sent, and a default of true must be undone. */
static void write_tick(buf_t *to, const control_t *c)
{
    buf_lit(to, "<input type=\"hidden\"");
    html_attribute_of(to, "name", CONNECT_FIELD_PARAMETER, c->field->name);
    buf_lit(to, " value=\"false\">\n<input type=\"checkbox\" value=\"true\"");
    write_common(to, c);
    buf_lit(to, str_is(c->value, "true") ? " checked>\n" : ">\n");
}

static size_t option_count(const control_t *c)
{
    size_t choices = c->field->choice_count;
    return choices ? choices : json_array_size(c->schema->enumeration);
}

/* room: for values that are no text. */
static choice_t option_at(const control_t *c, size_t i, buf_t *room)
{
    if (c->field->choice_count) {
        return c->field->choices[i];
    }
    str_t text = control_text(json_array_get(c->schema->enumeration, i), room);
    return (choice_t){.value = text, .title = text};
}

/* The first one's id is the field's, so that links to the field lead there. */
static void write_option_id(buf_t *to, const char *attribute, const control_t *c, size_t i)
{
    buf_printf(to, " %s=\"field-", attribute);
    html_text(to, c->field->name);
    if (i) {
        buf_printf(to, ".%zu", i);
    }
    buf_char(to, '"');
}

static void write_radio(buf_t *to, const control_t *c, const choice_t *option, size_t i)
{
    bool checked = c->value.p && str_eq(c->value, option->value);
    buf_lit(to, "<div class=\"tick\">\n<input type=\"radio\"");
    html_attribute_of(to, "name", CONNECT_FIELD_PARAMETER, c->field->name);
    write_option_id(to, "id", c, i);
    html_attribute(to, "value", option->value);
    write_described_by(to, c);
    buf_printf(to, "%s%s>\n<label", c->required ? " required" : "", checked ? " checked" : "");
    write_option_id(to, "for", c, i);
    buf_char(to, '>');
    html_text(to, option->title);
    buf_lit(to, "</label>\n</div>\n");
}

static void write_radios(buf_t *to, const control_t *c)
{
    buf_t room;
    buf_init(&room, OPTION_MAX);
    for (size_t i = 0; i < option_count(c); i++) {
        choice_t option = option_at(c, i, &room);
        write_radio(to, c, &option, i);
    }
    buf_fini(&room);
}

static void write_select(buf_t *to, const control_t *c)
{
    buf_t room;
    buf_init(&room, OPTION_MAX);
    buf_lit(to, c->required ? "<select required" : "<select");
    write_common(to, c);
    buf_lit(to, ">\n<option value=\"\">");
    buf_lit(to, c->required ? TEXT_CHOOSE "</option>\n" : TEXT_NOT_CHOSEN "</option>\n");
    for (size_t i = 0; i < option_count(c); i++) {
        choice_t option = option_at(c, i, &room);
        bool selected = c->value.p && str_eq(c->value, option.value);
        buf_lit(to, "<option");
        html_attribute(to, "value", option.value);
        buf_lit(to, selected ? " selected>" : ">");
        html_text(to, option.title);
        buf_lit(to, "</option>\n");
    }
    buf_lit(to, "</select>\n");
    buf_fini(&room);
}

/* --- which --- */

static const control_kind_t LINE = {CONTROL_LABELLED, write_line};
static const control_kind_t NUMBER = {CONTROL_LABELLED, write_number};
static const control_kind_t AREA = {CONTROL_LABELLED, write_area};
static const control_kind_t SELECT = {CONTROL_LABELLED, write_select};
static const control_kind_t TICK = {CONTROL_BOX, write_tick};
static const control_kind_t RADIOS = {CONTROL_GROUP, write_radios};

/* Radio buttons cannot be taken back: only where one of them must be. */
static const control_kind_t *kind_of_options(const control_t *c)
{
    return option_count(c) <= RADIOS_MAX && c->field->sure ? &RADIOS : &SELECT;
}

const control_kind_t *control_kind(const control_t *c)
{
    if (option_count(c)) {
        return kind_of_options(c);
    }
    switch (c->schema->type) {
    case SCHEMA_BOOLEAN:
        return &TICK;
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
        return &NUMBER;
    case SCHEMA_ANY:
    case SCHEMA_STRING:
    case SCHEMA_ARRAY:
    case SCHEMA_OBJECT:
        break;
    }
    return c->schema->format == FORMAT_PEM ? &AREA : &LINE;
}
