/* SPDX-License-Identifier: MIT */
/* Connect sessions: a link that an admin hands to a person, who fills in or signs in one connection with it, and nothing
 * else. The first visit trades the link for a cookie; of both only hashes are kept, in memory alone, for 30 minutes. The
 * control loop's; admin_session.c has the verbs. */
#ifndef TENON_CONNECTION_CONNECT_SESSION_H
#define TENON_CONNECTION_CONNECT_SESSION_H

#include <jansson.h>

#include "base/actor.h"
#include "base/err.h"
#include "connection/browser_secret.h"

enum { CONNECT_SESSION_LIFE_S = 30 * 60 };

typedef struct connect_session {
    char id[BROWSER_ID_ROOM];       /* stands in the page's address */
    char csrf[BROWSER_SECRET_ROOM]; /* stands in its forms */
    char made_by[ACTOR_ID_ROOM];    /* id of the key whose link it is */
    browser_digest_t link, cookie;
    bool traded;
    int64_t expires_at_ms; /* clock_boot_ms */
    json_t *wanted;  /* {connector, auths, name, title?, parameters?, requester?, return_url?, reconnects} */
    bool is_made;    /* the connection of that name is there */
    bool is_over;    /* it was removed: another one of that name is not this link's */
    json_t *outcome; /* {ok: true} or {ok: false, code, detail, error?, error_description?}; NULL: none yet */
} connect_session_t;

typedef struct connect_sessions connect_sessions_t;
connect_sessions_t *connect_sessions_new(void);
void connect_sessions_free(connect_sessions_t *all);
void connect_sessions_sweep(connect_sessions_t *all, int64_t now_ms);

/* wanted is stolen. Error: over_capacity. */
connect_session_t *connect_session_new(connect_sessions_t *all, json_t *wanted, const char *made_by, char link[BROWSER_SECRET_ROOM], err_t *err);
/* The connection was removed: its links tell so, and do nothing any more. */
void connect_sessions_lose(connect_sessions_t *all, str_t connection);
/* The first visit, with a new cookie; a later one by the browser that holds the cookie (cookies: id -> value) finds it, with
 * cookie "". Errors: not_found, connect_link_used, connection_removed. */
connect_session_t *connect_session_trade(connect_sessions_t *all, str_t link, const json_t *cookies, char cookie[BROWSER_SECRET_ROOM],
                                         err_t *err);
/* The browser that holds the cookie. Errors: not_found, connect_link_used (no cookie, or another's), connection_removed. */
connect_session_t *connect_session_find(connect_sessions_t *all, str_t id, str_t cookie, err_t *err);
/* Neither link nor cookie counts any more. */
void connect_session_end(connect_sessions_t *all, str_t id);
/* By its id alone; NULL where it is over. */
connect_session_t *connect_session_of(connect_sessions_t *all, str_t id);
/* What came of it; none: it went well. */
void connect_session_note(connect_session_t *s, const err_t *err);

#endif
