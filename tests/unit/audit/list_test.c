/* SPDX-License-Identifier: MIT */
#include "rig.h"

static size_t count(rig_t *r, audit_query_t query)
{
    json_t *page = rig_lines(r, query);
    size_t n = json_array_size(json_object_get(page, "lines"));
    json_decref(page);
    return n;
}

/* Every line once, in order, whatever the size of a page. */
static void check_pages(rig_t *r, bool newest_first, unsigned limit, uint64_t last)
{
    uint64_t expected = newest_first ? last : 1, seen = 0;
    char after[32] = "0";
    while (after[0]) {
        json_t *page = rig_lines(r, (audit_query_t){.newest_first = newest_first,
                                                    .limit = limit,
                                                    .after = strtoull(after, NULL, 10)});
        const json_t *lines = json_object_get(page, "lines");
        assert_true(json_array_size(lines) <= limit);
        for (size_t i = 0; i < json_array_size(lines); i++, seen++) {
            assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, i), "seq")),
                             expected);
            expected += newest_first ? (uint64_t)-1 : 1;
        }
        snprintf(after, sizeof after, "%.*s", STR_ARG(json_member(page, "next")));
        json_decref(page);
    }
    assert_int_equal(seen, last);
}

static void finds_lines(void **state)
{
    rig_t r;
    (void)state;
    rig_init(&r);
    r.bytes_max = 16 * 1024; /* several files */
    rig_open(&r);
    for (int i = 0; i < 4; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "p%d-", i);
        rig_write(&r, prefix, 10);
        assert_true(rig_append(&r, "told"));
    }
    assert_true(r.trail.segments.count > 2);
    for (unsigned limit = 1; limit < 50; limit += 6) {
        check_pages(&r, false, limit, 45);
        check_pages(&r, true, limit, 45);
    }
    assert_int_equal(count(&r, (audit_query_t){.what = STR("token.read")}), 4);
    assert_int_equal(count(&r, (audit_query_t){.object = STR("p2-003")}), 1);
    assert_int_equal(count(&r, (audit_query_t){.actor = STR("tester")}), 44);
    assert_int_equal(count(&r, (audit_query_t){.actor = STR("host")}), 1);
    assert_int_equal(count(&r, (audit_query_t){.actor = STR("nobody")}), 0);
    assert_int_equal(count(&r, (audit_query_t){.request_id = STR("x")}), 0);
    assert_int_equal(count(&r, (audit_query_t){.until_ms = 1790000000000}), 0);
    assert_int_equal(count(&r, (audit_query_t){.until_ms = 1790000000001}), 44);
    assert_int_equal(count(&r, (audit_query_t){.after = 45}), 0);
    assert_int_equal(count(&r, (audit_query_t){.after = 1, .newest_first = true}), 0);
    rig_close(&r);
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
