/* SPDX-License-Identifier: MIT */
/* Names that must be those of something else: the file's, an action's. */
#include "definition/build/refer.h"
#include "definition/check/check.h"

static str_t file_name(str_t path)
{
    str_t name = path;
    for (str_t rest = path; rest.p;) {
        name = str_cut(&rest, '/');
    }
    return str_ends(name, STR(".yaml")) ? str_slice(name, 0, name.n - strlen(".yaml")) : name;
}

static void check_id(loader_t *l)
{
    str_t id = l->c->id;
    str_t name = file_name(l->c->file);
    if (id.p && !str_eq(id, name)) {
        loader_fault(l, ERR_id_not_file_name, key_spot(l->root, "id"),
                     "the id is the name of the file: `%.*s.yaml` or `id: %.*s`",
                     STR_ARG(str_slice(id, 0, 64)), STR_ARG(str_slice(name, 0, 64)));
    }
}

static void unknown_action(loader_t *l, str_t name, spot_t at)
{
    loader_fault(l, ERR_unknown_action, at, "no action `%.*s`%s", STR_ARG(str_slice(name, 0, 80)),
                 loader_suggest_action(l, name));
}

static void check_verify(loader_t *l)
{
    str_t name = member_text(l->root, "verify");
    spot_t at = key_spot(l->root, "verify");
    const action_t *action = l->c->verify_action;
    if (name.p && !action) {
        unknown_action(l, name, at);
    }
    for (size_t i = 0; action && i < action->input.count; i++) {
        const field_t *field = &action->input.list[i];
        if (field->required && !schema_default_of(field->schema)) {
            loader_fault(l, ERR_verify_needs_input, at,
                         "`%.*s` needs the input `%.*s`: verify names an action without required "
                         "input, or is a request",
                         STR_ARG(name), STR_ARG(field->name));
            return;
        }
    }
}

static void check_verify_body(loader_t *l)
{
    const request_definition_t *request = l->c->verify_request;
    bool bare = request && (str_is(request->method, "GET") || str_is(request->method, "HEAD"));
    if (bare && request->body_kind != BODY_NONE) {
        loader_fault(l, ERR_get_with_body, key_spot(l->root, "verify"), "%.*s has no body",
                     STR_ARG(request->method));
    }
}

void check_names(loader_t *l)
{
    check_id(l);
    check_verify(l);
    check_verify_body(l);
}
