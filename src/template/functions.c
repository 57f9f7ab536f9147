/* SPDX-License-Identifier: MIT */
/* The functions of FORMAT 8, one row each. */
#include "template/functions.h"

template_outcome_t function_fail(const call_t *call, err_code_t code, const char *why)
{
    err_set(call->err, code, "%s(): %s", call->expr->function->name, why);
    return TEMPLATE_FAILED;
}

bool call_number(const call_t *call, size_t *out)
{
    const template_function_t *f = call->expr->function;
    int64_t value;
    if (!str_to_i64(call->texts[f->number_at], &value)) {
        return err_set(call->err, ERR_param_type, "%s(): argument %zu is not a whole number",
                       f->name, f->number_at + 1);
    }
    *out = value < f->number_least ? SIZE_MAX : (size_t)value;
    return true;
}

#define TAKES(from, to) .least = (from), .most = (to), .tolerates_from = TOLERATES_NONE
/* Which arguments may be bytes. */
enum { FIRST = 1, FIRST_TWO = 3, LAST_TWO = 6 };
#define BYTES_OF(which) .takes_bytes = (which), .gives_bytes = true

/* clang-format off */
static const template_function_t functions[] = {
    {.name = "default", .least = 2, .most = ARGUMENTS_ANY, .tolerates_from = 0, .own = own_default},
    {.name = "concat", TAKES(1, ARGUMENTS_ANY), .own = own_concat},
    {.name = "join", .least = 2, .most = ARGUMENTS_ANY, .tolerates_from = 1, .own = own_join},
    {.name = "base64", TAKES(1, 1), .takes_bytes = FIRST, .text = text_base64},
    {.name = "base64url", TAKES(1, 1), .takes_bytes = FIRST, .text = text_base64url},
    {.name = "hex", TAKES(1, 1), .takes_bytes = FIRST, .text = text_hex},
    {.name = "unhex", TAKES(1, 1), .gives_bytes = true, .bytes_may_be_key = true, .text = text_unhex},
    {.name = "md5", TAKES(1, 1), BYTES_OF(FIRST), .text = text_md5},
    {.name = "sha1", TAKES(1, 1), BYTES_OF(FIRST), .text = text_sha1},
    {.name = "sha256", TAKES(1, 1), BYTES_OF(FIRST), .text = text_sha256},
    {.name = "sha512", TAKES(1, 1), BYTES_OF(FIRST), .text = text_sha512},
    {.name = "hmac_sha1", TAKES(2, 2), BYTES_OF(FIRST_TWO), .text = text_hmac_sha1},
    {.name = "hmac_sha256", TAKES(2, 2), BYTES_OF(FIRST_TWO), .text = text_hmac_sha256},
    {.name = "hmac_sha512", TAKES(2, 2), BYTES_OF(FIRST_TWO), .text = text_hmac_sha512},
    {.name = "sign", TAKES(3, 3), BYTES_OF(LAST_TWO), .text = text_sign},
    {.name = "key_fingerprint", TAKES(1, 2), .text = text_key_fingerprint},
    {.name = "lower", TAKES(1, 1), .text = text_lower},
    {.name = "upper", TAKES(1, 1), .text = text_upper},
    {.name = "left", TAKES(2, 2), .number_at = 1, .text = text_left},
    {.name = "split", TAKES(3, 3), .number_at = 2, .text = text_split},
    {.name = "now", TAKES(1, 2), .check = check_now, .text = text_now},
    {.name = "uuid", TAKES(0, 0), .text = text_uuid},
    {.name = "json", TAKES(1, 1), .own = own_json},
    {.name = "url_encode", TAKES(1, 1), .text = text_url_encode},
    {.name = "url_host", TAKES(1, 1), .text = text_url_host},
    {.name = "url_segment", TAKES(2, 2), .number_at = 1, .number_least = 1, .text = text_url_segment},
};
/* clang-format on */
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

const template_function_t *template_function_at(size_t index)
{
    return index < FUNCTION_COUNT ? &functions[index] : NULL;
}

const template_function_t *template_function_find(str_t name)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (str_is(name, functions[i].name)) {
            return &functions[i];
        }
    }
    return NULL;
}

const char *template_function_name(const template_function_t *f)
{
    return f->name;
}
