/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "definition/routes.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* --- connectors by hand --- */

typedef struct action_row {
    const char *name;
    const char *method;
    const char *path; /* `{x}` is a variable */
} action_row_t;

static void set_path(arena_t *arena, action_t *action, const char *path)
{
    path_piece_t *pieces = arena_array_of(arena, path_piece_t, strlen(path) + 1);
    str_t rest = str_of(path);
    action->path = rest;
    action->pieces = pieces;
    while (rest.n > 0) {
        str_t text = str_cut(&rest, '{');
        if (text.n > 0) {
            pieces[action->piece_count++].text = text;
        }
        if (rest.p) {
            field_t *field = arena_new_of(arena, field_t);
            field->name = str_cut(&rest, '}');
            pieces[action->piece_count++].field = field;
        }
    }
}

static connector_t *connector_of(const action_row_t *rows, size_t count)
{
    arena_t *arena = arena_new(0);
    connector_t *c = arena_new_of(arena, connector_t);
    action_t *actions = arena_array_of(arena, action_t, count);
    c->arena = arena;
    for (size_t i = 0; i < count; i++) {
        actions[i].name = str_of(rows[i].name);
        actions[i].method = str_of(rows[i].method);
        set_path(arena, &actions[i], rows[i].path);
    }
    c->actions = actions;
    c->action_count = count;
    routes_build(c);
    return c;
}

/* --- matching --- */

static const action_row_t actions[] = {
    {"Root", "GET", "/"},
    {"ListPersons", "GET", "/api/v1/persons"},
    {"AddPerson", "POST", "/api/v1/persons"},
    {"GetPerson", "GET", "/api/v1/persons/{id}"},
    {"DeletePerson", "DELETE", "/api/v1/persons/{id}"},
    {"Multi", "POST", "/api/v1/persons/multi_read"},
    {"Me", "GET", "/api/v1/persons/me"},
    {"Jobs", "GET", "/api/v1/persons/{person}/jobs/{job}"},
    {"MyJobs", "GET", "/api/v1/persons/me/jobs"},
    {"Slash", "GET", "/api/v1/persons/me/"},
    {"Report", "GET", "/reports/{name}.json"},
    {"ReportYear", "GET", "/reports/{name}-{year}.json"},
    {"AnyReport", "GET", "/reports/{name}"},
    {"Table", "GET", "/Tables('{table}')/rows('{row}')"},
    {"Encoded", "GET", "/a%20b/{x}"},
    {"Deep", "GET", "/{a}/{b}/{c}/{d}/{e}/{f}/leaf"},
    {"TwoLevels", "PUT", "/{a}/{b}"},
};

typedef struct match_row {
    const char *method;
    const char *path;
    const char *action; /* NULL: none */
    const char *values; /* joined by `|` */
    bool path_known;    /* where there is no action */
} match_row_t;

