/* SPDX-License-Identifier: MIT */
#include "connection/flight.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "connection/token_host.h"
#include "request/draft.h"

enum { ARENA_BYTES = 4096 };

struct flight {
    manager_t *manager;
    flight_t *next_of_all, **at_of_all;
    arena_t *arena;
    errand_t errand;
    errand_scope_t scope; /* of the present request */
    upstream_request_t request;
    upstream_call_t *call;      /* NULL: waiting, or answered */
    answers_t answers;          /* where the watch keeps them */
    bool keeping;               /* the last one is being kept */
    bool nonce_given;           /* the service wanted another nonce: the request was sent again */
    issuer_ask_t ask;           /* where the token endpoint is */
    grant_metadata_t *metadata; /* that was found; a reference, NULL: not asked for */
    token_place_t place;        /* at its host */
    loop_timer_t timer;         /* of the deadline while it waits, or of a failure before sending */
    int64_t deadline_ms;        /* of the present request */
    landing_t landing;
    const flight_watch_t *watch;
    void *context;
};

static void free_flight(flight_t *f)
{
    *f->at_of_all = f->next_of_all;
    if (f->next_of_all) {
        f->next_of_all->at_of_all = f->at_of_all;
    }
    loop_timer_clear(&f->timer);
    landing_fini(&f->landing);
    grant_metadata_unref(f->metadata);
    errand_scope_fini(&f->scope);
    errand_fini(&f->errand);
    arena_free(f->arena);
    free(f);
}

static void land(flight_t *f)
{
    issuer_leave(&f->ask);
    token_place_leave(&f->place);
    f->watch->on_landing(f->context, &f->landing);
    free_flight(f);
}

static void end_flight(flight_t *f)
{
    err_t err = ERR_INIT;
    if (f->call) {
        upstream_cancel(f->call);
        f->call = NULL;
    }
    err_set(&err, ERR_draining, "the host is shutting down");
    landing_refuse(&f->landing, FAILURE_LOCAL, &err);
    land(f);
}

static bool stays(const flight_t *f)
{
    bool is_sent = f->call || errand_answered(&f->errand);
    return f->keeping || (is_sent && f->watch->outlives_host);
}

/* The queued ones first, so that none of them takes off when a place becomes free. What is asked
 * for meanwhile lands by itself. */
void flights_end(manager_t *m)
{
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (!f->call && !stays(f)) {
            end_flight(f);
        }
    }
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (f->call && !stays(f)) {
            end_flight(f);
        }
    }
}

/* --- sending --- */

/* A token stands in the head of every request. */
static void check_size(landing_t *l, size_t most)
{
    str_t token = json_member(l->members, "access_token");
    if (token.n > most) {
        l->ok = false;
        l->failure = FAILURE_BACKOFF;
        err_set(&l->err, ERR_token_too_long, "the access token has %zu bytes, at most %zu may be",
                token.n, most);
    }
}

/* Of one that was sent: what came of it. */
static void count(const flight_t *f)
{
    static const char *const FAILURES[] = {
        [FAILURE_REJECTED] = "rejected", [FAILURE_SIGN_IN] = "refresh_refused",
        [FAILURE_LOCKED] = "locked",     [FAILURE_BACKOFF] = "backoff",
        [FAILURE_PENDING] = "pending",   [FAILURE_LOCAL] = "backoff"};
    metrics_group_t *g =
        metrics_group(f->manager->shard, f->errand.connection->connector_id, STR_NONE);
    const char *outcome = f->landing.ok ? "ok" : FAILURES[f->landing.failure];
    counter_add(metrics_counter(g, METRIC_TOKEN_REQUESTS, outcome), 1);
    histogram_observe(metrics_histogram(g, METRIC_TOKEN_DURATION, NULL),
                      (clock_boot_ms() - f->landing.sent_at_ms) * 1000);
    usage_count_token_request(f->manager, f->errand.connection->name);
}

static void tell_event(const flight_t *f, int status)
{
    const err_t *err = &f->landing.err;
    const connection_t *c = f->errand.connection;
    url_t url;
    err_t ignored = ERR_INIT;
    if (!url_parse_in(f->arena, f->request.url, &url, &ignored)) {
        url.host = STR_NONE;
    }
    const log_field_t grant =
        LOG_S("grant", str_of(f->errand.grant->is_refresh ? "refresh" : "sign_in"));
    const log_field_t took = LOG_I("duration_ms", clock_boot_ms() - f->landing.sent_at_ms);
    if (f->landing.ok) {
        event_tell(f->manager->events, EVENT_TOKEN_REFRESHED, c->name,
                   LOG_S("connector", c->connector_id), grant, LOG_S("host", url.host), took);
        return;
    }
    event_tell(f->manager->events, EVENT_TOKEN_FAILED, c->name, LOG_S("connector", c->connector_id),
               grant, LOG_S("host", url.host), LOG_S("code", str_of(err_code_name(err->code))),
               LOG_S("detail", str_of(err->text)), LOG_I("status", status),
               LOG_S("error", str_of(err->upstream_error)),
               LOG_S("error_description", str_of(err->upstream_description)), took);
}

