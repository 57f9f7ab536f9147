/* SPDX-License-Identifier: MIT */
#include "connection/sign_in.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum { ALL_MAX = 1000, SESSION_MAX = 5 };
static const int64_t LIFE_MS = 10LL * 60 * 1000;
/* So long is told why one counts no more. */
static const int64_t REMEMBERED_MS = 30LL * 60 * 1000;

struct sign_ins {
    map_t *by_state; /* SHA-256 -> sign_in_t, in order of their beginning */
};

static void free_sign_in(void *value)
{
    sign_in_t *s = value;
    connection_unref(s->connection);
    json_decref(s->oauth);
    free(s);
}

sign_ins_t *sign_ins_new(void)
{
    sign_ins_t *all = mem_new(sign_ins_t);
    all->by_state = map_new();
    return all;
}

void sign_ins_free(sign_ins_t *all)
{
    map_free_with(all->by_state, free_sign_in);
    free(all);
}

static void forget(sign_ins_t *all, sign_in_t *s)
{
    map_remove(all->by_state, browser_digest_view(&s->state));
    free_sign_in(s);
}

void sign_ins_sweep(sign_ins_t *all, int64_t now_ms)
{
    void *value;
    for (size_t at = 0; map_next(all->by_state, &at, NULL, &value);) {
        sign_in_t *s = value;
        if (now_ms > s->expires_at_ms + REMEMBERED_MS) {
            forget(all, s);
        }
    }
}

/* --- one begins --- */

/* Those of the session first, then those that count no more. */
static bool make_room(sign_ins_t *all, str_t session, int64_t now_ms, err_t *err)
{
    sign_in_t *oldest = NULL, *spent = NULL;
    size_t own = 0;
    void *value;
    for (size_t at = 0; map_next(all->by_state, &at, NULL, &value);) {
        sign_in_t *s = value;
        bool is_own = str_is(session, s->session);
        own += is_own;
        oldest = is_own && !oldest ? s : oldest;
        spent = !spent && (s->used || now_ms >= s->expires_at_ms) ? s : spent;
    }
    bool full = map_count(all->by_state) >= ALL_MAX;
    sign_in_t *leaves = own >= SESSION_MAX ? oldest : full ? spent : NULL;
    if (leaves) {
        forget(all, leaves);
    }
    return leaves || !full || err_set(err, ERR_over_capacity, "too many sign-ins are under way");
}

sign_in_t *sign_in_new(sign_ins_t *all, const connection_t *connection, str_t session,
                       sign_in_secrets_t *out, err_t *err)
{
    int64_t now = clock_boot_ms();
    if (!make_room(all, session, now, err)) {
        return NULL;
    }
    sign_in_t *s = mem_new(sign_in_t);
    browser_secret_make(out->state);
    browser_secret_make(out->binding);
    browser_secret_make(out->verifier);
    s->state = browser_digest_of(str_of(out->state));
    s->binding = browser_digest_of(str_of(out->binding));
    memcpy(s->session, session.p,
           session.n < sizeof s->session ? session.n : sizeof s->session - 1);
    s->connection = connection_ref(connection);
    s->expires_at_ms = now + LIFE_MS;
    map_set(all->by_state, browser_digest_view(&s->state), s);
    return s;
}

/* --- one ends --- */

sign_in_t *sign_in_find(sign_ins_t *all, str_t state, str_t binding, err_t *err)
{
    const browser_digest_t digest = browser_digest_of(state);
    sign_in_t *s = map_get(all->by_state, browser_digest_view(&digest));
    if (!s) {
        err_set(
            err, ERR_callback_state,
            "this sign-in is not known here; perhaps Tenon was restarted meanwhile. Begin again");
    } else if (s->used) {
        err_set(err, ERR_callback_state_used, "this sign-in was ended already");
    } else if (clock_boot_ms() >= s->expires_at_ms) {
        err_set(err, ERR_callback_state_expired,
                "this sign-in took longer than ten minutes. Begin again");
    } else if (!browser_digest_fits(&s->binding, binding)) {
        err_set(err, ERR_callback_session_mismatch,
                "this sign-in was begun in another browser. Begin and end it in the same one");
    }
    return err_is_set(err) ? NULL : s;
}

json_t *sign_in_use(sign_in_t *s)
{
    json_t *oauth = s->oauth;
    s->oauth = NULL;
    s->used = true;
    return oauth;
}

void sign_in_is_lost(const connection_t *sent, err_t *err)
{
    err_set(err, ERR_connection_removed, "the connection was removed during the sign-in; %s",
            !sent ? "nothing was issued for it"
            : grant_definition_may_revoke(&sent->auth->grant)
                ? "what was issued for it is given back"
                : "what was issued for it cannot be given "
                  "back: remove the access at the service");
}

bool sign_in_is_possible(const connection_t *c, sign_in_way_t way, err_t *err)
{
    if (!c->auth || c->state == CONNECTION_REVIEW || c->state == CONNECTION_INCOMPLETE) {
        *err = c->why;
        return false;
    }
    return auth_sign_in_way(c->auth) == way ||
           err_set(err, ERR_not_supported, "nobody signs in to this connection by %s",
                   way == SIGN_IN_ELSEWHERE ? "a code on another device" : "a browser");
}
