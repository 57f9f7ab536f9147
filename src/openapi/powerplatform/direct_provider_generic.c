/* SPDX-License-Identifier: MIT */
/* oauth2generic: URLs and bodies with {Tokens}, each request written out. */
#include "codec/url.h"
#include "openapi/powerplatform/direct_provider.h"

enum { TEXT_MAX = 16 * 1024 };

/* What FORMAT 8 calls what the platform fills in. */
static const struct token {
    const char *ours, *name;
} TOKENS[] = {
    {"client_id", "ClientId"}, {"redirect_uri", "RedirectUrl"},
    {"state", "State"},        {"scope", "Scope"},
    {"code", "Code"},          {"refresh_token", "RefreshToken"},
};

/* A request in the making: its pairs in order, each a name and a text with {Tokens}. */
typedef struct pairs {
    json_t *names, *values;
    bool failed;
} pairs_t;

/* --- texts --- */

static bool say_token(buf_t *to, const expr_t *e)
{
    if (e->kind != EXPR_REF || e->step_count != 1) {
        return false;
    }
    str_t name = e->steps[0].name;
    if (e->root == ROOT_CONNECTION) {
        buf_printf(to, "{%.*s}", STR_ARG(name));
        return true;
    }
    for (size_t i = 0; e->root == ROOT_OAUTH && i < sizeof TOKENS / sizeof *TOKENS; i++) {
        if (str_is(name, TOKENS[i].ours)) {
            buf_printf(to, "{%s}", TOKENS[i].name);
            return true;
        }
    }
    return false;
}

/* encoded: as a value of a query or form, its {Tokens} as they are. Absent: it cannot be said. */
static str_t say(direct_t *x, const template_t *t, bool encoded)
{
    buf_t to;
    bool ok = true;
    buf_init(&to, TEXT_MAX);
    for (size_t i = 0; ok && i < t->count; i++) {
        if (t->parts[i].expr) {
            ok = say_token(&to, t->parts[i].expr);
        } else if (encoded) {
            url_encode_query(&to, t->parts[i].text);
        } else {
            buf_str(&to, t->parts[i].text);
        }
    }
    str_t said = ok ? arena_str(x->arena, buf_view(&to)) : STR_NONE;
    buf_fini(&to);
    return said;
}

static str_t encoded_in(arena_t *arena, str_t text)
{
    buf_t to;
    buf_init(&to, TEXT_MAX);
    url_encode_query(&to, text);
    str_t encoded = arena_str(arena, buf_view(&to));
    buf_fini(&to);
    return encoded;
}

/* --- pairs --- */

static void put(pairs_t *p, str_t name, str_t value)
{
    size_t at;
    json_t *known;
    p->failed = p->failed || !value.p;
    json_array_foreach(p->names, at, known)
    {
        if (str_eq(json_view(known), name)) {
            json_array_set_new(p->values, at, json_str(value));
            return;
        }
    }
    json_array_append_new(p->names, json_str(name));
    json_array_append_new(p->values, json_str(value));
}

static void drop(pairs_t *p, str_t name)
{
    for (size_t i = json_array_size(p->names); i-- > 0;) {
        if (str_eq(json_view(json_array_get(p->names, i)), name)) {
            json_array_remove(p->names, i);
            json_array_remove(p->values, i);
        }
    }
}

static void put_all(direct_t *x, pairs_t *p, const template_tree_t *params)
{
    for (size_t i = 0; params && i < params->count; i++) {
        const template_member_t *m = &params->members[i];
        bool constant = m->value->kind == TREE_VALUE;
        if (constant && json_is_null(m->value->value)) {
            drop(p, m->name);
            continue;
        }
        bool text = constant && json_is_string(m->value->value);
        str_t value = m->value->kind == TREE_TEMPLATE ? say(x, m->value->template, true)
                      : text ? encoded_in(x->arena, json_view(m->value->value))
                             : STR_NONE;
        put(p, m->name, value);
    }
}

static str_t finish(direct_t *x, pairs_t *p)
{
    buf_t to;
    size_t at;
    json_t *name;
    buf_init(&to, TEXT_MAX);
    json_array_foreach(p->names, at, name)
    {
        buf_printf(&to, "%s%s=%s", at ? "&" : "", json_string_value(name),
                   json_string_value(json_array_get(p->values, at)));
    }
    str_t text = p->failed ? STR_NONE : arena_str(x->arena, buf_view(&to));
    buf_fini(&to);
    json_decref(p->names);
    json_decref(p->values);
    return text;
}

