/* SPDX-License-Identifier: MIT */
#include "definition/scope.h"

const field_t *connection_field(const connector_t *connector, const auth_t *auth, str_t name)
{
    const field_t *own = auth ? fields_find(&auth->parameters, name) : NULL;
    return own ? own : fields_find(&connector->parameters, name);
}

static const choice_t *choice_of(const field_t *field, const json_t *value)
{
    if (!field || !json_is_string(value)) {
        return NULL;
    }
    str_t text = str_at(json_string_value(value), json_string_length(value));
    for (size_t i = 0; i < field->choice_count; i++) {
        if (str_eq(field->choices[i].value, text)) {
            return &field->choices[i];
        }
    }
    return NULL;
}

/* connection.NAME is the value, connection.NAME.COLUMN what the chosen row holds there. Only a choice has
 * members: parameters are scalars. */
static const json_t *look_up_connection(const value_scope_t *s, const template_step_t *steps, size_t count)
{
    if (count == 0 || !steps[0].name.p) {
        return NULL;
    }
    const json_t *value = template_walk(s->connection, steps, 1);
    /* FORMAT 8: "" is absent in connection parameters. */
    if (json_is_string(value) && json_string_length(value) == 0) {
        return NULL;
    }
    if (count == 1) {
        return value;
    }
    const choice_t *row = choice_of(connection_field(s->connector, s->auth, steps[0].name), value);
    return row ? template_walk(row->columns, steps + 1, count - 1) : NULL;
}

static const json_t *object_of(const value_scope_t *s, template_root_t root)
{
    switch (root) {
    case ROOT_INPUT:
        return s->input;
    case ROOT_STEPS:
        return s->steps;
    case ROOT_RESPONSE:
        return s->response;
    case ROOT_TOKEN:
        return s->token;
    case ROOT_CALLBACK:
        return s->callback;
    case ROOT_OAUTH:
        return s->oauth;
    case ROOT_REQUEST:
        return s->request;
    case ROOT_BODY:
        return s->body;
    case ROOT_ITEM:
        return s->item;
    case ROOT_CONNECTION:
    case ROOT_ASSERTION:
    case ROOT_COUNT:
        break;
    }
    return NULL;
}

/* response.headers.H and steps.NAME.headers.H: names are stored in lower case, and written as HTTP's
 * documents do (RFC 9110 5.1). */
static const json_t *look_up_header(const json_t *root, const template_step_t *steps, size_t count)
{
    const char *name;
    size_t length;
    json_t *value;
    const json_t *headers = count >= 2 ? template_walk(root, steps, count - 1) : NULL;
    if (!headers || !str_is(steps[count - 2].name, "headers") || !steps[count - 1].name.p) {
        return NULL;
    }
    json_object_keylen_foreach((json_t *)(uintptr_t)headers, name, length, value)
    {
        if (str_eq_nocase(str_at(name, length), steps[count - 1].name)) {
            return value;
        }
    }
    return NULL;
}

static const json_t *look_up_member(const value_scope_t *s, template_root_t root,
                                    const template_step_t *steps, size_t count)
{
    const json_t *object = object_of(s, root);
    const json_t *found = template_walk(object, steps, count);
    size_t at_headers = root == ROOT_RESPONSE ? 2 : root == ROOT_STEPS ? 3 : 0;
    return !found && count == at_headers ? look_up_header(object, steps, count) : found;
}

static json_t *look_up(void *context, template_root_t root, const template_step_t *steps, size_t count)
{
    const value_scope_t *s = context;
    if (root == ROOT_ASSERTION) {
        return s->assertion.p ? json_stringn(s->assertion.p, s->assertion.n) : NULL;
    }
    const json_t *found = root == ROOT_CONNECTION ? look_up_connection(s, steps, count)
                                                  : look_up_member(s, root, steps, count);
    /* JSON null stands for "no value", as a missing member does. */
    return found && !json_is_null(found) ? json_incref((json_t *)(uintptr_t)found) : NULL;
}

void value_scope_init(value_scope_t *s, const connector_t *connector, const auth_t *auth, int64_t wall_ms)
{
    *s = (value_scope_t){.connector = connector, .auth = auth};
    s->scope.context = s;
    s->scope.lookup = look_up;
    s->scope.wall_ms = wall_ms;
}
