/* SPDX-License-Identifier: MIT */
#include "seal/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "seal/must.h"

#define DASHES "-----"
enum { PEM_BYTES_MAX = 64 * 1024, PEM_COLUMNS = 64 };

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

typedef EVP_PKEY *reader_t(BIO *from);

static EVP_PKEY *read_text(str_t pem, reader_t *read)
{
    BIO *from = BIO_new_mem_buf(pem.p, (int)pem.n);
    must(from != NULL, "out of memory");
    EVP_PKEY *key = read(from);
    BIO_free(from);
    ERR_clear_error();
    return key;
}

/* --- Forms of one line drop the line ends of what is pasted into them, JSON spells them \n --- */

static void wrap_body(buf_t *to, str_t body)
{
    size_t column = 0;
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == '\\' && i + 1 < body.n && (body.p[i + 1] == 'n' || body.p[i + 1] == 'r')) {
            i++;
        } else if (ascii_is_alnum(body.p[i]) || body.p[i] == '+' || body.p[i] == '/' ||
                   body.p[i] == '=') {
            buf_char(to, body.p[i]);
            if (++column % PEM_COLUMNS == 0) {
                buf_char(to, '\n');
            }
        }
    }
    if (column % PEM_COLUMNS) { /* OpenSSL takes an empty line for the end of headers */
        buf_char(to, '\n');
    }
}

/* Writes the block that begins at or after at with its line ends put back; answers where it ends,
 * SIZE_MAX where there is none. */
static size_t unfold_block(buf_t *to, str_t pem, size_t at)
{
    size_t begin = str_find(pem, STR("-----BEGIN "), at);
    size_t body = begin == SIZE_MAX ? SIZE_MAX : str_find(pem, STR(DASHES), begin + sizeof DASHES);
    size_t end = body == SIZE_MAX ? SIZE_MAX : str_find(pem, STR("-----END "), body);
    size_t last = end == SIZE_MAX ? SIZE_MAX : str_find(pem, STR(DASHES), end + sizeof DASHES);
    if (last == SIZE_MAX) {
        return SIZE_MAX;
    }
    body += sizeof DASHES - 1;
    last += sizeof DASHES - 1;
    buf_str(to, str_slice(pem, begin, body));
    buf_char(to, '\n');
    wrap_body(to, str_slice(pem, body, end));
    buf_str(to, str_slice(pem, end, last));
    buf_char(to, '\n');
    return last;
}

void pem_unfold(str_t pem, buf_t *to)
{
    for (size_t at = 0; at != SIZE_MAX;) {
        at = unfold_block(to, pem, at);
    }
}

static EVP_PKEY *read_folded(str_t pem, reader_t *read)
{
    buf_t text;
    buf_init_wiping(&text, (size_t)2 * PEM_BYTES_MAX);
    pem_unfold(pem, &text);
    EVP_PKEY *key = text.n > 0 && buf_ok(&text) ? read_text(buf_view(&text), read) : NULL;
    buf_fini(&text);
    return key;
}

static EVP_PKEY *read_pem(str_t pem, reader_t *read)
{
    if (pem.n == 0 || pem.n > PEM_BYTES_MAX) {
        return NULL;
    }
    EVP_PKEY *key = read_text(pem, read);
    return key ? key : read_folded(pem, read);
}

static EVP_PKEY *refuse(str_t pem, const char *expected, err_t *err)
{
    bool is_encrypted = str_find(pem, STR("ENCRYPTED"), 0) != SIZE_MAX;
    (void)err_set(err, ERR_key_unusable, "%s",
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
    reader_t *const readers[] = {read_private, read_public, read_certificate};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        EVP_PKEY *key = read_pem(pem, readers[i]);
        if (key) {
            return key;
        }
    }
    return refuse(pem, "neither a key nor a certificate in PEM", err);
}
