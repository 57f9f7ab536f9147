/* SPDX-License-Identifier: MIT */
/* oauth2generic: URLs and bodies as templates with {Tokens}, of any case. What they say as the
 * standard says it is left to the grant; the rest becomes its parameters. */
#include "codec/url.h"
#include "import/compose.h"
#include "import/powerplatform/auth.h"

enum { TEXT_MAX = 16 * 1024 };

/* Tokens of the platform, and what FORMAT 8 calls them. */
static const struct token {
    const char *name, *ours;
} TOKENS[] = {
    {"ClientId", "oauth.client_id"},
    {"ClientSecret", NULL},
    {"RedirectUrl", "oauth.redirect_uri"},
    {"RedirectUri", "oauth.redirect_uri"},
    {"State", "oauth.state"},
    {"Scope", "oauth.scope"},
    {"Scopes", "oauth.scope"},
    {"Code", "oauth.code"},
    {"RefreshToken", "oauth.refresh_token"},
};

typedef enum { AUTHORIZE = 1, EXCHANGE = 2, REFRESH = 4 } request_kind_t;

/* Pairs that every such request has. */
static const struct pair {
    const char *name, *value;
    unsigned kinds;
} STANDARD[] = {
    {"response_type", "code", AUTHORIZE},
    {"client_id", "{ClientId}", AUTHORIZE | EXCHANGE | REFRESH},
    {"redirect_uri", "{RedirectUrl}", AUTHORIZE | EXCHANGE},
    {"redirect_uri", "{RedirectUri}", AUTHORIZE | EXCHANGE},
    {"scope", "{Scope}", AUTHORIZE},
    {"scope", "{Scopes}", AUTHORIZE},
    {"state", "{State}", AUTHORIZE},
    {"code", "{Code}", EXCHANGE},
    {"grant_type", "authorization_code", EXCHANGE},
    {"grant_type", "refresh_token", REFRESH},
    {"client_secret", "{ClientSecret}", EXCHANGE | REFRESH},
    {"refresh_token", "{RefreshToken}", REFRESH},
};

static bool is_standard(str_t name, str_t value, request_kind_t kind)
{
    for (size_t i = 0; i < sizeof STANDARD / sizeof *STANDARD; i++) {
        if ((STANDARD[i].kinds & kind) && str_is(name, STANDARD[i].name) &&
            str_eq_nocase(value, str_of(STANDARD[i].value))) {
            return true;
        }
    }
    return false;
}

/* --- templates --- */

/* A text of the settings on its way to a template. */
typedef struct work {
    source_t *s;
    const json_t *settings;
    compose_t *literal; /* how what is no token is written: it may be a URL */
    buf_t to;
} work_t;

static void add_token(work_t *w, str_t name)
{
    source_t *s = w->s;
    for (size_t i = 0; i < sizeof TOKENS / sizeof *TOKENS; i++) {
        if (str_eq_nocase(name, str_of(TOKENS[i].name)) && TOKENS[i].ours) {
            compose_expression(&w->to, str_of(TOKENS[i].ours));
            return;
        }
    }
    str_t parameter = parameter_name(s, name);
    str_t custom =
        parameter.p ? STR_NONE : custom_parameter(w->settings, arena_str(s->arena, name).p);
    if (parameter.p) {
        compose_template(&w->to, compose_parameter_in(s->arena, parameter));
    } else if (custom.n) {
        w->literal(&w->to, custom);
    } else {
        report_note(s->report, "auth", "{%.*s} names nothing: it is left empty", STR_ARG(name));
    }
}

static str_t translate(source_t *s, const json_t *settings, str_t text, compose_t *literal)
{
    work_t w = {.s = s, .settings = settings, .literal = literal};
    buf_init(&w.to, TEXT_MAX);
    while (text.p) {
        size_t open = str_index(text, '{'), close = str_find(text, STR("}"), open);
        if (open == SIZE_MAX || close == SIZE_MAX) {
            literal(&w.to, text);
            break;
        }
        literal(&w.to, str_slice(text, 0, open));
        add_token(&w, str_slice(text, open + 1, close));
        text = str_slice(text, close + 1, text.n);
    }
    str_t translated = arena_str(s->arena, buf_view(&w.to));
    buf_fini(&w.to);
    return translated;
}

/* --- pairs --- */

static str_t decoded_in(arena_t *arena, str_t text)
{
    buf_t to;
    buf_init(&to, TEXT_MAX);
    bool ok = url_decode(&to, text, true);
    str_t plain = ok ? arena_str(arena, buf_view(&to)) : text;
    buf_fini(&to);
    return plain;
}

static bool has_pair(str_t text, const char *name)
{
    text = str_starts(text, STR("?")) ? str_slice(text, 1, text.n) : text;
    while (text.n) {
        str_t pair = str_cut(&text, '&');
        if (str_is(str_cut(&pair, '='), name)) {
            return true;
        }
    }
    return false;
}

