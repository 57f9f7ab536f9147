/* SPDX-License-Identifier: MIT */
/* `tenon audit`: list, verify. */
#include <stdio.h>

#include "app/output.h"
#include "app/talk.h"
#include "base/clock.h"
#include "base/utc.h"
#include "codec/form.h"
#include "codec/json.h"

enum { LAST = 100, PAGE = 1000, PAGES_MAX = 100000, URL_MAX = 8 * 1024 };

/* --- list --- */

/* "2h" is two hours ago; anything else is the host's to read. */
static str_t time_of_word(const run_t *r, str_t word)
{
    int64_t ms;
    buf_t text;
    if (!duration_read(word, &ms)) {
        return word;
    }
    buf_init(&text, 64);
    utc_write(&text, clock_wall_ms() - ms);
    str_t kept = arena_str(r->arena, buf_view(&text));
    buf_fini(&text);
    return kept;
}

static void add_parameter(buf_t *url, const char *name, str_t value)
{
    if (value.p) {
        form_write_pair(url, str_of(name), value);
    }
}

static void write_url(const run_t *r, buf_t *url, bool newest_first, uint64_t limit, str_t after)
{
    buf_init(url, URL_MAX);
    buf_printf(url, "/v1/audit?limit=%llu", (unsigned long long)limit);
    add_parameter(url, "order", newest_first ? STR("newest") : STR_NONE);
    add_parameter(url, "after", after);
    add_parameter(url, "since", time_of_word(r, args_value(r->args, "since")));
    add_parameter(url, "until", time_of_word(r, args_value(r->args, "until")));
    add_parameter(url, "what", args_value(r->args, "what"));
    add_parameter(url, "object", args_value(r->args, "object"));
    add_parameter(url, "actor", args_value(r->args, "actor"));
}

/* The newest `last` lines, newest first; 0: all, oldest first. NULL on failure. */
static json_t *fetch(run_t *r, client_t *c, uint64_t last, err_t *err)
{
    json_t *all = json_array();
    str_t next = STR_NONE;
    for (int i = 0; i < PAGES_MAX; i++) {
        uint64_t left = last ? last - json_array_size(all) : PAGE;
        json_t *page = NULL;
        buf_t url;
        write_url(r, &url, last > 0, left < PAGE ? left : PAGE, next);
        bool ok = client_ask(c, "GET", buf_view(&url), NULL, &page, err);
        buf_fini(&url);
        if (!ok) {
            json_decref(all);
            return NULL;
        }
        json_array_extend(all, json_object_get(page, "lines"));
        next = arena_str(r->arena, json_member(page, "next"));
        json_decref(page);
        if (!next.p || (last && json_array_size(all) >= last)) {
            break;
        }
    }
    return all;
}

static void reverse(json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *last = json_incref(json_array_get(list, json_array_size(list) - 1));
        json_array_remove(list, json_array_size(list) - 1);
        json_array_insert_new(list, i, last);
    }
}

/* A key, a link of one, the command line, or the host. */
static str_t who_in(arena_t *arena, const json_t *line)
{
    str_t actor = json_member(line, "actor"), key = json_member(line, "key");
    if (str_is(actor, "key")) {
        return key;
    }
    return str_is(actor, "connect_session")
               ? arena_printf(arena, "link of %.*s", STR_ARG(key.n ? key : STR("?")))
               : arena_printf(arena, "(%.*s)", STR_ARG(actor));
}

static str_t outcome_of(const json_t *line)
{
    str_t code = json_member(line, "code");
    return code.p ? code : json_member(line, "outcome");
}

static void print_lines(const run_t *r, const json_t *lines)
{
    static const char *const headings[] = {"LINE", "TIME", "WHAT",   "OBJECT",
                                           "BY",   "FROM", "OUTCOME"};
    table_t t;
    table_init(&t, r->arena, headings, 7);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        bool done = str_is(json_member(line, "outcome"), "done");
        table_add(&t,
                  arena_printf(r->arena, "%lld",
                               (long long)json_integer_value(json_object_get(line, "seq"))),
                  TONE_PLAIN);
        table_add(&t, json_member(line, "time"), TONE_PLAIN);
        table_add(&t, json_member(line, "what"), TONE_PLAIN);
        table_add(&t, json_member(line, "object"), TONE_PLAIN);
        table_add(&t, who_in(r->arena, line), TONE_PLAIN);
        table_add(&t, json_member(line, "address"), TONE_PLAIN);
        table_add(&t, outcome_of(line), done ? TONE_PLAIN : TONE_WARN);
    }
    table_print(&t, r->colour);
}

