/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/armor.h"

/* RFC 4648 10, then both alphabets. */
static const struct {
    str_t text;
    str_t bytes;
} readable[] = {
    {STR_INIT(""), STR_INIT("")},
    {STR_INIT("Zg=="), STR_INIT("f")},
    {STR_INIT("Zg"), STR_INIT("f")},
    {STR_INIT("Zm8="), STR_INIT("fo")},
    {STR_INIT("Zm8"), STR_INIT("fo")},
    {STR_INIT("Zm9v"), STR_INIT("foo")},
    {STR_INIT("Zm9vYg=="), STR_INIT("foob")},
    {STR_INIT("Zm9vYmFy"), STR_INIT("foobar")},
    {STR_INIT("-_-_"), STR_INIT("\xfb\xff\xbf")},
    {STR_INIT("+/+/"), STR_INIT("\xfb\xff\xbf")},
    {STR_INIT("AAAA"), STR_INIT("\0\0\0")},
};

static void reads_either_alphabet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        buf_t to;
        buf_init(&to, 100);
        assert_true(armor_read(&to, readable[i].text));
        assert_true(str_eq(buf_view(&to), readable[i].bytes));
        buf_fini(&to);
    }
}

static void refuses_everything_else(void **state)
{
    (void)state;
    static const str_t rows[] = {
        STR_INIT("Z"),       STR_INIT("Zm9vY"), STR_INIT("="),      STR_INIT("===="),
        STR_INIT("Zg="),     STR_INIT("Zg==="), STR_INIT("Zg==Zg"), STR_INIT("Z=g="),
        STR_INIT(" Zg="),    STR_INIT("Zm9 "),  STR_INIT("Zm9\n"),  STR_INIT("Zm\0v"),
        STR_INIT("Zm9\xff"), STR_INIT("Zh"),    STR_INIT("Zm9"),    STR_INIT("Zh=="),
        STR_INIT("Zm9v:"),   STR_INIT("A==="),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_t to;
        buf_init(&to, 100);
        assert_false(armor_read(&to, rows[i]));
        buf_fini(&to);
    }
}

static void stops_at_the_ceiling(void **state)
{
    (void)state;
    buf_t to;
    buf_init(&to, 5);
    assert_false(armor_read(&to, STR("Zm9vYmFy")));
    buf_fini(&to);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0xfb, 0xff, 0xbf, 0x00, 0x10, 0x83, 0xfe};
    for (size_t n = 0; n <= sizeof bytes; n++) {
        buf_t text;
        buf_t back;
        buf_init(&text, 100);
        buf_init(&back, 100);
        armor_write(&text, str_at(bytes, n));
        assert_int_equal(text.n, (n * 4 + 2) / 3);
        assert_int_equal(str_index(buf_view(&text), '='), SIZE_MAX);
        assert_int_equal(str_index(buf_view(&text), '+'), SIZE_MAX);
        assert_int_equal(str_index(buf_view(&text), '/'), SIZE_MAX);
        assert_true(armor_read(&back, buf_view(&text)));
        assert_true(str_eq(buf_view(&back), str_at(bytes, n)));
        buf_fini(&text);
        buf_fini(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_either_alphabet),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(stops_at_the_ceiling),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
