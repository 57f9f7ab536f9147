/* SPDX-License-Identifier: MIT */
/* `tenon connect`: makes a connection; on a terminal it shows the connector's guide and asks for
 * what is missing. */
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "app/talk.h"
#include "app/value.h"
#include "codec/json.h"

enum { VALUE_MAX = 1024 * 1024 };

/* --- the guide --- */

static void print_lines(const char *heading, const json_t *lines)
{
    if (json_array_size(lines)) {
        printf("%s\n", heading);
    }
    for (size_t i = 0; i < json_array_size(lines); i++) {
        fputs("  - ", stdout);
        print_text(json_view(json_array_get(lines, i)), TONE_PLAIN, false);
        fputs("\n", stdout);
    }
}

static void print_steps(const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const char *const parts[] = {"title", "text", "link"};
        printf("  %zu.", i + 1);
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) {
            str_t part = json_member(step, parts[j]);
            fputs(part.n ? " " : "", stdout);
            print_text(part, TONE_PLAIN, false);
        }
        fputs("\n", stdout);
    }
}

static void print_guide(const json_t *guide)
{
    print_lines("You need:", json_object_get(guide, "prerequisites"));
    print_steps(json_object_get(guide, "steps"));
    print_lines("In the end:", json_object_get(guide, "checklist"));
}

static void print_guides(const run_t *r, const json_t *connector, const json_t *auth)
{
    print_text(json_member(connector, "title"), TONE_STRONG, r->colour);
    fputs("\n", stdout);
    print_guide(json_object_get(connector, "guide"));
    print_guide(json_object_get(auth, "guide"));
    str_t caution = json_member(auth, "caution");
    if (caution.n) {
        print_text(caution, TONE_WARN, r->colour);
        fputs("\n", stdout);
    }
}

/* --- what is missing --- */

static bool is_missing(const json_t *field, const json_t *values)
{
    bool asked = json_is_true(json_object_get(field, "required")) &&
                 !json_object_get(field, "ask") && !json_object_get(field, "default");
    return asked && !json_object_get(values, json_string_value(json_object_get(field, "name")));
}

static void ask_for(const json_t *field, json_t *values)
{
    buf_t text;
    str_t name = json_member(field, "name");
    str_t title = json_member(field, "title");
    str_t description = json_member(field, "description");
    buf_init_wiping(&text, VALUE_MAX);
    if (description.n) {
        print_text(description, TONE_PLAIN, false);
        fputs("\n", stdout);
        fflush(stdout);
    }
    if (ask_person(title.n ? title : name, json_is_true(json_object_get(field, "secret")), &text)) {
        json_object_setn_new(values, name.p, name.n, value_typed(field, buf_view(&text)));
    }
    buf_fini(&text);
}

static void ask_for_missing(const run_t *r, const json_t *connector, const json_t *fields,
                            json_t *values)
{
    bool guided = false;
    if (r->json || !isatty(STDIN_FILENO)) {
        return;
    }
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        if (!is_missing(field, values)) {
            continue;
        }
        if (!guided) {
            print_guides(
                r, connector,
                field_named(json_object_get(connector, "auths"), args_value(r->args, "auth")));
            guided = true;
        }
        ask_for(field, values);
    }
}

/* --- the command --- */

static json_t *read_values(const run_t *r, const json_t *connector, err_t *err)
{
    json_t *fields = fields_of(connector, args_value(r->args, "auth"));
    json_t *values = values_of_words(r, 1, fields, err);
    if (values) {
        ask_for_missing(r, connector, fields, values);
    }
    json_decref(fields);
    return values;
}

static json_t *build_input(const run_t *r, json_t *values)
{
    static const char *const texts[] = {"name", "auth", "title"};
    json_t *input = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        str_t text = args_value(r->args, texts[i]);
        if (text.p) {
            json_object_set_new(input, texts[i], json_str(text));
        }
    }
    json_object_set_new(input, "connector", json_str(r->args->words[0]));
    json_object_set_new(input, "parameters", values);
    return input;
}

static int connect_to(run_t *r, client_t *c, err_t *err)
{
    json_t *connector = NULL;
    json_t *connection = NULL;
    str_t path = client_path_in(r->arena, "/v1/connectors/", r->args->words[0], "");
    json_t *values =
        client_ask(c, "GET", path, NULL, &connector, err) ? read_values(r, connector, err) : NULL;
    if (values &&
        client_ask(c, "POST", STR("/v1/connections"), build_input(r, values), &connection, err)) {
        print_connection(r, connection);
    }
    json_decref(connection);
    json_decref(connector);
    return EXIT_OK;
}

static int run(run_t *r)
{
    if (r->args->word_count < 1 || !args_value(r->args, "name").p) {
        return command_usage("tenon connect CONNECTOR --name NAME [--auth NAME] [param=value]...");
    }
    return talk_with_host(r, connect_to);
}

static const flag_t FLAGS[] = {{"name", true}, {"auth", true}, {"title", true}, {"json", false}};

const command_t COMMAND_CONNECT = {
    .name = "connect",
    .usage = "CONNECTOR --name NAME [--auth NAME] [--title TEXT] [param=value]...",
    .summary = "Makes a connection: a connector filled in",
    .detail = "A value may come from a file (param=@FILE), the environment (param=env:NAME), or a "
              "prompt or standard\n"
              "input (param=-); a secret only in these ways. On a terminal, what is missing is "
              "asked for.\n",
    FLAGS_OF(FLAGS),
    .run = run,
};
