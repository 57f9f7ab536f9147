/* SPDX-License-Identifier: MIT */
/* The requests of a flight, and where they may go. */
#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/flight_internal.h"
#include "request/draft.h"

/* A token stands in the head of every request. */
void flight_check_token(flight_t *f)
{
    landing_t *l = &f->landing;
    size_t most = f->manager->options.token_bytes_max;
    str_t token = json_member(l->members, "access_token");
    if (token.n > most) {
        l->ok = false;
        l->failure = FAILURE_BACKOFF;
        err_set(&l->err, ERR_token_too_long, "the access token has %zu bytes, at most %zu may be",
                token.n, most);
    }
}

static bool find_host(const flight_t *f, token_host_t **host, err_t *err)
{
    manager_t *m = f->manager;
    url_t url;
    if (!url_parse_in(f->arena, f->request.url, &url, err)) {
        return false;
    }
    if (!connection_allows_host(f->errand.connection, m->options.upstream.egress, &url)) {
        return err_set(err, ERR_egress_denied,
                       "the host of the token request is not one of the connector's `hosts`");
    }
    *host = map_get(m->token_hosts, url.host);
    if (!*host) {
        *host = mem_new(token_host_t);
        map_set(m->token_hosts, url.host, *host);
    }
    return true;
}

/* What is asked for is not left out: a key of who calls. */
static bool is_supported(const errand_t *errand, err_t *err)
{
    return !(errand->grant->dpop && errand->input) ||
           err_set(err, ERR_not_supported,
                   "a token whose credentials come with the call goes to whoever calls, who could "
                   "not prove the key that it is bound to (`dpop`)");
}

/* What is spent already goes on to its end. */
static bool is_draining(const flight_t *f)
{
    return f->manager->stopping && !flight_stays(f);
}

static bool is_made_here(const flight_t *f)
{
    return !f->watch->target && grant_is_local(f->errand.grant);
}

static void take_made(flight_t *f, const grant_build_t *b)
{
    f->landing.sent_at_ms = clock_boot_ms();
    landing_take_made(&f->landing, b, &f->scope.values);
    flight_check_token(f);
}

/* Faults of inputs have their places in the call, which is not known here. */
static bool build_step(flight_t *f, const step_t *step, err_t *err)
{
    err_t fault = ERR_INIT;
    bool ok = request_build(f->arena, &f->scope.values, f->errand.connection->base_url,
                            &step->request, &f->request, &fault);
    if (!ok) {
        err_set(err, fault.code, "the step `%.*s`: %s", STR_ARG(step->name), fault.text);
    }
    err_fini(&fault);
    return ok;
}

grant_build_t flight_build(flight_t *f)
{
    value_scope_t *values = &f->scope.values;
    return (grant_build_t){.arena = f->arena,
                           .definition = f->errand.grant,
                           .scope = &values->scope,
                           .shown_request = &values->request,
                           .shown_assertion = &values->assertion,
                           .base_url = f->errand.connection->base_url,
                           .client = f->errand.connection->client,
                           .metadata = f->metadata,
                           .has_certificate = connection_has_certificate(f->errand.connection)};
}

static bool build(flight_t *f, err_t *err)
{
    const flight_target_t *target = f->watch->target;
    const step_t *step = errand_next_step(&f->errand);
    grant_build_t b = flight_build(f);
    if (is_draining(f)) {
        return err_set(err, ERR_draining, "the host is shutting down");
    }
    if (!is_supported(&f->errand, err)) {
        return false;
    }
    if (target) {
        return target->build(&b, &f->request, err);
    }
    if (step) {
        return grant_mint_assertion(&b, err) && build_step(f, step, err);
    }
    if (!grant_build_request(&b, &f->request, err)) {
        return false;
    }
    if (is_made_here(f)) {
        take_made(f, &b);
    }
    return true;
}

bool flight_prepare(flight_t *f, token_host_t **host, err_t *err)
{
    errand_scope_fini(&f->scope);
    errand_scope_init(&f->scope, &f->errand, clock_wall_ms());
    f->deadline_ms = clock_boot_ms() + f->manager->options.token_timeout_ms;
    return build(f, err) && (is_made_here(f) || find_host(f, host, err));
}
