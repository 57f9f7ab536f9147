/* SPDX-License-Identifier: MIT */
#include "call/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "call/worker_internal.h"
#include "codec/json.h"
#include "seal/api_key.h"

enum { REMEMBERED_MAX = 20000 };

/* --- what is remembered, and forgotten when it changes --- */

static void free_connection(void *value)
{
    connection_unref(value);
}

static void free_key(void *value)
{
    caller_key_unref(value);
}

static void free_seat(void *value)
{
    seat_free(value);
}

static void empty(map_t **map, void (*release)(void *))
{
    map_free_with(*map, release);
    *map = map_new();
}

static void on_change(void *context, change_kind_t kind, str_t id)
{
    worker_t *w = context;
    if (kind != CHANGE_USAGE) {
        w->changes++;
        hot_clear(w->hot); /* before the seats that it borrows */
    }
    switch (kind) {
    case CHANGE_CONNECTION:
        connection_unref(map_remove(w->connections, id));
        empty(&w->seats, free_seat);
        break;
    case CHANGE_KEY:
        caller_key_unref(map_remove(w->keys, id));
        break;
    case CHANGE_ALL:
        empty(&w->connections, free_connection);
        empty(&w->seats, free_seat);
        break;
    case CHANGE_USAGE:
        manager_hand_usage(w->options.manager, usage_book_take(w->tally.book));
        break;
    }
}

static void on_snapshot(void *context, snapshot_t *snapshot)
{
    worker_t *w = context;
    snapshot_unref(w->snapshot);
    w->snapshot = snapshot;
    metrics_shard_keep(w->tally.shard, snapshot_knows, snapshot);
}

worker_t *worker_new(http_server_t *server, const worker_options_t *options, err_t *err)
{
    worker_t *w = mem_new(worker_t);
    w->options = *options;
    w->server = server;
    w->loop = http_server_loop(server);
    w->connections = map_new();
    w->keys = map_new();
    w->seats = map_new();
    w->busy = map_new();
    w->refusals = map_new();
    w->hot = hot_new();
    w->local = caller_key_local();
    w->tally = (tally_place_t){metrics_shard_new(options->metrics), usage_book_new()};
    w->journal = journals_add(options->journals, w->loop);
    w->tokens = manager_tokens(options->manager);
    w->nonces = nonces_new();
    w->upstream = upstream_new(w->loop, &options->upstream, err);
    if (!w->upstream) {
        worker_free(w);
        return NULL;
    }
    w->snapshot = catalogue_snapshot(options->catalogue);
    catalogue_listen(options->catalogue, w->loop, on_snapshot, w);
    manager_listen(options->manager, w->loop, on_change, w);
    return w;
}

void worker_free(worker_t *w)
{
    if (!w) {
        return;
    }
    upstream_free(w->upstream);
    nonces_free(w->nonces);
    hot_free(w->hot);
    map_free_with(w->connections, free_connection);
    map_free_with(w->keys, free_key);
    map_free_with(w->seats, free_seat);
    map_free(w->busy);
    map_free(w->refusals);
    caller_key_unref(w->local);
    usage_book_free(w->tally.book);
    snapshot_unref(w->snapshot);
    free(w);
}

const worker_options_t *worker_options(const worker_t *w)
{
    return &w->options;
}

loop_t *worker_loop(worker_t *w)
{
    return w->loop;
}

upstream_t *worker_upstream(worker_t *w)
{
    return w->upstream;
}

const snapshot_t *worker_snapshot(const worker_t *w)
{
    return w->snapshot;
}

seat_t *worker_seat(worker_t *w, const connection_t *connection, const action_t *action,
                    const caller_key_t *caller)
{
    char key[192]; /* names of connections have at most 63 bytes, of actions 80, ids of keys 15 */
    int n = snprintf(key, sizeof key, "%.*s/%.*s/%s", STR_ARG(connection->name),
                     STR_ARG(action->name), caller->id);
    str_t name = str_at(key, (size_t)n);
    seat_t *s = map_get(w->seats, name);
    if (s && s->connector == connection->connector) {
        return s;
    }
    if (s) { /* it, or a call in flight, is of an older definition */
        hot_clear(w->hot);
        seat_free(map_remove(w->seats, name));
    }
    if (map_count(w->seats) >= REMEMBERED_MAX) {
        hot_clear(w->hot);
        empty(&w->seats, free_seat);
    }
    s = seat_new(w->options.throttle, &w->tally, connection, action, caller);
    map_set(w->seats, name, s);
    return s;
}

