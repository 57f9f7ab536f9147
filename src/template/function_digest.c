/* SPDX-License-Identifier: MIT */
/* Encodings of bytes, digests and signatures. */
#include "codec/base64.h"
#include "codec/json.h"
#include "seal/hash.h"
#include "template/functions.h"

template_outcome_t text_base64(const call_t *call, buf_t *to)
{
    base64_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

template_outcome_t text_base64url(const call_t *call, buf_t *to)
{
    base64url_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

template_outcome_t text_hex(const call_t *call, buf_t *to)
{
    hex_write(to, call->texts[0]);
    return TEMPLATE_OK;
}

template_outcome_t text_unhex(const call_t *call, buf_t *to)
{
    return hex_read(to, call->texts[0])
               ? TEMPLATE_OK
               : function_fail(call, ERR_param_format, "the text is not hexadecimal");
}

static template_outcome_t digest(hash_kind_t kind, const call_t *call, buf_t *to)
{
    unsigned char bytes[HASH_BYTES_MAX];
    buf_add(to, bytes, hash_bytes(kind, call->texts[0], bytes));
    return TEMPLATE_OK;
}

template_outcome_t text_md5(const call_t *call, buf_t *to)
{
    return digest(HASH_MD5, call, to);
}

template_outcome_t text_sha1(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA1, call, to);
}

template_outcome_t text_sha256(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA256, call, to);
}

template_outcome_t text_sha512(const call_t *call, buf_t *to)
{
    return digest(HASH_SHA512, call, to);
}

static template_outcome_t mac(hash_kind_t kind, const call_t *call, buf_t *to)
{
    unsigned char bytes[HASH_BYTES_MAX];
    buf_add(to, bytes, hash_hmac(kind, call->texts[0], call->texts[1], bytes));
    return TEMPLATE_OK;
}

template_outcome_t text_hmac_sha1(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA1, call, to);
}

template_outcome_t text_hmac_sha256(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA256, call, to);
}

template_outcome_t text_hmac_sha512(const call_t *call, buf_t *to)
{
    return mac(HASH_SHA512, call, to);
}

/* A private JWK, or NULL where the key is PEM or raw: bytes never are a JWK, whatever they begin
 * with. */
static json_t *read_jwk(const call_t *call)
{
    err_t unread = ERR_INIT;
    str_t key = str_trim(call->texts[1]);
    bool is_text = !call->expr->arguments[1]->is_bytes;
    return is_text && str_starts(key, STR("{")) ? json_read(key, NULL, &unread) : NULL;
}

template_outcome_t text_sign(const call_t *call, buf_t *to)
{
    json_t *jwk = read_jwk(call);
    str_t key = jwk ? STR_NONE : call->texts[1];
    bool signed_it = sign_bytes(to, call->texts[0], key, jwk, call->texts[2], call->err);
    json_decref(jwk);
    return signed_it ? TEMPLATE_OK : TEMPLATE_FAILED;
}

/* The same digest in the other alphabet, with padding. */
static template_outcome_t fingerprint_base64(const call_t *call, buf_t *to)
{
    buf_t url, bytes;
    buf_init(&url, 2 * HASH_BYTES_MAX);
    buf_init(&bytes, HASH_BYTES_MAX);
    bool ok = key_fingerprint(&url, call->texts[0], call->err) && base64_read(&bytes, buf_view(&url));
    if (ok) {
        base64_write(to, buf_view(&bytes));
    }
    buf_fini(&url);
    buf_fini(&bytes);
    return ok ? TEMPLATE_OK : TEMPLATE_FAILED;
}

template_outcome_t text_key_fingerprint(const call_t *call, buf_t *to)
{
    if (call->expr->argument_count == 1) {
        return key_fingerprint(to, call->texts[0], call->err) ? TEMPLATE_OK : TEMPLATE_FAILED;
    }
    return str_is(call->texts[1], "base64")
               ? fingerprint_base64(call, to)
               : function_fail(call, ERR_param_value, "argument 2 is 'base64' where it is given");
}
