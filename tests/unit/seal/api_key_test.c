/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/api_key.h"

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/* Its sum was computed with zlib. */
static const char known[] = "tnk_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf662";

static void reads_a_known_key(void **state)
{
    (void)state;
    static const unsigned char start_of_digest[] = {0x98, 0x67, 0x3c, 0xc0, 0x8e, 0xea, 0x3c, 0x0f};
    unsigned char digest[HASH_BYTES_MAX];
    api_key_t key;
    assert_true(api_key_read(str_of(known), &key));
    assert_string_equal(key.id, "AbCdEf12");
    assert_memory_equal(key.digest, start_of_digest, sizeof start_of_digest);
    assert_int_equal(hash_bytes(HASH_SHA256, str_of(known), digest), sizeof key.digest);
    assert_memory_equal(key.digest, digest, sizeof key.digest);
    assert_string_equal(key.text, ""); /* no second copy of a secret */
}

static void reads_what_it_made(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        api_key_t made;
        api_key_t other;
        api_key_t read;
        api_key_make(&made);
        api_key_make(&other);
        assert_int_equal(strlen(made.text), API_KEY_LENGTH);
        assert_true(api_key_read(str_of(made.text), &read));
        assert_string_equal(read.id, made.id);
        assert_memory_equal(read.digest, made.digest, sizeof made.digest);
        assert_string_not_equal(other.text, made.text);
        assert_memory_not_equal(other.digest, made.digest, sizeof made.digest);
    }
}

static void uses_every_digit_in_every_place(void **state)
{
    (void)state;
    bool seen[API_KEY_LENGTH][256] = {{false}};
    for (int round = 0; round < 2000; round++) {
        api_key_t key;
        api_key_make(&key);
        for (size_t i = 0; i < API_KEY_LENGTH; i++) {
            seen[i][(unsigned char)key.text[i]] = true;
        }
    }
    for (size_t i = 4; i < API_KEY_LENGTH - 6; i++) { /* the sum starts with 0 to 4 */
        for (size_t c = 0; i != 12 && c < sizeof digits - 1; c++) {
            assert_true(seen[i][(unsigned char)digits[c]]);
        }
    }
}

static void refuses_any_other_character(void **state)
{
    (void)state;
    api_key_t key;
    for (size_t i = 0; i < API_KEY_LENGTH; i++) {
        for (int c = 0; c < 256; c++) {
            char text[sizeof known];
            memcpy(text, known, sizeof text);
            text[i] = (char)c;
            bool expected = text[i] == known[i];
            assert_int_equal(api_key_read(str_at(text, API_KEY_LENGTH), &key), expected);
            assert_int_equal(key.id[0] != '\0', expected);
        }
    }
}

static void refuses_swapped_neighbours(void **state)
{
    (void)state;
    api_key_t key;
    for (size_t i = 0; i + 1 < API_KEY_LENGTH; i++) {
        char text[sizeof known];
        memcpy(text, known, sizeof text);
        text[i] = known[i + 1];
        text[i + 1] = known[i];
        assert_int_equal(api_key_read(str_at(text, API_KEY_LENGTH), &key),
                         known[i] == known[i + 1]);
    }
}

static void refuses_other_shapes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "tnk_",
        "tnk_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf66",
        "tnk_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf6622",
        " tnk_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf662",
        "tnk_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf662\n",
        "TNK_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf662",
        "ghp_AbCdEf12_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg1vf662",
    };
    api_key_t key;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(api_key_read(str_of(rows[i]), &key));
    }
    assert_false(api_key_read(STR_NONE, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_known_key),
        cmocka_unit_test(reads_what_it_made),
        cmocka_unit_test(uses_every_digit_in_every_place),
        cmocka_unit_test(refuses_any_other_character),
        cmocka_unit_test(refuses_swapped_neighbours),
        cmocka_unit_test(refuses_other_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
