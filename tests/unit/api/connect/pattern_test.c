/* SPDX-License-Identifier: MIT */
/* What browsers make of them is tried in tests/peers/connect-page.test.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/connect/pattern.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define ANY "[\\s\\S]*(?:"

static const struct {
    const char *pattern, *html;
} ROWS[] = {
    {"^[a-z0-9]+$", "[a-z0-9]+"},
    {"^https://[A-Za-z0-9.-]+\\.mykronos\\.com/?$", "https://[A-Za-z0-9.\\-]+\\.mykronos\\.com/?"},
    {"abc", ANY "abc)[\\s\\S]*"},
    {"^abc", ANY "^abc)[\\s\\S]*"},
    {"abc\\$", ANY "abc\\$)[\\s\\S]*"},
    {"^abc\\$", ANY "^abc\\$)[\\s\\S]*"},
    {"^abc\\\\$", "abc\\\\"},
    {"^a|b$", ANY "^a|b$)[\\s\\S]*"},
    /* the flag v: syntax in classes, no needless backslashes, no lone braces */
    {"^[-a]$", "[\\-a]"},
    {"^[^a-]$", "[^a\\-]"},
    {"^[a-c-e]$", "[a-c\\-e]"},
    {"^[\\w-.]$", "[\\w\\-.]"},
    {"^[a-\\d]$", "[a\\-\\d]"},
    {"^[()[{}/]$", "[\\(\\)\\[\\{\\}\\/]"},
    {"^[&&]$", "[\\&&]"},
    {"^[\\]\\\\^]$", "[\\]\\\\^]"},
    {"^[\\_\\@]$", "[_@]"},
    {"^\\@\\-\\.$", "@-\\."},
    {"^a{2}b{1,}c{0,3}$", "a{2}b{1,}c{0,3}"},
    {"^{a}$", "\\{a\\}"},
    {"^a{,2}]$", "a\\{,2\\}\\]"},
    {"^[\\u{1F600}-\\u{1F64F}]$", "[\\u{1F600}-\\u{1F64F}]"},
    {"^[\\u0041-\\x5a\\cJ]$", "[\\u0041-\\x5a\\cJ]"},
    {"^\\u{41}\\p{L}[\\p{N}-]$", "\\u{41}\\p{L}[\\p{N}\\-]"},
    {"^(?<name>a)(?:b)$", "(?<name>a)(?:b)"},
    {"^[\xc3\xa0-\xc3\xbf]$", "[\xc3\xa0-\xc3\xbf]"},
    {"", ANY ")[\\s\\S]*"},
    {"^$", ""},
    {"$", ANY "$)[\\s\\S]*"},
};

static void patterns_are_written_for_browsers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        buf_t html;
        buf_init(&html, 1000);
        pattern_write_html(&html, str_of(ROWS[i].pattern));
        assert_string_equal(buf_c(&html), ROWS[i].html);
        buf_fini(&html);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns_are_written_for_browsers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
