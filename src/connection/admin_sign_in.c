/* SPDX-License-Identifier: MIT */
/* A person's sign-in begins: where the browser is sent to, and what it is to hold. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
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

/* What is sent with the code (RFC 6749 4.1.3, RFC 7636 4.5). */
static json_t *kept_of(const connection_t *c, const sign_in_secrets_t *secrets, str_t redirect_uri)
{
    json_t *oauth = json_object();
    json_object_set_new(oauth, "redirect_uri", json_str(redirect_uri));
    if (c->auth->type == AUTH_AUTHORIZATION_CODE && !c->auth->grant.pkce_none) {
        json_object_set_new(oauth, "code_verifier", json_string(secrets->verifier));
    }
    return oauth;
}

/* --- on the way to the address --- */

/* What its answer to the admin call waits for: the issuer's metadata, then the pushed request. */
struct sign_in_begin {
    struct sign_in_begin *next, **at; /* of all */
    admin_call_t *call;
    connection_t *connection; /* a reference */
    arena_t *arena;
    json_t *occasion;
    errand_scope_t scope;
    grant_build_t build;
    sign_in_secrets_t secrets;
    issuer_ask_t ask;
    registration_ask_t registering;
    grant_metadata_t *metadata; /* a reference; NULL: not asked for */
    upstream_request_t push;
    upstream_call_t *pushing; /* NULL: it is not under way */
};

static void free_begin(sign_in_begin_t *b)
{
    *b->at = b->next;
    if (b->next) {
        b->next->at = b->at;
    }
    issuer_leave(&b->ask);
    registration_leave(&b->registering);
    if (b->pushing) {
        upstream_cancel(b->pushing);
    }
    grant_metadata_unref(b->metadata);
    errand_scope_fini(&b->scope);
    json_decref(b->occasion);
    connection_unref(b->connection);
    arena_free(b->arena);
    secret_wipe(&b->secrets, sizeof b->secrets);
    free(b);
}

/* url: NULL with err. */
static void conclude(sign_in_begin_t *b, const buf_t *url, const err_t *err)
{
    json_t *output = NULL;
    if (url) {
        output = json_object();
        json_object_set_new(output, "url", json_str(buf_view(url)));
        json_object_set_new(output, "state", json_string(b->secrets.state));
        json_object_set_new(output, "binding", json_string(b->secrets.binding));
    }
    admin_call_t *call = b->call;
    err_t why = *err;
    free_begin(b);
    admin_answer(call, output, output ? NULL : &why);
}

void sign_in_begins_end(manager_t *m)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    while (m->sign_in_begins) {
        conclude(m->sign_in_begins, NULL, &err);
    }
}

/* Tenon sends people only where the connector may go; what the definition says was checked with it.
 */
static bool check_address(const sign_in_begin_t *b, const buf_t *url, err_t *err)
{
    return b->connection->auth->grant.authorize_url ||
           connection_check_host(b->connection, b->call->manager->options.upstream.egress,
                                 buf_view(url), err);
}

static void conclude_with(sign_in_begin_t *b, bool ok, const buf_t *url, err_t *err)
{
    conclude(b, ok && check_address(b, url, err) ? url : NULL, err);
}

static void send_away(sign_in_begin_t *b)
{
    err_t err = ERR_INIT;
    buf_t url;
    buf_init_wiping(&url, URL_MAX);
    conclude_with(b, grant_authorization_url(&b->build, &url, &err), &url, &err);
    buf_fini(&url);
}

/* Behind the answer to what went ahead. */
static void take_answer(sign_in_begin_t *b, const upstream_answer_t *answer)
{
    err_t err = ERR_INIT;
    buf_t url;
    buf_init_wiping(&url, URL_MAX);
    sign_in_t *s = sign_in_find(b->call->manager->sign_ins, str_of(b->secrets.state),
                                str_of(b->secrets.binding), &err);
    bool ok = s && grant_ahead_url(&b->build, answer, s->oauth, &url, &err);
    conclude_with(b, ok, &url, &err);
    buf_fini(&url);
}

static void on_pushed(void *context, const upstream_result_t *result,
                      const upstream_answer_t *answer)
{
    sign_in_begin_t *b = context;
    b->pushing = NULL;
    if (answer) {
        take_answer(b, answer);
        return;
    }
    const errand_t errand = {.connection = b->connection, .grant = b->build.definition};
    landing_t landing = {.err = ERR_INIT};
    landing_fail(&landing, &errand, result); /* the token endpoint's server is this one's, too */
    conclude(b, NULL, &landing.err);
}

static bool push(sign_in_begin_t *b, err_t *err)
{
    static const upstream_sink_t SINK = {.on_done = on_pushed};
    manager_t *m = b->call->manager;
    if (!grant_ahead_request(&b->build, &b->push, err) ||
        !connection_check_host(b->connection, m->options.upstream.egress, b->push.url, err)) {
        return false;
    }
    upstream_terms_t terms = {.identity = b->connection->identity,
                              .deadline_ms = clock_boot_ms() + m->options.token_timeout_ms,
                              .body_bytes_max = m->options.token_answer_bytes_max,
                              .fresh_connection = true,
                              .decode = true};
    b->pushing = upstream_send(m->upstream, &b->push, &terms, &SINK, b);
    return true;
}

