/* SPDX-License-Identifier: MIT */
/* From a stored record and a definition to the connection that calls use. */
#include "connection/connection.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/record.h"
#include "definition/value/check.h"
#include "grant/registration.h"

enum { ROLE_MAX = 64 * 1024 };

static const char *const STATES[] = {
#define CONNECTION_STATE_NAME(id, name) [CONNECTION_##id] = (name),
    CONNECTION_STATES(CONNECTION_STATE_NAME)
#undef CONNECTION_STATE_NAME
};

const char *connection_state_name(connection_state_t state)
{
    return STATES[state];
}

typedef struct counted_connection {
    connection_t connection;
    atomic_uint references;
} counted_connection_t;

static counted_connection_t *counted(const connection_t *c)
{
    return (counted_connection_t *)(uintptr_t)c;
}

connection_t *connection_ref(const connection_t *c)
{
    atomic_fetch_add_explicit(&counted(c)->references, 1, memory_order_relaxed);
    return &counted(c)->connection;
}

void connection_unref(const connection_t *c)
{
    if (!c || atomic_fetch_sub_explicit(&counted(c)->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    json_decref(c->values);
    connector_unref(c->connector);
    arena_free(c->arena);
}

void connection_scope(const connection_t *c, value_scope_t *scope, int64_t wall_ms)
{
    value_scope_init(scope, c->connector, c->auth, wall_ms);
    scope->connection = c->values;
}

bool connection_begins_by_person(const connection_t *c)
{
    const grant_type_t *type = c->auth ? grant_type_of(&c->auth->grant) : NULL;
    return type && type->begins == BEGINS_BY_PERSON;
}

bool connection_needs_token(const connection_t *c)
{
    return c->auth && (auth_type_gets_tokens(c->auth->type) || c->takes_role);
}

void connection_write_version(const connection_t *c, buf_t *to)
{
    buf_printf(to, "%llu.%llu.%llu.", (unsigned long long)c->credential_generation,
               (unsigned long long)c->resets, (unsigned long long)c->host_generation);
    if (c->connector) {
        hex_write(to, str_at(c->connector->digest, sizeof c->connector->digest));
    }
}

template_outcome_t connection_base_url(const connector_t *connector, const auth_t *auth,
                                       value_scope_t *scope, buf_t *to, err_t *err)
{
    const url_template_t *url = auth && auth->base_url ? auth->base_url : connector->base_url;
    if (!url) {
        return TEMPLATE_ABSENT;
    }
    template_outcome_t outcome = url_template_text(url, &scope->scope, STR_NONE, to, err);
    while (outcome == TEMPLATE_OK && to->n && to->p[to->n - 1] == '/') {
        to->n--;
    }
    return outcome;
}

/* --- resolving --- */

fields_t connection_fields_in(arena_t *arena, const connector_t *connector, const auth_t *auth)
{
    size_t shared = connector->parameters.count, own = auth ? auth->parameters.count : 0;
    field_t *all = arena_array_of(arena, field_t, shared + own + 1);
    if (shared) {
        memcpy(all, connector->parameters.list, shared * sizeof *all);
    }
    if (own) {
        memcpy(all + shared, auth->parameters.list, own * sizeof *all);
    }
    return (fields_t){.list = all, .count = shared + own};
}

/* What an admin gave once for the host is for the parameters that the definition marks so, and for
 * no others. */
static const json_t *value_of(const connection_record_t *r, const host_values_t *host,
                              const field_t *field)
{
    const json_t *of_host = host && field->ask_admin
                                ? json_object_getn(host->values, field->name.p, field->name.n)
                                : NULL;
    const json_t *secret = json_object_getn(r->secrets, field->name.p, field->name.n);
    if (of_host || secret) {
        return of_host ? of_host : secret;
    }
    return json_object_getn(json_object_get(r->plain, "parameters"), field->name.p, field->name.n);
}

static json_t *merge_values(const connection_record_t *r, const host_values_t *host,
                            const fields_t *fields)
{
    json_t *values = json_object();
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        const json_t *value = value_of(r, host, field);
        if (value) { /* a copy: other threads count references of what stands in it */
            json_object_setn_new(values, field->name.p, field->name.n, json_deep_copy(value));
        }
    }
    fields_fill_defaults(fields, values);
    return values;
}

static bool is_given(const json_t *values, const field_t *field)
{
    const json_t *value = json_object_getn(values, field->name.p, field->name.n);
    return value && !json_is_null(value) &&
           !(json_is_string(value) && json_string_length(value) == 0);
}

static void set_state(connection_t *c, connection_state_t state, const err_t *why)
{
    c->state = state;
    c->why = *why;
}

/* False, and INCOMPLETE, where a required parameter has no value. */
static bool check_complete(connection_t *c, const fields_t *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const field_t *field = &fields->list[i];
        if (field->required && !is_given(c->values, field)) {
            err_t why = ERR_INIT;
            err_set(&why, ERR_parameter_missing, "the connection misses the parameter `%.*s`%s",
                    STR_ARG(field->name),
                    field->ask_admin ? " (an admin sets it once for the host)" : "");
            set_state(c, CONNECTION_INCOMPLETE, &why);
            return false;
        }
    }
    return true;
}

