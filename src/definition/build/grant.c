/* SPDX-License-Identifier: MIT */
/* Grants (FORMAT 5): the credentials of an auth or of an action's `token:`, their requests and
 * answers. */
#include "definition/build/loader.h"
#include "definition/slots.h"

/* What a grant's parts see beside the credentials' own view. */
enum {
    SEES_URL = VIEW(OAUTH) | VIEW(ASSERTION) | VIEW(CALLBACK),
    SEES_HEADERS = VIEW(OAUTH) | VIEW(ASSERTION) | VIEW(REQUEST),
    SEES_STEPS = VIEW(OAUTH) | VIEW(ASSERTION) | VIEW(CALLBACK),
    SEES_REFRESH = VIEW(TOKEN) | VIEW(CALLBACK)
};

static const view_t *with(loader_t *l, const view_t *view, unsigned more, const char *where)
{
    return view_with(l, view, view->roots | more, where);
}

/* --- names of enumerations --- */

static client_auth_t client_auth_of(str_t name)
{
    static const char *const names[] = {
        "body", "basic", "basic_raw", "private_key_jwt", "client_secret_jwt", "tls", "none"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_is(name, names[i])) {
            return (client_auth_t)i;
        }
    }
    return CLIENT_AUTH_BODY;
}

static token_format_t token_format_of(str_t name)
{
    return str_is(name, "json")    ? TOKEN_FORMAT_JSON
           : str_is(name, "query") ? TOKEN_FORMAT_QUERY
                                   : TOKEN_FORMAT_FORM;
}

/* --- credentials --- */

static bool has_field(const loader_t *l, const view_t *view, str_t name)
{
    const connector_t *c = l->c;
    if (view->auth) {
        return fields_find(&view->auth->parameters, name) || fields_find(&c->parameters, name);
    }
    if (fields_find(&c->parameters, name)) {
        return true;
    }
    for (size_t i = 0; i < c->auth_count; i++) {
        if (fields_find(&c->auths[i].parameters, name)) {
            return true;
        }
    }
    return false;
}

/* A key left out takes the field of its name: of `input` in `token:`, then of `connection`. */
static const template_t *field_of_slot(loader_t *l, const view_t *view, str_t name, spot_t at)
{
    const char *root = NULL;
    if (view->action && fields_find(&view->action->input, name)) {
        root = "input";
    } else if (has_field(l, view, name)) {
        root = "connection";
    }
    if (!root) {
        return NULL;
    }
    str_t text = arena_printf(l->scratch, "${%s.%.*s}", root, STR_ARG(name));
    return build_template_at(l, text, at, view, USE_TEXT);
}

static void read_slots(loader_t *l, const yaml_node_t *node, const view_t *view,
                       grant_definition_t *grant)
{
    slots_t slots = slots_of_type(grant->type);
    spot_t at = {grant->line, grant->column};
    for (credential_slot_t slot = 0; slot < SLOT_COUNT; slot++) {
        const char *name = credential_slot_name(slot);
        if (!slots_have(slots, slot)) {
            continue;
        }
        grant->slots[slot] = build_template(l, node, name, view, USE_TEXT);
        if (!grant->slots[slot] && !yaml_get(node, name)) {
            grant->slots[slot] = field_of_slot(l, view, str_of(name), at);
        }
    }
}

static const jwt_definition_t *read_jwt(loader_t *l, const yaml_node_t *grant, const char *key,
                                        const view_t *view)
{
    enum { LIFETIME_MS = 60000 };
    const yaml_node_t *node = node_map(yaml_get(grant, key));
    if (!node) {
        return NULL;
    }
    jwt_definition_t *jwt = arena_new_of(l->arena, jwt_definition_t);
    jwt->alg = loader_str(l, node, "alg");
    if (!jwt->alg.p) {
        jwt->alg = STR("RS256");
    }
    jwt->key = build_template(l, node, "key", view, USE_NEEDED);
    jwt->kid = build_template(l, node, "kid", view, USE_TEXT);
    jwt->header = build_tree(l, node, "header", view, USE_JSON);
    jwt->claims = build_tree(l, node, "claims", view, USE_JSON);
    jwt->lifetime_ms = node_duration_ms(yaml_get(node, "lifetime"), LIFETIME_MS);
    return jwt;
}

