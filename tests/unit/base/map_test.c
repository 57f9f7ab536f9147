/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"

static int values[100];

static void sets_gets_and_removes(void **state)
{
    (void)state;
    map_t *m = map_new();
    assert_null(map_get(m, STR("a")));
    assert_null(map_remove(m, STR("a")));
    assert_null(map_set(m, STR("a"), &values[1]));
    assert_null(map_set(m, STR("b"), &values[2]));
    assert_ptr_equal(map_set(m, STR("a"), &values[3]), &values[1]);
    assert_int_equal(map_count(m), 2);
    assert_ptr_equal(map_get(m, STR("a")), &values[3]);
    assert_ptr_equal(map_remove(m, STR("a")), &values[3]);
    assert_null(map_get(m, STR("a")));
    assert_null(map_remove(m, STR("a")));
    assert_ptr_equal(map_get(m, STR("b")), &values[2]);
    assert_int_equal(map_count(m), 1);
    map_free(m);
    map_free(NULL);
}

static void takes_any_bytes_as_keys(void **state)
{
    (void)state;
    static const str_t keys[] = {STR_INIT(""),  STR_INIT("\0"),  STR_INIT("\0\0"),
                                 STR_INIT("a"), STR_INIT("a\0"), STR_INIT("a\0b"),
                                 STR_INIT("A"), STR_INIT("\xff")};
    const size_t count = sizeof keys / sizeof keys[0];
    map_t *m = map_new();
    for (size_t i = 0; i < count; i++) {
        assert_null(map_set(m, keys[i], &values[i]));
    }
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(map_get(m, keys[i]), &values[i]);
    }
    assert_ptr_equal(map_get(m, STR_NONE), &values[0]);
    map_free(m);
}

static void copies_its_keys(void **state)
{
    (void)state;
    map_t *m = map_new();
    char key[] = "abc";
    map_set(m, str_of(key), &values[1]);
    key[0] = 'x';
    assert_ptr_equal(map_get(m, STR("abc")), &values[1]);
    assert_null(map_get(m, STR("xbc")));
    map_free(m);
}

/* Keys of one digit each, in the order in which the map answers them. */
static void assert_order(const map_t *m, const char *expected)
{
    char order[64] = "";
    str_t key;
    size_t n = 0;
    for (size_t at = 0; map_next(m, &at, &key, NULL);) {
        assert_int_equal(key.n, 1);
        order[n++] = key.p[0];
    }
    order[n] = '\0';
    assert_string_equal(order, expected);
}

static void iterates_in_order_of_insertion(void **state)
{
    (void)state;
    map_t *m = map_new();
    assert_order(m, "");
    for (const char *c = "hgfedcba0123456789"; *c; c++) {
        map_set(m, str_at(c, 1), &values[0]);
    }
    assert_order(m, "hgfedcba0123456789");
    map_set(m, STR("g"), &values[1]); /* a new value keeps the old place */
    assert_order(m, "hgfedcba0123456789");
    map_remove(m, STR("h"));
    map_remove(m, STR("a"));
    map_remove(m, STR("9"));
    assert_order(m, "gfedcb012345678");
    map_set(m, STR("h"), &values[1]); /* a key that came back stands last */
    assert_order(m, "gfedcb012345678h");
    map_free(m);
}

static void allows_removal_while_iterating(void **state)
{
    (void)state;
    map_t *m = map_new();
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "key%d", i);
        map_set(m, str_of(key), &values[i]);
    }
    int seen = 0;
    str_t name;
    void *value;
    for (size_t at = 0; map_next(m, &at, &name, &value); seen++) {
        assert_ptr_equal(value, &values[seen]);
        if (seen % 3 != 0) {
            snprintf(key, sizeof key, "%.*s", STR_ARG(name));
            assert_ptr_equal(map_remove(m, str_of(key)), value);
        }
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map_count(m), 34);
    for (size_t at = 0; map_next(m, &at, &name, &value);) {
        assert_int_equal((size_t)((int *)value - values) % 3, 0);
        assert_ptr_equal(map_remove(m, name), value); /* the key that dies is the one passed in */
    }
    assert_int_equal(map_count(m), 0);
    map_free(m);
}

enum { MANY = 100000 };

static str_t many_key(char *room, size_t size, int i)
{
    return str_at(room, (size_t)snprintf(room, size, "connection-%d", i));
}

static void holds_100000_keys(void **state)
{
    (void)state;
    int *numbers = calloc(MANY, sizeof(int));
    map_t *m = map_new();
    char room[32];
    for (int i = 0; i < MANY; i++) {
        numbers[i] = i;
        assert_null(map_set(m, many_key(room, sizeof room, i), &numbers[i]));
    }
    assert_int_equal(map_count(m), MANY);
    for (int i = 0; i < MANY; i += 2) {
        assert_ptr_equal(map_remove(m, many_key(room, sizeof room, i)), &numbers[i]);
    }
    for (int i = 0; i < MANY; i++) {
        void *found = map_get(m, many_key(room, sizeof room, i));
        assert_ptr_equal(found, i % 2 ? &numbers[i] : NULL);
    }
    assert_int_equal(map_count(m), MANY / 2);
    map_free(m);
    free(numbers);
}

/* Also a matter of time: with a walk over the dead at each step this would be 10^10 steps. */
static void serves_as_a_queue(void **state)
{
    (void)state;
    map_t *m = map_new();
    char room[32];
    for (int i = 0; i < MANY; i++) {
        map_set(m, many_key(room, sizeof room, i), &values[i % 100]);
    }
    for (int i = 0; i < MANY; i++) {
        str_t key;
        size_t at = 0;
        assert_true(map_next(m, &at, &key, NULL));
        char wanted[32];
        assert_true(str_eq(key, many_key(wanted, sizeof wanted, i)));
        assert_non_null(map_remove(m, key));
    }
    assert_int_equal(map_count(m), 0);
    map_free(m);
}

static void survives_endless_coming_and_going(void **state)
{
    (void)state;
    map_t *m = map_new();
    char room[32];
    for (int i = 0; i < MANY; i++) {
        map_set(m, many_key(room, sizeof room, i), &values[i % 100]);
        if (i >= 10) {
            assert_ptr_equal(map_remove(m, many_key(room, sizeof room, i - 10)),
                             &values[(i - 10) % 100]);
        }
    }
    assert_int_equal(map_count(m), 10);
    map_free(m);
}

static void frees_values(void **state)
{
    (void)state;
    map_t *m = map_new();
    map_set(m, STR("a"), malloc(1));
    map_set(m, STR("b"), malloc(1));
    map_set(m, STR("c"), malloc(1));
    free(map_remove(m, STR("b")));
    map_free_with(m, free);
    map_free_with(NULL, free);
}

static void hashes_under_one_key(void **state)
{
    (void)state;
    uint64_t a = hash_keyed("abc", 3);
    assert_true(a == hash_keyed("abc", 3));
    assert_true(a != hash_keyed("abd", 3));
    assert_true(hash_keyed("", 0) == hash_keyed(NULL, 0));
    assert_true(hash_keyed("\0", 1) != hash_keyed("\0\0", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_gets_and_removes),
        cmocka_unit_test(takes_any_bytes_as_keys),
        cmocka_unit_test(copies_its_keys),
        cmocka_unit_test(iterates_in_order_of_insertion),
        cmocka_unit_test(allows_removal_while_iterating),
        cmocka_unit_test(holds_100000_keys),
        cmocka_unit_test(serves_as_a_queue),
        cmocka_unit_test(survives_endless_coming_and_going),
        cmocka_unit_test(frees_values),
        cmocka_unit_test(hashes_under_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
