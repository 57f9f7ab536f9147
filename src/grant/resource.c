/* SPDX-License-Identifier: MIT */
/* Resource indicators (RFC 8707): for which services a token is to be. */
#include "codec/json.h"
#include "grant/parameters.h"
#include "grant/text.h"

static bool is_scheme(str_t s)
{
    bool ok = s.n > 0 && !ascii_is_digit(s.p[0]);
    for (size_t i = 0; ok && i < s.n; i++) {
        ok = ascii_is_alnum(s.p[i]) || (i > 0 && strchr("+-.", s.p[i]));
    }
    return ok;
}

/* RFC 3986 4.3: a scheme and something behind it, in the characters of a URI; no fragment. */
static bool is_absolute_uri(str_t s)
{
    size_t colon = str_index(s, ':');
    bool ok = colon != SIZE_MAX && colon + 1 < s.n && is_scheme(str_slice(s, 0, colon));
    for (size_t i = 0; ok && i < s.n; i++) {
        ok = s.p[i] > 0x20 && s.p[i] < 0x7f && !strchr("\"#<>\\^`{|}", s.p[i]);
    }
    return ok;
}

bool grant_add_resources(grant_build_t *build, err_t *err)
{
    const grant_definition_t *d = build->definition;
    for (size_t i = 0; i < d->resource_count; i++) {
        str_t value;
        if (!grant_text(build, d->resources[i], &value, err)) {
            return false;
        }
        if (value.n && !is_absolute_uri(value)) {
            return err_set(err, ERR_param_value,
                           "`resource` must be an absolute URI without a fragment");
        }
        if (value.n) {
            parameters_add(build, STR("resource"), json_str(value));
        }
    }
    return true;
}
