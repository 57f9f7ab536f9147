/* SPDX-License-Identifier: MIT */
#include "upstream/breaker.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

/* Hosts without a failure are not remembered; of those with one, no more than this. */
enum { HOSTS_MAX = 10000, DOUBLINGS_MAX = 5 };
static const int64_t PAUSE_MS = 1000; /* the first; doubled with every probe that fails */

typedef struct failing {
    unsigned failures; /* in a row */
    int64_t since_ms;  /* the first of them */
    upstream_outcome_t latest;
    unsigned pauses; /* 0: not open */
    int64_t open_until_ms;
    bool probing;
} failing_t;

struct breaker {
    breaker_options_t options;
    map_t *hosts; /* host -> failing_t */
};

breaker_t *breaker_new(const breaker_options_t *options)
{
    breaker_t *b = mem_new(breaker_t);
    *b = (breaker_t){.options = *options, .hosts = map_new()};
    return b;
}

void breaker_free(breaker_t *b)
{
    if (b) {
        map_free_with(b->hosts, free);
        free(b);
    }
}

void breaker_ask(breaker_t *b, str_t host, int64_t now_ms, breaker_verdict_t *out)
{
    failing_t *f = map_get(b->hosts, host);
    *out = (breaker_verdict_t){.state = BREAKER_CLOSED};
    if (!f || !f->pauses) {
        return;
    }
    int64_t left_ms = f->open_until_ms - now_ms;
    if (left_ms <= 0 && !f->probing) {
        f->probing = true;
        out->state = BREAKER_PROBE;
        return;
    }
    *out = (breaker_verdict_t){.state = BREAKER_OPEN,
                               .failures = f->failures,
                               .latest = f->latest,
                               .retry_after_ms = left_ms > PAUSE_MS ? left_ms : PAUSE_MS};
}

static failing_t *remember(breaker_t *b, str_t host, int64_t now_ms)
{
    failing_t *f = map_get(b->hosts, host);
    if (!f && map_count(b->hosts) < HOSTS_MAX) {
        f = mem_new(failing_t);
        f->since_ms = now_ms;
        map_set(b->hosts, host, f);
    }
    return f;
}

static bool is_failure(upstream_outcome_t outcome)
{
    return outcome == UPSTREAM_UNREACHABLE || outcome == UPSTREAM_TLS ||
           outcome == UPSTREAM_TIMEOUT || outcome == UPSTREAM_BROKEN ||
           outcome == UPSTREAM_MALFORMED;
}

/* Calls that were under way when it opened say nothing new by failing. */
static bool is_to_pause(const breaker_t *b, const failing_t *f, breaker_state_t asked,
                        int64_t now_ms)
{
    if (f->pauses) {
        return asked == BREAKER_PROBE;
    }
    return f->failures >= b->options.failures && now_ms - f->since_ms >= b->options.after_ms;
}

static circuit_change_t count(const breaker_t *b, failing_t *f, breaker_state_t asked,
                              int64_t now_ms)
{
    f->failures++;
    if (!is_to_pause(b, f, asked, now_ms)) {
        return CIRCUIT_STAYS;
    }
    unsigned doublings = f->pauses < DOUBLINGS_MAX ? f->pauses : DOUBLINGS_MAX;
    f->open_until_ms = now_ms + (PAUSE_MS << doublings);
    return f->pauses++ ? CIRCUIT_STAYS : CIRCUIT_OPENS;
}

static circuit_change_t forget(breaker_t *b, str_t host)
{
    failing_t *f = map_remove(b->hosts, host);
    bool was_open = f && f->pauses;
    free(f);
    return was_open ? CIRCUIT_CLOSES : CIRCUIT_STAYS;
}

circuit_change_t breaker_end(breaker_t *b, str_t host, breaker_state_t asked, upstream_outcome_t outcome,
                 int64_t now_ms)
{
    if (!b->options.failures) {
        return CIRCUIT_STAYS;
    }
    if (outcome == UPSTREAM_DENIED) {
        breaker_withdraw(b, host, asked);
        return CIRCUIT_STAYS;
    }
    if (!is_failure(outcome)) {
        return forget(b, host);
    }
    failing_t *f = remember(b, host, now_ms);
    if (!f) {
        return CIRCUIT_STAYS;
    }
    f->latest = outcome;
    circuit_change_t change = count(b, f, asked, now_ms);
    f->probing = f->probing && asked != BREAKER_PROBE;
    return change;
}

void breaker_withdraw(breaker_t *b, str_t host, breaker_state_t asked)
{
    failing_t *f = asked == BREAKER_PROBE ? map_get(b->hosts, host) : NULL;
    if (f) {
        f->probing = false;
    }
}
