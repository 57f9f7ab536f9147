/* SPDX-License-Identifier: MIT */
#include "seal/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#include "base/mem.h"
#include "seal/must.h"
#include "seal/pem.h"

enum { PEM_BYTES_MAX = 64 * 1024, CERTIFICATES_MAX = 32 };

static BIO *open_text(str_t text)
{
    BIO *from = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
    must(from != NULL, "out of memory");
    return from;
}

/* What was written into memory, which is wiped and freed. */
static void move_text(BIO *from, buf_t *to)
{
    char *text = NULL;
    long n = BIO_get_mem_data(from, &text);
    if (n > 0) {
        buf_add(to, text, (size_t)n);
        OPENSSL_cleanse(text, (size_t)n);
    }
    BIO_free(from);
}

static X509 *first_of(str_t certificates)
{
    BIO *from = open_text(certificates);
    X509 *first = PEM_read_bio_X509(from, NULL, NULL, NULL);
    BIO_free(from);
    ERR_clear_error();
    return first;
}

/* Answers how many there were. */
static unsigned copy_all(str_t unfolded, BIO *out)
{
    BIO *from = open_text(unfolded);
    unsigned count = 0;
    for (X509 *one; count < CERTIFICATES_MAX && (one = PEM_read_bio_X509(from, NULL, NULL, NULL));
         count++) {
        must(PEM_write_bio_X509(out, one), "out of memory");
        X509_free(one);
    }
    BIO_free(from);
    ERR_clear_error();
    return count;
}

bool certificates_read(str_t pem, buf_t *to, err_t *err)
{
    buf_t unfolded;
    buf_init_wiping(&unfolded, (size_t)2 * PEM_BYTES_MAX);
    if (pem.n <= PEM_BYTES_MAX) {
        pem_unfold(pem, &unfolded);
    }
    BIO *out = BIO_new(BIO_s_mem());
    must(out != NULL, "out of memory");
    unsigned count = buf_ok(&unfolded) ? copy_all(buf_view(&unfolded), out) : 0;
    move_text(out, to);
    buf_fini(&unfolded);
    return count > 0 || err_set(err, ERR_key_unusable, "not a certificate in PEM");
}

bool certificate_key_read(str_t certificates, str_t private_key, buf_t *to, err_t *err)
{
    EVP_PKEY *key = pem_private_key(private_key, err);
    X509 *certificate = key ? first_of(certificates) : NULL;
    bool fits = certificate && X509_check_private_key(certificate, key) == 1;
    if (fits) {
        BIO *out = BIO_new(BIO_s_mem());
        must(out && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), "out of memory");
        move_text(out, to);
    } else if (key) {
        (void)err_set(err, ERR_key_unusable, "the private key does not belong to the certificate");
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return fits;
}

int64_t certificate_ends_at_ms(str_t certificates)
{
    X509 *certificate = first_of(certificates);
    struct tm tm;
    bool known = certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm);
    X509_free(certificate);
    return known ? (int64_t)timegm(&tm) * 1000 : 0;
}
