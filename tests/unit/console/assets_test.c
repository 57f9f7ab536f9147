/* SPDX-License-Identifier: MIT */
/* The files of the console as this build carries them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console/assets.h"

static void there_is_a_page(void **state)
{
    (void)state;
    const console_asset_t *page = console_asset(STR("index.html"));
    assert_non_null(page);
    assert_true(str_is(page->type, "text/html; charset=utf-8"));
    assert_true(str_starts(page->text, STR("<!")));
    assert_false(page->is_fixed);
    assert_null(console_asset(STR("")));
    assert_null(console_asset(STR("INDEX.HTML")));
    assert_null(console_asset(STR("../index.html")));
}

static void every_file_is_whole(void **state)
{
    (void)state;
    static const unsigned char GZIP[] = {0x1f, 0x8b};
    for (size_t i = 0; i < CONSOLE_ASSET_COUNT; i++) {
        const console_asset_t *a = &CONSOLE_ASSETS[i];
        assert_ptr_equal(console_asset(a->name), a);
        assert_true(a->text.n > 0 && a->type.n > 0);
        assert_true(a->gzip.n > 18 && memcmp(a->gzip.p, GZIP, sizeof GZIP) == 0);
        assert_int_equal(a->tag.n, 34);
        assert_int_equal(a->gzip_tag.n, 34);
        assert_false(str_eq(a->tag, a->gzip_tag));
        /* Its size as gzip tells it (RFC 1952 2.3.1). */
        const unsigned char *end = (const unsigned char *)a->gzip.p + a->gzip.n - 4;
        assert_int_equal(end[0] | end[1] << 8 | end[2] << 16, a->text.n & 0xffffff);
    }
}

/* Where there is a console, its page names files that are there. */
static void the_page_finds_its_files(void **state)
{
    (void)state;
    str_t page = console_asset(STR("index.html"))->text;
    size_t found = 0;
    for (size_t at = 0; (at = str_find(page, STR("\"console/"), at)) != SIZE_MAX;) {
        size_t from = at + sizeof "\"console/" - 1;
        at = str_find(page, STR("\""), from);
        const console_asset_t *a = console_asset(str_slice(page, from, at));
        assert_non_null(a);
        assert_true(a->is_fixed);
        found++;
    }
    assert_int_equal(found > 0, console_is_built());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_page),
        cmocka_unit_test(every_file_is_whole),
        cmocka_unit_test(the_page_finds_its_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