static void tell(const flight_t *f, int status, str_t detail)
{
    const flight_target_t *target = f->watch->target;
    bool is_pending = f->landing.answered && f->landing.failure == FAILURE_PENDING;
    log_event(f->landing.ok || is_pending ? LOG_INFO : LOG_WARN,
              target ? target->event : "token.request",
              LOG_S("connection", f->errand.connection->name),
              LOG_S("kind", str_of(f->errand.grant->is_refresh ? "refresh" : "sign_in")),
              LOG_S("outcome", str_of(f->landing.ok ? "ok" : err_code_name(f->landing.err.code))),
              LOG_I("status", status), LOG_S("detail", detail),
              LOG_I("ms", clock_boot_ms() - f->landing.sent_at_ms));
    if (!target) {
        count(f);
    }
    if (!target && !is_pending) {
        tell_event(f, status);
    }
}

static void ask_next(flight_t *f);

static void read_and_land(flight_t *f, int status)
{
    landing_read(&f->landing, &f->errand);
    check_size(&f->landing, f->manager->options.token_bytes_max);
    tell(f, status, STR(""));
    land(f);
}

static void take(flight_t *f, const upstream_answer_t *answer)
{
    const step_t *step = errand_next_step(&f->errand);
    if (!landing_take(&f->landing, &f->errand, answer)) {
        tell(f, answer->status, step ? step->name : STR(""));
        land(f);
    } else if (errand_is_answered(&f->errand)) {
        read_and_land(f, answer->status);
    } else {
        token_place_leave(&f->place);
        ask_next(f);
    }
}

void flight_read(flight_t *f)
{
    f->keeping = false;
    take(f, &f->answers.list[f->answers.count - 1]);
}

static void tell_answer(flight_t *f)
{
    bool more = f->answers.count < grant_request_count(f->errand.grant);
    f->watch->on_answer(f->context, f, &f->answers, more);
}

void flight_hand_over(flight_t *f, const flight_watch_t *watch, void *context)
{
    f->watch = watch;
    f->context = context;
    if (watch->on_answer) {
        tell_answer(f);
    } else {
        flight_read(f);
    }
}

void flight_give_up(flight_t *f, const err_t *err)
{
    f->keeping = false;
    landing_refuse(&f->landing, FAILURE_LOCAL, err);
    f->landing.may_be_lost = true;
    tell(f, f->answers.list[f->answers.count - 1].status, STR("its answer was not read"));
    land(f);
}

static void fail(flight_t *f, upstream_outcome_t outcome, bool sent, str_t detail)
{
    landing_fail(&f->landing, &f->errand, &(upstream_result_t){.outcome = outcome, .sent = sent});
    tell(f, 0, detail);
    land(f);
}

/* What upstream lends for a moment, for the watch to make safe. */
static void keep(flight_t *f, const upstream_answer_t *answer)
{
    if (!answers_add(&f->answers, answer, f->arena)) {
        fail(f, UPSTREAM_TOO_LARGE, true, STR("all answers together"));
        return;
    }
    f->keeping = true;
    token_place_leave(&f->place); /* what the store takes its time for is no load of the host */
    tell_answer(f);
}

/* Of another endpoint: what the answer says, only who asked can tell. */
static void reply(flight_t *f, const upstream_answer_t *answer)
{
    token_place_leave(&f->place);
    f->watch->target->on_reply(f->context, answer);
    free_flight(f);
}

/* RFC 9449 8: nothing was done, and a proof with the nonce that came along will do; once. */
static bool wants_nonce(flight_t *f, const upstream_answer_t *answer)
{
    bool brings =
        f->errand.connection->proof_key &&
        nonces_keep(f->manager->nonces, f->request.url, answer->headers, answer->header_count);
    if (!brings || f->nonce_given || (answer->status != 400 && answer->status != 401)) {
        return false;
    }
    err_t ignored = ERR_INIT;
    json_t *body = json_read(answer->body, NULL, &ignored);
    f->nonce_given = str_is(json_member(body, "error"), "use_dpop_nonce");
    json_decref(body);
    return f->nonce_given;
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    flight_t *f = context;
    f->call = NULL;
    if (result->outcome != UPSTREAM_OK) {
        fail(f, result->outcome, result->sent, str_of(result->detail));
    } else if (wants_nonce(f, answer)) {
        token_place_leave(&f->place);
        ask_next(f); /* built anew: the client's own JWT is taken once */
    } else if (f->watch->target) {
        reply(f, answer);
    } else if (f->watch->on_answer) {
        keep(f, answer);
    } else {
        take(f, answer);
    }
}

