/* SPDX-License-Identifier: MIT */
#include "api/connect_view.h"

#include <stdio.h>

#include "codec/json.h"
#include "codec/url.h"

/* --- what a session offers --- */

static bool is_offered(const json_t *session, str_t name)
{
    const json_t *offered;
    size_t i;
    json_array_foreach(json_object_get(session, "auths"), i, offered)
    {
        if (str_eq(json_view(offered), name)) {
            return true;
        }
    }
    return false;
}

const auth_t *connect_auth(const connector_t *connector, const json_t *session, str_t asked)
{
    const auth_t *best = NULL;
    for (size_t i = 0; i < connector->auth_count; i++) {
        const auth_t *auth = &connector->auths[i];
        if (!is_offered(session, auth->name)) {
            continue;
        }
        if (str_eq(auth->name, asked)) {
            return auth;
        }
        best = !best || (auth->recommended && !best->recommended) ? auth : best;
    }
    return best;
}

bool connect_is_preset(const json_t *session, str_t parameter)
{
    return json_object_getn(json_object_get(session, "parameters"), parameter.p, parameter.n);
}

void connect_write_return_url(buf_t *to, const json_t *session)
{
    str_t url = json_member(session, "return_url");
    bool ok = json_is_true(json_object_get(json_object_get(session, "outcome"), "ok"));
    if (url.n) {
        buf_str(to, url);
        buf_lit(to, str_index(url, '?') == SIZE_MAX ? "?state=" : "&state=");
        buf_str(to, ok ? STR("ready") : STR("failed"));
    }
}

/* --- the plain page --- */

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

static void faults_of(buf_t *to, const err_t *fault, str_t field)
{
    char pointer[128];
    snprintf(pointer, sizeof pointer, "/parameters/%.*s", STR_ARG(field));
    for (unsigned i = 0; fault && i < fault->detail_count; i++) {
        if (strcmp(fault->details[i].pointer, pointer) == 0) {
            paragraph(to, str_of(fault->details[i].text));
        }
    }
}

static void put_field(buf_t *to, const connect_view_t *view, const field_t *field)
{
    if (field->ask_admin || connect_is_preset(view->session, field->name)) {
        return;
    }
    const json_t *before = json_object_getn(json_object_get(view->shown, "parameters"),
                                            field->name.p, field->name.n);
    str_t value = json_view(json_object_getn(view->given, field->name.p, field->name.n));
    value = value.p ? value : json_view(before);
    buf_lit(to, "<p><label>");
    put_text(to, field->title);
    buf_printf(to, " <input type=%s name=\"" CONNECT_FIELD_PARAMETER, field->secret ? "password" : "text");
    put_text(to, field->name);
    buf_lit(to, "\" value=\"");
    put_text(to, field->secret ? STR("") : value);
    buf_lit(to, "\"></label></p>");
    faults_of(to, view->fault, field->name);
}

void connect_write_form(buf_t *to, const connect_view_t *view)
{
    begin(to, view->connector->title);
    paragraph(to, json_member(view->session, "requester"));
    if (view->fault) {
        paragraph(to, str_of(view->fault->text));
    }
    buf_lit(to, "<form method=post action=\"");
    put_text(to, view->action);
    buf_lit(to, "\">");
    hidden(to, CONNECT_FIELD_CSRF, json_member(view->session, "csrf"));
    hidden(to, CONNECT_FIELD_AUTH, view->auth->name);
    for (size_t i = 0; i < view->connector->parameters.count; i++) {
        put_field(to, view, &view->connector->parameters.list[i]);
    }
    for (size_t i = 0; i < view->auth->parameters.count; i++) {
        put_field(to, view, &view->auth->parameters.list[i]);
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

void connect_write_result(buf_t *to, const connect_view_t *view, str_t again)
{
    const json_t *outcome = json_object_get(view->session, "outcome");
    bool ok = json_is_true(json_object_get(outcome, "ok"));
    buf_t back;
    buf_init(&back, CONNECT_HTML_MAX);
    begin(to, ok ? STR("Connected") : STR("Not connected"));
    paragraph(to, json_member(outcome, "detail"));
    paragraph(to, json_member(outcome, "error"));
    paragraph(to, json_member(outcome, "error_description"));
    connect_write_return_url(&back, view->session);
    put_link(to, ok ? STR("") : again, "Try again");
    put_link(to, buf_view(&back), "Back");
    buf_fini(&back);
}

void connect_write_fault(buf_t *to, const err_t *err)
{
    begin(to, str_of(err_code_title(err->code)));
    paragraph(to, str_of(err->text));
}

void connect_write_signed_out(buf_t *to)
{
    begin(to, STR("Signed out"));
    paragraph(to, STR("You have signed out. This window can be closed."));
}
