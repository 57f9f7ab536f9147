/* SPDX-License-Identifier: MIT */
#include "import/powerplatform/working.h"

static const char CONNECTIONS[] = "{'key':{'type':'string','required':true},'opt':{'type':'string'}"
                                  ",'set':{'type':'string','default':'x'}}";
static const char INPUT[] = "{'q':{'in':'query','type':'string'}}";

typedef struct row {
    const char *text;
    expression_place_t place;
    const char *template; /* NULL: refused */
} row_t;

static void translates(void **state)
{
    (void)state;
    static const row_t rows[] = {
        {"plain ${x} $ {y}", EXPRESSION_IN_REQUEST, "plain $${x} $ {y}"},
        {"Bearer @connectionParameters('key')", EXPRESSION_IN_REQUEST, "Bearer ${connection.key}"},
        {"@ConnectionParameters('token:KEY')", EXPRESSION_IN_REQUEST, "${connection.key}"},
        {"@connectionParameters('opt','d')", EXPRESSION_IN_REQUEST,
         "${default(connection.opt, 'd')}"},
        {"@connectionParameters('opt', 'a\\b')", EXPRESSION_IN_REQUEST,
         "${default(connection.opt, 'a\\\\b')}"},
        {"@connectionParameters('set','d')", EXPRESSION_IN_REQUEST, "${connection.set}"},
        {"@connectionParameters('gone','d${e}')", EXPRESSION_IN_REQUEST, "d$${e}"},
        {"@connectionParameters('gone')", EXPRESSION_IN_REQUEST, NULL},
        {"https://@connectionParameters('key').example.com/", EXPRESSION_IN_URL,
         "https://${connection.key}.example.com/"},
        {"@connectionParameters('opt','https://a.example')", EXPRESSION_IN_URL,
         "${connection.opt}"},
        {"a @queryParameters('q') b", EXPRESSION_IN_REQUEST, "a ${input.q} b"},
        {"@queryParameters('q','d')", EXPRESSION_IN_REQUEST, "${default(input.q, 'd')}"},
        {"@headers('Gone')", EXPRESSION_IN_REQUEST, ""},
        {"@header('Gone','z')", EXPRESSION_IN_REQUEST, "z"},
        {"{@body().a.b}-@item()['x y'][0]", EXPRESSION_IN_BODY, "${body.a.b}-${item['x y'][0]}"},
        {"since @{triggerBody().value[0].at}", EXPRESSION_IN_TRIGGER,
         "since ${response.body.value[0].at}"},
        {"@body().a", EXPRESSION_IN_REQUEST, NULL},
        {"@triggerBody().a", EXPRESSION_IN_BODY, NULL},
        {"@nothing('x')", EXPRESSION_IN_REQUEST, NULL},
        {"mail@example.com", EXPRESSION_IN_REQUEST, "mail@example.com"},
        {"@", EXPRESSION_IN_REQUEST, "@"},
        {"{@", EXPRESSION_IN_REQUEST, "{@"},
        {"@headers(", EXPRESSION_IN_REQUEST, "@headers("},
        {"{@body().a", EXPRESSION_IN_BODY, "{${body.a}"},
        {"", EXPRESSION_IN_REQUEST, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        working_t w;
        working_begin(&w, CONNECTIONS, INPUT);
        str_t found = expression_in(&w.o, str_of(rows[i].text), rows[i].place);
        bool fits = rows[i].template ? str_is(found, rows[i].template) : !found.p;
        if (!fits || report_is_refused(&w.report, STR("Op")) != !rows[i].template) {
            fail_msg("%s: %.*s", rows[i].text, STR_ARG(found));
        }
        working_end(&w);
    }
}

/* In an address a value has to be there: by its default, or because it is required. */
static void makes_sure_of_addresses(void **state)
{
    (void)state;
    working_t w;
    working_begin(&w, "{'a':{'type':'string'},'b':{'type':'string'}}", "{}");
    (void)expression_in(&w.o, STR("@connectionParameters('a','h.example')"), EXPRESSION_IN_URL);
    (void)expression_in(&w.o, STR("@connectionParameters('b')"), EXPRESSION_IN_URL);
    json_t *expected = json_of(
        "{'a':{'type':'string','default':'h.example'},'b':{'type':'string','required':true}}");
    assert_true(json_equal(w.s.connections, expected));
    json_decref(expected);
    working_end(&w);
}

/* A caller names no host: what it named stands in the connection. */
static void moves_hosts_of_calls_to_the_connection(void **state)
{
    (void)state;
    working_t w;
    working_begin(
        &w, "{}",
        "{'q':{'in':'query','type':'string','title':'Host'},'r':{'in':'query','type':'string'}}");
    str_t url = expression_in(&w.o, STR("https://@queryParameters('q')/x"), EXPRESSION_IN_URL);
    assert_true(str_is(url, "https://${connection.q}/x"));
    assert_null(json_object_get(json_object_get(w.o.action, "input"), "q"));
    assert_non_null(json_object_get(json_object_get(w.o.action, "input"), "r"));
    const json_t *parameters =
        json_object_get(json_object_get(w.s.definition, "connection"), "parameters");
    assert_true(str_is(json_member(json_object_get(parameters, "q"), "title"), "Host"));
    assert_true(str_is(json_member(w.o.query, "q"), "${connection.q}")); /* it goes on being sent */
    assert_true(json_is_null(json_object_get(json_object_get(w.s.renames, "Op"), "q")));
    working_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translates),
        cmocka_unit_test(makes_sure_of_addresses),
        cmocka_unit_test(moves_hosts_of_calls_to_the_connection),
    };
    return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
