/* SPDX-License-Identifier: MIT */
#include "connection/registration.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "grant/registration.h"

enum { URL_MAX = 64 * 1024, TURN_MAX = 80 };

struct registration {
    registration_t *next, **at; /* of all */
    manager_t *manager;
    connection_t *connection; /* as it was when it began; a reference */
    grant_metadata_t *metadata;
    arena_t *arena;
    errand_scope_t scope;
    grant_build_t build;
    str_t redirect_uri;
    upstream_request_t request;
    upstream_call_t *call;
    json_t *client; /* that is to be kept */
    connection_record_t *record;
    char turn[TURN_MAX];     /* of registrations for the connection */
    bool writes;             /* it has the turn of the record, too */
    registration_ask_t *ask; /* NULL: nobody wants to know */
};

/* --- when --- */

bool registration_is_wanted(const connection_t *c)
{
    return c->auth->grant.register_dynamic || c->auth->grant.register_document;
}

bool registration_is_over(const connection_t *c, int64_t wall_ms)
{
    return c->client && wall_ms >= c->client->ends_at_ms;
}

/* RFC 6749 5.2, 4.1.2.1: the server does not know it, or not any more. */
static bool is_forgotten(const connection_t *c)
{
    str_t error = str_of(c->why.upstream_error);
    return c->state != CONNECTION_READY &&
           (str_is(error, "invalid_client") || str_is(error, "unauthorized_client"));
}

/* Another server, or another place to come back to, wants another client. */
static bool fits(const json_t *kept, str_t server, str_t redirect_uri)
{
    return str_eq(json_member(kept, "server"), server) &&
           str_eq(json_member(kept, "redirect_uri"), redirect_uri);
}

/* --- the end --- */

static void free_registration(registration_t *r)
{
    *r->at = r->next;
    if (r->next) {
        r->next->at = r->at;
    }
    if (r->call) {
        upstream_cancel(r->call);
    }
    errand_scope_fini(&r->scope);
    grant_metadata_unref(r->metadata);
    connection_unref(r->connection);
    connection_record_free(r->record);
    json_decref(r->client);
    arena_free(r->arena);
    free(r);
}

/* connection: NULL with err. */
static void conclude(registration_t *r, const connection_t *connection, const err_t *err)
{
    manager_t *m = r->manager;
    char turn[TURN_MAX];
    memcpy(turn, r->turn, sizeof turn);
    connection_t *kept = connection ? connection_ref(connection) : NULL;
    if (r->writes) {
        turn_pass(m, r->connection->name);
    }
    if (r->ask) {
        r->ask->of = NULL;
        r->ask->on_registered(r->ask, kept, err);
    }
    free_registration(r);
    connection_unref(kept);
    turn_pass(m, str_of(turn));
}

static void fail(registration_t *r, const err_t *err)
{
    log_event(LOG_WARN, "client.not_registered", LOG_S("connection", r->connection->name),
              LOG_S("code", str_of(err_code_name(err->code))),
              LOG_S("error", str_of(err->upstream_error)));
    conclude(r, NULL, err);
}

void registration_leave(registration_ask_t *ask)
{
    if (ask->of) {
        ask->of->ask = NULL;
        ask->of = NULL;
    }
}

static registration_t *find_sent(const manager_t *m)
{
    registration_t *r = m->registrations;
    while (r && !r->call) {
        r = r->next;
    }
    return r;
}

void registrations_end(manager_t *m)
{
    err_t err = ERR_INIT;
    err_set(&err, ERR_draining, "the host is shutting down");
    for (registration_t *r; (r = find_sent(m));) { /* the end of one may be that of another */
        conclude(r, NULL, &err);
    }
}

/* --- kept: as part of the record, before anybody uses it --- */

static void on_entry_with_client(void *context, entry_t *entry, const err_t *err)
{
    const err_t none = ERR_INIT;
    if (entry) {
        conclude(context, entry_connection(entry), &none);
    } else {
        fail(context, err);
    }
}

static void on_written(void *context, const store_result_t *result)
{
    registration_t *r = context;
    if (!result->ok) {
        fail(r, &result->err);
        return;
    }
    log_event(LOG_INFO, "client.registered", LOG_S("connection", r->connection->name));
    entry_replace(r->manager, r->record);
    r->record = NULL;
    entry_get(r->manager, r->connection->name, on_entry_with_client, r);
}

static void write_client(void *context, entry_t *entry, const err_t *err)
{
    registration_t *r = context;
    err_t why = *err;
    store_change_t change;
    bool same =
        entry && entry->record->credential_generation == r->connection->credential_generation;
    if (!same) {
        err_set(&why, ERR_authorization_incomplete,
                "the connection was changed during the sign-in. Begin again");
        fail(r, &why);
        return;
    }
    r->record = connection_record_copy(entry->record);
    json_decref(r->record->client);
    r->record->client = json_incref(r->client);
    if (connection_record_write(r->record, r->manager->keyring, clock_wall_ms(), r->arena, &change,
                                &why)) {
        manager_store_write(r->manager, &change, 1, true, on_written, r);
    } else {
        fail(r, &why);
    }
}

static void on_record_turn(void *context)
{
    registration_t *r = context;
    r->writes = true;
    entry_get(r->manager, r->connection->name, write_client, r);
}

static void keep(registration_t *r, json_t *client, str_t server)
{
    r->client = client;
    json_object_set_new(client, "server", json_str(server));
    json_object_set_new(client, "redirect_uri", json_str(r->redirect_uri));
    turn_take(r->manager, r->connection->name, on_record_turn, r);
}

