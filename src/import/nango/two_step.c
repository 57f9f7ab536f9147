/* SPDX-License-Identifier: MIT */
/* TWO_STEP and BILL: a login request, more requests behind it, and where their answers hold the
 * token. */
#include "codec/json.h"
#include "import/nango/provider.h"

enum { STEPS_MAX = 7 };

/* --- one request --- */

static json_t *headers_of(provider_t *p, const json_t *given)
{
    const char *name;
    json_t *value;
    json_t *to = json_object();
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        if (!str_eq_nocase(str_of(name), STR("content-type")) && provider_header(p, name)) {
            set_text(to, name, translated_choice(p, scalar_text(p, value)));
        }
    }
    return to;
}

/* A `$name` of Nango's XML is an attribute. */
static json_t *xml_tree(json_t *tree)
{
    const char *name;
    json_t *value;
    json_t *to = json_object();
    if (!json_is_object(tree)) {
        json_decref(to);
        return tree;
    }
    json_object_foreach(tree, name, value)
    {
        char own[256];
        snprintf(own, sizeof own, "%s%s", name[0] == '$' ? "@" : "", name + (name[0] == '$'));
        json_object_set_new(to, own, xml_tree(json_incref(value)));
    }
    json_decref(tree);
    return to;
}

static void set_body(provider_t *p, json_t *to, const json_t *params)
{
    str_t format = provider_text(p, "body_format");
    bool is_xml = str_is(format, "xml");
    const char *key = is_xml || str_is(format, "form") ? format.p : "json";
    if (json_object_size(params) > 0) {
        json_t *tree = translated_tree(p, params);
        json_object_set_new(to, key, is_xml ? xml_tree(tree) : tree);
    }
}

static const json_t *member_of(const provider_t *p, const json_t *source, const char *name)
{
    return source == p->source ? provider_get(p, name) : json_object_get(source, name);
}

/* params of a GET are not sent. */
static json_t *request_of(provider_t *p, str_t url, const json_t *source, const char *params,
                          const char *headers)
{
    json_t *to = json_object();
    str_t method = json_view(member_of(p, source, "token_request_method"));
    set_text(to, "method", method.p ? method : STR("POST"));
    set_text(to, "url", url_text_of(p, url));
    json_add_filled(to, "headers", headers_of(p, member_of(p, source, headers)));
    const json_t *sent = member_of(p, source, params);
    if (!str_is(method, "GET")) {
        set_body(p, to, sent);
    }
    return to;
}

/* --- steps --- */

/* `stepN.path` of a template, before it is read: the variables are known by their whole name. */
static void know_steps(provider_t *p, const json_t *tree)
{
    const char *name;
    json_t *value;
    size_t at;
    json_array_foreach(tree, at, value)
    {
        know_steps(p, value);
    }
    json_object_foreach((json_t *)(uintptr_t)tree, name, value)
    {
        know_steps(p, value);
    }
    str_t text = json_view(tree);
    for (size_t i = text.p ? str_find(text, STR("${step"), 0) : SIZE_MAX; i != SIZE_MAX;
         i = str_find(text, STR("${step"), i + 2)) {
        str_t variable = arena_str(p->arena, str_slice(text, i + 2, behind_variable(text, i) - 1));
        str_t path = variable;
        str_t step = str_cut(&path, '.');
        str_t body = arena_printf(p->arena, "steps.%.*s.body", STR_ARG(step));
        provider_know(p, variable.p, compose_path_in(p->arena, body, path));
    }
}

static json_t *steps_of(provider_t *p)
{
    size_t at;
    json_t *step;
    const json_t *more = provider_get(p, "additional_steps");
    json_t *to = json_object();
    json_object_set_new(
        to, "step1",
        request_of(p, provider_text(p, "token_url"), p->source, "token_params", "token_headers"));
    if (json_array_size(more) > STEPS_MAX) {
        provider_fail(p, "steps", "more than %d steps", STEPS_MAX + 1);
        return to;
    }
    json_array_foreach(more, at, step)
    {
        const char *name = arena_printf(p->arena, "step%zu", at + 2).p;
        str_t url = json_member(step, "token_url");
        json_object_set_new(to, name, request_of(p, url, step, "token_params", "token_headers"));
    }
    return to;
}

/* --- the answer --- */

static void set_path(provider_t *p, json_t *answer, const char *name, str_t body, const char *key)
{
    str_t path = json_member(provider_get(p, "token_response"), key);
    if (path.n) {
        set_text(answer, name,
                 compose_expression_in(p->arena, compose_path_in(p->arena, body, path)));
    }
}

static void set_expiry(provider_t *p, json_t *answer, str_t body)
{
    bool at = str_is(json_member(provider_get(p, "token_response"), "token_expiration_strategy"),
                     "expireAt");
    set_path(p, answer, at ? "expires_at" : "expires_in", body, "token_expiration");
}

