/* SPDX-License-Identifier: MIT */
/* `tenon set`: the parameters that an admin gives once for all connections of a connector. */
#include <stdio.h>

#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"

/* Those of every auth, since one may stand in several. */
static json_t *admin_fields(const json_t *connector)
{
    json_t *fields = json_copy(json_object_get(connector, "parameters"));
    const json_t *auths = json_object_get(connector, "auths");
    fields = fields ? fields : json_array();
    for (size_t i = 0; i < json_array_size(auths); i++) {
        json_array_extend(fields, json_object_get(json_array_get(auths, i), "parameters"));
    }
    return fields;
}

static bool send_values(run_t *r, client_t *c, str_t path, json_t **shown, err_t *err)
{
    json_t *connector = NULL;
    str_t at = client_path_in(r->arena, "/v1/connectors/", r->args->words[0], "");
    if (!client_ask(c, "GET", at, NULL, &connector, err)) {
        return false;
    }
    json_t *fields = admin_fields(connector);
    json_t *values = values_of_words(r, 1, fields, err);
    json_decref(fields);
    json_decref(connector);
    return values &&
           client_ask(c, "PUT", path, json_pack("{s:o}", "parameters", values), shown, err);
}

static void print_values(const run_t *r, const json_t *shown)
{
    static const char *const headings[] = {"PARAMETER", "VALUE"};
    const char *name;
    json_t *value;
    table_t t;
    table_init(&t, r->arena, headings, 2);
    json_object_foreach(json_object_get(shown, "parameters"), name, value)
    {
        buf_t text;
        buf_init(&text, 64 * 1024);
        json_write(&text, value);
        str_t set = json_is_true(json_object_get(value, "set")) ? STR("(set)") : STR("(not set)");
        table_add(&t, str_of(name), TONE_PLAIN);
        table_add(&t,
                  json_is_object(value)   ? set
                  : json_is_string(value) ? json_view(value)
                                          : buf_view(&text),
                  TONE_PLAIN);
        buf_fini(&text);
    }
    table_print(&t, r->colour);
}

static int set(run_t *r, client_t *c, err_t *err)
{
    json_t *shown = NULL;
    str_t path = client_path_in(r->arena, "/v1/connectors/", r->args->words[0], "/parameters");
    bool ok = r->args->word_count > 1 ? send_values(r, c, path, &shown, err)
                                      : client_ask(c, "GET", path, NULL, &shown, err);
    if (ok && r->json) {
        print_json(shown);
    } else if (ok) {
        print_values(r, shown);
    }
    json_decref(shown);
    return EXIT_OK;
}

static const usage_t USAGES[] = {
    {.words = "CONNECTOR [name=value]... [--json]", .least = 1, .most = WORDS_ANY, .talk = set}};
static const flag_t FLAGS[] = {FLAG_JSON};
static const example_t EXAMPLES[] = {
    {"set ukg-pro-wfm", "what is set, secrets only as whether they are"},
    {"set calendar client_id=my-app client_secret=@secret.txt",
     "an OAuth application that all connections use"},
};

const command_t COMMAND_SET = {
    .name = "set",
    .group = GROUP_HOST,
    .summary = "Sets what an admin gives once for all connections of a connector",
    .detail = "These are the parameters that a definition marks `ask: admin`. Without values it "
              "shows them.\n"
              "A secret comes from a file (name=@FILE), the environment (name=env:VARIABLE), or a "
              "prompt or standard input (name=-).",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