static const match_row_t match_rows[] = {
    {"GET", "/", "Root", "", false},
    {"GET", "", "Root", "", false},
    {"GET", "/api/v1/persons", "ListPersons", "", false},
    {"POST", "/api/v1/persons", "AddPerson", "", false},
    {"GET", "/api/v1/persons/17", "GetPerson", "17", false},
    {"DELETE", "/api/v1/persons/17", "DeletePerson", "17", false},
    {"GET", "/api/v1/persons/me", "Me", "", false},
    {"POST", "/api/v1/persons/multi_read", "Multi", "", false},
    /* a literal that does not have the method gives way to the variable */
    {"GET", "/api/v1/persons/multi_read", "GetPerson", "multi_read", false},
    {"DELETE", "/api/v1/persons/me", "DeletePerson", "me", false},
    /* a literal whose path does not go on gives way, too */
    {"GET", "/api/v1/persons/me/jobs/3", "Jobs", "me|3", false},
    {"GET", "/api/v1/persons/me/jobs", "MyJobs", "", false},
    {"GET", "/api/v1/persons/me/", "Slash", "", false},
    {"GET", "/api/v1/persons/x/jobs/3", "Jobs", "x|3", false},
    {"PUT", "/api/v1", "TwoLevels", "api|v1", false},
    /* empty values are matched, so that the call can say what is wrong with them */
    {"GET", "/api/v1/persons/", "GetPerson", "", false},
    {"GET", "/api/v1/persons//jobs/", "Jobs", "|", false},
    {"GET", "/1/2/3/4/5/6/leaf", "Deep", "1|2|3|4|5|6", false},
    {"GET", "/1/2/3/4/5/6/tree", NULL, "", false},
    {"GET", "/1/2/3/4/5/6/7/leaf", NULL, "", false},
    /* each segment is decoded once, after it was cut */
    {"GET", "/api/v1/persons/a%2Fb", "GetPerson", "a/b", false},
    {"GET", "/api/v1/persons/a%252Fb", "GetPerson", "a%2Fb", false},
    {"GET", "/api/v1/persons/%2e%2e", "GetPerson", "..", false},
    {"GET", "/api/v1/persons/a+b", "GetPerson", "a+b", false},
    {"GET", "/%61pi/v1/p%65rsons", "ListPersons", "", false},
    {"GET", "/a%20b/1", "Encoded", "1", false},
    {"GET", "/a+b/1", NULL, "", true}, /* PUT /{a}/{b} */
    {"GET", "/api%2Fv1/persons", NULL, "", true},
    {"GET", "/api/v1/persons/%zz", NULL, "", false},
    {"GET", "/api/v1/persons/%4", NULL, "", false},
    {"GET", "/api/v1/persons/%FF", "GetPerson", "\xff", false}, /* the call refuses it */
    /* variables beside text: the more text, the sooner */
    {"GET", "/reports/a.json", "Report", "a", false},
    {"GET", "/reports/a-2025.json", "ReportYear", "a|2025", false},
    {"GET", "/reports/a-b-2025.json", "ReportYear", "a|b-2025", false},
    {"GET", "/reports/a.json.json", "Report", "a.json", false},
    {"GET", "/reports/.json", "Report", "", false},
    {"GET", "/reports/json", "AnyReport", "json", false},
    {"GET", "/reports/-.json", "ReportYear", "|", false},
    {"GET", "/Tables('t')/rows('r')", "Table", "t|r", false},
    {"GET", "/Tables(%27t%27)/rows%28%27%2F%27%29", "Table", "t|/", false},
    {"GET", "/Tables('')/rows('')", "Table", "|", false},
    {"GET", "/Tables(')/rows('r')", NULL, "", true},
    /* only the method differs */
    {"PATCH", "/api/v1/persons/17", NULL, "", true},
    {"get", "/api/v1/persons/17", NULL, "", true},
    {"HEAD", "/", NULL, "", true},
    /* no such path */
    {"GET", "/api/v1/Persons", NULL, "", false},
    {"GET", "/api/v1/persons/17/jobs", NULL, "", false},
    {"GET", "api/v1/persons", NULL, "", false},
    {"GET", "//api/v1/persons", NULL, "", false},
    {"GET", "/api/v1/persons/1/2/3/4/5/6/7/8/9", NULL, "", false},
};

static void check_match(const connector_t *c, const match_row_t *row)
{
    path_value_t values[PATH_VARIABLES_MAX];
    size_t count = 99;
    bool known = false;
    char joined[256] = "";
    arena_t *arena = arena_new(0);
    const action_t *action =
        connector_match(c, str_of(row->method), str_of(row->path), arena, values, &count, &known);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(values[i].field);
        (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s",
                       i ? "|" : "", STR_ARG(values[i].value));
    }
    const char *found = action ? action->name.p : NULL;
    bool right = found && row->action ? strcmp(found, row->action) == 0 : found == row->action;
    if (!right || strcmp(joined, row->values) != 0 || known != (action || row->path_known)) {
        fail_msg("%s %s: got %s (%s), path known %d", row->method, row->path,
                 found ? found : "nothing", joined, known);
    }
    arena_free(arena);
}

static void test_match(void **state)
{
    (void)state;
    connector_t *c = connector_of(actions, COUNT(actions));
    for (size_t i = 0; i < COUNT(match_rows); i++) {
        check_match(c, &match_rows[i]);
    }
    connector_unref(c);
}

static void test_values_carry_their_fields(void **state)
{
    (void)state;
    connector_t *c = connector_of(actions, COUNT(actions));
    path_value_t values[PATH_VARIABLES_MAX];
    size_t count;
    bool known;
    arena_t *arena = arena_new(0);
    assert_non_null(connector_match(c, STR("GET"), STR("/api/v1/persons/7/jobs/8"), arena, values,
                                    &count, &known));
    assert_int_equal(count, 2);
    assert_true(str_is(values[0].field->name, "person"));
    assert_true(str_is(values[0].value, "7"));
    assert_true(str_is(values[1].field->name, "job"));
    assert_true(str_is(values[1].value, "8"));
    arena_free(arena);
    connector_unref(c);
}