static bool read_last(const run_t *r, uint64_t *last, err_t *err)
{
    str_t text = args_value(r->args, "last");
    *last = args_value(r->args, "since").p ? 0 : LAST;
    return !text.p || (str_to_u64(text, last) && *last > 0) ||
           err_set(err, ERR_usage, "--last takes a number of lines");
}

static int list(run_t *r, client_t *c, err_t *err)
{
    uint64_t last;
    json_t *lines = read_last(r, &last, err) ? fetch(r, c, last, err) : NULL;
    if (lines && last) {
        reverse(lines);
    }
    if (lines && r->json) {
        print_json(lines);
    } else if (lines) {
        print_lines(r, lines);
    }
    json_decref(lines);
    return EXIT_OK;
}

/* --- verify --- */

static long long number(const json_t *report, const char *name)
{
    return (long long)json_integer_value(json_object_get(report, name));
}

static void print_extent(const json_t *report)
{
    str_t since = json_member(report, "since");
    str_t until = json_member(report, "until");
    printf("%lld lines in %lld files", number(report, "lines"), number(report, "segments"));
    if (number(report, "lines")) {
        printf(", %.*s to %.*s, the last is line %lld", STR_ARG(since), STR_ARG(until),
               number(report, "last"));
    }
    fputs("\n", stdout);
}

static void print_fault(const run_t *r, const json_t *fault, long long faults)
{
    print_text(json_member(fault, "detail"), TONE_BAD, r->colour);
    if (json_object_get(fault, "file")) {
        fputs(" (", stdout);
        print_text(json_member(fault, "file"), TONE_PLAIN, false);
        printf(":%lld)", number(fault, "line"));
    }
    fputs("\n", stdout);
    if (faults > 1) {
        printf("and %lld more places\n", faults - 1);
    }
}

static int verify(run_t *r, client_t *c, err_t *err)
{
    json_t *report = NULL;
    if (!client_ask(c, "GET", STR("/v1/audit/verify"), NULL, &report, err)) {
        return EXIT_PROBLEM;
    }
    bool ok = json_is_true(json_object_get(report, "ok"));
    if (r->json) {
        print_json(report);
    } else {
        print_text(ok ? STR("as it was written") : STR("not as it was written"),
                   ok ? TONE_GOOD : TONE_BAD, r->colour);
        fputs(": ", stdout);
        print_extent(report);
    }
    if (!ok && !r->json) {
        print_fault(r, json_object_get(report, "fault"), number(report, "faults"));
    }
    json_decref(report);
    return ok ? EXIT_OK : EXIT_PROBLEM;
}

/* --- the command --- */

static const usage_t USAGES[] = {
    {"list",
     "[--since TIME] [--until TIME] [--what WHAT] [--object NAME] [--actor WHO] [--last NUMBER] "
     "[--json]",
     "What was changed, when, by whom, from where.", 0, 0, NULL, list},
    {"verify", "[--json]", "Whether every line is there and as it was written.", 0, 0, NULL,
     verify},
};
static const flag_t FLAGS[] = {
    {"since", "TIME", "From then on: 2026-11-29T08:00:00Z, or 2h for two hours ago.", "list"},
    {"until", "TIME", "Before then.", "list"},
    {"what", "WHAT", "One kind of line, such as key.revoked.", "list"},
    {"object", "NAME", "What it is about: a connection, a key's id, a connector.", "list"},
    {"actor", "WHO",
     "Who did it: a key's id, a connect session, or key, command_line, connect_session, host, "
     "stranger.",
     "list"},
    {"last", "NUMBER", "That many of the newest; 100 where there is no --since.", "list"},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"audit list", "the newest lines"},
    {"audit list --since 24h --object acme", "what happened to a connection"},
    {"audit list --what access.refused --last 20", "who was refused"},
    {"audit verify", "exit status 1 where a line is missing or was changed"},
};

const command_t COMMAND_AUDIT = {
    .name = "audit",
    .group = GROUP_HOST,
    .summary = "Shows the audit trail, and proves that nobody changed it",
    .detail = "Works beside a running host and without one. docs/AUDIT.md has every kind of line.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
