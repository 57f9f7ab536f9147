/* SPDX-License-Identifier: MIT */
#include "connection/issuer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "connection/manager_internal.h"

enum {
    ISSUERS_MAX = 1000,
    URL_MAX = 4096,
    KEY_MAX = URL_MAX + 128,
    DOUBLINGS_MAX = 6,
    NOT_THERE = 500
};
static const int64_t LIFE_LEAST_MS = 60LL * 1000;
static const int64_t LIFE_MS = 60LL * 60 * 1000;
static const int64_t LIFE_MOST_MS = 24LL * 60 * 60 * 1000;
/* So long it is not asked for after a failure, twice as long after each more in a row. */
static const int64_t PAUSE_MS = 5LL * 1000;

/* How a key begins: whether the name may have lost its last `/`. Then, in hex, the identity that
 * asks. */
enum { LOSES_SLASH = '/', IS_EXACT = '=', NAME_AT = 1 + 2 * 32 };

typedef struct issuer {
    manager_t *manager;
    buf_t key;  /* how its name is compared, by whom it is asked, and its name */
    str_t name; /* as the definition has it */
    connection_t
        *connection; /* whose certificate and authorities the fetch under way uses; a reference */
    bool loses_slash;
    grant_metadata_t *metadata;                          /* NULL: never had any */
    int64_t fresh_until_ms, paused_until_ms, used_at_ms; /* clock_boot_ms */
    unsigned failures;                                   /* in a row */
    err_t failure;                                       /* the latest */
    issuer_ask_t *waiters;
    upstream_call_t *call; /* NULL: nothing is under way */
    unsigned place;        /* of the well-known ones, that is being asked at */
    int64_t deadline_ms;
    err_t err; /* of the fetch under way: the first place's word counts */
} issuer_t;

struct issuers {
    map_t *by_key;
};

static void free_issuer(void *value)
{
    issuer_t *i = value;
    grant_metadata_unref(i->metadata);
    connection_unref(i->connection);
    buf_fini(&i->key);
    free(i);
}

issuers_t *issuers_new(void)
{
    issuers_t *all = mem_new(issuers_t);
    all->by_key = map_new();
    return all;
}

void issuers_free(issuers_t *all)
{
    map_free_with(all->by_key, free_issuer);
    free(all);
}

static bool is_idle(const issuer_t *i)
{
    return !i->call && !i->waiters;
}

static void forget(issuers_t *all, issuer_t *i)
{
    map_remove(all->by_key, buf_view(&i->key));
    free_issuer(i);
}

void issuers_sweep(issuers_t *all, int64_t now_ms)
{
    void *value;
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        if (is_idle(i) && now_ms > i->used_at_ms + LIFE_MOST_MS) {
            forget(all, i);
        }
    }
}

/* The one that was not used for longest makes room. */
static void make_room(issuers_t *all)
{
    issuer_t *oldest = NULL;
    void *value;
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        oldest = is_idle(i) && (!oldest || i->used_at_ms < oldest->used_at_ms) ? i : oldest;
    }
    if (oldest && map_count(all->by_key) >= ISSUERS_MAX) {
        forget(all, oldest);
    }
}

static issuer_t *get_issuer(manager_t *m, str_t key)
{
    issuer_t *i = map_get(m->issuers->by_key, key);
    if (i) {
        return i;
    }
    make_room(m->issuers);
    i = mem_new(issuer_t);
    i->manager = m;
    i->failure = ERR_INIT;
    buf_init(&i->key, KEY_MAX);
    buf_str(&i->key, key);
    i->loses_slash = key.p[0] == LOSES_SLASH;
    i->name = str_slice(buf_view(&i->key), NAME_AT, key.n);
    map_set(m->issuers->by_key, key, i);
    return i;
}

/* --- who waits --- */

static void join(issuer_t *i, issuer_ask_t *ask)
{
    ask->next = i->waiters;
    ask->at = &i->waiters;
    if (ask->next) {
        ask->next->at = &ask->next;
    }
    i->waiters = ask;
}

void issuer_leave(issuer_ask_t *ask)
{
    if (ask->at) {
        *ask->at = ask->next;
        if (ask->next) {
            ask->next->at = ask->at;
        }
        ask->at = NULL;
    }
}

