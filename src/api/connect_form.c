/* SPDX-License-Identifier: MIT */
/* POST /connect/{session}: what was filled in becomes the connection, by the same verbs as the
 * API's; then the browser goes on to sign in, or the connection is tried at once. */
#include "api/connect_offer.h"
#include "api/connect_visit.h"
#include "api/handlers.h"
#include "call/call.h"
#include "codec/form.h"
#include "codec/json.h"
#include "definition/scope.h"
#include "definition/value/check.h"
#include "seal/hash.h"

enum { PARTS_MAX = 256 };

/* --- how it ended --- */

static void on_noted(visit_t *v, json_t *output)
{
    (void)output;
    visit_go_on(v);
}

static json_t *outcome_of(const json_t *report)
{
    const json_t *step;
    size_t i;
    if (json_is_true(json_object_get(report, "ok"))) {
        return json_pack("{s:b}", "ok", 1);
    }
    json_array_foreach(json_object_get(report, "steps"), i, step)
    {
        if (!json_is_true(json_object_get(step, "ok"))) {
            json_t *outcome = json_deep_copy(step);
            json_object_set_new(outcome, "ok", json_false());
            return outcome;
        }
    }
    return json_pack("{s:b}", "ok", 0);
}

static void on_report(void *context, json_t *report)
{
    visit_t *v = context;
    json_t *input = visit_key(v);
    const actor_t actor = visit_actor(v);
    audit_note(manager_audit(worker_options(v->r->worker)->manager),
               &(audit_entry_t){.what = AUDIT_CONNECTION_TESTED,
                                .actor = &actor,
                                .object = json_member(v->session, "name"),
                                .refused = call_test_code(report)});
    json_object_set_new(input, "outcome", outcome_of(report));
    visit_ask(v, ADMIN_SESSION_NOTE, input, on_noted);
}

static void on_found(void *context, connection_t *connection, const err_t *err)
{
    visit_t *v = context;
    if (!connection) {
        visit_show_form(v, err);
        return;
    }
    call_test(v->r->worker, connection, on_report, v);
    connection_unref(connection);
}

/* --- on to the service --- */

static void on_begun(visit_t *v, json_t *output)
{
    browser_send_to(v->r, json_member(output, "url"), callback_binding_cookie(v->r, output));
}

static void on_code(visit_t *v, json_t *output)
{
    (void)output;
    visit_go_on(v);
}

static json_t *named(const visit_t *v)
{
    return json_pack("{s:o}", "name", json_deep_copy(json_object_get(v->session, "name")));
}

static void on_made(visit_t *v, json_t *output)
{
    (void)output;
    bool by_code = auth_sign_in_way(v->auth) == SIGN_IN_ELSEWHERE;
    if (auth_sign_in_way(v->auth) != SIGN_IN_ALONE) {
        json_t *input = named(v);
        json_object_set_new(input, "session", json_str(v->id));
        visit_ask(v, by_code ? ADMIN_DEVICE_BEGIN : ADMIN_SIGN_IN_BEGIN, input,
                  by_code ? on_code : on_begun);
    } else {
        worker_find_connection(v->r->worker, json_member(v->session, "name"), on_found, v);
    }
}

static void on_written(visit_t *v, json_t *output)
{
    (void)output;
    json_t *input = visit_key(v);
    json_object_set_new(input, "is_made", json_true());
    visit_ask(v, ADMIN_SESSION_NOTE, input, on_made);
}

/* --- the connection, made or changed --- */

/* Typed as their fields say; presets win. What is left empty is not given. */
static json_t *values_of(const visit_t *v)
{
    json_t *values = json_object();
    const char *name;
    json_t *text;
    json_object_foreach(v->given, name, text)
    {
        const field_t *field = connection_field(v->connector, v->auth, str_of(name));
        if (json_string_length(text) && !connect_offer_is_preset(v->session, str_of(name))) {
            json_object_set_new(values, name,
                                field ? field_value_of_text(field, json_view(text))
                                      : json_deep_copy(text));
        }
    }
    json_object_foreach(json_object_get(v->session, "parameters"), name, text)
    {
        if (connection_field(v->connector, v->auth, str_of(name))) {
            json_object_set_new(values, name, json_deep_copy(text));
        }
    }
    return values;
}

static void create(visit_t *v)
{
    json_t *input = named(v);
    json_t *title = json_object_get(v->session, "title");
    json_object_set_new(input, "connector", json_str(v->connector->id));
    json_object_set_new(input, "auth", json_str(v->auth->name));
    if (title) {
        json_object_set_new(input, "title", json_deep_copy(title));
    }
    json_object_set_new(input, "parameters", values_of(v));
    visit_ask(v, ADMIN_CONNECTION_CREATE, input, on_written);
}

