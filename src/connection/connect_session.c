/* SPDX-License-Identifier: MIT */
#include "connection/connect_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "seal/hash.h"

enum { ALL_MAX = 1000, SECRET_BYTES = 32, ID_BYTES = 16 };

struct connect_sessions {
    map_t *by_id;
    map_t *by_link; /* SHA-256 of the link */
};

static str_t hash_of(const unsigned char hash[32])
{
    return str_at(hash, SHA256_BYTES);
}

static void hash_to(str_t text, unsigned char out[32])
{
    unsigned char digest[HASH_BYTES_MAX];
    hash_bytes(HASH_SHA256, text, digest);
    memcpy(out, digest, SHA256_BYTES);
}

/* Random bytes as base64url, with a NUL. */
static void make_text(char *text, size_t bytes_n)
{
    unsigned char bytes[SECRET_BYTES];
    buf_t b;
    random_bytes(bytes, bytes_n);
    buf_init_wiping(&b, 64);
    base64url_write(&b, str_at(bytes, bytes_n));
    memcpy(text, buf_c(&b), b.n + 1);
    buf_fini(&b);
}

static void free_session(void *value)
{
    connect_session_t *s = value;
    json_decref(s->wanted);
    json_decref(s->outcome);
    free(s);
}

connect_sessions_t *connect_sessions_new(void)
{
    connect_sessions_t *all = mem_new(connect_sessions_t);
    all->by_id = map_new();
    all->by_link = map_new();
    return all;
}

void connect_sessions_free(connect_sessions_t *all)
{
    map_free(all->by_link);
    map_free_with(all->by_id, free_session);
    free(all);
}

void connect_sessions_sweep(connect_sessions_t *all, int64_t now_ms)
{
    void *value;
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        connect_session_t *s = value;
        if (now_ms >= s->expires_at_ms) {
            map_remove(all->by_link, hash_of(s->link_hash));
            map_remove(all->by_id, str_of(s->id));
            free_session(s);
        }
    }
}

connect_session_t *connect_session_new(connect_sessions_t *all, json_t *wanted, str_t who,
                                       char link[44], err_t *err)
{
    int64_t now = clock_boot_ms();
    connect_sessions_sweep(all, now);
    if (map_count(all->by_id) >= ALL_MAX) {
        json_decref(wanted);
        err_set(err, ERR_over_capacity, "%d links are open already; they end after 30 minutes",
                ALL_MAX);
        return NULL;
    }
    connect_session_t *s = mem_new(connect_session_t);
    make_text(s->id, ID_BYTES);
    make_text(s->csrf, SECRET_BYTES);
    make_text(link, SECRET_BYTES);
    hash_to(str_of(link), s->link_hash);
    snprintf(s->who, sizeof s->who, "connect:%.*s", STR_ARG(who));
    s->wanted = wanted;
    s->expires_at_ms = now + CONNECT_SESSION_LIFE_S * 1000LL;
    map_set(all->by_id, str_of(s->id), s);
    map_set(all->by_link, hash_of(s->link_hash), s);
    return s;
}

static connect_session_t *alive(connect_session_t *s, err_t *err)
{
    if (!s || clock_boot_ms() >= s->expires_at_ms) {
        err_set(err, ERR_not_found,
                "this link is not valid, or not any more. Ask whoever sent it for a new one");
        return NULL;
    }
    return s;
}

static bool is_holder(const connect_session_t *s, str_t cookie)
{
    unsigned char hash[32];
    hash_to(cookie, hash);
    return s->traded && bytes_equal(hash_of(hash), hash_of(s->cookie_hash));
}

connect_session_t *connect_session_trade(connect_sessions_t *all, str_t link, const json_t *cookies,
                                         char cookie[44], err_t *err)
{
    unsigned char hash[32];
    hash_to(link, hash);
    connect_session_t *s = alive(map_get(all->by_link, hash_of(hash)), err);
    cookie[0] = '\0';
    if (s && !s->traded) {
        s->traded = true;
        make_text(cookie, SECRET_BYTES);
        hash_to(str_of(cookie), s->cookie_hash);
    } else if (s && !is_holder(s, json_member(cookies, s->id))) {
        err_set(err, ERR_connect_link_used,
                "this link was opened already. It works once, in one browser; ask whoever sent it "
                "for a new one");
        return NULL;
    }
    return s;
}

connect_session_t *connect_session_find(connect_sessions_t *all, str_t id, str_t cookie, err_t *err)
{
    connect_session_t *s = alive(map_get(all->by_id, id), err);
    if (s && !is_holder(s, cookie)) {
        err_set(err, ERR_connect_link_used, "this page belongs to another browser");
        return NULL;
    }
    return s;
}

connect_session_t *connect_session_of(connect_sessions_t *all, str_t id)
{
    err_t ignored = ERR_INIT;
    return alive(map_get(all->by_id, id), &ignored);
}

void connect_session_note(connect_session_t *s, const err_t *err)
{
    json_decref(s->outcome);
    s->outcome = json_object();
    json_object_set_new(s->outcome, "ok", json_boolean(!err_is_set(err)));
    if (!err_is_set(err)) {
        return;
    }
    json_object_set_new(s->outcome, "code", json_string(err_code_name(err->code)));
    json_object_set_new(s->outcome, "detail", json_string(err->text));
    if (err->upstream_error[0]) {
        json_object_set_new(s->outcome, "error", json_string(err->upstream_error));
    }
    if (err->upstream_description[0]) {
        json_object_set_new(s->outcome, "error_description", json_string(err->upstream_description));
    }
}
