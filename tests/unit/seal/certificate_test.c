/* SPDX-License-Identifier: MIT */
/* Certificates of clients: what is right is written anew, what does not fit is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seal/certificate.h"

/* Made for these tests alone. */
static const char A[] = "-----BEGIN CERTIFICATE-----\n"
                        "MIIBbzCCARWgAwIBAgIUTBtRXebGxFPt54o4FLOHhWqQ+G0wCgYIKoZIzj0EAwIw\n"
                        "DDEKMAgGA1UEAwwBYTAgFw0yNjExMjkyMzQ2NDNaGA8yMTI2MTEwNTIzNDY0M1ow\n"
                        "DDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPwuqlMsSHF/\n"
                        "FePYUFYas9xqFTLC5JsLeCHYGMf41CoJQFFiUjso5QpvR4e5lG5GSntoT+TkI+DN\n"
                        "35v+CJAk542jUzBRMB0GA1UdDgQWBBQfFwVNZ81qWyppRMjqSp3kHq4cOjAfBgNV\n"
                        "HSMEGDAWgBQfFwVNZ81qWyppRMjqSp3kHq4cOjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
                        "CCqGSM49BAMCA0gAMEUCIQDPJwQ6tYCsXqogQq1tiS1coYIBLosCb6uHTsc0/h//\n"
                        "WQIge/JBcrYGfbVQvMjPn2CsmM/7E2neqg39MqTCpIjoFrw=\n"
                        "-----END CERTIFICATE-----\n";
static const char A_KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmYtqhTCF1Iu6I8b2\n"
                            "rQC8qSeCESQhrpQfr4PO9U5DCRuhRANCAAT8LqpTLEhxfxXj2FBWGrPcahUywuSb\n"
                            "C3gh2BjH+NQqCUBRYlI7KOUKb0eHuZRuRkp7aE/k5CPgzd+b/giQJOeN\n"
                            "-----END PRIVATE KEY-----\n";
