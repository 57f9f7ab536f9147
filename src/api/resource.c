/* SPDX-License-Identifier: MIT */
#include "api/resource.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/routes.h"
#include "base/mem.h"
#include "codec/form.h"
#include "codec/json.h"

enum { OUTPUT_MAX = 256 * 1024 * 1024, QUERY_PARTS_MAX = 32, HEADERS_MAX = 4 };

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

void resource_answer_with(resource_t *r, int status, json_t *output, const http_header_t *header)
{
    http_header_t headers[HEADERS_MAX] = {
        {STR("content-type"), STR("application/json")},
        {STR("cache-control"), STR("no-store")},
        {STR("x-content-type-options"), STR("nosniff")},
    };
    size_t count = 3;
    if (header) {
        headers[count++] = *header;
    }
    buf_t text; /* may hold a key that was made, or a token */
    buf_init_wiping(&text, OUTPUT_MAX);
    json_write(&text, output);
    json_decref(output);
    http_reply(end(r), status, headers, count, buf_view(&text));
    buf_fini(&text);
}

void resource_answer(resource_t *r, int status, json_t *output)
{
    resource_answer_with(r, status, output, NULL);
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

void resource_forget(resource_t *r)
{
    (void)end(r);
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

void resource_admin(resource_t *r, admin_verb_t verb, json_t *input, int status)
{
    r->status = status;
    manager_admin(worker_options(r->worker)->manager, verb, input, str_of(r->caller->id), on_admin, r);
}

void resource_admin_then(resource_t *r, admin_verb_t verb, json_t *input,
                         void (*on_output)(resource_t *r, json_t *output))
{
    r->on_output = on_output;
    resource_admin(r, verb, input, 0);
}

bool resource_may_see(resource_t *r, str_t connection)
{
    if (caller_key_may_call(r->caller, connection)) {
        return true;
    }
    resource_refuse(r, ERR_not_found, "there is no connection `%.*s`", STR_ARG(connection));
    return false;
}

/* --- the query --- */

static bool read_limit(str_t text, unsigned *limit, err_t *err)
{
    int64_t number;
    if (!str_to_i64(text, &number)) {
        return err_add_detail(err, ERR_param_type, "/limit", "`limit` is a whole number");
    }
    *limit = number < 1 ? 1 : number > PAGE_MAX ? PAGE_MAX : (unsigned)number;
    return true;
}

static bool read_part(const form_part_t *part, const char *filter, page_t *out, err_t *err)
{
    if (str_is(part->name, "limit")) {
        return read_limit(part->value, &out->limit, err);
    }
    str_t *to = str_is(part->name, "after")                 ? &out->after
                : filter && str_is(part->name, filter) ? &out->filter
                                                            : NULL;
    if (!to) {
        char pointer[80] = "/";
        err_clean_text(pointer + 1, sizeof pointer - 1, part->name);
        return err_add_detail(err, ERR_param_unknown, pointer, "there is no parameter `%s` here", pointer + 1);
    }
    *to = part->value;
    return true;
}

bool resource_page(resource_t *r, const char *filter, page_t *out, err_t *err)
{
    *out = (page_t){.limit = PAGE_DEFAULT};
    form_t form = {.count = 0};
    arena_t *arena = http_request_arena(r->request);
    if (r->view->query.p && !form_read_urlencoded_in(arena, r->view->query, QUERY_PARTS_MAX, &form, err)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < form.count; i++) {
        ok = read_part(&form.parts[i], filter, out, err) && ok;
    }
    return ok;
}

/* --- the body --- */

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a whole number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "another type";
}

static json_type kind_of(const json_t *value)
{
    return json_is_false(value) ? JSON_TRUE : json_typeof(value);
}

static const body_member_t *find_member(const body_t *body, const char *name)
{
    for (size_t i = 0; i < body->count; i++) {
        if (strcmp(body->members[i].name, name) == 0) {
            return &body->members[i];
        }
    }
    return NULL;
}

bool body_check(const body_t *body, const json_t *value, err_t *err)
{
    if (!json_is_object(value)) {
        return err_add_detail(err, ERR_param_type, "", "the body is a JSON object");
    }
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char pointer[80] = "/";
        err_clean_text(pointer + 1, sizeof pointer - 1, str_of(name));
        const body_member_t *known = find_member(body, name);
        if (!known) {
            err_add_detail(err, ERR_param_unknown, pointer, "there is no member `%s` here", pointer + 1);
        } else if (kind_of(member) != known->type) {
            err_add_detail(err, ERR_param_type, pointer, "`%s` is %s", known->name, type_name(known->type));
        }
    }
    return !err_is_set(err);
}

static bool check_media(const http_view_t *view, err_t *err)
{
    if (view->content_encoding.n) {
        return err_set(err, ERR_media_type, "a body with a Content-Encoding is not read here");
    }
    return !view->content_type.p || media_type_is_json(view->content_type) ||
           err_set(err, ERR_media_type, "the body is application/json");
}

static bool read_body(resource_t *r, err_t *err)
{
    const worker_options_t *options = worker_options(r->worker);
    const json_limits_t limits = {.depth = options->json_depth, .array_items = options->array_items};
    if (!r->route->body) {
        return true;
    }
    if (!r->view->body.n) {
        r->body = json_object();
        return true;
    }
    if (!check_media(r->view, err)) {
        return false;
    }
    r->body = json_read(r->view->body, &limits, err);
    return r->body && body_check(r->route->body, r->body, err);
}

/* --- from request to handler --- */

static bool may(const caller_key_t *caller, access_t access)
{
    switch (access) {
    case ACCESS_PUBLIC:
    case ACCESS_CALLER:
        return true;
    case ACCESS_TOKEN:
        return caller_key_has(caller, KEY_RIGHT_TOKEN);
    case ACCESS_ADMIN:
        return caller->is_admin;
    }
    return false;
}

static void on_caller(void *context, caller_key_t *caller)
{
    resource_t *r = context;
    err_t err = ERR_INIT;
    r->caller = caller;
    if (!caller) { /* the 401 is sent */
        resource_forget(r);
    } else if (!may(caller, r->route->access)) {
        resource_refuse(r, ERR_forbidden, r->route->access == ACCESS_TOKEN ? "this needs a key with the right `token`"
                                                                           : "this needs an admin key");
    } else if (!read_body(r, &err)) {
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
        (void)err_set(&err, ERR_method_not_allowed, "this address takes %.*s", STR_ARG(match->allow));
    } else {
        (void)err_set(&err, ERR_not_found, "there is nothing at this address");
    }
    http_reply_problem(request, &(http_problem_t){.err = &err, .headers = &allow, .header_count = match->path_known});
}

void resource_handle(worker_t *w, http_request_t *request)
{
    const http_view_t *view = http_request_view(request);
    route_match_t match;
    route_match(http_request_arena(request), view->method, view->path, &match);
    if (!match.route) {
        answer_unknown(request, &match);
        return;
    }
    resource_t *r = mem_new(resource_t);
    *r = (resource_t){.worker = w, .request = request, .view = view, .route = match.route};
    memcpy(r->variables, match.variables, sizeof r->variables);
    if (match.route->access == ACCESS_PUBLIC) {
        match.route->handle(r);
    } else {
        worker_identify(w, request, on_caller, r);
    }
}
