/* SPDX-License-Identifier: MIT */
/* pollingtrigger, updatenextlink, setconnectionstatustounauthenticated: what an answer leads to. */
#include "import/compose.h"
#include "import/powerplatform/policy_template.h"

/* --- polling --- */

static const str_t PREFIX = STR_INIT("/trigger/");

static json_t *query_of(operation_t *o, const json_t *config)
{
    json_t *query = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)config, name, value)
    {
        str_t text = expression_in(o, json_view(value), EXPRESSION_IN_TRIGGER);
        bool link = str_is(str_of(name), "x-ms-triggerConfig-nextLink");
        if (text.p && *name && !link) {
            json_object_set_new(query, name, json_str(text));
        }
    }
    return query;
}

static void apply_polling(operation_t *o, const json_t *parameters)
{
    str_t items = place_tail(instance_text(parameters, "triggerDataPath"));
    json_t *query = query_of(o, instance_value(parameters, "triggerConfig"));
    str_t kind = json_member(o->from, "x-ms-trigger");
    json_t *trigger = json_pack("{s:s,s:o}", "type", "polling", "items",
                                json_sprintf("body%.*s", STR_ARG(items)));
    json_object_set_new(trigger, "query", query);
    json_object_set_new(trigger, "batch", json_boolean(!str_eq_nocase(kind, STR("single"))));
    json_object_set_new(o->action, "trigger", trigger);
    if (str_starts(o->path, PREFIX) && !o->route.p) {
        o->route = compose_literal_in(o->s->arena, str_slice(o->path, PREFIX.n - 1, o->path.n));
    }
}

const policy_template_t TEMPLATE_POLLING = {.id = "pollingtrigger", .request = apply_polling};

/* --- pages --- */

static void apply_next_link(operation_t *o, const json_t *parameters)
{
    str_t name = instance_text(parameters, "nextLinkPropertyName");
    str_t parent = place_tail(instance_text(parameters, "nextLinkParentPropertyPath"));
    json_object_set_new(o->action, "next_link",
                        json_sprintf("body%.*s['%.*s']", STR_ARG(parent), STR_ARG(name)));
}

const policy_template_t TEMPLATE_NEXT_LINK = {.id = "updatenextlink", .request = apply_next_link};

/* --- connections --- */

/* A 401 means so without being told. */
static void apply_status(operation_t *o, const json_t *parameters)
{
    const json_t *status = instance_value(parameters, "statusCode");
    if (json_integer_value(status) != 401 && !str_is(json_view(status), "401")) {
        report_warn(o->s->report, o->name, "policy",
                    "a status other than 401 does not make the connection unauthenticated");
    }
}

const policy_template_t TEMPLATE_STATUS = {.id = "setconnectionstatustounauthenticated",
                                           .request = apply_status};
