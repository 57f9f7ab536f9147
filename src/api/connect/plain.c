/* SPDX-License-Identifier: MIT */
/* The barest page, until there is a better one. */
#include <stdio.h>

#include "api/connect/page.h"
#include "codec/json.h"

static void put_text(buf_t *to, str_t text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'') {
            buf_printf(to, "&#%d;", c);
        } else {
            buf_char(to, c);
        }
    }
}

static void begin(buf_t *to, str_t title)
{
    buf_lit(to, "<!doctype html><html lang=en><meta charset=utf-8><title>");
    put_text(to, title);
    buf_lit(to, "</title><h1>");
    put_text(to, title);
    buf_lit(to, "</h1>");
}

static void paragraph(buf_t *to, str_t text)
{
    if (text.n) {
        buf_lit(to, "<p>");
        put_text(to, text);
        buf_lit(to, "</p>");
    }
}

static void hidden(buf_t *to, const char *name, str_t value)
{
    buf_printf(to, "<input type=hidden name=\"%s\" value=\"", name);
    put_text(to, value);
    buf_lit(to, "\">");
}

static void put_field(buf_t *to, const connect_page_t *page, const field_t *field)
{
    char pointer[128];
    if (field->ask_admin || json_object_getn(page->preset, field->name.p, field->name.n)) {
        return;
    }
    str_t value = json_view(json_object_getn(page->given, field->name.p, field->name.n));
    value =
        value.p ? value : json_view(json_object_getn(page->stored, field->name.p, field->name.n));
    buf_lit(to, "<p><label>");
    put_text(to, field->title);
    buf_printf(to, " <input type=%s name=\"" CONNECT_FIELD_PARAMETER,
               field->secret ? "password" : "text");
    put_text(to, field->name);
    buf_lit(to, "\" value=\"");
    put_text(to, field->secret ? STR("") : value);
    buf_lit(to, "\"></label></p>");
    snprintf(pointer, sizeof pointer, "/parameters/%.*s", STR_ARG(field->name));
    for (unsigned i = 0; page->fault && i < page->fault->detail_count; i++) {
        if (strcmp(page->fault->details[i].pointer, pointer) == 0) {
            paragraph(to, str_of(page->fault->details[i].text));
        }
    }
}

static void put_form(buf_t *to, const connect_page_t *page)
{
    paragraph(to, page->requester);
    paragraph(to, page->fault ? str_of(page->fault->text) : STR_NONE);
    buf_lit(to, "<form method=post action=\"");
    put_text(to, page->action);
    buf_lit(to, "\">");
    hidden(to, CONNECT_FIELD_CSRF, page->csrf);
    hidden(to, CONNECT_FIELD_AUTH, page->auth->name);
    for (size_t i = 0; i < page->connector->parameters.count; i++) {
        put_field(to, page, &page->connector->parameters.list[i]);
    }
    for (size_t i = 0; i < page->auth->parameters.count; i++) {
        put_field(to, page, &page->auth->parameters.list[i]);
    }
    buf_lit(to, "<button>Connect</button></form>");
}

static void put_link(buf_t *to, str_t url, const char *text)
{
    if (url.n) {
        buf_lit(to, "<p><a href=\"");
        put_text(to, url);
        buf_printf(to, "\">%s</a></p>", text);
    }
}

void connect_page_write(buf_t *to, const connect_page_t *page)
{
    static const char *const TITLES[] = {"Connect", "Connected", "Not connected", "Gone",
                                         "Signed out"};
    begin(to, str_of(TITLES[page->stage]));
    if (page->stage == CONNECT_FORM) {
        put_form(to, page);
    } else if (page->stage == CONNECT_GONE) {
        paragraph(to, str_of(page->fault->text));
    }
    paragraph(to, json_member(page->outcome, "detail"));
    paragraph(to, json_member(page->outcome, "error"));
    paragraph(to, json_member(page->outcome, "error_description"));
    put_link(to, page->again_url, "Try again");
    put_link(to, page->return_url, "Back");
}

str_t connect_style(void)
{
    return STR("body{}");
}

str_t connect_style_etag(void)
{
    return STR("\"0\"");
}
