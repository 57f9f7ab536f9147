/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app/layout.h"

static const char LONG[] =
    "one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen";

static void lines_fit(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, 4096);
    layout_wrapped(&text, 6, LONG);
    layout_paragraphs(&text, "a b\nc");
    assert_string_equal(buf_c(&text),
                        "      one two three four five six seven eight nine ten eleven twelve "
                        "thirteen fourteen\n      fifteen sixteen\n\na b\n\nc\n");
    buf_fini(&text);
}

static void a_word_that_does_not_fit_gets_a_line(void **state)
{
    (void)state;
    char word[121];
    memset(word, 'x', 120);
    word[120] = '\0';
    buf_t text;
    buf_init(&text, 4096);
    layout_wrapped(&text, 2, word);
    assert_int_equal(text.n, 2 + 120 + 1);
    buf_fini(&text);
}

static void entries_stand_in_columns(void **state)
{
    (void)state;
    size_t widest = 0;
    layout_measure(&widest, "--name NAME");
    layout_measure(&widest, "--json");
    layout_measure(&widest, "--one-that-is-much-longer-than-all-others VALUE");
    buf_t text;
    buf_init(&text, 4096);
    size_t column = layout_column(widest);
    assert_int_equal(column, 15);
    layout_entry(&text, "--json", column, "JSON.");
    layout_entry(&text, "--name NAME", column, "A name.");
    layout_entry(&text, "--name NAMES", column, "Names.");
    assert_string_equal(buf_c(&text), "  --json       JSON.\n"
                                      "  --name NAME  A name.\n"
                                      "  --name NAMES\n               Names.\n");
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(a_word_that_does_not_fit_gets_a_line),
        cmocka_unit_test(entries_stand_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
