/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "definition/diagnostic.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

typedef struct fixture {
    arena_t *arena;
    diagnostics_t d;
} fixture_t;

static int set_up(void **state)
{
    fixture_t *f = calloc(1, sizeof *f);
    f->arena = arena_new(0);
    diagnostics_init(&f->d, f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *f = *state;
    arena_free(f->arena);
    free(f);
    return 0;
}

static void assert_written(const diagnostics_t *d, const char *source, bool colour,
                           const char *expected)
{
    buf_t b;
    buf_init(&b, 1 << 16);
    diagnostics_write_text(&b, d, STR("f.yaml"), str_of(source), colour);
    assert_true(buf_ok(&b));
    assert_string_equal(buf_c(&b), expected);
    buf_fini(&b);
}

static void keeps_each_fault_once(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    for (int i = 0; i < 2; i++) {
        diagnostics_add(d, LEVEL_S, ERR_definition_type, 3, 4, "expected %s", "a text");
        diagnostics_add(d, LEVEL_S, ERR_definition_type, 3, 4, "expected %s", "a list");
        diagnostics_add(d, LEVEL_S, ERR_definition_value, 3, 4, "expected %s", "a text");
        diagnostics_add(d, LEVEL_R, ERR_definition_type, 3, 4, "expected %s", "a text");
        diagnostics_add(d, LEVEL_S, ERR_definition_type, 3, 5, "expected %s", "a text");
        diagnostics_add(d, LEVEL_W, ERR_advice, 3, 4, "expected %s", "a text");
    }
    assert_int_equal(d->count, 6);
    assert_int_equal(d->errors, 5);
    assert_int_equal(d->dropped, 0);
    assert_string_equal(d->list[1].text, "expected a list");
}

static void counts_what_it_has_no_room_for(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    for (unsigned i = 1; i <= DIAGNOSTICS_MAX + 3; i++) {
        diagnostics_add(d, LEVEL_S, ERR_definition_type, i, 1, "no");
    }
    assert_int_equal(d->count, DIAGNOSTICS_MAX);
    assert_int_equal(d->dropped, 3);
    assert_int_equal(d->errors, DIAGNOSTICS_MAX + 3);
}

static void never_hides_an_error_behind_advice(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    for (unsigned i = 1; i <= DIAGNOSTICS_MAX + 1; i++) {
        diagnostics_add(d, LEVEL_W, ERR_advice, i, 1, "maybe");
    }
    diagnostics_add(d, LEVEL_R, ERR_slot_missing, 99, 1, "no");
    diagnostics_sort(d);
    assert_int_equal(d->count, DIAGNOSTICS_MAX);
    assert_int_equal(d->dropped, 2);
    assert_int_equal(d->errors, 1);
    assert_int_equal(d->list[DIAGNOSTICS_MAX - 1].code, ERR_slot_missing);
}

static void sorts_by_line_column_level(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_type, 10, 2, "e");
    diagnostics_add(d, LEVEL_W, ERR_advice, 2, 9, "d");
    diagnostics_add(d, LEVEL_R, ERR_slot_missing, 2, 9, "c");
    diagnostics_add(d, LEVEL_R, ERR_slot_missing, 2, 9, "b");
    diagnostics_add(d, LEVEL_W, ERR_advice, 2, 3, "a");
    diagnostics_sort(d);
    for (unsigned i = 0; i < d->count; i++) {
        assert_int_equal(d->list[i].text[0], 'a' + (int)i);
    }
}

static void finds_the_nearest_name(void **state)
{
    (void)state;
    static const str_t names[] = {STR_INIT("token_url"), STR_INIT("title"), STR_INIT("output"),
                                  STR_INIT("in")};
    static const struct {
        const char *name;
        const char *nearest; /* NULL: none */
    } rows[] = {
        {"tokn_url", "token_url"},
        {"token_ulr", "token_url"},
        {"TOKEN_URL", "token_url"},
        {"titel", "title"},
        {"ouput", "output"},
        {"xoutputx", "output"},
        {"token_urlabc", "token_url"},
        {"token_urlabcdef", NULL},
        {"token_", NULL},
        {"summary", NULL},
        {"ni", NULL},
        {"IN", "in"},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        str_t nearest = nearest_name(str_of(rows[i].name), names, COUNT(names));
        bool same = rows[i].nearest ? str_is(nearest, rows[i].nearest) : nearest.p == NULL;
        if (!same) {
            fail_msg("%s: %.*s", rows[i].name, STR_ARG(nearest));
        }
    }
    assert_null(nearest_name(STR("a"), names, 0).p);
}

static void shows_the_line_and_a_caret(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_unknown_key, 2, 4, "unknown key `b`");
    diagnostics_add(d, LEVEL_W, ERR_advice, 3, 1, "think");
    assert_written(d, "a:\n  é b: 1\r\nc: \"d\"", false,
                   "f.yaml:2:4: error/S definition_unknown_key: unknown key `b`\n"
                   "    é b: 1\n     ^\n"
                   "f.yaml:3:1: warning/W advice: think\n  c: \"d\"\n  ^\n");
}

