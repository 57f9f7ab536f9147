/* SPDX-License-Identifier: MIT */
/* Actions (FORMAT 7): keys that go together, inputs that are sent, names and paths that stand once.
 */
#include "definition/build/refer.h"
#include "definition/check/check.h"

static spot_t spot_of_key(const yaml_node_t *node, const char *key, const action_t *action)
{
    return yaml_get(node, key) ? key_spot(node, key) : action_spot(action);
}

static bool is_constant(const field_t *field)
{
    return field->schema->constant != NULL;
}

/* --- keys --- */

static void check_token(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    static const char *const excluded[] = {"steps", "request"};
    bool any = action->kind != ACTION_REQUEST;
    for (size_t i = 0; any && i < sizeof excluded / sizeof *excluded; i++) {
        if (yaml_get(node, excluded[i])) {
            loader_fault(l, ERR_action_shape, key_spot(node, excluded[i]),
                         "`%s` does not go with `token`: a token action sends the token request",
                         excluded[i]);
        }
    }
}

static void check_gives_token(loader_t *l, const auth_t *auth, spot_t at)
{
    if (!auth_type_gets_tokens(auth->type)) {
        loader_fault(l, ERR_action_shape, at,
                     "`token: connection` needs a way to sign in that gets a token; `%.*s` is of "
                     "type %s",
                     STR_ARG(auth->name), auth_type_name(auth->type));
    }
}

/* Every allowed auth gives a token. */
static void check_token_connection(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    spot_t at = key_spot(node, "token");
    if (action->kind != ACTION_TOKEN_CONNECTION) {
        return;
    }
    if (action->no_auth) {
        loader_fault(l, ERR_action_shape, at, "`token: connection` does not go with `auth: none`");
        return;
    }
    for (size_t i = 0; i < action->auth_count; i++) {
        check_gives_token(l, action->auths[i], at);
    }
    for (size_t i = 0; !node_list(yaml_get(node, "auth")) && i < l->c->auth_count; i++) {
        check_gives_token(l, &l->c->auths[i], at);
    }
}

static void check_auth_names(loader_t *l, const yaml_node_t *node)
{
    const connector_t *c = l->c;
    const yaml_node_t *list = node_list(yaml_get(node, "auth"));
    str_t *names = arena_array_of(l->scratch, str_t, list ? c->auth_count : 0);
    for (size_t i = 0; list && i < c->auth_count; i++) {
        names[i] = c->auths[i].name;
    }
    for (size_t i = 0; i < node_count(list); i++) {
        str_t name = node_text(list->items[i]);
        if (name.p && (c->auth_implied || !connector_auth(c, name))) {
            loader_fault(l, ERR_unknown_auth, node_spot(list->items[i]),
                         "no way to sign in `%.*s`%s", STR_ARG(name),
                         loader_suggest(l, name, names, c->auth_implied ? 0 : c->auth_count));
        }
    }
}

static void check_output(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    const yaml_node_t *responses = node_map(yaml_get(node, "responses"));
    for (size_t i = 0; i < action->response_count && i < node_count(responses); i++) {
        const response_definition_t *response = &action->responses[i];
        if (action->output && response->schema && response->status / 100 == 2) {
            loader_fault(l, ERR_action_shape, node_spot(responses->pairs[i].key),
                         "the schema of a 2xx answer stands here or in `output`, not in both");
        }
    }
}

static bool is_json_type(str_t media_type)
{
    str_t type = str_trim(str_slice(media_type, 0, str_index(media_type, ';')));
    return str_eq_nocase(type, STR("application/json")) || str_ends_nocase(type, STR("+json"));
}

static void check_input_type(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    if (!yaml_get(node, "input_type")) {
        return;
    }
    spot_t at = key_spot(node, "input_type");
    if (!action->body_field) {
        if (!action->in_parts) {
            loader_fault(
                l, ERR_action_shape, at,
                "`input_type` is the media type of a field with `in: body`; there is none");
        }
        return;
    }
    schema_type_t type = schema_type_of(action->body_field->schema);
    if (!is_json_type(action->input_type) && (type == SCHEMA_OBJECT || type == SCHEMA_ARRAY)) {
        loader_fault(l, ERR_action_shape, at, "a body of type %.*s is a string, not an %s",
                     STR_ARG(action->input_type), type == SCHEMA_OBJECT ? "object" : "array");
    }
}

