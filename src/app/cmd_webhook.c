/* SPDX-License-Identifier: MIT */
/* `tenon webhook`: add, list, test, rotate, enable, remove. */
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"

static str_t path_of(const run_t *r, const char *behind)
{
    return client_path_in(r->arena, "/v1/webhooks/", r->args->words[1], behind);
}

/* --- add, rotate --- */

/* The secret stands alone on standard output, so that a script can take it. */
static void print_secret(const run_t *r, const json_t *webhook)
{
    if (r->json) {
        print_json(webhook);
        return;
    }
    print_text(json_member(webhook, "secret"), TONE_PLAIN, false);
    fputs("\n", stdout);
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr,
                "The receiver checks signatures with this secret, which is shown only now. The "
                "webhook's id is %.*s.\n",
                STR_ARG(json_member(webhook, "id")));
    }
}

static int add(run_t *r, client_t *c, err_t *err)
{
    json_t *webhook = NULL;
    json_t *input = json_pack("{s:o}", "url", json_str(r->args->words[1]));
    json_add_text(input, "title", args_value(r->args, "title"));
    add_list_of_flag(r, "type", input, "types");
    add_list_of_flag(r, "connection", input, "connections");
    if (client_ask(c, "POST", STR("/v1/webhooks"), input, &webhook, err)) {
        print_secret(r, webhook);
    }
    json_decref(webhook);
    return EXIT_OK;
}

static int rotate(run_t *r, client_t *c, err_t *err)
{
    json_t *webhook = NULL;
    if (client_ask(c, "POST", path_of(r, "/rotate"), NULL, &webhook, err)) {
        print_secret(r, webhook);
    }
    json_decref(webhook);
    return EXIT_OK;
}

/* --- list --- */

static tone_t tone_of(str_t state)
{
    return str_is(state, "active") ? TONE_GOOD : str_is(state, "off") ? TONE_BAD : TONE_WARN;
}

static str_t count_in(arena_t *arena, const json_t *webhook, const char *name)
{
    return arena_printf(arena, "%lld",
                        (long long)json_integer_value(json_object_get(webhook, name)));
}

static void print_list(const run_t *r, const json_t *list)
{
    static const char *const headings[] = {
        "ID", "STATE", "WAITING", "NEXT ATTEMPT", "LAST DELIVERED", "URL", "LAST ERROR"};
    table_t t;
    table_init(&t, r->arena, headings, 7);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        str_t state = json_member(one, "state");
        table_add(&t, json_member(one, "id"), TONE_PLAIN);
        table_add(&t, state, tone_of(state));
        table_add(&t, count_in(r->arena, one, "waiting"), TONE_PLAIN);
        table_add(&t, second_in(r->arena, json_member(one, "next_attempt_at")), TONE_PLAIN);
        table_add(&t, second_in(r->arena, json_member(one, "last_delivered_at")), TONE_PLAIN);
        table_add(&t, json_member(one, "url"), TONE_PLAIN);
        table_add(&t, json_member(one, "last_error"), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

static int list(run_t *r, client_t *c, err_t *err)
{
    json_t *all = NULL;
    if (client_ask(c, "GET", STR("/v1/webhooks"), NULL, &all, err) && r->json) {
        print_json(json_object_get(all, "webhooks"));
    } else if (all) {
        print_list(r, json_object_get(all, "webhooks"));
    }
    json_decref(all);
    return EXIT_OK;
}

/* --- test --- */

static int test(run_t *r, client_t *c, err_t *err)
{
    json_t *report = NULL;
    bool answered = client_ask(c, "POST", path_of(r, "/test"), NULL, &report, err);
    bool ok = json_is_true(json_object_get(report, "ok"));
    if (answered && r->json) {
        print_json(report);
    } else if (answered) {
        print_text(ok ? STR("taken") : STR("not taken"), ok ? TONE_GOOD : TONE_BAD, r->colour);
        fputs(ok ? "" : ": ", stdout);
        print_text(json_member(report, "detail"), TONE_PLAIN, false);
        fputs("\n", stdout);
    }
    json_decref(report);
    return ok ? EXIT_OK : EXIT_PROBLEM;
}

/* --- enable, remove --- */

static int enable(run_t *r, client_t *c, err_t *err)
{
    json_t *webhook = NULL;
    if (client_ask(c, "POST", path_of(r, "/enable"), NULL, &webhook, err) && r->json) {
        print_json(webhook);
    }
    json_decref(webhook);
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
    {"add", "URL [--type TYPE]... [--connection NAME]... [--title TEXT] [--json]",
     "Sends events to an address, from now on, and prints the secret of their signatures, this "
     "once.",
     1, 1, NULL, add},
    {"list", "[--json]", "All of them: how each is getting on, never the secrets.", 0, 0, NULL,
     list},
    {"test", "ID [--json]", "Sends an event of its own, and says what was answered.", 1, 1, NULL,
     test},
    {"rotate", "ID [--json]",
     "Makes another secret and prints it, this once; the one before signs as well for another day.",
     1, 1, NULL, rotate},
    {"enable", "ID [--json]",
     "One that was switched off is sent what it missed, as far as it is kept.", 1, 1, NULL, enable},
    {"remove", "ID [--json]", "Nothing is sent to it any more.", 1, 1, NULL, remove_one},
};
static const flag_t FLAGS[] = {
    {"type", "TYPE", "Only these events; `token.*` is all of a group; may stand several times.",
     "add"},
    {"connection", "NAME", "Only what is about this connection; may stand several times.", "add"},
    {"title", "TEXT", "A name for people.", "add"},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"webhook add https://hooks.example.com/tenon --type connection.state_changed",
     "be told when a connection needs somebody"},
    {"webhook test 4kTz09Qa", "is the receiver there, and content?"},
};

const command_t COMMAND_WEBHOOK = {
    .name = "webhook",
    .group = GROUP_HOST,
    .summary = "Sends events to other systems: adds, lists, tests, rotates, removes",
    .detail = "Deliveries are signed as Standard Webhooks says. docs/EVENTS.md: what is sent, and "
              "how it is checked.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