bool worker_has_room(const worker_t *w, str_t connection)
{
    return (uintptr_t)map_get(w->busy, connection) < w->options.calls_per_connection;
}

bool worker_enter(worker_t *w, str_t connection)
{
    if (!worker_has_room(w, connection)) {
        return false;
    }
    map_set(w->busy, connection, (void *)((uintptr_t)map_get(w->busy, connection) + 1));
    return true;
}

void worker_leave(worker_t *w, str_t connection)
{
    uintptr_t now = (uintptr_t)map_get(w->busy, connection);
    if (now > 1) {
        map_set(w->busy, connection, (void *)(now - 1));
    } else {
        map_remove(w->busy, connection);
    }
}

unsigned worker_count_refusal(worker_t *w, str_t connection)
{
    uintptr_t before = (uintptr_t)map_get(w->refusals, connection);
    map_set(w->refusals, connection, (void *)(before + 1));
    return (unsigned)before;
}

void worker_forget_refusals(worker_t *w, str_t connection)
{
    if (map_count(w->refusals)) {
        map_remove(w->refusals, connection);
    }
}

/* --- who is calling --- */

typedef struct identifying {
    worker_t *worker;
    http_request_t *request;
    api_key_t key;
    worker_on_caller_t *on_caller;
    void *context;
} identifying_t;

str_t worker_told_path(str_t path)
{
    static const struct {
        const char *prefix;
        unsigned names; /* behind it: connector and connection */
    } CALLS[] = {{"/run/", 2}, {"/apim/", 2}, {"/v1/try/", 2}, {"/proxy/", 1}};
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        if (str_starts(path, str_of(CALLS[i].prefix))) {
            str_t rest = str_slice(path, strlen(CALLS[i].prefix), path.n);
            for (unsigned k = 0; k < CALLS[i].names; k++) {
                (void)str_cut(&rest, '/');
            }
            return rest.p ? str_at(path.p, (size_t)(rest.p - path.p)) : path;
        }
    }
    return path;
}

/* Of the key only its name, which is no secret. */
static void note_stranger(const identifying_t *i)
{
    const http_view_t *view = http_request_view(i->request);
    actor_t actor = {.kind = ACTOR_STRANGER};
    snprintf(actor.address, sizeof actor.address, "%.*s", STR_ARG(http_request_peer(i->request)));
    snprintf(actor.request_id, sizeof actor.request_id, "%.*s",
             STR_ARG(http_request_id(i->request)));
    json_t *details = json_pack("{s:o, s:o}", "method", json_str(view->method), "path",
                                json_str(worker_told_path(view->path)));
    json_add_text(details, "shown", str_of(i->key.id));
    audit_note(manager_audit(i->worker->options.manager),
               &(audit_entry_t){.what = AUDIT_ACCESS_REFUSED,
                                .actor = &actor,
                                .details = details,
                                .refused = ERR_unauthorized});
    json_decref(details);
}

/* One text for every reason, so that nothing can be learned from it. */
static void refuse_caller(const identifying_t *i)
{
    note_stranger(i);
    err_t err = ERR_INIT;
    err_set(&err, ERR_unauthorized,
            "send a Tenon key as `Authorization: Bearer tnk_…` or `X-API-Key: tnk_…`");
    i->on_caller(i->context, NULL, &err);
}

/* A key is used by whoever shows it, whatever for. */
static void accept_caller(const identifying_t *i, const caller_key_t *key)
{
    const err_t none = ERR_INIT;
    usage_book_t *book = i->worker->tally.book;
    int64_t now = clock_boot_ms();
    (void)usage_book_page(book, now);
    usage_book_note(book, usage_book_cell(book, STR_NONE, STR_NONE, str_of(key->id)), now);
    i->on_caller(i->context, caller_key_ref(key), &none);
}

static bool is_valid(const caller_key_t *key, const unsigned char digest[SHA256_BYTES])
{
    bool same = key && bytes_equal(str_at(key->digest, SHA256_BYTES), str_at(digest, SHA256_BYTES));
    return same && (!key->expires_wall_ms || clock_wall_ms() < key->expires_wall_ms);
}

static void settle(const identifying_t *i, const caller_key_t *key)
{
    if (is_valid(key, i->key.digest)) {
        accept_caller(i, key);
    } else {
        refuse_caller(i);
    }
}

