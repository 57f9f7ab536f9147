/* SPDX-License-Identifier: MIT */
/* Texts that a browser holds, and the digests by which they are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "connection/browser_secret.h"

static void assert_urlsafe(const char *text, size_t length)
{
    assert_int_equal(strlen(text), length);
    assert_int_equal(
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), length);
}

static void texts_are_of_chance(void **state)
{
    (void)state;
    char a[BROWSER_SECRET_ROOM], b[BROWSER_SECRET_ROOM], id[BROWSER_ID_ROOM];
    browser_secret_make(a);
    browser_secret_make(b);
    browser_id_make(id);
    assert_urlsafe(a, 43);
    assert_urlsafe(b, 43);
    assert_urlsafe(id, 22);
    assert_string_not_equal(a, b);
}

static void a_digest_fits_its_text_alone(void **state)
{
    (void)state;
    const browser_digest_t digest = browser_digest_of(STR("abc"));
    static const unsigned char expected[] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-4 */
    assert_memory_equal(digest.bytes, expected, sizeof expected);
    assert_int_equal(browser_digest_view(&digest).n, 32);
    assert_true(browser_digest_fits(&digest, STR("abc")));
    assert_false(browser_digest_fits(&digest, STR("abd")));
    assert_false(browser_digest_fits(&digest, STR("")));
    assert_false(browser_digest_fits(&digest, STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_of_chance),
        cmocka_unit_test(a_digest_fits_its_text_alone),
    };
    return cmocka_run_group_tests_name("browser_secret", tests, NULL, NULL);
}
