/* SPDX-License-Identifier: MIT */
/* Documents whose caller chooses the connection: a variable in every path, and an operation of
 * Tenon's own that lists what may stand there - the connections of this connector that the caller's
 * key is bound to. Both are written like an action's parts, from a field and an action made here. */
#include "openapi/flavour.h"

enum { PAGE_MAX = 1000 };
static const char NAME_PATTERN[] = "^[a-z0-9][a-z0-9-]{0,62}$";

/* min_… and max_… of -1: none. */
#define UNBOUND                                                                                    \
    .min_length = -1, .max_length = -1, .min_items = -1, .max_items = -1, .min_properties = -1,    \
    .max_properties = -1

static void release(void *json)
{
    json_decref(json);
}

static json_t *kept(document_t *d, json_t *json)
{
    arena_on_free(d->arena, release, json);
    return json;
}

/* --- names that no action has --- */

static bool is_action(const void *context, str_t name)
{
    const connector_t *c = context;
    for (size_t i = 0; i < c->action_count; i++) {
        if (str_eq_nocase(c->actions[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_input(const void *context, str_t name)
{
    const connector_t *c = context;
    for (size_t i = 0; i < c->action_count; i++) {
        if (fields_find(&c->actions[i].input, name)) {
            return true;
        }
    }
    return false;
}

void chosen_name(document_t *d)
{
    d->variable = unique_name_in(d->arena, "connection", is_input, d->connector);
    d->lister = unique_name_in(d->arena, "ListConnections", is_action, d->connector);
}

/* --- the variable --- */

/* In both forms that designers know. */
static json_t *dynamic_list(const document_t *d)
{
    return json_pack("{s:{s:o,s:{s:o},s:s,s:s,s:s}, s:{s:o,s:{s:{s:o}},s:s,s:s,s:s}}",
                     "x-ms-dynamic-values", "operationId", json_str(d->lister), "parameters",
                     "connector", json_str(d->connector->id), "value-collection", "connections",
                     "value-path", "name", "value-title", "name", "x-ms-dynamic-list",
                     "operationId", json_str(d->lister), "parameters", "connector", "value",
                     json_str(d->connector->id), "itemsPath", "connections", "itemValuePath",
                     "name", "itemTitlePath", "name");
}

json_t *chosen_variable(document_t *d)
{
    json_t *extensions = dynamic_list(d);
    const schema_t schema = {UNBOUND, .type = SCHEMA_STRING, .title = STR("Connection"),
                             .description = STR("The connection to call with."),
                             .pattern_text = str_of(NAME_PATTERN)};
    const field_t field = {.name = d->variable,
                           .title = schema.title,
                           .description = schema.description,
                           .schema = &schema,
                           .required = true,
                           .in = IN_PATH};
    json_t *parameter = d->flavour->parameter(d, &field, d->variable);
    json_object_update(parameter, extensions);
    json_decref(extensions);
    return parameter;
}

/* --- the operation --- */

static const schema_t TEXT = {UNBOUND, .type = SCHEMA_STRING};

static const schema_t *output(void)
{
    static const schema_property_t of_connection[] = {{STR_INIT("name"), &TEXT, true},
                                                      {STR_INIT("title"), &TEXT, false},
                                                      {STR_INIT("auth"), &TEXT, true},
                                                      {STR_INIT("state"), &TEXT, true}};
    static const schema_t connection = {UNBOUND, .type = SCHEMA_OBJECT, .properties = of_connection,
                                        .property_count = 4};
    static const schema_t list = {UNBOUND, .type = SCHEMA_ARRAY, .items = &connection};
    static const schema_property_t of_page[] = {{STR_INIT("connections"), &list, true},
                                                {STR_INIT("next"), &TEXT, false}};
    static const schema_t page = {UNBOUND, .type = SCHEMA_OBJECT, .properties = of_page,
                                  .property_count = 2};
    return &page;
}

/* The connector is a constant that the platform sends along. */
static fields_t input_in(document_t *d)
{
    static const schema_t limit = {UNBOUND,      .type = SCHEMA_INTEGER, .has_minimum = true,
                                   .minimum = 1, .has_maximum = true,    .maximum = PAGE_MAX};
    schema_t *connector = arena_new_of(d->arena, schema_t);
    *connector = (schema_t){UNBOUND, .type = SCHEMA_STRING};
    connector->constant = kept(d, json_str(d->connector->id));
    connector->extensions = kept(d, json_pack("{s:s}", "x-ms-visibility", "internal"));
    field_t *list = arena_array_of(d->arena, field_t, 3);
    list[0] = (field_t){.name = STR("connector"),
                        .title = STR("Connector"),
                        .schema = connector,
                        .required = true,
                        .in = IN_QUERY};
    list[1] =
        (field_t){.name = STR("limit"), .title = STR("Limit"), .schema = &limit, .in = IN_QUERY};
    list[2] =
        (field_t){.name = STR("after"), .title = STR("After"), .schema = &TEXT, .in = IN_QUERY};
    return (fields_t){.list = list, .count = 3};
}

void chosen_add_lister(document_t *d)
{
    static const response_definition_t answer = {.status = 200,
                                                 .description = STR_INIT("A page of connections.")};
    const action_t action = {
        .name = d->lister,
        .summary = STR("List connections"),
        .description = STR("The connections of this connector that the key is bound to."),
        .method = STR("GET"),
        .input = input_in(d),
        .output = output(),
        .responses = &answer,
        .response_count = 1,
        .output_type = STR("application/json"),
        .extensions = kept(d, json_pack("{s:s}", "x-ms-visibility", "internal")),
    };
    json_object_set_new(d->paths, "/v1/connections",
                        json_pack("{s:o}", "get", operation_write(d, &action, NULL, false)));
}
