/* SPDX-License-Identifier: MIT */
/* What the control loop keeps over a restart, and how it starts from it: the key ring, the secret behind token
 * keys, refusals, tokens, gates, host-wide parameters. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "seal/hash.h"

enum { PAGE = 1000, SEALED_MAX = 2 * 1024 * 1024, KEYRING_MAX = 1000 };
static const int64_t REFUSAL_KEPT_MS = 24LL * 60 * 60 * 1000;

/* --- small things --- */

static str_t json_text_in(arena_t *arena, const json_t *value)
{
    buf_t text;
    buf_init_wiping(&text, SEALED_MAX);
    json_write(&text, value);
    str_t copy = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return copy;
}

static str_t sealed_in(manager_t *m, arena_t *arena, const seal_place_t *place, str_t plain)
{
    buf_t sealed;
    buf_init(&sealed, SEALED_MAX);
    keyring_seal(m->keyring, place, plain, &sealed);
    str_t copy = arena_str(arena, buf_view(&sealed));
    buf_fini(&sealed);
    return copy;
}

static json_t *plain_of(const store_record_t *record)
{
    err_t ignored = ERR_INIT;
    return json_read(record->plain, NULL, &ignored);
}

typedef struct kept {
    then_t *then;
    void *context;
} kept_t;

static void on_written(void *context, const store_result_t *result)
{
    kept_t *kept = context;
    err_t none = ERR_INIT;
    if (!result->ok) {
        log_event(LOG_ERROR, "store.write_failed", LOG_S("detail", str_of(result->err.text)));
    }
    if (kept->then) {
        kept->then(kept->context, &none);
    }
    free(kept);
}

static kept_t *new_kept(then_t *then, void *context)
{
    kept_t *kept = mem_new(kept_t);
    *kept = (kept_t){then, context};
    return kept;
}

/* --- opening --- */

typedef struct opening {
    manager_t *manager;
    keyring_entry_t *entries;
    size_t count;
    char last[64]; /* id of the last record seen, for the next page */
    size_t seen;
    bool failed;
    err_t *err;
    bool found_secret;
} opening_t;

typedef void on_record_t(opening_t *o, const store_record_t *record);
typedef struct page {
    opening_t *opening;
    on_record_t *on_record;
} page_t;

static void on_page(void *context, const store_result_t *result)
{
    page_t *page = context;
    opening_t *o = page->opening;
    o->seen = result->count;
    if (!result->ok) {
        o->failed = true;
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
    }
    for (size_t i = 0; i < result->count; i++) {
        const store_record_t *r = &result->records[i];
        size_t n = r->id.n < sizeof o->last - 1 ? r->id.n : sizeof o->last - 1;
        memcpy(o->last, r->id.p, n);
        o->last[n] = '\0';
        page->on_record(o, r);
    }
}

/* Every record of a kind, a page at a time. */
static bool read_all(opening_t *o, str_t kind, on_record_t *on_record)
{
    page_t page = {o, on_record};
    char after[sizeof o->last];
    o->last[0] = '\0';
    do {
        memcpy(after, o->last, sizeof after);
        store_list_now(o->manager->options.store, kind, STR_NONE, after[0] ? str_of(after) : STR_NONE, PAGE, on_page,
                       &page);
    } while (!o->failed && o->seen == PAGE);
    return !o->failed;
}

static void on_keyring_record(opening_t *o, const store_record_t *record)
{
    if (o->count == KEYRING_MAX) {
        return;
    }
    json_t *plain = plain_of(record);
    keyring_entry_t *entry = &o->entries[o->count];
    entry->id = (uint32_t)json_integer_value(json_object_get(plain, "id"));
    entry->created_at_ms = json_integer_value(json_object_get(plain, "created_at_ms"));
    entry->uses = (uint64_t)json_integer_value(json_object_get(plain, "uses"));
    entry->active = json_is_true(json_object_get(plain, "active"));
    if (record->sealed.n == sizeof entry->wrapped) {
        memcpy(entry->wrapped, record->sealed.p, sizeof entry->wrapped);
        o->count++;
    }
    json_decref(plain);
}

