/* SPDX-License-Identifier: MIT */
/* Actions (FORMAT 7). */
#include "codec/form.h"
#include "definition/build/loader.h"

const yaml_node_t *action_node(const loader_t *l, const action_t *action)
{
    const yaml_node_t *actions = node_map(yaml_get(l->root, "actions"));
    size_t at = (size_t)(action - l->c->actions);
    return at < node_count(actions) ? node_map(actions->pairs[at].value) : NULL;
}

spot_t action_spot(const action_t *action)
{
    return (spot_t){action->line, action->column};
}

static bool method_is_any_of(str_t method, const char *const *methods)
{
    for (size_t i = 0; methods[i]; i++) {
        if (str_is(method, methods[i])) {
            return true;
        }
    }
    return false;
}

/* --- input --- */

static bool is_path_variable(str_t path, str_t name)
{
    for (size_t at = str_find(path, name, 0); name.n && at != SIZE_MAX;
         at = str_find(path, name, at + 1)) {
        size_t end = at + name.n;
        if (at > 0 && path.p[at - 1] == '{' && end < path.n && path.p[end] == '}') {
            return true;
        }
    }
    return false;
}

/* Default: path variable -> path; GET HEAD DELETE -> query; else json. */
static void place_input(const action_t *action, const yaml_node_t *node, field_t *field)
{
    static const char *const without_body[] = {"GET", "HEAD", "DELETE", NULL};
    bool variable = is_path_variable(action->path, field->name);
    if (!member_text(node, "in").p) {
        field->in = variable                                         ? IN_PATH
                    : method_is_any_of(action->method, without_body) ? IN_QUERY
                                                                     : IN_JSON;
    }
    if (field->in == IN_PATH) {
        field->required = true;
    }
}

static void read_input(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *map = node_map(yaml_get(node, "input"));
    action->input = build_fields(l, map);
    action->input.required_defaults_only = l->c->required_defaults_only;
    for (size_t i = 0; i < action->input.count; i++) {
        field_t *field = WRITABLE(field_t, &action->input.list[i]);
        place_input(action, map->pairs[i].value, field);
        action->has_json = action->has_json || field->in == IN_JSON;
        action->has_form = action->has_form || field->in == IN_FORM;
        action->in_parts =
            action->in_parts || (field->in == IN_FORM && field->schema->format == FORMAT_BINARY);
        if (field->in == IN_BODY && !action->body_field) {
            action->body_field = field;
        }
    }
    action->input_type = loader_str(l, node, "input_type");
    if (action->has_form && media_type_is(action->input_type, "multipart/form-data")) {
        action->in_parts = true;
    }
    if (!action->input_type.p || action->has_form) {
        action->input_type = STR("application/json");
    }
}

/* --- what is sent --- */

static const view_t *view_of_action(loader_t *l, const action_t *action, unsigned more,
                                    const char *where)
{
    return view_new(l, (view_t){.roots = VIEW(CONNECTION) | VIEW(INPUT) | more,
                                .action = action,
                                .steps = &action->steps,
                                .steps_seen = action->steps.count,
                                .sends = !(more & VIEW(RESPONSE)),
                                .where = where});
}

static void read_token(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *token = yaml_get(node, "token");
    if (!node_map(token)) {
        action->kind = token ? ACTION_TOKEN_CONNECTION : ACTION_REQUEST;
        return;
    }
    view_t view = *view_of_action(l, action, 0, "a token");
    view.secrets = true;
    grant_definition_t *grant = arena_new_of(l->arena, grant_definition_t);
    spot_t at = key_spot(node, "token");
    grant->line = at.line;
    grant->column = at.column;
    action->kind = ACTION_TOKEN_GRANT;
    action->grant = grant;
    build_grant(l, token, view_new(l, view), grant);
}

static void read_sending(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *request = node_map(yaml_get(node, "request"));
    build_steps(l, yaml_get(node, "steps"), view_of_action(l, action, 0, "a step of an action"),
                &action->steps);
    if (request) {
        request_definition_t *definition = arena_new_of(l->arena, request_definition_t);
        build_request_of(l, request,
                         view_of_action(l, action, VIEW(STEPS), "the request of an action"), true,
                         definition);
        action->request = definition;
    }
    read_token(l, node, action);
}

static void read_auths(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *list = node_list(yaml_get(node, "auth"));
    const auth_t **auths = LOADER_ARRAY(l, const auth_t *, node_count(list));
    action->no_auth = member_is(node, "auth", "none");
    for (size_t i = 0; i < node_count(list); i++) {
        const auth_t *auth = connector_auth(l->c, node_text(list->items[i]));
        if (auth && !l->c->auth_implied) {
            auths[action->auth_count++] = auth;
        }
    }
    action->auths = auths;
}

/* --- what comes back --- */

static void read_responses(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *map = node_map(yaml_get(node, "responses"));
    response_definition_t *list = LOADER_ARRAY(l, response_definition_t, node_count(map));
    for (size_t i = 0; i < node_count(map); i++) {
        const yaml_node_t *response = map->pairs[i].value;
        const yaml_node_t *schema = node_map(yaml_get(response, "schema"));
        uint64_t status = 0;
        if (str_to_u64(map->pairs[i].key->text, &status) && status <= 599) {
            list[i].status = (int)status;
        }
        list[i].description = loader_str(l, response, "description");
        list[i].schema = schema ? build_schema(l, schema, NULL) : NULL;
        list[i].headers = loader_json(l, node_map(yaml_get(response, "headers")));
    }
    action->responses = list;
    action->response_count = node_count(map);
}

