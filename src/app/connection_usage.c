/* SPDX-License-Identifier: MIT */
#include "app/connection_usage.h"

#include <stdio.h>

#include "app/output.h"
#include "codec/json.h"

/* --- numbers --- */

static long long number(const json_t *of, const char *name)
{
    return (long long)json_integer_value(json_object_get(of, name));
}

static void add_number(table_t *t, long long value, tone_t tone)
{
    table_add(t, arena_printf(t->arena, "%lld", value), value ? tone : TONE_PLAIN);
}

static void add_counts(table_t *t, const json_t *counts)
{
    add_number(t, number(counts, "calls"), TONE_PLAIN);
    add_number(t, number(counts, "throttled"), TONE_WARN);
    add_number(t, number(counts, "upstream_429"), TONE_WARN);
    add_number(t, number(counts, "errors"), TONE_BAD);
}

/* --- tables --- */

static str_t calls_in_time(arena_t *arena, const json_t *limit)
{
    long long per_ms = number(limit, "per_ms");
    bool whole = per_ms % 1000 == 0;
    return arena_printf(arena, "%lld in %lld %s", number(limit, "calls"),
                        whole ? per_ms / 1000 : per_ms, whole ? "s" : "ms");
}

static void print_limits(const run_t *r, const json_t *limits)
{
    static const char *const headings[] = {"LIMIT", "ACTION", "SCOPE", "CALLS", "LEFT", "RESET"};
    table_t t;
    table_init(&t, r->arena, headings, 6);
    for (size_t i = 0; i < json_array_size(limits); i++) {
        const json_t *one = json_array_get(limits, i);
        str_t key = json_member(one, "key");
        long long left = number(one, "left");
        table_add(&t, json_member(one, "name"), TONE_PLAIN);
        table_add(&t, json_member(one, "action"), TONE_PLAIN);
        table_add(&t,
                  arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(json_member(one, "scope")),
                               key.n ? " " : "", STR_ARG(key)),
                  TONE_PLAIN);
        table_add(&t, calls_in_time(r->arena, one), TONE_PLAIN);
        table_add(&t, arena_printf(r->arena, "%lld", left), left ? TONE_GOOD : TONE_BAD);
        table_add(&t, arena_printf(r->arena, "%lld s", number(one, "reset_in")), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

/* name: of the member that says what a row is of. */
static void print_rows(const run_t *r, const json_t *rows, const char *name, const char *heading)
{
    const char *const headings[] = {heading, "CALLS", "THROTTLED", "UPSTREAM 429", "ERRORS"};
    table_t t;
    table_init(&t, r->arena, headings, 5);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        table_add(&t, json_member(row, name), TONE_PLAIN);
        add_counts(&t, json_object_get(row, "total"));
    }
    fputs("\n", stdout);
    table_print(&t, r->colour);
}

static void print_buckets(const run_t *r, const json_t *usage)
{
    bool by_hours = str_is(json_member(usage, "resolution"), "hour");
    const char *const headings[] = {by_hours ? "HOUR" : "MINUTE",
                                    "CALLS",
                                    "THROTTLED",
                                    "UPSTREAM 429",
                                    "ERRORS",
                                    "TOKEN REQUESTS"};
    const json_t *buckets = json_object_get(usage, "buckets");
    table_t t;
    table_init(&t, r->arena, headings, 6);
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *bucket = json_array_get(buckets, i);
        table_add(&t, time_in(r->arena, json_member(bucket, "at")), TONE_PLAIN);
        add_counts(&t, bucket);
        add_number(&t, number(bucket, "token_requests"), TONE_PLAIN);
    }
    fputs("\n", stdout);
    table_print(&t, r->colour);
}

static void print_usage(const run_t *r, const json_t *usage)
{
    const json_t *total = json_object_get(usage, "total");
    long long paused = number(usage, "paused_for");
    print_text(json_member(usage, "connection"), TONE_STRONG, r->colour);
    printf(": %lld calls, %lld token requests since %.*s; last used %.*s\n", number(total, "calls"),
           number(total, "token_requests"), STR_ARG(time_in(r->arena, json_member(usage, "from"))),
           STR_ARG(time_in(r->arena, json_member(usage, "last_used_at"))));
    if (paused) {
        printf("The service asked for a pause: calls go on in %lld s\n", paused);
    }
    if (json_array_size(json_object_get(usage, "limits"))) {
        fputs("\n", stdout);
        print_limits(r, json_object_get(usage, "limits"));
    }
    print_rows(r, json_object_get(usage, "actions"), "action", "ACTION");
    print_rows(r, json_object_get(usage, "keys"), "key", "KEY");
    print_buckets(r, usage);
}

/* --- the verb --- */

int connection_usage(run_t *r, client_t *c, err_t *err)
{
    str_t resolution = args_value(r->args, "resolution");
    json_t *usage = NULL;
    if (resolution.p && !str_is(resolution, "minute") && !str_is(resolution, "hour")) {
        return command_usage("--resolution is `minute` or `hour`");
    }
    str_t path = client_path_in(r->arena, "/v1/connections/", r->args->words[1],
                                str_is(resolution, "hour") ? "/usage?resolution=hour" : "/usage");
    if (client_ask(c, "GET", path, NULL, &usage, err) && r->json) {
        print_json(usage);
    } else if (usage) {
        print_usage(r, usage);
    }
    json_decref(usage);
    return EXIT_OK;
}