/* DESIGN 7: a reload that changes where secrets go waits for an admin. */
static bool check_review(connection_t *c, const connection_record_t *r)
{
    json_t *now = connection_destinations(c);
    const json_t *then = json_object_get(r->plain, "destinations");
    bool same = !then || json_equal(now, then);
    json_decref(now);
    if (!same) {
        err_t why = ERR_INIT;
        json_t *changes = connection_destination_changes(r, c);
        str_t added = json_view(json_array_get(json_object_get(changes, "added"), 0));
        err_set(&why, ERR_definition_changed,
                "the connector now sends this connection's data to other hosts%s%.*s; an admin "
                "must accept that",
                added.n ? ", such as " : "", STR_ARG(added));
        json_decref(changes);
        set_state(c, CONNECTION_REVIEW, &why);
    }
    return same;
}

/* Whether only a person can help, or other credentials can. */
static connection_state_t state_of(const err_t *why)
{
    bool by_person = why->code == ERR_reauthorise || why->code == ERR_refresh_uncertain ||
                     why->code == ERR_authorization_incomplete;
    return why->code == ERR_definition_changed ? CONNECTION_REVIEW
           : by_person                         ? CONNECTION_SIGN_IN
                                               : CONNECTION_REJECTED;
}

static bool is_unsigned(const connection_t *c, const refusal_t *refusal)
{
    return refusal->why.code == ERR_authorization_incomplete && connection_begins_by_person(c);
}

/* Other credentials or another definition deserve another attempt. */
static void check_refusal(connection_t *c, const connection_record_t *r)
{
    refusal_t refusal;
    buf_t present;
    if (!refusal_read(r->plain, &refusal)) {
        return;
    }
    buf_init(&present, 256);
    connection_write_version(c, &present);
    if (str_eq(buf_view(&present), refusal.version) || is_unsigned(c, &refusal)) {
        set_state(c, state_of(&refusal.why), &refusal.why);
        c->until_wall_ms = refusal.until_wall_ms;
    }
    buf_fini(&present);
}

static void free_key(void *key)
{
    proof_key_free(key);
}

/* A connection gets its key when an admin makes or accepts it; one of before `dpop` has none. */
static bool find_proof_key(connection_t *c, const connection_record_t *r)
{
    err_t why = ERR_INIT;
    if (!c->auth->grant.dpop) {
        return true;
    }
    proof_key_t *key = r->proof_key ? proof_key_read(json_view(r->proof_key), &why) : NULL;
    if (key) {
        arena_on_free(c->arena, free_key, key);
        c->proof_key = key;
        return true;
    }
    why = ERR_INIT;
    err_set(&why, ERR_definition_changed,
            "the connector now binds tokens to a key of the connection; an admin must accept that");
    set_state(c, CONNECTION_REVIEW, &why);
    return false;
}

/* A client of before serves no definition that does not register. */
static void find_client(connection_t *c, const connection_record_t *r)
{
    const grant_definition_t *grant = &c->auth->grant;
    grant_client_t *client = arena_new_of(c->arena, grant_client_t);
    if (r->client && (grant->register_dynamic || grant->register_document) &&
        grant_client_read(r->client, grant, c->arena, client)) {
        c->client = client;
    }
}

static bool takes_role(const connection_t *c, value_scope_t *scope)
{
    err_t ignored = ERR_INIT;
    buf_t role;
    buf_init(&role, ROLE_MAX);
    bool named = auth_may_take_role(c->auth) &&
                 template_text(c->auth->grant.slots[SLOT_ROLE_ARN], &scope->scope, &role,
                               &ignored) == TEMPLATE_OK &&
                 role.n;
    buf_fini(&role);
    return named;
}

static void resolve_states(connection_t *c, const connection_record_t *r, const fields_t *fields)
{
    err_t err = ERR_INIT;
    value_scope_t scope;
    connection_scope(c, &scope, clock_wall_ms());
    if (!check_complete(c, fields)) {
        return;
    }
    c->takes_role = takes_role(c, &scope);
    find_client(c, r);
    if (!connection_find_destinations(c, &scope, &err) ||
        !connection_find_identity(c, &scope, &err)) {
        set_state(c, CONNECTION_INCOMPLETE, &err);
        return;
    }
    if (find_proof_key(c, r) && check_review(c, r)) {
        check_refusal(c, r);
    }
}

static const auth_t *auth_of(const connector_t *connector, str_t name)
{
    return connector->auth_implied || !name.n ? &connector->auths[0]
                                              : connector_auth(connector, name);
}

connection_t *connection_resolve(const connection_record_t *r, const connector_t *connector,
                                 const host_values_t *host)
{
    arena_t *arena = arena_new(1024);
    counted_connection_t *counted_new = arena_new_of(arena, counted_connection_t);
    atomic_init(&counted_new->references, 1);
    connection_t *c = &counted_new->connection;
    c->arena = arena;
    c->name = arena_str(arena, str_of(r->name));
    c->uid = connection_record_uid(r);
    c->title = arena_str(arena, json_member(r->plain, "title"));
    c->connector_id = arena_str(arena, json_member(r->plain, "connector"));
    c->credential_generation = r->credential_generation;
    c->resets = r->resets;
    c->changed_wall_ms = json_integer_value(json_object_get(r->plain, "changed_at_ms"));
    c->host_generation = host ? host->generation : 0;
    c->connector = connector ? connector_ref(connector) : NULL;
    c->auth = connector ? auth_of(connector, json_member(r->plain, "auth")) : NULL;
    if (!c->auth) {
        err_t why = ERR_INIT;
        err_set(&why, ERR_parameter_missing,
                connector ? "the connector no longer has this way to sign in"
                          : "the connector of this connection is not loaded");
        set_state(c, CONNECTION_INCOMPLETE, &why);
        c->values = json_object();
        return c;
    }
    fields_t fields = connection_fields_in(arena, connector, c->auth);
    c->values = merge_values(r, host, &fields);
    resolve_states(c, r, &fields);
    return c;
}
