/* SPDX-License-Identifier: MIT */
/* Private to seal: JWS signatures by keys that were read before. Pure. */
#ifndef TENON_SEAL_SIGN_H
#define TENON_SEAL_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include <openssl/evp.h>

/* Appends R || S (RFC 7518 3.4). Error: key_unusable (not a private key on curve P-256). */
CHECKED bool sign_es256(buf_t *to, EVP_PKEY *key, str_t bytes, err_t *err);

#endif