/* OAuth 1.0a has no `state`: it stands in the address that is come back to (RFC 5849 2.2). */
static str_t redirect_uri_of(const sign_in_begin_t *b)
{
    str_t uri = manager_redirect_uri_in(b->call->manager, b->arena, b->connection->connector_id);
    return b->connection->auth->type == AUTH_OAUTH1
               ? arena_printf(b->arena, "%.*s?state=%s", STR_ARG(uri), b->secrets.state)
               : uri;
}

/* Where a resource named the issuer, the answer must come from that one (RFC 9207 2.4). */
static void keep_issuer(const sign_in_begin_t *b, json_t *kept)
{
    if (b->metadata && !b->connection->auth->grant.issuer) {
        json_object_set_new(kept, "issuer", json_str(b->metadata->issuer));
    }
}

static bool draw(sign_in_begin_t *b, err_t *err)
{
    manager_t *m = b->call->manager;
    const connection_t *c = b->connection;
    str_t session = json_member(b->call->input, "session");
    sign_in_t *s = sign_in_new(m->sign_ins, c, session, &b->secrets, err);
    if (!s) {
        return false;
    }
    str_t redirect_uri = redirect_uri_of(b);
    s->oauth = kept_of(c, &b->secrets, redirect_uri);
    s->must_name_issuer = b->metadata && b->metadata->answers_with_issuer;
    keep_issuer(b, s->oauth);
    b->occasion = occasion_of(&b->secrets, redirect_uri);
    return true;
}

static void open_scope(sign_in_begin_t *b)
{
    const connection_t *c = b->connection;
    errand_scope_fini(&b->scope);
    errand_scope_init(&b->scope,
                      &(errand_t){.connection = c, .grant = &c->auth->grant, .oauth = b->occasion},
                      clock_wall_ms());
    b->build = (grant_build_t){.arena = b->arena,
                               .definition = &c->auth->grant,
                               .scope = &b->scope.values.scope,
                               .base_url = c->base_url,
                               .client = c->client,
                               .metadata = b->metadata,
                               .has_certificate = connection_has_certificate(c)};
}

static void go(sign_in_begin_t *b)
{
    err_t err = ERR_INIT;
    if (!draw(b, &err)) {
        conclude(b, NULL, &err);
        return;
    }
    open_scope(b);
    if (!grant_asks_ahead(&b->build)) {
        send_away(b);
    } else if (!push(b, &err)) {
        conclude(b, NULL, &err);
    }
}

static void on_registered(registration_ask_t *ask, const connection_t *connection, const err_t *err)
{
    sign_in_begin_t *b = STRUCT_OF(ask, sign_in_begin_t, registering);
    if (!connection) {
        conclude(b, NULL, err);
        return;
    }
    connection_unref(b->connection);
    b->connection = connection_ref(connection);
    go(b);
}

static void register_or_go(sign_in_begin_t *b)
{
    if (registration_is_wanted(b->connection)) {
        registration_begin(b->call->manager, b->connection, b->metadata, &b->registering);
    } else {
        go(b);
    }
}

static void on_metadata(issuer_ask_t *ask, grant_metadata_t *metadata, const err_t *err)
{
    sign_in_begin_t *b = STRUCT_OF(ask, sign_in_begin_t, ask);
    err_t why = *err;
    if (metadata && discovered_check(b->call->manager, b->connection, &b->build, metadata, &why)) {
        b->metadata = grant_metadata_ref(metadata);
        register_or_go(b);
    } else {
        conclude(b, NULL, &why);
    }
}

static sign_in_begin_t *new_begin(admin_call_t *call, const connection_t *c)
{
    manager_t *m = call->manager;
    sign_in_begin_t *b = mem_new(sign_in_begin_t);
    b->call = call;
    b->connection = connection_ref(c);
    b->arena = arena_new(0);
    b->ask.on_metadata = on_metadata;
    b->registering.on_registered = on_registered;
    b->next = m->sign_in_begins;
    b->at = &m->sign_in_begins;
    if (b->next) {
        b->next->at = &b->next;
    }
    m->sign_in_begins = b;
    return b;
}

static void on_entry_to_begin(void *context, entry_t *entry, const err_t *err)
{
    admin_call_t *call = context;
    err_t fault = *err;
    const connection_t *c = entry ? entry_connection(entry) : NULL;
    if (!c || !sign_in_is_possible(c, SIGN_IN_BROWSER, &fault)) {
        admin_answer(call, NULL, &fault);
        return;
    }
    sign_in_begin_t *b = new_begin(call, c);
    const grant_definition_t *grant = &c->auth->grant;
    if (grant_discovers(grant)) {
        open_scope(b);
        issuer_ask(call->manager, c, &b->build, &b->ask);
    } else {
        register_or_go(b);
    }
}

void admin_sign_in_begin(admin_call_t *call)
{
    entry_get(call->manager, json_member(call->input, "name"), on_entry_to_begin, call);
}
