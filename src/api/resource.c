/* SPDX-License-Identifier: MIT */
#include "api/resource.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/routes.h"
#include "base/mem.h"
#include "codec/json.h"

enum { OUTPUT_MAX = 256 * 1024 * 1024, HEADERS_MAX = 4 };

/* --- the answer --- */

/* Everything but the request, which the answer takes with it. */
static http_request_t *end(resource_t *r)
{
    http_request_t *request = r->request;
    caller_key_unref(r->caller);
    json_decref(r->body);
    free(r);
    return request;
}

static void reply(resource_t *r, int status, str_t type, str_t body, const http_header_t *header)
{
    http_header_t headers[HEADERS_MAX] = {
        {STR("content-type"), type},
        {STR("cache-control"), STR("no-store")},
        {STR("x-content-type-options"), STR("nosniff")},
    };
    size_t count = 3;
    if (header) {
        headers[count++] = *header;
    }
    http_reply(end(r), status, headers, count, body);
}

void resource_answer_text(resource_t *r, str_t type, str_t text)
{
    reply(r, 200, type, text, NULL);
}

void resource_answer_as(resource_t *r, int status, const http_header_t *headers, size_t count,
                        str_t body)
{
    http_reply(end(r), status, headers, count, body);
}

/* If-None-Match: a list of tags, or `*`; compared weakly (RFC 9110 8.8.3.2). */
bool resource_client_has(const resource_t *r, str_t tag)
{
    str_t rest = http_request_header(r->request, "if-none-match");
    while (rest.p) {
        str_t one = str_trim(str_cut(&rest, ','));
        if (str_starts(one, STR("W/"))) {
            one = str_slice(one, 2, one.n);
        }
        if (str_eq(one, tag) || str_is(one, "*")) {
            return true;
        }
    }
    return false;
}

void resource_answer_document(resource_t *r, const resource_document_t *document)
{
    str_t keeping = document->is_private ? STR("private, no-cache") : STR("no-cache");
    const http_header_t headers[] = {
        {STR("etag"), document->tag},
        {STR("cache-control"), keeping},
        {STR("content-type"), document->type},
        {STR("x-content-type-options"), STR("nosniff")},
    };
    if (resource_client_has(r, document->tag)) {
        http_reply(end(r), 304, headers, 2, STR(""));
    } else {
        http_reply(end(r), 200, headers, sizeof headers / sizeof *headers, document->text);
    }
}

void resource_answer_with(resource_t *r, int status, json_t *output, const http_header_t *header)
{
    buf_t text; /* may hold a key that was made, or a token */
    buf_init_wiping(&text, OUTPUT_MAX);
    json_write(&text, output);
    json_decref(output);
    if (buf_ok(&text)) {
        reply(r, status, STR("application/json"), buf_view(&text), header);
    } else {
        resource_refuse(r, ERR_internal_error, "the answer is too large; ask for fewer at once");
    }
    buf_fini(&text);
}

void resource_answer(resource_t *r, int status, json_t *output)
{
    resource_answer_with(r, status, output, NULL);
}

void resource_answer_made(resource_t *r, str_t path, str_t name, json_t *output)
{
    str_t at =
        arena_printf(http_request_arena(r->request), "%.*s%.*s%.*s",
                     STR_ARG(worker_options(r->worker)->public_url), STR_ARG(path), STR_ARG(name));
    const http_header_t location = {STR("location"), at};
    resource_answer_with(r, 201, json_incref(output), &location);
}

http_request_t *resource_take_request(resource_t *r)
{
    return end(r);
}

void resource_nothing(resource_t *r)
{
    const http_header_t no_store = {STR("cache-control"), STR("no-store")};
    http_reply(end(r), 204, &no_store, 1, STR(""));
}

void resource_fail(resource_t *r, const err_t *err)
{
    http_reply_problem(end(r), &(http_problem_t){.err = err});
}

void resource_refuse(resource_t *r, err_code_t code, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_t err = ERR_INIT;
    (void)err_set(&err, code, "%s", text);
    resource_fail(r, &err);
}

/* --- the control loop --- */

static void on_admin(void *context, json_t *output, const err_t *err)
{
    resource_t *r = context;
    if (err_is_set(err)) {
        resource_fail(r, err);
    } else if (r->on_output) {
        r->on_output(r, output);
    } else if (output) {
        resource_answer(r, r->status, json_incref(output));
    } else {
        resource_nothing(r);
    }
}

static actor_kind_t kind_of_actor(const resource_t *r)
{
    return !r->caller ? ACTOR_CONNECT_SESSION : r->view->local ? ACTOR_COMMAND_LINE : ACTOR_KEY;
}

actor_t resource_actor(const resource_t *r)
{
    actor_t actor = {.kind = kind_of_actor(r)};
    snprintf(actor.key, sizeof actor.key, "%s", r->caller ? r->caller->id : "");
    snprintf(actor.address, sizeof actor.address, "%.*s", STR_ARG(http_request_peer(r->request)));
    snprintf(actor.request_id, sizeof actor.request_id, "%.*s",
             STR_ARG(http_request_id(r->request)));
    return actor;
}

