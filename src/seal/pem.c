/* SPDX-License-Identifier: MIT */
#include "seal/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "seal/must.h"

enum { PEM_BYTES_MAX = 64 * 1024 };

/* Without this OpenSSL would ask for the passphrase of an encrypted key on the terminal. */
static int on_passphrase(char *to, int size, int is_write, void *context)
{
    (void)to;
    (void)size;
    (void)is_write;
    (void)context;
    return -1;
}

static EVP_PKEY *read_private(BIO *from)
{
    return PEM_read_bio_PrivateKey(from, NULL, on_passphrase, NULL);
}

static EVP_PKEY *read_public(BIO *from)
{
    return PEM_read_bio_PUBKEY(from, NULL, on_passphrase, NULL);
}

static EVP_PKEY *read_certificate(BIO *from)
{
    X509 *certificate = PEM_read_bio_X509(from, NULL, on_passphrase, NULL);
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

static EVP_PKEY *read_pem(str_t pem, EVP_PKEY *(*read)(BIO *from))
{
    if (pem.n == 0 || pem.n > PEM_BYTES_MAX) {
        return NULL;
    }
    BIO *from = BIO_new_mem_buf(pem.p, (int)pem.n);
    must(from != NULL, "out of memory");
    EVP_PKEY *key = read(from);
    BIO_free(from);
    ERR_clear_error();
    return key;
}

static EVP_PKEY *refuse(str_t pem, const char *expected, err_t *err)
{
    bool is_encrypted = str_find(pem, STR("ENCRYPTED"), 0) != SIZE_MAX;
    (void)err_set(err, ERR_configuration, "%s",
                  is_encrypted
                      ? "the PEM key has a passphrase: give it without one, Tenon keeps it sealed"
                      : expected);
    return NULL;
}

EVP_PKEY *pem_private_key(str_t pem, err_t *err)
{
    EVP_PKEY *key = read_pem(pem, read_private);
    return key ? key : refuse(pem, "not a private key in PEM (PKCS#8, PKCS#1 or SEC1)", err);
}

EVP_PKEY *pem_public_key(str_t pem, err_t *err)
{
    EVP_PKEY *(*const readers[])(BIO *) = {read_private, read_public, read_certificate};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        EVP_PKEY *key = read_pem(pem, readers[i]);
        if (key) {
            return key;
        }
    }
    return refuse(pem, "neither a key nor a certificate in PEM", err);
}
