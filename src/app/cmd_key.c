/* SPDX-License-Identifier: MIT */
/* `tenon key`: add, list, revoke. */
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"

/* --- add --- */

static bool set_expiry(const run_t *r, json_t *input, err_t *err)
{
    str_t text = args_value(r->args, "expires");
    int64_t ms = 0;
    if (!text.p) {
        return true;
    }
    if (!duration_read(text, &ms) || ms < 1000) {
        return err_set(err, ERR_usage, "--expires takes a duration such as 90d or 12h");
    }
    json_object_set_new(input, "expires_in", json_integer(ms / 1000));
    return true;
}

/* The key stands alone on standard output, so that a script can take it. */
static void print_key(const run_t *r, const json_t *key)
{
    if (r->json) {
        print_json(key);
        return;
    }
    print_text(json_member(key, "key"), TONE_PLAIN, false);
    fputs("\n", stdout);
    if (isatty(STDERR_FILENO)) {
        fputs("This key is shown only now. ", stderr);
        fprintf(stderr, "Its id is %.*s.\n", STR_ARG(json_member(key, "id")));
    }
}

static int add(run_t *r, client_t *c, err_t *err)
{
    json_t *input = json_object();
    json_t *key = NULL;
    json_object_set_new(input, "role",
                        json_string(args_has(r->args, "admin") ? "admin" : "caller"));
    add_list_of_flag(r, "connection", input, "connections");
    add_list_of_flag(r, "right", input, "rights");
    if (!set_expiry(r, input, err)) {
        json_decref(input);
    } else if (client_ask(c, "POST", STR("/v1/keys"), input, &key, err)) {
        print_key(r, key);
    }
    json_decref(key);
    return EXIT_OK;
}

/* --- list --- */

static void print_list(const run_t *r, const json_t *list)
{
    static const char *const headings[] = {"ID",   "ROLE",    "CONNECTIONS", "RIGHTS",
                                           "MADE", "EXPIRES", "LAST USED"};
    table_t t;
    table_init(&t, r->arena, headings, 7);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *key = json_array_get(list, i);
        table_add(&t, json_member(key, "id"), TONE_PLAIN);
        table_add(&t, json_member(key, "role"), TONE_PLAIN);
        table_add(&t, joined_in(r->arena, json_object_get(key, "connections")), TONE_PLAIN);
        table_add(&t, joined_in(r->arena, json_object_get(key, "rights")), TONE_PLAIN);
        table_add(&t, time_in(r->arena, json_member(key, "created_at")), TONE_PLAIN);
        table_add(&t, time_in(r->arena, json_member(key, "expires_at")), TONE_PLAIN);
        table_add(&t, time_in(r->arena, json_member(key, "last_used_at")), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

static int list(run_t *r, client_t *c, err_t *err)
{
    json_t *all = client_list(c, STR("/v1/keys"), "keys", err);
    if (all && r->json) {
        print_json(all);
    } else if (all) {
        print_list(r, all);
    }
    json_decref(all);
    return EXIT_OK;
}

/* --- revoke --- */

static int revoke_one(run_t *r, client_t *c, err_t *err)
{
    json_t *nothing = NULL;
    str_t path = client_path_in(r->arena, "/v1/keys/", r->args->words[1], "");
    if (client_ask(c, "DELETE", path, NULL, &nothing, err) && r->json) {
        puts("{}");
    }
    json_decref(nothing);
    return EXIT_OK;
}

/* --- the command --- */

static const usage_t USAGES[] = {
    {"add", "[--admin] [--connection NAME]... [--right RIGHT]... [--expires TIME] [--json]",
     "Makes a key and prints it, this once.", 0, 0, NULL, add},
    {"list", "[--json]", "All keys: what they open and until when, never the keys themselves.", 0,
     0, NULL, list},
    {"revoke", "ID [--json]", "The key opens nothing any more.", 1, 1, NULL, revoke_one},
};
static const flag_t FLAGS[] = {
    {"admin", NULL, "A key that may do everything.", "add"},
    {"connection", "NAME", "A connection whose actions the key may call; may stand several times.",
     "add"},
    {"right", "RIGHT",
     "Beyond calling: token (read a connection's token), proxy (call any path of its service), "
     "metrics; may stand several times.",
     "add"},
    {"expires", "TIME", "From now, such as 90d or 12h. Without it the key does not expire.", "add"},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"key add --admin", "the first key of an admin"},
    {"key add --connection acme --expires 90d",
     "for a flow that calls one connection; it may write `-` for its name"},
    {"key add --right metrics", "for what scrapes /metrics"},
    {"key revoke 4kTz09Qa", "by the id, which is the part behind tnk_"},
};

const command_t COMMAND_KEY = {
    .name = "key",
    .group = GROUP_HOST,
    .summary = "Adds, lists and revokes the keys that callers present",
    .detail = "A key is shown as X-API-Key or as Authorization: Bearer. On standard output it "
              "stands alone, so that a script can take it.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
