/* SPDX-License-Identifier: MIT */
/* dynamichosturl, dynamicsubdomain, routerequesttoendpoint, setvaluefromurl: where the request
 * goes. */
#include "import/compose.h"
#include "import/powerplatform/policy_template.h"

static void apply_host(operation_t *o, const json_t *parameters)
{
    str_t base =
        expression_in(o, str_trim(instance_text(parameters, "urlTemplate")), EXPRESSION_IN_URL);
    while (str_ends(base, STR("/"))) {
        base.n--;
    }
    if (base.n) {
        o->base = arena_str(o->s->arena, base);
    }
}

const policy_template_t TEMPLATE_HOST = {.id = "dynamichosturl", .request = apply_host};
const policy_template_t TEMPLATE_SUBDOMAIN = {.id = "dynamicsubdomain", .request = apply_host};

/* With a leading slash. Variables stay {as they are} for the URL that is made at the end. */
static str_t path_in(operation_t *o, str_t path)
{
    str_t translated = expression_in(o, str_trim(path), EXPRESSION_IN_REQUEST);
    bool slash = !translated.p || str_starts(translated, STR("/"));
    return slash ? translated : arena_printf(o->s->arena, "/%.*s", STR_ARG(translated));
}

static str_t upper_in(arena_t *arena, str_t text)
{
    str_t copy = arena_str(arena, text);
    for (size_t i = 0; i < copy.n; i++) {
        char c = copy.p[i];
        ((char *)(uintptr_t)copy.p)[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return copy;
}

static void apply_route(operation_t *o, const json_t *parameters)
{
    str_t method = str_trim(instance_text(parameters, "httpMethod"));
    str_t path = instance_text(parameters, "newPath");
    o->route = path.n ? path_in(o, path) : o->route;
    if (method.n && method.p[0] != '@') {
        o->route_method = upper_in(o->s->arena, method);
    }
}

const policy_template_t TEMPLATE_ROUTE = {.id = "routerequesttoendpoint", .request = apply_route};

/* --- a value of another answer --- */

static str_t argument_of(str_t text)
{
    size_t from = str_find(text, STR("('"), 0), to = str_find(text, STR("')"), from);
    return from == SIZE_MAX || to == SIZE_MAX ? STR_NONE : str_slice(text, from + 2, to);
}

static void apply_value(operation_t *o, const json_t *parameters)
{
    str_t target = instance_text(parameters, "parameterTemplate");
    str_t name = argument_of(target);
    str_t path = path_in(o, instance_text(parameters, "parameterValueUrl"));
    str_t tail = place_tail(instance_text(parameters, "parameterValuePathTemplate"));
    if (!name.n || !path.p || !tail.p || !expression_is_path(tail)) {
        report_refuse(o->s->report, o->name, "policy", "setvaluefromurl cannot be read");
        return;
    }
    str_t step = arena_printf(o->s->arena, "value_%zu", json_object_size(o->steps) + 1);
    str_t method = upper_in(o->s->arena, instance_text(parameters, "httpMethod"));
    json_t *request = json_object();
    json_add_text(request, "method", method);
    json_add_text(request, "url", request_url_in(o, o->base, path));
    json_object_set_new(o->steps, step.p, request);
    bool header = str_starts(target, STR("@header"));
    request_set(header ? o->headers : o->query, name,
                compose_expression_in(o->s->arena, arena_printf(o->s->arena, "steps.%s.body%.*s",
                                                                step.p, STR_ARG(tail))));
}

const policy_template_t TEMPLATE_VALUE_FROM_URL = {.id = "setvaluefromurl", .request = apply_value};
