/* SPDX-License-Identifier: MIT */
/* Private to seal: asymmetric keys out of PEM. Messages never hold any of the key; OpenSSL's error
 * queue, which the TLS code of the same thread reads, is left empty. Pure. */
#ifndef TENON_SEAL_PEM_H
#define TENON_SEAL_PEM_H

#include "base/buf.h"
#include "base/err.h"
#include <openssl/evp.h>

/* A private key (PKCS#8, PKCS#1, SEC1), not encrypted; its line ends may be lost or spelt \n.
 * Error: key_unusable. EVP_PKEY_free. */
EVP_PKEY *pem_private_key(str_t pem, err_t *err);
/* The public key of a private key, public key or certificate. Error: key_unusable. EVP_PKEY_free.
 */
EVP_PKEY *pem_public_key(str_t pem, err_t *err);
/* Appends every block of it with its line ends put back; nothing where there is none. */
void pem_unfold(str_t pem, buf_t *to);

#endif