/* --- asked for --- */

static void on_done(void *context, const upstream_result_t *result, const upstream_answer_t *answer)
{
    registration_t *r = context;
    err_t err = ERR_INIT;
    r->call = NULL;
    if (!answer) {
        landing_t landing = {.err = ERR_INIT};
        landing_fail(&landing,
                     &(errand_t){.connection = r->connection, .grant = r->build.definition},
                     result); /* it is a server of the token endpoint's kind */
        fail(r, &landing.err);
        return;
    }
    json_t *client = grant_registration_answer(&r->build, answer, &err);
    if (client) {
        keep(r, client, r->request.url);
    } else {
        fail(r, &err);
    }
}

str_t registration_self_name_in(arena_t *arena, str_t public_url)
{
    size_t scheme = str_find(public_url, STR("://"), 0);
    str_t host = scheme == SIZE_MAX ? public_url : str_slice(public_url, scheme + 3, public_url.n);
    return arena_printf(arena, "Tenon (%.*s)", STR_ARG(host));
}

static bool build(registration_t *r, err_t *err)
{
    str_t public_url = r->manager->options.public_url;
    const grant_self_t self = {.name = registration_self_name_in(r->arena, public_url),
                               .uri = public_url,
                               .redirect_uri = r->redirect_uri};
    return grant_registration_request(&r->build, &self, &r->request, err) &&
           connection_check_host(r->connection, r->manager->options.upstream.egress, r->request.url,
                                 err);
}

static void send_request(registration_t *r)
{
    static const upstream_sink_t SINK = {.on_done = on_done};
    manager_t *m = r->manager;
    upstream_terms_t terms = {.identity = r->connection->identity,
                              .deadline_ms = clock_boot_ms() + m->options.token_timeout_ms,
                              .body_bytes_max = m->options.token_answer_bytes_max,
                              .fresh_connection = true,
                              .decode = true};
    r->call = upstream_send(m->upstream, &r->request, &terms, &SINK, r);
}

/* --- begun --- */

/* The client is the address of its document (draft-ietf-oauth-client-id-metadata-document). */
static void describe(registration_t *r, const connection_record_t *now)
{
    const err_t none = ERR_INIT;
    str_t url = registration_document_url_in(r->arena, r->manager->options.public_url,
                                             r->connection->connector_id);
    if (r->connection->client && fits(now->client, url, r->redirect_uri)) {
        conclude(r, r->connection, &none);
    } else {
        keep(r, json_pack("{s:o, s:s}", "client_id", json_str(url), "method", "none"), url);
    }
}

static void ask(registration_t *r, const connection_record_t *now)
{
    err_t err = ERR_INIT;
    const err_t none = ERR_INIT;
    if (r->manager->stopping) {
        err_set(&err, ERR_draining, "the host is shutting down");
    }
    if (err_is_set(&err) || !build(r, &err)) {
        fail(r, &err);
        return;
    }
    bool serves = r->connection->client && fits(now->client, r->request.url, r->redirect_uri) &&
                  !registration_is_over(r->connection, clock_wall_ms()) &&
                  !is_forgotten(r->connection);
    if (serves) {
        conclude(r, r->connection, &none);
    } else {
        send_request(r);
    }
}

static void open_scope(registration_t *r)
{
    const grant_definition_t *grant = &r->connection->auth->grant;
    errand_scope_init(&r->scope, &(errand_t){.connection = r->connection, .grant = grant},
                      clock_wall_ms());
    r->build = (grant_build_t){.arena = r->arena,
                               .definition = grant,
                               .scope = &r->scope.values.scope,
                               .base_url = r->connection->base_url,
                               .metadata = r->metadata,
                               .has_certificate = connection_has_certificate(r->connection)};
}

/* Whoever had the turn before may have registered meanwhile. */
static void on_entry(void *context, entry_t *entry, const err_t *err)
{
    registration_t *r = context;
    err_t why = *err;
    const connection_t *now = entry ? entry_connection(entry) : NULL;
    if (!now || !now->auth || !registration_is_wanted(now)) {
        err_set(&why, ERR_authorization_incomplete,
                "the connection was changed during the sign-in. Begin again");
        fail(r, &why);
        return;
    }
    connection_unref(r->connection);
    r->connection = connection_ref(now);
    r->redirect_uri = manager_redirect_uri_in(r->manager, r->arena, now->connector_id);
    open_scope(r);
    if (now->auth->grant.register_document) {
        describe(r, entry->record);
    } else {
        ask(r, entry->record);
    }
}

static void on_turn(void *context)
{
    registration_t *r = context;
    entry_get(r->manager, r->connection->name, on_entry, r);
}

void registration_begin(manager_t *m, const connection_t *c, grant_metadata_t *metadata,
                        registration_ask_t *ask)
{
    registration_t *r = mem_new(registration_t);
    r->manager = m;
    r->connection = connection_ref(c);
    r->metadata = metadata ? grant_metadata_ref(metadata) : NULL;
    r->arena = arena_new(0);
    r->ask = ask;
    ask->of = r;
    snprintf(r->turn, sizeof r->turn, "client/%.*s", STR_ARG(c->name));
    r->next = m->registrations;
    r->at = &m->registrations;
    if (r->next) {
        r->next->at = &r->next;
    }
    m->registrations = r;
    turn_take(m, str_of(r->turn), on_turn, r);
}

str_t registration_document_url_in(arena_t *arena, str_t public_url, str_t connector)
{
    return arena_printf(arena, "%.*s/oauth/clients/%.*s", STR_ARG(public_url), STR_ARG(connector));
}
