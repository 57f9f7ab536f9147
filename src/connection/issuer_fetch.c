/* SPDX-License-Identifier: MIT */
/* An issuer is asked for its metadata: at each well-known place, one after the other, and what
 * comes of it is kept. */
#include "base/clock.h"
#include "base/log.h"
#include "connection/issuer_internal.h"

enum { DOUBLINGS_MAX = 6, NOT_THERE = 500 };
static const int64_t LIFE_LEAST_MS = 60LL * 1000;
static const int64_t LIFE_MS = 60LL * 60 * 1000;
/* So long it is not asked for after a failure, twice as long after each more in a row. */
static const int64_t PAUSE_MS = 5LL * 1000;

/* RFC 9111 5.2.2; what says nothing of it lasts an hour. */
static int64_t life_of(const upstream_answer_t *answer)
{
    str_t rest = message_header_get(answer->headers, answer->header_count, "cache-control");
    int64_t life = LIFE_MS;
    uint64_t seconds;
    while (rest.p) {
        str_t directive = str_trim(str_cut(&rest, ','));
        if (str_starts(directive, STR("max-age=")) &&
            str_to_u64(str_slice(directive, sizeof "max-age=" - 1, directive.n), &seconds)) {
            life = seconds < (uint64_t)ISSUER_LIFE_MOST_MS / 1000 ? (int64_t)seconds * 1000
                                                                  : ISSUER_LIFE_MOST_MS;
        } else if (str_is(directive, "no-store") || str_is(directive, "no-cache")) {
            return LIFE_LEAST_MS;
        }
    }
    return life < LIFE_LEAST_MS ? LIFE_LEAST_MS : life;
}

static void end_fetch(issuer_t *i)
{
    connection_unref(i->connection);
    i->connection = NULL;
}

static void succeed(issuer_t *i, grant_metadata_t *metadata, int64_t life_ms)
{
    end_fetch(i);
    grant_metadata_unref(i->metadata);
    i->metadata = metadata;
    i->fresh_until_ms = clock_boot_ms() + life_ms;
    i->failures = 0;
    err_t none = ERR_INIT;
    issuer_tell(i, &none);
}

/* The metadata of before serves on. That the issuer has become another one is no reason to. */
static void fail(issuer_t *i)
{
    end_fetch(i);
    unsigned doublings = i->failures < DOUBLINGS_MAX ? i->failures : DOUBLINGS_MAX;
    i->failures++;
    i->failure = i->err;
    i->paused_until_ms = clock_boot_ms() + (PAUSE_MS << doublings);
    if (i->failure.code == ERR_metadata_unusable) {
        grant_metadata_unref(i->metadata);
        i->metadata = NULL;
    }
    log_event(LOG_WARN, "issuer.failed", LOG_S("issuer", i->name),
              LOG_S("code", str_of(err_code_name(i->failure.code))),
              LOG_S("detail", str_of(i->failure.text)));
    issuer_tell(i, &i->failure);
}

static void ask_at_place(issuer_t *i);

/* Who the issuer is, a resource tells first. */
static bool asks_resource(const issuer_t *i)
{
    return i->is_resource && !i->server.n;
}

static str_t issuer_of(const issuer_t *i)
{
    return i->is_resource ? buf_view(&i->server) : i->name;
}

static void ask_at_next(issuer_t *i)
{
    unsigned places = asks_resource(i) ? RESOURCE_PLACES : METADATA_PLACES;
    if (++i->place < places) {
        ask_at_place(i);
    } else {
        err_set(&i->err, ERR_metadata_unavailable, "there is no metadata at the %s's address",
                asks_resource(i) ? "resource" : "issuer");
        fail(i);
    }
}

/* An issuer is asked only where the connector may go, whoever names it (RFC 9728 7.7). */
static void take_resource(issuer_t *i, const upstream_answer_t *answer)
{
    const egress_t *egress = i->manager->options.upstream.egress;
    if (!grant_resource_metadata_read(answer->body, i->name, &i->server, &i->err)) {
        buf_clear(&i->server);
        ask_at_next(i);
    } else if (connection_check_host(i->connection, egress, buf_view(&i->server), &i->err)) {
        i->place = 0;
        ask_at_place(i);
    } else {
        fail(i);
    }
}

static void take_metadata(issuer_t *i, const upstream_answer_t *answer)
{
    grant_metadata_t *metadata =
        grant_metadata_read(answer->body, issuer_of(i), i->loses_slash, &i->err);
    if (metadata) {
        succeed(i, metadata, life_of(answer));
    } else {
        ask_at_next(i);
    }
}

static void take_answer(issuer_t *i, const upstream_answer_t *answer)
{
    if (answer->status == 200 && asks_resource(i)) {
        take_resource(i, answer);
        return;
    }
    if (answer->status == 200) {
        take_metadata(i, answer);
        return;
    }
    if (answer->status >= 300 && answer->status < 400) {
        err_set(&i->err, ERR_metadata_unavailable,
                "the issuer redirected; redirects are not followed");
    }
    if (answer->status >= NOT_THERE || answer->status == 429) {
        err_set(&i->err, ERR_metadata_unavailable, "the issuer answered %d", answer->status);
        fail(i);
    } else {
        ask_at_next(i);
    }
}

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    issuer_t *i = context;
    i->call = NULL;
    if (result->outcome == UPSTREAM_OK) {
        take_answer(i, answer);
        return;
    }
    bool denied = result->outcome == UPSTREAM_DENIED;
    err_set(&i->err, denied ? ERR_egress_denied : ERR_metadata_unavailable, "%s",
            denied                                  ? "the issuer's address may not be called"
            : result->outcome == UPSTREAM_TOO_LARGE ? "the issuer's metadata is too large"
                                                    : "the issuer could not be asked");
    fail(i);
}

static void ask_at_place(issuer_t *i)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    manager_t *m = i->manager;
    arena_t *arena = arena_new(0);
    buf_t url;
    buf_init(&url, ISSUER_URL_MAX + 64);
    bool ok = asks_resource(i) ? grant_resource_metadata_url(i->name, i->place, &url, &i->err)
                               : grant_metadata_url(issuer_of(i), i->place, &url, &i->err);
    if (ok) {
        upstream_request_t request = {.method = STR("GET"), .url = buf_view(&url)};
        upstream_terms_t terms = {.identity = i->connection->identity,
                                  .deadline_ms = i->deadline_ms,
                                  .body_bytes_max = METADATA_BYTES_MAX,
                                  .fresh_connection = true,
                                  .repeatable = true,
                                  .decode = true};
        message_header_set(arena, &request, STR("Accept"), STR("application/json"));
        i->call = upstream_send(m->upstream, &request, &terms, &SINK, i);
    } else {
        fail(i);
    }
    buf_fini(&url);
    arena_free(arena);
}

void issuer_fetch(issuer_t *i, const connection_t *c)
{
    i->connection = connection_ref(c);
    i->place = 0;
    i->err = ERR_INIT;
    buf_clear(&i->server);
    i->deadline_ms = clock_boot_ms() + i->manager->options.token_timeout_ms / 2;
    ask_at_place(i);
}
