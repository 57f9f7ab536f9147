/* SPDX-License-Identifier: MIT */
/* `tenon connect`: makes a connection. On a terminal it asks for what is missing: the way to sign
 * in and the values; before that it shows the connector's guide. What a person signs in to with a
 * browser is filled in there, too. */
#include <stdio.h>

#include "app/guide.h"
#include "app/output.h"
#include "app/sign_in.h"
#include "app/talk.h"
#include "app/value.h"
#include "codec/json.h"

enum { VALUE_MAX = 1024 * 1024 };

typedef struct connecting {
    run_t *r;
    const json_t *connector;
    str_t auth;  /* the name of the way to sign in; absent: the only one, or the host's to refuse */
    bool guided; /* the guide was shown */
} connecting_t;

static bool is_interactive(const run_t *r)
{
    return !r->json && can_ask();
}

static void show_guide(connecting_t *c)
{
    if (!c->guided && !args_has(c->r->args, "quiet")) {
        guide_print(c->r, c->connector);
    }
    c->guided = true;
}

/* --- the way to sign in --- */

static bool choose_auth(connecting_t *c, err_t *err)
{
    size_t at;
    json_t *ways = guide_sorted_ways(c->connector);
    show_guide(c);
    guide_print_ways(c->r, ways);
    bool done = ask_choice(STR("Way to sign in"), ways, "name", &at) ||
                err_set(err, ERR_usage, "no way to sign in was chosen: give --auth NAME");
    if (done) {
        c->auth = json_member(json_array_get(ways, at), "name"); /* the connector holds it */
    }
    json_decref(ways);
    return done;
}

static bool find_auth(connecting_t *c, err_t *err)
{
    c->auth = args_value(c->r->args, "auth");
    size_t count = json_array_size(json_object_get(c->connector, "auths"));
    return c->auth.p || count < 2 || !is_interactive(c->r) || choose_auth(c, err);
}

static const json_t *auth_of(const connecting_t *c)
{
    const json_t *auths = json_object_get(c->connector, "auths");
    return c->auth.p ? field_named(auths, c->auth) : json_array_get(auths, 0);
}

static bool knows_auth(const connecting_t *c)
{
    return c->auth.p || json_array_size(json_object_get(c->connector, "auths")) == 1;
}

static bool is_by_browser(const connecting_t *c)
{
    return knows_auth(c) && sign_in_is_by_browser(auth_of(c));
}

/* --- what is missing --- */

static bool is_missing(const json_t *field, const json_t *values)
{
    bool asked = json_is_true(json_object_get(field, "required")) &&
                 !json_object_get(field, "ask") && !json_object_get(field, "default");
    return asked && !json_object_get(values, json_string_value(json_object_get(field, "name")));
}

/* The text of one of its choices; false where none was made. */
static bool ask_for_choice(str_t title, const json_t *choices, buf_t *to)
{
    size_t at;
    for (size_t i = 0; i < json_array_size(choices); i++) {
        char first[16];
        int n = snprintf(first, sizeof first, " %2zu. ", i + 1);
        print_paragraph(stderr, str_at(first, (size_t)n),
                        json_member(json_array_get(choices, i), "title"), TONE_PLAIN, false);
    }
    if (!ask_choice(title, choices, "value", &at)) {
        return false;
    }
    buf_str(to, json_member(json_array_get(choices, at), "value"));
    return true;
}

static void ask_for(const json_t *field, json_t *values)
{
    buf_t text;
    str_t name = json_member(field, "name");
    str_t title = json_member(field, "title");
    str_t description = json_member(field, "description");
    const json_t *choices = json_object_get(field, "choices");
    title = title.n ? title : name;
    buf_init_wiping(&text, VALUE_MAX);
    if (description.n) {
        print_paragraph(stderr, STR(""), description, TONE_PLAIN, false);
    }
    if (choices ? ask_for_choice(title, choices, &text)
                : ask_person(title, json_is_true(json_object_get(field, "secret")), &text)) {
        json_object_setn_new(values, name.p, name.n, value_typed(field, buf_view(&text)));
    }
    buf_fini(&text);
}

/* What is special about the way to sign in is told before its first question. */
static void ask_for_missing(connecting_t *c, const json_t *fields, json_t *values)
{
    bool asked = false;
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        if (!is_missing(field, values)) {
            continue;
        }
        if (!asked && !args_has(c->r->args, "quiet")) {
            show_guide(c);
            guide_print_way(c->r, auth_of(c));
            fputc('\n', stderr);
        }
        asked = true;
        ask_for(field, values);
    }
}

/* --- the command --- */

