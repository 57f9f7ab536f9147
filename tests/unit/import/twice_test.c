/* SPDX-License-Identifier: MIT */
#include "import/twice.h"

#include "codec/json.h"
#include "definition/catalogue/loading.h"

static str_t told_in(arena_t *arena, const char *json)
{
    report_t report;
    size_t at;
    json_t *note;
    str_t told = STR("");
    report_init(&report, STR("test"));
    twice_tell(str_of(json), "file", &report);
    json_array_foreach(json_object_get(report.json, "notes"), at, note)
    {
        told = arena_printf(arena, "%s%.*s: %.*s\n", told.p, STR_ARG(json_member(note, "reason")),
                            STR_ARG(json_member(note, "detail")));
    }
    report_fini(&report);
    return told;
}

static void names_that_stand_twice_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *json, *name; /* NULL: none */
    } rows[] = {
        {"1", NULL},
        {"{\"a\": 1, \"b\": {\"a\": 2}, \"c\": [{\"a\": 3}, {\"a\": 4}]}", NULL},
        {"{\"a\": \"a\", \"b\": [\"b\", \"a\"]}", NULL},
        {"{\"host\": 1, \"b\": {\"c\": []}, \"host\"\n : 2, \"host\": 3}", "host"},
        {"[[{\"x\": {\"a:\\\"\": {}, \"a:\\u0022\": 1}}]]", "a:\""},
        {"{\"\": 1, \"\": 2}", ""},
    };
    arena_t *arena = arena_new(0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].name;
        str_t expected =
            name ? arena_printf(arena,
                                "repaired: file: `%s` stands twice in an object: the last "
                                "counts\n",
                                name)
                 : STR("");
        assert_string_equal(told_in(arena, rows[i].json).p, expected.p);
    }
    arena_free(arena);
}

static void of_many_the_first_are_told(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    buf_t json;
    buf_init(&json, 100000);
    buf_char(&json, '{');
    for (unsigned i = 0; i < 100; i++) {
        buf_printf(&json, "%s\"a%u\": 1", i ? ", " : "", i / 2);
    }
    buf_char(&json, '}');
    str_t told = told_in(arena, buf_c(&json));
    assert_true(str_find(told, STR("`a19`"), 0) != SIZE_MAX);
    assert_true(str_find(told, STR("`a20`"), 0) == SIZE_MAX);
    assert_true(str_ends(told, STR("file: 30 more names stand twice\n")));
    buf_fini(&json);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_stand_twice_are_told),
        cmocka_unit_test(of_many_the_first_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
