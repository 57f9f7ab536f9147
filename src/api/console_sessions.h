/* SPDX-License-Identifier: MIT */
/* Who is signed in to the console: a cookie stands for a key, until nothing was asked for a while, or either ends. Kept in memory
 * alone, of the cookie only its digest: a restart signs everybody out. What a session may do is asked of its key each time, so a
 * key that is revoked or expired opens nothing by a session either. Shared by all data loops; any thread. */
#ifndef TENON_API_CONSOLE_SESSIONS_H
#define TENON_API_CONSOLE_SESSIONS_H

#include "connection/browser_secret.h"
#include "connection/key.h"
#include "seal/api_key.h"

enum { CONSOLE_SESSIONS_MAX = 1000, CONSOLE_SESSIONS_OF_KEY_MAX = 20 };

typedef struct console_sessions console_sessions_t;
/* idle_ms: how long a session lives without being used. */
console_sessions_t *console_sessions_new(int64_t idle_ms);
/* NULL is allowed. */
void console_sessions_free(console_sessions_t *all);
int64_t console_sessions_idle_ms(const console_sessions_t *all);

/* What a session tells: whose it is, and what its requests that change something show. */
typedef struct console_session {
    api_key_t key; /* id and digest; its text is "" */
    char csrf[BROWSER_SECRET_ROOM];
} console_session_t;

/* now_ms, here and below: clock_boot_ms. cookie: what the browser is to hold. Where there are too many, of one key or in all, the
 * one that was not used for longest ends. */
void console_session_begin(console_sessions_t *all, const caller_key_t *key, int64_t now_ms,
                           char cookie[BROWSER_SECRET_ROOM], console_session_t *out);
/* Finds it, and counts that as use where is_use. False: there is none, or it was idle for too long. */
CHECKED bool console_session_find(console_sessions_t *all, const browser_digest_t *cookie, int64_t now_ms, bool is_use,
                                  console_session_t *out);
/* No harm where there is none. */
void console_session_end(console_sessions_t *all, const browser_digest_t *cookie);

#endif