static void on_key(void *context, caller_key_t *key, const err_t *err)
{
    identifying_t *i = context;
    worker_t *w = i->worker;
    if (key) {
        if (map_count(w->keys) >= REMEMBERED_MAX) {
            empty(&w->keys, free_key);
        }
        caller_key_unref(map_set(w->keys, str_of(i->key.id), caller_key_ref(key)));
    }
    if (err_is_set(err)) {
        i->on_caller(i->context, NULL, err);
    } else {
        settle(i, key);
    }
    caller_key_unref(key);
    free(i);
}

static str_t presented(const http_view_t *view)
{
    static const size_t SCHEME = sizeof "Bearer " - 1;
    if (view->api_key.n) {
        return view->api_key;
    }
    if (view->authorization.n > SCHEME &&
        str_eq_nocase(str_slice(view->authorization, 0, SCHEME), STR("bearer "))) {
        return str_trim(str_slice(view->authorization, SCHEME, view->authorization.n));
    }
    return STR_NONE;
}

static const caller_key_t *admin_by_environment(worker_t *w, str_t text)
{
    const caller_key_t *admin = manager_admin_key(w->options.manager);
    unsigned char digest[HASH_BYTES_MAX];
    if (!admin || !text.n) {
        return NULL;
    }
    hash_bytes(HASH_SHA256, text, digest);
    return is_valid(admin, digest) ? admin : NULL;
}

/* Shape and checksum of a key were judged before any look-up. Every other refusal is the store's,
 * also where a key of this id is remembered: so neither the answer nor its way tells an unknown key
 * from a wrong, a revoked or an expired one. */
static void look_up(const identifying_t *now)
{
    worker_t *w = now->worker;
    const caller_key_t *known = map_get(w->keys, str_of(now->key.id));
    if (is_valid(known, now->key.digest)) {
        settle(now, known);
        return;
    }
    identifying_t *later = mem_new(identifying_t);
    *later = *now;
    manager_find_key(w->options.manager, str_of(later->key.id), on_key, later);
}

void worker_identify_shown(worker_t *w, http_request_t *request, str_t text,
                           worker_on_caller_t *on_caller, void *context)
{
    const err_t none = ERR_INIT;
    const caller_key_t *admin = admin_by_environment(w, text);
    identifying_t now = {
        .worker = w, .request = request, .on_caller = on_caller, .context = context};
    if (admin) {
        on_caller(context, caller_key_ref(admin), &none);
    } else if (api_key_read(text, &now.key)) {
        look_up(&now);
    } else {
        settle(&now, NULL);
    }
}

void worker_identify_kept(worker_t *w, http_request_t *request, const api_key_t *key,
                          worker_on_caller_t *on_caller, void *context)
{
    const err_t none = ERR_INIT;
    const caller_key_t *admin = manager_admin_key(w->options.manager);
    const identifying_t now = {
        .worker = w, .request = request, .key = *key, .on_caller = on_caller, .context = context};
    if (is_valid(admin, key->digest)) {
        on_caller(context, caller_key_ref(admin), &none);
    } else {
        look_up(&now);
    }
}

void worker_identify(worker_t *w, http_request_t *request, worker_on_caller_t *on_caller,
                     void *context)
{
    const http_view_t *view = http_request_view(request);
    const err_t none = ERR_INIT;
    if (view->local) {
        on_caller(context, caller_key_ref(w->local), &none);
    } else {
        worker_identify_shown(w, request, presented(view), on_caller, context);
    }
}

/* --- connections --- */

typedef struct finding {
    worker_t *worker;
    manager_on_connection_t *on_found;
    void *context;
} finding_t;

static void on_connection(void *context, connection_t *connection, const err_t *err)
{
    finding_t *f = context;
    worker_t *w = f->worker;
    if (connection) {
        if (map_count(w->connections) >= REMEMBERED_MAX) {
            empty(&w->connections, free_connection);
        }
        connection_unref(map_set(w->connections, connection->name, connection_ref(connection)));
    }
    f->on_found(f->context, connection, err);
    free(f);
}

void worker_find_connection(worker_t *w, str_t name, manager_on_connection_t *on_found,
                            void *context)
{
    err_t none = ERR_INIT;
    connection_t *known = map_get(w->connections, name);
    if (known) {
        on_found(context, connection_ref(known), &none);
        return;
    }
    finding_t *f = mem_new(finding_t);
    *f = (finding_t){w, on_found, context};
    manager_find_connection(w->options.manager, name, on_connection, f);
}
