/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/aead.h"

static secret_t *key;

static int make_key(void **state)
{
    (void)state;
    key = secret_new(STR("0123456789abcdef0123456789abcdef"));
    return 0;
}

static int drop_key(void **state)
{
    (void)state;
    secret_unref(key);
    return 0;
}

static void opens_what_it_sealed(void **state)
{
    (void)state;
    static const str_t rows[] = {STR_INIT(""), STR_INIT("x"), STR_INIT("fifteen bytes.."),
                                 STR_INIT("sixteen bytes..."),
                                 STR_INIT("a little more than one block")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char sealed[100];
        unsigned char plain[100];
        aead_seal(key, STR("place"), rows[i], sealed);
        assert_true(aead_open(key, STR("place"), str_at(sealed, rows[i].n + AEAD_MORE), plain));
        assert_memory_equal(plain, rows[i].p, rows[i].n);
    }
}

/* NIST's GCM test case 16 (key of 256 bits, additional data): that what is stored is plain
 * AES-256-GCM. */
static void opens_the_published_record(void **state)
{
    (void)state;
    static const unsigned char bits[] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                         0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
                                         0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                         0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
    static const unsigned char additional[] = {0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe,
                                               0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad,
                                               0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2};
    static const unsigned char sealed[] = {
        0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88, 0x52, 0x2d, 0xc1,
        0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84, 0x42, 0x7d, 0x64, 0x3a,
        0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9, 0x75, 0x98, 0xa2, 0xbd, 0x25, 0x55, 0xd1, 0xaa, 0x8c,
        0xb0, 0x8e, 0x48, 0x59, 0x0d, 0xbb, 0x3d, 0xa7, 0xb0, 0x8b, 0x10, 0x56, 0x82, 0x88, 0x38,
        0xc5, 0xf6, 0x1e, 0x63, 0x93, 0xba, 0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62, 0x76, 0xfc, 0x6e,
        0xce, 0x0f, 0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55, 0x1b};
    static const unsigned char expected[] = {0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5};
    unsigned char plain[60];
    secret_t *published = secret_new(str_at(bits, sizeof bits));
    assert_true(aead_open(published, str_at(additional, sizeof additional),
                          str_at(sealed, sizeof sealed), plain));
    assert_memory_equal(plain, expected, sizeof expected);
    secret_unref(published);
}

static void never_repeats_a_nonce(void **state)
{
    (void)state;
    unsigned char one[AEAD_MORE + 1];
    unsigned char other[AEAD_MORE + 1];
    aead_seal(key, STR(""), STR("x"), one);
    aead_seal(key, STR(""), STR("x"), other);
    assert_memory_not_equal(one, other, AEAD_NONCE);
}

static void wipes_what_does_not_open(void **state)
{
    (void)state;
    static const unsigned char nothing[6];
    unsigned char sealed[AEAD_MORE + 6];
    unsigned char plain[6] = {1, 1, 1, 1, 1, 1};
    aead_seal(key, STR("here"), STR("secret"), sealed);
    assert_false(aead_open(key, STR("there"), str_at(sealed, sizeof sealed), plain));
    assert_memory_equal(plain, nothing, sizeof plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_it_sealed),
        cmocka_unit_test(opens_the_published_record),
        cmocka_unit_test(never_repeats_a_nonce),
        cmocka_unit_test(wipes_what_does_not_open),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
