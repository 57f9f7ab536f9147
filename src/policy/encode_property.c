/* SPDX-License-Identifier: MIT */
/* encode_property: a text percent-encoded, all but unreserved characters (RFC 3986 2.3). */
#include "codec/json.h"
#include "codec/url.h"
#include "policy/policy_internal.h"

static bool apply(policy_run_t *run, const policy_t *policy, const found_t *found)
{
    str_t text = json_view(found->value);
    if (!text.p) {
        return true;
    }
    buf_t encoded;
    buf_init(&encoded, run->room);
    url_encode_segment(&encoded, text);
    bool put = result_put(run, policy, found, result_text(run, &encoded));
    buf_fini(&encoded);
    return put;
}

const policy_type_t policy_encode_property = {.apply = apply};
