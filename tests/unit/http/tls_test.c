/* SPDX-License-Identifier: MIT */
#include "http/fixture.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static char certificate_file[64];
static char key_file[64];
static http_tls_t *tls;

static void on_request(void *context, http_request_t *r)
{
    (void)context;
    const http_view_t *view = http_request_view(r);
    if (str_is(view->path, "/stream")) {
        http_stream_begin(r, 200, NULL, 0, -1);
        for (int i = 0; i < 100; i++) {
            http_stream_write(r, STR("0123456789"));
        }
        http_stream_end(r);
    } else if (str_is(view->path, "/exact")) {
        http_stream_begin(r, 200, NULL, 0, 3);
        http_stream_write(r, STR("abc"));
        http_stream_end(r);
    } else if (str_is(view->path, "/drop")) {
        http_reply_drop(r);
    } else {
        http_reply(r, 200, NULL, 0, view->tls ? STR("tls") : STR("plain"));
    }
}

/* --- a certificate of our own --- */

static FILE *create(char *path)
{
    strcpy(path, "/tmp/tenon-http-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    return file;
}

static X509 *sign_own(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static void make_certificate(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *x = sign_own(key);
    FILE *file = create(certificate_file);
    assert_int_equal(PEM_write_X509(file, x), 1);
    fclose(file);
    file = create(key_file);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    X509_free(x);
    EVP_PKEY_free(key);
}

static int start(void **state)
{
    static host_t host;
    make_certificate();
    err_t err = ERR_INIT;
    tls = http_tls_new(certificate_file, key_file, &err);
    assert_non_null(tls);
    host_init(&host, on_request);
    host.listeners[0].tls = tls;
    host_run(&host);
    *state = &host;
    return 0;
}

static int stop(void **state)
{
    host_stop(*state);
    http_tls_free(tls);
    unlink(certificate_file);
    unlink(key_file);
    return 0;
}

/* --- a client that speaks it --- */

static bool shake_hands(client_t *c, const host_t *host, SSL_CTX *context)
{
    client_dial(c, host);
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    return SSL_connect(c->ssl) == 1;
}

static void answers_over_tls(void **state)
{
    static const struct {
        int version;
        const char *name;
    } rows[] = {{TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_max_proto_version(context, rows[i].version);
        client_t c;
        assert_true(shake_hands(&c, *state, context));
        assert_string_equal(SSL_get_version(c.ssl), rows[i].name);
        static const char *const paths[] = {"/", "/stream", "/exact", "/"};
        static const size_t sizes[] = {3, 1000, 3, 3};
        for (size_t k = 0; k < COUNT(paths); k++) {
            answer_t a;
            client_ask(&c, "GET", paths[k]);
            client_read(&c, &a, false);
            assert_true(a.whole);
            assert_int_equal(a.body.n, sizes[k]);
            answer_free(&a);
        }
        client_close(&c);
        SSL_CTX_free(context);
    }
}

static void drops_over_tls(void **state)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    client_t c;
    answer_t a;
    assert_true(shake_hands(&c, *state, context));
    client_ask(&c, "GET", "/drop");
    client_read(&c, &a, false);
    assert_false(a.any);
    answer_free(&a);
    client_close(&c);
    SSL_CTX_free(context);
}

static void speaks_http_1_only(void **state)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    static const unsigned char h2[] = "\x02h2";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    const unsigned char *chosen;
    unsigned n;
    client_t c;
    SSL_CTX_set_alpn_protos(context, both, sizeof both - 1);
    assert_true(shake_hands(&c, *state, context));
    SSL_get0_alpn_selected(c.ssl, &chosen, &n);
    assert_int_equal(n, 8);
    assert_memory_equal(chosen, "http/1.1", 8);
    client_close(&c);
    SSL_CTX_set_alpn_protos(context, h2, sizeof h2 - 1);
    assert_true(shake_hands(&c, *state, context));
    SSL_get0_alpn_selected(c.ssl, &chosen, &n);
    assert_int_equal(n, 0);
    answer_t a;
    client_say(&c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client_read(&c, &a, false);
    assert_int_equal(a.status, 400);
    answer_free(&a);
    client_close(&c);
    SSL_CTX_free(context);
}

static void old_versions_are_refused(void **state)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    client_t c;
    assert_false(shake_hands(&c, *state, context));
    client_close(&c);
    SSL_CTX_free(context);
}

static void plain_http_is_refused(void **state)
{
    client_t c;
    client_dial(&c, *state);
    client_say(&c, "GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    while (client_more(&c)) {
    }
    assert_true(str_find(buf_view(&c.in), STR("HTTP"), 0) == SIZE_MAX);
    client_close(&c);
}

/* The connection is not a request's yet, so drain has to find it by itself. */
static void a_handshake_does_not_hold_up_a_drain(void **state)
{
    (void)state;
    host_t host;
    client_t c;
    host_init(&host, on_request);
    host.listeners[0].tls = tls;
    host_run(&host);
    client_dial(&c, &host);
    client_say(&c, "\x16\x03\x01");
    usleep(20 * 1000);
    http_server_drain(host.server, NULL, NULL);
    assert_true(client_at_end(&c));
    client_close(&c);
    host_stop(&host);
}

/* The peer's certificate, with or without a server name in the ClientHello. */
static X509 *certificate_shown(const host_t *host, const char *name)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    client_t c;
    client_dial(&c, host);
    c.ssl = SSL_new(context);
    SSL_set_tlsext_host_name(c.ssl, name);
    SSL_set_fd(c.ssl, c.fd);
    assert_int_equal(SSL_connect(c.ssl), 1);
    X509 *x = SSL_get1_peer_certificate(c.ssl);
    assert_non_null(x);
    client_close(&c);
    SSL_CTX_free(context);
    return x;
}

