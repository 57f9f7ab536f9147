/* SPDX-License-Identifier: MIT */
#include "app/talk.h"

#include <stdio.h>

#include "app/output.h"
#include "app/value.h"
#include "codec/json.h"

static int talk_by(run_t *r, client_t *c, talk_t *talk, err_t *err)
{
    int status = c ? talk(r, c, err) : EXIT_PROBLEM;
    if (err_is_set(err)) {
        status = command_fail(err);
    }
    client_close(c);
    err_fini(err);
    return status;
}

int talk_with_host(run_t *r, talk_t *talk)
{
    err_t err = ERR_INIT;
    client_t *c = client_open(r->config, &err);
    return talk_by(r, c, talk, &err);
}

int talk_with_running_host(run_t *r, talk_t *talk)
{
    err_t err = ERR_INIT;
    client_t *c = client_open_running(r->config, &err);
    return talk_by(r, c, talk, &err);
}

static void print_member(const char *before, const json_t *object, const char *member)
{
    str_t text = json_member(object, member);
    if (text.n) {
        fputs(before, stdout);
        print_text(text, TONE_PLAIN, false);
    }
}

void print_connection(const run_t *r, const json_t *connection)
{
    if (r->json) {
        print_json(connection);
        return;
    }
    str_t state = json_member(connection, "state");
    const json_t *reason = json_object_get(connection, "reason");
    print_text(json_member(connection, "name"), TONE_STRONG, r->colour);
    fputs(": ", stdout);
    print_text(state, tone_of_state(state), r->colour);
    print_member(" - ", reason, "detail");
    print_member(" - ", reason, "error_description");
    fputs("\n", stdout);
}

void add_list_of_flag(const run_t *r, const char *flag, json_t *input, const char *member)
{
    str_t value;
    json_t *list = json_array();
    for (size_t at = 0; args_next(r->args, flag, &at, &value);) {
        json_array_append_new(list, json_str(value));
    }
    json_add_filled(input, member, list);
}

json_t *fields_of(const json_t *connector, str_t auth)
{
    json_t *fields = json_copy(json_object_get(connector, "parameters"));
    const json_t *auths = json_object_get(connector, "auths");
    const json_t *chosen = auth.p ? field_named(auths, auth) : NULL;
    if (!auth.p && json_array_size(auths) == 1) {
        chosen = json_array_get(auths, 0);
    }
    fields = fields ? fields : json_array();
    json_array_extend(fields, json_object_get(chosen, "parameters"));
    return fields;
}

json_t *values_of_words(const run_t *r, size_t from, const json_t *fields, err_t *err)
{
    json_t *values = json_object();
    for (size_t i = from; i < r->args->word_count; i++) {
        word_value_t word;
        json_t *value = word_split(r->args->words[i], &word, err)
                            ? value_of_word(&word, field_named(fields, word.name), err)
                            : NULL;
        if (!value) {
            json_decref(values);
            return NULL;
        }
        json_object_setn_new(values, word.name.p, word.name.n, value);
    }
    return values;
}
