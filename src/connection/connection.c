/* SPDX-License-Identifier: MIT */
/* From a stored record and a definition to the connection that calls use. */
#include "connection/connection.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/url.h"
#include "connection/record.h"
#include "definition/check_value.h"

enum { URL_MAX = 16 * 1024 };

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

void connection_write_version(const connection_t *c, buf_t *to)
{
    buf_printf(to, "%llu.%llu.", (unsigned long long)c->credential_generation, (unsigned long long)c->host_generation);
    if (c->connector) {
        hex_write(to, str_at(c->connector->digest, sizeof c->connector->digest));
    }
}

template_outcome_t connection_base_url(const connector_t *connector, const auth_t *auth, value_scope_t *scope,
                                       buf_t *to, err_t *err)
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
    return (fields_t){all, shared + own};
}

/* What an admin gave once for the host is for the parameters that the definition marks so, and for no others. */
static const json_t *value_of(const connection_record_t *r, const host_values_t *host, const field_t *field)
{
    const json_t *of_host =
        host && field->ask_admin ? json_object_getn(host->values, field->name.p, field->name.n) : NULL;
    const json_t *secret = json_object_getn(r->secrets, field->name.p, field->name.n);
    if (of_host || secret) {
        return of_host ? of_host : secret;
    }
    return json_object_getn(json_object_get(r->plain, "parameters"), field->name.p, field->name.n);
}

static json_t *merge_values(const connection_record_t *r, const host_values_t *host, const fields_t *fields)
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
    return value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0);
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
                    STR_ARG(field->name), field->ask_admin ? " (an admin sets it once for the host)" : "");
            set_state(c, CONNECTION_INCOMPLETE, &why);
            return false;
        }
    }
    return true;
}

/* --- destinations: host:port of every URL that the connection's values alone decide --- */

typedef struct destinations {
    connection_t *connection;
    value_scope_t *scope;
    str_t *list; /* sorted, in the arena */
    size_t count, room;
} destinations_t;

static void make_room(destinations_t *d)
{
    if (d->count == d->room) {
        d->room = d->room ? d->room * 2 : 8;
        str_t *grown = arena_array_of(d->connection->arena, str_t, d->room);
        if (d->count) {
            memcpy(grown, d->list, d->count * sizeof *grown);
        }
        d->list = grown;
    }
}

static void add_destination(destinations_t *d, str_t host, uint16_t port)
{
    str_t text = arena_printf(d->connection->arena, "%.*s:%u", STR_ARG(host), port);
    size_t at = 0;
    while (at < d->count && str_compare(d->list[at], text) < 0) {
        at++;
    }
    if (at < d->count && str_eq(d->list[at], text)) {
        return;
    }
    make_room(d);
    memmove(d->list + at + 1, d->list + at, (d->count - at) * sizeof *d->list);
    d->list[at] = text;
    d->count++;
}

/* URLs that need an answer or an input are judged when they are called. */
static bool add_url(destinations_t *d, const url_template_t *url, err_t *err)
{
    buf_t text;
    buf_init(&text, URL_MAX);
    bool ok = true;
    template_outcome_t outcome =
        url ? url_template_text(url, &d->scope->scope, d->connection->base_url, &text, err) : TEMPLATE_ABSENT;
    url_t parsed;
    if (outcome == TEMPLATE_FAILED) {
        ok = false;
    } else if (outcome == TEMPLATE_OK && text.n && text.p[0] != '/') {
        ok = url_parse_in(d->connection->arena, buf_view(&text), &parsed, err);
        if (ok) {
            add_destination(d, parsed.host, parsed.port);
        }
    }
    buf_fini(&text);
    return ok;
}

static bool add_grant_urls(destinations_t *d, const grant_definition_t *g, err_t *err)
{
    const url_template_t *const urls[] = {g->token_url,    g->issuer,     g->authorize_url, g->par_url,
                                          g->register_url, g->device_url, g->revoke_url,    g->request_url};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (!add_url(d, urls[i], err)) {
            return false;
        }
    }
    return true;
}

static bool add_action_urls(destinations_t *d, err_t *err)
{
    const connector_t *connector = d->connection->connector;
    for (size_t i = 0; i < connector->action_count; i++) {
        const action_t *action = &connector->actions[i];
        if (action->grant && !add_grant_urls(d, action->grant, err)) {
            return false;
        }
        if (action->request && !add_url(d, action->request->url, err)) {
            return false;
        }
    }
    return true;
}

static bool find_base_url(connection_t *c, value_scope_t *scope, err_t *err)
{
    buf_t base;
    buf_init(&base, URL_MAX);
    template_outcome_t outcome = connection_base_url(c->connector, c->auth, scope, &base, err);
    if (outcome == TEMPLATE_OK) {
        c->base_url = arena_str(c->arena, buf_view(&base));
    }
    buf_fini(&base);
    return outcome != TEMPLATE_FAILED;
}

/* A port is the operator's affair, decided before each request; here only names count. */
static bool any_port(const void *context, str_t host, uint16_t port)
{
    (void)context;
    (void)host;
    (void)port;
    return true;
}

static bool check_hosts(connection_t *c, err_t *err)
{
    for (size_t i = 0; i < c->destination_count; i++) {
        str_t host = c->destinations[i];
        size_t colon = host.n;
        while (host.p[colon - 1] != ':') {
            colon--;
        }
        uint64_t port = 443;
        (void)str_to_u64(str_slice(host, colon, host.n), &port);
        host.n = colon - 1;
        if (!connector_allows_host(c->connector, host, (uint16_t)port, c->destinations, c->destination_count, any_port,
                                   NULL)) {
            return err_set(err, ERR_param_host, "the host `%.*s` is not one of the connector's `hosts`", STR_ARG(host));
        }
    }
    return true;
}

