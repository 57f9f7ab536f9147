/* SPDX-License-Identifier: MIT */
#include "api/connect_offer.h"

#include "codec/json.h"

static bool is_offered(const json_t *session, str_t name)
{
    const json_t *offered;
    size_t i;
    json_array_foreach(json_object_get(session, "auths"), i, offered)
    {
        if (str_eq(json_view(offered), name)) {
            return true;
        }
    }
    return false;
}

const auth_t *connect_offer_auth(const connector_t *connector, const json_t *session, str_t asked)
{
    const auth_t *best = NULL;
    for (size_t i = 0; i < connector->auth_count; i++) {
        const auth_t *auth = &connector->auths[i];
        if (!is_offered(session, auth->name)) {
            continue;
        }
        if (str_eq(auth->name, asked)) {
            return auth;
        }
        best = !best || (auth->recommended && !best->recommended) ? auth : best;
    }
    return best;
}

bool connect_offer_is_preset(const json_t *session, str_t parameter)
{
    return json_object_getn(json_object_get(session, "parameters"), parameter.p, parameter.n);
}

void connect_offer_return_url(buf_t *to, const json_t *session)
{
    str_t url = json_member(session, "return_url");
    bool ok = json_is_true(json_object_get(json_object_get(session, "outcome"), "ok"));
    if (url.n) {
        buf_str(to, url);
        buf_lit(to, str_index(url, '?') == SIZE_MAX ? "?state=" : "&state=");
        buf_str(to, ok ? STR("ready") : STR("failed"));
    }
}
