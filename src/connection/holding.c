/* SPDX-License-Identifier: MIT */
#include "connection/holding.h"

#include "codec/json.h"

void holding_drop_token(holding_t *h)
{
    token_unref(h->token);
    h->token = NULL;
}

void holding_fini(holding_t *h)
{
    token_unref(h->token);
    json_decref(h->refresh);
    *h = (holding_t){0};
}

/* The one that was sent goes on where the answer names none. */
static json_t *refresh_token_after(const errand_t *errand, const landing_t *l)
{
    json_t *sent = json_object_get(errand->oauth, "refresh_token");
    return l->refresh_token ? l->refresh_token : sent;
}

/* Its own parameters may say what those of the sign-in say for once. */
static bool has_own_params(const grant_definition_t *refresh, const grant_definition_t *grant)
{
    return refresh && refresh->params != grant->params;
}

json_t *holding_occasion(const json_t *oauth, const grant_definition_t *grant)
{
    static const char *const ONCE[] = {"refresh_token",  "state",       "code_verifier",     "device_code",
                                       "oauth_verifier", "oauth_token", "oauth_token_secret"};
    json_t *kept = oauth ? json_copy((json_t *)(uintptr_t)oauth) : json_object();
    for (size_t i = 0; i < sizeof ONCE / sizeof *ONCE; i++) {
        json_object_del(kept, ONCE[i]);
    }
    if (!has_own_params(grant->refresh, grant)) {
        json_object_del(kept, "code");
    }
    return kept;
}

static json_t *refresh_with(json_t *refresh_token, const errand_t *errand, const json_t *members)
{
    json_t *refresh = json_object();
    json_object_set(refresh, "refresh_token", refresh_token);
    json_object_set_new(refresh, "members", json_deep_copy(members));
    if (json_object_size(errand->oauth)) {
        json_object_set_new(refresh, "oauth", holding_occasion(errand->oauth, &errand->connection->auth->grant));
    }
    if (errand->callback) {
        json_object_set(refresh, "callback", errand->callback);
    }
    return refresh;
}

/* A session whose refresh is described needs no refresh token for it: it sees the token before. */
static bool is_refreshed_without(const errand_t *errand)
{
    const grant_definition_t *grant = &errand->connection->auth->grant;
    return grant->refresh && grant_step(grant, 0);
}

void holding_follow(const holding_t *before, const errand_t *errand, const landing_t *l,
                    holding_t *out)
{
    json_t *refresh_token = refresh_token_after(errand, l);
    json_t *members = l->ok ? landing_members(l, true, errand->token) : json_incref(errand->token);
    *out = (holding_t){.rotation = before->rotation + 1, .resets = errand->connection->resets};
    if (refresh_token || is_refreshed_without(errand)) {
        out->refresh = refresh_with(refresh_token, errand, members);
    }
    if (l->ok) {
        /* Only a person could bring another one: it is not thrown away before a service refuses it.
         */
        bool endless = !out->refresh && connection_begins_by_person(errand->connection);
        out->token = landing_token(l, members, endless);
    } else {
        json_decref(members);
    }
}
