/* SPDX-License-Identifier: MIT */
/* What a token request is for: two that say the same get the same token. */
#include "codec/json.h"
#include "grant/steps.h"
#include "seal/hash.h"

enum { IDENTITY_MAX = 8 * 1024 * 1024 };

/* What of a request counts. */
typedef enum {
    ALL,
    PURPOSE, /* without what is made anew each time */
    FAMILY   /* and without the client's own proof and headers */
} extent_t;

static bool is_listed(str_t name, const char *const *names)
{
    for (; *names; names++) {
        if (str_is(name, *names)) {
            return true;
        }
    }
    return false;
}

/* What was minted here is the same each time where requests are compared. */
static bool is_one_time(const grant_parameter_t *p)
{
    static const char *const NAMES[] = {
        "client_assertion", "assertion",     "code", "code_verifier",
        "device_code",      "refresh_token", NULL};
    return !p->minted && is_listed(p->name, NAMES);
}

static bool counts(const grant_parameter_t *p, extent_t extent)
{
    static const char *const PROOF[] = {"client_secret", "client_assertion_type",
                                        "client_assertion", NULL};
    return !(extent != ALL && is_one_time(p)) && !(extent == FAMILY && is_listed(p->name, PROOF));
}

/* With its length, so that no two lists of texts read alike. */
static void write_text(buf_t *to, str_t text)
{
    buf_printf(to, "%zu:", text.n);
    buf_str(to, text);
}

/* Who the client is, wherever the request says so. */
static void write_client(const grant_build_t *build, buf_t *to)
{
    const template_t *id = build->definition->slots[SLOT_CLIENT_ID];
    err_t ignored = ERR_INIT;
    if (build->client) {
        buf_str(to, build->client->id);
    } else if (id) {
        (void)template_text(id, build->scope, to, &ignored);
    }
}

static void write_identity(const grant_build_t *build, const upstream_request_t *request,
                           extent_t extent, buf_t *to)
{
    write_text(to, build->url);
    for (size_t i = 0; i < build->parameters.count; i++) {
        const grant_parameter_t *p = &build->parameters.list[i];
        if (counts(p, extent)) {
            buf_char(to, 'p');
            write_text(to, p->name);
            json_write(to, p->value); /* "1" is not 1 */
        }
    }
    bool steps_alone = grant_step(build->definition, 0) != NULL;
    if (build->definition->steps.count && (extent != FAMILY || steps_alone)) {
        steps_write_identity(build->definition, build->scope, to);
    }
    if (extent == FAMILY) {
        write_client(build, to);
        return;
    }
    for (size_t i = 0; i < request->header_count; i++) {
        buf_char(to, 'h');
        write_text(to, request->headers[i].name);
        write_text(to, request->headers[i].value);
    }
}

void grant_write_identity(const grant_build_t *build, const upstream_request_t *request, buf_t *to)
{
    write_identity(build, request, ALL, to);
}

static void digest_identity(const grant_build_t *build, const upstream_request_t *request,
                            extent_t extent, unsigned char out[32])
{
    buf_t all;
    unsigned char digest[HASH_BYTES_MAX];
    buf_init_wiping(&all, IDENTITY_MAX);
    write_identity(build, request, extent, &all);
    hash_bytes(HASH_SHA256, buf_view(&all), digest);
    memcpy(out, digest, SHA256_BYTES);
    buf_fini(&all);
}

void grant_fingerprint(const grant_build_t *build, const upstream_request_t *request,
                       unsigned char out[32])
{
    digest_identity(build, request, PURPOSE, out);
}

void grant_family(const grant_build_t *build, const upstream_request_t *request,
                  unsigned char out[32])
{
    digest_identity(build, request, FAMILY, out);
}