static void note_result(void *context, const store_result_t *result)
{
    opening_t *o = context;
    if (!result->ok) {
        o->failed = true;
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
    }
}

static void write_entry(opening_t *o, const keyring_entry_t *entry)
{
    arena_t *arena = arena_new(0);
    json_t *plain = json_pack("{s:I, s:I, s:I, s:b}", "id", (json_int_t)entry->id, "created_at_ms",
                              (json_int_t)entry->created_at_ms, "uses", (json_int_t)entry->uses, "active",
                              (int)entry->active);
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("keyring"),
                                        .id = arena_printf(arena, "%08x", entry->id),
                                        .generation = 1,
                                        .changed_at_ms = entry->created_at_ms,
                                        .plain = json_text_in(arena, plain),
                                        .sealed = str_at(entry->wrapped, sizeof entry->wrapped)}};
    store_write_now(o->manager->options.store, &change, 1, note_result, o);
    json_decref(plain);
    arena_free(arena);
}

/* A wrong master key must change nothing, so the ring is opened before anything is written. */
static bool open_keyring(opening_t *o)
{
    manager_t *m = o->manager;
    o->entries = mem_array(KEYRING_MAX, sizeof *o->entries);
    bool ok = read_all(o, STR("keyring"), on_keyring_record);
    if (ok) {
        m->keyring = keyring_open(m->options.master_key, o->entries, o->count, o->err);
        ok = m->keyring != NULL;
    }
    if (ok && o->count == 0) {
        keyring_entry_t entry;
        keyring_add(m->keyring, clock_wall_ms(), &entry);
        write_entry(o, &entry);
    }
    free(o->entries);
    return ok && !o->failed;
}

static const seal_place_t CALL_SECRET = {.type = STR_INIT("meta"), .id = STR_INIT("call_secret"),
                                         .field = STR_INIT("secret"), .generation = 1};

static void on_call_secret(void *context, const store_result_t *result)
{
    opening_t *o = context;
    note_result(o, result);
    if (result->count) {
        buf_t plain;
        buf_init_wiping(&plain, 64);
        o->found_secret = true;
        if (!keyring_unseal(o->manager->keyring, &CALL_SECRET, result->records[0].sealed, &plain, o->err) ||
            plain.n != sizeof o->manager->call_secret) {
            o->failed = true;
            err_set(o->err, ERR_store_record_corrupt, "the record call_secret does not open");
        } else {
            memcpy(o->manager->call_secret, plain.p, plain.n);
        }
        buf_fini(&plain);
    }
}

static bool open_call_secret(opening_t *o)
{
    manager_t *m = o->manager;
    store_get_now(m->options.store, STR("meta"), STR("call_secret"), on_call_secret, o);
    if (o->failed || o->found_secret) {
        return !o->failed;
    }
    arena_t *arena = arena_new(0);
    random_bytes(m->call_secret, sizeof m->call_secret);
    store_change_t change = {
        .verb = STORE_PUT,
        .record = {.kind = STR("meta"), .id = STR("call_secret"), .generation = 1, .changed_at_ms = clock_wall_ms(),
                   .plain = STR("{}"),
                   .sealed = sealed_in(m, arena, &CALL_SECRET, str_at(m->call_secret, sizeof m->call_secret))}};
    store_write_now(m->options.store, &change, 1, note_result, o);
    arena_free(arena);
    return !o->failed;
}

static void on_refusal(opening_t *o, const store_record_t *record)
{
    json_t *plain = plain_of(record);
    err_t why = ERR_INIT;
    str_t digest;
    int64_t until;
    if (refusal_read(plain, &why, &digest, &until) && until > clock_wall_ms()) {
        token_cache_refuse(o->manager->tokens, record->id, &why, clock_boot_ms() + until - clock_wall_ms());
    }
    json_decref(plain);
}

