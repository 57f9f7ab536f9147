/* SPDX-License-Identifier: MIT */
/* Private to template: what the table of functions is made of. */
#ifndef TENON_TEMPLATE_FUNCTIONS_H
#define TENON_TEMPLATE_FUNCTIONS_H

#include "template/template_internal.h"

/* Reports "name(): why" and answers TEMPLATE_FAILED. */
template_outcome_t function_fail(const call_t *call, err_code_t code, const char *why);
/* The argument that is a whole number. Below the least: SIZE_MAX, which is behind the end of
 * everything. */
CHECKED bool call_number(const call_t *call, size_t *out);

call_own_t own_default, own_concat, own_join, own_json;
call_text_t text_base64, text_base64url, text_hex, text_unhex, text_md5, text_sha1, text_sha256,
    text_sha512, text_hmac_sha1, text_hmac_sha256, text_hmac_sha512, text_sign,
    text_key_fingerprint, text_lower, text_upper, text_left, text_split, text_now, text_uuid,
    text_url_encode, text_url_host, text_url_segment;
bool check_now(const expr_t *e, err_t *err);

#endif