void resource_admin(resource_t *r, admin_verb_t verb, json_t *input, int status)
{
    const actor_t actor = resource_actor(r);
    r->status = status;
    manager_admin(worker_options(r->worker)->manager, verb, input, &actor, on_admin, r);
}

void resource_admin_then(resource_t *r, admin_verb_t verb, json_t *input,
                         void (*on_output)(resource_t *r, json_t *output))
{
    r->on_output = on_output;
    resource_admin(r, verb, input, 0);
}

/* --- the audit trail --- */

static audit_t *trail_of(const resource_t *r)
{
    return manager_audit(worker_options(r->worker)->manager);
}

bool resource_can_tell(resource_t *r)
{
    err_t err = ERR_INIT;
    if (audit_is_well(trail_of(r)) || audit_refuse(trail_of(r), &err)) {
        return true;
    }
    resource_fail(r, &err);
    return false;
}

static void on_line(void *context, const err_t *err)
{
    resource_t *r = context;
    if (err_is_set(err)) {
        resource_fail(r, err);
    } else {
        r->on_told(r);
    }
}

void resource_tell_then(resource_t *r, err_code_t refused, void (*on_told)(resource_t *r))
{
    const actor_t actor = resource_actor(r);
    r->on_told = on_told;
    audit_tell(trail_of(r),
               &(audit_entry_t){.what = route_what(r->route),
                                .actor = &actor,
                                .object = r->variables[0],
                                .refused = refused},
               on_line, r);
}

void resource_note_refusal(const resource_t *r, err_code_t code)
{
    const actor_t actor = resource_actor(r);
    audit_what_t what = route_what(r->route);
    json_t *details = json_pack("{s:o, s:o}", "method", json_str(r->view->method), "path",
                                json_str(worker_told_path(r->view->path)));
    audit_note(trail_of(r), &(audit_entry_t){.what = what ? what : AUDIT_ACCESS_REFUSED,
                                             .actor = &actor,
                                             .object = r->variables[0],
                                             .details = details,
                                             .refused = code});
    json_decref(details);
}

bool resource_may_see(resource_t *r, str_t connection)
{
    if (caller_key_may_call(r->caller, connection)) {
        return true;
    }
    resource_note_refusal(r, ERR_not_found);
    resource_refuse(r, ERR_not_found, "there is no connection `%.*s`", STR_ARG(connection));
    return false;
}

/* --- from request to handler --- */

static bool may(const caller_key_t *caller, access_t access, bool is_local)
{
    switch (access) {
    case ACCESS_LOCAL:
        return is_local;
    case ACCESS_PUBLIC:
    case ACCESS_CALLER:
        return true;
    case ACCESS_TOKEN:
        return caller_key_has(caller, KEY_RIGHT_TOKEN);
    case ACCESS_METRICS:
        return caller_key_has(caller, KEY_RIGHT_METRICS);
    case ACCESS_ADMIN:
        return caller->is_admin;
    }
    return false;
}

static const char *wanted(access_t access)
{
    return access == ACCESS_TOKEN     ? "a key with the right `token`"
           : access == ACCESS_METRICS ? "a key with the right `metrics`"
           : access == ACCESS_LOCAL   ? "the command line on the host's own machine"
                                      : "an admin key";
}

static void check_and_run(resource_t *r)
{
    err_t err = ERR_INIT;
    if (!may(r->caller, r->route->access, r->view->local)) {
        resource_note_refusal(r, ERR_forbidden);
        resource_refuse(r, ERR_forbidden, "this needs %s", wanted(r->route->access));
    } else if (!resource_read_body(r, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
    } else {
        r->route->handle(r);
    }
}

static void answer_unknown(http_request_t *request, const route_match_t *match)
{
    err_t err = ERR_INIT;
    const http_header_t allow = {STR("allow"), match->allow};
    if (match->path_known) {
        (void)err_set(&err, ERR_method_not_allowed, "this address takes %.*s",
                      STR_ARG(match->allow));
    } else {
        (void)err_set(&err, ERR_not_found, "there is nothing at this address");
    }
    http_reply_problem(
        request,
        &(http_problem_t){.err = &err, .headers = &allow, .header_count = match->path_known});
}

void resource_handle(const api_options_t *api, worker_t *w, http_request_t *request)
{
    const http_view_t *view = http_request_view(request);
    route_match_t match;
    route_match(http_request_arena(request), view->method, view->path, &match);
    if (!match.route) {
        answer_unknown(request, &match);
        return;
    }
    resource_t *r = mem_new(resource_t);
    *r = (resource_t){
        .api = api, .worker = w, .request = request, .view = view, .route = match.route};
    memcpy(r->variables, match.variables, sizeof r->variables);
    if (match.route->access == ACCESS_PUBLIC) {
        match.route->handle(r);
    } else {
        resource_identify(r, check_and_run);
    }
}
