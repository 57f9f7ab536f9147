/* SPDX-License-Identifier: MIT */
#include "import/powerplatform/policy_template.h"

static const policy_template_t *const TEMPLATES[] = {
    &TEMPLATE_HEADER,
    &TEMPLATE_QUERY,
    &TEMPLATE_HOST,
    &TEMPLATE_SUBDOMAIN,
    &TEMPLATE_ROUTE,
    &TEMPLATE_VALUE_FROM_URL,
    &TEMPLATE_POLLING,
    &TEMPLATE_NEXT_LINK,
    &TEMPLATE_STATUS,
    &TEMPLATE_SET_PROPERTY,
    &TEMPLATE_STRING_REPLACE,
    &TEMPLATE_ENCODE,
    &TEMPLATE_STRING_TO_ARRAY,
    &TEMPLATE_ARRAY_TO_OBJECT,
    &TEMPLATE_OBJECT_TO_ARRAY,
    &TEMPLATE_MOVE,
};

static const policy_template_t *template_of(str_t id)
{
    for (size_t i = 0; i < sizeof TEMPLATES / sizeof *TEMPLATES; i++) {
        if (str_eq_nocase(id, str_of(TEMPLATES[i]->id))) {
            return TEMPLATES[i];
        }
    }
    return NULL;
}

static const char PREFIX[] = "x-ms-apimTemplateParameter.";

const json_t *instance_value(const json_t *parameters, const char *name)
{
    char key[120];
    snprintf(key, sizeof key, "%s%s", PREFIX, name);
    return json_object_get(parameters, key);
}

str_t instance_text(const json_t *parameters, const char *name)
{
    return json_view(instance_value(parameters, name));
}

bool is_of_response(const json_t *parameters)
{
    return str_eq_nocase(json_member(parameters, "x-ms-apimTemplate-policySection"),
                         STR("Response"));
}

/* No list, or an empty one, is all. */
static bool concerns(const json_t *parameters, str_t operation)
{
    const json_t *names = json_object_get(parameters, "x-ms-apimTemplate-operationName");
    size_t at;
    json_t *name;
    json_array_foreach(names, at, name)
    {
        if (str_eq(json_view(name), operation)) {
            return true;
        }
    }
    return json_array_size(names) == 0;
}

static const json_t *instances(const source_t *s)
{
    return json_object_get(s->properties, "policyTemplateInstances");
}

/* --- parameters that are misspelt --- */

static bool is_among(const char *const *names, str_t name)
{
    while (*names && !str_is(name, *names)) {
        names++;
    }
    return *names != NULL;
}

static bool is_known(const policy_template_t *t, str_t key)
{
    static const char *const common[] = {"x-ms-apimTemplate-operationName",
                                         "x-ms-apimTemplate-policySection", NULL};
    size_t prefix = strlen(PREFIX);
    str_t name = str_starts(key, str_of(PREFIX)) ? str_slice(key, prefix, key.n) : STR_NONE;
    return name.p ? is_among(t->needs, name) || is_among(t->knows, name) : is_among(common, key);
}

/* False where one is missing. */
static bool has_parameters(operation_t *o, const policy_template_t *t, const json_t *parameters)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)parameters, key, value)
    {
        if (!is_known(t, str_of(key))) {
            report_warn(o->s->report, o->name, "policy", "`%s` of %s is not known", key, t->id);
        }
    }
    for (const char *const *name = t->needs; *name; name++) {
        if (!instance_text(parameters, *name).p) {
            report_refuse(o->s->report, o->name, "policy", "%s without a text `%s`", t->id, *name);
            return false;
        }
    }
    return true;
}

/* --- of requests --- */

void policy_templates_apply(operation_t *o)
{
    size_t at;
    json_t *instance;
    json_array_foreach(instances(o->s), at, instance)
    {
        str_t id = json_member(instance, "templateId");
        const json_t *parameters = json_object_get(instance, "parameters");
        const policy_template_t *template = template_of(id);
        if (!concerns(parameters, o->id)) {
            continue;
        }
        if (!template) {
            report_refuse(o->s->report, o->name, "policy", "the template %.*s is not known",
                          STR_ARG(id));
        } else if (has_parameters(o, template, parameters) && template->request) {
            template->request(o, parameters);
        }
    }
}

/* --- of bodies --- */

static json_t *actions_of(operation_t *list, size_t count, const json_t *parameters,
                          operation_t **first)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < count; i++) {
        operation_t *o = &list[i];
        if (concerns(parameters, o->id) && !report_is_refused(o->s->report, o->name)) {
            *first = *first ? *first : o;
            json_array_append_new(actions, json_str(o->ours));
        }
    }
    return actions;
}

static void refuse_all(operation_t *list, size_t count, const json_t *parameters, str_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (concerns(parameters, list[i].id)) {
            report_refuse(list[i].s->report, list[i].name, "policy",
                          "%.*s cannot be said as it stands", STR_ARG(id));
        }
    }
}

static void write_instance(source_t *s, const json_t *instance, operation_t *list, size_t count,
                           json_t *arrays)
{
    const json_t *parameters = json_object_get(instance, "parameters");
    const policy_template_t *template = template_of(json_member(instance, "templateId"));
    operation_t *first = NULL;
    if (!template || !template->body) {
        return;
    }
    json_t *actions = actions_of(list, count, parameters, &first);
    bool response = is_of_response(parameters);
    json_t *seen = json_object_get(arrays, response ? "response" : "request");
    body_work_t b = {first, parameters, response, seen};
    json_t *policy = first ? template->body(&b) : NULL;
    if (policy) {
        json_object_set_new(policy, "section", json_string(response ? "response" : "request"));
        json_object_set(policy, "actions", actions);
        json_array_append_new(json_object_get(s->definition, "policies"), policy);
    } else if (first) {
        refuse_all(list, count, parameters, json_member(instance, "templateId"));
    }
    json_decref(actions);
}

void policy_templates_write(source_t *s, operation_t *list, size_t count)
{
    json_t *arrays = json_pack("{s:{},s:{}}", "request", "response");
    size_t at;
    json_t *instance;
    json_object_set_new(s->definition, "policies", json_array());
    json_array_foreach(instances(s), at, instance)
    {
        write_instance(s, instance, list, count, arrays);
    }
    if (json_array_size(json_object_get(s->definition, "policies")) == 0) {
        json_object_del(s->definition, "policies");
    }
    json_decref(arrays);
}