static void read_urls(loader_t *l, const yaml_node_t *node, const view_t *view,
                      grant_definition_t *grant)
{
    const view_t *in_url = with(l, view, SEES_URL, "a URL of a way to sign in");
    const struct {
        const char *key;
        const url_template_t **url;
    } urls[] = {{"token_url", &grant->token_url},    {"authorize_url", &grant->authorize_url},
                {"par_url", &grant->par_url},        {"register_url", &grant->register_url},
                {"device_url", &grant->device_url},  {"revoke_url", &grant->revoke_url},
                {"request_url", &grant->request_url}};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        *urls[i].url = build_url(l, node, urls[i].key, in_url);
    }
    grant->issuer = grant_definition_lacks_url(grant) ? build_url(l, node, "issuer", in_url)
                                                      : build_url_name(l, node, "issuer", in_url);
}

/* --- the token request and its answer --- */

/* Parameters of a JSON request are JSON; of the others text as written. */
static use_kind_t kind_of_params(token_format_t format)
{
    return format == TOKEN_FORMAT_JSON ? USE_JSON : USE_LISTS;
}

static const template_tree_t *read_params(loader_t *l, const yaml_node_t *node, const char *key,
                                          const view_t *view, token_format_t format)
{
    bool is_map = node_map(yaml_get(node, key)) != NULL;
    const view_t *in_params = with(l, view, SEES_URL, "the parameters of a token request");
    return is_map ? build_tree(l, node, key, in_params, kind_of_params(format)) : NULL;
}

/* A session has no token answer: its steps are the sign-in. */
static unsigned sees_answer(const grant_definition_t *grant)
{
    return grant->type == AUTH_SESSION ? 0 : VIEW(RESPONSE);
}

static const view_t *view_of_answer(loader_t *l, const view_t *view, unsigned more,
                                    const steps_t *steps)
{
    view_t of_answer = *view;
    of_answer.roots |= VIEW(STEPS) | more;
    of_answer.where = "an answer";
    of_answer.steps = steps;
    of_answer.steps_seen = steps->count;
    return view_new(l, of_answer);
}

/* One, or a list of them (RFC 8707 2). */
static const template_t **read_resources(loader_t *l, const yaml_node_t *node, const view_t *view,
                                         size_t *count)
{
    const yaml_node_t *resource = yaml_get(node, "resource");
    if (node_list(resource)) {
        return build_template_list(l, resource, view, count);
    }
    const template_t **one = LOADER_ARRAY(l, const template_t *, 1);
    one[0] = build_template(l, node, "resource", view, USE_TEXT);
    *count = one[0] ? 1 : 0;
    return one;
}

static void read_request(loader_t *l, const yaml_node_t *node, const view_t *view,
                         grant_definition_t *grant)
{
    grant->client_auth = client_auth_of(member_text(node, "client_auth"));
    grant->format = token_format_of(member_text(node, "format"));
    grant->grant_type = build_template(l, node, "grant_type", view, USE_TEXT);
    grant->scopes = build_template_list(l, yaml_get(node, "scopes"), view, &grant->scope_count);
    grant->scope_separator = loader_str(l, node, "scope_separator");
    if (!grant->scope_separator.p) {
        grant->scope_separator = STR(" ");
    }
    grant->resources = read_resources(l, node, view, &grant->resource_count);
    grant->params = read_params(l, node, "params", view, grant->format);
    grant->authorize_params = read_params(l, node, "authorize_params", view, TOKEN_FORMAT_QUERY);
    grant->headers = build_headers(l, yaml_get(node, "headers"),
                                   with(l, view, SEES_HEADERS, "the headers of a token request"));
    grant->expect = build_matches(l, yaml_get(node, "expect"));
}

static void read_answer(loader_t *l, const yaml_node_t *node, const view_t *view,
                        grant_definition_t *grant)
{
    unsigned answer = sees_answer(grant);
    build_steps(l, yaml_get(node, "steps"),
                with(l, view, SEES_STEPS | answer, "the steps of a way to sign in"), &grant->steps);
    grant->answer =
        build_answer(l, yaml_get(node, "answer"), view_of_answer(l, view, answer, &grant->steps));
    grant->lifetime_ms = node_duration_ms(yaml_get(node, "lifetime"), 0);
}

/* --- refresh --- */