static void on_gate(opening_t *o, const store_record_t *record)
{
    json_t *plain = plain_of(record);
    int64_t left = json_integer_value(json_object_get(plain, "until_ms")) - clock_wall_ms();
    if (left > 0) {
        throttle_close_gate(o->manager->options.throttle, json_member(plain, "connector"), json_member(plain, "gate"),
                            clock_boot_ms() + left);
    }
    json_decref(plain);
}

static void on_host_values(opening_t *o, const store_record_t *record)
{
    manager_t *m = o->manager;
    seal_place_t place = {.type = STR("parameters"), .id = record->id, .field = STR("values"),
                          .generation = record->generation};
    buf_t text;
    buf_init_wiping(&text, SEALED_MAX);
    err_t err = ERR_INIT;
    json_t *values = keyring_unseal(m->keyring, &place, record->sealed, &text, &err)
                         ? json_read(buf_view(&text), NULL, &err)
                         : NULL;
    buf_fini(&text);
    if (!values) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", record->kind), LOG_S("id", record->id));
        return;
    }
    map_set(m->host_values, record->id, values);
    map_set(m->host_generations, record->id, (void *)(uintptr_t)record->generation);
}

bool durable_open(manager_t *m, err_t *err)
{
    opening_t o = {.manager = m, .err = err};
    return open_keyring(&o) && open_call_secret(&o) && read_all(&o, STR("refusal"), on_refusal) &&
           read_all(&o, STR("gate"), on_gate) && read_all(&o, STR("parameters"), on_host_values);
}

/* --- refusals --- */

typedef struct refusing {
    manager_t *manager;
    char name[64];
    err_t why;
    bool accept; /* the other way: the connection works again */
    then_t *then;
    void *context;
} refusing_t;

static void on_told(void *context, const err_t *err)
{
    refusing_t *r = context;
    if (r->then) {
        r->then(r->context, err);
    }
    free(r);
}

static void on_refusal_written(void *context, const store_result_t *result)
{
    refusing_t *r = context;
    if (!result->ok) {
        log_event(LOG_ERROR, "store.write_failed", LOG_S("connection", str_of(r->name)));
    }
    manager_tell(r->manager, CHANGE_CONNECTION, str_of(r->name), on_told, r);
}

static void change_refusal(void *context, entry_t *entry, const err_t *err)
{
    refusing_t *r = context;
    if (!entry || (r->accept && !json_object_get(entry->record->plain, "refusal"))) {
        on_told(r, err);
        return;
    }
    connection_record_t *record = connection_record_copy(entry->record);
    if (r->accept) {
        json_object_del(record->plain, "refusal");
    } else {
        char digest[65] = "";
        const connector_t *connector = entry_connection(entry)->connector;
        for (size_t i = 0; connector && i < 32; i++) {
            snprintf(digest + 2 * i, 3, "%02x", connector->digest[i]);
        }
        int64_t until = r->why.code == ERR_account_locked && r->why.retry_after_ms
                            ? clock_wall_ms() + r->why.retry_after_ms
                            : 0;
        refusal_keep(record->plain, &r->why, str_of(digest), until);
    }
    arena_t *arena = arena_new(0);
    store_change_t change;
    connection_record_write(record, r->manager->keyring, clock_wall_ms(), arena, &change);
    entry_replace(r->manager, record);
    store_write(r->manager->options.store, r->manager->loop, &change, 1, true, on_refusal_written, r);
    arena_free(arena);
}

