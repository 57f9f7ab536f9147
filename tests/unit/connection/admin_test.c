/* SPDX-License-Identifier: MIT */
/* Administration: connections and keys made, shown, changed, removed; parameters of the host; what
 * is refused, and where the fault stands. */
#include "connection/rig.h"

typedef struct refusal_row {
    admin_verb_t verb;
    const char *input;
    err_code_t code;
    const char *pointers; /* NULL: not looked at */
} refusal_row_t;

#define OF_ACME "\"connector\":\"acme\",\"auth\":\"user\""
static const refusal_row_t REFUSED[] = {
    {ADMIN_CONNECTION_CREATE, "{" OF_ACME "}", ERR_param_missing, "/name "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"-\"," OF_ACME "}", ERR_param_pattern, "/name "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"*\"," OF_ACME "}", ERR_param_pattern, "/name "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"Acme\"," OF_ACME "}", ERR_param_pattern, "/name "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"a/b\"," OF_ACME "}", ERR_param_pattern, "/name "},
    {ADMIN_CONNECTION_CREATE,
     "{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"," OF_ACME "}",
     ERR_param_pattern, "/name "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"x\"}", ERR_param_missing, "/connector "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"x\",\"connector\":\"none\"}", ERR_param_value,
     "/connector "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"x\",\"connector\":\"acme\"}", ERR_param_missing,
     "/auth "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"x\",\"connector\":\"acme\",\"auth\":\"none\"}",
     ERR_param_value, "/auth "},
    {ADMIN_CONNECTION_CREATE, "{\"name\":\"x\"," OF_ACME "}", ERR_param_missing,
     "/parameters/username /parameters/password "},
    {ADMIN_CONNECTION_CREATE,
     "{\"name\":\"x\"," OF_ACME
     ",\"parameters\":{\"username\":\"u\",\"password\":\"CANARY\",\"usernam\":\"u\"}}",
     ERR_param_unknown, "/parameters/usernam "},
    {ADMIN_CONNECTION_CREATE,
     "{\"name\":\"x\"," OF_ACME ",\"parameters\":{\"username\":\"u\",\"password\":7}}",
     ERR_param_type, "/parameters/password "},
    {ADMIN_CONNECTION_CREATE,
     "{\"name\":\"x\",\"connector\":\"hosted\",\"parameters\":{\"tenant\":\"t\",\"client_id\":"
     "\"mine\"}}",
     ERR_param_unknown, "/parameters/client_id "},
    {ADMIN_CONNECTION_SHOW, "{\"name\":\"none\"}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_SHOW, "{\"name\":\"\"}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_SHOW, "{}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_CHANGE, "{\"name\":\"none\",\"title\":\"t\"}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_REMOVE, "{\"name\":\"none\"}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_REMOVE, "{}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_RESET, "{\"name\":\"none\"}", ERR_not_found, NULL},
    {ADMIN_CONNECTION_RESET,
     "{\"name\":"
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaa\"}",
     ERR_not_found, NULL},
    {ADMIN_KEY_ADD, "{}", ERR_param_missing, "/role "},
    {ADMIN_KEY_ADD, "{\"role\":\"root\"}", ERR_param_value, "/role "},
    {ADMIN_KEY_ADD, "{\"role\":\"admin\",\"connections\":[\"x\"]}", ERR_param_value, NULL},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"connections\":[\"none\"]}", ERR_param_value,
     "/connections "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"connections\":[7]}", ERR_param_value, "/connections "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"connections\":\"x\"}", ERR_param_type, "/connections "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"rights\":[\"all\"]}", ERR_param_value, "/rights "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"rights\":\"token\"}", ERR_param_type, "/rights "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"expires_in\":0}", ERR_param_range, "/expires_in "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"expires_in\":\"1\"}", ERR_param_range, "/expires_in "},
    {ADMIN_KEY_ADD, "{\"role\":\"caller\",\"expires_in\":9223372036854775807}", ERR_param_range,
     "/expires_in "},
    {ADMIN_KEY_REVOKE, "{\"id\":\"none\"}", ERR_not_found, NULL},
    {ADMIN_KEY_REVOKE, "{}", ERR_not_found, NULL},
    {ADMIN_PARAMETERS_SHOW, "{\"connector\":\"none\"}", ERR_not_found, NULL},
    {ADMIN_PARAMETERS_SET, "{\"connector\":\"none\",\"parameters\":{}}", ERR_not_found, NULL},
    {ADMIN_PARAMETERS_SET, "{\"connector\":\"hosted\",\"parameters\":{\"tenant\":\"t\"}}",
     ERR_param_unknown, "/parameters/tenant "},
    {ADMIN_PARAMETERS_SET,
     "{\"connector\":\"hosted\",\"parameters\":{\"client_id\":\"i\",\"none\":\"t\"}}",
     ERR_param_unknown, "/parameters/none "},
    {ADMIN_PARAMETERS_SET, "{\"connector\":\"hosted\",\"parameters\":{\"client_id\":7}}",
     ERR_param_type, "/parameters/client_id "},
};

