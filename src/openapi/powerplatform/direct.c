/* SPDX-License-Identifier: MIT */
/* The package that leads directly to the service, from the connector to its three parts. */
#include "openapi/powerplatform/direct.h"

#include <stdarg.h>
#include <stdio.h>

#include "openapi/powerplatform/package.h"

enum { DETAIL_MAX = 400 };

/* --- notes --- */

__attribute__((format(printf, 4, 0))) static void
add_note(direct_t *x, const action_t *a, const char *reason, const char *format, va_list arguments)
{
    char detail[DETAIL_MAX];
    vsnprintf(detail, sizeof detail, format, arguments);
    json_t *note = json_pack("{s:s,s:o}", "reason", reason, "detail", json_str(str_of(detail)));
    if (a) {
        json_object_set_new(note, "action", json_str(a->name));
    }
    json_array_append_new(x->notes, note);
}

void direct_note(direct_t *x, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_note(x, NULL, reason, format, arguments);
    va_end(arguments);
}

bool direct_leave_out(direct_t *x, const action_t *a, const char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_note(x, a, reason, format, arguments);
    va_end(arguments);
    json_object_setn_new(x->left_out, a->name.p, a->name.n, json_true());
    return false;
}

bool direct_says(const direct_t *x, const action_t *a)
{
    return !json_object_getn(x->left_out, a->name.p, a->name.n);
}

/* --- what is Tenon's alone --- */

static void note_limits(direct_t *x)
{
    const connector_t *c = x->c;
    if (c->throttle.count) {
        direct_note(x, "throttle", "the platform has limits of its own, and keeps none of these");
    }
    if (c->retry.max) {
        direct_note(x, "retry", "a flow's own settings say what is tried again");
    }
}

/* --- actions --- */

static bool say_action(direct_t *x, const action_t *a)
{
    if (a->kind != ACTION_REQUEST) {
        return direct_leave_out(x, a, "token", "the platform hands out no tokens");
    }
    if (a->auths && x->c->auth_count > a->auth_count) {
        direct_note(x, "auth", "%.*s is offered with every way to sign in", STR_ARG(a->name));
    }
    for (size_t i = 0; i < a->input.count; i++) {
        if (a->input.list[i].in == IN_PATH && a->input.list[i].url_encoding == URL_ENCODING_PATH) {
            direct_note(x, "url_encoding", "%.*s: a slash in %.*s is encoded", STR_ARG(a->name),
                        STR_ARG(a->input.list[i].name));
        }
    }
    return direct_request(x, a) && direct_answers(x, a);
}

static bool say_actions(direct_t *x)
{
    for (size_t i = 0; i < x->c->action_count; i++) {
        say_action(x, &x->c->actions[i]);
    }
    direct_bodies(x);
    return json_object_size(x->left_out) < x->c->action_count;
}

/* --- the document --- */

static json_t *write_document(const direct_t *x, err_t *err)
{
    document_t d = {.connector = x->c,
                    .flavour = &OPENAPI_POWERPLATFORM,
                    .arena = x->arena,
                    .left_out = x->left_out};
    if (!document_set_server(&d, x->host_url, err)) {
        return NULL;
    }
    json_t *document = document_write(&d);
    json_add_filled(document, "securityDefinitions", json_incref(x->schemes));
    json_add_filled(document, "security", json_incref(x->security));
    return document;
}

/* --- the whole --- */

static bool make(direct_t *x, powerplatform_package_t *out, err_t *err)
{
    direct_before_sign_in(x);
    direct_base(x);
    note_limits(x);
    if (!direct_sign_ins(x)) {
        return err_set(err, ERR_not_sayable,
                       "no way to sign in can be said to Power Platform: lead through Tenon");
    }
    if (!say_actions(x)) {
        return err_set(err, ERR_not_sayable,
                       "no action can be said to Power Platform: lead through Tenon");
    }
    out->definition = write_document(x, err);
    json_object_set_new(x->properties, "policyTemplateInstances", instances_write(x));
    return out->definition != NULL;
}

bool package_direct(const connector_t *c, powerplatform_package_t *out, err_t *err)
{
    direct_t x = {.c = c,
                  .arena = arena_new(0),
                  .notes = out->notes,
                  .properties = out->properties,
                  .left_out = json_object(),
                  .before_sign_in = json_object(),
                  .schemes = json_object(),
                  .carried = json_pack("{s:{},s:{}}", "header", "query")};
    bool ok = make(&x, out, err);
    json_t *owned[] = {x.left_out, x.before_sign_in, x.schemes, x.security, x.carried};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        json_decref(owned[i]);
    }
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        json_decref(x.instances[i]);
    }
    arena_free(x.arena);
    return ok;
}
