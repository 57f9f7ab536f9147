/* SPDX-License-Identifier: MIT */
/* `test` of a connection: the token first, then the definition's `verify`; each step told in words,
 * with what the definition says about a refusal. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/call_internal.h"
#include "codec/json.h"
#include "definition/response.h"
#include "definition/value/check.h"
#include "seal/hash.h"

static const int64_t VERIFY_MS = 30 * 1000;

typedef struct test {
    worker_t *worker;
    connection_t *connection;
    token_t *token;
    arena_t *arena;
    json_t *report, *steps;
    bool failed;
    bool nonce_given;  /* the service wanted another nonce, and was asked again */
    str_t verified_at; /* the URL of verify */
    call_on_report_t *on_report;
    void *context;
} test_t;

static void finish(test_t *t)
{
    json_object_set_new(t->report, "ok", json_boolean(!t->failed));
    t->on_report(t->context, t->report);
    json_decref(t->report);
    token_unref(t->token);
    connection_unref(t->connection);
    arena_free(t->arena);
    free(t);
}

static void set_text(json_t *to, const char *name, const char *text)
{
    if (text && *text) {
        json_object_set_new(to, name, json_string(text));
    }
}

static json_t *add_step(test_t *t, const char *name, const err_t *err, int status)
{
    json_t *step = json_object();
    bool ok = !err || !err_is_set(err);
    t->failed = t->failed || !ok;
    json_object_set_new(step, "step", json_string(name));
    json_object_set_new(step, "ok", json_boolean(ok));
    if (status) {
        json_object_set_new(step, "status", json_integer(status));
    }
    if (!ok) {
        json_object_set_new(step, "code", json_string(err_code_name(err->code)));
        json_object_set_new(step, "detail", json_string(err->text));
        set_text(step, "error", err->upstream_error);
        set_text(step, "error_description", err->upstream_description);
    }
    json_array_append_new(t->steps, step);
    return step;
}

static void explain(const test_t *t, json_t *step, int status)
{
    char name[8];
    snprintf(name, sizeof name, "%d", status);
    const json_t *why = json_object_get(t->connection->connector->explain, name);
    if (why) {
        json_object_set(step, "explain", (json_t *)(uintptr_t)why);
    }
}

static void verify(test_t *t);

/* RFC 9449 9: the proof is to hold the nonce that came along. */
static bool wants_nonce(const test_t *t, const upstream_answer_t *answer)
{
    return t->connection->proof_key &&
           nonces_keep(t->worker->nonces, t->verified_at, answer->headers, answer->header_count) &&
           answer->status == 401 && !t->nonce_given &&
           proof_nonce_is_asked(answer->headers, answer->header_count);
}

static void on_verified(void *context, const upstream_result_t *result,
                        const upstream_answer_t *answer)
{
    test_t *t = context;
    err_t err = ERR_INIT;
    if (result->outcome != UPSTREAM_OK) {
        judge_outcome(result, &err);
        add_step(t, "verify", &err, 0);
        finish(t);
        return;
    }
    if (wants_nonce(t, answer)) {
        t->nonce_given = true;
        verify(t);
        return;
    }
    const request_definition_t *verify = t->connection->connector->verify_request;
    err_t ignored = ERR_INIT;
    json_t *body = answer_body(answer, &ignored);
    static const matches_t ANY_2XX;
    if (!matches_answer(verify ? &verify->expect : &ANY_2XX, answer->status, body)) {
        err_set(&err, ERR_upstream_unauthorized, "the service answered %d", answer->status);
    }
    json_decref(body);
    json_t *step = add_step(t, "verify", &err, answer->status);
    if (err_is_set(&err)) {
        explain(t, step, answer->status);
    }
    finish(t);
}

static bool build_verify(test_t *t, upstream_request_t *request, err_t *err)
{
    const connector_t *connector = t->connection->connector;
    bound_input_t none = {.values = json_object()};
    if (connector->verify_action) { /* it needs no input, but may have defaults */
        fields_fill_defaults(&connector->verify_action->input, none.values);
    }
    build_t b = {.arena = t->arena,
                 .connection = t->connection,
                 .token = t->token,
                 .action = connector->verify_action,
                 .input = &none,
                 .egress = t->worker->options.egress,
                 .wall_ms = clock_wall_ms()};
    random_uuid(b.uuid);
    bool ok = connector->verify_action ? build_action(&b, request, err)
                                       : build_request(&b, connector->verify_request, request, err);
    json_decref(none.values);
    return ok;
}

static void verify(test_t *t)
{
    static const upstream_sink_t SINK = {.on_done = on_verified};
    const connector_t *connector = t->connection->connector;
    bool calls = connector->verify_request ||
                 (connector->verify_action && connector->verify_action->kind == ACTION_REQUEST);
    if (!calls) { /* the token was the test */
        finish(t);
        return;
    }
    err_t err = ERR_INIT;
    upstream_request_t request;
    if (!build_verify(t, &request, &err)) {
        add_step(t, "verify", &err, 0);
        err_fini(&err);
        finish(t);
        return;
    }
    upstream_terms_t terms = {.identity = t->connection->identity,
                              .deadline_ms = clock_boot_ms() + VERIFY_MS,
                              .body_bytes_max = t->worker->options.answer_bytes_max,
                              .decode = true};
    t->verified_at = request.url;
    nonces_prove(t->worker->nonces, t->connection, t->token ? t->token->access_token : STR_NONE,
                 t->arena, &request);
    upstream_send(t->worker->upstream, &request, &terms, &SINK, t);
}

static void on_token(void *context, token_t *token, bool fresh, const err_t *err)
{
    test_t *t = context;
    (void)fresh;
    t->token = token;
    json_t *step = add_step(t, "token", token ? NULL : err, token ? 0 : err->upstream_status);
    if (!token) {
        explain(t, step, err->upstream_status);
        finish(t);
        return;
    }
    json_object_set_new(step, "expires_in",
                        json_integer(token_seconds_left(token, clock_boot_ms())));
    verify(t);
}

void call_test(worker_t *w, connection_t *connection, call_on_report_t *on_report, void *context)
{
    test_t *t = mem_new(test_t);
    t->worker = w;
    t->connection = connection_ref(connection);
    t->arena = arena_new(0);
    t->steps = json_array();
    t->report = json_pack("{s:b, s:o}", "ok", 0, "steps", t->steps);
    t->on_report = on_report;
    t->context = context;
    if (connection->state != CONNECTION_READY && !call_lock_is_over(connection, clock_wall_ms())) {
        add_step(t, "connection", &connection->why, 0);
        finish(t);
        return;
    }
    if (!connection_needs_token(connection)) {
        verify(t);
        return;
    }
    manager_get_token(w->options.manager, &(token_ask_t){.connection = connection}, on_token, t);
}

err_code_t call_test_code(const json_t *report)
{
    const json_t *steps = json_object_get(report, "steps");
    err_code_t code = ERR_none;
    for (size_t i = 0; i < json_array_size(steps) && code == ERR_none; i++) {
        code = err_code_of(json_member(json_array_get(steps, i), "code"));
    }
    return code;
}