static void read_trigger(loader_t *l, const yaml_node_t *node, action_t *action)
{
    enum { INTERVAL_MS = 60000 };
    const yaml_node_t *trigger = node_map(yaml_get(node, "trigger"));
    const yaml_node_t *content = node_map(yaml_get(trigger, "content"));
    trigger_t *t = &action->trigger;
    t->kind = member_is(trigger, "type", "webhook")   ? TRIGGER_WEBHOOK
              : member_is(trigger, "type", "polling") ? TRIGGER_POLLING
                                                      : TRIGGER_NONE;
    t->content = content ? build_schema(l, content, NULL) : NULL;
    t->description = loader_str(l, trigger, "description");
    t->items = build_place(l, member_text(trigger, "items"), key_spot(trigger, "items"));
    t->query = build_tree(
        l, trigger, "query",
        view_of_action(l, action, VIEW(STEPS) | VIEW(RESPONSE), "the query of a trigger"),
        USE_LISTS);
    t->batch = node_bool(yaml_get(trigger, "batch"), true);
    t->interval_ms = node_duration_ms(yaml_get(trigger, "interval"), INTERVAL_MS);
}

static void read_next_link(loader_t *l, const yaml_node_t *node, action_t *action)
{
    str_t text = member_text(node, "next_link");
    if (text.p) {
        place_t *place = arena_new_of(l->arena, place_t);
        *place = build_place(l, text, key_spot(node, "next_link"));
        action->next_link = place;
    }
}

static void note_body(void *context, const expr_t *ref, bool sure)
{
    bool *reads = context;
    str_t member = ref->root == ROOT_RESPONSE && ref->step_count ? ref->steps[0].name : STR_NONE;
    (void)sure;
    *reads = *reads || str_is(member, "body") || str_is(member, "text");
}

static void read_response(loader_t *l, const yaml_node_t *node, action_t *action)
{
    action->response_headers = build_headers(
        l, yaml_get(yaml_get(node, "response"), "headers"),
        view_of_action(l, action, VIEW(STEPS) | VIEW(RESPONSE), "the headers of an answer"));
    for (size_t i = 0; i < action->response_headers.count; i++) {
        template_visit(action->response_headers.list[i].template, note_body,
                       &action->response_reads_body);
    }
}

static void read_answer(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *output = node_map(yaml_get(node, "output"));
    action->output = output ? build_schema(l, output, NULL) : NULL;
    action->output_type = loader_str(l, node, "output_type");
    if (!action->output_type.p) {
        action->output_type = STR("application/json");
    }
    read_responses(l, node, action);
    read_response(l, node, action);
    read_next_link(l, node, action);
    read_trigger(l, node, action);
}

/* --- the rest --- */

/* RFC 9110 9.2.2, of the request that is sent. */
static bool is_idempotent(const action_t *action)
{
    static const char *const idempotent[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", NULL};
    bool overridden = action->request && action->request->method.p;
    return method_is_any_of(overridden ? action->request->method : action->method, idempotent);
}

static void read_limits(loader_t *l, const yaml_node_t *node, action_t *action)
{
    const yaml_node_t *retry = node_map(yaml_get(node, "retry"));
    action->throttle = build_limits(l, yaml_get(node, "throttle"));
    action->has_retry = retry != NULL;
    action->retry = retry ? build_retry(l, retry) : l->c->retry;
    action->timeout_ms = node_duration_ms(yaml_get(node, "timeout"), l->c->timeout_ms);
    action->idempotent = node_bool(yaml_get(node, "idempotent"), is_idempotent(action));
}

/* Where nothing else says the path, it is the name. */
static str_t path_of(loader_t *l, const yaml_node_t *node, str_t name)
{
    str_t path = loader_str(l, node, "path");
    bool needed = !yaml_get(node, "token") && !yaml_get(yaml_get(node, "request"), "url");
    return path.p || needed ? path : arena_printf(l->arena, "/%.*s", STR_ARG(name));
}

static void read_action(loader_t *l, const yaml_pair_t *pair, action_t *action)
{
    const yaml_node_t *node = node_map(pair->value);
    action->line = pair->key->line;
    action->column = pair->key->column;
    action->name = arena_str(l->arena, pair->key->text);
    action->summary = loader_str(l, node, "summary");
    action->description = loader_str(l, node, "description");
    action->deprecated = node_bool(yaml_get(node, "deprecated"), false);
    action->tags = loader_strs(l, yaml_get(node, "tags"), &action->tag_count);
    action->method = loader_str(l, node, "method");
    if (!action->method.p) {
        action->method = STR("POST");
    }
    action->path = path_of(l, node, action->name);
    read_input(l, node, action);
    build_path(l, action, yaml_get(node, "path") ? key_spot(node, "path") : action_spot(action));
    read_auths(l, node, action);
    read_sending(l, node, action);
    read_answer(l, node, action);
    read_limits(l, node, action);
    action->extensions = loader_extensions(l, node);
}

void build_actions(loader_t *l)
{
    const yaml_node_t *map = node_map(yaml_get(l->root, "actions"));
    size_t count = node_count(map);
    action_t *actions = LOADER_ARRAY(l, action_t, count);
    l->c->actions = actions;
    l->c->action_count = count;
    for (size_t i = 0; i < count; i++) {
        read_action(l, &map->pairs[i], &actions[i]);
        map_set(l->actions, actions[i].name, &actions[i]);
    }
}