/* --- paths and inputs --- */

static bool is_in_path(const action_t *action, const field_t *field)
{
    for (size_t i = 0; i < action->piece_count; i++) {
        if (action->pieces[i].field == field) {
            return true;
        }
    }
    return false;
}

static void check_variable(loader_t *l, const action_t *action, const field_t *field)
{
    bool variable = is_in_path(action, field);
    spot_t at = {field->line, field->column};
    if (action->piece_count == 0 || variable == (field->in == IN_PATH)) {
        return;
    }
    if (variable) {
        loader_fault(l, ERR_path_variable, at, "`%.*s` is a variable of the path: it goes there",
                     STR_ARG(field->name));
    } else {
        loader_fault(l, ERR_path_variable, at, "the path has no variable {%.*s}",
                     STR_ARG(field->name));
    }
}

/* A request of its own URL sends a path variable only where a template does; a token request
 * everything. */
static void check_unused(loader_t *l, const action_t *action, const yaml_node_t *node,
                         const field_t *field)
{
    bool own_url = yaml_get(yaml_get(node, "request"), "url") != NULL;
    if (field->sent_by_template || is_constant(field)) {
        return;
    }
    if (action->kind != ACTION_REQUEST) {
        loader_fault(l, ERR_input_unused, (spot_t){field->line, field->column},
                     "`token` does not use `%.*s`", STR_ARG(field->name));
    } else if (field->in == IN_PATH && own_url && is_in_path(action, field)) {
        loader_fault(l, ERR_input_unused, spot_of_key(node, "path", action),
                     "request.url does not use `%.*s`", STR_ARG(field->name));
    }
}

static void check_inputs(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    for (size_t i = 0; i < action->input.count; i++) {
        check_variable(l, action, &action->input.list[i]);
        check_unused(l, action, node, &action->input.list[i]);
    }
}

/* --- names and paths that stand once --- */

/* Method and path without case and without the names of variables. */
static str_t route_of(loader_t *l, const action_t *action)
{
    buf_t route;
    str_t rest = action->path;
    buf_init(&route, action->path.n * 2 + action->method.n + 64);
    buf_str(&route, action->method);
    while (rest.p) {
        buf_str(&route, str_cut(&rest, '{'));
        if (rest.p) {
            buf_lit(&route, "{}");
            (void)str_cut(&rest, '}');
        }
    }
    str_t lower = loader_lower(l, buf_view(&route));
    buf_fini(&route);
    return lower;
}

static void check_once(loader_t *l)
{
    map_t *names = map_new();
    map_t *routes = map_new();
    for (size_t i = 0; i < l->c->action_count; i++) {
        const action_t *action = &l->c->actions[i];
        const action_t *same =
            map_set(names, loader_lower(l, action->name), WRITABLE(action_t, action));
        if (same) {
            loader_fault(l, ERR_action_twice, action_spot(action),
                         "`%.*s` differs from `%.*s` only in case", STR_ARG(action->name),
                         STR_ARG(same->name));
        }
        same = action->piece_count
                   ? map_set(routes, route_of(l, action), WRITABLE(action_t, action))
                   : NULL;
        if (same) {
            loader_fault(l, ERR_path_twice, spot_of_key(action_node(l, action), "path", action),
                         "same method and path as `%.*s`", STR_ARG(same->name));
        }
    }
    map_free(names);
    map_free(routes);
}

static void check_action(loader_t *l, const action_t *action, const yaml_node_t *node)
{
    check_token(l, action, node);
    check_token_connection(l, action, node);
    check_auth_names(l, node);
    check_output(l, action, node);
    check_input_type(l, action, node);
    check_inputs(l, action, node);
}

void check_actions(loader_t *l)
{
    for (size_t i = 0; i < l->c->action_count; i++) {
        const yaml_node_t *node = action_node(l, &l->c->actions[i]);
        if (node) {
            check_action(l, &l->c->actions[i], node);
        }
    }
    check_once(l);
}
