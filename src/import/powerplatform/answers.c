/* SPDX-License-Identifier: MIT */
/* Responses of an operation as `responses` of an action, and what else tells of its answers: next
 * links, triggers. */
#include "import/names.h"
#include "import/powerplatform/operation.h"

static json_t *headers_of(operation_t *o, const json_t *response)
{
    json_t *headers = json_object();
    const char *name;
    json_t *header;
    json_object_foreach(json_object_get(response, "headers"), name, header)
    {
        json_object_set_new(headers, name, schema_import(o->s, header, o->name));
    }
    return headers;
}

/* An example of an answer is one of its schema. */
static void add_example(operation_t *o, const char *status, const json_t *response, json_t *schema)
{
    const json_t *examples = json_object_get(response, "examples");
    const json_t *first = json_object_get(examples, "application/json");
    bool alone = json_object_size(examples) == 1;
    if (first && json_object_size(schema) && !json_object_get(schema, "$ref") &&
        !json_object_get(schema, "example") && !json_is_null(first)) {
        json_object_set_new(schema, "example", json_deep_copy(first));
    } else {
        alone = false;
    }
    if (json_object_size(examples) && !alone) {
        report_tell(o->s->report, o->name, "left_out", "`examples` of the answer %s", status);
    }
}

static json_t *answer_of(operation_t *o, const char *status, const json_t *response)
{
    json_t *answer = json_object();
    str_t description = str_trim(json_member(response, "description"));
    const json_t *schema = json_object_get(response, "schema");
    json_object_set_new(answer, "description",
                        json_str(description.n ? description : STR("The answer.")));
    if (json_object_size(schema)) {
        json_object_set_new(answer, "schema", schema_import(o->s, schema, o->name));
    }
    add_example(o, status, response, json_object_get(answer, "schema"));
    json_add_filled(answer, "headers", headers_of(o, response));
    return answer;
}

/* --- media type --- */

static bool is_binary(const json_t *schema)
{
    return str_is(json_member(schema, "type"), "file") ||
           str_is(json_member(schema, "format"), "binary");
}

static void add_type(operation_t *o, bool binary)
{
    const json_t *types = json_object_get(o->from, "produces");
    types = json_array_size(types) ? types : json_object_get(o->s->swagger, "produces");
    size_t at;
    json_t *type;
    str_t first = json_view(json_array_get(types, 0));
    bool json = json_array_size(types) == 0;
    json_array_foreach(types, at, type)
    {
        json = json || str_find(json_view(type), STR("json"), 0) != SIZE_MAX;
    }
    if (binary && (json || !first.n)) {
        json_object_set_new(o->action, "output_type", json_string("application/octet-stream"));
    } else if (!json && first.n) {
        json_object_set_new(o->action, "output_type", json_str(first));
    }
}

/* --- triggers and pages --- */

static void add_trigger(operation_t *o)
{
    const json_t *content = json_object_get(o->item, "x-ms-notification-content");
    bool triggers = json_object_get(o->from, "x-ms-trigger") != NULL;
    if (!triggers || !json_is_object(json_object_get(content, "schema"))) {
        return;
    }
    json_t *trigger = json_pack("{s:s}", "type", "webhook");
    json_object_set_new(trigger, "content",
                        schema_import(o->s, json_object_get(content, "schema"), o->name));
    json_add_text(trigger, "description", json_member(content, "description"));
    json_object_set_new(o->action, "trigger", trigger);
}

static void add_next_link(operation_t *o)
{
    str_t name = json_member(json_object_get(o->from, "x-ms-pageable"), "nextLinkName");
    if (name.n) {
        json_object_set_new(o->action, "next_link", json_sprintf("body['%.*s']", STR_ARG(name)));
    }
}

void answers_import(operation_t *o)
{
    json_t *to = json_object();
    bool binary = false;
    const char *status;
    json_t *reference;
    json_object_foreach(json_object_get(o->from, "responses"), status, reference)
    {
        const json_t *response = refer(o->s, reference);
        if (!response) {
            report_warn(o->s->report, o->name, "reference", "the response %s leads nowhere",
                        status);
        } else if (name_is_status(str_of(status))) {
            binary = binary || (status[0] == '2' && is_binary(json_object_get(response, "schema")));
            json_object_set_new(to, status, answer_of(o, status, response));
        } else {
            report_warn(o->s->report, o->name, "response", "%s is no status", status);
        }
    }
    json_add_filled(o->action, "responses", to);
    add_type(o, binary);
    add_trigger(o);
    add_next_link(o);
}
