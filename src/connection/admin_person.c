/* SPDX-License-Identifier: MIT */
/* Connections that only a person can bring to life: when they wait for one, and what does not end a
 * sign-in. */
#include "codec/json.h"
#include "connection/admin_internal.h"

bool admin_needs_person(const connection_t *c)
{
    const grant_type_t *type = c->auth ? grant_type_of(&c->auth->grant) : NULL;
    return type && type->begins != BEGINS_ALONE;
}

bool admin_is_unsigned(const json_t *refusal)
{
    return str_is(json_member(refusal, "code"), err_code_name(ERR_authorization_incomplete));
}

void admin_drop_refusal(writing_t *w)
{
    w->awaits_person = admin_is_unsigned(json_object_get(w->record->plain, "refusal"));
    json_object_del(w->record->plain, "refusal");
}

/* A refresh token given by hand is what it was, too. */
static bool is_given_the_same(const connection_t *before, const connection_t *after)
{
    const errand_t old = {.connection = before, .grant = &before->auth->grant};
    const errand_t new = {.connection = after, .grant = &after->auth->grant};
    json_t *then = errand_given_token(&old), *now = errand_given_token(&new);
    bool same = then == now || (then && now && json_equal(then, now));
    json_decref(then);
    json_decref(now);
    return same;
}

/* Another secret of the client, or another note, is no reason to send a person to the sign-in page.
 */
bool admin_keeps_sign_in(const connection_t *before, const connection_t *after)
{
    fingerprints_t then, now;
    err_t ignored = ERR_INIT;
    return admin_needs_person(after) && before->auth &&
           connection_fingerprints(before, &then, &ignored) &&
           connection_fingerprints(after, &now, &ignored) &&
           memcmp(then.family, now.family, sizeof now.family) == 0 &&
           is_given_the_same(before, after);
}

/* Such a connection says so before its first call. */
void admin_await_person(writing_t *w)
{
    bool starts_anew = w->forgets && !w->keeps_sign_in;
    if (w->candidate && connection_begins_by_person(w->candidate) &&
        (starts_anew || w->awaits_person)) {
        refusal_t refusal = {.why = ERR_INIT, .version = STR("")};
        err_set(&refusal.why, ERR_authorization_incomplete, "nobody has signed in yet");
        refusal_keep(w->record->plain, &refusal);
    }
}
