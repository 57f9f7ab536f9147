/* SPDX-License-Identifier: MIT */
/* Sessions of the console: found by their cookie, over when they were idle, and never too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "api/console_sessions.h"

enum { IDLE_MS = 1000 };

static browser_digest_t begin(console_sessions_t *all, const char *key_id, int64_t now_ms,
                              console_session_t *out)
{
    char cookie[BROWSER_SECRET_ROOM];
    caller_key_t key = {.digest = {7}};
    snprintf(key.id, sizeof key.id, "%s", key_id);
    console_session_begin(all, &key, now_ms, cookie, out);
    assert_int_equal(strlen(cookie), 43);
    return browser_digest_of(str_of(cookie));
}

static bool is_there(console_sessions_t *all, const browser_digest_t *cookie, int64_t now_ms)
{
    console_session_t found;
    return console_session_find(all, cookie, now_ms, false, &found);
}

static void a_session_is_its_cookies(void **state)
{
    (void)state;
    console_sessions_t *all = console_sessions_new(IDLE_MS);
    console_session_t one, two, found;
    const browser_digest_t a = begin(all, "aaaaaaaa", 0, &one);
    const browser_digest_t b = begin(all, "env", 0, &two);
    assert_string_not_equal(one.csrf, two.csrf);
    assert_true(console_session_find(all, &a, 1, true, &found));
    assert_string_equal(found.csrf, one.csrf);
    assert_string_equal(found.key.id, "aaaaaaaa");
    assert_int_equal(found.key.digest[0], 7);
    assert_string_equal(found.key.text, "");
    console_session_end(all, &a);
    console_session_end(all, &a);
    assert_false(is_there(all, &a, 1));
    assert_true(is_there(all, &b, 1));
    const browser_digest_t nobody = browser_digest_of(STR(""));
    assert_false(is_there(all, &nobody, 1));
    assert_int_equal(console_sessions_idle_ms(all), IDLE_MS);
    console_sessions_free(all);
}

static void use_keeps_it_and_looking_does_not(void **state)
{
    (void)state;
    console_sessions_t *all = console_sessions_new(IDLE_MS);
    console_session_t told;
    const browser_digest_t used = begin(all, "aaaaaaaa", 0, &told);
    const browser_digest_t watched = begin(all, "aaaaaaaa", 0, &told);
    for (int64_t now = 0; now < 10 * IDLE_MS; now += IDLE_MS - 1) {
        assert_true(console_session_find(all, &used, now, true, &told));
        assert_int_equal(is_there(all, &watched, now), now < IDLE_MS);
    }
    assert_false(is_there(all, &used, 20 * IDLE_MS));
    console_sessions_free(all);
}

static void too_many_of_a_key_end_the_idlest(void **state)
{
    (void)state;
    console_sessions_t *all = console_sessions_new(IDLE_MS);
    console_session_t told;
    browser_digest_t of_key[CONSOLE_SESSIONS_OF_KEY_MAX];
    const browser_digest_t other = begin(all, "bbbbbbbb", 0, &told);
    for (int i = 0; i < CONSOLE_SESSIONS_OF_KEY_MAX; i++) {
        of_key[i] = begin(all, "aaaaaaaa", i, &told);
    }
    assert_true(console_session_find(all, &of_key[0], 100, true, &told));
    const browser_digest_t more = begin(all, "aaaaaaaa", 101, &told);
    assert_true(is_there(all, &of_key[0], 102));
    assert_false(is_there(all, &of_key[1], 102));
    assert_true(is_there(all, &of_key[2], 102));
    assert_true(is_there(all, &more, 102));
    assert_true(is_there(all, &other, 102));
    console_sessions_free(all);
}

static void too_many_in_all_end_the_idlest(void **state)
{
    (void)state;
    console_sessions_t *all = console_sessions_new(100 * IDLE_MS);
    console_session_t told;
    browser_digest_t first = begin(all, "first", 0, &told), second = first;
    char id[12];
    for (int i = 1; i < CONSOLE_SESSIONS_MAX; i++) {
        snprintf(id, sizeof id, "k%d", i / 10);
        const browser_digest_t made = begin(all, id, i, &told);
        second = i == 1 ? made : second;
    }
    assert_true(is_there(all, &first, 2000));
    (void)begin(all, "last", 2000, &told);
    assert_false(is_there(all, &first, 2000));
    assert_true(is_there(all, &second, 2000));
    console_sessions_free(all);
    console_sessions_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_its_cookies),
        cmocka_unit_test(use_keeps_it_and_looking_does_not),
        cmocka_unit_test(too_many_of_a_key_end_the_idlest),
        cmocka_unit_test(too_many_in_all_end_the_idlest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
