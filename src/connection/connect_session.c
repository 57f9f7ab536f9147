/* SPDX-License-Identifier: MIT */
#include "connection/connect_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/json.h"

enum { ALL_MAX = 1000 };

struct connect_sessions {
    map_t *by_id;
    map_t *by_link; /* SHA-256 of the link */
};

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

static void forget(connect_sessions_t *all, connect_session_t *s)
{
    map_remove(all->by_link, browser_digest_view(&s->link));
    map_remove(all->by_id, str_of(s->id));
    free_session(s);
}

void connect_session_end(connect_sessions_t *all, str_t id)
{
    connect_session_t *s = map_get(all->by_id, id);
    if (s) {
        forget(all, s);
    }
}

void connect_sessions_sweep(connect_sessions_t *all, int64_t now_ms)
{
    void *value;
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        connect_session_t *s = value;
        if (now_ms >= s->expires_at_ms) {
            forget(all, s);
        }
    }
}

connect_session_t *connect_session_new(connect_sessions_t *all, json_t *wanted, const char *made_by,
                                       char link[BROWSER_SECRET_ROOM], err_t *err)
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
    browser_id_make(s->id);
    browser_secret_make(s->csrf);
    browser_secret_make(link);
    s->link = browser_digest_of(str_of(link));
    snprintf(s->made_by, sizeof s->made_by, "%s", made_by);
    s->wanted = wanted;
    s->expires_at_ms = now + CONNECT_SESSION_LIFE_S * 1000LL;
    map_set(all->by_id, str_of(s->id), s);
    map_set(all->by_link, browser_digest_view(&s->link), s);
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

/* What became of a sign-in meanwhile stands in the outcome. */
static bool is_over(const connect_session_t *s, err_t *err)
{
    return s->is_over && !err_set(err, ERR_connection_removed, "%.*s",
                                  STR_ARG(json_member(s->outcome, "detail")));
}

void connect_sessions_lose(connect_sessions_t *all, str_t connection)
{
    err_t err = ERR_INIT;
    void *value;
    err_set(&err, ERR_connection_removed, "the connection that this link is for was removed");
    for (size_t at = 0; map_next(all->by_id, &at, NULL, &value);) {
        connect_session_t *s = value;
        if (s->is_made && !s->is_over && str_eq(json_member(s->wanted, "name"), connection)) {
            s->is_over = true;
            connect_session_note(s, &err);
        }
    }
}

static bool is_holder(const connect_session_t *s, str_t cookie)
{
    return s->traded && browser_digest_fits(&s->cookie, cookie);
}

connect_session_t *connect_session_trade(connect_sessions_t *all, str_t link, const json_t *cookies,
                                         char cookie[BROWSER_SECRET_ROOM], err_t *err)
{
    const browser_digest_t digest = browser_digest_of(link);
    connect_session_t *s = alive(map_get(all->by_link, browser_digest_view(&digest)), err);
    cookie[0] = '\0';
    if (s && is_over(s, err)) {
        return NULL;
    }
    if (s && !s->traded) {
        s->traded = true;
        browser_secret_make(cookie);
        s->cookie = browser_digest_of(str_of(cookie));
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
    return s && is_over(s, err) ? NULL : s;
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
        json_object_set_new(s->outcome, "error_description",
                            json_string(err->upstream_description));
    }
}