/* What a map has of its own; the rest stays the grant's. But for scopes (RFC 6749 6: left out, they
 * are those of the sign-in) and grant_type. */
static void override_request(loader_t *l, const yaml_node_t *node, const view_t *view,
                             grant_definition_t *refresh)
{
    if (yaml_get(node, "token_url")) {
        refresh->token_url =
            build_url(l, node, "token_url", with(l, view, SEES_URL, "the URL of a refresh"));
    }
    if (yaml_get(node, "format")) {
        refresh->format = token_format_of(member_text(node, "format"));
    }
    if (yaml_get(node, "client_auth")) {
        refresh->client_auth = client_auth_of(member_text(node, "client_auth"));
    }
    if (yaml_get(node, "params")) {
        refresh->params = read_params(l, node, "params", view, refresh->format);
    }
    if (yaml_get(node, "headers")) {
        refresh->headers = build_headers(l, yaml_get(node, "headers"),
                                         with(l, view, SEES_HEADERS, "the headers of a refresh"));
    }
    if (yaml_get(node, "expect")) {
        refresh->expect = build_matches(l, yaml_get(node, "expect"));
    }
    refresh->grant_type = build_template(l, node, "grant_type", view, USE_TEXT);
    refresh->scopes = build_template_list(l, yaml_get(node, "scopes"), view, &refresh->scope_count);
}

static void override_answer(loader_t *l, const yaml_node_t *node, const view_t *view,
                            grant_definition_t *refresh)
{
    unsigned answer = sees_answer(refresh);
    if (yaml_get(node, "steps")) {
        build_steps(l, yaml_get(node, "steps"),
                    with(l, view, SEES_STEPS | answer, "the steps of a refresh"), &refresh->steps);
    }
    if (yaml_get(node, "answer")) {
        refresh->answer = build_answer(l, yaml_get(node, "answer"),
                                       view_of_answer(l, view, answer, &refresh->steps));
    }
}

static void read_refresh(loader_t *l, const yaml_node_t *node, const view_t *view,
                         grant_definition_t *grant)
{
    err_t ignored = ERR_INIT;
    bool is_on = node_bool(yaml_get(node, "refresh"), true);
    if (!is_on || !auth_type_gets_tokens(grant->type)) {
        return;
    }
    const yaml_node_t *map = node_map(yaml_get(node, "refresh"));
    if (!map && grant->type == AUTH_SESSION) {
        return; /* only steps can tell what it is */
    }
    grant_definition_t *refresh = arena_new_of(l->arena, grant_definition_t);
    *refresh = *grant;
    refresh->is_refresh = true;
    refresh->slots[SLOT_REFRESH_TOKEN] = template_parse_in(l->arena, STR("${oauth.refresh_token}"),
                                                           grant->line, grant->column, &ignored);
    refresh->grant_type = NULL;
    refresh->scopes = NULL;
    refresh->scope_count = 0;
    if (map) {
        const view_t *in_refresh = with(l, view, SEES_REFRESH, "a refresh");
        override_request(l, map, in_refresh, refresh);
        override_answer(l, map, in_refresh, refresh);
    }
    grant->refresh = refresh;
}

void build_grant(loader_t *l, const yaml_node_t *node, const view_t *view,
                 grant_definition_t *grant)
{
    view_t own = *view;
    own.grant = grant;
    const view_t *inside = view_new(l, own);
    auth_type_of(member_text(node, "type"), &grant->type);
    read_slots(l, node, inside, grant);
    grant->register_dynamic = member_is(node, "register", "dynamic");
    grant->register_document = member_is(node, "register", "document");
    read_urls(l, node, inside, grant);
    grant->client_assertion = read_jwt(l, node, "client_assertion", inside);
    grant->assertion = read_jwt(l, node, "assertion", inside);
    grant->jwt = read_jwt(l, node, "jwt", inside);
    read_request(l, node, inside, grant);
    read_answer(l, node, inside, grant);
    grant->pkce_none = member_is(node, "pkce", "none");
    grant->dpop = node_bool(yaml_get(node, "dpop"), false);
    grant->signature = loader_str(l, node, "signature");
    if (!grant->signature.p && grant->type == AUTH_OAUTH1) {
        grant->signature = STR("HMAC-SHA1");
    }
    read_refresh(l, node, inside, grant); /* of all that stands above */
}
