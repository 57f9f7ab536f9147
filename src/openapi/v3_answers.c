/* SPDX-License-Identifier: MIT */
/* Answers of OpenAPI 3.x: with their content, and with the errors that Tenon itself makes at any
 * call. */
#include "openapi/flavour.h"

static const char PROBLEM_TYPE[] = "application/problem+json";
static const char PROBLEM[] = "#/components/responses/Problem";
static const char THROTTLED[] = "#/components/responses/Throttled";

/* --- parts --- */

static json_t *write_headers(const json_t *headers)
{
    const char *name;
    json_t *header;
    json_t *to = json_object();
    json_object_foreach((json_t *)(uintptr_t)headers, name, header)
    {
        json_t *schema = json_deep_copy(header);
        json_t *written = json_object();
        json_add_text(written, "description", json_member(header, "description"));
        json_object_del(schema, "description");
        json_object_set_new(written, "schema", schema);
        json_object_set_new(to, name, written);
    }
    return to;
}

static void add_problem(const document_t *d, json_t *content)
{
    json_object_set_new(
        content, PROBLEM_TYPE,
        json_pack("{s:{s:o}}", "schema", "$ref",
                  json_sprintf("%s%.*s", d->flavour->schemas, STR_ARG(d->problem))));
}

/* Errors of the service come through beside those of Tenon. */
static bool may_be_a_problem(const answer_t *a)
{
    return a->status == 0 || a->status >= 400;
}

static json_t *write_schema(document_t *d, const action_t *action, const answer_t *a)
{
    if (a->is_token) {
        return token_schema(d->connector, action);
    }
    return a->schema ? schema_write(d, a->schema) : json_object();
}

static str_t media_type(const action_t *action, const answer_t *a)
{
    return may_be_a_problem(a) ? STR("application/json") : action->output_type;
}

static json_t *write_answer(document_t *d, const action_t *action, const answer_t *a)
{
    json_t *to = json_object();
    json_t *content = json_object();
    json_object_set_new(to, "description", json_str(a->description));
    if (a->status == 429) {
        json_object_update_missing_new(a->headers, throttle_headers());
    }
    json_add_filled(to, "headers", write_headers(a->headers));
    if (a->has_body) {
        str_t type = media_type(action, a);
        json_object_setn_new(content, type.p, type.n,
                             json_pack("{s:o}", "schema", write_schema(d, action, a)));
    }
    if (may_be_a_problem(a)) {
        add_problem(d, content);
    }
    json_add_filled(to, "content", content);
    return to;
}

/* --- the answers of an operation --- */

static void add_shared(json_t *responses, const char *key, const char *reference)
{
    if (!json_object_get(responses, key)) {
        json_object_set_new(responses, key, json_pack("{s:s}", "$ref", reference));
    }
}

void v3_add_answers(document_t *d, const action_t *action, const answers_t *answers,
                    json_t *operation)
{
    json_t *responses = json_object();
    for (size_t i = 0; i < answers->count; i++) {
        const answer_t *a = &answers->list[i];
        json_object_set_new(responses, answer_key(a).text, write_answer(d, action, a));
    }
    add_shared(responses, "429", THROTTLED);
    add_shared(responses, "default", PROBLEM);
    json_object_set_new(operation, "responses", responses);
}

void v3_add_notification(document_t *d, const action_t *action, json_t *item, json_t *operation)
{
    const trigger_t *t = &action->trigger;
    str_t pointer = notification_pointer(d, action);
    json_t *content = json_object();
    json_add_text(content, "description", t->description);
    if (!pointer.n) { /* where it is sent to is not to be seen here */
        json_object_set_new(content, "schema", schema_write(d, t->content));
        json_object_set_new(item, "x-ms-notification-content", content);
        return;
    }
    json_object_set_new(content, "required", json_true());
    json_object_set_new(
        content, "content",
        json_pack("{s:{s:o}}", "application/json", "schema", schema_write(d, t->content)));
    json_t *post = json_pack("{s:o,s:o,s:{s:{s:s}}}", "summary", json_str(action->summary),
                             "requestBody", content, "responses", "200", "description", "Taken.");
    json_object_set_new(
        operation, "callbacks",
        json_pack("{s:{s:{s:o}}}", "notification",
                  arena_printf(d->arena, "{$request.body#%.*s}", STR_ARG(pointer)).p, "post",
                  post));
}

/* --- the shared ones --- */

json_t *v3_shared_answers(const document_t *d)
{
    json_t *throttle = throttle_headers();
    json_t *problem = json_object();
    add_problem(d, problem);
    json_t *shared = json_pack("{s:{s:s,s:O}, s:{s:s,s:o,s:o}}", "Problem", "description",
                               "An error of Tenon, or the service's own.", "content", problem,
                               "Throttled", "description", THROTTLED_TEXT, "headers",
                               write_headers(throttle), "content", problem);
    json_decref(throttle);
    return shared;
}
