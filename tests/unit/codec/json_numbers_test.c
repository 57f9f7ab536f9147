/* SPDX-License-Identifier: MIT */
#include "codec/json_numbers.h"

#include "codec/check.h"

static json_t *read_spelt(const char *text, json_numbers_t **numbers)
{
    err_t err = ERR_INIT;
    json_t *value = json_read_spelt(str_of(text), NULL, numbers, &err);
    assert_non_null(value);
    return value;
}

static void numbers_are_written_as_they_came(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "1.10",
        "[1.0,1e3,1E+3,-0,-0.0,0.10,100]",
        "12345678901234567890",
        "{\"a\":-12345678901234567890123,\"1.10\":\"1.10\",\"b\":[{\"c\":0.30000000000000004}]}",
        "{\"s\":\"\\\"1.10 [2.0\",\"x\":2.0}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_numbers_t *numbers;
        buf_t text;
        json_t *value = read_spelt(rows[i], &numbers);
        buf_init(&text, 1 << 16);
        json_write_spelt(&text, value, numbers);
        assert_string_equal(buf_c(&text), rows[i]);
        buf_fini(&text);
        json_decref(value);
        json_numbers_free(numbers);
    }
}

static void plain_integers_are_not_kept(void **state)
{
    (void)state;
    static const char *const rows[] = {"1", "{\"a\":[1,-2,9223372036854775807],\"b\":\"1.10\"}",
                                       "\"1.5\"", "true"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_numbers_t *numbers;
        json_t *value = read_spelt(rows[i], &numbers);
        assert_null(numbers);
        json_decref(value);
    }
}

/* By its address a number is known; one that comes later is another, even where memory is used
 * again. */
static void a_new_number_has_no_spelling(void **state)
{
    (void)state;
    json_numbers_t *numbers;
    json_t *list = read_spelt("[1.10,2.20]", &numbers);
    assert_true(str_is(json_numbers_get(numbers, json_array_get(list, 0)), "1.10"));
    json_array_clear(list);
    for (int i = 0; i < 1000; i++) {
        json_t *number = json_real(3.5);
        assert_null(json_numbers_get(numbers, number).p);
        json_array_append_new(list, number);
    }
    assert_null(json_numbers_get(NULL, json_array_get(list, 0)).p);
    json_decref(list);
    json_numbers_free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_they_came),
        cmocka_unit_test(plain_integers_are_not_kept),
        cmocka_unit_test(a_new_number_has_no_spelling),
    };
    return cmocka_run_group_tests_name("json_numbers", tests, NULL, NULL);
}