static void faults_are_told_with_their_place(void **state)
{
    control_t *c = *state;
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        const refusal_row_t *row = &REFUSED[i];
        told_t t = admin(c, row->verb, read_text(row->input));
        if (t.err.code != row->code || (row->pointers && strcmp(row->pointers, t.pointers) != 0)) {
            fail_msg("row %zu: %s: %s at %s", i, err_code_name(t.err.code), t.err.text, t.pointers);
        }
        assert_null(t.output);
    }
    json_t *list = admin_ok(c, ADMIN_CONNECTION_LIST, json_object());
    assert_int_equal(json_array_size(json_object_get(list, "connections")), 0);
    json_decref(list);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void assert_time(const json_t *shown, const char *name)
{
    const char *text = text_of(shown, name);
    assert_non_null(text);
    assert_int_equal(strlen(text), sizeof "2026-11-22T03:31:07Z" - 1);
    assert_int_equal(text[19], 'Z');
}

static void a_connection_is_made_and_shown(void **state)
{
    control_t *c = *state;
    json_t *made = admin_ok(c, ADMIN_CONNECTION_CREATE,
                            read_text("{\"name\":\"x\"," OF_ACME
                                      ",\"title\":\"X\",\"parameters\":{\"username\":\"u\","
                                      "\"password\":\"CANARY-right\"}}"));
    assert_string_equal(text_of(made, "name"), "x");
    assert_string_equal(text_of(made, "connector"), "acme");
    assert_string_equal(text_of(made, "auth"), "user");
    assert_string_equal(text_of(made, "title"), "X");
    assert_string_equal(text_of(made, "state"), "ready");
    assert_time(made, "created_at");
    assert_time(made, "changed_at");
    const json_t *parameters = json_object_get(made, "parameters");
    assert_string_equal(text_of(parameters, "username"), "u");
    assert_true(json_is_true(json_object_get(json_object_get(parameters, "password"), "set")));
    json_t *shown = admin_ok(c, ADMIN_CONNECTION_SHOW, named("x"));
    assert_true(json_equal(made, shown));
    json_decref(shown);
    control_restart(c);
    shown = admin_ok(c, ADMIN_CONNECTION_SHOW, named("x"));
    assert_true(json_equal(made, shown));
    json_decref(shown);
    json_decref(made);
    admin_fails(c, ADMIN_CONNECTION_CREATE,
                read_text("{\"name\":\"x\"," OF_ACME
                          ",\"parameters\":{\"username\":\"u\",\"password\":\"CANARY\"}}"),
                ERR_connection_exists, NULL);
    assert_int_equal(requests(c), 0);
}

/* --- lists --- */

static void collect(const json_t *list, const char *of, const char *member, char names[256])
{
    const json_t *items = json_object_get(list, of);
    names[0] = '\0';
    for (size_t i = 0; i < json_array_size(items); i++) {
        strcat(strcat(names, text_of(json_array_get(items, i), member)), " ");
    }
}

static void assert_list(control_t *c, const char *input, const char *names, const char *next)
{
    char seen[256];
    json_t *list = admin_ok(c, ADMIN_CONNECTION_LIST, read_text(input));
    collect(list, "connections", "name", seen);
    assert_string_equal(seen, names);
    if (next) {
        assert_string_equal(text_of(list, "next"), next);
    } else {
        assert_null(json_object_get(list, "next"));
    }
    json_decref(list);
}

