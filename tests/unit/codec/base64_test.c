/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include "codec/base64.h"

/* RFC 4648 10, and what tells the alphabets apart. */
static const struct {
    str_t bytes;
    const char *base64;
    const char *base64url;
    const char *hex;
} spellings[] = {
    {STR_INIT(""), "", "", ""},
    {STR_INIT("f"), "Zg==", "Zg", "66"},
    {STR_INIT("fo"), "Zm8=", "Zm8", "666f"},
    {STR_INIT("foo"), "Zm9v", "Zm9v", "666f6f"},
    {STR_INIT("foob"), "Zm9vYg==", "Zm9vYg", "666f6f62"},
    {STR_INIT("fooba"), "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
    {STR_INIT("foobar"), "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
    {STR_INIT("\xfb\xff\xfe"), "+//+", "-__-", "fbfffe"},
    {STR_INIT("\0\0"), "AAA=", "AAA", "0000"},
    {STR_INIT("\xff\x7f\x80\x01"), "/3+AAQ==", "_3-AAQ", "ff7f8001"},
};

static void check_read(bool read(buf_t *, str_t), const char *text, str_t bytes)
{
    buf_t b;
    buf_init(&b, 100);
    assert_true(read(&b, str_of(text)));
    assert_true(str_eq(buf_view(&b), bytes));
    buf_fini(&b);
}

static void writes_and_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        buf_t b;
        buf_init(&b, 100);
        base64_write(&b, spellings[i].bytes);
        check_buf(&b, spellings[i].base64);
        buf_clear(&b);
        base64url_write(&b, spellings[i].bytes);
        check_buf(&b, spellings[i].base64url);
        buf_clear(&b);
        hex_write(&b, spellings[i].bytes);
        check_buf(&b, spellings[i].hex);
        buf_fini(&b);
        check_read(base64_read, spellings[i].base64, spellings[i].bytes);
        check_read(base64_read, spellings[i].base64url, spellings[i].bytes);
        check_read(hex_read, spellings[i].hex, spellings[i].bytes);
    }
    check_read(hex_read, "FBfFfE", STR("\xfb\xff\xfe"));
}

static void refuses_other_base64(void **state)
{
    (void)state;
    static const str_t rows[] = {
        STR_INIT("A"),        STR_INIT("AAAAA"),  STR_INIT("Zg="),  STR_INIT("Zg==="),
        STR_INIT("Zm9v="),    STR_INIT("="),      STR_INIT("===="), STR_INIT("Z=g="),
        STR_INIT("Zm 9v"),    STR_INIT("Zm9v\n"), STR_INIT("Zm9*"), STR_INIT("Zg==Zg=="),
        STR_INIT("Zm\0v"),    STR_INIT("Zh=="),   STR_INIT("Zm9="), STR_INIT("Zh"),
        STR_INIT("\xc3\xa4"), STR_INIT("Zm8=="),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t b;
        buf_init(&b, 100);
        assert_false(base64_read(&b, rows[i]));
        buf_fini(&b);
    }
}

static void refuses_other_hex(void **state)
{
    (void)state;
    static const str_t rows[] = {STR_INIT("0"), STR_INIT("0g"), STR_INIT("0x00"), STR_INIT("00 "),
                                 STR_INIT("\0\0")};
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t b;
        buf_init(&b, 100);
        assert_false(hex_read(&b, rows[i]));
        buf_fini(&b);
    }
}

static void writes_base62(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {{0, "000000"},           {9, "000009"},          {10, "00000A"},
                {61, "00000z"},          {62, "000010"},         {4294967295, "4gfFC3"},
                {56800235583, "zzzzzz"}, {56800235584, "000000"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[7] = "";
        base62_write(text, 6, rows[i].value);
        assert_string_equal(text, rows[i].text);
    }
    char untouched[2] = "x";
    base62_write(untouched, 0, 7);
    assert_string_equal(untouched, "x");
}

static void sums_crc32(void **state)
{
    (void)state;
    assert_int_equal(crc32_of(STR("")), 0);
    assert_int_equal(crc32_of(STR("123456789")), 0xcbf43926);
    assert_int_equal(crc32_of(STR("The quick brown fox jumps over the lazy dog")), 0x414fa339);
    assert_int_equal(crc32_of(STR("\0\0\0\0")), 0x2144df1c);
    assert_int_equal(crc32_of(STR_NONE), 0);
}

static void stops_at_the_ceiling(void **state)
{
    (void)state;
    buf_t b;
    buf_init(&b, 3);
    base64_write(&b, STR("foo"));
    assert_false(buf_ok(&b));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_back),
        cmocka_unit_test(refuses_other_base64),
        cmocka_unit_test(refuses_other_hex),
        cmocka_unit_test(writes_base62),
        cmocka_unit_test(sums_crc32),
        cmocka_unit_test(stops_at_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
