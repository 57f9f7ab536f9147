/* SPDX-License-Identifier: MIT */
#include "upstream/upstream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "upstream/transfer.h"

enum { CA_FILE_MAX = 4 * 1024 * 1024 };

static const char default_ca_path[] = "/etc/ssl/certs";

static void init_libcurl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fatal_abort("libcurl cannot start");
    }
}

/* libcurl would only find out at the first connection. */
static bool check_ca_file(const char *path, err_t *err)
{
    FILE *file = fopen(path, "re");
    buf_t text;
    buf_init(&text, CA_FILE_MAX);
    while (file && buf_reserve(&text, 4096)) {
        size_t n = fread(text.p + text.n, 1, 4096, file);
        text.n += n;
        if (n == 0) {
            break;
        }
    }
    bool ok = str_find(buf_view(&text), STR("-----BEGIN "), 0) != SIZE_MAX;
    buf_fini(&text);
    if (file) {
        fclose(file);
    }
    return ok || err_set(err, ERR_configuration, "CA file \"%s\": %s", path,
                         file ? "holds no certificate" : "cannot be read");
}

static const char *system_ca_path(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->capath ? info->capath : default_ca_path;
}

static bool read_options(upstream_t *u, const upstream_options_t *options, err_t *err)
{
    u->egress = options->egress;
    u->connect_timeout_ms = options->connect_timeout_ms;
    u->breaker = breaker_new(&options->breaker);
    u->on_circuit = options->on_circuit;
    u->circuit_context = options->circuit_context;
    u->ca_path = system_ca_path();
    if (options->ca_file) {
        u->ca_file = arena_str(u->arena, str_of(options->ca_file)).p;
        if (!check_ca_file(u->ca_file, err)) {
            return false;
        }
    }
    return pins_parse_in(u->arena, str_of(options->resolve), &u->pins, err);
}

upstream_t *upstream_open(loop_t *loop)
{
    upstream_t *u = mem_new(upstream_t);
    u->loop = loop;
    u->arena = arena_new(0);
    u->work_end = &u->work;
    loop_timer_init(&u->work_timer, loop, call_on_work, u);
    multi_open(u);
    return u;
}

upstream_t *upstream_new(loop_t *loop, const upstream_options_t *options, err_t *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_libcurl);
    upstream_t *u = upstream_open(loop);
    if (!read_options(u, options, err)) {
        upstream_free(u);
        return NULL;
    }
    return u;
}

void upstream_free(upstream_t *u)
{
    if (!u) {
        return;
    }
    identity_clients_free(u);
    while (u->calls) {
        u->calls->cancelled = true;
        call_finish(u->calls, CURLE_OK);
    }
    while (u->idle_count) {
        curl_easy_cleanup(u->idle[--u->idle_count]);
    }
    multi_close(u);
    kept_fini(u);
    if (!u->parent) {
        breaker_free(u->breaker);
    }
    loop_timer_clear(&u->work_timer);
    arena_free(u->arena);
    free(u);
}

unsigned upstream_in_flight(const upstream_t *u)
{
    unsigned all = u->in_flight;
    void *client;
    for (size_t at = 0; u->clients && map_next(u->clients, &at, NULL, &client);) {
        all += ((const upstream_t *)client)->in_flight;
    }
    return all;
}

/* --- calls --- */

static void attach(upstream_t *u, upstream_call_t *call)
{
    call->next = u->calls;
    if (u->calls) {
        u->calls->previous = call;
    }
    u->calls = call;
    u->in_flight++;
    loop_timer_init(&call->deadline, u->loop, call_on_deadline, call);
    loop_timer_set(&call->deadline, call->terms.deadline_ms);
}

static void ask_breaker(upstream_call_t *call)
{
    breaker_verdict_t verdict;
    breaker_ask(call->upstream->breaker, call->authority, clock_boot_ms(), &verdict);
    call->breaker = verdict.state;
    if (verdict.state == BREAKER_OPEN) {
        char text[64];
        snprintf(text, sizeof text, "not called after %u failures in a row", verdict.failures);
        call->retry_after_ms = verdict.retry_after_ms;
        outcome_judge(call, verdict.latest, text);
    }
}

upstream_call_t *upstream_send(upstream_t *u, const upstream_request_t *request,
                               const upstream_terms_t *terms, const upstream_sink_t *sink,
                               void *context)
{
    if (terms->identity) {
        u = identity_client(u, terms->identity);
    }
    upstream_call_t *call = request_copy(u, request, terms);
    call->terms.identity = NULL;
    call->sink = *sink;
    call->context = context;
    attach(u, call);
    if (terms->guarded && !call->judged) {
        ask_breaker(call);
    }
    if (call->judged) {
        call_put_off(call, WORK_FAIL);
    } else if (u->inside) {
        call_put_off(call, WORK_START);
    } else {
        call_begin(call);
    }
    return call;
}

void upstream_cancel(upstream_call_t *call)
{
    call->cancelled = true;
    if (call->upstream->inside) {
        call_put_off(call, WORK_DROP);
    } else {
        call_finish(call, CURLE_OK);
    }
}

void upstream_resume(upstream_call_t *call)
{
    call->paused = false;
    if (call->held && call->work == WORK_NONE) {
        call_put_off(call, WORK_RESUME);
    }
}
