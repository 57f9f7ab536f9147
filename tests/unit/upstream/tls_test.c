/* SPDX-License-Identifier: MIT */
/* TLS: who is believed, and what the operator is told. */
#include "rig.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* --- certificates --- */

typedef struct identity {
    SSL_CTX *tls;
    char file[64]; /* the certificate, which is its own CA */
} identity_t;

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* Self-signed; names as in a configuration of OpenSSL ("DNS:a.test"). ends_s: from now. */
static X509 *certificate_of(EVP_PKEY *key, const char *names, long ends_s)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * 86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), ends_s);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"tenon test", -1,
                               -1, 0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_subject_alt_name, names);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void write_pem(identity_t *id, X509 *certificate)
{
    snprintf(id->file, sizeof id->file, "/tmp/tenon-ca-XXXXXX");
    int fd = mkstemp(id->file);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    PEM_write_X509(file, certificate);
    fclose(file);
}

/* Takes http/1.1 and nothing else, so that a client which offers more is noticed. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                   const unsigned char *in, unsigned int n, void *context)
{
    (void)ssl;
    (void)context;
    if (n != 9 || memcmp(in, "\x08http/1.1", 9) != 0) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = in + 1;
    *out_n = 8;
    return SSL_TLSEXT_ERR_OK;
}

static void identity_init(identity_t *id, const char *names, long ends_s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *certificate = certificate_of(key, names, ends_s);
    write_pem(id, certificate);
    id->tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(id->tls, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(id->tls, key), 1);
    SSL_CTX_set_alpn_select_cb(id->tls, on_alpn, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void identity_fini(identity_t *id)
{
    SSL_CTX_free(id->tls);
    unlink(id->file);
}

/* --- the server --- */

/* Says which name was asked for. */
static bool script_name(peer_t *peer, str_t body)
{
    char text[200];
    const char *name = SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name);
    (void)body;
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Name: %s\r\n\r\n",
             name ? name : "-");
    return peer_say(peer, text);
}

static bool script_dies_on_reuse(peer_t *peer, str_t body)
{
    return peer->requests == 1 && script_ok(peer, body);
}

static bool script_short(peer_t *peer, str_t body)
{
    (void)body;
    peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    return false;
}

static bool script_echo(peer_t *peer, str_t body)
{
    char head[100];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.n);
    return peer_say(peer, head) && peer_send(peer, body);
}

static const route_t routes[] = {
    {"/ok", script_ok},       {"/name", script_name}, {"/dies", script_dies_on_reuse},
    {"/short", script_short}, {"/echo", script_echo}, {NULL, NULL},
};

/* Asks https://host:port/target */
static reply_t ask_tls(rig_t *rig, const char *host, const ask_t *ask)
{
    char url[200];
    ask_t whole = *ask;
    snprintf(url, sizeof url, "https://%s:%u%s", host, rig->server.port, ask->target);
    whole.target = url;
    return rig_ask(rig, &whole);
}

static upstream_result_t outcome_tls(rig_t *rig, const char *host, const char *target)
{
    reply_t reply = ask_tls(rig, host, &(ask_t){.target = target});
    reply_fini(&reply);
    return reply.result;
}

/* --- tests --- */

static void the_extra_ca_is_believed(void **state)
{
    (void)state;
    identity_t id;
    rig_t rig;
    identity_init(&id, "IP:127.0.0.1,DNS:localhost", 86400);
    rig_start(&rig, routes, &(rig_terms_t){.tls = id.tls, .ca_file = id.file});
    for (int i = 0; i < 3; i++) {
        upstream_result_t result = outcome_tls(&rig, "127.0.0.1", "/ok");
        if (result.outcome != UPSTREAM_OK) {
            fail_msg("outcome %d, %s", (int)result.outcome, result.detail);
        }
    }
    assert_int_equal(server_connections(&rig.server), 1);
    rig_stop(&rig);
    identity_fini(&id);
}

/* U44 */
typedef struct refused_row {
    const char *names;
    long ends_s;
    bool trusted;
    long version; /* the highest, 0: any */
    const char *detail;
} refused_row_t;

static const refused_row_t refused_rows[] = {
    {"IP:127.0.0.1", 86400, false, 0, "self-signed certificate"},
    {"IP:127.0.0.1", -86400, true, 0, "certificate has expired"},
    {"IP:127.0.0.2,DNS:other.test", 86400, true, 0, "127.0.0.1"},
    {"IP:127.0.0.1", 86400, true, TLS1_1_VERSION, "SSL"},
};

static void others_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused_rows); i++) {
        const refused_row_t *row = &refused_rows[i];
        identity_t id;
        rig_t rig;
        identity_init(&id, row->names, row->ends_s);
        if (row->version) {
            SSL_CTX_set_security_level(id.tls, 0);
            SSL_CTX_set_min_proto_version(id.tls, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(id.tls, (int)row->version);
        }
        rig_start(&rig, routes,
                  &(rig_terms_t){.tls = id.tls, .ca_file = row->trusted ? id.file : NULL});
        upstream_result_t result = outcome_tls(&rig, "127.0.0.1", "/ok");
        if (result.outcome != UPSTREAM_TLS || result.sent || !strstr(result.detail, row->detail)) {
            fail_msg("row %zu: outcome %d, %s", i, (int)result.outcome, result.detail);
        }
        assert_int_equal(server_count(&rig.server, ""), 0);
        rig_stop(&rig);
        identity_fini(&id);
    }
}

