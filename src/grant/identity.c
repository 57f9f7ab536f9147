/* SPDX-License-Identifier: MIT */
/* What a token request is for: two that say the same get the same token. */
#include "codec/json.h"
#include "grant/grant.h"
#include "seal/hash.h"

enum { IDENTITY_MAX = 8 * 1024 * 1024 };

static bool is_one_time(str_t name)
{
    static const char *const NAMES[] = {"client_assertion", "assertion", "code", "code_verifier",
                                        "refresh_token"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (str_is(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* With its length, so that no two lists of texts read alike. */
static void write_text(buf_t *to, str_t text)
{
    buf_printf(to, "%zu:", text.n);
    buf_str(to, text);
}

static void write_identity(const grant_build_t *build, const upstream_request_t *request,
                           bool one_time, buf_t *to)
{
    write_text(to, build->url);
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        if (one_time || !is_one_time(p->name)) {
            buf_char(to, 'p');
            write_text(to, p->name);
            json_write(to, p->value); /* "1" is not 1 */
        }
    }
    for (size_t i = 0; i < request->header_count; i++) {
        buf_char(to, 'h');
        write_text(to, request->headers[i].name);
        write_text(to, request->headers[i].value);
    }
}

void grant_write_identity(const grant_build_t *build, const upstream_request_t *request, buf_t *to)
{
    write_identity(build, request, true, to);
}

void grant_fingerprint(const grant_build_t *build, const upstream_request_t *request,
                       unsigned char out[32])
{
    buf_t all;
    unsigned char digest[HASH_BYTES_MAX];
    buf_init_wiping(&all, IDENTITY_MAX);
    write_identity(build, request, false, &all);
    hash_bytes(HASH_SHA256, buf_view(&all), digest);
    memcpy(out, digest, SHA256_BYTES);
    buf_fini(&all);
}