static void lists_come_in_pages(void **state)
{
    control_t *c = *state;
    static const char *const NAMES[] = {"b", "a", "d", "c"};
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        connect_user(c, NAMES[i], "CANARY-right");
    }
    for (int round = 0; round < 2; round++) {
        assert_list(c, "{}", "a b c d ", NULL);
        assert_list(c, "{\"limit\":2}", "a b ", "b");
        assert_list(c, "{\"limit\":2,\"after\":\"b\"}", "c d ", NULL);
        assert_list(c, "{\"limit\":3}", "a b c ", "c");
        assert_list(c, "{\"limit\":4}", "a b c d ", NULL);
        assert_list(c, "{\"limit\":2,\"after\":\"d\"}", "", NULL);
        assert_list(c, "{\"connector\":\"acme\"}", "a b c d ", NULL);
        assert_list(c, "{\"connector\":\"hosted\"}", "", NULL);
        assert_list(c, "{\"names\":[\"d\",\"none\",\"a\"]}", "d a ", NULL);
        assert_list(c, "{\"names\":[]}", "", NULL);
        control_restart(c); /* from the store instead of memory */
    }
}

static void a_record_that_does_not_open_can_be_seen_and_removed(void **state)
{
    control_t *c = *state;
    answer_t a = {.count = 0};
    connect_user(c, "a", "CANARY-right");
    write_now(c->store, change_put("connection", "broken", 1, "{}"), &a);
    assert_true(a.ok);
    answer_fini(&a);
    json_t *list = admin_ok(c, ADMIN_CONNECTION_LIST, json_object());
    const json_t *shown = json_array_get(json_object_get(list, "connections"), 1);
    assert_string_equal(text_of(shown, "name"), "broken");
    assert_string_equal(text_of(json_object_get(shown, "reason"), "code"), "store_record_corrupt");
    json_decref(list);
    admin_fails(c, ADMIN_CONNECTION_SHOW, named("broken"), ERR_store_record_corrupt, NULL);
    ask(c, "a");
    remove_one(c, "broken");
    assert_list(c, "{}", "a ", NULL);
}

/* --- change --- */

static void a_title_is_no_question_of_values(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-wrong");
    ask_in_vain(c, "a");
    json_t *shown =
        admin_ok(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"title\":\"New\"}"));
    assert_string_equal(text_of(shown, "title"), "New");
    assert_string_equal(text_of(shown, "state"), "rejected"); /* which forgives nothing */
    json_decref(shown);
    ask_in_vain(c, "a");
    assert_int_equal(requests(c), 1);
}

static json_t *change_of(const char *parameters)
{
    return json_pack("{s:s, s:o, s:b}", "name", "a", "parameters", read_text(parameters), "verify",
                     0);
}

/* DESIGN 7: a parameter that reaches a URL takes the secrets with it. */
static void who_moves_brings_the_secrets(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    admin_fails(c, ADMIN_CONNECTION_CHANGE, change_of("{\"region\":\"us\"}"), ERR_secret_required,
                "/parameters/password ");
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE,
                         change_of("{\"region\":\"eu\"}"))); /* as it is by default */
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, change_of("{\"username\":\"v\"}")));
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE,
                         change_of("{\"region\":\"us\",\"password\":\"CANARY-right-too\"}")));
    ask(c, "a");
    assert_non_null(strstr(server_last(&c->server), "POST /token/us"));
    admin_fails(c, ADMIN_CONNECTION_CHANGE, change_of("{\"region\":null}"), ERR_secret_required,
                "/parameters/password ");
    admin_fails(c, ADMIN_CONNECTION_CHANGE, change_of("{\"region\":\"eu\",\"password\":null}"),
                ERR_param_missing, "/parameters/password ");
    json_t *shown = admin_ok(c, ADMIN_CONNECTION_SHOW, named("a"));
    assert_string_equal(text_of(json_object_get(shown, "parameters"), "region"), "us");
    assert_string_equal(text_of(json_object_get(shown, "parameters"), "username"), "v");
    json_decref(shown);
}

