/* SPDX-License-Identifier: MIT */
/* The page with the form: guide, ways to sign in, fields. */
#include "api/connect/control.h"
#include "api/connect/frame.h"
#include "codec/json.h"
#include "definition/scope.h"

enum { VALUE_MAX = 64 * 1024 };

/* --- what is fixed --- */

static const json_t *preset_of(const connect_page_t *page, const field_t *field)
{
    return json_object_getn(page->preset, field->name.p, field->name.n);
}

bool field_is_asked(const connect_page_t *page, const field_t *field)
{
    return !field->ask_admin && !preset_of(page, field);
}

static const field_t *shown_preset(const connect_page_t *page, const char *name)
{
    const field_t *field = connection_field(page->connector, page->auth, str_of(name));
    return field && !field->secret && !field->ask_admin ? field : NULL;
}

/* As the form would have shown it: a choice by its title, a box by whether it is ticked. */
static str_t preset_text(const field_t *field, const json_t *value, buf_t *room)
{
    str_t text = control_text(value, room);
    for (size_t i = 0; i < field->choice_count; i++) {
        if (str_eq(field->choices[i].value, text)) {
            return field->choices[i].title;
        }
    }
    return json_is_boolean(value) ? str_of(json_is_true(value) ? TEXT_YES : TEXT_NO) : text;
}

static void write_presets(buf_t *to, const connect_page_t *page)
{
    buf_t room, rows;
    const char *name;
    json_t *value;
    buf_init(&room, VALUE_MAX);
    buf_init(&rows, CONNECT_PAGE_MAX);
    json_object_foreach((json_t *)(uintptr_t)page->preset, name, value)
    {
        const field_t *field = shown_preset(page, name);
        if (field) {
            html_element(&rows, "dt", NULL, field->title);
            html_element(&rows, "dd", NULL, preset_text(field, value, &room));
        }
    }
    if (rows.n) {
        buf_lit(to, "<div class=\"fixed\">\n<p class=\"part\">" TEXT_PRESET "</p>\n<dl>\n");
        buf_str(to, buf_view(&rows));
        buf_lit(to, "</dl>\n</div>\n");
    }
    buf_fini(&rows);
    buf_fini(&room);
}

/* --- what the service must know of this host --- */

static void write_address(buf_t *to, const char *name, str_t url)
{
    if (url.n) {
        buf_printf(to, "<dt>%s</dt>\n<dd><code>", name);
        html_text(to, url);
        buf_lit(to, "</code></dd>\n");
    }
}

static void write_addresses(buf_t *to, const connect_page_t *page)
{
    if (auth_sign_in_way(page->auth) == SIGN_IN_BROWSER && page->redirect_url.n) {
        buf_lit(to, "<div class=\"fixed\">\n<p class=\"part\">" TEXT_ADDRESSES "</p>\n<dl>\n");
        write_address(to, TEXT_REDIRECT_URL, page->redirect_url);
        write_address(to, TEXT_LOGOUT_URL, page->logout_url);
        buf_lit(to, "</dl>\n</div>\n");
    }
}

/* --- what is asked --- */

static void write_hidden(buf_t *to, const char *first, str_t name, str_t value)
{
    buf_lit(to, "<input type=\"hidden\"");
    html_attribute_of(to, "name", first, name);
    html_attribute(to, "value", value);
    buf_lit(to, ">\n");
}

/* One that can have a single value is not asked. */
static void write_constant(buf_t *to, const field_t *field)
{
    buf_t room;
    buf_init(&room, VALUE_MAX);
    write_hidden(to, CONNECT_FIELD_PARAMETER, field->name,
                 control_text(schema_typed(field->schema)->constant, &room));
    buf_fini(&room);
}

static void write_fields(buf_t *to, const connect_page_t *page, const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        if (!field_is_asked(page, field)) {
            continue;
        }
        if (schema_typed(field->schema)->constant) {
            write_constant(to, field);
        } else {
            field_write(to, page, field);
        }
    }
}

static bool has_required(const connect_page_t *page, const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        if (field->required && field_is_asked(page, field)) {
            return true;
        }
    }
    return false;
}

static void write_note(buf_t *to, const connect_page_t *page)
{
    if (has_required(page, &page->connector->parameters) ||
        has_required(page, &page->auth->parameters)) {
        buf_lit(to, "<p class=\"note\"><span class=\"must\">*</span> " TEXT_REQUIRED_NOTE "</p>\n");
    }
}

/* --- the form --- */

static void write_end(buf_t *to, const connect_page_t *page)
{
    bool gets_code = auth_sign_in_way(page->auth) == SIGN_IN_ELSEWHERE;
    bool signs_in = auth_sign_in_way(page->auth) != SIGN_IN_ALONE;
    guide_write_checklist(to, page);
    buf_lit(to, "<div class=\"actions\">\n<button type=\"submit\">");
    buf_lit(to, signs_in ? TEXT_CONTINUE : page->reconnects ? TEXT_RECONNECT : TEXT_CONNECT);
    buf_lit(to, "</button>\n");
    if (html_is_link(page->return_url)) {
        buf_lit(to, "<a class=\"quiet\"");
        html_attribute(to, "href", page->return_url);
        buf_lit(to, ">" TEXT_CANCEL "</a>\n");
    }
    buf_lit(to, "</div>\n");
    if (signs_in) {
        buf_printf(to, "<p class=\"note\">%s</p>\n",
                   gets_code ? TEXT_DEVICE_NEXT : TEXT_SIGN_IN_NEXT);
    }
}

static void write_form(buf_t *to, const connect_page_t *page)
{
    buf_lit(to, "<form method=\"post\"");
    html_attribute(to, "action", page->action);
    buf_lit(to, ">\n");
    write_hidden(to, CONNECT_FIELD_CSRF, STR(""), page->csrf);
    write_hidden(to, CONNECT_FIELD_AUTH, STR(""), page->auth->name);
    write_presets(to, page);
    write_note(to, page);
    write_fields(to, page, &page->connector->parameters);
    write_fields(to, page, &page->auth->parameters);
    write_end(to, page);
    buf_lit(to, "</form>\n");
}

static bool has_guide(const connect_page_t *page)
{
    const guide_t *guide = page->connector->guide;
    return guide && guide->prerequisite_count + guide->step_count;
}

/* A guide is open for whoever is new here. */
void form_write(buf_t *to, const connect_page_t *page)
{
    bool refused = page->fault && err_is_set(page->fault);
    bool is_new = !refused && !page->reconnects;
    const char *verb = page->reconnects ? TEXT_RECONNECT : TEXT_CONNECT;
    frame_begin(to, page, verb, refused);
    buf_printf(to, "<main class=\"%s\">\n<div class=\"about\">\n", has_guide(page) ? "two" : "one");
    frame_heading(to, page, verb);
    buf_lit(to, "<p class=\"skip\"><a href=\"#form\">" TEXT_SKIP "</a></p>\n");
    guide_write(to, page->connector->guide, TEXT_GUIDE, is_new);
    buf_lit(to, "</div>\n<div class=\"card\" id=\"form\" tabindex=\"-1\">\n");
    problem_write_summary(to, page);
    ways_write(to, page);
    guide_write(to, page->auth->guide, TEXT_GUIDE_OF_WAY, is_new);
    write_addresses(to, page);
    write_form(to, page);
    buf_lit(to, "</div>\n</main>\n");
    frame_end(to, page);
}
