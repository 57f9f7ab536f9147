/* SPDX-License-Identifier: MIT */
/* From one master key to the next: the present one sealed under the next. While the store holds that, it opens with either;
 * the host that is first given the next one wraps all data keys under it and takes the handover away. So a change of the
 * master key, which stands in two places - the store and wherever the operator keeps it -, can stop at any point. Pure. */
#ifndef TENON_SEAL_HANDOVER_H
#define TENON_SEAL_HANDOVER_H

#include "base/secret.h"

enum { HANDOVER_BYTES = 12 + 32 + 16 }; /* nonce, key, tag */

void handover_seal(const secret_t *present, const secret_t *next, unsigned char to[HANDOVER_BYTES]);
/* The master key before; NULL where it was not sealed under this one. */
secret_t *handover_open(const secret_t *next, str_t sealed);

#endif
