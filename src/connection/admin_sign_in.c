/* SPDX-License-Identifier: MIT */
/* A person's sign-in begins: where the browser is sent to, and what it is to hold. */
#include "base/clock.h"
#include "codec/json.h"
#include "connection/admin_internal.h"

enum { URL_MAX = 64 * 1024 };

str_t manager_redirect_uri_in(const manager_t *m, arena_t *arena, str_t connector)
{
    const manager_options_t *o = &m->options;
    return o->callback_per_connector
               ? arena_printf(arena, "%.*s/oauth/callback/%.*s", STR_ARG(o->public_url),
                              STR_ARG(connector))
               : arena_printf(arena, "%.*s/oauth/callback", STR_ARG(o->public_url));
}

static json_t *occasion_of(const sign_in_secrets_t *secrets, str_t redirect_uri)
{
    json_t *occasion = json_object();
    buf_t challenge;
    buf_init(&challenge, 64);
    grant_code_challenge(str_of(secrets->verifier), &challenge);
    json_object_set_new(occasion, "redirect_uri", json_str(redirect_uri));
    json_object_set_new(occasion, "state", json_string(secrets->state));
    json_object_set_new(occasion, "code_challenge", json_str(buf_view(&challenge)));
    buf_fini(&challenge);
    return occasion;
}

static bool write_url(const connection_t *c, json_t *occasion, buf_t *to, err_t *err)
{
    arena_t *arena = arena_new(0);
    errand_scope_t scope;
    const errand_t errand = {.connection = c, .grant = &c->auth->grant, .oauth = occasion};
    errand_scope_init(&scope, &errand, clock_wall_ms());
    grant_build_t build = {.arena = arena,
                           .definition = errand.grant,
                           .scope = &scope.values.scope,
                           .base_url = c->base_url};
    bool ok = grant_authorization_url(&build, to, err);
    errand_scope_fini(&scope);
    arena_free(arena);
    return ok;
}

/* What is sent with the code (RFC 6749 4.1.3, RFC 7636 4.5). */
static json_t *kept_of(const connection_t *c, const sign_in_secrets_t *secrets, str_t redirect_uri)
{
    json_t *oauth = json_object();
    json_object_set_new(oauth, "redirect_uri", json_str(redirect_uri));
    if (!c->auth->grant.pkce_none) {
        json_object_set_new(oauth, "code_verifier", json_string(secrets->verifier));
    }
    return oauth;
}

static json_t *begin(manager_t *m, const connection_t *c, str_t session, err_t *err)
{
    sign_in_secrets_t secrets;
    sign_in_t *s = sign_in_new(m->sign_ins, c, session, &secrets, err);
    if (!s) {
        return NULL;
    }
    arena_t *arena = arena_new(0);
    str_t redirect_uri = manager_redirect_uri_in(m, arena, c->connector_id);
    json_t *occasion = occasion_of(&secrets, redirect_uri), *output = NULL;
    buf_t url;
    buf_init_wiping(&url, URL_MAX);
    s->oauth = kept_of(c, &secrets, redirect_uri);
    if (write_url(c, occasion, &url, err)) {
        output = json_object();
        json_object_set_new(output, "url", json_str(buf_view(&url)));
        json_object_set_new(output, "state", json_string(secrets.state));
        json_object_set_new(output, "binding", json_string(secrets.binding));
    }
    buf_fini(&url);
    json_decref(occasion);
    arena_free(arena);
    secret_wipe(&secrets, sizeof secrets);
    return output;
}

static void on_entry_to_begin(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = *err;
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    json_t *output = NULL;
    if (c && sign_in_is_possible(c, AUTH_AUTHORIZATION_CODE, &fault)) {
        output = begin(call->manager, c, json_member(call->input, "session"), &fault);
    }
    admin_answer(call, output, output ? NULL : &fault);
}

void admin_sign_in_begin(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_entry_to_begin, call);
}
