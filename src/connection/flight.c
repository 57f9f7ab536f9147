/* SPDX-License-Identifier: MIT */
/* One token request: built, queued behind the host's other token requests, sent on a connection of
 * its own, so that it is delivered exactly once, and read. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

enum { ARENA_BYTES = 4096 };

/* Token requests of one host: a few at a time, the others wait in their order. */
typedef struct token_host {
    unsigned flying;
    flight_t *first, *last;
} token_host_t;

struct flight {
    manager_t *manager;
    flight_t *next_of_all, **at_of_all;
    arena_t *arena;
    const connection_t *connection; /* a reference; its connector holds the grant */
    const grant_definition_t *grant;
    json_t *input;
    value_scope_t scope;
    upstream_request_t request;
    upstream_call_t *call; /* NULL: waiting */
    token_host_t *host;    /* NULL: never got so far */
    bool holds_place;
    flight_t *next;     /* in the host's queue */
    loop_timer_t timer; /* of the deadline while it waits, or of a failure before sending */
    int64_t deadline_ms;
    landing_t landing;
    on_landing_t *on_landing;
    void *context;
};

static void free_flight(flight_t *f)
{
    *f->at_of_all = f->next_of_all;
    if (f->next_of_all) {
        f->next_of_all->at_of_all = f->at_of_all;
    }
    loop_timer_clear(&f->timer);
    json_decref(f->landing.members);
    json_decref(f->input);
    arena_free(f->arena);
    connection_unref(f->connection);
    free(f);
}

static void launch(flight_t *f);

static void unqueue(flight_t *f)
{
    token_host_t *h = f->host;
    flight_t **at = &h->first, *before = NULL;
    while (*at && *at != f) {
        before = *at;
        at = &(*at)->next;
    }
    if (*at) {
        *at = f->next;
        if (h->last == f) {
            h->last = before;
        }
    }
}

static void leave_host(flight_t *f)
{
    if (!f->host) {
        return;
    }
    if (!f->holds_place) {
        unqueue(f);
        return;
    }
    f->host->flying--;
    flight_t *next = f->host->first;
    if (next) {
        f->host->first = next->next;
        f->host->last = next->next ? f->host->last : NULL;
        next->next = NULL;
        launch(next);
    }
}

static void land(flight_t *f)
{
    leave_host(f);
    f->on_landing(f->context, &f->landing);
    free_flight(f);
}

static void end_flight(flight_t *f)
{
    if (f->call) {
        upstream_cancel(f->call);
        f->call = NULL;
    }
    f->landing.failure = FAILURE_LOCAL;
    err_set(&f->landing.err, ERR_draining, "the host is shutting down");
    land(f);
}

/* The queued ones first, so that none of them takes off when a place becomes free. */
void flights_end(manager_t *m)
{
    for (flight_t *f = m->flights, *next; f; f = next) {
        next = f->next_of_all;
        if (!f->call) {
            end_flight(f);
        }
    }
    while (m->flights) {
        end_flight(m->flights);
    }
}

/* --- sending --- */

typedef struct outcome_row {
    err_code_t code;
    const char *text;
} outcome_row_t;

/* What a call that brought no answer is reported as. */
static const outcome_row_t OUTCOMES[] = {
    [UPSTREAM_OK] = {ERR_none, ""},
    [UPSTREAM_UNREACHABLE] = {ERR_token_endpoint_unreachable,
                              "the token endpoint could not be reached"},
    [UPSTREAM_TLS] = {ERR_upstream_tls, "the TLS connection to the token endpoint failed"},
    [UPSTREAM_DENIED] = {ERR_egress_denied, "the token endpoint's address may not be called"},
    [UPSTREAM_TIMEOUT] = {ERR_token_endpoint_timeout, "the token endpoint did not answer in time"},
    [UPSTREAM_BROKEN] = {ERR_token_endpoint_unreachable,
                         "the token endpoint closed the connection without an answer"},
    [UPSTREAM_TRUNCATED] = {ERR_upstream_truncated, "the token endpoint broke off its answer"},
    [UPSTREAM_MALFORMED] = {ERR_token_response_malformed,
                            "the token endpoint answered something that is not HTTP"},
    [UPSTREAM_TOO_LARGE] = {ERR_token_response_too_large,
                            "the token endpoint's answer is too large"},
};