static void launch(token_place_t *place)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    flight_t *f = STRUCT_OF(place, flight_t, place);
    loop_timer_clear(&f->timer);
    if (!f->landing.sent_at_ms) {
        f->landing.sent_at_ms = f->answers.sent_at_ms = clock_boot_ms();
    }
    if (f->errand.grant->dpop && !errand_next_step(&f->errand)) {
        nonces_prove(f->manager->nonces, f->errand.connection, STR_NONE, f->arena, &f->request);
    }
    upstream_terms_t terms = {.identity = f->errand.connection->identity,
                              .deadline_ms = f->deadline_ms,
                              .body_bytes_max = f->manager->options.token_answer_bytes_max,
                              .fresh_connection = true,
                              .decode = true};
    f->call = upstream_send(f->manager->upstream, &f->request, &terms, &SINK, f);
}

/* A token that was made here, a failure before anything was sent, or the deadline in the queue. */
static void on_time(void *context)
{
    flight_t *f = context;
    err_t err = ERR_INIT;
    if (!f->landing.ok && !err_is_set(&f->landing.err)) {
        err_set(&err, ERR_token_endpoint_timeout, "too many token requests wait for this host");
        landing_stop(&f->landing, &f->errand, &err);
    }
    land(f);
}

static bool opens_port(const void *context, str_t host, uint16_t port)
{
    return egress_opens_port(context, host, port);
}

static bool find_host(const flight_t *f, token_host_t **host, err_t *err)
{
    manager_t *m = f->manager;
    const connection_t *c = f->errand.connection;
    url_t url;
    if (!url_parse_in(f->arena, f->request.url, &url, err)) {
        return false;
    }
    if (!connector_allows_host(c->connector, url.host, url.port, c->destinations,
                               c->destination_count, opens_port, m->options.upstream.egress)) {
        return err_set(err, ERR_egress_denied,
                       "the host of the token request is not one of the connector's `hosts`");
    }
    *host = map_get(m->token_hosts, url.host);
    if (!*host) {
        *host = mem_new(token_host_t);
        map_set(m->token_hosts, url.host, *host);
    }
    return true;
}

/* What is asked for is not left out: a key of who calls. */
static bool is_supported(const errand_t *errand, err_t *err)
{
    return !(errand->grant->dpop && errand->input) ||
           err_set(err, ERR_not_supported,
                   "a token whose credentials come with the call cannot be bound to a key");
}

/* What is spent already goes on to its end. */
static bool is_draining(const flight_t *f)
{
    return f->manager->stopping && !stays(f);
}

static bool is_made_here(const flight_t *f)
{
    return !f->watch->target && grant_is_local(f->errand.grant);
}

static void take_made(flight_t *f, const grant_build_t *b)
{
    f->landing.sent_at_ms = clock_boot_ms();
    landing_take_made(&f->landing, b, &f->scope.values);
    check_size(&f->landing, f->manager->options.token_bytes_max);
}

/* Faults of inputs have their places in the call, which is not known here. */
static bool build_step(flight_t *f, const step_t *step, err_t *err)
{
    err_t fault = ERR_INIT;
    bool ok = request_build(f->arena, &f->scope.values, f->errand.connection->base_url,
                            &step->request, &f->request, &fault);
    if (!ok) {
        err_set(err, fault.code, "the step `%.*s`: %s", STR_ARG(step->name), fault.text);
    }
    err_fini(&fault);
    return ok;
}

static grant_build_t new_build(flight_t *f)
{
    value_scope_t *values = &f->scope.values;
    return (grant_build_t){.arena = f->arena,
                           .definition = f->errand.grant,
                           .scope = &values->scope,
                           .shown_assertion = &values->assertion,
                           .base_url = f->errand.connection->base_url,
                           .metadata = f->metadata,
                           .has_certificate = connection_has_certificate(f->errand.connection)};
}

static bool build(flight_t *f, err_t *err)
{
    const flight_target_t *target = f->watch->target;
    const step_t *step = errand_next_step(&f->errand);
    grant_build_t b = new_build(f);
    if (is_draining(f)) {
        return err_set(err, ERR_draining, "the host is shutting down");
    }
    if (!is_supported(&f->errand, err)) {
        return false;
    }
    if (target) {
        return target->build(&b, &f->request, err);
    }
    if (step) {
        return grant_mint_assertion(&b, err) && build_step(f, step, err);
    }
    if (!grant_build_request(&b, &f->request, err)) {
        return false;
    }
    if (is_made_here(f)) {
        take_made(f, &b);
    }
    return true;
}