void durable_refuse_connection(manager_t *m, str_t name, const err_t *why, then_t *then, void *context)
{
    refusing_t *r = mem_new(refusing_t);
    *r = (refusing_t){.manager = m, .why = *why, .then = then, .context = context};
    memcpy(r->name, name.p, name.n < sizeof r->name ? name.n : sizeof r->name - 1);
    log_event(LOG_WARN, "connection.rejected", LOG_S("connection", name), LOG_S("code", str_of(err_code_name(why->code))),
              LOG_S("error", str_of(why->upstream_error)));
    entry_get(m, name, change_refusal, r);
}

void durable_accept_connection(manager_t *m, str_t name)
{
    refusing_t *r = mem_new(refusing_t);
    *r = (refusing_t){.manager = m, .accept = true};
    memcpy(r->name, name.p, name.n < sizeof r->name ? name.n : sizeof r->name - 1);
    entry_get(m, name, change_refusal, r);
}

void durable_refuse_call(manager_t *m, str_t key, const err_t *why, then_t *then, void *context)
{
    arena_t *arena = arena_new(0);
    json_t *plain = json_object();
    int64_t wall = clock_wall_ms();
    int64_t kept = why->code == ERR_account_locked && why->retry_after_ms ? why->retry_after_ms : REFUSAL_KEPT_MS;
    refusal_keep(plain, why, STR_NONE, wall + kept);
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("refusal"), .id = key, .generation = 1, .changed_at_ms = wall,
                                        .plain = json_text_in(arena, plain)}};
    store_write(m->options.store, m->loop, &change, 1, true, on_written, new_kept(then, context));
    json_decref(plain);
    arena_free(arena);
}

/* --- tokens --- */

static seal_place_t token_place(str_t name, uint64_t credential_generation)
{
    return (seal_place_t){.type = STR("token"), .id = name, .field = STR("members"),
                          .generation = credential_generation};
}

void durable_keep_token(manager_t *m, const source_t *s, str_t name, uint64_t credential_generation)
{
    arena_t *arena = arena_new(0);
    int64_t boot = clock_boot_ms(), wall = clock_wall_ms();
    json_t *sealed = json_object();
    json_object_set(sealed, "members", s->token->members);
    if (s->token->kept) {
        json_object_set(sealed, "kept", s->token->kept);
    }
    buf_t hex;
    buf_init(&hex, 128);
    hex_write(&hex, str_at(s->fingerprint, sizeof s->fingerprint));
    json_t *plain = json_object();
    json_object_set_new(plain, "fingerprint", json_str(buf_view(&hex)));
    json_object_set_new(plain, "boot_id", json_string(clock_boot_id()));
    json_object_set_new(plain, "obtained_boot_ms", json_integer(s->token->obtained_at_ms));
    json_object_set_new(plain, "expires_boot_ms", json_integer(s->token->expires_at_ms));
    json_object_set_new(plain, "reuse_boot_ms", json_integer(s->token->reuse_until_ms));
    json_object_set_new(plain, "kept_wall_ms", json_integer(wall));
    json_object_set_new(plain, "kept_boot_ms", json_integer(boot));
    seal_place_t place = token_place(name, credential_generation);
    store_change_t change = {
        .verb = STORE_PUT,
        .record = {.kind = STR("token"), .id = name, .generation = credential_generation, .changed_at_ms = wall,
                   .plain = json_text_in(arena, plain),
                   .sealed = sealed_in(m, arena, &place, json_text_in(arena, sealed))}};
    store_write(m->options.store, m->loop, &change, 1, false, on_written, new_kept(NULL, NULL));
    buf_fini(&hex);
    json_decref(plain);
    json_decref(sealed);
    arena_free(arena);
}

typedef struct loading {
    manager_t *manager;
    source_t *source;
    uint64_t credential_generation;
    then_t *then;
    void *context;
} loading_t;

/* How long ago the record was written. Within one boot the boot clock knows; else the wall clock, and a clock
 * that went back counts as time gone by entirely: of two answers the shorter life is trusted. */
