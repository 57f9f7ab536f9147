/* SPDX-License-Identifier: MIT */
/* Where the requests of a grant go: its own URLs, or those that its issuer names. */
#include "grant/text.h"

static const char *const KEYS[] = {
#define ENDPOINT_KEY(id, key, member) [ENDPOINT_##id] = (key),
    ENDPOINTS(ENDPOINT_KEY)
#undef ENDPOINT_KEY
};

static const url_template_t *template_of(const grant_definition_t *d, endpoint_t endpoint)
{
    const url_template_t *const all[ENDPOINT_COUNT] = {
        [ENDPOINT_TOKEN] = d->token_url,   [ENDPOINT_AUTHORIZE] = d->authorize_url,
        [ENDPOINT_PAR] = d->par_url,       [ENDPOINT_DEVICE] = d->device_url,
        [ENDPOINT_REVOKE] = d->revoke_url, [ENDPOINT_REGISTER] = d->register_url,
    };
    return all[endpoint];
}

static bool write_url(grant_build_t *build, const url_template_t *url, const char *key, buf_t *to,
                      err_t *err)
{
    str_t text;
    if (!grant_url(build, url, &text, err)) {
        return false;
    }
    buf_str(to, text);
    return text.p ? buf_ok(to) || err_set(err, ERR_param_too_long, "`%s` is too long", key)
                  : grant_report_missing(url->source, key, err);
}

bool grant_discovers(const grant_definition_t *definition)
{
    return grant_definition_lacks_url(definition) &&
           (definition->issuer || definition->resource_count > 0);
}

bool grant_discovery_name(grant_build_t *build, buf_t *to, err_t *err)
{
    const grant_definition_t *d = build->definition;
    str_t resource;
    if (d->issuer) {
        return write_url(build, d->issuer, "issuer", to, err);
    }
    if (!grant_text(build, d->resources[0], &resource, err)) {
        return false;
    }
    buf_str(to, resource);
    return resource.n ? buf_ok(to) || err_set(err, ERR_param_too_long, "`resource` is too long")
                      : grant_report_missing(d->resources[0], "resource", err);
}

bool grant_endpoint_url(grant_build_t *build, endpoint_t endpoint, buf_t *to, err_t *err)
{
    const url_template_t *own = template_of(build->definition, endpoint);
    if (own) {
        return write_url(build, own, KEYS[endpoint], to, err);
    }
    if (!build->metadata) {
        return err_set(err, ERR_not_supported, "`%s` is needed", KEYS[endpoint]);
    }
    str_t found = grant_metadata_endpoint(build->metadata, endpoint, build->has_certificate);
    buf_str(to, found);
    return found.n > 0 ||
           err_set(err, ERR_metadata_unusable, "the issuer's metadata names no address for `%s`",
                   KEYS[endpoint]);
}
