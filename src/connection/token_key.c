/* SPDX-License-Identifier: MIT */
/* Token keys: what a token is for. A token request that says now() or uuid() is for the same thing
 * every time, so requests are compared as they would be made at one fixed moment. */
#include "codec/base64.h"
#include "connection/holding.h"
#include "connection/manager.h"
#include "seal/hash.h"

enum { ARENA_BYTES = 4096, IDENTITY_MAX = 8 * 1024 * 1024 };
static const char FIXED_UUID[] = "00000000-0000-4000-8000-000000000000";

typedef struct fixed_request {
    arena_t *arena;
    errand_scope_t scope;
    grant_build_t build;
    upstream_request_t request;
} fixed_request_t;

static bool fixed_build(fixed_request_t *f, const errand_t *errand, err_t *err)
{
    f->arena = arena_new(ARENA_BYTES);
    errand_scope_init(&f->scope, errand, 0);
    template_scope_t *scope = &f->scope.values.scope;
    memcpy(scope->uuid, FIXED_UUID, sizeof FIXED_UUID);
    f->build = (grant_build_t){.arena = f->arena,
                               .definition = errand->grant,
                               .scope = scope,
                               .shown_request = &f->scope.values.request,
                               .shown_assertion = &f->scope.values.assertion,
                               .client = errand->connection->client,
                               .only_compared = true,
                               .base_url = errand->connection->base_url};
    return grant_build_request(&f->build, &f->request, err);
}

static void fixed_free(fixed_request_t *f)
{
    errand_scope_fini(&f->scope);
    arena_free(f->arena);
}

/* What is bound to a key is for nobody with another. */
static void bind_to_key(const connection_t *c, unsigned char fingerprint[32])
{
    if (c->proof_key) {
        str_t jwk = proof_key_jwk(c->proof_key);
        unsigned char mac[HASH_BYTES_MAX];
        hash_hmac(HASH_SHA256, str_at(fingerprint, 32), jwk, mac);
        memcpy(fingerprint, mac, 32);
    }
}

bool connection_fingerprints(const connection_t *c, fingerprints_t *out, err_t *err)
{
    fixed_request_t f;
    bool ok = fixed_build(&f, &(errand_t){.connection = c, .grant = &c->auth->grant}, err);
    if (ok) {
        grant_fingerprint(&f.build, &f.request, out->purpose);
        grant_family(&f.build, &f.request, out->family);
        bind_to_key(c, out->purpose);
        bind_to_key(c, out->family);
    }
    fixed_free(&f);
    return ok;
}

void token_key_of_connection(const connection_t *c, buf_t *to)
{
    buf_printf(to, "c/%.*s/", STR_ARG(c->name));
    connection_write_version(c, to);
}

bool token_key_of_call(const connection_t *c, const grant_definition_t *grant, const json_t *input,
                       str_t secret, int64_t wall_ms, buf_t *to, err_t *err)
{
    (void)wall_ms;
    fixed_request_t f;
    const errand_t errand = {.connection = c, .grant = grant, .input = (json_t *)(uintptr_t)input};
    bool ok = fixed_build(&f, &errand, err);
    if (ok) {
        unsigned char mac[HASH_BYTES_MAX];
        buf_t identity;
        buf_init_wiping(&identity, IDENTITY_MAX);
        token_key_of_connection(c, &identity);
        buf_char(&identity, '\0');
        grant_write_identity(&f.build, &f.request, &identity);
        size_t n = hash_hmac(HASH_SHA256, secret, buf_view(&identity), mac);
        buf_lit(to, "k/");
        hex_write(to, str_at(mac, n));
        ok = buf_ok(&identity) || err_set(err, ERR_param_too_long, "the token request is too long");
        buf_fini(&identity);
    }
    fixed_free(&f);
    return ok;
}
