/* SPDX-License-Identifier: MIT */
#include "api/console_sessions.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/secret.h"

typedef struct session {
    console_session_t told;
    browser_digest_t cookie;
    int64_t used_at_ms;
} session_t;

struct console_sessions {
    pthread_mutex_t lock;
    map_t *by_cookie; /* digest -> session_t */
    int64_t idle_ms;
};

console_sessions_t *console_sessions_new(int64_t idle_ms)
{
    console_sessions_t *all = mem_new(console_sessions_t);
    pthread_mutex_init(&all->lock, NULL);
    all->by_cookie = map_new();
    all->idle_ms = idle_ms;
    return all;
}

static void free_session(void *value)
{
    session_t *s = value;
    secret_wipe(s, sizeof *s);
    free(s);
}

void console_sessions_free(console_sessions_t *all)
{
    if (!all) {
        return;
    }
    map_free_with(all->by_cookie, free_session);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

int64_t console_sessions_idle_ms(const console_sessions_t *all)
{
    return all->idle_ms;
}

/* --- under the lock --- */

static void forget(console_sessions_t *all, const browser_digest_t *cookie)
{
    session_t *s = map_remove(all->by_cookie, browser_digest_view(cookie));
    if (s) {
        free_session(s);
    }
}

static bool is_over(const console_sessions_t *all, const session_t *s, int64_t now_ms)
{
    return now_ms - s->used_at_ms >= all->idle_ms;
}

static bool is_of(const session_t *s, const caller_key_t *key)
{
    return !key || strcmp(s->told.key.id, key->id) == 0;
}

/* Drops what is over; of the rest, that is the key's (NULL: anybody's), the one that was not used
 * for longest, where there are most of them or more. */
static void make_room(console_sessions_t *all, const caller_key_t *key, size_t most, int64_t now_ms)
{
    session_t *oldest = NULL;
    size_t count = 0;
    void *value;
    for (size_t at = 0; map_next(all->by_cookie, &at, NULL, &value);) {
        session_t *s = value;
        if (is_over(all, s, now_ms)) {
            forget(all, &s->cookie);
        } else if (is_of(s, key)) {
            count++;
            oldest = !oldest || s->used_at_ms < oldest->used_at_ms ? s : oldest;
        }
    }
    if (count >= most) {
        forget(all, &oldest->cookie);
    }
}

/* --- for everybody --- */

static session_t *new_session(const caller_key_t *key, int64_t now_ms, char *cookie)
{
    session_t *s = mem_new(session_t);
    memcpy(s->told.key.id, key->id, sizeof s->told.key.id - 1);
    memcpy(s->told.key.digest, key->digest, sizeof s->told.key.digest);
    browser_secret_make(s->told.csrf);
    browser_secret_make(cookie);
    s->cookie = browser_digest_of(str_of(cookie));
    s->used_at_ms = now_ms;
    return s;
}

void console_session_begin(console_sessions_t *all, const caller_key_t *key, int64_t now_ms,
                           char cookie[BROWSER_SECRET_ROOM], console_session_t *out)
{
    session_t *s = new_session(key, now_ms, cookie);
    *out = s->told;
    pthread_mutex_lock(&all->lock);
    make_room(all, key, CONSOLE_SESSIONS_OF_KEY_MAX, now_ms);
    make_room(all, NULL, CONSOLE_SESSIONS_MAX, now_ms);
    map_set(all->by_cookie, browser_digest_view(&s->cookie), s);
    pthread_mutex_unlock(&all->lock);
}

bool console_session_find(console_sessions_t *all, const browser_digest_t *cookie, int64_t now_ms,
                          bool is_use, console_session_t *out)
{
    pthread_mutex_lock(&all->lock);
    session_t *s = map_get(all->by_cookie, browser_digest_view(cookie));
    if (s && is_over(all, s, now_ms)) {
        forget(all, cookie);
        s = NULL;
    }
    if (s) {
        s->used_at_ms = is_use ? now_ms : s->used_at_ms;
        *out = s->told;
    }
    pthread_mutex_unlock(&all->lock);
    return s != NULL;
}

void console_session_end(console_sessions_t *all, const browser_digest_t *cookie)
{
    pthread_mutex_lock(&all->lock);
    forget(all, cookie);
    pthread_mutex_unlock(&all->lock);
}
