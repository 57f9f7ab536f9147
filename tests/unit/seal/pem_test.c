/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/buf.h"
#include "seal/keys.h"
#include "seal/pem.h"

static EVP_PKEY *rsa;
static EVP_PKEY *ec;
static char *rsa_pem;

static int make_keys(void **state)
{
    (void)state;
    rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    rsa_pem = rsa ? pem_of(rsa, PKCS8) : NULL;
    return rsa_pem && ec ? 0 : -1;
}

static int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    free(rsa_pem);
    return 0;
}

static void assert_reads(str_t pem, const EVP_PKEY *expected)
{
    err_t err = ERR_INIT;
    EVP_PKEY *key = pem_private_key(pem, &err);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_eq(key, expected), 1);
    EVP_PKEY_free(key);
    key = pem_public_key(pem, &err);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_eq(key, expected), 1);
    EVP_PKEY_free(key);
    assert_false(err_is_set(&err));
    assert_int_equal(ERR_peek_error(), 0);
}

static void reads_every_form(void **state)
{
    (void)state;
    for (int form = PKCS8; form <= TRADITIONAL; form++) {
        char *pem = pem_of(rsa, (pem_form_t)form);
        assert_reads(str_of(pem), rsa);
        free(pem);
        pem = pem_of(ec, (pem_form_t)form);
        assert_reads(str_of(pem), ec);
        free(pem);
    }
}

/* `openssl ecparam -genkey` puts the curve in a block of its own in front. */
static void skips_blocks_in_front(void **state)
{
    (void)state;
    char *pem = pem_of(ec, TRADITIONAL);
    buf_t text;
    buf_init(&text, 100000);
    buf_lit(
        &text,
        "a note\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
    buf_lit(&text, pem);
    assert_reads(buf_view(&text), ec);
    buf_fini(&text);
    free(pem);
}

/* Writes pem with every line end replaced. */
static buf_t folded(const char *pem, const char *line_end)
{
    buf_t text;
    buf_init(&text, 100000);
    for (; *pem; pem++) {
        if (*pem == '\n') {
            buf_lit(&text, line_end);
        } else {
            buf_char(&text, *pem);
        }
    }
    return text;
}

static void reads_keys_whose_line_ends_are_lost(void **state)
{
    (void)state;
    static const char *const line_ends[] = {"\r\n", "\n\n",   "",      " ", "  ",
                                            "\\n",  "\\r\\n", "\\n\n", "\t"};
    char *pem = pem_of(ec, TRADITIONAL);
    for (size_t i = 0; i < sizeof line_ends / sizeof *line_ends; i++) {
        buf_t text = folded(rsa_pem, line_ends[i]);
        assert_reads(buf_view(&text), rsa);
        buf_fini(&text);
        text = folded(pem, line_ends[i]);
        assert_reads(buf_view(&text), ec);
        buf_fini(&text);
    }
    free(pem);
}

static void assert_refused(str_t pem, const char *reason)
{
    err_t err = ERR_INIT;
    assert_null(pem_private_key(pem, &err));
    assert_int_equal(err.code, ERR_key_unusable);
    if (!strstr(err.text, reason)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuses_what_is_no_private_key(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "key",
        "-----",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----AAAA",
        "-----BEGIN PRIVATE KEY-----AAAA-----END ",
        "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
        "-----BEGIN -----END -----BEGIN -----END -----",
        "-----BEGIN PRIVATE KEY-----\\",
        "-----BEGIN PRIVATE KEY-----\\-----END PRIVATE KEY-----",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(str_of(rows[i]), "not a private key");
    }
    char *encrypted = pem_of(rsa, ENCRYPTED);
    char *public = pem_of(rsa, PUBLIC);
    assert_refused(str_of(encrypted), "has a passphrase");
    assert_refused(str_of(public), "not a private key");
    free(encrypted);
    free(public);
}

static void refuses_a_key_cut_anywhere(void **state)
{
    (void)state;
    str_t pem = str_of(rsa_pem);
    for (size_t n = 0; n + 2 < pem.n; n += 7) {
        assert_refused(str_slice(pem, 0, n), "not a private key");
    }
}

static void stops_at_64_kib(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, 100000);
    for (int i = 0; i < 66000; i++) {
        buf_char(&text, '\n');
    }
    buf_lit(&text, rsa_pem);
    assert_refused(buf_view(&text), "not a private key");
    assert_reads(str_slice(buf_view(&text), 10000, SIZE_MAX), rsa);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(skips_blocks_in_front),
        cmocka_unit_test(reads_keys_whose_line_ends_are_lost),
        cmocka_unit_test(refuses_what_is_no_private_key),
        cmocka_unit_test(refuses_a_key_cut_anywhere),
        cmocka_unit_test(stops_at_64_kib),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