/* Whoever is told may ask again, and leave others. */
static void tell(issuer_t *i, const err_t *err)
{
    grant_metadata_t *metadata = i->metadata ? grant_metadata_ref(i->metadata) : NULL;
    err_t why = *err;
    for (issuer_ask_t *ask; (ask = i->waiters);) {
        issuer_leave(ask);
        ask->on_metadata(ask, metadata, &why);
    }
    grant_metadata_unref(metadata);
}

void issuers_end(issuers_t *all)
{
    void *value;
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    for (size_t at = 0; map_next(all->by_key, &at, NULL, &value);) {
        issuer_t *i = value;
        if (i->call) {
            upstream_cancel(i->call);
            i->call = NULL;
        }
        grant_metadata_unref(i->metadata);
        i->metadata = NULL;
        tell(i, &err);
    }
}

/* --- fetching --- */

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
            life = seconds < (uint64_t)LIFE_MOST_MS / 1000 ? (int64_t)seconds * 1000 : LIFE_MOST_MS;
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
    tell(i, &none);
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
    tell(i, &i->failure);
}

static void ask_at_place(issuer_t *i);

static void ask_at_next(issuer_t *i)
{
    if (++i->place < METADATA_PLACES) {
        ask_at_place(i);
    } else {
        err_set(&i->err, ERR_metadata_unavailable, "there is no metadata at the issuer's address");
        fail(i);
    }
}

static void take_answer(issuer_t *i, const upstream_answer_t *answer)
{
    grant_metadata_t *metadata = NULL;
    if (answer->status == 200) {
        metadata = grant_metadata_read(answer->body, i->name, i->loses_slash, &i->err);
    } else if (answer->status >= 300 && answer->status < 400) {
        err_set(&i->err, ERR_metadata_unavailable,
                "the issuer redirected; redirects are not followed");
    }
    if (metadata) {
        succeed(i, metadata, life_of(answer));
    } else if (answer->status >= NOT_THERE || answer->status == 429) {
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
    buf_init(&url, URL_MAX + 64);
    if (grant_metadata_url(i->name, i->place, &url, &i->err)) {
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

/* Whoever waits for it has time left to send what it is for. */
static void fetch(issuer_t *i, const connection_t *c)
{
    i->connection = connection_ref(c);
    i->place = 0;
    i->err = ERR_INIT;
    i->deadline_ms = clock_boot_ms() + i->manager->options.token_timeout_ms / 2;
    ask_at_place(i);
}

/* --- asking --- */

static void answer_or_fetch(issuer_t *i, const connection_t *c, issuer_ask_t *ask)
{
    int64_t now = clock_boot_ms();
    const err_t none = ERR_INIT;
    i->used_at_ms = now;
    if (i->call) {
        join(i, ask);
    } else if (i->metadata && (now < i->fresh_until_ms || now < i->paused_until_ms)) {
        ask->on_metadata(ask, i->metadata, &none);
    } else if (now < i->paused_until_ms) {
        ask->on_metadata(ask, NULL, &i->failure);
    } else {
        join(i, ask);
        fetch(i, c);
    }
}

static void write_key_head(const connection_t *c, const url_template_t *issuer, buf_t *key)
{
    static const unsigned char NOBODY[sizeof c->identity->digest];
    buf_char(key, issuer->kind == URL_WHOLE ? LOSES_SLASH : IS_EXACT);
    hex_write(key, str_at(c->identity ? c->identity->digest : NOBODY, sizeof NOBODY));
}

void issuer_ask(manager_t *m, const connection_t *c, grant_build_t *build, issuer_ask_t *ask)
{
    err_t err = ERR_INIT;
    buf_t key;
    ask->at = NULL;
    buf_init(&key, KEY_MAX);
    write_key_head(c, build->definition->issuer, &key);
    if (m->stopping) {
        err_set(&err, ERR_draining, "the host is shutting down");
    } else if (grant_issuer(build, &key, &err) &&
               connection_check_host(c, m->options.upstream.egress,
                                     str_slice(buf_view(&key), NAME_AT, key.n), &err)) {
        answer_or_fetch(get_issuer(m, buf_view(&key)), c, ask);
    }
    buf_fini(&key);
    if (err_is_set(&err)) {
        ask->on_metadata(ask, NULL, &err);
    }
}
