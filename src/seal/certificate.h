/* SPDX-License-Identifier: MIT */
/* Certificates and the key of a client, as TLS is to show them: checked, and written anew in the form that every TLS library
 * reads, whatever a form or JSON has made of their line ends. Messages hold nothing of a key. Pure. */
#ifndef TENON_SEAL_CERTIFICATE_H
#define TENON_SEAL_CERTIFICATE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends every certificate of a PEM text: of an authority, or a client's with its chain. Error: key_unusable. */
CHECKED bool certificates_read(str_t pem, buf_t *to, err_t *err);
/* Appends the key, which must belong to the first of the certificates, without a passphrase. Error: key_unusable. */
CHECKED bool certificate_key_read(str_t certificates, str_t private_key, buf_t *to, err_t *err);
/* When the first of them ends, in milliseconds of wall time; 0 where there is none. */
int64_t certificate_ends_at_ms(str_t certificates);

#endif
