/* SPDX-License-Identifier: MIT */
/* The tokens of a JSON text that are longer than a byte, for the files that look at text before or
 * beside the parser. */
#ifndef TENON_CODEC_JSON_TOKEN_H
#define TENON_CODEC_JSON_TOKEN_H

#include "base/str.h"

typedef enum {
    NUMBER_PLAIN, /* an integer, written as it stands */
    NUMBER_SPELT, /* it could be written otherwise: 1.10, 1e3, -0 */
    NUMBER_WIDE   /* an integer beyond 64 bits */
} json_number_t;

/* Index behind the string whose opening quote stands at i. */
size_t json_skip_string(str_t text, size_t i);
/* Index behind the number at i. */
size_t json_skip_number(str_t text, size_t i, json_number_t *kind);

#endif
