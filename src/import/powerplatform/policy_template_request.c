/* SPDX-License-Identifier: MIT */
/* setheader, setqueryparameter: a value in the request (or a header of the answer). */
#include "import/compose.h"
#include "import/powerplatform/policy_template.h"

/* One behind another. */
typedef str_t append_t(arena_t *arena, str_t now, str_t value);

/* One value: what is absent takes nothing with it. */
static str_t append_header(arena_t *arena, str_t now, str_t value)
{
    static const str_t join = STR_INIT("join(', ', ");
    str_t before = compose_argument_in(arena, now), added = compose_argument_in(arena, value);
    if (compose_text_in(arena, now).p && compose_text_in(arena, value).p) {
        return arena_printf(arena, "%.*s, %.*s", STR_ARG(now), STR_ARG(value));
    }
    before = str_starts(before, join) ? str_slice(before, join.n, before.n - 1) : before;
    return compose_expression_in(
        arena, arena_printf(arena, "%s%.*s, %.*s)", join.p, STR_ARG(before), STR_ARG(added)));
}

/* Values of their own. */
static str_t append_query(arena_t *arena, str_t now, str_t value)
{
    return arena_printf(arena, "%.*s\n%.*s", STR_ARG(now), STR_ARG(value));
}

/* What the parameter is afterwards, given what it is now. */
static str_t merged(operation_t *o, str_t now, str_t value, str_t exists, append_t *append)
{
    if (!now.p || str_eq_nocase(exists, STR("override")) || !exists.n) {
        return value;
    }
    if (str_eq_nocase(exists, STR("append"))) {
        return append(o->s->arena, now, value);
    }
    str_t input = compose_only(now), text = compose_text_in(o->s->arena, value);
    bool both = str_starts(input, STR("input")) && text.p;
    return both ? compose_expression_in(
                      o->s->arena, arena_printf(o->s->arena, "default(%.*s, %s)", STR_ARG(input),
                                                compose_quoted_in(o->s->arena, text).p))
                : now;
}

static void set_answer_header(operation_t *o, str_t name, str_t value)
{
    json_t *response = json_object_get(o->action, "response");
    if (!response) {
        response = json_pack("{s:{}}", "headers");
        json_object_set_new(o->action, "response", response);
    }
    request_set(json_object_get(response, "headers"), name, value);
}

static void apply_header(operation_t *o, const json_t *parameters)
{
    str_t name = str_trim(instance_text(parameters, "name"));
    str_t value = expression_in(o, instance_text(parameters, "value"), EXPRESSION_IN_REQUEST);
    if (!name.n || !value.p) {
        return;
    }
    if (is_of_response(parameters)) {
        set_answer_header(o, name, value);
        return;
    }
    str_t exists = instance_text(parameters, "existsAction");
    str_t now = request_value(o->headers, name);
    request_set(o->headers, name, merged(o, now, value, exists, append_header));
}

static void apply_query(operation_t *o, const json_t *parameters)
{
    str_t name = str_trim(instance_text(parameters, "name"));
    if (str_starts(name, STR("%24"))) {
        name = arena_printf(o->s->arena, "$%.*s", (int)name.n - 3, name.p + 3);
    }
    str_t value = expression_in(o, instance_text(parameters, "value"), EXPRESSION_IN_REQUEST);
    if (name.n && value.p) {
        str_t exists = instance_text(parameters, "existsAction");
        str_t now = request_value(o->query, name);
        request_set(o->query, name, merged(o, now, value, exists, append_query));
    }
}

const policy_template_t TEMPLATE_HEADER = {.id = "setheader",
                                           .needs = {"name", "value"},
                                           .knows = {"existsAction"},
                                           .request = apply_header};
const policy_template_t TEMPLATE_QUERY = {.id = "setqueryparameter",
                                          .needs = {"name", "value"},
                                          .knows = {"existsAction"},
                                          .request = apply_query};
