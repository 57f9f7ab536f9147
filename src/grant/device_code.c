/* SPDX-License-Identifier: MIT */
/* RFC 8628: the code that a person types in elsewhere, and the request that asks whether they have.
 */
#include "codec/json.h"
#include "codec/url.h"
#include "definition/response.h"
#include "grant/answer.h"
#include "grant/parameters.h"
#include "grant/side_request.h"
#include "grant/text.h"
#include "grant/types.h"

enum { TEXT_MAX = 4096, USER_CODE_MAX = 64 };
static const int64_t INTERVAL_DEFAULT_MS = 5 * 1000; /* RFC 8628 3.2 */
static const int64_t INTERVAL_LEAST_MS = 1000;
static const int64_t INTERVAL_MOST_MS = 60 * 1000;
static const int64_t LIFE_DEFAULT_MS = 10LL * 60 * 1000;
static const int64_t LIFE_MOST_MS = 60LL * 60 * 1000;

/* --- the token request --- */

static bool add_parameters(grant_build_t *build, err_t *err)
{
    (void)err;
    grant_add_occasion(build, "device_code");
    return true;
}

const grant_type_t grant_device_code = {
    .type = AUTH_DEVICE_CODE,
    .wire_name = STR_INIT("urn:ietf:params:oauth:grant-type:device_code"),
    .add_parameters = add_parameters,
    .begins = BEGINS_BY_PERSON,
    .asked_scope_before = true,
    .may_refresh = true,
};

/* --- the device authorization request --- */

bool grant_device_request(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    const side_request_t side = {ENDPOINT_DEVICE, build->definition->params};
    return grant_add_scope(build, err) && grant_add_resources(build, err) &&
           grant_side_request(build, &side, out, err);
}

/* --- its answer --- */

/* Seconds; a text will do. -1: there are none. */
static double seconds_of(const json_t *value)
{
    uint64_t number;
    if (json_is_string(value)) {
        return str_to_u64(json_view(value), &number) ? (double)number : -1;
    }
    return json_is_number(value) ? json_number_value(value) : -1;
}

static int64_t clamped_ms(double seconds, int64_t least_ms, int64_t most_ms)
{
    return seconds * 1000 <= (double)least_ms  ? least_ms
           : seconds * 1000 >= (double)most_ms ? most_ms
                                               : (int64_t)(seconds * 1000);
}

static int64_t interval_ms(const json_t *body)
{
    const json_t *given = json_object_get(body, "interval");
    bool readable = json_is_number(given) || seconds_of(given) >= 0;
    return readable ? clamped_ms(seconds_of(given), INTERVAL_LEAST_MS, INTERVAL_MOST_MS)
                    : INTERVAL_DEFAULT_MS;
}

static int64_t life_ms(const json_t *body)
{
    double seconds = seconds_of(json_object_get(body, "expires_in"));
    return seconds < 0 ? LIFE_DEFAULT_MS : clamped_ms(seconds, 1000, LIFE_MOST_MS);
}

static bool is_printable(str_t text, size_t most)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] == 0x7F) {
            return false;
        }
    }
    return text.n > 0 && text.n <= most;
}

/* Only what a browser opens as a page. */
static str_t page_in(arena_t *arena, const json_t *body, const char *name)
{
    url_t url;
    err_t ignored = ERR_INIT;
    str_t text = json_member(body, name);
    bool ok = text.n <= TEXT_MAX && url_parse_in(arena, text, &url, &ignored);
    return ok ? arena_str(arena, text) : STR_NONE;
}

static bool read_body(const json_t *body, arena_t *arena, grant_device_codes_t *out)
{
    str_t device = json_member(body, "device_code"), user = json_member(body, "user_code");
    out->uri = page_in(arena, body, "verification_uri");
    if (!out->uri.p) { /* as drafts of RFC 8628 had it, and Google still has */
        out->uri = page_in(arena, body, "verification_url");
    }
    out->uri_complete = page_in(arena, body, "verification_uri_complete");
    if (!device.n || device.n > TEXT_MAX || !is_printable(user, USER_CODE_MAX) || !out->uri.p) {
        return false;
    }
    buf_t *wiped = grant_buf_in(arena, TEXT_MAX);
    buf_str(wiped, device);
    out->device_code = buf_view(wiped);
    out->user_code = arena_str(arena, user);
    out->interval_ms = interval_ms(body);
    out->life_ms = life_ms(body);
    return true;
}

bool grant_device_answer(const grant_definition_t *definition, value_scope_t *scope,
                         const upstream_answer_t *answer, arena_t *arena, grant_device_codes_t *out,
                         err_t *err)
{
    err_t why = ERR_INIT;
    failure_class_t ignored;
    json_t *body = answer_body(answer, &why);
    bool is_error = answer->status < 200 || answer->status > 299 || json_member(body, "error").n;
    bool ok = !is_error && read_body(body, arena, out);
    if (is_error) {
        (void)answer_refuse(&(answer_refusal_t){definition, NULL, scope, answer, body}, &ignored,
                            err);
    } else if (!ok) {
        err_set(err, ERR_token_response_incomplete,
                "the service gave no code to sign in with, or no address for it");
    }
    json_decref(body);
    return ok;
}
