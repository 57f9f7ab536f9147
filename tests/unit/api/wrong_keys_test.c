/* SPDX-License-Identifier: MIT */
/* Pauses that grow with every wrong key of an address, and what counts as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "api/wrong_keys.h"

static int64_t add_many(wrong_keys_t *all, const char *peer, int count)
{
    int64_t pause_ms = 0;
    for (int i = 0; i < count; i++) {
        pause_ms = wrong_keys_add(all, str_of(peer), 1000);
    }
    return pause_ms;
}

static void pauses_grow_and_end_somewhere(void **state)
{
    (void)state;
    wrong_keys_t *all = wrong_keys_new();
    for (int i = 0; i < WRONG_KEYS_FREE; i++) {
        assert_int_equal(wrong_keys_add(all, STR("192.0.2.1:1"), i), 0);
    }
    static const int64_t SECONDS[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    for (size_t i = 0; i < sizeof SECONDS / sizeof *SECONDS; i++) {
        assert_int_equal(wrong_keys_add(all, STR("192.0.2.1:1"), 10), SECONDS[i] * 1000);
    }
    assert_int_equal(add_many(all, "192.0.2.1:1", 100000), WRONG_KEYS_PAUSE_MAX_MS);
    wrong_keys_forget(all, STR("192.0.2.1:99"));
    assert_int_equal(add_many(all, "192.0.2.1:1", WRONG_KEYS_FREE), 0);
    wrong_keys_free(all);
    wrong_keys_free(NULL);
}

static void they_are_forgotten(void **state)
{
    (void)state;
    wrong_keys_t *all = wrong_keys_new();
    assert_true(add_many(all, "192.0.2.1:1", 10) > 0);
    assert_true(wrong_keys_add(all, STR("192.0.2.1:1"), 1000 + WRONG_KEYS_FORGOTTEN_AFTER_MS - 1) >
                0);
    assert_int_equal(
        wrong_keys_add(all, STR("192.0.2.1:1"), 999 + 2 * WRONG_KEYS_FORGOTTEN_AFTER_MS), 0);
    wrong_keys_free(all);
}

static void an_address_is_a_host(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool same;
    } rows[] = {
        {"192.0.2.1:1", "192.0.2.1:2", true},
        {"192.0.2.1", "192.0.2.1:2", true},
        {"192.0.2.1:1", "192.0.2.2:1", false},
        {"[2001:db8::1]:1", "[2001:db8::2]:1", true},
        {"[2001:db8::1]:1", "[2001:db8::ffff:1:2:3]", true},
        {"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false},
        {"[::1]:1", "127.0.0.1:1", false},
        {"[::ffff:192.0.2.1]:1", "192.0.2.1:1", true},
        {"local", "unknown", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wrong_keys_t *all = wrong_keys_new();
        assert_true(add_many(all, rows[i].one, 10) > 0);
        assert_int_equal(add_many(all, rows[i].other, 1) > 0, rows[i].same);
        wrong_keys_free(all);
    }
}

/* The one that was met first goes for a new one. */
static void there_are_never_too_many(void **state)
{
    (void)state;
    wrong_keys_t *all = wrong_keys_new();
    char peer[32];
    for (int i = 0; i <= WRONG_KEYS_ADDRESSES_MAX; i++) {
        snprintf(peer, sizeof peer, "10.%d.%d.%d:1", i >> 16, i >> 8 & 255, i & 255);
        (void)add_many(all, peer, i < 2 ? 10 : 1);
    }
    assert_int_equal(add_many(all, "10.0.0.0:1", 1), 0);
    assert_int_equal(add_many(all, "10.0.0.1:1", 1), 0); /* went for that one */
    assert_int_equal(wrong_keys_add(all, STR("192.0.2.1:1"), WRONG_KEYS_FORGOTTEN_AFTER_MS * 3), 0);
    wrong_keys_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_and_end_somewhere),
        cmocka_unit_test(they_are_forgotten),
        cmocka_unit_test(an_address_is_a_host),
        cmocka_unit_test(there_are_never_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
