/* SPDX-License-Identifier: MIT */
/* OpenAPI 2.0 as a package says it that leads directly to the service: all that the definition
 * says, where the document for callers of Tenon (v2.c) says what that platform does best with. */
#include "openapi/powerplatform/direct.h"

/* --- schemas --- */

/* Designers show x-ms-summary. */
static void say_title(json_t *to, const schema_t *schema)
{
    json_t *title = json_object_get(to, "title");
    if (title && !json_object_get(schema->extensions, "x-ms-summary")) {
        json_object_set(to, "x-ms-summary", title);
        json_object_del(to, "title");
    }
}

static void finish_schema(document_t *d, json_t *to, const schema_t *schema)
{
    say_title(to, schema);
    draft4_add_const(to, schema);
    if (!schema->fallback) {
        json_add_copy(to, "default", schema->constant);
    }
    draft4_add_bounds(to, schema);
    v2_lower_alternatives(d, to, schema->any_of, schema->any_of_count);
    v2_lower_alternatives(d, to, schema->one_of, schema->one_of_count);
    json_add_text(to, "discriminator", schema->discriminator);
    json_add_flag(to, "readOnly", schema->read_only);
    json_add_flag(to, "x-nullable", schema->nullable);
    json_add_copy(to, "example", schema->example);
}

/* That platform reads what stands beside a reference. */
static json_t *refer(const schema_t *schema, json_t *reference, json_t *beside)
{
    (void)schema;
    json_object_update_new(reference, beside);
    return reference;
}

static bool is_required(const document_t *d, const schema_t *schema, bool declared)
{
    (void)d;
    (void)schema;
    return declared;
}

/* --- input --- */

static json_t *parameter(document_t *d, const field_t *f, str_t name)
{
    bool renamed = f->in == IN_QUERY || f->in == IN_HEADER;
    json_t *to = v2_parameter(d, f, renamed ? direct_wire_name(d->connector, f) : name);
    if (f->in == IN_PATH && f->url_encoding == URL_ENCODING_DOUBLE) {
        json_object_set_new(to, "x-ms-url-encoding", json_string("double"));
    }
    return to;
}

/* Beside a reference stands only what is the parameter's. */
static json_t *whole_body(document_t *d, const field_t *f)
{
    json_t *schema = field_schema(d, f), *to = json_object();
    json_t *reference = json_object_get(schema, "$ref");
    json_object_set_new(to, "name", json_str(f->name));
    json_object_set_new(to, "in", json_string("body"));
    json_add_flag(to, "required", f->required);
    if (reference) {
        json_incref(reference);
        json_object_del(schema, "$ref");
        json_object_update(to, schema);
        json_object_clear(schema);
        json_object_set_new(schema, "$ref", reference);
    }
    json_object_set_new(to, "schema", schema);
    return to;
}

/* Where it stands among the inputs: their order is the order on a form. */
static void add_body(document_t *d, const action_t *action, json_t *operation)
{
    v2_add_body(d, action, operation);
    const field_t *body = action->body_field;
    if (body) {
        json_t *parameters = json_object_get(operation, "parameters");
        json_array_remove(parameters, json_array_size(parameters) - 1);
        json_array_insert_new(parameters, (size_t)(body - action->input.list), whole_body(d, body));
    }
}

/* --- answers --- */

static json_t *write_headers(const json_t *written)
{
    json_t *headers = json_object();
    const char *name;
    json_t *header;
    json_object_foreach((json_t *)(uintptr_t)written, name, header)
    {
        json_t *to = json_is_object(header)
                         ? json_deep_copy(header)
                         : json_pack("{s:O,s:s}", "description", header, "type", "string");
        json_t *title = json_object_get(to, "title");
        if (title) {
            json_object_set(to, "x-ms-summary", title);
            json_object_del(to, "title");
        }
        json_object_set_new(headers, name, to);
    }
    return headers;
}

static json_t *write_answer(document_t *d, const response_definition_t *r, const schema_t *schema)
{
    json_t *to = json_pack("{s:o}", "description", json_str(r->description));
    if (schema) {
        json_object_set_new(to, "schema", schema_write(d, schema));
    }
    json_add_filled(to, "headers", write_headers(r->headers));
    return to;
}

static bool is_success(int status)
{
    return status / 100 == 2;
}

static void add_answers(document_t *d, const action_t *action, const answers_t *answers,
                        json_t *operation)
{
    (void)answers;
    json_t *responses = json_object();
    bool output = false;
    for (size_t i = 0; i < action->response_count; i++) {
        const response_definition_t *r = &action->responses[i];
        const answer_t key = {.status = r->status};
        bool takes = is_success(r->status) && action->output && !output;
        output = output || takes;
        json_object_set_new(responses, answer_key(&key).text,
                            write_answer(d, r, takes ? action->output : r->schema));
    }
    if (!output && (action->output || action->response_count == 0)) {
        const response_definition_t usual = {.status = 200, .description = STR("The answer.")};
        json_object_set_new(responses, "200", write_answer(d, &usual, action->output));
    }
    if (!str_is(action->output_type, "application/json")) {
        json_object_set_new(operation, "produces", json_texts(&action->output_type, 1));
    }
    if (action->no_auth && !d->connector->auth_implied) {
        json_object_set_new(operation, "security", json_array());
    }
    json_object_set_new(operation, "responses", responses);
}

static void add_notification(document_t *d, const action_t *action, json_t *item, json_t *operation)
{
    OPENAPI_2_0.add_notification(d, action, item, operation);
}

/* --- the whole --- */

static json_t *frame(document_t *d)
{
    json_t *to = OPENAPI_2_0.frame(d);
    json_object_del(to, "securityDefinitions"); /* the service's own take their place */
    json_object_del(to, "security");
    json_object_del(to, "responses");
    return to;
}

const openapi_flavour_t OPENAPI_POWERPLATFORM = {
    .name = "Power Platform",
    .version = "2.0",
    .schemas = "#/definitions/",
    .parameters = "#/parameters/",
    .as_written = true,
    .finish_schema = finish_schema,
    .refer = refer,
    .is_required = is_required,
    .parameter = parameter,
    .add_body = add_body,
    .add_answers = add_answers,
    .add_notification = add_notification,
    .frame = frame,
};