/* An application of the user's own: its parameter takes the place of client_id or client_secret. */
static bool is_credential(str_t name)
{
    return str_is(name, "client_id") || str_is(name, "client_secret");
}

static void add_pairs(source_t *s, const json_t *settings, str_t text, json_t *auth,
                      request_kind_t kind)
{
    const char *map = kind == AUTHORIZE ? "authorize_params" : "params";
    text = str_starts(text, STR("?")) ? str_slice(text, 1, text.n) : text;
    while (text.n) {
        str_t pair = str_cut(&text, '&');
        str_t name = decoded_in(s->arena, str_cut(&pair, '='));
        str_t value = decoded_in(s->arena, pair);
        if (!name.n || is_standard(name, value, kind)) {
            continue;
        }
        str_t template = translate(s, settings, value, compose_literal);
        if (is_credential(name) && str_starts(template, STR("${connection."))) {
            json_object_setn_new(auth, name.p, name.n, json_str(template));
        } else {
            json_object_setn_new(json_child(auth, map), name.p, name.n, json_str(template));
        }
    }
}

/* --- the three requests --- */

/* Those of the address itself go as they stand. */
static void add_fixed_pairs(source_t *s, const json_t *settings, str_t query, json_t *auth)
{
    while (query.n) {
        str_t value = str_cut(&query, '&');
        str_t name = str_cut(&value, '=');
        if (name.n) {
            json_object_setn_new(json_child(auth, "authorize_params"), name.p, name.n,
                                 json_str(translate(s, settings, value, compose_literal)));
        }
    }
}

static void add_authorize(source_t *s, const json_t *settings, json_t *auth)
{
    str_t query = custom_parameter(settings, "authorizationUrlTemplate");
    str_t address = str_cut(&query, '?');
    add_url(s, auth, "authorize_url", translate(s, settings, address, compose_url));
    add_fixed_pairs(s, settings, query, auth);
    add_pairs(s, settings, custom_parameter(settings, "authorizationUrlQueryStringTemplate"), auth,
              AUTHORIZE);
}

static str_t with_query(source_t *s, const json_t *settings, const char *url, const char *query)
{
    str_t address = translate(s, settings, custom_parameter(settings, url), compose_url);
    str_t rest = translate(s, settings, custom_parameter(settings, query), compose_url);
    return rest.n > 1 ? arena_printf(s->arena, "%.*s%s%.*s", STR_ARG(address),
                                     rest.p[0] == '?' ? "" : "?", STR_ARG(rest))
                      : address;
}

static void add_token_request(source_t *s, const json_t *settings, json_t *auth)
{
    str_t url = with_query(s, settings, "tokenUrlTemplate", "tokenUrlQueryStringTemplate");
    add_url(s, auth, "token_url", url);
    add_pairs(s, settings, custom_parameter(settings, "tokenBodyTemplate"), auth, EXCHANGE);
}

/* Scopes are not sent again by themselves, the refresh token is (RFC 6749 6). */
static void add_refresh_body(source_t *s, const json_t *settings, str_t body, json_t *auth,
                             json_t *refresh)
{
    json_t *own = json_object();
    add_pairs(s, settings, body, own, REFRESH);
    json_t *params = json_child(own, "params"), *first = json_object_get(auth, "params");
    if (has_pair(body, "scope") && json_object_get(auth, "scopes")) {
        json_object_set(refresh, "scopes", json_object_get(auth, "scopes"));
    }
    if (!has_pair(body, "refresh_token")) {
        json_object_set_new(params, "refresh_token", json_null());
    }
    if (!json_equal(params, first) && (first || json_object_size(params))) {
        json_object_set(refresh, "params", params);
    }
    json_decref(own);
}

static void add_refresh(source_t *s, const json_t *settings, json_t *auth)
{
    json_t *refresh = json_object();
    str_t url = with_query(s, settings, "refreshUrlTemplate", "refreshUrlQueryStringTemplate");
    str_t body = custom_parameter(settings, "refreshBodyTemplate");
    if (url.n && !str_eq(url, json_member(auth, "token_url"))) {
        add_url(s, refresh, "token_url", url);
    }
    if (body.n) {
        add_refresh_body(s, settings, body, auth, refresh);
    }
    json_add_filled(auth, "refresh", refresh);
}

static bool build_generic(source_t *s, const json_t *settings, json_t *auth)
{
    str_t delimiter = json_member(
        member_nocase(json_object_get(settings, "customParameters"), "scopeListDelimiter"),
        "value");
    json_object_set_new(auth, "type", json_string("authorization_code"));
    add_scopes(s, settings, auth);
    if (delimiter.n && !str_is(delimiter, " ")) {
        json_add_text(auth, "scope_separator", delimiter);
    }
    add_authorize(s, settings, auth);
    add_token_request(s, settings, auth);
    add_refresh(s, settings, auth);
    add_client(s, settings, auth);
    return json_member(auth, "authorize_url").n && json_member(auth, "token_url").n;
}

const provider_t PROVIDER_GENERIC = {"oauth2generic", build_generic};