static void read_answer(flight_t *f, const upstream_answer_t *answer)
{
    grant_answer_t read;
    landing_t *l = &f->landing;
    f->scope.scope.wall_ms = clock_wall_ms();
    l->ok = grant_read_answer(f->grant, &f->scope, answer, &read, &l->failure, &l->err);
    if (l->ok) {
        l->members = read.members;
        l->lifetime_ms = read.lifetime_ms;
        l->refresh_kept = read.refresh_token != NULL;
    }
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    flight_t *f = context;
    f->call = NULL;
    if (result->outcome == UPSTREAM_OK) {
        read_answer(f, answer);
    } else {
        f->landing.failure = FAILURE_BACKOFF;
        err_set(&f->landing.err, OUTCOMES[result->outcome].code, "%s",
                OUTCOMES[result->outcome].text);
    }
    log_event(f->landing.ok ? LOG_INFO : LOG_WARN, "token.request",
              LOG_S("connection", f->connection->name),
              LOG_S("outcome", str_of(f->landing.ok ? "ok" : err_code_name(f->landing.err.code))),
              LOG_I("status", answer ? answer->status : 0), LOG_S("detail", str_of(result->detail)),
              LOG_I("ms", clock_boot_ms() - f->landing.sent_at_ms));
    land(f);
}

static void launch(flight_t *f)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    f->host->flying++;
    f->holds_place = true;
    loop_timer_clear(&f->timer);
    f->landing.sent_at_ms = clock_boot_ms();
    upstream_terms_t terms = {.deadline_ms = f->deadline_ms,
                              .body_bytes_max = TOKEN_ANSWER_BYTES_MAX,
                              .fresh_connection = true,
                              .decode = true};
    f->call = upstream_send(f->manager->upstream, &f->request, &terms, &SINK, f);
}

/* A failure before anything was sent (f->host stays NULL), or the deadline in the queue. */
static void on_time(void *context)
{
    flight_t *f = context;
    if (!err_is_set(&f->landing.err)) {
        f->landing.failure = FAILURE_BACKOFF;
        err_set(&f->landing.err, ERR_token_endpoint_timeout,
                "too many token requests wait for this host");
    }
    land(f);
}

static bool opens_port(const void *context, str_t host, uint16_t port)
{
    return egress_opens_port(context, host, port);
}

static bool find_host(flight_t *f, err_t *err)
{
    manager_t *m = f->manager;
    const connection_t *c = f->connection;
    url_t url;
    if (!url_parse_in(f->arena, f->request.url, &url, err)) {
        return false;
    }
    if (!connector_allows_host(c->connector, url.host, url.port, c->destinations,
                               c->destination_count, opens_port, m->options.upstream.egress)) {
        return err_set(err, ERR_egress_denied,
                       "the token endpoint's host is not one of the connector's `hosts`");
    }
    f->host = map_get(m->token_hosts, url.host);
    if (!f->host) {
        f->host = mem_new(token_host_t);
        map_set(m->token_hosts, url.host, f->host);
    }
    return true;
}

static void queue(flight_t *f)
{
    token_host_t *h = f->host;
    if (h->flying < f->manager->options.token_requests_per_host) {
        launch(f);
        return;
    }
    *(h->last ? &h->last->next : &h->first) = f;
    h->last = f;
    loop_timer_set(&f->timer, f->deadline_ms);
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
                       .definition = f->grant,
                       .scope = &f->scope.scope,
                       .base_url = f->connection->base_url};
    if (f->manager->stopping) {
        return err_set(err, ERR_draining, "the host is shutting down");
    }
    return is_supported(f->connection, err) && grant_build_request(&b, &f->request, err);
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

flight_t *flight_start(manager_t *m, const connection_t *connection,
                       const grant_definition_t *grant, const json_t *input,
                       on_landing_t *on_landing, void *context)
{
    flight_t *f = mem_new(flight_t);
    f->manager = m;
    f->arena = arena_new(ARENA_BYTES);
    f->connection = connection_ref(connection);
    f->grant = grant;
    f->input = json_incref((json_t *)(uintptr_t)input);
    f->on_landing = on_landing;
    f->context = context;
    f->deadline_ms = clock_boot_ms() + m->options.token_timeout_ms;
    f->landing.err = ERR_INIT;
    enlist(f);
    loop_timer_init(&f->timer, m->loop, on_time, f);
    connection_scope(f->connection, &f->scope, clock_wall_ms());
    f->scope.input = f->input;
    if (build(f, &f->landing.err) && find_host(f, &f->landing.err)) {
        queue(f);
    } else {
        f->landing.failure = FAILURE_LOCAL;
        loop_timer_set(&f->timer, 0);
    }
    return f;
}
