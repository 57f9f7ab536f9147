/* SPDX-License-Identifier: MIT */
/* `tenon call`: one action of a connection, from its fields on the command line to the answer as it
 * came. */
#include <stdio.h>
#include <unistd.h>

#include "app/call_request.h"
#include "app/output.h"
#include "app/talk.h"
#include "codec/form.h"
#include "codec/json.h"

static void write_answer(const upstream_answer_t *answer)
{
    err_t ignored = ERR_INIT;
    str_t type = message_header_get(answer->headers, answer->header_count, "Content-Type");
    json_t *tree = isatty(STDOUT_FILENO) && media_type_is_json(type)
                       ? json_read(answer->body, NULL, &ignored)
                       : NULL;
    if (tree) {
        print_json(tree);
    } else {
        print_bytes(answer->body);
        if (isatty(STDOUT_FILENO) && answer->body.n && answer->body.p[answer->body.n - 1] != '\n') {
            fputs("\n", stdout);
        }
    }
    err_fini(&ignored);
    json_decref(tree);
}

/* Tenon's own refusals are errors of this command; the service's answers are printed, whatever
 * their status. */
static int tell(const upstream_answer_t *answer, err_t *err)
{
    if (message_header_get(answer->headers, answer->header_count, "Tenon-Error").p) {
        client_read_problem(answer, err);
        return EXIT_PROBLEM;
    }
    write_answer(answer);
    if (answer->status < 400) {
        return EXIT_OK;
    }
    fprintf(stderr, "tenon: the service answered %d\n", answer->status);
    return EXIT_PROBLEM;
}

static const json_t *find_action(const json_t *connector, str_t name, err_t *err)
{
    const json_t *actions = json_object_get(connector, "actions");
    size_t count = json_array_size(actions);
    arena_t *arena = arena_new(0);
    str_t *names = arena_array_of(arena, str_t, count + 1);
    const json_t *found = NULL;
    for (size_t i = 0; i < count; i++) {
        names[i] = json_member(json_array_get(actions, i), "name");
        if (str_eq_nocase(names[i], name)) {
            found = json_array_get(actions, i);
        }
    }
    str_t nearest = nearest_name(name, names, count);
    if (!found) {
        (void)err_set(err, ERR_not_found, "there is no action `%.*s`%s%.*s%s", STR_ARG(name),
                      nearest.p ? "; did you mean `" : "", STR_ARG(nearest), nearest.p ? "`?" : "");
    }
    arena_free(arena);
    return found;
}

static bool look_up(run_t *r, client_t *c, json_t **connection, json_t **connector, err_t *err)
{
    str_t path = client_path_in(r->arena, "/v1/connections/", r->args->words[0], "");
    if (!client_ask(c, "GET", path, NULL, connection, err)) {
        return false;
    }
    path = client_path_in(r->arena, "/v1/connectors/", json_member(*connection, "connector"), "");
    return client_ask(c, "GET", path, NULL, connector, err);
}

static int send_call(run_t *r, client_t *c, const json_t *connector, const json_t *action,
                     err_t *err)
{
    call_words_t words = {.connector = json_member(connector, "id"),
                          .connection = r->args->words[0],
                          .action = action,
                          .words = r->args->words + 2,
                          .word_count = r->args->word_count - 2,
                          .body = args_value(r->args, "json")};
    upstream_request_t request;
    upstream_answer_t answer;
    if (!call_request_in(r->arena, &words, &request, err)) {
        return EXIT_PROBLEM;
    }
    show_progress("calling");
    bool answered = client_send(c, &request, &answer, err);
    show_progress(NULL);
    return answered ? tell(&answer, err) : EXIT_PROBLEM;
}

static int call(run_t *r, client_t *c, err_t *err)
{
    json_t *connection = NULL;
    json_t *connector = NULL;
    int status = EXIT_PROBLEM;
    if (look_up(r, c, &connection, &connector, err)) {
        const json_t *action = find_action(connector, r->args->words[1], err);
        status = action ? send_call(r, c, connector, action, err) : EXIT_PROBLEM;
    }
    json_decref(connection);
    json_decref(connector);
    return status;
}

static const usage_t USAGES[] = {{.words = "CONNECTION ACTION [field=value]... [--json BODY]",
                                  .least = 2,
                                  .most = WORDS_ANY,
                                  .talk = call}};
static const flag_t FLAGS[] = {
    {"json", "BODY", "The body's members as JSON; @FILE: from a file; -: from standard input.",
     NULL}};
static const example_t EXAMPLES[] = {
    {"call mine Say text=hello", "an action with one field"},
    {"call acme GetAccessToken", "the connection's token"},
    {"call acme AddPerson --json @person.json", "the whole body from a file"},
};

const command_t COMMAND_CALL = {
    .name = "call",
    .group = GROUP_CONNECTIONS,
    .summary = "Calls an action of a connection",
    .detail = "The answer is printed as it comes, on a terminal with its JSON indented. The exit "
              "status is 1 where the host refused, or the service answered 400 or more.\n"
              "A list is written with commas, or as JSON. A value may come from a file "
              "(field=@FILE), the environment (field=env:VARIABLE), or a "
              "prompt or standard input (field=-); a secret only in these ways.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