static pairs_t begin(void)
{
    return (pairs_t){json_array(), json_array(), false};
}

/* --- the requests --- */

/* An application that each connection brings has parameters of its own. */
static str_t client_token(direct_t *x, const auth_t *auth, credential_slot_t slot,
                          const char *usual)
{
    const template_t *t = auth->grant.slots[slot];
    return t && !provider_is_parameter(auth, t, true) ? say(x, t, true) : str_of(usual);
}

static void put_client(direct_t *x, const auth_t *auth, pairs_t *p)
{
    put(p, STR("client_id"), client_token(x, auth, SLOT_CLIENT_ID, "{ClientId}"));
    if (auth->grant.slots[SLOT_CLIENT_SECRET]) {
        put(p, STR("client_secret"), client_token(x, auth, SLOT_CLIENT_SECRET, "{ClientSecret}"));
    }
}

static str_t authorize_query(direct_t *x, const auth_t *auth)
{
    pairs_t p = begin();
    put(&p, STR("client_id"), client_token(x, auth, SLOT_CLIENT_ID, "{ClientId}"));
    put(&p, STR("response_type"), STR("code"));
    put(&p, STR("redirect_uri"), STR("{RedirectUrl}"));
    if (auth->grant.scope_count) {
        put(&p, STR("scope"), STR("{Scope}"));
    }
    put(&p, STR("state"), STR("{State}"));
    put_all(x, &p, auth->grant.authorize_params);
    return finish(x, &p);
}

static str_t token_body(direct_t *x, const auth_t *auth, const grant_definition_t *g)
{
    pairs_t p = begin();
    bool refresh = g->is_refresh;
    str_t usual = refresh ? STR("refresh_token") : STR("authorization_code");
    put(&p, STR("grant_type"), g->grant_type ? say(x, g->grant_type, true) : usual);
    if (refresh) {
        put(&p, STR("refresh_token"), STR("{RefreshToken}"));
    } else {
        put(&p, STR("code"), STR("{Code}"));
        put(&p, STR("redirect_uri"), STR("{RedirectUrl}"));
    }
    put_client(x, auth, &p);
    put_all(x, &p, g->params);
    return finish(x, &p);
}

/* False where it cannot be said. */
static bool set_address(direct_t *x, json_t *custom, const template_t *url, const char *name,
                        const char *query)
{
    str_t text = say(x, url, false);
    if (!text.p) {
        return false;
    }
    str_t rest = text;
    str_t address = str_cut(&rest, '?');
    provider_set(custom, name, address);
    provider_set(custom, query, arena_printf(x->arena, "?%.*s", STR_ARG(rest)));
    return true;
}

static bool set_token_request(direct_t *x, const auth_t *auth, json_t *custom)
{
    str_t body = token_body(x, auth, &auth->grant);
    provider_set(custom, "tokenBodyTemplate", body);
    return body.p && set_address(x, custom, auth->grant.token_url->source, "tokenUrlTemplate",
                                 "tokenUrlQueryStringTemplate");
}

static bool set_refresh(direct_t *x, const auth_t *auth, json_t *custom)
{
    const grant_definition_t *g = auth->grant.refresh;
    if (!g) {
        direct_note(x, "refresh", "%.*s: the platform refreshes wherever it holds a refresh token",
                    STR_ARG(auth->name));
        return true;
    }
    str_t body = token_body(x, auth, g);
    provider_set(custom, "refreshBodyTemplate", body);
    return body.p && set_address(x, custom, g->token_url->source, "refreshUrlTemplate",
                                 "refreshUrlQueryStringTemplate");
}

static json_t *build_generic(direct_t *x, const auth_t *auth)
{
    json_t *custom = json_object();
    str_t query = authorize_query(x, auth), url = say(x, auth->grant.authorize_url->source, false);
    provider_set(custom, "authorizationUrlTemplate", url);
    provider_set(custom, "authorizationUrlQueryStringTemplate",
                 arena_printf(x->arena, "?%.*s", STR_ARG(query)));
    provider_set(custom, "scopeListDelimiter", auth->grant.scope_separator);
    if (query.p && url.p && set_token_request(x, auth, custom) && set_refresh(x, auth, custom)) {
        return custom;
    }
    json_decref(custom);
    return NULL;
}

const identity_provider_t IDENTITY_GENERIC = {"oauth2generic", build_generic};