static json_t *read_values(connecting_t *c, err_t *err)
{
    if (!find_auth(c, err)) {
        return NULL;
    }
    json_t *fields = fields_of(c->connector, c->auth);
    json_t *values = values_of_words(c->r, 1, fields, err);
    if (values && is_interactive(c->r) && !is_by_browser(c)) {
        ask_for_missing(c, fields, values);
    }
    json_decref(fields);
    return values;
}

static void add_text(json_t *to, const char *name, str_t text)
{
    if (text.p) {
        json_object_set_new(to, name, json_str(text));
    }
}

static json_t *build_input(const connecting_t *c, json_t *values)
{
    const args_t *args = c->r->args;
    json_t *input = json_object();
    add_text(input, "name", args_value(args, "name"));
    add_text(input, "auth", c->auth);
    add_text(input, "title", args_value(args, "title"));
    add_text(input, "connector", args->words[0]);
    json_object_set_new(input, "parameters", values);
    return input;
}

static void print_made(const connecting_t *c, const json_t *connection)
{
    print_connection(c->r, connection);
    if (c->guided && !args_has(c->r->args, "quiet")) {
        str_t name = json_member(connection, "name");
        fprintf(stderr, "Try it: tenon connection test %.*s\n", STR_ARG(name));
    }
}

/* What a person signs in to: a session for it instead. */
static json_t *session_of(json_t *input)
{
    json_t *auth = json_object_get(input, "auth");
    if (auth) {
        json_object_set_new(input, "auths", json_pack("[O]", auth));
        json_object_del(input, "auth");
    }
    return input;
}

static int make(connecting_t *c, client_t *client, json_t *values, err_t *err)
{
    json_t *connection = NULL;
    json_t *input = build_input(c, values);
    int status = EXIT_OK;
    if (is_by_browser(c)) {
        return sign_in_by_link(c->r, client, session_of(input), err);
    }
    bool made = client_ask(client, "POST", STR("/v1/connections"), input, &connection, err);
    if (made && knows_auth(c) && sign_in_is_by_code(auth_of(c))) {
        status = sign_in_by_code(c->r, client, args_value(c->r->args, "name"), err);
    } else if (made) {
        print_made(c, connection);
    }
    json_decref(connection);
    return status;
}

static int connect_to(run_t *r, client_t *client, err_t *err)
{
    int status = EXIT_OK;
    json_t *connector = NULL;
    json_t *values = NULL;
    connecting_t c = {.r = r};
    str_t path = client_path_in(r->arena, "/v1/connectors/", r->args->words[0], "");
    if (client_ask(client, "GET", path, NULL, &connector, err)) {
        c.connector = connector;
        values = read_values(&c, err);
    }
    if (values) {
        status = make(&c, client, values, err);
    }
    json_decref(connector);
    return status;
}

static int run(run_t *r)
{
    if (!args_value(r->args, "name").p) {
        return command_usage("--name NAME is missing: what the connection is called in addresses");
    }
    return talk_with_host(r, connect_to);
}

static const usage_t USAGES[] = {{.words = "CONNECTOR --name NAME [--auth NAME] [--title TEXT] "
                                           "[--quiet] [--no-wait] [parameter=value]... [--json]",
                                  .least = 1,
                                  .most = WORDS_ANY,
                                  .run = run}};
static const flag_t FLAGS[] = {
    {"name", "NAME", "What it is called in addresses: 1 to 63 of a-z, 0-9 and -.", NULL},
    {"auth", "NAME", "The way to sign in, where the connector has several.", NULL},
    {"title", "TEXT", "What people call it.", NULL},
    {"quiet", NULL, "On a terminal: ask without showing the guide.", NULL},
    {"no-wait", NULL, "Where a person signs in: print the link or code and end.", NULL},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"connect echo --name mine", "asks for what is missing"},
    {"connect echo --name mine api_key=@key.txt", "a secret from a file"},
    {"connect ukg-pro-wfm --name acme --auth authorization_code", "a link to sign in with"},
    {"connect ukg-pro-wfm --name acme --auth client_credentials client_id=me client_secret=-",
     "with a prompt for the secret, and for the rest"},
};

const command_t COMMAND_CONNECT = {
    .name = "connect",
    .group = GROUP_CONNECTIONS,
    .summary = "Makes a connection: a connector filled in",
    .detail =
        "On a terminal it shows the connector's guide, the ways to sign in and their "
        "cautions, and asks "
        "for what is missing. `tenon connection test` then tells whether it gets in.\n"
        "A value may come from a file (parameter=@FILE), the environment "
        "(parameter=env:VARIABLE), or a prompt or standard input (parameter=-); "
        "a secret only in these ways.\n"
        "Where a person signs in with a browser, it prints a link to a page on which the rest "
        "is filled in; where by a code, the code and the page to enter it. Then it waits until the "
        "connection is ready.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
