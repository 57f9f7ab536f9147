/* SPDX-License-Identifier: MIT */
#include "grant/mint.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "grant/text.h"
#include "seal/hash.h"

enum { JWT_BYTES_MAX = 256 * 1024, JTI_BYTES = 16 };

static void release(void *value)
{
    json_decref(value);
}

/* --- the key --- */

typedef struct signing_key {
    str_t text;
    const json_t *jwk; /* NULL: PEM or bytes */
} signing_key_t;

/* Bytes never are a JWK, whatever they begin with. */
static bool gives_bytes(const template_t *t)
{
    return t->count == 1 && t->parts[0].expr && t->parts[0].expr->is_bytes;
}

static const json_t *read_jwk(grant_build_t *build, str_t text)
{
    err_t unread = ERR_INIT;
    json_t *value = str_starts(str_trim(text), STR("{")) ? json_read(text, NULL, &unread) : NULL;
    if (value) {
        arena_on_free(build->arena, release, value);
    }
    return json_is_string(json_object_get(value, "kty")) ? value : NULL;
}

static bool read_key(grant_build_t *build, const mint_plan_t *plan, signing_key_t *key, err_t *err)
{
    const template_t *t = plan->definition->key;
    *key = (signing_key_t){0};
    if (!grant_text(build, t, &key->text, err)) {
        return false;
    }
    if (!key->text.n) {
        return grant_report_missing(t, arena_printf(build->arena, "%s.key", plan->name).p, err);
    }
    key->jwk = gives_bytes(t) ? NULL : read_jwk(build, key->text);
    return true;
}

/* --- header and claims --- */

static void put(json_t *members, const char *name, str_t text)
{
    if (text.n) {
        json_object_set_new(members, name, json_str(text));
    }
}

static bool merge(grant_build_t *build, const template_tree_t *tree, json_t *into, err_t *err)
{
    json_t *own = NULL;
    const char *name;
    json_t *value;
    if (tree && template_tree_json(tree, build->scope, &own, err) == TEMPLATE_FAILED) {
        return false;
    }
    json_object_foreach(own, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(into, name);
        } else {
            json_object_set(into, name, value);
        }
    }
    json_decref(own);
    return true;
}

static bool fill_header(grant_build_t *build, const mint_plan_t *plan, const signing_key_t *key,
                        json_t *header, err_t *err)
{
    str_t kid;
    if (!grant_text(build, plan->definition->kid, &kid, err)) {
        return false;
    }
    put(header, "alg", plan->definition->alg);
    put(header, "typ", str_of(plan->typ));
    put(header, "kid", kid.p ? kid : json_member(key->jwk, "kid"));
    return merge(build, plan->definition->header, header, err);
}

/* Of the request's uuid(), so that every attempt has another one, and each JWT in it. */
static void put_jti(grant_build_t *build, const mint_plan_t *plan, json_t *claims)
{
    unsigned char digest[HASH_BYTES_MAX];
    buf_t text;
    if (!build->scope->uuid[0]) {
        random_uuid(build->scope->uuid);
    }
    buf_init(&text, GRANT_TEXT_MAX);
    buf_printf(&text, "%s/%s", build->scope->uuid, plan->name);
    hash_bytes(HASH_SHA256, buf_view(&text), digest);
    buf_clear(&text);
    base64url_write(&text, str_at(digest, JTI_BYTES));
    put(claims, "jti", buf_view(&text));
    buf_fini(&text);
}

/* RFC 7519 2: a NumericDate is a number, and now() writes text. */
static void make_dates_numbers(json_t *claims)
{
    static const char *const DATES[] = {"iat", "nbf", "exp", "auth_time"};
    for (size_t i = 0; i < sizeof DATES / sizeof *DATES; i++) {
        int64_t seconds;
        json_t *value = json_object_get(claims, DATES[i]);
        if (json_is_string(value) && str_to_i64(json_view(value), &seconds)) {
            json_object_set_new(claims, DATES[i], json_integer(seconds));
        }
    }
}

static bool fill_claims(grant_build_t *build, const mint_plan_t *plan, json_t *claims, err_t *err)
{
    int64_t now = build->scope->wall_ms / 1000;
    put(claims, "iss", plan->issuer);
    put(claims, "sub", plan->subject);
    put(claims, "aud", plan->audience);
    json_object_set_new(claims, "iat", json_integer(now));
    json_object_set_new(claims, "exp",
                        json_integer(now + (plan->definition->lifetime_ms + 999) / 1000));
    put_jti(build, plan, claims);
    if (!merge(build, plan->definition->claims, claims, err)) {
        return false;
    }
    make_dates_numbers(claims);
    return true;
}

/* --- the whole (RFC 7515 7.1) --- */

static void write_part(buf_t *to, const json_t *members)
{
    buf_t text;
    buf_init_wiping(&text, JWT_BYTES_MAX);
    json_write(&text, members);
    base64url_write(to, buf_view(&text));
    buf_fini(&text);
}

/* A signature may be another one each time (PSS, ECDSA) and takes long: what is only compared has
 * the digest of the key there. */
static void write_key_digest(buf_t *to, const signing_key_t *key)
{
    unsigned char digest[HASH_BYTES_MAX];
    base64url_write(to, str_at(digest, hash_bytes(HASH_SHA256, key->text, digest)));
}

static bool write_signature(buf_t *to, str_t input, const mint_plan_t *plan,
                            const signing_key_t *key, err_t *err)
{
    const jwt_definition_t *d = plan->definition;
    err_t why = ERR_INIT;
    buf_t signature;
    buf_init_wiping(&signature, JWT_BYTES_MAX);
    bool ok =
        sign_bytes(&signature, d->alg, key->jwk ? STR_NONE : key->text, key->jwk, input, &why);
    base64url_write(to, buf_view(&signature));
    buf_fini(&signature);
    return ok || err_set(err, grant_comes_with_call(d->key) ? ERR_param_value : why.code,
                         "the key of `%s` cannot sign: %s", plan->name, why.text);
}

static bool write_jwt(grant_build_t *build, const mint_plan_t *plan, const signing_key_t *key,
                      const json_t *header, const json_t *claims, str_t *out, err_t *err)
{
    buf_t *jwt = grant_buf_in(build->arena, JWT_BYTES_MAX);
    buf_t *input = grant_buf_in(build->arena, JWT_BYTES_MAX);
    write_part(input, header);
    buf_char(input, '.');
    write_part(input, claims);
    buf_str(jwt, buf_view(input));
    buf_char(jwt, '.');
    if (build->only_compared) {
        write_key_digest(jwt, key);
    } else if (!write_signature(jwt, buf_view(input), plan, key, err)) {
        return false;
    }
    *out = buf_view(jwt);
    return buf_ok(jwt) ||
           err_set(err, ERR_param_too_long, "the JWT of `%s` is too long", plan->name);
}

bool mint_jwt(grant_build_t *build, const mint_plan_t *plan, minted_t *out, err_t *err)
{
    signing_key_t key;
    json_t *header = json_object(), *claims = json_object();
    bool ok = read_key(build, plan, &key, err) && fill_header(build, plan, &key, header, err) &&
              fill_claims(build, plan, claims, err) &&
              write_jwt(build, plan, &key, header, claims, &out->text, err);
    out->expires_at = json_integer_value(json_object_get(claims, "exp"));
    json_decref(header);
    json_decref(claims);
    return ok;
}