/* Each request has a time, a uuid() and a deadline of its own. False where it cannot be made. */
static bool prepare(flight_t *f, token_host_t **host, err_t *err)
{
    errand_scope_fini(&f->scope);
    errand_scope_init(&f->scope, &f->errand, clock_wall_ms());
    f->deadline_ms = clock_boot_ms() + f->manager->options.token_timeout_ms;
    return build(f, err) && (is_made_here(f) || find_host(f, host, err));
}

static void queue(flight_t *f, token_host_t *host)
{
    loop_timer_set(&f->timer, f->deadline_ms);
    token_place_enter(&f->place, host, f->manager->options.token_requests_per_host);
}

/* Why the next request is not sent. */
static void stop_before(flight_t *f, const err_t *err)
{
    if (errand_answered(&f->errand) && err->code != ERR_draining) {
        landing_stop(&f->landing, &f->errand, err);
    } else {
        landing_refuse(&f->landing, FAILURE_LOCAL, err);
    }
}

static void ask_next(flight_t *f)
{
    token_host_t *host = NULL;
    err_t err = ERR_INIT;
    if (prepare(f, &host, &err)) {
        queue(f, host);
        return;
    }
    const step_t *step = errand_next_step(&f->errand);
    stop_before(f, &err);
    tell(f, 0, step ? step->name : STR(""));
    land(f);
}

static void enlist(flight_t *f)
{
    manager_t *m = f->manager;
    f->next_of_all = m->flights;
    f->at_of_all = &m->flights;
    if (f->next_of_all) {
        f->next_of_all->at_of_all = &f->next_of_all;
    }
    m->flights = f;
}

static flight_t *new_flight(manager_t *m, const errand_t *errand, const flight_watch_t *watch,
                            void *context)
{
    flight_t *f = mem_new(flight_t);
    f->manager = m;
    f->arena = arena_new(ARENA_BYTES);
    errand_copy(&f->errand, errand);
    f->watch = watch;
    f->context = context;
    f->landing.err = ERR_INIT;
    enlist(f);
    loop_timer_init(&f->timer, m->loop, on_time, f);
    f->place.on_taken = launch;
    return f;
}

static void set_off(flight_t *f)
{
    token_host_t *host = NULL;
    err_t err = ERR_INIT;
    bool ok = prepare(f, &host, &err);
    if (host) {
        queue(f, host);
        return;
    }
    if (!ok) { /* else it is made */
        stop_before(f, &err);
    }
    loop_timer_set(&f->timer, 0); /* a landing comes later */
}

static void on_metadata(issuer_ask_t *ask, grant_metadata_t *metadata, const err_t *err)
{
    flight_t *f = STRUCT_OF(ask, flight_t, ask);
    err_t why = *err;
    grant_build_t b = new_build(f);
    if (metadata && discovered_check(f->manager, f->errand.connection, &b, metadata, &why)) {
        f->metadata = grant_metadata_ref(metadata);
        set_off(f);
        return;
    }
    bool is_known = why.code == ERR_metadata_unavailable || why.code == ERR_metadata_unusable;
    landing_refuse(&f->landing, is_known ? FAILURE_BACKOFF : FAILURE_LOCAL, &why);
    loop_timer_set(&f->timer, 0);
}

/* The definition may leave it to the issuer where the token request goes. */
static bool asks_issuer(const flight_t *f)
{
    const grant_definition_t *grant = f->errand.grant;
    return !grant->token_url && grant->issuer && !grant_is_local(grant) &&
           !errand_next_step(&f->errand);
}

/* It lands later, whatever comes of it. */
static void take_off(flight_t *f)
{
    if (!asks_issuer(f)) {
        set_off(f);
        return;
    }
    errand_scope_init(&f->scope, &f->errand, clock_wall_ms());
    grant_build_t b = new_build(f);
    f->ask.on_metadata = on_metadata;
    issuer_ask(f->manager, f->errand.connection, &b, &f->ask);
}

flight_t *flight_start(manager_t *m, const errand_t *errand, const flight_watch_t *watch,
                       void *context)
{
    flight_t *f = new_flight(m, errand, watch, context);
    take_off(f);
    return f;
}

flight_t *flight_resume(manager_t *m, const errand_t *errand, const answers_t *answers,
                        const flight_watch_t *watch, void *context)
{
    flight_t *f = new_flight(m, errand, watch, context);
    answers_copy(&f->answers, answers, f->arena);
    f->landing.sent_at_ms = answers->sent_at_ms;
    take_off(f);
    return f;
}
