/* SPDX-License-Identifier: MIT */
#include "import/report.h"

#include "codec/json.h"
#include "definition/catalogue/loading.h"

static str_t verdict_of(const report_t *r, const char *name)
{
    return json_member(json_object_get(json_object_get(r->json, "operations"), name), "verdict");
}

static size_t reasons_of(const report_t *r, const char *name)
{
    const json_t *one = json_object_get(json_object_get(r->json, "operations"), name);
    return json_array_size(json_object_get(one, "reasons"));
}

static void verdicts_only_get_worse(void **state)
{
    (void)state;
    report_t r;
    report_init(&r, STR("s"));
    (void)report_operation_in(NULL, &r, STR("a"), STR("GET /a"));
    assert_true(str_is(verdict_of(&r, "a"), "hosted"));
    report_tell(&r, STR("a"), "left_out", "tags");
    assert_true(str_is(verdict_of(&r, "a"), "hosted"));
    report_warn(&r, STR("a"), "renamed", "%s", "x");
    assert_true(str_is(verdict_of(&r, "a"), "warning"));
    report_refuse(&r, STR("a"), "script", "x");
    assert_true(report_is_refused(&r, STR("a")));
    report_warn(&r, STR("a"), "renamed", "%s", "y");
    assert_true(report_is_refused(&r, STR("a")));
    report_warn(&r, STR("a"), "renamed", "%s", "y"); /* told once */
    assert_int_equal(reasons_of(&r, "a"), 4);
    report_fini(&r);
}

/* Each looks at none of the others. */
static void many_reasons_are_told_once(void **state)
{
    (void)state;
    enum { REASONS = 5000 };
    report_t r;
    report_init(&r, STR("s"));
    for (int i = 0; i < 2 * REASONS; i++) {
        report_warn(&r, STR("a"), "renamed", "%d", i % REASONS);
        report_note(&r, "renamed", "%d", i % REASONS);
        report_note(&r, "schema", "%d", i % REASONS);
    }
    assert_int_equal(reasons_of(&r, "a"), REASONS);
    assert_int_equal(json_array_size(json_object_get(r.json, "notes")), 2 * REASONS);
    report_fini(&r);
}

static void counts_and_fails(void **state)
{
    (void)state;
    report_t r;
    report_init(&r, STR("s"));
    (void)report_operation_in(NULL, &r, STR("a"), STR("GET /a"));
    report_warn(&r, STR("b"), "renamed", "x");
    report_refuse(&r, STR("c"), "script", "x");
    report_counts_t counts = report_count(&r);
    assert_int_equal(counts.hosted, 1);
    assert_int_equal(counts.warned, 1);
    assert_int_equal(counts.refused, 1);
    assert_false(report_fail(&r, "nothing_left", "%d", 1));
    assert_false(report_fail(&r, "other", "%d", 2));
    assert_true(str_is(json_member(r.json, "failed"), "nothing_left"));
    assert_int_equal(report_count(&r).refused, 3);
    assert_int_equal(reasons_of(&r, "c"), 1); /* it was refused already, for its own reason */
    report_fini(&r);
}

static void finds_operations_by_their_actions(void **state)
{
    (void)state;
    report_t r;
    report_init(&r, STR("s"));
    report_action(&r, STR("list-all"), STR("list_all"));
    assert_true(str_is(report_operation_of(&r, STR("list_all")), "list-all"));
    assert_null(report_operation_of(&r, STR("list-all")).p);
    report_fini(&r);
}

static void each_operation_has_its_line(void **state)
{
    (void)state;
    report_t r;
    arena_t *arena = arena_new(0);
    report_init(&r, STR("s"));
    assert_true(str_is(report_operation_in(arena, &r, STR("a"), STR("GET /a")), "a"));
    assert_true(str_is(report_operation_in(arena, &r, STR("a"), STR("GET /b")), "a (GET /b)"));
    assert_true(str_is(report_operation_in(arena, &r, STR("a"), STR("GET /b")),
                       "a (GET /b) (GET /b)"));
    assert_int_equal(report_count(&r).hosted, 3);
    report_fini(&r);
    arena_free(arena);
}

/* What a source says goes into a log or onto a terminal. */
static void details_are_clean(void **state)
{
    (void)state;
    report_t r;
    report_init(&r, STR("s"));
    report_note(&r, "link", "%s", "a\x1b[31m\nb");
    str_t detail = json_member(json_array_get(json_object_get(r.json, "notes"), 0), "detail");
    assert_true(str_find(detail, STR("\x1b"), 0) == SIZE_MAX);
    assert_true(str_find(detail, STR("\n"), 0) == SIZE_MAX);
    report_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_only_get_worse),
        cmocka_unit_test(many_reasons_are_told_once),
        cmocka_unit_test(counts_and_fails),
        cmocka_unit_test(finds_operations_by_their_actions),
        cmocka_unit_test(each_operation_has_its_line),
        cmocka_unit_test(details_are_clean),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