static json_t *answer_of(provider_t *p, str_t last)
{
    size_t at;
    json_t *name;
    const json_t *response = provider_get(p, "token_response");
    json_t *to = json_object();
    str_t step = arena_printf(p->arena, "steps.%.*s", STR_ARG(last));
    str_t body = arena_printf(p->arena, "%s.body", step.p);
    set_path(p, to, "access_token", body, "token");
    if (json_object_get(response, "token") && !json_member(response, "token").n) {
        set_text(to, "access_token", arena_printf(p->arena, "${%s.text}", step.p));
    }
    set_path(p, to, "refresh_token", body, "refresh_token");
    set_expiry(p, to, body);
    json_array_foreach(provider_get(p, "token_response_metadata"), at, name)
    {
        const char *key = json_string_value(name);
        str_t first = compose_path_in(p->arena, STR("steps.step1.body"), str_of(key));
        str_t both = default_expression(p, compose_path_in(p->arena, body, str_of(key)), first);
        set_text(to, key, compose_expression_in(p->arena, str_is(last, "step1") ? first : both));
    }
    json_array_foreach(provider_get(p, "token_response_headers"), at, name)
    {
        bool cookies = str_eq_nocase(json_view(name), STR("set-cookie"));
        report_note(p->report, "response_headers", "%s of the login answer%s",
                    json_string_value(name), cookies ? " goes on as cookies" : " is not kept");
    }
    return to;
}

static json_t *refresh_of(provider_t *p)
{
    str_t url = provider_text(p, "refresh_url");
    const char *headers =
        provider_get(p, "refresh_token_headers") ? "refresh_token_headers" : "token_headers";
    json_t *request = request_of(p, url.p ? url : provider_text(p, "token_url"), p->source,
                                 "refresh_token_params", headers);
    json_t *to = json_object();
    json_t *answer = json_object();
    set_path(p, answer, "access_token", STR("steps.renew.body"), "token");
    set_path(p, answer, "refresh_token", STR("steps.renew.body"), "refresh_token");
    set_expiry(p, answer, STR("steps.renew.body"));
    json_object_set_new(to, "steps", json_pack("{s:o}", "renew", request));
    json_object_set_new(to, "answer", answer);
    return to;
}

static void read_assertion(provider_t *p)
{
    const json_t *assertion = provider_get(p, "assertion");
    const json_t *token = provider_get(p, "token");
    if (assertion && !str_is(json_member(assertion, "type"), "jwt")) {
        provider_fail(p, "saml", "a SAML assertion that is signed here");
    } else if (assertion || token) {
        provider_know(p, assertion ? "credentials.assertion" : "token", STR("assertion"));
        json_object_set_new(p->auth, "assertion",
                            jwt_of(p, assertion ? assertion : token, STR("RS256")));
    }
}

static void drop_assertion_field(provider_t *p)
{
    if (provider_get(p, "assertion")) {
        json_object_del(p->own_parameters, "assertion");
    }
}

static void build(provider_t *p)
{
    const json_t *fixed = provider_get(p, "token_expires_in_ms");
    size_t more = json_array_size(provider_get(p, "additional_steps"));
    set_text(p->auth, "type", STR("session"));
    drop_assertion_field(p);
    provider_know(p, "refresh_token", STR("oauth.refresh_token"));
    know_steps(p, provider_get(p, "additional_steps"));
    read_assertion(p);
    json_object_set_new(p->auth, "steps", steps_of(p));
    json_object_set_new(p->auth, "answer",
                        answer_of(p, arena_printf(p->arena, "step%zu", more + 1)));
    set_lifetime(p, json_integer_value(fixed));
    if (json_member(provider_get(p, "token_response"), "refresh_token").p) {
        json_object_set_new(p->auth, "refresh", refresh_of(p));
    }
    provider_know(p, "accessToken", STR("token.access_token"));
    provider_know(p, "credentials.token", STR("token.access_token"));
    provider_know(p, "credentials._cookies", STR("token._cookies"));
}

/* --- BILL: the same login for every provider of it --- */

static void build_bill(provider_t *p)
{
    set_text(p->auth, "type", STR("session"));
    add_credential(p, "credentials.username", "username", "User name", false, false);
    add_credential(p, "credentials.password", "password", "Password", true, false);
    add_credential(p, "credentials.organization_id", "organization_id", "Organization ID", false,
                   false);
    add_credential(p, "credentials.dev_key", "dev_key", "Developer key", true, false);
    json_t *login =
        json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s}}", "method", "POST", "url",
                  url_text_of(p, provider_text(p, "token_url")).p, "json", "username",
                  "${connection.username}", "password", "${connection.password}", "organizationId",
                  "${connection.organization_id}", "devKey", "${connection.dev_key}");
    json_object_set_new(p->auth, "steps", json_pack("{s:o}", "login", login));
    json_object_set_new(p->auth, "answer",
                        json_pack("{s:s}", "access_token", "${steps.login.body.sessionId}"));
    json_t *headers = json_child(p->inject, "headers");
    set_text(headers, "devKey", STR("${connection.dev_key}"));
    set_text(headers, "sessionId", STR("${token.access_token}"));
}

const auth_mode_t MODE_TWO_STEP = {"TWO_STEP", true, build};
const auth_mode_t MODE_BILL = {"BILL", true, build_bill};
