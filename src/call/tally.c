/* SPDX-License-Identifier: MIT */
#include "call/tally.h"

#include <stdio.h>

#include "base/clock.h"

/* Of a connection whose connector is gone, nothing is told apart: its name is not of the catalogue.
 */
static str_t connector_of(const connection_t *c)
{
    return c && c->connector ? c->connector->id : STR_NONE;
}

static void find_groups(tally_t *t, str_t connector)
{
    metrics_shard_t *shard = t->place->shard;
    t->of_connector = metrics_group_ref(metrics_group(shard, connector, STR_NONE));
    t->of_action = metrics_group_ref(metrics_group(shard, connector, str_of(t->action)));
}

static void keep_name(char *to, size_t size, str_t name)
{
    (void)snprintf(to, size, "%.*s", STR_ARG(name));
}

void tally_init(tally_t *t, const tally_place_t *place, const connection_t *connection,
                const action_t *action, const caller_key_t *caller)
{
    static const char *const KINDS[] = {[ACTION_REQUEST] = "request",
                                        [ACTION_TOKEN_CONNECTION] = "token",
                                        [ACTION_TOKEN_GRANT] = "token"};
    *t = (tally_t){.place = place};
    keep_name(t->connection, sizeof t->connection, connection ? connection->name : STR_NONE);
    keep_name(t->action, sizeof t->action, action ? action->name : STR_NONE);
    keep_name(t->key, sizeof t->key, caller ? str_of(caller->id) : STR_NONE);
    find_groups(t, connector_of(connection));
    if (action) {
        t->duration = metrics_histogram(t->of_connector, METRIC_CALL_DURATION, KINDS[action->kind]);
    }
}

void tally_fini(tally_t *t)
{
    metrics_group_unref(t->of_connector);
    metrics_group_unref(t->of_action);
}

/* --- metrics --- */

/* NULL: it was not held back. */
static const char *held_back_by(err_code_t code, bool by_service)
{
    if (code == ERR_upstream_throttled) {
        return by_service ? "service" : "pause";
    }
    return code == ERR_throttled                  ? "limit"
           : code == ERR_token_endpoint_throttled ? "token_endpoint"
                                                  : NULL;
}

static void meet(const tally_t *t, const call_outcome_t *o, tally_met_t *met)
{
    char status[16];
    const char *reason = held_back_by(o->code, o->by_service);
    (void)snprintf(status, sizeof status, "%d", o->status);
    *met = (tally_met_t){.status = o->status, .code = o->code, .by_service = o->by_service};
    met->calls = metrics_counter(t->of_action, METRIC_CALLS, status);
    if (o->code != ERR_none) {
        met->errors = metrics_counter(t->of_connector, METRIC_CALL_ERRORS, err_code_name(o->code));
    }
    if (reason) {
        met->throttled = metrics_counter(t->of_connector, METRIC_THROTTLED, reason);
    }
}

/* The place of an outcome, kept where there is room for it, else in *fresh. */
static const tally_met_t *find(tally_t *t, const call_outcome_t *o, tally_met_t *fresh)
{
    for (unsigned i = 0; i < t->met_count; i++) {
        const tally_met_t *m = &t->met[i];
        if (m->status == o->status && m->code == o->code && m->by_service == o->by_service) {
            return m;
        }
    }
    tally_met_t *place = t->met_count < TALLY_MET_MAX ? &t->met[t->met_count++] : fresh;
    meet(t, o, place);
    return place;
}

static void count_lookup(tally_t *t, token_use_t use)
{
    static const char *const RESULTS[] = {[TOKEN_HIT] = "hit", [TOKEN_MISS] = "miss"};
    if (use == TOKEN_NOT_NEEDED) {
        return;
    }
    if (!t->lookups[use]) {
        t->lookups[use] = metrics_counter(t->of_connector, METRIC_TOKEN_LOOKUPS, RESULTS[use]);
    }
    counter_add(t->lookups[use], 1);
}

static void count_metrics(tally_t *t, const call_outcome_t *o, int64_t now_us)
{
    tally_met_t fresh;
    const tally_met_t *met = find(t, o, &fresh);
    counter_add(met->calls, 1);
    if (met->errors) {
        counter_add(met->errors, 1);
    }
    if (met->throttled) {
        counter_add(met->throttled, 1);
    }
    if (t->duration) {
        histogram_observe(t->duration, now_us - o->began_us);
    }
    count_lookup(t, o->token);
}

/* --- use --- */

static usage_cell_t *cell_of(tally_t *t, int64_t now_ms)
{
    unsigned page = usage_book_page(t->place->book, now_ms);
    if (!t->cell || t->page != page) {
        str_t action = t->action[0] ? str_of(t->action) : STR(USAGE_NO_ACTION);
        t->cell = usage_book_cell(t->place->book, str_of(t->connection), action, str_of(t->key));
        t->page = page;
    }
    return t->cell;
}

static void count_use(tally_t *t, const call_outcome_t *o, int64_t now_us)
{
    int64_t now_ms = now_us / 1000;
    usage_cell_t *cell = cell_of(t, now_ms);
    bool held_back = o->status == 429 && o->code != ERR_none;
    cell->counts[USAGE_CALLS]++;
    cell->counts[USAGE_THROTTLED] += held_back && !o->by_service;
    cell->counts[USAGE_UPSTREAM_429] += held_back && o->by_service;
    cell->counts[USAGE_ERRORS] += o->broken || (o->status >= 400 && !held_back);
    if (!held_back) {
        cell->counts[USAGE_COUNT + histogram_bucket(now_us - o->began_us)]++;
    }
    usage_book_note(t->place->book, cell, now_ms);
}

int64_t tally_count(tally_t *t, const call_outcome_t *outcome)
{
    int64_t now_us = clock_boot_us();
    count_metrics(t, outcome, now_us);
    if (t->connection[0]) {
        count_use(t, outcome, now_us);
    }
    return now_us;
}
