/* SPDX-License-Identifier: MIT */
/* OpenAPI 2.0: what Power Platform stores and imports. */
#include "openapi/flavour.h"

/* --- answers --- */

static const char THROTTLED[] = "#/responses/Throttled";

/* One answer alone may have a schema: a success, of 200 or 201 where there is a choice. */
static const answer_t *answer_with_schema(const answers_t *answers)
{
    const answer_t *found = NULL;
    for (size_t i = 0; i < answers->count; i++) {
        const answer_t *a = &answers->list[i];
        if ((a->status == 200 || a->status == 201) && (a->schema || a->is_token) && !found) {
            found = a;
        }
    }
    return found;
}

static json_t *write_answer(document_t *d, const action_t *action, const answer_t *a,
                            bool with_schema)
{
    json_t *to = json_object();
    json_object_set_new(to, "description", json_str(a->description));
    if (with_schema) {
        json_object_set_new(to, "schema",
                            a->is_token ? token_schema(d->connector, action)
                                        : schema_write(d, a->schema));
    }
    json_add_filled(to, "headers", json_incref(a->headers));
    return to;
}

static void add_answers(document_t *d, const action_t *action, const answers_t *answers,
                        json_t *operation)
{
    json_t *responses = json_object();
    const answer_t *chosen = answer_with_schema(answers);
    for (size_t i = 0; i < answers->count; i++) {
        const answer_t *a = &answers->list[i];
        json_object_set_new(responses, answer_key(a).text, write_answer(d, action, a, a == chosen));
    }
    if (!json_object_get(responses, "429")) {
        json_object_set_new(responses, "429", json_pack("{s:s}", "$ref", THROTTLED));
    }
    if (!json_object_get(responses, "default")) {
        json_object_set_new(responses, "default", json_pack("{s:s}", "description", "An error."));
    }
    if (!str_is(action->output_type, "application/json")) {
        json_object_set_new(operation, "produces", json_texts(&action->output_type, 1));
    }
    json_object_set_new(operation, "responses", responses);
}

static void add_notification(document_t *d, const action_t *action, json_t *item, json_t *operation)
{
    (void)operation;
    json_t *content = json_object();
    json_add_text(content, "description", action->trigger.description);
    json_object_set_new(content, "schema", schema_write(d, action->trigger.content));
    json_object_set_new(item, "x-ms-notification-content", content);
}

/* --- the frame --- */

static void add_metadata(json_t *to, const char *name, str_t value)
{
    if (value.n) {
        json_array_append_new(
            to, json_pack("{s:s,s:o}", "propertyName", name, "propertyValue", json_str(value)));
    }
}

static str_t categories_in(arena_t *arena, const connector_t *c)
{
    str_t all = STR_NONE;
    for (size_t i = 0; i < c->category_count; i++) {
        all = arena_printf(arena, "%.*s%s%.*s", STR_ARG(all), i ? ";" : "",
                           STR_ARG(c->categories[i]));
    }
    return all;
}

static json_t *connector_metadata(document_t *d)
{
    const connector_t *c = d->connector;
    json_t *metadata = json_array();
    add_metadata(metadata, "Website", c->link_website.n ? c->link_website : c->publisher_url);
    add_metadata(metadata, "Privacy policy", c->link_privacy_policy);
    add_metadata(metadata, "Categories", categories_in(d->arena, c));
    return metadata;
}

static str_t base_path(const document_t *d)
{
    str_t home = d->variable.n ? STR_NONE : d->home; /* it stands in the paths */
    str_t path = arena_printf(d->arena, "%.*s%.*s", STR_ARG(d->base), STR_ARG(home));
    return path.n ? path : STR("/");
}

static json_t *frame(document_t *d)
{
    json_t *to = json_pack("{s:s,s:o}", "swagger", "2.0", "info", info_write(d->connector));
    json_object_set_new(to, "host", json_str(d->authority));
    json_object_set_new(to, "basePath", json_str(base_path(d)));
    json_object_set_new(to, "schemes", json_texts(&d->scheme, 1));
    json_object_set_new(to, "consumes", json_pack("[s]", "application/json"));
    json_object_set_new(to, "produces", json_pack("[s]", "application/json"));
    info_add_documentation(to, d->connector);
    json_object_set_new(to, "paths", d->paths);
    json_add_filled(to, "definitions", named_schemas_write(d));
    if (d->variable.n) {
        json_object_set_new(to, "parameters",
                            json_pack("{s:o}", d->variable.p, chosen_variable(d)));
    }
    json_object_set_new(to, "responses",
                        json_pack("{s:{s:s,s:o}}", "Throttled", "description", THROTTLED_TEXT,
                                  "headers", throttle_headers()));
    json_object_set_new(to, "securityDefinitions", json_pack("{s:o}", "api_key", key_scheme()));
    json_object_set_new(to, "security", json_pack("[{s:[]}]", "api_key"));
    json_add_filled(to, "x-ms-connector-metadata", connector_metadata(d));
    return to;
}

const openapi_flavour_t OPENAPI_2_0 = {
    .name = "2.0",
    .version = "2.0",
    .schemas = "#/definitions/",
    .parameters = "#/parameters/",
    .finish_schema = v2_finish_schema,
    .refer = draft4_refer,
    .is_required = v2_is_required,
    .parameter = v2_parameter,
    .add_body = v2_add_body,
    .add_answers = add_answers,
    .add_notification = add_notification,
    .frame = frame,
};
