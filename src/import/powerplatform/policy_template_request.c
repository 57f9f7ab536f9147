/* SPDX-License-Identifier: MIT */
/* setheader, setqueryparameter: a value in the request (or a header of the answer). */
#include "import/compose.h"
#include "import/powerplatform/policy_template.h"

/* What the parameter is afterwards, given what it is now. */
static str_t merged(operation_t *o, str_t now, str_t value, str_t exists, const char *between)
{
    if (!now.p || str_eq_nocase(exists, STR("override")) || !exists.n) {
        return value;
    }
    if (str_eq_nocase(exists, STR("append"))) {
        return arena_printf(o->s->arena, "%.*s%s%.*s", STR_ARG(now), between, STR_ARG(value));
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
    request_set(o->headers, name, merged(o, request_value(o->headers, name), value, exists, ", "));
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
        request_set(o->query, name, merged(o, request_value(o->query, name), value, exists, "\n"));
    }
}

const policy_template_t TEMPLATE_HEADER = {.id = "setheader", .request = apply_header};
const policy_template_t TEMPLATE_QUERY = {.id = "setqueryparameter", .request = apply_query};