static void another_ca_is_not_enough(void **state)
{
    (void)state;
    identity_t id;
    identity_t other;
    rig_t rig;
    identity_init(&id, "IP:127.0.0.1", 86400);
    identity_init(&other, "IP:127.0.0.1", 86400);
    rig_start(&rig, routes, &(rig_terms_t){.tls = id.tls, .ca_file = other.file});
    assert_int_equal(outcome_tls(&rig, "127.0.0.1", "/ok").outcome, UPSTREAM_TLS);
    rig_stop(&rig);
    identity_fini(&id);
    identity_fini(&other);
}

/* A server without TLS, and without patience. */
static void *greet(void *context)
{
    server_t *s = context;
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        static const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        char byte[1000];
        send(fd, text, sizeof text - 1, MSG_NOSIGNAL);
        while (recv(fd, byte, sizeof byte, 0) > 0) {
        }
        close(fd);
    }
    return NULL;
}

/* U45 */
static void plain_http_on_the_tls_port(void **state)
{
    (void)state;
    rig_t rig;
    server_t plain;
    pthread_t thread;
    char url[60];
    rig_start(&rig, routes, NULL);
    server_bind(&plain);
    assert_int_equal(pthread_create(&thread, NULL, greet, &plain), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", plain.port);
    upstream_result_t result = rig_outcome(&rig, &(ask_t){.target = url});
    assert_int_equal(result.outcome, UPSTREAM_TLS);
    assert_false(result.sent);
    pthread_join(thread, NULL);
    close(plain.fd);
    rig_stop(&rig);
}

static void a_handshake_that_hangs_is_cut_early(void **state)
{
    (void)state;
    rig_t rig;
    rig_start(&rig, routes, &(rig_terms_t){.mute = true, .connect_timeout_ms = 200});
    upstream_result_t result = outcome_tls(&rig, "127.0.0.1", "/ok");
    assert_int_equal(result.outcome, UPSTREAM_TLS);
    assert_false(result.sent);
    rig_stop(&rig);
}

static void pins_keep_name_and_certificate(void **state)
{
    (void)state;
    identity_t id;
    rig_t rig;
    identity_init(&id, "DNS:svc.test", 86400);
    rig_start(&rig, routes,
              &(rig_terms_t){.tls = id.tls,
                             .ca_file = id.file,
                             .allow = "svc.test=127.0.0.1",
                             .resolve = "svc.test:443=127.0.0.1:%u"});
    reply_t reply = rig_ask(&rig, &(ask_t){.target = "https://svc.test/name"});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_non_null(strstr(buf_c(&reply.headers), "X-Name: svc.test\n"));
    assert_non_null(strstr(server_last(&rig.server), "\r\nHost: svc.test\r\n"));
    reply_fini(&reply);
    rig_stop(&rig);
    identity_fini(&id);
}

static void dead_connections_under_tls(void **state)
{
    (void)state;
    identity_t id;
    rig_t rig;
    identity_init(&id, "IP:127.0.0.1", 86400);
    rig_start(&rig, routes, &(rig_terms_t){.tls = id.tls, .ca_file = id.file});
    assert_int_equal(outcome_tls(&rig, "127.0.0.1", "/ok").outcome, UPSTREAM_OK);
    assert_int_equal(outcome_tls(&rig, "127.0.0.1", "/dies").outcome, UPSTREAM_OK);
    assert_int_equal(server_count(&rig.server, "GET /dies"), 2);
    reply_t reply =
        ask_tls(&rig, "127.0.0.1",
                &(ask_t){.method = "POST", .target = "/dies", .body = STR("pay=10"), .once = true});
    assert_int_equal(reply.result.outcome, UPSTREAM_BROKEN);
    assert_int_equal(server_count(&rig.server, "POST /dies"), 1);
    reply_fini(&reply);
    rig_stop(&rig);
    identity_fini(&id);
}

static void broken_answers_under_tls(void **state)
{
    (void)state;
    identity_t id;
    rig_t rig;
    identity_init(&id, "IP:127.0.0.1", 86400);
    rig_start(&rig, routes, &(rig_terms_t){.tls = id.tls, .ca_file = id.file});
    assert_int_equal(outcome_tls(&rig, "127.0.0.1", "/short").outcome, UPSTREAM_TRUNCATED);
    rig_stop(&rig);
    identity_fini(&id);
}

static void a_large_body_under_tls(void **state)
{
    (void)state;
    enum { SIZE = 2 * 1024 * 1024 };
    identity_t id;
    rig_t rig;
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    memset(bytes, 'x', SIZE);
    identity_init(&id, "IP:127.0.0.1", 86400);
    rig_start(&rig, routes, &(rig_terms_t){.tls = id.tls, .ca_file = id.file});
    reply_t reply =
        ask_tls(&rig, "127.0.0.1",
                &(ask_t){.method = "PUT", .target = "/echo", .body = str_at(bytes, SIZE)});
    assert_int_equal(reply.result.outcome, UPSTREAM_OK);
    assert_int_equal(reply.body.n, SIZE);
    assert_memory_equal(reply.body.p, bytes, SIZE);
    reply_fini(&reply);
    rig_stop(&rig);
    identity_fini(&id);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_extra_ca_is_believed),
        cmocka_unit_test(others_are_refused_with_the_reason),
        cmocka_unit_test(another_ca_is_not_enough),
        cmocka_unit_test(plain_http_on_the_tls_port),
        cmocka_unit_test(a_handshake_that_hangs_is_cut_early),
        cmocka_unit_test(pins_keep_name_and_certificate),
        cmocka_unit_test(dead_connections_under_tls),
        cmocka_unit_test(broken_answers_under_tls),
        cmocka_unit_test(a_large_body_under_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