/* What stays as it is, is not given: it would end what the connection has. A field that was emptied
 * loses its value; a secret that was left empty keeps it. */
static json_t *changes_of(const visit_t *v)
{
    json_t *values = values_of(v), *changes = json_object();
    const json_t *present = json_object_get(v->shown, "parameters");
    const char *name;
    json_t *value;
    json_object_foreach(values, name, value)
    {
        if (!json_equal(value, json_object_get(present, name))) {
            json_object_set(changes, name, value);
        }
    }
    json_object_foreach(v->given, name, value)
    {
        const json_t *before = json_object_get(present, name);
        if (!json_string_length(value) && before && !json_is_object(before) &&
            !json_object_get(values, name)) {
            json_object_set_new(changes, name, json_null());
        }
    }
    json_decref(values);
    return changes;
}

static void change(visit_t *v)
{
    json_t *changes = changes_of(v);
    bool other_auth = !str_eq(json_member(v->shown, "auth"), v->auth->name);
    if (!other_auth && !json_object_size(changes)) {
        json_decref(changes);
        on_written(v, NULL);
        return;
    }
    json_t *input = named(v);
    if (other_auth) {
        json_object_set_new(input, "auth", json_str(v->auth->name));
    }
    json_object_set_new(input, "parameters", changes);
    visit_ask(v, ADMIN_CONNECTION_CHANGE, input, on_written);
}

/* --- the form --- */

static bool read_form(visit_t *v, form_t *form, err_t *err)
{
    const http_view_t *view = v->r->view;
    if (!media_type_is(view->content_type, "application/x-www-form-urlencoded") ||
        view->content_encoding.n) {
        return err_set(err, ERR_media_type, "a form is sent as application/x-www-form-urlencoded");
    }
    return form_read_urlencoded_in(v->arena, view->body, PARTS_MAX, form, err);
}

static str_t part_named(const form_t *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (str_is(form->parts[i].name, name)) {
            return form->parts[i].value;
        }
    }
    return STR_NONE;
}

/* Line ends as everybody else writes them (HTML 4.10.22.7 sends CR LF). */
static json_t *text_of(arena_t *arena, str_t text)
{
    char *kept = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\r' || i + 1 == text.n || text.p[i + 1] != '\n') {
            kept[n++] = text.p[i];
        }
    }
    return json_str(str_at(kept, n));
}

/* Blanks around what was pasted belong to nothing; only a password that a person made may have
 * them. */
static bool keeps_blanks(const visit_t *v, str_t name)
{
    const field_t *field = connection_field(v->connector, v->auth, name);
    auth_type_t type = v->auth->type;
    return field && field->secret &&
           (type == AUTH_BASIC || type == AUTH_PASSWORD || type == AUTH_SESSION);
}

/* Of two of one name the last counts: a box that is ticked is sent behind its `false`. */
static json_t *parameters_of(const visit_t *v, const form_t *form)
{
    static const str_t prefix = STR_INIT(CONNECT_FIELD_PARAMETER);
    json_t *given = json_object();
    for (size_t i = 0; i < form->count; i++) {
        str_t name = form->parts[i].name;
        if (str_starts(name, prefix)) {
            name = str_slice(name, prefix.n, name.n);
            str_t value = form->parts[i].value;
            json_object_setn_new(
                given, name.p, name.n,
                text_of(v->arena, keeps_blanks(v, name) ? value : str_trim(value)));
        }
    }
    return given;
}

static bool is_own(const visit_t *v, const form_t *form, err_t *err)
{
    str_t csrf = json_member(v->session, "csrf");
    return (browser_is_own_form(v->r) && bytes_equal(part_named(form, CONNECT_FIELD_CSRF), csrf)) ||
           err_set(err, ERR_csrf_rejected, "this form was not sent by the page it belongs to");
}

static void submit(visit_t *v)
{
    form_t form = {0};
    err_t err = ERR_INIT;
    if (!read_form(v, &form, &err) || !is_own(v, &form, &err)) {
        browser_fault(v->r, &err, STR_NONE);
        return;
    }
    v->auth = connect_offer_auth(v->connector, v->session, part_named(&form, CONNECT_FIELD_AUTH));
    v->given = parameters_of(v, &form);
    if (json_is_true(json_object_get(v->session, "is_made"))) {
        change(v);
    } else {
        create(v);
    }
}

void connect_submit(resource_t *r)
{
    visit_open(r, submit);
}