/* Paths that the loader refuses must not harm a tree that was built anyway. */
static void test_paths_that_are_none(void **state)
{
    (void)state;
    char many[4 * (PATH_VARIABLES_MAX + 1) + 1] = "";
    for (int i = 0; i <= PATH_VARIABLES_MAX; i++) {
        strcat(many, "/{x}");
    }
    const action_row_t rows[] = {
        {"Empty", "GET", ""},
        {"NoSlash", "GET", "a/b"},
        {"VariableFirst", "GET", "{x}/b"},
        {"Touching", "GET", "/t/{x}{y}"},
        {"Many", "GET", many},
        {"Broken", "GET", "/%zz"},
        {"Good", "GET", "/good"},
        {"Again", "GET", "/good"},
    };
    const match_row_t checks[] = {
        {"GET", "/", NULL, "", false},       {"GET", "a/b", NULL, "", false},
        {"GET", "/b", NULL, "", false},      {"GET", "/t/ab", NULL, "", false},
        {"GET", "/good", "Good", "", false}, {"GET", "/t/", NULL, "", false},
    };
    connector_t *c = connector_of(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(checks); i++) {
        check_match(c, &checks[i]);
    }
    connector_unref(c);
    connector_t *none = connector_of(NULL, 0);
    check_match(none, &checks[0]);
    assert_null(connector_action(none, STR("Good")));
    connector_unref(none);
}

/* All 1,000 actions are found, in both directions. */
static void test_a_thousand_actions(void **state)
{
    (void)state;
    enum { ACTIONS = 1000 };
    static char names[ACTIONS][16];
    static char paths[ACTIONS][64];
    static action_row_t rows[ACTIONS];
    for (int i = 0; i < ACTIONS; i++) {
        (void)snprintf(names[i], sizeof names[i], "Action%d", (i * 7919) % ACTIONS);
        (void)snprintf(paths[i], sizeof paths[i], "/api/v%d/thing%d/{id}/part", i % 3, i);
        rows[i] = (action_row_t){names[i], i % 2 ? "GET" : "POST", paths[i]};
    }
    connector_t *c = connector_of(rows, ACTIONS);
    for (int i = 0; i < ACTIONS; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/api/v%d/thing%d/x%d/part", i % 3, i, i);
        char value[16];
        (void)snprintf(value, sizeof value, "x%d", i);
        check_match(c, &(match_row_t){rows[i].method, path, names[i], value, false});
        assert_ptr_equal(connector_action(c, str_of(names[i])), &c->actions[i]);
    }
    assert_null(connector_action(c, STR("Action")));
    connector_unref(c);
}

/* --- the rest of the model --- */

static void test_names(void **state)
{
    (void)state;
    connector_t *c = connector_of(actions, COUNT(actions));
    const struct route_table *routes = c->routes;
    assert_true(str_is(connector_action(c, STR("Jobs"))->path, actions[7].path));
    assert_null(connector_action(c, STR("jobs")));
    c->routes = NULL;
    assert_true(str_is(connector_action(c, STR("Jobs"))->path, actions[7].path));
    assert_null(connector_action(c, STR("jobs")));
    check_match(c, &(match_row_t){"GET", "/", NULL, "", false});
    c->routes = routes;
    const auth_t auths[] = {{.name = STR_INIT("user")}, {.name = STR_INIT("system")}};
    c->auths = auths;
    c->auth_count = COUNT(auths);
    assert_ptr_equal(connector_auth(c, STR("system")), &auths[1]);
    assert_null(connector_auth(c, STR("sys")));
    const field_t list[] = {{.name = STR_INIT("a")}, {.name = STR_INIT("b")}};
    const fields_t fields = {.list = list, .count = COUNT(list)};
    assert_ptr_equal(fields_find(&fields, STR("b")), &list[1]);
    assert_null(fields_find(&fields, STR("c")));
    connector_unref(c);
}