static void shows_no_line_that_is_not_there(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_empty, 1, 1, "empty");
    diagnostics_add(d, LEVEL_S, ERR_definition_type, 7, 1, "beyond");
    assert_written(d, "", false,
                   "f.yaml:1:1: error/S definition_empty: empty\n"
                   "f.yaml:7:1: error/S definition_type: beyond\n");
}

static void lets_no_line_steer_the_terminal(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_control_char, 1, 4, "no");
    assert_written(d,
                   "a\t\x1b[31m\xff"
                   "b",
                   false,
                   "f.yaml:1:4: error/S definition_control_char: no\n"
                   "  a\t?[31m?b\n   \t ^\n");
}

static void shows_no_secret_that_stands_in_the_file(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_unknown_key, 1, 2, "first");
    diagnostics_add(d, LEVEL_R, ERR_definition_inline_secret, 1, 7, "a secret");
    diagnostics_add(d, LEVEL_R, ERR_definition_inline_secret, 1, 15, "another");
    assert_written(d, "{key: hunter, b: hunter2}", false,
                   "f.yaml:1:2: error/S definition_unknown_key: first\n"
                   "  {key: …\n   ^\n"
                   "f.yaml:1:7: error/R definition_inline_secret: a secret\n"
                   "  {key: …\n        ^\n"
                   "f.yaml:1:15: error/R definition_inline_secret: another\n"
                   "  {key: …\n        ^\n");
}

static void lets_no_name_steer_the_terminal(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_R, ERR_id_not_file_name, 1, 1, "not `%s`", "\x1b[31m\nx\x7f");
    assert_string_equal(d->list[0].text, "not `[31mx`");
    buf_t b;
    buf_init(&b, 1000);
    diagnostics_write_text(&b, d, STR("a\x1b[1m\nb\xff.yaml"), STR(""), false);
    assert_string_equal(buf_c(&b), "a?[1m?b?.yaml:1:1: error/R id_not_file_name: not `[31mx`\n");
    buf_fini(&b);
}

static void shows_a_window_of_a_long_line(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    char line[400];
    memset(line, 'x', sizeof line);
    line[199] = 'Y';
    diagnostics_add(d, LEVEL_S, ERR_definition_type, 1, 200, "no");
    buf_t b;
    buf_init(&b, 1 << 16);
    diagnostics_write_text(&b, d, STR("f"), str_at(line, sizeof line), false);
    str_t text = buf_view(&b);
    str_t first = str_cut(&text, '\n');
    str_t excerpt = str_cut(&text, '\n');
    str_t caret = str_cut(&text, '\n');
    assert_true(first.n > 0);
    assert_int_equal(str_code_points(excerpt), 3 + 120 + 1);
    assert_int_equal(str_code_points(str_slice(excerpt, 0, str_index(excerpt, 'Y'))),
                     str_index(caret, '^'));
    buf_fini(&b);
}

static void colours_for_terminals_and_counts_the_rest(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_S, ERR_definition_type, 1, 1, "no");
    d->dropped = 2;
    assert_written(d, "", true,
                   "f.yaml:1:1: \033[31merror/S\033[0m definition_type: no\n"
                   "f.yaml: 2 more not shown\n");
}

static void tells_json(void **state)
{
    diagnostics_t *d = &((fixture_t *)*state)->d;
    diagnostics_add(d, LEVEL_R, ERR_slot_missing, 12, 5, "`%s` is needed", "client_id");
    diagnostics_add(d, LEVEL_W, ERR_advice, 13, 1, "think");
    json_t *list = diagnostics_to_json(d, STR("f.yaml"));
    json_t *expected = json_pack(
        "[{s:s, s:i, s:i, s:s, s:s, s:s, s:s}, {s:s, s:i, s:i, s:s, s:s, s:s, s:s}]", "file",
        "f.yaml", "line", 12, "column", 5, "level", "R", "severity", "error", "code",
        "slot_missing", "message", "`client_id` is needed", "file", "f.yaml", "line", 13, "column",
        1, "level", "W", "severity", "warning", "code", "advice", "message", "think");
    assert_true(json_equal(list, expected));
    json_decref(list);
    json_decref(expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_each_fault_once),
        TEST(counts_what_it_has_no_room_for),
        TEST(never_hides_an_error_behind_advice),
        TEST(sorts_by_line_column_level),
        TEST(finds_the_nearest_name),
        TEST(shows_the_line_and_a_caret),
        TEST(shows_no_line_that_is_not_there),
        TEST(lets_no_line_steer_the_terminal),
        TEST(shows_no_secret_that_stands_in_the_file),
        TEST(lets_no_name_steer_the_terminal),
        TEST(shows_a_window_of_a_long_line),
        TEST(colours_for_terminals_and_counts_the_rest),
        TEST(tells_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
