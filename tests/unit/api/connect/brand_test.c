/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/connect/brand.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const struct {
    const char *color, *title;
    const char *fill, *ink, *letter;
} MARKS[] = {
    {"#005151", "UKG", "#005151", "#ffffff", "U"},
    {"#FFD400", "Everything", "#FFD400", "#000000", "E"},
    {"#000000", "a", "#000000", "#ffffff", "a"},
    {"#ffffff", "1st", "#ffffff", "#000000", "1"},
    {"#767676", "x", "#767676", "#000000", "x"}, /* 4.62 : 1 in black, 4.54 : 1 in white */
    {"#757575", "x", "#757575", "#ffffff", "x"},
    {NULL, "<b>", "#2f4a6d", "#ffffff", "b"},
    {"red", "x", "#2f4a6d", "#ffffff", "x"},
    {"#12345", "x", "#2f4a6d", "#ffffff", "x"},
    {"#12345g", "x", "#2f4a6d", "#ffffff", "x"},
    {"\"><a>b", "x", "#2f4a6d", "#ffffff", "x"},
    {"#005151", "\xe2\x80\xae\xd7\xa9", "#005151", "#ffffff", "\xd7\xa9"}, /* RLO, then Hebrew */
    {"#005151", "...", "#005151", "#ffffff", ""},
};

static void a_mark_can_be_read_on_its_colour(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(MARKS); i++) {
        buf_t svg, expected;
        buf_init(&svg, 1000);
        buf_init(&expected, 1000);
        brand_write_mark(&svg, str_of(MARKS[i].color), str_of(MARKS[i].title));
        buf_printf(
            &expected,
            "fill=\"%s\"/><text x=\"24\" y=\"33\" text-anchor=\"middle\" fill=\"%s\">%s</text>",
            MARKS[i].fill, MARKS[i].ink, MARKS[i].letter);
        if (str_find(buf_view(&svg), buf_view(&expected), 0) == SIZE_MAX) {
            fail_msg("row %zu: %s", i, buf_c(&svg));
        }
        buf_fini(&svg);
        buf_fini(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_mark_can_be_read_on_its_colour)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
