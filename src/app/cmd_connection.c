/* SPDX-License-Identifier: MIT */
/* `tenon connection`: list, show, sign-in, test, usage, reset, accept, remove. */
#include <stdio.h>

#include "app/connection_usage.h"
#include "app/output.h"
#include "app/sign_in.h"
#include "app/talk.h"
#include "app/value.h"
#include "codec/json.h"

static str_t path_of(const run_t *r, const char *behind)
{
    return client_path_in(r->arena, "/v1/connections/", r->args->words[1], behind);
}

/* Why it is not ready, or why nothing is sent for it although it is. */
static const json_t *why_of(const json_t *connection)
{
    const json_t *reason = json_object_get(connection, "reason");
    return reason ? reason : json_object_get(connection, "pause");
}

/* --- list --- */

/* The code, and until when where that is known. */
static str_t reason_in(arena_t *arena, const json_t *why)
{
    str_t code = json_member(why, "code");
    str_t until = json_member(why, "until");
    if (!code.n) {
        return STR("-");
    }
    return until.n ? arena_printf(arena, "%.*s until %.*s", STR_ARG(code),
                                  STR_ARG(time_in(arena, until)))
                   : code;
}

static void print_list(const run_t *r, const json_t *list)
{
    static const char *const headings[] = {"NAME",  "CONNECTOR", "AUTH",      "STATE",
                                           "SINCE", "REASON",    "LAST USED", "TITLE"};
    table_t t;
    table_init(&t, r->arena, headings, 8);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        str_t state = json_member(one, "state");
        table_add(&t, json_member(one, "name"), TONE_PLAIN);
        table_add(&t, json_member(one, "connector"), TONE_PLAIN);
        table_add(&t, json_member(one, "auth"), TONE_PLAIN);
        const json_t *why = why_of(one);
        table_add(&t, state, tone_of_state(state));
        table_add(&t, time_in(r->arena, json_member(why, "since")), TONE_PLAIN);
        table_add(&t, reason_in(r->arena, why), TONE_PLAIN);
        table_add(&t, time_in(r->arena, json_member(one, "last_used_at")), TONE_PLAIN);
        table_add(&t, json_member(one, "title"), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

static int list(run_t *r, client_t *c, err_t *err)
{
    json_t *all = client_list(c, STR("/v1/connections"), "connections", err);
    if (all && r->json) {
        print_json(all);
    } else if (all) {
        print_list(r, all);
    }
    json_decref(all);
    return EXIT_OK;
}

/* --- show --- */

static void print_parameters(const run_t *r, const json_t *parameters)
{
    static const char *const headings[] = {"PARAMETER", "VALUE"};
    table_t t;
    const char *name;
    json_t *value;
    table_init(&t, r->arena, headings, 2);
    json_object_foreach((json_t *)(uintptr_t)parameters, name, value)
    {
        buf_t text;
        buf_init(&text, 64 * 1024);
        if (json_is_string(value)) {
            buf_str(&text, json_view(value));
        } else if (json_is_object(value)) {
            buf_lit(&text, "(set)");
        } else {
            json_write(&text, value);
        }
        table_add(&t, str_of(name), TONE_PLAIN);
        table_add(&t, buf_view(&text), TONE_PLAIN);
        buf_fini(&text);
    }
    table_print(&t, r->colour);
}

static void add_fact(const run_t *r, table_t *t, const char *name, str_t text)
{
    if (text.n) {
        table_add(t, str_of(name), TONE_PLAIN);
        table_add(t, arena_str(r->arena, text), TONE_PLAIN);
    }
}

static void print_way_on(const json_t *connection)
{
    if (str_is(json_member(connection, "state"), "sign_in")) {
        printf("To sign in: tenon connection sign-in %.*s\n",
               STR_ARG(json_member(connection, "name")));
    }
}

/* Everything that is known of its state, and what ends it. */
static void print_state(const run_t *r, const json_t *connection)
{
    const json_t *why = why_of(connection);
    const char *const headings[] = {
        "STATE", json_string_value(json_object_get(connection, "state"))};
    const json_t *destinations = json_object_get(why, "destinations");
    str_t since = json_member(why, "since");
    str_t until = json_member(why, "until");
    table_t t;
    if (!why) {
        return;
    }
    table_init(&t, r->arena, headings, 2);
    add_fact(r, &t, "reason", json_member(why, "code"));
    add_fact(r, &t, "since", since.n ? time_in(r->arena, since) : STR_NONE);
    add_fact(r, &t, "next attempt", until.n ? time_in(r->arena, until) : STR_NONE);
    add_fact(r, &t, "service says", json_member(why, "error"));
    add_fact(r, &t, "", json_member(why, "error_description"));
    add_fact(r, &t, "new hosts", joined_in(r->arena, json_object_get(destinations, "added")));
    add_fact(r, &t, "hosts left", joined_in(r->arena, json_object_get(destinations, "removed")));
    add_fact(r, &t, "what to do", json_member(why, "advice"));
    table_print(&t, r->colour);
    fputs("\n", stdout);
}

static int show(run_t *r, client_t *c, err_t *err)
{
    json_t *one = NULL;
    if (client_ask(c, "GET", path_of(r, ""), NULL, &one, err)) {
        print_connection(r, one);
        if (!r->json) {
            print_way_on(one);
            print_state(r, one);
            print_parameters(r, json_object_get(one, "parameters"));
        }
    }
    json_decref(one);
    return EXIT_OK;
}

/* --- sign in --- */

/* By its connector's own word; where that is gone, the host tells what is wrong. */
static bool is_by_code(const run_t *r, client_t *c, const json_t *connection)
{
    err_t ignored = ERR_INIT;
    json_t *connector = NULL;
    str_t auth = json_member(connection, "auth");
    bool by_code = false;
    if (client_ask(
            c, "GET",
            client_path_in(r->arena, "/v1/connectors/", json_member(connection, "connector"), ""),
            NULL, &connector, &ignored)) {
        by_code = sign_in_is_by_code(field_named(json_object_get(connector, "auths"), auth));
    }
    err_fini(&ignored);
    json_decref(connector);
    return by_code;
}

static int sign_in(run_t *r, client_t *c, err_t *err)
{
    json_t *connection = NULL;
    str_t name = r->args->words[1];
    int status = EXIT_PROBLEM;
    if (!client_ask(c, "GET", path_of(r, ""), NULL, &connection, err)) {
        return status;
    }
    status = is_by_code(r, c, connection)
                 ? sign_in_by_code(r, c, name, err)
                 : sign_in_by_link(r, c, json_pack("{s:o}", "connection", json_str(name)), err);
    json_decref(connection);
    return status;
}

/* --- test --- */

static str_t detail_in(arena_t *arena, const json_t *step)
{
    static const char *const texts[] = {"code", "detail", "error", "error_description"};
    buf_t text;
    buf_init(&text, 64 * 1024);
    json_int_t status = json_integer_value(json_object_get(step, "status"));
    const json_t *expires_in = json_object_get(step, "expires_in");
    if (status) {
        buf_printf(&text, "%lld", (long long)status);
    }
    if (expires_in) {
        buf_printf(&text, "expires in %lld s", (long long)json_integer_value(expires_in));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        str_t part = json_member(step, texts[i]);
        buf_printf(&text, "%s%.*s", part.n && text.n ? "; " : "", STR_ARG(part));
    }
    str_t kept = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return kept;
}

static void print_report(const run_t *r, const json_t *report)
{
    static const char *const headings[] = {"STEP", "RESULT", "DETAIL"};
    const json_t *steps = json_object_get(report, "steps");
    table_t t;
    table_init(&t, r->arena, headings, 3);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        bool ok = json_is_true(json_object_get(step, "ok"));
        table_add(&t, json_member(step, "step"), TONE_PLAIN);
        table_add(&t, ok ? STR("ok") : STR("failed"), ok ? TONE_GOOD : TONE_BAD);
        table_add(&t, detail_in(r->arena, step), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

/* What the connector says about a refusal stands below, as it is longer than a line. */
static void print_explanations(const run_t *r, const json_t *report)
{
    const json_t *steps = json_object_get(report, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        str_t why = json_member(json_array_get(steps, i), "explain");
        if (why.n) {
            print_paragraph(stdout, STR("\n"), why, TONE_WARN, r->colour);
        }
    }
}

static void print_test(const run_t *r, const json_t *report)
{
    if (json_array_size(json_object_get(report, "steps")) == 0) {
        puts("There is nothing to test: the connection has no credential of its own "
             "and the connector no verify.");
        return;
    }
    print_report(r, report);
    print_explanations(r, report);
}

static int test(run_t *r, client_t *c, err_t *err)
{
    json_t *report = NULL;
    show_progress("testing");
    bool answered = client_ask(c, "POST", path_of(r, "/test"), NULL, &report, err);
    show_progress(NULL);
    if (answered && r->json) {
        print_json(report);
    } else if (answered) {
        print_test(r, report);
    }
    bool ok = json_is_true(json_object_get(report, "ok"));
    json_decref(report);
    return ok ? EXIT_OK : EXIT_PROBLEM;
}

/* --- reset, accept, remove --- */

static int reset(run_t *r, client_t *c, err_t *err)
{
    json_t *one = NULL;
    if (client_ask(c, "POST", path_of(r, "/reset"), NULL, &one, err)) {
        print_connection(r, one);
    }
    json_decref(one);
    return EXIT_OK;
}

static int accept_one(run_t *r, client_t *c, err_t *err)
{
    json_t *one = NULL;
    if (client_ask(c, "PATCH", path_of(r, ""), json_pack("{s:b}", "accept", 1), &one, err)) {
        print_connection(r, one);
    }
    json_decref(one);
    return EXIT_OK;
}

static int remove_one(run_t *r, client_t *c, err_t *err)
{
    json_t *nothing = NULL;
    if (client_ask(c, "DELETE", path_of(r, ""), NULL, &nothing, err) && r->json) {
        puts("{}");
    }
    json_decref(nothing);
    return EXIT_OK;
}

/* --- the command --- */

static const usage_t USAGES[] = {
    {"list", "[--json]", "All connections: their connector, way to sign in and state.", 0, 0, NULL,
     list},
    {"show", "NAME [--json]", "One, with its parameters; a secret only as whether it is set.", 1, 1,
     NULL, show},
    {"sign-in", "NAME [--no-wait] [--json]",
     "Prints a link, or a code, with which a person signs in to it, and waits until it is ready.",
     1, 1, NULL, sign_in},
    {"test", "NAME [--json]",
     "Gets a token and runs the connector's `verify`, and tells what happened at each step.", 1, 1,
     NULL, test},
    {"usage", "NAME [--resolution minute|hour] [--json]",
     "How it was called, by the minutes of the last two hours or the hours of the last 31 days, "
     "and "
     "what its limits leave.",
     1, 1, NULL, connection_usage},
    {"reset", "NAME [--json]",
     "Forgets its token and its rejection, so that the next call signs in anew.", 1, 1, NULL,
     reset},
    {"accept", "NAME [--json]",
     "Lets it go to the hosts that the connector calls now: ends the state `review`.", 1, 1, NULL,
     accept_one},
    {"remove", "NAME [--json]", "Removes it with its secrets and tokens.", 1, 1, NULL, remove_one},
};
static const flag_t FLAGS[] = {
    {"resolution", "minute|hour", "Of usage; minute where it is not said.", "usage"},
    {"no-wait", NULL, "Print the link or code and end.", "sign-in"},
    FLAG_JSON};
static const example_t EXAMPLES[] = {
    {"connection list", "which are there, and which need a person"},
    {"connection test acme", "exit status 1 where a step failed"},
    {"connection usage acme --resolution hour", "how much it was called this month"},
    {"connection reset acme", "after the service unlocked its account"},
};

const command_t COMMAND_CONNECTION = {
    .name = "connection",
    .group = GROUP_CONNECTIONS,
    .summary = "Shows connections, signs in to one, tests, resets, accepts or removes it",
    .detail = "States: ready; sign_in (somebody has to sign in: `tenon connection sign-in`); rejected (the service rejected "
              "the credentials, or locked the account); review (the connector "
              "now calls other hosts, and an admin has to `accept` that); incomplete (a parameter is "
              "missing, or the connector).\n"
              "`tenon connect` makes one.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
