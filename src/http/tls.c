/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "http/server_internal.h"

struct http_tls {
    SSL_CTX *context;     /* what connections are accepted with, as long as the server lives */
    SSL_CTX *latest;      /* what they go on with, once it was read again; NULL: context */
    pthread_mutex_t lock; /* guards latest */
};

static const h2o_iovec_t protocols[] = {{(char *)(uintptr_t) "http/1.1", 8}, {NULL, 0}};

SSL_CTX *http_tls_context(const http_tls_t *t)
{
    return t->context;
}

static bool refuse(err_t *err, const char *what, const char *file)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return err_set(err, ERR_configuration, "%s %s: %s", what, file, why ? why : "unknown reason");
}

/* A key under a passphrase is refused: by default OpenSSL would ask at the terminal, and wait. */
static int have_no_passphrase(char *to, int room, int writing, void *context)
{
    (void)to;
    (void)room;
    (void)writing;
    (void)context;
    return -1;
}

static bool load(SSL_CTX *context, const char *certificate_file, const char *key_file, err_t *err)
{
    SSL_CTX_set_default_passwd_cb(context, have_no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1) {
        return refuse(err, "TLS certificate", certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return refuse(err, "TLS key", key_file);
    }
    return true;
}

static void set_up(SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* Sessions resume by ticket; a store of them would only hold memory. A ticket of one listener
     * must not be taken by another: each has a context, whose address tells them apart. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    uintptr_t name = (uintptr_t)context;
    SSL_CTX_set_session_id_context(context, (const unsigned char *)&name, sizeof name);
    h2o_ssl_register_alpn_protocols(context, protocols);
}

static SSL_CTX *make(const char *certificate_file, const char *key_file, err_t *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) {
        (void)refuse(err, "TLS", "context");
        return NULL;
    }
    if (!load(context, certificate_file, key_file, err)) {
        SSL_CTX_free(context);
        return NULL;
    }
    set_up(context);
    return context;
}

/* OpenSSL asks at every ClientHello, also where it names no server. */
static int on_client_hello(SSL *ssl, int *alert, void *context)
{
    (void)alert;
    http_tls_t *t = context;
    pthread_mutex_lock(&t->lock);
    if (t->latest) {
        SSL_set_SSL_CTX(ssl, t->latest);
    }
    pthread_mutex_unlock(&t->lock);
    return SSL_TLSEXT_ERR_OK;
}

http_tls_t *http_tls_new(const char *certificate_file, const char *key_file, err_t *err)
{
    SSL_CTX *context = make(certificate_file, key_file, err);
    if (!context) {
        return NULL;
    }
    http_tls_t *t = mem_new(http_tls_t);
    t->context = context;
    pthread_mutex_init(&t->lock, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, on_client_hello);
    SSL_CTX_set_tlsext_servername_arg(context, t);
    return t;
}

bool http_tls_reload(http_tls_t *t, const char *certificate_file, const char *key_file, err_t *err)
{
    SSL_CTX *latest = make(certificate_file, key_file, err);
    if (!latest) {
        return false;
    }
    pthread_mutex_lock(&t->lock);
    SSL_CTX *old = t->latest;
    t->latest = latest;
    pthread_mutex_unlock(&t->lock);
    SSL_CTX_free(old);
    return true;
}

void http_tls_free(http_tls_t *t)
{
    if (t) {
        SSL_CTX_free(t->context);
        SSL_CTX_free(t->latest);
        pthread_mutex_destroy(&t->lock);
        free(t);
    }
}