static void test_tables_are_whole(void **state)
{
    (void)state;
    for (int type = 0; type < AUTH_TYPE_COUNT; type++) {
        assert_non_null(auth_type_name((auth_type_t)type));
        if (auth_type_is_grant((auth_type_t)type)) {
            assert_true(auth_type_gets_tokens((auth_type_t)type));
        }
    }
    assert_string_equal(auth_type_name(AUTH_AWS_SIGV4), "aws_sigv4");
    assert_true(auth_type_is_grant(AUTH_PASSWORD));
    assert_false(auth_type_is_grant(AUTH_AUTHORIZATION_CODE));
    assert_false(auth_type_gets_tokens(AUTH_API_KEY));
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        assert_non_null(credential_slot_name((credential_slot_t)slot));
        for (int other = 0; other < slot; other++) {
            assert_string_not_equal(credential_slot_name((credential_slot_t)slot),
                                    credential_slot_name((credential_slot_t)other));
        }
    }
}

static bool opens_8443(const void *context, str_t host, uint16_t port)
{
    return port == 8443 && (!context || str_is(host, context));
}

typedef struct host_row {
    const char *host;
    uint16_t port;
    bool opened; /* with the egress list */
    bool allowed;
} host_row_t;

static const host_pattern_t hosts[] = {
    {STR_INIT("*.mykronos.com"), 0},       {STR_INIT("api.example.com"), 0},
    {STR_INIT("ports.example.com"), 9443}, {STR_INIT("both.example.com"), 0},
    {STR_INIT("both.example.com"), 9443},
};
static const host_row_t host_rows[] = {
    {"acme.mykronos.com", 443, false, true},
    {"ACME.MyKronos.COM", 443, false, true},
    {"a.b.mykronos.com", 443, false, true},
    {"mykronos.com", 443, false, false},
    {".mykronos.com", 443, false, false},
    {"evilmykronos.com", 443, false, false},
    {"acme.mykronos.com.evil.com", 443, false, false},
    {"acme.mykronos.com", 8443, false, false},
    {"acme.mykronos.com", 8443, true, true},
    {"acme.mykronos.com", 80, true, false},
    {"api.example.com", 443, false, true},
    {"x.api.example.com", 443, false, false},
    {"ports.example.com", 9443, false, true},
    {"ports.example.com", 443, false, false},
    {"ports.example.com", 8443, true, false},
    {"both.example.com", 443, false, true},
    {"both.example.com", 9443, false, true},
    {"both.example.com", 9444, false, false},
    {"", 443, false, false},
    {"elsewhere.com", 443, true, false},
};

static void test_hosts(void **state)
{
    (void)state;
    const connector_t c = {.hosts = hosts, .host_count = COUNT(hosts)};
    const str_t extra[] = {STR_INIT("elsewhere.com")};
    for (size_t i = 0; i < COUNT(host_rows); i++) {
        const host_row_t *row = &host_rows[i];
        if (connector_allows_host(&c, str_of(row->host), row->port, extra, 1,
                                  row->opened ? opens_8443 : NULL, NULL) != row->allowed) {
            fail_msg("%s:%u: expected %d", row->host, row->port, row->allowed);
        }
    }
    const connector_t any = {.hosts_any = true};
    assert_true(connector_allows_host(&any, STR("Elsewhere.com"), 443, extra, 1, NULL, NULL));
    assert_false(connector_allows_host(&any, STR("elsewhere.com"), 8443, extra, 1, NULL, NULL));
    assert_true(
        connector_allows_host(&any, STR("elsewhere.com"), 8443, extra, 1, opens_8443, NULL));
    assert_false(connector_allows_host(&any, STR("other.com"), 443, extra, 1, NULL, NULL));
    assert_false(connector_allows_host(&any, STR(""), 443, extra, 0, NULL, NULL));
}

static int freed;

static void count_free(void *p)
{
    (void)p;
    freed++;
}

static void *hold_and_drop(void *context)
{
    const connector_t *c = context;
    for (int i = 0; i < 1000; i++) {
        connector_unref(connector_ref(c));
    }
    connector_unref(c);
    return NULL;
}

static void test_references(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    connector_t *c = connector_of(actions, COUNT(actions));
    freed = 0;
    arena_on_free(c->arena, count_free, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_ptr_equal(connector_ref(c), c);
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, c), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(freed, 0);
    connector_unref(c);
    assert_int_equal(freed, 1);
    connector_unref(NULL);
    assert_null(connector_ref(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_values_carry_their_fields),
        cmocka_unit_test(test_paths_that_are_none),
        cmocka_unit_test(test_a_thousand_actions),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_tables_are_whole),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
