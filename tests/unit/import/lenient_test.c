/* SPDX-License-Identifier: MIT */
#include "import/lenient.h"

#include "definition/catalogue/loading.h"

#include "codec/json.h"

static void reads_what_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected; /* NULL: refused */
        size_t notes;
    } rows[] = {
        {"{\"a\": [1, 2]}", "{\"a\":[1,2]}", 0},
        {"\xef\xbb\xbf{\"a\": 1}", "{\"a\":1}", 0},
        {"{\"a\": [1, 2,],\n}", "{\"a\":[1,2]}", 1},
        {"{\"a\": \",]\", \"b\": \"\\\",}\"}", "{\"a\":\",]\",\"b\":\"\\\",}\"}", 0},
        {"{\"a\": \"x\ty\nz\"}", "{\"a\":\"x\\ty\\nz\"}", 1},
        {"{\"a\": \"caf\xe9 \x80 \x93\"}", "{\"a\":\"café € “\"}", 1},
        {"{\"a\": [\"x\\u0000y\", {\"b\": \"\x01\"}]}", "{\"a\":[\"xy\",{\"b\":\"\"}]}", 1},
        {"{\"a\": 1, \"a\": 2}", "{\"a\":2}", 1},
        {"{\"a\": 1}}, \"b\": 2}", "{\"a\":1}", 1},
        {"{\"a\": 1} \n", "{\"a\":1}", 0},
        {"{\"a\": 1", NULL, 0},
        {"{\"a\" 1}", NULL, 0},
        {"{\"a\": \"open}", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        report_t report;
        buf_t text;
        err_t err = ERR_INIT;
        report_init(&report, STR("test"));
        buf_init(&text, 1000);
        json_t *v = lenient_read(str_of(rows[i].text), "file", &report, &err);
        assert_int_equal(v != NULL, rows[i].expected != NULL);
        if (v) {
            json_write(&text, v);
            assert_string_equal(buf_c(&text), rows[i].expected);
            assert_int_equal(json_array_size(json_object_get(report.json, "notes")), rows[i].notes);
        } else {
            assert_true(err_is_set(&err));
        }
        json_decref(v);
        buf_fini(&text);
        report_fini(&report);
    }
}

/* In texts, in names of members, and between them. */
static void nul_bytes_are_left_out(void **state)
{
    (void)state;
    static const char text[] = "{\"a\0b\": \"c\0d\", \0\"e\\u0000f\": \"\\\\u0000\"}\0";
    report_t report;
    err_t err = ERR_INIT;
    report_init(&report, STR("test"));
    json_t *v = lenient_read(str_at(text, sizeof text - 1), "file", &report, &err);
    char *found = json_dumps(v, JSON_COMPACT);
    assert_non_null(found);
    assert_string_equal(found, "{\"ab\":\"cd\",\"ef\":\"\\\\u0000\"}");
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(report.json, "notes"), 0), "reason")),
                        "repaired");
    free(found);
    json_decref(v);
    report_fini(&report);
}

static void depth_has_a_ceiling(void **state)
{
    (void)state;
    buf_t text;
    report_t report;
    err_t err = ERR_INIT;
    buf_init(&text, 100000);
    report_init(&report, STR("test"));
    for (size_t i = 0; i < 10000; i++) {
        buf_char(&text, '[');
    }
    assert_null(lenient_read(buf_view(&text), "file", &report, &err));
    assert_int_equal(err.code, ERR_json_too_deep);
    report_fini(&report);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_people_write),
        cmocka_unit_test(nul_bytes_are_left_out),
        cmocka_unit_test(depth_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