static bool find_destinations(connection_t *c, value_scope_t *scope, err_t *err)
{
    destinations_t d = {.connection = c, .scope = scope};
    const url_template_t *base = c->auth->base_url ? c->auth->base_url : c->connector->base_url;
    if (!find_base_url(c, scope, err) || !add_url(&d, base, err) || !add_grant_urls(&d, &c->auth->grant, err) ||
        !add_action_urls(&d, err)) {
        return false;
    }
    c->destinations = d.list;
    c->destination_count = d.count;
    return check_hosts(c, err);
}

json_t *connection_destinations(const connection_t *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->destination_count; i++) {
        json_array_append_new(list, json_str(c->destinations[i]));
    }
    return list;
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
        err_set(&why, ERR_definition_changed,
                "the connector now sends this connection's data to other hosts; an admin must accept that");
        set_state(c, CONNECTION_REVIEW, &why);
    }
    return same;
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
    if (str_eq(buf_view(&present), refusal.version)) {
        set_state(c, CONNECTION_REJECTED, &refusal.why);
        c->until_wall_ms = refusal.until_wall_ms;
    }
    buf_fini(&present);
}

static void resolve_states(connection_t *c, const connection_record_t *r, const fields_t *fields)
{
    err_t err = ERR_INIT;
    value_scope_t scope;
    connection_scope(c, &scope, clock_wall_ms());
    if (!check_complete(c, fields)) {
        return;
    }
    if (!find_destinations(c, &scope, &err)) {
        set_state(c, CONNECTION_INCOMPLETE, &err);
        return;
    }
    if (check_review(c, r)) {
        check_refusal(c, r);
    }
}

static const auth_t *auth_of(const connector_t *connector, str_t name)
{
    return connector->auth_implied || !name.n ? &connector->auths[0] : connector_auth(connector, name);
}

connection_t *connection_resolve(const connection_record_t *r, const connector_t *connector, const host_values_t *host)
{
    arena_t *arena = arena_new(1024);
    counted_connection_t *counted_new = arena_new_of(arena, counted_connection_t);
    atomic_init(&counted_new->references, 1);
    connection_t *c = &counted_new->connection;
    c->arena = arena;
    c->name = arena_str(arena, str_of(r->name));
    c->title = arena_str(arena, json_member(r->plain, "title"));
    c->connector_id = arena_str(arena, json_member(r->plain, "connector"));
    c->credential_generation = r->credential_generation;
    c->host_generation = host ? host->generation : 0;
    c->connector = connector ? connector_ref(connector) : NULL;
    c->auth = connector ? auth_of(connector, json_member(r->plain, "auth")) : NULL;
    if (!c->auth) {
        err_t why = ERR_INIT;
        err_set(&why, ERR_parameter_missing, connector ? "the connector no longer has this way to sign in"
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

/* --- as the API shows it --- */

static bool is_secret(const connection_t *c, const char *name)
{
    const field_t *field = c->auth ? connection_field(c->connector, c->auth, str_of(name)) : NULL;
    return field && field->secret; /* the definition may have made it one after it was given */
}

static json_t *show_parameters(const connection_record_t *r, const connection_t *c)
{
    json_t *shown = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(r->plain, "parameters"), name, value)
    {
        json_object_set_new(shown, name, is_secret(c, name) ? json_pack("{s:b}", "set", 1) : json_deep_copy(value));
    }
    json_object_foreach(r->secrets, name, value)
    {
        json_object_set_new(shown, name, json_pack("{s:b}", "set", 1));
    }
    return shown;
}

static json_t *show_reason(const connection_t *c)
{
    json_t *reason = json_object();
    json_object_set_new(reason, "code", json_string(err_code_name(c->why.code)));
    json_object_set_new(reason, "detail", json_string(c->why.text));
    if (c->why.upstream_error[0]) {
        json_object_set_new(reason, "error", json_string(c->why.upstream_error));
    }
    if (c->why.upstream_description[0]) {
        json_object_set_new(reason, "error_description", json_string(c->why.upstream_description));
    }
    if (c->until_wall_ms) {
        json_object_set_new(reason, "until", shown_time(c->until_wall_ms));
    }
    return reason;
}

static void show_time(json_t *shown, const char *name, const json_t *wall_ms)
{
    if (wall_ms) {
        json_object_set_new(shown, name, shown_time(json_integer_value(wall_ms)));
    }
}

/* Shares nothing with the record: it goes to another thread. */
json_t *connection_show(const connection_record_t *r, const connection_t *c)
{
    json_t *shown = json_object();
    json_object_set_new(shown, "name", json_str(c->name));
    json_object_set_new(shown, "connector", json_str(c->connector_id));
    json_object_set_new(shown, "auth", json_deep_copy(json_object_get(r->plain, "auth")));
    if (c->title.n) {
        json_object_set_new(shown, "title", json_str(c->title));
    }
    json_object_set_new(shown, "state", json_string(connection_state_name(c->state)));
    if (c->state != CONNECTION_READY) {
        json_object_set_new(shown, "reason", show_reason(c));
    }
    json_object_set_new(shown, "parameters", show_parameters(r, c));
    json_object_set_new(shown, "destinations", json_deep_copy(json_object_get(r->plain, "destinations")));
    show_time(shown, "created_at", json_object_get(r->plain, "created_at_ms"));
    show_time(shown, "changed_at", json_object_get(r->plain, "changed_at_ms"));
    return shown;
}
