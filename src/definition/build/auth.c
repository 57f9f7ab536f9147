/* SPDX-License-Identifier: MIT */
/* Ways to sign in (FORMAT 5): what each of them has beside its grant. */
#include "definition/build/loader.h"

static const struct {
    const char *name;
    auth_type_t type;
} types[] = {
#define TYPE_ROW(id, name, grant, token) {name, AUTH_##id},
    AUTH_TYPES(TYPE_ROW)
#undef TYPE_ROW
};

bool auth_type_of(str_t name, auth_type_t *type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_is(name, types[i].name)) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

const yaml_node_t *auth_node(const loader_t *l, const auth_t *auth)
{
    const yaml_node_t *auths = node_map(yaml_get(yaml_get(l->root, "connection"), "auth"));
    size_t at = (size_t)(auth - l->c->auths);
    return !l->c->auth_implied && at < node_count(auths) ? node_map(auths->pairs[at].value) : NULL;
}

spot_t auth_spot(const auth_t *auth)
{
    return (spot_t){auth->line, auth->column};
}

static matches_t refused(loader_t *l)
{
    enum { UNAUTHORIZED = 401 };
    int *status = arena_new_of(l->arena, int);
    match_t *match = arena_new_of(l->arena, match_t);
    *status = UNAUTHORIZED;
    *match = (match_t){.statuses = status, .status_count = 1};
    return (matches_t){.list = match, .count = 1};
}

static inject_t read_inject(loader_t *l, const yaml_node_t *node, const view_t *view)
{
    inject_t inject = {.headers = build_headers(l, yaml_get(node, "headers"), view)};
    inject.query = build_tree(l, node, "query", view, USE_LISTS);
    inject.json = build_tree(l, node, "json", view, USE_JSON);
    return inject;
}

static void read_tls(loader_t *l, const yaml_node_t *node, const view_t *view, auth_t *auth)
{
    const yaml_node_t *tls = node_map(yaml_get(node, "tls"));
    auth->tls_certificate = build_template(l, tls, "certificate", view, USE_TEXT);
    auth->tls_private_key = build_template(l, tls, "private_key", view, USE_TEXT);
    auth->tls_ca = build_template(l, tls, "ca", view, USE_TEXT);
}

/* Only what a person's answer to a sign-in can bring: `callback`. */
static unsigned sees_callback(auth_type_t type)
{
    return type == AUTH_AUTHORIZATION_CODE || type == AUTH_OAUTH1 ? VIEW(CALLBACK) : 0;
}

static unsigned sees_token(auth_type_t type)
{
    return auth_type_gets_tokens(type) ? VIEW(TOKEN) : 0;
}

static void read_credential(loader_t *l, const yaml_node_t *node, auth_t *auth)
{
    const view_t *view = view_new(l, (view_t){.roots = VIEW(CONNECTION),
                                              .auth = auth,
                                              .secrets = true,
                                              .where = "a way to sign in"});
    auth_type_t type;
    bool known = auth_type_of(member_text(node, "type"), &type);
    unsigned answered =
        known ? sees_token(auth->type) | sees_callback(auth->type) : VIEW(TOKEN) | VIEW(CALLBACK);
    auth->grant.type = auth->type;
    auth->grant.line = auth->line;
    auth->grant.column = auth->column;
    build_grant(l, node, view, &auth->grant);
    auth->base_url = build_url(l, node, "base_url",
                               view_with(l, view, VIEW(CONNECTION) | answered, "a base_url"));
    auth->inject =
        read_inject(l, node_map(yaml_get(node, "inject")),
                    view_with(l, view, VIEW(CONNECTION) | VIEW(REQUEST) | answered, "an inject"));
    auth->unauthorized = build_matches(l, yaml_get(node, "unauthorized"));
    if (auth->unauthorized.count == 0) {
        auth->unauthorized = refused(l);
    }
    read_tls(l, node, view, auth);
}

static void read_head(loader_t *l, const yaml_pair_t *pair, auth_t *auth)
{
    const yaml_node_t *node = node_map(pair->value);
    auth->line = pair->key->line;
    auth->column = pair->key->column;
    auth->name = arena_str(l->arena, pair->key->text);
    auth_type_of(member_text(node, "type"), &auth->type);
    auth->title = loader_str(l, node, "title");
    if (!auth->title.p) {
        auth->title = auth->name;
    }
    auth->description = loader_str(l, node, "description");
    auth->caution = loader_str(l, node, "caution");
    auth->recommended = node_bool(yaml_get(node, "recommended"), false);
    auth->shareable = node_bool(yaml_get(node, "shareable"), l->c->shareable);
    auth->guide = build_guide(l, yaml_get(node, "guide"));
    auth->parameters = build_fields(l, yaml_get(node, "parameters"));
}

/* No way to sign in: calls go out as they are. */
static void imply_none(loader_t *l, const yaml_node_t *connection)
{
    auth_t *none = arena_new_of(l->arena, auth_t);
    spot_t at = node_spot(connection ? connection : l->root);
    *none = (auth_t){.name = STR("none"),
                     .title = STR("none"),
                     .shareable = l->c->shareable,
                     .unauthorized = refused(l),
                     .line = at.line,
                     .column = at.column};
    none->grant.scope_separator = STR(" ");
    l->c->auths = none;
    l->c->auth_count = 1;
    l->c->auth_implied = true;
}

void build_auths(loader_t *l, const yaml_node_t *connection)
{
    const yaml_node_t *map = node_map(yaml_get(connection, "auth"));
    size_t count = node_count(map);
    if (count == 0) {
        imply_none(l, connection);
        return;
    }
    auth_t *auths = LOADER_ARRAY(l, auth_t, count);
    l->c->auths = auths;
    l->c->auth_count = count;
    /* All parameters first: a credential key may take one of any. */
    for (size_t i = 0; i < count; i++) {
        read_head(l, &map->pairs[i], &auths[i]);
    }
    for (size_t i = 0; i < count; i++) {
        read_credential(l, node_map(map->pairs[i].value), &auths[i]);
    }
}