static void another_way_to_sign_in_takes_no_secret_along(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    admin_fails(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"auth\":\"client\"}"),
                ERR_param_missing, "/parameters/client_id /parameters/client_secret ");
    json_t *shown = admin_ok(
        c, ADMIN_CONNECTION_CHANGE,
        read_text("{\"name\":\"a\",\"auth\":\"client\",\"parameters\":{\"client_id\":\"i\","
                  "\"client_secret\":\"CANARY-right\"}}"));
    assert_string_equal(text_of(shown, "auth"), "client");
    const json_t *parameters = json_object_get(shown, "parameters");
    assert_int_equal(json_object_size(parameters), 2);
    assert_string_equal(text_of(parameters, "client_id"), "i");
    json_decref(shown);
    ask(c, "a");
    assert_int_equal(requests(c), 1); /* the attempt of the change brought the token */
    admin_fails(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"auth\":\"none\"}"),
                ERR_param_value, "/auth ");
}

static void values_can_be_taken_away(void **state)
{
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    json_decref(admin_ok(c, ADMIN_CONNECTION_CHANGE, change_of("{\"note\":\"n\"}")));
    json_t *shown = admin_ok(c, ADMIN_CONNECTION_CHANGE, change_of("{\"note\":null}"));
    assert_null(json_object_get(json_object_get(shown, "parameters"), "note"));
    json_decref(shown);
    admin_fails(c, ADMIN_CONNECTION_CHANGE, change_of("{\"username\":null}"), ERR_param_missing,
                "/parameters/username ");
}

/* --- keys --- */

static void on_key_found(void *context, caller_key_t *key, const err_t *err)
{
    found_t *f = context;
    f->done = true;
    f->err = *err;
    f->connection = (connection_t *)(void *)key;
}

static caller_key_t *find_key(control_t *c, const char *id)
{
    found_t f = {.done = false};
    manager_find_key(c->manager, str_of(id), on_key_found, &f);
    control_wait(c, &f.done);
    assert_false(err_is_set(&f.err));
    return (caller_key_t *)(void *)f.connection;
}

