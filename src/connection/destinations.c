/* SPDX-License-Identifier: MIT */
/* Where a connection's data goes: host:port of every URL that its values alone decide. */
#include <stdlib.h>

#include "codec/json.h"
#include "codec/url.h"
#include "connection/record.h"

enum { URL_MAX = 16 * 1024 };

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

/* An input may stand in the path, never in the host. */
static template_outcome_t write_url(destinations_t *d, const url_template_t *url, buf_t *to,
                                    err_t *err)
{
    template_scope_t *scope = &d->scope->scope;
    str_t base = d->connection->base_url;
    template_outcome_t outcome = url_template_text(url, scope, base, to, err);
    if (outcome == TEMPLATE_ABSENT) {
        buf_clear(to);
        outcome = url_template_front(url, scope, base, to, err);
    }
    return outcome;
}

/* URLs whose host an answer tells are judged when they are called. */
static bool add_url(destinations_t *d, const url_template_t *url, err_t *err)
{
    buf_t text;
    buf_init(&text, URL_MAX);
    bool ok = true;
    template_outcome_t outcome = url ? write_url(d, url, &text, err) : TEMPLATE_ABSENT;
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

static bool add_step_urls(destinations_t *d, const steps_t *steps, err_t *err)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (!add_url(d, steps->list[i].request.url, err)) {
            return false;
        }
    }
    return true;
}

static bool add_grant_urls(destinations_t *d, const grant_definition_t *g, err_t *err)
{
    const url_template_t *issuer = grant_definition_lacks_url(g) ? g->issuer : NULL;
    const url_template_t *const urls[] = {g->token_url,  issuer,          g->authorize_url,
                                          g->par_url,    g->register_url, g->device_url,
                                          g->revoke_url, g->request_url};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        if (!add_url(d, urls[i], err)) {
            return false;
        }
    }
    return add_step_urls(d, &g->steps, err) && (!g->refresh || add_grant_urls(d, g->refresh, err));
}

static bool add_action_urls(destinations_t *d, err_t *err)
{
    const connector_t *connector = d->connection->connector;
    for (size_t i = 0; i < connector->action_count; i++) {
        const action_t *action = &connector->actions[i];
        if (action->grant && !add_grant_urls(d, action->grant, err)) {
            return false;
        }
        if (!add_step_urls(d, &action->steps, err)) {
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
        if (!connector_allows_host(c->connector, host, (uint16_t)port, c->destinations,
                                   c->destination_count, any_port, NULL)) {
            return err_set(err, ERR_param_host,
                           "the host `%.*s` is not one of the connector's `hosts`", STR_ARG(host));
        }
    }
    return true;
}

bool connection_find_destinations(connection_t *c, value_scope_t *scope, err_t *err)
{
    destinations_t d = {.connection = c, .scope = scope};
    const url_template_t *base = c->auth->base_url ? c->auth->base_url : c->connector->base_url;
    if (!find_base_url(c, scope, err) || !add_url(&d, base, err) ||
        !add_grant_urls(&d, &c->auth->grant, err) || !add_action_urls(&d, err)) {
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
