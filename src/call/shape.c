/* SPDX-License-Identifier: MIT */
/* Successes that do not pass as they came (FORMAT 7): policies reshape the body, then headers are
 * set, links come back through Tenon, and a poll is answered. A body that is no JSON has no place
 * that could be reshaped: it passes as it is, and so do all errors of a service. */
#include "base/clock.h"
#include "base/log.h"
#include "call/call_internal.h"
#include "codec/json.h"
#include "definition/response.h"
#include "policy/policy.h"

enum { HEADER_MAX = 8 * 1024, GROWTH_MAX = 4 };

/* --- when --- */

bool shape_reads_body(const action_t *action)
{
    return action->next_link || action->response_policies.count || action->response_reads_body ||
           action->trigger.kind == TRIGGER_POLLING;
}

/* What comes of taking back a hook is nothing that the action describes. */
static bool is_described(const call_t *c, int status)
{
    return status / 100 == 2 && c->link != &LINK_HOOK;
}

bool shape_is_needed(const call_t *c, int status)
{
    return shape_reads_body(c->action) && is_described(c, status);
}

static void begin_scope(const call_t *c, value_scope_t *scope)
{
    connection_scope(c->connection, scope, clock_wall_ms());
    memcpy(scope->scope.uuid, c->uuid, sizeof c->uuid);
    scope->input = c->input.values;
    scope->steps = c->steps;
}

/* --- headers --- */

/* What cannot stand in a header is left out: the service has done what it was asked for. */
static void set_header(call_t *c, const named_template_t *header, value_scope_t *scope)
{
    buf_t text;
    err_t err = ERR_INIT;
    buf_init_wiping(&text, HEADER_MAX);
    template_outcome_t outcome = template_header(header->template, &scope->scope, &text, &err);
    if (outcome == TEMPLATE_OK && buf_ok(&text)) {
        str_t value = arena_str(c->arena, buf_view(&text));
        bool leads = str_eq_nocase(header->name, STR("location"));
        call_set_header(c, header->name, leads ? call_location(c, value) : value);
    } else if (outcome != TEMPLATE_ABSENT) {
        log_event(LOG_WARN, "response.header_left_out",
                  LOG_S("request", http_request_id(c->request)), LOG_S("action", c->action->name),
                  LOG_S("header", header->name));
    }
    err_fini(&err);
    buf_fini(&text);
}

/* Headers, and the answer of a poll: all that sees `response`. Steals the reference to body. */
static void answer_by_templates(call_t *c, const upstream_answer_t *answer, json_t *body)
{
    value_scope_t scope;
    begin_scope(c, &scope);
    json_t *response = answer_values(answer, body, scope.scope.wall_ms);
    scope.response = response;
    for (size_t i = 0; i < c->action->response_headers.count; i++) {
        set_header(c, &c->action->response_headers.list[i], &scope);
    }
    if (c->action->trigger.kind == TRIGGER_POLLING) {
        poll_answer(c, &scope, body);
    }
    json_decref(response);
}

static bool has_templates(const action_t *action)
{
    return action->response_headers.count || action->trigger.kind == TRIGGER_POLLING;
}

static void keep_told(call_t *c, const message_header_t *headers, size_t count)
{
    c->told = arena_array_of(c->arena, message_header_t, count);
    c->told_count = count;
    for (size_t i = 0; i < count; i++) {
        c->told[i] = (message_header_t){arena_str(c->arena, headers[i].name),
                                        arena_str(c->arena, headers[i].value)};
    }
}

void shape_head(call_t *c, const message_header_t *headers, size_t count)
{
    if (!has_templates(c->action) || !is_described(c, c->status)) {
        return;
    }
    if (shape_reads_body(c->action)) {
        keep_told(c, headers, count);
    } else {
        upstream_answer_t answer = {c->status, headers, count, STR("")};
        answer_by_templates(c, &answer, NULL);
    }
}

/* --- the body --- */

static void fail_too_large(call_t *c, const char *why)
{
    err_set(&c->failure, ERR_upstream_too_large, "the answer cannot be reshaped: %s", why);
}

/* former: what was held, which the spelling of numbers is read from. */
static void write_body(call_t *c, const json_t *body, const json_numbers_t *numbers, buf_t *former)
{
    *former = c->held;
    buf_init(&c->held, GROWTH_MAX * c->worker->options.answer_bytes_max);
    json_write_spelt(&c->held, body, numbers);
    call_forget_digests(c);
    if (!buf_ok(&c->held)) {
        fail_too_large(c, "its policies make it too large");
    }
}

static void run_policies(call_t *c, json_t **body, const json_numbers_t *numbers, buf_t *former)
{
    value_scope_t scope;
    err_t err = ERR_INIT;
    policy_body_t own = {.value = *body,
                         .bytes_max = GROWTH_MAX * c->worker->options.answer_bytes_max};
    begin_scope(c, &scope);
    if (!policies_run(&c->action->response_policies, &scope, &own, &err)) {
        fail_too_large(c, err.text);
    } else if (own.changed) {
        write_body(c, own.value, numbers, former);
    }
    *body = own.value;
    err_fini(&err);
}

/* A body beyond what is read is JSON still, and would pass in another shape than all others. */
static void judge_unread(call_t *c, const err_t *unread)
{
    bool beyond = unread->code == ERR_json_too_deep || unread->code == ERR_param_limit;
    if (beyond && (c->action->response_policies.count || c->action->trigger.kind)) {
        fail_too_large(c, unread->text);
    } else if (c->action->trigger.kind == TRIGGER_POLLING && c->held.n > 0) {
        err_set(&c->failure, ERR_upstream_content_type,
                "the trigger cannot read what is new out of the answer");
    }
}

/* A body without a media type is what it looks like. */
static bool is_json(const upstream_answer_t *answer)
{
    str_t type = message_header_get(answer->headers, answer->header_count, "content-type");
    return type.n == 0 || answer_reading(answer) == READ_JSON;
}

void shape_answer(call_t *c, upstream_answer_t *answer, json_t **body,
                  const json_numbers_t *numbers, const err_t *unread)
{
    buf_t former = {.p = NULL};
    bool json = *body && is_json(answer);
    if (!*body) {
        judge_unread(c, unread);
    }
    if (json && c->action->response_policies.count) {
        run_policies(c, body, numbers, &former);
    }
    if (json && c->action->next_link && !err_is_set(&c->failure)) {
        page_link(c, *body, numbers);
    }
    if (has_templates(c->action) && !err_is_set(&c->failure)) {
        *answer = (upstream_answer_t){c->status, c->told, c->told_count, buf_view(&c->held)};
        answer_by_templates(c, answer, json_incref(*body));
    }
    buf_fini(&former);
}