static void keys_are_made_and_revoked(void **state)
{
    control_t *c = *state;
    char ids[256], id[16];
    unsigned char digest[HASH_BYTES_MAX];
    connect_user(c, "a", "CANARY-right");
    json_t *made =
        admin_ok(c, ADMIN_KEY_ADD,
                 read_text("{\"role\":\"caller\",\"connections\":[\"a\"],\"rights\":[\"token\"],"
                           "\"expires_in\":3600}"));
    const char *text = text_of(made, "key");
    assert_int_equal(strncmp(text, "tnk_", 4), 0);
    assert_time(made, "created_at");
    assert_time(made, "expires_at");
    assert_null(json_object_get(made, "digest"));
    snprintf(id, sizeof id, "%s", text_of(made, "id"));
    hash_bytes(HASH_SHA256, str_of(text), digest);
    control_restart(c);
    caller_key_t *key = find_key(c, id);
    assert_non_null(key);
    assert_memory_equal(key->digest, digest, sizeof key->digest);
    assert_true(caller_key_may_call(key, STR("a")));
    assert_false(caller_key_may_call(key, STR("b")));
    assert_true(caller_key_has(key, KEY_RIGHT_TOKEN));
    assert_in_range(key->expires_wall_ms, clock_wall_ms() + 3500000, clock_wall_ms() + 3600000);
    caller_key_unref(key);
    json_decref(made);

    json_t *list = admin_ok(c, ADMIN_KEY_LIST, json_object());
    collect(list, "keys", "id", ids);
    assert_int_equal(strncmp(ids, id, strlen(id)), 0);
    const json_t *shown = json_array_get(json_object_get(list, "keys"), 0);
    assert_null(json_object_get(shown, "digest"));
    assert_null(json_object_get(shown, "key"));
    assert_time(shown, "expires_at");
    json_t *alone = admin_ok(c, ADMIN_KEY_SHOW, json_pack("{s:s}", "id", id));
    assert_true(json_equal(alone, shown));
    json_decref(alone);
    json_decref(list);

    unsigned before = c->changes, before_other = atomic_load(&c->other.changes);
    admin_fails(c, ADMIN_KEY_SHOW, json_pack("{s:s}", "id", "zzz"), ERR_not_found, NULL);
    assert_null(admin_ok(c, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", id)));
    assert_int_equal(c->changes, before + 1); /* told to all before the answer */
    assert_int_equal(atomic_load(&c->other.changes), before_other + 1);
    assert_null(find_key(c, id));
    assert_null(find_key(c, "none"));
    admin_fails(c, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", id), ERR_not_found, NULL);
    assert_true(manager_admin_key(c->manager)->is_admin);
}

/* --- parameters of the host --- */

static json_t *host_parameters(const char *text)
{
    return json_pack("{s:s, s:o}", "connector", "hosted", "parameters", read_text(text));
}

static void parameters_of_the_host_are_shown_without_secrets(void **state)
{
    control_t *c = *state;
    for (int round = 0; round < 2; round++) {
        json_t *shown =
            round ? admin_ok(c, ADMIN_PARAMETERS_SHOW, json_pack("{s:s}", "connector", "hosted"))
                  : admin_ok(c, ADMIN_PARAMETERS_SET,
                             host_parameters(
                                 "{\"client_id\":\"i\",\"client_secret\":\"CANARY-right\"}"));
        const json_t *parameters = json_object_get(shown, "parameters");
        assert_string_equal(text_of(parameters, "client_id"), "i");
        assert_true(
            json_is_true(json_object_get(json_object_get(parameters, "client_secret"), "set")));
        assert_true(json_is_false(json_object_get(json_object_get(parameters, "area"), "set")));
        assert_int_equal(json_object_size(parameters), 3);
        json_decref(shown);
        control_restart(c);
    }
    json_t *shown = admin_ok(c, ADMIN_PARAMETERS_SET, host_parameters("{\"client_id\":null}"));
    assert_true(json_is_false(json_object_get(
        json_object_get(json_object_get(shown, "parameters"), "client_id"), "set")));
    json_decref(shown);
}

static void secrets_of_the_host_do_not_move_unasked(void **state)
{
    control_t *c = *state;
    json_decref(
        admin_ok(c, ADMIN_PARAMETERS_SET,
                 host_parameters(
                     "{\"client_id\":\"i\",\"client_secret\":\"CANARY-right\",\"area\":\"eu\"}")));
    admin_fails(c, ADMIN_PARAMETERS_SET, host_parameters("{\"area\":\"us\"}"), ERR_secret_required,
                "/parameters/client_secret ");
    json_decref(admin_ok(c, ADMIN_PARAMETERS_SET, host_parameters("{\"area\":\"eu\"}")));
    json_decref(admin_ok(c, ADMIN_PARAMETERS_SET,
                         host_parameters("{\"area\":\"us\",\"client_secret\":\"CANARY-right\"}")));
}

static void settings_at_once_lose_none(void **state)
{
    control_t *c = *state;
    told_t told[3];
    static const char *const SETTINGS[] = {
        "{\"client_id\":\"i\"}", "{\"client_secret\":\"CANARY-right\"}", "{\"client_id\":\"j\"}"};
    for (size_t i = 0; i < COUNT(told); i++) {
        admin_begin(c, ADMIN_PARAMETERS_SET, host_parameters(SETTINGS[i]), &told[i]);
    }
    for (size_t i = 0; i < COUNT(told); i++) {
        control_wait(c, &told[i].done);
        assert_false(err_is_set(&told[i].err));
        json_decref(told[i].output);
    }
    json_t *shown = admin_ok(c, ADMIN_PARAMETERS_SHOW, json_pack("{s:s}", "connector", "hosted"));
    const json_t *parameters = json_object_get(shown, "parameters");
    assert_string_equal(text_of(parameters, "client_id"), "j");
    assert_true(json_is_true(json_object_get(json_object_get(parameters, "client_secret"), "set")));
    json_decref(shown);
}

/* --- the trail --- */

/* --- the audit trail --- */

typedef struct trail_page {
    bool done;
    json_t *lines;
} trail_page_t;

static void on_trail(void *context, json_t *report)
{
    trail_page_t *page = context;
    *page = (trail_page_t){true, json_incref(json_object_get(report, "lines"))};
}

/* First what was done, then what was refused. */
static json_t *trail_lines(control_t *c)
{
    const audit_query_t all = {.limit = 1000};
    trail_page_t page = {.done = false};
    audit_list(manager_audit(c->manager), &all, on_trail, &page);
    control_wait(c, &page.done);
    json_t *sorted = json_array();
    for (int refused = 0; refused < 2; refused++) {
        for (size_t i = 0; i < json_array_size(page.lines); i++) {
            json_t *line = json_array_get(page.lines, i);
            if (str_is(json_member(line, "outcome"), "refused") == refused) {
                json_array_append(sorted, line);
            }
        }
    }
    json_decref(page.lines);
    return sorted;
}

static void every_change_is_recorded(void **state)
{
    static const struct {
        const char *what, *object, *outcome;
    } ROWS[] = {
        {"audit.started", NULL, "done"},
        {"connection.created", "a", "done"},
        {"connection.changed", "a", "done"},
        {"connection.reset", "a", "done"},
        {"key.created", NULL, "done"},
        {"key.revoked", NULL, "done"},
        {"parameters.changed", "hosted", "done"},
        {"connection.removed", "a", "done"},
        {"connection.created", "a", "refused"},
        {"connection.removed", "a", "refused"}, /* the last */
    };
    control_t *c = *state;
    connect_user(c, "a", "CANARY-right");
    json_decref(
        admin_ok(c, ADMIN_CONNECTION_CHANGE, read_text("{\"name\":\"a\",\"title\":\"t\"}")));
    told_t twice =
        admin(c, ADMIN_CONNECTION_CREATE,
              read_text("{\"name\":\"a\"," OF_ACME
                        ",\"parameters\":{\"username\":\"u\",\"password\":\"CANARY-other\"}}"));
    assert_int_equal(twice.err.code, ERR_connection_exists);
    json_decref(admin_ok(c, ADMIN_CONNECTION_RESET, named("a")));
    json_t *key = admin_ok(c, ADMIN_KEY_ADD, read_text("{\"role\":\"admin\"}"));
    assert_null(admin_ok(c, ADMIN_KEY_REVOKE, json_pack("{s:s}", "id", text_of(key, "id"))));
    json_decref(key);
    json_decref(admin_ok(c, ADMIN_PARAMETERS_SET, host_parameters("{\"client_id\":\"i\"}")));
    remove_one(c, "a");
    told_t gone = admin(c, ADMIN_CONNECTION_REMOVE, named("a"));
    assert_int_equal(gone.err.code, ERR_not_found);
    json_t *lines = trail_lines(c);
    assert_int_equal(json_array_size(lines), sizeof ROWS / sizeof *ROWS);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const json_t *line = json_array_get(lines, i);
        assert_string_equal(text_of(line, "what"), ROWS[i].what);
        assert_string_equal(text_of(line, "outcome"), ROWS[i].outcome);
        if (ROWS[i].object) {
            assert_string_equal(text_of(line, "object"), ROWS[i].object);
        }
        assert_string_equal(text_of(line, "actor"), i ? "key" : "host");
        if (i) {
            assert_string_equal(text_of(line, "key"), "tester");
        }
    }
    json_decref(lines);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, control_start, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(faults_are_told_with_their_place),
        CASE(a_connection_is_made_and_shown),
        CASE(lists_come_in_pages),
        CASE(a_record_that_does_not_open_can_be_seen_and_removed),
        CASE(a_title_is_no_question_of_values),
        CASE(who_moves_brings_the_secrets),
        CASE(another_way_to_sign_in_takes_no_secret_along),
        CASE(values_can_be_taken_away),
        CASE(keys_are_made_and_revoked),
        CASE(parameters_of_the_host_are_shown_without_secrets),
        CASE(secrets_of_the_host_do_not_move_unasked),
        CASE(settings_at_once_lose_none),
        CASE(every_change_is_recorded),
    };
    return cmocka_run_group_tests(tests, log_begin, log_end);
}
