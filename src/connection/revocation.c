/* SPDX-License-Identifier: MIT */
/* One token after the other is sent to where it is given back. */
#include "connection/revocation.h"

#include "base/clock.h"
#include "base/log.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

enum { ALL_MAX = 1000, TRIES_MAX = 8 };
static const int64_t WAIT_FIRST_MS = 5 * 1000; /* then twice as long each time */

static void send_next(void *context);

static void tell(const revocation_t *r, log_level_t level, event_kind_t event, str_t detail)
{
    str_t name = str_of(r->record->name);
    const log_field_t kind =
        LOG_S("kind", json_member(json_array_get(r->tokens, 0), "token_type_hint"));
    log_event(level, EVENT_INFO[event].name, LOG_S("connection", name), kind,
              LOG_S("detail", detail));
    event_tell(r->manager->events, event, name,
               LOG_S("connector", json_member(r->record->plain, "connector")), kind,
               LOG_S("detail", detail));
}

/* --- what comes of it --- */

static void end(revocation_t *r)
{
    map_remove(r->manager->revocations, str_of(r->id));
    loop_timer_clear(&r->timer);
    revocation_delete(r);
    revocation_free(r);
}

static void go_on(revocation_t *r)
{
    json_array_remove(r->tokens, 0);
    if (json_array_size(r->tokens)) {
        loop_timer_set(&r->timer, 0);
    } else {
        end(r);
    }
}

static void try_later(revocation_t *r, int64_t asked_wait_ms, str_t detail)
{
    int64_t wait = WAIT_FIRST_MS << r->tries++;
    int64_t at = clock_boot_ms() + (asked_wait_ms > wait ? asked_wait_ms : wait);
    if (r->tries >= TRIES_MAX || at >= r->until_ms) {
        tell(r, LOG_WARN, EVENT_TOKEN_NOT_REVOKED, detail);
        end(r);
    } else {
        loop_timer_set(&r->timer, at);
    }
}

static void on_reply(void *context, const upstream_answer_t *answer)
{
    revocation_t *r = context;
    char error[64];
    switch (grant_revocation_answer(answer, error, sizeof error)) {
    case REVOCATION_DONE:
        tell(r, LOG_INFO, EVENT_TOKEN_REVOKED, STR_NONE);
        go_on(r);
        break;
    case REVOCATION_UNSUPPORTED: /* none of its kind can be: nothing is wrong */
        tell(r, LOG_INFO, EVENT_TOKEN_NOT_REVOKED, str_of(error));
        go_on(r);
        break;
    case REVOCATION_REFUSED:
        tell(r, LOG_WARN, EVENT_TOKEN_NOT_REVOKED, error[0] ? str_of(error) : STR("refused"));
        go_on(r);
        break;
    case REVOCATION_LATER:
        try_later(r,
                  message_pause_ms(answer->headers, answer->header_count, clock_wall_ms(),
                                   STR("x-ratelimit-reset")),
                  STR("the service has no time"));
        break;
    }
}

/* No answer. What cannot be sent now cannot be sent later. */
static void on_landing(void *context, const landing_t *landing)
{
    revocation_t *r = context;
    if (landing->err.code == ERR_draining) {
        return;
    }
    if (landing->failure == FAILURE_BACKOFF) {
        try_later(r, 0, str_of(landing->err.text));
    } else if (landing->err.code == ERR_metadata_unusable) { /* the issuer takes none back */
        tell(r, LOG_INFO, EVENT_TOKEN_NOT_REVOKED, str_of(landing->err.text));
        end(r);
    } else {
        tell(r, LOG_WARN, EVENT_TOKEN_NOT_REVOKED, str_of(landing->err.text));
        go_on(r);
    }
}

/* --- sent --- */

/* The client as it was, under the definition as it is; NULL: it has no such address any more, or
 * calls hosts that nobody has accepted. */
static connection_t *find_client(const revocation_t *r)
{
    manager_t *m = r->manager;
    str_t id = json_member(r->record->plain, "connector");
    connection_t *c = connection_resolve(r->record, snapshot_connector(m->snapshot, id),
                                         map_get(m->host_values, id));
    bool can = c->auth && grant_definition_may_revoke(&c->auth->grant) &&
               c->state != CONNECTION_REVIEW && c->state != CONNECTION_INCOMPLETE;
    if (!can) {
        connection_unref(c);
    }
    return can ? c : NULL;
}

/* Nobody can accept other hosts any more. */
static bool may_follow(void *context, const connection_t *c, const grant_metadata_t *metadata,
                       err_t *err)
{
    const revocation_t *r = context;
    return discovered_before(c, r->record->plain, metadata, err);
}

static str_t why_not(const revocation_t *r)
{
    const connection_t *c = r->connection;
    return c && !grant_definition_may_revoke(&c->auth->grant)
               ? STR("the connector says no address where tokens are given back")
               : STR("there is no way to do it any more");
}

static void send_next(void *context)
{
    static const flight_target_t TARGET = {.event = "token.revocation",
                                           .build = grant_revocation_request,
                                           .may_follow = may_follow,
                                           .on_reply = on_reply};
    static const flight_watch_t WATCH = {.target = &TARGET, .on_landing = on_landing};
    revocation_t *r = context;
    connection_t *c = clock_boot_ms() < r->until_ms ? find_client(r) : NULL;
    if (!c) {
        tell(r, LOG_WARN, EVENT_TOKEN_NOT_REVOKED, why_not(r));
        end(r);
        return;
    }
    const errand_t errand = {
        .connection = c, .grant = &c->auth->grant, .oauth = json_array_get(r->tokens, 0)};
    flight_start(r->manager, &errand, &WATCH, r);
    connection_unref(c);
}

static void keep(revocation_t *r)
{
    store_change_t change;
    arena_t *arena = arena_new(0);
    manager_store_write(r->manager, &change, revocation_write(r, arena, &change), true, NULL, NULL);
    arena_free(arena);
}

void revocation_begin(revocation_t *r)
{
    if (!r || json_array_size(r->tokens) == 0) {
        revocation_free(r);
        return;
    }
    manager_t *m = r->manager;
    if (r->is_stale) {
        keep(r);
    }
    if (map_count(m->revocations) >= ALL_MAX) {
        tell(r, LOG_WARN, EVENT_TOKEN_NOT_REVOKED, STR("too many wait for it"));
        revocation_delete(r);
        revocation_free(r);
        return;
    }
    map_set(m->revocations, str_of(r->id), r);
    loop_timer_init(&r->timer, m->loop, send_next, r);
    if (!m->stopping) { /* else the next start goes on with it */
        loop_timer_set(&r->timer, 0);
    }
}

static void on_flight_landing(void *context, const landing_t *landing)
{
    revocation_add_landing(context, landing);
    revocation_begin(context);
}

void revocation_take_flight(revocation_t *r, flight_t *answered)
{
    static const flight_watch_t READ = {.on_landing = on_flight_landing, .outlives_host = true};
    flight_hand_over(answered, &READ, r);
}

/* --- all of them --- */

void revocations_end(manager_t *m)
{
    void *value;
    for (size_t at = 0; map_next(m->revocations, &at, NULL, &value);) {
        loop_timer_clear(&((revocation_t *)value)->timer);
    }
}

static void free_one(void *value)
{
    revocation_t *r = value;
    loop_timer_clear(&r->timer);
    revocation_free(r);
}

void revocations_free(manager_t *m)
{
    map_free_with(m->revocations, free_one);
}