static int64_t age_ms(const json_t *plain)
{
    int64_t by_wall = clock_wall_ms() - json_integer_value(json_object_get(plain, "kept_wall_ms"));
    int64_t by_boot = clock_boot_ms() - json_integer_value(json_object_get(plain, "kept_boot_ms"));
    bool same_boot = str_is(json_member(plain, "boot_id"), clock_boot_id()) && by_boot >= 0;
    if (by_wall < 0) {
        by_wall = same_boot ? by_boot : INT64_MAX / 4;
    }
    return same_boot && by_boot > by_wall ? by_boot : by_wall;
}

static void use_token(loading_t *l, const json_t *plain, const json_t *sealed)
{
    source_t *s = l->source;
    int64_t kept_boot = json_integer_value(json_object_get(plain, "kept_boot_ms"));
    /* Times of the old boot clock, moved to the present one. */
    int64_t shift = clock_boot_ms() - age_ms(plain) - kept_boot;
    int64_t obtained = json_integer_value(json_object_get(plain, "obtained_boot_ms"));
    int64_t expires = json_integer_value(json_object_get(plain, "expires_boot_ms"));
    int64_t reuse = json_integer_value(json_object_get(plain, "reuse_boot_ms"));
    buf_t digest;
    buf_init(&digest, 64);
    if (json_is_object(json_object_get(sealed, "members")) && hex_read(&digest, json_member(plain, "fingerprint")) &&
        digest.n == sizeof s->fingerprint && expires + shift > clock_boot_ms()) {
        memcpy(s->fingerprint, digest.p, digest.n);
        token_unref(s->token);
        s->token = token_new(json_incref(json_object_get(sealed, "members")),
                             json_incref(json_object_get(sealed, "kept")), obtained + shift, expires - obtained,
                             reuse + shift);
    }
    buf_fini(&digest);
}

static void on_token_record(void *context, const store_result_t *result)
{
    loading_t *l = context;
    err_t err = ERR_INIT;
    if (result->count && result->records[0].generation == l->credential_generation) {
        const store_record_t *record = &result->records[0];
        seal_place_t place = token_place(record->id, record->generation);
        buf_t text;
        buf_init_wiping(&text, SEALED_MAX);
        json_t *plain = plain_of(record);
        json_t *sealed = keyring_unseal(l->manager->keyring, &place, record->sealed, &text, &err)
                             ? json_read(buf_view(&text), NULL, &err)
                             : NULL;
        if (plain && sealed) {
            use_token(l, plain, sealed);
        }
        buf_fini(&text);
        json_decref(plain);
        json_decref(sealed);
    }
    l->then(l->context, &err);
    free(l);
}

void durable_load_token(manager_t *m, source_t *s, str_t name, uint64_t credential_generation, then_t *then,
                        void *context)
{
    loading_t *l = mem_new(loading_t);
    *l = (loading_t){m, s, credential_generation, then, context};
    store_get(m->options.store, m->loop, STR("token"), name, on_token_record, l);
}

void durable_forget_token(manager_t *m, str_t name)
{
    store_change_t change = {.verb = STORE_DELETE, .record = {.kind = STR("token"), .id = name}};
    store_write(m->options.store, m->loop, &change, 1, false, on_written, new_kept(NULL, NULL));
}

/* --- gates --- */

void durable_keep_gate(manager_t *m, str_t connector, str_t gate, int64_t until_wall_ms)
{
    arena_t *arena = arena_new(0);
    json_t *plain = json_object();
    json_object_set_new(plain, "connector", json_str(connector));
    json_object_set_new(plain, "gate", json_str(gate));
    json_object_set_new(plain, "until_ms", json_integer(until_wall_ms));
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("gate"), .id = gate, .generation = 1,
                                        .changed_at_ms = clock_wall_ms(), .plain = json_text_in(arena, plain)}};
    store_write(m->options.store, m->loop, &change, 1, false, on_written, new_kept(NULL, NULL));
    json_decref(plain);
    arena_free(arena);
}