static void a_certificate_can_be_read_again(void **state)
{
    err_t err = ERR_INIT;
    char old_certificate[sizeof certificate_file];
    char old_key[sizeof key_file];
    strcpy(old_certificate, certificate_file);
    strcpy(old_key, key_file);
    X509 *before = certificate_shown(*state, NULL);
    assert_false(http_tls_reload(tls, "/nowhere/cert.pem", key_file, &err));
    assert_int_equal(err.code, ERR_configuration);
    make_certificate();
    err = ERR_INIT;
    assert_false(http_tls_reload(tls, certificate_file, old_key, &err));
    X509 *still = certificate_shown(*state, NULL);
    assert_int_equal(X509_cmp(before, still), 0);
    err = ERR_INIT;
    assert_true(http_tls_reload(tls, certificate_file, key_file, &err));
    X509 *after = certificate_shown(*state, NULL);
    X509 *named = certificate_shown(*state, "localhost");
    assert_int_not_equal(X509_cmp(before, after), 0);
    assert_int_equal(X509_cmp(after, named), 0);
    answers_over_tls(state);
    unlink(old_certificate);
    unlink(old_key);
    X509_free(before);
    X509_free(still);
    X509_free(after);
    X509_free(named);
}

static void says_which_file_is_wrong(void **state)
{
    (void)state;
    err_t err = ERR_INIT;
    assert_null(http_tls_new("/nowhere/cert.pem", key_file, &err));
    assert_int_equal(err.code, ERR_configuration);
    assert_non_null(strstr(err.text, "/nowhere/cert.pem"));
    err = ERR_INIT;
    assert_null(http_tls_new(certificate_file, certificate_file, &err));
    assert_int_equal(err.code, ERR_configuration);
    assert_non_null(strstr(err.text, "TLS key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_over_tls),
        cmocka_unit_test(drops_over_tls),
        cmocka_unit_test(speaks_http_1_only),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(plain_http_is_refused),
        cmocka_unit_test(a_handshake_does_not_hold_up_a_drain),
        cmocka_unit_test(says_which_file_is_wrong),
        cmocka_unit_test(a_certificate_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