/* Its lines are all full. */
static const char FULL[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBezCCASGgAwIBAgIUSQ+o6iVYfkflewYYk+Fm22TCCWEwCgYIKoZIzj0EAwIw\n"
                           "EjEQMA4GA1UEAwwHYWFhYWFhYzAgFw0yNjExMzAwMDM0MjRaGA8yMTI2MTEwNjAw\n"
                           "MzQyNFowEjEQMA4GA1UEAwwHYWFhYWFhYzBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
                           "A0IABD5D7/Hush+2TUc7eLB30z0we82gaE92ij31iZ6J63WcCVWLum7JC8pc1icW\n"
                           "8otq/3zvkcONGxAecZM4i9iDjR6jUzBRMB0GA1UdDgQWBBRS1NDuXxHbPOJnkIXb\n"
                           "YPu5sNQzFDAfBgNVHSMEGDAWgBRS1NDuXxHbPOJnkIXbYPu5sNQzFDAPBgNVHRMB\n"
                           "Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDXKLcsmvnbIcXxI3Pu9Fdz4Ody\n"
                           "veCwQ99Gw8xBWE0KZwIgVnVwgZnSuJ+O22e2WSx7/suZI5SvqdlILBc4XYXzaUU=\n"
                           "-----END CERTIFICATE-----\n";
static const char B[] = "-----BEGIN CERTIFICATE-----\n"
                        "MIIBbTCCAROgAwIBAgIUOYIsroX/rDbCXZetBlTY5Z+gefYwCgYIKoZIzj0EAwIw\n"
                        "DDEKMAgGA1UEAwwBYjAeFw0yNjExMjkyMzQ2NDNaFw0yNjExMzAyMzQ2NDNaMAwx\n"
                        "CjAIBgNVBAMMAWIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASm83tDVMheYgrK\n"
                        "uNihatctre6yE80aW/G2rW66TfPKEWmEjHcCduKrhGTCItuSqFvyxoNe0kBcOSFg\n"
                        "31OFG8efo1MwUTAdBgNVHQ4EFgQU3ZnrDNh3IyAOGhOlAckC/L586xIwHwYDVR0j\n"
                        "BBgwFoAU3ZnrDNh3IyAOGhOlAckC/L586xIwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
                        "hkjOPQQDAgNIADBFAiEA7naAEXNupHzT/xg+qqesB0Sp6vHmaPD+wmj2R405VlsC\n"
                        "IDERYRYyRkDjezbnQJw4W0stA6mf+j0xr66Q49ghRDwC\n"
                        "-----END CERTIFICATE-----\n";
static const char B_KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTH9+alwagTpBWdyc\n"
                            "M6J4IgzkEkHOGZZCuwZ4u8SLZjyhRANCAASm83tDVMheYgrKuNihatctre6yE80a\n"
                            "W/G2rW66TfPKEWmEjHcCduKrhGTCItuSqFvyxoNe0kBcOSFg31OFG8ef\n"
                            "-----END PRIVATE KEY-----\n";
static const int64_t B_ENDS_AT_MS = INT64_C(1796082403) * 1000;

static buf_t text;
static err_t err;

static int begin(void **state)
{
    (void)state;
    buf_init(&text, 1 << 16);
    err = ERR_INIT;
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_fini(&text);
    return 0;
}

static void a_chain_is_written_as_a_whole(void **state)
{
    (void)state;
    buf_t chain;
    buf_init(&chain, 1 << 16);
    buf_lit(&chain, "of a\n");
    buf_lit(&chain, A);
    buf_lit(&chain, B);
    assert_true(certificates_read(buf_view(&chain), &text, &err));
    assert_int_equal(text.n, sizeof A - 1 + sizeof B - 1);
    assert_memory_equal(text.p, A, sizeof A - 1);
    buf_fini(&chain);
}

static void full_lines_are_no_end(void **state)
{
    (void)state;
    assert_true(certificates_read(str_of(FULL), &text, &err));
    assert_string_equal(buf_c(&text), FULL);
}

/* As a form of one line, or JSON, leaves it. */
static void lost_line_ends_are_put_back(void **state)
{
    (void)state;
    buf_t folded;
    buf_init(&folded, 1 << 16);
    for (const char *c = A; *c; c++) {
        buf_lit(&folded, *c == '\n' ? "\\n" : (char[2]){*c, 0});
    }
    assert_true(certificates_read(buf_view(&folded), &text, &err));
    assert_string_equal(buf_c(&text), A);
    buf_fini(&folded);
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "x", A_KEY, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        err_t why = ERR_INIT;
        assert_false(certificates_read(str_of(BAD[i]), &text, &why));
        assert_int_equal(why.code, ERR_key_unusable);
        assert_int_equal(text.n, 0);
    }
}

static void a_key_belongs_to_its_certificate(void **state)
{
    (void)state;
    assert_true(certificate_key_read(str_of(A), str_of(A_KEY), &text, &err));
    assert_string_equal(buf_c(&text), A_KEY);
    assert_false(certificate_key_read(str_of(A), str_of(B_KEY), &text, &err));
    assert_non_null(strstr(err.text, "does not belong"));
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    assert_false(certificate_key_read(str_of(A), str_of(A), &text, &err));
    assert_non_null(strstr(err.text, "not a private key"));
    err = ERR_INIT;
    assert_false(certificate_key_read(str_of(A),
                                      STR("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                                          "-----END ENCRYPTED PRIVATE KEY-----\n"),
                                      &text, &err));
    assert_non_null(strstr(err.text, "passphrase"));
}

static void the_end_is_the_first_ones(void **state)
{
    (void)state;
    assert_int_equal(certificate_ends_at_ms(str_of(B)), B_ENDS_AT_MS);
    assert_true(certificate_ends_at_ms(str_of(A)) > B_ENDS_AT_MS);
    assert_int_equal(certificate_ends_at_ms(STR("x")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_chain_is_written_as_a_whole, begin, end),
        cmocka_unit_test_setup_teardown(full_lines_are_no_end, begin, end),
        cmocka_unit_test_setup_teardown(lost_line_ends_are_put_back, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_certificate_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_key_belongs_to_its_certificate, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(the_end_is_the_first_ones, begin, end),
    };
    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
