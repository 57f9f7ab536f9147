/* SPDX-License-Identifier: MIT */
/* OAuth 1.0a in three steps (RFC 5849 2): temporary credentials, a person at the service's page,
 * and what they bring back for a token. Both requests are signed like those to the API. */
#include "codec/form.h"
#include "codec/json.h"
#include "codec/url.h"
#include "grant/parameters.h"
#include "grant/text.h"
#include "grant/types.h"
#include "seal/hash.h"
#include "signing/oauth1.h"

enum { PARTS_MAX = 200, TOKEN_SECRET_MAX = 4096, SUCCESS = 200, REDIRECT = 300 };

/* --- a signed request --- */

static bool sign(grant_build_t *build, oauth1_credential_t *c, upstream_request_t *out, err_t *err)
{
    char nonce[37] = "0"; /* of requests that are compared */
    if (!build->only_compared) {
        random_uuid(nonce);
    }
    c->method = build->definition->signature;
    c->version = STR("1.0");
    return grant_slot_text(build, SLOT_CONSUMER_KEY, &c->consumer_key, err) &&
           grant_slot_text(build, SLOT_CONSUMER_SECRET, &c->consumer_secret, err) &&
           grant_slot_text(build, SLOT_REALM, &c->realm, err) &&
           oauth1_sign(build->arena, out, c, build->scope->wall_ms, str_of(nonce), err);
}

static bool begin(grant_build_t *build, const url_template_t *url, const char *key,
                  upstream_request_t *out, err_t *err)
{
    *out = (upstream_request_t){.method = STR("POST")};
    if (!grant_url(build, url, &out->url, err)) {
        return false;
    }
    build->url = out->url;
    return out->url.p || grant_report_missing(url->source, key, err);
}

/* --- temporary credentials (2.1) --- */

static bool write_params(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    buf_t *body = grant_buf_in(build->arena, GRANT_TEXT_MAX);
    if (!parameters_override(build, build->definition->params, false, err) ||
        !parameters_write(build, url_encode_form, body, err)) {
        return false;
    }
    if (body->n) {
        out->body = buf_view(body);
        message_header_set(build->arena, out, STR("Content-Type"),
                           STR("application/x-www-form-urlencoded"));
    }
    return true;
}

static bool ask_temporary(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    oauth1_credential_t c = {.callback = grant_occasion(build, "redirect_uri")};
    return begin(build, build->definition->request_url, "request_url", out, err) &&
           write_params(build, out, err) && sign(build, &c, out, err);
}

/* A form, whatever its media type says: services call it text/html. NULL: it is none. */
static json_t *read_form(str_t body)
{
    arena_t *arena = arena_new(0);
    form_t form;
    err_t ignored = ERR_INIT;
    json_t *all = NULL;
    if (form_read_urlencoded_in(arena, str_trim(body), PARTS_MAX, &form, &ignored)) {
        all = json_object();
        for (size_t i = 0; i < form.count; i++) {
            json_object_setn_new(all, form.parts[i].name.p, form.parts[i].name.n,
                                 json_str(form.parts[i].value));
        }
    }
    arena_free(arena);
    return all;
}

/* Whoever cannot say that the callback counts (2.1) would let a stranger's sign-in end in this
 * browser. */
static bool check_temporary(const json_t *answer, err_t *err)
{
    if (!json_member(answer, "oauth_token").n ||
        json_member(answer, "oauth_token_secret").n > TOKEN_SECRET_MAX) {
        return err_set(err, ERR_token_response_incomplete,
                       "the service's answer holds no temporary credentials");
    }
    return str_is(json_member(answer, "oauth_callback_confirmed"), "true") ||
           err_set(err, ERR_token_response_incomplete,
                   "the service does not confirm the callback (oauth_callback_confirmed)");
}

static bool write_page(grant_build_t *build, str_t token, buf_t *to, err_t *err)
{
    build->parameters = (grant_parameters_t){.list = NULL};
    parameters_add(build, STR("oauth_token"), json_str(token));
    return parameters_override(build, build->definition->authorize_params, false, err) &&
           grant_write_authorization(build, to, err);
}

static bool take_temporary(grant_build_t *build, const upstream_answer_t *answer, json_t *kept,
                           buf_t *to, err_t *err)
{
    json_t *form = read_form(answer->body);
    bool ok = false;
    if (answer->status < SUCCESS || answer->status >= REDIRECT) {
        const ahead_refusal_t refusal = {"the request to sign in",
                                         json_member(form, "oauth_problem"), STR_NONE};
        ok = grant_refuse_ahead(answer, &refusal, err);
    } else if (check_temporary(form, err)) {
        json_object_set(kept, "oauth_token", json_object_get(form, "oauth_token"));
        json_object_set(kept, "oauth_token_secret", json_object_get(form, "oauth_token_secret"));
        ok = write_page(build, json_member(form, "oauth_token"), to, err);
    }
    json_decref(form);
    return ok;
}

static bool is_always_needed(const grant_build_t *build)
{
    (void)build;
    return true;
}

static const grant_ahead_t TEMPORARY = {
    .is_needed = is_always_needed, .request = ask_temporary, .take = take_temporary};

/* --- the token (2.3) --- */

static bool ask_token(grant_build_t *build, upstream_request_t *out, err_t *err)
{
    oauth1_credential_t c = {.token = grant_occasion(build, "oauth_token"),
                             .token_secret = grant_occasion(build, "oauth_token_secret"),
                             .verifier = grant_occasion(build, "oauth_verifier")};
    return begin(build, build->definition->token_url, "token_url", out, err) &&
           sign(build, &c, out, err);
}

static void rename_member(json_t *object, const char *from, const char *to)
{
    json_t *value = json_object_get(object, from);
    if (value) {
        json_object_set(object, to, value);
        json_object_del(object, from);
    }
}

/* In the words of RFC 6749 5. The secret signs: it is nobody's to see. */
static json_t *read_token(const upstream_answer_t *answer)
{
    json_t *members = read_form(answer->body);
    json_t *secret = json_object_get(members, "oauth_token_secret");
    if (json_object_get(members, "oauth_token")) {
        json_object_set_new(members, "token_type", json_string("OAuth"));
        json_object_set_new(members, GRANT_SIGNING,
                            secret ? json_pack("{s:O}", "token_secret", secret) : json_object());
    }
    json_object_del(members, "oauth_token_secret");
    rename_member(members, "oauth_token", "access_token");
    rename_member(members, "oauth_problem", "error");
    return members;
}

static bool is_for(const grant_definition_t *definition)
{
    return !definition->slots[SLOT_TOKEN];
}

const grant_type_t grant_oauth1_sign_in = {
    .type = AUTH_OAUTH1,
    .is_for = is_for,
    .build = ask_token,
    .read_body = read_token,
    .begins = BEGINS_BY_PERSON,
    .ahead = &TEMPORARY,
    .brings = "oauth_verifier",
    .other_token_type = "OAuth",
};
