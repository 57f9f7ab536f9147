/* SPDX-License-Identifier: MIT */
#include "grant/proof.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "seal/hash.h"

enum { PROOF_MAX = 16 * 1024 };

static void write_head(const proof_t *proof, buf_t *to)
{
    buf_t head;
    buf_init(&head, 1024);
    buf_lit(&head, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":");
    buf_str(&head, proof_key_jwk(proof->key));
    buf_char(&head, '}');
    base64url_write(to, buf_view(&head));
    buf_fini(&head);
}

/* Without query and fragment (RFC 9449 4.2). */
static str_t target_of(str_t url)
{
    url = str_slice(url, 0, str_index(url, '#'));
    return str_slice(url, 0, str_index(url, '?'));
}

static void add_token_hash(json_t *claims, str_t access_token)
{
    unsigned char digest[HASH_BYTES_MAX];
    buf_t text;
    buf_init(&text, 64);
    base64url_write(&text, str_at(digest, hash_bytes(HASH_SHA256, access_token, digest)));
    json_object_set_new(claims, "ath", json_str(buf_view(&text)));
    buf_fini(&text);
}

static void write_claims(const proof_t *proof, const upstream_request_t *request, buf_t *to)
{
    char jti[37];
    buf_t text;
    json_t *claims = json_object();
    random_uuid(jti);
    json_object_set_new(claims, "jti", json_string(jti));
    json_object_set_new(claims, "htm", json_str(request->method));
    json_object_set_new(claims, "htu", json_str(target_of(request->url)));
    json_object_set_new(claims, "iat", json_integer(proof->wall_ms / 1000));
    json_add_text(claims, "nonce", proof->nonce);
    if (proof->access_token.p) {
        add_token_hash(claims, proof->access_token);
    }
    buf_init(&text, PROOF_MAX);
    json_write(&text, claims);
    json_decref(claims);
    base64url_write(to, buf_view(&text));
    buf_fini(&text);
}

void proof_set(const proof_t *proof, arena_t *arena, upstream_request_t *request)
{
    buf_t jws, signature;
    buf_init(&jws, 4 * (size_t)PROOF_MAX);
    buf_init(&signature, 64);
    write_head(proof, &jws);
    buf_char(&jws, '.');
    write_claims(proof, request, &jws);
    proof_key_sign(proof->key, buf_view(&jws), &signature);
    buf_char(&jws, '.');
    base64url_write(&jws, buf_view(&signature));
    message_header_set(arena, request, STR(PROOF_HEADER), arena_str(arena, buf_view(&jws)));
    buf_fini(&signature);
    buf_fini(&jws);
}

/* --- nonces --- */

/* NQCHAR of RFC 6749 A; what is not that is no nonce. */
str_t proof_nonce_of(const message_header_t *headers, size_t count)
{
    str_t nonce = message_header_get(headers, count, PROOF_NONCE_HEADER);
    bool ok = nonce.n && nonce.n <= PROOF_NONCE_MAX;
    for (size_t i = 0; ok && i < nonce.n; i++) {
        char c = nonce.p[i];
        ok = c > 0x20 && c < 0x7f && c != '"' && c != '\\';
    }
    return ok ? nonce : STR_NONE;
}

bool proof_nonce_is_asked(const message_header_t *headers, size_t count)
{
    static const char ERROR[] = "error=\"use_dpop_nonce\"";
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, STR("WWW-Authenticate")) &&
            str_find(headers[i].value, str_of(ERROR), 0) != SIZE_MAX) {
            return proof_nonce_of(headers, count).p != NULL;
        }
    }
    return false;
}

str_t proof_origin(str_t url)
{
    size_t authority = str_find(url, STR("://"), 0);
    if (authority == SIZE_MAX) {
        return url;
    }
    size_t end = authority + 3;
    while (end < url.n && !strchr("/?#", url.p[end])) {
        end++;
    }
    return str_slice(url, 0, end);
}
