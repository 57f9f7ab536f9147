/* SPDX-License-Identifier: MIT */
/* How numbers were spelt. A value knows 64-bit integers and doubles; the text that it was read from
 * may say 12345678901234567890 or 1.10. Whoever reads JSON to change it and write it again keeps
 * that spelling here, by the very value (its address): a number that moves with its value keeps it,
 * a new number has none. Not thread-safe. */
#ifndef TENON_CODEC_JSON_NUMBERS_H
#define TENON_CODEC_JSON_NUMBERS_H

#include "codec/json.h"

typedef struct json_numbers json_numbers_t;

/* json_read that tells the spelling, too. *numbers: NULL where all are plain integers, which have
 * one spelling; else it borrows the text and holds references of its own. */
json_t *json_read_spelt(str_t text, const json_limits_t *limits, json_numbers_t **numbers,
                        err_t *err);
/* value was read from text, and stands as it was read. */
json_numbers_t *json_numbers_of(str_t text, const json_t *value);
/* NULL is allowed. */
void json_numbers_free(json_numbers_t *numbers);
/* The number as it was spelt; absent where it is a plain integer or a new one. NULL is allowed. */
str_t json_numbers_get(const json_numbers_t *numbers, const json_t *number);

/* json_write that keeps the spelling. NULL is allowed. */
void json_write_spelt(buf_t *to, const json_t *v, const json_numbers_t *numbers);

#endif
