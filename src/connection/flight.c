/* SPDX-License-Identifier: MIT */
#include "connection/flight.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "connection/token_host.h"

enum { ARENA_BYTES = 4096 };

struct flight {
    manager_t *manager;
    flight_t *next_of_all, **at_of_all;
    arena_t *arena;
    errand_t errand;
    errand_scope_t scope;
    upstream_request_t request;
    upstream_call_t *call;    /* NULL: waiting, or answered */
    upstream_answer_t answer; /* while it is being kept */
    bool answered;
    token_place_t place; /* at its host */
    loop_timer_t timer;  /* of the deadline while it waits, or of a failure before sending */
    int64_t deadline_ms;
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
    errand_scope_fini(&f->scope);
    errand_fini(&f->errand);
    arena_free(f->arena);
    free(f);
}

static void land(flight_t *f)
{
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
    return f->answered || (f->call && f->watch->outlives_host);
}

/* The queued ones first, so that none of them takes off when a place becomes free. What is asked
 * for meanwhile lands by itself. */
void flights_end(manager_t *m)
{
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (!f->call && !f->answered) {
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
    static const char *const FAILURES[] = {[FAILURE_REJECTED] = "rejected",
                                           [FAILURE_SIGN_IN] = "refresh_refused",
                                           [FAILURE_LOCKED] = "locked",
                                           [FAILURE_BACKOFF] = "backoff",
                                           [FAILURE_LOCAL] = "backoff"};
    metrics_group_t *g = metrics_group(f->manager->shard, f->errand.connection->connector_id, STR_NONE);
    const char *outcome = f->landing.ok ? "ok" : FAILURES[f->landing.failure];
    counter_add(metrics_counter(g, METRIC_TOKEN_REQUESTS, outcome), 1);
    histogram_observe(metrics_histogram(g, METRIC_TOKEN_DURATION, NULL),
                      (clock_boot_ms() - f->landing.sent_at_ms) * 1000);
    usage_count_token_request(f->manager, f->errand.connection->name);
}

static void tell(const flight_t *f, int status, str_t detail)
{
    log_event(f->landing.ok ? LOG_INFO : LOG_WARN, "token.request",
              LOG_S("connection", f->errand.connection->name),
              LOG_S("kind", str_of(f->errand.grant->is_refresh ? "refresh" : "sign_in")),
              LOG_S("outcome", str_of(f->landing.ok ? "ok" : err_code_name(f->landing.err.code))),
              LOG_I("status", status), LOG_S("detail", detail),
              LOG_I("ms", clock_boot_ms() - f->landing.sent_at_ms));
    count(f);
}

static void read_and_land(flight_t *f, const upstream_answer_t *answer)
{
    landing_read(&f->landing, &f->errand, answer);
    check_size(&f->landing, f->manager->options.token_bytes_max);
    tell(f, answer->status, STR(""));
    land(f);
}

void flight_read(flight_t *f)
{
    f->answered = false;
    read_and_land(f, &f->answer);
}

void flight_give_up(flight_t *f, const err_t *err)
{
    f->answered = false;
    landing_refuse(&f->landing, FAILURE_LOCAL, err);
    f->landing.may_be_lost = true;
    tell(f, f->answer.status, STR("its answer could not be kept"));
    land(f);
}

static void wipe(void *text)
{
    str_t *s = text;
    secret_wipe((char *)(uintptr_t)s->p, s->n);
}

/* What upstream lends for a moment. */
static void keep_answer(flight_t *f, const upstream_answer_t *answer)
{
    message_header_t *headers = arena_array_of(f->arena, message_header_t, answer->header_count);
    for (size_t i = 0; i < answer->header_count; i++) {
        headers[i] = (message_header_t){arena_str(f->arena, answer->headers[i].name),
                                        arena_str(f->arena, answer->headers[i].value)};
    }
    f->answer = (upstream_answer_t){answer->status, headers, answer->header_count,
                                    arena_str(f->arena, answer->body)};
    arena_on_free(f->arena, wipe, &f->answer.body);
    f->answered = true;
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    flight_t *f = context;
    f->call = NULL;
    if (result->outcome != UPSTREAM_OK) {
        landing_fail(&f->landing, result);
        tell(f, 0, str_of(result->detail));
        land(f);
    } else if (f->watch->on_answer) {
        keep_answer(f, answer);
        token_place_leave(&f->place); /* what the store takes its time for is no load of the host */
        f->watch->on_answer(f->context, f, &f->answer, f->landing.sent_at_ms);
    } else {
        read_and_land(f, answer);
    }
}

static void launch(token_place_t *place)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    flight_t *f = STRUCT_OF(place, flight_t, place);
    loop_timer_clear(&f->timer);
    f->landing.sent_at_ms = clock_boot_ms();
    upstream_terms_t terms = {.deadline_ms = f->deadline_ms,
                              .body_bytes_max = f->manager->options.token_answer_bytes_max,
                              .fresh_connection = true,
                              .decode = true};
    f->call = upstream_send(f->manager->upstream, &f->request, &terms, &SINK, f);
}

/* A failure before anything was sent, or the deadline in the queue. */
static void on_time(void *context)
{
    flight_t *f = context;
    err_t err = ERR_INIT;
    if (!err_is_set(&f->landing.err)) {
        err_set(&err, ERR_token_endpoint_timeout, "too many token requests wait for this host");
        landing_refuse(&f->landing, FAILURE_BACKOFF, &err);
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
                       "the token endpoint's host is not one of the connector's `hosts`");
    }
    *host = map_get(m->token_hosts, url.host);
    if (!*host) {
        *host = mem_new(token_host_t);
        map_set(m->token_hosts, url.host, *host);
    }
    return true;
}

/* A client certificate that is asked for is not left out. */
static bool is_supported(const connection_t *c, err_t *err)
{
    bool wants_tls = c->auth->tls_certificate || c->auth->tls_private_key || c->auth->tls_ca;
    return !wants_tls ||
           err_set(err, ERR_not_supported, "this version cannot use the connection's `tls` yet");
}

static bool build(flight_t *f, err_t *err)
{
    grant_build_t b = {.arena = f->arena,
                       .definition = f->errand.grant,
                       .scope = &f->scope.values.scope,
                       .base_url = f->errand.connection->base_url};
    if (f->manager->stopping) {
        return err_set(err, ERR_draining, "the host is shutting down");
    }
    return is_supported(f->errand.connection, err) && grant_build_request(&b, &f->request, err);
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

flight_t *flight_start(manager_t *m, const errand_t *errand, const flight_watch_t *watch,
                       void *context)
{
    flight_t *f = mem_new(flight_t);
    f->manager = m;
    f->arena = arena_new(ARENA_BYTES);
    errand_copy(&f->errand, errand);
    f->watch = watch;
    f->context = context;
    f->deadline_ms = clock_boot_ms() + m->options.token_timeout_ms;
    f->landing.err = ERR_INIT;
    enlist(f);
    loop_timer_init(&f->timer, m->loop, on_time, f);
    errand_scope_init(&f->scope, &f->errand, clock_wall_ms());
    f->place.on_taken = launch;
    token_host_t *host = NULL;
    if (build(f, &f->landing.err) && find_host(f, &host, &f->landing.err)) {
        loop_timer_set(&f->timer, f->deadline_ms);
        token_place_enter(&f->place, host, m->options.token_requests_per_host);
    } else {
        f->landing.failure = FAILURE_LOCAL;
        loop_timer_set(&f->timer, 0);
    }
    return f;
}
