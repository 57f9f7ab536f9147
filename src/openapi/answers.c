/* SPDX-License-Identifier: MIT */
/* Which answers an action has: those that its definition names, and in any case a success. */
#include "openapi/document.h"

#include <stdio.h>

enum { NO_CONTENT = 204, NOT_MODIFIED = 304 };

/* --- headers --- */

/* A definition says of a header a text, or an object as OpenAPI 2.0 or 3.x writes it. */
static json_t *write_header(const json_t *written)
{
    const json_t *schema = json_object_get(written, "schema");
    const json_t *typed = json_is_object(schema) ? schema : written;
    str_t type = json_member(typed, "type");
    bool known = str_is(type, "integer") || str_is(type, "number") || str_is(type, "boolean");
    json_t *header = json_object();
    json_add_text(header, "description",
                  json_is_string(written) ? json_view(written)
                                          : json_member(written, "description"));
    json_object_set_new(header, "type", known ? json_str(type) : json_string("string"));
    json_add_text(header, "format", known ? json_member(typed, "format") : STR_NONE);
    return header;
}

static json_t *write_headers(const json_t *written)
{
    json_t *headers = json_object();
    const char *name;
    json_t *header;
    json_object_foreach((json_t *)(uintptr_t)written, name, header)
    {
        json_object_set_new(headers, name, write_header(header));
    }
    return headers;
}

/* Those that the definition sets on the answer. */
static void add_set_headers(json_t *headers, const named_templates_t *set)
{
    for (size_t i = 0; i < set->count; i++) {
        str_t name = set->list[i].name;
        if (!json_object_getn(headers, name.p, name.n)) {
            json_object_setn_new(headers, name.p, name.n, json_pack("{s:s}", "type", "string"));
        }
    }
}

json_t *throttle_headers(void)
{
    return json_pack("{s:{s:s,s:s}, s:{s:s,s:s}, s:{s:s,s:s}}", "Retry-After", "description",
                     "Seconds until a call may go through.", "type", "integer", "RateLimit",
                     "description", "What is left of the limit, and when more comes.", "type",
                     "string", "RateLimit-Policy", "description", "The limits of this connection.",
                     "type", "string");
}

/* --- polls --- */

static json_t *poll_headers(void)
{
    return json_pack("{s:{s:s,s:s}, s:{s:s,s:s}}", "Location", "description",
                     "Where to ask for what is new.", "type", "string", "Retry-After",
                     "description", "Seconds until then.", "type", "integer");
}

/* --- answers --- */

static bool is_success(const answer_t *a)
{
    return a->status / 100 == 2;
}

static bool may_have_body(const action_t *action, int status)
{
    return status != NO_CONTENT && status != NOT_MODIFIED && !str_is(action->method, "HEAD");
}

/* The success that carries the output; with an output one that may. */
static answer_t *find_success(const answers_t *answers, bool has_output)
{
    for (size_t i = 0; i < answers->count; i++) {
        answer_t *a = &answers->list[i];
        if (is_success(a) && (!has_output || a->status != NO_CONTENT)) {
            return a;
        }
    }
    return NULL;
}

static answer_t *add_success(answers_t *answers, bool is_token)
{
    answer_t *first = answers->list;
    memmove(first + 1, first, answers->count * sizeof *first);
    *first =
        (answer_t){.status = 200,
                   .description = is_token ? STR("A token.") : STR("What the service answers."),
                   .has_body = true,
                   .headers = json_object()};
    answers->count++;
    return first;
}

static void add_declared(answers_t *answers, const action_t *action)
{
    for (size_t i = 0; i < action->response_count; i++) {
        const response_definition_t *r = &action->responses[i];
        bool bodied = may_have_body(action, r->status) && r->schema;
        answers->list[answers->count++] = (answer_t){.status = r->status,
                                                     .description = r->description,
                                                     .schema = bodied ? r->schema : NULL,
                                                     .has_body = bodied,
                                                     .headers = write_headers(r->headers)};
    }
}

static void complete_success(answer_t *success, const action_t *action, bool is_token)
{
    if (action->output) {
        success->schema = action->output;
    }
    success->is_token = is_token && !success->schema;
    success->has_body = success->has_body || success->schema || success->is_token;
    if (!may_have_body(action, success->status)) {
        success->schema = NULL;
        success->has_body = success->is_token = false;
    }
    add_set_headers(success->headers, &action->response_headers);
}

static bool has_status(const answers_t *answers, int status)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (answers->list[i].status == status) {
            return true;
        }
    }
    return false;
}

/* Both answers of a poll tell where and when the next one goes. */
static void complete_poll(answers_t *answers, answer_t *success)
{
    json_object_update_missing_new(success->headers, poll_headers());
    if (!has_status(answers, 202)) {
        answer_t nothing_new = {
            .status = 202, .description = STR("Nothing new yet."), .headers = poll_headers()};
        memmove(success + 2, success + 1,
                (answers->count - (size_t)(success + 1 - answers->list)) * sizeof *success);
        success[1] = nothing_new;
        answers->count++;
    }
}

answers_t answers_of(document_t *d, const action_t *action)
{
    bool is_token = action->kind != ACTION_REQUEST;
    answers_t answers = {.list = arena_array_of(d->arena, answer_t, action->response_count + 2)};
    add_declared(&answers, action);
    answer_t *success = find_success(&answers, action->output || is_token);
    success = success ? success : add_success(&answers, is_token);
    complete_success(success, action, is_token);
    if (action->trigger.kind == TRIGGER_POLLING) {
        complete_poll(&answers, success);
    }
    return answers;
}

void answers_fini(answers_t *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        json_decref(answers->list[i].headers);
    }
}

answer_key_t answer_key(const answer_t *answer)
{
    answer_key_t key = {"default"};
    if (answer->status) {
        snprintf(key.text, sizeof key.text, "%d", answer->status);
    }
    return key;
}
