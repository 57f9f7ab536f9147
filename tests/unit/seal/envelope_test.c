/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/envelope.h"

enum { TEXT_MAX = 100000 };

#define SECRET STR_INIT("0123456789abcdef0123456789abcdef")

static const envelope_for_t USE = {SECRET, STR_INIT("next link"),
                                   STR_INIT("pingone\np1\nListUsers")};

static void brings_back_what_was_sealed(void **state)
{
    (void)state;
    char longest[9000];
    memset(longest, 'x', sizeof longest);
    const str_t rows[] = {STR(""), STR("https://api.example.com/users?cursor=a%2Fb"),
                          str_at(longest, sizeof longest)};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_t sealed, plain;
        buf_init(&sealed, TEXT_MAX);
        buf_init(&plain, TEXT_MAX);
        envelope_seal(&USE, rows[i], &sealed);
        for (size_t k = 0; k < sealed.n; k++) {
            assert_true(ascii_is_alnum(sealed.p[k]) || sealed.p[k] == '-' || sealed.p[k] == '_');
        }
        assert_true(envelope_open(&USE, buf_view(&sealed), &plain));
        assert_true(str_eq(buf_view(&plain), rows[i]));
        buf_fini(&sealed);
        buf_fini(&plain);
    }
}

static void is_different_each_time(void **state)
{
    (void)state;
    buf_t a, b;
    buf_init(&a, TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    envelope_seal(&USE, STR("same"), &a);
    envelope_seal(&USE, STR("same"), &b);
    assert_false(str_eq(buf_view(&a), buf_view(&b)));
    buf_fini(&a);
    buf_fini(&b);
}

static void opens_for_nothing_else(void **state)
{
    (void)state;
    static const envelope_for_t others[] = {
        {STR_INIT("another secret of the same host!"), STR_INIT("next link"),
         STR_INIT("pingone\np1\nListUsers")},
        {SECRET, STR_INIT("location"), STR_INIT("pingone\np1\nListUsers")},
        {SECRET, STR_INIT("next link"), STR_INIT("pingone\np2\nListUsers")},
    };
    buf_t sealed, plain;
    buf_init(&sealed, TEXT_MAX);
    buf_init(&plain, TEXT_MAX);
    envelope_seal(&USE, STR("https://api.example.com/"), &sealed);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(envelope_open(&others[i], buf_view(&sealed), &plain));
    }
    for (size_t i = 0; i < sealed.n;
         i++) { /* nor when a character is another, or the end is gone */
        char was = sealed.p[i];
        sealed.p[i] = was == 'A' ? 'B' : 'A';
        assert_false(envelope_open(&USE, buf_view(&sealed), &plain));
        sealed.p[i] = was;
        assert_false(envelope_open(&USE, str_slice(buf_view(&sealed), 0, i), &plain));
    }
    assert_false(envelope_open(&USE, STR("https://evil.example/"), &plain));
    assert_int_equal(plain.n, 0);
    buf_fini(&sealed);
    buf_fini(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(brings_back_what_was_sealed),
                                       cmocka_unit_test(is_different_each_time),
                                       cmocka_unit_test(opens_for_nothing_else)};
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
