/* SPDX-License-Identifier: MIT */
/* What a package says and a definition has no place for: told, so that nothing is lost in silence.
 * It describes only; what changes a request is told where that is imported. */
#include "import/powerplatform/operation.h"

typedef struct place {
    source_t *s;
    str_t operation; /* absent: the connector's own */
    const char *what;
} place_t;

static void tell(const place_t *p, const char *key)
{
    if (p->operation.p) {
        report_tell(p->s->report, p->operation, "left_out", "`%s` of %s", key, p->what);
    } else {
        report_note(p->s->report, "left_out", "`%s` of %s", key, p->what);
    }
}

static bool is_among(const char *key, const char *const *names)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(key, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Keys that are not known; extensions: those that begin with x- are, too. */
static void tell_others(const place_t *p, const json_t *from, const char *const *known,
                        bool extensions)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        bool extension = strncmp(key, "x-", 2) == 0;
        bool says = json_object_size(value) || json_array_size(value) || json_view(value).n ||
                    (!json_is_object(value) && !json_is_array(value) && !json_is_string(value));
        if (says && !is_among(key, known) && !(extension && extensions)) {
            tell(p, key);
        }
    }
}

/* --- the connector --- */

static void look_at_parameters(source_t *s, const json_t *parameters)
{
    static const char *const ui[] = {"displayName", "description", "constraints", NULL};
    static const char *const constraints[] = {"required", "allowedValues", NULL};
    const place_t shown = {s, STR_NONE, "parameters of connections"};
    const char *name;
    json_t *parameter;
    json_object_foreach((json_t *)(uintptr_t)parameters, name, parameter)
    {
        const json_t *definition = json_object_get(parameter, "uiDefinition");
        tell_others(&shown, definition, ui, false);
        tell_others(&shown, json_object_get(definition, "constraints"), constraints, false);
    }
}

static void look_at_properties(source_t *s)
{
    static const char *const known[] = {"publisher",
                                        "iconBrandColor",
                                        "connectionParameters",
                                        "connectionParameterSets",
                                        "policyTemplateInstances",
                                        "scriptOperations",
                                        NULL};
    size_t at;
    json_t *set;
    tell_others(&(place_t){s, STR_NONE, "apiProperties.json"}, s->properties, known, false);
    look_at_parameters(s, json_object_get(s->properties, "connectionParameters"));
    json_array_foreach(
        json_object_get(json_object_get(s->properties, "connectionParameterSets"), "values"), at,
        set)
    {
        look_at_parameters(s, json_object_get(set, "parameters"));
    }
}

void left_out_of_connector(source_t *s)
{
    static const char *const top[] = {
        "swagger",  "info",  "host",        "basePath",   "schemes",   "consumes",
        "produces", "paths", "definitions", "parameters", "responses", "securityDefinitions",
        "security", NULL};
    static const char *const info[] = {"title", "description", "version", "contact", NULL};
    static const char *const contact[] = {"name", "url", "email", NULL};
    static const char *const docs[] = {"url", NULL};
    const json_t *of_info = json_object_get(s->swagger, "info");
    const json_t *external = json_object_get(s->swagger, "externalDocs");
    json_t *rest = json_copy((json_t *)(uintptr_t)s->swagger);
    json_object_del(rest, "externalDocs");
    tell_others(&(place_t){s, STR_NONE, "the document"}, rest, top, true);
    tell_others(&(place_t){s, STR_NONE, "`info`"}, of_info, info, true);
    tell_others(&(place_t){s, STR_NONE, "`contact`"}, json_object_get(of_info, "contact"), contact,
                false);
    tell_others(&(place_t){s, STR_NONE, "`externalDocs`"}, external, docs, false);
    look_at_properties(s);
    json_decref(rest);
}

/* --- an operation --- */

static void look_at_body(operation_t *o)
{
    static const char *const known[] = {"name", "in", "required", "schema", "description", NULL};
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(o->from, "parameters"), at, one)
    {
        const json_t *parameter = refer(o->s, one), *schema = json_object_get(parameter, "schema");
        const char *key;
        json_t *own;
        if (!str_is(json_member(parameter, "in"), "body")) {
            continue;
        }
        tell_others(&(place_t){o->s, o->name, "the body"}, parameter, known, true);
        json_object_foreach((json_t *)(uintptr_t)schema, key, own)
        {
            const json_t *other = json_object_get(parameter, key);
            if (strncmp(key, "x-", 2) == 0 && other && !json_equal(own, other)) {
                tell(&(place_t){o->s, o->name, "the schema of the body"}, key);
            }
        }
    }
}

static void look_at_answers(operation_t *o)
{
    static const char *const known[] = {"description", "schema", "headers", "examples", NULL};
    const char *status;
    json_t *reference;
    json_object_foreach(json_object_get(o->from, "responses"), status, reference)
    {
        const char *what = arena_printf(o->s->arena, "the answer %s", status).p;
        tell_others(&(place_t){o->s, o->name, what}, refer(o->s, reference), known, false);
    }
}

void left_out_of_operation(operation_t *o)
{
    static const char *const known[] = {"operationId", "summary",   "description", "deprecated",
                                        "parameters",  "responses", "consumes",    "produces",
                                        "security",    "tags",      NULL};
    static const char *const path[] = {"parameters", "get",     "head",
                                       "post",       "put",     "patch",
                                       "delete",     "options", "x-ms-notification-content",
                                       NULL};
    static const char *const content[] = {"schema", "description", NULL};
    tell_others(&(place_t){o->s, o->name, "the operation"}, o->from, known, true);
    tell_others(&(place_t){o->s, o->name, "the path"}, o->item, path, false);
    tell_others(&(place_t){o->s, o->name, "the notification"},
                json_object_get(o->item, "x-ms-notification-content"), content, false);
    look_at_body(o);
    look_at_answers(o);
}
